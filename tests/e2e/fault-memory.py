#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bound on the service's memory, as MemoryMax= of the unit sets it, by the kernel's own memory
controller (cgroup2, or the older one where that is in use): which process the kernel kills when it is
reached, what that costs, and that memory which clients keep does not count against the next daemon."""
import errno
import os
import re
import sys

sys.dont_write_bytecode = True
from faults import *

BOUND_MIB = 96       # far less than what one worker may take
PADDING = 1_000_000  # bytes of each profile text that a client keeps open

# The files of a cgroup, and what to write to have no swap.
UNIFIED = Record(bound="memory.max", used="memory.current", kills="memory.events",
                 swap="memory.swap.max", no_swap=0)
LEGACY = Record(bound="memory.limit_in_bytes", used="memory.usage_in_bytes",
                kills="memory.oom_control", swap="memory.memsw.limit_in_bytes",
                no_swap=BOUND_MIB << 20)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def find_controller():
    """Where new cgroups have a bound on their memory, and by which files; or None."""
    mounts = [line.split()[1:4] for line in read("/proc/self/mounts").splitlines()]
    for where, kind, options in mounts:
        if kind == "cgroup2" and "memory" in read(where, "cgroup.subtree_control").split():
            return where, UNIFIED
        if kind == "cgroup" and "memory" in options.split(","):
            return where, LEGACY
    return None


class Group:
    """A cgroup with a bound, as a unit has one. Processes of `prefix` run in it."""

    def __init__(self, parent, files):
        self.files = files
        self.path = os.path.join(parent, f"secprof-test.{os.getpid()}")
        os.mkdir(self.path)
        self.prefix = ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', self.path]
        self.put(files.bound, BOUND_MIB << 20)
        if os.path.exists(os.path.join(self.path, files.swap)):
            self.put(files.swap, files.no_swap)

    def put(self, name, value):
        with open(os.path.join(self.path, name), "w", encoding="ascii") as file:
            file.write(str(value))

    def used_mib(self):
        return int(read(self.path, self.files.used)) >> 20

    def kills(self):
        return int(re.search(r"^oom_kill (\d+)$", read(self.path, self.files.kills), re.M)[1])

    def is_empty(self):
        return not read(self.path, "cgroup.procs")

    def remove(self):
        """As the service manager does before it starts the service again."""
        def gone():
            try:
                os.rmdir(self.path)
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                return False
            return True
        Test.until(gone, 10, "the cgroup is empty")


def start(test, group, injector):
    return Daemon(test, "--workers", "2", "--targets", "native",
                  prefix=[*group.prefix, *injector.prefix])


def test_bomb(test, group, injector, daemon):
    """One worker takes all that there is."""
    with daemon.client() as client:
        good = client.get("x")
        injector.set(worker=EATS)
        test.write("p/x.json", profile(11))
        client.reload()
        injector.off()
        state, now = client.profile("x"), client.get("x")
        kills = group.kills()
        test.check(kills > 0, f"a memory bomb in a worker: the kernel kills {kills} processes")
        test.check(state.state == STALE and "killed" in state.text,
                   "its profile is refused, with the reason", f"({STATES[state.state]}: {state.text})")
        test.check(now.stale and now.digest == good.digest, "the last good filter stays")
        test.equal("other profiles are served", errno_of(client.get("y").code), 5)
        test.equal("the main process is not the one", daemon.process.poll(), None)
        client.reload()
        mended = client.get("x")
        test.check(not mended.stale and errno_of(mended.code) == 11,
                   "without the bomb the profile is compiled")
        test.until(lambda: client.status().workers == 2, 30, "workers")
    return kills


def keep_all(test, daemon):
    """A client that keeps what it gets, until the daemon is gone. Returns the fds."""
    kept = []
    with daemon.client() as client:
        try:
            for n in range(2 * (BOUND_MIB << 20) // PADDING):
                test.replace("p/x.json", profile(12, **{"x-n": n, "x-padding": " " * PADDING}))
                client.reload()
                kept.append(client.get("x", delivery=PROFILE).fd)
        except (Closed, Refused) as error:
            print(f"-- {len(kept)} kept, then: {error}")
    return kept


def check_whole(test, kept):
    whole = sum(os.fstat(fd).st_size > PADDING and os.pread(fd, 1, 0) == b"{" for fd in kept)
    test.equal("the clients still have what they got", whole, len(kept))


def ask(daemon):
    """What the daemon says of profile x and serves after the bound was reached; or None where the kernel
    ends it before it has answered: at the bound, any request may be one page too many."""
    if daemon.process.poll() is not None:
        return None
    try:
        with daemon.client() as client:
            return client.profile("x"), client.get("x"), client.get("y")
    except (Closed, ConnectionError, FileNotFoundError):
        daemon.process.wait(10)
        return None


def test_lives_on(test, daemon, kept, answers):
    """The workers were the ones that the kernel ended."""
    state, now, other = answers
    test.check(state.state == STALE and "killed" in state.text, "the profile is refused, with the reason",
               f"({STATES[state.state]}: {state.text})")
    test.equal("its last good filter and other profiles are served",
               (errno_of(now.code), errno_of(other.code)), (12, 5))
    check_whole(test, kept)
    for fd in kept:
        os.close(fd)
    test.write("p/x.json", profile(13))

    def is_served():
        with daemon.client() as client:
            client.reload()
            return errno_of(client.get("x").code) == 13
    test.until(is_served, 30, "with memory again the profile is compiled")
    return daemon


def test_begins_again(test, group, injector, daemon, controller, kept):
    """The main process, or the spawner, was among those that the kernel ended."""
    daemon.stop(signal.SIGCONT)
    test.until(group.is_empty, 10, "the other processes end with it")
    group.remove()
    again = Group(*controller)
    test.write("p/x.json", profile(13))
    daemon = start(test, again, injector)
    with daemon.client() as client:
        test.equal("started again it serves", errno_of(client.get("x").code), 13)
        test.check(again.used_mib() < BOUND_MIB // 4,
                   f"from {again.used_mib()} MiB on: what the old clients hold is not its own")
    check_whole(test, kept)
    for fd in kept:
        os.close(fd)
    return daemon


def test_kept(test, group, injector, daemon, controller):
    """What clients keep open counts as the service's, until it is a new one. Workers go first; where that
    is not enough, the service begins again."""
    kills = group.kills()
    kept = keep_all(test, daemon)
    held = group.used_mib()
    test.check(held > BOUND_MIB // 2, f"clients keep all that they get: {held} MiB of {BOUND_MIB}")
    test.check(group.kills() > kills, f"which is what the bound is for: {group.kills() - kills} killed")
    answers = ask(daemon)
    if answers:
        daemon = test_lives_on(test, daemon, kept, answers)
    else:
        daemon = test_begins_again(test, group, injector, daemon, controller, kept)
    test.equal("it ends well", daemon.stop(), 0)
    return held, answers is not None


def make_group(test, controller):
    """The cgroup of the test, or None where this machine does not let it make one."""
    if os.geteuid() != 0:
        test.skip("not root: no cgroup can be made")
    elif not controller:
        test.skip("new cgroups have no memory controller here")
    else:
        try:
            return Group(*controller)
        except OSError as error:
            test.skip(f"no cgroup with a bound on its memory can be made here: {error}")
    return None


with Test() as test:
    controller = find_controller()
    group = make_group(test, controller)
    if group:
        test.mkdir("p")
        test.write("p/x.json", profile(10))
        test.write("p/y.json", profile(5))
        injector = Injector(test)
        try:
            daemon = start(test, group, injector)
            kills = test_bomb(test, group, injector, daemon)
            held, lives = test_kept(test, group, injector, daemon, controller)
        finally:
            for daemon in test.daemons:
                daemon.stop(signal.SIGKILL)
            if os.path.exists(group.path):
                group.remove()
        row(test, f"MemoryMax= (here {BOUND_MIB} MiB) reached by a worker, or by what clients keep",
            "costs the worker's profile; where no worker is left to end, a restart, which begins at nothing",
            f"{kills} workers killed, the last good filter stayed; with {held} MiB kept by clients "
            + ("workers ended, and all else was served" if lives else
               "the daemon ended, and the next one served"))
