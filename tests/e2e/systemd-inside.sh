# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs inside the systemd that systemd-boot.sh boots, as root, and prints "ok: …" or "FAILED: …" lines.
# shellcheck disable=SC1091,SC2154
. /e2e/booted-lib.sh
. /e2e/expected

# As the README says after `make install`.
systemd-sysusers
systemd-tmpfiles --create
systemctl daemon-reload
systemctl start secprofd.socket
is "the socket listens, the service does not run" "active inactive" \
    "$(show secprofd.socket ActiveState) $(show secprofd.service ActiveState)"
is "the socket is open to all" "666 root" "$(stat -c '%a %U' /run/secprof/secprof.sock)"

# The first client starts the service.
has "the first request, from an ordinary user, is answered" '^default ' "$(as_nobody secprofctl list 2>&1)"
is "it started the service" "active" "$(until_is active show secprofd.service ActiveState)"
pid=$(show secprofd.service MainPID)
if [ "$pid" -eq 0 ]; then
    journalctl -q -o cat -u secprofd.service
    exit 1
fi
is "it runs as its own user" "secprof" "$(ps -o user= -p "$pid" | tr -d ' ')"
is "without capabilities, with no_new_privs, under a filter" \
    "CapInh:0000000000000000 CapPrm:0000000000000000 CapEff:0000000000000000 CapBnd:0000000000000000 CapAmb:0000000000000000 NoNewPrivs:1 Seccomp:2" \
    "$(grep -E '^(Cap[A-Z][a-z]+|NoNewPrivs|Seccomp):' "/proc/$pid/status" | tr -d '\t' | paste -sd' ')"
is "its cache is its own" "700 secprof" "$(stat -c '%a %U' /var/cache/secprof)"
is "without a network" "lo" \
    "$(nsenter --target "$pid" --net ls /sys/class/net 2>/dev/null | paste -sd' ')"
has "it tells its state" 'profile' "$(show secprofd.service StatusText)"

# shellcheck disable=SC2086
{
    is "a program without a filter" "$unfiltered" "$(/e2e/probe $probes)"
    is "a program under the filter" "$under_default" \
        "$(as_nobody secprofctl run default -- /e2e/probe $probes 2>&1)"
    is "the same by way of the helper: the unit lets the daemon make executables" "$under_default" \
        "$(as_nobody secprofctl helper default -- /e2e/probe $probes 2>&1)"
}

# A unit that gets its filter from the example drop-in.
mkdir -p /run/systemd/system/example.service.d
cat > /run/systemd/system/example.service <<END
[Unit]
Description=A service that knows nothing of secprof
[Service]
Type=oneshot
RemainAfterExit=yes
User=nobody
ExecStart=/e2e/probe $probes
END
sed "s,^\\(ExecStart=.* -- \\).*,\\1/e2e/probe $probes," /usr/share/doc/secprof/examples/filter.conf \
    > /run/systemd/system/example.service.d/secprof.conf
systemctl daemon-reload
systemctl start example.service
is "the unit with the drop-in ends well" "success" "$(show example.service Result)"
is "and ran under the filter" "$under_default" "$(journalctl -q -o cat -u example.service -t secprofctl -t probe |
    grep getpid=)"

# A reload is a barrier.
install -m 644 /e2e/marker.json /etc/secprof/profiles.d/marker.json
systemctl reload secprofd.service
is "systemctl reload works" "success" "$(show secprofd.service Result)"
# shellcheck disable=SC2086
is "what was there before it is in service" "$under_marker" \
    "$(as_nobody secprofctl run marker -- /e2e/probe $probes 2>&1)"
install -m 640 -g secprof /e2e/marker.json /etc/secprof/profiles.d/private.json
secprofctl reload >/dev/null
secprofctl get private > /tmp/private.bpf
is "root gets a profile of mode 0640" 0 $?
out=$(as_nobody secprofctl get private 2>&1 > /tmp/stolen.bpf)
has "an ordinary user does not" 'private' "exit status $?: $out"
is "not a byte of it" 0 "$(stat -c %s /tmp/stolen.bpf)"

# Its memory has a bound, and a process that is killed at it is not all of them.
group=/sys/fs/cgroup$(show secprofd.service ControlGroup)
is "the bound on its memory, without swap, and who goes with a process that is killed there" \
    "2147483648 0 continue" \
    "$(show secprofd.service MemoryMax) $(show secprofd.service MemorySwapMax) $(show secprofd.service OOMPolicy)"
if [ -e "$group/memory.max" ]; then
    is "the kernel has that bound" "2147483648 0 0" \
        "$(cat "$group/memory.max" "$group/memory.swap.max" "$group/memory.oom.group" | paste -sd' ')"
else
    echo "skipped: cgroup2 has no memory controller here: no bound by the kernel"
fi

# It comes back after a crash, and compiles nothing that it has in its cache.
before=$(stat -c %i "$group")
kill -KILL "$pid"
is "it is started again after a crash" "active 1" "$(until_is "active 1" state_and_restarts)"
is "in a new cgroup, to which memory that clients keep does not belong" "another" \
    "$([ "$(stat -c %i "$group")" = "$before" ] && echo "the same" || echo another)"
has "and answers" '^default ' "$(as_nobody secprofctl list 2>&1)"
is "from its cache, without a compile" "0" "$(secprofctl --json status | jq -r .compiles)"

# The cache: what is in it may go at any time, and so may the directory with the entries. The cache's own is
# a mount of the service's: only a restart makes it again, and the log says so.
cache_state()
{
    secprofctl --json status | jq -r .cache_state
}
has_entries()
{
    [ -z "$(find /var/cache/secprof -type f)" ] || echo yes
}
rm -rf /var/cache/secprof/*
cp /e2e/marker.json /etc/secprof/profiles.d/another.json
sed -i 's/{/{"comment": "another",/' /etc/secprof/profiles.d/another.json
secprofctl reload > /dev/null
is "an emptied cache is written on" "yes 1" "$(until_is yes has_entries) $(cache_state)"
# The service may write an entry while rm works.
for _ in $(seq 100); do if rm -rf /var/cache/secprof; then break; fi; done
is "without its directory, status says that the cache is failing" "2" "$(until_is 2 cache_state)"
has "and all is served" '^default ' "$(as_nobody secprofctl list 2>&1)"
journalctl -q --sync
has "the log says what was tried, and what helps" 'removed or exchanged; a restart' \
    "$(journalctl -q -o cat -u secprofd.service | grep 'no cache on disk')"
install -d -m 700 -o secprof -g secprof /var/cache/secprof
secprofctl reload > /dev/null
for i in $(seq 5); do
    printf '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": %d}' "$((200 + i))" > /etc/secprof/profiles.d/another.json
    secprofctl reload > /dev/null
done
is "made again from outside, it is still nothing that the service may write to" "2" "$(until_is 2 cache_state)"
rm -f /etc/secprof/profiles.d/another.json
systemctl restart secprofd.service
is "a restart puts it right" "1" "$(until_is 1 cache_state)"
is "and fills it" "yes" "$(until_is yes has_entries)"

# A daemon that hangs is killed by the watchdog.
mkdir -p /run/systemd/system/secprofd.service.d
printf '[Service]\nWatchdogSec=1\n' > /run/systemd/system/secprofd.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart secprofd.service
pid=$(show secprofd.service MainPID)
kill -STOP "$pid"
for _ in $(seq 600); do
    now=$(show secprofd.service MainPID)
    if [ "$now" != 0 ] && [ "$now" != "$pid" ]; then break; fi
    sleep 0.1
done
has "the watchdog ends a hung daemon" 'Watchdog timeout' \
    "$(journalctl -q -o cat -u secprofd.service | grep -m1 Watchdog)"
has "and another one answers" '^default ' "$(as_nobody secprofctl list 2>&1)"

# The journal has what the daemon says about a profile, by field.
printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscals": []}\n{' > /etc/secprof/profiles.d/broken.json
secprofctl reload > /dev/null
journalctl -q --sync
has "the journal tells of a broken profile, by field" 'broken\.json:[0-9]+:[0-9]+' \
    "$(journalctl -q -o cat _SYSTEMD_UNIT=secprofd.service SECPROF_PROFILE=broken)"
has "and so does its status" 'broken\.json:[0-9]+:[0-9]+: error' "$(secprofctl status broken 2>&1)"

# Podman's hook as it is installed, on configurations of a container; it looks for the socket where it is.
hook()
{
    local -a command

    mapfile -t command < <(sed -n 's/^ *"path": "\(.*\)",$/\1/p; s/^ *"args": \[[^,]*, "\(.*\)"\],$/\1/p' \
        /usr/share/secprof/hooks.d/secprof.json)
    "${command[@]}" 2>/dev/null
}
has "the hook puts a profile's filter in" '"run.oci.seccomp_bpf_data":"[A-Za-z0-9+/]{100,}=*"' \
    "$(echo '{"annotations": {"io.secprof.profile": "default"}, "linux": {}}' | hook)"
has "and one for a container's own rules" '"run.oci.seccomp_bpf_data":"[A-Za-z0-9+/]{20,}=*"' \
    "$(echo '{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_LOG"}}}' | hook)"
is "but not another profile, as it is installed" "" \
    "$(echo '{"annotations": {"io.secprof.profile": "marker"}, "linux": {}}' | hook)"
journalctl -q --sync
has "the journal tells which filter a container got" 'filter of profile "default": [0-9]+ instructions, sha256:' \
    "$(journalctl -q -o cat -t secprof-oci-hook)"
has "and why one was refused" 'refused: .*annotations may not ask for it' \
    "$(journalctl -q -o cat -t secprof-oci-hook -p err)"

# Restarts, kills and upgrades under load: the socket stays with systemd, and libsecprof asks again.
rm -rf /run/systemd/system/secprofd.service.d
systemctl daemon-reload

start_load
restarts=0
for i in $(seq 12); do
    until_busy
    if [ $((i % 4)) -ne 0 ]; then
        systemctl restart secprofd.service && restarts=$((restarts + 1))
    else
        pid=$(show secprofd.service MainPID)
        kill -KILL "$pid"
        for _ in $(seq 600); do
            now=$(show secprofd.service MainPID)
            if [ "$now" != 0 ] && [ "$now" != "$pid" ]; then break; fi
            sleep 0.1
        done
    fi
done
end_load "in 9 restarts and 3 kills"
is "each of which hit a busy daemon" "9 12" "$restarts $busy"

# An upgrade as package managers do it: new files in the place of the old ones, units read again, systemd
# itself started anew, the service restarted, the socket not.
start_load
upgraded=0
for i in 1 2 3; do
    until_busy
    cp -p /usr/sbin/secprofd /usr/sbin/secprofd.new
    printf '\0' >> /usr/sbin/secprofd.new # another file, the same program
    mv /usr/sbin/secprofd.new /usr/sbin/secprofd
    sed -i "s/^Description=.*/Description=secprof, upgrade $i/" /usr/lib/systemd/system/secprofd.s*
    systemctl daemon-reexec && systemctl daemon-reload && systemctl try-restart secprofd.service
    pid=$(show secprofd.service MainPID)
    [ "$(show secprofd.service Description)" != "secprof, upgrade $i" ] ||
        [ "$(stat -L -c %i "/proc/$pid/exe")" != "$(stat -c %i /usr/sbin/secprofd)" ] ||
        upgraded=$((upgraded + 1))
done
until_busy
end_load "in 3 upgrades"
is "each of which put the new program in the place of a busy one" "3 4" "$upgraded $busy"

systemctl stop secprofd.service
is "it stops when asked" "inactive success" \
    "$(show secprofd.service ActiveState) $(show secprofd.service Result)"
has "and the next client starts it again" '^default ' "$(as_nobody secprofctl list 2>&1)"
systemd-analyze security --no-pager --threshold=10 secprofd.service > /tmp/security 2>&1
is "systemd rates it at most 1.0" 0 $?
tail -n 1 /tmp/security
