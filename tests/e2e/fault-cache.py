#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The disk cache while it runs: full, read-only, removed, exchanged, refused, not there at the start.
All is served, status says how the cache is, and it heals by itself."""
import ctypes
import hashlib
import os
import random
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from faults import *

MS_RDONLY, MS_REMOUNT, MS_REC, MS_PRIVATE = 1, 1 << 5, 1 << 14, 1 << 18
CLONE_NEWNS = 0x00020000
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags, data=None):
    return libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, flags,
                      data.encode() if data else None) == 0


def own_mounts():
    """Gives the test mounts of its own; False where it may not."""
    return (os.geteuid() == 0 and libc.unshare(CLONE_NEWNS) == 0 and
            mount("none", "/", None, MS_PRIVATE | MS_REC))


def entries(path):
    """The names of the entries in the cache at PATH."""
    path = os.path.join(path, "entries")
    return {name for name in os.listdir(path) if len(name) == 64} if os.path.isdir(path) else set()


class Changing:
    """A profile whose every version has a filter of its own."""

    def __init__(self, test, client):
        self.test, self.client, self.version = test, client, 100

    def change(self):
        """A new version; True where it, and a variant of another profile, are served."""
        self.version += 1
        self.test.replace("p/x.json", profile(self.version))
        self.client.reload()
        return (errno_of(self.client.get("x").code) == self.version and
                self.client.get("y", caps=self.version).n_insns > 0)


def try_fault(test, what, break_it, mend_it, words):
    """The cache works, breaks, and is mended; returns the seconds until it was in use again."""
    test.mkdir("cache", 0o700)
    daemon = Daemon(test, "--targets", "aarch64", cache="cache", name="broken")
    with daemon.client() as client:
        changing = Changing(test, client)
        test.check(changing.change(), f"{what}: at first all is well")
        daemon.idle()
        test.equal("and status says so", client.status().cache_state, CACHE_USED)
        break_it()
        served = []

        def is_failing():
            served.append(changing.change())
            return client.status().cache_state == CACHE_FAILING
        test.until(is_failing, 20, "it is noticed")
        test.ok(f"{what}: status says that the cache is failing")
        served += [changing.change() for _ in range(5)]
        test.check(all(served), f"{what}: all is served on")
        test.check(any(text in daemon.log() for text in words), f"{what}: the log says why",
                   daemon.log())
        took = heal(test, daemon, client, changing, what, mend_it)
    test.equal(f"{what}: it ends well", daemon.stop(), 0)
    return took


def heal(test, daemon, client, changing, what, mend_it):
    before = entries(test.path("cache"))
    mend_it()
    start = time.monotonic()

    def is_used():
        # What it does by itself: there is no reload here, profiles change as ever.
        changing.version += 1
        test.replace("p/x.json", profile(changing.version))
        time.sleep(0.1)
        return client.status().cache_state == CACHE_USED
    test.until(is_used, 90, "it heals")
    took = time.monotonic() - start
    test.ok(f"{what}: {took:.1f} s after it was mended it is in use again, by itself")
    test.until(lambda: is_used() and entries(test.path("cache")) - before, 20, "a new entry")
    test.ok(f"{what}: and written")
    return took


def remove(path):
    """As rm -r does it; an entry that is just being written can get in between."""
    while os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)


class Stopped:
    """Processes that do nothing meanwhile."""

    def __init__(self, *pids):
        self.pids = pids

    def __enter__(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def __exit__(self, *_):
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


def until_used(test, client, seconds=20):
    """Waits until status says that the cache is in use; returns how long that took."""
    start = time.monotonic()
    test.until(lambda: client.status().cache_state == CACHE_USED, seconds, "it is in use again")
    return time.monotonic() - start


def torn(path):
    """The entries that are not whole, or not what their names say."""
    bad = []
    for name in entries(path):
        with open(os.path.join(path, "entries", name), "rb") as file:
            data = file.read()
        # struct cache_header: magic, format, checksum, key; see daemon/cache/entry.h.
        blank = data[:8] + bytes(32) + data[40:]
        if data[40:72].hex() != name or hashlib.sha256(blank).digest() != data[8:40]:
            bad.append(name)
    return bad


def begin_again(test, what):
    """The next daemon has all that was in service from the disk."""
    daemon = Daemon(test, "--targets", "aarch64", cache="cache", name="restarted")
    status = daemon.idle()
    test.equal(f"{what}: the next start compiles nothing, and drops nothing",
               (status.compiles, status.cache_bad), (0, 0))
    daemon.stop()


def test_removed(test):
    """The directory is gone, and nobody can make it again for a while; then it is made by itself."""
    cache, what = test.path("cache"), "a removed directory"
    inside = test.path("cache/entries")
    test.mkdir("cache", 0o700)
    daemon = Daemon(test, "--targets", "aarch64", cache="cache", name="removed")
    with daemon.client() as client:
        changing = Changing(test, client)
        test.check(changing.change(), f"{what}: at first all is well")
        daemon.idle()
        test.equal("and status says so", client.status().cache_state, CACHE_USED)
        with Stopped(daemon.writer()):
            remove(inside)
            test.equal(f"{what}: status says that the cache is failing",
                       client.status().cache_state, CACHE_FAILING)
            test.check(all([changing.change() for _ in range(5)]), f"{what}: all is served on")
            test.equal(f"{what}: still failing", client.status().cache_state, CACHE_FAILING)
        took = until_used(test, client)
        test.check(took < 2, f"{what}: in use again, by itself, after {took:.2f} s")
        status = daemon.idle()
        test.equal(f"{what}: what waited was not lost", status.cache_errors, 0)
        test.check("is in use again" in daemon.log(), f"{what}: the log says so", daemon.log())
        test.equal("it is private", os.stat(inside).st_mode & 0o7777, 0o700)
        # Nobody asks for anything: what is in service is written again all the same.
        version = changing.version
        remove(inside)
        test.until(lambda: len(entries(cache)) >= 4, 20, "it is filled")
        daemon.idle()
        test.equal(f"{what}: x is the same", errno_of(client.get("x").code), version)
    test.equal(f"{what}: it ends well", daemon.stop(), 0)
    test.equal(f"{what}: all entries are whole", torn(cache), [])
    begin_again(test, what)
    remove(cache)
    return took


def test_exchanged(test):
    """Somebody else makes a new one, or puts one of his own there."""
    cache, inside = test.path("cache"), test.path("cache/entries")
    test.mkdir("cache", 0o700)
    test.mkdir("other", 0o700)
    daemon = Daemon(test, "--targets", "aarch64", cache="cache", name="exchanged")

    def make_anew():
        remove(inside)
        os.mkdir(inside, 0o700)

    def exchange():
        os.rename(inside, test.path("aside"))
        os.rename(test.path("other"), inside)
        remove(test.path("aside"))
    with daemon.client() as client:
        changing = Changing(test, client)
        for what, change in [("a directory that is made anew", make_anew),
                             ("an exchanged directory", exchange)]:
            changing.change()
            daemon.idle()
            with Stopped(daemon.pid, daemon.writer()):
                change()
            took = until_used(test, client)
            test.check(changing.change() and took < 2, f"{what}: in use after {took:.2f} s")
            daemon.idle()
            test.until(lambda: len(entries(cache)) >= 4, 10, "it is filled")
            test.equal(f"{what}: nothing was lost", client.status().cache_errors, 0)
    daemon.stop()
    begin_again(test, "both")
    remove(cache)


def refusals(test, cache):
    """What may lie there that is not to be used: (what, how it comes there, how it is put right, the
    reason in the log)."""
    inside = os.path.join(cache, "entries")

    def link():
        test.mkdir("elsewhere", 0o700)
        os.symlink("../../elsewhere", inside)

    def file():
        test.write("in/cache/entries", "")

    def foreign():
        os.mkdir(inside, 0o755)
        os.chown(inside, 12345, 12345)

    def shared():
        os.mkdir(inside)
        os.chmod(inside, 0o777)

    def place():
        os.chmod(cache, 0o770)

    def way():
        os.chmod(test.path("in"), 0o777)
    kinds = [("a link", link, lambda: os.unlink(inside), "another place"),
             ("a file", file, lambda: os.unlink(inside), "Not a directory"),
             ("a directory of mode 0777", shared, lambda: os.chmod(inside, 0o700), "writable by"),
             ("the cache's directory with mode 0770", place, lambda: os.chmod(cache, 0o700),
              "(mode 0770)"),
             ("a place that anybody can write to", way, lambda: os.chmod(test.path("in"), 0o755),
              "others can write to")]
    if os.geteuid() == 0:
        kinds.append(("somebody's directory", foreign, lambda: os.chown(inside, 0, 0), "belongs to"))
    else:
        test.skip("somebody's directory (this needs root)")
    return kinds


def test_refused(test):
    test.mkdir("in")
    cache, inside = test.path("in/cache"), test.path("in/cache/entries")
    slowest = 0
    for what, put, put_right, word in refusals(test, cache):
        test.mkdir("in/cache", 0o700)
        daemon = Daemon(test, "--targets", "native", cache="in/cache", name="refused")
        with daemon.client() as client:
            changing = Changing(test, client)
            changing.change()
            daemon.idle()
            with Stopped(daemon.pid):
                remove(inside)
                put()
            test.until(lambda: client.status().cache_state == CACHE_FAILING and word in daemon.log(),
                       5, "the log says why")
            test.check(all([changing.change() for _ in range(3)]), f"{what} in its place: all is served")
            time.sleep(0.3)
            test.equal(f"{what}: status says that it is failing", client.status().cache_state,
                       CACHE_FAILING)
            if os.path.isdir(inside):
                test.equal(f"{what}: nothing is written there", os.listdir(inside), [])
            with Stopped(daemon.pid):
                put_right()
            took = until_used(test, client, 10)
            slowest = max(slowest, took)
            test.until(lambda: changing.change() and entries(cache), 10, "an entry")
            test.ok(f"{what}: put right, in use after {took:.2f} s")
            test.equal("told once", daemon.log().count(word), 1)
        daemon.stop()
        remove(cache)
        remove(test.path("elsewhere"))
    return slowest


def settle(test, daemon):
    """Waits until all its processes are there, and none more; returns how many fds are open, but for
    those of filters and profiles in memory."""
    def counted():
        children = daemon.children()
        zombies = [pid for pid in children if (field(pid, "State") or "Z").startswith("Z")]
        others = [*daemon.workers(), daemon.spawner(), daemon.writer()]
        return not zombies and None not in others and sorted(children) == sorted(others)
    test.until(counted, 20, "neither a process too many nor a zombie")
    return sum("/memfd:" not in path for path in daemon.fds(daemon.pid).values())


def test_storm(test, rounds):
    """The directory is removed again and again, at any moment, and the daemon is killed meanwhile."""
    inside = test.path("cache/entries")
    cache, generator = test.path("cache"), random.Random(int(os.environ.get("SECPROF_SEED", "1")))
    test.mkdir("cache", 0o700)
    daemon = Daemon(test, "--targets", "aarch64", cache="cache", name="storm")
    wrong, bad, killed, fds = [], 0, 0, None
    for i in range(rounds):
        with daemon.client() as client:
            changing = Changing(test, client)
            changing.version += i * 10
            for _ in range(3):
                if not changing.change():
                    wrong.append(i)
                time.sleep(generator.uniform(0, 0.01))
                remove(inside)
            if i % 2:
                os.kill(daemon.pid, signal.SIGKILL)
                killed += 1
            else:
                until_used(test, client)
                daemon.idle()
                now = settle(test, daemon)
                fds = fds or now
                if now > fds + 2:
                    wrong.append((i, f"{now} open fds, {fds} at first"))
                bad += client.status().cache_bad
                continue
        daemon.process.wait()
        test.daemons.remove(daemon)
        fds = None
        daemon = Daemon(test, "--targets", "aarch64", cache="cache", name="storm")
        wrong += [(i, name) for name in torn(cache)]
    test.equal(f"{rounds} rounds, each with 3 removals, {killed} with a kill -9: all is served, no entry "
               "is torn, no fd is left open, no process is left", wrong, [])
    test.equal("no entry had to be dropped", bad, 0)
    daemon.idle()
    daemon.stop()
    test.equal("at the end all entries are whole", torn(cache), [])
    begin_again(test, "after the storm")
    remove(cache)


def test_place(test):
    """The cache's own directory goes, or another one comes: it is told, nothing is written there, and
    the next start mends it."""
    cache, aside = test.path("place/cache"), test.path("place/aside")
    test.mkdir("place")

    def exchange():
        os.rename(cache, aside)
        os.mkdir(cache, 0o700)
    for what, change in [("a removed cache", lambda: remove(cache)), ("an exchanged cache", exchange)]:
        daemon = Daemon(test, "--targets", "native", cache="place/cache", name="place")
        with daemon.client() as client:
            changing = Changing(test, client)
            test.check(changing.change(), f"{what}: at first all is well")
            daemon.idle()
            with Stopped(daemon.pid):
                change()
            test.until(lambda: client.status().cache_state == CACHE_FAILING and
                       "removed or exchanged; a restart" in daemon.log(), 5, "the log says so")
            test.check(all([changing.change() for _ in range(3)]), f"{what}: all is served on")
            test.equal(f"{what}: nothing is written in its place",
                       os.listdir(cache) if os.path.isdir(cache) else [], [])
        test.equal(f"{what}: it ends well", daemon.stop(), 0)
        daemon = Daemon(test, "--targets", "native", cache="place/cache", name="place")
        with daemon.client() as client:
            daemon.idle()
            test.equal(f"{what}: a restart mends it", client.status().cache_state, CACHE_USED)
        test.until(lambda: entries(cache), 10, "an entry")
        daemon.stop()
        remove(aside)


def test_full(test):
    cache = test.path("cache")
    test.mkdir("cache", 0o700)
    if not mount("tmpfs", cache, "tmpfs", 0, "size=256k,mode=700"):
        test.skip("a full disk (no tmpfs can be mounted)")
        return []

    def fill():
        with open(os.path.join(cache, "filler"), "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
    took = try_fault(test, "a full disk", fill, lambda: os.unlink(os.path.join(cache, "filler")),
                     ["No space left on device"])
    subprocess.run(["umount", cache], check=True)
    return [("full", took)]


def test_readonly(test):
    cache = test.path("cache")
    test.mkdir("cache", 0o700)
    if not mount("tmpfs", cache, "tmpfs", 0, "size=1m,mode=700"):
        test.skip("a read-only cache (no tmpfs can be mounted)")
        return []
    took = try_fault(test, "a file system that becomes read-only",
                     lambda: mount("none", cache, None, MS_REMOUNT | MS_RDONLY, "mode=700"),
                     lambda: mount("none", cache, None, MS_REMOUNT, "mode=700"),
                     ["Read-only file system"])
    subprocess.run(["umount", cache], check=True)
    return [("read-only", took)]


def test_not_there(test):
    test.mkdir("shared", 0o777)
    for what, cache in [("cannot be made", "far/away/cache"), ("anybody may write to", "shared")]:
        daemon = Daemon(test, "--targets", "native", cache=cache, name="without")
        with daemon.client() as client:
            test.equal(f"a cache that {what}: status says that it is failing",
                       client.status().cache_state, CACHE_FAILING)
            test.check(Changing(test, client).change(), "and all is served")
        daemon.stop()
    daemon = Daemon(test, "--targets", "native", name="none")
    with daemon.client() as client:
        test.equal("where there is to be none, status says that", client.status().cache_state,
                   NO_CACHE)
    daemon.stop()


with Test() as test:
    test.mkdir("p")
    test.write("p/x.json", profile(1))
    test.write("p/y.json", json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": [name], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": [cap]}}
        for name, cap in zip(["mount", "chroot", "ptrace", "bpf", "reboot", "swapon", "acct"],
                             ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER",
                              "CAP_FSETID", "CAP_KILL", "CAP_SETGID"])]}))
    healed = []
    gone = test_removed(test)
    test_exchanged(test)
    refused = test_refused(test)
    test_storm(test, form(12, 50))
    test_place(test)
    test_not_there(test)
    if own_mounts():
        healed = test_full(test) + test_readonly(test)
    else:
        test.skip("a full disk and a read-only file system (this needs root)")
    healed += [("gone", gone), ("refused, once it is put right", refused)]
    row(test, "full disk, read-only cache, cache directory gone, exchanged, refused",
        "service goes on; status says so; heals by itself",
        "all served, cache_state 2 meanwhile; in use again after "
        + ", ".join(f"{took:.2f} s ({what})" for what, took in healed))
