#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clients that do not behave: they never read, send half packets, pass fds, connect all the time, or
only sit there. Others are served as well as by any server that shares its processors with them; the
limits answer; no fd leaks."""
import os
import resource
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from faults import *

REQUESTS = form(5000, 50_000)
ROUNDS = form(3, 9)
OTHERS = 4
IDLE = form(1000, 10_000)


class Measured:
    """The latency of clients that behave, beside others that do not."""

    def __init__(self, flood, daemon):
        self.flood, self.daemon = flood, daemon

    def latency(self):
        return run_json(self.flood, "latency", self.daemon.path, "x", OTHERS, REQUESTS, timeout=120)

    def beside(self, *command):
        process = subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL)
        time.sleep(0.2)
        found = self.latency()
        if process.poll() is not None:
            raise RuntimeError(f"{command[1]} ended with {process.returncode}")
        process.kill()
        process.wait()
        return found

    def compare(self, *abuser):
        """Beside ABUSER, and beside a process that uses as much of the processors and asks the
        daemon for nothing, in turn: the middle one of the ratios of their p99, and of what the
        clients got done."""
        p99, rates = [], []
        for _ in range(ROUNDS):
            control = self.beside("sh", "-c", "while :; do :; done")
            found = self.beside(*abuser)
            p99.append(found.p99 / control.p99)
            rates.append(found.rate / control.rate)
        return sorted(p99)[ROUNDS // 2], sorted(rates)[ROUNDS // 2]


    def new_clients(self, *abuser):
        """How long a new client waits for its first answer beside ABUSER, in seconds, the middle
        one; and the share of a processor that the daemon has meanwhile."""
        process = subprocess.Popen(list(map(str, abuser)), stderr=subprocess.DEVNULL)
        times = []
        try:
            time.sleep(0.2)
            before, start = cpu_seconds(self.daemon.pid), time.monotonic()
            while time.monotonic() - start < 1 or len(times) < 10:
                began = time.monotonic()
                with self.daemon.client() as client:
                    client.get("x")
                times.append(time.monotonic() - began)
                time.sleep(0.01)
            share = (cpu_seconds(self.daemon.pid) - before) / (time.monotonic() - start)
        finally:
            process.kill()
            process.wait()
        return sorted(times)[len(times) // 2], share


def test_abusers(test, flood, abuse):
    daemon = Daemon(test, "--max-connections", "2000", "--max-connections-per-uid", "2000",
                    "--idle-timeout", "0", "--targets", "native")
    measured = Measured(flood, daemon)
    with daemon.client() as client:
        client.status()
        fds = open_fds(daemon.pid)
        results = []
        for what, *command in [
                ("64 that ask and never read", abuse, "deaf", daemon.path, "big", 64),
                ("half packets", abuse, "halves", daemon.path),
                ("fds in every message", abuse, "fds", daemon.path, "x"),
                ("a connect storm", abuse, "storm", daemon.path)]:
            p99, rate = measured.compare(*command)
            test.ok(f"beside {what} others are served: p99 {p99:.2f} of that beside a busy loop, "
                    f"throughput {rate:.2f}")
            results.append(f"{what} {p99:.2f}")
            test.until(lambda: client.status().connections == 1, 20, "connections end")
            test.until(lambda: open_fds(daemon.pid) <= fds, 20, f"{what}: fds are closed")
            test.ok(f"{what}: no fd leaked")
        wait, share = measured.new_clients(abuse, "storm", daemon.path)
        test.check(wait < 1, f"beside a connect storm a new client is served in {1000 * wait:.1f} ms")
        test.check(share < 0.5, f"which costs the daemon {100 * share:.0f} % of a processor")
        test.until(lambda: client.status().connections == 1, 20, "connections end")
        test.equal("no worker failed", client.status().worker_failures, 0)
    test.check(len(daemon.log().splitlines()) < 300, "the log was not flooded",
               len(daemon.log().splitlines()))
    test.equal("it ends well", daemon.stop(), 0)
    row(test, "a client that never reads; half packets; connect storms; fds in every message",
        "p99 of others at most 2 times; no fd leak",
        "p99 of others, beside them / beside a process that only uses the processor: "
        + ", ".join(results) + f"; a new client is served within {1000 * wait:.1f} ms beside the storm, "
        f"which costs the daemon {100 * share:.0f} % of a processor")


def test_idle(test, flood):
    """As many idle connections as this machine's limit on fds allows, up to the wanted number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    n = min(IDLE, hard - 200)
    if n < IDLE:
        test.skip(f"{IDLE} idle connections: the limit on fds allows {n} here")
    daemon = Daemon(test, "--max-connections", str(n), "--max-connections-per-uid", str(n),
                    "--idle-timeout", "0", "--targets", "native", name="idle",
                    socket_name="idle.sock")
    measured = Measured(flood, daemon)
    with daemon.client() as client:
        client.status()
        fds, rss = open_fds(daemon.pid), kib(daemon.pid, "VmRSS")
        alone = [measured.latency().p99 for _ in range(ROUNDS)]
        idle = [daemon.client() for _ in range(n - 1 - OTHERS)]
        test.until(lambda: client.status().connections == len(idle) + 1, 30, "connections")
        test.ok(f"{len(idle)} idle connections")
        beside = [measured.latency().p99 for _ in range(ROUNDS)]
        ratio = sorted(beside)[ROUNDS // 2] / sorted(alone)[ROUNDS // 2]
        more = (kib(daemon.pid, "VmRSS") - rss) * 1024 // len(idle)
        test.ok(f"others are served: p99 {ratio:.2f} of that alone, {more} bytes for a connection")
        before, start = cpu_seconds(daemon.pid), time.monotonic()
        time.sleep(1)
        share = (cpu_seconds(daemon.pid) - before) / (time.monotonic() - start)
        test.check(share < 0.2, f"they cost {100 * share:.0f} % of a processor")
        full = [daemon.client() for _ in range(OTHERS)]
        for other in full:
            other.status()
        with daemon.client() as late:
            test.refused("one more is told of the limit", LIMIT, late.status)
        test.equal("which status counts", client.status().connections_refused, 1)
        for other in idle + full:
            other.sock.close()
        test.until(lambda: client.status().connections == 1, 30, "connections end")
        test.until(lambda: open_fds(daemon.pid) <= fds, 10, "fds are closed")
        test.ok("no fd leaked")
    test.equal("it ends well", daemon.stop(), 0)
    row(test, f"{group(len(idle))} idle connections", "p99 of others at most 2 times that without; "
        "the limit answers", f"p99 of others beside / without: {ratio:.2f}; {more} bytes for each; "
        f"{100 * share:.0f} % of a processor; the next one is told of the limit")


with Test() as test:
    test.mkdir("p")
    test.write("p/x.json", profile(1))
    names = [{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
              "args": [{"index": 1, "value": 3 * i, "op": "SCMP_CMP_EQ"}]} for i in range(500)]
    test.write("p/big.json", json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": names}))
    flood = build_flood(test)
    test_abusers(test, flood, build(test, "abuse", "tests/e2e/abuse.c", "tests/bench/load.c"))
    test_idle(test, flood)
