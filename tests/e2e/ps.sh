#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: ps.sh BUILD-DIRECTORY
#
# `secprofctl ps`: processes that really run under filters, of this and of other hands, with threads
# that differ, stopped, traced by another, in a cgroup as engines name it, and seen by a user who may
# not look.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq python3 setpriv
[ "$(id -u)" -eq 0 ] || skip_all "not root: filters of processes cannot be read"
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

# until_line FILE: waits until a process has written its first line there.
until_line()
{
    for _ in $(seq 600); do [ ! -s "$1" ] || return 0; sleep 0.05; done
    not_ok "$1: the process is ready: $(cat "$1" "$1.err" 2>/dev/null)"
    finish
}

# start NAME COMMAND…: starts what prints a line as soon as it is ready; leaves its pid in $pid.
start()
{
    local name=$1

    shift
    "$@" > "$name.out" 2> "$name.out.err" &
    pid=$!
    pids+=" $pid"
    until_line "$name.out"
}

# row PID JQ: what ps has of a process, by --json.
row()
{
    ctl ps --json 2> err | jq -c --argjson pid "$1" ".processes[] | select(.pid == \$pid) | $2"
}

# thread_state PID
thread_state()
{
    sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status"
}

wait_script='echo ready; exec sleep 600'
# A filter of somebody else's, in one thread of two: a load and a return; the thread then waits.
cat > foreign.py <<'END'
import ctypes, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def confine():
    code = struct.pack("=HBBI", 0x20, 0, 0, 0) + struct.pack("=HBBI", 6, 0, 0, 0x7fff0000)
    insns = ctypes.create_string_buffer(code, len(code))
    prog = struct.pack("@HP", 2, ctypes.addressof(insns))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, prog, 0, 0):
        sys.exit(f"prctl: {ctypes.get_errno()}")
    ready.set()
    time.sleep(600)
ready = threading.Event()
if sys.argv[1] == "thread":
    threading.Thread(target=confine, daemon=True).start()
    ready.wait()
else:
    threading.Timer(0, lambda: ready.wait() and print("ready", flush=True)).start()
    confine()
print("ready", flush=True)
time.sleep(600)
END

echo "-- whose filters"
start ours "$build/secprofctl" run default -- sh -c "$wait_script"
ours=$pid
is "of a process that run started" '["current",1,"default",[],1]' \
    "$(row "$ours" '[.state, .filter_count, .filters[0].profiles[0].name, .filters[0].profiles[0].caps, .threads]')"
is "its digest is that of get" "$(ctl get default --json | jq -r .digest)" "$(row "$ours" '.filters[0].digest' | tr -d '"')"
ctl ps > out 2> err
has "in the table" "^$ours +root +- +1 +default +[0-9a-f]{12} +current +sleep 600$" "$(cat out)"
if [ -s err ] && grep -q CONFIG_CHECKPOINT_RESTORE err; then skip_all "$(cat err)"; fi
is "it goes on, and nobody traces it" "S 0" "$(thread_state "$ours") $(sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$ours/status")"
start capable setpriv --bounding-set -all,+sys_admin,+chown --inh-caps -all "$build/secprofctl" run default --caps CAP_SYS_ADMIN,CAP_CHOWN -- sh -c "$wait_script"
capable=$pid
is "for the capabilities that it may have" '["current",["CAP_SYS_ADMIN"]]' \
    "$(row "$capable" '[.state, [.filters[0].profiles[0].caps[] | select(. == "CAP_SYS_ADMIN")]]')"
start twice "$build/secprofctl" run marker -- "$build/secprofctl" run default -- sh -c "$wait_script"
twice=$pid
is "two filters, the newest first" '["current",2,["default","marker"]]' "$(row "$twice" '[.state, .filter_count, [.filters[].profiles[0].name]]')"
start audited "$build/secprofctl" run default@audit -- sh -c "$wait_script"
is "in audit mode" '["current","default@audit"]' "$(row "$pid" '[.state, .filters[0].profiles[0].name]')"
start foreign python3 foreign.py whole
foreign=$pid
is "a filter that is not ours" '"not served"' "$(row "$foreign" .state | head -1)"
start thread python3 foreign.py thread
is "a thread whose filters differ from the others'" '[["unfiltered",0,true],["not served",1,false]]' \
    "$(row "$pid" '[.state, .filter_count, .pid == .tid]' | jq -sc .)"
has "it has a line of its own" "^$pid/[0-9]+ .* 1 +- +[0-9a-f]{12} +not served " "$(ctl ps)"

echo "-- what changes"
ctl ps --outdated > out
has "what no profile has" "^$foreign" "$(cat out)"
is "and nothing else" "" "$(grep "^$ours " out)"
sed -i '0,/"names": *\[/s//&"kcmp", /' profiles/marker.json
ctl reload > /dev/null
is "one of two filters changed" '["current",[],["default"]]' \
    "$(row "$twice" '[.state, [.filters[1].profiles[].name], [.filters[0].profiles[].name]]')"

echo "-- who may still call it"
# asked CALL: "PID ANSWER" of the processes of this test, by --json, with those without filters.
asked()
{
    ctl ps --all --json --allows "$1" 2> err | jq -r '.processes[] | "\(.pid) \(.allows.answer)"' |
        grep -E "^($ours|$foreign|$$) " | sed "s/^$ours /ours /; s/^$foreign /foreign /; s/^$$ /this /" | sort | tr '\n' ' '
}
is "a call that default denies" "foreign yes this yes " "$(asked 'ptrace(PTRACE_TRACEME)' | sed 's/ours [^ ]* //')"
is "one that it allows" "foreign yes ours yes this yes " "$(asked getpid)"
is "a family that it denies" "foreign yes this yes " "$(asked 'bpf')"
case $(uname -m) in
x86_64)
    # With a rule on the multiplexer itself, which no rule on what it calls can look into.
    jq '.syscalls += [{"names": ["socketcall"], "action": "SCMP_ACT_ALLOW"}]' profiles/default.json > profiles/muxed.json
    ctl reload > /dev/null
    start muxed "$build/secprofctl" run muxed -- sh -c "$wait_script"
    ctl ps --allows 'socket(AF_ALG)' > out 2> err
    is "what x86_64 denies, and x86 allows through socketcall" \
        '["yes",[["x86_64",null,"no"],["x86",null,"no"],["x86","socketcall","yes"],["x32",null,"no"]]]' \
        "$(ctl ps --json --allows 'socket(AF_ALG)' | jq -c --argjson pid "$pid" '.processes[] | select(.pid == $pid) | .allows | [.answer, [.ways[] | [.abi, .multiplexer, .answer]]]')"
    has "in the table" "^$pid .* yes: x86 by socketcall +sleep 600$" "$(cat out)"
    is "who may not is not listed" "" "$(grep "^$ours " out)"
    has "how many have no filter at all" '^[0-9]+ processes have no filter, and are not listed without --all\.$' "$(cat out)"
    cat > profiles/high.json <<'END'
{"defaultAction": "SCMP_ACT_ALLOW",
 "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 38, "op": "SCMP_CMP_EQ"}]},
              {"names": ["unshare"], "action": "SCMP_ACT_TRACE"},
              {"names": ["personality"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 4, "op": "SCMP_CMP_EQ"}]}]}
END
    ctl reload > /dev/null
    start high "$build/secprofctl" run high -- sh -c "$wait_script"
    high=$pid
    answer()
    {
        ctl ps --json --allows "$1" | jq -r --argjson pid "$high" '.processes[] | select(.pid == $pid) | .allows | .ways[0].answer'
    }
    is "a value that a filter compares in 64 bits, and the kernel in 32" "high bits" "$(answer 'socket(AF_ALG)')"
    is "one that it does not deny" yes "$(answer 'socket(AF_VSOCK)')"
    is "without its argument" arguments "$(answer socket)"
    is "where a tracer decides" asks "$(answer unshare)"
    ;;
*) skip "answers by ABI: not x86_64" ;;
esac
ctl ps --allows unshar > out 2>&1
is "a call that is none" 2 $?
has "what may be meant" "has no syscall 'unshar'; did you mean 'unshare'" "$(cat out)"
ctl ps --allows 'socket(AF_ALGG)' > out 2>&1
is "an argument that is none" 2 $?

echo "-- who is under less than a profile"
weaker()
{
    ctl ps --json --weaker-than "$@" 2> err | jq -r '.processes[].pid' | grep -xE "$ours|$foreign|$twice" |
        sed "s/^$ours$/ours/; s/^$foreign$/foreign/; s/^$twice$/twice/" | sort -u | tr '\n' ' '
}
is "than default" "foreign " "$(weaker default)"
is "than a file that allows all" "" "$(jq '{defaultAction: "SCMP_ACT_ALLOW", archMap}' profiles/default.json > all.json; weaker ./all.json)"
is "than a file that denies one call of default" "foreign ours twice " \
    "$(jq '.syscalls |= map(.names |= map(select(. != "getpid")))' profiles/default.json > less.json; weaker ./less.json)"
has "which call that is" "^$ours .* (x86_64|aarch64|[a-z0-9]+) getpid( and [0-9]+ more)? +sleep 600$" "$(ctl ps --weaker-than ./less.json)"
is "by name" getpid "$(ctl ps --json --weaker-than ./less.json | jq -r --argjson pid "$ours" '[.processes[] | select(.pid == $pid) | .permits_more[].syscalls[]] | unique | .[]')"
is "than another process" "" "$(weaker "pid:$foreign")"
ctl ps --weaker-than ./no-such-file > /dev/null 2>&1
is "than what is not there" 7 $?

echo "-- those that cannot be read"
kill -STOP "$ours"
for _ in $(seq 600); do [ "$(thread_state "$ours")" != T ] || break; sleep 0.05; done
is "a stopped process is read" '"current"' "$(row "$ours" .state)"
is "and stays stopped" T "$(thread_state "$ours")"
kill -CONT "$ours"
cat > tracer.py <<'END'
import ctypes, sys, time
libc = ctypes.CDLL(None, use_errno=True)
if libc.ptrace(0x4206, int(sys.argv[1]), 0, 0):
    sys.exit(f"ptrace: {ctypes.get_errno()}")
print("ready", flush=True)
time.sleep(600)
END
start tracer python3 tracer.py "$ours"
is "a process that another one traces" '["unknown","another process traces it",1]' "$(row "$ours" '[.state, .unread, .filter_count]')"
has "which is said" "cannot read the filters of process $ours: another process traces it" "$(cat err)"
kill "$pid"
wait "$pid" 2>/dev/null
setpriv --reuid 65534 --regid 65534 --clear-groups "$build/secprofctl" ps > out 2> err
has "without the right to: how many filters there are" "^$ours +root +- +1 +- +- +unknown +sleep 600$" "$(cat out)"
has "and why not more" "cannot read the filters of process [0-9]+.*: this needs CAP_SYS_ADMIN and CAP_SYS_PTRACE" "$(cat err)"
"$build/secprofctl" run default -- "$build/secprofctl" ps > out 2> err
has "under a filter of its own" "cannot read the filters" "$(cat err)"

echo "-- containers"
id=4c01db0b339c8d1e2f30415263748596a7b8c9daebfc0d1e2f30415263748596
if [ -n "$(cg2_mount)" ] && mkdir "$(cg2_mount)/docker-$id.scope" 2>/dev/null; then
    cgroup=$(cg2_mount)/docker-$id.scope
    echo "$ours" > "$cgroup/cgroup.procs"
    is "by the name of the cgroup" "[\"docker\",\"$id\"]" "$(row "$ours" '[.engine, .container]')"
    has "short in the table" "^$ours +root +docker:4c01db0b339c " "$(ctl ps)"
else
    skip "a cgroup that is named as Docker names it: none can be made here"
fi

echo "-- without a daemon"
ctl --socket "$D/none" ps > out 2> err
is "the table is there all the same" 0 $?
has "it does not say whose filters these are" "^$ours .* unknown " "$(cat out)"
has "and why" "cannot reach secprofd at $D/none" "$(cat err)"
ctl --socket "$D/none" ps --outdated > /dev/null 2>&1
is "what is old nobody can tell then" 3 $?
ctl ps --all > out
has "all processes" "^$$ .* 0 +- +- +unfiltered " "$(cat out)"
finish
