#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: denials.sh BUILD-DIRECTORY
#
# `secprofctl denials`: logs as dmesg and auditd write them, and the kernel's own records of processes
# that really were denied a call: from its log, and as they come.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq python3
start_daemon
cd "$D" || exit 1
pids=
cgroup=

more_clean_up()
{
    local pid

    for pid in $pids; do
        kill -KILL "$pid" 2>/dev/null
    done
    wait 2>/dev/null
    [ -z "$cgroup" ] || rmdir "$cgroup"
}

cat > profiles/logged.json <<'END'
{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"],
 "syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "comment": "no new namespaces"},
              {"names": ["getpgid"], "action": "SCMP_ACT_LOG"},
              {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 38, "op": "SCMP_CMP_EQ"}]}]}
END
ctl reload > /dev/null

# record SERIAL COMM NUMBER CODE [PID]: as dmesg prints it, of x86_64.
record()
{
    printf '[ 1.5] audit: type=1326 audit(1697000000.%03d:%d): auid=0 uid=0 gid=0 ses=1 pid=%d comm="%s" exe="/x" sig=0 arch=c000003e syscall=%d compat=0 ip=0x7f6d code=%s\n' \
        "$1" "$1" "${5:-99999999}" "$2" "$3" "$4"
}

# rows: what denials says, from the newest to the oldest.
rows()
{
    ctl denials --json "$@" 2> err | jq -c '.denials[] | [.count, .comm, .syscall, .verdict, .several_processes]'
}

echo "-- logs of files"
{
    echo "[ 1.0] something else"
    record 1 mount 165 0x50000
    record 2 mount 165 0x50000
    record 3 mount 165 0x50000 99999998
    record 4 curl 272 0x80000000
    record 5 mount 165 0x7ffc0000
    echo "[ 1.9] kauditd_printk_skb: 12 callbacks suppressed"
} > kernel.log
wanted='[1,"mount","mount","LOG",false]
[1,"curl","unshare","KILL_PROCESS",false]
[3,"mount","mount","ERRNO",true]'
is "what tells the same is one row" "$wanted" "$(rows kernel.log)"
has "what the kernel did not print is said" "the kernel did not print 12 of its records" "$(cat err)"
sed -n 's/.*audit(\(.*\)): /type=SECCOMP msg=audit(\1): /p' kernel.log > audit.log
is "a record that comes in two ways counts once" "$wanted" "$(rows kernel.log audit.log)"
is "and from the standard input" "$wanted" "$(rows - < audit.log)"
ctl denials kernel.log > out 2> err
has "as a table" '^[0-9T:+-]+ +3 +mount\[99999998,…\] +- +- +mount +x86_64 +ERRNO +the process is gone' "$(cat out)"
is "the newest first" "LAST unshare mount" "$(awk 'NR == 1 { print $1 } /unshare|ERRNO/ { print $6 }' out | tr '\n' ' ' | sed 's/ $//')"
is "since a time behind it" "" "$(rows --since 1h kernel.log)"
is "since a time before it" "$wanted" "$(rows --since 2023-10-01 kernel.log)"
is "since that second, in UTC" "$wanted" "$(rows --since '2023-10-11T04:53:20Z' kernel.log)"
is "and the next one" "" "$(rows --since '2023-10-11T04:53:21Z' kernel.log)"
ctl denials --since teatime kernel.log > out 2>&1
is "since what is no time" 2 $?
ctl denials no-such-file > out 2>&1
is "a file that is not there" 7 $?
is "no records" '{"denials":[],"suppressed":0}' "$(ctl denials --json /dev/null 2> err | jq -c .)"
has "and why that may be" 'the kernel writes them for what kills, traps or logs' "$(cat err)"

echo "-- why, in a few words"
if [ "$(uname -m)" = x86_64 ]; then
    reason()
    {
        ctl denials --json --under "$@" log 2> err | jq -r '.denials[0].reason'
    }
    record 1 x 165 0x50000 > log
    has "a rule that is not in force" '^the rule at default.json:[0-9]+ is not in force: it needs CAP_SYS_ADMIN$' "$(reason default)"
    is "with the capability it was not that profile" "not by this profile as it is now" "$(reason default --caps CAP_SYS_ADMIN)"
    record 1 x 272 0x50000 > log
    has "a rule with its comment" '^the rule at logged.json:2: no new namespaces$' "$(reason logged)"
    record 1 x 41 0x50000 > log
    is "arguments" "its arguments decide, which the record lacks" "$(reason logged)"
    record 1 x 999 0x50000 > log
    is "a new call" "newer than the profile" "$(reason default)"
    record 1 x 1073742096 0x0 > log
    is "another ABI" "the profile does not list this ABI" "$(reason logged)"
    record 1 x 248 0x50000 > log
    has "the default" '^no rule (holds|names it): the default, default.json:[0-9]+$' "$(reason default)"
else
    skip "reasons: the records are those of x86_64"
fi

echo "-- for Prometheus"
{ record 1 a 165 0x50000; record 2 b 165 0x50000; record 3 a 272 0x50000; } > log
ctl denials --metrics --under default log > out 2> err
has "counters by profile and call" '^secprof_denials_total\{profile="default",call="mount",abi="x86_64",verdict="ERRNO"\} 2$' "$(cat out)"
# What the format asks of a text: HELP and TYPE once before the samples, these unique and well-formed.
is "in its format" "2 metrics, 3 samples" "$(python3 - out <<'END'
import re, sys
helped, typed, seen = set(), set(), set()
lines = open(sys.argv[1], encoding="utf-8").read()
assert lines.endswith("\n")
for line in lines.splitlines():
    words = line.split(" ", 3)
    if words[0] == "#":
        group = {"HELP": helped, "TYPE": typed}[words[1]]
        assert words[2] not in group and words[3], line
        group.add(words[2])
        assert words[1] != "TYPE" or (words[2] in helped and words[3] == "counter"), line
        continue
    match = re.fullmatch(r'([a-z_]+_total)(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\})? (\d+)', line)
    assert match and match[1] in typed, line
    assert line.rsplit(" ", 1)[0] not in seen, line
    seen.add(line.rsplit(" ", 1)[0])
assert helped == typed
print(f"{len(typed)} metrics, {len(seen)} samples")
END
)"
ctl denials --metrics --json log > out 2>&1
is "which are no JSON" 2 $?

echo "-- the kernel's own records"
[ "$(id -u)" -eq 0 ] || { skip "the kernel's own records: not root"; finish; }
# Makes a denied call when told, says so, and waits.
cat > denied.py <<'END'
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
print("ready", flush=True)
for line in sys.stdin:
    libc.unshare(0x10000000)
    print("denied", ctypes.get_errno(), flush=True)
END
mkfifo orders
"$build/secprofctl" run logged -- python3 denied.py < orders > denied.out 2> denied.err &
denied=$!
pids+=" $denied"
exec 9> orders
for _ in $(seq 600); do [ ! -s denied.out ] || break; sleep 0.05; done
id=4c01db0b339c8d1e2f30415263748596a7b8c9daebfc0d1e2f30415263748596
container=null
if [ -n "$(cg2_mount)" ] && mkdir "$(cg2_mount)/docker-$id.scope" 2>/dev/null; then
    cgroup=$(cg2_mount)/docker-$id.scope
    echo "$denied" > "$cgroup/cgroup.procs"
    container="\"$id\""
fi
# A shell lets what runs behind it ignore interrupts; people's terminals do not.
env --default-signal=INT "$build/secprofctl" denials --follow --json > followed 2> followed.err &
follower=$!
pids+=" $follower"
# It listens soon after that; until then records go by it.
for _ in $(seq 20); do
    kill -0 $follower 2>/dev/null || { skip "the kernel's own records: $(cat followed.err)"; finish; }
    echo go >&9
    for _ in $(seq 20); do ! grep -q "\"pid\":$denied," followed || break 2; sleep 0.05; done
done
for _ in $(seq 600); do ! grep -q denied denied.out || break; sleep 0.05; done
is "the call is denied" "denied 1" "$(tail -1 denied.out)"
if ! grep -q "\"pid\":$denied," followed; then
    skip "the kernel's own records: this kernel writes none"
    finish
fi
is "as it comes, with profile, container and reason" \
    "[1,\"unshare\",\"ERRNO\",\"logged\",$container,\"the rule at logged.json:2: no new namespaces\"]" \
    "$(grep "\"pid\":$denied," followed | head -1 | jq -c '[.count, .syscall, .verdict, .profile, .container, .reason]')"
before=$(grep -c "\"pid\":$denied," followed)
echo go >&9
for _ in $(seq 600); do [ "$(grep -c "\"pid\":$denied," followed)" -eq "$before" ] || break; sleep 0.05; done
is "each one" $((before + 1)) "$(grep -c "\"pid\":$denied," followed)"
kill -INT $follower
wait $follower 2>/dev/null
is "it ends with an interrupt" 130 $?
if ctl denials --json 2> err | jq -e ".denials[] | select(.pid == $denied and .count > 1)" > row; then
    is "in the log, all as one row" '[true,"unshare","logged"]' "$(jq -c '[.count > 1, .syscall, .profile]' row)"
else
    # The kernel prints only so many a second, and other tests may fill its log.
    skip "the kernel's log has not this record: $(tail -1 err)"
fi
# What audit mode let through is there too.
mkfifo orders2
"$build/secprofctl" run logged@audit -- python3 denied.py < orders2 > audited.out 2> audited.err &
audited=$!
pids+=" $audited"
exec 8> orders2
for _ in $(seq 600); do [ ! -s audited.out ] || break; sleep 0.05; done
env --default-signal=INT "$build/secprofctl" denials --follow --json > audited 2> audited.err &
follower=$!
pids+=" $follower"
for _ in $(seq 40); do
    echo go >&8
    for _ in $(seq 20); do ! grep -q "\"pid\":$audited," audited || break 2; sleep 0.05; done
done
is "what audit mode let through" '["unshare","LOG","logged@audit"]' \
    "$(grep "\"pid\":$audited," audited | head -1 | jq -c '[.syscall, .verdict, .profile]')"
is "and why it would be denied" "the rule at logged.json:2: no new namespaces" \
    "$(grep "\"pid\":$audited," audited | head -1 | jq -r .reason)"
kill $follower
exec 8>&-
# Who reads may stop reading.
( "$build/secprofctl" denials --follow | head -1 > first ) &
pids+=" $!"
for _ in $(seq 600); do
    echo go >&9
    [ ! -s first ] || break
    sleep 0.05
done
has "one line is enough for head" '  unshare  ' "$(cat first)"
setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all "$build/secprofctl" denials --follow > out 2>&1
is "who may not listen" 5 $?
has "and what that takes" 'CAP_AUDIT_READ' "$(cat out)"
exec 9>&-
finish
