#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# secprofctl simulate: tables of calls as tests of profiles, of raw filters and of processes.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
start_daemon

cat > "$D/good" <<'END'
# The standard library's way to make a process, and what it must not do.
* clone3 -> ERRNO(ENOSYS)
x86_64 clone 0x11 -> ALLOW
SCMP_ARCH_X86_64 clone 0x10000011	-> ERRNO(EPERM)

x86_64 personality 0xffffffff -> ALLOW
x86_64 keyctl -> ERRNO
x86_64 keyctl -> ERRNO(1)
x86_64 0 3 -> ALLOW
x32 0x40000000 -> ALLOW
END
out=$(ctl simulate "$D/profiles/default.json" "$D/good" --target x86_64)
is "a table that holds" 0 $?
has "each call has its line" '^x86_64 clone\(SIGCHLD\|CLONE_NEWUSER\): ERRNO\(EPERM\)$' "$out"
has "on each ABI that has it" '^x32 clone3: ERRNO\(ENOSYS\)$' "$out"
is "and they are counted" "10 calls, 0 otherwise than wanted" "$(printf '%s\n' "$out" | tail -1)"
is "the same through the daemon" "$out" "$(ctl simulate default --target x86_64 < "$D/good")"
ctl compile "$D/profiles/default.json" --target x86_64 -o "$D/default.bpf"
is "and of the raw filter" "$out" "$(ctl simulate "$D/default.bpf" "$D/good" --target x86_64)"

printf '* clone3 -> ALLOW\n* read -> ALLOW\n' > "$D/bad"
out=$(ctl simulate default "$D/bad" --target x86_64)
is "a table that does not hold" 1 $?
is "its wrong calls are marked" 3 "$(printf '%s\n' "$out" | grep -c 'clone3: ERRNO(ENOSYS)  WRONG: line 1 wants ALLOW$')"
is "the others are not" 3 "$(printf '%s\n' "$out" | grep -c 'read: ALLOW$')"
is "as JSON" '[["clone3",false,3],["read",true,3]]' \
    "$(ctl simulate default "$D/bad" --target x86_64 --json |
        jq -c 'group_by(.syscall) | map([.[0].syscall, .[0].ok, length])')"
is "capabilities count" "x86_64 bpf: ALLOW" \
    "$(echo 'x86_64 bpf' | ctl simulate default --target x86_64 --caps CAP_SYS_ADMIN | head -1)"
is "arguments have names" "x86_64 socket(AF_ALG, SOCK_RAW|SOCK_CLOEXEC): ERRNO(EPERM)" \
    "$(echo 'x86_64 socket AF_ALG SOCK_RAW|SOCK_CLOEXEC -> ERRNO' | ctl simulate default --target x86_64 | head -1)"
is "in one word, too" "x86_64 socket(AF_UNIX): ALLOW" \
    "$(echo 'x86_64 socket(AF_UNIX)' | ctl simulate default --target x86_64 | head -1)"
is "errnos are those of the target" "mips64 clone3: ERRNO(ENOSYS)" \
    "$(echo 'mips64 clone3 -> ERRNO(89)' | ctl simulate "$D/profiles/default.json" --target mips64 | head -1)"

# broken WHAT PATTERN LINE: a line that cannot be read is told with its place, and nothing is printed.
broken()
{
    local out

    printf '* read\n%s\n' "$3" > "$D/broken"
    out=$(ctl simulate default "$D/broken" --target x86_64 --json 2> "$D/err")
    is "$1: a usage error" 2 $?
    is "$1: no half a document" "" "$out"
    has "$1: says where and what" "broken:2: .*$2" "$(cat "$D/err")"
}
broken "one word" 'a line is' 'x86_64'
broken "an ABI of another target" "no ABI 'arm'" 'arm read'
broken "an unknown call" "no syscall 'raed'" '* raed'
broken "a number that no ABI of the target has" "no syscall" 'x86_64 0x40000001'
broken "seven arguments" 'a line is' '* read 1 2 3 4 5 6 7'
broken "an argument that is no number" "'fd' is no argument" '* read fd'
broken "an arrow to nowhere" 'a line is|is no argument' '* read ->'
ctl simulate - - < /dev/null 2> "$D/err"
is "both from the standard input" 2 $?
ctl simulate default "$D/nosuch" 2> "$D/err"
is "a table that is not there" 7 $?
finish
