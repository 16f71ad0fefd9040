#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A day of many profiles in some minutes: edits all the time, clients on kept connections, workers that
are killed, a cache that is lost, a clock that jumps. Each answer is a version that its file had, and
none that is older than one seen before; in the end the daemon takes what it took in the beginning.
The short form takes some 15 seconds."""
import mmap
import os
import random
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True
from faults import *

PROFILES = form(120, 10_000)
SECONDS = form(6, 600)
EDITS_A_SECOND = form(20, 100)
CLIENTS = form(8, 64)
PROCESSES = 4
FAULTS = form(9, 240)
JUMPS = (3600, -7200, 86400 * 365 * 11, 0)
ERRNOS = 4000


def errno_for(i, version):
    """A version's mark in its filter, which tells it from those of most other profiles, too."""
    return 1 + (i * 7 + version) % ERRNOS


def name_of(i):
    return f"p{i:05d}"


class Versions:
    """How many versions each profile has had; counted before the file is written, for all processes."""

    def __init__(self):
        self.counts = mmap.mmap(-1, 4 * PROFILES)

    def get(self, i):
        return struct.unpack_from("=I", self.counts, 4 * i)[0]

    def next(self, i):
        version = self.get(i) + 1
        struct.pack_into("=I", self.counts, 4 * i, version)
        return version


def ask_for_ever(path, versions, seed, report):
    """A process with some of the clients, until SIGTERM; then it writes what it found to the file REPORT."""
    pid = os.fork()
    if pid:
        return pid
    rng, stop, took = random.Random(seed), [], []
    found = {"asked": 0, "wrong": [], "refused": [], "newer": 0}
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    clients = [Client(path, timeout=60) for _ in range(CLIENTS // PROCESSES)]
    seen = {}
    while not stop:
        i = rng.randrange(PROFILES)
        begin = time.monotonic()
        try:
            answer = rng.choice(clients).get(name_of(i), rng.choice((BYTES, BYTES, BYTES, FD)))
        except Refused as refused:
            found["refused"].append(str(refused))
            continue
        finally:
            took.append(time.monotonic() - begin)
        if answer.fd is not None:
            os.close(answer.fd)
        version = (errno_of(answer.code) - 1 - i * 7) % ERRNOS
        found["asked"] += 1
        if not seen.get(i, 0) <= version <= versions.get(i):
            found["wrong"].append((i, version, seen.get(i, 0), versions.get(i)))
        found["newer"] += version > seen.get(i, 0)
        seen[i] = version
        time.sleep(0.001)
    took.sort()
    found["p99"] = took[len(took) * 99 // 100] * 1000 if took else 0
    found["most"] = took[-1] * 1000 if took else 0
    with open(report, "w", encoding="utf-8") as file:
        json.dump(found, file)
    os._exit(0)


class Faults:
    """One thing goes wrong after the other."""

    def __init__(self, test, daemon, injector):
        self.test, self.daemon, self.injector = test, daemon, injector
        self.rng = random.Random(5)
        self.done = {"workers killed": 0, "caches lost": 0, "clock jumps": 0}
        self.n = 0

    def next(self):
        kind = list(self.done)[self.n % len(self.done)]
        if kind == "workers killed":
            self.done[kind] += sum(signal_if_there(pid, signal.SIGKILL) for pid in self.daemon.workers())
        elif kind == "caches lost":
            shutil.rmtree(self.test.path("cache/entries"), ignore_errors=True)
            self.done[kind] += 1
        else:
            self.injector.set(day=JUMPS[self.n // len(self.done) % len(JUMPS)])
            self.done[kind] += 1
        self.n += 1


def edit(test, versions, faults):
    """Edits and faults at their pace, for as long as it takes; returns how many edits."""
    rng, n, start = random.Random(3), 0, time.monotonic()
    while time.monotonic() - start < SECONDS:
        # A tenth of them are edited most of the time.
        i = rng.randrange(PROFILES if rng.random() < 0.3 else PROFILES // 10)
        if versions.get(i) < ERRNOS - 1:
            text = profile(errno_for(i, versions.next(i)))
            test.write("next", text)
            os.rename(test.path("next"), test.path(f"p/{name_of(i)}.json"))
            n += 1
        if (time.monotonic() - start) * FAULTS > faults.n * SECONDS:
            faults.next()
        ahead = start + n / EDITS_A_SECOND - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    return n


def is_newest(client, versions):
    """True where each profile's newest version is what is served."""
    for i in range(PROFILES):
        try:
            if errno_of(client.get(name_of(i)).code) != errno_for(i, versions.get(i)):
                return False
        except Refused:
            return False
    return True


def takes(daemon):
    """What the daemon takes: memory, also of the texts' file, fds and threads."""
    def count():
        time.sleep(0.1)
        return open_fds(daemon.pid)
    texts = sum(os.stat(f"/proc/{daemon.pid}/fd/{fd}").st_blocks // 2
                for fd, link in daemon.fds(daemon.pid).items() if "secprof-profiles" in link)
    return Record(rss=kib(daemon.pid, "VmRSS"), texts=texts,
                  # Connections end a moment after their clients.
                  fds=min(count() for _ in range(10)),
                  threads=int(field(daemon.pid, "Threads")))


def at_rest(test, daemon, versions):
    """All is in service, and was asked for once; returns what the daemon takes."""
    with daemon.client(timeout=600) as client:
        client.reload()
        test.until(lambda: is_newest(client, versions), 600, "the newest versions are served")
    daemon.rest(2, 600)
    return takes(daemon)


def gather(pids, reports):
    """Ends the processes that ask; returns what they found together."""
    all_of = {"asked": 0, "wrong": [], "refused": [], "newer": 0, "p99": 0, "most": 0}
    for pid, report in zip(pids, reports):
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        with open(report, encoding="utf-8") as file:
            found = json.load(file)
        for key in ("p99", "most"):
            all_of[key] = max(all_of[key], found[key])
        for key in ("asked", "wrong", "refused", "newer"):
            all_of[key] += found[key]
    return Record(all_of)


def test_day(test):
    versions, injector = Versions(), Injector(test)
    for i in range(PROFILES):
        test.write(f"p/{name_of(i)}.json", profile(errno_for(i, 0)))
    daemon = Daemon(test, "--targets", "native", "--workers", "2", "--max-profiles", str(PROFILES),
                    cache="cache", prefix=injector.prefix, name="day", wait=False)
    daemon.wait(1200)
    before = at_rest(test, daemon, versions)
    reports = [test.path(f"found-{k}") for k in range(PROCESSES)]
    pids = [ask_for_ever(daemon.path, versions, k, report) for k, report in enumerate(reports)]
    faults = Faults(test, daemon, injector)
    edits = edit(test, versions, faults)
    found = gather(pids, reports)
    injector.off()
    after = at_rest(test, daemon, versions)
    test.equal("every answer is a version that existed, and none is older than one before", found.wrong[:5], [])
    test.equal("nobody is refused", found.refused[:5], [])
    test.check(found.newer > 0, f"new versions were seen: {found.newer} times in {found.asked} answers")
    test.equal("each kind of fault happened", [kind for kind, n in faults.done.items() if n == 0], [])
    test.check(after.rss <= before.rss * 1.1 + 4096, f"memory: {before.rss} KiB before, {after.rss} after")
    test.check(after.texts <= before.texts, f"texts: {before.texts} KiB before, {after.texts} after")
    test.equal("fds are what they were", after.fds, before.fds)
    test.equal("threads are what they were", after.threads, before.threads)
    test.equal("it ends well", daemon.stop(), 0)
    row(test, f"{group(PROFILES)} profiles, {EDITS_A_SECOND} edits a second, {CLIENTS} clients, workers killed, cache lost, "
        "clock jumps", "every answer a version that existed; memory, fds and threads as at the start",
        f"{group(edits)} edits in {SECONDS} s, {', '.join(f'{n} {kind}' for kind, n in faults.done.items())}; "
        f"{group(found.asked)} answers, none wrong, p99 {found.p99:.1f} ms; {before.rss} KiB resident before, {after.rss} "
        f"after; {after.fds} fds, {after.threads} thread")


with Test() as test:
    test.mkdir("p")
    test.mkdir("cache", 0o700)
    test_day(test)
