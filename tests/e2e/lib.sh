# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the end-to-end tests share: a private secprofd, a probe program, counting. Sourced by each of
# them; $1 is the build directory. A test touches only its own directory $D and ends what it started.
set -u

self=${0##*/}
# shellcheck disable=SC2034
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: $self BUILD-DIRECTORY}" && pwd) || exit 2
passed=0
failed=0
skipped=0
daemon=

umask 022
D=$(mktemp -d "${TMPDIR:-/tmp}/secprof-e2e.XXXXXX") || exit 2
# Other users must reach what is in it.
chmod 755 "$D"
export SECPROF_SOCKET=$D/secprof.sock

clean_up()
{
    stop_daemon
    declare -F more_clean_up >/dev/null && more_clean_up
    rm -rf --one-file-system "$D"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok()
{
    passed=$((passed + 1))
    printf 'ok: %s\n' "$*"
}

not_ok()
{
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$*"
}

# One case that this machine cannot run, and why.
skip()
{
    skipped=$((skipped + 1))
    printf 'skipped: %s\n' "$*"
}

# Prints the counts and ends the test.
finish()
{
    local more=

    [ $skipped -eq 0 ] || more=", $skipped skipped"
    printf '%s passed, %s failed%s\n' $passed $failed "$more"
    [ $failed -eq 0 ]
    exit
}

# Nothing of this test can run on this machine.
skip_all()
{
    skip "$*"
    finish
}

# need COMMAND…: skips the whole test where one is missing.
need()
{
    local command

    for command; do
        command -v "$command" >/dev/null 2>&1 || skip_all "$command is not installed"
    done
}

# is NAME WANTED GOT
is()
{
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1: wanted '$2', got '$3'"
    fi
}

# has NAME PATTERN TEXT: TEXT has a match of the extended regular expression.
has()
{
    if printf '%s\n' "$3" | grep -qE -- "$2"; then
        ok "$1"
    else
        not_ok "$1: no match of '$2' in: $3"
    fi
}

ctl()
{
    "$build/secprofctl" "$@"
}

# Starts secprofd on $SECPROF_SOCKET with the profiles that ship and those beside this file.
start_daemon()
{
    local top=$here/../.. list

    mkdir -p "$D/profiles" "$D/cache"
    chmod 700 "$D/cache"
    install -m 644 "$top"/profiles/default.json "$here"/profiles/*.json "$D/profiles/"
    "$build/secprofd" --socket "$SECPROF_SOCKET" --profiles "$D/profiles" --cache "$D/cache" \
        --targets native > "$D/secprofd.log" 2>&1 </dev/null &
    daemon=$!
    for _ in $(seq 600); do
        # It serves before all profiles are compiled.
        if list=$(ctl list 2>/dev/null) && ! grep -q pending <<< "$list"; then return 0; fi
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.1
    done
    cat "$D/secprofd.log"
    not_ok "secprofd answers"
    finish
}

stop_daemon()
{
    [ -n "$daemon" ] || return 0
    kill "$daemon" 2>/dev/null
    wait "$daemon" 2>/dev/null
    daemon=
}

# Builds the probe as $D/probe.
build_probe()
{
    "${CC:-gcc}" -std=gnu17 -D_GNU_SOURCE -O1 -static -o "$D/probe" "$here/probe.c" && return 0
    not_ok "the probe program builds"
    finish
}

# What the probe prints without a filter and under the filters used here.
# shellcheck disable=SC2034
probes="getpid unshare mount keyctl clone3"
# shellcheck disable=SC2034
unfiltered="getpid=OK unshare=OK mount=EFAULT keyctl=EOPNOTSUPP clone3=EINVAL"
# shellcheck disable=SC2034
under_marker="getpid=OK unshare=ENOPKG mount=EFAULT keyctl=EOPNOTSUPP clone3=EINVAL"
# shellcheck disable=SC2034
under_default="getpid=OK unshare=EPERM mount=EPERM keyctl=EPERM clone3=ENOSYS"

# Runs a command in a pure cgroup2 hierarchy and mount, pid and UTS namespaces of its own: crun
# refuses a mixed hierarchy, and a booted systemd wants to be alone in one.
cg2()
{
    local cg rc

    cg=$(cg2_mount)/secprof.$$.$RANDOM
    mkdir "$cg" || return 125
    # shellcheck disable=SC2016
    sh -c 'echo $$ > "$0/cgroup.procs" && exec unshare -m -C -p -u --propagation private --fork \
            --kill-child --mount-proc sh -c "umount -R /sys/fs/cgroup &&
                mount -t cgroup2 none /sys/fs/cgroup && exec \"\$@\"" sh "$@"' "$cg" "$@"
    rc=$?
    for _ in 1 2 3 4 5; do
        find "$cg" -depth -type d -exec rmdir {} + 2>/dev/null
        [ -d "$cg" ] || break
        sleep 0.2
    done
    return $rc
}

# Where cgroup2 is mounted.
cg2_mount()
{
    findmnt -n -t cgroup2 -o TARGET | head -1
}

# Skips the whole test where this machine does not let it make namespaces and cgroups.
need_cg2()
{
    local why

    [ "$(id -u)" -eq 0 ] || skip_all "not root: no cgroup or mount namespace can be made"
    need unshare findmnt
    [ -n "$(cg2_mount)" ] || skip_all "no cgroup2 is mounted here"
    why=$(cg2 true 2>&1) || skip_all "no private cgroup2 can be made here: $why"
}
