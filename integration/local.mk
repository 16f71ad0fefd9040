# integration/: how container runtimes get their filters from secprofd without being changed.
noinst_LTLIBRARIES += libintegration.la
libintegration_la_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(YAJL_CFLAGS)
libintegration_la_LIBADD = libsecprof.la libcompiler.la libutil.la
libintegration_la_SOURCES = \
	integration/oci-config.c integration/oci-config.h
