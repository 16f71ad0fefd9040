# SPDX-License-Identifier: LGPL-2.1-or-later
"""A secprofd of the future, and a bad one, for the tests of clients: grown_server.py SOCKET.

Its replies are longer than PROTOCOL.md says, their "zero" fields are not zero, and they have bits,
states and kinds that no client knows: a client takes all that. The name of a profile chooses one
fault instead, which a client must notice; FAULTS has them. Another request than one that
PROTOCOL.md describes ends the connection."""
import array
import fcntl
import hashlib
import os
import socket
import struct
import sys
import threading

MAGIC = 0x46525053
GET, LIST, STATUS, RELOAD, SUBSCRIBE, COMPILE = 1, 2, 3, 4, 5, 6
FD, BYTES, HELPER, SOURCE = 1, 2, 3, 4
HEADER = struct.Struct("<IHHIIII")
LENGTHS = {GET: 256, LIST: 160, STATUS: 160, RELOAD: 32, SUBSCRIBE: 32, COMPILE: 128}
FILTER = 128  # bytes of the reply to GET that clients know
SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
MORE = b"of the future, and long"
assert len(MORE) % 8 == 7
MORE += b"!"

FAULTS = ("digest source-digest length count no-count short magic version opcode serial unsealed writable "
          "two-fds no-fd truncated helper no-helper resize offset before text mode").split()

CODE = struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000)
TEXT = b'{"defaultAction": "SCMP_ACT_ALLOW"}'
NATIVE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}.get(os.uname().machine, 0)


def memory(data, fault):
    """An fd of sealed memory. A new fd of it is read-only."""
    fd = os.memfd_create("grown", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data + (b"\0" * 8 if fault == "resize" else b""))
    os.fchmod(fd, 0o444 if fault == "helper" else 0o555)
    if fault != "unsealed":
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, SEALS)
    if fault == "writable":
        return fd
    reader = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)
    os.close(fd)
    return reader


class Server:
    """One connection."""

    def __init__(self, sock):
        self.sock = sock
        self.serial = 0

    def reply(self, opcode, body, fds=(), status=0, fault=""):
        length = HEADER.size + len(body)
        header = HEADER.pack(MAGIC + (fault == "magic"), 2 if fault in ("version", "newer") else 1,
                             opcode + (fault == "opcode"), length + (fault == "length"),
                             self.serial + (fault == "serial"), status, 0xFFFFFFFF)
        data = header + body
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.sock.sendmsg([data], ancillary)
        for fd in fds:
            os.close(fd)

    def refuse(self, opcode, status, text, beyond=0):
        """BEYOND: so many bytes too few come."""
        place = 48 + len(MORE)
        body = struct.pack("<6I", 100 * status + 99, 40, 1500, place + beyond, len(text), 0xFFFFFFFF)
        self.reply(opcode, body + MORE + text, status=status)

    def filter(self, opcode, delivery, mode, fault):
        data = {SOURCE: TEXT, HELPER: (b"no program  " if fault == "no-helper" else b"\x7fELF and more") + CODE + MORE}.get(
            delivery, CODE)
        digest = bytes(32) if fault == "digest" else hashlib.sha256(CODE).digest()
        source = bytes(32) if fault == "source-digest" else hashlib.sha256(TEXT).digest()
        count = {"count": 2, "no-count": 0}.get(fault, 1)
        # More fields than are known, then the filter, then something else.
        offset = FILTER + len(MORE) if delivery == BYTES else data.find(CODE) if delivery == HELPER else 0
        offset += {"offset": 4096, "before": -FILTER}.get(fault, 0)
        size = len(data) if delivery != HELPER else len(CODE)
        body = struct.pack("<Q32s32sIIIIIIII", 7, digest, source, count, 0, NATIVE, 0xFFFFFFFE,
                           offset & 0xFFFFFFFF, size, mode + (fault == "mode"), 0xFFFFFFFF) + MORE
        if delivery == BYTES:
            # A count that is too high is one that the whole reply has no room for.
            body += CODE + (b"" if fault == "count" else MORE)
        if fault == "short":
            body = body[:40]
        if fault == "truncated":
            body += bytes(1 << 17)
        n = 0 if delivery == BYTES else {"two-fds": 2, "no-fd": 0}.get(fault, 1)
        if delivery == BYTES and fault == "two-fds":
            n = 1
        self.reply(opcode, body, [memory(data, fault) for _ in range(n)], fault=fault)

    def get(self, request):
        delivery, mode, name = struct.unpack_from("<II16x128s", request, 40)
        name = name.rstrip(b"\0").decode()
        if name == "newer":
            self.reply(GET, b"laid out in another way", status=1, fault="newer")
        elif name.startswith("status-"):
            self.refuse(GET, int(name[7:]), b"a refusal of the future")
        elif name == "text":
            self.refuse(GET, 6, b"no", 1)
        else:
            self.filter(GET, delivery, mode, name)

    def list(self, request):
        after = request[24:].rstrip(b"\0")
        entries = [(b"a", 1), (b"b", 99), (b"c", 2)]
        left = [entry for entry in entries if entry[0] > after][:2]
        body = struct.pack("<QIIII", 7, len(left), 5 * (not after), 48 + len(MORE), 176 + len(MORE)) + MORE
        for name, state in left:
            body += self.entry(name, state)
        self.reply(LIST, body + MORE)

    @staticmethod
    def entry(name, state):
        return struct.pack("<128sQ32sII", name, 7, hashlib.sha256(CODE).digest(), 1, state) + MORE

    def status(self, request):
        if request[24:].rstrip(b"\0"):
            place = 128 + len(MORE)
            body = struct.pack("<Q32s32sIIIIIIII", 7, bytes(32), bytes(32), 1, 0, 99, 1, place + 4, 2,
                               place, 4)
            self.reply(STATUS, body + MORE + b"text" + b"/p" + MORE)
        else:
            body = struct.pack("<12Q18I32s32s16sQ10I", *range(1, 31), b"9.0", b"3.0", bytes(range(16)),
                               0xFF01, *range(41, 51)) + b"\xff" * 64
            self.reply(STATUS, body + MORE)

    def subscribe(self):
        self.reply(SUBSCRIBE, struct.pack("<Q", 7) + MORE)
        for kind, name in ((77, b"skipped"), (1, b"a"), (4, b"skipped"), (5, b"b"), (6, b"")):
            body = struct.pack("<QIIII", 8, kind, 48 + len(MORE), 176 + len(MORE), 0xFFFFFFFF)
            self.reply(SUBSCRIBE, body + MORE + self.entry(name, kind) + MORE)

    def serve(self):
        while True:
            request, fds, _, _ = socket.recv_fds(self.sock, 65536, 4, socket.MSG_CMSG_CLOEXEC)
            if not request:
                break
            for fd in fds:
                os.close(fd)
            magic, version, opcode, length, self.serial, status, zero = HEADER.unpack_from(request)
            if ((magic, version, length, status, zero) != (MAGIC, 1, len(request), 0, 0) or
                    LENGTHS.get(opcode) != length or len(fds) != (opcode == COMPILE)):
                break
            if opcode == GET:
                self.get(request)
            elif opcode == COMPILE:
                self.filter(COMPILE, *struct.unpack_from("<II", request, 40), "")
            elif opcode == LIST:
                self.list(request)
            elif opcode == STATUS:
                self.status(request)
            elif opcode == RELOAD:
                self.reply(RELOAD, struct.pack("<QII", 7, 3, 1) + MORE)
            else:
                self.subscribe()
        self.sock.close()


def main(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen(16)
        print("ready", flush=True)
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=Server(sock).serve, daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1])
