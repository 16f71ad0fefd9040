#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: listener.py SOCKET: takes the listener of one container from its runtime as the OCI
runtime-spec says, answers its calls with ENOANO until it is gone, and prints the metadata."""
import array
import errno
import fcntl
import json
import select
import socket
import struct
import sys

RECV, SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, _SEND of linux/seccomp.h


def take(path):
    """The listener's fd, and the state that came with it."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(1)
    server.settimeout(60)
    connection, _ = server.accept()
    data, ancillary, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(64))
    fds = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content)
    connection.settimeout(60)
    # crun does not close the connection before the container ends, which waits for us.
    while True:
        try:
            return fds[0], json.loads(data.rstrip(b"\0"))
        except ValueError:
            more = connection.recv(65536)
            if not more:
                raise
            data += more


def answer(fd):
    """Until no process has the filter any more."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while True:
        for _, events in poll.poll(60000):
            if events & select.POLLIN:
                call = bytearray(80)
                fcntl.ioctl(fd, RECV, call)
                fcntl.ioctl(fd, SEND, bytearray(struct.pack("=QqiI", *struct.unpack_from("=Q", call), 0,
                                                            -errno.ENOANO, 0)))
            elif events & select.POLLHUP:
                return


listener, state = take(sys.argv[1])
answer(listener)
print(state["metadata"])
