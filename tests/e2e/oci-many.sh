#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Many containers, one after the other and eight at a time: each has its filter, none fails, and
# secprofd is in the end what it was. SECPROF_CONTAINERS says how many in a row (40).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/oci-lib.sh
. "$(dirname "$0")/oci-lib.sh"

many=${SECPROF_CONTAINERS:-40}
at_once=8

start_oci crun jq
sed -i 's/^timeout.*/timeout = 20000/' "$D/runtime.conf"
kinds=(default marker admin rules)
admin=$(contained crun admin)
for i in $(seq $at_once); do cp -a "$bundle" "$D/bundle$i"; done

# What each kind of container prints.
cat > "$D/wanted" <<END
default $under_default
marker $under_marker
admin $admin
rules $under_marker
END

# start.sh BUNDLE NUMBER: one container; prints its kind and what it printed.
cat > "$D/start.sh" <<'END'
kinds=(default marker admin rules)
kind=${kinds[$2 % 4]}
cp "$D/$kind.json" "$1/config.json"
echo "$kind $("$D/bin/secprof-runtime" --root "$D/root" --cgroup-manager=disabled \
    run -b "$1" "many-$2" 2>&1)"
END
cat > "$D/row.sh" <<'END'
for i in $(seq "$1" "$2"); do bash "$D/start.sh" "$bundle" "$i"; done
END
# Bundles are for one container at a time: each of the processes has its own.
cat > "$D/together.sh" <<'END'
for slot in $(seq "$2"); do
    for i in $(seq "$slot" "$2" "$1"); do bash "$D/start.sh" "$D/bundle$slot" "$i"; done &
done
wait
END
export D bundle

# Resident KiB of the daemon and its workers; open fds of the daemon.
memory()
{
    { echo "$daemon"; pgrep -P "$daemon"; } | sed 's|.*|/proc/&/status|' |
        xargs awk '/^VmRSS:/ { sum += $2 } END { print sum }'
}
# fds [N]: how many there are; waits until there are at most N.
fds()
{
    local n

    for _ in $(seq 600); do
        n=$(find "/proc/$daemon/fd" -mindepth 1 | wc -l)
        [ "$n" -gt "${1:-$n}" ] || break
        sleep 0.1
    done
    echo "$n"
}

# check WHAT NUMBER: the output of that many containers is in $D/out.
check()
{
    is "$1: as many containers" "$2" "$(wc -l < "$D/out")"
    is "$1: each with the answers of its filter" "" "$(grep -vxFf "$D/wanted" "$D/out" | head -3)"
    for kind in "${kinds[@]}"; do
        is "$1: as many of each kind ($kind)" $(($2 / 4)) "$(grep -c "^$kind " "$D/out")"
    done
}

# What is in memory from here on: every variant, and what the first requests of a process take.
cg2 bash "$D/row.sh" 1 8 > "$D/out" 2>&1
check "the first eight" 8
memory_before=$(memory)
fds_before=$(fds)
compiles=$(ctl status --json | jq .compiles)

begin=$(date +%s%N)
cg2 bash "$D/row.sh" 1 "$many" > "$D/out" 2>&1
row=$((($(date +%s%N) - begin) / 1000000))
check "$many in a row" "$many"
begin=$(date +%s%N)
cg2 bash "$D/together.sh" "$many" $at_once > "$D/out" 2>&1
together=$((($(date +%s%N) - begin) / 1000000))
check "$many, $at_once at a time" "$many"

is "nothing was compiled again" "$compiles" "$(ctl status --json | jq .compiles)"
fds_after=$(fds "$fds_before")
is "the daemon has no more fds than before ($fds_before, $fds_after)" yes "$([ "$fds_after" -le "$fds_before" ] && echo yes)"
memory_after=$(memory)
if [ "$memory_after" -le $((memory_before + 512)) ]; then
    ok "the daemon's memory is what it was"
else
    not_ok "the daemon's memory: $memory_before KiB before, $memory_after KiB after"
fi
printf '%s containers in %s ms, %s at a time in %s ms; %s KiB before, %s KiB after; %s fds\n' \
    "$many" "$row" "$at_once" "$together" "$memory_before" "$memory_after" "$fds_before"
finish
