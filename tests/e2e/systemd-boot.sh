#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The installed service under a booted systemd: the system's own files, read-only under an overlay, with
# our `make install` on top. Nothing is downloaded, and nothing outside of the test's directory is
# written. What runs inside is systemd-inside.sh.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "not root: no systemd can be booted"
need systemd-nspawn
need_cg2
[ -x /usr/lib/systemd/systemd ] || skip_all "systemd is not installed"

log()
{
    tail -n 40 "$1" | sed 's/^/  | /'
}

# An installation for the prefix /usr: $build, or another build of the same sources.
mkdir -p "$D/build" "$D/root" "$D/e2e"
usr=$build
if [ "$(sed -n 's/^\(prefix\|sysconfdir\) = //p' "$build/Makefile" | paste -sd' ')" != "/usr /etc" ]; then
    usr=$D/build
    (cd "$usr" && "$(sed -n 's/^abs_top_srcdir = //p' "$build/Makefile")/configure" \
        --prefix=/usr --sysconfdir=/etc --localstatedir=/var && make -j"$(nproc)") > "$D/build.log" 2>&1
fi
if ! make -C "$usr" install DESTDIR="$D/root" >> "$D/build.log" 2>&1; then
    log "$D/build.log"
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
cat > "$D/e2e.service" <<'END'
[Unit]
Requires=basic.target
After=basic.target
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
ExecStart=/bin/bash /e2e/systemd-inside.sh
StandardOutput=truncate:/e2e/out.log
StandardError=truncate:/e2e/err.log
TimeoutStartSec=120
END
cat > "$D/boot.sh" <<'END'
set -e
D=$1
mkdir "$D/layers" "$D/system"
mount -t tmpfs -o mode=755 tmpfs "$D/layers"
mkdir "$D/layers/upper" "$D/layers/work"
# The layers of an overlay may not stand in each other, so ours is a copy in another file system.
cp -a "$D/root" "$D/layers/root"
mount -t overlay overlay -o "lowerdir=$D/layers/root:/,upperdir=$D/layers/upper,workdir=$D/layers/work" "$D/system"
rm -rf "$D/system/etc/systemd" "$D/system/var/lib/secprof" "$D/system/etc/secprof"
mkdir -p "$D/system/etc/systemd/system" "$D/system/e2e"
cp "$D/e2e.target" "$D/e2e.service" "$D/system/etc/systemd/system/"
: > "$D/system/etc/fstab"
exec systemd-nspawn -q --boot -D "$D/system" --bind="$D/e2e:/e2e" --register=no --keep-unit \
    --private-network --link-journal=no --machine=secprof-e2e systemd.unit=e2e.target
END
SYSTEMD_SECCOMP=0 cg2 bash "$D/boot.sh" "$D" > "$D/boot.log" 2>&1 </dev/null
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
