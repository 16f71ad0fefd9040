# compiler/: JSON -> model -> policy -> BPF. Pure functions over memory.
noinst_LTLIBRARIES += libcompiler.la
libcompiler_la_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS) $(YAJL_CFLAGS)
libcompiler_la_LIBADD = libutil.la $(SECCOMP_LIBS) $(YAJL_LIBS)
libcompiler_la_SOURCES = \
	compiler/abi.c compiler/abi.h \
	compiler/action.c compiler/action.h \
	compiler/against.c compiler/against.h \
	compiler/assemble.c compiler/assemble.h \
	compiler/bdd-outcomes.c compiler/bdd-outcomes.h \
	compiler/bdd.c compiler/bdd.h \
	compiler/behaviour.c compiler/behaviour.h \
	compiler/bpf.c compiler/bpf.h \
	compiler/capability.c \
	compiler/changes.c compiler/changes.h \
	compiler/choice.c compiler/choice.h \
	compiler/combine.c compiler/combine.h \
	compiler/compile.c compiler/compile.h \
	compiler/diag.c compiler/diag.h \
	compiler/diagram.c compiler/diagram.h \
	compiler/emit.c compiler/emit.h \
	compiler/errno-names.c \
	compiler/explain.c compiler/explain.h \
	compiler/json-error.c compiler/json-error.h \
	compiler/json.c compiler/json.h \
	compiler/kernel-version.c \
	compiler/lint-facts.c \
	compiler/lint-internal.h \
	compiler/lint-multiplexer.c \
	compiler/lint-overlap.c \
	compiler/lint-rules.c \
	compiler/lint-text.c \
	compiler/lint.c compiler/lint.h \
	compiler/libseccomp-filter.c compiler/libseccomp-filter.h \
	compiler/lower.c compiler/lower.h \
	compiler/policy.c compiler/policy.h \
	compiler/profile-parse.c compiler/profile.h \
	compiler/profile-reader.c compiler/profile-reader.h \
	compiler/profile-rule.c compiler/profile-rule.h \
	compiler/prove.c compiler/prove.h \
	compiler/render.c compiler/render.h \
	compiler/resolve.c compiler/resolve.h \
	compiler/shape.c compiler/shape.h \
	compiler/suggest.c compiler/suggest.h \
	compiler/symbolic-value.c compiler/symbolic.c compiler/symbolic.h \
	compiler/syscalls.c compiler/syscalls.h \
	compiler/traffic.c compiler/traffic.h
