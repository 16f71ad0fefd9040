# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seccomp filters from secprofd, and programs started under them.

    import secprof

    # Start a program under the filter of the profile "default".
    with secprof.popen("default", ["uname", "-sr"]) as process:
        process.wait()

    with secprof.Client() as client:
        for profile in client.profiles():
            print(profile.name, profile.state.name, profile.insns)
        bpf = client.get("default").code                # bytes
        with client.get_file("default") as file:        # a sealed fd, for bwrap --seccomp
            subprocess.run(["bwrap", "--seccomp", str(file.fileno()), "--bind", "/", "/", "true"],
                           pass_fds=[file.fileno()])
        for change in client.watch():
            print(change.name, change.kind.name)

The variant of a profile is chosen by keywords, which many functions take: `caps`, the capabilities
that the process will have, as a mask or as names; `arch`, an AUDIT_ARCH_* number, and `kernel`, a
pair such as (6, 1), where the filter is for another machine than the daemon's; and `mode`, a Mode,
which a name may have at its end too: "web@audit".

Each refusal of the daemon is a `Refused`, most of them of a subclass: `NotFound`, `Broken`, … An
answer that is not what the protocol says is a `BadReply`, and nothing of it is used. Filters are
compared with their digest, files must be sealed, and lengths must fit. It needs Python 3.9 on Linux
and nothing besides. protocol/PROTOCOL.md describes what is sent.
"""
from __future__ import annotations

import enum
import fcntl
import hashlib
import os
import socket
import stat
import struct
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Iterator, Mapping, Optional, Sequence, Union

__all__ = [
    "Client", "popen", "Filter", "File", "Info", "Source", "Profile", "ProfileStatus", "Status",
    "Reloaded", "Change", "Watch", "State", "Kind", "Mode", "Error", "Refused", "BadVersion", "BadRequest",
    "BadName", "NotFound", "BadTarget", "Forbidden", "Broken", "Limit", "Rate", "NoResult", "Stopping",
    "Failed", "Undeliverable", "Limits", "BadReply", "Disconnected", "DEFAULT_SOCKET",
]

DEFAULT_SOCKET = "/run/secprof/secprof.sock"

_MAGIC = 0x46525053
_VERSION = 1
_GET, _LIST, _STATUS, _RELOAD, _SUBSCRIBE, _COMPILE = 1, 2, 3, 4, 5, 6
_AS_FD, _AS_BYTES, _AS_HELPER, _AS_SOURCE = 1, 2, 3, 4
_MAX_FDS = 4
_MAX_REPLY = 65536
_MAX_INSNS = 4096
_MAX_SOURCE = 1 << 20
_MAX_HELPER = 1 << 20
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK

# "<": numbers are little-endian, and nothing is padded; x is what has to be 0. Replies may be longer.
_HEADER = struct.Struct("<IHHIIII")
_REFUSAL = struct.Struct("<IIIII4x")
_VARIANT = struct.Struct("<QIIII16x")
_LABEL = bytes(64)
_NAME = struct.Struct("<128s")
_NAMED = struct.Struct("<128s8x")
_BARE = bytes(8)
_FILTER = struct.Struct("<Q32s32sIIIIIII4x")
_LISTED = struct.Struct("<QIIII")
_ENTRY = struct.Struct("<128sQ32sII")
_DAEMON = struct.Struct("<12Q18I32s32s16sQ10I64x")
_PROFILE = struct.Struct("<Q32s32sIIIIIIII")
_RELOADED = struct.Struct("<QII")
_SUBSCRIBED = struct.Struct("<Q")
_CHANGE = struct.Struct("<QIII4x")

_CAPABILITIES = (
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable "
    "net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio "
    "sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time "
    "sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog "
    "wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore").split()

Caps = Union[int, Iterable[str]]


class Error(Exception):
    """What all exceptions of this module are, but for those of the system (OSError)."""


class Refused(Error):
    """The daemon refused a request. Statuses that this module does not know are this class too."""

    status: int
    """The number in the daemon's reply."""
    text: str
    """What the daemon said. It may quote a profile: escape it before it goes to a terminal."""
    reason: int
    """The same more exactly, as PROTOCOL.md has it. A daemon may have new ones. 0: it is not known."""
    field: int
    """The offset in the packet of what is wrong; 0: it is no one field."""
    retry: Optional[float]
    """After so many seconds it may succeed. None: nobody knows, or never."""

    def __init__(self, status: int, text: str, reason: int = 0, field: int = 0,
                 retry: Optional[float] = None):
        super().__init__(text or f"status {status}: {type(self).__doc__}")
        self.status = status
        self.text = text
        self.reason = reason
        self.field = field
        self.retry = retry


class BadVersion(Refused):
    """The daemon speaks another version of the protocol."""


class BadRequest(Refused):
    """The daemon does not know the request, or takes it for malformed."""


class BadName(Refused):
    """Not a name that a profile may have."""


class NotFound(Refused):
    """No such profile, or none that this process may read."""


class BadTarget(Refused):
    """No such architecture, or the daemon does not serve it."""


class Forbidden(Refused):
    """The daemon does not let this user do that."""


class Broken(Refused):
    """The profile does not compile, and no earlier filter of it is in service. The text says why."""


class Limit(Refused):
    """There are too many connections or subscribers at this time."""


class Rate(Refused):
    """This user asked for too many new filters in the last minute; `retry` says when to try again."""


class NoResult(Refused):
    """The compile took too long, or its process died. `retry` says when it is tried again."""


class Stopping(Refused):
    """The daemon stops."""


class Failed(Refused):
    """The daemon failed. Its log has the reason."""


class Undeliverable(Refused):
    """There can be no such file of this filter, or no helper. The text says why."""


class BadReply(Error):
    """The answer breaks the protocol, or is not what it says it is."""


class Disconnected(Error):
    """The daemon ended the connection."""


_REFUSALS = {1: BadVersion, 2: BadRequest, 3: BadRequest, 4: BadRequest, 5: BadName, 6: NotFound,
             7: BadTarget, 8: Forbidden, 9: Broken, 10: Limit, 11: Stopping, 12: Failed,
             13: Undeliverable, 14: Rate, 15: NoResult}


class State(enum.Enum):
    """How a profile is."""

    SERVED = 1
    """What is on disk is in service."""
    STALE = 2
    """What is on disk is broken. The last good filter is in service."""
    BROKEN = 3
    """Nothing is in service under this name."""
    PENDING = 4
    """The first compile is under way."""


class Kind(enum.Enum):
    """What happened to a profile."""

    SERVED = 1
    """A new version, or other permissions."""
    STALE = 2
    """The file is broken now. The last good filter is in service."""
    BROKEN = 3
    """The file is broken, and nothing is in service."""
    GONE = 5
    """There is no such profile any more, or not for this process."""
    LOST = 6
    """More happened than the daemon could keep. Ask profiles()."""


class Mode(enum.IntEnum):
    """What becomes of a profile's verdicts. A name may say the same with its end: "web@audit"."""

    ENFORCE = 0
    """They are as the profile says."""
    AUDIT = 1
    """What would be denied is let through, and the kernel logs it."""
    LOG = 2
    """They are as the profile says, and the kernel logs what is denied."""


@dataclass(frozen=True)
class Info:
    """What the daemon says of a filter."""

    generation: int
    """Of what the daemon serves. It grows with each change."""
    digest: bytes
    """SHA-256 of the filter."""
    insns: int
    """Instructions, of 8 bytes each."""
    flags: int
    """SECCOMP_FILTER_FLAG_* that the profile and the mode ask for."""
    arch: int
    """AUDIT_ARCH_* of the target."""
    stale: bool
    """The file on disk is broken, and this is the last good filter."""
    source_digest: bytes
    """SHA-256 of the profile's text."""


@dataclass(frozen=True)
class Filter:
    """A filter as bytes: struct sock_filter[] in the byte order of the target."""

    code: bytes
    info: Info


@dataclass(frozen=True)
class Source:
    """The text of a profile, and what is known of the filter that was made from it."""

    text: bytes
    info: Info


class File:
    """An open fd, which this object closes: by close(), by `with`, or when it is collected.

    The fd is of sealed memory that nobody can change, read-only, close-on-exec, and never 0 to 2.
    """

    info: Info

    def __init__(self, fd: int, info: Info):
        self._fd = fd
        self.info = info

    def fileno(self) -> int:
        """The fd. It stays this object's."""
        if self._fd < 0:
            raise ValueError("the file is closed")
        return self._fd

    def detach(self) -> int:
        """The fd, which is the caller's to close from now on."""
        fd = self.fileno()
        self._fd = -1
        return fd

    def close(self) -> None:
        """Closes the fd. A second time does nothing."""
        if self._fd >= 0:
            os.close(self.detach())

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


@dataclass(frozen=True)
class Profile:
    """One profile in the list."""

    name: str
    generation: int
    """In which its filter came into service; 0: none is."""
    digest: bytes
    """Of the filter for the daemon's own machine, without capabilities."""
    insns: int
    state: State


@dataclass(frozen=True)
class ProfileStatus:
    """How one profile is."""

    generation: int
    digest: bytes
    source_digest: bytes
    insns: int
    flags: int
    state: Optional[State]
    """None: a state that this module does not know."""
    variants: int
    """Filters of this profile in memory."""
    path: str
    text: str
    """Errors and warnings of the last compile, a line each."""


@dataclass(frozen=True)
class Limits:
    """How much the daemon takes. 0: as much as comes."""

    max_connections: int
    max_connections_per_user: int
    max_subscribers: int
    max_compiles_per_minute: int
    """That one user may cause."""
    max_profiles: int
    max_request: int
    """Bytes of a packet."""
    max_profile: int
    """Bytes of a profile's text."""
    max_entries: int
    """Of one packet with a list."""
    idle_ms: int
    compile_ms: int


@dataclass(frozen=True)
class Status:
    """How the daemon is. Counters begin at 0 with it; PROTOCOL.md says what each one counts."""

    generation: int
    uptime_usec: int
    requests: int
    refused: int
    compiles: int
    compile_errors: int
    worker_failures: int
    memory_hits: int
    cache_hits: int
    cache_misses: int
    cache_bad: int
    cache_errors: int
    profiles: int
    profiles_stale: int
    profiles_broken: int
    variants: int
    connections: int
    connections_refused: int
    jobs: int
    workers: int
    contents: int
    subscribers: int
    lacks: int
    cache_state: int
    waiting: int
    limited: int
    connections_idle: int
    profiles_left_out: int
    log_dropped: int
    version: str
    libseccomp: str
    instance: bytes
    """Random: another one after each start of the daemon."""
    features: int
    limits: Limits


@dataclass(frozen=True)
class Reloaded:
    """What reload() found."""

    generation: int
    profiles: int
    broken: int
    """Of these, stale or broken."""


@dataclass(frozen=True)
class Change:
    """One change of a profile."""

    name: str
    """Empty for LOST."""
    kind: Kind
    generation: int
    """Of the daemon, after the change."""
    digest: bytes
    """As in Profile. Zeroes where nothing is in service."""


def _receive(sock: socket.socket) -> tuple[bytes, list[int], int]:
    """The next packet, its fds, and recvmsg's flags. Not by socket.recv_fds(): CPython's hands on no
    flags (seen in 3.11), so its fds are open in a program that another thread starts meanwhile."""
    size = struct.calcsize("i")
    data, ancillary, flags, _ = sock.recvmsg(_MAX_REPLY, socket.CMSG_SPACE(_MAX_FDS * size),
                                             socket.MSG_CMSG_CLOEXEC)
    fds: list[int] = []
    for level, kind, found in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            n = len(found) // size
            fds += struct.unpack(f"{n}i", found[:n * size])
    return data, fds, flags


class _Connection:
    """A socket to the daemon: whole packets, until a deadline."""

    def __init__(self, path: str, deadline: Optional[float]):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.serial = 0
        try:
            self._connect(path, deadline)
        except BaseException:
            self.close()
            raise

    def _connect(self, path: str, deadline: Optional[float]) -> None:
        # A socket with a timeout does not block, and cannot wait for its turn: it connects first.
        left = _left(deadline)
        if left is not None:
            usec = max(1, int(left * 1e6))
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                                 struct.pack("@ll", *divmod(usec, 1000000)))
        try:
            self.sock.connect(path)
        except BlockingIOError:
            raise TimeoutError("secprofd takes no connection") from None

    def close(self) -> None:
        self.sock.close()

    def send(self, opcode: int, body: bytes, fds: Sequence[int], deadline: Optional[float]) -> None:
        self.serial = (self.serial + 1) & 0xFFFFFFFF
        header = _HEADER.pack(_MAGIC, _VERSION, opcode, _HEADER.size + len(body), self.serial, 0, 0)
        self.sock.settimeout(_left(deadline))
        try:
            socket.send_fds(self.sock, [header + body], list(fds))
        except (BrokenPipeError, ConnectionResetError):
            raise Disconnected("secprofd ended the connection") from None
        except socket.timeout:
            raise TimeoutError("secprofd does not read") from None

    def receive(self, opcode: int, files: int, deadline: Optional[float]) -> tuple[bytes, list[int]]:
        """The body of the next packet, and its FILES fds, which are the caller's."""
        self.sock.settimeout(_left(deadline))
        try:
            data, fds, flags = _receive(self.sock)
        except ConnectionResetError:
            raise Disconnected("secprofd ended the connection") from None
        except socket.timeout:
            raise TimeoutError("secprofd did not answer in time") from None
        try:
            body = self._check(data, flags, opcode)
            if len(fds) != files:
                raise BadReply(f"{len(fds)} fds came, not {files}")
        except BaseException:
            for fd in fds:
                os.close(fd)
            raise
        return body, fds

    def _check(self, data: bytes, flags: int, opcode: int) -> bytes:
        if not data:
            raise Disconnected("secprofd ended the connection")
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            raise BadReply("the reply is too long")
        if len(data) < _HEADER.size:
            raise BadReply("the reply has no header")
        magic, version, answered, length, serial, status, _ = _HEADER.unpack_from(data)
        if (magic, length, serial) != (_MAGIC, len(data), self.serial):
            raise BadReply("not a reply to this request")
        # The header of a refused version is that of the daemon's version.
        if status != 1 and (version, answered) != (_VERSION, opcode):
            raise BadReply("not a reply to this request")
        body = data[_HEADER.size:]
        # A refusal of another version is laid out as that version has it.
        if status != 0 and version != _VERSION:
            raise BadVersion(status, "")
        if status != 0:
            reason, field, retry_ms, offset, size = _unpack(_REFUSAL, body)
            text = _text(_part(body, offset, size, _REFUSAL.size))
            raise _REFUSALS.get(status, Refused)(status, text, reason, field,
                                                 retry_ms / 1000 if retry_ms else None)
        return body


class Client:
    """A connection to secprofd, made when it is first needed and again when it was lost.

    `path` is the socket; without it $SECPROF_SOCKET, else DEFAULT_SOCKET. `timeout` holds for each
    call as a whole, in seconds; None waits for ever. What does not come in time is a TimeoutError.
    Threads may share a client, and a child of fork() may use that of its parent.
    """

    def __init__(self, path: Optional[str] = None, timeout: Optional[float] = 5):
        self.path = path or os.environ.get("SECPROF_SOCKET") or DEFAULT_SOCKET
        self.timeout = timeout
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._connection: Optional[_Connection] = None

    def get(self, name: str, *, caps: Caps = 0, arch: int = 0,
            kernel: Optional[tuple[int, int]] = None, mode: Mode = Mode.ENFORCE) -> Filter:
        """The filter of profile `name`, as bytes."""
        request = _get(name, _AS_BYTES, caps, arch, kernel, mode)
        body, _ = self._call(_GET, request)
        return _filter(body, request)

    def get_file(self, name: str, *, caps: Caps = 0, arch: int = 0,
                 kernel: Optional[tuple[int, int]] = None, mode: Mode = Mode.ENFORCE) -> File:
        """The same as an open file, for another program: `bwrap --seccomp FD`."""
        return self._file(_GET, _get(name, _AS_FD, caps, arch, kernel, mode), (), _check_filter)

    def get_helper(self, name: str, *, caps: Caps = 0,
                   kernel: Optional[tuple[int, int]] = None, mode: Mode = Mode.ENFORCE) -> File:
        """An executable, secprof-helper, with the filter built in. popen() takes it."""
        return self._file(_GET, _get(name, _AS_HELPER, caps, 0, kernel, mode), (), _check_helper)

    def source(self, name: str) -> Source:
        """The text of profile `name`, the version that is in service."""
        found = []
        with self._file(_GET, _get(name, _AS_SOURCE, 0, 0, None, Mode.ENFORCE), (),
                        lambda *about: found.append(_check_source(*about))) as file:
            return Source(found[0], file.info)

    def compile(self, profile: Union[bytes, str], *, caps: Caps = 0, arch: int = 0,
                kernel: Optional[tuple[int, int]] = None, mode: Mode = Mode.ENFORCE) -> Filter:
        """The filter of a profile that the caller has, as bytes. For root and the daemon's user.

        A profile that does not compile is `Broken`; its text has a line for each error.
        """
        request = _compile(_AS_BYTES, caps, arch, kernel, mode)
        with _Sealed(profile) as memory:
            body, _ = self._call(_COMPILE, request, [memory.fileno()])
        return _filter(body, request)

    def compile_file(self, profile: Union[bytes, str], *, caps: Caps = 0, arch: int = 0,
                     kernel: Optional[tuple[int, int]] = None, mode: Mode = Mode.ENFORCE) -> File:
        """The same as an open file."""
        with _Sealed(profile) as memory:
            return self._file(_COMPILE, _compile(_AS_FD, caps, arch, kernel, mode), [memory.fileno()],
                              _check_filter)

    def compile_helper(self, profile: Union[bytes, str], *, caps: Caps = 0,
                       kernel: Optional[tuple[int, int]] = None, mode: Mode = Mode.ENFORCE) -> File:
        """The same as an executable, as get_helper() has it."""
        with _Sealed(profile) as memory:
            return self._file(_COMPILE, _compile(_AS_HELPER, caps, 0, kernel, mode), [memory.fileno()],
                              _check_helper)

    def profiles(self) -> list[Profile]:
        """The profiles that this process may fetch, sorted by name."""
        entries: list[Profile] = []
        after, more = b"", 1
        while more:
            body, _ = self._call(_LIST, _NAMED.pack(after))
            _, n, more, offset, size = _unpack(_LISTED, body)
            listed = _part(body, offset, n * size, _LISTED.size)
            if size < _ENTRY.size or (more and n == 0):
                raise BadReply("the list is shorter than it says")
            for i in range(n):
                raw, generation, digest, insns, state = _ENTRY.unpack_from(listed, i * size)
                name = raw.rstrip(b"\0")
                if name <= after:
                    raise BadReply("the list is not sorted")
                after = name
                # A state that is not known here says nothing that could be relied on.
                known = _member(State, state)
                if known:
                    entries.append(Profile(_text(name), generation, digest, insns, known))
        return entries

    def status(self) -> Status:
        """How the daemon is."""
        body, _ = self._call(_STATUS, _NAMED.pack(b""))
        fields = _unpack(_DAEMON, body)
        version, libseccomp, instance, features = fields[30:34]
        return Status(*fields[:29], _text(version.split(b"\0")[0]), _text(libseccomp.split(b"\0")[0]),
                      instance, features, Limits(*fields[34:]))

    def profile_status(self, name: str) -> ProfileStatus:
        """How profile `name` is, and what its last compile said."""
        body, _ = self._call(_STATUS, _NAMED.pack(_name(name)))
        *fields, state, variants, path, path_len, text, text_len = _unpack(_PROFILE, body)
        return ProfileStatus(*fields, _member(State, state), variants,
                             _text(_part(body, path, path_len, _PROFILE.size)),
                             _text(_part(body, text, text_len, _PROFILE.size)))

    def reload(self) -> Reloaded:
        """Waits until all that is on disk now is in service. For root and the daemon's user."""
        return Reloaded(*_unpack(_RELOADED, self._call(_RELOAD, _BARE)[0]))

    def watch(self, timeout: Optional[float] = None) -> Watch:
        """An iterator over the changes from now on, on a connection of its own.

        profiles() after this call and the changes together give the whole picture. Each step waits
        up to `timeout` seconds, None for ever, and is a TimeoutError then, after which it goes on.
        """
        return Watch(self.path, self.timeout, timeout)

    def popen(self, profile: Union[str, File], args: Union[str, Sequence[Any]], *, caps: Caps = 0,
              **more: Any) -> subprocess.Popen:
        """Starts a program under the filter of `profile`; see popen() of this module."""
        if isinstance(profile, File):
            return _popen(profile, args, more)
        with self.get_helper(profile, caps=caps) as helper:
            return _popen(helper, args, more)

    def close(self) -> None:
        """Ends the connection. A later call makes a new one."""
        with self._lock:
            self._drop()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drop(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _call(self, opcode: int, body: bytes, fds: Sequence[int] = (),
              files: int = 0) -> tuple[bytes, list[int]]:
        if self._pid != os.getpid():
            # The parent uses the connection, and its other threads may have held the lock.
            self._lock, self._pid, self._connection = threading.Lock(), os.getpid(), None
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        with self._lock:
            kept = self._connection is not None
            try:
                return self._exchange(opcode, body, fds, files, deadline)
            except Stopping:
                pass
            except Disconnected:
                if not kept:
                    raise
            # The daemon was started again, or had closed an idle connection. Asking twice is harmless.
            return self._exchange(opcode, body, fds, files, deadline)

    def _exchange(self, opcode: int, body: bytes, fds: Sequence[int], files: int,
                  deadline: Optional[float]) -> tuple[bytes, list[int]]:
        try:
            if self._connection is None:
                self._connection = _Connection(self.path, deadline)
            connection = self._connection
            try:
                connection.send(opcode, body, fds, deadline)
            except PermissionError:
                # The daemon takes an fd only on a connection that it has accepted. It has when it answers.
                connection.send(_STATUS, _NAMED.pack(b""), (), deadline)
                connection.receive(_STATUS, 0, deadline)
                try:
                    connection.send(opcode, body, fds, deadline)
                except PermissionError:
                    raise Forbidden(8, "secprofd takes no fd from this user", 801) from None
            return connection.receive(opcode, files, deadline)
        except Refused as refused:
            if isinstance(refused, (BadVersion, Stopping)):
                self._drop()
            raise
        except BaseException:
            # A late reply must not be taken for that of the next request.
            self._drop()
            raise

    def _file(self, opcode: int, body: bytes, fds: Sequence[int],
              check: Callable[[int, Info, _Place], Any]) -> File:
        reply, (fd,) = self._call(opcode, body, fds, files=1)
        try:
            info = _info(reply, body)
            _check_file(fd)
            check(fd, info, _place(reply))
            # Fds 0 to 2 of a child are replaced before it executes anything.
            if fd <= 2:
                low, fd = fd, fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
                os.close(low)
        except BaseException:
            os.close(fd)
            raise
        return File(fd, info)


class Watch:
    """The changes of profiles, as an iterator. close() it, or use it in a `with`.

    Kinds of change that this module does not know are left out. When the daemon stops, the next
    step is a `Disconnected`.
    """

    generation: int
    """Of the daemon, when the watch began."""

    def __init__(self, path: str, connect_timeout: Optional[float], timeout: Optional[float]):
        self.timeout = timeout
        deadline = None if connect_timeout is None else time.monotonic() + connect_timeout
        self._connection = _Connection(path, deadline)
        try:
            self._connection.send(_SUBSCRIBE, _BARE, (), deadline)
            body, _ = self._connection.receive(_SUBSCRIBE, 0, deadline)
            (self.generation,) = _unpack(_SUBSCRIBED, body)
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """The fd that is readable where there is a change, for select and poll."""
        return self._connection.sock.fileno()

    def close(self) -> None:
        """Ends the watch."""
        self._connection.close()

    def __iter__(self) -> Iterator[Change]:
        return self

    def __next__(self) -> Change:
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        while True:
            body, _ = self._connection.receive(_SUBSCRIBE, 0, deadline)
            generation, kind, offset, size = _unpack(_CHANGE, body)
            name, _, digest, _, _ = _unpack(_ENTRY, _part(body, offset, size, _CHANGE.size))
            known = _member(Kind, kind)
            if known:
                return Change(_text(name.split(b"\0")[0]), known, generation, digest)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def popen(profile: Union[str, File], args: Union[str, Sequence[Any]], *, caps: Caps = 0,
          **more: Any) -> subprocess.Popen:
    """Starts a program under the filter of `profile`, a name or the file of Client.get_helper().

    All but `executable` and `shell` is as in subprocess.Popen, which is what it returns. The
    program gets no_new_privs. It works with `user=` and in a chroot without /proc: the child
    executes the helper by its fd, which the program does not get. The program is looked for in the
    PATH of its environment. Its exit status is 127 where it is not found, 126 where it cannot be
    executed, and 125 where the filter could not be installed; then it was not tried. It never
    runs without the filter. As with `preexec_fn`, code of Python runs in the child before that:
    mind the warning in its documentation where there are threads.
    """
    if isinstance(profile, File):
        return _popen(profile, args, more)
    with Client() as client:
        return client.popen(profile, args, caps=caps, **more)


def _popen(helper: File, args: Union[str, Sequence[Any]], more: dict) -> subprocess.Popen:
    for name in ("executable", "shell"):
        if more.pop(name, None):
            raise TypeError(f"popen() takes no {name}")
    command = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args)
    if not command:
        raise ValueError("there is no program to start")
    arguments = ["secprof-helper", "--", *map(os.fspath, command)]
    environment = more.get("env")
    before = more.pop("preexec_fn", None)
    close_fds = more.get("close_fds", True) or bool(more.get("pass_fds"))
    keep = frozenset(int(fd) for fd in more.get("pass_fds", ()))
    fd = helper.fileno()
    limit = os.sysconf("SC_OPEN_MAX")

    def become() -> None:
        if close_fds:
            _close_on_exec(keep, limit)
        if before is not None:
            before()
        os.set_inheritable(fd, False)
        os.execve(fd, arguments, os.environ if environment is None else environment)

    # become() does not return. If it did, what is executed next could be executed by nobody.
    return subprocess.Popen(command, executable=os.devnull, preexec_fn=become, **more)


def _close_on_exec(keep: frozenset[int], limit: int) -> None:
    """What close_fds does, in a child that executes its program before Popen closes anything."""
    try:
        fds: Iterable[int] = map(int, os.listdir("/proc/self/fd"))
    except OSError:
        fds = range(3, limit)
    for fd in fds:
        if fd > 2 and fd not in keep:
            try:
                os.set_inheritable(fd, False)
            except OSError:
                pass


def _left(deadline: Optional[float]) -> Optional[float]:
    """Seconds until the deadline. 0 would mean a socket that does not block."""
    return None if deadline is None else max(0.001, deadline - time.monotonic())


def _member(kind: Any, value: int) -> Any:
    try:
        return kind(value)
    except ValueError:
        return None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _unpack(form: struct.Struct, body: bytes) -> tuple:
    if len(body) < form.size:
        raise BadReply(f"the reply has {len(body)} bytes behind its header, not {form.size}")
    return form.unpack_from(body)


def _name(name: str) -> bytes:
    data = os.fsencode(name)
    if not 0 < len(data) < _NAME.size or b"\0" in data:
        raise BadName(5, f"not the name of a profile: {name!r}", 501)
    return data


def _mask(caps: Caps) -> int:
    if isinstance(caps, int):
        return caps
    if isinstance(caps, str):
        raise TypeError("caps is a mask, or an iterable of names")
    mask = 0
    for name in caps:
        bare = name.lower()
        bare = bare[4:] if bare.startswith("cap_") else bare
        if bare not in _CAPABILITIES:
            raise ValueError(f"not a capability: {name!r}")
        mask |= 1 << _CAPABILITIES.index(bare)
    return mask


def _variant(delivery: int, caps: Caps, arch: int, kernel: Optional[tuple[int, int]],
             mode: Mode) -> bytes:
    major, minor = kernel or (0, 0)
    if not (0 <= major < 1 << 16 and 0 <= minor < 1 << 16):
        raise ValueError(f"not a version of a kernel: {kernel!r}")
    return _VARIANT.pack(_mask(caps), arch, major << 16 | minor, delivery, Mode(mode))


def _get(name: str, delivery: int, caps: Caps, arch: int, kernel: Optional[tuple[int, int]],
         mode: Mode) -> bytes:
    profile, _, end = name.rpartition("@")
    named = {"audit": Mode.AUDIT, "log": Mode.LOG}.get(end, Mode.ENFORCE)
    if named and mode not in (Mode.ENFORCE, named):
        raise ValueError(f"{name!r} has a mode already, and another one than {Mode(mode).name}")
    if named:
        name, mode = profile, named
    return _variant(delivery, caps, arch, kernel, mode) + _NAME.pack(_name(name)) + _LABEL


def _compile(delivery: int, caps: Caps, arch: int, kernel: Optional[tuple[int, int]],
             mode: Mode) -> bytes:
    return _variant(delivery, caps, arch, kernel, mode) + _LABEL


def _mode_of(request: bytes) -> int:
    """Of a body that _variant() begins."""
    return _VARIANT.unpack_from(request)[4]


def _part(body: bytes, offset: int, size: int, fixed: int) -> bytes:
    """What a reply says to lie at OFFSET of the packet, behind the FIXED bytes of its own fields."""
    start = offset - _HEADER.size
    if start < fixed or start + size > len(body):
        raise BadReply("the reply is shorter than it says")
    return body[start:start + size]


def _info(body: bytes, request: bytes) -> Info:
    generation, digest, source_digest, insns, flags, arch, info, _, _, mode = _unpack(_FILTER, body)
    if mode != _mode_of(request):
        raise BadReply(f"a filter in mode {mode}, which was not asked for")
    if not 1 <= insns <= _MAX_INSNS:
        raise BadReply(f"a filter of {insns} instructions")
    return Info(generation, digest, insns, flags, arch, bool(info & 1), source_digest)


# Where what was asked for is, in the reply or in the file: its offset and its size.
_Place = tuple[int, int]


def _place(body: bytes) -> _Place:
    *_, offset, size, _ = _unpack(_FILTER, body)
    return offset, size


def _filter(body: bytes, request: bytes) -> Filter:
    info = _info(body, request)
    offset, size = _place(body)
    code = _part(body, offset, size, _FILTER.size)
    _check_code(code, info)
    return Filter(code, info)


def _check_code(code: bytes, info: Info) -> None:
    if len(code) != 8 * info.insns:
        raise BadReply("the filter has not the length that it should have")
    if hashlib.sha256(code).digest() != info.digest:
        raise BadReply("the filter and its digest differ")


def _check_file(fd: int) -> None:
    """It can be read, and nobody can change it."""
    try:
        seals = fcntl.fcntl(fd, fcntl.F_GET_SEALS)
    except OSError:
        seals = 0
    if seals & _SEALS != _SEALS:
        raise BadReply("the file is not sealed")
    if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
        raise BadReply("the file is not read-only")


def _read(fd: int, place: _Place, most: int) -> bytes:
    """The whole file, which is what was asked for and nothing else."""
    size = os.fstat(fd).st_size
    if place != (0, size) or not 0 < size <= most:
        raise BadReply(f"a file of {size} bytes")
    data = os.pread(fd, size, 0)
    if len(data) != size:
        raise BadReply("the file cannot be read whole")
    return data


def _check_filter(fd: int, info: Info, place: _Place) -> None:
    _check_code(_read(fd, place, 8 * info.insns), info)


def _check_helper(fd: int, info: Info, place: _Place) -> None:
    offset, size = place
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o111 != 0o111:
        raise BadReply("the helper cannot be executed")
    if not 0 < status.st_size <= _MAX_HELPER or os.pread(fd, 4, 0) != b"\x7fELF":
        raise BadReply("the helper is no program")
    if offset + size > status.st_size:
        raise BadReply("the helper is shorter than it should be")
    _check_code(os.pread(fd, size, offset), info)


def _check_source(fd: int, info: Info, place: _Place) -> bytes:
    text = _read(fd, place, _MAX_SOURCE)
    if hashlib.sha256(text).digest() != info.source_digest:
        raise BadReply("the profile and its digest differ")
    return text


class _Sealed:
    """A profile's text in memory that nobody can change, as the daemon wants it, for a `with`."""

    def __init__(self, profile: Union[bytes, str]):
        data = profile.encode() if isinstance(profile, str) else bytes(profile)
        if not 0 < len(data) <= _MAX_SOURCE:
            raise ValueError(f"a profile of {len(data)} bytes")
        self._fd = os.memfd_create("profile", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with open(self._fd, "wb", closefd=False) as file:
                file.write(data)
            fcntl.fcntl(self._fd, fcntl.F_ADD_SEALS, _SEALS)
        except BaseException:
            os.close(self._fd)
            raise

    def fileno(self) -> int:
        return self._fd

    def __enter__(self) -> _Sealed:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
