# client/: libsecprof, which needs libc only, and secprofctl.
lib_LTLIBRARIES += libsecprof.la
libsecprof_la_SOURCES = \
	client/changes.c \
	client/connection.c client/connection.h \
	client/errors.c client/errors.h \
	client/filters.c \
	client/install.c client/install.h \
	client/libsecprof.c \
	client/profiles.c
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

# secprofctl: all but main() in a library, for the tests.
noinst_LTLIBRARIES += libsecprofctl.la
libsecprofctl_la_CPPFLAGS = $(AM_CPPFLAGS) $(YAJL_CFLAGS)
libsecprofctl_la_LIBADD = libsecprof.la libcompiler.la libprotocol.la libutil.la $(YAJL_LIBS)
libsecprofctl_la_SOURCES = \
	client/secprofctl/ctl.h \
	client/secprofctl/annotate.c client/secprofctl/annotate.h \
	client/secprofctl/disasm.c client/secprofctl/disasm.h \
	client/secprofctl/emit.c client/secprofctl/emit.h \
	client/secprofctl/format.c client/secprofctl/format.h \
	client/secprofctl/helper-file.c client/secprofctl/helper-file.h \
	client/secprofctl/json.c client/secprofctl/json.h \
	client/secprofctl/message.c \
	client/secprofctl/options.c client/secprofctl/options.h \
	client/secprofctl/output.c client/secprofctl/output.h \
	client/secprofctl/text.c client/secprofctl/text.h

bin_PROGRAMS += secprofctl
secprofctl_CPPFLAGS = $(AM_CPPFLAGS) $(YAJL_CFLAGS)
secprofctl_LDADD = libsecprofctl.la
secprofctl_SOURCES = \
	client/secprofctl/check.c \
	client/secprofctl/compile.c \
	client/secprofctl/diff.c \
	client/secprofctl/disasm-command.c \
	client/secprofctl/example.c client/secprofctl/example.h \
	client/secprofctl/explain.c client/secprofctl/explain.h \
	client/secprofctl/explain-json.c \
	client/secprofctl/explain-text.c \
	client/secprofctl/get.c \
	client/secprofctl/helper.c \
	client/secprofctl/list.c \
	client/secprofctl/local.c client/secprofctl/local.h \
	client/secprofctl/main.c \
	client/secprofctl/metrics.c \
	client/secprofctl/number.c client/secprofctl/number.h \
	client/secprofctl/numbers.c client/secprofctl/numbers.h \
	client/secprofctl/process.c client/secprofctl/process.h \
	client/secprofctl/record.c \
	client/secprofctl/recorder.c client/secprofctl/recorder.h \
	client/secprofctl/reload.c \
	client/secprofctl/remote.c client/secprofctl/remote.h \
	client/secprofctl/run.c \
	client/secprofctl/simulate.c \
	client/secprofctl/status.c \
	client/secprofctl/subject.c client/secprofctl/subject.h \
	client/secprofctl/watch.c

# Where bash and zsh look for completions of installed programs.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
dist_bashcompletion_DATA = client/secprofctl/completion/secprofctl
dist_zshcompletion_DATA = client/secprofctl/completion/_secprofctl
