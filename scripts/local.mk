# SPDX-License-Identifier: LGPL-2.1-or-later
# scripts/: what a person or continuous integration runs; they ship with the sources.
EXTRA_DIST += \
	.ci/run \
	.clang-format \
	.clang-tidy \
	ARCHITECTURE.md \
	AUTHORS \
	CHANGELOG.md \
	CONTRIBUTING.md \
	README.md \
	SECURITY.md \
	scripts/bench \
	scripts/check-documents \
	scripts/check-hardening \
	scripts/check-layers \
	scripts/check-static \
	scripts/check-style \
	scripts/demo \
	scripts/fuzz \
	scripts/lib.sh \
	scripts/soak \
	scripts/test \
	scripts/test-foreign \
	scripts/test-kernel
