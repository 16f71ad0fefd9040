#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Podman with crun: the filter goes in as an annotation on the command line, and wins over the profile
# that Podman itself would apply.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need podman crun
need_cg2
build_probe
start_daemon

mkdir -p "$D/rootfs/proc" "$D/rootfs/dev" "$D/rootfs/sys" "$D/rootfs/etc" "$D/rootfs/run" "$D/rootfs/tmp"
cp "$D/probe" "$D/rootfs/probe"

# contained OPTION…: runs the probe in a container.
contained()
{
    # shellcheck disable=SC2086
    cg2 podman --storage-driver=vfs --root "$D/storage" --runroot "$D/run" --tmpdir "$D/tmp" \
        --cgroup-manager=cgroupfs --events-backend=none --runtime "$(command -v crun)" \
        run --rm --cgroups=disabled --network=none "$@" --rootfs "$D/rootfs" /probe $probes 2>&1
}

filter()
{
    printf 'run.oci.seccomp_bpf_data=%s' "$(ctl get "$@" --format base64 | tr -d '\n')"
}

more_clean_up()
{
    local at

    for at in $(findmnt -n -l -o TARGET | grep "^$D/" | tac); do
        umount "$at"
    done
}

open="--security-opt=seccomp=unconfined"
if ! plain=$(contained $open); then
    skip_all "Podman cannot run a container here even without a filter: $plain"
fi
is "unconfined, the calls get through" "$unfiltered" "$plain"
is "the default profile by annotation" "$under_default" \
    "$(contained $open --annotation "$(filter default)")"
is "another profile by annotation" "$under_marker" "$(contained $open --annotation "$(filter marker)")"
is "the annotation comes before Podman's own profile" "$under_marker" \
    "$(contained --annotation "$(filter marker)")"
has "the variant for the container's capability" "unshare=OK" \
    "$(contained --cap-add=SYS_ADMIN $open --annotation "$(filter default --caps CAP_SYS_ADMIN)")"
finish
