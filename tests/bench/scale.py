#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: tests/bench/scale.py BUILD PROFILE.json N...

What secprofd costs with N profiles of which no two are alike, for each N in turn, and how each
figure grows from the first N to the last. Beside it in the same run: reading the same files, libseccomp
making the same filters in one process, and the debounce, which is part of each edit."""
import os
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from secprofd import Client, Closed, Daemon, Test, field

DEBOUNCE_MS = 20  # WATCH_DEBOUNCE_USEC, daemon/files/watch.h
PEER_MAX = 1000   # profiles that libseccomp compiles: what it takes for each does not change
EDITS = int(os.environ.get("SECPROF_ROUNDS", "200"))

# What is measured: the unit, and the goal at the largest N.
ROWS = {
    "cold start, all compiled": ("s", ""),
    "  libseccomp, one process / this": ("x", "goal 5"),
    "warm start": ("s", ""),
    "  x reading the same files": ("x", "goal 4"),
    "  compiles": ("", "goal 0"),
    "RELOAD, nothing changed": ("ms", ""),
    "  x reading the profiles": ("x", ""),
    "edit until served, p50": ("ms", ""),
    "edit until served, p99": ("ms", "goal 50: 30 and the debounce"),
    "processor time of an edit": ("ms", ""),
    "GET during edits, p50": ("ms", ""),
    "GET during edits, p99": ("ms", "goal 2"),
    "  x GET at rest, p99": ("x", ""),
    "resident memory for a profile": ("KiB", "goal 1.5"),
    "fds for a profile": ("", "goal 1"),
}


class Place(Test):
    """A directory and a build, as the tests of the daemon have them; nothing is counted."""

    def __init__(self, build):
        super().__init__()
        self.build = build


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def write_profiles(place, text, n):
    """N profiles that differ in an errno and a comment, so that each is compiled for itself."""
    place.mkdir("p")
    for i in range(n):
        place.write(f"p/p{i:05d}.json", variant_of(text, i, 0))


def variant_of(text, i, version):
    """The text with a rule of its own; VERSION is in its filter."""
    own = '{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": %d, "args": ' \
        '[{"index": 5, "value": %d, "op": "SCMP_CMP_EQ"}]},' % (1 + version % 4000, 1000 + i)
    head, tail = text.split('"syscalls"', 1)
    bracket = tail.index("[") + 1
    return head + '"syscalls"' + tail[:bracket] + own + tail[bracket:]


def files_of(directory):
    return [os.path.join(top, name) for top, _, names in os.walk(directory) for name in names]


def read_all(paths):
    """Seconds that a program takes which only reads them; the best of three."""
    def once():
        begin = time.monotonic()
        for at in range(0, len(paths), 2000):
            subprocess.run(["cat", "--", *paths[at:at + 2000]], stdout=subprocess.DEVNULL, check=True)
        return time.monotonic() - begin
    return min(once() for _ in range(3))


def cpu_ns(pid):
    """Its processor time in ns."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0])


def start(place, name):
    """A daemon; returns it and the seconds until all its profiles were in service."""
    begin = time.monotonic()
    daemon = Daemon(place, "--targets", "native", "--max-profiles", "20000", cache="cache", name=name,
                    wait=False)
    while True:
        try:
            with daemon.client(timeout=600) as client:
                client.reload()
                return daemon, time.monotonic() - begin
        except (FileNotFoundError, ConnectionRefusedError, Closed):
            if daemon.process.poll() is not None:
                raise RuntimeError(daemon.log()) from None
            time.sleep(0.005)


def get_forever(path, names, report):
    """A process that asks for one profile after the other every 2 ms, until SIGTERM; writes what each took to REPORT."""
    pid = os.fork()
    if pid:
        return pid
    took, stop = [], []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    with Client(path) as client:
        client.get(names[0])
        i = 0
        while not stop:
            begin = time.monotonic_ns()
            client.get(names[i % len(names)])
            took.append(time.monotonic_ns() - begin)
            i += 1
            time.sleep(0.002)
    with open(report, "wb") as file:
        file.write(struct.pack(f"={len(took)}q", *took))
    os._exit(0)


def stop_getting(pid, report):
    """Ends that process; returns milliseconds."""
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    with open(report, "rb") as file:
        data = file.read()
    return [ns / 1e6 for ns in struct.unpack(f"={len(data) // 8}q", data)]


def measure_edits(place, daemon, text, n, figures):
    names = [f"p{i:05d}" for i in range(0, n, max(1, n // 50))]
    report = place.path("gets")
    getting = get_forever(daemon.path, names, report)
    time.sleep(1 if EDITS > 10 else 0.2)
    at_rest = stop_getting(getting, report)
    getting = get_forever(daemon.path, names, report)
    took = []
    begin_cpu = cpu_ns(daemon.pid)
    with daemon.client(timeout=60) as client:
        client.subscribe()
        for i in range(EDITS):
            name = f"p{i * 7919 % n:05d}"
            content = variant_of(text, i * 7919 % n, i + 1)
            place.write("next", content)
            begin = time.monotonic()
            os.rename(place.path("next"), place.path(f"p/{name}.json"))
            while client.change().name != name:
                pass
            took.append((time.monotonic() - begin) * 1000)
    cpu = (cpu_ns(daemon.pid) - begin_cpu) / EDITS / 1e6
    gets = stop_getting(getting, report)
    figures["edit until served, p50"] = percentile(took, 0.5)
    figures["edit until served, p99"] = percentile(took, 0.99)
    figures["processor time of an edit"] = cpu
    figures["GET during edits, p50"] = percentile(gets, 0.5)
    figures["GET during edits, p99"] = percentile(gets, 0.99)
    figures["  x GET at rest, p99"] = percentile(gets, 0.99) / percentile(at_rest, 0.99)


def measure(build, text, n):
    figures = {}
    place = Place(build)
    try:
        place.mkdir("p")
        empty, _ = start(place, "empty")
        rss, fds = int(field(empty.pid, "VmRSS").split()[0]), len(empty.fds(empty.pid))
        empty.stop()
        write_profiles(place, text, n)
        profiles = files_of(place.path("p"))
        daemon, figures["cold start, all compiled"] = start(place, "cold")
        daemon.idle(600)
        daemon.stop()
        peer = profiles[:PEER_MAX]
        peer_us = int(subprocess.run([os.path.join(build, "tests/bench/bench-set"), *peer],
                                     stdout=subprocess.PIPE, check=True).stdout)
        figures["  libseccomp, one process / this"] = \
            peer_us / 1e6 * n / len(peer) / figures["cold start, all compiled"]
        reading = read_all(profiles + files_of(place.path("cache")))
        daemon, figures["warm start"] = start(place, "warm")
        figures["  x reading the same files"] = figures["warm start"] / reading
        with daemon.client(timeout=600) as client:
            figures["  compiles"] = client.status().compiles
            figures["resident memory for a profile"] = \
                (int(field(daemon.pid, "VmRSS").split()[0]) - rss) / n
            figures["fds for a profile"] = (len(daemon.fds(daemon.pid)) - fds) / n
            begin = time.monotonic()
            client.reload()
            figures["RELOAD, nothing changed"] = (time.monotonic() - begin) * 1000
        figures["  x reading the profiles"] = \
            figures["RELOAD, nothing changed"] / 1000 / read_all(profiles)
        measure_edits(place, daemon, text, n, figures)
        daemon.stop()
    finally:
        for daemon in place.daemons:
            daemon.stop()
        subprocess.run(["rm", "-rf", place.dir], check=False)
    return figures


def main():
    build = os.path.abspath(sys.argv[1])
    sizes = [int(word) for word in sys.argv[3:]]
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    columns = [measure(build, text, n) for n in sizes]
    print(f"profiles of which no two are alike, {EDITS} edits one after the other with a client that asks meanwhile "
          f"(the debounce is {DEBOUNCE_MS} ms); growth from {sizes[0]} to {sizes[-1]}")
    print(f"  {'':36}" + "".join(f"{n:>10}" for n in sizes) + "    growth")
    for row, (unit, goal) in ROWS.items():
        values = [column[row] for column in columns]
        growth = f"{values[-1] / values[0]:8.2f} x" if values[0] > 0 else f"{'':10}"
        print(f"  {row:36}" + "".join(f"{value:10.2f}" for value in values) +
              f"{growth}  {unit}{'; ' if unit and goal else ''}{goal}")


if __name__ == "__main__":
    main()
