#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Worker processes: confined, and replaced when they crash or hang; what they do wrong costs the
profile that they worked on."""
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
from secprofd import *


def open_in(pid):
    """What is open in a process."""
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.add(os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0])
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


STRANGER = str(0x7fff5ec0)


def test_confined(test, daemon, n):
    workers = daemon.rest(n)
    test.equal("there are as many workers as asked for", len(workers), n)
    for pid in workers:
        if os.geteuid() == 0:
            test.equal("a worker has an id that nobody else has",
                       (field(pid, "Uid").split(), field(pid, "Gid").split(), field(pid, "Groups")),
                       ([STRANGER] * 4, [STRANGER] * 4, ""))
        with open(f"/proc/{pid}/oom_score_adj", encoding="ascii") as file:
            test.equal("and goes before others when memory is used up", file.read(), "500\n")
        test.equal("without capabilities",
                   [field(pid, name) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")],
                   ["0" * 16] * 4)
        test.equal("with no_new_privs, the spawner's filter and one of its own",
                   (field(pid, "NoNewPrivs"), field(pid, "Seccomp"), field(pid, "Seccomp_filters")),
                   ("1", "2", "2"))
        test.until(lambda: open_in(pid) == {"/dev/null", "socket"}, 5, f"{open_in(pid)} are open")
        test.ok("with nothing open but its socket, once it has answered")
        with open(f"/proc/{pid}/limits", encoding="ascii") as file:
            limits = file.read()
        test.check(all(line in limits for line in (
            "Max processes             0 ", "Max file size             0 ",
            "Max core file size        0 ", "Max open files            16 ")) and
            "Max address space         unlimited" not in limits and
            "Max cpu time              unlimited" not in limits, "with limits", limits)
        test.equal("a child of the daemon", field(pid, "PPid"), str(daemon.pid))
    for pid in [daemon.pid] + [pid for pid in daemon.children() if pid not in workers]:
        test.equal("the other processes have no_new_privs and a filter, and no capability",
                   [field(pid, name) for name in ("NoNewPrivs", "Seccomp", "Seccomp_filters",
                                                  "CapPrm", "CapEff", "CapInh", "CapAmb")],
                   ["1", "2", "1"] + ["0" * 16] * 4)


def test_killed_idle(test, daemon, n):
    with daemon.client() as client:
        before = client.status().worker_failures
        old = daemon.rest(n)
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        test.until(lambda: len(daemon.workers()) == n and not set(old) & set(daemon.workers()), 20,
                   "new workers")
        test.ok("workers that were killed are replaced")
        test.equal("and counted", client.status().worker_failures - before, n)
        test.write("p/x.json", profile(21))
        client.reload()
        test.equal("the new ones compile", errno_of(client.get("x").code), 21)


def test_stopped(test):
    """A process that somebody stopped is noticed: a worker is replaced, without the spawner the daemon
    ends."""
    daemon = Daemon(test, "--workers", "1", cache="stopped", name="stopped", socket_name="stopped.sock")

    def entries():
        return len(os.listdir(test.path("stopped/entries")))
    with daemon.client() as client:
        old = stop_workers(daemon, 1)
        test.write("p/x.json", profile(24))
        began = time.monotonic()
        client.reload()
        test.equal("the job of a worker that was stopped is done by another one",
                   errno_of(client.get("x").code), 24)
        test.check(time.monotonic() - began < 10, "within seconds")
        test.until(lambda: daemon.workers() and not set(old) & set(daemon.workers()), 10, "another one")
        test.check("was stopped by a signal" in daemon.log(), "and the log says so")
        writer = daemon.writer()
        os.kill(writer, signal.SIGSTOP)
        test.until(lambda: "nothing is written until it goes on" in daemon.log(), 20,
                   "that nothing is written is told")
        test.equal("and seen in the status", client.status().cache_state, CACHE_FAILING)
        test.replace("p/x.json", profile(25))
        client.reload()
        written = entries()
        os.kill(writer, signal.SIGCONT)
        test.until(lambda: client.status().cache_state == CACHE_USED, 20, "the writer goes on")
        test.until(lambda: entries() > written, 20, "what came into service meanwhile is written")
        test.equal("it is the same process", daemon.writer(), writer)
    daemon.rest(1)
    os.kill(daemon.spawner(), signal.SIGSTOP)
    test.equal("the daemon ends, for a new one to be started", daemon.process.wait(20), 1)
    test.check("the process that makes workers was stopped by a signal" in daemon.log(),
               "and says why")


def stop_workers(daemon, n):
    """Stops all N workers; returns their pids."""
    workers = daemon.rest(n)
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    return workers


def kill_workers(daemon):
    """Kills all workers that there are."""
    for pid in daemon.workers():
        signal_if_there(pid, signal.SIGKILL)


def test_killed_busy(test, daemon, n):
    """All workers die in the middle of a compile."""
    with daemon.client() as client, daemon.client() as reloader:
        good = client.get("x")
        stopped = stop_workers(daemon, n)
        test.write("p/x.json", profile(22))
        reloader.send(RELOAD)
        test.until(lambda: client.status().jobs == 1, 10, "the job")
        test.equal("while it compiles the version before is served", client.get("x").digest,
                   good.digest)
        for pid in stopped:
            os.kill(pid, signal.SIGKILL)
        test.equal("the reload comes to its end", reloader.receive()[0], OK)
        test.equal("the next worker compiled it", errno_of(client.get("x").code), 22)
        test.until(lambda: client.status().workers == n, 20, "new workers")


def test_killed_always(test, daemon, n):
    """Whoever compiles this profile is killed: it is given up, for now."""
    with daemon.client() as client, daemon.client() as reloader:
        good = client.get("x")
        before = client.status().worker_failures
        test.write("p/x.json", heavy())
        reloader.send(RELOAD)
        reloader.sock.settimeout(0.02)
        end = time.monotonic() + 60
        reply, served = None, set()
        while reply is None and time.monotonic() < end:
            kill_workers(daemon)
            served.add(client.get("x").digest)
            try:
                reply = reloader.receive()
            except TimeoutError:
                continue
        test.check(reply and reply[0] == OK, "the reload comes to its end even so")
        test.equal("meanwhile the last good filter was served", served, {good.digest})
        status = client.profile("x")
        daemon.rest(n)
        failures = client.status().worker_failures
        test.replace("p/other.json", profile(1))
        test.until(lambda: "other" in client.list(), 10, "another profile")
        os.unlink(test.path("p/other.json"))
        test.until(lambda: "other" not in client.list(), 10, "another profile's end")
        test.equal("it is not tried again when another file changes", client.status().worker_failures,
                   failures)
        test.check(status.state == STALE and "was killed by signal 9 (SIGKILL)" in status.text,
                   "the profile is stale, and status says why", status.text)
        test.equal("the last good filter stays in service",
                   (client.get("x").digest, client.get("x").stale), (good.digest, True))
        test.check(client.status().worker_failures >= before + 3, "the failures are counted")
        test.write("p/x.json", profile(23))
        reloader.sock.settimeout(20)
        reloader.reload()
        test.equal("a mended profile is compiled", (errno_of(client.get("x").code),
                   client.profile("x").state), (23, SERVED))
        test.until(lambda: client.status().workers == n, 20, "new workers")


def test_hang(test):
    """A worker that hangs is ended after the time that a compile may take."""
    test.mkdir("hang")
    test.write("hang/x.json", profile(1))
    test.write("hang/y.json", conditional(2))
    daemon = Daemon(test, "--workers", "1", "--compile-timeout", "1", profiles=["hang"],
                    name="hang", socket_name="hang.sock")
    with daemon.client() as client, daemon.client() as other:
        hung = stop_workers(daemon, 1)
        test.write("hang/x.json", profile(3))
        start = time.monotonic()
        client.reload()
        took = time.monotonic() - start
        test.check(0.9 < took < 8, f"it took {took:.1f} s until the hung worker was ended")
        test.check("took too long" in client.profile("x").text, "status says why",
                   client.profile("x").text)
        test.equal("the last good version stays", (errno_of(client.get("x").code),
                   client.get("x").stale), (1, True))
        test.until(lambda: not any(field(pid, "State") for pid in hung), 10, "the worker's end")
        test.ok("the worker is gone")
        client.reload()
        test.equal("the next one compiles", (errno_of(client.get("x").code), client.get("x").stale),
                   (3, False))
        # A client that waits hears of it.
        stop_workers(daemon, 1)
        test.refused("a client that waits for a hung compile is told so", NO_RESULT, client.get, "y",
                     caps=1 << 21)
        test.equal("others were served meanwhile", errno_of(other.get("x").code), 3)
    test_remembered(test, daemon)
    daemon.stop()


def test_remembered(test, daemon):
    """y's variant for one capability timed out just now (the limit is 1 s). It is not tried again for
    three times as long, at first; whoever asks meanwhile hears why and costs nothing."""
    with daemon.client() as client:
        before, start = client.status(), time.monotonic()
        texts = {test.refused("asked for again it is refused", NO_RESULT, client.get, "y", caps=1 << 21)
                 for _ in range(5)}
        took, after = time.monotonic() - start, client.status()
        test.ok(f"five times, in {took:.3f} s")
        test.check(all("took too long; it is tried again in" in text for text in texts), "with the reason",
                   texts)
        test.equal("no worker worked on it", (after.worker_failures, after.compiles),
                   (before.worker_failures, before.compiles))
        test.refused("and so is another variant of the text", NO_RESULT, client.get, "y", caps=1 << 18)
        daemon.rest(1)
        stopped = time.monotonic()
        test.until(lambda: tells(client, "y", 1 << 21) is None, 10, "it is tried again")
        test.ok(f"after {time.monotonic() - stopped:.1f} s it is tried again, and compiled")
        # The same after a reload, without the while.
        stop_workers(daemon, 1)
        test.refused("a hung compile", NO_RESULT, client.get, "y", kernel=0x40000)
        test.check("tried again in" in (tells(client, "y", 0, 0x40000) or ""), "is remembered")
        client.reload()
        test.check(tells(client, "y", 0, 0x40000) is None, "but not after a reload")
        # A profile whose file does not change is tried again by itself.
        daemon.rest(1)
        stop_workers(daemon, 1)
        test.replace("hang/z.json", profile(9))
        test.until(lambda: "z" in client.list() and client.list()["z"].state == IS_BROKEN, 10,
                   "z is broken")
        failures = client.status().worker_failures
        # Another file's change is no reason to try it.
        test.replace("hang/x.json", profile(4))
        test.until(lambda: errno_of(client.get("x").code) == 4, 10, "x is new")
        test.check("took too long" in client.profile("z").text, "z is as it was", client.profile("z").text)
        test.until(lambda: client.list()["z"].state == SERVED, 10, "z is tried again")
        test.equal("a profile whose compile timed out is tried again by itself",
                   (errno_of(client.get("z").code), client.status().worker_failures), (9, failures))


def tells(client, name, caps, kernel=0):
    """What the refusal of a filter says, or None where there is the filter."""
    try:
        client.get(name, caps=caps, kernel=kernel)
        return None
    except Refused as refused:
        return refused.text


def test_spawner(test):
    """What makes the workers dies: the daemon ends with an error, for its supervisor to start it again."""
    test.mkdir("none")
    test.write("none/x.json", profile(1))
    daemon = Daemon(test, "--workers", "1", profiles=["none"], name="none", socket_name="none.sock")
    daemon.rest(1)
    os.kill(daemon.spawner(), signal.SIGKILL)
    try:
        test.equal("without a spawner the daemon ends with an error", daemon.process.wait(20), 1)
    except subprocess.TimeoutExpired:
        test.fail("without a spawner the daemon ends")
    test.check("the process that makes workers was killed by signal 9 (SIGKILL); secprofd ends"
               in daemon.log(), "and says why", daemon.log())


def test_end(test, daemon):
    processes = daemon.children()
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.process.wait()
    test.until(lambda: not [p for p in processes if field(p, "State") not in (None, "Z (zombie)")],
               10, "its processes end")
    test.ok("when the daemon is killed, so are all its processes")


with Test() as test:
    n = 2
    test.mkdir("p")
    test.write("p/x.json", profile(20))
    daemon = Daemon(test, "--workers", str(n))
    daemon.rest(n)
    if os.geteuid() == 0:
        test_confined(test, daemon, n)
    else:
        test.skip("how workers are confined (to look at them needs root)")
    test_killed_idle(test, daemon, n)
    test_killed_busy(test, daemon, n)
    test_killed_always(test, daemon, n)
    test_stopped(test)
    test_hang(test)
    test_spawner(test)
    test_end(test, daemon)
