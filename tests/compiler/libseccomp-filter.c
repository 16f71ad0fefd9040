/* Feeds a profile to libseccomp the way runc does, and reads the program back. */
#define _GNU_SOURCE /* memfd_create() */
#include "tests/compiler/libseccomp-filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/bpf.h"
#include "tests/compiler/reference.h"
#include "util/cleanup.h"

enum {
    API_LEVEL = 6, /* all actions, whatever the kernel of this machine */
    FILTER_BYTES_MAX = 1024 * 1024,
    CPU_SECONDS = 1,
    EXIT_ERROR = 100,
};

static void cleanup_filter_ctx(scmp_filter_ctx *ctx)
{
    if (*ctx)
        seccomp_release(*ctx);
}

static uint32_t target_verdict(const struct variant_request *request, uint32_t verdict, bool named)
{
    return named ? verdict_on_abi(verdict, request->target->abis[0]) : verdict;
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

static int add_rules(scmp_filter_ctx ctx, const struct profile *profile,
                     const struct variant_request *request)
{
    uint32_t otherwise =
        target_verdict(request, profile->default_verdict, profile->default_errno_named);

    for (size_t i = 0; i < profile->n_rules; i++) {
        const struct rule *rule = &profile->rules[i];
        uint32_t verdict = target_verdict(request, rule->verdict, rule->errno_named);

        if (!reference_is_active(rule, request) || verdict == otherwise)
            continue;
        for (size_t k = 0; k < rule->n_names; k++) {
            int nr = seccomp_syscall_resolve_name(rule->names[k].name);

            if (nr != __NR_SCMP_ERROR && add_rule(ctx, rule, scmp_action(verdict), nr) < 0)
                return LIBSECCOMP_REFUSES;
        }
    }
    return 0;
}

static int set_architectures(scmp_filter_ctx ctx, const struct profile *profile,
                             const struct target *target)
{
    abi_set set = reference_abis(profile, target);
    int r = seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);

    for (int i = 0; r == 0 && i < target->n_abis; i++)
        if (set >> target->abis[i] & 1)
            r = seccomp_arch_add(ctx, seccomp_arch_resolve_name(abi_get(target->abis[i])->name));
    return r;
}

/* Writes the program to FD, a memfd. Returns what libseccomp_filter() does. */
static int build(const struct profile *profile, const struct variant_request *request, int fd)
{
    uint32_t otherwise =
        target_verdict(request, profile->default_verdict, profile->default_errno_named);

    if (seccomp_api_set(API_LEVEL) < 0)
        return -ENOTSUP;

    __attribute__((cleanup(cleanup_filter_ctx))) scmp_filter_ctx ctx =
        seccomp_init(scmp_action(otherwise));

    if (!ctx)
        return -ENOMEM;

    int r = set_architectures(ctx, profile, request->target);

    if (r == 0)
        r = add_rules(ctx, profile, request);
    if (r == 0)
        r = seccomp_export_bpf(ctx, fd);
    return r;
}

/*
 * Runs build() in a child that may use CPU_SECONDS: for some sets of rules the time that libseccomp
 * takes explodes.
 */
static int build_in_child(const struct profile *profile, const struct variant_request *request,
                          int fd)
{
    const struct rlimit limit = {CPU_SECONDS, CPU_SECONDS};
    int status;
    pid_t child = fork();

    if (child < 0)
        return -errno;
    if (child == 0) {
        int r = setrlimit(RLIMIT_CPU, &limit) < 0 ? -errno : build(profile, request, fd);

        _exit(r < 0 ? EXIT_ERROR : r);
    }
    if (waitpid(child, &status, 0) < 0)
        return -errno;
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGKILL ? LIBSECCOMP_TOO_SLOW : -EIO;
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
    if (pread(fd, bytes, (size_t)size, 0) != size)
        return -EIO;
    bpf_load(bytes, *n_insns, big_endian, *insns);
    return 0;
}

int libseccomp_filter(const struct profile *profile, const struct variant_request *request,
                      struct arena *arena, struct sock_filter **insns, size_t *n_insns)
{
    cleanup_close int fd = memfd_create("libseccomp", MFD_CLOEXEC);
    int r = fd < 0 ? -errno : build_in_child(profile, request, fd);

    if (r != 0)
        return r;
    return read_program(fd, target_native_abi(request->target)->big_endian, arena, insns, n_insns);
}
