# protocol/: the wire format and its codec. Pure functions over memory.
noinst_LTLIBRARIES += libprotocol.la
libprotocol_la_SOURCES = \
	protocol/codec.c protocol/codec.h \
	protocol/protocol.h
EXTRA_DIST += protocol/PROTOCOL.md
