#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""profile.schema.json, by which editors check profiles, judges as the parser does: shipped profiles
and those of others are right, and a table of wrong ones is wrong for both. Takes three seconds."""
import glob
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
from secprofd import *

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
CONTAINERS = "/usr/share/containers/seccomp.json"

ALLOW = '"defaultAction": "SCMP_ACT_ALLOW"'
ERRNO = '"defaultAction": "SCMP_ACT_ERRNO"'


def rule(text):
    return '{%s, "syscalls": [%s]}' % (ALLOW, text)


def args(text):
    return rule('{"names": ["read"], "action": "SCMP_ACT_ERRNO", "args": [%s]}' % text)


def includes(text):
    return rule('{"names": ["read"], "action": "SCMP_ACT_ERRNO", "includes": %s}' % text)


# Of an unknown key beside the rules check only warns, since runtimes ignore it: so this is --strict.
WRONG = {
    "an array": "[]",
    "no default action": '{"syscalls": []}',
    "no keys": "{}",
    "a misspelt action": '{"defaultAction": "SCMP_ACT_ALOW"}',
    "an action in small letters": '{"defaultAction": "scmp_act_allow"}',
    "no action's name": '{"defaultAction": 1}',
    "an unknown key": '{%s, "extra": 1}' % ALLOW,
    "a key in another case": '{%s, "sysCalls": []}' % ALLOW,
    "an errno that nobody gets": '{%s, "defaultErrnoRet": 1}' % ALLOW,
    "an errno's name that nobody gets": '{%s, "defaultErrno": "EPERM"}' % ALLOW,
    "a negative errno": '{%s, "defaultErrnoRet": -1}' % ERRNO,
    "an errno that is too large": '{%s, "defaultErrnoRet": 4096}' % ERRNO,
    "a message that is too large":
        '{"defaultAction": "SCMP_ACT_TRACE", "defaultErrnoRet": 65536}',
    "an errno as text": '{%s, "defaultErrnoRet": "EPERM"}' % ERRNO,
    "an unknown errno": '{%s, "defaultErrno": "EPREM"}' % ERRNO,
    "an errno with a fraction": '{%s, "defaultErrnoRet": 1.5}' % ERRNO,
    "architectures that are no list": '{%s, "architectures": "SCMP_ARCH_X86"}' % ALLOW,
    "an unknown architecture": '{%s, "architectures": ["SCMP_ARCH_X86_46"]}' % ALLOW,
    "architectures and archMap": '{%s, "architectures": ["SCMP_ARCH_X86"], "archMap": '
                                 '[{"architecture": "SCMP_ARCH_X86"}]}' % ALLOW,
    "archMap without an architecture": '{%s, "archMap": [{"subArchitectures": []}]}' % ALLOW,
    "archMap with another key":
        '{%s, "archMap": [{"architecture": "SCMP_ARCH_X86", "sub": []}]}' % ALLOW,
    "an unknown flag": '{%s, "flags": ["SECCOMP_FILTER_FLAG_LOGS"]}' % ALLOW,
    "a flag of the kernel's that is none of a profile's":
        '{%s, "flags": ["SECCOMP_FILTER_FLAG_NEW_LISTENER"]}' % ALLOW,
    "metadata without a path": '{%s, "listenerMetadata": "x"}' % ALLOW,
    "x-unknownSyscalls": '{%s, "x-unknownSyscalls": "eperm"}' % ALLOW,
    "rules that are an object": '{%s, "syscalls": {}}' % ALLOW,
    "a rule that is a name": rule('"read"'),
    "a rule without names": rule('{"action": "SCMP_ACT_ALLOW"}'),
    "a rule with no names": rule('{"names": [], "action": "SCMP_ACT_ALLOW"}'),
    "a rule without an action": rule('{"names": ["read"]}'),
    "a rule with name and names": rule('{"name": "a", "names": ["b"], "action": "SCMP_ACT_LOG"}'),
    "no name of a call": rule('{"names": ["a-b"], "action": "SCMP_ACT_LOG"}'),
    "an empty name": rule('{"names": [""], "action": "SCMP_ACT_LOG"}'),
    "a misspelt args": rule('{"names": ["read"], "action": "SCMP_ACT_LOG", "arg": []}'),
    "a comment that is a list": rule('{"names": ["read"], "action": "SCMP_ACT_LOG", "comment": []}'),
    "an errno of a rule that allows":
        rule('{"names": ["read"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1}'),
    "a test without an index": args('{"value": 1, "op": "SCMP_CMP_EQ"}'),
    "a test without a value": args('{"index": 1, "op": "SCMP_CMP_EQ"}'),
    "a test without an operator": args('{"index": 1, "value": 1}'),
    "a test of argument 6": args('{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}'),
    "an operator of C": args('{"index": 0, "value": 1, "op": "=="}'),
    "a negative value": args('{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}'),
    "a value of 65 bits": args('{"index": 0, "value": 36893488147419103232, "op": "SCMP_CMP_EQ"}'),
    "a value as text": args('{"index": 0, "value": "0x10", "op": "SCMP_CMP_EQ"}'),
    "a test with another key": args('{"index": 0, "value": 1, "op": "SCMP_CMP_EQ", "mask": 1}'),
    "a condition with another key": includes('{"cap": ["CAP_CHOWN"]}'),
    "a capability without CAP_": includes('{"caps": ["CHOWN"]}'),
    "an architecture of C": includes('{"arches": ["x86_64"]}'),
    "a kernel of three numbers": includes('{"minKernel": "4.8.1"}'),
    "kernel 0.0": includes('{"minKernel": "0.0"}'),
    "a wrapper with another key": '{"seccomp": {%s}, "extra": 1}' % ALLOW,
    "a wrapper beside a profile": '{"seccomp": {%s}, %s}' % (ALLOW, ALLOW),
    "a wrapper of nothing": '{"seccomp": null}',
    "a config.json without a profile": '{"ociVersion": "1.0.2", "linux": {}}',
    "a config.json with a wrong profile": '{"linux": {"seccomp": {"defaultAction": 1}}}',
    "a Kubernetes object of another kind": '{"kind": "Pod", "spec": {%s}}' % ALLOW,
    "a Kubernetes object of nothing": '{"kind": "SeccompProfile"}',
}

RIGHT = {
    "the smallest": '{%s}' % ALLOW,
    "what Go writes for nothing":
        '{%s, "defaultErrno": "", "defaultErrnoRet": null, "architectures": null, "archMap": [], '
        '"flags": null, "listenerPath": "", "listenerMetadata": "", "syscalls": null}' % ALLOW,
    "the same in a rule":
        rule('{"name": "", "names": ["read"], "action": "SCMP_ACT_LOG", "errno": "", '
             '"errnoRet": null, "args": null, "includes": {}, "excludes": null}'),
    "the same in a condition": includes('{"caps": null, "arches": [], "minKernel": ""}'),
    "the old form": rule('{"name": "read", "action": "SCMP_ACT_LOG", "names": []}'),
    "words": '{%s, "//": 1, "_comment": [], "$comment": {}, "comment": 1, "x-mine": 1, "$schema": '
             '"profile.schema.json"}' % ALLOW,
    "the largest numbers": args('{"index": 5, "value": 18446744073709551615, "op": '
                                '"SCMP_CMP_MASKED_EQ", "valueTwo": 18446744073709551615}'),
    "an errno of 0": rule('{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 0}'),
    "empty architectures beside archMap":
        '{%s, "architectures": [], "archMap": [{"architecture": "SCMP_ARCH_X86"}]}' % ALLOW,
    "a message for a tracer": '{"defaultAction": "SCMP_ACT_TRACE", "defaultErrnoRet": 65535}',
    "a Kubernetes object":
        '{"apiVersion": "security-profiles-operator.x-k8s.io/v1beta1", "kind": "SeccompProfile", '
        '"metadata": {"name": "x"}, "spec": {%s}}' % ALLOW,
    "a config.json": '{"ociVersion": "1.0.2", "process": {}, "linux": {"namespaces": [], '
                     '"seccomp": {%s}}}' % ALLOW,
}


def parser_takes(test, path):
    """What check says of the form of PATH; what the lint says is not the schema's to know."""
    done = subprocess.run([test.build + "/secprofctl", "check", "--target", "x86_64", "--json", path],
                          capture_output=True, timeout=60, check=False)
    form = ("invalid-json", "invalid-profile", "unknown-key")
    return not [message for message in json.loads(done.stdout)[0]["messages"]
                if message["rule"] in form]


with Test() as test:
    try:
        import jsonschema
    except ImportError:
        test.skip("python3-jsonschema is not installed")
        sys.exit()
    with open(TOP + "/compiler/parse/profile.schema.json", encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    test.ok("it is a schema of draft 7")
    validator = jsonschema.Draft7Validator(schema)
    paths = (glob.glob(TOP + "/profiles/*.json") + glob.glob(TOP + "/tests/data/parse/*.json") +
             glob.glob(TOP + "/tests/data/peers/*.json") + glob.glob(TOP + "/tests/e2e/profiles/*.json"))
    if os.path.exists(CONTAINERS):
        paths.append(CONTAINERS)
    else:
        test.skip(f"there is no {CONTAINERS}: golang-github-containers-common is not installed")
    for path in sorted(paths):
        with open(path, encoding="utf-8") as file:
            errors = [f"{error.json_path}: {error.message}"
                      for error in validator.iter_errors(json.load(file))]
        test.equal(f"{os.path.relpath(path, TOP)}: what is wrong with it", errors, [])
        test.check(parser_takes(test, path), "and the parser takes it")
    for table, right in ((WRONG, False), (RIGHT, True)):
        for name, text in table.items():
            test.write("x.json", text)
            judged = {"the parser": parser_takes(test, test.path("x.json")),
                      "the schema": validator.is_valid(json.loads(text))}
            test.equal(f"{'right' if right else 'wrong'}: {name}", judged,
                       {"the parser": right, "the schema": right})
