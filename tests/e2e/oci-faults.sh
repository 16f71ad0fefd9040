#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Containers that must not start, and those that must although secprofd is stopped, hangs, or is
# killed in the middle: with a profile by name no container runs without its filter; with rules of
# its own each one runs under these.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/oci-lib.sh
. "$(dirname "$0")/oci-lib.sh"

# How many containers start while the daemon is killed, of each kind.
kills=${SECPROF_KILLS:-12}

start_oci crun jq capsh python3 unshare
own_socket=$SECPROF_SOCKET

# refused WHAT NAME PATTERN [OPTION…]: the container does not start, its configuration stays, and
# the reason is on standard error and in the engine's log.
refused()
{
    local what=$1 name=$2 pattern=$3 out rc=0

    shift 3
    rm -f "$D/engine.log"
    out=$(contained crun "$name" --log "$D/engine.log" --log-format=json "$@") || rc=$?
    is "$what: no container" 1 "$rc"
    has "$what: the reason" "$pattern" "$out"
    has "$what: the reason for the engine" "$pattern" "$(jq -r 'select(.level == "error") | .msg' \
        "$D/engine.log" 2>&1)"
    is "$what: the configuration is what it was" "$(cat "$D/$name.json")" "$(cat "$bundle/config.json")"
    is "$what: nothing else is left in the bundle" "config.json rootfs " \
        "$(find "$bundle" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ')"
}

refused "a profile that annotations may not name" unknown 'may not ask for it'
refused "a profile that they may name, in audit mode" unaudited 'profile "default@audit", and here .* may not ask for it'
sed -i 's/^allow.*/allow = */' "$D/runtime.conf"
refused "a profile that is not there" unknown 'no filter for profile "default2": no such profile'
refused "a filter of somebody else beside the rules" strange 'would win over the rules'
printf 'named_only = yes\n' > "$D/named.conf"
refused "the same, and only named profiles" strange 'would win over the rules' \
    "--secprof-config=$D/named.conf"
jq 'del(.linux)' "$D/default.json" > "$D/bare.json"
refused "a configuration without a place for it" bare 'has no "linux"'
refused "another profile than the administrator's" marker 'asks for profile "marker", but all get' \
    --secprof-profile=default
head -c 700 "$D/default.json" > "$D/short.json"
refused "a text that was cut off" short 'config.json:[0-9]+:[0-9]+: error'

# The shim's own settings.
echo "runtme = crun" > "$D/wrong.conf"
refused "a setting that is not known" rules 'unknown key "runtme"' "--secprof-config=$D/wrong.conf"
refused "settings that are not there" rules 'No such file' "--secprof-config=$D/no.conf"
# loop WHAT RUNTIME: 126, and no endless chain of processes.
loop()
{
    local out rc=0

    out=$(SECPROF_RUNTIME_CONFIG=$D/loop.conf timeout 20 \
        sh -c 'echo "runtime = $0" > "$SECPROF_RUNTIME_CONFIG"; exec "$1" --version' \
        "$2" "$D/bin/secprof-runtime" 2>&1) || rc=$?
    is "$1: the shim ends" 126 "$rc"
    has "$1: with the reason" 'secprof-runtime' "$out"
}
self=$build/.libs/secprof-runtime
[ -x "$self" ] || self=$build/secprof-runtime
loop "the shim as its own runtime" "$self"
loop "a script that starts the shim" "$D/bin/secprof-runtime"
printf '#!/bin/sh\n%s "$@"\nexit $?\n' "$D/bin/secprof-runtime" > "$D/bin/waiting"
chmod 755 "$D/bin/waiting"
loop "a script that waits for the shim" "$D/bin/waiting"
is "another command passes straight through" "$(crun --version)" \
    "$("$D/bin/secprof-runtime" --secprof-profile=nothing --version)"

is "empty variables are as good as none" "$(crun --version)" \
    "$(SECPROF_RUNTIME_CONFIG='' SECPROF_RUNTIME='' "$D/bin/secprof-runtime" --version)"
printf "allow = *\nsocket = %s\n" "$D/nowhere" > "$D/socket.conf"
SECPROF_SOCKET='' refused "an empty SECPROF_SOCKET leaves the setting" default 'no daemon listens' \
    "--secprof-config=$D/socket.conf"

# Logs that nobody reads: lines are lost, and nothing waits. The runtime is one that only says so.
printf '#!/bin/sh\necho "runs $*"\n' > "$D/bin/says"
chmod 755 "$D/bin/says"
cat > "$D/full-log.py" <<'END'
import socket, sys, time
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(sys.argv[1])
out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
out.connect(sys.argv[1])
out.setblocking(False)
try:
    while True:
        out.send(b"<30>somebody: one of many")
except BlockingIOError:
    open(sys.argv[1] + ".full", "w").close()
time.sleep(600)
END
cat > "$D/with-full-log.sh" <<'END'
D=$1
shift
mkdir -p "$D/dev"
touch "$D/dev/null" "$D/dev/log"
mount --bind /dev/null "$D/dev/null" && mount --bind "$D/full" "$D/dev/log" &&
    mount --rbind "$D/dev" /dev || exit 99
exec timeout 60 "$@"
END
# with_full_log COMMAND…
with_full_log()
{
    unshare -m sh "$D/with-full-log.sh" "$D" "$@"
}

python3 "$D/full-log.py" "$D/full" &
filler=$!
for _ in $(seq 600); do
    [ ! -e "$D/full.full" ] || break
    sleep 0.05
done
cp "$D/default.json" "$bundle/config.json"
is "a full /dev/log: the shim starts the container" "runs run -b $bundle c1" \
    "$(SECPROF_RUNTIME=$D/bin/says with_full_log "$D/bin/secprof-runtime" run -b "$bundle" c1 2>&1)"
cp "$D/unknown.json" "$bundle/config.json"
rc=0
out=$(with_full_log "$D/bin/secprof-runtime" run -b "$bundle" c1 2>&1) || rc=$?
is "a full /dev/log: the shim refuses as ever" 1 "$rc"
has "a full /dev/log: and says why" 'no filter for profile "default2"' "$out"
program secprof-oci-hook
is "a full /dev/log: the hook writes the configuration" 1 "$(with_full_log \
    "$D/bin/secprof-oci-hook" --allow default < "$D/default.json" 2>&1 |
    jq '.annotations | keys | map(select(. == "run.oci.seccomp_bpf_data")) | length')"
rc=0
with_full_log "$D/bin/secprof-oci-hook" < "$D/default.json" >/dev/null 2>&1 || rc=$?
is "a full /dev/log: the hook refuses as ever" 1 "$rc"
kill "$filler"
mkfifo "$D/fifo"
rc=0
timeout 60 "$D/bin/secprof-runtime" --log "$D/fifo" run -b "$bundle" c1 >/dev/null 2>&1 || rc=$?
is "the engine's log is a FIFO that nobody reads: refused as ever" 1 "$rc"
rc=0
timeout 60 "$D/bin/secprof-oci-hook" --timeout 300 <> "$D/fifo" >/dev/null 2>&1 || rc=$?
is "an engine that writes no configuration: the hook ends" 1 "$rc"

# A container that comes back from a checkpoint has the filters of that time.
is "restore passes through" "runs restore -b $bundle c1" \
    "$(SECPROF_RUNTIME=$D/bin/says "$D/bin/secprof-runtime" restore -b "$bundle" c1 2>&1)"
rc=0
out=$(SECPROF_RUNTIME=$D/bin/says "$D/bin/secprof-runtime" --secprof-profile=default \
    restore -b "$bundle" c1 2>&1) || rc=$?
is "restore, and all containers get a profile: refused" 1 "$rc"
has "restore: with the reason" 'under the filters of its checkpoint' "$out"

# A daemon of somebody else is none.
python3 - "$D/other.sock" <<'END' &
import os, socket, sys, time
sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
sock.bind(sys.argv[1])
sock.listen(8)
os.chown(sys.argv[1], 65534, 65534)
open(sys.argv[1] + ".up", "w").close()
time.sleep(600)
END
other=$!
for _ in $(seq 600); do
    [ ! -e "$D/other.sock.up" ] || break
    sleep 0.05
done
export SECPROF_SOCKET=$D/other.sock
refused "a socket of another user" default 'of a user that must not be the daemon'
is "a socket of another user: the container's own rules" "$under_marker" "$(contained crun rules)"
export SECPROF_SOCKET=$own_socket
kill "$other"

# Hung: it takes connections, but says nothing.
sed -i 's/^timeout.*/timeout = 300/' "$D/runtime.conf"
kill -STOP "$daemon"
refused "a daemon that hangs" default 'did not answer in time'
is "a daemon that hangs: the container's own rules" "$under_marker" \
    "$(contained crun rules)"
kill -CONT "$daemon"

stop_daemon
refused "a stopped daemon" default 'no daemon listens'
is "a stopped daemon: the container's own rules" "$under_marker" \
    "$(contained crun rules --log "$D/engine.log")"
has "a stopped daemon: the log tells of it" \
    "^level=warning .*left to the runtime's own compiler: no daemon listens" "$(cat "$D/engine.log")"

# A filter of an earlier start whose daemon is gone: it goes, the rules stay.
start_daemon
contained crun rules >/dev/null
cp "$bundle/config.json" "$D/filtered.json"
stop_daemon
is "a filter of an earlier start, and no daemon" "$under_marker" \
    "$(contained crun filtered)"
is "the filter of an earlier start went" null "$(jq -c \
    '.annotations["run.oci.seccomp_bpf_data"], .annotations["io.secprof.filter"]' \
    "$bundle/config.json" | uniq)"

# Killed at other moments of the start each time.
full=0 none=0 wrong=
for i in $(seq "$kills"); do
    start_daemon
    { sleep "0.0$((i * 7 % 80 + 10))"; kill -9 "$daemon"; } 2>/dev/null &
    out=$(contained crun default)
    case $out in
    "$under_default") full=$((full + 1)) ;;
    *refused:*) none=$((none + 1)) ;;
    *) wrong="$wrong [$out]" ;;
    esac
    wait
    daemon=
done
is "killed in the middle: a named profile is there or the container is not" \
    "$kills, nothing else" "$((full + none)), ${wrong:-nothing else}"
printf '%s of these started, %s were refused\n' $full $none
full=0 wrong=
for i in $(seq "$kills"); do
    start_daemon
    { sleep "0.0$((i * 7 % 80 + 10))"; kill -9 "$daemon"; } 2>/dev/null &
    out=$(contained crun rules)
    if [ "$out" = "$under_marker" ]; then full=$((full + 1)); else wrong="$wrong [$out]"; fi
    wait
    daemon=
done
is "killed in the middle: the container's own rules hold" "$kills, nothing else" \
    "$full, ${wrong:-nothing else}"

# With socket activation the first container starts the daemon.
if command -v systemd-socket-activate >/dev/null 2>&1; then
    rm -f "$SECPROF_SOCKET"
    systemd-socket-activate --seqpacket -l "$SECPROF_SOCKET" "$build/secprofd" \
        --profiles "$D/profiles" --cache "$D/cache" --targets native > "$D/activated.log" 2>&1 </dev/null &
    daemon=$!
    for _ in $(seq 600); do
        [ ! -S "$SECPROF_SOCKET" ] || break
        sleep 0.05
    done
    sed -i 's/^timeout.*/timeout = 10000/' "$D/runtime.conf"
    is "socket activation: a stopped daemon starts" "$under_default" "$(contained crun default)"
    is "socket activation: the next one too" "$under_marker" "$(contained crun rules)"
    stop_daemon
else
    skip "socket activation: systemd-socket-activate is not installed"
fi
finish
