# SPDX-License-Identifier: LGPL-2.1-or-later
# util/: what every room may use. libutil needs libc only, so that libsecprof does too.
noinst_LTLIBRARIES += libutil.la
libutil_la_SOURCES = \
	util/arena.c util/arena.h \
	util/base64.c util/base64.h \
	util/cleanup.h \
	util/deadline.c util/deadline.h \
	util/filter.c util/filter.h \
	util/hex.c util/hex.h \
	util/io.c util/io.h \
	util/packet.c util/packet.h \
	util/proc-status.c util/proc-status.h \
	util/replace.c util/replace.h \
	util/sha256.c util/sha256.h
