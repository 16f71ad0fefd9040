# scripts/: what a person or continuous integration runs; they ship with the sources.
EXTRA_DIST += \
	.ci/run \
	.clang-format \
	CHANGELOG.md \
	README.md \
	scripts/bench \
	scripts/check-layers \
	scripts/check-style \
	scripts/demo \
	scripts/fuzz \
	scripts/lib.sh \
	scripts/soak \
	scripts/test \
	scripts/test-foreign
