#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The installed service under a booted systemd: the system's own files, read-only under an overlay, with
# our `make install` on top. Nothing is downloaded, and nothing outside of the test's directory is
# written. What runs inside is systemd-inside.sh.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/boot-lib.sh
. "$here/boot-lib.sh"

need_boot
[ -x /usr/lib/systemd/systemd ] || skip_all "systemd is not installed"

# An installation for the prefix /usr: $build, or another build of the same sources.
mkdir -p "$D/build" "$D/root" "$D/e2e"
usr=$build
if [ "$(sed -n 's/^\(prefix\|sysconfdir\) = //p' "$build/Makefile" | paste -sd' ')" != "/usr /etc" ]; then
    usr=$D/build
    (cd "$usr" && "$(sed -n 's/^abs_top_srcdir = //p' "$build/Makefile")/configure" \
        --prefix=/usr --sysconfdir=/etc --localstatedir=/var && make -j"$(nproc)") > "$D/build.log" 2>&1
fi
if ! make -C "$usr" install DESTDIR="$D/root" >> "$D/build.log" 2>&1; then
    show_log "$D/build.log"
    not_ok "make install for the prefix /usr"
    finish
fi
build_probe
if ! "${CC:-gcc}" -std=gnu17 -D_GNU_SOURCE -O1 -I"$here/../../client/libsecprof" -o "$D/e2e/restart-load" \
    "$here/restart-load.c" -L"$D/root/usr/lib" -lsecprof; then
    not_ok "the program that asks without a pause builds"
    finish
fi
cp "$D/probe" "$here/booted-lib.sh" "$here/systemd-inside.sh" "$here/profiles/marker.json" "$D/e2e/"
cat > "$D/e2e/expected" <<END
probes="$probes"
under_default="$under_default"
under_marker="$under_marker"
unfiltered="$unfiltered"
END

# What boots: nothing of the system's own /etc/systemd, only what a basic system needs and the test.
cat > "$D/e2e.target" <<'END'
[Unit]
Requires=basic.target e2e.service
After=basic.target
AllowIsolate=yes
END
boot_unit systemd-inside.sh 120
boot / e2e.target 'rm -rf etc/systemd var/lib/secprof etc/secprof && : > etc/fstab' "$D/root"
finish
