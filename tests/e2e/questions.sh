#!/bin/bash
# The questions about filters (disasm, diff, explain) on files, on names through a real secprofd, and
# on running processes.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

start_daemon
cd "$D" || exit 2

# Runs secprofctl; leaves its exit code in $code, and its output in the files out and err.
run_ctl()
{
    ctl "$@" > out 2> err < "${input:-/dev/null}"
    code=$?
}

# gives NAME CODE PATTERN ARGUMENT…: that exit code, and a match of the pattern on stdout.
gives()
{
    local name=$1 wanted=$2 pattern=$3

    shift 3
    run_ctl "$@"
    if [ $code -eq "$wanted" ]; then
        has "$name" "$pattern" "$(cat out)"
    else
        not_ok "$name: exit code $code, wanted $wanted: $(cat err)"
    fi
}

# refuses NAME CODE PATTERN ARGUMENT…: that exit code, and a match of the pattern on stderr.
refuses()
{
    local name=$1 wanted=$2 pattern=$3

    shift 3
    run_ctl "$@"
    if [ $code -eq "$wanted" ]; then
        has "$name" "$pattern" "$(cat err)"
    else
        not_ok "$name: exit code $code, wanted $wanted: $(cat err)"
    fi
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

# The filters of processes: a reader needs the right to trace, and the kernel the option for it.
sleep 600 &
plain=$!
"$build/secprofctl" run default -- sleep 600 &
confined=$!
sleep 0.5
more_clean_up()
{
    kill "$plain" "$confined" ${doubly:-} 2>/dev/null
}
gives "of a process without a filter" 0 'a process without a filter' disasm pid:$plain
run_ctl disasm pid:$confined
if [ $code -eq 0 ]; then
    has "of a process" 'one filter' "$(cat out)"
    if grep -v '^;' out | cmp -s - served.asm; then ok "is the same"; else not_ok "the process's listing differs"; fi
else
    skip "the filters of processes: $(cat err)"
fi
finish
