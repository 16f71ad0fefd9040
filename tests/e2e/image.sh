#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# secprofd in a container: an image of scripts/image, run by Podman with a root that is read-only, without
# capabilities or a network, on profiles that are mounted as Kubernetes mounts a ConfigMap. Its clients are
# outside.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/oci-lib.sh
. "$here/oci-lib.sh"

need podman crun
need_cg2
build_probe
if ! "$here/../../scripts/image" "$build" "$D/image.tar" > "$D/image.log" 2>&1; then
    ! grep -q ' was not configured with ' "$D/image.log" || skip_all "$(cat "$D/image.log")"
    cat "$D/image.log"
    not_ok "an image is made"
    finish
fi
more_clean_up()
{
    touch "$D/end"
    [ -z "${container-}" ] || wait "$container"
    unmount_all
}

# config_map VERSION PROFILE…: writes a version of the volume, and puts it in the place of the one before.
config_map()
{
    local version=$1 profile

    shift
    mkdir -p "$D/profiles/..$version"
    chmod 777 "$D/profiles"
    for profile; do
        cp "$here/profiles/marker.json" "$D/profiles/..$version/$profile.json"
        ln -sfn "..data/$profile.json" "$D/profiles/$profile.json"
    done
    ln -sfn "..$version" "$D/profiles/..new"
    mv -T "$D/profiles/..new" "$D/profiles/..data"
}

# The container lives until $D/end is there, or $D is gone; then it is stopped.
cat > "$D/inside.sh" <<'END'
D=$1
podman=(podman --storage-driver=vfs --root "$D/storage" --runroot "$D/run" --tmpdir "$D/tmp"
    --cgroup-manager=cgroupfs --events-backend=none --runtime "$(command -v crun)")
"${podman[@]}" import -q --change 'ENTRYPOINT ["/usr/sbin/secprofd"]' --change USER=secprof \
    --change 'CMD ["--socket", "/run/secprof/secprof.sock", "--no-cache"]' "$D/image.tar" secprof || exit
"${podman[@]}" run --rm --name=secprof --cgroups=disabled --network=none --read-only --cap-drop=all \
    --security-opt=no-new-privileges -v "$D/profiles:/etc/secprof/profiles.d:ro" \
    -v "$D/socket:/run/secprof" secprof --socket /run/secprof/secprof.sock --no-cache --shared-directories &
run=$!
while [ ! -e "$D/end" ] && [ -d "$D/profiles" ] && kill -0 $run 2>/dev/null; do
    sleep 0.1
done
# Podman passes it on.
kill -TERM $run
wait $run
END
mkdir -p "$D/socket"
chown 65532:65532 "$D/socket"
config_map 1 first
cg2 bash "$D/inside.sh" "$D" > "$D/container.log" 2>&1 </dev/null &
container=$!
export SECPROF_SOCKET=$D/socket/secprof.sock

# until_served NAME: waits until it is, and prints the list of profiles.
until_served()
{
    local list='' end=$((SECONDS + 60))

    while [ $SECONDS -lt $end ] && kill -0 "$container" 2>/dev/null; do
        list=$(ctl list 2>&1)
        ! grep -qE "^$1 +served " <<< "$list" || break
        sleep 0.1
    done
    printf '%s\n' "$list"
}

has "the mounted profile is in service" '^first +served ' "$(until_served first)"
has "and the one of the image" '^default +served ' "$(until_served default)"
is "a program outside runs under a filter from there" "$under_marker" \
    "$(ctl run first -- "$D/probe" $probes 2>&1)"
config_map 2 first second
has "a new version of the volume is taken" '^second +served ' "$(until_served second)"
is "it runs as a user of its own" yes "$(pgrep -u 65532 -x secprofd >/dev/null && echo yes)"
touch "$D/end"
wait "$container"
rc=$?
container=
is "it ends by itself when it is told to" 0 "$rc"
[ $failed -eq 0 ] || tail -n 20 "$D/container.log"
finish
