#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# bubblewrap takes a filter as an fd: as root and as an ordinary user, from a file and straight from
# secprofctl, and two filters at once.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need bwrap setpriv
build_probe
start_daemon
ctl get default > "$D/default.bpf" || not_ok "secprofctl get default"

# Runs the probe in bubblewrap, with more of bubblewrap's options as arguments.
boxed()
{
    # shellcheck disable=SC2086
    bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc --tmpfs /run "$@" \
        "$D/probe" $probes
}
export -f boxed ctl
export D build probes

# cases WHO COMMAND…: the same cases for each user; COMMAND runs bash as that user.
cases()
{
    local who=$1 why

    shift
    if ! why=$("$@" bash -c 'bwrap --unshare-all --ro-bind / / true' 2>&1); then
        skip "$who: bubblewrap cannot run here even without a filter: $why"
        return
    fi
    is "$who: without a filter the calls get through" "$unfiltered" "$("$@" bash -c boxed 2>&1)"
    is "$who: the filter from a file" "$under_default" \
        "$("$@" bash -c 'boxed --seccomp 9 9< "$D/default.bpf"' 2>&1)"
    is "$who: the filter straight from secprofctl" "$under_default" \
        "$("$@" bash -c 'boxed --seccomp 10 10< <(ctl get default)' 2>&1)"
    is "$who: another profile decides otherwise" "$under_marker" \
        "$("$@" bash -c 'boxed --seccomp 9 9< <(ctl get marker)' 2>&1)"
    is "$who: two filters, the one installed last answers where both deny" \
        "getpid=OK unshare=ENOPKG mount=EPERM keyctl=EPERM clone3=ENOSYS" \
        "$("$@" bash -c 'boxed --add-seccomp-fd 9 --add-seccomp-fd 10 9< "$D/default.bpf" \
            10< <(ctl get marker)' 2>&1)"
}

if [ "$(id -u)" -eq 0 ]; then
    cases "as root" env
    cases "as nobody" setpriv --reuid=65534 --regid=65534 --clear-groups
else
    cases "as $(id -un)" env
fi
finish
