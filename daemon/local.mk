# daemon/: secprofd. All of it but main() is a library, so that the unit tests can reach it.
noinst_LTLIBRARIES += libdaemon.la
libdaemon_la_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(SYSTEMD_CFLAGS) $(NETTLE_CFLAGS) \
	-DSYSCONF_DIR='"$(sysconfdir)"' -DRUN_DIR='"/run"' -DVENDOR_DIR='"$(prefix)/lib"' \
	-DCACHE_DIR='"$(localstatedir)/cache/secprof"'
libdaemon_la_LIBADD = libcompiler.la libprotocol.la libutil.la $(SYSTEMD_LIBS) $(NETTLE_LIBS)
libdaemon_la_SOURCES = \
	daemon/daemon.h \
	daemon/access.c daemon/access.h \
	daemon/background.c daemon/background.h \
	daemon/budget.c daemon/budget.h \
	daemon/cache.c daemon/cache.h \
	daemon/cache-dir.c daemon/cache-dir.h \
	daemon/cache-disk.c daemon/cache-disk.h \
	daemon/cache-process.c daemon/cache-process.h \
	daemon/cache-writer.c daemon/cache-writer.h \
	daemon/client.c daemon/client.h \
	daemon/confine.c daemon/confine.h \
	daemon/contents.c daemon/contents.h \
	daemon/digest.c daemon/digest.h \
	daemon/dispatch.c daemon/dispatch.h \
	daemon/failures.c daemon/failures.h \
	daemon/fetch.c daemon/fetch.h \
	daemon/follow.c daemon/follow.h \
	daemon/helper.c daemon/helper.h daemon/helper-open.c \
	daemon/jobs.c daemon/jobs.h \
	daemon/listener.c daemon/listener.h \
	daemon/log.c daemon/log.h \
	daemon/options.c daemon/options.h \
	daemon/own-filter.c daemon/own-filter.h daemon/own-profiles.h \
	daemon/phase.c daemon/phase.h \
	daemon/registry.c daemon/registry.h \
	daemon/sandbox.c daemon/sandbox.h \
	daemon/scan.c daemon/scan.h \
	daemon/server.c daemon/server.h \
	daemon/service.c daemon/service.h \
	daemon/sink.c daemon/sink.h \
	daemon/spawner.c daemon/spawner.h \
	daemon/standby.c daemon/standby.h daemon/standby-process.c \
	daemon/store.c daemon/store.h \
	daemon/strays.c daemon/strays.h \
	daemon/subscribe.c daemon/subscribe.h \
	daemon/text.c daemon/text.h \
	daemon/trust.c daemon/trust.h daemon/trust-path.c \
	daemon/users.c daemon/users.h \
	daemon/verify.c daemon/verify.h \
	daemon/watch.c daemon/watch.h \
	daemon/workers.c daemon/workers.h \
	daemon/worker.h daemon/worker-answer.c daemon/worker-main.c

# The daemon's own profiles, built in.
nodist_libdaemon_la_SOURCES = daemon/own-profiles.c
CLEANFILES += daemon/own-profiles.c
EXTRA_DIST += daemon/embed-profiles
own_profiles = $(srcdir)/profiles/secprofd.json $(srcdir)/profiles/secprofd-spawner.json \
	$(srcdir)/profiles/secprofd-worker.json $(srcdir)/profiles/secprofd-keeper.json \
	$(srcdir)/profiles/secprofd-cache.json

daemon/own-profiles.c: daemon/embed-profiles $(own_profiles)
	$(AM_V_GEN)$(MKDIR_P) daemon && $(SHELL) $(srcdir)/daemon/embed-profiles \
		OWN_MAIN $(srcdir)/profiles/secprofd.json \
		OWN_SPAWNER $(srcdir)/profiles/secprofd-spawner.json \
		OWN_WORKER $(srcdir)/profiles/secprofd-worker.json \
		OWN_KEEPER $(srcdir)/profiles/secprofd-keeper.json \
		OWN_CACHE $(srcdir)/profiles/secprofd-cache.json >$@.tmp && mv $@.tmp $@

# secprof-helper, which client/helper/local.mk links and turns into C.
if HAVE_HELPER
nodist_libdaemon_la_SOURCES += daemon/helper-template.c
endif

sbin_PROGRAMS += secprofd
secprofd_CPPFLAGS = $(libdaemon_la_CPPFLAGS)
secprofd_LDADD = libdaemon.la
secprofd_SOURCES = daemon/main.c
