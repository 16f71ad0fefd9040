# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fetches secprof-helper with the filter of a profile built in, written from protocol/PROTOCOL.md
alone, and becomes it: helper-client.py PROFILE COMMAND [ARGUMENT…]. The variables KEEP (a file to
copy it to instead), INHERIT (the fd is not close-on-exec), ARCH and CAPS change that."""
import os, socket, struct, sys

MAGIC, GET, HELPER = 0x46525053, 1, 3
arch, caps = (int(os.environ.pop(name, "0"), 0) for name in ("ARCH", "CAPS"))
name, command = os.fsencode(sys.argv[1]), sys.argv[2:]
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
    sock.connect(os.environ.get("SECPROF_SOCKET", "/run/secprof/secprof.sock"))
    sock.send(struct.pack("<IHHIIIIQIII20x128s64x", MAGIC, 1, GET, 256, 1, 0, 0, caps, arch, 0, HELPER, name))
    data, fds, _, _ = socket.recv_fds(sock, 65536, 1, socket.MSG_CMSG_CLOEXEC)
    status = struct.unpack_from("<I", data, 16)[0]
    if status != 0:
        offset, length = struct.unpack_from("<II", data, 36)
        sys.exit(f"status {status}: {data[offset:offset + length].decode()}")
    (fd,) = fds
keep = os.environ.pop("KEEP", None)
if keep:
    with open(keep, "wb") as file:
        file.write(os.pread(fd, 1 << 20, 0))
    os.chmod(keep, 0o755)
    sys.exit()
assert os.execve in os.supports_fd
os.set_inheritable(fd, bool(os.environ.pop("INHERIT", None)))
os.execve(fd, ["secprof-helper", "--", *command], os.environ)
