#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: export.sh BUILD-DIRECTORY
#
# `secprofctl export`: what it writes means what the daemon serves, follows what changes and a daemon that
# is started again, and touches no file that is not its own.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
start_daemon
cd "$D" || exit 1
out=$D/kubelet/secprof
mkdir kubelet

# profile NAME SYSCALL: one that denies this call, by a condition that plain rules cannot say.
profile()
{
    printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["%s"], "action": "SCMP_ACT_ERRNO",
        "errnoRet": 7, "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]}' "$2" > "profiles/$1.new"
    mv "profiles/$1.new" "profiles/$1.json"
}

# until_true COMMAND…: it succeeds within a minute.
until_true()
{
    local _

    for _ in $(seq 600); do
        ! "$@" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

denies()
{
    [ "$(jq -r '.syscalls[0].names[0]' "$out/$1.json")" = "$2" ]
}

profile web chroot
ctl reload > /dev/null

echo "-- once"
ctl export "$out" > wrote 2> errors
is "all profiles are written" 0 $?
is "a file for each that is served" "$(ctl list --json | jq -r '.profiles[].name' | sort)" \
    "$(basename -s .json -a "$out"/*.json | sort)"
is "and a line for each" "$(ctl list --json | jq '.profiles | length')" "$(grep -c "^wrote $out/.*\.json$" wrote)"
is "nothing else is said" "" "$(grep -v ': warning: ' errors)"
is "others may read them" 644 "$(stat -c %a "$out/web.json")"
ctl diff "$out/default.json" default > differences
is "the rules mean what is served" 0 $?
denies web chroot
is "a condition is decided" 0 $?
is "and its key is gone" null "$(jq .syscalls[0].excludes "$out/web.json")"
before=$(stat -c %i "$out/web.json")
is "what did not change is not written again" "" "$(ctl export "$out" 2> /dev/null)"
is "and is the same file" "$before" "$(stat -c %i "$out/web.json")"
is "capabilities are decided, too" 0 "$(ctl export caps web --caps CAP_SYS_ADMIN > /dev/null; jq '.syscalls // [] | length' caps/web.json)"

echo "-- files of others"
echo mine > "$out/own.json"
profile own chroot
ctl reload > /dev/null
ctl export "$out" > wrote 2> errors
is "one in the way: exit code 1" 1 $?
has "says so" "own.json is not from secprofctl export" "$(cat errors)"
is "and is left alone" mine "$(cat "$out/own.json")"
rm profiles/own.json
echo other > "$out/other.json"
ctl reload > /dev/null
ctl export "$out" > /dev/null 2>&1
is "what is not on the list stays" "mine other" "$(cat "$out/own.json" "$out/other.json" | paste -sd' ')"
rm "$out/own.json" "$out/other.json"
cp "$out/.exported" list
echo ../x >> "$out/.exported"
ctl export "$out" > /dev/null 2> errors
is "a list that is none: exit code 7" 7 $?
has "says that nothing was touched" "none is touched" "$(cat errors)"
cp list "$out/.exported"

echo "-- names"
ctl export some web nowhere > wrote 2> errors
is "one that is not served: exit code 4" 4 $?
has "says which" "nowhere: no such profile" "$(cat errors)"
is "the others are written" web.json "$(ls some)"
ctl export some default > wrote 2> /dev/null
is "those that are no longer named go" default.json "$(ls some)"
is "as is said" "removed some/web.json" "$(grep removed wrote)"
ctl export some '../x' 2> errors
is "no name: exit code 2" 2 $?
is "as an object a line" '{"name":"web","file":"wrote"}' "$(ctl export json web --json 2> /dev/null)"

echo "-- following"
"$build/secprofctl" export "$out" --follow > followed 2>&1 &
follower=$!
more_clean_up()
{
    kill "$follower" 2>/dev/null
}
profile web chroot && profile late acct
is "a new profile comes" 0 "$(until_true denies late acct; echo $?)"
ctl export "$out" > /dev/null 2> errors
is "a second one in the same place is refused" 1 $?
has "says why" "another secprofctl export writes there" "$(cat errors)"
profile late swapon
is "a change follows" 0 "$(until_true denies late swapon; echo $?)"
echo '{' > profiles/late.json
ctl reload > /dev/null
profile web swapoff
is "of a broken profile the last good rules stay" 0 "$(until_true denies web swapoff && denies late swapon; echo $?)"
rm profiles/late.json
is "what goes is removed" 0 "$(until_true test ! -e "$out/late.json"; echo $?)"
stop_daemon
profile web acct
start_daemon
is "a daemon that was started again is found" 0 "$(until_true denies web acct; echo $?)"
kill -0 "$follower"
is "it goes on" 0 $?
kill "$follower"
wait "$follower" 2> /dev/null
is "no file is left half-written" "" "$(find "$out" -mindepth 1 ! -name '*.json' ! -name .exported)"
ctl export "$out" > /dev/null 2>&1
is "the next one takes over" 0 $?
stop_daemon
ctl export "$out" > /dev/null 2>&1
is "no daemon: exit code 3" 3 $?
is "and the files are still there" 0 "$(test -e "$out/web.json"; echo $?)"
finish
