# client/: libsecprof, which needs libc only, and secprofctl.
lib_LTLIBRARIES += libsecprof.la
libsecprof_la_SOURCES = \
	client/connection.c client/connection.h \
	client/errors.c client/errors.h \
	client/install.c client/install.h \
	client/libsecprof.c
libsecprof_la_LIBADD = libprotocol.la libutil.la
libsecprof_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(top_srcdir)/client/libsecprof.sym
EXTRA_libsecprof_la_DEPENDENCIES = client/libsecprof.sym
include_HEADERS += client/secprof.h
pkgconfig_DATA += client/libsecprof.pc
EXTRA_DIST += client/libsecprof.sym client/libsecprof.pc.in
CLEANFILES += client/libsecprof.pc

# Filled in by make, not by configure: the directories are known only now.
client/libsecprof.pc: client/libsecprof.pc.in Makefile
	$(AM_V_GEN)$(MKDIR_P) client && sed \
		-e 's|@prefix[@]|$(prefix)|' -e 's|@exec_prefix[@]|$(exec_prefix)|' \
		-e 's|@libdir[@]|$(libdir)|' -e 's|@includedir[@]|$(includedir)|' \
		-e 's|@PACKAGE_VERSION[@]|$(PACKAGE_VERSION)|' \
		$(top_srcdir)/client/libsecprof.pc.in > $@
