#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many profiles: an edit in the midst of them, a cache that is too small for all filters, and starts
with it. What is counted depends on no clock."""
import os
import sys

sys.dont_write_bytecode = True
from secprofd import *

N = 110
OTHERS = ("aarch64", "s390x")
SIZE = 1 << 20
# Jobs that were under way or waited when the cache was found to be full.
FEW = 24


def write_all(test):
    test.mkdir("p")
    for i in range(N):
        test.write(f"p/n{i:03}.json", profile(1 + i))


def disk_size(test):
    top = test.path("cache/entries")
    return sum(os.stat(os.path.join(top, name)).st_blocks * 512 for name in os.listdir(top)
               if len(name) == 64)


def needed(test):
    top = test.path("cache/entries")
    return sum(os.stat(os.path.join(top, name)).st_mode & 0o777 == 0o600 for name in os.listdir(top)
               if len(name) == 64)


def start(test, name):
    return Daemon(test, "--targets", ",".join(OTHERS), "--cache-size", "1", cache="cache", name=name)


def full(test, daemon):
    test.until(lambda: "the cache is full" in daemon.log(), 120, "the cache is full")
    with daemon.client() as client:
        status = test.until(lambda: (lambda s: s if s.jobs == 0 else None)(client.status()), 60,
                            "no job is left")
        test.equal("status says that it takes no more", status.cache_state, CACHE_FAILING)
        return status


def test_full(test):
    daemon = start(test, "cold")
    status = full(test, daemon)
    test.check(status.compiles < N * (1 + len(OTHERS)),
               f"a full cache stops what is made ahead: {status.compiles} compiles")
    test.check(disk_size(test) <= SIZE, f"it stays below its size: {disk_size(test)}")
    test.equal("what each start needs is there", needed(test), N)
    test.equal("it ends well", daemon.stop(), 0)
    test.equal("what each start needs is still there", needed(test), N)


def test_starts(test):
    for i in range(2):
        daemon = start(test, f"warm-{i}")
        with daemon.client() as client:
            entries = client.list()
            test.equal("all are in service", sum(e.state == SERVED for e in entries.values()), N)
        status = full(test, daemon)
        test.check(status.compiles <= FEW,
                   f"a start with it compiles next to nothing: {status.compiles}")
        test.equal("nothing that a start needs", (needed(test), status.cache_bad), (N, 0))
        daemon.stop()


def test_edits(test):
    daemon = start(test, "edits")
    with daemon.client() as client, daemon.client() as watching:
        generation = watching.subscribe()
        before = client.status()
        for i in range(0, N, 10):
            test.replace(f"p/n{i:03}.json", profile(2000 + i))
            change = watching.change()
            if (change.name, change.kind) != (f"n{i:03}", SERVED):
                test.fail(f"another change is told: {change}")
        after = client.status()
        test.equal("each edit is one change", after.generation - generation, N // 10)
        test.check(after.compiles - before.compiles <= N // 10 + FEW, "and one compile",
                   f"({after.compiles - before.compiles})")
        test.equal("the newest text is served", errno_of(client.get("n050").code), 2050)
        test.equal("the others as they were", errno_of(client.get("n051").code), 52)
        os.unlink(test.path("p/n100.json"))
        change = watching.change()
        test.equal("one that is gone is told", (change.name, change.kind), ("n100", GONE))
        test.equal("no other is", client.status().profiles, N - 1)
        reply = client.reload()
        test.equal("a scan of all finds the same", (reply.profiles, reply.broken), (N - 1, 0))
        test.equal("and changes nothing", reply.generation, client.status().generation)
    daemon.stop()


with Test() as test:
    write_all(test)
    test_full(test)
    test_starts(test)
    test_edits(test)
