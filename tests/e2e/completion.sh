#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: tests/e2e/completion.sh BUILD-DIRECTORY
#
# The completion of bash, sourced and asked as bash asks it: the names are those of the program and of
# a real daemon. Takes three seconds. zsh's completion is not tested: it asks for the same names.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$D/profiles" "$D/bin"
ln -s "$build/secprofctl" "$D/bin/secprofctl"
PATH=$D/bin:$PATH
cp "$here/../../profiles/default.json" "$D/profiles/default.json"
cp "$here/../../profiles/default.json" "$D/profiles/derived.json"
start_daemon

# bash has it during a completion only.
compopt()
{
    :
}

# shellcheck source=client/secprofctl/completion/secprofctl
. "$here/../../client/secprofctl/completion/secprofctl"

# completes WORD…: the completions of the last WORD, joined by blanks.
completes()
{
    COMP_WORDS=(secprofctl "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _secprofctl
    printf '%s' "${COMPREPLY[*]}"
}

is "commands" "metrics" "$(completes me)"
is "profiles of the daemon" "default derived" "$(completes get de)"
is "of the daemon that the line names" "" "$(completes --socket "$D/none" get de)"
is "profiles to explain" "default" "$(completes explain def)"
is "syscalls" "openat openat2" "$(completes explain default openat)"
is "symbols of the first argument" "AF_ALG" "$(completes explain default socket AF_AL)"
is "symbols of the second" "SOCK_STREAM" "$(completes explain default socket AF_INET SOCK_ST)"
is "not those of another" "" "$(completes explain default socket AF_INET AF_AL)"
is "behind options too" "PTRACE_TRACEME" "$(completes explain --caps CAP_CHOWN default ptrace PTRACE_TRACE)"
is "capabilities" "CAP_SYS_ADMIN" "$(completes get default --caps CAP_SYS_AD)"
is "the last one of a list" "CAP_CHOWN,CAP_SYS_PTRACE" "$(completes get default --caps CAP_CHOWN,CAP_SYS_PT)"
is "formats of check" "sarif" "$(completes check --format s)"
is "options" "--counters" "$(completes status --co)"
is "architectures" "s390x s390" "$(completes get default --target s390)"

echo "-- the names that are printed"
for topic in syscalls capabilities 'symbols clone 0'; do
    # shellcheck disable=SC2086
    ctl help $topic > "$D/names" 2> "$D/err"
    is "help $topic: exit code" 0 $?
    is "one name a line, each a name" 0 "$(grep -cvE '^[A-Za-z0-9_]+$' "$D/names")"
done
is "no call comes twice" "" "$(ctl help syscalls | sort | uniq -d)"
is "a call of x86 alone is there" "$(uname -m | grep -c x86_64)" "$(ctl help syscalls | grep -cx socketcall)"
ctl help symbols clone > /dev/null 2> "$D/err"
is "symbols of no argument: exit code" 2 $?
is "symbols of a call without any" "" "$(ctl help symbols getpid 0)"

finish
