# SPDX-License-Identifier: LGPL-2.1-or-later
# daemon/: secprofd. All of it but main() is a library, so that the unit tests can reach it.
noinst_LTLIBRARIES += libdaemon.la
libdaemon_la_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(SYSTEMD_CFLAGS) $(NETTLE_CFLAGS) \
	-DSYSCONF_DIR='"$(sysconfdir)"' -DRUN_DIR='"/run"' -DVENDOR_DIR='"$(prefix)/lib"' \
	-DCACHE_DIR='"$(localstatedir)/cache/secprof"'
libdaemon_la_LIBADD = libcompiler.la libprotocol.la libutil.la $(SYSTEMD_LIBS) $(NETTLE_LIBS)
libdaemon_la_SOURCES = \
	daemon/budget.c daemon/budget.h \
	daemon/daemon.c daemon/daemon.h \
	daemon/digest.c daemon/digest.h \
	daemon/fds.c daemon/fds.h \
	daemon/log.c daemon/log.h \
	daemon/loop.c daemon/loop.h \
	daemon/options.c daemon/options.h \
	daemon/phase.c daemon/phase.h \
	daemon/priority.h \
	daemon/cache/cache.c daemon/cache/cache.h \
	daemon/cache/dir.c daemon/cache/dir.h \
	daemon/cache/disk.c daemon/cache/disk.h \
	daemon/cache/entry.c daemon/cache/entry.h \
	daemon/cache/process.c daemon/cache/process.h \
	daemon/cache/queue.c daemon/cache/queue.h \
	daemon/cache/writer.c daemon/cache/writer.h \
	daemon/files/access.c daemon/files/access.h \
	daemon/files/follow.c daemon/files/follow.h \
	daemon/files/scan.c daemon/files/scan.h \
	daemon/files/steps.c daemon/files/steps.h \
	daemon/files/trust.c daemon/files/trust.h \
	daemon/files/trust-path.c daemon/files/trust-path.h \
	daemon/files/watch.c daemon/files/watch.h \
	daemon/filters/background.c daemon/filters/background.h \
	daemon/filters/cache-ops.h \
	daemon/filters/changes.c daemon/filters/changes.h \
	daemon/filters/contents.c daemon/filters/contents.h \
	daemon/filters/failures.c daemon/filters/failures.h \
	daemon/filters/jobs.c daemon/filters/jobs.h \
	daemon/filters/lines.c daemon/filters/lines.h \
	daemon/filters/packed.c daemon/filters/packed.h \
	daemon/filters/registry.c daemon/filters/registry.h \
	daemon/filters/service.c daemon/filters/service.h \
	daemon/filters/store.c daemon/filters/store.h \
	daemon/filters/texts.c daemon/filters/texts.h \
	daemon/filters/waiter.c daemon/filters/waiter.h \
	daemon/process/child.c daemon/process/child.h \
	daemon/process/confine.c daemon/process/confine.h \
	daemon/process/own-filter.c daemon/process/own-filter.h \
	daemon/process/own-profiles.h \
	daemon/process/pool.c daemon/process/pool.h \
	daemon/process/sandbox.c daemon/process/sandbox.h \
	daemon/process/sink.c daemon/process/sink.h \
	daemon/process/spawner.c daemon/process/spawner.h \
	daemon/process/strays.c daemon/process/strays.h \
	daemon/process/worker.h \
	daemon/process/worker-answer.c \
	daemon/process/worker-main.c \
	daemon/process/workers.c daemon/process/workers.h \
	daemon/serve/answer.c daemon/serve/answer.h \
	daemon/serve/client.c daemon/serve/client.h \
	daemon/serve/client-state.c daemon/serve/client-state.h \
	daemon/serve/dispatch.c daemon/serve/dispatch.h \
	daemon/serve/fetch.c daemon/serve/fetch.h \
	daemon/serve/handlers.h \
	daemon/serve/helper-image.c daemon/serve/helper-image.h \
	daemon/serve/helper-open.c daemon/serve/helper-open.h \
	daemon/serve/list.c daemon/serve/list.h \
	daemon/serve/listener.c daemon/serve/listener.h \
	daemon/serve/owners.c daemon/serve/owners.h \
	daemon/serve/reload.c daemon/serve/reload.h \
	daemon/serve/server.c daemon/serve/server.h \
	daemon/serve/status.c daemon/serve/status.h \
	daemon/serve/subscribe.c daemon/serve/subscribe.h \
	daemon/serve/users.c daemon/serve/users.h

# The daemon's own profiles, built in.
nodist_libdaemon_la_SOURCES = daemon/process/own-profiles.c
CLEANFILES += daemon/process/own-profiles.c
EXTRA_DIST += daemon/process/embed-profiles
own_profiles = $(srcdir)/profiles/secprofd.json $(srcdir)/profiles/secprofd-spawner.json \
	$(srcdir)/profiles/secprofd-worker.json $(srcdir)/profiles/secprofd-cache.json

daemon/process/own-profiles.c: daemon/process/embed-profiles $(own_profiles)
	$(AM_V_GEN)$(MKDIR_P) daemon && $(SHELL) $(srcdir)/daemon/process/embed-profiles \
		OWN_MAIN $(srcdir)/profiles/secprofd.json \
		OWN_SPAWNER $(srcdir)/profiles/secprofd-spawner.json \
		OWN_WORKER $(srcdir)/profiles/secprofd-worker.json \
		OWN_CACHE $(srcdir)/profiles/secprofd-cache.json >$@.tmp && mv $@.tmp $@

# secprof-helper, which client/helper/local.mk links and turns into C.
if HAVE_HELPER
nodist_libdaemon_la_SOURCES += daemon/serve/helper-template.c
endif

# A build for debugging is not to be installed.
if OWN_FILTERS
sbin_PROGRAMS += secprofd
else
noinst_PROGRAMS += secprofd
endif
secprofd_CPPFLAGS = $(libdaemon_la_CPPFLAGS)
secprofd_LDADD = libdaemon.la
secprofd_SOURCES = daemon/main.c
