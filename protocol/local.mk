# SPDX-License-Identifier: LGPL-2.1-or-later
# protocol/: the wire format and its codec. Pure functions over memory.
noinst_LTLIBRARIES += libprotocol.la
libprotocol_la_SOURCES = \
	protocol/codec.c protocol/codec.h \
	protocol/order.c protocol/order.h \
	protocol/protocol.h \
	protocol/reason.c protocol/reason.h
