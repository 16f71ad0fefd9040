#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An OCI configuration with every field of the specification through the hook: what another JSON
parser reads of it is the same, but for the filter; and a text that was cut off gives nothing."""
import base64
import json
import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
from secprofd import *

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/oci/config.json")
BPF, MARK, NAME = "run.oci.seccomp_bpf_data", "io.secprof.filter", "io.secprof.profile"
DEEP = 400


class Number(str):
    """A number as it is written."""


def parse(text):
    """Keeps the order of keys, doubles, and numbers to the letter."""
    return json.loads(text, object_pairs_hook=list, parse_int=Number, parse_float=Number,
                      parse_constant=Number)


def cut(value, *keys):
    """VALUE without the member at the end of the path KEYS; its value."""
    for key in keys[:-1]:
        value = dict(value)[key]
    for i, (key, found) in enumerate(value):
        if key == keys[-1]:
            del value[i]
            return found
    return None


class Hook:
    def __init__(self, test, daemon):
        self.test, self.program = test, os.path.join(test.build, "secprof-oci-hook")
        self.env = dict(os.environ, SECPROF_SOCKET=daemon.path)

    def run(self, text, *args):
        done = subprocess.run([self.program, *args], input=text, capture_output=True, env=self.env,
                              timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr.decode()


def text_of(profile=None, insert=b""):
    with open(DATA, "rb") as file:
        text = file.read()
    if profile:
        text = text.replace(b'"com.example.key1"',
                            b'"%s": "%s", "com.example.key1"' % (NAME.encode(), profile.encode()), 1)
    return text[:-2] + insert + text[-2:]


def test_content(test, hook, daemon):
    text = text_of()
    code, out, error = hook.run(text)
    test.equal("by content: it goes through", (code, error), (0, ""))
    before, after = parse(text), parse(out)
    bpf = base64.b64decode(cut(after, "annotations", BPF), validate=True)
    mark = cut(after, "annotations", MARK)
    test.equal("all else is the same for another parser", after, before)
    test.equal("the mark is the filter's digest", mark, "sha256:" + hashlib.sha256(bpf).hexdigest())
    rules = json.dumps(json.loads(text)["linux"]["seccomp"]).encode()
    caps = 1 << 29 | 1 << 5 | 1 << 10
    with daemon.client() as client:
        test.equal("the filter is that of the rules", bpf, client.compile(rules, caps=caps).code)
    kept = os.path.commonprefix([text, out])
    rest = os.path.commonprefix([text[::-1], out[::-1]])
    test.check(len(kept) + len(rest) >= len(text),
               "every byte of the old text is there, in one piece on each side of the filter")
    test.equal("once more, it is the same to the byte", hook.run(out), (0, out, ""))


def test_named(test, hook, daemon):
    text = text_of("conditional")
    code, out, error = hook.run(text, "--allow=conditional")
    test.equal("by name: it goes through", (code, error), (0, ""))
    before, after = parse(text), parse(out)
    with daemon.client() as client:
        wanted = client.get("conditional", caps=1 << 29 | 1 << 5 | 1 << 10).code
    test.equal("the filter is the served one",
               base64.b64decode(cut(after, "annotations", BPF)), wanted)
    cut(after, "annotations", MARK)
    cut(before, "linux", "seccomp")
    rules = cut(after, "linux", "seccomp")
    test.equal("all else is the same for another parser", after, before)
    test.check(dict(rules)["defaultAction"] and dict(rules)["architectures"], "the rules are the profile's")
    with daemon.client() as client:
        test.equal("and give the same filter", client.compile(
            json.dumps(json.loads(out)["linux"]["seccomp"]).encode()).code, wanted)


def test_changing(test, hook, daemon):
    """The profile changes all the time: filter and rules are of one version in each configuration."""
    stop = threading.Event()

    def change():
        errno = 0
        while not stop.is_set():
            errno = errno % 100 + 1
            test.replace("p/changing.json", conditional(errno))
            time.sleep(0.002)

    test.write("p/changing.json", conditional(1))
    with daemon.client() as client:
        client.reload()
        changer = threading.Thread(target=change)
        changer.start()
        outputs, end = [], time.monotonic() + 2
        # For long enough that several versions come into service, however fast the hook is.
        while len(outputs) < 60 or time.monotonic() < end:
            outputs.append(hook.run(text_of("changing"), "--allow=*"))
        stop.set()
        changer.join()
        good, versions = 0, set()
        for code, out, error in outputs:
            if code != 0:
                test.check("changes faster" in error, "a refusal has a reason", error)
                continue
            config = json.loads(out)
            bpf = base64.b64decode(config["annotations"][BPF])
            rules = json.dumps(config["linux"]["seccomp"]).encode()
            good += client.compile(rules).code == bpf
            versions.add(bpf)
    done = sum(code == 0 for code, _, _ in outputs)
    test.check(good == done >= 50 and len(versions) > 5,
               "a profile that changes: filter and rules are of one version",
               f"({good} of {done}, {len(versions)} versions)")


def test_deep(test, hook):
    text = text_of(insert=b',"n":' + b"[" * DEEP + b'{"\\u00e9":1e99}' + b"]" * DEEP)
    code, out, _ = hook.run(text)
    after = parse(out)
    cut(after, "annotations", BPF)
    cut(after, "annotations", MARK)
    test.equal("arrays four hundred deep", (code, after), (0, parse(text)))
    text = text_of(insert=b',"n":' + b"[" * 600 + b"]" * 600)
    test.equal("six hundred deep is refused", hook.run(text)[:2], (1, b""))


def test_large(test, hook):
    text = text_of(insert=b',"n":"' + b"x" * (4 << 20) + b'"')
    code, out, _ = hook.run(text)
    test.check(code == 0 and len(out) > len(text), "four megabytes")
    text = text_of(insert=b',"n":"' + b"x" * (16 << 20) + b'"')
    test.equal("over sixteen are refused", hook.run(text)[:2], (1, b""))


def test_cut_off(test, hook):
    text = text_of("conditional")
    end = text.rindex(b"}")
    bad = [at for at in range(0, end + 1, 211) if hook.run(text[:at], "--allow=*")[:2] != (1, b"")]
    test.equal("a text that was cut off anywhere gives nothing", bad, [])
    code, out, error = hook.run(text[:1000], "--allow=*")
    line = text[:1000].count(b"\n") + 1
    test.check(code == 1 and not out and f"config.json:{line}:" in error, "and the reason has its line",
               error)
    for what, broken in (("a NUL", text.replace(b"rootfs", b"root\0s", 1)),
                         ("no UTF-8", text.replace(b"rootfs", b"root\xffs", 1)),
                         ("a key twice", text_of(insert=b',"linux":{}')),
                         ("more behind the end", text + b"{}")):
        test.equal(f"{what}: refused", hook.run(broken, "--allow=*")[:2], (1, b""))


def test_options(test, hook, daemon):
    text = text_of("conditional")
    for args, out in ((["--help"], b"usage: secprof-oci-hook "), (["-h"], b"usage: secprof-oci-hook "),
                      (["--version"], b"secprof "), (["-V"], b"secprof ")):
        code, got, error = hook.run(text, *args)
        test.check((code, error) == (0, "") and got.startswith(out) and b"ociVersion" not in got,
                   f"{args[0]}: nothing but that", (code, got[:60], error))
    for args, reason in ((["--nothing"], "wrong command line"), (["x"], "unexpected argument x"),
                         (["--allow"], "wrong command line"), (["--socket="], "--socket needs a path"),
                         (["--timeout=0"], "--timeout: 0: a number of milliseconds"),
                         (["--timeout=600001"], "from 1 to 600000 was expected"),
                         (["--timeout=1x"], "--timeout: 1x: "), (["--timeout="], "--timeout: : ")):
        code, got, error = hook.run(text, *args)
        test.check((code, got) == (2, b"") and reason in error, f"{' '.join(args)}: refused", (code, error))
    named = hook.run(text, "--allow=conditional")
    test.equal("--profile: without an annotation, the same filter",
               json.loads(hook.run(text_of(), "--profile=conditional")[1])["annotations"][BPF],
               json.loads(named[1])["annotations"][BPF])
    test.equal("--profile: an annotation that asks for the same", hook.run(text, "--profile=conditional"), named)
    test.equal("--allow: one of many", hook.run(text, "--allow", "a, conditional,b"), named)
    test.equal("--timeout, the longest", hook.run(text, "--allow=*", "--timeout=600000"), named)
    env, hook.env = hook.env, dict(hook.env, SECPROF_SOCKET="/nowhere")
    code, out, error = hook.run(text, "--allow=*")
    test.check((code, out) == (1, b"") and "no daemon listens" in error, "the variable names the socket", error)
    test.equal("--socket comes before the variable",
               hook.run(text, "--allow=*", "--socket", daemon.path), named)
    hook.env = env


def test_refused(test, hook, daemon):
    text = text_of("conditional")
    test.equal("a name that is not allowed", hook.run(text)[:2], (1, b""))
    test.equal("a name that is not served", hook.run(text_of("nothing"), "--allow=*")[:2], (1, b""))
    test.equal("another name than the administrator's",
               hook.run(text, "--allow=*", "--profile=marker")[:2], (1, b""))
    test.equal("named-only leaves others as they are", hook.run(text_of(), "--named-only"),
               (0, text_of(), ""))
    full = subprocess.run([hook.program], input=text_of(), stdout=open("/dev/full", "wb"),
                          stderr=subprocess.PIPE, env=hook.env, timeout=60, check=False)
    test.equal("an output that cannot be written", full.returncode, 1)
    daemon.stop()
    test.equal("without a daemon, by name", hook.run(text, "--allow=*")[:2], (1, b""))
    code, out, error = hook.run(text_of())
    test.equal("without a daemon, by content: as it was", (code, out), (0, text_of()))
    test.check("left to the runtime's own compiler" in error, "and it says so", error)


with Test() as test:
    test.mkdir("p")
    test.write("p/conditional.json", conditional(7))
    daemon = Daemon(test, "--targets", "native")
    hook = Hook(test, daemon)
    test_content(test, hook, daemon)
    test_named(test, hook, daemon)
    test_changing(test, hook, daemon)
    test_deep(test, hook)
    test_large(test, hook)
    test_cut_off(test, hook)
    test_options(test, hook, daemon)
    test_refused(test, hook, daemon)
