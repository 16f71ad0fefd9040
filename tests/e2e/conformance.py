#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""protocol/PROTOCOL.md, statement by statement: each has a mark such as [C3], and a function here that
shows it against a daemon, or with clients against the server of grown_server.py. What a mark is missing
for, there or here, is a failure. With --check, as the linter runs it, only that is looked at."""
import ctypes
import os
import re
import select
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../client/python"))
import secprof
from secprofd import *
import conformance_document as document

SHOWN = {}
LISTENING = profile(44, listenerPath="/run/l").replace("SCMP_ACT_ERRNO", "SCMP_ACT_NOTIFY").replace(
    ', "errnoRet": 44', "")


def shows(*marks):
    def keep(function):
        SHOWN.update(dict.fromkeys(marks, function))
        return function
    return keep


def answer(daemon, *packets):
    """The whole replies to packets that are sent at once on one connection, until it ends or all are there."""
    replies = []
    with daemon.client() as client:
        for packet in packets:
            try:
                client.sock.send(packet)
            except BrokenPipeError:
                break
        while len(replies) < len(packets):
            data = client.sock.recv(65536)
            if not data:
                break
            replies.append(data)
    return replies


def refusal_of(daemon, packet):
    """Status, reason and field of the reply to one packet."""
    (data,) = answer(daemon, packet)
    status = HEADER.unpack_from(data)[5]
    if status == OK:
        return OK, 0, 0
    what = refusal(status, data[HEADER.size:])
    return status, what.reason, what.field


def refused(test, what, call, *args, status=None, reason=None, **more):
    """The call is refused so; returns the refusal."""
    try:
        call(*args, **more)
    except Refused as error:
        test.check((status, reason) in ((error.status, error.reason), (None, error.reason)), what, error)
        return error
    test.fail(f"{what}: it is not refused")
    return Refused(0, "")


@shows("C1")
def socket_path(test, daemon):
    result = subprocess.run([os.path.join(test.build, "secprofctl"), "list"], capture_output=True, text=True,
                            env={**os.environ, "SECPROF_SOCKET": daemon.path}, check=False)
    test.check("good" in result.stdout, "SECPROF_SOCKET names the socket", result)
    test.equal("without it there is a default", secprof.DEFAULT_SOCKET, "/run/secprof/secprof.sock")


@shows("C2", "C3", "H1", "N1", "N7")
def packets(test, daemon):
    with daemon.client() as client:
        test.equal("it is a seqpacket socket", client.sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE),
                   socket.SOCK_SEQPACKET)
        test.equal("there is no greeting", select.select([client.sock], [], [], 0.1)[0], [])
        client.sock.send(request(GET, get_body("good"), serial=0xDEADBEEF))
        data, _, flags, _ = client.sock.recvmsg(65536)
        test.equal("a packet is read whole", flags & socket.MSG_TRUNC, 0)
        test.equal("the header is as the table says", struct.unpack_from("<4sHHIIII", data),
                   (b"SPRF", 1, GET, len(data), 0xDEADBEEF, OK, 0))
        test.equal("one request has one reply", select.select([client.sock], [], [], 0.1)[0], [])
        client.sock.send(request(GET, get_body("none")))
        data = client.sock.recv(65536)
        _, _, _, offset, length, _ = REFUSAL.unpack_from(data, HEADER.size)
        test.equal("offsets count from the start of the packet", (offset + length, data[offset:][:7]),
                   (len(data), b"no such"))


@shows("C4", "R1")
def order(test, daemon):
    with daemon.client() as one, daemon.client() as other:
        test.write("p/new.json", profile(77))
        one.sock.send(request(RELOAD, bytes(8), serial=1))
        for serial in range(2, 9):
            one.sock.send(request(GET, get_body("new"), serial=serial))
        test.equal("others do not wait", other.get("good").n_insns > 0, True)
        replies = [one.sock.recv(65536) for _ in range(8)]
        test.equal("replies come in the order of the requests", [HEADER.unpack_from(r)[4] for r in replies],
                   list(range(1, 9)))
        test.equal("what was on the disk is in service when RELOAD is answered",
                   [HEADER.unpack_from(r)[5] for r in replies], [OK] * 8)


@shows("C5", "C6", "M1", "E3")
def credentials(test, daemon):
    if os.geteuid() != 0:
        test.skip("who asks (this needs root)")
        return
    client = daemon.client()
    test.equal("what the process becomes later changes nothing",
               as_user(1234, 1234, [], lambda: str(client.reload().profiles > 0)), "True")
    client.sock.close()

    def ask():
        got = []
        with daemon.client() as mine:
            for call in (lambda: mine.get("private"), mine.reload, lambda: mine.compile(profile(5))):
                try:
                    call()
                    got.append(OK)
                except Refused as error:
                    got.append(error.status)
            got.append(mine.get("good").n_insns > 0)
        return repr(got)
    test.equal("others get what they could read; and the connection goes on after refusals",
               as_user(1234, 1234, [], ask), repr([NOT_FOUND, FORBIDDEN, FORBIDDEN, True]))
    test.equal("a group of the client counts", as_user(1234, 1234, [4321], ask),
               repr([OK, FORBIDDEN, FORBIDDEN, True]))
    with daemon.client() as admin:
        before = admin.status().compiles
        admin.compile(profile(5))
        admin.compile(profile(5))
        test.equal("the same text is compiled once", admin.status().compiles - before, 1)


@shows("C7", "C8", "W5")
def ends(test, _):
    daemon = Daemon(test, "--idle-timeout", "1", "--max-connections-per-uid", "4", "--workers", "1",
                    name="ends", socket_name="ends")
    with daemon.client() as watching, daemon.client() as idle, daemon.client() as busy:
        watching.subscribe()
        idle.status()
        with daemon.client() as fourth, daemon.client() as fifth:
            fourth.status()
            refused(test, "a connection too many is told so", fifth.status, status=LIMIT, reason=1001)
            test.equal("and ends", fifth.sock.recv(1), b"")
        test.equal("an idle connection ends", idle.sock.recv(65536), b"")
        test.equal("without an error", idle.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0)
        # The daemon finds both at once: what was asked, and that it has to stop.
        busy.sock.close()
        late = daemon.client()
        late.status()
        os.kill(daemon.pid, signal.SIGSTOP)
        for serial in range(4):
            late.sock.send(request(STATUS, named_body(), serial=serial))
        os.kill(daemon.pid, signal.SIGTERM)
        os.kill(daemon.pid, signal.SIGCONT)
        replies = [late.sock.recv(65536) for _ in range(5)]
        test.equal("what was asked before the end is answered, and then it ends",
                   [HEADER.unpack_from(r)[4] if r else None for r in replies], [0, 1, 2, 3, None])
        test.check({HEADER.unpack_from(r)[5] for r in replies[:4]} <= {OK, STOPPING}, "with 0 or 11")
        try:
            late.sock.send(request(STATUS, named_body()))
            test.fail("it can send after the end")
        except BrokenPipeError:
            test.ok("a send after the end fails with EPIPE")
        late.sock.close()
        test.equal("a subscription ends too", watching.sock.recv(65536), b"")
        test.equal("the daemon ended well", daemon.stop(), 0)


@shows("C9", "S2", "V7", "L2")
def status(test, daemon):
    with daemon.client() as client:
        one = client.status()
        test.equal("limits are what the daemon was told",
                   (one.limits.compile_ms, one.limits.max_compiles_per_minute, one.limits.max_request,
                    one.limits.max_profile, one.limits.max_entries), (17000, 1, 1024, 1 << 20, 256))
        test.equal("STATUS has the length that it should have", len(client.call(STATUS, named_body())[0]), 360)
        answered = client.get("conditional", caps=1 << 21)
        test.check(answered.n_insns > 0, "what has to be compiled is answered when that is done")
        test.equal("the features say what can be delivered",
                   (one.features & 6, bool(one.features & 1)),
                   (4, refusal_of(daemon, request(GET, get_body("good", delivery=3)))[0] == OK))
        _, n, more, offset, size = struct.unpack_from("<QIIII", client.call(LIST, named_body())[0])
        test.equal("LIST says where its entries are", (n > 3, more, offset, size), (True, 0, 48, 176))


@shows("C10", "H2")
def bad_packets(test, daemon):
    good = request(STATUS, named_body())
    test.equal("a packet shorter than a header ends the connection, behind the reply before it",
               len(answer(daemon, good, good[:23], good)), 1)
    test.equal("another magic does", len(answer(daemon, good, b"X" + good[1:], good)), 1)
    with daemon.client() as client, open(os.devnull, "rb") as null:
        client.status()
        try:
            send_with_fds(client.sock, good, [null.fileno()] * 9)
            test.equal("nine fds do", client.sock.recv(65536), b"")
        except PermissionError:
            test.skip("nine fds (the kernel does not send those of this user)")


@shows("N2", "N4", "G2", "G4", "S1")
def numbers(test, daemon):
    with daemon.client() as client:
        reply, _ = client.call(GET, get_body("good"))
        found = client.filter(reply, [], BYTES)
        test.equal("a filter lies at a multiple of 8, where the reply says",
                   (found.offset, found.size, len(reply) + HEADER.size), (128, 8 * found.n_insns, 128 + found.size))
        test.equal("it is the daemon's machine's, in its mode", (found.arch != 0, found.mode, found.info),
                   (True, 0, 0))
        foreign = client.get("good", arch=S390X)
        test.equal("the filter of a machine of the other byte order has that order",
                   struct.unpack_from(">H", foreign.code)[0], 0x20)
        raw = client.call(STATUS, named_body())[0][192 - 24:256 - 24]
        test.check(re.fullmatch(rb"[0-9.]+[^\0]*\0+", raw[:32]) and re.fullmatch(rb"[0-9.]+\0+", raw[32:]),
                   "texts of fixed size are padded with NUL", raw)


@shows("N3", "S3")
def texts(test, daemon):
    with daemon.client() as client:
        one = client.profile("odd")
        test.equal("bytes of a path that are no text are escaped, and the backslash", one.path,
                   test.path("odd") + r"\xff\x5c/odd.json")
        broken = client.profile("broken")
        test.check("broken.json:1:" in broken.text and broken.state == IS_BROKEN, "the errors are a text",
                   broken.text)
        error = refused(test, "so is a refusal", client.get, "oddbroken", status=BROKEN, reason=901)
        test.check(r"\xff" in error.text, "which is UTF-8 in every case", error.text)


# What is wrong, in the order in which it is looked at: a packet, and how it is refused.
def faults():
    good = get_body("good")
    named = named_body()
    yield "version 2", request(GET, good, version=2), (BAD_VERSION, 101, 4)
    yield "and the version comes before the opcode", request(99, good, version=2), (BAD_VERSION, 101, 4)
    yield "opcode 99", request(99, good), (BAD_OPCODE, 201, 6)
    yield "and the opcode before the length", request(99, good, length=1), (BAD_OPCODE, 201, 6)
    yield "a wrong length", request(GET, good, length=1), (BAD_LENGTH, 301, 8)
    yield "a short request", request(GET, good[:-1]), (BAD_LENGTH, 302, 8)
    yield "a request of 1,025 bytes", request(GET, good + bytes(1025 - 280 + 24)), (BAD_LENGTH, 303, 8)
    yield "and the length before the fields", request(GET, b"", zero=1), (BAD_LENGTH, 302, 8)
    yield "a status", request(GET, good, status=1), (BAD_REQUEST, 401, 16)
    yield "zero in the header", request(GET, good, zero=1), (BAD_REQUEST, 401, 20)
    yield "an unknown mode", request(GET, get_body("good", mode=3)), (BAD_REQUEST, 402, 44)
    yield "a generation", request(GET, get_body("good", generation=1)), (BAD_REQUEST, 401, 48)
    yield "zero in GET", request(GET, get_body("good", zero=1)), (BAD_REQUEST, 401, 56)
    yield "a label", request(GET, get_body("good", label=b"x")), (BAD_REQUEST, 401, 192)
    yield "zero in LIST", request(LIST, named[:-1] + b"x"), (BAD_REQUEST, 401, 159)
    yield "zero in STATUS", request(STATUS, named[:-1] + b"x"), (BAD_REQUEST, 401, 159)
    yield "zero in SUBSCRIBE", request(SUBSCRIBE, bytes(7) + b"x"), (BAD_REQUEST, 401, 31)
    yield "something behind what is known", request(GET, good + bytes(9) + b"x"), (BAD_REQUEST, 401, 265)
    yield "no delivery", request(GET, get_body("good", delivery=0)), (BAD_REQUEST, 402, 40)
    yield "no fd", request(COMPILE, compile_body(delivery=BYTES)), (BAD_REQUEST, 403, 0)
    yield "rules", request(GET, get_body("good", delivery=5)), (UNDELIVERABLE, 1305, 0)
    yield "no name", request(GET, get_body("")), (BAD_NAME, 501, 64)
    yield "no such profile", request(GET, get_body("none")), (NOT_FOUND, 601, 0)
    yield "no such architecture", request(GET, get_body("good", arch=1)), (BAD_TARGET, 701, 0)
    yield "one that is not served", request(GET, get_body("good", arch=AARCH64)), (BAD_TARGET, 703, 0)
    yield "a broken profile", request(GET, get_body("broken")), (BROKEN, 901, 0)
    yield "a file that is not to be trusted", request(GET, get_body("open")), (BROKEN, 903, 0)


@shows("E1", "E2", "E4", "N5", "N6", "V6", "V8", "G1", "L1", "G9")
def refusals(test, daemon):
    for what, packet, wanted in faults():
        got = refusal_of(daemon, packet)
        # Of 8 bytes that are one number, the field is where that begins.
        test.check(got == wanted or (got[:2] == wanted[:2] and got[2] == wanted[2] & ~7), f"refused: {what}", got)
    (data,) = answer(daemon, request(GET, get_body("good"), version=2))
    test.equal("the header of a refused version is understood", struct.unpack_from("<4sH", data), (b"SPRF", 1))
    for name in (".x", "-x", "a/b", "a b", "x" * 128, "\u00e4", "a@audit", "a@log"):
        test.equal(f"not a name: {name[:9]}", refusal_of(daemon, request(GET, get_body(name)))[:2], (BAD_NAME, 501))
    test.equal("a longer request is taken if the rest is 0",
               refusal_of(daemon, request(GET, get_body("good") + bytes(1024 - 24 - 232)))[0], OK)
    with daemon.client() as client:
        entries = list(client.list())
        reply, _ = client.call(LIST, named_body(entries[1]))
        test.equal("a list begins after a name", read_entry(reply, 24)[0], entries[2])
    if os.geteuid() == 0:
        def ask():
            with daemon.client() as mine:
                for cap in range(20):
                    try:
                        mine.get("many", caps=1 << cap)
                    except Refused as error:
                        return repr((error.status, error.reason, 0 < error.retry_ms <= 60001))
            return "never"
        test.equal("who asks for too much hears when to try again", as_user(1234, 1234, [], ask),
                   repr((RATE, 1401, True)))


@shows("G3")
def generations(test, daemon):
    with daemon.client() as client:
        before = client.status()
        test.write("p/new.json", profile(78))
        client.reload()
        after, other = client.status(), client.get("good")
        test.check(after.generation > before.generation, "the generation grows with a change")
        test.equal("and is the daemon's, not the profile's", other.generation, after.generation)
        test.check(client.list()["new"].generation == after.generation > client.list()["good"].generation,
                   "an entry has that of its own last change")
        test.check(before.instance == after.instance != bytes(16), "the instance stays")


@shows("G5", "G6", "G8")
def files(test, daemon):
    with daemon.client() as client:
        one, two = client.get("good", FD), client.get("good", FD)
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
        test.equal("the file is sealed, read-only, and as long as the filter",
                   (fcntl.fcntl(one.fd, fcntl.F_GET_SEALS) & seals, fcntl.fcntl(one.fd, fcntl.F_GETFL) & os.O_ACCMODE,
                    os.fstat(one.fd).st_size, one.offset), (seals, os.O_RDONLY, 8 * one.n_insns, 0))
        os.read(one.fd, 8)
        test.equal("one file, with offsets of their own",
                   (os.fstat(one.fd).st_ino, os.lseek(two.fd, 0, os.SEEK_CUR)), (os.fstat(two.fd).st_ino, 0))
        source = client.get("good", PROFILE)
        test.equal("the profile is delivered as it was read", (source.code.decode(), source.digest),
                   (profile(1), one.digest))
        for found in (one, two, source):
            os.close(found.fd)


@shows("G7", "X1", "X2", "X3", "X4")
def helper(test, daemon):
    with daemon.client() as client:
        if not client.status().features & 1:
            test.skip("the helper (this daemon has none)")
            return
        got = client.get("good", 3)
        os.set_inheritable(got.fd, False)
        where = os.fstat(got.fd)
        test.equal("the helper can be executed", (where.st_mode & 0o777, os.pread(got.fd, 4, 0)), (0o555, b"\x7fELF"))

        def run(*command, root=None):
            read, write = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.dup2(write, 1)
                if root:
                    os.chroot(root)
                    os.chdir("/")
                os.execve(got.fd, ["secprof-helper", "--", *command], {"PATH": "/usr/bin:/bin"})
            os.close(write)
            with os.fdopen(read) as pipe:
                text = pipe.read()
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text
        test.equal("it becomes a command", run("sh", "-c", "exit 3")[0], 3)
        test.equal("one that is not there", run("no-such-command")[0], 127)
        test.equal("one that is no program", run("/dev/null")[0], 126)
        test.check("memfd" not in run("ls", "-l", "/proc/self/fd")[1], "which does not get the fd")
        test.mkdir("root")
        if os.geteuid() == 0:
            test.equal("in a root without /proc", run("no-such-command", root=test.path("root"))[0], 127)
        os.close(got.fd)
        refused(test, "none for a listener", client.get, "listening", 3, reason=1303)
        refused(test, "none for another architecture", client.get, "good", 3, arch=S390X, reason=1302)


@shows("G10")
def recipe(test, daemon):
    """In a process with eight threads: how many are under the filter then."""
    with daemon.client() as client:
        found = client.get("good")
    number = {"x86_64": 317, "aarch64": 277}.get(os.uname().machine)
    if not number:
        test.skip("the recipe (its call has another number here)")
        return

    class Program(ctypes.Structure):
        _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
    for flags, wanted in ((0, 1), (1, 8)):
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            libc = ctypes.CDLL(None, use_errno=True)
            code = ctypes.create_string_buffer(found.code, len(found.code))
            program = Program(found.n_insns, ctypes.addressof(code))
            stop = threading.Event()
            for _ in range(7):
                threading.Thread(target=stop.wait, daemon=True).start()
            libc.prctl(38, 1, 0, 0, 0)
            libc.syscall(number, 1, found.flags | flags, ctypes.byref(program))
            under = sum(field(f"self/task/{t}", "Seccomp") == "2" for t in os.listdir("/proc/self/task"))
            os.write(write, b"%d" % under)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            test.equal(f"threads under the filter with the flags {flags}", pipe.read(), str(wanted))
        os.waitpid(pid, 0)


def answers(code):
    """What a filter of this machine can answer: the constants of its return instructions."""
    return {k for op, _, _, k in struct.iter_unpack("=HBBI", code) if op == 6}


@shows("G11")
def modes(test, daemon):
    allow, log, kill_thread = 0x7fff0000, 0x7ffc0000, 0
    with daemon.client() as client:
        plain, audit, logged = (client.get("good", mode=mode) for mode in (0, 1, 2))
        test.equal("the reply has the mode", (plain.mode, audit.mode, logged.mode), (0, 1, 2))
        test.check(kill_thread in answers(plain.code), "a filter kills what is foreign")
        test.equal("in audit mode it lets everything through", answers(audit.code) | {allow}, {allow, log})
        test.equal("in log mode it is the same, and the kernel is asked to log", (logged.code, logged.flags),
                   (plain.code, plain.flags | 2))
        asked = client.get("listening", mode=1)
        test.check(answers(asked.code) <= {allow, log}, "in audit mode no listener decides", answers(asked.code))
        if os.geteuid() == 0:
            test.equal("a profile by content has modes too",
                       answers(client.compile(profile(5), mode=1).code) | {allow}, {allow, log})


@shows("M2", "M3", "M4", "M5")
def compiles(test, daemon):
    if os.geteuid() != 0:
        test.skip("COMPILE (this needs root)")
        return
    with daemon.client() as client:
        whole = sealed(profile(5).encode())
        for mark, body, reason in (("mode", compile_body(delivery=BYTES, mode=3), 402),
                                   ("label", compile_body(delivery=BYTES, label=b"x"), 401),
                                   ("delivery 4", compile_body(delivery=4), 402)):
            refused(test, f"COMPILE with a {mark}", client.call, COMPILE, body, fds=[whole], reason=reason)
        for what, fd in (("without seals", sealed(b"{}", 0)), ("a file", os.open(__file__, os.O_RDONLY))):
            refused(test, f"an fd {what}", client.call, COMPILE, compile_body(delivery=BYTES), fds=[fd], reason=404)
            os.close(fd)
        error = refused(test, "a profile that does not compile", client.compile, '{"defaultAction": 1}', reason=901)
        test.check(re.match(r"profile:1:\d+: error: ", error.text), "has a line for each error", error.text)
        refused(test, "no text", client.compile, b"", status=BROKEN, reason=902)
        refused(test, "a text over 1 MiB", client.compile, b" " * ((1 << 20) + 1), status=BROKEN, reason=902)
    try:
        socket.socket(socket.AF_UNIX).getsockopt(socket.SOL_SOCKET, 83)
    except OSError:
        test.skip("fds on a fresh connection (this needs Linux 6.16)")
        os.close(whole)
        return
    os.kill(daemon.pid, signal.SIGSTOP)
    fresh = daemon.client()
    try:
        socket.send_fds(fresh.sock, [request(COMPILE, compile_body(delivery=BYTES))], [whole])
        test.fail("an fd is sent on a connection that is not accepted")
    except PermissionError:
        test.ok("on a connection that is not accepted, EPERM")
    os.kill(daemon.pid, signal.SIGCONT)
    fresh.status()
    test.check(fresh.call(COMPILE, compile_body(delivery=BYTES), [whole])[0], "and after the answer to STATUS it is sent")
    fresh.sock.close()
    os.close(whole)


@shows("L3", "R2")
def lists(test, daemon):
    with daemon.client() as client:
        entries = client.list()
        test.equal("names are sorted by their bytes", list(entries), sorted(entries))
        test.equal("states", [entries[n].state for n in ("good", "broken", "stale")], [SERVED, IS_BROKEN, STALE])
        test.equal("the digest is that of GET", (entries["good"].digest, entries["good"].n_insns),
                   (client.get("good").digest, client.get("good").n_insns))
        test.equal("a stale filter says so", client.get("stale").info & 1, 1)
        test.equal("nothing is in service", (entries["broken"].generation, entries["broken"].digest), (0, bytes(32)))
        answered = client.reload()
        test.equal("RELOAD counts", (answered.profiles, answered.broken), (len(entries), sum(
            entry.state in (STALE, IS_BROKEN) for entry in entries.values())))


@shows("W1", "W2", "W3", "W4")
def changes(test, daemon):
    with daemon.client() as watching, daemon.client() as client:
        generation = watching.subscribe()
        test.equal("SUBSCRIBE says the daemon's generation", generation, client.status().generation)
        watching.sock.send(request(STATUS, named_body(), serial=99))
        test.write("p/changing.json", profile(5))
        client.reload()
        one = watching.change()
        test.equal("a change is the entry of LIST", (one.name, one.kind, one.entry),
                   ("changing", SERVED, client.list()["changing"]))
        os.unlink(test.path("p/changing.json"))
        client.reload()
        gone = watching.change()
        test.equal("one that is gone has a name only", (gone.name, gone.kind, gone.entry),
                   ("changing", GONE, Record(generation=0, digest=bytes(32), n_insns=0, state=0)))
        test.equal("a request behind it gets no reply", select.select([watching.sock], [], [], 0.2)[0], [])


def grown_clients(test, path):
    def ctl(*command):
        done = subprocess.run([os.path.join(test.build, "secprofctl"), *command], capture_output=True, timeout=20,
                              env={**os.environ, "SECPROF_SOCKET": path}, check=False)
        return done.returncode, done.stdout, done.stderr.decode()
    code = struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000)
    test.equal("C: a longer reply to GET", ctl("get", "a")[1], code)
    rc, out, _ = ctl("list", "--json")
    test.equal("C: longer entries, and one in an unknown state is left out",
               (rc, [entry["name"] for entry in json.loads(out)["profiles"]]), (0, ["a", "c"]))
    rc, out, _ = ctl("status", "--json")
    test.equal("C: STATUS", (rc, json.loads(out)["version"]), (0, "9.0"))
    rc, out, error = ctl("get", "status-99")
    test.check(rc != 0 and not out and "a refusal of the future" in error, "C: an unknown status is a failure", error)
    for fault in ("magic", "version", "length", "opcode", "serial", "short", "offset", "before", "text", "digest",
                  "mode"):
        rc, out, _ = ctl("get", fault)
        test.check(rc != 0 and not out, f"C: a bad reply ({fault}) is not used", (rc, out))
    with secprof.Client(path) as client:
        test.equal("Python: a longer reply to GET", client.get("a").code, code)
        test.equal("Python: entries", [entry.name for entry in client.profiles()], ["a", "c"])
        with client.watch(timeout=5) as watch:
            test.equal("Python: unknown kinds", [next(watch).kind.name for _ in range(3)], ["SERVED", "GONE", "LOST"])


@shows("V1", "V2", "V3", "V4", "V5")
def grown(test, _):
    """secprofctl is the C library's; Go's client is tested so by client-go.sh."""
    path = test.path("grown")
    with subprocess.Popen([sys.executable, os.path.join(HERE, "grown_server.py"), path], stdout=subprocess.PIPE) as server:
        server.stdout.readline()
        try:
            grown_clients(test, path)
        finally:
            server.terminate()


def check_marks(complain):
    """Each statement has a mark, and each mark a function here."""
    marks = document.marks(complain)
    for mark in sorted(set(marks) ^ set(SHOWN)):
        complain(f"[{mark}] is " + ("not shown in conformance.py" if mark in marks else "not in PROTOCOL.md"))
    return len(marks)


if sys.argv[1:] == ["--check"]:
    wrong = []
    found = check_marks(wrong.append)
    print("\n".join(wrong + [f"{found} statements, {len(wrong)} complaints"]))
    sys.exit(bool(wrong))

with Test() as test:
    check_marks(test.fail)
    odd = os.fsencode(test.path("odd")) + b"\xff\\"
    test.mkdir("p")
    os.mkdir(odd)
    test.write("p/good.json", profile(1))
    test.write("p/private.json", profile(2), 0o640)
    if os.geteuid() == 0:
        os.chown(test.path("p/private.json"), 0, 4321)
    test.write("p/broken.json", "{")
    test.write("p/open.json", profile(3), 0o666)
    test.write("p/stale.json", profile(4))
    test.write("p/conditional.json", conditional(5))
    test.write("p/listening.json", LISTENING)
    rules = [{"names": [f"{name}"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": [f"CAP_{cap}"]}}
             for name, cap in (("chown", "CHOWN"), ("kill", "KILL"), ("setuid", "SETUID"), ("mknod", "MKNOD"))]
    test.write("p/many.json", json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}))
    for name, text in (("odd", profile(6)), ("oddbroken", "{")):
        with open(odd + b"/" + name.encode() + b".json", "w", encoding="utf-8") as file:
            file.write(text)
    with open(test.path("p/open.json"), "rb") as file:
        os.fchmod(file.fileno(), 0o666)
    daemon = Daemon(test, "--workers", "2", "--compile-timeout", "17", "--max-compiles-per-minute", "1",
                    "--targets", f"{os.uname().machine},s390x", "--profiles", os.fsdecode(odd))
    test.write("p/stale.json", "{")
    with daemon.client() as client:
        client.reload()
    for function in dict.fromkeys(SHOWN.values()):
        function(test, daemon)
    test.equal("the daemon ended well", daemon.stop(), 0)
