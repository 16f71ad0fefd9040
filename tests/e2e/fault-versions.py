#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A profile that changes a hundred times a second while many clients fetch it: every answer is a
version that was in service at that time, whole, and none is lost."""
import mmap
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from faults import *

CLIENTS = 64
CHANGES_A_SECOND = 100
VERSIONS = 1000  # ten seconds' worth: no version is seen again while an answer with it is on its way


def write_known(test, texts):
    """What each text compiles to, found out with a daemon of its own; for flood.c."""
    test.mkdir("known")
    for i, text in enumerate(texts):
        test.write(f"known/v{i}.json", text)
    daemon = Daemon(test, profiles=["known"], name="known", socket_name="known.sock")
    digests = set()
    with daemon.client() as client, open(test.path("known.bin"), "wb") as file:
        for i in range(len(texts)):
            answer = client.get(f"v{i}")
            digests.add(answer.digest)
            file.write(struct.pack("=32sII512s", answer.digest, answer.n_insns, 0, answer.code))
    daemon.stop()
    test.equal("each version is a filter of its own", len(digests), len(texts))


class Writer:
    """Changes the profile at a steady pace, and counts beforehand."""

    def __init__(self, test, texts):
        self.test, self.texts, self.changes = test, texts, 0
        with open(test.path("counter"), "wb") as file:
            file.write(bytes(8))
        with open(test.path("counter"), "r+b") as file:
            self.counter = mmap.mmap(file.fileno(), 8)

    def change(self):
        self.changes += 1
        self.counter[:] = struct.pack("=Q", self.changes)
        text = self.texts[self.changes % len(self.texts)]
        if self.changes % 2:
            self.test.replace("p/x.json", text)
        else:
            self.test.write("p/x.json", text)

    def run_beside(self, process, client):
        """Every other second each change is followed by a reload, which takes it in at once; else
        the daemon finds the changes by itself, several at a time."""
        start = time.monotonic()
        before = self.changes
        while process.poll() is None:
            self.change()
            if int(time.monotonic() - start) % 2:
                client.reload()
            ahead = start + (self.changes - before) / CHANGES_A_SECOND - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)


def test_versions(test, flood, texts, seconds):
    test.write("p/x.json", texts[0])
    daemon = Daemon(test)
    fds = open_fds(daemon.pid)
    writer = Writer(test, texts)
    with open(test.path("errors"), "w+", encoding="utf-8") as errors, \
            daemon.client() as client, subprocess.Popen([flood, "versions", daemon.path, "x", test.path("known.bin"),
                              test.path("counter"), str(CLIENTS), str(seconds)],
                             stdout=subprocess.PIPE, stderr=errors, text=True) as process:
        writer.run_beside(process, client)
        out = process.stdout.read()
        errors.seek(0)
        said = errors.read()
    if not test.equal("the clients came to their end", (process.returncode, said), (0, "")):
        return
    found = Record(json.loads(out.splitlines()[-1]))
    test.equal("no answer is lost", found.answers, found.asked)
    test.equal("each is a version that was in service then, whole", found.wrong, 0)
    test.check(found.versions > seconds, f"many versions were seen: {found.versions}")
    with daemon.client() as client:
        client.reload()
        last = client.get("x")
        test.equal("at the end the last one is in service", errno_of(last.code),
                   1 + writer.changes % len(texts))
        test.until(lambda: client.status().connections == 1, 10, "connections end")
        status = client.status()
    test.until(lambda: open_fds(daemon.pid) <= fds + 1, 10, "fds are closed")
    test.equal("no worker failed", status.worker_failures, 0)
    test.equal("it ends well", daemon.stop(), 0)
    row(test, f"{CLIENTS} clients while a profile changes {CHANGES_A_SECOND} times a second",
        "every answer is a version that existed at that time; digest right; none lost",
        f"{group(found.answers)} answers, {group(writer.changes)} changes, "
        f"{group(found.versions)} versions seen; {found.wrong} wrong, "
        f"{found.asked - found.answers} lost")


with Test() as test:
    test.mkdir("p")
    texts = [profile(1 + i) for i in range(VERSIONS)]
    write_known(test, texts)
    test_versions(test, build_flood(test), texts, form(5, 300))
