#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: debugging.sh BUILD-DIRECTORY
#
# Whether the daemon's processes have filters of their own: in a usual build all of them; in one of
# configure --disable-own-filters none, and that one says so, is not installed, and serves no
# service manager.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# How many filters the process $1 has.
filters_of()
{
    awk '/^Seccomp_filters:/ { print $2 }' "/proc/$1/status"
}

start_daemon
mapfile -t processes < <(pgrep --parent "$daemon")
processes+=("$daemon")
more=0
for process in "${processes[@]}"; do
    [ "$(filters_of "$process")" -le "$(filters_of self)" ] || more=$((more + 1))
done
[ "${#processes[@]}" -ge 3 ] && ok "there are processes" || not_ok "only ${#processes[@]} processes"
lacks=$(ctl status --json)
if ! grep -q '^#define OWN_FILTERS 0' "$build/config.h"; then
    is "each process has a filter of its own" "${#processes[@]}" "$more"
    is "nothing is lacking" 0 "$(grep -c '"seccomp"' <<< "$lacks")"
    finish
fi
is "no process has a filter of its own" 0 "$more"
has "status says so" '"seccomp"' "$lacks"
has "the log says so" 'built for debugging' "$(cat "$D/secprofd.log")"
said=$("$build/secprofd" 2>&1)
is "it starts for no service manager" 2 $?
has "and says why" 'disable-own-filters' "$said"
make -s -C "$build" install-sbinPROGRAMS DESTDIR="$D/root" > "$D/make.log" 2>&1
is "make has nothing to do in /sbin" 0 $?
is "and installs nothing" "" "$(find "$D/root" -name secprofd 2>/dev/null)"
finish
