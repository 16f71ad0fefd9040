# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/foreign/: what scripts/test-foreign builds and boots under kernels of other architectures;
# no part of make check.
EXTRA_PROGRAMS += tests/foreign/make-cases
CLEANFILES += tests/foreign/make-cases
EXTRA_DIST += \
	tests/foreign/cases.h \
	tests/foreign/halves.json \
	tests/foreign/machine.h \
	tests/foreign/init.c \
	tests/foreign/words.json

tests_foreign_make_cases_SOURCES = tests/foreign/make-cases.c tests/foreign/cases.h \
	tests/compiler/random-profile.c tests/compiler/random-profile.h \
	tests/compiler/reference.c tests/compiler/reference.h
tests_foreign_make_cases_LDADD = libcompiler.la libutil.la
