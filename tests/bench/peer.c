/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Feeds a parsed profile to libseccomp. Only benchmarks use it: no filter of secprof comes from
 * here.
 */
#include "config.h"

#include "tests/bench/peer.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compiler/parse/profile.h"
#include "util/cleanup.h"

static void release(scmp_filter_ctx *context)
{
    if (*context)
        seccomp_release(*context);
}

static struct scmp_arg_cmp arg_cmp(const struct arg_test *test)
{
    /* Both enumerations have the operators in the same order; libseccomp's starts at 1. */
    return (struct scmp_arg_cmp){.arg = test->index,
                                 .op = (enum scmp_compare)((int)test->op + SCMP_CMP_NE),
                                 .datum_a = test->value,
                                 .datum_b = test->value_two};
}

/* A rule that says what the default says, or what an earlier rule said, adds nothing: no failure.
 */
static int settle(int rc)
{
    return rc == -EACCES || rc == -EEXIST ? 0 : rc;
}

static int add_rule(scmp_filter_ctx context, const struct rule *rule, int nr)
{
    struct scmp_arg_cmp args[SYSCALL_ARGS];
    int rc = 0;

    if (!rule->alternatives) {
        if (rule->n_tests > SYSCALL_ARGS)
            return -EINVAL;
        for (size_t i = 0; i < rule->n_tests; i++)
            args[i] = arg_cmp(&rule->tests[i]);
        return settle(
            seccomp_rule_add_array(context, rule->verdict, nr, (unsigned int)rule->n_tests, args));
    }
    for (size_t i = 0; i < rule->n_tests && rc == 0; i++) {
        args[0] = arg_cmp(&rule->tests[i]);
        rc = settle(seccomp_rule_add_array(context, rule->verdict, nr, 1, args));
    }
    return rc;
}

static int add_rules(scmp_filter_ctx context, const struct variant *variant)
{
    for (size_t i = 0; i < variant->n_rules; i++) {
        const struct rule *rule = variant->rules[i];

        for (size_t k = 0; k < rule->n_names; k++) {
            int nr = seccomp_syscall_resolve_name(rule->names[k].name);
            int rc = nr == __NR_SCMP_ERROR ? 0 : add_rule(context, rule, nr);

            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int add_abis(scmp_filter_ctx context, abi_set abis)
{
    for (int id = 0; id < ABI_COUNT; id++) {
        int rc;

        if (!(abis & ((abi_set)1 << id)))
            continue;
        rc = seccomp_arch_add(context, seccomp_arch_resolve_name(abi_get((enum abi_id)id)->name));
        if (rc < 0 && rc != -EEXIST)
            return rc;
    }
    return 0;
}

int peer_compile(const struct variant *variant, int optimize, struct sock_filter *program,
                 size_t room)
{
    __attribute__((cleanup(release))) scmp_filter_ctx context =
        seccomp_init(variant->profile->default_verdict);
    cleanup_close int fd = memfd_create("peer", MFD_CLOEXEC);
    ssize_t size;
    int rc;

    if (!context)
        return -ENOMEM;
    if (fd < 0)
        return -errno;
    if ((rc = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, (uint32_t)optimize)) < 0 ||
        (rc = add_abis(context, variant->abis)) < 0 || (rc = add_rules(context, variant)) < 0 ||
        (rc = seccomp_export_bpf(context, fd)) < 0)
        return rc;
    size = pread(fd, program, room * sizeof(*program), 0);
    if (size < 0)
        return -errno;
    return (int)((size_t)size / sizeof(*program));
}
