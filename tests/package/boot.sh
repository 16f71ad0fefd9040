#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: tests/package/boot.sh PACKAGES ROOT
#
# The Debian packages in the directory PACKAGES, installed under a booted systemd: ROOT, which stays as it
# is, under an overlay. What runs inside is inside.sh. scripts/package --test makes both and calls this.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/boot-lib.sh
. "$here/../e2e/boot-lib.sh"
root=$(cd "${2:?usage: $self PACKAGES ROOT}" && pwd) || exit 2
packages=$build
e2e=$here/../e2e

need_boot
need dpkg-deb

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
    show_log "$D/upgrade.log"
    not_ok "a later version of the packages is made"
    finish
fi
cp "$e2e/booted-lib.sh" "$e2e/restart-load.c" "$here/inside.sh" "$D/e2e/"
cp -r "$here/../../debian/tests" "$D/e2e/tests"

boot_unit inside.sh 300
# Nobody looks at what the build left there.
boot "$root" e2e.service 'rm -rf build'
finish
