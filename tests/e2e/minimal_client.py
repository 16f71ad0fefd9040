# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of secprofd written from protocol/PROTOCOL.md alone: lists the profiles, and fetches
those named on the command line (or all) both as an fd and as bytes, which must be the same.
The socket: $SECPROF_SOCKET, or the default path."""
import hashlib, os, socket, struct, sys

HEADER = struct.Struct("<IHHIIII")
MAGIC, GET, LIST, FD, BYTES = 0x46525053, 1, 2, 1, 2
STATES = {1: "served", 2: "stale", 3: "broken", 4: "pending"}


def call(sock, opcode, body, fds_wanted=0):
    """Sends one request; returns the reply and its fds."""
    call.serial += 1
    sock.send(HEADER.pack(MAGIC, 1, opcode, 24 + len(body), call.serial, 0, 0) + body)
    data, fds, _, _ = socket.recv_fds(sock, 65536, fds_wanted, socket.MSG_CMSG_CLOEXEC)
    if len(data) < 24:
        sys.exit("the daemon closed the connection")
    magic, _, answered, length, serial, status, _ = HEADER.unpack_from(data)
    if (magic, answered, length, serial) != (MAGIC, opcode, len(data), call.serial):
        sys.exit("not a reply to this request")
    if status != 0:
        sys.exit(f"status {status}: {data[struct.unpack_from('<I', data, 36)[0]:].decode()}")
    return data, fds


def list_profiles(sock):
    after, more = b"", 1
    while more:
        reply, _ = call(sock, LIST, struct.pack("<128sQ", after, 0))
        n, more, offset, size = struct.unpack_from("<IIII", reply, 32)
        for i in range(n):
            name, _, _, n_insns, state = struct.unpack_from("<128sQ32sII", reply, offset + size * i)
            after = name.rstrip(b"\0")
            yield after, n_insns, STATES.get(state, "unknown")


def get(sock, name, delivery):
    reply, fds = call(sock, GET, struct.pack("<QIII20x128s64x", 0, 0, 0, delivery, name), 1)
    digest, _, n_insns, flags, arch, info, offset, size = struct.unpack_from("<32s32sIIIIII", reply, 32)
    if delivery == FD:
        with open(fds[0], "rb") as file:
            reply = file.read()
    code = reply[offset:offset + size]
    if len(code) != 8 * n_insns or hashlib.sha256(code).digest() != digest:
        sys.exit(f"{name.decode()}: the filter and its digest differ")
    return code, f"insns={n_insns} flags={flags:#x} arch={arch:#x} stale={info & 1}"


call.serial = 0
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
    sock.connect(os.environ.get("SECPROF_SOCKET", "/run/secprof/secprof.sock"))
    profiles = list(list_profiles(sock))
    for name, n_insns, state in profiles:
        print("list", name.decode(), n_insns, state)
    for name in [os.fsencode(a) for a in sys.argv[1:]] or [p[0] for p in profiles if p[1]]:
        (by_fd, what), (by_bytes, _) = get(sock, name, FD), get(sock, name, BYTES)
        assert by_fd == by_bytes, "the fd and the bytes differ"
        print("get", name.decode(), what)
