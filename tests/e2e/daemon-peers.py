#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may have what: other users, groups, user and pid namespaces, and peers that are gone. The mode of
the profile's file decides; of a profile that one may not read, not even its existence is told."""
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from secprofd import *

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["open", "private", "group", "broken", "stale", "nosuch"]
UID, GID, OTHER_GID = 4300, 4301, 4302

# What a peer sees, as JSON: each answer with its status, and the very text of a refusal.
LOOK = """
import json, os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, {here!r})
from secprofd import *
sees = {{}}
with Client({socket!r}) as client:
    def ask(call, *args, **more):
        try:
            answer = call(*args, **more)
        except Refused as refused:
            return [refused.status, refused.text]
        if isinstance(answer, Record) and answer.get("fd") is not None:
            os.close(answer.fd)
        return "served"
    for name in {names!r}:
        sees[name] = [ask(client.get, name, BYTES), ask(client.get, name, FD),
                      ask(client.get, name, PROFILE), ask(client.call, GET, get_body(name, delivery=3)),
                      ask(client.get, name, BYTES, caps=1 << 21), ask(client.get, name, arch=S390X),
                      ask(client.profile, name)]
    sees["list"] = sorted(client.list())
    sees["reload"] = ask(client.reload)
    sees["compile"] = ask(client.compile, profile(1))
print(json.dumps(sees))
"""


NO_ID = 0xFFFFFFFF
LISTEN = """
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, {here!r})
from secprofd import *
client = Client({socket!r}, timeout=3)
client.subscribe()
print("ready", flush=True)
try:
    while True:
        print(client.change().kind, flush=True)
except TimeoutError:
    pass
"""


def look(test, daemon, *prefix):
    """What a process behind PREFIX sees, or None where that cannot be made here."""
    code = LOOK.format(here=HERE, socket=daemon.path, names=NAMES)
    done = subprocess.run([*prefix, "/usr/bin/python3", "-c", code], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    if done.returncode != 0:
        test.skip(f"{' '.join(prefix)}: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return json.loads(done.stdout)


def as_user(uid=UID, gid=GID, *groups):
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}",
            f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"]


def expect(test, sees, what, may):
    """Exactly the profiles in MAY are seen; of all others, no more than of one that does not exist."""
    if sees is None:
        return
    test.equal(f"{what}: the list has what it may read", sees["list"], sorted(may))
    nothing = [answer if answer == "served" else [answer[0], answer[1].replace("nosuch", "NAME")]
               for answer in sees["nosuch"]]
    for name in NAMES:
        if name in may:
            wanted = BROKEN if name == "broken" else "served"
            got = sees[name][0] if sees[name][0] == "served" else sees[name][0][0]
            test.equal(f"{what}: {name} is answered", got, wanted)
        else:
            seen = [answer if answer == "served" else [answer[0], answer[1].replace(name, "NAME")]
                    for answer in sees[name]]
            test.equal(f"{what}: {name} is as if it did not exist", seen, nothing)


def test_users(test, daemon):
    everything = ["open", "private", "group", "broken", "stale"]
    root = look(test, daemon)
    expect(test, root, "root", everything)
    test.equal("root: may reload", root["reload"], "served")
    mine = look(test, daemon, *as_user())
    expect(test, mine, "a user", ["open"])
    test.equal("a user: may not reload, nor compile", (mine["reload"][0], mine["compile"][0]),
               (FORBIDDEN, FORBIDDEN))
    expect(test, look(test, daemon, *as_user(UID, OTHER_GID)), "a member of the group (its own)",
           ["open", "group"])
    expect(test, look(test, daemon, *as_user(UID, GID, 7, OTHER_GID, 9)),
           "a member of the group (one of its others)", ["open", "group"])
    expect(test, look(test, daemon, *as_user(UID, 0)), "a user with root's group", ["open"])
    # 65534 is what the kernel calls who has no name here.
    expect(test, look(test, daemon, *as_user(65534, 65534)), "nobody", ["open"])


def test_way(test):
    """Who cannot reach a file may not have it, however its own mode is."""
    test.mkdir("closed/profiles")
    test.write("closed/profiles/open.json", profile(1))
    os.chown(test.path("closed"), 0, OTHER_GID)
    os.chmod(test.path("closed"), 0o750)
    daemon = Daemon(test, profiles=["closed/profiles"], name="way", socket_name="way.sock")
    expect(test, look(test, daemon), "root, behind a directory of mode 0750", ["open"])
    expect(test, look(test, daemon, *as_user()), "a user, behind it", [])
    expect(test, look(test, daemon, *as_user(UID, OTHER_GID)), "a member of its group", ["open"])
    listener = subprocess.Popen([*as_user(), "/usr/bin/python3", "-c", LISTEN.format(
        here=HERE, socket=daemon.path)], stdout=subprocess.PIPE, text=True)
    listener.stdout.readline()
    test.write("closed/profiles/open.json", profile(2))
    with daemon.client() as client:
        test.until(lambda: errno_of(client.get("open").code) == 2, 10, "the change")
        os.chmod(test.path("closed"), 0o751)
        test.until(lambda: look(test, daemon, *as_user())["list"] == ["open"], 10, "it is open")
        os.chmod(test.path("closed"), 0o750)
        test.until(lambda: look(test, daemon, *as_user())["list"] == [], 10, "it is closed")
    out, _ = listener.communicate(timeout=20)
    test.equal("a change of the way counts at once, and subscribers hear of nothing else",
               out.split(), [str(SERVED), str(GONE)])
    acl = struct.pack("<I" + 5 * "HHI", 2, 1, 7, NO_ID, 2, 5, 1, 4, 5, NO_ID, 16, 5, NO_ID, 32, 5, NO_ID)
    try:
        os.setxattr(test.path("closed"), "system.posix_acl_access", acl)
    except OSError as error:
        test.skip(f"an ACL on the way: {error}")
    else:
        with daemon.client() as client:
            test.until(lambda: "closed has an ACL" in client.profile("open").text, 10, "the ACL is said")
            test.equal("behind an ACL what is in service stays, and its status says why",
                       client.profile("open").state, STALE)
    daemon.stop()


def test_namespaces(test, daemon):
    # Root there, but still a user for the daemon.
    expect(test, look(test, daemon, *as_user(), "unshare", "--user", "--map-root-user"),
           "root of a user namespace of a user", ["open"])
    expect(test, look(test, daemon, *as_user(UID, GID, OTHER_GID), "unshare", "--user",
                      "--map-root-user"), "the same, of a member of the group", ["open", "group"])
    expect(test, look(test, daemon, *as_user(), "unshare", "--user"),
           "a user namespace without any mapping", ["open"])
    expect(test, look(test, daemon, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
                      *as_user()), "another pid namespace", ["open"])
    expect(test, look(test, daemon, "unshare", "--pid", "--fork", "--kill-child"),
           "root in another pid namespace", ["open", "private", "group", "broken", "stale"])
    expect(test, look(test, daemon, "unshare", "--net", "--ipc", "--uts", *as_user()),
           "other namespaces", ["open"])


def test_pid_zero(test):
    """The daemon is in a pid namespace where its peers have no pid."""
    prefix = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    test.write("p/stale.json", profile(4), 0o600)
    daemon = Daemon(test, prefix=prefix, name="inner", socket_name="inner.sock", wait=False)
    try:
        daemon.wait()
    except RuntimeError as error:
        test.skip(f"a daemon in a pid namespace: {error}")
        return
    expect(test, look(test, daemon, *as_user()), "a peer without a pid", ["open"])
    expect(test, look(test, daemon), "root without a pid", ["open", "private", "group", "broken", "stale"])
    test.check("pid 0, uid 0 asks for a reload" in daemon.log(), "the log calls it pid 0", daemon.log())
    test.equal("it ends well", daemon.stop(signal.SIGKILL), -signal.SIGKILL)


def test_gone(test, daemon):
    """Peers that are gone before their answer, some while a compile is on its way for them."""
    with daemon.client() as client:
        test.until(lambda: client.status().connections == 1, 10, "other connections end")
        fds = len(os.listdir(f"/proc/{daemon.pid}/fd"))
        for i in range(100):
            pid = os.fork()
            if pid == 0:
                gone = Client(daemon.path)
                gone.send(GET, get_body("open", delivery=FD, caps=i % 7 << 30, arch=AARCH64))
                gone.send(GET, get_body("private", delivery=FD))
                if i % 2:
                    gone.send(RELOAD)
                os.kill(os.getpid(), signal.SIGKILL)
            os.waitpid(pid, 0)
        test.until(lambda: client.status().connections == 1, 20, "their connections end")
        test.equal("100 peers that are gone leave nothing open",
                   len(os.listdir(f"/proc/{daemon.pid}/fd")) <= fds + 2, True)
        test.equal("and the daemon serves on", errno_of(client.get("open").code), 1)


def test_moment(test, daemon):
    """What counts is who connected: a process that gives up its rights keeps a connection's."""
    ends = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(GID, GID, GID)
            os.setresuid(UID, UID, UID)
            client = Client(daemon.path)
        finally:
            pass
        try:
            client.get("private")
            os.write(ends[1], b"served")
        except Refused as refused:
            os.write(ends[1], str(refused.status).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    test.equal("a process that gave up root's rights has a user's", os.read(ends[0], 100),
               str(NOT_FOUND).encode())
    # A user's connection that ends up with root is a user's still.
    code = ("import socket,sys\n"
            f"s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect({daemon.path!r})\n"
            "socket.send_fds(socket.socket(fileno=3), [b'x'], [s.fileno()])\n")
    ours, theirs = socket.socketpair()
    done = subprocess.run([*as_user(), "sh", "-c", f'exec 3<&{theirs.fileno()}; exec /usr/bin/python3 -c "$0"',
                           code], pass_fds=[theirs.fileno()], check=False)
    if done.returncode == 0:
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
        client = Client.__new__(Client)
        client.sock, client.serial = socket.socket(fileno=fds[0]), 0
        test.refused("a user's connection in root's hands is a user's", NOT_FOUND, client.get, "private")
        client.sock.close()
    else:
        test.fail("a connection is handed over")


def test_changes(test, daemon):
    """Who listens to changes hears of none that it may not read."""
    code = ("import sys\nsys.dont_write_bytecode = True\n"
            f"sys.path.insert(0, {HERE!r})\nfrom secprofd import *\n"
            f"client = Client({daemon.path!r}, timeout=3)\nclient.call(SUBSCRIBE)\nprint('ready', flush=True)\n"
            "try:\n    while True:\n        _, body, _ = client.receive()\n"
            "        print(body, flush=True)\nexcept TimeoutError:\n    pass\n")
    listener = subprocess.Popen([*as_user(), "/usr/bin/python3", "-c", code], stdout=subprocess.PIPE,
                                text=True)
    listener.stdout.readline()
    with daemon.client() as client:
        for i in range(3):
            test.replace("p/private.json", profile(30 + i), 0o600)
            client.reload()
        test.replace("p/open.json", profile(40))
        client.reload()
        test.replace("p/open.json", profile(1))
        client.reload()
    heard = listener.communicate()[0]
    test.check("open" in heard, "a user hears of what it may read", heard)
    test.check("private" not in heard, "and of nothing else", heard)


with Test() as test:
    if os.geteuid() != 0:
        test.skip("other users (this needs root)")
        sys.exit()
    test.mkdir("p")
    test.write("p/open.json", profile(1))
    test.write("p/private.json", profile(2), 0o600)
    test.write("p/group.json", profile(3), 0o640)
    os.chown(test.path("p/group.json"), 0, OTHER_GID)
    test.write("p/broken.json", "{", 0o600)
    test.write("p/stale.json", profile(4), 0o600)
    daemon = Daemon(test)
    test.write("p/stale.json", "{", 0o600)
    with daemon.client() as client:
        client.reload()
    test_users(test, daemon)
    test_way(test)
    test_namespaces(test, daemon)
    test_gone(test, daemon)
    test_moment(test, daemon)
    test_changes(test, daemon)
    test_pid_zero(test)
    test.equal("the daemon ends well", daemon.stop(), 0)
