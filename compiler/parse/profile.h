/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model of a profile: what its JSON says, checked but not yet decided for any machine.
 * Sources: OCI runtime-spec 1.0 to 1.3, "linux.seccomp"; Docker's profiles/seccomp; and
 * containers-common's pkg/seccomp for the conditions.
 */
#ifndef COMPILER_PARSE_PROFILE_H
#define COMPILER_PARSE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/parse/diag.h"

struct arena;

enum {
    PROFILE_MAX_BYTES = 1024 * 1024,
    PROFILE_MAX_DEPTH = 32,
    PROFILE_MAX_RULES = 16384,
    SYSCALL_ARGS = 6,
};

/* One entry of a rule's "args". */
struct arg_test {
    uint8_t index; /* 0 to 5 */
    enum cmp_op op;
    uint64_t value;
    uint64_t value_two; /* MASKED_EQ only: what the masked argument is compared with */
    struct location at;
};

/* "includes" or "excludes" of a rule. All empty: no condition. */
struct conditions {
    abi_set arches;      /* ABIs that are named */
    uint64_t caps;       /* capabilities that are named, bit 1 << number */
    uint32_t min_kernel; /* KERNEL_VERSION(), or 0 */
    struct location at;
};

struct rule_name {
    const char *name;
    struct location at;
};

/* One entry of "syscalls". */
struct rule {
    struct location at;
    const struct rule_name *names;
    size_t n_names;
    uint32_t verdict;
    const char *errno_name;       /* that gave the verdict's errno, or NULL: a number did */
    const struct arg_test *tests; /* none: the rule holds for every call */
    size_t n_tests;
    bool alternatives; /* an index stands in two tests: one that holds is enough (runc, crun) */
    struct conditions includes;
    struct conditions excludes;
    const char *comment; /* or NULL */
};

/* One entry of "archMap". */
struct arch_map_entry {
    enum abi_id architecture;
    abi_set sub_architectures;
    struct location at;
};

struct profile {
    uint32_t default_verdict;
    const char *default_errno_name; /* that gave its errno, or NULL: a number did */
    struct location default_at;
    abi_set architectures; /* of "architectures" */
    struct location architectures_at;
    const struct arch_map_entry *arch_map;
    size_t n_arch_map;
    bool flags_given;              /* there is a list of flags, perhaps an empty one */
    uint32_t flags;                /* SECCOMP_FILTER_FLAG_* in it */
    const char *listener_path;     /* or NULL */
    const char *listener_metadata; /* or NULL */
    bool unknown_is_default;       /* "x-unknownSyscalls": "default" */
    const struct rule *rules;
    size_t n_rules;
};

/*
 * Parses the LEN bytes at TEXT into *PROFILE, whose parts live in ARENA. Accepts these
 * forms: OCI linux.seccomp, the old single-name form, Docker's and Podman's form; alone,
 * under a "seccomp" key, as the spec of a Kubernetes object, or inside a whole OCI config.json.
 * What is wrong goes to DIAGS with line and column. Returns 0; -EINVAL where DIAGS has an error;
 * -ENOMEM.
 */
int profile_parse(struct profile *profile, const char *text, size_t len, struct arena *arena,
                  struct diags *diags);

#endif
