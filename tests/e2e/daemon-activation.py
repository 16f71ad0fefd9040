#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Started by its socket (systemd-socket-activate), and what the service manager hears."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from secprofd import *


def activate(test, name, *arguments, options=("--seqpacket",)):
    path = test.path(name + ".sock")
    log = open(test.path(name + ".log"), "ab")
    process = subprocess.Popen(
        ["systemd-socket-activate", *options, "-l", path, os.path.join(test.build, "secprofd"),
         "--no-cache", *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    log.close()
    test.until(lambda: os.path.exists(path), 10, "the socket")
    return path, process


def connected(sock, path):
    """The socket is there a moment before it listens."""
    try:
        sock.connect(path)
    except ConnectionRefusedError:
        return False
    return True


def end(process):
    if process.poll() is None:
        process.terminate()
    return process.wait(20)


def test_activation(test):
    if not shutil.which("systemd-socket-activate"):
        test.skip("socket activation (systemd-socket-activate is not installed)")
        return
    path, process = activate(test, "active", "--profiles", test.path("p"),
                             options=("--seqpacket", "--fdname=secprof"))
    time.sleep(0.2)
    with open(f"/proc/{process.pid}/comm", encoding="ascii") as file:
        test.check(file.read().startswith("systemd-socket-"), "nothing runs before a client connects")
    # The first client's request waits in the socket while the daemon starts.
    with Client(path) as client:
        test.equal("the first client starts it and is served", errno_of(client.get("default").code), 1)
        with open(f"/proc/{process.pid}/comm", encoding="ascii") as file:
            test.equal("by secprofd", file.read().strip(), "secprofd")
        with Client(path) as other:
            test.equal("and so is the next", errno_of(other.get("default").code), 1)
    test.equal("it ends well", end(process), 0)
    test.check(os.path.exists(path), "and leaves the socket, which is not its own")


def test_wrong_sockets(test):
    if not shutil.which("systemd-socket-activate"):
        return
    for what, options in [("a stream socket", ()), ("a datagram socket", ("--datagram",))]:
        path, process = activate(test, what.replace(" ", "-"), options=options)
        kind = socket.SOCK_DGRAM if options else socket.SOCK_STREAM
        with socket.socket(socket.AF_UNIX, kind) as sock:
            test.until(lambda: connected(sock, path), 10, "the socket listens")
            if options:
                sock.send(b"x")
            test.equal(f"{what} is refused", process.wait(20), 1)
        with open(test.path(what.replace(" ", "-") + ".log"), encoding="utf-8") as file:
            test.check("SOCK_SEQPACKET" in file.read(), "with a message that says what is right")


class Manager:
    """The service manager's end of sd_notify()."""

    def __init__(self, test, name="notify"):
        self.path = test.path(name)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.sock.settimeout(10)

    def until(self, key):
        """The messages up to the first one that has the key."""
        messages = []
        while True:
            lines = self.sock.recv(4096).decode().splitlines()
            messages.append(dict(line.split("=", 1) for line in lines))
            if key in messages[-1]:
                return messages


def test_notify(test):
    manager = Manager(test)
    environment = ["env", f"NOTIFY_SOCKET={manager.path}", "WATCHDOG_USEC=1000000"]
    for i in range(30):
        test.write(f"p/many{i}.json", profile(100 + i))
    test.write("p/broken.json", "{")
    daemon = Daemon(test, "--workers", "1", name="notify", prefix=environment, wait=False)
    ready = manager.until("READY")[-1]
    with daemon.client() as client:
        states = [entry.state for entry in client.list().values()]
        test.equal("READY comes when the first scan is in service, or failed",
                   sorted(set(states)), [SERVED, IS_BROKEN])
    test.equal("with a status", ready["STATUS"], "31 profiles in service, 1 with errors")
    messages = manager.until("WATCHDOG")
    test.ok("the watchdog is fed")
    os.kill(daemon.pid, signal.SIGHUP)
    messages = manager.until("READY")
    reloading = [m for m in messages if "RELOADING" in m]
    test.check(reloading and abs(int(reloading[0]["MONOTONIC_USEC"]) / 1e6 - time.monotonic()) < 10,
               "a reload is told, with its time", messages)
    os.kill(daemon.pid, signal.SIGTERM)
    test.check(manager.until("STOPPING"), "and the end")
    test.equal("which is clean", daemon.process.wait(20), 0)


def test_pending(test):
    """Profiles that take long to compile hold up nobody at the start but who asks for them."""
    test.mkdir("slow")
    test.write("slow/default.json", profile(1))
    daemon = Daemon(test, "--targets", "native", profiles=["slow"], cache="slow-cache", name="slow-before",
                    socket_name="slow.sock")
    daemon.idle()
    test.until(lambda: os.listdir(test.path("slow-cache/entries")), 10, "the cache is written")
    daemon.stop()
    for i in range(26):
        test.write(f"slow/heavy{i}.json", heavy(3000 + i))
    manager = Manager(test, "slow-notify")
    began = time.monotonic()
    daemon = Daemon(test, "--targets", "native", "--workers", "1", profiles=["slow"],
                    cache="slow-cache", name="slow", socket_name="slow.sock", wait=False,
                    prefix=["env", f"NOTIFY_SOCKET={manager.path}"])
    client = test.until(lambda: connect(daemon), 10, "it listens")
    served = errno_of(client.get("default").code)
    first = time.monotonic() - began
    states = [entry.state for entry in client.list().values()]
    test.check(served == 1 and first < 5, f"what the cache has is served after {first:.2f} s")
    test.check(states.count(PENDING) > 20, f"while {states.count(PENDING)} others are pending")
    try:
        client.get("heavy0")
    except Refused as refused:
        test.equal("who asks for one of these waits for what becomes of it", refused.status, BROKEN)
    manager.until("READY")
    ready = time.monotonic() - began
    pending = [entry.state for entry in client.list().values()].count(PENDING)
    test.check(ready < 8, f"it is ready after {ready:.1f} s", f"with {pending} pending")
    client.sock.close()
    test.equal("the end is clean", daemon.stop(), 0)


def connect(daemon):
    try:
        return daemon.client()
    except (FileNotFoundError, ConnectionRefusedError):
        return None


def test_deaf_manager(test):
    """A service manager that does not read is not waited for, and hears the newest later."""
    manager = Manager(test, "deaf")
    daemon = Daemon(test, name="deaf", socket_name="deaf.sock",
                    prefix=["env", f"NOTIFY_SOCKET={manager.path}", "WATCHDOG_USEC=4000"])
    worst = 0
    with daemon.client() as client:
        time.sleep(1)
        for i in range(10):
            test.write("p/many0.json", "{" if i % 2 else profile(200 + i))
            began = time.monotonic()
            client.reload()
            client.status()
            worst = max(worst, time.monotonic() - began)
    test.check(worst < 5, f"10 changes that nobody reads of, the slowest answer after {worst:.2f} s")
    test.write("p/many0.json", profile(1))
    wanted = "31 profiles in service, 1 with errors"
    test.equal("when it reads again it hears how things are", test.until(
        lambda: manager.until("STATUS")[-1]["STATUS"] == wanted, 20, "the newest status"), True)
    test.equal("the end is clean", daemon.stop(), 0)


def test_command_line(test):
    def run(*arguments, **environment):
        return subprocess.run([os.path.join(test.build, "secprofd"), *arguments], text=True,
                              capture_output=True, timeout=20, stdin=subprocess.DEVNULL,
                              env={**os.environ, **environment}, check=False)
    shown = run("--help")
    test.check(shown.returncode == 0 and "--socket PATH" in shown.stdout and not shown.stderr,
               "--help")
    shown = run("--version")
    test.check(shown.returncode == 0 and shown.stdout.startswith("secprofd 0."), "--version",
               shown.stdout)
    for arguments, words in [(["--targets", "vax"], "--targets"), (["--workers", "0"], "1 to 16"),
                             (["--workers", "x"], "1 to 16"), (["--log-level", "loud"], "warning"),
                             (["--nosuch"], "--help"), (["file"], "options only"),
                             (["--idle-timeout", "-1"], "seconds"), (["--profiles", ""], "directory")]:
        shown = run(*arguments)
        test.check(shown.returncode == 2 and words in shown.stderr,
                   f"{' '.join(arguments)} is an error that says what is right", shown.stderr)
    shown = run()
    test.check(shown.returncode == 1 and "--socket PATH" in shown.stderr,
               "without a socket it says how to get one", shown.stderr)
    shown = run("--socket", "/" + "x" * 120)
    test.check(shown.returncode == 1 and "107" in shown.stderr, "a path that is too long is told")


def test_targets(test):
    daemon = Daemon(test, "--targets", "native", name="native", socket_name="native.sock")
    with daemon.client() as client:
        text = test.refused("a target that is not served", BAD_TARGET, client.get, "default",
                            arch=S390X)
        test.check("s390x" in text and "--targets" in text, "is named", text)
    daemon.stop()
    daemon = Daemon(test, "--targets", "s390x,SCMP_ARCH_AARCH64", name="some",
                    socket_name="some.sock")
    with daemon.client() as client:
        test.check(client.get("default").n_insns and client.get("default", arch=S390X).n_insns,
                   "the native one is always served, and so are those that are named")
    daemon.stop()


with Test() as test:
    test.mkdir("p")
    test.write("p/default.json", profile(1))
    test_command_line(test)
    test_activation(test)
    test_wrong_sockets(test)
    test_targets(test)
    test_notify(test)
    test_pending(test)
    test_deaf_manager(test)
