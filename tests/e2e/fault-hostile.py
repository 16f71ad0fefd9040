#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Texts that take the compiler as long as it allows, each a little other than the last: by content, as runtimes
hand on what containers bring, and as variants of a profile that an ordinary user asks for. What others wait for
new variants meanwhile."""
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
from faults import *

USERS = range(2000, 2008)         # ask for new variants, one after the other
ATTACKER = 3000
CAPS = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
        "CAP_SETGID", "CAP_SETUID"]
CALLS = ["mount", "chroot", "ptrace", "bpf", "reboot", "swapon", "acct", "setns"]
COSTLY = 3500                     # values of a rule that takes about a second
EACH = form(6, 31)                # variants that each user asks for


def behind_caps(rules):
    """A profile of 256 variants."""
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": [call], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": [cap]}}
        for call, cap in zip(CALLS, CAPS)] + rules})


def costly(n):
    """A rule with N values: long to compile and to prove, and right."""
    return [{"names": ["read"], "action": "SCMP_ACT_ERRNO",
             "args": [{"index": 0, "value": i * 2654435761 % 2 ** 32, "op": "SCMP_CMP_EQ"}]} for i in range(n)]


def caps(i):
    """The i-th set of CAPS, which are the capabilities 0 to 7, as the protocol has it."""
    return i % 256


def new_variants(daemon, name):
    """What others wait for variants that nobody has asked for, in seconds, sorted."""
    times = []
    for n, uid in enumerate(USERS):
        def ask(first=1 + n * EACH):
            took = []
            with daemon.client(timeout=120) as client:
                for i in range(first, first + EACH):
                    began = time.monotonic()
                    client.get(name, caps=caps(i))
                    took.append(time.monotonic() - began)
            return json.dumps(took)
        answer = as_user(uid, uid, [], ask)
        times += json.loads(answer)
    return sorted(times)


class Attack:
    """A process that asks all the time, as the user that is given."""

    def __init__(self, daemon, uid, step):
        self.reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
                i = 0
                while True:
                    try:
                        with daemon.client(timeout=120) as client:
                            while True:
                                i += 1
                                step(client, i)
                                os.write(writing, b".")
                    except Refused as refused:
                        os.write(writing, b"-")
                        if refused.status in (LIMIT, RATE):
                            time.sleep(0.01)
                    except (Closed, OSError):
                        time.sleep(0.01)
            finally:
                os._exit(1)
        os.close(writing)

    def begun(self):
        """Waits for the first answer."""
        os.read(self.reading, 1)

    def end(self):
        """Ends it; returns how often it was answered, and how often refused."""
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        with os.fdopen(self.reading, "rb") as file:
            seen = file.read()
        return seen.count(b"."), seen.count(b"-") + 1


def worst(times):
    return times[min(len(times) - 1, len(times) * 99 // 100)]


def start(test, name):
    test.mkdir(name)
    test.write(f"{name}/quiet.json", behind_caps([]))
    test.write(f"{name}/beside.json", behind_caps([{"names": ["getppid"], "action": "SCMP_ACT_ERRNO"}]))
    test.write(f"{name}/bomb.json", behind_caps(costly(COSTLY)))
    daemon = Daemon(test, "--workers", "2", "--targets", "native", profiles=[name], name=name,
                    socket_name=f"{name}.sock")
    daemon.idle()
    return daemon


def attack(test, name, what, uid, step, processes):
    """Measures others beside an attack. Returns the words of a row."""
    daemon = start(test, name)
    quiet = new_variants(daemon, "quiet")
    with daemon.client() as client:
        before = client.get("quiet").digest
    attacks = [Attack(daemon, uid, step) for _ in range(processes)]
    attacks[0].begun()
    beside = new_variants(daemon, "beside")
    counts = [one.end() for one in attacks]
    test.equal(f"{what}: each new variant of others is compiled", len(beside), len(USERS) * EACH)
    with daemon.client() as client:
        status = client.status()
        test.check(status.compiles >= 2 * len(beside), "by a compile", status.compiles)
        test.equal("what was there is served", client.get("quiet").digest, before)
    test.equal("it ends well", daemon.stop(), 0)
    words = (f"{what}: p99 of others {1000 * worst(beside):.0f} ms, quiet {1000 * worst(quiet):.0f} ms; "
             f"{sum(answered for answered, _ in counts)} answers and {sum(refused for _, refused in counts)} "
             "refusals for those who ask")
    test.ok(words)
    return words


def by_content(client, i):
    """Another text each time, as the containers of one runtime could bring: right ones and refused ones."""
    text = json.loads(heavy(2900)) if i % 2 else {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": costly(COSTLY)}
    client.compile(json.dumps({**text, "x-n": f"{os.getpid()} {i}"}))


def by_variants(client, i):
    client.get("bomb", caps=caps(i))


with Test() as test:
    if os.geteuid() != 0:
        test.skip("other users (this needs root)")
    else:
        rows = [attack(test, "content", "texts by content", 0, by_content, 4),
                attack(test, "variants", "variants of a costly profile", ATTACKER, by_variants, 4)]
        row(test, "texts that cost the compiler a second each, without end",
            "p99 of others' new variants at most twice that of a quiet daemon and one proof", "; ".join(rows))
