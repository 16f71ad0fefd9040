#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# secprof-helper for other machines, as far as this one can run it: built by cross compilers, a filter put
# in by the daemon's own code running on that machine, and executed up to seccomp(2), all under qemu's
# user emulation. That has no seccomp(2); what comes after it is the same code everywhere.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

top=$here/../..
make_variable()
{
    sed -n "s/^$1 = //p" "$build/Makefile"
}
read -ra flags <<< "$(make_variable HELPER_CFLAGS) -I$top $(make_variable HELPER_LDFLAGS)"
grep -q '^#define HAVE_HELPER 1' "$build/config.h" || skip_all "this build has no secprof-helper"

# try TARGET COMPILER QEMU
try()
{
    local target=$1 cc=$2 qemu=$3 t=$D/$1 out

    if ! command -v "$cc" "$qemu" > "$D/out" || [ "$(wc -l < "$D/out")" -ne 2 ]; then
        skip "$target: $cc and $qemu are not both installed"
        return
    fi
    if ! "$cc" "${flags[@]}" -Wl,-T,"$top/client/helper/helper.ld" -o "$t" "$top/client/helper/main.c" \
        "$top/client/helper/note.c"; then
        not_ok "$target: it is built"
        return
    fi
    ok "$target: it is built"
    is "$target: it runs, and says what it wants" "secprof-helper: usage: secprof-helper [--] COMMAND [ARGUMENT...] (125)" \
        "$(out=$("$qemu" "$t" -- 2>&1); echo "$out ($?)")"
    is "$target: it runs nothing without a filter" "secprof-helper: no filter is built in (125)" \
        "$(out=$("$qemu" "$t" true 2>&1); echo "$out ($?)")"
    # The headers of the libraries that the daemon uses are the same for every machine.
    if ! "$cc" -std=gnu17 -D_GNU_SOURCE -O1 -static -I"$top" -idirafter /usr/include -o "$t.build" \
        "$here/helper-build.c" "$top/daemon/serve/helper-image.c" 2> "$D/out"; then
        skip "$target: no static program can be made: $(head -1 "$D/out")"
        return
    fi
    "$qemu" "$t.build" "$t" "$t.built"
    is "$target: a filter is built in, there" 0 $?
    has "$target: and can be read, here" 'ret.*ALLOW' "$(ctl disasm "$t.built" --target "$target" 2>&1)"
    out=$("$qemu" "$t.built" true 2>&1)
    has "$target: it gets as far as seccomp(2)" \
        '^(secprof-helper: the kernel does not take the filter: function not implemented \(125\)| \(0\))$' "$out ($?)"
}

try aarch64 aarch64-linux-gnu-gcc qemu-aarch64
try arm arm-linux-gnueabihf-gcc qemu-arm
try ppc64le powerpc64le-linux-gnu-gcc qemu-ppc64le
try riscv64 riscv64-linux-gnu-gcc qemu-riscv64
try s390x s390x-linux-gnu-gcc qemu-s390x
finish
