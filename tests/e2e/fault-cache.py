#!/usr/bin/python3
"""The disk cache while it runs: full, read-only, gone, not there at the start. All is served, and status
says how the cache is. Where the directory is still the one that the daemon may write to, it heals by
itself; a new one is beyond what its own sandbox leaves it, and is used from the next start on."""
import ctypes
import os
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
    return {name for name in os.listdir(path) if len(name) == 64}


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
    """The cache works, breaks, and is mended; returns the seconds until it was in use again, or
    None where that takes a restart (MEND_IT is None)."""
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
        took = heal(test, daemon, client, changing, what, mend_it) if mend_it else None
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


def test_gone(test):
    cache = test.path("cache")

    def remove():
        # An entry that is just being written can get in between.
        while os.path.exists(cache):
            shutil.rmtree(cache, ignore_errors=True)
    try_fault(test, "a cache directory that is removed", remove, None, ["No such file"])
    daemon = Daemon(test, "--targets", "aarch64", cache="cache", name="restarted")
    with daemon.client() as client:
        test.check(Changing(test, client).change(), "after a restart all is served")
        daemon.idle()
        test.equal("and the cache in use", client.status().cache_state, CACHE_USED)
    test.until(lambda: entries(cache), 10, "an entry")
    test.ok("and written")
    daemon.stop()
    shutil.rmtree(cache)


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
    test_gone(test)
    test_not_there(test)
    if own_mounts():
        healed = test_full(test) + test_readonly(test)
    else:
        test.skip("a full disk and a read-only file system (this needs root)")
    row(test, "full disk, read-only cache, cache directory gone",
        "service goes on; status says so; heals by itself",
        "all served, cache_state 2 meanwhile; in use again after "
        + ", ".join(f"{took:.1f} s ({what})" for what, took in healed) + ", a restart (gone)")
