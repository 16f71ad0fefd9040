# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/: the manual pages, one for each binary and for each file format; what was measured and tried.
dist_man_MANS += docs/secprofd.8 docs/secprof-oci-hook.8 docs/secprof-runtime.8
dist_man_MANS += docs/secprof-profile.5
EXTRA_DIST += docs/audit-first.md docs/differences.md docs/figures.md docs/mutations.md docs/tried.md docs/who-may-call.md

# What the installed programs, profiles and examples point to.
dist_doc_DATA = README.md SECURITY.md CHANGELOG.md protocol/PROTOCOL.md
docprofilesdir = $(docdir)/profiles
dist_docprofiles_DATA = profiles/README.md
docintegrationdir = $(docdir)/integration
dist_docintegration_DATA = integration/README.md

dist_man_MANS += docs/secprof.3 docs/secprofctl.1 docs/secprof-helper.1

# One page tells of all functions; each has its name as a page too.
secprof_pages = \
	docs/secprof_changes_close.3 docs/secprof_changes_fd.3 docs/secprof_changes_next.3 \
	docs/secprof_close.3 docs/secprof_compile_bytes.3 docs/secprof_compile_fd.3 docs/secprof_compile_helper.3 \
	docs/secprof_get_bytes.3 docs/secprof_get_fd.3 docs/secprof_get_helper.3 \
	docs/secprof_get_profile.3 docs/secprof_install.3 \
	docs/secprof_install_filter.3 docs/secprof_last_message.3 docs/secprof_last_refusal.3 docs/secprof_list.3 \
	docs/secprof_open.3 docs/secprof_profile_status.3 docs/secprof_reload.3 \
	docs/secprof_set_timeout.3 docs/secprof_status.3 docs/secprof_strerror.3 docs/secprof_subscribe.3 \
	docs/secprof_trust_only.3
nodist_man_MANS = $(secprof_pages)
CLEANFILES += $(secprof_pages)

$(secprof_pages): Makefile
	$(AM_V_GEN)$(MKDIR_P) docs && echo '.so man3/secprof.3' >$@
