#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fds whose close takes a minute, sent by clients that may send none, on a kernel that gives them to
the daemon all the same (before Linux 6.16; a newer one is made to look so): whatever such a client
does with its connection, the daemon closes none of them itself, and others are served meanwhile."""
import errno
import os
import sys
import time

sys.dont_write_bytecode = True
from faults import *

UID = 4310  # may not administer the daemon
LINGER = 60  # seconds: far more than anything here may take
SLOW = 3  # seconds: more than any answer may take
SECONDS = form(3, 30)
PER_USER = 8
REQUESTS = form(5000, 50_000)
SO_PASSRIGHTS = 83
ROUNDS = form(3, 9)


class Lingering:
    """Makes TCP sockets with data that nobody will read. The last close of one lingers."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.peers = []

    def make(self, seconds=LINGER):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        sock.connect(self.listener.getsockname())
        self.peers.append(self.listener.accept()[0])
        sock.setblocking(False)
        try:
            while True:
                sock.send(bytes(65536))
        except BlockingIOError:
            pass
        sock.setblocking(True)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, seconds))
        return sock

    def send(self, client, data, n=1):
        """A packet with N of them, of which nobody else has any afterwards."""
        socks = [self.make() for _ in range(n)]
        try:
            send_with_fds(client.sock, data, [sock.fileno() for sock in socks])
        except (BrokenPipeError, ConnectionResetError):
            # The daemon ended the connection. These closes are the last ones.
            for sock in socks:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            for sock in socks:
                sock.close()

    def forget(self):
        """The other ends: what is still unsent has no receiver any more."""
        for peer in self.peers:
            peer.close()
        self.peers = []


STATUS_REQUEST = request(STATUS, named_body())
COMPILE_REQUEST = request(COMPILE, compile_body(delivery=BYTES))


def answer(client):
    """The status of the next reply, or "end"."""
    try:
        return client.receive()[0]
    except Closed:
        return "end"


def ask_with_fds(client, fds):
    fds.send(client, STATUS_REQUEST, 3)
    return [answer(client), answer(client)]


def compile_with_fd(client, fds):
    fds.send(client, COMPILE_REQUEST)
    return [answer(client), answer(client)]


def send_nonsense(client, fds):
    fds.send(client, b"nonsense")
    return [answer(client)]


def send_too_much(client, fds):
    fds.send(client, bytes(5000))
    return [answer(client)]


def send_nothing(client, fds):
    fds.send(client, b"")
    return [answer(client)]


def hang_up(client, fds):
    fds.send(client, STATUS_REQUEST)
    client.sock.close()


def hang_up_behind_others(client, fds):
    client.sock.send(STATUS_REQUEST)
    client.sock.send(STATUS_REQUEST)
    client.sock.send(b"")
    fds.send(client, STATUS_REQUEST)
    fds.send(client, b"")
    client.sock.close()


def hang_up_after_refusal(client, fds):
    for _ in range(4):
        fds.send(client, STATUS_REQUEST)
    return [answer(client), answer(client)]


def subscribe(client, fds):
    client.subscribe()
    fds.send(client, STATUS_REQUEST)
    client.sock.close()


def deaf(client, fds):
    """Requests until the daemon cannot answer any more; then fds behind them; then it is idle."""
    client.sock.setblocking(False)
    try:
        while True:
            client.sock.send(request(GET, get_body("x", delivery=FD)))
    except BlockingIOError:
        pass
    client.sock.settimeout(20)
    time.sleep(0.2)
    while answer(client) != OK:
        pass
    fds.send(client, STATUS_REQUEST)
    time.sleep(2.5)  # --idle-timeout is 1 s
    while (status := answer(client)) != "end":
        pass
    return [status]


WAYS = [
    ("with a request", ask_with_fds, [BAD_REQUEST, "end"]),
    ("with a request that takes one", compile_with_fd, [FORBIDDEN, "end"]),
    ("with a packet of no protocol", send_nonsense, ["end"]),
    ("with a packet that is too long", send_too_much, ["end"]),
    ("with an empty packet", send_nothing, ["end"]),
    ("and hangs up", hang_up, None),
    ("behind other requests, and hangs up", hang_up_behind_others, None),
    ("in each packet, and waits", hang_up_after_refusal, [BAD_REQUEST, "end"]),
    ("as a subscriber, and hangs up", subscribe, None),
    ("and reads no answers until the idle timeout", deaf, ["end"]),
]


def as_stranger(daemon, way):
    """What a client of another user hears; it holds nothing any more that could keep an fd open."""
    def call():
        fds = Lingering()
        with daemon.client(timeout=20) as client:
            return json.dumps(way(client, fds))
    return json.loads(as_user(UID, UID, [], call))


def seconds_of(call):
    start = time.monotonic()
    call()
    return time.monotonic() - start


def one_more(daemon):
    with daemon.client(timeout=LINGER / 2) as client:
        client.status()


def sinks(daemon, spawner):
    """The processes that end connections."""
    return [pid for pid in daemon.children() if pid != spawner and pid not in daemon.workers()]


def at_rest(test, daemon, fds):
    """All of it comes to an end: connections, processes and fds."""
    with daemon.client() as client:
        test.until(lambda: client.status().connections == 1, 20, "connections end")
    test.until(daemon.spawner, 20, "there is no other process left")
    test.until(lambda: open_fds(daemon.pid) <= fds, 20, "fds are closed")


def start(test, *args):
    """A daemon on a kernel without SO_PASSRIGHTS, or on one that says so."""
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.getsockopt(socket.SOL_SOCKET, SO_PASSRIGHTS)
    except OSError:
        test.ok(f"Linux {os.uname().release} has no SO_PASSRIGHTS")
        return Daemon(test, *args)
    injector = Injector(test)
    injector.set(PASS, MAIN, errno.ENOPROTOOPT, times=FOR_EVER)
    daemon = Daemon(test, *args, prefix=injector.prefix)
    test.check(injector.read().failed > 0, "the kernel seems to have no SO_PASSRIGHTS")
    return daemon


def test_control():
    """Without this there is nothing to be seen here: such a close lingers."""
    fds = Lingering()
    took = seconds_of(fds.make(1).close)
    fds.forget()
    return took


def test_ways(test, daemon):
    with daemon.client() as client:
        client.status()
    fds = open_fds(daemon.pid)
    worst = 0.0
    for what, way, wanted in WAYS:
        test.equal(f"fds {what}: what the client hears", as_stranger(daemon, way), wanted)
        took = max(seconds_of(lambda: one_more(daemon)) for _ in range(5))
        worst = max(worst, took)
        test.check(took < SLOW, f"fds {what}: others are served", f"({took:.1f} s)")
        at_rest(test, daemon, fds)
    return worst


def test_crowd(test, daemon):
    """More connections than the limits allow, each with an fd in its queue when it is accepted."""
    def call():
        fds = Lingering()
        clients = [daemon.client() for _ in range(PER_USER + 100)]
        for client in clients:
            fds.send(client, STATUS_REQUEST)
        return json.dumps(sorted({answer(client) for client in clients}, key=str))
    fds = open_fds(daemon.pid)
    before = daemon.wait().connections_refused
    # What a client hears depends on how fast it is.
    heard = json.loads(as_user(UID, UID, [], call))
    test.check(set(heard) <= {BAD_REQUEST, LIMIT, "end"}, f"a crowd hears {heard}")
    refused = daemon.wait().connections_refused - before
    test.check(refused > 64, f"{refused} of them are refused, too many to be told")
    took = seconds_of(lambda: one_more(daemon))
    test.check(took < SLOW, "a crowd over the limits: others are served", f"({took:.1f} s)")
    at_rest(test, daemon, fds)
    return took


def keep_doing(life):
    """Another user's process that does LIFE again and again, until it is killed. Returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)
        fds, n = Lingering(), 0
        while True:
            life(fds, n)
            n += 1
            if len(fds.peers) > 200:
                fds.forget()
    finally:
        os._exit(1)


def flood_with_fds(daemon):
    """All ways, one after the other, and fast ones again and again."""
    quick = [way for _, way, _ in WAYS if way is not deaf]

    def life(fds, n):
        try:
            with daemon.client(timeout=20) as client:
                quick[n % len(quick)](client, fds)
        except (Refused, Closed, OSError):
            pass
    return keep_doing(life)


def make_fds():
    """The same sockets, which nobody is sent: making them takes processors, too."""
    return keep_doing(lambda fds, n: fds.make(0).close())


def test_flood(test, daemon, flood):
    """The latency of others beside such clients, and beside a process that only makes such fds."""
    fds = open_fds(daemon.pid)

    def latency(pid):
        time.sleep(0.2)
        found = run_json(flood, "latency", daemon.path, "x", 4, REQUESTS, timeout=LINGER)
        slowest = max(seconds_of(lambda: one_more(daemon)) for _ in range(100))
        test.equal("the other process is still at it", os.waitpid(pid, os.WNOHANG), (0, 0))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return found.p99, slowest

    ratios, worst = [], 0.0
    for _ in range(ROUNDS):
        control, _ = latency(make_fds())
        p99, slowest = latency(flood_with_fds(daemon))
        ratios.append(p99 / control)
        worst = max(worst, slowest)
    with daemon.client() as client:
        before = client.status()
        end = time.monotonic() + SECONDS
        pids = [flood_with_fds(daemon) for _ in range(2)]
        while time.monotonic() < end:
            worst = max(worst, seconds_of(client.status), seconds_of(lambda: one_more(daemon)))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        after = client.status()
        test.check(after.refused > before.refused, "the flood was refused "
                   f"{after.refused - before.refused} times in {SECONDS} s")
        test.equal("no worker failed", after.worker_failures, 0)
    test.check(worst < SLOW, f"in a flood of fds the slowest answer took {1000 * worst:.0f} ms")
    at_rest(test, daemon, fds)
    test.ok("no fd leaked")
    return sorted(ratios)[len(ratios) // 2], worst


def test_processes(test, daemon):
    """A sink that is killed: what waits is ended by the next one."""
    spawner = test.until(daemon.spawner, 20, "a spawner")
    as_stranger(daemon, hang_up)
    for pid in test.until(lambda: sinks(daemon, spawner), 20, "a sink"):
        os.kill(pid, signal.SIGKILL)
    as_stranger(daemon, hang_up)
    took = seconds_of(lambda: one_more(daemon))
    test.check(took < SLOW, "a sink is killed: others are served", f"({took:.1f} s)")
    test.until(daemon.spawner, 20, "no sink is left")
    test.ok("a sink is killed: the next one does its work")


def test_activation(test):
    """No kernel refuses what a client sends before the daemon has the socket: the service manager
    has let it connect. Nothing is injected here."""
    path = test.path("active.sock")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(8)

    def call():
        fds = Lingering()
        clients = [Client(path) for _ in range(3)]
        for client in clients:
            fds.send(client, STATUS_REQUEST)
        sent.send(b"x")
        return json.dumps([[answer(client), answer(client)] for client in clients])
    waiting, sent = socket.socketpair()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, as_user(UID, UID, [], call).encode())
        os._exit(0)
    waiting.recv(1)
    command = [os.path.join(test.build, "secprofd"), "--no-cache", "--targets", "native",
               "--workers", "1", "--profiles", test.path("p")]
    with open(test.path("active.log"), "ab") as log:
        process = subprocess.Popen(
            ["sh", "-c", f'exec 3<&{listener.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh",
             *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            pass_fds=[listener.fileno()])
    with Client(path, timeout=LINGER / 2) as client:
        client.status()
        took = max(seconds_of(client.status) for _ in range(100))
    test.check(took < SLOW, "fds that were there before the daemon: others are served",
               f"({took:.1f} s)")
    test.equal("fds that were there before the daemon: what the clients hear",
               json.loads(os.read(reading, 4096)), [[BAD_REQUEST, "end"]] * 3)
    os.waitpid(pid, 0)
    start = time.monotonic()
    process.terminate()
    test.equal("the activated daemon ends well", process.wait(LINGER / 2), 0)
    took = time.monotonic() - start
    test.check(took < SLOW, f"and at once: {1000 * took:.0f} ms", f"({took:.1f} s)")


def test_end(test, daemon):
    """The daemon ends while clients hold connections with such fds."""
    def call():
        fds, clients = Lingering(), []
        for _ in range(PER_USER // 2):
            client = daemon.client()
            clients.append(client)
            client.subscribe()
            fds.send(client, STATUS_REQUEST)
        reading.send(b"x")
        for client in clients:
            while answer(client) != "end":
                pass
        return ""
    reading, writing = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        as_user(UID, UID, [], call)
        os._exit(0)
    writing.recv(1)
    start = time.monotonic()
    test.equal("the daemon ends well", daemon.stop(seconds=LINGER / 2), 0)
    took = time.monotonic() - start
    test.check(took < SLOW, f"and at once: {1000 * took:.0f} ms", f"({took:.1f} s)")
    os.waitpid(pid, 0)
    return took


with Test() as test:
    test.mkdir("p")
    test.write("p/x.json", profile(1))
    lingered = test_control()
    if os.geteuid() != 0:
        test.skip("all of it (only root can be another user)")
    elif lingered < 0.9:
        test.skip(f"all of it (the close of a socket does not linger here: {lingered:.2f} s)")
    else:
        daemon = start(test, "--targets", "native", "--idle-timeout", "1", "--workers", "1",
                       "--max-connections-per-uid", str(PER_USER))
        worst = max(test_ways(test, daemon), test_crowd(test, daemon))
        p99, slowest = test_flood(test, daemon, build_flood(test))
        test_processes(test, daemon)
        test_activation(test)
        ended = test_end(test, daemon)
        row(test, "fds whose close takes a minute, from other users, on a kernel that lets them "
            "(before Linux 6.16)", "none is closed by the daemon; others are served",
            f"{len(WAYS) + 2} ways: the next answer after {1000 * worst:.0f} ms at most; in a flood "
            f"of them p99 of others {p99:.2f} of that beside a process that makes them and sends none, "
            f"the slowest answer {1000 * slowest:.0f} ms; the end of the daemon took {1000 * ended:.0f} ms")
