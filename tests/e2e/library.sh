#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libsecprof as installed: a C program that is built with pkg-config alone, outside of the tree, takes on
# a filter; it needs no library but libsecprof and libc. The header is valid C++ too.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need pkg-config readelf
start_daemon

make -C "$build" install DESTDIR="$D/root" > "$D/install.log" 2>&1 || {
    tail -n 20 "$D/install.log"
    not_ok "make install"
    finish
}
libdir=$(dirname "$(find "$D/root" -name libsecprof.so)")
export PKG_CONFIG_LIBDIR=$libdir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$D/root
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
read -ra flags <<< "$(pkg-config --cflags --libs libsecprof)"

cp "$here/library-user.c" "$D/user.c"
if out=$("${CC:-gcc}" -std=c99 -Wall -Wextra -Wpedantic -Werror -o "$D/user" "$D/user.c" "${flags[@]}" 2>&1)
then
    ok "a program builds with pkg-config's flags, as C99"
else
    not_ok "a program builds with pkg-config's flags: $out"
    finish
fi
is "its libraries" "libsecprof.so.0 libc.so.6" \
    "$(readelf -d "$D/user" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | paste -sd' ')"
export LD_LIBRARY_PATH=$libdir
is "it takes on the filter" "unshare: Operation not permitted" "$("$D/user" default)"
is "of the profile that it names" "unshare: Package not installed" "$("$D/user" marker)"
has "an unknown profile has a message" 'no such profile' "$("$D/user" nosuch)"
has "so has a daemon that is not there" 'no daemon' "$(SECPROF_SOCKET=$D/nobody "$D/user" default)"
if command -v g++ >/dev/null 2>&1; then
    if printf '#include <secprof.h>\nint main() { return secprof_strerror(0) == nullptr; }\n' |
        g++ -x c++ -Wall -Wextra -Werror - -o "$D/user++" "${flags[@]}" && "$D/user++"; then
        ok "the header is C++"
    else
        not_ok "the header is C++"
    fi
else
    skip "g++ is not installed"
fi
finish
