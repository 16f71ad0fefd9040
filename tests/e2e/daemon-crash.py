#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at random moments while the cache is written, of the daemon or of the process that writes:
the next start serves only filters that are right to the last byte, and nothing half written stays.
And at random moments of the start: nothing is left that clients could take for the daemon.
SECPROF_CRASHES=1000 is the long form."""
import hashlib
import os
import random
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from secprofd import *

ROUNDS = int(os.environ.get("SECPROF_CRASHES", "1000" if os.environ.get("SECPROF_SOAK") == "1" else "30"))
VERSIONS = 4
NAMES = ["a", "b", "c"]
TARGETS = {"x86_64": X86_64, "aarch64": AARCH64, "s390x": S390X}


def right_filters(test):
    """What each version of the profile gives, from the compiler without a daemon and its cache."""
    filters = {}
    for version in range(VERSIONS):
        test.write("profile", conditional(1 + version))
        for target in TARGETS:
            filters[version, target] = subprocess.run(
                [os.path.join(test.build, "secprofctl"), "compile", "--target", target,
                 test.path("profile")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                check=True).stdout
    return filters


def whole_entries(test):
    """The entries in the cache, and what of it does not have the name of one. Each is as long as it
    says, and has its checksum: a rename puts nothing half written into place."""
    names = os.listdir(test.path("cache/entries"))
    broken = []
    for name in names:
        if len(name) != 64:
            continue
        with open(test.path("cache/entries/" + name), "rb") as file:
            data = file.read()
        # struct cache_header: magic, format, checksum, key; see daemon/cache/entry.h.
        blank = data[:8] + bytes(32) + data[40:]
        if data[40:72].hex() != name or hashlib.sha256(blank).digest() != data[8:40]:
            broken.append(name)
    return names, broken


def crash(test, generator, daemon, versions):
    """Changes profiles, asks for filters, and kills at some moment. Returns who was killed."""
    moment = time.monotonic() + generator.uniform(0, 0.05)
    victims = [daemon.pid]
    try:
        with daemon.client() as client:
            while time.monotonic() < moment:
                name = generator.choice(NAMES)
                versions[name] = generator.randrange(VERSIONS)
                test.replace(f"p/{name}.json", conditional(1 + versions[name]))
                client.send(RELOAD)
                client.receive()
                client.get(name, arch=generator.choice(list(TARGETS.values())),
                           caps=generator.choice([0, 1 << 18, 1 << 21]))
            if generator.random() < 0.3:
                victims = [daemon.writer() or daemon.pid]
    except Refused:
        pass
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    if daemon.pid not in victims:
        time.sleep(generator.uniform(0, 0.02))
        os.kill(daemon.pid, signal.SIGKILL)
    daemon.process.wait()
    return "writer" if daemon.pid not in victims else "daemon"


def test_starting(test, generator):
    """A process that the daemon just made must not have its socket open: when the daemon is killed,
    clients would connect to that, and wait in vain; and the next daemon would find it in use."""
    test.mkdir("q")
    test.write("q/x.json", conditional(1))
    found = 0
    for _ in range(3 * ROUNDS):
        daemon = Daemon(test, "--workers", "2", profiles=["q"], name="starting", socket_name="q.sock",
                        wait=False)
        while True:
            try:
                daemon.client().sock.close()
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if daemon.process.poll() is not None:
                    raise RuntimeError(f"secprofd ended: {daemon.log()}") from None
        time.sleep(generator.uniform(0, 0.01))
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.process.wait()
        test.daemons.remove(daemon)
        try:
            daemon.client().sock.close()
            found += 1
        except ConnectionRefusedError:
            pass
    test.equal(f"after {3 * ROUNDS} kills of a daemon that starts nobody listens at its socket", found, 0)


with Test() as test:
    seed = int(os.environ.get("SECPROF_SEED", "1"))
    generator = random.Random(seed)
    test.mkdir("p")
    test.mkdir("cache", 0o700)
    right = right_filters(test)
    versions = {name: 0 for name in NAMES}
    for name in NAMES:
        test.write(f"p/{name}.json", conditional(1))
    killed = {"daemon": 0, "writer": 0}
    wrong, torn, bad, hits, half = [], [], 0, 0, 0
    for i in range(ROUNDS):
        daemon = Daemon(test, "--workers", "2", cache="cache", name="crash")
        with daemon.client() as client:
            for name in NAMES:
                for target, arch in TARGETS.items():
                    if client.get(name, arch=arch).code != right[versions[name], target]:
                        wrong.append((i, name, target))
            status = client.status()
            bad += status.cache_bad
            hits += status.cache_hits
        killed[crash(test, generator, daemon, versions)] += 1
        test.daemons.remove(daemon)
        names, broken = whole_entries(test)
        torn += [(i, name) for name in broken]
        half += sum(len(name) != 64 for name in names)
    test.equal(f"after {ROUNDS} kills ({killed['daemon']} of the daemon, {killed['writer']} of the writer "
               f"first): each of {9 * ROUNDS} filters is right", wrong[:5], [])
    test.equal("no entry of the cache is torn", torn[:5], [])
    test.equal("so none had to be dropped", bad, 0)
    test.check(hits > ROUNDS, f"{hits} filters came from the cache")
    daemon = Daemon(test, cache="cache", name="last")
    test.replace("p/a.json", conditional(77))
    with daemon.client() as client:
        client.reload()
    daemon.idle()
    test.until(lambda: all(len(name) == 64 for name in os.listdir(test.path("cache/entries"))), 10,
               "what was half written goes")
    test.ok(f"what was left half written ({half} times) is cleared away")
    test.equal("it ends well", daemon.stop(), 0)
    test_starting(test, generator)
    print(f"row: kill -9 of the daemon and its writer at random moments, {ROUNDS} times, while the cache "
          f"is written | next start serves only proven, intact filters | {9 * ROUNDS} filters compared "
          f"with the compiler's: {len(wrong)} wrong; {len(torn)} torn entries; {hits} cache hits")
