#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# secprofctl record: the profile that it writes lets the same command run, and stops another.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
build_probe
start_daemon

# record NAME COMMAND…: records into the profile directory of the daemon.
record()
{
    local name=$1

    shift
    ctl record -o "$D/profiles/$name.json" -- "$@" 2> "$D/err"
}

is "the command runs as without it" "getpid=OK unshare=OK" "$(record probe "$D/probe" getpid unshare)"
ctl reload > "$D/out"
is "under the profile it runs the same way" "getpid=OK unshare=OK" \
    "$(ctl run probe -- "$D/probe" getpid unshare)"
is "what it did not do before is denied" "getpid=OK mount=EPERM" \
    "$(ctl run probe -- "$D/probe" getpid mount)"
is "the profile has no complaint of check's" 0 "$(ctl check --json "$D/profiles/probe.json" | jq '.[0].errors')"
is "its names are sorted, each once" true \
    "$(jq '.syscalls[0].names | . == unique' "$D/profiles/probe.json")"
has "it is told what was written" '[0-9]+ system calls recorded in .*/probe.json' "$(cat "$D/err")"

# shellcheck disable=SC2016
is "children and their pipes work" "4 2" "$(record pipes sh -c 'echo $((2 + 2)) | cat | tr "\n" " "; (echo 2) | cat')"
ctl reload > "$D/out"
is "a whole pipeline runs under its profile" "4 2" \
    "$(ctl run pipes -- sh -c 'echo $((2 + 2)) | cat | tr "\n" " "; (echo 2) | cat')"
is "standard input reaches the command" "hello" "$(echo hello | ctl record -o "$D/x.json" cat 2>/dev/null)"

if [ "$(uname -m)" = x86_64 ]; then
    cat > "$D/int80.c" <<'END'
int main(void)
{
    long nr = 20; /* getpid of i386 */

    __asm__ volatile("int $0x80" : "+a"(nr) : : "memory", "r8", "r9", "r10", "r11");
    return nr <= 0;
}
END
    "${CC:-gcc}" -O1 -o "$D/int80" "$D/int80.c"
fi
if [ -x "$D/int80" ] && "$D/int80" 2>/dev/null; then
    record abi "$D/int80"
    is "calls through another ABI are recorded with it" '["SCMP_ARCH_X86_64","SCMP_ARCH_X86"]' \
        "$(jq -c .architectures "$D/profiles/abi.json")"
    ctl reload > "$D/out"
    ctl run abi -- "$D/int80"
    is "and run under the profile" 0 $?
else
    skip "calls through another ABI: this machine serves no int \$0x80"
fi

record x sh -c 'exit 7'; is "the exit code is the command's" 7 $?
# shellcheck disable=SC2016
record x sh -c 'kill -TERM $$'; is "or 128 and the signal" 143 $?
record nosuch "$D/nosuch"; is "no such command" 127 $?
[ ! -e "$D/profiles/nosuch.json" ] && ok "writes nothing" || not_ok "writes nothing"
record x "$D/probe.c.not-executable"; is "nothing to execute" 127 $?
touch "$D/plain" && record x "$D/plain"; is "nothing executable" 126 $?
ctl record ls > "$D/out" 2>&1; is "without -o" 125 $?
has "is told what to do" '-o FILE' "$(cat "$D/out")"
ctl record -o "$D/no/such/place.json" true > "$D/out" 2>&1; is "a place that cannot be written to" 125 $?

start=$(date +%s%N)
record late sh -c '(sleep 1; mkdir "$1") & exit 4' sh "$D/late"
is "the command's code, where background processes go on" 4 $?
[ -d "$D/late" ] && ok "they are waited for" || not_ok "they are waited for ($((($(date +%s%N) - start) / 1000000)) ms)"
has "and recorded" '"mkdir"' "$(cat "$D/profiles/late.json")"

# Where the file cannot be written, nothing is run for it.
ctl record -o "$D/no/such/place.json" touch "$D/ran" > "$D/out" 2>&1
[ ! -e "$D/ran" ] && ok "and nothing ran for it" || not_ok "and nothing ran for it"

for signal in TERM HUP; do
    "$build/secprofctl" record -o "$D/term.json" -- sh -c \
        "trap 'echo got it; exit 9' $signal; echo ready; while :; do sleep 0.1; done" > "$D/out" 2>/dev/null &
    pid=$!
    for _ in $(seq 600); do grep -q ready "$D/out" && break; sleep 0.05; done
    kill -$signal $pid
    wait $pid
    is "SIG$signal reaches the command" "9 got it" "$? $(tail -1 "$D/out")"
    has "and what it did is written" '"rt_sigaction"' "$(cat "$D/term.json")"
    rm -f "$D/term.json" "$D/out"
done

# nohup(1) has SIGHUP ignored: then it is not the first of the two signals.
(trap '' HUP && exec "$build/secprofctl" record -o "$D/term.json" -- sh -c \
    "trap 'sleep 0.3; exit 9' TERM; echo ready; while :; do sleep 0.1; done") > "$D/out" 2>/dev/null &
pid=$!
for _ in $(seq 600); do grep -q ready "$D/out" && break; sleep 0.05; done
kill -HUP $pid
sleep 0.3
kill -TERM $pid
wait $pid
is "an ignored SIGHUP does not count" 9 $?
rm -f "$D/term.json" "$D/out"
"$build/secprofctl" record -o "$D/kill.json" -- sh -c 'echo $$; while :; do sleep 0.1; done' > "$D/out" 2>/dev/null &
pid=$!
for _ in $(seq 600); do [ -s "$D/out" ] && break; sleep 0.05; done
kill -KILL $pid
wait $pid 2>/dev/null
for _ in $(seq 40); do kill -0 "$(cat "$D/out")" 2>/dev/null || break; sleep 0.05; done
kill -0 "$(cat "$D/out")" 2>/dev/null
is "a killed recorder leaves no command behind that can do nothing" 1 $?
finish
