#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# secprof-runtime before crun and before runc: named profiles, a container's own rules, commands in
# running containers, and what the kernel has of them in the end.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/oci-lib.sh
. "$(dirname "$0")/oci-lib.sh"

start_oci crun jq capsh python3

# A container that goes on running: its filters, a command in it, and what its process and the
# profile decide differently.
cat > "$D/inside.sh" <<'END'
. "$here/oci-lib.sh"
ctl() { "$build/secprofctl" "$@"; }
runtime=$1; name=$2; profile=$3; shift 3; options=("$@")
jq '.process.args = ["/probe", "getpid", "wait"]' "$D/$name.json" > "$bundle/config.json"
SECPROF_RUNTIME=$runtime "$D/bin/secprof-runtime" "${options[@]}" run -d -b "$bundle" c1 \
    </dev/null >/dev/null 2>&1 || { echo "cannot start"; exit; }
pid=$("$runtime" "${options[@]}" state c1 | jq .pid)
sed -n 's/^Seccomp_filters:[[:space:]]*/init has /p' "/proc/$pid/status"
"$runtime" "${options[@]}" exec c1 /probe $probes filters 2>&1
[ "$profile" = none ] || for question in "" --subset; do
    compare "$pid" "$profile" --json $question | jq -c '.question + ": " + (.answer | tostring),
        (.differences[]? | .abi as $abi | .changes[] | $abi + " " + .syscalls[])'
done
"$runtime" "${options[@]}" delete -f c1 >/dev/null 2>&1
END
export here build D bundle probes

# inside RUNTIME NAME PROFILE: the same in one line, / between.
inside()
{
    command_of "$1"
    cg2 bash "$D/inside.sh" "$@" "${options[@]}" 2>&1 | paste -sd/ | tr -d '"'
}

cases()
{
    local runtime=$1

    is "$runtime: without a filter the calls get through" "$unfiltered" "$(contained "$runtime" plain)"
    is "$runtime: a profile by name" "$under_default" "$(contained "$runtime" default)"
    is "$runtime: another one" "$under_marker" "$(contained "$runtime" marker)"
    is "$runtime: in audit mode the calls get through" "$unfiltered" "$(contained "$runtime" audited)"
    has "$runtime: the variant for the container's capabilities" \
        "unshare=OK mount=E(FAULT|PERM) keyctl=EPERM" "$(contained "$runtime" admin)"
    is "$runtime: the container's own rules" "$under_marker" "$(contained "$runtime" rules)"
    is "$runtime: the rules stay in the configuration" "$(jq -S .linux "$D/rules.json")" \
        "$(jq -S .linux "$bundle/config.json")"
    is "$runtime: with the filter beside them" 2 \
        "$(jq '.annotations | keys | map(select(. == ("io.secprof.filter", "run.oci.seccomp_bpf_data"))) |
            length' "$bundle/config.json")"
    is "$runtime: the same configuration again" "$under_marker" \
        "$(cp "$bundle/config.json" "$D/again.json" && contained "$runtime" again)"
    is "$runtime: and nothing changed in it" "$(cat "$D/again.json")" "$(cat "$bundle/config.json")"
    is "$runtime: without a filter, for comparison" "init has 0/$unfiltered filters=0" \
        "$(inside "$runtime" plain none)"
    is "$runtime: one filter more, for commands in the container too" \
        "init has 1/$under_marker filters=1/equal: true/subset: true" \
        "$(inside "$runtime" marker marker)"
}

cases crun
is "crun: what it installs is the served filter" \
    "init has 1/$under_default filters=1/equal: true/subset: true" \
    "$(inside crun default default)"

# A profile whose calls a listener decides: crun hands the listener over as linux.seccomp says, which
# is the profile's by then.
cat > "$D/profiles/listener.json" <<END
{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "$D/listener.sock", "listenerMetadata": "from \"$D\"",
 "syscalls": [{"names": ["getpriority"], "action": "SCMP_ACT_NOTIFY"}]}
END
config listener '.annotations["io.secprof.profile"] = "listener" |
    .process.args = ["/probe", "getpid", "getpriority"]'
ctl reload >/dev/null
python3 "$here/listener.py" "$D/listener.sock" > "$D/listener.out" 2>&1 &
listener=$!
for _ in $(seq 600); do
    [ ! -S "$D/listener.sock" ] || break
    sleep 0.05
done
is "crun: a listener decides" "getpid=OK getpriority=ENOANO" "$(contained crun listener)"
wait "$listener"
is "crun: the listener gets the profile's metadata" "from \"$D\"" "$(cat "$D/listener.out")"

# runc compiles the rules itself, with libseccomp. What it knows of them is the same; what it does not
# know (names newer than it, tests on multiplexed calls, high words on x32) is documented.
if command -v runc >/dev/null 2>&1; then
    cases runc
    got=$(inside runc default default)
    has "runc: the rules of a profile that is not denied by name only" \
        "^init has 1/$under_default filters=1/" "$got"
    is "runc: weaker than the profile only where libseccomp is" \
        "x32 personality x32 socket x86 socketcall " \
        "$(printf '%s\n' "${got#*subset: false/}" | tr / '\n' | sort -u | tr '\n' ' ')"
else
    skip "runc is not installed"
fi
finish
