#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Podman with secprof's precreate hook, nothing else changed: the containers' own rules, profiles by
# name, what images may ask for, commands in running containers, and no daemon.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/oci-lib.sh
. "$(dirname "$0")/oci-lib.sh"

need podman crun jq capsh
need_cg2
build_probe
start_daemon
make_rootfs "$D/rootfs"
make_hooks "$D/hooks" --allow=default,marker
more_clean_up()
{
    unmount_all
}

cat > "$D/podman" <<END
#!/bin/sh
exec podman --storage-driver=vfs --root "$D/storage" --runroot "$D/run" --tmpdir "$D/tmp" \
    --cgroup-manager=cgroupfs --events-backend=none --runtime "$(command -v crun)" \
    --hooks-dir "\${HOOKS:-$D/hooks}" "\$@"
END
chmod 755 "$D/podman"
run="run --rm --cgroups=disabled --network=none"

# contained OPTION…: runs the probe in a container.
contained()
{
    # shellcheck disable=SC2086
    cg2 "$D/podman" $run "$@" --rootfs "$D/rootfs" /probe $probes 2>&1
}

named()
{
    local name=$1

    shift
    contained --annotation "io.secprof.profile=$name" "$@"
}

open="--security-opt=seccomp=unconfined"
if ! plain=$(contained $open); then
    skip_all "Podman cannot run a container here even without a filter: $plain"
fi
is "unconfined stays unconfined" "$unfiltered" "$plain"
is "a profile by name" "$under_default" "$(named default)"
is "another one" "$under_marker" "$(named marker)"
is "also for a container that would have no filter" "$under_marker" "$(named marker $open)"
is "and for a privileged one" "$under_marker" "$(named marker --privileged)"
has "the variant for the container's capability" "unshare=OK mount=E(FAULT|PERM) keyctl=EPERM" \
    "$(named default --cap-add=SYS_ADMIN)"
cp "$here/profiles/marker.json" "$D/mine.json"
is "the rules of --security-opt" "$under_marker" "$(contained --security-opt="seccomp=$D/mine.json")"
before=$(ctl status --json | jq .contents)
contained >/dev/null
is "Podman's own rules come by as content" "$((before + 1))" "$(ctl status --json | jq .contents)"
rc=0
out=$(named nothing) || rc=$?
is "a profile that is not allowed: Podman's exit status" 126 "$rc"
has "a profile that is not allowed: Podman names the hook" "precreate hook|OCI Hooks" "$out"
has "a filter of one's own beside rules is refused" "OCI Hooks" \
    "$(contained --annotation run.oci.seccomp_bpf_data=BgAAAAAA/38=)"
is "without rules it is what it was" "$unfiltered" \
    "$(contained $open --annotation run.oci.seccomp_bpf_data=BgAAAAAA/38=)"

# A container that goes on running.
cat > "$D/inside.sh" <<'END'
. "$here/oci-lib.sh"
ctl() { "$build/secprofctl" "$@"; }
"$D/podman" run -d --name c1 --cgroups=disabled --network=none "$@" --rootfs "$D/rootfs" \
    /probe getpid wait >/dev/null 2>&1 || { echo "cannot start"; exit; }
pid=$("$D/podman" inspect --format '{{.State.Pid}}' c1)
sed -n 's/^Seccomp_filters:[[:space:]]*/init has /p' "/proc/$pid/status"
"$D/podman" exec c1 /probe $probes filters 2>&1
[ -n "$profile" ] || profile=$("$D/podman" inspect --format '{{.OCIConfigPath}}' c1)
compare "$pid" "$profile" --json | jq -c '"equal: " + (.answer | tostring)'
"$D/podman" rm -f -t 0 c1 >/dev/null 2>&1
END
export here build D bundle probes profile
# inside PROFILE OPTION…: one line, / between.
inside()
{
    profile=$1
    shift
    cg2 bash "$D/inside.sh" "$@" 2>/dev/null | paste -sd/ | tr -d '"'
}
is "by name: the served filter, and one filter more" \
    "init has 1/$under_default filters=1/equal: true" \
    "$(inside default --annotation io.secprof.profile=default)"
is "the same with a capability more" \
    "init has 1/$(named default --cap-add=SYS_ADMIN) filters=1/equal: true" \
    "$(inside default --annotation io.secprof.profile=default --cap-add=SYS_ADMIN)"
is "by content: the filter of the rules that Podman wrote" \
    "init has 1/$(contained) filters=1/equal: true" "$(inside "")"

# Images carry annotations, and Podman gives them to the container.
cat > "$D/images.sh" <<'END'
tar -C "$D/rootfs" -c . | "$D/podman" import - plain >/dev/null 2>&1
built()
{
    printf 'FROM plain\n' > "$D/Containerfile"
    "$D/podman" build "$@" -t built -f "$D/Containerfile" "$D/rootfs" >/dev/null 2>&1 || echo "cannot build"
}
run()
{
    "$D/podman" run --rm --cgroups=disabled --network=none \
        --security-opt="seccomp=$D/mine.json" built /probe $probes 2>&1 || echo "refused: $?"
}
built --annotation run.oci.seccomp_bpf_data=BgAAAAAA/38=
echo "without the hook:" $(HOOKS=$D/none run)
echo "with the hook:" $(run)
built --annotation io.secprof.profile=other
echo "another profile:" $(run)
END
mkdir "$D/none"
images=$(cg2 bash "$D/images.sh" 2>&1)
# What makes the hook's refusal worth having; another Podman or crun may do better.
if printf '%s\n' "$images" | grep -qxF "without the hook: $unfiltered"; then
    ok "an image can take the filter away from Podman alone"
else
    skip "an image's annotations do not reach the runtime here: $images"
fi
has "an image cannot take the filter away" "^with the hook: .*OCI Hooks.* refused: 126$" "$images"
has "an image cannot choose a profile" "^another profile: .*OCI Hooks.* refused: 126$" "$images"

without_daemon "$D/mine.json"
finish
