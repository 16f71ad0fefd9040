#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Podman of an ordinary user, with subordinate ids, crun and secprof's precreate hook: profiles by name,
# profiles that this user may not read, the containers' own rules, and no daemon. The user exists in a
# mount namespace of the test only.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/oci-lib.sh
. "$(dirname "$0")/oci-lib.sh"

need podman crun jq capsh newuidmap newgidmap setpriv
need_cg2
user=secprof-e2e
uid=64123
! getent passwd "$user" $uid >/dev/null || skip_all "there is a user $user or $uid already"
build_probe
start_daemon
make_rootfs "$D/rootfs"
chown -R $uid:$uid "$D/rootfs" # Podman makes files there
make_hooks "$D/hooks" --allow=default,marker,private
install -m 600 "$here/profiles/marker.json" "$D/profiles/private.json"
cp "$here/profiles/marker.json" "$D/mine.json"
ctl reload >/dev/null || { not_ok "the daemon reloads"; finish; }
for dir in storage run tmp home xdg; do install -d -m 700 -o $uid -g $uid "$D/$dir"; done
more_clean_up()
{
    unmount_all
}

# Runs in a cgroup and mount namespace of its own, as root: adds the user there, and becomes it.
cat > "$D/as-user" <<END
#!/bin/bash
set -e
mount -t tmpfs -o mode=755 tmpfs "$D/tmp"
mkdir "$D/tmp/upper" "$D/tmp/work" "$D/tmp/podman"
chown $uid:$uid "$D/tmp/podman"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$D/tmp/upper,workdir=$D/tmp/work" /etc
echo '$user:x:$uid:$uid::$D/home:/bin/sh' >> /etc/passwd
echo '$user:x:$uid:' >> /etc/group
echo '$user:1000000:65536' >> /etc/subuid
echo '$user:1000000:65536' >> /etc/subgid
cd /
export HOME="$D/home" XDG_RUNTIME_DIR="$D/xdg"
exec "\$@"
END
cat > "$D/podman" <<END
#!/bin/sh
exec setpriv --reuid=$uid --regid=$uid --init-groups podman --log-level=error --storage-driver=vfs \
    --root "$D/storage" --runroot "$D/run" --tmpdir "$D/tmp/podman" --cgroup-manager=cgroupfs \
    --events-backend=none --runtime "$(command -v crun)" --hooks-dir "$D/hooks" "\$@"
END
chmod 755 "$D/as-user" "$D/podman"

# contained OPTION…: runs the probe in a container of the user's.
contained()
{
    # shellcheck disable=SC2086
    cg2 "$D/as-user" "$D/podman" run --rm --cgroups=disabled --network=none "$@" --rootfs "$D/rootfs" \
        /probe $probes 2>&1
}

named()
{
    local name=$1

    shift
    contained --annotation "io.secprof.profile=$name" "$@"
}

if ! plain=$(contained --security-opt=seccomp=unconfined); then
    skip_all "Podman cannot run a user's container here even without a filter: $plain"
fi
is "unconfined stays unconfined" "$unfiltered" "$plain"
is "its ids are the user's and the subordinate ones" "0 $uid 1 / 1 1000000 65536" \
    "$(cg2 "$D/as-user" "$D/podman" unshare cat /proc/self/uid_map 2>/dev/null |
        awk '{ print $1, $2, $3 }' | paste -sd/ | sed 's,/, / ,g')"
is "a profile by name" "$under_default" "$(named default)"
is "another one" "$under_marker" "$(named marker)"
has "the variant for the container's capability" "unshare=OK mount=E(FAULT|PERM) keyctl=EPERM" \
    "$(named default --cap-add=SYS_ADMIN)"
rc=0
out=$(named private) || rc=$?
is "a profile that the user may not read: no container" 126 "$rc"
has "and Podman names the hook" "precreate hook|OCI Hooks" "$out"

# Nobody but root has rules compiled by content: crun compiles these itself.
before=$(ctl status --json | jq .contents)
is "the container's own rules" "$under_marker" "$(contained --security-opt="seccomp=$D/mine.json")"
is "are not compiled by the daemon" "$before" "$(ctl status --json | jq .contents)"

# A container that goes on running, seen by root.
cat > "$D/inside.sh" <<'END'
. "$here/oci-lib.sh"
ctl() { "$build/secprofctl" "$@"; }
"$D/podman" run -d --name c1 --annotation io.secprof.profile=default --cgroups=disabled --network=none \
    --rootfs "$D/rootfs" /probe getpid wait >/dev/null || { echo "cannot start"; exit; }
pid=$("$D/podman" inspect --format '{{.State.Pid}}' c1)
sed -n 's/^Seccomp_filters:[[:space:]]*/init has /p' "/proc/$pid/status"
echo "user $(stat -c %u "/proc/$pid")"
"$D/podman" exec c1 /probe $probes filters 2>&1
compare "$pid" default --json | jq -c '"equal: " + (.answer | tostring)'
"$D/podman" rm -f -t 0 c1 >/dev/null 2>&1
END
export here build D probes
is "the served filter, and no other, on the container's processes" \
    "init has 1/user $uid/$under_default filters=1/equal: true" \
    "$(cg2 "$D/as-user" bash "$D/inside.sh" 2>/dev/null | paste -sd/ | tr -d '"')"

without_daemon "$D/mine.json"
finish
