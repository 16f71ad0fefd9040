#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What check finds, as SARIF and as GitHub's workflow commands. No package of Debian has the schema
of SARIF, so required properties and value ranges of SARIF 2.1.0 (OASIS) are checked here, for all
that our logs contain. Takes two seconds."""
import json
import os
import re
import subprocess
import sys
import urllib.parse

sys.dont_write_bytecode = True
from secprofd import *

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PEERS = ["profiles/default.json", "tests/data/peers/docker-20.10.24.json",
         "tests/data/peers/containers-common-0.50.1.json"]

# The name of a rule, and a profile in which that is found: all but what needs another libseccomp, a
# fault of the compiler, or a profile of many thousand rules.
SYSCALLS = '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [%s]}'
OPEN = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [%s]}'


def rule(name, action="ALLOW", args="", more=""):
    return '{"names": ["%s"], "action": "SCMP_ACT_%s", "args": [%s]%s}' % (name, action, args, more)


def test_of(value, op="EQ", two="", index=0):
    return '{"index": %d, "value": %s, "op": "SCMP_CMP_%s"%s}' % (index, value, op, two)


FOUND = {
    "invalid-json": "{",
    "invalid-profile": '{"defaultAction": "SCMP_ACT_ALOW"}',
    "unknown-key": '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [], "extra": 1}',
    "ignored-value": SYSCALLS % rule("read", args=test_of(1, two=', "valueTwo": 2')),
    "alternative-tests": SYSCALLS % rule("read", args=test_of(1) + "," + test_of(2)),
    "listener": SYSCALLS % rule("write", "NOTIFY"),
    "unknown-call": OPEN % rule("sokcet", "ERRNO"),
    "conflict": SYSCALLS % (rule("read", args=test_of(5, "LT")) + "," +
                            rule("read", "KILL", test_of(3, "GT"))),
    "unreachable": OPEN % (rule("read", "ERRNO") + "," + rule("read", "KILL", test_of(1))),
    "redundant": SYSCALLS % (rule("read") + "," + rule("read", args=test_of(1))),
    "lost-default": SYSCALLS % (rule("read", "ERRNO", test_of(1)) + "," + rule("read")),
    "never-holds": SYSCALLS % rule("read", args=test_of(0, "LT")),
    "always-holds": SYSCALLS % rule("read", args=test_of(0, "GE")),
    "multiplexed": SYSCALLS % rule("socket", args=test_of(1)),
    "bypassed": SYSCALLS % (rule("socketcall") + "," + rule("socket", args=test_of(1))),
    "high-bits": OPEN % rule("ioctl", "ERRNO", test_of(21522, index=1)),
    "risky-call": SYSCALLS % rule("io_uring_setup"),
    "open-sibling": OPEN % rule("mkdir", "ERRNO"),
    "absent-call": OPEN % rule("mkdir", "ERRNO"),
    "clone3": SYSCALLS % (rule("clone") + "," + rule("openat2")),
    "open-default": OPEN % "",
    "runtime-conditions": SYSCALLS % rule("read", more=', "includes": {"caps": ["CAP_CHOWN"]}'),
    "runtime-start": SYSCALLS % rule("read"),
}


def check(test, *args, stdin=None, cwd=TOP):
    done = subprocess.run([test.build + "/secprofctl", "check", *args], input=stdin, cwd=cwd,
                          capture_output=True, timeout=300, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Sarif:
    """What the standard requires of the properties that we write; its section is in front."""

    def __init__(self, log):
        self.wrong = []
        self.object(log, "log", version=str, runs=list, **{"$schema": str})  # 3.13
        self.want(log.get("version") == "2.1.0", "3.13.2 version")
        for run in log.get("runs", []):
            self.run(run)

    def want(self, condition, what):
        if not condition:
            self.wrong.append(what)

    def object(self, value, what, optional=(), **required):
        for key, kind in required.items():
            self.want(type(value.get(key)) is kind, f"{what}: {key} is missing or no {kind.__name__}")
        for key in value:
            self.want(key in required or key in optional, f"{what}: {key} is unknown")

    def message(self, value, what):  # 3.11
        self.object(value, what, text=str)
        self.want(value.get("text"), f"{what}: it is empty")

    def run(self, run):  # 3.14
        self.object(run, "run", tool=dict, results=list, columnKind=str, invocations=list)
        self.want(run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints"), "3.14.17 columnKind")
        self.object(run["tool"], "tool", driver=dict)  # 3.18
        driver = run["tool"]["driver"]
        self.object(driver, "driver", name=str, version=str, rules=list)  # 3.19
        self.rules = driver["rules"]
        for rule in self.rules:  # 3.49
            self.object(rule, "rule", id=str, shortDescription=dict)
            self.message(rule["shortDescription"], "shortDescription")
        ids = [rule["id"] for rule in self.rules]
        self.want(len(set(ids)) == len(ids), "3.49.3: two rules have one id")
        for invocation in run["invocations"]:  # 3.20
            self.object(invocation, "invocation", executionSuccessful=bool, exitCode=int)
        for result in run["results"]:
            self.result(result)

    def result(self, result):  # 3.27
        self.object(result, "result", ruleId=str, ruleIndex=int, level=str, message=dict,
                    locations=list)
        index = result["ruleIndex"]
        self.want(0 <= index < len(self.rules) and self.rules[index]["id"] == result["ruleId"],
                  "3.27.6 ruleIndex")
        self.want(result["level"] in ("none", "note", "warning", "error"), "3.27.10 level")
        self.message(result["message"], "message")
        for location in result["locations"]:  # 3.28
            self.object(location, "location", physicalLocation=dict)
            place = location["physicalLocation"]
            self.object(place, "physicalLocation", artifactLocation=dict, region=dict)  # 3.29
            self.object(place["artifactLocation"], "artifactLocation", uri=str)  # 3.4
            self.want(re.fullmatch(r"(file:///)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})+",
                                   place["artifactLocation"]["uri"]), "3.4.3 uri")
            self.object(place["region"], "region", ("startColumn",), startLine=int)  # 3.30
            self.want(place["region"]["startLine"] >= 1 and
                      place["region"].get("startColumn", 1) >= 1, "3.30.5 region")


def sarif(test, *args, **more):
    code, out, error = check(test, "--format", "sarif", *args, **more)
    log = json.loads(out)
    wrong = Sarif(log).wrong
    if wrong:
        test.fail(f"the log of {args} is not as SARIF wants it: {wrong}")
    return code, log["runs"][0], error


def test_rules(test):
    for name, text in FOUND.items():
        test.write("x.json", text)
        _, run, _ = sarif(test, "--target", "all", test.path("x.json"))
        found = {result["ruleId"] for result in run["results"]}
        test.check(name in found and "other" not in found, f"{name} is found", found)
    ids = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    test.equal("rules without a profile here", ids - set(FOUND) - {"other"},
               {"unsupported-abi", "too-large", "not-proven", "not-all-checked", "libseccomp"})
    with open(TOP + "/docs/secprofctl.1", encoding="utf-8") as file:
        page = file.read()
    for name in sorted(ids - {"other"}):
        if f".It Li {name}\n" not in page:
            test.fail(f"secprofctl(1) does not list {name}")
    test.ok("secprofctl(1) lists the rules")


def test_sarif(test):
    code, run, error = sarif(test, *PEERS)
    test.equal("three files: exit code", code, 0)
    test.equal("all in one run, by their paths",
               {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                for result in run["results"]}, set(PEERS))
    test.equal("nothing else is printed", error, "")
    code, out, _ = check(test, "--json", *PEERS)
    messages = [(message["rule"], message["severity"], message["line"])
                for file in json.loads(out) for message in file["messages"]]
    test.equal("the same as in JSON", messages,
               [(result["ruleId"], result["level"],
                 result["locations"][0]["physicalLocation"]["region"]["startLine"])
                for result in run["results"]])
    text = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [\n%s]}' % (
        '{"comment": "äö€😀", "names": ["sokcet"], "action": "SCMP_ACT_ERRNO"}')
    path = test.path("a b:ü%.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    code, run, _ = sarif(test, "--strict", path)
    place = run["results"][0]["locations"][0]["physicalLocation"]
    result = [result for result in run["results"] if result["ruleId"] == "unknown-call"][0]
    place = result["locations"][0]["physicalLocation"]
    test.equal("columns count characters", place["region"],
               {"startLine": 2, "startColumn": text.splitlines()[1].index('"sokcet"') + 1})
    test.equal("the path comes back from its URI",
               urllib.parse.unquote(place["artifactLocation"]["uri"]), "file://" + path)
    test.equal("--strict: a warning fails", (code, run["invocations"][0]["exitCode"]), (1, 1))
    code, run, error = sarif(test, "none.json", PEERS[0])
    test.equal("a file that is not there", (code, run["invocations"][0]["executionSuccessful"]),
               (7, False))
    test.check("cannot open none.json" in error, "is named on the standard error", error)
    _, run, _ = sarif(test, "--target", "all", "-", stdin=(OPEN % rule("mkdir", "ERRNO")).encode())
    test.equal("stdin has a name", urllib.parse.unquote(
        run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]), "<stdin>")


# https://docs.github.com/actions/reference/workflow-commands-for-github-actions, and how the runner
# undoes the escapes (actions/runner, src/Runner.Common/ActionCommand.cs).
COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")
ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


def undo(text, escapes):
    for escape, character in escapes:
        text = text.replace(escape, character)
    return text


def commands(test, *args, **more):
    """Each line as (command, properties, message), as the runner reads it."""
    code, out, error = check(test, "--format", "github", *args, **more)
    read = []
    for line in out.splitlines():
        match = COMMAND.fullmatch(line)
        if not match:
            test.fail(f"no workflow command: {line}")
            continue
        properties = dict(part.split("=", 1) for part in match[2].split(","))
        read.append((match[1], {key: undo(value, ESCAPES) for key, value in properties.items()},
                     undo(match[3], (ESCAPES[0], ESCAPES[1], ESCAPES[4]))))
    return code, read, error


def test_github(test):
    code, read, error = commands(test, *PEERS)
    _, run, _ = sarif(test, *PEERS)
    test.equal("three files: exit code, standard error", (code, error), (0, ""))
    level = {"notice": "note", "warning": "warning", "error": "error"}
    test.equal("the same as in SARIF",
               [(level[command], properties["title"], properties["file"], message)
                for command, properties, message in read],
               [(result["level"], result["ruleId"],
                 result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
                 result["message"]["text"]) for result in run["results"]])
    name = "100%,\n::stop-commands::x:y.json"
    os.mkdir(test.path("d"))
    with open(test.path("d/" + name), "w", encoding="utf-8") as file:
        file.write('{"defaultAction": "SCMP_ACT_ALOW\\n::error::100%0A"}')
    code, read, _ = commands(test, name, cwd=test.path("d"))
    test.equal("an error: exit code", code, 1)
    test.equal("and one line", [(command, properties["file"], properties["line"], properties["col"])
                                for command, properties, _ in read], [("error", name, "1", "19")])
    test.check("100%0A" in read[0][2], "whose text comes back whole", read)


def test_wrong_usage(test):
    code, _, error = check(test, "--format", "xml", PEERS[0])
    test.equal("an unknown format", (code, "there are: text, json, sarif, github" in error), (2, True))
    code, _, error = check(test, "--json", "--format", "sarif", PEERS[0])
    test.equal("two formats", (code, "do not go together" in error), (2, True))
    text = check(test, PEERS[0])
    test.equal("--format text is the default", check(test, "--format", "text", PEERS[0]), text)
    test.equal("--format json is --json", check(test, "--format", "json", PEERS[0]),
               check(test, "--json", PEERS[0]))


with Test() as test:
    test_rules(test)
    test_sarif(test)
    test_github(test)
    test_wrong_usage(test)
