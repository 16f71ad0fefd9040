#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files that the daemon must not believe: each is refused and named in the status, whatever is done to
the directories around it, and nothing else suffers."""
import ctypes
import os
import socket
import stat
import sys
import threading
import time

sys.dont_write_bytecode = True
from secprofd import *

SECRET_ERRNO = 99
RENAME_EXCHANGE = 2
AT_FDCWD = -100


def exchange(a, b):
    """Swaps two names in one step."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, a.encode(), AT_FDCWD, b.encode(), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def refused(test, client, name, reason, what):
    """NAME is not served, and its status says why."""
    try:
        status = client.profile(name)
    except Refused as error:
        test.fail(f"{what}: no status: {error}")
        return
    test.check(status.state == IS_BROKEN and reason in status.text, f"{what}: refused, status says why",
               f"{STATES[status.state]}: {status.text}")
    test.refused(f"{what}: not served", BROKEN, client.get, name)
    test.check(name in client.list(), f"{what}: named in the list")


def make_device(path, kind):
    try:
        os.mknod(path, kind | 0o644, os.makedev(1, 3))
        return True
    except PermissionError:
        return False


def test_kinds(test, daemon):
    """One file of each kind, beside a good one."""
    p = test.path("p")
    test.write("outside.json", profile(SECRET_ERRNO))
    test.mkdir("elsewhere")
    test.write("elsewhere/x.json", profile(SECRET_ERRNO))
    os.symlink("../outside.json", p + "/relative.json")
    os.symlink(test.path("outside.json"), p + "/absolute.json")
    os.symlink("../elsewhere", p + "/.way")
    os.symlink(".way/x.json", p + "/through.json")
    os.symlink(".deep/../../outside.json", p + "/dots.json")
    test.mkdir("p/.deep")
    os.symlink("circle.json", p + "/circle.json")
    os.symlink("nowhere", p + "/dangling.json")
    os.symlink("/proc/self/fd/0", p + "/magic.json")
    os.mkfifo(p + "/fifo.json", 0o644)
    os.mkdir(p + "/directory.json", 0o755)
    os.symlink(".deep", p + "/linked-directory.json")
    with socket.socket(socket.AF_UNIX) as sock:
        here = os.getcwd()
        os.chdir(p)
        sock.bind("socket.json")
        os.chdir(here)
    test.write("p/setuid.json", profile(1), 0o4644)
    test.write("p/setgid.json", profile(1), 0o2644)
    test.write("p/world.json", profile(1), 0o646)
    test.write("p/group.json", profile(1), 0o664)
    test.write("p/large.json", profile(1) + " " * (1 << 20))
    test.mkdir("p/.open", 0o777)
    test.write("p/.open/x.json", profile(1))
    os.symlink(".open/x.json", p + "/by-open.json")
    cases = [
        ("relative", "leads out", "a link out of the directory"),
        ("absolute", "leads out", "an absolute link"),
        ("through", "leads out", "a link through a link out of it"),
        ("dots", "leads out", "a link that climbs out"),
        ("magic", "leads out", "a link into /proc"),
        ("circle", "in a circle", "a link to itself"),
        ("dangling", "link to nothing", "a link to nothing"),
        ("fifo", "a FIFO", "a FIFO"),
        ("directory", "a directory", "a directory"),
        ("linked-directory", "a directory", "a link to a directory"),
        ("socket", "a socket", "a socket"),
        ("setuid", "set-user-ID", "a set-user-ID file"),
        ("setgid", "set-group-ID", "a set-group-ID file"),
        ("world", "writable by its group or others", "a file that all can write"),
        ("group", "writable by its group or others", "a file that its group can write"),
        ("large", "a profile may have", "a file that is too large"),
        ("by-open", "writable by its group or others", "a link through a directory that all can write"),
    ]
    if os.geteuid() == 0:
        test.write("p/other.json", profile(1))
        os.chown(p + "/other.json", 4242, 4242)
        cases.append(("other", "belongs to uid 4242", "a file of another user"))
    for kind, name in (stat.S_IFCHR, "character"), (stat.S_IFBLK, "block"):
        if make_device(f"{p}/{name}.json", kind):
            cases.append((name, "a device", f"a {name} device"))
        else:
            test.skip(f"a {name} device (none can be made here)")
    with daemon.client() as client:
        client.reload()
        for name, reason, what in cases:
            refused(test, client, name, reason, what)
        test.equal("the good one beside them is served", errno_of(client.get("good").code), 5)
        test.check(all(errno_of(client.get(name).code) != SECRET_ERRNO
                       for name, entry in client.list().items() if entry.state == SERVED),
                   "nothing from outside is served")
        for name, _, _ in cases:
            if os.path.isdir(f"{p}/{name}.json") and not os.path.islink(f"{p}/{name}.json"):
                os.rmdir(f"{p}/{name}.json")
            else:
                os.unlink(f"{p}/{name}.json")
        client.reload()
        test.equal("what is removed is forgotten", list(client.list()), ["good"])


def test_last_good(test, daemon):
    """A file that goes bad leaves its last good filter in service, whatever it becomes."""
    with daemon.client() as client:
        path = test.path("p/turns.json")
        for what, change, reason in (
                ("a mode that all can write", lambda: os.chmod(path, 0o666), "writable by"),
                ("a FIFO", lambda: (os.unlink(path), os.mkfifo(path, 0o644)), "a FIFO"),
                ("a link out", lambda: (os.unlink(path), os.symlink("../outside.json", path)),
                 "leads out")):
            test.replace("p/turns.json", profile(6))
            client.reload()
            change()
            client.reload()
            status = client.profile("turns")
            test.check(status.state == STALE and reason in status.text,
                       f"a profile that becomes {what} is stale", status.text)
            test.equal("its last good filter stays", errno_of(client.get("turns").code), 6)
        os.unlink(path)
        client.reload()


def test_directories(test):
    """The directory itself, and each one on the way to it."""
    test.mkdir("way/a/d")
    test.write("way/a/d/x.json", profile(7))
    daemon = Daemon(test, profiles=["way/a/d"], name="way", socket_name="way.sock")
    with daemon.client() as client:
        def check(what, reason, change, back):
            change()
            client.reload()
            status = client.profile("x")
            test.check(status.state == STALE and reason in status.text, f"{what}: said in the status",
                       f"{STATES[status.state]}: {status.text}")
            test.replace("way/a/d/x.json", profile(SECRET_ERRNO))
            client.reload()
            test.equal(f"{what}: what is put there is not believed", errno_of(client.get("x").code), 7)
            back()
            test.replace("way/a/d/x.json", profile(7))
            client.reload()
            test.equal(f"{what}: and it heals", client.profile("x").state, SERVED)

        def modes(path, bad, good=0o755):
            return (lambda: os.chmod(test.path(path), bad)), (lambda: os.chmod(test.path(path), good))

        check("a directory that all can write", "writable by its group or others",
              *modes("way/a/d", 0o777))
        check("a directory that its group can write", "writable by its group or others",
              *modes("way/a/d", 0o775))
        check("a sticky one", "writable by its group or others", *modes("way/a/d", 0o1777))
        check("one on the way that all can write", "on the way to its directory, a is a directory",
              *modes("way/a", 0o777))
        check("one further up", "on the way to its directory, way is a directory", *modes("way", 0o757))
        os.chmod(test.path("way"), 0o1777)
        client.reload()
        test.equal("a sticky one on the way is as good as /tmp", client.profile("x").state, SERVED)
        os.chmod(test.path("way"), 0o755)
        if os.geteuid() == 0:
            def owners(path):
                return ((lambda: os.chown(test.path(path), 4242, 0)),
                        (lambda: os.chown(test.path(path), 0, 0)))
            check("a directory of another user", "belongs to uid 4242", *owners("way/a/d"))
            check("one on the way of another user", "belongs to a user who could exchange",
                  *owners("way/a"))
        # The way is a link: whose is it?
        os.rename(test.path("way/a"), test.path("way/real"))
        os.symlink("real", test.path("way/a"))
        client.reload()
        test.equal("a link on the way is followed", client.profile("x").state, SERVED)
        if os.geteuid() == 0:
            os.lchown(test.path("way/a"), 4242, 4242)
            client.reload()
            test.check("belongs to a user who could exchange" in client.profile("x").text,
                       "unless another user can change it", client.profile("x").text)
        os.unlink(test.path("way/a"))
        test.mkdir("way/evil/d", 0o777)
        test.write("way/evil/d/x.json", profile(SECRET_ERRNO))
        os.symlink("evil", test.path("way/a"))
        client.reload()
        test.equal("a directory that is swapped for a worse one is refused",
                   (client.profile("x").state, errno_of(client.get("x").code)), (STALE, 7))
    daemon.stop()
    test.mkdir("volume/..1")
    test.write("volume/..1/x.json", profile(8))
    os.symlink("..1", test.path("volume/..data"))
    os.symlink("..data/x.json", test.path("volume/x.json"))
    os.chmod(test.path("volume"), 0o777)
    daemon = Daemon(test, profiles=["volume"], name="volume", socket_name="volume.sock")
    with daemon.client() as client:
        refused(test, client, "x", "writable by its group or others", "a volume of mode 0777")
    daemon.stop()
    daemon = Daemon(test, "--shared-directories", profiles=["volume"], name="shared",
                    socket_name="volume.sock")
    with daemon.client() as client:
        test.equal("with --shared-directories it is served", errno_of(client.get("x").code), 8)
        test.write("volume/y.json", profile(9), 0o666)
        os.chmod(test.path("volume/..1"), 0o777)
        client.reload()
        refused(test, client, "y", "writable by its group or others", "a file there that all can write")
        test.equal("a directory below the volume that all can write: refused",
                   client.profile("x").state, STALE)
    daemon.stop()


def test_races(test, daemon):
    """A good file and a bad one change places all the time: only the good one is ever served."""
    p = test.path("p")
    bad = {"a FIFO": lambda path: os.mkfifo(path, 0o644),
           "a link out": lambda path: os.symlink("../outside.json", path),
           "a file that all can write": lambda path: test.write(os.path.relpath(path, test.dir),
                                                                profile(SECRET_ERRNO), 0o666)}
    for what, make in bad.items():
        test.write("p/race.json", profile(11))
        make(p + "/.bad")
        stop = threading.Event()

        def swap():
            while not stop.is_set():
                exchange(p + "/race.json", p + "/.bad")

        thread = threading.Thread(target=swap)
        seen, end = set(), time.monotonic() + float(os.environ.get("SECPROF_RACE_SECONDS", "1"))
        with daemon.client() as client:
            client.reload()
            thread.start()
            while time.monotonic() < end:
                client.reload()
                try:
                    seen.add(errno_of(client.get("race").code))
                except Refused as error:
                    seen.add(error.status)
                test.replace("p/good.json", profile(5))
            stop.set()
            thread.join()
            test.check(seen <= {11, BROKEN}, f"a race with {what}: only the good file is served", seen)
            test.equal("and nobody else waited", errno_of(client.get("good").code), 5)
            for name in "race.json", ".bad":
                os.unlink(f"{p}/{name}")
            client.reload()


with Test() as test:
    test.mkdir("p")
    test.write("p/good.json", profile(5))
    daemon = Daemon(test)
    test_kinds(test, daemon)
    test_last_good(test, daemon)
    test_directories(test)
    test_races(test, daemon)
    test.equal("the daemon ends well", daemon.stop(), 0)
