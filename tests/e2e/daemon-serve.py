#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clients get: the filter as fd and as bytes, variants, errors, access by the file's mode."""
import fcntl
import mmap
import os
import signal
import stat
import struct
import sys
import threading

sys.dont_write_bytecode = True
from secprofd import *

F_GET_SEALS, ALL_SEALS = 1034, 0xF
CAP_SYS_CHROOT, CAP_SYS_ADMIN, CAP_CHOWN = 1 << 18, 1 << 21, 1 << 0


def fails(call, *args):
    try:
        call(*args)
    except (OSError, ValueError):
        return True
    return False


def test_fds(test, daemon):
    with daemon.client() as a, daemon.client() as b:
        x, y = a.get("default", FD), b.get("default", FD)
        start = os.read(x.fd, 8)
        test.equal("the second client's fd is at offset 0 still", os.lseek(y.fd, 0, os.SEEK_CUR), 0)
        test.equal("both read the same from the start", os.read(y.fd, 8), start)
        test.equal("the first one goes on where it was", os.lseek(x.fd, 0, os.SEEK_CUR), 8)
        again = a.get("default", FD)
        test.equal("each request gives a description of its own", os.lseek(again.fd, 0, 1), 0)
        test.equal("the fd has no other rights than reading",
                   fcntl.fcntl(x.fd, fcntl.F_GETFL) & os.O_ACCMODE, os.O_RDONLY)
        test.equal("it is sealed", fcntl.fcntl(x.fd, F_GET_SEALS) & ALL_SEALS, ALL_SEALS)
        test.check(fails(os.write, x.fd, b"x"), "a client cannot write")
        test.check(fails(os.ftruncate, x.fd, 0), "a client cannot truncate")
        test.check(fails(os.ftruncate, x.fd, 1 << 16), "a client cannot grow it")
        test.check(fails(mmap.mmap, x.fd, 8, mmap.MAP_SHARED, mmap.PROT_WRITE),
                   "a client cannot map it for writing")
        writable = -1
        try:
            writable = os.open(f"/proc/self/fd/{x.fd}", os.O_RDWR)
        except PermissionError:
            pass
        if writable >= 0:  # root may open anything
            test.check(fails(os.pwrite, writable, b"x", 0) and fails(os.ftruncate, writable, 0) and
                       fails(os.pwrite, writable, b"x", 1 << 12),
                       "nor can root, who may open it for writing")
        test.equal("fd and bytes are the same", a.get("default").code, x.code)
        test.equal("the file is no executable", stat.S_IMODE(os.fstat(x.fd).st_mode) & 0o111, 0)


def test_many_at_once(test, daemon):
    """Threads read one profile at the same time, each the whole from its own offset."""
    answers, errors = [], []

    def fetch():
        try:
            with daemon.client() as client:
                for _ in range(50):
                    answer = client.get("default", FD)
                    with os.fdopen(answer.fd, "rb") as file:
                        answers.append(file.read())
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    test.check(not errors and len(answers) == 400 and len(set(answers)) == 1,
               "400 reads in 8 clients at once all give the whole filter", errors)


def test_variants(test, daemon):
    with daemon.client() as client:
        plain = client.get("conditional")
        count = client.profile("conditional").variants
        admin = client.get("conditional", caps=CAP_SYS_ADMIN)
        both = client.get("conditional", caps=CAP_SYS_ADMIN | CAP_SYS_CHROOT)
        test.equal("three capability sets, three filters",
                   len({plain.digest, admin.digest, both.digest}), 3)
        same = client.get("conditional", caps=CAP_SYS_ADMIN | CAP_CHOWN)
        test.equal("a capability that no rule names changes nothing", same.digest, admin.digest)
        test.equal("and makes no variant", client.profile("conditional").variants, count + 2)
        old = client.get("conditional", kernel=4 << 16 | 7)
        test.check(old.digest != plain.digest, "an older kernel has another filter")
        test.equal("kernels that no rule tells apart share one",
                   client.get("conditional", kernel=3 << 16).digest, old.digest)
        test.equal("which is one variant", client.profile("conditional").variants, count + 3)
        s390 = client.get("conditional", arch=S390X)
        test.equal("another target's answer says so", s390.arch, S390X)
        codes = [struct.unpack_from(">H", s390.code, i)[0] for i in range(0, len(s390.code), 8)]
        test.check(codes[0] == 0x20 and codes[-1] == 0x06, "it is in the target's byte order")
        test.equal("one's own target by name is the default", client.get("conditional",
                   arch=plain.arch).digest, plain.digest)
        before = client.status()
        client.get("conditional", caps=CAP_SYS_ADMIN)
        after = client.status()
        test.equal("the second time it comes from memory",
                   (after.memory_hits - before.memory_hits, after.compiles - before.compiles), (1, 0))


def test_shared_compile(test, daemon):
    """Clients that ask for the same new variant at once share one compile."""
    with daemon.client() as client:
        before = client.status().compiles
        others = [daemon.client() for _ in range(10)]
        for other in others:
            other.send(GET, get_body("conditional", arch=AARCH64, caps=CAP_SYS_CHROOT))
        replies = {other.receive()[:2] for other in others}
        for other in others:
            other.sock.close()
        test.check(len(replies) == 1 and replies.pop()[0] == OK, "ten clients get the same answer")
        test.equal("from one compile", client.status().compiles - before, 1)


def test_pipelining(test, daemon):
    with daemon.client() as client:
        names = ["default", "nosuch", "conditional"] * 20
        for i, name in enumerate(names):
            client.sock.send(request(GET, get_body(name, caps=1 << 22 if i % 2 else 0), serial=i))
        serials = []
        for _ in names:
            data = client.sock.recv(1 << 17)
            serials.append(HEADER.unpack_from(data)[4])
        test.equal("pipelined requests are answered in their order", serials,
                   list(range(len(names))))


def test_errors(test, daemon):
    with daemon.client() as client:
        test.refused("an unknown profile", NOT_FOUND, client.get, "nosuch")
        for name in ("../x", "a/b", "", ".hidden", "a b", "ä"):
            test.refused(f"the name {name!r}", BAD_NAME, client.get, name)
        test.refused("a name without an end", BAD_NAME, client.get, "x" * 128)
        test.refused("a name with something behind its end", BAD_NAME, client.get, "x\0y")
        text = test.refused("an unknown target", BAD_TARGET, client.get, "default", arch=12345)
        test.check("0x3039" in text, "names the architecture", text)
        text = test.refused("a broken profile", BROKEN, client.get, "broken")
        test.check(test.path("p/broken.json") + ":2:15: error:" in text,
                   "says the file, line and column", text)
        status = client.profile("broken")
        test.equal("its status says the same", status.text, text)
        test.equal("and that nothing is in service", (status.state, status.n_insns,
                   status.generation), (IS_BROKEN, 0, 0))
        test.equal("and where the file is", status.path, test.path("p/broken.json"))
        listed = client.list()
        test.equal("LIST has all, in order", list(listed),
                   ["broken", "conditional", "default", "private"])
        test.equal("with their states", [STATES[e.state] for e in listed.values()],
                   ["broken", "served", "served", "served"])
        test.equal("and digests", listed["default"].digest, client.get("default").digest)


def test_access(test, daemon):
    def get():
        with daemon.client() as client:
            return str(client.get("private").n_insns)

    def list_and_status():
        with daemon.client() as client:
            names = " ".join(client.list())
            try:
                client.profile("private")
                return names + " status"
            except Refused as refused:
                return f"{names} {refused.status}"

    def reload():
        with daemon.client() as client:
            return str(client.reload().profiles)

    if os.geteuid() != 0:
        test.skip("access of other users (this needs root)")
        return
    path = test.path("p/private.json")
    os.chown(path, 0, 4321)
    os.chmod(path, 0o640)
    with daemon.client() as client:
        client.reload()
        size = str(client.get("private").n_insns)
    test.ok("root gets a 0640 profile")
    test.equal("another user does not", as_user(1234, 1234, [], get), f"refused {NOT_FOUND}")
    test.equal("nor sees it in LIST and STATUS", as_user(1234, 1234, [], list_and_status),
               f"broken conditional default {NOT_FOUND}")
    test.equal("one whose group it is does", as_user(1234, 4321, [], get), size)
    test.equal("so does one in that group besides others", as_user(1234, 1, [7, 4321], get), size)
    test.equal("only root and the daemon's user reload", as_user(1234, 1234, [], reload),
               f"refused {FORBIDDEN}")
    os.chmod(path, 0o604)
    with daemon.client() as client:
        client.reload()
    test.equal("who is in the group is not one of the others", as_user(1234, 4321, [], get),
               f"refused {NOT_FOUND}")
    test.equal("who is not, is", as_user(1234, 1, [], get), size)
    os.chmod(path, 0o644)
    test.until(lambda: as_user(1234, 4321, [], get) == size, what="chmod is noticed")
    test.ok("a changed mode is noticed without a reload")
    os.chmod(path, 0o600)
    test.until(lambda: as_user(1234, 4321, [], get) == f"refused {NOT_FOUND}",
               what="chmod is noticed")
    test.ok("and so is one that takes access away")


def test_stop(test, daemon):
    path = daemon.path
    with daemon.client() as client:
        test.equal("SIGTERM ends it well", daemon.stop(), 0)
        try:
            client.status()
            test.fail("an idle connection ends with the daemon")
        except Closed:
            test.ok("an idle connection ends with the daemon")
    test.check(not os.path.exists(path), "the socket is removed")


def test_socket(test):
    test.mkdir("run")
    first = Daemon(test, socket_name="run/sock", name="first")
    second = Daemon(test, socket_name="run/sock", name="second", wait=False)
    test.equal("a second daemon on the same socket does not start", second.process.wait(20), 1)
    test.check("somebody listens" in second.log(), "and says why", second.log())
    first.wait()
    test.ok("the first one serves on")
    test.equal("a mode that lets everybody connect",
               stat.S_IMODE(os.stat(first.path).st_mode), 0o666)
    first.stop(signal.SIGKILL)
    test.check(os.path.exists(first.path), "a killed daemon leaves its socket")
    third = Daemon(test, socket_name="run/sock", name="third")
    test.ok("which the next one replaces")
    os.unlink(third.path)
    test.write("run/sock", "precious")
    test.equal("it ends well without its socket", third.stop(), 0)
    with open(test.path("run/sock"), encoding="ascii") as file:
        test.equal("and leaves what is not its own", file.read(), "precious")
    fourth = Daemon(test, socket_name="run/sock", name="fourth", wait=False)
    test.equal("a file in the place of the socket stays", fourth.process.wait(20), 1)
    test.check("is no socket" in fourth.log(), "with a message", fourth.log())


def test_closed_files(test):
    """Started without standard files: what is logged must not get into what has their numbers."""
    closed = Daemon(test, "--debug", name="closed", socket_name="closed.sock",
                    prefix=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
    test.equal("closed standard files are none of the daemon's",
               [os.readlink(f"/proc/{closed.pid}/fd/{fd}") for fd in range(3)], ["/dev/null"] * 3)
    with closed.client() as client:
        test.equal("and it serves", errno_of(client.get("default").code), 1)
    test.equal("it ends well", closed.stop(), 0)


with Test() as test:
    test.mkdir("p")
    test.write("p/default.json", profile(1))
    test.write("p/private.json", profile(2), 0o600)
    test.write("p/conditional.json", conditional(3))
    test.write("p/broken.json", '{"defaultAction": "SCMP_ACT_ALLOW",\n  "syscalls": 5}\n')
    daemon = Daemon(test)
    test_fds(test, daemon)
    test_many_at_once(test, daemon)
    test_variants(test, daemon)
    test_shared_compile(test, daemon)
    test_pipelining(test, daemon)
    test_errors(test, daemon)
    test_access(test, daemon)
    test_stop(test, daemon)
    test_socket(test)
    test_closed_files(test)
