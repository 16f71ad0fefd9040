#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A log that nobody reads: the daemon serves on, leaves lines out, and says later how many."""
import fcntl
import os
import socket
import stat
import sys
import time

sys.dont_write_bytecode = True
from secprofd import *

LINES = 400


def small_pipe():
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 16384)
    return reading, writing


def fill(fd):
    """Writes to a pipe until it takes no more. Whoever writes to it without thinking has to wait."""
    os.set_blocking(fd, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(fd, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(fd, True)


def drain(fd):
    os.set_blocking(fd, False)
    data = b""
    try:
        while True:
            more = os.read(fd, 1 << 16)
            if not more:
                break
            data += more
    except BlockingIOError:
        pass
    return data.decode()


def chatter(test, daemon, what):
    """Has the daemon log many lines. All of it is served without a wait."""
    slowest = 0
    with daemon.client(timeout=10) as client:
        for i in range(LINES):
            start = time.monotonic()
            test.refused_quietly(client, i)
            slowest = max(slowest, time.monotonic() - start)
        test.check(slowest < 2, f"{what}: it serves while it logs {LINES} lines (at most {slowest:.3f} s)")
        return client.status().log_dropped


class LogTest(Test):
    def refused_quietly(self, client, i):
        try:
            client.get(f"none-{i}")
            self.fail("a profile that does not exist is served")
        except Refused:
            pass


def run(test, what, daemon, read):
    """The log's reader sleeps, wakes, and sleeps again."""
    with daemon.client() as client:
        before = client.status().log_dropped
    dropped = chatter(test, daemon, what) - before
    test.check(dropped > 0, f"{what}: {dropped} lines are counted as missing")
    text = read()
    test.check("lines are missing here" not in text, f"{what}: those that fit are whole", text[-300:])
    chatter(test, daemon, what)
    with daemon.client() as client:
        later = client.status().log_dropped
    text += read()
    told = [int(line.split(">", 1)[-1].split()[0]) for line in text.splitlines() if "are missing here" in line]
    test.equal(f"{what}: when it is read again it says how many are missing", told[:1], [dropped])
    lines = sum("refused request" in line for line in text.splitlines())
    test.equal(f"{what}: every line is there or counted", lines + later - before, 2 * LINES)


# All lines are about the one user of this test, and there are many.
MORE = ["--log-level", "debug", "--log-burst", "1000000", "--targets", "native", "--workers", "1"]


def test_pipe(test):
    reading, writing = small_pipe()
    fill(writing)
    flags = fcntl.fcntl(writing, fcntl.F_GETFL)
    daemon = Daemon(test, *MORE, stderr=writing, name="pipe", socket_name="pipe.sock")
    # It is full before the first line: those of the start are missing, too.
    with daemon.client() as client:
        missing = client.status().log_dropped
        test.check(missing > 0, f"a full pipe: it starts ({missing} lines are missing)")
        drain(reading)
        test.refused_quietly(client, 0)
        client.status()  # a refusal is answered before it is logged, and logged before the next answer
        text = drain(reading)
        test.check(f"{missing} lines are missing here" in text, "and says so later", text)
    run(test, "a pipe that nobody reads", daemon, lambda: drain(reading))
    test.equal("who shares the pipe finds it as it was", fcntl.fcntl(writing, fcntl.F_GETFL), flags)
    fill(writing)
    test.equal("it ends well, with the pipe full", daemon.stop(), 0)
    os.close(reading)
    os.close(writing)


def test_foreign_pipe(test):
    """A pipe that the daemon's user may write to, but not open: it was handed over."""
    if os.geteuid() != 0:
        test.skip("a pipe of another user (this needs root)")
        return
    reading, writing = small_pipe()
    os.fchmod(writing, 0o600)
    test.mkdir("nobody")
    os.chown(test.path("nobody"), 65534, 65534)
    daemon = Daemon(test, *MORE, stderr=writing, name="foreign", socket_name="nobody/sock",
                    prefix=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    test.until(lambda: "ready" in drain(reading), 10, "the start")
    fill(writing)
    with daemon.client(timeout=10) as client:
        for i in range(50):
            test.refused_quietly(client, i)
        test.check(client.status().log_dropped >= 50, "a full pipe of another user: it serves")
        drain(reading)
        test.refused_quietly(client, 1)
        client.status()
        text = drain(reading)
        test.check("50 lines are missing here" in text and "refused request" in text,
                   "and goes on to log when there is room", text)
    test.equal("it ends well", daemon.stop(), 0)
    os.close(reading)
    os.close(writing)


def test_socket(test):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    daemon = Daemon(test, *MORE, stderr=theirs.fileno(), name="socket", socket_name="socket.sock")
    test.until(lambda: "ready" in drain(ours.fileno()), 10, "the start")
    run(test, "a socket that nobody reads", daemon, lambda: drain(ours.fileno()))
    test.equal("it ends well", daemon.stop(), 0)


def test_journal(test):
    """A journal that hangs. It is one of the test's own, in a mount namespace of the daemon's."""
    if os.geteuid() != 0:
        test.skip("a journal that hangs (this needs root)")
        return
    test.mkdir("journal")
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    journal.bind(test.path("journal/socket"))
    os.chmod(test.path("journal/socket"), 0o666)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    state = os.fstat(theirs.fileno())
    assert stat.S_ISSOCK(state.st_mode)
    inside = ('mount -t tmpfs none /run && mkdir -p /run/systemd/journal && '
              'mount --bind "$0" /run/systemd/journal && exec "$@"')

    def read():
        """The entries, as lines."""
        entries = []
        journal.setblocking(False)
        try:
            while True:
                fields = dict(line.split("=", 1) for line in journal.recv(1 << 16).decode().splitlines())
                assert fields["SYSLOG_IDENTIFIER"] == "secprofd" and fields["PRIORITY"] in "34567", fields
                entries.append(fields["MESSAGE"])
                if "refused request" in fields["MESSAGE"]:
                    assert fields["SECPROF_PEER_UID"] == "0", fields
        except BlockingIOError:
            pass
        return "".join(f"{entry}\n" for entry in entries)

    try:
        daemon = Daemon(test, *MORE, stderr=theirs.fileno(), name="journal", socket_name="journal.sock",
                        prefix=["unshare", "-m", "--propagation", "private", "sh", "-c", inside,
                                test.path("journal")],
                        env={**os.environ, "JOURNAL_STREAM": f"{state.st_dev}:{state.st_ino}"})
    except RuntimeError as error:
        test.skip(f"a journal that hangs (no mount namespace: {error})")
        return
    text = test.until(read, 10, "the start")
    test.check("in service" in text, "entries have their fields", text)
    read()
    run(test, "a journal that hangs", daemon, read)
    test.equal("nothing went to standard error instead", drain(ours.fileno()), "")
    test.equal("it ends well", daemon.stop(), 0)


with LogTest() as test:
    test.mkdir("p")
    test.write("p/x.json", profile(1))
    test_pipe(test)
    test_foreign_pipe(test)
    test_socket(test)
    test_journal(test)
