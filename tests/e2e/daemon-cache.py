#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The disk cache: a restart compiles nothing; what is corrupted, cut short or foreign is never
served; a cache that cannot be written costs the cache, not the service."""
import ctypes
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from secprofd import *

# Where things are in an entry: struct cache_header (daemon/cache/entry.h), struct packed_header
# (daemon/filters/packed.h), instructions.
PACKED_AT, CODE_AT = 72, 176
CAP_SYS_ADMIN = 1 << 21


def entries(test, cache="cache"):
    return sorted(name for name in os.listdir(test.path(cache + "/entries")) if len(name) == 64)


def answers(daemon):
    """What the daemon serves, for comparing."""
    result = []
    with daemon.client() as client:
        for name in ("a", "b"):
            for more in ({}, {"arch": S390X}, {"arch": AARCH64}, {"caps": CAP_SYS_ADMIN},
                         {"kernel": 4 << 16}):
                result.append(client.get(name, **more).code)
        test.refused("the refused one is refused", BROKEN, client.get, "c")
    return result


def test_restart(test):
    daemon = Daemon(test, cache="cache", name="cold")
    status = daemon.idle()
    test.check(status.compiles > 20, f"a cold start compiles for all targets: {status.compiles}")
    test.equal("only this machine's filters stay in memory", status.variants, 2)
    before = answers(daemon)
    daemon.idle()
    test.equal("it ends well", daemon.stop(), 0)
    n = len(entries(test))
    test.equal("nothing but entries is left in the cache",
               (len(os.listdir(test.path("cache/entries"))), os.listdir(test.path("cache"))),
               (n, ["entries"]))
    modes = {stat.S_IMODE(os.stat(test.path("cache/entries/" + name)).st_mode) for name in entries(test)}
    test.equal("which others cannot read; those made ahead have another mode", modes, {0o600, 0o400})
    daemon = Daemon(test, cache="cache", name="warm")
    status = daemon.idle()
    test.equal("a restart with a warm cache compiles nothing", (status.compiles, status.cache_bad),
               (0, 0))
    test.equal("and serves the same", answers(daemon), before)
    with daemon.client() as client:
        status = client.status()
        test.equal("variants too come from the cache", (status.compiles, status.cache_errors), (0, 0))
        test.check(":1:" in client.profile("c").text, "the errors of a refused profile too")
    daemon.stop()
    return before


def damage(test, name, kind, others):
    path = test.path("cache/entries/" + name)
    with open(path, "rb") as file:
        data = bytearray(file.read())
    if kind == "a bit flipped in the instructions":
        data[CODE_AT + 5] ^= 1
    elif kind == "a bit flipped in the header":
        data[40] ^= 0x80
    elif kind == "a bit flipped in the length":
        data[PACKED_AT + 4] ^= 1
    elif kind == "cut short":
        del data[-3:]
    elif kind == "cut to the header":
        del data[CODE_AT:]
    elif kind == "empty":
        del data[:]
    elif kind == "longer":
        data += b"\0" * 8
    elif kind == "huge":
        data += b"\0" * 1000000
    elif kind == "another variant's entry":
        with open(test.path("cache/entries/" + others[0]), "rb") as file:
            data = file.read()
    elif kind == "an entry of another format, with a good checksum":
        data[4:8] = (1).to_bytes(4, sys.byteorder)
        sign(data)
    elif kind == "an allow-all filter, with a good checksum, for another key":
        data[CODE_AT:] = struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000)
        data[40:72] = bytes(32)
        data[PACKED_AT:PACKED_AT + 16] = struct.pack("=iIII", 0, 1, 0, 0)
        sign(data)
    elif kind == "no program, with a good checksum":
        data[CODE_AT:CODE_AT + 8] = b"\xff" * 8
        sign(data)
    elif kind == "a link":
        os.rename(path, test.path("elsewhere"))
        os.symlink(test.path("elsewhere"), path)
        return
    elif kind == "writable by others":
        os.chmod(path, 0o666)
        return
    with open(path, "wb") as file:
        file.write(data)


def sign(data):
    """Makes the checksum of an entry right."""
    data[8:40] = bytes(32)
    data[8:40] = hashlib.sha256(data).digest()


def test_damage(test, wanted):
    kinds = ["a bit flipped in the instructions", "a bit flipped in the header",
             "a bit flipped in the length", "cut short", "cut to the header", "empty", "longer",
             "huge", "another variant's entry", "an entry of another format, with a good checksum",
             "an allow-all filter, with a good checksum, for another key",
             "no program, with a good checksum", "a link", "writable by others"]
    shutil.copytree(test.path("cache"), test.path("good"))
    for kind in kinds:
        shutil.rmtree(test.path("cache"))
        shutil.copytree(test.path("good"), test.path("cache"))
        names = entries(test)
        for i, name in enumerate(names):
            damage(test, name, kind, names[i + 1:] + names[:1])
        daemon = Daemon(test, cache="cache", name="damaged")
        daemon.idle()
        good = answers(daemon) == wanted
        status = daemon.idle()
        daemon.stop()
        test.check(good, f"{kind}: never served")
        test.check(status.cache_bad >= len(names) - 2 and status.compiles >= len(names) - 2,
                   f"{kind}: noticed, and compiled again",
                   f"{status.cache_bad} bad, {status.compiles} compiles, {len(names)} entries")
        daemon = Daemon(test, cache="cache", name="repaired")
        status = daemon.idle()
        daemon.stop()
        test.equal(f"{kind}: replaced by good entries", (status.compiles, status.cache_bad), (0, 0))


def test_keys(test):
    """What a profile says decides which entry is used, not its name, time stamps or place."""
    n = len(entries(test))
    for name in "abc":
        os.utime(test.path(f"p/{name}.json"), (1, 1))
    shutil.move(test.path("p/a.json"), test.path("p/z.json"))
    daemon = Daemon(test, cache="cache", name="renamed")
    status = daemon.idle()
    test.equal("a renamed profile is not compiled again", status.compiles, 0)
    test.replace("p/z.json", conditional(77))
    with daemon.client() as client:
        client.reload()
        test.equal("a changed one is", errno_of_conditional(client.get("z").code), 77)
    daemon.idle()
    daemon.stop()
    shutil.move(test.path("p/z.json"), test.path("p/a.json"))
    test.write("p/a.json", conditional(1))
    test.check(len(entries(test)) > n, "and has entries of its own")


def errno_of_conditional(code):
    values = {struct.unpack_from("=HBBI", code, i)[3] & 0xFFFF for i in range(0, len(code), 8)
              if struct.unpack_from("=H", code, i)[0] == 6}
    return 77 if 77 in values else values


def test_useless(test, wanted):
    """Cache directories that are of no use: the service is whole."""
    test.write("file", "")
    test.mkdir("readonly", 0o700)
    test.mkdir("readonly/entries", 0o500)
    test.mkdir("shared", 0o777)
    for cache, words in [("no/such/directory", "No such file"), ("file", "Not a directory"),
                         ("shared", "writable by its group or others")]:
        daemon = Daemon(test, cache=cache, name="useless-" + os.path.basename(cache))
        good = answers(daemon) == wanted
        status = daemon.idle()
        test.check(good and status.cache_errors == 0, f"{cache}: all is served without a cache")
        test.check(words in daemon.log(), f"{cache}: the log says why", daemon.log())
        daemon.stop()
    daemon = Daemon(test, cache="readonly", name="readonly")
    good = answers(daemon) == wanted
    status = daemon.idle()
    test.check(good and status.cache_errors > 0, "a read-only cache: all is served, and it is counted")
    test.check("cannot be written: Permission denied" in daemon.log(), "and logged", daemon.log())
    test.check(status.cache_errors < 30, "but not tried for ever", status.cache_errors)
    os.chmod(test.path("readonly/entries"), 0o700)
    with daemon.client() as client:
        client.reload()
        errors = client.status().cache_errors
        client.get("b", caps=CAP_SYS_ADMIN, arch=S390X)
        daemon.idle()
    test.until(lambda: entries(test, "readonly"), 10, "an entry")
    with daemon.client() as client:
        test.equal("made writable, it is written after a reload", client.status().cache_errors, errors)
    daemon.stop()
    daemon = Daemon(test, "--cache", "", name="none")
    test.equal("--cache '' has none", answers(daemon), wanted)
    daemon.stop()


def test_full(test, wanted):
    """A file system without room, in a mount namespace of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(0x00020000) != 0:  # CLONE_NEWNS
        test.skip("a full disk (this needs root)")
        return
    test.mkdir("full", 0o700)
    libc.mount(b"none", b"/", None, 1 << 18 | 1 << 14, None)  # MS_PRIVATE | MS_REC
    if libc.mount(b"tmpfs", test.path("full").encode(), b"tmpfs", 0, b"size=32k,mode=700") != 0:
        test.skip("a full disk (no tmpfs can be mounted)")
        return
    daemon = Daemon(test, cache="full", name="full")
    good = answers(daemon) == wanted
    status = daemon.idle()
    test.check(good, "a full disk: all is served")
    test.check(status.cache_errors > 0 and "No space left" in daemon.log(),
               "it is counted and logged", daemon.log())
    left = [name for name in os.listdir(test.path("full/entries")) if len(name) != 64]
    test.equal("no half entry is left", left, [])
    daemon.stop()
    daemon = Daemon(test, cache="full", name="full-again")
    good = answers(daemon) == wanted
    with daemon.client() as client:
        test.check(good and client.status().cache_bad == 0, "what is there is whole")
    daemon.stop()
    subprocess.run(["umount", test.path("full")], check=True)


def test_bound(test):
    daemon = Daemon(test, "--cache-size", "1", cache="small", name="small")
    with daemon.client() as client:
        for i in range(15):
            test.replace("p/a.json", conditional(1000 + i))
            client.reload()
            daemon.idle()
    with daemon.client() as client:
        test.equal("the newest is served", errno_in(client.get("a").code, 1014), True)
    daemon.stop()  # and the last entry is written, the oldest removed
    size = sum(os.stat(test.path("small/entries/" + name)).st_blocks * 512 for name in entries(test, "small"))
    test.check(0 < size <= 1 << 20, f"the cache stays within its bound: {size} bytes")


def errno_in(code, errno):
    return any(struct.unpack_from("=HBBI", code, i)[3] == 0x50000 | errno
               for i in range(0, len(code), 8))


def test_writer(test):
    """The process that writes is killed: all is served on, and from the disk; the next start writes again,
    and clears away what the dead one left."""
    daemon = Daemon(test, "--targets", "native", cache="killed", name="killed")
    daemon.idle()
    versions = iter(range(500, 600))

    def change(client):
        """Has something compiled that was not there before; True where it is served."""
        test.replace("p/a.json", conditional(next(versions)))
        client.reload()
        return client.get("a").n_insns > 0
    writer = test.until(daemon.writer, 10, "a writer")
    test.equal("no capabilities", field(writer, "CapEff"), "0" * 16)
    test.equal("no_new_privs", field(writer, "NoNewPrivs"), "1")
    with daemon.client() as client:
        change(client)
        test.until(lambda: len(entries(test, "killed")) >= 3, 10, "entries are written")
        test.write("killed/entries/.new-1", "half an entry", 0o600)
        # With an entry on its way.
        os.kill(writer, signal.SIGSTOP)
        change(client)
        os.kill(writer, signal.SIGKILL)
        test.until(lambda: client.status().cache_state == CACHE_FAILING, 10, "it is noticed")
        test.check("nothing is written until a restart" in daemon.log(), "the log says so",
                   daemon.log())
        n = len(entries(test, "killed"))
        test.check(all([change(client) for _ in range(5)]),
                   "without a writer the daemon serves on, and status says so")
        test.check(client.status().cache_errors > 0, "and counts what it could not write")
        test.equal("nothing is written", len(entries(test, "killed")), n)
        test.equal("and no other process is made", daemon.writer(), None)
    test.equal("it ends well", daemon.stop(), 0)
    daemon = Daemon(test, "--targets", "native", cache="killed", name="killed")
    status = daemon.idle()
    test.equal("a restart mends it", status.cache_state, CACHE_USED)
    test.check(status.cache_hits > 0, "what was written is read")
    test.until(lambda: len(entries(test, "killed")) > n, 10, "an entry is written")
    test.equal("nothing half written is left",
               [name for name in os.listdir(test.path("killed/entries")) if len(name) != 64], [])
    daemon.stop()


def test_old_layout(test):
    """Before there was a directory for them, entries lay in the cache's own."""
    test.mkdir("old", 0o700)
    for i in range(3):
        test.write("old/" + f"{i:064x}", "an entry", 0o600)
    test.write("old/README", "somebody's")
    test.write("old/" + "g" * 64, "somebody's")
    daemon = Daemon(test, "--targets", "native", cache="old", name="old")
    daemon.idle()
    test.until(lambda: entries(test, "old"), 10, "entries")
    test.equal("entries of an older layout are removed, and nothing else",
               sorted(os.listdir(test.path("old"))), ["README", "entries", "g" * 64])
    daemon.stop()


with Test() as test:
    test.mkdir("p")
    test.write("p/a.json", conditional(1))
    test.write("p/b.json", conditional(2))
    test.write("p/c.json", '{"defaultAction": 1}')
    wanted = test_restart(test)
    test_damage(test, wanted)
    test_keys(test)
    test_useless(test, wanted)
    test_writer(test)
    test_old_layout(test)
    test_bound(test)
    test.write("p/a.json", conditional(1))
    test_full(test, wanted)
