# SPDX-License-Identifier: LGPL-2.1-or-later
# integration/: how container runtimes get their filters from secprofd without being changed. All
# but the two main() is a library, for the tests.
noinst_LTLIBRARIES += libintegration.la
libintegration_la_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(YAJL_CFLAGS)
libintegration_la_LIBADD = libsecprof.la libcompiler.la libprotocol.la libutil.la
libintegration_la_SOURCES = \
	integration/bundle.c integration/bundle.h \
	integration/oci-config.c integration/oci-config.h \
	integration/oci-seccomp.c integration/oci-seccomp.h \
	integration/system-log.c integration/system-log.h \
	integration/runtime-args.c integration/runtime-args.h \
	integration/runtime-log.c integration/runtime-log.h \
	integration/settings.c integration/settings.h \
	integration/source.c integration/source.h \
	integration/whole-file.c integration/whole-file.h

# Engines start them by their paths.
pkglibexec_PROGRAMS += secprof-oci-hook secprof-runtime

secprof_oci_hook_CPPFLAGS = $(libintegration_la_CPPFLAGS)
secprof_oci_hook_LDADD = libintegration.la
secprof_oci_hook_SOURCES = integration/oci-hook.c

secprof_runtime_CPPFLAGS = $(libintegration_la_CPPFLAGS) -DSYSCONF_DIR='"$(sysconfdir)"'
secprof_runtime_LDADD = libintegration.la
secprof_runtime_SOURCES = integration/runtime.c

# Not in Podman's own directory: an administrator turns the hook on, the installation does not.
hooksdir = $(datadir)/secprof/hooks.d
nodist_hooks_DATA = integration/secprof.json
dist_dropin_DATA = integration/runtime.conf
EXTRA_DIST += integration/secprof.json.in
CLEANFILES += integration/secprof.json

integration/secprof.json: integration/secprof.json.in Makefile
	$(AM_V_GEN)$(MKDIR_P) integration && sed -e 's,@pkglibexecdir\@,$(pkglibexecdir),g' \
		$(srcdir)/integration/secprof.json.in >$@.tmp && mv $@.tmp $@
