#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files that change by the hundred thousand, changes that the kernel could not tell, a clock of the day
that jumps: what is served becomes what is on the disk."""
import os
import random
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True
from faults import *

EVENTS = form(30_000, 300_000)
JUMPS = [3600, -7200, 86400 * 365 * 20, -86400 * 365 * 50, 86400 * 365 * 11]


def on_disk(test):
    """What is to be served: each profile's errno."""
    found = {}
    for name in os.listdir(test.path("p")):
        if name.endswith(".json") and not name.startswith("."):
            with open(test.path("p/" + name), encoding="utf-8") as file:
                rules = json.load(file)["syscalls"]
            found[name[:-5]] = rules[0]["errnoRet"]
    return found


def served(client):
    return {name: errno_of(client.get(name).code) for name in client.list()}


def converges(test, client, what, seconds=30):
    """By itself, without a reload. Returns the seconds that it took."""
    wanted, start = on_disk(test), time.monotonic()

    def is_same():
        try:
            return served(client) == wanted
        except Refused:
            return False
    test.until(is_same, seconds, what)
    return time.monotonic() - start


def churn(test, rng, events):
    """Makes so many events: files are written, exchanged, renamed, removed, and much that is none of
    the daemon's business."""
    made = 0
    while made < events:
        name = f"p/x{rng.randrange(20)}.json"
        kind = rng.randrange(6)
        if kind == 0:
            test.write(name, profile(1 + rng.randrange(4000)))
            made += 4  # create or modify, close, attributes
        elif kind == 1:
            test.replace(name, profile(1 + rng.randrange(4000)))
            made += 6
        elif kind == 2 and os.path.exists(test.path(name)):
            os.unlink(test.path(name))
            made += 1
        elif kind == 3 and os.path.exists(test.path(name)):
            os.rename(test.path(name), test.path(f"p/x{rng.randrange(20)}.json"))
            made += 2
        else:
            for _ in range(20):
                with open(test.path("p/noise.txt"), "w", encoding="ascii"):
                    pass
                os.unlink(test.path("p/noise.txt"))
                made += 3
    return made


def test_events(test):
    rng = random.Random(99)
    daemon = Daemon(test, "--targets", "native")
    with daemon.client() as client:
        fds = open_fds(daemon.pid)
        start = time.monotonic()
        made = churn(test, rng, EVENTS)
        took = time.monotonic() - start
        settled = converges(test, client, "all is as on the disk")
        test.ok(f"{made} events in {took:.1f} s: what is on the disk is served {settled:.2f} s later")
        test.check(client.status().worker_failures == 0, "no worker failed")
        test.check(open_fds(daemon.pid) < fds + 60, "fds are those of the profiles")
        before = cpu_seconds(daemon.pid)
        time.sleep(1)
        test.check(cpu_seconds(daemon.pid) - before < 0.2, "and then it is quiet")
    row(test, f"{group(EVENTS)} events", "converges to what is on disk",
        f"{group(made)} events in {took:.1f} s; converged {settled:.2f} s later")
    return daemon


def test_overflow(test, daemon):
    with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
        limit = int(file.read())
    rng = random.Random(7)
    times = []
    with daemon.client() as client:
        for _ in range(form(1, 20)):
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                churn(test, rng, 2 * limit)
                # Last of all, behind what the queue could hold: nothing tells of these.
                test.replace("p/x1.json", profile(1 + rng.randrange(4000)))
                if os.path.exists(test.path("p/x2.json")):
                    os.unlink(test.path("p/x2.json"))
                test.write("p/x3.json", profile(1 + rng.randrange(4000)))
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
            times.append(converges(test, client, "all is as on the disk after an overflow"))
    test.ok(f"{len(times)} overflows of the queue ({limit} events): what is on the disk is served, after "
            f"{max(times):.2f} s at most")
    row(test, "inotify overflow", "converges to what is on disk",
        f"a queue of {group(limit)} overflowed {len(times)} times; converged in {max(times):.2f} s at most")


def test_clock(test):
    """Its own idea of the day is moved, and so are the times of the files."""
    injector = Injector(test)
    daemon = Daemon(test, "--targets", "native", "--idle-timeout", "3", cache="cache",
                    prefix=injector.prefix, name="clock")
    version, times = 0, []
    with daemon.client() as client:
        for jump in JUMPS + form([], JUMPS * 10):
            injector.set(day=jump)
            for days in (0, 10 * 365, -20 * 365):
                version += 1
                test.replace("p/x1.json", profile(1 + version))
                # A file from another time, exchanged for one of the same size.
                when = time.time() + days * 86400
                os.utime(test.path("p/x1.json"), (when, when))
                times.append(converges(test, client, f"a file of another time, clock {jump:+} s"))
            client.get("x1", kernel=version << 8)
        injector.off()
        status = client.status()
        test.equal("nothing failed", (status.worker_failures, status.cache_errors), (0, 0))
    test.ok(f"{len(JUMPS)} jumps of the clock, files from other times: served after {max(times):.2f} s "
            "at most")
    with daemon.client() as idle:
        idle.status()
        injector.set(day=86400)
        time.sleep(1)
        test.equal("a jump ends no connection", idle.status().connections, 1)
    test.equal("it ends well", daemon.stop(), 0)
    row(test, "clock jumps", "converges to what is on disk",
        f"{len(times)} changes with the clock between -50 and +20 years, files with times of -20 to +10 "
        f"years: converged in {max(times):.2f} s at most (what is timed uses CLOCK_MONOTONIC)")


with Test() as test:
    test.mkdir("p")
    test.mkdir("cache", 0o700)
    for i in range(20):
        test.write(f"p/x{i}.json", profile(1 + i))
    daemon = test_events(test)
    test_overflow(test, daemon)
    test.equal("it ends well", daemon.stop(), 0)
    shutil.rmtree(test.path("p"))
    test.mkdir("p")
    test.write("p/x1.json", profile(1))
    test_clock(test)
