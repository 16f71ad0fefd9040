#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: tests/package/boot.sh PACKAGES ROOT
#
# The Debian packages in the directory PACKAGES, installed under a booted systemd: ROOT, which stays as it
# is, under an overlay. What runs inside is inside.sh. scripts/package --test makes both and calls this.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
root=$(cd "${2:?usage: $self PACKAGES ROOT}" && pwd) || exit 2
packages=$build
e2e=$here/../e2e

[ "$(id -u)" -eq 0 ] || skip_all "not root: no systemd can be booted"
need systemd-nspawn dpkg-deb
need_cg2

log()
{
    tail -n 40 "$1" | sed 's/^/  | /'
}

# The same packages as a later version, with another file of the daemon.
make_upgrade()
{
    local deb dir=$D/unpacked version

    version=$(dpkg-deb -f "$(find "$packages" -name 'secprof_*.deb')" Version)
    mkdir "$D/e2e/new"
    for deb in "$packages"/*.deb; do
        case $deb in *-dbgsym_*) continue ;; esac
        rm -rf "$dir"
        dpkg-deb -R "$deb" "$dir"
        sed -i "s/\\(^Version: \\|= \\)$version\\b/\\1$version+later/" "$dir/DEBIAN/control"
        [ ! -e "$dir/usr/sbin/secprofd" ] || printf '\0' >> "$dir/usr/sbin/secprofd"
        dpkg-deb --root-owner-group -Znone -b "$dir" "$D/e2e/new" > "$D/upgrade.log" || return 1
    done
}

mkdir -p "$D/e2e/old"
cp "$packages"/*.deb "$D/e2e/old/"
rm -f "$D"/e2e/old/*-dbgsym_*
if ! make_upgrade; then
    log "$D/upgrade.log"
    not_ok "a later version of the packages is made"
    finish
fi
cp "$e2e/booted-lib.sh" "$e2e/restart-load.c" "$here/inside.sh" "$D/e2e/"
cp -r "$here/../../debian/tests" "$D/e2e/tests"

cat > "$D/e2e.service" <<'END'
[Unit]
Requires=basic.target
After=basic.target
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
Environment=HOME=/root LC_ALL=C.UTF-8
ExecStart=/bin/bash /e2e/inside.sh
StandardOutput=truncate:/e2e/out.log
StandardError=truncate:/e2e/err.log
TimeoutStartSec=300
[Unit]
Requires=basic.target
After=basic.target
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
Environment=HOME=/root LC_ALL=C.UTF-8
ExecStart=/bin/bash /e2e/inside.sh
StandardOutput=truncate:/e2e/out.log
StandardError=truncate:/e2e/err.log
TimeoutStartSec=300
END
cat > "$D/boot.sh" <<'END'
set -e
D=$1 root=$2
mkdir "$D/layers" "$D/system"
mount -t tmpfs -o mode=755 tmpfs "$D/layers"
mkdir "$D/layers/upper" "$D/layers/work"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$D/layers/upper,workdir=$D/layers/work" "$D/system"
cp "$D/e2e.service" "$D/system/etc/systemd/system/"
mkdir "$D/system/e2e"
# Nobody looks at what the build left there.
rm -rf "$D/system/build"
exec systemd-nspawn -q --boot -D "$D/system" --bind="$D/e2e:/e2e" --register=no --keep-unit \
    --private-network --link-journal=no --machine=secprof-package systemd.unit=e2e.service
END
SYSTEMD_SECCOMP=0 cg2 bash "$D/boot.sh" "$D" "$root" > "$D/boot.log" 2>&1 </dev/null
rc=$?
if [ ! -s "$D/e2e/out.log" ]; then
    log "$D/boot.log"
    [ ! -s "$D/e2e/err.log" ] || log "$D/e2e/err.log"
    not_ok "the booted systemd ran the test (exit status $rc)"
    finish
fi
while IFS= read -r line; do
    case $line in
    ok:\ *) ok "${line#ok: }" ;;
    FAILED:\ *) not_ok "${line#FAILED: }" ;;
    skipped:\ *) skip "${line#skipped: }" ;;
    *) printf '  | %s\n' "$line" ;;
    esac
done < "$D/e2e/out.log"
[ $failed -eq 0 ] || log "$D/e2e/err.log"
is "the system ended by itself" 0 "$rc"
finish
