#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# crun takes a filter's bytes in the annotation run.oci.seccomp_bpf_data and then skips its own
# compiling. Containers that differ in nothing but the annotation show who decides.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need crun jq
need_cg2
build_probe
start_daemon

bundle=$D/bundle
mkdir -p "$bundle/rootfs/proc" "$bundle/rootfs/dev" "$bundle/rootfs/sys"
cp "$D/probe" "$bundle/rootfs/probe"
(cd "$bundle" && crun spec) || { not_ok "crun spec"; finish; }
# shellcheck disable=SC2086
jq --arg probes "/probe $probes" '.process.args = ($probes | split(" ")) | .process.terminal = false |
    del(.linux.resources, .linux.seccomp)' "$bundle/config.json" > "$D/plain.json"

# contained CONFIG: runs the bundle with this configuration.
contained()
{
    cp "$1" "$bundle/config.json"
    cg2 crun --root "$D/crun" --cgroup-manager=disabled run -b "$bundle" "e2e-$$-$RANDOM" 2>&1
}

# annotated NAME [OPTION…]: the configuration with the filter of profile NAME.
annotated()
{
    ctl get "$@" --format base64 > "$D/filter.base64" || return 1
    jq --rawfile filter "$D/filter.base64" \
        '.annotations["run.oci.seccomp_bpf_data"] = ($filter | gsub("\\s"; ""))' \
        "$D/plain.json" > "$D/annotated.json"
}

is "without the annotation the calls get through" "$unfiltered" "$(contained "$D/plain.json")"
annotated default || not_ok "secprofctl get default --format base64"
is "under the default profile" "$under_default" "$(contained "$D/annotated.json")"
annotated default --caps CAP_SYS_ADMIN || not_ok "secprofctl get default --caps CAP_SYS_ADMIN"
has "the variant for CAP_SYS_ADMIN lets unshare through" "unshare=OK mount=E(FAULT|PERM) keyctl=EPERM" \
    "$(contained "$D/annotated.json")"
annotated marker || not_ok "secprofctl get marker --format base64"
is "under another profile" "$under_marker" "$(contained "$D/annotated.json")"

# With both, crun takes the annotation: a runtime that does not know it falls back to the rules.
jq '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls":
    [{"names": ["getpid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]}' "$D/annotated.json" > "$D/both.json"
is "the annotation comes before the rules of the configuration" "$under_marker" \
    "$(contained "$D/both.json")"
finish
