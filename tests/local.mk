# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/: one Check program per tested file, in a folder that mirrors the tree. `check_unit` below is the
# one list of them; each room's tests have a fragment of their own.
EXTRA_DIST += tests/README.md tests/suite.h tests/where.h

check_unit_cppflags = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -DTEST_DATA='"$(top_srcdir)/tests/data"' \
	-DTOP_SRCDIR='"$(top_srcdir)"'

if HAVE_CHECK
include tests/util/local.mk
include tests/compiler/local.mk
include tests/protocol/local.mk
include tests/client/local.mk
include tests/daemon/local.mk
include tests/integration/local.mk
include tests/profiles/local.mk
endif
