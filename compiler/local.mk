# SPDX-License-Identifier: LGPL-2.1-or-later
# compiler/: JSON -> model -> policy -> BPF. Pure functions over memory.
noinst_LTLIBRARIES += libcompiler.la
libcompiler_la_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS) $(YAJL_CFLAGS)
libcompiler_la_LIBADD = libutil.la $(SECCOMP_LIBS) $(YAJL_LIBS)
libcompiler_la_SOURCES = \
	compiler/compile.c compiler/compile.h \
	compiler/emit/assemble.c compiler/emit/assemble.h \
	compiler/emit/bits.c compiler/emit/bits.h \
	compiler/emit/by-value.c compiler/emit/by-value.h \
	compiler/emit/choice.c compiler/emit/choice.h \
	compiler/emit/diagram.c compiler/emit/diagram.h \
	compiler/emit/emit.c compiler/emit/emit.h \
	compiler/emit/shape.c compiler/emit/shape.h \
	compiler/emit/traffic.c compiler/emit/traffic.h \
	compiler/facts/abi.c compiler/facts/abi.h \
	compiler/facts/action.c compiler/facts/action.h \
	compiler/facts/bpf.c compiler/facts/bpf.h \
	compiler/facts/capability.c compiler/facts/capability.h \
	compiler/facts/errno.c compiler/facts/errno.h \
	compiler/facts/kernel-version.c compiler/facts/kernel-version.h \
	compiler/facts/library-names.h \
	compiler/facts/libseccomp.c compiler/facts/libseccomp.h \
	compiler/facts/successor.c compiler/facts/successor.h \
	compiler/facts/symbol.c compiler/facts/symbol.h compiler/facts/symbol-sets.h \
	compiler/facts/symbols-of-files.c compiler/facts/symbols-of-processes.c \
	compiler/facts/syscalls.c compiler/facts/syscalls.h \
	compiler/facts/verdict.c compiler/facts/verdict.h \
	compiler/lint/families.c compiler/lint/families.h \
	compiler/lint/findings.c compiler/lint/findings.h \
	compiler/lint/lint.c compiler/lint/lint.h \
	compiler/lint/multiplexer.c compiler/lint/multiplexer.h \
	compiler/lint/notify.c compiler/lint/notify.h \
	compiler/lint/overlap.c compiler/lint/overlap.h \
	compiler/lint/risks.c compiler/lint/risks.h \
	compiler/lint/rules.c compiler/lint/rules.h \
	compiler/lint/state.h \
	compiler/lint/use.c compiler/lint/use.h \
	compiler/lint/verdicts.c compiler/lint/verdicts.h \
	compiler/parse/arch-name.c compiler/parse/arch-name.h \
	compiler/parse/diag.c compiler/parse/diag.h \
	compiler/parse/diag-rule.c compiler/parse/diag-rule.h \
	compiler/parse/excerpt.c compiler/parse/excerpt.h \
	compiler/parse/json.c compiler/parse/json.h \
	compiler/parse/json-error.c compiler/parse/json-error.h \
	compiler/parse/profile.c compiler/parse/profile.h \
	compiler/parse/reader.c compiler/parse/reader.h \
	compiler/parse/request.c compiler/parse/request.h \
	compiler/parse/rule.c compiler/parse/rule.h \
	compiler/policy/lower.c compiler/policy/lower.h \
	compiler/policy/policy.c compiler/policy/policy.h \
	compiler/policy/render.c compiler/policy/render.h \
	compiler/policy/resolve.c compiler/policy/resolve.h \
	compiler/prove/argument.c compiler/prove/argument.h \
	compiler/prove/bdd.c compiler/prove/bdd.h \
	compiler/prove/bdd-outcomes.c compiler/prove/bdd-outcomes.h \
	compiler/prove/behaviour.c compiler/prove/behaviour.h \
	compiler/prove/cases.c compiler/prove/cases.h \
	compiler/prove/meaning.c compiler/prove/meaning.h \
	compiler/prove/prove.c compiler/prove/prove.h \
	compiler/prove/symbolic.c compiler/prove/symbolic.h \
	compiler/prove/symbolic-step.c compiler/prove/symbolic-step.h \
	compiler/prove/symbolic-value.c compiler/prove/symbolic-value.h \
	compiler/prove/walk.c compiler/prove/walk.h compiler/prove/witness.c compiler/prove/witness.h \
	compiler/questions/against-libseccomp.c compiler/questions/against-libseccomp.h \
	compiler/questions/combine.c compiler/questions/combine.h \
	compiler/questions/compare.c compiler/questions/compare.h \
	compiler/questions/remedy.c compiler/questions/remedy.h \
	compiler/questions/explain.c compiler/questions/explain.h \
	compiler/questions/libseccomp-filter.c compiler/questions/libseccomp-filter.h \
	compiler/questions/plain-rules.c compiler/questions/plain-rules.h \
	util/suggest.c util/suggest.h \
	util/utf8.c util/utf8.h

# What editors complete and check profiles by. A test keeps it equal to the parser.
schemadir = $(datadir)/secprof
dist_schema_DATA = compiler/parse/profile.schema.json

# libseccomp's tables, written once by a program of the build. Where that is made for another machine
# and cannot run here, the tables are empty, and the library is asked at run time.
nodist_libcompiler_la_SOURCES = compiler/facts/library-names.c
CLEANFILES += compiler/facts/library-names.c
noinst_PROGRAMS += compiler/facts/list-syscalls
compiler_facts_list_syscalls_SOURCES = compiler/facts/list-syscalls.c compiler/facts/abi.c
compiler_facts_list_syscalls_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
compiler_facts_list_syscalls_LDADD = $(SECCOMP_LIBS)

compiler/facts/library-names.c: compiler/facts/list-syscalls$(EXEEXT)
	$(AM_V_GEN)if test "$(build)" = "$(host)"; then compiler/facts/list-syscalls$(EXEEXT); else \
		echo '#include "compiler/facts/library-names.h"'; \
		echo 'const struct library_names library_names = {{0}, "", {{0}}};'; fi >$@.tmp && mv $@.tmp $@
