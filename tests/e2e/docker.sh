#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Docker with secprof-runtime as a runtime of its own: a real dockerd and containerd, an image made
# from a directory, Docker's own rules by content, and a runtime for each profile.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/oci-lib.sh
. "$(dirname "$0")/oci-lib.sh"

PATH=/usr/sbin:/usr/bin:/sbin:/bin
need dockerd containerd docker crun jq capsh
need_cg2
build_probe
start_daemon
make_rootfs "$D/rootfs"
program secprof-runtime
# dockerd wants this directory, which gets a file system of its own below.
[ -d /etc/docker ] || made=/etc/docker
more_clean_up()
{
    unmount_all
    [ -z "${made-}" ] || rmdir "$made"
}

# crun where neither cgroups nor RLIMIT_MEMLOCK are ours to set. It keeps the last configuration.
cat > "$D/bin/crun-here" <<END
#!/bin/bash
bundle= create=
for ((i = 1; i <= \$#; i++)); do
    case \${!i} in
    --bundle) next=\$((i + 1)); bundle=\${!next} ;;
    create) create=yes ;;
    esac
done
if [ -n "\$create" ]; then
    jq -c 'del(.linux.resources)' "\$bundle/config.json" > "\$bundle/without" &&
        mv "\$bundle/without" "\$bundle/config.json" && cp "\$bundle/config.json" "$D/last.json"
fi
exec crun --cgroup-manager=disabled "\$@"
END
chmod 755 "$D/bin/crun-here"
echo "runtime = $D/bin/crun-here" > "$D/runtime.conf"
jq -n --arg path "$D/bin/secprof-runtime" --arg crun "$D/bin/crun-here" \
    --arg config "--secprof-config=$D/runtime.conf" '{runtimes: {
        crun: {path: $crun},
        secprof: {path: $path, runtimeArgs: [$config]},
        marker: {path: $path, runtimeArgs: [$config, "--secprof-profile=marker"]},
        default: {path: $path, runtimeArgs: [$config, "--secprof-profile=default"]},
        nothing: {path: $path, runtimeArgs: [$config, "--secprof-profile=nothing"]}}}' > "$D/daemon.json"

# One dockerd for all cases; each prints one line: NAME: OUTPUT.
cat > "$D/inside.sh" <<'END'
. "$here/oci-lib.sh"
ctl() { "$build/secprofctl" "$@"; }
export DOCKER_HOST=unix://$D/docker.sock
for at in /run /var/lib /etc/docker /opt; do
    mkdir -p $at && mount -t tmpfs none $at
done
dockerd --config-file "$D/daemon.json" --iptables=false --ip6tables=false --bridge=none \
    --storage-driver=vfs --data-root "$D/docker" --exec-root "$D/exec" --pidfile "$D/docker.pid" \
    -H "$DOCKER_HOST" > "$D/dockerd.log" 2>&1 &
dockerd=$!
for _ in $(seq 600); do
    if docker version >/dev/null 2>&1; then break; fi
    sleep 0.1
done
tar -C "$D/rootfs" -c . | docker import - image >/dev/null || exit 1
# run NAME RUNTIME OPTION…
run()
{
    local name=$1 runtime=$2 out rc=0

    shift 2
    out=$(docker run --rm --network=none --runtime="$runtime" "$@" image /probe $probes 2>&1) || rc=$?
    [ $rc -eq 0 ] || out="$out exit status $rc"
    echo "$name:" $out
}
# still NAME RUNTIME PROFILE OPTION…: a container that goes on running; PROFILE "": its own rules.
still()
{
    local name=$1 runtime=$2 profile=$3 pid out

    shift 3
    docker run -d --name c1 --network=none --runtime="$runtime" "$@" image /probe getpid wait \
        >/dev/null 2>&1
    pid=$(docker inspect --format '{{.State.Pid}}' c1)
    out="init has $(sed -n 's/^Seccomp_filters:[[:space:]]*//p' "/proc/$pid/status"),"
    out="$out $(docker exec c1 /probe $probes filters 2>&1),"
    out="$out $(compare "$pid" "${profile:-$D/last.json}" --json | jq -c '"equal \(.answer)"')"
    docker rm -f c1 >/dev/null 2>&1
    echo "$name: $out" | tr -d '"'
}
run unconfined crun --security-opt seccomp=unconfined
run plain crun
run content secprof
jq -r '"mark: " + .annotations["io.secprof.filter"]' "$D/last.json"
run content-admin secprof --cap-add=SYS_ADMIN
run content-unconfined secprof --security-opt seccomp=unconfined
run marker marker
run marker-unconfined marker --security-opt seccomp=unconfined
run default default
run default-admin default --cap-add=SYS_ADMIN
run nothing nothing
still still-content secprof ""
still still-default default default
still still-admin default default --cap-add=SYS_ADMIN
: > "$D/stop"
while ctl list >/dev/null 2>&1; do sleep 0.1; done
run down-named default
run down-content secprof
kill $dockerd
wait $dockerd
END
export here build D bundle probes

# The daemon is not in the containers' pid namespace: it is ended from here.
stop_on_demand()
{
    until [ -e "$D/stop" ]; do sleep 0.1; done
    kill "$daemon"
}
stop_on_demand &
out=$(cg2 bash "$D/inside.sh" 2>&1)
: > "$D/stop"
wait $!
daemon=

# result NAME: what that case printed.
result()
{
    printf '%s\n' "$out" | sed -n "s/^$1: //p"
}

if [ "$(result unconfined)" != "$unfiltered" ]; then
    printf '%s\n' "$out" | head -20
    tail -5 "$D/dockerd.log"
    skip_all "Docker cannot run a container here even without a filter"
fi
plain=$(result plain)
has "Docker's own rules deny what they should" "^getpid=OK unshare=EPERM mount=EPERM keyctl=EPERM" "$plain"
is "by content the answers are the same" "$plain" "$(result content)"
has "and secprof's filter gave them" "^sha256:[0-9a-f]{64}$" "$(result mark)"
has "by content, for the container's capability" "unshare=OK mount=E(FAULT|PERM) keyctl=EPERM" \
    "$(result content-admin)"
is "unconfined stays unconfined" "$unfiltered" "$(result content-unconfined)"
is "a runtime for a profile" "$under_marker" "$(result marker)"
is "also for a container that would have no filter" "$under_marker" "$(result marker-unconfined)"
is "a runtime for another profile" "$under_default" "$(result default)"
has "the variant for the container's capability" "unshare=OK mount=E(FAULT|PERM) keyctl=EPERM" \
    "$(result default-admin)"
has "a profile that is not there: Docker says why" \
    'no filter for profile "nothing": no such profile.* exit status 12[5-7]$' "$(result nothing)"
is "by content: the filter of Docker's rules, and one filter more" \
    "init has 1, $plain filters=1, equal true" "$(result still-content)"
is "by name: the served filter" "init has 1, $under_default filters=1, equal true" \
    "$(result still-default)"
is "the same with a capability more" "init has 1, $(result default-admin) filters=1, equal true" \
    "$(result still-admin)"
has "without a daemon: a profile by name is refused" "no daemon listens.* exit status 12[5-7]$" \
    "$(result down-named)"
is "without a daemon: the container's own rules" "$plain" "$(result down-content)"
finish
