#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: why.sh BUILD-DIRECTORY
#
# `secprofctl why`: records that the kernel writes here and now, lines of a real strace, what others wrote
# down, and whether what it advises is enough.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq python3
start_daemon
cd "$D" || exit 1
cat > profiles/logged.json <<'END'
{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"],
 "syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "comment": "no new namespaces"},
              {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 38, "op": "SCMP_CMP_EQ"}]},
              {"names": ["personality"], "action": "SCMP_ACT_KILL_PROCESS"}]}
END
ctl reload > /dev/null

# why NAME CODE PATTERN ARGUMENT…: what it says, in `out`.
why()
{
    local name=$1 code=$2 pattern=$3 got=0

    shift 3
    ctl why "$@" > out 2>&1 || got=$?
    is "$name: exit code $code" "$code" "$got"
    has "$name" "$pattern" "$(cat out)"
}

echo "-- what others wrote down"
record='type=1326 audit(1697000000.123:42): auid=0 uid=0 gid=0 ses=1 pid=99999999 comm="mount" exe="/usr/bin/mount" sig=0 arch=c000003e syscall=165 compat=0 ip=0x7f6d code=0x50000'
why "a record of the kernel" 0 '^Process 99999999 \(mount\) called mount on x86_64; the filter said ERRNO\.$' \
    "$record" --under profiles/default.json --target x86_64
has "its rules" 'ALLOW: not in force: it needs CAP_SYS_ADMIN$' "$(cat out)"
has "what would allow it" '^    \{"names": \["mount"\], "action": "SCMP_ACT_ALLOW"\}$' "$(cat out)"
has "and what that allows too" '^    x32: mount$' "$(cat out)"
has "and what it can do" 'it changes what the process sees as files' "$(cat out)"
why "as auditd writes it" 0 '^Process 7 \(mount\) called mount on x86_64; the filter said ERRNO\.$' --target x86_64 \
    "type=SECCOMP msg=audit(1697000000.123:42): pid=7 comm=6D6F756E74 exe=\"/x\" sig=0 arch=x86_64 syscall=mount code=0x50000" --under default
why "as journalctl prints it" 0 'called mount on x86_64' --under default --target x86_64 "Nov 30 06:00:00 host kernel: audit: $record"
why "of another architecture" 0 'arm 999: ERRNO\(ENOSYS\)$' --under profiles/default.json \
    'type=1326 audit(1:2): pid=5 comm="x" exe="/x" sig=31 arch=40000028 syscall=999 code=0x80000000'
has "which is not what the filter said" 'it was another profile, or another version' "$(cat out)"
why "of a call with arguments" 0 '^mount\(0x55d, 0x55e, 0, MS_BIND\) under' --under default --target x86_64 \
    'type=SYSCALL msg=audit(1:2): arch=c000003e syscall=165 success=no exit=-1 a0=55d a1=55e a2=0 a3=1000 pid=7 comm="mount"'
has "what it returned" 'it failed with EPERM\.$' "$(cat out)"
has "a rule as narrow as the call" '"args": \[\{"index": 3, "value": 4096, "op": "SCMP_CMP_EQ"\}\]' "$(cat out)"
why "a line of strace" 0 '^socket\(AF_ALG, SOCK_SEQPACKET\|SOCK_CLOEXEC\) under' --under profiles/default.json \
    '[pid 12] 12:30:01.5 socket(AF_ALG, SOCK_SEQPACKET|SOCK_CLOEXEC, 0) = -1 EPERM (Operation not permitted)'
why "clone's flags have a name there" 0 '^clone\(SIGCHLD\|CLONE_NEWUSER\) under' --under profiles/default.json \
    'clone(child_stack=NULL, flags=CLONE_NEWUSER|SIGCHLD) = -1 EPERM (Operation not permitted)'
why "of what is allowed" 0 '^The profile allows this call now\.$' --under default \
    'openat(AT_FDCWD, "/a,b)\"c", O_RDONLY|O_CLOEXEC) = -1 EACCES (Permission denied)'
why "where a rule stands against it" 0 'logged.json:2:[0-9]+ says ERRNO\(EPERM\)\. Take unshare out of that rule first\.$' \
    --under logged 'unshare(CLONE_NEWUSER) = -1 EPERM (Operation not permitted)'
has "with its comment" 'no new namespaces' "$(cat out)"
why "where arguments decide and are not known" 0 'cannot tell which of these decided' --under logged --target x86_64 \
    'type=1326 audit(1:2): pid=5 comm="x" exe="/x" sig=0 arch=c000003e syscall=41 code=0x50000'
why "a line of nothing" 2 'neither an audit record' 'hello world'
why "of a process that is gone" 4 'process 99999999 is gone: name its profile with --under' "$record"
has "but which call it was is said" '^Process 99999999 \(mount\) called mount on x86_64' "$(cat out)"
why "of none" 2 'does not say which process' 'unshare(CLONE_NEWUSER) = -1 EPERM (Operation not permitted)'
why "no call of a process" 2 'which call of pid:1' pid:1
why "an architecture that is none" 2 'arch=12345678 is no architecture' 'arch=12345678 syscall=1'
printf 'boot\n%s\nmore\n%s\nunshare(CLONE_NEWUSER) = -1 EPERM (x)\n' "$record" "$record" > log
ctl why - --under profiles/default.json --target x86_64 < log > out 2>&1
is "of a log each line once" 2 "$(grep -c ' called ' out)"
ctl why - --under default < /dev/null > out 2>&1
is "a log without any" 2 $?
ctl why "$record" --under profiles/default.json --target x86_64 --json > out
is "as JSON" '["mount","mount",true,"ERRNO(EPERM)",["x86_64","x86","x32"]]' \
    "$(jq -c '.[0] | [.comm, .syscall, .remedy.enough, .ways[0].verdict, [.remedy.allows[].abi]]' out)"

echo "-- the advice is enough"
ctl why 'socket(AF_ALG, SOCK_SEQPACKET) = -1 EPERM (Operation not permitted)' --under profiles/default.json --json > out
jq --slurpfile why out '.syscalls += [$why[0][0].remedy.rule]' profiles/default.json > mended.json
echo 'x86_64 socket AF_ALG SOCK_SEQPACKET -> ALLOW
x86_64 socket AF_ALG SOCK_RAW -> ERRNO(EPERM)
x86_64 socket AF_VSOCK SOCK_SEQPACKET -> ERRNO(EPERM)' > table
is "with the rule the call is allowed, and no other" 0 \
    "$(ctl simulate mended.json table --target x86_64 > /dev/null 2>&1; echo $?)"

echo "-- of processes that live"
# deny CALL ARGUMENT…: makes the call, says how it ended, and waits.
deny='import ctypes, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(*(int(word, 0) for word in sys.argv[1:]))
print(ctypes.get_errno(), flush=True)
time.sleep(600)'
case $(uname -m) in x86_64) unshare=272 ;; aarch64) unshare=97 ;; *) unshare= ;; esac
if [ -n "$unshare" ] && [ "$(id -u)" -eq 0 ]; then
    # The kernel's own records, from its multicast group: there is no other reader here.
    python3 - > records 2> listener <<'END' &
import socket, sys
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
sock.bind((0, 1))
print("ready", flush=True)
while True:
    packet = sock.recv(65536)
    kind = int.from_bytes(packet[4:6], sys.byteorder)
    print(f"type={kind} {packet[16:].rstrip(bytes(1)).decode(errors='replace')}", flush=True)
END
    listener=$!
    for _ in $(seq 600); do [ ! -s records ] && kill -0 $listener 2>/dev/null || break; sleep 0.05; done
    "$build/secprofctl" run logged -- python3 -c "$deny" $unshare 0x10000000 > denied 2>&1 &
    denied=$!
    more_clean_up()
    {
        kill "$listener" "$denied" 2>/dev/null
    }
    for _ in $(seq 600); do [ ! -s denied ] || break; sleep 0.05; done
    is "the call is denied" 1 "$(cat denied)"
    for _ in $(seq 100); do ! grep -q "type=1326 .*pid=$denied " records || break; sleep 0.05; done
    why "with the call in words" 0 '^Its filter is that of logged\.$' "pid:$denied" unshare CLONE_NEWUSER
    has "and what decided it" 'ERRNO\(EPERM\): decides$' "$(cat out)"
    if grep "type=1326 .*pid=$denied " records > record; then
        why "of the kernel's own record" 0 '^Its filter is that of logged\.$' - < record
        has "which call it was" "^Process $denied \\(python3[^)]*\\) called unshare on .*; the filter said ERRNO\\.$" "$(cat out)"
    else
        skip "the kernel's own record: this kernel writes none ($(head -1 listener))"
    fi
    why "of a process without a filter" 1 'has no filter: seccomp did not deny' "pid:$$" unshare
else
    skip "processes that live: not root, or an architecture whose number of unshare is not in this test"
fi
finish
