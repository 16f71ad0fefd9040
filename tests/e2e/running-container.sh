#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The filter of a running container, which Podman, crun and libseccomp made of Podman's own profile,
# against that profile as secprof reads it: exactly the differences that are known, and no other.
# shellcheck source=tests/e2e/lib.sh disable=SC2154
. "$(dirname "$0")/lib.sh"

need podman crun capsh python3
need_cg2
profile=$here/../data/peers/containers-common-0.50.1.json

# A program that only waits, under a name by which its process is found from outside.
waiter=waits-$$
printf '#include <unistd.h>\nint main(void)\n{\n    for (;;)\n        pause();\n}\n' > "$D/waiter.c"
mkdir -p "$D/rootfs/proc" "$D/rootfs/dev" "$D/rootfs/sys" "$D/rootfs/etc" "$D/rootfs/run" "$D/rootfs/tmp"
"${CC:-gcc}" -O1 -static -o "$D/rootfs/$waiter" "$D/waiter.c" || { not_ok "the program builds"; finish; }
pid=
podman=

more_clean_up()
{
    local at

    [ -z "$pid" ] || stop
    for at in $(findmnt -n -l -o TARGET | grep "^$D/" | tac); do
        umount "$at"
    done
}

# The pid, as seen from here, of the process that runs the waiter.
find_waiter()
{
    local exe

    for exe in /proc/[0-9]*/exe; do
        case $(readlink "$exe" 2>/dev/null) in
        */"$waiter")
            exe=${exe%/exe}
            printf '%s\n' "${exe#/proc/}"
            return
            ;;
        esac
    done
}

# status FIELD: a field of the process's status.
status()
{
    sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"
}

# start OPTION…: starts a container; leaves its process in $pid, and its capabilities in $caps.
start()
{
    cg2 podman --storage-driver=vfs --root "$D/storage" --runroot "$D/run" --tmpdir "$D/tmp" \
        --cgroup-manager=cgroupfs --events-backend=none --runtime "$(command -v crun)" \
        run --rm --cgroups=disabled --network=none --security-opt "seccomp=$profile" "$@" \
        --rootfs "$D/rootfs" "/$waiter" \
        > "$D/podman.out" 2>&1 &
    podman=$!
    for _ in $(seq 600); do
        pid=$(find_waiter)
        [ -z "$pid" ] && kill -0 $podman 2>/dev/null || break
        sleep 0.1
    done
    [ -n "$pid" ] || skip_all "Podman cannot run a container here: $(cat "$D/podman.out")"
    caps=$(capsh --decode="$(status CapBnd)")
    caps=${caps#*=}
}

stop()
{
    # As the first process of its namespace it takes no lesser signal.
    kill -KILL "$pid"
    wait $podman
    pid=
}

# What is in the answer of `diff`: lines "ABI CALL VERDICT-A VERDICT-B" for the examples, and whether
# each of these has bits above the low 32 in some argument.
differences()
{
    python3 - "$D/diff.json" << 'END'
import json, sys
high = True
for part in json.load(open(sys.argv[1]))["differences"]:
    for change in part["changes"]:
        for example in change["examples"]:
            for call in change["syscalls"] or ["unnamed"]:
                print(part["abi"], call, example["a"], example["b"])
            high = high and any(argument >> 32 for argument in example["args"])
print("high bits:", high)
END
}

# libseccomp compares the low 32 bits of an argument on x32, where the kernel shows a filter 64: bits
# above them are lost on it, which hides a value that the profile allows or makes another one like it.
known="x32 socket ALLOW ERRNO(EINVAL)
x32 personality ERRNO(ENOSYS) ALLOW
high bits: True"

# compare NAME OPTION…
compare()
{
    local name=$1 code

    shift
    start "$@"
    is "$name: it has one filter" 1 "$(status Seccomp_filters)"
    ctl diff --json --caps "$caps" "$profile" "pid:$pid" > "$D/diff.json" 2> "$D/err"
    code=$?
    if [ $code -eq 2 ] && grep -q 'cannot read the filters of process' "$D/err"; then
        skip_all "the filters of other processes cannot be read here: $(cat "$D/err")"
    fi
    is "$name: it is not quite the profile" 1 $code
    is "$name: by the known differences" "$known" "$(differences)"
    ctl diff --json "$profile" "pid:$pid" > "$D/diff.json" 2> "$D/err"
    has "$name: without its capabilities the profile is another one" '^x86_64 .* ALLOW$' "$(differences)"
    stop
}

[ "$(uname -m)" = x86_64 ] || skip_all "the known differences are those of x86_64"
compare "a container"
compare "with CAP_SYS_ADMIN" --cap-add=SYS_ADMIN
finish
