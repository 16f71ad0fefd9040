#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Limits: connections in all and of one user, idle time, file descriptors, filters in memory."""
import os
import resource
import signal
import sys
import time

sys.dont_write_bytecode = True
from secprofd import *


def many():
    """A profile with 128 variants, one for each set of the first seven capabilities."""
    rules = [{"names": [name], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": [cap]}}
             for name, cap in zip(["mount", "chroot", "ptrace", "bpf", "reboot", "swapon", "acct"],
                                  ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
                                   "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID"])]
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules})


def test_per_uid(test):
    daemon = Daemon(test, "--max-connections-per-uid", "5", name="uid")
    clients = [daemon.client() for _ in range(5)]
    for client in clients:
        client.status()
    with daemon.client() as client:
        text = test.refused("one connection too many hears so", LIMIT, client.get, "default")
        test.equal("in words", text, "too many connections")
        try:
            client.status()
            test.fail("and is closed")
        except Closed:
            test.ok("and is closed")
    with daemon.client() as client:
        # It says nothing for a while, and is not kept for ever.
        try:
            client.receive()
            test.fail("one that says nothing is closed soon")
        except Closed:
            test.ok("one that says nothing is closed soon")
    test.equal("the others are served on", {c.get("default").n_insns for c in clients},
               {clients[0].get("default").n_insns})
    status = clients[0].status()
    test.equal("refused connections are counted", (status.connections, status.connections_refused),
               (5, 2))
    clients.pop().sock.close()
    test.until(lambda: clients[0].status().connections == 4, 5, "the connection ends")
    with daemon.client() as client:
        test.check(client.get("default").n_insns, "when one ends there is room for the next")
    if os.geteuid() == 0:
        pid = os.fork()
        if pid == 0:
            os.setresuid(1234, 1234, 1234)
            extra = [daemon.client() for _ in range(5)]
            os._exit(0 if all(c.get("default").n_insns for c in extra) else 1)
        test.equal("another user has connections of their own", os.waitpid(pid, 0)[1], 0)
    for client in clients:
        client.sock.close()
    daemon.stop()


def test_in_all(test):
    daemon = Daemon(test, "--max-connections", "8", name="all")
    clients = [daemon.client() for _ in range(8)]
    for client in clients:
        client.status()
    flood = [daemon.client() for _ in range(200)]
    answers = []
    for client in flood:
        try:
            client.status()
            answers.append(OK)
        except Refused as refused:
            answers.append(refused.status)
        except Closed:
            answers.append(None)
    test.equal("200 connections too many are all refused", set(answers) - {LIMIT, None}, set())
    test.check(LIMIT in answers, "those that wait for it hear so")
    test.check(all(c.status().connections == 8 for c in clients), "the others are served on")
    for client in clients + flood:
        client.sock.close()
    daemon.stop()


def test_reserve(test):
    """Others cannot use up what root needs, whatever user ids they have."""
    if os.geteuid() != 0:
        test.skip("limits of users other than the daemon's (this needs root)")
        return
    daemon = Daemon(test, "--max-connections", "16", "--max-connections-per-uid", "10",
                    "--max-subscribers", "8", name="reserve")
    reading, writing = os.pipe()

    def fill(uid):
        def count(call):
            done = 0
            try:
                for client in clients:
                    call(client)
                    done += 1
            except (Refused, Closed):
                pass
            return done
        pid = os.fork()
        if pid:
            return pid
        os.setresuid(uid, uid, uid)
        clients = [daemon.client() for _ in range(10)]
        served = count(lambda client: client.status())
        os.write(writing, bytes([served, count(lambda client: client.subscribe())]))
        signal.pause()
    first = fill(1234)
    test.equal("one user: as many connections as one may have, and a quarter of the subscribers",
               tuple(os.read(reading, 2)), (10, 2))
    second = fill(1235)
    test.equal("a second one: what is left, but for an eighth", os.read(reading, 2)[0], 4)
    with daemon.client() as client, daemon.client() as more:
        test.check(client.get("default").n_insns, "root finds room")
        test.check(client.subscribe() > 0, "and for a subscriber")
        test.check(more.get("default").n_insns, "and for a second connection")
        with daemon.client() as third:
            test.refused("but not for more than there may be", LIMIT, third.status)
    for pid in (first, second):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.close(reading)
    os.close(writing)
    daemon.stop()


def causes(daemon, uid, caps):
    """How many of these variants of one profile the user UID gets compiled."""
    def ask():
        done = 0
        with daemon.client() as client:
            for cap in caps:
                try:
                    client.get("many", caps=cap)
                    done += 1
                except Refused as refused:
                    if refused.status != RATE:
                        raise
        return str(done)
    return as_user(uid, uid, [], ask)


def test_owners(test):
    """Users have accounts of their own; the ids of one person's range share that person's."""
    if os.geteuid() != 0:
        test.skip("limits of other users (this needs root)")
        return
    test.mkdir("etc")
    test.write("etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n")
    test.write("etc/subuid", "nonsense\nalice:100000:65536\n")
    test.mkdir("owned")
    test.write("owned/many.json", many())
    caps = range(1, 128)
    daemon = Daemon(test, "--max-compiles-per-minute", "3", "--max-connections-per-uid", "4",
                    "--targets", "native", profiles=["owned"], name="owners",
                    prefix=["unshare", "--mount", "sh", "-c",
                            f'mount --bind {test.path("etc")} /etc && exec "$@"', "sh"])
    test.check("subuid: line 1 is skipped" in daemon.log(), "a bad line of subuid is said")
    test.equal("one user: as many new filters as one may cause",
               causes(daemon, 2000, caps[0:5]), "3")
    test.equal("another one, whatever its id: as many", causes(daemon, 2064, caps[5:10]), "3")
    test.equal("an id of a range: the same", causes(daemon, 100000, caps[10:15]), "3")
    test.equal("the next one of the range: nothing is left", causes(daemon, 165535, caps[15:20]), "0")
    test.equal("nor for its owner", causes(daemon, 1000, caps[20:25]), "0")

    def connect():
        clients, answers = [], []
        for _ in range(3):
            clients.append(daemon.client())
            try:
                answers.append(clients[-1].status().connections)
            except Refused as refused:
                answers.append(-refused.status)
        return repr(answers)

    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setresuid(100000, 100000, 100000)
        kept = [daemon.client() for _ in range(2)]
        for client in kept:
            client.status()
        os.write(writing, b"!")
        signal.pause()
    os.read(reading, 1)
    test.equal("two ids of a range share its connections",
               as_user(100001, 100001, [], connect), repr([3, 4, -LIMIT]))
    test.write("etc/new", "alice:200000:65536\n")
    os.rename(test.path("etc/new"), test.path("etc/subuid"))
    test.equal("a change of subuid is noticed", test.until(
        lambda: causes(daemon, 100002, caps[25:30]) == "3", 5, "the new subuid"), True)
    test.equal("and its new range", causes(daemon, 200000, caps[30:35]), "0")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    daemon.stop()


def test_few_fds(test):
    """With 1,024 fds the limits are smaller, the log says so, and root finds some."""
    test.mkdir("thousand")
    for i in range(1000):
        test.write(f"thousand/p{i:03}.json", profile(1 + i))
    daemon = Daemon(test, "--targets", "native", profiles=["thousand"], name="few", socket_name="few.sock",
                    prefix=["prlimit", "--nofile=1024:1024"], wait=False)
    daemon.wait(120)
    test.check("there are fds (RLIMIT_NOFILE 1024" in daemon.log(), "the log says what is missing",
               daemon.log()[:500])
    with daemon.client() as client:
        status = client.status()
        test.equal("as many profiles as there are fds for are served", (status.profiles, status.profiles_left_out),
                   (480, 520))
    if os.geteuid() != 0:
        test.skip("what other users leave for root (this needs root)")
        daemon.stop()
        return
    reading, writing = os.pipe()
    pids = []
    name = f"p{0:03}"
    with daemon.client() as client:
        name = min(client.list())
    for uid in (1234, 1235, 1236):
        pids.append(os.fork())
        if pids[-1] == 0:
            os.setresuid(uid, uid, uid)
            clients = [daemon.client() for _ in range(64)]
            for client in clients:
                try:
                    for _ in range(20):
                        client.sock.setblocking(False)
                        client.send(GET, get_body(name, delivery=FD))
                except (Closed, BlockingIOError):
                    pass
            os.write(writing, b"!")
            signal.pause()
    for _ in pids:
        os.read(reading, 1)
    with daemon.client() as client:
        client.status()
        for _ in range(20):
            answer = client.get(name, delivery=FD)
            os.close(answer.fd)
    test.ok("beside three users who read none of their fds root gets its own")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    daemon.stop()


def test_turns(test):
    """Who connects all the time keeps few places before others, and none before those who are
    connected."""
    backlog = 64
    daemon = Daemon(test, "--max-connections-per-uid", "200", "--targets", "native", name="turns",
                    socket_name="turns.sock")
    with daemon.client() as client:
        client.status()
        os.kill(daemon.pid, signal.SIGSTOP)
        test.until(lambda: field(daemon.pid, "State")[0] == "T", 5, "the daemon stops")
        waiting = []
        try:
            while len(waiting) < 2 * backlog:
                sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
                sock.connect(daemon.path)
                waiting.append(sock)
        except BlockingIOError:
            sock.close()
        test.equal("so many connections wait, and the next one for them", len(waiting), backlog + 1)
        for sock in waiting:
            sock.send(request(GET, get_body("default")))
        client.send(STATUS, named_body())
        os.kill(daemon.pid, signal.SIGCONT)
        status, reply, _ = client.receive()
        ahead = client.daemon_status(reply).connections - 1 if status == OK else None
        test.check(ahead is not None and ahead <= 1,
                   "a client that is connected waits for one of these at most", ahead)
        answers = []
        for sock in waiting:
            sock.settimeout(20)
            with sock:
                answers.append(len(sock.recv(1 << 17)) > HEADER.size)
        test.equal("and all are answered", answers, [True] * len(waiting))
        test.until(lambda: client.status().connections == 1, 20, "connections end")
        n, start = 1000, time.monotonic()
        for _ in range(n):
            daemon.client().sock.close()
        took = time.monotonic() - start
        # Eight in a millisecond; that many again may still wait.
        test.check(took > (n - backlog) / 8000 * 0.9,
                   f"{n} connections without a request are taken slowly: {took:.3f} s")
        test.until(lambda: client.status().connections == 1, 20, "connections end")
    daemon.stop()


def test_idle(test):
    daemon = Daemon(test, "--idle-timeout", "1", name="idle")
    with daemon.client() as idle, daemon.client() as busy, daemon.client() as silent:
        idle.status()
        start = time.monotonic()
        while time.monotonic() - start < 2.5:
            busy.status()
            time.sleep(0.1)
        for what, client in [("an idle connection", idle), ("one that never spoke", silent)]:
            try:
                client.receive()
                test.fail(f"{what} is closed")
            except Closed:
                test.ok(f"{what} is closed")
        test.equal("one that is in use is not", busy.status().connections, 1)
    daemon.stop()


def test_fds(test):
    """No fds left: the daemon neither spins nor dies, and goes on when there are some again. Its own
    limits follow from those that it has at its start, so they are taken from it later."""
    daemon = Daemon(test, "--idle-timeout", "0", name="fds")
    with daemon.client() as first:
        first.reload() # what it compiles at its start takes fds too
        before = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (48, before[1]))
        flood = [daemon.client() for _ in range(60)]

        def cpu():
            with open(f"/proc/{daemon.pid}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        time.sleep(0.5)
        start = cpu()
        time.sleep(2)
        used = cpu() - start
        test.check(used < 0.4, f"without fds it does not spin: {used:.2f} s of processor time in 2 s")
        test.check("cannot accept connections" in daemon.log(), "the log says so")
        test.check(first.status().connections > 20, "who is connected is served on")
        test.refused("an fd that cannot be made is a failure that is told", FAILED, first.get,
                     "default", FD)
        test.check(first.get("default", BYTES).n_insns, "bytes can still be fetched")
        for client in flood:
            client.sock.close()
        # The kernel holds those that are on their way, of whichever process of root, against this limit.
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, before)
        with daemon.client() as client:
            answer = client.get("default", FD)
            test.check(answer.fd >= 0, "with fds again all is served")
    daemon.stop()


def test_unread(test):
    """Fds that clients do not read count as the daemon's, and the kernel limits them: nobody may use
    them up for the others."""
    daemon = Daemon(test, name="unread")
    # After the start: what a daemon with so few takes on from the beginning does not use them up.
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE,
                     (400, resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)[1]))
    deaf = [daemon.client() for _ in range(40)]
    sent = [0] * len(deaf)
    asked = request(GET, get_body("default", delivery=FD))
    for client in deaf:
        client.sock.setblocking(False)
    closed = 0
    end = time.monotonic() + 2
    while time.monotonic() < end:
        for i, client in enumerate(deaf):
            try:
                for _ in range(64):
                    client.sock.send(asked)
                    sent[i] += 1
            except BlockingIOError:
                pass
            except OSError:
                closed += 1
        time.sleep(0.01)
    test.equal("clients that do not read keep their connections", closed, 0)
    with daemon.client() as client:
        try:
            answer = client.get("default", FD)
            test.check(answer.fd >= 0, "beside 40 of them another one gets its fd")
            os.close(answer.fd)
        except Closed:
            test.fail("beside 40 of them another one gets its fd (the connection was closed)")
    deaf[0].sock.settimeout(20)
    right = 0
    try:
        for _ in range(sent[0]):
            status, _, fds = deaf[0].receive()
            right += status == OK and len(fds) == 1
            for fd in fds:
                os.close(fd)
    except Closed:
        pass
    test.equal("who reads after all gets all replies, each with its fd", right, sent[0])
    for client in deaf:
        client.sock.close()
    daemon.stop()


def test_wide(test):
    """Long replies between those with fds."""
    daemon = Daemon(test, name="wide")
    with daemon.client() as client:
        for delivery in (FD, BYTES, FD, PROFILE, BYTES):
            client.send(GET, get_body("default", delivery=delivery))
            client.send(LIST, named_body())
        for delivery in (FD, BYTES, FD, PROFILE, BYTES):
            status, reply, fds = client.receive()
            answer = client.filter(reply, fds, delivery)
            if answer.fd is not None:
                os.close(answer.fd)
            status, reply, _ = client.receive()
            if status != OK or len(reply) < 256 * 176:
                test.fail(f"a list of 256 profiles, status {status}, {len(reply)} bytes")
                return
    test.ok("lists of 45 KB and fds in turn on one connection")
    daemon.stop()


def test_variants(test):
    """Filters in memory are bounded; those of this machine stay."""
    test.write("p/many.json", many())
    daemon = Daemon(test, "--max-variants", "10", name="variants")
    with daemon.client() as client:
        plain = client.get("many").digest
        digests = [client.get("many", caps=i).digest for i in range(128)]
        test.equal("128 capability sets, 128 filters", len(set(digests)), 128)
        status = client.status()
        test.check(status.variants <= 10 + 2, "of which few stay in memory", status.variants)
        before = client.status().compiles
        test.equal("an old one is made again, the same", client.get("many", caps=3).digest, digests[3])
        test.equal("by a compile", client.status().compiles - before, 1)
        test.equal("this machine's own stayed", (client.get("many").digest,
                   client.status().compiles - before), (plain, 1))
    daemon.stop()
    os.unlink(test.path("p/many.json"))


def test_compiles(test):
    """New variants are rationed for each user; what is there already is not."""
    if os.geteuid() != 0:
        test.skip("other users' compiles (this needs root)")
        return
    test.write("p/caps.json", conditional(3))
    daemon = Daemon(test, "--max-compiles-per-minute", "2", "--targets", "native", name="compiles",
                    socket_name="compiles")

    def ask(*caps):
        answers = []
        with daemon.client() as client:
            for cap in caps:
                try:
                    client.get("caps", caps=cap)
                    answers.append("ok")
                except Refused as refused:
                    answers.append(f"{refused.status}")
        return " ".join(answers)

    chroot, admin = 1 << 18, 1 << 21
    test.equal("a user gets two new filters, and no third one in the same minute",
               as_user(1234, 1234, [], lambda: ask(0, chroot, admin, chroot | admin)), f"ok ok ok {RATE}")
    test.equal("but all that are there", as_user(1234, 1234, [], lambda: ask(0, chroot, admin)), "ok ok ok")
    test.equal("another user has a share of their own",
               as_user(1235, 1235, [], lambda: ask(chroot | admin)), "ok")
    test.equal("whose filter is then there for all", as_user(1234, 1234, [], lambda: ask(chroot | admin)),
               "ok")
    with daemon.client() as client:
        test.check(all(errno_of(client.compile(profile(i)).code) == i for i in range(1, 8)),
                   "root has no such limit")
        test.equal("what was refused left no job behind", client.status().jobs, 0)
    daemon.stop()
    os.unlink(test.path("p/caps.json"))


def test_background(test):
    """Who is refused has no say in what is compiled ahead of time: it neither goes nor comes first."""
    if os.geteuid() != 0:
        test.skip("a refused user and what is compiled ahead of time (this needs root)")
        return
    test.mkdir("ahead")
    test.mkdir("ahead-cache", 0o700)
    test.write("ahead/y.json", conditional(1))
    daemon = Daemon(test, "--max-compiles-per-minute", "1", "--workers", "1", profiles=["ahead"],
                    cache="ahead-cache", name="ahead", socket_name="ahead.sock")

    def spend():
        with daemon.client() as other:
            return str(other.get("y", caps=1 << 18).n_insns > 0)

    with daemon.client(timeout=60) as client:
        test.equal("a user gets the one filter of a minute", as_user(1234, 1234, [], spend), "True")
        daemon.idle()
        earlier = client.status().compiles
        test.replace("ahead/x.json", heavy(400))
        test.until(lambda: "x" in client.list() and client.list()["x"].state == SERVED, 60, "x")
        stopped, jobs = set(), 0
        while jobs != client.status().jobs:  # until nothing moves any more
            for pid in daemon.workers():
                if signal_if_there(pid, signal.SIGSTOP):
                    stopped.add(pid)
            time.sleep(0.2)
            jobs = client.status().jobs
        before = client.status()
        test.check(before.jobs > 3, f"{before.jobs} compiles ahead of time wait")

        def ask():
            refused = 0
            with daemon.client() as other:
                for arch in ABIS:
                    try:
                        other.get("x", arch=arch)
                    except Refused as error:
                        refused += error.status == RATE
            return str(refused)

        refused = int(as_user(1234, 1234, [], ask))
        test.check(refused >= before.jobs, f"who has had it is refused {refused} times")
        after = client.status()
        test.equal("and no job comes or goes", (after.jobs, after.waiting), (before.jobs, 0))
        for pid in stopped:
            signal_if_there(pid, signal.SIGCONT)
        done = daemon.idle()
        test.until(lambda: len(os.listdir(test.path("ahead-cache/entries"))) >= done.compiles, 20,
                   "all is on the disk")
        test.equal("each architecture is compiled once", done.compiles - earlier,
                   sum(tells_arch(client, "y", arch) for arch in ABIS))
        left = sum(tells_arch(client, "x", arch) for arch in ABIS)
        now = client.status()
        test.equal("all is compiled ahead of time", (now.compiles, now.worker_failures),
                   (done.compiles, 0))
        test.check(left > refused, f"for {left} architectures", now)
    daemon.stop()


# AUDIT_ARCH_* of what libseccomp has: linux/audit.h.
ABIS = [0xC000003E, 0x40000003, 0xC00000B7, 0x40000028, 0x80000016, 0x16, 0xC00000F3, 0xC0000015, 0x80000015, 0x14,
        0x8, 0x40000008, 0x80000008, 0xC0000008, 0xA0000008, 0xE0000008, 0xF, 0x8000000F]


def tells_arch(client, name, arch):
    """True where there is a filter for this architecture."""
    try:
        return client.get(name, arch=arch).n_insns > 0
    except Refused as refused:
        if refused.status != BAD_TARGET:
            raise
        return False


def test_memory(test):
    """The texts of profiles are in memory once, not twice: after they were read, malloc gives back."""
    test.mkdir("large")
    for i in range(300):
        test.write(f"large/x{i}.json", profile(1 + i, comment="c" * 50_000))
    daemon = Daemon(test, "--targets", "native", profiles=["large"], name="memory",
                    socket_name="memory.sock")
    with daemon.client() as client:
        test.equal("300 profiles are served", client.status().profiles, 300)
    mib = int(field(daemon.pid, "RssAnon").split()[0]) // 1024
    with open(os.path.join(test.build, "secprofd"), "rb") as file:
        sanitized = b"__asan_init" in file.read()
    if sanitized:
        test.skip("how much memory it takes (the sanitizers keep what is freed)")
    else:
        test.check(mib < 8, f"their 15 MB of text are not in its own memory: {mib} MiB")
    daemon.stop()


with Test() as test:
    test.mkdir("p")
    test.write("p/default.json", profile(1))
    test_per_uid(test)
    test_in_all(test)
    test_reserve(test)
    test_owners(test)
    test_few_fds(test)
    test_turns(test)
    test_idle(test)
    test_fds(test)
    test_unread(test)
    test_variants(test)
    test_compiles(test)
    test_background(test)
    for i in range(300):
        test.write(f"p/more{i:03}.json", profile(1))
    test_wide(test)
    test_memory(test)
