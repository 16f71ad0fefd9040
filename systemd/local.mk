# systemd/: units, the daemon's user and the directories. Paths are filled in by make, because
# configure knows @sbindir@ only as text with other variables in it.
systemdsystemunitdir = @systemdsystemunitdir@
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dropindir = $(docdir)/examples

dist_systemdsystemunit_DATA = systemd/secprofd.socket
nodist_systemdsystemunit_DATA = systemd/secprofd.service
nodist_dropin_DATA = systemd/filter.conf

systemd_templates = systemd/secprofd.service.in systemd/filter.conf.in
systemd_installed_as = systemd/secprof.sysusers systemd/secprof.tmpfiles
EXTRA_DIST += $(systemd_templates) $(systemd_installed_as)
CLEANFILES += systemd/secprofd.service systemd/filter.conf

systemd_fill_in = sed -e 's,@sbindir\@,$(sbindir),g' -e 's,@bindir\@,$(bindir),g'

systemd/secprofd.service: systemd/secprofd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(systemd_fill_in) $(srcdir)/systemd/secprofd.service.in >$@.tmp && mv $@.tmp $@

systemd/filter.conf: systemd/filter.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(systemd_fill_in) $(srcdir)/systemd/filter.conf.in >$@.tmp && mv $@.tmp $@

# Both are called secprof.conf where they are installed.
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) $(srcdir)/systemd/secprof.sysusers '$(DESTDIR)$(sysusersdir)/secprof.conf'
	$(INSTALL_DATA) $(srcdir)/systemd/secprof.tmpfiles '$(DESTDIR)$(tmpfilesdir)/secprof.conf'

uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/secprof.conf' '$(DESTDIR)$(tmpfilesdir)/secprof.conf'
