/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shipped default profile in the running kernel: every call of the table of blocked calls is
 * made raw, through each ABI of x86_64, and fails as it should; with the capability that opens it,
 * the filter lets it through. Every call has arguments that make it fail, or do nothing, where it
 * gets through.
 *
 * Many of these calls fail with EPERM of their own. To know who says no, most tests use the profile
 * with another errno in place of EPERM: MARK, which no call gives.
 */
#include <check.h>
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "compiler/facts/capability.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/request.h"
#include "tests/profiles/fixture.h"
#include "tests/profiles/live.h"
#include "tests/suite.h"
#include "util/cleanup.h"

enum {
    MARK = 1234,
    CALLS_MAX = 128,
    SKIPPED = 77, /* automake: the test did not run */
};

#define BAD       1          /* a pointer into the first page */
#define NO_FD     UINT64_MAX /* -1 */
#define NO_PID    0x7fffffff /* above the highest process id */
#define NO_CLOCK  0x7fffffff /* no clock's id */
#define NO_FLAG   0x0fffffff /* bits that no flag word has all of */
#define NAMESPACE (CLONE_NEWNS | CLONE_NEWUSER)

/* A row of the table of blocked calls, or a call that goes with one. */
struct row {
    const char *name;
    const char *caps; /* each of which opens it; "" none does */
    uint64_t args[6];
};

static const struct row rows[] = {
    {"acct", "CAP_SYS_PACCT", {BAD}},
    {"add_key", "", {BAD, BAD, BAD, 1}},
    {"adjtimex", "CAP_SYS_TIME", {BAD}},
    {"bpf", "CAP_SYS_ADMIN,CAP_BPF", {9999, BAD, 8}},
    {"clock_adjtime", "CAP_SYS_TIME", {NO_CLOCK, BAD}},
    {"clock_adjtime64", "CAP_SYS_TIME", {NO_CLOCK, BAD}},
    {"clock_settime", "CAP_SYS_TIME", {NO_CLOCK, BAD}},
    {"clock_settime64", "CAP_SYS_TIME", {NO_CLOCK, BAD}},
    {"create_module", "", {BAD, 1}},
    {"delete_module", "CAP_SYS_MODULE", {BAD}},
    {"finit_module", "CAP_SYS_MODULE", {NO_FD, BAD, NO_FLAG}},
    {"get_kernel_syms", "", {BAD}},
    {"get_mempolicy", "CAP_SYS_NICE", {BAD, BAD, 1, BAD, NO_FLAG}},
    {"init_module", "CAP_SYS_MODULE", {BAD, 0, BAD}},
    {"ioperm", "CAP_SYS_RAWIO", {0x7fffffff, 0x7fffffff, 0}},
    {"iopl", "CAP_SYS_RAWIO", {7}},
    {"kcmp", "CAP_SYS_PTRACE", {NO_PID, NO_PID, 99}},
    {"kexec_file_load", "", {NO_FD, NO_FD, 0, BAD, NO_FLAG}},
    {"kexec_load", "", {0, 0xffff, BAD, NO_FLAG}},
    {"keyctl", "", {9999}},
    {"lookup_dcookie", "CAP_SYS_ADMIN", {0, BAD, 0}},
    {"mbind", "CAP_SYS_NICE", {1, 1, 99, BAD, 1, NO_FLAG}},
    {"mount", "CAP_SYS_ADMIN", {BAD, BAD, BAD, 0, BAD}},
    {"move_pages", "", {NO_PID, 1, BAD, BAD, BAD, NO_FLAG}},
    {"name_to_handle_at",
     "CAP_DAC_READ_SEARCH,CAP_SYS_ADMIN,CAP_SYS_NICE",
     {NO_FD, BAD, BAD, BAD, NO_FLAG}},
    {"nfsservctl", "", {99, BAD, BAD}},
    {"open_by_handle_at", "CAP_DAC_READ_SEARCH", {NO_FD, BAD, 0}},
    {"perf_event_open", "CAP_SYS_ADMIN,CAP_PERFMON", {BAD, NO_PID, 0, NO_FD, NO_FLAG}},
    {"pivot_root", "CAP_SYS_ADMIN", {BAD, BAD}},
    {"process_vm_readv", "CAP_SYS_PTRACE", {NO_PID, BAD, 1, BAD, 1, NO_FLAG}},
    {"process_vm_writev", "CAP_SYS_PTRACE", {NO_PID, BAD, 1, BAD, 1, NO_FLAG}},
    {"ptrace", "CAP_SYS_PTRACE", {9999, NO_PID, BAD, BAD}},
    {"query_module", "CAP_SYS_MODULE", {BAD, 99, BAD, 0, BAD}},
    {"quotactl", "CAP_SYS_ADMIN", {NO_FLAG, BAD, 0, BAD}},
    {"reboot", "CAP_SYS_BOOT", {0, 0, 0, BAD}},
    {"request_key", "", {BAD, BAD, BAD, 1}},
    {"set_mempolicy", "CAP_SYS_NICE", {99, BAD, 1}},
    {"setns", "CAP_SYS_ADMIN", {NO_FD, 0}},
    {"settimeofday", "CAP_SYS_TIME", {BAD, BAD}},
    {"stime", "CAP_SYS_TIME", {BAD}},
    {"swapon", "CAP_SYS_ADMIN", {BAD, NO_FLAG}},
    {"swapoff", "CAP_SYS_ADMIN", {BAD}},
    {"sysfs", "", {99}},
    {"_sysctl", "", {BAD}},
    {"umount", "CAP_SYS_ADMIN", {BAD}},
    {"umount2", "CAP_SYS_ADMIN", {BAD, NO_FLAG}},
    {"unshare", "CAP_SYS_ADMIN", {1}},
    {"uselib", "", {BAD}},
    {"userfaultfd", "", {NO_FLAG}},
    {"ustat", "", {NO_FD, BAD}},
    {"vm86", "CAP_SYS_ADMIN", {9999, BAD}},
    {"vm86old", "CAP_SYS_ADMIN", {BAD}},
    /* clone with a namespace flag; CLONE_THREAD without CLONE_SIGHAND is always an error. */
    {"clone", "CAP_SYS_ADMIN", {CLONE_THREAD | NAMESPACE}},
    {"personality", "", {6}},
    /* Beyond the table. */
    {"fsopen", "CAP_SYS_ADMIN", {BAD, NO_FLAG}},
    {"mount_setattr", "CAP_SYS_ADMIN", {NO_FD, BAD, NO_FLAG, BAD, 1}},
    {"syslog", "CAP_SYSLOG,CAP_SYS_ADMIN", {99, BAD, 0}},
    {"chroot", "CAP_SYS_CHROOT", {BAD}},
    {"io_uring_setup", "", {0, BAD}},
};

struct live {
    struct arena arena;
    struct syscalls *syscalls;
    struct text plain;  /* the shipped profile */
    struct text marked; /* the same with MARK in place of EPERM */
    struct live_call calls[CALLS_MAX];
    const struct row *of[CALLS_MAX]; /* whose call it is */
    size_t n;
};

/* A copy of PLAIN in which each errno 1 is MARK. */
static void mark(struct text *marked, const struct text *plain)
{
    static const char key[] = "rrnoRet\": 1"; /* errnoRet and defaultErrnoRet */
    size_t len = strlen(key);
    const char *at = plain->bytes;
    FILE *out = open_memstream(&marked->bytes, &marked->len);
    size_t n_marks = 0;

    ck_assert_ptr_nonnull(out);
    for (const char *hit; (hit = strstr(at, key)); at = hit + len) {
        bool is_one = hit[len] < '0' || hit[len] > '9';

        fwrite(at, 1, (size_t)(hit - at) + len - 1, out);
        fprintf(out, "%d", is_one ? MARK : 1);
        n_marks += is_one;
    }
    fputs(at, out);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_uint_gt(n_marks, ARRAY_SIZE(rows) / 2);
}

static void live_open(struct live *live)
{
    *live = (struct live){.syscalls = syscalls_new()};
    ck_assert_ptr_nonnull(live->syscalls);
    ck_assert_int_eq(text_read(&live->plain, "profiles/default.json"), 0);
    mark(&live->marked, &live->plain);
}

static void live_close(struct live *live)
{
    text_free(&live->plain);
    text_free(&live->marked);
    syscalls_free(live->syscalls);
    arena_free(&live->arena);
}

static const struct filter *compile(struct live *live, const struct text *text, const char *caps)
{
    struct variant_request request = {.target = target_host(), .kernel = kernel_version_host()};
    const char *why = NULL;
    const char *bad;
    size_t bad_len;

    ck_assert_int_eq(capability_set_parse(caps, &request.caps, &bad, &bad_len), 0);

    const struct filter *filter =
        fixture_compile(text, &request, live->syscalls, &live->arena, &why);

    ck_assert_msg(filter != NULL, "%s", why);
    return filter;
}

static void add(struct live *live, enum abi_id abi, uint32_t nr, const uint64_t args[6],
                const struct row *row)
{
    struct live_call *call = &live->calls[live->n];

    ck_assert_uint_lt(live->n, CALLS_MAX);
    live->of[live->n++] = row;
    *call = (struct live_call){.abi = abi, .nr = nr, .result = 1};
    memcpy(call->args, args, sizeof(call->args));
}

/* The calls of all rows that ABI has. */
static void add_rows(struct live *live, enum abi_id abi)
{
    live->n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint32_t nr;

        if (syscalls_number(live->syscalls, abi, rows[i].name, &nr) == 0)
            add(live, abi, nr, rows[i].args, &rows[i]);
    }
    ck_assert_uint_gt(live->n, 40);
}

static void run(struct live *live, const struct filter *filter)
{
    int status = live_run(filter, live->calls, live->n);

    ck_assert_msg(status == 0, "the child ended with status 0x%x", (unsigned int)status);
}

static void expect(const struct live *live, size_t i, long result)
{
    ck_assert_msg(live->calls[i].result == result, "%s (%u) of %s gave %ld, not %ld",
                  live->of[i] ? live->of[i]->name : "call", live->calls[i].nr,
                  abi_get(live->calls[i].abi)->name, live->calls[i].result, result);
}

/* Every row: EPERM from the shipped text, MARK from the marked one. */
static void check_rows_denied(enum abi_id abi)
{
    static struct live live;

    live_open(&live);
    add_rows(&live, abi);
    run(&live, compile(&live, &live.plain, ""));
    for (size_t i = 0; i < live.n; i++)
        expect(&live, i, -EPERM);
    run(&live, compile(&live, &live.marked, ""));
    for (size_t i = 0; i < live.n; i++)
        expect(&live, i, -MARK);
    printf("%s: %zu calls denied\n", abi_get(abi)->name, live.n);
    live_close(&live);
}

/* With each capability alone the rows that name it get through, and no other. */
static void check_rows_with_caps(enum abi_id abi)
{
    static struct live live;
    uint64_t seen = 0;

    live_open(&live);
    add_rows(&live, abi);
    for (int cap = 0; capability_name(cap); cap++) {
        uint64_t bit = (uint64_t)1 << cap;

        run(&live, compile(&live, &live.marked, capability_name(cap)));
        for (size_t i = 0; i < live.n; i++) {
            const char *bad;
            size_t bad_len;
            uint64_t opens = 0;
            bool denied = live.calls[i].result == -MARK;

            ck_assert_int_eq(capability_set_parse(live.of[i]->caps, &opens, &bad, &bad_len), 0);
            ck_assert_msg(denied == !(opens & bit), "%s of %s with %s gave %ld", live.of[i]->name,
                          abi_get(abi)->name, capability_name(cap), live.calls[i].result);
            seen |= opens & bit;
        }
    }
    ck_assert_int_ge(__builtin_popcountll(seen), 11);
    live_close(&live);
}

START_TEST(native_rows_are_denied)
{
    check_rows_denied(ABI_X86_64);
}
END_TEST

START_TEST(native_rows_open_with_their_capability)
{
    check_rows_with_caps(ABI_X86_64);
}
END_TEST

/* Kernels without x32 ask the filter before they find that out. */
START_TEST(x32_rows_are_denied)
{
    check_rows_denied(ABI_X32);
}
END_TEST

static bool has_x86(void)
{
    const char *why = NULL;

    if (live_has_x86(&why))
        return true;
    fprintf(stderr, "the 32-bit ABI was not tested: %s\n", why);
    return false;
}

START_TEST(x86_rows_are_denied)
{
    if (has_x86())
        check_rows_denied(ABI_X86);
}
END_TEST

START_TEST(x86_rows_open_with_their_capability)
{
    if (has_x86())
        check_rows_with_caps(ABI_X86);
}
END_TEST

static void check_clone(enum abi_id abi)
{
    static const uint64_t namespaces[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS,
                                          CLONE_NEWIPC, CLONE_NEWUSER,   CLONE_NEWPID,
                                          CLONE_NEWNET};
    static struct live live;
    uint32_t clone_nr;
    uint32_t clone3_nr;
    size_t n_flags = ARRAY_SIZE(namespaces);

    live_open(&live);
    ck_assert_int_eq(syscalls_number(live.syscalls, abi, "clone", &clone_nr), 0);
    ck_assert_int_eq(syscalls_number(live.syscalls, abi, "clone3", &clone3_nr), 0);
    for (size_t i = 0; i < n_flags; i++)
        add(&live, abi, clone_nr, (uint64_t[6]){namespaces[i] | CLONE_THREAD}, NULL);
    add(&live, abi, clone3_nr, (uint64_t[6]){0}, NULL);
    add(&live, abi, clone_nr, (uint64_t[6]){CLONE_THREAD}, NULL);
    add(&live, abi, clone_nr, (uint64_t[6]){SIGCHLD}, NULL);

    run(&live, compile(&live, &live.marked, ""));
    for (size_t i = 0; i < n_flags; i++)
        expect(&live, i, -MARK);
    expect(&live, n_flags, -ENOSYS);
    expect(&live, n_flags + 1, -EINVAL);
    ck_assert_int_gt(live.calls[n_flags + 2].result, 0);

    run(&live, compile(&live, &live.marked, "CAP_SYS_ADMIN"));
    for (size_t i = 0; i <= n_flags + 1; i++)
        expect(&live, i, -EINVAL);
    ck_assert_int_gt(live.calls[n_flags + 2].result, 0);
    live_close(&live);
}

START_TEST(clone_is_denied_by_its_namespace_flags)
{
    check_clone(ABI_X86_64);
}
END_TEST

START_TEST(x86_clone_is_denied_by_its_namespace_flags)
{
    if (has_x86())
        check_clone(ABI_X86);
}
END_TEST

static void check_values(enum abi_id abi, const char *name, const uint64_t *allowed,
                         size_t n_allowed, const uint64_t *denied, size_t n_denied)
{
    static struct live live;
    uint32_t nr;

    live_open(&live);
    ck_assert_int_eq(syscalls_number(live.syscalls, abi, name, &nr), 0);
    for (size_t i = 0; i < n_allowed; i++)
        add(&live, abi, nr, (uint64_t[6]){allowed[i], 1, 0}, NULL);
    for (size_t i = 0; i < n_denied; i++)
        add(&live, abi, nr, (uint64_t[6]){denied[i], 1, 0}, NULL);
    run(&live, compile(&live, &live.marked, ""));
    for (size_t i = 0; i < n_allowed; i++)
        ck_assert_msg(live.calls[i].result >= 0, "%s(0x%llx) gave %ld", name,
                      (unsigned long long)allowed[i], live.calls[i].result);
    for (size_t i = 0; i < n_denied; i++)
        expect(&live, n_allowed + i, -MARK);
    live_close(&live);
}

static const uint64_t good_personalities[] = {0, 8, 0x20000, 0x20008, 0xffffffff};
static const uint64_t bad_personalities[] = {6, 9, 0x40000, 0x20006, 0x400000};
static const uint64_t good_families[] = {1, 2, 16}; /* AF_UNIX, AF_INET, AF_NETLINK */
static const uint64_t bad_families[] = {38, 40, 46, 0xffffffff};
/* Bits above the int that the kernel takes the family as. */
static const uint64_t hidden_families[] = {0x100000026, 0xdeadbeef00000028, 0x100000001};

START_TEST(arguments_decide)
{
    check_values(ABI_X86_64, "personality", good_personalities, ARRAY_SIZE(good_personalities),
                 bad_personalities, ARRAY_SIZE(bad_personalities));
    check_values(ABI_X86_64, "socket", good_families, 2, bad_families, ARRAY_SIZE(bad_families));
    check_values(ABI_X86_64, "socket", good_families, 1, hidden_families,
                 ARRAY_SIZE(hidden_families));
}
END_TEST

START_TEST(x86_arguments_decide)
{
    static const uint64_t hidden[] = {0x100000026, 0xdeadbeef00000028};
    static const uint64_t garbage[] = {0xdeadbeef00000001, 0xffffffff00000002};
    static const uint64_t other_calls[] = {2, 3, 20};

    if (!has_x86())
        return;
    check_values(ABI_X86, "personality", good_personalities, ARRAY_SIZE(good_personalities),
                 bad_personalities, ARRAY_SIZE(bad_personalities));
    check_values(ABI_X86, "socket", good_families, 2, bad_families, ARRAY_SIZE(bad_families));
    /* int $0x80 from 64-bit code: the upper half of a register is not looked at. */
    check_values(ABI_X86, "socket", garbage, 2, hidden, ARRAY_SIZE(hidden));

    static struct live live;

    live_open(&live);
    add(&live, ABI_X86, 102, (uint64_t[6]){1, BAD}, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(other_calls); i++)
        add(&live, ABI_X86, 102, (uint64_t[6]){other_calls[i], BAD}, NULL);
    run(&live, compile(&live, &live.marked, ""));
    expect(&live, 0, -MARK);
    for (size_t i = 1; i < live.n; i++)
        expect(&live, i, -EFAULT);
    live_close(&live);
}
END_TEST

/* A call that is newer than the profile, whether or not the running kernel has it. */
START_TEST(newer_calls_get_enosys)
{
    static struct live live;

    live_open(&live);
    for (uint32_t nr = 468; nr < 480; nr++)
        add(&live, ABI_X86_64, nr, (uint64_t[6]){NO_FD, BAD, BAD, 0, NO_FLAG}, NULL);
    run(&live, compile(&live, &live.marked, ""));
    for (size_t i = 0; i < live.n; i++)
        expect(&live, i, -ENOSYS);
    live_close(&live);
}
END_TEST

int main(void)
{
    const struct target *host = target_host();
    Suite *suite = suite_create("default profile, live");
    TCase *tcase = tcase_create("live");

    if (!host || strcmp(host->name, "x86_64") != 0) {
        fprintf(stderr, "the live test did not run: its calls are those of x86_64\n");
        return SKIPPED;
    }
    tcase_add_test(tcase, native_rows_are_denied);
    tcase_add_test(tcase, native_rows_open_with_their_capability);
    tcase_add_test(tcase, x32_rows_are_denied);
    tcase_add_test(tcase, x86_rows_are_denied);
    tcase_add_test(tcase, x86_rows_open_with_their_capability);
    tcase_add_test(tcase, clone_is_denied_by_its_namespace_flags);
    tcase_add_test(tcase, x86_clone_is_denied_by_its_namespace_flags);
    tcase_add_test(tcase, arguments_decide);
    tcase_add_test(tcase, x86_arguments_decide);
    tcase_add_test(tcase, newer_calls_get_enosys);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
