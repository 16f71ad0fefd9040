#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: modes.sh BUILD-DIRECTORY
#
# The modes: a profile's filter that lets through and logs (audit), one that denies and logs (log), as names and
# as options, under the real kernel and with its own records.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq python3
start_daemon
cd "$D" || exit 1
cat > profiles/web.json <<'END'
{"defaultAction": "SCMP_ACT_ALLOW",
 "syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 65, "comment": "no new namespaces"},
              {"names": ["personality"], "action": "SCMP_ACT_KILL_PROCESS"}]}
END
cp profiles/web.json profiles/odd@audit.json
ctl reload > /dev/null

echo "-- names and options"
ctl get web > enforced
ctl get web@audit > audited
is "the option says what the name's end says" 0 "$(ctl get web --mode audit | cmp - audited && echo 0)"
is "they need not contradict each other" 0 "$(ctl get web@audit --mode audit | cmp - audited && echo 0)"
is "and a file is compiled the same" 0 "$(ctl compile profiles/web.json --mode audit | cmp - audited && echo 0)"
is "in log mode the filter is the profile's" 0 "$(ctl get web@log | cmp - enforced && echo 0)"
is "with a flag" '["web","log",true]' \
    "$(ctl get web@log --json | jq -c '[.name, .mode, (.flags | any(. == "SECCOMP_FILTER_FLAG_LOG"))]')"
ctl get web@log --mode audit > out 2>&1
is "two modes: exit code 2" 2 $?
has "two modes" 'has a mode already' "$(cat out)"
ctl get web --mode complain > out 2>&1
has "a mode that is none" "unknown mode 'complain'; there are: enforce, audit, log" "$(cat out)"
ctl status web@audit > out 2>&1
is "a mode has no status: exit code 2" 2 $?
has "a mode has no status" "a mode is of one filter, not of the whole profile: 'web'" "$(cat out)"
is "a file whose name ends in a mode is no profile" 0 "$(ctl list | grep -c odd)"
is "no answer denies" 0 "$(ctl disasm web@audit | grep -cE 'ret +(ERRNO|KILL|TRAP)')"
has "the profile against itself" 'unshare' "$(ctl diff web web@audit)"
ctl diff web web@audit --subset > /dev/null
is "is the stricter one" 0 $?
has "explained" 'LOG' "$(ctl explain web@audit unshare)"

case $(uname -m) in x86_64) unshare=272 ;; aarch64) unshare=97 ;; *) unshare= ;; esac
[ -n "$unshare" ] || { skip "calls (the number of unshare is not in this test)"; finish; }

echo "-- under the kernel"
# Makes a call, says how it ended, and waits where it is told to.
call='import ctypes, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(*(int(word, 0) for word in sys.argv[2:]))
print(ctypes.get_errno(), flush=True)
time.sleep(600 * int(sys.argv[1]))'
under() { "$build/secprofctl" "$@" -- python3 -c "$call" 0 $unshare 0 2>&1; }
is "the profile denies" 65 "$(under run web)"
is "in audit mode the call goes through" 0 "$(under run web@audit)"
is "with --audit" 0 "$(under run --audit web)"
is "with --mode audit" 0 "$(under run --mode audit web)"
is "in log mode it is denied" 65 "$(under run web@log)"
if [ "$(ctl status --json | jq '.features | contains(["helper"])' 2>/dev/null)" != false ]; then
    is "the helper in audit mode" 0 "$(under helper web@audit)"
fi
is "what kills does not, in audit mode" 0 "$("$build/secprofctl" run web@audit -- python3 -c "$call" 0 \
    "$(python3 -c 'print({"x86_64": 135, "aarch64": 92}["'"$(uname -m)"'"])')" 0xffffffff)"
if [ "$(uname -m)" = x86_64 ]; then
    "$build/secprofctl" run web -- python3 -c "$call" 0 0x40000027 > out 2>&1
    is "a call of an ABI that the profile lacks is killed" 159 $?
    "$build/secprofctl" run web@audit -- python3 -c "$call" 0 0x40000027 > out 2>&1
    is "and goes to the kernel in audit mode" 0 $?
fi

echo "-- the kernel's records"
[ "$(id -u)" -eq 0 ] || { skip "records (not root)"; finish; }
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
running=()
more_clean_up()
{
    kill "$listener" "${running[@]}" 2>/dev/null
}
for _ in $(seq 600); do [ ! -s records ] && kill -0 $listener 2>/dev/null || break; sleep 0.05; done
# begin NAME: a process under NAME that made the call and waits; its pid in `pid`.
begin()
{
    "$build/secprofctl" run "$1" -- python3 -c "$call" 1 $unshare 0 > ended 2>&1 &
    pid=$!
    running+=("$pid")
    for _ in $(seq 600); do [ ! -s ended ] || break; sleep 0.05; done
}
begin web@audit
for _ in $(seq 100); do ! grep -q "type=1326 .*pid=$pid " records || break; sleep 0.05; done
is "of a process in audit mode" 0 "$(cat ended)"
ctl why "pid:$pid" unshare 0 > out 2>&1
has "its profile is known" '^Its filter is that of web@audit\.$' "$(cat out)"
has "what it would get" 'ERRNO\(ENOPKG\): decides$' "$(cat out)"
if grep "type=1326 .*pid=$pid " records > record; then
    has "the kernel logs the call" 'code=0x7ffc0000' "$(cat record)"
    ctl why - < record > out 2>&1
    is "it is explained" 0 $?
    has "what the filter did" 'the filter said LOG\.$' "$(cat out)"
    has "why" '^Its filter lets through what the profile denies, and the kernel logs it\. Enforced, the profile says:$' \
        "$(cat out)"
    has "by which rule" 'no new namespaces' "$(cat out)"
    is "which is no contradiction" 0 "$(grep -c 'That is not what the filter said' out)"
    is "as JSON" '["web","audit","ERRNO(ENOPKG)"]' \
        "$(ctl why - --json < record | jq -c '.[0] | [.profile, .mode, .ways[0].verdict]')"
    begin web@log
    for _ in $(seq 100); do ! grep -q "type=1326 .*pid=$pid " records || break; sleep 0.05; done
    is "of a process in log mode" 65 "$(cat ended)"
    has "the kernel logs what is denied" 'code=0x50000' "$(grep "type=1326 .*pid=$pid " records)"
else
    skip "records (this kernel writes none: $(head -1 listener))"
fi
finish
