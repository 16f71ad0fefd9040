# scripts/: what a person or continuous integration runs; they ship with the sources.
EXTRA_DIST += \
	.clang-format \
	scripts/check-layers \
	scripts/check-style \
	scripts/demo \
	scripts/lib.sh \
	scripts/test
