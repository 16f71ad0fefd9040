# SPDX-License-Identifier: LGPL-2.1-or-later
# scripts/: what a person or continuous integration runs; they ship with the sources.
EXTRA_DIST += \
	.ci/run \
	.clang-format \
	.clang-tidy \
	.editorconfig \
	ARCHITECTURE.md \
	AUTHORS \
	CHANGELOG.md \
	CONTRIBUTING.md \
	README.md \
	SECURITY.md \
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
	scripts/lib.sh \
	scripts/lint \
	scripts/soak \
	scripts/test \
	scripts/test-foreign \
	scripts/test-kernel

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
