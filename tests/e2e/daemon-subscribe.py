#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SUBSCRIBE: who hears of which change, and what becomes of a client that does not listen."""
import os
import select
import socket
import sys

sys.dont_write_bytecode = True
from secprofd import *

KEPT = 512  # daemon/serve/subscribe.h


def quiet(client, seconds=0.3):
    """True where nothing comes."""
    return not select.select([client.sock], [], [], seconds)[0]


def told(client):
    change = client.change()
    return change.name, STATES[change.kind]


def test_changes(test, daemon):
    with daemon.client() as asker, daemon.client() as listener:
        generation = listener.subscribe()
        test.equal("the reply has the generation", generation, asker.status().generation)
        test.check(quiet(listener), "nothing changed, nothing comes")
        test.equal("it is counted", asker.status().subscribers, 1)

        test.replace("p/new.json", profile(11))
        change = listener.change()
        test.equal("a new profile", (change.name, change.kind), ("new", SERVED))
        test.equal("with its digest", change.digest, asker.get("new").digest)
        test.equal("and the generation", change.generation, asker.status().generation)

        test.replace("p/new.json", profile(12))
        change = listener.change()
        test.equal("a new version", (change.name, change.kind, change.digest),
                   ("new", SERVED, asker.get("new").digest))

        good = change.digest
        test.replace("p/new.json", "{")
        change = listener.change()
        test.equal("a broken one", (change.name, change.kind), ("new", 2))
        test.equal("has the digest of what is in service", change.digest, good)
        test.replace("p/new.json", "{ ")
        test.equal("broken in another way", told(listener), ("new", "stale"))
        test.replace("p/new.json", profile(12))
        test.equal("mended, to what is in service", told(listener), ("new", "served"))

        test.replace("p/bad.json", "[]")
        change = listener.change()
        test.equal("one that is broken from the start", (change.name, change.kind, change.digest),
                   ("bad", IS_BROKEN, bytes(32)))
        os.chmod(test.path("p/new.json"), 0o666)
        test.equal("one that others could write to", told(listener), ("new", "stale"))
        os.chmod(test.path("p/new.json"), 0o644)
        test.equal("and no longer can", told(listener), ("new", "served"))
        os.unlink(test.path("p/new.json"))
        change = listener.change()
        test.equal("one that is gone", (change.name, change.kind, change.digest),
                   ("new", GONE, bytes(32)))
        os.unlink(test.path("p/bad.json"))
        test.equal("one that never was in service is gone", told(listener), ("bad", "gone"))
        asker.reload()
        test.check(quiet(listener), "a reload that finds nothing tells nothing")
    with daemon.client() as asker:
        test.until(lambda: asker.status().subscribers == 0, 5, "it is counted no longer")


def test_bursts(test, daemon):
    """Many changes at once, to several listeners: each hears of all, in order."""
    names = [f"burst{i:02}" for i in range(40)]
    with daemon.client() as asker:
        listeners = [daemon.client() for _ in range(4)]
        for listener in listeners:
            listener.subscribe()
        for i, name in enumerate(names):
            test.replace(f"p/{name}.json", profile(100 + i))
        asker.reload()
        heard = [[listener.change() for _ in names] for listener in listeners]
        test.equal("four listeners hear of forty profiles", {tuple(sorted(c.name for c in one))
                                                             for one in heard}, {tuple(names)})
        test.check(all(one == heard[0] for one in heard), "all in the same order")
        generations = [change.generation for change in heard[0]]
        test.check(generations == sorted(set(generations)), "each change has its own generation")
        for name in names:
            os.unlink(test.path(f"p/{name}.json"))
        asker.reload()
        test.equal("and that they are gone", {told(listeners[0]) for _ in names},
                   {(name, "gone") for name in names})
        for listener in listeners:
            listener.sock.close()


def test_deaf(test, daemon):
    """One that does not read costs the others nothing; it hears that it lost something."""
    with daemon.client() as asker, daemon.client() as deaf, daemon.client() as listener:
        deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        deaf.subscribe()
        listener.subscribe()
        heard, rounds = 0, 0
        while heard < 3 * KEPT:
            rounds += 1
            for i in range(24):
                test.replace(f"p/many{i:02}.json", profile(rounds * 32 + i))
            asker.reload()
            while not quiet(listener, 0):
                heard += 1
                assert listener.change().kind == SERVED
        test.ok(f"a listener hears {heard} changes while another does not read")
        kinds, last = [], None
        while not quiet(deaf):
            last = deaf.change()
            kinds.append(last.kind)
        test.check(LOST in kinds and len(kinds) < heard, "the other one is told that it lost some",
                   (len(kinds), heard))
        lost = kinds.index(LOST)
        test.check(kinds.count(LOST) == 1 or lost > 0, "it first hears what was on its way", kinds[:3])
        test.replace("p/many00.json", profile(4001))
        test.equal("and is up to date from then on", told(deaf), ("many00", "served"))
        for i in range(24):
            os.unlink(test.path(f"p/many{i:02}.json"))
        asker.reload()


def test_access(test, daemon):
    """Nobody hears of a profile that they may not read."""
    if os.geteuid() != 0:
        test.skip("what other users hear of (this needs root)")
        return

    def listen():
        with daemon.client() as listener:
            listener.subscribe()
            os.write(ready, b"x")
            return " ".join("=".join(told(listener)) for _ in range(4))

    readable, ready = os.pipe()
    import threading
    result = []
    thread = threading.Thread(target=lambda: result.append(as_user(1234, 1234, [], listen)))
    thread.start()
    os.read(readable, 1)
    with daemon.client() as asker:
        test.replace("p/secret.json", profile(21), 0o600)
        asker.reload()
        test.replace("p/open.json", profile(22))
        asker.reload()
        os.chmod(test.path("p/secret.json"), 0o644)
        asker.reload()
        os.chmod(test.path("p/secret.json"), 0o640)
        asker.reload()
        test.replace("p/secret.json", profile(23), 0o640)
        asker.reload()
        os.unlink(test.path("p/secret.json"))
        asker.reload()
        os.unlink(test.path("p/open.json"))
        asker.reload()
    thread.join()
    test.equal("a user hears of a profile from when they may read it until they may not",
               result[0], "open=served secret=served secret=gone open=gone")
    os.close(readable)
    os.close(ready)


def test_limits(test):
    daemon = Daemon(test, "--targets", "native", "--max-subscribers", "2", "--idle-timeout", "1",
                    name="limits", socket_name="limits")
    with daemon.client() as a, daemon.client() as b, daemon.client() as c:
        a.subscribe()
        b.subscribe()
        text = test.refused("the third of two subscribers", LIMIT, c.subscribe)
        test.check("--max-subscribers" in text, "is told the option", text)
        test.check(c.status().subscribers == 2, "and may ask for other things")
        time.sleep(2.5)
        test.replace("p/late.json", profile(31))
        test.equal("a subscriber may be idle for longer than others", told(a), ("late", "served"))
        a.sock.close()
        with daemon.client() as d:
            test.until(lambda: d.status().subscribers == 1, 5, "who leaves makes room")
            d.subscribe()
        b.send(STATUS, named_body())
        test.equal("what a subscriber asks is not read", told(b), ("late", "served"))
        test.check(quiet(b), "nor answered")
        test.equal("the daemon stops in an orderly way", daemon.stop(), 0)
        try:
            b.change()
            test.fail("then the stream ends")
        except Closed:
            test.ok("then the stream ends")


with Test() as test:
    test.mkdir("p")
    test.write("p/default.json", profile(1))
    daemon = Daemon(test, "--targets", "native")
    test_changes(test, daemon)
    test_bursts(test, daemon)
    test_deaf(test, daemon)
    test_access(test, daemon)
    test.equal("it stops in an orderly way", daemon.stop(), 0)
    test_limits(test)
