# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the tests share that run inside a booted systemd, as root, with secprofd installed: they print
# "ok: …" and "FAILED: …" lines, and keep secprofd busy by /e2e/restart-load. Sourced, never run.
set -u

is()
{
    if [ "$2" = "$3" ]; then printf 'ok: %s\n' "$1"; else
        printf "FAILED: %s: wanted '%s', got '%s'\\n" "$1" "$2" "$3"
    fi
}

has()
{
    if printf '%s\n' "$3" | grep -qE -- "$2"; then printf 'ok: %s\n' "$1"; else
        printf "FAILED: %s: no match of '%s' in: %s\\n" "$1" "$2" "$3"
    fi
}

show()
{
    systemctl show -P "$2" "$1"
}

state_and_restarts()
{
    printf '%s %s' "$(show secprofd.service ActiveState)" "$(show secprofd.service NRestarts)"
}

as_nobody()
{
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# until_is WANTED COMMAND…: waits up to 15 s until COMMAND prints WANTED.
until_is()
{
    local wanted=$1 got=

    shift
    for _ in $(seq 600); do
        got=$("$@" 2>&1)
        [ "$got" != "$wanted" ] || break
        sleep 0.1
    done
    printf '%s' "$got"
}

# The socket's file, which stays the same one as long as systemd keeps the socket.
socket_file()
{
    stat -c %i /run/secprof/secprof.sock
}

start_load()
{
    rm -f /run/load-ends
    /e2e/restart-load 4 default /run/load-ends > /tmp/load.out 2> /tmp/load.err &
    load=$!
    busy=0
    socket=$(socket_file)
}

# Waits until the daemon that runs now has answered many of the load's requests; counts such daemons.
until_busy()
{
    [ "$(until_is true many_requests)" != true ] || busy=$((busy + 1))
    # Not what is tested here: so many starts in so short a time are too many for a real service.
    systemctl reset-failed secprofd.service
}

many_requests()
{
    secprofctl --json status | jq '.requests > 100'
}

end_load()
{
    : > /run/load-ends
    wait "$load"
    is "$1: no request is lost" 0 $?
    has "$1: of many, and none waits for long" '^[0-9]{4,} answered, 0 lost, the slowest after [0-9]{1,4} ms$' \
        "$(cat /tmp/load.out; sort /tmp/load.err | uniq -c)"
    cat /tmp/load.out
    is "$1: the socket is the same one" "$socket" "$(socket_file)"
}
