#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random bytes and requests with errors in them, by the million: no crash, no hang, nothing leaks,
and what the daemon serves stays what it was."""
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from faults import *

PACKETS = form(100_000, 10_000_000)
SENDERS = 2
FIRST_SEED = form(20261125, int(time.time()))


def served(client):
    """All that a client can see of the profiles."""
    return {name: (entry.generation, entry.digest, entry.state, client.get(name).code,
                   client.profile(name).text) for name, entry in client.list().items()}


def test_random(test, abuse):
    daemon = Daemon(test, "--targets", "native", "--max-variants", "32", "--workers", "2",
                    cache="cache")
    daemon.rest(2)
    with daemon.client() as client:
        before = served(client)
        fds = open_fds(daemon.pid)
        start = time.monotonic()
        senders = [subprocess.Popen([abuse, "random", daemon.path, str(FIRST_SEED + i),
                                     str(PACKETS // SENDERS)], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True) for i in range(SENDERS)]
        results = [sender.communicate(timeout=7200) for sender in senders]
        took = time.monotonic() - start
        test.equal(f"the senders came to their end (seeds from {FIRST_SEED})",
                   [(s.returncode, r[1]) for s, r in zip(senders, results)], [(0, "")] * SENDERS)
        found = [json.loads(out) for out, _ in results]
        statuses = [sum(counts) for counts in zip(*(f["statuses"] for f in found))]
        seen = {i for i, n in enumerate(statuses) if n}
        test.check({OK, BAD_VERSION, BAD_OPCODE, BAD_LENGTH, BAD_REQUEST, BAD_NAME, NOT_FOUND,
                    BAD_TARGET} <= seen, f"the answers have every kind of refusal: {statuses}")
        test.equal("nothing failed", statuses[FAILED], 0)
        test.equal("what is served is what it was", served(client), before)
        daemon.rest(2)
        after = client.status()
        test.equal("no worker failed, and no one is missing", (after.worker_failures, after.workers),
                   (0, 2))
        test.until(lambda: client.status().connections == 1, 10, "connections end")
        test.check(after.variants <= 32 + len(before), f"variants are bounded: {after.variants}")
        # What its variants take is left, at most.
        test.until(lambda: open_fds(daemon.pid) <= fds + 34, 10, "fds are closed")
        test.ok("no fd leaked")
    lines = len(daemon.log().splitlines())
    test.check(lines < 300, f"the log has {lines} lines")
    test.equal("it ends well", daemon.stop(), 0)
    packets, ended = sum(f["packets"] for f in found), sum(f["ended"] for f in found)
    row(test, "random bytes and mutated requests", "no crash, no hang, no state changed",
        f"{group(packets)} packets in {took:.0f} s, {group(sum(statuses))} answers, "
        f"{group(ended)} connections ended for packets of no protocol; nothing changed")


with Test() as test:
    test.mkdir("p")
    test.mkdir("cache", 0o700)
    test.write("p/default.json", profile(1))
    names = [{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
              "args": [{"index": 1, "value": 3 * i, "op": "SCMP_CMP_EQ"}]} for i in range(500)]
    test.write("p/big.json", json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": names}))
    test_random(test, build(test, "abuse", "tests/e2e/abuse.c", "tests/bench/load.c"))
