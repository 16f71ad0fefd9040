# SPDX-License-Identifier: LGPL-2.1-or-later
# scripts/: what a person or continuous integration runs; they ship with the sources.
EXTRA_DIST += \
	.ci/run \
	.clang-format \
	.clang-tidy \
	.editorconfig \
	ARCHITECTURE.md \
	AUTHORS \
	CONTRIBUTING.md \
	Containerfile \
	scripts/bench \
	scripts/check-declarations \
	scripts/check-documents \
	scripts/check-hardening \
	scripts/check-layers \
	scripts/check-static \
	scripts/check-style \
	scripts/compile-commands \
	scripts/demo \
	scripts/format \
	scripts/fuzz \
	scripts/image \
	scripts/lib.sh \
	scripts/lint \
	scripts/package \
	scripts/root.sh \
	scripts/soak \
	scripts/test \
	scripts/test-foreign \
	scripts/test-kernel

# Debian's packages: scripts/package makes them, and tests/package installs them.
EXTRA_DIST += \
	debian/changelog \
	debian/control \
	debian/copyright \
	debian/golang-secprof-secprof-dev.docs \
	debian/golang-secprof-secprof-dev.examples \
	debian/golang-secprof-secprof-dev.install \
	debian/golang-secprof-secprof-dev.lintian-overrides \
	debian/libsecprof-dev.install \
	debian/libsecprof-dev.lintian-overrides \
	debian/libsecprof0.install \
	debian/libsecprof0.lintian-overrides \
	debian/libsecprof0.symbols \
	debian/not-installed \
	debian/python3-secprof.docs \
	debian/python3-secprof.install \
	debian/python3-secprof.lintian-overrides \
	debian/rules \
	debian/secprof.install \
	debian/secprof.lintian-overrides \
	debian/secprof.postinst \
	debian/secprof.postrm \
	debian/source/format \
	debian/source/lintian-overrides \
	debian/tests/clients \
	debian/tests/container \
	debian/tests/control \
	tests/package/boot.sh \
	tests/package/inside.sh

# For developers; nothing of the build needs them.
.PHONY: format lint
format:
	$(top_srcdir)/scripts/format
lint:
	$(top_srcdir)/scripts/lint

# Made on request only, and always anew.
.PHONY: compile_commands.json
compile_commands.json:
	$(AM_V_GEN)$(top_srcdir)/scripts/compile-commands $(top_srcdir) '$(CC)' \
		$(PROGRAMS) $(LTLIBRARIES) $(check_PROGRAMS) > $@.tmp && mv $@.tmp $@
CLEANFILES += compile_commands.json compile_commands.json.tmp
