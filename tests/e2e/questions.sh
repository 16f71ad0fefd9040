#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The questions about filters (disasm, diff, explain) on files, on names through a real secprofd, and
# on running processes.
# shellcheck source=tests/e2e/lib.sh disable=SC2154
. "$(dirname "$0")/lib.sh"

need python3
start_daemon
cd "$D" || exit 2

# Runs secprofctl; leaves its exit code in $code, and its output in the files out and err.
run_ctl()
{
    ctl "$@" > out 2> err < "${input:-/dev/null}"
    code=$?
}

# expect FILE NAME CODE PATTERN ARGUMENT…: that exit code, and a match of the pattern in FILE, out or err.
expect()
{
    local file=$1 name=$2 wanted=$3 pattern=$4

    shift 4
    run_ctl "$@"
    if [ $code -eq "$wanted" ]; then
        has "$name" "$pattern" "$(cat "$file")"
    else
        not_ok "$name: exit code $code, wanted $wanted: $(cat err)"
    fi
}

gives() { expect out "$@"; }
refuses() { expect err "$@"; }

# json EXPRESSION: what Python makes of the JSON in `out`, called j.
json()
{
    python3 -c 'import json, sys; j = json.load(open("out")); print(eval(sys.argv[1]))' "$1"
}

# profile DEFAULT-ACTION RULES: a profile with these rules, each NAME:ACTION or NAME:ACTION:INDEX:OP:VALUE.
profile()
{
    python3 - "$@" << 'END'
import json, sys
rules = []
for rule in sys.argv[2:]:
    name, action, *test = rule.split(":")
    rules.append({"names": [name], "action": "SCMP_ACT_" + action})
    if test:
        rules[-1]["args"] = [{"index": int(test[0]), "op": "SCMP_CMP_" + test[1], "value": int(test[2])}]
print(json.dumps({"defaultAction": "SCMP_ACT_" + sys.argv[1], "syscalls": rules}))
END
}

ctl get default > default.bpf
lines=$(($(wc -c < default.bpf) / 8))

head -c 12 default.bpf > half.bpf

echo "-- disasm"
gives "of a served profile" 0 '; socket$' disasm default
is "has a line for each instruction" $lines "$(grep -vc '^;' out)"
grep -v '^;' out > served.asm
gives "of a profile's file" 0 'default.json: [0-9]+ instructions, for ' disasm profiles/default.json
if grep -v '^;' out | cmp -s - served.asm; then ok "is the same"; else not_ok "the file's listing differs"; fi
gives "of raw BPF" 0 'raw BPF: ' disasm default.bpf
if grep -v '^;' out | cmp -s - served.asm; then ok "is the same"; else not_ok "the listing of raw BPF differs"; fi
input=default.bpf gives "from stdin too" 0 '<stdin>, raw BPF: ' disasm -
refuses "of half an instruction" 1 '12 bytes are no filter' disasm half.bpf
refuses "of raw BPF in the other byte order" 1 'other byte order' disasm default.bpf --target s390x
refuses "of a file that is not there" 7 'cannot open \./none' disasm ./none
refuses "of a name that is not served" 4 'no such profile' disasm none
refuses "of a process that is not there" 4 'process 2147483646' disasm pid:2147483646
refuses "with --json" 2 'no JSON' disasm default.bpf --json

echo "-- diff"
profile ERRNO read:ALLOW write:ALLOW ioctl:ALLOW:1:EQ:3 keyctl:ERRNO > small.json
profile ERRNO read:ALLOW write:ALLOW ioctl:ALLOW keyctl:LOG > large.json
gives "of a name and its file" 0 'the same answer to every call' diff default profiles/default.json
gives "of raw BPF and a name" 0 'the same answer to every call' diff default.bpf default
gives "of two profiles" 1 '^  A ERRNO\(EPERM\), B LOG: keyctl$' diff small.json large.json
is "begins with a sentence" 'A denies 2 calls more' "$(head -1 out)"
has "names the argument that matters" '^  by argument 1: ioctl$' "$(cat out)"
has "with an example" '^    ioctl\(0\): A ERRNO\(EPERM\), B ALLOW$' "$(cat out)"
docker=$here/../data/peers/docker-20.10.24.json
gives "once for all ABIs that agree" 1 '^x86_64, x86, x32$' diff --target x86_64 default "$docker"
gives "of one ABI" 1 '^x32$' diff --target x86_64 --abi x32 default "$docker"
is "no other is there" 0 "$(grep -c '^x86' out)"
gives "of one ABI that agrees" 0 'the same answer' diff --target x86_64 --abi x32 small.json large.json
refuses "of an ABI of another target" 2 'x86_64 has no ABI arm' diff --target x86_64 --abi arm small.json large.json
profile ERRNO read:ALLOW write:ALLOW getpid:TRACE keyctl:LOG > other.json
gives "the other way round, and more" 1 '^A allows 1 call more; 1 gets another answer$' diff large.json other.json --target x86_64 --abi x86_64
gives "another answer alone" 1 '^A and B answer 1 call differently, and allow the same$' diff --target x86_64 --abi x86_64 \
    <(profile ERRNO getppid:ALLOW getpid:TRACE) <(profile ERRNO getppid:ALLOW)
profile ERRNO read:ALLOW write:ALLOW ioctl:ALLOW:1:EQ:3 keyctl:ERRNO | sed 's/^{/{"flags": ["SECCOMP_FILTER_FLAG_LOG"], /' > flag.json
gives "flags that differ" 0 '^flags: A [A-Z_]*SPEC_ALLOW; B SECCOMP_FILTER_FLAG_LOG$' diff small.json flag.json
gives "and as JSON" 0 '^\{' diff small.json flag.json --json
is "it has them" "['SECCOMP_FILTER_FLAG_LOG']" "$(json 'j["b_flags"]')"
COLUMNS=60 gives "on a narrow terminal" 1 'io_uring_setup' diff default "$docker"
is "no list is wider" 0 "$(grep -v '^[AB] ' out | grep -cE '.{61}')"
gives "a subset" 0 'allows nothing that B does not' diff --subset small.json large.json
gives "no subset" 1 'A is weaker' diff --subset large.json small.json
has "has a counterexample" '^    ioctl\(0\): A ALLOW, B ERRNO\(EPERM\)$' "$(cat out)"
gives "as JSON" 1 '^\{' diff --json small.json large.json
is "it has all" "False ['ioctl', 'keyctl'] [1]" "$(json 'str(j["answer"]) + " " + str(sorted(
    name for c in j["differences"][0]["changes"] for name in c["syscalls"])) + " " + str(next(
    c["arguments"] for c in j["differences"][0]["changes"] if "ioctl" in c["syscalls"]))')"
gives "for another target" 1 '^for s390x$' diff small.json large.json --target s390x
gives "with a capability" 1 'A ALLOW, B ERRNO\(EPERM\): .*ptrace' diff profiles/default.json default.bpf \
    --caps CAP_SYS_PTRACE
refuses "of a file that is not there" 2 'cannot open' diff default ./none
refuses "of a broken profile" 2 'error' diff default <(echo '{}')
refuses "of one" 2 'needs two' diff default
for json in '' --json; do
    # shellcheck disable=SC2086
    ctl diff $json small.json large.json 2> err > /dev/full
    is "onto a full disk${json:+ with $json}: exit code" 2 $?
    has "and a message" 'cannot write to stdout' "$(cat err)"
done
gives "from Podman's profile" 1 'A ERRNO\(ENOSYS\), B ALLOW: clone3$' \
    diff default "$here"/../data/peers/containers-common-0.50.1.json

echo "-- explain"
gives "of a denied call" 0 'x86_64 101, x86 26, x32 0x40000209: ERRNO\(EPERM\)$' explain default ptrace --target x86_64
has "with the rule that is not in force" 'default.json:[0-9]+:[0-9]+: ALLOW: not in force: it needs CAP_SYS_PTRACE$' "$(cat out)"
has "and the reason" '^      Tracing/profiling syscall, ' "$(cat out)"
gives "with the capability" 0 ': ALLOW: decides$' explain default ptrace --caps CAP_SYS_PTRACE
gives "of socket for AF_ALG" 0 '^x86_64 41, x86 359, x32 0x40000029: ERRNO\(EPERM\)$' explain default socket 38 --target x86_64
has "through socketcall too" '^x86 socketcall\(1\): ERRNO\(EPERM\)$' "$(cat out)"
is "on every ABI it is denied" 0 "$(grep -c '^[a-z].*ALLOW$' out)"
# On every ABI of every target, however the call is made.
for target in x86_64 x86 aarch64 arm mips64 mips mipsel64 mipsel ppc64 ppc ppc64le s390x s390 parisc64 \
    parisc riscv64; do
    run_ctl explain profiles/default.json socket 38 --target $target --json
    is "of socket for AF_ALG, for $target" "0 True ['ERRNO(EPERM)']" "$code $(json \
        'str(len(j["ways"]) > 0) + " " + str(sorted({w["verdict"] for w in j["ways"]}))')"
done
# Each call of the table of blocked calls: denied (two by their arguments), with the table's own reason.
rows=0
wrong=
while IFS='|' read -r _ call reason _; do
    call=${call//[\` ]/}
    reason=${reason#"${reason%%[! ]*}"}
    reason=${reason%"${reason##*[! ]}"}
    run_ctl explain default "$call"
    rows=$((rows + 1))
    case $call in
    clone | personality) answer='by arguments' ;;
    *) answer='ERRNO\([A-Z]+\)' ;;
    esac
    [ $code -eq 0 ] && grep -qxF "      $reason" out && grep -qE "^[a-z].*: $answer$" out &&
        ! grep -E '^[a-z].*: (by arguments|[A-Z_]+(\(.*\))?)$' out | grep -qvE ": $answer$" || wrong+=" $call"
done < <(grep '^| `' "$here/../data/blocked-calls.md")
is "of all $rows blocked calls gives the reason of the table" "52:" "$rows:$wrong"
gives "of socket for AF_INET" 0 '^x86_64 41.*: ALLOW$' explain default socket 2 --target x86_64
gives "of one ABI" 0 '^x86 359: ALLOW$' explain default socket 2 --abi x86 --target x86_64
is "and no other" 0 "$(grep -c '^x86_64' out)"
gives "of a negative argument" 0 '^x86_64 135.*: ERRNO' explain default personality -1 --target x86_64 --abi x86_64
gives "as JSON" 0 '^\{' explain default socket 38 --target x86_64 --json
is "all ways" "['ERRNO(EPERM)'] ['socketcall']" "$(json 'str(sorted({w["verdict"] for w in j["ways"]})) + " " + str([
    w["multiplexer"] for w in j["ways"] if w["multiplexer"]])')"
gives "of raw BPF" 0 'ALLOW for example for socket\(AF_UNSPEC\)' explain default.bpf socket
gives "of raw BPF with arguments" 0 '^x86_64 41: ERRNO\(EPERM\)$' explain default.bpf socket 38
gives "of raw BPF as JSON" 0 '^\{' explain default.bpf socket --json --target x86_64
is "the ways, without a file's rules" \
    "None ['x32', 'x86', 'x86', 'x86_64'] ['socketcall', 1] [None] False" "$(json 'str(j.get("file")) + " " + str(
    sorted(w["abi"] for w in j["ways"])) + " " + str([[w["multiplexer"], w["multiplexer_call"]]
    for w in j["ways"] if w["multiplexer"]][0]) + " " + str([w["verdict"] for w in j["ways"] if w["nr"] == 41]) + " " + str(
    any("rules" in w for w in j["ways"]))')"
is "with an example of each answer" "['ALLOW', 'ERRNO(EPERM)'] False" "$(json 'str([sorted(
    e["verdict"] for e in w["examples"]) for w in j["ways"] if w["nr"] == 41][0]) + " " + str(
    [w["more"] for w in j["ways"] if w["nr"] == 41][0])')"
gives "of raw BPF with arguments as JSON" 0 '^\{' explain default.bpf socket 38 --json --target x86_64
is "one answer" "[38, 0, 0, 0, 0, 0] ['ERRNO(EPERM)'] [1]" "$(json 'str(j["args"]) + " " + str(
    sorted({w["verdict"] for w in j["ways"] if not w["multiplexer"]})) + " " + str(
    sorted({len(w["examples"]) for w in j["ways"] if not w["multiplexer"]}))')"
gives "of a number in raw BPF as JSON" 0 '^\{' explain default.bpf 41 --json --abi x86_64
is "only that way" "[('x86_64', 41, None)] 41 None" "$(json 'str([(w["abi"], w["nr"], w["multiplexer"])
    for w in j["ways"]]) + " " + str(j["number"]) + " " + str(j.get("syscall"))')"
gives "of a number" 0 '^x86 41 \(dup\): ALLOW$' explain profiles/default.json 41 --target x86_64
gives "of a new one" 0 'newer than the profile' explain default 5000
gives "of the number that s390 gives a new one" 0 'does not know as number 0' explain profiles/default.json 0 --target s390x
refuses "of a misspelt call" 2 "did you mean 'ptrace'" explain default ptracee
gives "of an argument by name" 0 '^socket\(AF_ALG, SOCK_RAW\) under' explain default socket AF_ALG SOCK_RAW
has "its rules have names too" 'ALLOW where arg0 < AF_ALG: does not hold' "$(cat out)"
mv out by-name
gives "by number it is the same" 0 '^socket\(AF_ALG, SOCK_RAW\) under' explain default socket 38 3
is "in each word" "" "$(diff out by-name)"
gives "as in C" 0 '^socket\(AF_ALG, SOCK_RAW\) under' explain default 'socket(AF_ALG, SOCK_RAW)'
is "and so" "" "$(diff out by-name)"
gives "of flags" 0 '^clone\(SIGCHLD\|CLONE_NEWNS\|CLONE_NEWUSER\) under' explain default 'clone(CLONE_NEWUSER|CLONE_NEWNS|SIGCHLD)'
gives "values are the target's" 0 '^ioctl\(0, TIOCSTI\) under' explain profiles/default.json ioctl 0 0x5472 --target mips64
gives "of a filter alone, too" 0 'ERRNO\(EPERM\)$' explain default.bpf 'socket(AF_ALG)' --target x86_64
gives "diff has names in its examples" 1 'socket\(AF_ALG\): A ERRNO\(EPERM\), B ALLOW' diff default marker --target x86_64
refuses "of a misspelt name" 2 "'AF_ALK' is no argument; did you mean 'AF_ALG'" explain default socket AF_ALK
refuses "of a name of another argument" 2 'is no argument.*or a name that this argument has' explain default socket SOCK_RAW
refuses "of no argument" 2 'is no argument' explain default read AF_ALG
refuses "of too many" 2 'more than 6 arguments' explain default 'read(1,2,3,4,5,6,7)'
refuses "of a wrong ABI" 2 'has no ABI arm' explain default socket --abi arm --target x86_64
cp profiles/marker.json marker.json
cp small.json profiles/marker.json.new
mv profiles/marker.json.new profiles/marker.json
run_ctl explain marker unshare
if [ $code -eq 0 ] || [ $code -eq 1 ]; then ok "of a file that has just changed: the old or the new answer, or none"; else not_ok "changed: $code"; fi
ctl reload > /dev/null 2>&1
gives "of the new one" 0 '^  profiles/marker.json:1:[0-9]+: ALLOW: decides$|/marker.json:1:[0-9]+: ALLOW: decides$' explain marker read
printf '{"defaultAction": "SCMP_ACT_ALOW"}\n' > profiles/marker.json
ctl reload > /dev/null 2>&1
gives "of a profile whose file is broken: what is in service" 0 '/marker.json:1:[0-9]+: ALLOW: decides$' explain marker read
has "and says so" 'its file is broken' "$(cat err)"
# Stopped, the daemon sees one change: a file that becomes a directory, never a profile that is gone.
kill -STOP "$daemon"
mv profiles/marker.json moved.json
mkdir profiles/marker.json
kill -CONT "$daemon"
ctl reload > /dev/null 2>&1
gives "of one that is no file any more" 0 '/marker.json:1:[0-9]+: ALLOW: decides$' explain marker read
rmdir profiles/marker.json
cp marker.json profiles/marker.json
ctl reload > /dev/null 2>&1

echo "-- check --against-libseccomp"
run_ctl check --against-libseccomp profiles/default.json --target x86_64
is "of the default profile: exit code 0" 0 $code
has "finds the hole of socketcall" 'warning: libseccomp [0-9.]+ differs on x86: socketcall\(0x1\) gets ALLOW from it, which is weaker' "$(cat err)"
run_ctl check --against-libseccomp --strict profiles/default.json --target x86_64
is "which is a warning" 1 $code

# The filters of processes: a reader needs the right to trace, and the kernel the option for it.
sleep 600 &
plain=$!
"$build/secprofctl" run default -- sleep 600 &
confined=$!
# until_filters N PID: until the process has N filters more than this one.
until_filters()
{
    local own

    own=$(filters_of $$)
    for _ in $(seq 600); do
        [ "$(filters_of "$2")" != $((own + $1)) ] || break
        sleep 0.05
    done
}
filters_of()
{
    sed -n 's/^Seccomp_filters:[[:space:]]*//p' "/proc/$1/status"
}
until_filters 1 $confined
more_clean_up()
{
    kill "$plain" "$confined" ${doubly:-} 2>/dev/null
}
gives "of a process without a filter" 0 'a process without a filter' disasm pid:$plain
run_ctl disasm pid:$confined
if [ $code -eq 0 ]; then
    has "of a process" 'one filter' "$(cat out)"
    if grep -v '^;' out | cmp -s - served.asm; then ok "is the same"; else not_ok "the process's listing differs"; fi
    gives "diff with the profile that it runs under" 0 'the same answer' diff default pid:$confined
    gives "and with a process without a filter" 1 'A is weaker' diff --subset pid:$plain pid:$confined
    gives "explain what it gets" 0 ': ERRNO\(EPERM\)$' explain pid:$confined ptrace
    # marker on top of large: both count.
    "$build/secprofctl" run marker -- "$build/secprofctl" run default -- sleep 600 &
    doubly=$!
    until_filters 2 $doubly
    gives "of two filters" 0 '; filter 2 of 2' disasm pid:$doubly
    gives "together they allow at most what one allows" 0 'nothing' diff --subset pid:$doubly default
    has "which is said" '2 filters together' "$(cat out)"
    gives "and what the other allows" 0 'nothing' diff --subset pid:$doubly marker
    gives "but they are less than each" 1 'A ERRNO\(EPERM\), B ALLOW: .*mount' diff pid:$doubly marker
    # A process that is looked at misses nothing: this one sends itself signals all the time.
    "$build/secprofctl" run default -- python3 -c '
import signal
got = sent = 0
going = True
def count(*_):
    global got
    got += 1
def end(*_):
    global going
    going = False
signal.signal(signal.SIGUSR1, count)
signal.signal(signal.SIGTERM, end)
open("going", "w").close()
while going:
    sent += 1
    signal.raise_signal(signal.SIGUSR1)
print(sent - got)' > lost &
    busy=$!
    for _ in $(seq 600); do [ ! -e going ] || break; sleep 0.05; done
    for _ in $(seq 100); do run_ctl disasm pid:$busy; done
    kill "$busy"
    wait "$busy"
    is "who looks at a process takes no signal from it" "0 0" "$code $(cat lost)"
else
    skip "the filters of processes: $(cat err)"
fi
finish
