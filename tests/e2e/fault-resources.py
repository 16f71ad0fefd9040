#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory, fds, processes and watches run out in secprofd, at every place where it asks for one: it
neither dies nor spins, each client hears something, and afterwards all is as before."""
import errno
import os
import resource
import sys
import time

sys.dont_write_bytecode = True
from faults import *

# What fails, with which errors, and in which steps the short form goes through the places.
KINDS = [
    ("memory", MEMORY, [errno.ENOMEM], 5),
    ("fds", OPEN, [errno.EMFILE, errno.ENFILE, errno.ENOMEM], 1),
    ("watches", WATCH, [errno.ENOSPC, errno.ENOMEM], 1),
    ("packets", SEND, [errno.ENOBUFS, errno.ENOMEM, errno.ETOOMANYREFS], 1),
    ("processes", FORK, [errno.EAGAIN, errno.ENOMEM], 1),
    ("writes", WRITE, [errno.ENOSPC, errno.EIO], 1),
]
HELD_SECONDS = form(0.5, 5)
FEW_CLIENTS = 60  # more than 40 fds, and fewer than wait to be accepted


class Scenario:
    """What a daemon is asked to do while something fails: each kind of request, a profile that
    changes, one that comes and one that goes, a worker that dies."""

    def __init__(self, test, daemon):
        self.test, self.daemon, self.round = test, daemon, 0
        self.answers = {}

    def ask(self, call, *args, **more):
        """Whatever comes back is right, as long as something does."""
        try:
            answer = call(*args, **more)
            if isinstance(answer, Record) and answer.get("fd") is not None:
                os.close(answer.fd)
            result = "served"
        except Refused as refused:
            result = f"status {refused.status}"
        except Closed:
            result = "closed"
        self.answers[result] = self.answers.get(result, 0) + 1

    def change(self):
        """Profiles change on the disk; returns the requests that follow."""
        self.round += 1
        self.test.replace("p/x.json", profile(1 + self.round % 4000))
        if self.round % 2:
            self.test.write("p/y.json", profile(7))
        else:
            os.unlink(self.test.path("p/y.json"))
        return [(GET, get_body("x", delivery=FD)),
                (GET, get_body("x", delivery=BYTES)),
                (GET, get_body("x", delivery=PROFILE)),
                (GET, get_body("conditional", delivery=FD, caps=self.round)),
                (LIST, named_body()),
                (STATUS, named_body("x")),
                (SUBSCRIBE, bytes(8)),
                (RELOAD, bytes(8))]

    def kill_processes(self):
        """All workers have to be made anew."""
        for pid in self.daemon.workers():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # a worker whose time has come

    def run(self):
        """The requests, each on a connection of its own."""
        for opcode, body in self.change():
            with self.daemon.client(timeout=30) as client:
                self.ask(client.call, opcode, body)
        with self.daemon.client(timeout=30) as client:
            self.ask(client.compile, profile(5, comment=f"{self.round}"))

    def begin(self, clients):
        """The same, on connections that are there; no answer is waited for."""
        for client, (opcode, body) in zip(clients, self.change()):
            client.send(opcode, body)

    def finish(self, clients):
        """Each of these is answered in the end, or its connection is closed."""
        def receive(client):
            status, body, fds = client.receive()
            for fd in fds:
                os.close(fd)
            if status != OK:
                raise refusal(status, body)
        for client in clients:
            self.ask(receive, client)
            client.sock.close()

    def check(self):
        """All is well again. Returns what is not, or None."""
        if self.daemon.process.poll() is not None:
            return f"it ended with {self.daemon.process.returncode}"
        wanted = 1 + self.round % 4000
        end = time.monotonic() + 30
        wrong = "nothing"
        while time.monotonic() < end:
            with self.daemon.client(timeout=30) as client:
                try:
                    client.reload()
                    entry = client.profile("x")
                    if entry.state != SERVED or errno_of(client.get("x", FD).code) != wanted:
                        wrong = f"x is {STATES[entry.state]}: {entry.text}"
                    elif ("y" in client.list()) != bool(self.round % 2):
                        wrong = "y is not as it is on the disk"
                    elif client.status().workers < 1:
                        wrong = "there is no worker"
                    else:
                        return None
                except Refused as refused:
                    wrong = str(refused)
            time.sleep(0.05)
        return wrong


def test_each_place(injector, scenario, kind, calls, error, step):
    """The first call of this kind fails, the second, the third, …: until the scenario has no more.
    Returns how many places there were."""
    places, n = 0, 0
    while True:
        injector.set(calls, MAIN | OTHERS if calls == FORK else MAIN, error, after=n)
        if calls == FORK:
            scenario.kill_processes()
        scenario.run()
        done = injector.off()
        if done.failed == 0:
            return places, None
        places += 1
        wrong = scenario.check()
        if wrong:
            return places, f"after call {n + 1} of {kind} failed: {wrong}"
        n += step


def test_held(injector, daemon, scenario, calls, error):
    """All calls of this kind fail for a while: no busy loop. Returns the share of one processor,
    and what is wrong afterwards."""
    clients = [daemon.client(timeout=30) for _ in range(8)]
    for client in clients:
        client.status()
        client.status()  # the first is answered before the connection is watched, the second after it
    injector.set(calls, MAIN | OTHERS if calls == FORK else MAIN, error, times=FOR_EVER)
    if calls == FORK:
        scenario.kill_processes()
    scenario.begin(clients)
    late = [daemon.client(timeout=30) for _ in range(3)]
    time.sleep(0.2)
    before, start = cpu_seconds(daemon.pid), time.monotonic()
    time.sleep(HELD_SECONDS)
    share = (cpu_seconds(daemon.pid) - before) / (time.monotonic() - start)
    injector.off()
    scenario.finish(clients)
    for client in late:
        scenario.ask(client.status)
        client.sock.close()
    return share, scenario.check()


def test_kinds(test):
    injector = Injector(test)
    test.write("p/conditional.json", json.dumps(
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": [name], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": [cap]}}
            for name, cap in zip(["mount", "chroot", "ptrace", "bpf", "reboot", "swapon", "acct"],
                                 ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
                                  "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID"])]}))
    test.write("p/x.json", profile(1))
    daemon = Daemon(test, "--targets", "native", "--workers", "2", "--max-contents", "4",
                    "--max-variants", "8", cache="cache", prefix=injector.prefix)
    scenario = Scenario(test, daemon)
    for _ in range(20):  # until there are as many variants and contents as it keeps
        scenario.run()
    fds = daemon_fds(test, daemon)
    places, worst = {}, 0.0
    for kind, calls, errors, step in KINDS:
        for error in errors:
            name = f"{kind} ({errno.errorcode[error]})"
            n, wrong = test_each_place(injector, scenario, kind, calls, error,
                                       1 if LONG else step)
            places[name] = n
            if not test.check(wrong is None, f"{name}: {n} places, one after the other", wrong):
                return
            share, wrong = test_held(injector, daemon, scenario, calls, error)
            worst = max(worst, share)
            test.check(wrong is None, f"{name}: all for {HELD_SECONDS} s, and it comes back", wrong)
            test.check(share < 0.5, f"{name}: without a busy loop: {100 * share:.0f} % of a processor")
    test.check(scenario.answers.get("served", 0) > 100, f"the answers: {scenario.answers}")
    test.until(lambda: daemon_fds(test, daemon) <= fds + 2, 20, "fds are closed")
    test.ok("no fd leaked")
    daemon.rest(2)
    test.ok("and no process")
    test.equal("it ends well", daemon.stop(), 0)
    row(test, "EMFILE, ENFILE, ENOMEM and others, injected into allocations, fds, watches, packets, "
        "processes and writes", "no crash, no busy loop, service goes on",
        f"{group(sum(places.values()))} places failed one by one ("
        + ", ".join(f"{name} {n}" for name, n in places.items())
        + f"); each kind for {HELD_SECONDS} s: at most {100 * worst:.0f} % of a processor; 0 crashes")


def test_births(test):
    """Processes are made, and the main one has no fd left to hear of them with, or to watch them: none
    stays behind, not even as a zombie."""
    test.write("p/x.json", profile(1))
    injector = Injector(test, "births")  # it counts the processes, also those that end at once
    daemon = Daemon(test, "--targets", "native", "--workers", "2", cache="cache", name="births",
                    socket_name="births.sock", prefix=injector.prefix)
    with daemon.client() as client:
        old = set(daemon.rest(2))
        made = 0
        for room in range(form(4, 8)):
            before = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
            born = injector.births()
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (open_fds(daemon.pid) - 3 + room, before[1]))
            for pid in daemon.workers():
                os.kill(pid, signal.SIGKILL)
            test.until(lambda: injector.births() > born, 20, "a process is made")
            time.sleep(1)
            made += injector.births() - born
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, before)
            daemon.rest(2)
        test.ok(f"{made} processes were made while there were no fds")
        # rest() has counted all children, and zombies are some.
        test.equal("none stays behind", len(daemon.children()), 2 + 2)
        test.check(not old & set(daemon.children()), "and all workers are new")
        test.write("p/x.json", profile(99))
        client.reload()
        test.equal("it goes on", errno_of(client.get("x").code), 99)
    test.equal("it ends well", daemon.stop(), 0)


def daemon_fds(test, daemon):
    """The open fds of a daemon at rest: without clients, variants and contents that come and go."""
    def rests(status):
        # A worker that has compiled a profile by content is replaced.
        return status.connections == 1 and status.workers == 2 and status.jobs == 0
    with daemon.client() as client:
        test.until(lambda: rests(client.status()), 20, "it comes to rest")
    return open_fds(daemon.pid)


def test_start(test):
    """The same at the start: it serves, or it ends and says why."""
    injector = Injector(test, "start")
    started, ended, wrong = 0, 0, []
    for kind, calls, errors, step in KINDS:
        n = 0
        while True:
            injector.set(calls, MAIN, errors[0], after=n)
            daemon = Daemon(test, "--targets", "native", "--workers", "1", cache="cache",
                            prefix=injector.prefix, name="start", wait=False)
            outcome = wait_for(daemon)
            if injector.off().failed == 0:
                daemon.stop()
                break
            if outcome == "served":
                started += 1
                outcome = daemon.stop()
            else:
                ended += 1
            if outcome not in (0, 1, 2):
                wrong.append(f"{kind} {n + 1}: {outcome}")
            test.daemons.remove(daemon)
            n += 1 if LONG else max(step, 3)
    test.equal(f"at the start: {started} times it served, {ended} times it ended and said why",
               wrong, [])
    row(test, "the same while it starts", "it serves, or ends with an error",
        f"{started + ended} places: {started} served, {ended} ended; {len(wrong)} crashes or hangs")


def wait_for(daemon):
    """Until it serves or ends; returns "served" or the exit status."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        status = daemon.process.poll()
        if status is not None:
            return status
        try:
            with daemon.client(timeout=20) as client:
                client.status()
                return "served"
        except (FileNotFoundError, ConnectionRefusedError, Closed, Refused):
            # What failed may have been wanted for this request.
            time.sleep(0.005)
    return "neither served nor ended"


def test_few_fds(test):
    """A limit on fds so low that connections and profiles do not all fit."""
    daemon = Daemon(test, "--targets", "native", "--workers", "1", "--idle-timeout", "0",
                    name="few", socket_name="few.sock")
    with daemon.client() as client:
        client.reload()
    # After the start: its own limits follow from those that it has then.
    soft, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (40, hard))
    clients, before = [], cpu_seconds(daemon.pid)
    start = time.monotonic()
    for _ in range(FEW_CLIENTS):
        clients.append(daemon.client())
    time.sleep(HELD_SECONDS)
    share = (cpu_seconds(daemon.pid) - before) / (time.monotonic() - start)
    test.check(share < 0.5, f"{FEW_CLIENTS} connections with 40 fds: {100 * share:.0f} % of a processor")
    for client in clients:
        client.sock.close()
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (soft, hard))
    with daemon.client() as client:
        test.until(lambda: client.status().connections == 1, 10, "connections end")
        test.check(client.get("x", FD).n_insns > 0, "and then all is served again")
    test.equal("it ends well", daemon.stop(), 0)


with Test() as test:
    test.mkdir("p")
    test.mkdir("cache", 0o700)
    test_births(test)
    test_kinds(test)
    test_start(test)
    test_few_fds(test)
