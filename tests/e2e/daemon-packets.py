#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad packets: whatever comes, each request gets a status or the connection ends, nothing leaks,
and the daemon serves on."""
import os
import random
import signal
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
from secprofd import *

SEED = 20240611


def one(daemon, data, fds=()):
    """Sends one packet; returns the status of the reply, or None where the connection ended."""
    with daemon.client() as client:
        try:
            if fds:
                # From when the daemon has accepted the connection, it takes fds from root.
                client.status()
            send_with_fds(client.sock, data, fds) if fds else client.sock.send(data)
            status, _, got = client.receive()
            for fd in got:
                os.close(fd)
            return status
        except (Closed, BrokenPipeError, ConnectionResetError):
            return None


def test_table(test, daemon):
    good = get_body("default")
    long_name = good[:40] + b"x" * 128 + good[168:]
    cases = [
        ("a good request", OK, request(GET, good)),
        ("another version", BAD_VERSION, request(GET, good, version=2)),
        ("version 0", BAD_VERSION, request(GET, good, version=0)),
        ("opcode 0", BAD_OPCODE, request(0, good)),
        ("opcode 7", BAD_OPCODE, request(7, good)),
        ("opcode 65535", BAD_OPCODE, request(65535)),
        ("a byte too few", BAD_LENGTH, request(GET, good[:-1])),
        ("zeroes behind what is known", OK, request(GET, good + bytes(8))),
        ("a byte that is not 0 behind what is known", BAD_REQUEST, request(GET, good + bytes(7) + b"x")),
        ("the longest request", OK, request(GET, good + bytes(1024 - 24 - len(good)))),
        ("a header that lies about its length", BAD_LENGTH, request(GET, good, length=24)),
        ("a length of 0", BAD_LENGTH, request(GET, good, length=0)),
        ("nothing but a header of the longest request", BAD_REQUEST, request(GET, bytes(1000))),
        ("longer than any request", BAD_LENGTH, request(GET, bytes(1001))),
        ("much longer than any request", BAD_LENGTH, request(GET, bytes(60000))),
        ("a status in a request", BAD_REQUEST, request(GET, good, status=1)),
        ("something in an unused field", BAD_REQUEST, request(GET, good, zero=1)),
        ("something in GET's unused field", BAD_REQUEST, request(GET, get_body("default", zero=9))),
        ("no delivery", BAD_REQUEST, request(GET, get_body("default", delivery=0))),
        ("an unknown mode", BAD_REQUEST, request(GET, get_body("default", mode=3))),
        ("a generation", BAD_REQUEST, request(GET, get_body("default", generation=1))),
        ("a label", BAD_REQUEST, request(GET, get_body("default", label=b"x"))),
        ("rules", UNDELIVERABLE, request(GET, get_body("default", delivery=5))),
        ("an unknown delivery", BAD_REQUEST, request(GET, get_body("default", delivery=6))),
        ("a name without an end", BAD_NAME, request(GET, long_name)),
        ("a reload that is too short", BAD_LENGTH, request(RELOAD, b"x")),
        ("another magic", None, request(GET, good, magic=0x12345678)),
        ("the magic in the other byte order", None, request(GET, good, magic=0x53505246)),
        ("less than a header", None, request(GET)[:23]),
        ("one byte", None, b"x"),
        ("text", None, b"GET / HTTP/1.0\r\n\r\n" * 10),
    ]
    for what, wanted, data in cases:
        test.equal(what, one(daemon, data), wanted)
    with daemon.client() as client:
        for _, wanted, data in cases:
            if wanted not in (None, OK):
                client.sock.send(data)
                status, _, _ = client.receive()
                if status != wanted:
                    test.fail("refusals follow each other on one connection")
        test.equal("a connection goes on after refusals", client.get("default").arch != 0, True)


def test_fds(test, daemon):
    def open_fds():
        return len(os.listdir(f"/proc/{daemon.pid}/fd"))
    before = open_fds()
    with open("/dev/null", "rb") as null:
        for n in (1, 2, 8):
            test.equal(f"{n} fds sent along", one(daemon, request(GET, get_body("default")),
                                                  [null.fileno()] * n), BAD_REQUEST)
        for n in (9, 100, 253):
            status = one(daemon, request(GET, get_body("default")), [null.fileno()] * n)
            test.check(status in (None, BAD_REQUEST), f"{n} fds sent along", status)
        one(daemon, b"x", [null.fileno()] * 8)
        reading, writing = os.pipe()
        one(daemon, request(GET, get_body("default")), [writing])
        os.close(writing)
        test.equal("the daemon keeps none of them: a pipe ends", os.read(reading, 1), b"")
        os.close(reading)
    test.until(lambda: open_fds() <= before, 5, "fds are closed")
    test.ok("no fd is left open")


def slow_fd():
    """A TCP socket whose last close takes 30 seconds, and what has to stay open for that."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    slow = socket.create_connection(listener.getsockname())
    peer, _ = listener.accept()
    slow.setblocking(False)
    try:
        while True:
            slow.send(bytes(65536))
    except BlockingIOError:
        pass
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 30))
    return slow, (listener, peer)


def test_slow_close(test, daemon):
    """Who passes an fd decides how long its close takes. The daemon must not be the one that waits."""
    if os.geteuid() != 0:
        test.skip("fds of other users that are slow to close (this needs root)")
        return
    try:
        socket.socket(socket.AF_UNIX).getsockopt(socket.SOL_SOCKET, 83)
    except OSError:
        test.skip("fds of other users that are slow to close (this needs SO_PASSRIGHTS, Linux 6.16)")
        return
    for accepted in (True, False):
        slow, kept = slow_fd()

        def send():
            with daemon.client() as client:
                if accepted:
                    client.status()
                try:
                    socket.send_fds(client.sock, [request(STATUS, named_body())], [slow.fileno()])
                except PermissionError:
                    return "not sent"
                return "sent"
        if not accepted:
            os.kill(daemon.pid, signal.SIGSTOP)
        got = as_user(1234, 1234, [], send)
        slow.close() if got == "sent" else slow.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        os.kill(daemon.pid, signal.SIGCONT)
        start = time.monotonic()
        with daemon.client() as client:
            client.status()
        waited = time.monotonic() - start
        test.equal("an fd of another user, sent " + ("later" if accepted else "at once"), got,
                   "not sent")
        test.check(waited < 5, f"the others do not wait for its close ({waited:.1f} s)")
        for sock in (slow, *kept):
            sock.close()


def test_random(test, daemon):
    rng = random.Random(SEED)
    bases = [request(GET, get_body("default")), request(LIST, named_body()),
             request(STATUS, named_body()), request(STATUS, named_body("default"))]
    statuses, ended = set(), 0
    client = daemon.client()
    for i in range(6000):
        kind = i % 3
        if kind == 0:
            data = rng.randbytes(rng.randrange(1, 1200))
            if rng.random() < 0.5:
                data = bases[0][:4] + data
        else:
            data = bytearray(rng.choice(bases))
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(4 if kind == 1 else 0, len(data))] = rng.randrange(256)
            if rng.random() < 0.1:
                data = data[:rng.randrange(1, len(data))]
        try:
            client.sock.send(bytes(data))
            status, _, fds = client.receive()
            statuses.add(status)
            for fd in fds:
                os.close(fd)
        except (Closed, BrokenPipeError, ConnectionResetError):
            ended += 1
            client.sock.close()
            client = daemon.client()
    client.sock.close()
    test.check(statuses <= set(range(16)) and OK in statuses and len(statuses) > 5,
               f"6000 random packets (seed {SEED}): statuses {sorted(statuses)}, {ended} ended")
    test.check(FAILED not in statuses, "none of them made the daemon fail")


def test_rude(test, daemon):
    """Clients that do not behave: they cost themselves only."""
    client = daemon.client()
    client.sock.setblocking(False)
    sent = 0
    try:
        while sent < 100000:
            client.sock.send(request(GET, get_body("big"), serial=sent))
            sent += 1
    except BlockingIOError:
        pass
    test.check(0 < sent < 100000, f"a client that never reads is stopped by its socket: {sent}")
    with daemon.client() as other:
        test.ok("others are served meanwhile") if other.get("default") else None
    client.sock.setblocking(True)
    client.sock.settimeout(10)
    serials = []
    for _ in range(sent):
        serials.append(HEADER.unpack_from(client.sock.recv(1 << 17))[4])
    test.equal("when it reads, it gets every reply in order", serials, list(range(sent)))
    client.sock.close()
    for _ in range(50):
        with daemon.client() as quitter:
            quitter.send(GET, get_body("big", arch=AARCH64, caps=1 << 21))
    client = daemon.client()
    client.send(GET, get_body("default"))
    client.sock.shutdown(socket.SHUT_WR)
    test.equal("who closes one half still gets the reply", client.receive()[0], OK)
    try:
        client.receive()
        test.fail("and then the end")
    except Closed:
        test.ok("and then the end")
    client.sock.close()


with Test() as test:
    test.mkdir("p")
    test.write("p/default.json", profile(1))
    names = [{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
              "args": [{"index": 1, "value": 3 * i, "op": "SCMP_CMP_EQ"}]} for i in range(500)]
    test.write("p/big.json", json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": names}))
    daemon = Daemon(test, "--workers", "2")
    test_table(test, daemon)
    test_fds(test, daemon)
    test_slow_close(test, daemon)
    test_random(test, daemon)
    test_rude(test, daemon)
    daemon.rest(2)
    with daemon.client() as client:
        status = client.status()
    test.equal("it is the same daemon still, with all its workers",
               (daemon.process.poll(), status.worker_failures, status.workers), (None, 0, 2))
    test.until(lambda: daemon.wait().connections == 1, 5, "connections end")
    test.ok("no connection is left")
    test.check(len(daemon.log().splitlines()) < 300, "the log was not flooded",
               len(daemon.log().splitlines()))
    test.equal("it ends well", daemon.stop(), 0)
