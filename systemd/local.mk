# SPDX-License-Identifier: LGPL-2.1-or-later
# systemd/: units, the daemon's user and the directories. Paths are filled in by make, because
# configure knows @sbindir@ only as text with other variables in it.
systemdsystemunitdir = @systemdsystemunitdir@
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dropindir = $(docdir)/examples

dist_systemdsystemunit_DATA = systemd/secprofd.socket
nodist_systemdsystemunit_DATA = systemd/secprofd.service
nodist_dropin_DATA = systemd/filter.conf

systemd_templates = systemd/secprofd.service.in systemd/filter.conf.in systemd/secprof.tmpfiles.in
EXTRA_DIST += $(systemd_templates) systemd/secprof.sysusers
CLEANFILES += systemd/secprofd.service systemd/filter.conf systemd/secprof.tmpfiles

systemd_fill_in = $(MKDIR_P) systemd && sed -e 's,@sbindir\@,$(sbindir),g' \
	-e 's,@bindir\@,$(bindir),g' -e 's,@sysconfdir\@,$(sysconfdir),g'

systemd/secprofd.service: systemd/secprofd.service.in Makefile
	$(AM_V_GEN)$(systemd_fill_in) $(srcdir)/systemd/secprofd.service.in >$@.tmp && mv $@.tmp $@

systemd/filter.conf: systemd/filter.conf.in Makefile
	$(AM_V_GEN)$(systemd_fill_in) $(srcdir)/systemd/filter.conf.in >$@.tmp && mv $@.tmp $@

systemd/secprof.tmpfiles: systemd/secprof.tmpfiles.in Makefile
	$(AM_V_GEN)$(systemd_fill_in) $(srcdir)/systemd/secprof.tmpfiles.in >$@.tmp && mv $@.tmp $@

noinst_DATA = systemd/secprof.tmpfiles

# Both are called secprof.conf where they are installed.
install-data-local: systemd/secprof.tmpfiles
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) $(srcdir)/systemd/secprof.sysusers '$(DESTDIR)$(sysusersdir)/secprof.conf'
	$(INSTALL_DATA) systemd/secprof.tmpfiles '$(DESTDIR)$(tmpfilesdir)/secprof.conf'

uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/secprof.conf' '$(DESTDIR)$(tmpfilesdir)/secprof.conf'
