# tests/compiler/: unit tests of compiler/
compiler_test_libs = libcompiler.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/compiler/test-bpf-live
TESTS += tests/compiler/test-bpf-live
tests_compiler_test_bpf_live_SOURCES = tests/compiler/test-bpf-live.c tests/compiler/random.h
tests_compiler_test_bpf_live_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_bpf_live_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-lower
TESTS += tests/compiler/test-lower
tests_compiler_test_lower_SOURCES = tests/compiler/test-lower.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_test_lower_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_lower_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-assemble
TESTS += tests/compiler/test-assemble
tests_compiler_test_assemble_SOURCES = tests/compiler/test-assemble.c tests/compiler/evaluate.h tests/compiler/random.h
tests_compiler_test_assemble_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_assemble_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-choice
TESTS += tests/compiler/test-choice
tests_compiler_test_choice_SOURCES = tests/compiler/test-choice.c tests/compiler/evaluate.h tests/compiler/random.h
tests_compiler_test_choice_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_choice_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-diagram
TESTS += tests/compiler/test-diagram
tests_compiler_test_diagram_SOURCES = tests/compiler/test-diagram.c tests/compiler/random.h
tests_compiler_test_diagram_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_diagram_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-shape
TESTS += tests/compiler/test-shape
tests_compiler_test_shape_SOURCES = tests/compiler/test-shape.c tests/compiler/random.h
tests_compiler_test_shape_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_shape_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-resolve
TESTS += tests/compiler/test-resolve
tests_compiler_test_resolve_SOURCES = tests/compiler/test-resolve.c tests/compiler/random.h
tests_compiler_test_resolve_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_resolve_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-abi
TESTS += tests/compiler/test-abi
tests_compiler_test_abi_SOURCES = tests/compiler/test-abi.c
tests_compiler_test_abi_CPPFLAGS = $(check_unit_cppflags) $(SECCOMP_CFLAGS)
tests_compiler_test_abi_LDADD = $(compiler_test_libs) $(SECCOMP_LIBS)

check_PROGRAMS += tests/compiler/test-syscalls
TESTS += tests/compiler/test-syscalls
tests_compiler_test_syscalls_SOURCES = tests/compiler/test-syscalls.c
tests_compiler_test_syscalls_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_syscalls_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-bpf
TESTS += tests/compiler/test-bpf
tests_compiler_test_bpf_SOURCES = tests/compiler/test-bpf.c
tests_compiler_test_bpf_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_bpf_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-diag
TESTS += tests/compiler/test-diag
tests_compiler_test_diag_SOURCES = tests/compiler/test-diag.c
tests_compiler_test_diag_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_diag_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-action
TESTS += tests/compiler/test-action
tests_compiler_test_action_SOURCES = tests/compiler/test-action.c
tests_compiler_test_action_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_action_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-json
TESTS += tests/compiler/test-json
tests_compiler_test_json_SOURCES = tests/compiler/test-json.c
tests_compiler_test_json_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_json_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-emit
TESTS += tests/compiler/test-emit
tests_compiler_test_emit_SOURCES = tests/compiler/test-emit.c tests/compiler/random.h
tests_compiler_test_emit_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_emit_LDADD = libcompiler.la $(CHECK_LIBS)

check_PROGRAMS += tests/compiler/test-profile-parse
TESTS += tests/compiler/test-profile-parse
tests_compiler_test_profile_parse_SOURCES = tests/compiler/test-profile-parse.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_test_profile_parse_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_profile_parse_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-profile-errors
TESTS += tests/compiler/test-profile-errors
tests_compiler_test_profile_errors_SOURCES = tests/compiler/test-profile-errors.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_test_profile_errors_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_profile_errors_LDADD = $(compiler_test_libs)

EXTRA_DIST += \
	tests/data/parse/docker.json \
	tests/data/parse/everything.json \
	tests/data/parse/oci-config.json \
	tests/data/parse/oci.json \
	tests/data/parse/old-names.json \
	tests/data/parse/wrapped.json

check_PROGRAMS += tests/compiler/test-random
TESTS += tests/compiler/test-random
tests_compiler_test_random_SOURCES = tests/compiler/test-random.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h \
	tests/compiler/reference.c tests/compiler/reference.h
tests_compiler_test_random_CPPFLAGS = $(check_unit_cppflags) $(SECCOMP_CFLAGS)
tests_compiler_test_random_LDADD = $(compiler_test_libs) $(SECCOMP_LIBS)

check_PROGRAMS += tests/compiler/test-reference
TESTS += tests/compiler/test-reference
tests_compiler_test_reference_SOURCES = tests/compiler/test-reference.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h \
	tests/compiler/reference.c tests/compiler/reference.h
tests_compiler_test_reference_CPPFLAGS = $(check_unit_cppflags) $(SECCOMP_CFLAGS)
tests_compiler_test_reference_LDADD = $(compiler_test_libs) $(SECCOMP_LIBS)
check_PROGRAMS += tests/compiler/test-prove
TESTS += tests/compiler/test-prove
tests_compiler_test_prove_SOURCES = tests/compiler/test-prove.c
tests_compiler_test_prove_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_prove_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-traffic
TESTS += tests/compiler/test-traffic
tests_compiler_test_traffic_SOURCES = tests/compiler/test-traffic.c
tests_compiler_test_traffic_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_traffic_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-symbolic
TESTS += tests/compiler/test-symbolic
tests_compiler_test_symbolic_SOURCES = tests/compiler/test-symbolic.c tests/compiler/random.h
tests_compiler_test_symbolic_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_symbolic_LDADD = $(compiler_test_libs)


check_PROGRAMS += tests/compiler/test-profile-mutations
TESTS += tests/compiler/test-profile-mutations
tests_compiler_test_profile_mutations_SOURCES = tests/compiler/test-profile-mutations.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h
tests_compiler_test_profile_mutations_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_profile_mutations_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-kernel
TESTS += tests/compiler/test-kernel
tests_compiler_test_kernel_SOURCES = tests/compiler/test-kernel.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h \
	tests/compiler/reference.c tests/compiler/reference.h
tests_compiler_test_kernel_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_kernel_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-changes
TESTS += tests/compiler/test-changes
tests_compiler_test_changes_SOURCES = tests/compiler/test-changes.c
tests_compiler_test_changes_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_changes_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-lint
TESTS += tests/compiler/test-lint
tests_compiler_test_lint_SOURCES = tests/compiler/test-lint.c tests/compiler/random.h \
	tests/compiler/lint-cases.c tests/compiler/lint-cases.h \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_test_lint_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_lint_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-bitmap
TESTS += tests/compiler/test-bitmap
tests_compiler_test_bitmap_SOURCES = tests/compiler/test-bitmap.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h
tests_compiler_test_bitmap_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_bitmap_LDADD = $(compiler_test_libs)
check_PROGRAMS += tests/compiler/test-explain
TESTS += tests/compiler/test-explain
tests_compiler_test_explain_SOURCES = tests/compiler/test-explain.c
tests_compiler_test_explain_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_explain_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-against
TESTS += tests/compiler/test-against
tests_compiler_test_against_SOURCES = tests/compiler/test-against.c
tests_compiler_test_against_CPPFLAGS = $(check_unit_cppflags) $(SECCOMP_CFLAGS)
tests_compiler_test_against_LDADD = $(compiler_test_libs) $(SECCOMP_LIBS)

check_PROGRAMS += tests/compiler/test-render
TESTS += tests/compiler/test-render
tests_compiler_test_render_SOURCES = tests/compiler/test-render.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h \
	tests/compiler/random-profile.c tests/compiler/random-profile.h
tests_compiler_test_render_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_render_LDADD = $(compiler_test_libs)
