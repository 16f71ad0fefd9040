# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/compiler/: unit tests of compiler/
compiler_test_libs = libcompiler.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/compiler/facts/test-bpf-live
TESTS += tests/compiler/facts/test-bpf-live
tests_compiler_facts_test_bpf_live_SOURCES = tests/compiler/facts/test-bpf-live.c tests/compiler/facts/valid.h \
	tests/compiler/random.h
tests_compiler_facts_test_bpf_live_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_facts_test_bpf_live_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/policy/test-lower
TESTS += tests/compiler/policy/test-lower
tests_compiler_policy_test_lower_SOURCES = tests/compiler/policy/test-lower.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_policy_test_lower_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_policy_test_lower_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/policy/test-mode
TESTS += tests/compiler/policy/test-mode
tests_compiler_policy_test_mode_SOURCES = tests/compiler/policy/test-mode.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_policy_test_mode_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_policy_test_mode_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/emit/test-assemble
TESTS += tests/compiler/emit/test-assemble
tests_compiler_emit_test_assemble_SOURCES = tests/compiler/emit/test-assemble.c tests/compiler/evaluate.h tests/compiler/random.h
tests_compiler_emit_test_assemble_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_emit_test_assemble_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/emit/test-choice
TESTS += tests/compiler/emit/test-choice
tests_compiler_emit_test_choice_SOURCES = tests/compiler/emit/test-choice.c tests/compiler/evaluate.h tests/compiler/random.h
tests_compiler_emit_test_choice_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_emit_test_choice_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/emit/test-diagram
TESTS += tests/compiler/emit/test-diagram
tests_compiler_emit_test_diagram_SOURCES = tests/compiler/emit/test-diagram.c tests/compiler/random.h
tests_compiler_emit_test_diagram_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_emit_test_diagram_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/emit/test-bits
TESTS += tests/compiler/emit/test-bits
tests_compiler_emit_test_bits_SOURCES = tests/compiler/emit/test-bits.c tests/compiler/random.h
tests_compiler_emit_test_bits_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_emit_test_bits_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/emit/test-shape
TESTS += tests/compiler/emit/test-shape
tests_compiler_emit_test_shape_SOURCES = tests/compiler/emit/test-shape.c tests/compiler/random.h
tests_compiler_emit_test_shape_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_emit_test_shape_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/policy/test-resolve
TESTS += tests/compiler/policy/test-resolve
tests_compiler_policy_test_resolve_SOURCES = tests/compiler/policy/test-resolve.c tests/compiler/random.h
tests_compiler_policy_test_resolve_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_policy_test_resolve_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/facts/test-abi
TESTS += tests/compiler/facts/test-abi
tests_compiler_facts_test_abi_SOURCES = tests/compiler/facts/test-abi.c
tests_compiler_facts_test_abi_CPPFLAGS = $(check_unit_cppflags) $(SECCOMP_CFLAGS)
tests_compiler_facts_test_abi_LDADD = $(compiler_test_libs) $(SECCOMP_LIBS)

check_PROGRAMS += tests/compiler/facts/test-syscalls
TESTS += tests/compiler/facts/test-syscalls
tests_compiler_facts_test_syscalls_SOURCES = tests/compiler/facts/test-syscalls.c
tests_compiler_facts_test_syscalls_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_facts_test_syscalls_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/facts/test-bpf
TESTS += tests/compiler/facts/test-bpf
tests_compiler_facts_test_bpf_SOURCES = tests/compiler/facts/test-bpf.c tests/compiler/facts/valid.h
tests_compiler_facts_test_bpf_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_facts_test_bpf_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/parse/test-diag
TESTS += tests/compiler/parse/test-diag
tests_compiler_parse_test_diag_SOURCES = tests/compiler/parse/test-diag.c
tests_compiler_parse_test_diag_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_parse_test_diag_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/facts/test-symbol
TESTS += tests/compiler/facts/test-symbol
tests_compiler_facts_test_symbol_SOURCES = tests/compiler/facts/test-symbol.c \
	tests/compiler/facts/kernel-constants.c tests/compiler/facts/kernel-constants.h
tests_compiler_facts_test_symbol_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_facts_test_symbol_LDADD = $(compiler_test_libs)
EXTRA_DIST += tests/data/constants.txt

check_PROGRAMS += tests/compiler/facts/test-successor
TESTS += tests/compiler/facts/test-successor
tests_compiler_facts_test_successor_SOURCES = tests/compiler/facts/test-successor.c
tests_compiler_facts_test_successor_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_facts_test_successor_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/facts/test-action
TESTS += tests/compiler/facts/test-action
tests_compiler_facts_test_action_SOURCES = tests/compiler/facts/test-action.c
tests_compiler_facts_test_action_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_facts_test_action_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/parse/test-excerpt
TESTS += tests/compiler/parse/test-excerpt
tests_compiler_parse_test_excerpt_SOURCES = tests/compiler/parse/test-excerpt.c
tests_compiler_parse_test_excerpt_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_parse_test_excerpt_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/parse/test-json
TESTS += tests/compiler/parse/test-json
tests_compiler_parse_test_json_SOURCES = tests/compiler/parse/test-json.c
tests_compiler_parse_test_json_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_parse_test_json_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/emit/test-emit
TESTS += tests/compiler/emit/test-emit
tests_compiler_emit_test_emit_SOURCES = tests/compiler/emit/test-emit.c tests/compiler/random.h
tests_compiler_emit_test_emit_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_emit_test_emit_LDADD = libcompiler.la $(CHECK_LIBS)

check_PROGRAMS += tests/compiler/parse/test-profile
TESTS += tests/compiler/parse/test-profile
tests_compiler_parse_test_profile_SOURCES = tests/compiler/parse/test-profile.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_parse_test_profile_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_parse_test_profile_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/parse/test-profile-errors
TESTS += tests/compiler/parse/test-profile-errors
tests_compiler_parse_test_profile_errors_SOURCES = tests/compiler/parse/test-profile-errors.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_parse_test_profile_errors_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_parse_test_profile_errors_LDADD = $(compiler_test_libs)

EXTRA_DIST += \
	tests/data/parse/docker.json \
	tests/data/parse/everything.json \
	tests/data/parse/kubernetes.json \
	tests/data/parse/oci-config.json \
	tests/data/parse/oci.json \
	tests/data/parse/old-names.json \
	tests/data/parse/wrapped.json

check_PROGRAMS += tests/compiler/test-random
TESTS += tests/compiler/test-random
tests_compiler_test_random_SOURCES = tests/compiler/test-random.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h \
	tests/compiler/runc-stub.c tests/compiler/runc-stub.h \
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
check_PROGRAMS += tests/compiler/prove/test-prove
TESTS += tests/compiler/prove/test-prove
tests_compiler_prove_test_prove_SOURCES = tests/compiler/prove/test-prove.c
tests_compiler_prove_test_prove_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_prove_test_prove_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/emit/test-traffic
TESTS += tests/compiler/emit/test-traffic
tests_compiler_emit_test_traffic_SOURCES = tests/compiler/emit/test-traffic.c
tests_compiler_emit_test_traffic_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_emit_test_traffic_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/prove/test-meaning
TESTS += tests/compiler/prove/test-meaning
tests_compiler_prove_test_meaning_SOURCES = tests/compiler/prove/test-meaning.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h \
	tests/compiler/random-profile.c tests/compiler/random-profile.h \
	tests/compiler/reference.c tests/compiler/reference.h
tests_compiler_prove_test_meaning_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_prove_test_meaning_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/prove/test-wrong-policy
TESTS += tests/compiler/prove/test-wrong-policy
tests_compiler_prove_test_wrong_policy_SOURCES = tests/compiler/prove/test-wrong-policy.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_prove_test_wrong_policy_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_prove_test_wrong_policy_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/prove/test-bounded
TESTS += tests/compiler/prove/test-bounded
tests_compiler_prove_test_bounded_SOURCES = tests/compiler/prove/test-bounded.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_prove_test_bounded_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_prove_test_bounded_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/prove/test-walk
TESTS += tests/compiler/prove/test-walk
tests_compiler_prove_test_walk_SOURCES = tests/compiler/prove/test-walk.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h
tests_compiler_prove_test_walk_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_prove_test_walk_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/prove/test-symbolic
TESTS += tests/compiler/prove/test-symbolic
tests_compiler_prove_test_symbolic_SOURCES = tests/compiler/prove/test-symbolic.c tests/compiler/random.h
tests_compiler_prove_test_symbolic_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_prove_test_symbolic_LDADD = $(compiler_test_libs)


check_PROGRAMS += tests/compiler/parse/test-schema
TESTS += tests/compiler/parse/test-schema
tests_compiler_parse_test_schema_SOURCES = tests/compiler/parse/test-schema.c
tests_compiler_parse_test_schema_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_parse_test_schema_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/parse/test-profile-mutations
TESTS += tests/compiler/parse/test-profile-mutations
tests_compiler_parse_test_profile_mutations_SOURCES = tests/compiler/parse/test-profile-mutations.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h
tests_compiler_parse_test_profile_mutations_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_parse_test_profile_mutations_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-compile
TESTS += tests/compiler/test-compile
tests_compiler_test_compile_SOURCES = tests/compiler/test-compile.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_test_compile_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_compile_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/test-kernel
TESTS += tests/compiler/test-kernel
tests_compiler_test_kernel_SOURCES = tests/compiler/test-kernel.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h \
	tests/compiler/reference.c tests/compiler/reference.h
tests_compiler_test_kernel_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_test_kernel_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/questions/test-compare
TESTS += tests/compiler/questions/test-compare
tests_compiler_questions_test_compare_SOURCES = tests/compiler/questions/test-compare.c
tests_compiler_questions_test_compare_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_questions_test_compare_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/questions/test-plain-rules
TESTS += tests/compiler/questions/test-plain-rules
tests_compiler_questions_test_plain_rules_SOURCES = tests/compiler/questions/test-plain-rules.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h \
	tests/compiler/random-profile.c tests/compiler/random-profile.h
tests_compiler_questions_test_plain_rules_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_questions_test_plain_rules_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/lint/test-lint
TESTS += tests/compiler/lint/test-lint
tests_compiler_lint_test_lint_SOURCES = tests/compiler/lint/test-lint.c tests/compiler/random.h \
	tests/compiler/lint/cases.c tests/compiler/lint/cases.h \
	tests/compiler/profile-text.c tests/compiler/profile-text.h
tests_compiler_lint_test_lint_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_lint_test_lint_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/emit/test-bitmap
TESTS += tests/compiler/emit/test-bitmap
tests_compiler_emit_test_bitmap_SOURCES = tests/compiler/emit/test-bitmap.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h
tests_compiler_emit_test_bitmap_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_emit_test_bitmap_LDADD = $(compiler_test_libs)
check_PROGRAMS += tests/compiler/questions/test-remedy
TESTS += tests/compiler/questions/test-remedy
tests_compiler_questions_test_remedy_SOURCES = tests/compiler/questions/test-remedy.c
tests_compiler_questions_test_remedy_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_questions_test_remedy_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/questions/test-explain
TESTS += tests/compiler/questions/test-explain
tests_compiler_questions_test_explain_SOURCES = tests/compiler/questions/test-explain.c
tests_compiler_questions_test_explain_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_questions_test_explain_LDADD = $(compiler_test_libs)

check_PROGRAMS += tests/compiler/questions/test-against-libseccomp
TESTS += tests/compiler/questions/test-against-libseccomp
tests_compiler_questions_test_against_libseccomp_SOURCES = tests/compiler/questions/test-against-libseccomp.c
tests_compiler_questions_test_against_libseccomp_CPPFLAGS = $(check_unit_cppflags) $(SECCOMP_CFLAGS)
tests_compiler_questions_test_against_libseccomp_LDADD = $(compiler_test_libs) $(SECCOMP_LIBS)

check_PROGRAMS += tests/compiler/policy/test-render
TESTS += tests/compiler/policy/test-render
tests_compiler_policy_test_render_SOURCES = tests/compiler/policy/test-render.c \
	tests/compiler/profile-text.c tests/compiler/profile-text.h \
	tests/compiler/random-profile.c tests/compiler/random-profile.h
tests_compiler_policy_test_render_CPPFLAGS = $(check_unit_cppflags)
tests_compiler_policy_test_render_LDADD = $(compiler_test_libs)
