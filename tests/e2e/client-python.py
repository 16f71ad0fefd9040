#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""client/python/secprof.py: against a secprofd, and against the server of grown_server.py, which
says more than the protocol does, or something else."""
import hashlib
import inspect
import os
import pydoc
import socket
import struct
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
import grown_server
import secprofd
from secprofd import Daemon, Test, conditional, errno_of, profile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../client/python"))
import secprof

NOBODY = 65534
# Prints the number of its filters, its fds but that of the listing, and what the profile "p" denies.
PROBE = """import os
filters = [line.split()[1] for line in open("/proc/self/status") if line.startswith("Seccomp:")]
try:
    os.getcwd()
    denied = 0
except OSError as error:
    denied = error.errno
fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
fds = [fd for fd in fds if os.path.exists(f"/proc/self/fd/{fd}")]
print(*filters, denied, os.getuid(), ",".join(map(str, fds)))"""


def raises(test, what, kind, call, *args, **more):
    """The call ends with exactly this exception, which is returned."""
    try:
        answer = call(*args, **more)
    except Exception as error:
        test.check(type(error) is kind, what, f"(wanted {kind.__name__}, got {error!r})")
        return error
    test.fail(f"{what} (wanted {kind.__name__}, got {answer!r:.100})")
    return None


def open_fds():
    return set(os.listdir("/proc/self/fd"))


def test_fetch(test, client, own):
    wanted = own.get("p")
    got = client.get("p")
    test.equal("get has the bytes that the daemon has", got.code, wanted.code)
    test.equal("and what is said of them",
               (got.info.digest, got.info.insns, got.info.flags, got.info.arch, got.info.stale),
               (wanted.digest, wanted.n_insns, wanted.flags, wanted.arch, False))
    before = open_fds()
    with client.get_file("p") as file:
        test.equal("get_file has the same", os.pread(file.fileno(), 1 << 20, 0), wanted.code)
        test.check(not os.get_inheritable(file.fileno()), "its fd is close-on-exec")
        test.equal("it is one fd", len(open_fds() - before), 1)
    raises(test, "a closed file has no fd", ValueError, file.fileno)
    file.close()
    test.equal("no fd is left", open_fds(), before)
    with client.get_file("p") as file:
        fd = file.detach()
    test.check(os.fstat(fd).st_size == len(wanted.code), "a detached fd stays open")
    os.close(fd)
    client.get_file("p")
    test.equal("a file that is forgotten is closed", open_fds(), before)
    source = client.source("p")
    test.equal("source is the profile's text", source.text.decode(), profile(42))
    test.equal("and its digest", source.info.source_digest, hashlib.sha256(source.text).digest())

    for caps in (1 << 21, ["CAP_SYS_ADMIN"], ("sys_admin",)):
        test.equal(f"caps={caps}", client.get("c", caps=caps).info.digest,
                   own.get("c", caps=1 << 21).digest)
    test.equal("kernel=", client.get("c", kernel=(4, 4)).info.digest,
               own.get("c", kernel=4 << 16 | 4).digest)
    other = client.get("c", arch=secprofd.S390X)
    test.equal("arch=", (other.info.arch, other.info.digest),
               (secprofd.S390X, own.get("c", arch=secprofd.S390X).digest))
    raises(test, "a capability that there is not", ValueError, client.get, "c", caps=["CAP_NO"])
    raises(test, "a kernel that there is not", ValueError, client.get, "c", kernel=(1 << 16, 0))


def test_refusals(test, client):
    error = raises(test, "an unknown profile", secprof.NotFound, client.get, "nosuch")
    test.equal("has the daemon's status, and words", (error.status, bool(str(error))), (6, True))
    raises(test, "a bad name", secprof.BadName, client.get, "../p")
    raises(test, "no name", secprof.BadName, client.get, "")
    raises(test, "a long name", secprof.BadName, client.get, "n" * 128)
    raises(test, "a broken profile", secprof.Broken, client.get, "broken")
    raises(test, "an unknown target", secprof.BadTarget, client.get, "p", arch=12345)
    raises(test, "a helper that there cannot be", secprof.Undeliverable, client.get_helper, "listener")
    test.equal("the connection is of use after that", errno_of(client.get("p").code), 42)
    raises(test, "no daemon", FileNotFoundError, secprof.Client(test.path("none")).status)


def test_compile(test, client):
    text = profile(77)
    test.equal("compile makes a filter of a profile's text", errno_of(client.compile(text).code), 77)
    with client.compile_file(text.encode()) as file:
        test.equal("compile_file too", errno_of(os.pread(file.fileno(), 1 << 16, 0)), 77)
    with client.compile_helper(text) as helper:
        out = client.popen(helper, [sys.executable, "-c", PROBE], stdout=subprocess.PIPE, text=True,
                           cwd="/")
        test.equal("compile_helper is what popen takes", out.communicate()[0].split()[1], "77")
    error = raises(test, "a profile that does not compile", secprof.Broken, client.compile, "{")
    test.check(error.text.startswith("profile:1:"), "says where", error.text)
    raises(test, "no profile", ValueError, client.compile, "")
    raises(test, "one that is too long", ValueError, client.compile, b" " * ((1 << 20) + 1))
    # On a fresh connection the kernel may refuse the fd (Linux 6.16 and later).
    for _ in range(50):
        with secprof.Client(client.path) as fresh:
            if errno_of(fresh.compile(text).code) != 77:
                test.fail("compile on a fresh connection")
                return
    test.ok("compile on 50 fresh connections")


def test_modes(test, client):
    plain, audit, log = (client.get("p", mode=mode) for mode in secprof.Mode)
    test.check(audit.code != plain.code, "a filter in audit mode is another one")
    test.equal("which denies nothing", {k for op, _, _, k in struct.iter_unpack("=HBBI", audit.code) if op == 6} -
               {0x7fff0000, 0x7ffc0000}, set())
    test.equal("one in log mode is the same, and has a flag", (log.code, log.info.flags),
               (plain.code, plain.info.flags | 2))
    test.equal("a name may end in a mode", (client.get("p@audit"), client.get("p@log", mode=secprof.Mode.LOG)),
               (audit, log))
    raises(test, "two modes", ValueError, client.get, "p@log", mode=secprof.Mode.AUDIT)
    raises(test, "an unknown mode", ValueError, client.get, "p", mode=3)
    raises(test, "a mode of nothing", secprof.BadName, client.get, "@audit")
    raises(test, "a name that only looks so", secprof.NotFound, client.get, "p@enforce")
    test.equal("a profile by content has modes too", client.compile(profile(42), mode=secprof.Mode.AUDIT).code,
               audit.code)


def test_state(test, client, own):
    test.equal("profiles has them all, sorted",
               [(p.name, p.state.name) for p in client.profiles()],
               [(name, secprofd.STATES[entry.state].upper()) for name, entry in own.list().items()])
    status = client.status()
    other = own.status()
    test.equal("status has the daemon's counters",
               (status.version, status.profiles, status.generation, status.log_dropped),
               (other.version, other.profiles, other.generation, other.log_dropped))
    one = client.profile_status("broken")
    test.equal("profile_status of a broken one", (one.state, one.generation), (secprof.State.BROKEN, 0))
    test.check(one.path.endswith("/broken.json") and "error: " in one.text, "has its path and errors",
               repr(one))
    one = client.profile_status("p")
    test.equal("of one in service", (one.state, one.digest), (secprof.State.SERVED, own.get("p").digest))
    reloaded = client.reload()
    test.equal("reload", (reloaded.profiles, reloaded.broken), (len(own.list()), 1))
    for call in (client.reload, lambda: client.compile(profile(3))):
        def asked(call=call):
            try:
                return str(call())
            except secprof.Error as error:
                return type(error).__name__
        test.equal("other users are refused what is for root, in a child with the parent's client",
                   secprofd.as_user(NOBODY, NOBODY, [], asked), "Forbidden")


def test_watch(test, client):
    with client.watch(timeout=10) as watch:
        test.equal("watch begins with the daemon's generation", watch.generation,
                   client.status().generation)
        test.replace("p/new.json", profile(5))
        change = next(watch)
        test.equal("a new profile is told", (change.name, change.kind, change.digest),
                   ("new", secprof.Kind.SERVED, client.get("new").info.digest))
        os.unlink(test.path("p/new.json"))
        for change in watch:
            break
        test.equal("and that it is gone", (change.name, change.kind), ("new", secprof.Kind.GONE))
        watch.timeout = 0.05
        raises(test, "nothing more comes", TimeoutError, next, watch)
    daemon = Daemon(test, name="second", socket_name="second")
    with secprof.Client(daemon.path).watch() as watch:
        daemon.stop()
        raises(test, "the daemon's end ends a watch", secprof.Disconnected, next, watch)


def run(client, args, profile_name="p", **more):
    """Standard output of a program under a filter, and its exit status."""
    with client.popen(profile_name, args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                      **more) as process:
        out, err = process.communicate(timeout=30)
    return out.strip() or err.strip(), process.returncode


def test_popen(test, client):
    command = [sys.executable, "-c", PROBE]
    # An fd that a C library, or the shell, left open for every child.
    left = os.dup2(os.open("/dev/null", os.O_RDONLY), 50)
    test.equal("popen puts a program under the filter and leaks no fd", run(client, command, cwd="/"),
               ("2 42 0 0,1,2", 0))
    test.equal("under another user", run(client, command, cwd="/", user=NOBODY),
               (f"2 42 {NOBODY} 0,1,2", 0))
    test.equal("with pass_fds", run(client, command, cwd="/", pass_fds=[left]), ("2 42 0 0,1,2,50", 0))
    out, status = run(client, command, cwd="/", close_fds=False)
    test.equal("with close_fds=False", (status, "50" in out.split()[3].split(",")), (0, True))
    os.close(left)
    before = open_fds()
    test.equal("the exit status is the program's", run(client, ["sh", "-c", "exit 7"]), ("", 7))
    test.equal("one that is not found", run(client, ["no-such-program"])[1], 127)
    test.equal("one that cannot be executed", run(client, ["/etc/passwd"])[1], 126)
    test.equal("its environment", run(client, ["env"], env={"A": "b", "PATH": "/usr/bin:/bin"}),
               ("A=b\nPATH=/usr/bin:/bin", 0))
    test.equal("a program without arguments", run(client, "true"), ("", 0))
    test.equal("no fd is left", open_fds(), before)
    raises(test, "shell=", TypeError, client.popen, "p", "true", shell=True)
    raises(test, "executable=", TypeError, client.popen, "p", "true", executable="/bin/true")
    raises(test, "nothing to start", ValueError, client.popen, "p", [])
    raises(test, "an unknown profile starts nothing", secprof.NotFound, client.popen, "nosuch",
           ["touch", test.path("started")])

    def fail():
        raise RuntimeError("not today")
    raises(test, "nor does a preexec_fn that fails", subprocess.SubprocessError, client.popen, "p",
           ["touch", test.path("started")], preexec_fn=fail)
    test.check(not os.path.exists(test.path("started")), "nothing was started")
    os.environ["SECPROF_SOCKET"] = client.path
    with secprof.popen("p", ["sh", "-c", "grep Seccomp: /proc/self/status"],
                       stdout=subprocess.PIPE, text=True) as process:
        test.equal("secprof.popen()", process.communicate()[0].split(), ["Seccomp:", "2"])


def static_program(test):
    """Builds the path of a static program that exits with the errno of getcwd; None: no compiler."""
    source = ("#include <errno.h>\n#include <unistd.h>\n"
              "int main(void) { char b[99]; return getcwd(b, sizeof b) ? 0 : errno; }\n")
    test.write("probe.c", source)
    root = test.mkdir("root")
    done = subprocess.run(["cc", "-static", "-o", f"{root}/probe", test.path("probe.c")], check=False)
    return root if done.returncode == 0 else None


def test_chroot(test, client):
    root = static_program(test)
    if root is None:
        return test.skip("a chroot: there is no compiler")
    os.chmod(f"{root}/probe", 0o755)
    got = run(client, ["/probe"], preexec_fn=lambda: os.chroot(root), cwd=root)
    test.equal("popen in a chroot without /proc, by preexec_fn", got, ("", 42))
    with client.get_helper("p") as helper:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            status = 99
            try:
                os.chroot(root)
                os.chdir("/")
                status = client.popen(helper, ["/probe"]).wait()
            finally:
                os.write(writing, str(status).encode())
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as file:
            test.equal("popen of a process that lives in one", file.read(), "42")
        os.waitpid(pid, 0)


def test_connection(test, daemon):
    client = secprof.Client(daemon.path)
    client.status()
    daemon.stop()
    raises(test, "a daemon that has ended", FileNotFoundError if not os.path.exists(daemon.path)
           else ConnectionRefusedError, client.status)
    again = Daemon(test, name="again", socket_name=os.path.basename(daemon.path))
    again.wait()
    client.status()
    again.stop()
    third = Daemon(test, name="third", socket_name=os.path.basename(daemon.path))
    test.equal("a client connects again where the daemon was restarted", errno_of(client.get("p").code), 42)

    errors = []

    def ask():
        try:
            for _ in range(50):
                assert errno_of(client.get("p").code) == 42
        except BaseException as error:
            errors.append(error)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    test.equal("eight threads share a client", errors, [])
    third.stop()

    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as deaf:
        deaf.bind(test.path("deaf"))
        deaf.listen(1)
        slow = secprof.Client(test.path("deaf"), timeout=0.2)
        raises(test, "a daemon that does not answer", TimeoutError, slow.status)
        waiting = [secprof.Client(test.path("deaf"), timeout=0.2) for _ in range(3)]
        for one in waiting:
            raises(test, "one that takes no connection", TimeoutError, one.status)


def test_grown(test, path):
    with secprof.Client(path) as client:
        test.equal("a longer reply to GET", client.get("a").code, grown_server.CODE)
        with client.get_file("a") as file:
            test.equal("with an fd", os.pread(file.fileno(), 99, 0), grown_server.CODE)
        test.equal("with a profile", client.source("a").text, grown_server.TEXT)
        client.get_helper("a").close()
        test.ok("with a helper")
        test.equal("unknown bits of info", client.get("a").info.stale, False)
        test.equal("to COMPILE", client.compile("{}").code, grown_server.CODE)
        test.equal("to LIST, with an unknown state",
                   [(p.name, p.state.name) for p in client.profiles()], [("a", "SERVED"), ("c", "STALE")])
        status = client.status()
        test.equal("to STATUS", (status.generation, status.log_dropped, status.version), (1, 29, "9.0"))
        test.equal("and what is new in it", (status.instance, status.features, status.limits.compile_ms),
                   (bytes(range(16)), 0xFF01, 50))
        one = client.profile_status("a")
        test.equal("of a profile in an unknown state", (one.state, one.path, one.text), (None, "/p", "text"))
        test.equal("to RELOAD", client.reload(), secprof.Reloaded(7, 3, 1))
        with client.watch(timeout=5) as watch:
            test.equal("changes of unknown kinds are left out",
                       [(next(watch).name, next(watch).kind.name, next(watch).kind.name)],
                       [("a", "GONE", "LOST")])
        for number in (16, 99, 4000000):
            error = raises(test, f"status {number} is a refusal", secprof.Refused, client.get,
                           f"status-{number}")
            test.equal("with its text", (error.status, error.text), (number, "a refusal of the future"))
            test.equal("and all else", (error.reason, error.field, error.retry), (100 * number + 99, 40, 1.5))
        raises(test, "a daemon of another version", secprof.BadVersion, client.get, "newer")


def test_bad(test, path):
    calls = {"get": lambda client: client.get, "get_file": lambda client: client.get_file,
             "source": lambda client: client.source, "get_helper": lambda client: client.get_helper}
    harmless = {
        "get": "source-digest unsealed writable no-fd helper no-helper resize",
        "get_file": "source-digest helper no-helper",
        "source": "digest count helper no-helper",
        "get_helper": "source-digest resize",
    }
    for name, call in calls.items():
        for fault in grown_server.FAULTS:
            if fault in harmless[name].split():
                continue
            with secprof.Client(path) as client:
                before = open_fds()
                raises(test, f"{name}: a bad reply ({fault})", secprof.BadReply, call(client), fault)
                left = len(open_fds() - before)
                # The connection may be there after it, and is closed only where it is of no use.
                if left > 1 or client.get("a").code != grown_server.CODE:
                    test.fail(f"{left} fds are left")


def test_documentation(test):
    text = pydoc.plain(pydoc.render_doc(secprof))
    test.check("secprof.popen(\"default\"" in text and "popen(" in text, "pydoc shows how it is used")
    for name in secprof.__all__:
        thing = getattr(secprof, name)
        things = [(name, thing)] if callable(thing) else []
        if inspect.isclass(thing):
            things += [(f"{name}.{n}", f) for n, f in vars(thing).items()
                       if inspect.isfunction(f) and not n.startswith("_")]
        for full, one in things:
            if not inspect.getdoc(one) or (inspect.isfunction(one) and "return" not in one.__annotations__):
                test.fail(f"{full} has no documentation or no types")
    test.ok("all that is public has documentation and types")


with Test() as test:
    test.mkdir("p")
    test.write("p/p.json", profile(42))
    test.write("p/c.json", conditional(43))
    test.write("p/broken.json", "{")
    test.write("p/listener.json", profile(44, listenerPath="/run/l").replace(
        "SCMP_ACT_ERRNO", "SCMP_ACT_NOTIFY").replace(', "errnoRet": 44', ""))
    daemon = Daemon(test)
    daemon.idle()
    with daemon.client() as own, secprof.Client(daemon.path) as client:
        test_fetch(test, client, own)
        test_refusals(test, client)
        test_compile(test, client)
        test_modes(test, client)
        test_state(test, client, own)
        test_watch(test, client)
        test_popen(test, client)
        test_chroot(test, client)
    test_connection(test, daemon)
    server = subprocess.Popen([sys.executable, os.path.join(HERE, "grown_server.py"), test.path("grown")],
                              stdout=subprocess.PIPE)
    try:
        server.stdout.readline()
        test_grown(test, test.path("grown"))
        test_bad(test, test.path("grown"))
    finally:
        server.kill()
        server.wait()
    test_documentation(test)
