#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Where runc and crun make another filter of a profile than secprof: the filters of real containers,
# asked call by call, against tests/data/differences.txt, which docs/differences.md explains.
# About 15 seconds.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# Inside namespaces of its own ("inside CTL DIR"): for each DIR/NAME.json starts a container under
# these rules with either runtime, and asks its filter what DIR/NAME.calls asks.
inside()
{
    local ctl=$1 dir=$2 profile name runtime id more

    for profile in "$dir"/*.json; do
        name=$(basename "$profile" .json)
        jq --slurpfile rules "$profile" '.linux.seccomp = $rules[0]' "$dir/plain" > "$dir/bundle/config.json"
        for runtime in runc crun; do
            more=()
            [ "$runtime" = runc ] || more=(--cgroup-manager=disabled)
            id=e2e-$$-$name
            if "$runtime" --root "$dir/$runtime" "${more[@]}" run -d --pid-file "$dir/pid" -b "$dir/bundle" \
                "$id" > "$dir/$name.$runtime.log" 2>&1 < /dev/null; then
                "$ctl" simulate "pid:$(cat "$dir/pid")" "$dir/$name.calls" > "$dir/$name.$runtime" 2>&1
                kill -KILL "$(cat "$dir/pid")"
            else
                sed 's/.*/refused/' "$dir/$name.calls" > "$dir/$name.$runtime"
            fi
            "$runtime" --root "$dir/$runtime" "${more[@]}" delete -f "$id" > /dev/null 2>&1
        done
    done
}

if [ "${2-}" = inside ]; then
    trap - EXIT
    rm -rf "$D"
    inside "$build/secprofctl" "$3"
    exit
fi

need crun runc jq strace
need_cg2
[ "$(uname -m)" = x86_64 ] || skip_all "the calls of this test are x86_64's"
table=$here/../data/differences.txt

version()
{
    "$1" --version | sed -nE "s/^$2:? (version )?([0-9.]+).*/\2/p" | head -1
}

# What other versions answer is not known: theirs are measured by hand, and go into the table.
installed="runc $(version runc runc), crun $(version crun crun), libseccomp $(version runc libseccomp)"
measured=$(sed -n 's/^measured //p' "$table")
[ "$installed" = "$measured" ] || skip_all "$installed are installed, and the table is of $measured"

mkdir -p "$D/bundle/rootfs/proc" "$D/bundle/rootfs/dev" "$D/bundle/rootfs/sys"
cat > "$D/waiter.c" << 'END'
#include <sys/syscall.h>
void _start(void)
{
    for (;;)
        __asm__ volatile("syscall" : : "a"(SYS_pause) : "rcx", "r11", "memory");
}
END
"${CC:-gcc}" -O1 -static -nostdlib -ffreestanding -fno-stack-protector -o "$D/bundle/rootfs/waiter" \
    "$D/waiter.c" || { not_ok "the program builds"; finish; }
(cd "$D/bundle" && crun spec) || { not_ok "crun spec"; finish; }
jq '.process.args = ["/waiter"] | .process.terminal = false | .process.rlimits = [] |
    .process.noNewPrivileges = true | del(.linux.resources, .linux.seccomp)' \
    "$D/bundle/config.json" > "$D/plain"

# Profiles, calls and answers of the table: NAME.json, NAME.calls, NAME.answers.
awk -v dir="$D" '
    /^profile / { name = dir "/" $2; next }
    /^{/ { rules = 1 }
    rules { print > (name ".json") }
    /^}/ { rules = 0; next }
    !rules && /\|/ {
        split($0, part, / *\| */)
        call = part[1]
        sub(/^[^ ]+ +/, "", call)
        print call > (name ".calls")
        print $1 " | " call " | " part[2] " | " part[3] " | " part[4] > (name ".answers")
    }' "$table"

cg2 "$0" "$build" inside "$D"
for profile in "$D"/*.json; do
    name=${profile%.json}
    if ! ctl simulate "$profile" "$name.calls" --target x86_64 > "$name.secprof" 2> "$name.secprof.log"; then
        sed 's/.*/refused/' "$name.calls" > "$name.secprof"
    fi
    for who in runc crun secprof; do
        sed -E '/ calls?, [0-9]+ otherwise than wanted$/d; s/^.*: //' "$name.$who" > "$name.$who.got"
    done
    paste -d '|' "$name.answers" "$name.runc.got" "$name.crun.got" "$name.secprof.got" > "$name.all"
    while IFS='|' read -r key call runc crun secprof got; do
        is "$key$call" "${runc# }|$crun|$secprof" "${got//|/ | }"
    done < "$name.all"
done

# flags RUNTIME KEY: with KEY among the rules, the flags with which RUNTIME installs a filter.
flags()
{
    local more=()

    [ "$1" = runc ] || more=(--cgroup-manager=disabled)
    jq --argjson rules '{"defaultAction": "SCMP_ACT_ALLOW"'"$2"', "syscalls":
        [{"names": ["exit"], "action": "SCMP_ACT_ERRNO"}, {"names": ["pause"], "action": "SCMP_ACT_KILL_PROCESS"}]}' \
        '.linux.seccomp = $rules' "$D/plain" > "$D/bundle/config.json"
    cg2 timeout 20 strace -f -qq -e trace=seccomp,prctl -o "$D/trace" "$1" --root "$D/$1" "${more[@]}" \
        run -b "$D/bundle" "e2e-$$-$RANDOM" > "$D/out" 2>&1 < /dev/null
    if grep -q 'prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER' "$D/trace"; then echo none; fi
    sed -nE 's/.*SECCOMP_SET_MODE_FILTER, ([A-Z_|]*).*len=.*/\1/p' "$D/trace"
    grep -o 'flags are not yet supported' "$D/out"
}

is "no flags: runc" none "$(flags runc '')"
is "no flags: crun" SECCOMP_FILTER_FLAG_SPEC_ALLOW "$(flags crun '')"
is "flags with LOG: runc" "flags are not yet supported" "$(flags runc ', "flags": ["SECCOMP_FILTER_FLAG_LOG"]')"
is "flags with LOG: crun" SECCOMP_FILTER_FLAG_LOG "$(flags crun ', "flags": ["SECCOMP_FILTER_FLAG_LOG"]')"
finish
