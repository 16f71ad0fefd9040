# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the end-to-end tests of the daemon share: a private secprofd, a client of its own for
secprofd's protocol (see protocol/PROTOCOL.md), profiles to serve, and counting. Each test has one
directory of its own, and ends what it started by its pid."""
import array
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

MAGIC = 0x46525053
GET, LIST, STATUS, RELOAD, SUBSCRIBE, COMPILE = 1, 2, 3, 4, 5, 6
FD, BYTES, HELPER, PROFILE = 1, 2, 3, 4
GONE, LOST = 5, 6
(OK, BAD_VERSION, BAD_OPCODE, BAD_LENGTH, BAD_REQUEST, BAD_NAME, NOT_FOUND, BAD_TARGET, FORBIDDEN,
 BROKEN, LIMIT, STOPPING, FAILED, UNDELIVERABLE, RATE, NO_RESULT) = range(16)
SERVED, STALE, IS_BROKEN, PENDING = 1, 2, 3, 4
STATES = {1: "served", 2: "stale", 3: "broken", 4: "pending", 5: "gone", 6: "lost"}
HEADER = struct.Struct("<IHHIIII")
REFUSAL = struct.Struct("<6I")
X86_64, AARCH64, S390X = 0xC000003E, 0xC00000B7, 0x80000016

COUNTERS = ("generation uptime_usec requests refused compiles compile_errors worker_failures "
            "memory_hits cache_hits cache_misses cache_bad cache_errors").split()
NUMBERS = ("profiles profiles_stale profiles_broken variants connections connections_refused jobs "
           "workers contents subscribers lacks cache_state waiting limited connections_idle "
           "profiles_left_out log_dropped zero").split()
LIMITS = ("max_connections max_connections_per_user max_subscribers max_compiles_per_minute "
          "max_profiles max_request max_profile max_entries idle_ms compile_ms").split()
NO_CACHE, CACHE_USED, CACHE_FAILING = range(3)


class Refused(Exception):
    """A reply whose status is not OK."""

    def __init__(self, status, text, reason=0, field=0, retry_ms=0):
        super().__init__(f"status {status}, reason {reason}: {text}")
        self.status = status
        self.text = text
        self.reason, self.field, self.retry_ms = reason, field, retry_ms


class Closed(Exception):
    """The daemon ended the connection."""


class Record(dict):
    """A dict whose keys are attributes too."""

    __getattr__ = dict.__getitem__


def request(opcode, body=b"", serial=1, version=1, length=None, status=0, zero=0, magic=MAGIC):
    """The bytes of one request."""
    length = HEADER.size + len(body) if length is None else length
    return HEADER.pack(magic, version, opcode, length, serial, status, zero) + body


def refusal(status, body):
    """What the body of a refusal says."""
    reason, field, retry_ms, offset, length, _ = REFUSAL.unpack_from(body)
    text = body[offset - HEADER.size:][:length]
    assert length > 0 and len(text) == length, "a refusal without its text"
    return Refused(status, text.decode(), reason, field, retry_ms)


def variant_body(arch=0, caps=0, kernel=0, delivery=BYTES, mode=0, generation=0, zero=0):
    return struct.pack("<QIIIIQQ", caps, arch, kernel, delivery, mode, generation, zero)


def get_body(name, label=b"", **more):
    return variant_body(**more) + struct.pack("<128s64s", name.encode(), label)


def compile_body(label=b"", **more):
    return variant_body(**more) + struct.pack("<64s", label)


def named_body(name=""):
    """Of LIST and of STATUS."""
    return struct.pack("<128sQ", name.encode(), 0)


ENTRY = struct.Struct("<128sQ32sII")


def read_entry(data, at):
    """The name and the rest of an entry of LIST, or of a change."""
    name, generation, digest, n_insns, state = ENTRY.unpack_from(data, at)
    return name.rstrip(b"\0").decode(), Record(generation=generation, digest=digest, n_insns=n_insns,
                                               state=state)


def sealed(data, seals=fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK):
    """An fd of memory with these bytes that nobody can change."""
    fd = os.memfd_create("profile", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


class Client:
    """One connection."""

    def __init__(self, path, timeout=20):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # A socket that does not block cannot wait for its turn to connect.
        if timeout is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                                 struct.pack("@ll", int(timeout), int(timeout % 1 * 1e6)))
        self.sock.connect(path)
        self.sock.settimeout(timeout)
        self.serial = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def receive(self):
        """One packet: status, body, fds."""
        try:
            data, fds, _, _ = socket.recv_fds(self.sock, 1 << 17, 4, socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:
            raise Closed("reset") from None
        if not data:
            raise Closed("end of the connection")
        magic, _, _, length, _, status, _ = HEADER.unpack_from(data)
        assert magic == MAGIC and length == len(data), "not a reply"
        return status, data[HEADER.size:], fds

    def send(self, opcode, body=b"", fds=()):
        self.serial += 1
        if opcode in (RELOAD, SUBSCRIBE):
            body = body or bytes(8)
        data = request(opcode, body, self.serial)
        try:
            try:
                socket.send_fds(self.sock, [data], list(fds))
            except PermissionError:
                # The daemon has not accepted the connection yet, or wants no fds from this user.
                self.call(STATUS, named_body())
                socket.send_fds(self.sock, [data], list(fds))
        except PermissionError:
            raise Refused(FORBIDDEN, "the kernel does not send the fd") from None
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed(f"while sending: {error}") from None

    def call(self, opcode, body=b"", fds=()):
        self.send(opcode, body, fds)
        status, reply, fds = self.receive()
        if status != OK:
            assert not fds
            raise refusal(status, reply)
        return reply, fds

    def get(self, name, delivery=BYTES, **more):
        """The filter and what is said of it. The fd, where one was asked for, is the caller's."""
        return self.filter(*self.call(GET, get_body(name, delivery=delivery, **more)), delivery)

    def filter(self, reply, fds, delivery):
        """What a GET or COMPILE was answered with."""
        fields = struct.unpack_from("<Q32s32sIIIIIIII", reply)
        answer = Record(zip("generation digest source_digest n_insns flags arch info offset size mode".split(),
                            fields))
        answer.update(fd=fds[0] if fds else None, stale=bool(answer.info & 1))
        data = reply[answer.offset - HEADER.size:][:answer.size]
        if answer.fd is not None:
            data = os.pread(answer.fd, answer.size, answer.offset)
        if delivery == PROFILE:
            assert hashlib.sha256(data).digest() == answer.source_digest
        else:
            assert len(data) == 8 * answer.n_insns
            assert hashlib.sha256(data).digest() == answer.digest
        answer.update(code=data)
        return answer

    def compile(self, profile, delivery=BYTES, **more):
        """The filter of a profile by content."""
        fd = sealed(profile if isinstance(profile, bytes) else profile.encode())
        try:
            body = compile_body(delivery=delivery, **more)
            return self.filter(*self.call(COMPILE, body, fds=[fd]), delivery)
        finally:
            os.close(fd)

    def subscribe(self):
        reply, _ = self.call(SUBSCRIBE)
        return struct.unpack("<Q", reply)[0]

    def change(self):
        """The next change that this subscriber is told."""
        status, body, fds = self.receive()
        assert status == OK and not fds
        generation, kind, offset, size = struct.unpack_from("<QIII", body)
        assert size >= ENTRY.size
        name, entry = read_entry(body, offset - HEADER.size)
        return Record(name=name, kind=kind, generation=generation, digest=entry.digest, entry=entry)

    def list(self):
        entries, after, more = {}, "", 1
        while more:
            reply, _ = self.call(LIST, named_body(after))
            _, n, more, offset, size = struct.unpack_from("<QIIII", reply)
            for i in range(n):
                after, entry = read_entry(reply, offset - HEADER.size + size * i)
                entries[after] = entry
        return entries

    def status(self):
        return self.daemon_status(self.call(STATUS, named_body())[0])

    def daemon_status(self, reply):
        """What a STATUS of the daemon itself was answered with."""
        values = struct.unpack_from("<12Q18I32s32s16sQ10I", reply)
        answer = Record(zip(COUNTERS + NUMBERS, values))
        answer.update(version=values[30].rstrip(b"\0").decode(),
                      libseccomp=values[31].rstrip(b"\0").decode(),
                      instance=values[32], features=values[33], limits=Record(zip(LIMITS, values[34:])))
        return answer

    def profile(self, name):
        reply, _ = self.call(STATUS, named_body(name))
        values = struct.unpack_from("<Q32s32sIIIIIIII", reply)
        answer = Record(zip("generation digest source_digest n_insns flags state variants".split(),
                            values))
        path_at, path_len, text_at, text_len = values[-4:]
        path = reply[path_at - HEADER.size:][:path_len]
        text = reply[text_at - HEADER.size:][:text_len]
        assert len(path) == path_len and len(text) == text_len
        answer.update(path=path.decode(), text=text.decode())
        return answer

    def reload(self):
        reply, _ = self.call(RELOAD)
        return Record(zip("generation profiles broken".split(), struct.unpack("<QII", reply)))


class Daemon:
    """A secprofd on a socket of its own."""

    def __init__(self, test, *args, profiles=("p",), cache=None, name="daemon", prefix=(),
                 socket_name="sock", wait=True, stderr=None, **more):
        self.test = test
        self.path = test.path(socket_name)
        self.log_path = test.path(name + ".log")
        self.cache = test.path(cache) if cache else None
        command = [*prefix, os.path.join(test.build, "secprofd"), "--socket", self.path]
        for directory in profiles:
            command += ["--profiles", test.path(directory)]
        command += ["--cache", test.path(cache)] if cache else ["--no-cache"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command + list(args), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log if stderr is None else stderr, **more)
        test.daemons.append(self)
        if wait:
            self.wait()

    @property
    def pid(self):
        return self.process.pid

    def client(self, **more):
        return Client(self.path, **more)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait(self, seconds=120):
        """Until it serves, and no profile waits for its first compile."""
        end = time.monotonic() + seconds
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"secprofd ended with {self.process.returncode}:\n{self.log()}")
            try:
                with self.client(timeout=seconds) as client:
                    self.test.until(lambda: all(entry.state != PENDING
                                                for entry in client.list().values()),
                                    seconds, "no profile is pending")
                    return client.status()
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def idle(self, seconds=60):
        """Until nothing is left to be compiled; returns the status."""
        def done():
            status = client.status()
            return status if status.jobs == 0 else None
        with self.client() as client:
            return self.test.until(done, seconds, "all is compiled")

    def children(self, *names):
        """The pids of its processes (workers, spawner, cache writer), in the order of their birth."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def workers(self):
        """The pids of its workers: those children that can make no processes."""
        return [pid for pid in self.children() if limit(pid, "Max processes") == "0"]

    def rest(self, n, seconds=20):
        """Until there are N workers, all of them fresh, and no process comes or goes; returns their pids."""
        def workers():
            status = client.status()
            found = self.workers()
            rests = (status.jobs == 0 and status.workers == len(found) == n and
                     (not self.cache or self.writer()))
            others = 2 if self.cache else 1
            return found if rests and len(self.children()) == n + others else None
        with self.client() as client:
            return self.test.until(workers, seconds, f"{n} workers at rest")

    def fds(self, pid):
        """What the fds of its process PID lead to, by number."""
        links = {}
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                links[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            pass
        return links

    def writer(self):
        """The pid of the cache's writer, which has the cache's directory at fd 4; None: there is none."""
        found = [pid for pid in self.children()
                 if self.cache and (self.fds(pid).get(4) or "").startswith(self.cache)]
        return found[0] if len(found) == 1 else None

    def spawner(self):
        """The pid of what makes the workers: the other child. None where there are others (a worker
        that starts looks like it)."""
        others = [*self.workers(), self.writer()]
        found = [pid for pid in self.children()
                 if pid not in others and field(pid, "State") is not None]
        return found[0] if len(found) == 1 else None

    def stop(self, number=signal.SIGTERM, seconds=20):
        """Ends it; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "it did not end"


def field(pid, name):
    """A field of /proc/PID/status, or None."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith(name + ":"):
                    return line.split(":", 1)[1].strip()
    except (FileNotFoundError, ProcessLookupError):
        pass
    return None


def signal_if_there(pid, number):
    """Sends a signal to a worker, which may end by itself at any time. Returns whether it was there."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def limit(pid, name):
    """A limit of a process, or None."""
    try:
        with open(f"/proc/{pid}/limits", encoding="ascii") as file:
            return next(line[26:].split()[0] for line in file if line.startswith(name))
    except (FileNotFoundError, ProcessLookupError, StopIteration):
        return None


class Test:
    """Counts, and owns the directory of the test. Use it with `with`; it exits the program."""

    def __init__(self):
        if len(sys.argv) < 2 and "BUILD" not in os.environ:
            sys.exit(f"usage: {sys.argv[0]} BUILD-DIRECTORY")
        self.build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ["BUILD"])
        self.passed = self.failed = self.skipped = 0
        self.daemons = []
        os.umask(0o022)
        self.dir = tempfile.mkdtemp(prefix="secprof-e2e-")
        os.chmod(self.dir, 0o755)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                daemon.stop()
        if error is not None and not isinstance(error, SystemExit):
            import traceback
            traceback.print_exception(kind, error, trace)
            self.fail(f"the test ended early: {error!r}")
        if self.failed:
            for daemon in self.daemons:
                print(f"-- {daemon.log_path}:")
                print("\n".join(daemon.log().splitlines()[-40:]))
        shutil.rmtree(self.dir, ignore_errors=True)
        more = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{more}")
        sys.stdout.flush()
        os._exit(1 if self.failed else 0)

    def path(self, name):
        return os.path.join(self.dir, name)

    def ok(self, what):
        self.passed += 1
        print(f"ok: {what}", flush=True)

    def fail(self, what):
        self.failed += 1
        print(f"FAILED: {what}", flush=True)

    def skip(self, what):
        self.skipped += 1
        print(f"skipped: {what}", flush=True)

    def check(self, condition, what, detail=""):
        if condition:
            self.ok(what)
        else:
            self.fail(f"{what} {detail}")
        return bool(condition)

    def equal(self, what, got, wanted):
        return self.check(got == wanted, what, f"(wanted {wanted!r}, got {got!r})")

    def refused(self, what, status, call, *args, **more):
        """The call is refused with STATUS; returns the text."""
        try:
            answer = call(*args, **more)
        except Refused as refused:
            self.check(refused.status == status, what, f"(wanted status {status}, got {refused})")
            return refused.text
        except Closed:
            self.fail(f"{what} (the connection was closed)")
            return ""
        self.fail(f"{what} (wanted status {status}, got an answer: {answer!r:.200})")
        return ""

    @staticmethod
    def until(condition, seconds=10, what="a condition"):
        """Waits until the condition holds; returns its value. No test of speed: the machine may be busy."""
        seconds = max(seconds, 60)
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds} s in vain: {what}")
            time.sleep(0.01)

    def mkdir(self, name, mode=0o755):
        os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def write(self, name, text, mode=0o644):
        """Writes a file in place."""
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def replace(self, name, text, mode=0o644):
        """Puts a new file in the place of an old one by rename."""
        self.write(name + ".tmp", text, mode)
        os.rename(self.path(name + ".tmp"), self.path(name))


def profile(errno, **more):
    """A small profile; ERRNO (1 to 4095) tells one version from another in its filter."""
    rules = [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno}]
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules, **more})


def errno_of(code):
    """The errno in the filter of such a profile."""
    values = [struct.unpack_from("=HBBI", code, i)[3] for i in range(0, len(code), 8)
              if struct.unpack_from("=H", code, i)[0] == 6]
    errnos = [value & 0xFFFF for value in values if value >> 16 == 5]
    assert len(errnos) == 1, values
    return errnos[0]


def conditional(errno):
    """A profile with every kind of condition: two capabilities, an architecture, two kernels."""
    rules = [
        {"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno},
        {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_SYS_CHROOT"]}},
        {"names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "excludes": {"minKernel": "4.8"}},
        {"names": ["bpf"], "action": "SCMP_ACT_ERRNO", "includes": {"arches": ["s390x"]}},
    ]
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules})


def heavy(n=3000):
    """A profile that takes the compiler long."""
    operators = ["SCMP_CMP_EQ", "SCMP_CMP_GT", "SCMP_CMP_NE"]
    rules = [{"names": ["read", "write", "ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 + i % 7,
              "args": [{"index": i % 3, "value": i * 2654435761 % 2 ** 63, "op": operators[i % 3]}]}
             for i in range(n)]
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules})


def send_with_fds(sock, data, fds):
    sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])


def as_user(uid, gid, groups, call):
    """Runs call in a child that is another user; returns what it printed to its pipe."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups(groups)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            result = call()
        except Refused as refused:
            result = f"refused {refused.status}"
        except BaseException as error:
            result = repr(error)
        os.write(writing, result.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        result = file.read()
    os.waitpid(pid, 0)
    return result
