# SPDX-License-Identifier: LGPL-2.1-or-later
"""What protocol/PROTOCOL.md states, for conformance.py: the marks of its statements; that no paragraph, item
or table lacks one; and that each table adds up: every field begins where the one before it ends."""
import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../protocol/PROTOCOL.md")
MARK = re.compile(r"\[([A-Z]\d+|advice)\]$")


def blocks(text):
    """Paragraphs, items and tables, without headings and the example."""
    block = []
    for line in text.split("\n## An example")[0].splitlines()[1:]:
        if not line.strip() or line.startswith("#") or line.startswith("- "):
            if block:
                yield "\n".join(block)
            block = []
        if line.strip() and not line.startswith("#"):
            block.append(line)
    if block:
        yield "\n".join(block)


def check_table(block, complain):
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.split(r"\n", block) if row.startswith("| ")]
    if not rows or rows[0][:2] != ["offset", "size"]:
        return
    end = 0
    for offset, size, name, *_ in rows[1:]:
        if int(offset) != end:
            complain(f"PROTOCOL.md: {name} is at {offset}, not {end}")
        end = int(offset) + int(size)
        width = int(size)
        if width in (2, 4, 8) and int(offset) % width:
            complain(f"PROTOCOL.md: {name} is not aligned")
    said = re.search(r"(\d+) bytes", block)
    if said and name != "entry" and int(said.group(1)) != end:
        complain(f"PROTOCOL.md: a table has {end} bytes, not {said.group(1)}: {block[:60]}")


def marks(complain):
    """The marks, without [advice]. What lacks one, or has another's, is complained of."""
    with open(PATH, encoding="utf-8") as file:
        text = file.read()
    found = []
    introduction = text.split("\n## ")[0]
    for block in blocks(text[len(introduction):]):
        check_table(block, complain)
        mark = MARK.search(block)
        if not mark and not block.endswith("keeps to this:"):
            complain(f"PROTOCOL.md: no mark: {block.splitlines()[0][:70]}")
        elif mark and mark.group(1) in found:
            complain(f"PROTOCOL.md: twice: [{mark.group(1)}]")
        elif mark and mark.group(1) != "advice":
            found.append(mark.group(1))
    return found
