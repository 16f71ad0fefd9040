# SPDX-License-Identifier: LGPL-2.1-or-later
# client/: libsecprof, which needs libc only, and secprofctl.
lib_LTLIBRARIES += libsecprof.la
libsecprof_la_SOURCES = \
	client/libsecprof/subscribe.c \
	client/libsecprof/connection.c client/libsecprof/connection.h \
	client/libsecprof/errors.c client/libsecprof/errors.h \
	client/libsecprof/fetch.c \
	client/libsecprof/install.c client/libsecprof/install.h \
	client/libsecprof/handle.c \
	client/libsecprof/status.c
libsecprof_la_LIBADD = libprotocol.la libutil.la
libsecprof_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(top_srcdir)/client/libsecprof/libsecprof.sym
EXTRA_libsecprof_la_DEPENDENCIES = client/libsecprof/libsecprof.sym
include_HEADERS += client/libsecprof/secprof.h
pkgconfig_DATA += client/libsecprof/libsecprof.pc
EXTRA_DIST += client/libsecprof/libsecprof.sym client/libsecprof/libsecprof.pc.in
CLEANFILES += client/libsecprof/libsecprof.pc

# Filled in by make, not by configure: the directories are known only now.
client/libsecprof/libsecprof.pc: client/libsecprof/libsecprof.pc.in Makefile
	$(AM_V_GEN)$(MKDIR_P) client && sed \
		-e 's|@prefix[@]|$(prefix)|' -e 's|@exec_prefix[@]|$(exec_prefix)|' \
		-e 's|@libdir[@]|$(libdir)|' -e 's|@includedir[@]|$(includedir)|' \
		-e 's|@PACKAGE_VERSION[@]|$(PACKAGE_VERSION)|' \
		$(top_srcdir)/client/libsecprof/libsecprof.pc.in > $@

# secprofctl: all but main() in a library, for the tests.
noinst_LTLIBRARIES += libsecprofctl.la
libsecprofctl_la_CPPFLAGS = $(AM_CPPFLAGS) $(YAJL_CFLAGS)
libsecprofctl_la_LIBADD = libsecprof.la libcompiler.la libprotocol.la libutil.la $(YAJL_LIBS)
libsecprofctl_la_SOURCES = \
	client/secprofctl/ctl.c client/secprofctl/ctl.h \
	client/secprofctl/names.c client/secprofctl/names.h \
	client/secprofctl/number.c client/secprofctl/number.h \
	client/secprofctl/options.c client/secprofctl/options.h \
	client/secprofctl/show/annotate.c client/secprofctl/show/annotate.h \
	client/secprofctl/show/disasm.c client/secprofctl/show/disasm.h \
	client/secprofctl/show/findings.c client/secprofctl/show/findings.h \
	client/secprofctl/show/format.c client/secprofctl/show/format.h \
	client/secprofctl/show/json.c client/secprofctl/show/json.h \
	client/secprofctl/show/output.c client/secprofctl/show/output.h \
	client/secprofctl/show/table.c client/secprofctl/show/table.h \
	client/secprofctl/show/text.c client/secprofctl/show/text.h \
	client/secprofctl/show/write-filter.c client/secprofctl/show/write-filter.h \
	client/secprofctl/subject/call.c client/secprofctl/subject/call.h \
	client/secprofctl/subject/container.c client/secprofctl/subject/container.h \
	client/secprofctl/subject/denial.c client/secprofctl/subject/denial.h \
	client/secprofctl/subject/export-dir.c client/secprofctl/subject/export-dir.h \
	client/secprofctl/subject/helper-file.c client/secprofctl/subject/helper-file.h \
	client/secprofctl/subject/permits.c client/secprofctl/subject/permits.h \
	client/secprofctl/subject/records.c client/secprofctl/subject/records.h

bin_PROGRAMS += secprofctl
secprofctl_CPPFLAGS = $(AM_CPPFLAGS) $(YAJL_CFLAGS) $(SYSTEMD_CFLAGS)
secprofctl_LDADD = libsecprofctl.la $(SYSTEMD_LIBS)
secprofctl_SOURCES = \
	client/secprofctl/main.c \
	client/secprofctl/command/check.c \
	client/secprofctl/command/compile.c \
	client/secprofctl/command/denials.c \
	client/secprofctl/command/diff.c \
	client/secprofctl/command/disasm.c \
	client/secprofctl/command/explain.c \
	client/secprofctl/command/export.c \
	client/secprofctl/command/get.c \
	client/secprofctl/command/helper.c \
	client/secprofctl/command/list.c \
	client/secprofctl/command/metrics.c \
	client/secprofctl/command/ps.c \
	client/secprofctl/command/record.c \
	client/secprofctl/command/reload.c \
	client/secprofctl/command/run.c \
	client/secprofctl/command/simulate.c \
	client/secprofctl/command/status.c \
	client/secprofctl/command/watch.c \
	client/secprofctl/command/why.c \
	client/secprofctl/show/diff-text.c client/secprofctl/show/diff-text.h \
	client/secprofctl/show/counters.c client/secprofctl/show/counters.h \
	client/secprofctl/show/example.c client/secprofctl/show/example.h \
	client/secprofctl/show/explain.h \
	client/secprofctl/show/explain-json.c client/secprofctl/show/explain-json.h \
	client/secprofctl/show/explain-short.c client/secprofctl/show/explain-short.h \
	client/secprofctl/show/explain-text.c client/secprofctl/show/explain-text.h \
	client/secprofctl/show/remedy.c client/secprofctl/show/remedy.h \
	client/secprofctl/subject/local-rules.c client/secprofctl/subject/local-rules.h \
	client/secprofctl/subject/local.c client/secprofctl/subject/local.h \
	client/secprofctl/subject/process.c client/secprofctl/subject/process.h \
	client/secprofctl/subject/processes.c client/secprofctl/subject/processes.h \
	client/secprofctl/subject/denied.c client/secprofctl/subject/denied.h \
	client/secprofctl/subject/record-sources.c client/secprofctl/subject/record-sources.h \
	client/secprofctl/subject/served.c client/secprofctl/subject/served.h \
	client/secprofctl/subject/profiles.c client/secprofctl/subject/profiles.h \
	client/secprofctl/subject/recorder.c client/secprofctl/subject/recorder.h \
	client/secprofctl/subject/remote.c client/secprofctl/subject/remote.h \
	client/secprofctl/subject/answers.c client/secprofctl/subject/answers.h \
	client/secprofctl/subject/owner.c client/secprofctl/subject/owner.h \
	client/secprofctl/subject/stacks.c client/secprofctl/subject/stacks.h \
	client/secprofctl/subject/subject.c client/secprofctl/subject/subject.h

# Where bash and zsh look for completions of installed programs.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
dist_bashcompletion_DATA = client/secprofctl/completion/secprofctl
dist_zshcompletion_DATA = client/secprofctl/completion/_secprofctl
