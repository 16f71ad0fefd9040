#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Profiles by content: COMPILE, and the text of a profile in service."""
import fcntl
import os
import struct
import sys

sys.dont_write_bytecode = True
from secprofd import *

CAP_SYS_ADMIN = 1 << 21
WRITE, GROW, SHRINK = fcntl.F_SEAL_WRITE, fcntl.F_SEAL_GROW, fcntl.F_SEAL_SHRINK


def test_same_filter(test, daemon):
    """By content or by name: the same text gives the same filter."""
    text = conditional(7).encode()
    with daemon.client() as client:
        named, content = client.get("conditional"), client.compile(text)
        test.equal("the filter is the one of the profile with that text", content.digest, named.digest)
        test.equal("its source digest too", content.source_digest, named.source_digest)
        test.equal("which is the text's", content.source_digest, hashlib.sha256(text).digest())
        test.equal("as an fd it is the same", client.compile(text, FD).code, named.code)
        for caps in (CAP_SYS_ADMIN, 1 << 18):
            test.equal(f"variants follow the capabilities ({caps:#x})",
                       client.compile(text, caps=caps).digest,
                       client.get("conditional", caps=caps).digest)
        s390 = client.compile(text, arch=S390X)
        test.equal("another target", (s390.arch, s390.digest),
                   (S390X, client.get("conditional", arch=S390X).digest))
        test.refused("an unknown target", BAD_TARGET, client.compile, text, arch=1)


def test_shared(test, daemon):
    text = profile(1234, comment="by content").encode()
    with daemon.client() as client:
        before = client.status()
        client.compile(text)
        client.compile(text)
        after = client.status()
        test.equal("the second time it is in memory",
                   (after.compiles - before.compiles, after.memory_hits - before.memory_hits,
                    after.contents - before.contents), (1, 1, 1))
        others = [daemon.client() for _ in range(8)]
        text = profile(1235, comment="eight at once").encode()
        fd = sealed(text)
        for other in others:
            other.send(COMPILE, compile_body(delivery=BYTES), [fd])
        os.close(fd)
        answers = {other.filter(*other.receive()[1:], BYTES).digest for other in others}
        for other in others:
            other.sock.close()
        test.equal("eight at once share one compile",
                   (len(answers), client.status().compiles - after.compiles), (1, 1))


def test_refused(test, daemon):
    with daemon.client() as client:
        text = test.refused("a profile that does not compile", BROKEN, client.compile,
                            b'{"defaultAction": "SCMP_ACT_ALOW"}')
        test.check(text.startswith("profile:1:19: error: ") and "SCMP_ACT_ALLOW" in text,
                   "says where and what would be right", text)
        test.refused("again, from memory", BROKEN, client.compile, b'{"defaultAction": "SCMP_ACT_ALOW"}')
        test.refused("no JSON at all", BROKEN, client.compile, b"\0\1\2")
        test.refused("no text at all", BROKEN, client.compile, b"")
        test.refused("a text of 1 MiB and 1 byte", BROKEN, client.compile, b" " * (1 << 20) + b"x")
        test.refused("1 MiB of blanks", BROKEN, client.compile, b" " * (1 << 20))
        body = compile_body(delivery=BYTES)
        test.refused("no fd", BAD_REQUEST, client.call, COMPILE, body)
        for seals in (0, WRITE, WRITE | GROW, GROW | SHRINK, SHRINK | WRITE):
            fd = sealed(b"{}", seals)
            text = test.refused(f"a memfd with the seals {seals:#x}", BAD_REQUEST, client.call, COMPILE,
                                body, fds=[fd])
            os.close(fd)
            test.check("F_SEAL_SHRINK" in text, "says which seals it needs", text)
        read, write = os.pipe()
        for what, fd in (("a pipe", read), ("a file", os.open(__file__, os.O_RDONLY)),
                         ("a directory", os.open("/", os.O_RDONLY)),
                         ("a device", os.open("/dev/zero", os.O_RDONLY)),
                         ("a socket", os.dup(client.sock.fileno()))):
            test.refused(what, BAD_REQUEST, client.call, COMPILE, body, fds=[fd])
            os.close(fd)
        os.close(write)
        whole = sealed(profile(1).encode())
        blind = os.open(f"/proc/self/fd/{whole}", os.O_PATH)
        test.refused("an fd that cannot be read", BAD_REQUEST, client.call, COMPILE, body, fds=[blind])
        test.refused("two fds", BAD_REQUEST, client.call, COMPILE, body, fds=[whole, whole])
        test.refused("a delivery that is GET's alone", BAD_REQUEST, client.compile, b"{}", PROFILE)
        test.equal("the connection goes on", errno_of(client.compile(profile(77)).code), 77)
        # Where the fd's offset is makes no difference.
        os.lseek(whole, 5, os.SEEK_SET)
        reply, _ = client.call(COMPILE, body, fds=[whole])
        test.equal("the fd's offset does not matter", errno_of(client.filter(reply, [], BYTES).code), 1)
        test.equal("nor does it move", os.lseek(whole, 0, os.SEEK_CUR), 5)
        os.close(whole)
        os.close(blind)


def test_rights(test, daemon):
    def ask():
        with daemon.client() as client:
            return str(errno_of(client.compile(profile(1)).code))

    if os.geteuid() != 0:
        test.skip("COMPILE by other users (this needs root)")
        return
    test.equal("COMPILE is for root and the daemon's user only", as_user(1234, 1234, [], ask),
               f"refused {FORBIDDEN}")


def test_bounds(test):
    daemon = Daemon(test, "--targets", "native", "--max-contents", "4", "--workers", "2", cache="c",
                    name="bounds", socket_name="bounds")
    with daemon.client() as client:
        daemon.rest(2)
        fds = len(os.listdir(f"/proc/{daemon.pid}/fd"))
        for i in range(1, 41):
            assert errno_of(client.compile(profile(i)).code) == i
        test.equal("forty profiles, four are kept", client.status().contents, 4)
        daemon.rest(2)
        grown = len(os.listdir(f"/proc/{daemon.pid}/fd")) - fds
        test.check(grown <= 2 * 4 + 2, "those that went took their fds along", grown)
        before = client.status()
        client.compile(profile(40))
        client.compile(profile(37))
        test.equal("the last four are in memory", client.status().memory_hits - before.memory_hits, 2)
        client.compile(profile(1))
        after = client.status()
        test.equal("one that went comes back from the disk, with no compile",
                   (after.cache_hits - before.cache_hits, after.compiles - before.compiles), (1, 0))
        client.compile(profile(37))
        test.equal("who was used last stays", client.status().cache_hits, after.cache_hits)
    with daemon.client() as client:
        body = compile_body(delivery=BYTES)
        fd = sealed(profile(999).encode())
        for _ in range(300):
            client.send(COMPILE, body, [fd, fd, fd])
            client.receive()
        os.close(fd)
    with daemon.client():
        daemon.rest(2)
        now = len(os.listdir(f"/proc/{daemon.pid}/fd"))
        test.check(now <= fds + 2 * 4 + 2, "fds that come along in vain are closed", now - fds)


def test_fresh_workers(test, daemon):
    """Who has parsed a client's profile compiles no other: the next one gets a fresh process."""
    with daemon.client() as client:
        before = set(daemon.rest(2))
        failures = client.status().worker_failures
        client.compile(profile(3001))
        after = set(daemon.rest(2))
        test.equal("a profile by content ends the worker that compiled it", len(before & after), 1)
        client.compile(profile(3001))
        test.equal("not where it was in memory", set(daemon.rest(2)), after)
        test.equal("and nothing has failed", client.status().worker_failures, failures)


def test_gone_client(test, daemon):
    """A client that leaves while its profile is compiled."""
    with daemon.client() as client:
        before = client.status().contents
        for i in range(20):
            other = daemon.client()
            fd = sealed(profile(2000 + i).encode())
            other.send(COMPILE, compile_body(delivery=BYTES), [fd])
            os.close(fd)
            other.sock.close()
        test.until(lambda: client.status().jobs == 0, 30, "no job is left")
        test.check(client.status().contents >= before, "twenty clients that left without the answer")
        test.equal("the daemon goes on", errno_of(client.compile(profile(2019)).code), 2019)


def test_text(test, daemon):
    text = conditional(7)
    with daemon.client() as client:
        answer = client.get("conditional", PROFILE)
        test.equal("GET hands out the profile's text", answer.code.decode(), text)
        test.equal("with the digest of its filter", answer.digest, client.get("conditional").digest)
        test.equal("at offset 0, for reading only",
                   (os.lseek(answer.fd, 0, os.SEEK_CUR), fcntl.fcntl(answer.fd, fcntl.F_GETFL) & 3), (0, 0))
        test.write("p/conditional.json", "{")
        test.until(lambda: client.profile("conditional").state == 2, 10, "it is stale")
        stale = client.get("conditional", PROFILE)
        test.equal("of a stale profile: that of the filter in service", (stale.code.decode(), stale.stale),
                   (text, True))
        test.write("p/conditional.json", text)
        test.until(lambda: client.profile("conditional").state == SERVED, 10, "it is served")


with Test() as test:
    test.mkdir("p")
    test.mkdir("c", 0o700)
    test.write("p/conditional.json", conditional(7))
    daemon = Daemon(test, "--targets", "s390x", "--workers", "2")
    daemon.idle()
    test_same_filter(test, daemon)
    test_shared(test, daemon)
    test_refused(test, daemon)
    test_rights(test, daemon)
    test_fresh_workers(test, daemon)
    test_gone_client(test, daemon)
    test_text(test, daemon)
    test.equal("it stops in an orderly way", daemon.stop(), 0)
    test_bounds(test)
