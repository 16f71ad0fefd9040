/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds a profile to libseccomp the way runc does, and reads the program back. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create() */
#endif
#include "compiler/questions/libseccomp-filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/bpf.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/resolve.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/io.h"

enum {
    API_LEVEL = 6, /* all actions, whatever the kernel of this machine */
    FILTER_BYTES_MAX = 1024 * 1024,
    EXIT_ERROR = 100,
};

static void cleanup_filter_ctx(scmp_filter_ctx *ctx)
{
    if (*ctx)
        seccomp_release(*ctx);
}

static uint32_t scmp_action(uint32_t verdict)
{
    uint32_t data = verdict & SECCOMP_RET_DATA;

    switch (verdict & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ERRNO:
        return SCMP_ACT_ERRNO(data);
    case SECCOMP_RET_TRACE:
        return SCMP_ACT_TRACE(data);
    default:
        return verdict; /* libseccomp's other constants are the kernel's */
    }
}

static struct scmp_arg_cmp scmp_test(const struct arg_test *test)
{
    static const enum scmp_compare ops[CMP_COUNT] = {
        [CMP_NE] = SCMP_CMP_NE,
        [CMP_LT] = SCMP_CMP_LT,
        [CMP_LE] = SCMP_CMP_LE,
        [CMP_EQ] = SCMP_CMP_EQ,
        [CMP_GE] = SCMP_CMP_GE,
        [CMP_GT] = SCMP_CMP_GT,
        [CMP_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
    };

    return (struct scmp_arg_cmp){.arg = test->index,
                                 .op = ops[test->op],
                                 .datum_a = test->value,
                                 .datum_b = test->value_two};
}

static int add_rule(scmp_filter_ctx ctx, const struct rule *rule, uint32_t action, int nr)
{
    struct scmp_arg_cmp tests[SYSCALL_ARGS];

    if (!rule->alternatives) {
        for (size_t i = 0; i < rule->n_tests; i++)
            tests[i] = scmp_test(&rule->tests[i]);
        return seccomp_rule_add_array(ctx, action, nr, (unsigned)rule->n_tests, tests);
    }
    for (size_t i = 0; i < rule->n_tests; i++) {
        tests[0] = scmp_test(&rule->tests[i]);

        int r = seccomp_rule_add_array(ctx, action, nr, 1, tests);

        if (r < 0)
            return r;
    }
    return 0;
}

static int add_rules(scmp_filter_ctx ctx, const struct variant *variant)
{
    for (size_t i = 0; i < variant->n_rules; i++) {
        const struct rule *rule = variant->rules[i];

        if (rule->verdict == variant->profile->default_verdict)
            continue;
        for (size_t k = 0; k < rule->n_names; k++) {
            int nr = seccomp_syscall_resolve_name(rule->names[k].name);

            if (nr != __NR_SCMP_ERROR && add_rule(ctx, rule, scmp_action(rule->verdict), nr) < 0)
                return LIBSECCOMP_REFUSES;
        }
    }
    return 0;
}

static int set_architectures(scmp_filter_ctx ctx, const struct variant *variant)
{
    const struct target *target = variant->target;
    int r = seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);

    for (int i = 0; r == 0 && i < target->n_abis; i++)
        if (variant->abis >> target->abis[i] & 1)
            r = seccomp_arch_add(ctx, seccomp_arch_resolve_name(abi_get(target->abis[i])->name));
    return r;
}

/* Writes the program to FD, a memfd. Returns what libseccomp_filter() does. */
static int build(const struct variant *variant, int fd)
{
    if (seccomp_api_set(API_LEVEL) < 0)
        return -ENOTSUP;

    __attribute__((cleanup(cleanup_filter_ctx))) scmp_filter_ctx ctx =
        seccomp_init(scmp_action(variant->profile->default_verdict));

    if (!ctx)
        return -ENOMEM;

    int r = set_architectures(ctx, variant);

    if (r == 0)
        r = add_rules(ctx, variant);
    if (r == 0)
        r = seccomp_export_bpf(ctx, fd);
    return r;
}

/*
 * Runs build() in a child that may use SECONDS: for some sets of rules the time that libseccomp
 * takes explodes.
 */
static int build_in_child(const struct variant *variant, unsigned int seconds, int fd)
{
    const struct rlimit limit = {seconds, seconds};
    int status;
    pid_t child = fork();

    if (child < 0)
        return -errno;
    if (child == 0) {
        int r = setrlimit(RLIMIT_CPU, &limit) < 0 ? -errno : build(variant, fd);

        _exit(r < 0 ? EXIT_ERROR : r);
    }
    if (waitpid(child, &status, 0) < 0)
        return -errno;
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGKILL ? LIBSECCOMP_TOO_SLOW : LIBSECCOMP_CRASHES;
    return WEXITSTATUS(status) == EXIT_ERROR ? -EIO : WEXITSTATUS(status);
}

static int read_program(int fd, bool big_endian, struct arena *arena, struct sock_filter **insns,
                        size_t *n_insns)
{
    off_t size = lseek(fd, 0, SEEK_END);

    if (size <= 0 || size > FILTER_BYTES_MAX || size % (off_t)sizeof(**insns))
        return -EIO;

    void *bytes = arena_alloc(arena, (size_t)size);

    *n_insns = (size_t)size / sizeof(**insns);
    *insns = arena_calloc(arena, *n_insns, sizeof(**insns));
    if (!bytes || !*insns)
        return -ENOMEM;
    if (io_pread_all(fd, bytes, (size_t)size) < 0)
        return -EIO;
    bpf_load(bytes, *n_insns, big_endian, *insns);
    return 0;
}

int libseccomp_filter(const struct variant *variant, unsigned int seconds, struct arena *arena,
                      struct sock_filter **insns, size_t *n_insns)
{
    bool big_endian = target_native_abi(variant->target)->big_endian;
    cleanup_close int fd = memfd_create("libseccomp", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;

    int r = build_in_child(variant, seconds, fd);

    return r != 0 ? r : read_program(fd, big_endian, arena, insns, n_insns);
}
