#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon follows the disk: profiles are edited, replaced, deleted, broken and mended while
clients fetch; reload is a barrier; the last good version stays in service."""
import os
import shutil
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True
from secprofd import *


def digests_of(test, texts):
    """What each text compiles to, found out with a daemon of its own."""
    test.mkdir("known")
    for i, text in enumerate(texts):
        test.write(f"known/v{i}.json", text)
    daemon = Daemon(test, profiles=["known"], name="known", socket_name="known.sock")
    with daemon.client() as client:
        found = [client.get(f"v{i}").digest for i in range(len(texts))]
    daemon.stop()
    assert len(set(found)) == len(texts)
    return found


class Fetchers:
    """Threads that fetch one profile all the time, and note what they got."""

    def __init__(self, daemon, name, n=4):
        self.daemon, self.name = daemon, name
        self.stopping = False
        self.seen, self.errors, self.refusals, self.count = set(), [], set(), 0
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(n)]
        for thread in self.threads:
            thread.start()

    def run(self, i):
        last = 0
        try:
            client = self.daemon.client()
            while not self.stopping:
                try:
                    answer = client.get(self.name, FD if i % 2 else BYTES)
                    if answer.fd is not None:
                        os.close(answer.fd)
                    self.seen.add(answer.digest)
                    if answer.generation < last:
                        self.errors.append("the generation fell")
                    last = answer.generation
                except Refused as refused:
                    self.refusals.add(refused.status)
                self.count += 1
            client.sock.close()
        except Exception as error:
            self.errors.append(repr(error))

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def test_versions_under_load(test, daemon, texts, known):
    """Every kind of change while clients fetch: each answer is a version that existed."""
    test.write("p/x.json", texts[0])
    with daemon.client() as client:
        client.reload()
        fetchers = Fetchers(daemon, "x")
        for i in range(60):
            text = texts[i % len(texts)]
            if i % 3 == 0:
                test.write("p/x.json", text)
            elif i % 3 == 1:
                test.replace("p/x.json", text)
            else:
                with open(test.path("p/x.json"), "w", encoding="utf-8") as file:
                    file.write(text[:20])  # half a file, for a while
                    file.flush()
                    time.sleep(0.002)
                    file.write(text[20:])
            if i % 7 == 0:
                client.reload()
                test_now = client.get("x").digest
                if test_now != known[i % len(texts)]:
                    test.fail(f"after reload {i} the newest version is in service")
            time.sleep(0.03)
        client.reload()
        fetchers.stop()
        test.equal("fetchers met no error while the file changed", fetchers.errors, [])
        test.equal("and no refusal", fetchers.refusals, set())
        test.check(fetchers.seen <= set(known), "each answer is a version that existed")
        test.check(len(fetchers.seen) > 2, f"{fetchers.count} answers, "
                   f"{len(fetchers.seen)} versions seen")


def test_delete_and_break_under_load(test, daemon, texts, known):
    with daemon.client() as client:
        fetchers = Fetchers(daemon, "x")
        for i in range(12):
            os.unlink(test.path("p/x.json"))
            if i % 2:
                client.reload()
                test.refused("a deleted profile is not found", NOT_FOUND, client.get, "x")
            test.write("p/x.json", "{ broken")
            time.sleep(0.03)
            test.replace("p/x.json", texts[i % len(texts)])
            client.reload()
            if client.get("x").digest != known[i % len(texts)]:
                test.fail("the mended version is in service")
        fetchers.stop()
        test.equal("fetchers met no error while it was deleted and broken", fetchers.errors, [])
        test.check(fetchers.refusals <= {NOT_FOUND, BROKEN}, "refusals say what is the case",
                   fetchers.refusals)
        test.check(fetchers.seen <= set(known), "each answer is a version that existed then")


def test_without_reload(test, daemon, texts, known):
    """Changes are noticed by watching alone."""
    with daemon.client() as client:
        def wait_for(digest, name="x"):
            return test.until(lambda: client.get(name).digest == digest, 10, "a change is noticed")
        for what, change in [("an edit", test.write), ("a rename", test.replace)]:
            for i in (1, 2):
                change("p/x.json", texts[i])
                wait_for(known[i])
            test.ok(f"{what} is noticed")
        os.unlink(test.path("p/x.json"))
        test.until(lambda: "x" not in client.list(), 10, "a deletion is noticed")
        test.ok("a deletion is noticed")
        test.write("outside.json", texts[3])
        os.link(test.path("outside.json"), test.path("p/x.json"))
        test.until(lambda: "x" in client.list() and client.list()["x"].digest == known[3], 10)
        test.ok("a hard link is noticed")
        os.unlink(test.path("outside.json"))
        os.unlink(test.path("p/x.json"))
        test.write("p/sub.json", texts[4])
        os.symlink("sub.json", test.path("p/x.json"))
        test.until(lambda: "x" in client.list() and client.list()["x"].digest == known[4], 10)
        test.ok("a link inside of the directory is noticed")
        os.unlink(test.path("p/x.json"))
        os.unlink(test.path("p/sub.json"))
        os.rename(test.path("p"), test.path("p.tmp")) or os.rename(test.path("p.tmp"), test.path("p"))
        test.write("p/x.json", texts[0])
        test.until(lambda: "x" in client.list() and client.list()["x"].digest == known[0], 10)
        test.ok("a directory that went and came back is watched")


def test_last_good(test, daemon, texts, known):
    with daemon.client() as client:
        test.write("p/x.json", texts[0])
        client.reload()
        good = client.get("x")
        served = client.profile("x")
        for what, bad, place in [
                ("not JSON", '{\n  "defaultAction": nonsense\n}', ":2:20: error: "),
                ("an empty file", "", ":1:1: error: "),
                ("an unknown action", '{\n "defaultAction":\n   "SCMP_ACT_NO"}', ":3:4: error: "),
                ("half a file", texts[1][:60], ": error: ")]:
            test.write("p/x.json", bad)
            counts = client.reload()
            now = client.get("x")
            test.equal(f"{what}: the last good filter stays", (now.digest, now.stale),
                       (good.digest, True))
            status = client.profile("x")
            test.check(status.state == STALE and status.text.startswith(test.path("p/x.json")) and
                       place in status.text, f"{what}: status says where", status.text)
            test.equal(f"{what}: nothing in service changed",
                       (status.generation, status.source_digest, status.digest),
                       (served.generation, served.source_digest, served.digest))
            test.check(counts.broken >= 1, f"{what}: reload counts it")
        test.write("p/x.json", texts[0])
        before = client.status().compiles
        client.reload()
        test.equal("mended to what it was: served, without a compile",
                   (client.profile("x").state, client.get("x").stale, client.status().compiles),
                   (SERVED, False, before))
        for name, mode, words in [("p/x.json", 0o664, "the file is writable"),
                                  ("p", 0o775, "the directory is writable"),
                                  ("p/x.json", 0o000, "it cannot be opened: Permission denied"),
                                  ("p", 0o000, "its directory cannot be read")]:
            if name == "p/x.json" and mode == 0 and os.geteuid() != 0:
                continue  # nobody but root may know of such a profile
            old = os.stat(test.path(name)).st_mode & 0o777
            os.chmod(test.path(name), mode)
            test.until(lambda: client.profile("x").state == STALE, 10, "a change of mode is noticed")
            test.check(words in client.profile("x").text, f"{words}: stale, and status says so",
                       client.profile("x").text)
            test.equal("the last good filter stays", client.get("x").digest, good.digest)
            os.chmod(test.path(name), old)
            test.until(lambda: client.profile("x").state == SERVED, 10, "it is noticed")
            test.ok("and fine again when that is mended")
        other = [s for s in client.list().values() if s.state != SERVED]
        test.equal("all others are in service", other, [])


def test_barrier(test, daemon, texts, known):
    """Whatever was on the disk when the reload came is in service when its answer does."""
    with daemon.client() as client, daemon.client() as other:
        wrong = 0
        for i in range(100):
            test.replace("p/x.json", texts[i % len(texts)])
            client.reload()
            wrong += other.get("x").digest != known[i % len(texts)]
        test.equal("100 reloads, each a barrier", wrong, 0)
        for i in range(50):
            test.write(f"p/many{i}.json", profile(100 + i))
        counts = client.reload()
        states = {entry.state for entry in other.list().values()}
        test.equal("50 new profiles at once are all in service after it", states, {SERVED})
        test.check(counts.profiles >= 50, "and counted")
        for i in range(50):
            os.unlink(test.path(f"p/many{i}.json"))
        client.reload()
        test.check(not any(name.startswith("many") for name in other.list()), "and gone after the next")


def test_config_map(test, texts, known):
    """Kubernetes' way: a.json -> ..data/a.json, ..data -> a directory that is exchanged."""
    def publish(version, text):
        test.mkdir(f"map/..{version}")
        test.write(f"map/..{version}/x.json", text)
        os.symlink(f"..{version}", test.path("map/..data_tmp"))
        os.rename(test.path("map/..data_tmp"), test.path("map/..data"))
    test.mkdir("map")
    publish(0, texts[0])
    os.symlink("..data/x.json", test.path("map/x.json"))
    daemon = Daemon(test, profiles=["map"], name="map", socket_name="map.sock")
    with daemon.client() as client:
        test.equal("a ConfigMap is served", client.get("x").digest, known[0])
        fetchers = Fetchers(daemon, "x", 2)
        for i in range(1, 20):
            publish(i, texts[i % len(texts)])
            shutil.rmtree(test.path(f"map/..{i - 1}"))
            test.until(lambda: client.get("x").digest == known[i % len(texts)], 10, "the swap")
        fetchers.stop()
        test.ok("19 swaps are noticed")
        test.equal("without an error", fetchers.errors, [])
        test.equal("without a gap", fetchers.refusals, set())
        test.check(fetchers.seen <= set(known), "each answer is a version that existed")
        test.equal("nothing is stale", client.profile("x").state, SERVED)
        test.write("map/..19/x.json", texts[0])
        test.until(lambda: client.get("x").digest == known[0], 10, "a change behind the link")
        test.ok("a change behind the link is noticed")
    daemon.stop()


def test_directories(test, texts, known):
    """A directory appears, is replaced, goes; and the one behind it steps in."""
    test.mkdir("b")
    test.write("b/x.json", texts[0])
    daemon = Daemon(test, profiles=["far/away/a", "b"], name="dirs", socket_name="dirs.sock")
    with daemon.client() as client:
        def wait_for(digest, what):
            test.until(lambda: "x" in client.list() and client.get("x").digest == digest, 10, what)
            test.ok(what)
        test.equal("a directory that does not exist is none", client.get("x").digest, known[0])
        test.mkdir("far/away/a")
        test.write("far/away/a/x.json", texts[1])
        wait_for(known[1], "a directory that appears takes precedence")
        test.mkdir("new")
        test.write("new/x.json", texts[2])
        os.rename(test.path("far/away/a"), test.path("old"))
        os.rename(test.path("new"), test.path("far/away/a"))
        wait_for(known[2], "a directory that is replaced is noticed")
        test.write("far/away/a/x.json", texts[3])
        wait_for(known[3], "the new one is watched")
        shutil.copytree(test.path("far"), test.path("farther"))
        test.write("farther/away/a/x.json", texts[4])
        os.rename(test.path("far"), test.path("older"))
        os.rename(test.path("farther"), test.path("far"))
        wait_for(known[4], "so is one whose parent's parent is replaced")
        test.write("far/away/a/x.json", texts[1])
        wait_for(known[1], "and that one is watched")
        os.unlink(test.path("far/away/a/x.json"))
        wait_for(known[0], "without its file the next directory's is served")
        os.symlink("/dev/null", test.path("far/away/a/x.json"))
        test.until(lambda: "x" not in client.list(), 10, "a mask")
        test.ok("a link to /dev/null masks it")
        shutil.rmtree(test.path("far"))
        test.until(lambda: "x" in client.list(), 10, "the mask is gone")
        test.ok("a directory that goes takes its masks along")
        os.rename(test.path("b"), test.path("c"))
        test.until(lambda: not client.list(), 10, "all is gone")
        test.ok("no directory, no profiles")
        os.rename(test.path("c"), test.path("b"))
        wait_for(known[0], "and back again")
    daemon.stop()


def test_unreadable(test, texts, known):
    """A directory that cannot be read may have better files, and masks: those behind it wait."""
    test.mkdir("better")
    test.mkdir("worse")
    for name in "masked", "both", "only":
        test.write(f"worse/{name}.json", texts[0])
    os.symlink("/dev/null", test.path("better/masked.json"))
    test.write("better/both.json", texts[1])

    def start(name):
        return Daemon(test, profiles=["better", "worse"], name=name, socket_name=name + ".sock")

    def states(client):
        return {name: STATES[entry.state] for name, entry in client.list().items()}

    daemon = start("readable")
    with daemon.client() as client:
        os.chmod(test.path("better"), 0o000)
        test.write("worse/later.json", texts[0])
        client.reload()
        test.equal("what was masked, or comes new behind an unreadable directory, is not served",
                   states(client),
                   {"both": "stale", "later": "broken", "masked": "broken", "only": "served"})
        test.equal("its own file stays in service", client.get("both").digest, known[1])
        test.check("which comes before its directory, cannot be read" in client.profile("later").text,
                   "and the status says why", client.profile("later").text)
    daemon.stop()
    daemon = start("unreadable")
    with daemon.client() as client:
        client.reload()
        test.equal("nothing is served from behind it after a start", states(client),
                   {"both": "broken", "later": "broken", "masked": "broken", "only": "broken"})
        os.chmod(test.path("better"), 0o755)
        test.until(lambda: all(entry.state == SERVED for entry in client.list().values()), 10,
                   "it can be read again")
        test.equal("it heals", states(client), {"both": "served", "later": "served", "only": "served"})
        test.equal("with the better file", client.get("both").digest, known[1])
    daemon.stop()


def test_overflow(test, texts, known):
    """More events than the kernel keeps, while the daemon cannot read them."""
    with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
        limit = int(file.read())
    test.mkdir("flood")
    test.write("flood/x.json", texts[0])
    daemon = Daemon(test, profiles=["flood"], name="flood", socket_name="flood.sock")
    os.kill(daemon.pid, signal.SIGSTOP)
    a, b = test.path("flood/a.txt"), test.path("flood/b.txt")
    open(a, "w", encoding="ascii").close()
    for _ in range(limit // 4 + 1000):  # two events each, and two more for the way back
        os.rename(a, b)
        os.rename(b, a)
    # These come after the overflow: nothing tells of them.
    test.replace("flood/x.json", texts[1])
    test.write("flood/y.json", texts[2])
    os.kill(daemon.pid, signal.SIGCONT)
    with daemon.client() as client:
        test.until(lambda: client.get("x").digest == known[1] and "y" in client.list(), 20,
                   "the overflow")
    test.ok(f"after an overflow ({limit} events) all is looked at again")
    daemon.stop()


def test_without_inotify(test, texts, known):
    """Where the kernel has no inotify left, the directories are looked at from time to time."""
    setup = "echo 0 >/proc/sys/user/max_inotify_instances && exec \"$@\""
    prefix = ["unshare", "--user", "--map-root-user", "sh", "-c", setup, "sh"]
    test.mkdir("poll")
    test.write("poll/x.json", texts[0])
    try:
        daemon = Daemon(test, profiles=["poll"], name="poll", socket_name="poll.sock", prefix=prefix)
    except RuntimeError as error:
        test.skip(f"a kernel without inotify (no user namespace can be made: {error})")
        return
    test.check("cannot watch" in daemon.log(), "without inotify the log says so", daemon.log())
    test.write("poll/x.json", texts[1])
    with daemon.client() as client:
        test.until(lambda: client.get("x").digest == known[1], 20, "a change")
        test.ok("changes are noticed all the same, later")
        test.write("poll/x.json", texts[2])
        client.reload()
        test.equal("and at once by a reload", client.get("x").digest, known[2])
    test.equal("it ends well", daemon.stop(), 0)


def test_signals(test, daemon, texts, known):
    with daemon.client() as client:
        test.write("p/x.json", texts[2])
        os.kill(daemon.pid, signal.SIGHUP)
        test.until(lambda: client.get("x").digest == known[2], 10, "SIGHUP")
        test.ok("SIGHUP reloads")
        test.check("reloading" in daemon.log(), "and is logged")


with Test() as test:
    texts = [profile(100 + i, comment="v" * (50 * i)) for i in range(5)]
    known = digests_of(test, texts)
    test.mkdir("p")
    daemon = Daemon(test)
    test_versions_under_load(test, daemon, texts, known)
    test_delete_and_break_under_load(test, daemon, texts, known)
    test_without_reload(test, daemon, texts, known)
    test_last_good(test, daemon, texts, known)
    test_barrier(test, daemon, texts, known)
    test_signals(test, daemon, texts, known)
    test_config_map(test, texts, known)
    test_directories(test, texts, known)
    test_unreadable(test, texts, known)
    test_overflow(test, texts, known)
    test_without_inotify(test, texts, known)
