# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the tests with OCI runtimes share. Sourced behind lib.sh, or with its variables in the
# environment.
build=${build:?source lib.sh first}
probes=${probes:?}
bundle=${bundle:-$D/bundle}

# program NAME: makes $D/bin/NAME, which starts the built NAME without libtool's long wrapper.
program()
{
    local at=$build/$1

    mkdir -p "$D/bin"
    [ ! -x "$build/.libs/$1" ] || at=$build/.libs/$1
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$build/.libs" "$at" > "$D/bin/$1"
    chmod 755 "$D/bin/$1"
}

# make_rootfs DIRECTORY: a root file system with nothing but the probe.
make_rootfs()
{
    local dir

    for dir in proc dev sys etc run tmp; do mkdir -p "$1/$dir"; done
    cp "$D/probe" "$1/probe"
}

# make_bundle DIRECTORY: a bundle that runs the probe. $D/plain.json is its configuration without a
# filter, and without limits, which not every machine lets us set.
make_bundle()
{
    make_rootfs "$1/rootfs"
    (cd "$1" && rm -f config.json && crun spec) || return 1
    # shellcheck disable=SC2086
    jq --arg probes "/probe $probes" '.process.args = ($probes | split(" ")) |
        .process.terminal = false | .process.rlimits = [] | del(.linux.resources, .linux.seccomp)' \
        "$1/config.json" > "$D/plain.json"
}

# config NAME FILTER [ARGUMENT…]: $D/NAME.json from $D/plain.json with a filter of jq.
config()
{
    local name=$1 filter=$2

    shift 2
    jq "$@" "$filter" "$D/plain.json" > "$D/$name.json"
}

# make_configs: the configurations of these tests, and the settings of the shim.
make_configs()
{
    config default '.annotations["io.secprof.profile"] = "default"'
    config marker '.annotations["io.secprof.profile"] = "marker"'
    config admin '.annotations["io.secprof.profile"] = "default" |
        .process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
    config unknown '.annotations["io.secprof.profile"] = "default2"'
    config audited '.annotations["io.secprof.profile"] = "marker@audit"'
    config unaudited '.annotations["io.secprof.profile"] = "default@audit"'
    config rules '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls:
        [{names: ["unshare"], action: "SCMP_ACT_ERRNO", errnoRet: 65}]}'
    config strange '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"} |
        .annotations["run.oci.seccomp_bpf_data"] = "BgAAAAAA/38="'
    cat > "$D/runtime.conf" <<END
# The shim of this test.
runtime = crun
allow = default marker marker@audit listener
timeout = 3000
END
    export SECPROF_RUNTIME_CONFIG=$D/runtime.conf
}

# start_oci TOOL…: what such a test begins with: the tools, the daemon, the shim, and a bundle with
# its configurations.
start_oci()
{
    need "$@"
    need_cg2
    build_probe
    start_daemon
    program secprof-runtime
    make_bundle "$bundle" || { not_ok "crun spec"; finish; }
    make_configs
}

# command_of RUNTIME: the options before the command, in ${options[@]}.
command_of()
{
    options=(--root "$D/root-$1")
    [ "$1" != crun ] || options+=(--cgroup-manager=disabled)
}

# contained RUNTIME NAME [OPTION…]: runs the bundle with $D/NAME.json through the shim.
contained()
{
    local runtime=$1 name=$2

    shift 2
    command_of "$runtime"
    cp "$D/$name.json" "$bundle/config.json"
    SECPROF_RUNTIME=$runtime cg2 "$D/bin/secprof-runtime" "${options[@]}" "$@" \
        run -b "$bundle" "e2e-$$-$RANDOM" 2>&1
}

# make_hooks DIRECTORY [ARGUMENT…]: a directory with secprof's precreate hook for Podman.
make_hooks()
{
    local dir=$1

    shift
    mkdir -p "$dir"
    program secprof-oci-hook
    jq -n --arg path "$D/bin/secprof-oci-hook" --arg socket "SECPROF_SOCKET=$SECPROF_SOCKET" '{
        version: "1.0.0", stages: ["precreate"], when: {always: true},
        hook: {path: $path, env: [$socket], args: (["secprof-oci-hook"] + $ARGS.positional)}}' \
        --args -- "$@" > "$dir/secprof.json"
}

# caps_of PID: the bounding set of a process, as secprofctl takes it.
caps_of()
{
    capsh --decode="$(sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$1/status")" | sed 's/^[^=]*=//'
}

# compare PID PROFILE [OPTION…]: what secprofctl diff says of a process and a profile.
compare()
{
    local pid=$1 profile=$2

    shift 2
    ctl diff --caps "$(caps_of "$pid")" "$@" "pid:$pid" "$profile" 2>&1
}

# Unmounts what engines leave mounted below $D.
unmount_all()
{
    local at

    for at in $(findmnt -n -l -o TARGET | grep "^$D/" | tac); do
        umount "$at"
    done
}

# kill_daemon: no time for the daemon to do anything.
kill_daemon()
{
    kill -9 "$daemon" 2>/dev/null
    wait "$daemon" 2>/dev/null
    daemon=
}

# without_daemon PROFILE.json: ends the daemon, and looks at Podman's containers by the test's own
# contained() and named(). The profile is that of $under_marker.
without_daemon()
{
    local rc=0

    stop_daemon
    named default > /dev/null || rc=$?
    is "without a daemon: a profile by name is refused" 126 "$rc"
    is "without a daemon: the container's own rules" "${under_marker:?}" \
        "$(contained --security-opt="seccomp=$1")"
}
