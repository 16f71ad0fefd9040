# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs inside the systemd that boot.sh boots, as root: installs the packages of /e2e/old, uses them, puts
# those of /e2e/new in their place and back while requests go on, removes and purges them. Prints
# "ok: …" or "FAILED: …" lines.
# shellcheck disable=SC1091,SC2154
. /e2e/booted-lib.sh

# run NAME COMMAND…: it succeeds; its output is shown where it does not.
run()
{
    local name=$1

    shift
    if "$@" > /run/output 2>&1; then
        printf 'ok: %s\n' "$name"
    else
        printf 'FAILED: %s: exit status %s: %s\n' "$name" $? "$(tail -n 20 /run/output | paste -sd'|')"
    fi
}

traces()
{
    find / -xdev -name '*secprof*' ! -path '/proc/*' ! -path '/sys/*' ! -path '/e2e/*' ! -path '/tmp/*' \
        ! -path '/var/log/*' | paste -sd' '
}

is "nothing of it is here yet" "" "$(traces)"
run "the packages can be installed" dpkg -i /e2e/old/*.deb
is "the user was made" "secprof /usr/sbin/nologin" "$(getent passwd secprof | cut -d: -f1,7 | tr ':' ' ')"
is "and the directory of profiles" "755 root" "$(stat -c '%a %U' /etc/secprof/profiles.d)"
is "the socket listens and is enabled, the service waits for a client" "active enabled inactive" \
    "$(show secprofd.socket ActiveState) $(systemctl is-enabled secprofd.socket) $(show secprofd.service ActiveState)"
out=$(as_nobody secprofctl list 2>&1)
has "an ordinary user's first request is answered" '^default ' "$out"
# It answers before it is ready.
if [ "$(until_is active show secprofd.service ActiveState)" != active ]; then
    journalctl -q -o cat -u secprofd.service -u secprofd.socket
    exit 1
fi
is "by the daemon's own user" secprof "$(ps -o user= -p "$(show secprofd.service MainPID)" | tr -d ' ')"
is "a program under a filter" "unshare: unshare failed: Operation not permitted" \
    "$(as_nobody secprofctl run default -- unshare --user true 2>&1)"

# What files of the packages point to is there.
for page in $(dpkg -L secprof libsecprof-dev | grep '/man[1-8]/'); do
    zcat "$page"
done | grep -oE '/usr/(share|lib|libexec)/[A-Za-z0-9_./-]*secprof[A-Za-z0-9_./-]*' | sed 's/[.,]*$//' | sort -u > /run/paths
for doc in README.md SECURITY.md PROTOCOL.md profiles/README.md integration/README.md examples/runtime.conf examples/filter.conf; do
    echo "/usr/share/doc/secprof/$doc"
done >> /run/paths
is "the manual pages name files" yes "$([ "$(wc -l < /run/paths)" -gt 10 ] && echo yes)"
missing=$(while IFS= read -r path; do [ -e "$path" ] || [ -e "$path.gz" ] || echo "$path"; done < /run/paths)
is "all of which are here, and the documents" "" "$missing"
is "no file of libtool's" "" "$(find /usr -name 'libsecprof*.la')"

run "a container gets its filter" sh /e2e/tests/container
run "programs in C, Python and Go are built and get theirs" sh /e2e/tests/clients

# Upgrades, there and back, under load.
gcc -D_GNU_SOURCE -O1 -o /e2e/restart-load /e2e/restart-load.c -lsecprof || echo "FAILED: the load cannot be built"
start_load
upgraded=0
for version in new old new; do
    until_busy
    before=$(show secprofd.service MainPID)
    dpkg -i /e2e/$version/*.deb > /run/output 2>&1 || cat /run/output
    now=$(show secprofd.service MainPID)
    if [ "$now" != 0 ] && [ "$now" != "$before" ] &&
        [ "$(stat -L -c %i "/proc/$now/exe")" = "$(stat -c %i /usr/sbin/secprofd)" ]; then
        upgraded=$((upgraded + 1))
    fi
done
until_busy
end_load "in 3 upgrades"
is "each put the new program in the place of a busy one" "3 4" "$upgraded $busy"
has "it is the later version" '\+later$' "$(dpkg-query -W -f '${Version}' secprof)"

echo '{"defaultAction": "SCMP_ACT_ALLOW"}' > /etc/secprof/profiles.d/mine.json
run "the package can be removed" dpkg -r secprof
is "service and socket end" "inactive inactive" \
    "$(show secprofd.service ActiveState) $(show secprofd.socket ActiveState)"
is "no process of it goes on" "" "$(pgrep -u secprof)"
is "the administrator's profile stays" yes "$([ -e /etc/secprof/profiles.d/mine.json ] && echo yes)"
run "it can be installed again" dpkg -i /e2e/new/secprof_*.deb
has "and serves that profile" '^mine ' "$(as_nobody secprofctl list 2>&1)"

mapfile -t names < <(for deb in /e2e/new/*.deb; do dpkg-deb -f "$deb" Package; done)
run "all can be purged" dpkg -P "${names[@]}"
is "no user is left" "" "$(getent passwd secprof; getent group secprof)"
is "no settings, no cache, no file" "" "$(traces)"
is "nothing failed in the system" "" "$(systemctl list-units --failed --plain --no-legend)"
