#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What crun and runc call when their own filter is in already, from real runs: each call that they
# make there is denied once, and those without which no container starts must be those that the lint
# names (compiler/lint/use.c).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq strace crun
need_cg2

bundle=$D/bundle
mkdir -p "$bundle/rootfs/proc" "$bundle/rootfs/dev" "$bundle/rootfs/sys"

# A program without a C library: it makes one call of its own, and its status shows that it ran.
cat > "$D/start.c" << 'END'
#include <sys/syscall.h>
void _start(void)
{
    register long status __asm__("rdi") = 42;

    __asm__ volatile("syscall" : : "a"(SYS_exit_group), "r"(status));
    __builtin_unreachable();
}
END
[ "$(uname -m)" = x86_64 ] || skip_all "the program of this test is for x86_64"
"${CC:-gcc}" -O1 -static -nostdlib -ffreestanding -fno-stack-protector -o "$bundle/rootfs/start" \
    "$D/start.c" || { not_ok "the program builds"; finish; }

# configure NNP RULES: the bundle with these noNewPrivileges and linux.seccomp. The user is an
# ordinary one, so that ids and capabilities are set.
(cd "$bundle" && crun spec) || { not_ok "crun spec"; finish; }
mv "$bundle/config.json" "$D/spec.json"
configure()
{
    jq --argjson nnp "$1" --argjson rules "$2" '.process.args = ["/start"] |
        .process.terminal = false | .process.user = {uid: 1000, gid: 1000} | .process.rlimits = [] |
        .process.noNewPrivileges = $nnp | del(.linux.resources) | .linux.seccomp = $rules' \
        "$D/spec.json" > "$bundle/config.json"
}

# start RUNTIME [WRAPPER…]: runs the bundle; succeeds where the program ran.
start()
{
    local runtime=$1 more=()

    shift
    [ "$runtime" != crun ] || more=(--cgroup-manager=disabled)
    cg2 timeout 20 "$@" "$runtime" --root "$D/$runtime" "${more[@]}" run -b "$bundle" \
        "e2e-$$-$RANDOM" > "$D/out" 2>&1 < /dev/null
    [ $? -eq 42 ]
}

# calls_after_filter: from strace's log, what the thread with the filter calls up to execve.
calls_after_filter()
{
    awk '/(seccomp\(SECCOMP_SET_MODE_FILTER, .*|prctl\(PR_SET_SECCOMP, SECCOMP_MODE_FILTER), \{len=/ { thread = $1; next }
        thread == $1 && match($2, /^[a-z0-9_]+\(/) { print substr($2, 1, RLENGTH - 1) }
        thread == $1 && /execve\("\/start"/ { exit }' "$D/trace" | sort -u
}

# needed RUNTIME NNP: of those calls, the ones without which the program does not run.
needed()
{
    local call

    configure "$2" '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls":
        [{"names": ["acct"], "action": "SCMP_ACT_ERRNO"}]}'
    start "$1" strace -f -qq -o "$D/trace" || { echo "nothing: $(tail -1 "$D/out")"; return; }
    for call in $(calls_after_filter); do
        configure "$2" '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls":
            [{"names": ["'"$call"'"], "action": "SCMP_ACT_ERRNO"}]}'
        # Go's threads meet now and then only: what one start needs is not what all need.
        for _ in 1 2 3 4 5; do
            if start "$1"; then continue 2; fi
        done
        echo "$call"
    done
}

# named RUNTIME RULES: the calls that the lint names about RUNTIME, of a profile that denies all but
# RULES; its line is in $D/line.
named()
{
    printf '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [%s]}' "$2" > "$D/named.json"
    ctl check "$D/named.json" --target x86_64 2>&1 | grep ": note: $1 [0-9.]* starts " > "$D/line"
    grep -oE '"[a-z0-9_]+"' "$D/line" | tr -d '"' | sort
}

for runtime in crun runc; do
    if ! command -v "$runtime" > /dev/null 2>&1; then skip "$runtime is not installed"; continue; fi
    with=$(named "$runtime" "")
    measured=$(sed -E 's/.* note: ([a-z]+ [0-9.]+) starts .*/\1/' "$D/line")
    # shellcheck disable=SC2086
    rest=$(named "$runtime" "$(jq -nc '{names: $ARGS.positional, action: "SCMP_ACT_ALLOW"}' --args $with)")
    installed=$("$runtime" --version | sed -nE '1s/ version ([0-9.]+).*/ \1/p')
    if [ "$installed" != "$measured" ]; then
        skip "$installed is installed, and the lint knows $measured"
        continue
    fi
    is "$runtime with noNewPrivileges" "$with" "$(needed "$runtime" true)"
    is "$runtime without" "$(printf '%s\n' "$with" "$rest" | sort -u)" "$(needed "$runtime" false)"
done
finish
