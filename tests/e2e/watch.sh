#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What follows a running daemon: secprofctl watch and metrics, and the text of a profile in service.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
start_daemon

more_clean_up()
{
    for pid in "${watchers[@]}"; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
}
watchers=()

# lines N FILE: waits until the file has N lines; prints them.
lines()
{
    for _ in $(seq 600); do
        [ "$(wc -l < "$2")" -lt "$1" ] || break
        sleep 0.1
    done
    cat "$2"
}

ctl watch > "$D/all" 2> "$D/errors" &
watchers+=($!)
ctl watch --json new > "$D/new" 2>/dev/null &
watchers+=($!)
for _ in $(seq 600); do
    [ "$(ctl status --json | jq .subscribers)" -lt 2 ] || break
    sleep 0.1
done
is "two watchers are counted" 2 "$(ctl status --json | jq .subscribers)"
is "each of them keeps one connection" 3 "$(ctl status --json | jq .connections)"

printf '{"defaultAction": "SCMP_ACT_ALLOW"}\n' > "$D/profiles/other.json"
ctl reload > "$D/out"
printf '{"defaultAction": "SCMP_ACT_ERRNO"}\n' > "$D/profiles/new.json"
ctl reload > "$D/out"
digest=$(ctl get new --json | jq -r .digest)
printf '{\n' > "$D/profiles/new.json"
ctl reload > "$D/out"
rm "$D/profiles/new.json"
ctl reload > "$D/out"

out=$(lines 4 "$D/all")
is "watch has a line for each change" 4 "$(printf '%s\n' "$out" | wc -l)"
has "the first is the first" '^[0-9:]{8}  served  +[0-9]+  [0-9a-f]{12}  other$' "$(printf '%s\n' "$out" | head -1)"
has "with the digest of what is served" "served .* ${digest:0:12}  new\$" "$out"
has "a broken file" "stale .* ${digest:0:12}  new\$" "$out"
has "a file that is gone" 'gone +[0-9]+  -  +new$' "$(printf '%s\n' "$out" | tail -1)"
is "as JSON, an object a line, of the named profile only" "served stale gone" \
    "$(lines 3 "$D/new" | jq -r .change | paste -sd' ')"
is "with its whole digest, or none" "$digest $digest null" "$(jq -r .digest "$D/new" | paste -sd' ')"
is "the generations rise" true "$(jq -s 'map(.generation) | . == sort' "$D/new")"

is "get --profile writes the profile as it is" "$(sha256sum < "$D/profiles/default.json")" \
    "$(ctl get default --profile | sha256sum)"
is "whose digest the filter's description has" "$(sha256sum < "$D/profiles/default.json" | cut -d' ' -f1)" \
    "$(ctl get default --json | jq -r .source_digest)"
ctl get default --profile --target aarch64 > "$D/out" 2> "$D/err"
is "what chooses a filter does not fit it" 2 $?
ctl get nosuch --profile > "$D/out" 2> "$D/err"
is "a profile that is not there" 4 $?

ctl metrics > "$D/metrics" || not_ok "secprofctl metrics"
is "metrics: each line is a comment or a sample" 0 \
    "$(grep -cvE '^(# (HELP|TYPE) secprof_[a-z_]+ .+|secprof_[a-z_]+(\{[^}]*\})? [0-9.]+)$' "$D/metrics")"
is "each sample has a type of its own" "$(sed -n 's/^\(secprof_[a-z_]*\).*/\1/p' "$D/metrics" | uniq)" \
    "$(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$D/metrics")"
has "each profile has a label" '^secprof_profile_state\{profile="default",state="served"\} 1$' "$(cat "$D/metrics")"
is "with its numbers" "$(ctl list --json | jq '.profiles[] | select(.name == "default") | .instructions')" \
    "$(sed -n 's/^secprof_profile_instructions{profile="default"} //p' "$D/metrics")"
is "none is left without" 0 "$(sed -n 's/^secprof_profiles_without_labels //p' "$D/metrics")"
is "counters are called so" 0 "$(grep -E '^# TYPE .* counter$' "$D/metrics" | grep -cv '_total counter$')"
is "they are the status's numbers" "$(ctl status --json | jq .profiles)" \
    "$(sed -n 's/^secprof_profiles //p' "$D/metrics")"
ctl --json metrics > "$D/none" 2> "$D/err"
is "they have no JSON form" "2 0" "$? $(wc -c < "$D/none")"
ctl metrics -o "$D/secprof.prom" && has "with -o, into a file" '^secprof_workers [1-9]' "$(cat "$D/secprof.prom")"

stop_daemon
wait "${watchers[0]}"
is "when the daemon ends, watch ends with code 3" 3 $?
has "and says so" 'closed the connection' "$(cat "$D/errors")"
finish
