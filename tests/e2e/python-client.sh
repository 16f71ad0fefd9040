#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# PROTOCOL.md is enough to write a client in another language: the small Python client lists and fetches
# what secprofctl does, and is refused with words where secprofctl is.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need python3
client=$here/minimal_client.py
start_daemon

lines=$(grep -vc SPDX- "$client")
if [ "$lines" -lt 60 ]; then ok "it has $lines lines"; else not_ok "it has $lines lines, not under 60"; fi

if out=$(python3 "$client" 2>&1); then ok "it lists and fetches everything"; else not_ok "it lists: $out"; fi
for name in default marker; do
    ctl get "$name" > "$D/$name.bpf" || not_ok "secprofctl get $name"
    insns=$(($(wc -c < "$D/$name.bpf") / 8))
    has "it lists $name with $insns instructions" "^list $name $insns served\$" "$out"
    has "it fetches $name as an fd and as bytes, alike" "^get $name insns=$insns " "$out"
done
is "it sees as many profiles as secprofctl" "$(find "$D/profiles" -name '*.json' | wc -l)" \
    "$(printf '%s\n' "$out" | grep -c '^list ')"

if out=$(python3 "$client" nosuch 2>&1); then not_ok "an unknown profile is refused"; else
    has "an unknown profile is refused with status 6" '^status 6' "$out"
fi
if out=$(python3 "$client" ../default 2>&1); then not_ok "a bad name is refused"; else
    has "a bad name is refused with status 5" '^status 5' "$out"
fi
finish
