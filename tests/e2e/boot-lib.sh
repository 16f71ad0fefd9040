# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the tests share that boot a systemd under systemd-nspawn and run a script inside: the unit of that
# script, the boot, and its report. Sourced after lib.sh, never run. Whatever the script needs is in $D/e2e,
# which is /e2e inside. Nothing outside of $D is written.

need_boot()
{
    [ "$(id -u)" -eq 0 ] || skip_all "not root: no systemd can be booted"
    need systemd-nspawn
    need_cg2
}

show_log()
{
    tail -n 40 "$1" | sed 's/^/  | /'
}

# boot_unit SCRIPT SECONDS: the unit that runs /e2e/SCRIPT, with whose end the system ends.
boot_unit()
{
    cat > "$D/e2e.service" <<END
[Unit]
Requires=basic.target
After=basic.target
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
Environment=HOME=/root LC_ALL=C.UTF-8
ExecStart=/bin/bash /e2e/$1
StandardOutput=truncate:/e2e/out.log
StandardError=truncate:/e2e/err.log
TimeoutStartSec=$2
END
}

# boot LOWER UNIT CHANGE COPY…: boots the directory LOWER, which stays as it is, as far as UNIT, and reports
# what the script said. CHANGE is a command, run first in the system that boots, which is an overlay. The
# directories COPY… lie over LOWER; copies of them, as the layers of an overlay may not stand in each other.
boot()
{
    local line rc=0

    cat > "$D/boot.sh" <<'END'
set -e
D=$1 lower=$2 unit=$3 change=$4
shift 4
mkdir "$D/layers" "$D/system"
mount -t tmpfs -o mode=755 tmpfs "$D/layers"
mkdir "$D/layers/upper" "$D/layers/work"
for over; do
    cp -a "$over" "$D/layers/"
    lower=$D/layers/${over##*/}:$lower
done
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$D/layers/upper,workdir=$D/layers/work" "$D/system"
(cd "$D/system" && eval "$change")
mkdir -p "$D/system/etc/systemd/system" "$D/system/e2e"
cp "$D"/e2e.* "$D/system/etc/systemd/system/"
exec systemd-nspawn -q --boot -D "$D/system" --bind="$D/e2e:/e2e" --register=no --keep-unit \
    --private-network --link-journal=no --machine=secprof-e2e "systemd.unit=$unit"
END
    SYSTEMD_SECCOMP=0 cg2 bash "$D/boot.sh" "$D" "$@" > "$D/boot.log" 2>&1 </dev/null || rc=$?
    if [ ! -s "$D/e2e/out.log" ]; then
        show_log "$D/boot.log"
        [ ! -s "$D/e2e/err.log" ] || show_log "$D/e2e/err.log"
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
    # shellcheck disable=SC2154
    [ $failed -eq 0 ] || show_log "$D/e2e/err.log"
    is "the system ended by itself" 0 "$rc"
}
