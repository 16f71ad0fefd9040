#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A worker that eats memory or lies: the profile that it worked on keeps its last good filter, others
are as before, the worker is replaced. daemon-workers.py kills workers and lets them hang; profiles
that are made to exhaust the compiler are here, too."""
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
from faults import *

# Where things are in an answer, struct worker_answer (daemon/process/worker.h) and struct packed_header
# (daemon/filters/packed.h): the first byte and the one behind it.
FIELDS = {"magic": (0, 4), "zero": (4, 8), "id": (8, 16), "result": (16, 20), "n_insns": (20, 24),
          "flags": (25, 28), "text_len": (28, 32), "proof_version": (112, 116)}
FIRST_CODE = 120  # the operation code of the first instruction
CUT, LONGER = 1 << 32, 2 << 32
PEAK_MIB = 1100  # of a worker: WORKER_MEMORY_MIB and a little


def lies():
    """What a worker says instead of the truth, and which reasons the log may give."""
    found = [(f"bit {bit} of {name} is wrong", first * 8 + bit)
             for name, (first, end) in FIELDS.items()
             for bit in range(0, (end - first) * 8, form(13, 1))]
    found += [("no such instruction", (FIRST_CODE + 1) * 8 + 7)]
    found += [(f"only {size} bytes of its answer", CUT | size) for size in form((8, 119), range(1, 121))]
    found += [("more than its answer", LONGER)]
    return found


class Faulty:
    """A daemon with one worker that can be made to misbehave, and two profiles."""

    def __init__(self, test, injector):
        self.test, self.injector, self.version = test, injector, 10
        test.write("p/x.json", profile(10))
        test.write("p/y.json", profile(5))
        self.daemon = Daemon(test, "--workers", "2", "--targets", "native", "--compile-timeout", "20",
                             prefix=injector.prefix, name="faulty")

    def round(self, client, **fault):
        """A new version while a fault is there; returns what is wrong, or None, and the status."""
        good = client.get("x")
        failures = client.status().worker_failures
        self.version += 1
        self.injector.set(**fault)
        self.test.write("p/x.json", profile(self.version))
        client.reload()
        status, state = client.status(), client.profile("x")
        other = errno_of(client.get("y").code)
        now = client.get("x")
        self.injector.off()
        client.reload()
        mended = client.get("x")
        if state.state != STALE or not now.stale or now.digest != good.digest:
            return f"x is {STATES[state.state]}: {state.text}", status
        if other != 5:
            return "y is another one", status
        if fault["worker"] == LIES and status.worker_failures < failures + 1:
            return "no failure is counted", status
        if errno_of(mended.code) != self.version or mended.stale:
            return "it did not come back", status
        return None, status


def test_lies(test, injector, faulty):
    wrong, all_lies = [], lies()
    with faulty.daemon.client() as client:
        for what, lie in all_lies:
            problem, _ = faulty.round(client, worker=LIES, lie=lie)
            if problem:
                wrong.append(f"{what}: {problem}")
        test.until(lambda: client.status().workers == 2, 30, "new workers")
    test.equal(f"{len(all_lies)} lies of workers: each is noticed, the last good filter stays, others "
               "are served", wrong, [])
    row(test, "a worker that lies", "that profile keeps its last good filter; others unaffected; "
        "worker replaced", f"{len(all_lies)} lies (wrong bits, cut short, too long), "
        f"{len(wrong)} believed")


def test_memory(test, injector, faulty):
    """Workers take all the memory that they get."""
    ended, peaks = threading.Event(), [0]

    def sample():
        while not ended.wait(0.002):
            peaks.extend(kib(pid, "VmHWM") for pid in faulty.daemon.workers())

    sampler = threading.Thread(target=sample)
    sampler.start()
    with faulty.daemon.client() as client:
        problem, _ = faulty.round(client, worker=EATS)
        ended.set()
        sampler.join()
        peak = max(peaks) // 1024
        test.check(problem is None, "a memory bomb in a worker: the last good filter stays, others "
                   "are served", problem)
        test.check(100 < peak < PEAK_MIB, f"its limit holds: {peak} MiB at most")
        test.until(lambda: client.status().workers == 2, 30, "workers")
    row(test, "a memory bomb in a worker", "that profile keeps its last good filter; others "
        "unaffected; worker replaced", f"its limit held at {peak} MiB; "
        + ("all as expected" if problem is None else problem))


def test_one_profile(test):
    """Each worker that got a profile answers with the filter of that one for good: whoever takes over
    a worker by one profile can do that. It must get no other one."""
    n = form(40, 400)
    test.mkdir("many")
    for i in range(n):
        test.write(f"many/x{i}.json", profile(1 + i))
    injector = Injector(test, "parrots")
    injector.set(worker=PARROTS)
    daemon = Daemon(test, "--workers", "2", "--targets", "native", "--compile-timeout", "20",
                    "--max-compiles-per-minute", "100000", profiles=["many"], prefix=injector.prefix,
                    name="parrots", socket_name="parrots.sock")
    with daemon.client() as client:
        wrong = [i for i in range(n) if errno_of(client.get(f"x{i}").code) != 1 + i]
        for i in range(n):
            test.replace(f"many/x{i}.json", profile(1001 + i))
        client.reload()
        wrong += [i for i in range(n) if errno_of(client.get(f"x{i}").code) != 1001 + i]
        wrong += [i for i in range(n) if errno_of(client.compile(profile(2001 + i)).code) != 2001 + i]
        test.equal(f"{3 * n} profiles and workers that repeat their first answer: no filter is another's",
                   wrong, [])
        seen = injector.seen()
        per_worker = {worker: {p for w, p in seen if w == worker} for worker, _ in seen}
        test.equal("each worker saw one profile", {len(found) for found in per_worker.values()}, {1})
        test.equal("and each profile was seen", len({p for _, p in seen}), 3 * n)
        # Variants of one profile may share a worker: that is what makes it cheap.
        test.write("many/v.json", conditional(5))
        client.reload()
        daemon.rest(2)
        injector.off()
        before = len(injector.seen())
        clients = [daemon.client() for _ in range(8)]
        for k, other in enumerate(clients):
            other.send(GET, get_body("v", kernel=0x40000 + k % 2 * 0xa00, caps=(k // 2 % 2) << 18 | (k // 4) << 21))
        codes = {other.filter(*other.receive()[1:], BYTES).code for other in clients}
        for other in clients:
            other.sock.close()
        test.equal("eight variants of one profile", len(codes), 8)
        later = injector.seen()[before:]
        test.check(len(later) >= 7 and len({p for _, p in later}) == 1, "each compiled on its own", later)
        test.check(len({w for w, _ in later}) <= 4, f"by {len({w for w, _ in later})} workers")
        test.equal("nothing failed", client.status().worker_failures, 0)
    test.equal("it ends well", daemon.stop(), 0)
    row(test, "a worker taken over by one profile, that answers with its filter for others",
        "no filter of another profile is wrong: a worker sees one profile",
        f"{3 * n} profiles, {len(per_worker)} workers, {len(wrong)} wrong filters")


def bombs():
    """Profiles that want too much: what each is called, its text, and what status has to say."""
    def rules(n, rule):
        return '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[' + ",".join([rule] * n) + "]}"
    small = '{"names":["read"],"action":"SCMP_ACT_ERRNO"}'
    limit = 1 << 20
    string = '{"defaultAction":"SCMP_ACT_ALLOW","comment":"%s"}'
    yield "depth: 500,000 arrays", "[" * 500_000, "deep"
    yield "depth: 100,000 objects", '{"a":' * 100_000, ""
    yield "width: 16,385 rules", rules(16385, small), "16384"
    yield "width: 100,000 empty rules", rules(100_000, "{}"), ""
    yield "width: 200,000 keys", "{" + ",".join(f'"k{i}":0' for i in range(100_000)) + "}", ""
    yield "a key twice, 80,000 times", '{"defaultAction":"SCMP_ACT_ALLOW"' + ',"x-a":1' * 80_000 + "}", ""
    yield "a name of 1,000,000 letters", rules(1, small.replace("read", "r" * 1_000_000)), None
    yield "a string of 170,000 escapes", string % ("\\u0041" * 170_000), None
    yield "a string without an end", string[:40] + "x" * 900_000, ""
    yield "a number of 900,000 digits", rules(1, small[:-1] + ',"errnoRet":' + "9" * 900_000 + "}"), ""
    yield "a number with a huge exponent", rules(1, small[:-1] + ',"errnoRet":1e999999999}'), ""
    yield "no UTF-8", string % ("\udcff" * 1000), ""
    yield "1 MiB + 1", string % "" + " " * (limit + 1 - len(string) + 2), "1 MiB|1048576|too large|larger"
    yield "exactly 1 MiB, and right", (string % "") + " " * (limit - len(string) + 2), None
    heavy = [{"names": ["read", "write", "ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 + i % 7,
              "args": [{"index": i % 3, "value": i * 2654435761 % 2 ** 63,
                        "op": ("SCMP_CMP_EQ", "SCMP_CMP_GT", "SCMP_CMP_NE")[i % 3]}]}
             for i in range(5000)]
    yield "5,000 rules that overlap", json.dumps({"defaultAction": "SCMP_ACT_ALLOW",
                                                  "syscalls": heavy}), None


def test_bombs(test):
    """Each is refused, or compiled, in bounded time and memory; others are served meanwhile."""
    test.mkdir("bombs")
    test.write("bombs/good.json", profile(3))
    timeout = 10
    daemon = Daemon(test, "--workers", "2", "--targets", "native", "--compile-timeout", str(timeout),
                    profiles=["bombs"], name="bombs", socket_name="bombs.sock")
    worst_time, worst_peak, n, refused = 0.0, 0, 0, 0
    with daemon.client(timeout=120) as client, daemon.client(timeout=120) as reloader:
        before = kib(daemon.pid, "VmRSS")
        for what, text, words in bombs():
            n += 1
            # Put in place at once: the first part of a bomb may well be a good profile.
            with open(test.path("bombs/bomb.part"), "w", encoding="utf-8",
                      errors="surrogateescape") as file:
                file.write(text)
            os.replace(test.path("bombs/bomb.part"), test.path("bombs/bomb.json"))
            start = time.monotonic()
            reloader.send(RELOAD)
            reloader.sock.settimeout(0.005)
            slowest, reply = 0.0, None
            while reply is None and time.monotonic() < start + 100:
                asked = time.monotonic()
                served = errno_of(client.get("good").code) == 3
                slowest = max(slowest, time.monotonic() - asked)
                for pid in daemon.workers():
                    worst_peak = max(worst_peak, kib(pid, "VmHWM"))
                try:
                    reply = reloader.receive()
                except TimeoutError:
                    continue
            took = time.monotonic() - start
            state = client.profile("bomb")
            refused += state.state == IS_BROKEN
            right = reply is not None and served and took < timeout + 5 and (
                words is None or state.state == IS_BROKEN and
                (not words or any(word in state.text for word in words.split("|"))))
            test.check(right, f"{what}: {STATES[state.state]} after {took:.2f} s",
                       f"{state.text[:300]!r}, served: {served}")
            worst_time = max(worst_time, took)
            os.unlink(test.path("bombs/bomb.json"))
            client.reload()
        grown = (kib(daemon.pid, "VmRSS") - before) // 1024
        test.check(worst_peak // 1024 < PEAK_MIB, f"a worker took {worst_peak // 1024} MiB at most")
        test.check(grown < 32, f"the main process grew by {grown} MiB")
    test.equal("it ends well", daemon.stop(), 0)
    row(test, "JSON bombs: depth, width, long strings, huge numbers, 16,385 rules, 1 MiB + 1",
        "refused in bounded time and memory",
        f"{n} texts, {refused} refused, the others in service; at most {worst_time:.1f} s (the limit "
        f"on a compile was {timeout} s) and {worst_peak // 1024} MiB of a worker; the main process "
        f"grew by {grown} MiB; others were served meanwhile")


with Test() as test:
    test.mkdir("p")
    injector = Injector(test)
    faulty = Faulty(test, injector)
    test_memory(test, injector, faulty)
    test_lies(test, injector, faulty)
    test.equal("it ends well", faulty.daemon.stop(), 0)
    test_one_profile(test)
    test_bombs(test)
