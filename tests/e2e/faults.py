# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of faults and floods share: the programs beside this file, what a process uses, and
the rows of the table that scripts/soak prints. Each test has a short form, for every run of
scripts/test, and a long one, where SECPROF_SOAK is 1."""
import os
import subprocess

from secprofd import *

LONG = os.environ.get("SECPROF_SOAK") == "1"
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))


def form(short, long):
    """SHORT, or LONG in the long form."""
    return long if LONG else short


def build(test, name, *sources, flags=()):
    """Compiles C files of this tree to a program (or what FLAGS make of it); returns its path."""
    path = test.path(name)
    command = [os.environ.get("CC", "gcc"), "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra",
               "-Werror", "-I", TOP, *flags, "-o", path,
               *(os.path.join(TOP, source) for source in sources), "-ldl"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name} does not compile:\n{done.stdout}")
    return path


def build_flood(test):
    return build(test, "flood", "tests/e2e/flood.c", "tests/bench/load.c")


def row(test, fault, expected, result):
    """A row of the table of faults, with what this run found."""
    print(f"row: {fault} | {expected} | {result}", flush=True)


def run_json(*command, timeout=3600):
    """Runs a program whose last line is JSON; returns that."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=timeout, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return Record(json.loads(done.stdout.splitlines()[-1]), errors=done.stderr)


def cpu_seconds(pid):
    """The processor time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_fds(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def kib(pid, name):
    """VmRSS, VmHWM and the like of a process."""
    text = field(pid, name)
    return int(text.split()[0]) if text else 0


def group(number):
    """12345678 as 12,345,678."""
    return f"{number:,}"


MEMORY, OPEN, WATCH, SEND, FORK, WRITE, PASS = 1, 2, 4, 8, 16, 32, 64
MAIN, OTHERS = 1, 2
EATS, LIES, PARROTS = 1, 2, 3
FOR_EVER = 1 << 62


class Injector:
    """Makes calls of a daemon that was started with `prefix` fail: see inject.c."""

    LAYOUT = struct.Struct("=IIIIqqqqqQQ")
    SEEN = struct.Struct("=QQ")  # behind it: births, and how many of SEEN_MAX pairs follow
    SEEN_MAX = 4096

    def __init__(self, test, name="inject"):
        library = test.path("inject.so")
        if not os.path.exists(library):
            build(test, "inject.so", "tests/e2e/inject.c", flags=["-shared", "-fPIC"])
        self.path = test.path(name + ".block")
        with open(self.path, "wb") as file:
            file.write(bytes(self.LAYOUT.size + (1 + self.SEEN_MAX) * self.SEEN.size))
        self.file = os.open(self.path, os.O_RDWR)
        self.prefix = ["env", f"LD_PRELOAD={library}", f"SECPROF_INJECT={self.path}"]

    def set(self, calls=0, where=MAIN, error=0, after=0, times=1, worker=0, day=0, lie=0):
        os.pwrite(self.file, self.LAYOUT.pack(calls, where, error, worker, after, times, 0, 0,
                                              day * 1000000, lie, 0), 0)

    def read(self):
        values = self.LAYOUT.unpack(os.pread(self.file, self.LAYOUT.size, 0))
        return Record(counted=values[6], failed=values[7], lies=values[10])

    def births(self):
        """How many processes were made by others than the main one."""
        return self.SEEN.unpack(os.pread(self.file, self.SEEN.size, self.LAYOUT.size))[0]

    def seen(self):
        """Which worker (any number) read which profile (any number), each time that one did."""
        at = self.LAYOUT.size + self.SEEN.size
        n = self.SEEN.unpack(os.pread(self.file, self.SEEN.size, self.LAYOUT.size))[1]
        assert n <= self.SEEN_MAX
        return list(self.SEEN.iter_unpack(os.pread(self.file, n * self.SEEN.size, at)))

    def off(self):
        """Ends all faults; returns what they did."""
        done = self.read()
        self.set()
        return done
