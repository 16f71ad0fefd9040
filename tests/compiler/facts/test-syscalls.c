/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names and numbers of syscalls: against a table of facts, against the kernel's own headers where
 * the machine has them, and each ABI's table against itself.
 */
#include "compiler/facts/abi.h"
#include "compiler/facts/library-names.h"
#include "compiler/facts/syscalls.h"

#include <check.h>
#include <errno.h>
#include <linux/net.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "util/cleanup.h"

enum {
    ABSENT = -1,
    X32 = 0x40000000,
    ARM_PRIVATE = 0x0f0000,
};

/* From the kernel: asm/unistd.h of each architecture, and syscall.tbl where there is one. */
static const struct {
    enum abi_id abi;
    const char *name;
    int64_t nr;
} facts[] = {
    {ABI_X86_64, "read", 0},
    {ABI_X86_64, "socket", 41},
    {ABI_X86_64, "pwritev2", 328},
    {ABI_X86_64, "rseq", 334},
    {ABI_X86_64, "uretprobe", 335},
    {ABI_X86_64, "uprobe", 336},
    {ABI_X86_64, "socketcall", ABSENT},
    {ABI_X86_64, "ipc", ABSENT},
    {ABI_X86_64, "clone3", 435},
    {ABI_X86, "restart_syscall", 0},
    {ABI_X86, "socketcall", 102},
    {ABI_X86, "ipc", 117},
    {ABI_X86, "socket", 359},
    {ABI_X86, "accept4", 364},
    {ABI_X86, "accept", ABSENT},
    {ABI_X86, "send", ABSENT},
    {ABI_X86, "semget", 393},
    {ABI_X86, "semop", ABSENT},
    {ABI_X86, "futex_time64", 422},
    {ABI_X86, "clone3", 435},
    {ABI_X32, "read", X32 + 0},
    {ABI_X32, "rt_sigaction", X32 + 512},
    {ABI_X32, "pwritev2", X32 + 547},
    {ABI_X32, "clone3", X32 + 435},
    {ABI_X32, "rseq_slice_yield", X32 + 471},
    {ABI_X32, "uretprobe", 0x4000014f},
    {ABI_X32, "uprobe", 0x40000150},
    {ABI_X86, "uretprobe", ABSENT},
    {ABI_AARCH64, "io_setup", 0},
    {ABI_AARCH64, "openat", 56},
    {ABI_AARCH64, "open", ABSENT},
    {ABI_AARCH64, "socket", 198},
    {ABI_ARM, "restart_syscall", 0},
    {ABI_ARM, "socket", 281},
    {ABI_ARM, "socketcall", ABSENT},
    {ABI_ARM, "breakpoint", ARM_PRIVATE + 1},
    {ABI_ARM, "cacheflush", ARM_PRIVATE + 2},
    {ABI_ARM, "usr26", ARM_PRIVATE + 3},
    {ABI_ARM, "usr32", ARM_PRIVATE + 4},
    {ABI_ARM, "set_tls", ARM_PRIVATE + 5},
    {ABI_ARM, "get_tls", ARM_PRIVATE + 6},
    {ABI_AARCH64, "set_tls", ABSENT},
    {ABI_MIPS, "exit", 4001},
    {ABI_MIPS, "socketcall", 4102},
    {ABI_MIPS, "ipc", 4117},
    {ABI_MIPS, "socket", 4183},
    {ABI_MIPS, "clone3", 4435},
    {ABI_MIPSEL, "exit", 4001},
    {ABI_MIPS64, "read", 5000},
    {ABI_MIPS64, "socket", 5040},
    {ABI_MIPS64, "clone3", 5435},
    {ABI_MIPSEL64, "read", 5000},
    {ABI_MIPS64N32, "read", 6000},
    {ABI_MIPS64N32, "clone3", 6435},
    {ABI_MIPSEL64N32, "statmount", 6457},
    {ABI_PPC, "socketcall", 102},
    {ABI_PPC64, "socketcall", 102},
    {ABI_PPC64LE, "ipc", 117},
    {ABI_PPC64LE, "socket", 326},
    {ABI_S390, "socketcall", 102},
    {ABI_S390X, "ipc", 117},
    {ABI_S390X, "socket", 359},
    {ABI_PARISC, "socket", 17},
    {ABI_PARISC64, "exit", 1},
    {ABI_RISCV64, "riscv_hwprobe", 258},
    {ABI_AARCH64, "memfd_secret", 447},
    {ABI_ARM, "memfd_secret", ABSENT},
    {ABI_MIPS64, "memfd_secret", ABSENT},
    {ABI_PPC64LE, "memfd_secret", ABSENT},
    {ABI_RISCV64, "riscv_flush_icache", 259},
    {ABI_X86_64, "no_such_call", ABSENT},
    {ABI_X86_64, "", ABSENT},
    {ABI_X86_64, "READ", ABSENT},
};

static struct syscalls *syscalls;

static void make_syscalls(void)
{
    syscalls = syscalls_new();
    ck_assert_ptr_nonnull(syscalls);
}

static void free_syscalls(void)
{
    syscalls_free(syscalls);
}

START_TEST(known_numbers)
{
    for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
        uint32_t nr = 12345;
        int r = syscalls_number(syscalls, facts[i].abi, facts[i].name, &nr);

        ck_assert_msg((r == 0 ? (int64_t)nr : ABSENT) == facts[i].nr, "%s on %s: %d, %u",
                      facts[i].name, abi_get(facts[i].abi)->name, r, nr);
        ck_assert(r == 0 || (r == -ENOENT && nr == 12345));
        if (r == 0)
            ck_assert_str_eq(syscalls_name(syscalls, facts[i].abi, nr), facts[i].name);
    }
    ck_assert_ptr_null(syscalls_name(syscalls, ABI_X86_64, 400));
    ck_assert_ptr_null(syscalls_name(syscalls, ABI_X86_64, X32));
    ck_assert_ptr_null(syscalls_name(syscalls, ABI_X86_64, UINT32_MAX));
    ck_assert_ptr_null(syscalls_name(syscalls, ABI_MIPS, 1));
    ck_assert_ptr_null(syscalls_name(syscalls, ABI_ARM, ARM_PRIVATE + 7));
}
END_TEST

/* Each table answers for itself in both directions, and its numbers rise. */
START_TEST(each_table)
{
    enum abi_id abi = (enum abi_id)_i;
    uint32_t last = 0;
    size_t n = 0;

    for (uint32_t nr, back;; n++) {
        const char *name;

        if (!syscalls_at(syscalls, abi, n, &nr, &name))
            break;
        if (n > 0)
            ck_assert_uint_gt(nr, last);
        last = nr;
        ck_assert_uint_ge(nr, abi_get(abi)->nr_base);
        ck_assert_ptr_eq(syscalls_name(syscalls, abi, nr), name);
        ck_assert_int_eq(syscalls_number(syscalls, abi, name, &back), 0);
        ck_assert_msg(back == nr, "%s is %u and %u", name, nr, back);
        ck_assert_msg(syscalls_is_known(name), "%s", name);
    }
    if (abi_is_installed(abi_get(abi)))
        ck_assert_uint_gt(n, 300);
    else
        ck_assert_uint_eq(n, 0);
}
END_TEST

/* One look-up says where each ABI has a call; tables that are not asked for stay out of it. */
START_TEST(one_look_up_for_all_abis)
{
    const abi_set x86 = 1u << ABI_X86_64 | 1u << ABI_X86;
    const struct syscall_name *name;
    const struct syscall_entry *calls;
    size_t n;

    for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
        if (facts[i].abi != ABI_X86_64 && facts[i].abi != ABI_X86)
            continue;
        ck_assert_int_eq(syscalls_find(syscalls, x86, facts[i].name, &name), 0);
        calls = syscalls_all(syscalls, facts[i].abi, &n);
        ck_assert_ptr_nonnull(calls);
        if (facts[i].nr == ABSENT) {
            ck_assert(!name || !name->at[facts[i].abi]);
            continue;
        }
        ck_assert_uint_le(name->at[facts[i].abi], n);
        ck_assert_uint_eq(calls[name->at[facts[i].abi] - 1].nr, facts[i].nr);
        ck_assert_ptr_eq(name->through, syscalls_multiplexed(facts[i].name));
    }
    /* No ABI here has send(2) as a call of its own; as a multiplexed one it has a name. */
    ck_assert_int_eq(syscalls_find(syscalls, x86, "send", &name), 0);
    ck_assert_ptr_nonnull(name);
    ck_assert_ptr_nonnull(name->through);
    ck_assert(!name->at[ABI_X86_64] && !name->at[ABI_X86]);
    ck_assert_int_eq(syscalls_find(syscalls, x86, "no_such_call", &name), 0);
    ck_assert_ptr_null(name);
}
END_TEST

#define SET(name) ((abi_set)1 << ABI_##name)

/*
 * From 424 up a call has the same number on every ABI that has it, and nearly every ABI has it:
 * asm/unistd.h of all architectures in Linux 6.12 (linux-libc-dev 6.12), and from 463 on the
 * syscall.tbl of later kernels. What libseccomp itself knows must agree with it.
 */
static const struct {
    uint32_t nr;
    const char *name;
    abi_set lacking;
} unified[] = {
    {424, "pidfd_send_signal", 0},
    {425, "io_uring_setup", 0},
    {426, "io_uring_enter", 0},
    {427, "io_uring_register", 0},
    {428, "open_tree", 0},
    {429, "move_mount", 0},
    {430, "fsopen", 0},
    {431, "fsconfig", 0},
    {432, "fsmount", 0},
    {433, "fspick", 0},
    {434, "pidfd_open", 0},
    {435, "clone3", SET(SH) | SET(SHEB)},
    {436, "close_range", 0},
    {437, "openat2", 0},
    {438, "pidfd_getfd", 0},
    {439, "faccessat2", 0},
    {440, "process_madvise", 0},
    {441, "epoll_pwait2", 0},
    {442, "mount_setattr", 0},
    {443, "quotactl_fd", 0},
    {444, "landlock_create_ruleset", 0},
    {445, "landlock_add_rule", 0},
    {446, "landlock_restrict_self", 0},
    {447, "memfd_secret",
     SET(ARM) | SET(MIPS) | SET(MIPS64) | SET(MIPS64N32) | SET(MIPSEL) | SET(MIPSEL64) |
         SET(MIPSEL64N32) | SET(PPC) | SET(PPC64) | SET(PPC64LE) | SET(PARISC) | SET(PARISC64) |
         SET(LOONGARCH64) | SET(M68K) | SET(SH) | SET(SHEB)},
    {448, "process_mrelease", 0},
    {449, "futex_waitv", 0},
    {450, "set_mempolicy_home_node", 0},
    {451, "cachestat", 0},
    {452, "fchmodat2", 0},
    {453, "map_shadow_stack", 0},
    {454, "futex_wake", 0},
    {455, "futex_wait", 0},
    {456, "futex_requeue", 0},
    {457, "statmount", 0},
    {458, "listmount", 0},
    {459, "lsm_get_self_attr", 0},
    {460, "lsm_set_self_attr", 0},
    {461, "lsm_list_modules", 0},
    {462, "mseal", 0},
    {463, "setxattrat", 0},
    {464, "getxattrat", 0},
    {465, "listxattrat", 0},
    {466, "removexattrat", 0},
    {467, "open_tree_attr", 0},
    {468, "file_getattr", 0},
    {469, "file_setattr", 0},
    {470, "listns", 0},
    {471, "rseq_slice_yield", 0},
};

START_TEST(unified_numbers)
{
    const struct abi *abi = abi_get((enum abi_id)_i);
    size_t next = 0;
    const char *name;
    uint32_t nr;

    if (!abi_is_installed(abi))
        return;
    for (size_t i = 0; syscalls_at(syscalls, abi->id, i, &nr, &name); i++) {
        /* x32 has calls of its own from 512 on. */
        if (nr - abi->nr_base < unified[0].nr || nr - abi->nr_base >= 512)
            continue;
        while (next < ARRAY_SIZE(unified) && unified[next].lacking >> abi->id & 1)
            next++;
        ck_assert_msg(next < ARRAY_SIZE(unified), "%s has %s (%u) too", abi->name, name, nr);
        ck_assert_str_eq(name, unified[next].name);
        ck_assert_uint_eq(nr - abi->nr_base, unified[next].nr);
        next++;
    }
    while (next < ARRAY_SIZE(unified) && unified[next].lacking >> abi->id & 1)
        next++;
    ck_assert_uint_eq(next, ARRAY_SIZE(unified));
}
END_TEST

static const struct {
    enum abi_id abi;
    const char *header;
} headers[] = {
    {ABI_X86_64, "unistd_64.h"},
    {ABI_X86, "unistd_32.h"},
    {ABI_X32, "unistd_x32.h"},
};

/* The kernel's header for one ABI of x86, or NULL. */
static FILE *open_header(const char *name)
{
    static const char *const folders[] = {"/usr/include/x86_64-linux-gnu/asm", "/usr/include/asm"};
    char path[128];
    FILE *file = NULL;

    for (size_t i = 0; !file && i < ARRAY_SIZE(folders); i++) {
        snprintf(path, sizeof(path), "%s/%s", folders[i], name);
        file = fopen(path, "re");
    }
    return file;
}

START_TEST(headers_of_x86)
{
    cleanup_fclose FILE *file = open_header(headers[_i].header);
    enum abi_id abi = headers[_i].abi;
    char line[256];
    char name[64];
    size_t n = 0;

    if (!file)
        return; /* another machine: there are the facts above */
    while (fgets(line, sizeof(line), file)) {
        uint32_t wanted, nr;

        if (sscanf(line, "#define __NR_%63s (__X32_SYSCALL_BIT + %u)", name, &wanted) == 2)
            wanted += X32;
        else if (sscanf(line, "#define __NR_%63s %u", name, &wanted) != 2)
            continue;
        ck_assert_msg(syscalls_number(syscalls, abi, name, &nr) == 0, "no %s", name);
        ck_assert_msg(nr == wanted, "%s is %u, not %u", name, wanted, nr);
        n++;
    }
    ck_assert_uint_gt(n, 300);
}
END_TEST

START_TEST(known_names)
{
    static const char *const known[] = {"read",      "socketcall",           "send",
                                        "set_tls",   "s390_guarded_storage", "listns",
                                        "uretprobe", "riscv_hwprobe",        "semtimedop"};
    static const char *const unknown[] = {"", "reed", "SYS_read", "__NR_read", "read "};

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        ck_assert_msg(syscalls_is_known(known[i]), "%s", known[i]);
    for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
        ck_assert_msg(!syscalls_is_known(unknown[i]), "%s", unknown[i]);
}
END_TEST

/* linux/net.h and linux/ipc.h. */
static const struct {
    const char *name;
    const char *multiplexer;
    uint32_t call;
} calls[] = {
    {"socket", "socketcall", SYS_SOCKET},
    {"bind", "socketcall", SYS_BIND},
    {"connect", "socketcall", SYS_CONNECT},
    {"listen", "socketcall", SYS_LISTEN},
    {"accept", "socketcall", SYS_ACCEPT},
    {"getsockname", "socketcall", SYS_GETSOCKNAME},
    {"getpeername", "socketcall", SYS_GETPEERNAME},
    {"socketpair", "socketcall", SYS_SOCKETPAIR},
    {"send", "socketcall", SYS_SEND},
    {"recv", "socketcall", SYS_RECV},
    {"sendto", "socketcall", SYS_SENDTO},
    {"recvfrom", "socketcall", SYS_RECVFROM},
    {"shutdown", "socketcall", SYS_SHUTDOWN},
    {"setsockopt", "socketcall", SYS_SETSOCKOPT},
    {"getsockopt", "socketcall", SYS_GETSOCKOPT},
    {"sendmsg", "socketcall", SYS_SENDMSG},
    {"recvmsg", "socketcall", SYS_RECVMSG},
    {"accept4", "socketcall", SYS_ACCEPT4},
    {"recvmmsg", "socketcall", SYS_RECVMMSG},
    {"sendmmsg", "socketcall", SYS_SENDMMSG},
    {"semop", "ipc", 1},
    {"semget", "ipc", 2},
    {"semctl", "ipc", 3},
    {"semtimedop", "ipc", 4},
    {"msgsnd", "ipc", 11},
    {"msgrcv", "ipc", 12},
    {"msgget", "ipc", 13},
    {"msgctl", "ipc", 14},
    {"shmat", "ipc", 21},
    {"shmdt", "ipc", 22},
    {"shmget", "ipc", 23},
    {"shmctl", "ipc", 24},
};

START_TEST(multiplexed_calls)
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        const struct multiplexed *call = syscalls_multiplexed(calls[i].name);

        ck_assert_ptr_nonnull(call);
        ck_assert_str_eq(call->name, calls[i].name);
        ck_assert_str_eq(call->multiplexer, calls[i].multiplexer);
        ck_assert_uint_eq(call->call, calls[i].call);
        ck_assert_uint_lt(call->call, MULTIPLEXED_CALLS_MAX);
        /* The kernel takes the whole word of socketcall(2), and half of ipc(2)'s. */
        ck_assert_uint_eq(call->mask,
                          strcmp(call->multiplexer, "ipc") ? UINT32_MAX : UINT32_C(0xffff));
        ck_assert_ptr_eq(syscalls_multiplexed_call(call->multiplexer, call->call), call);
    }
    for (uint32_t call = 0; call < 100; call++)
        n += (syscalls_multiplexed_call("socketcall", call) != NULL) +
             (syscalls_multiplexed_call("ipc", call) != NULL);
    ck_assert_uint_eq(n, ARRAY_SIZE(calls));
    ck_assert_ptr_null(syscalls_multiplexed("read"));
    ck_assert_ptr_null(syscalls_multiplexed("socketcall"));
    ck_assert_ptr_null(syscalls_multiplexed(""));
    ck_assert_ptr_null(syscalls_multiplexed_call("read", 1));
    ck_assert(syscalls_is_multiplexer("socketcall"));
    ck_assert(syscalls_is_multiplexer("ipc"));
    ck_assert(!syscalls_is_multiplexer("socket"));
}
END_TEST

/*
 * libseccomp copies each name with strdup(3), and this is the one that it finds. Where it fails, a
 * name must not get lost, nor its rules with it: the whole table does.
 */
static int copies_left = -1; /* negative: no end */

__attribute__((visibility("default"))) char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = copies_left == 0 ? NULL : malloc(size);

    if (!copy) {
        errno = ENOMEM;
        return NULL;
    }
    if (copies_left > 0)
        copies_left--;
    return memcpy(copy, text, size);
}

static bool another_version;

/* Takes the place of libseccomp's: the version that the build had, or another one. */
const struct scmp_version *seccomp_version(void)
{
    static struct scmp_version version;

    version = (struct scmp_version){library_names.version[0] + another_version,
                                    library_names.version[1], library_names.version[2]};
    return &version;
}

/* The tables of the build are what the library answers, and are taken without asking it. */
START_TEST(built_in_names_are_the_librarys)
{
    struct syscalls *asked = syscalls_new();
    const struct syscall_entry *built_in;
    const struct syscall_entry *answers;
    size_t n_built_in;
    size_t n_answers;

    copies_left = 0;
    built_in = syscalls_all(syscalls, (enum abi_id)_i, &n_built_in);
    ck_assert_ptr_nonnull(built_in);
    copies_left = -1;
    another_version = true;
    answers = syscalls_all(asked, (enum abi_id)_i, &n_answers);
    ck_assert_ptr_nonnull(answers);
    ck_assert_uint_eq(n_built_in, n_answers);
    for (size_t i = 0; i < n_answers; i++) {
        ck_assert_uint_eq(built_in[i].nr, answers[i].nr);
        ck_assert_str_eq(built_in[i].name, answers[i].name);
    }
    another_version = false;
    syscalls_free(asked);
}
END_TEST

START_TEST(no_name_gets_lost)
{
    static const enum abi_id abis[] = {ABI_X86_64, ABI_X32, ABI_ARM, ABI_MIPS};
    uint32_t nr;

    another_version = true;
    for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
        for (copies_left = 0; copies_left < 300; copies_left++) {
            int left = copies_left;

            ck_assert_int_eq(syscalls_number(syscalls, abis[i], "read", &nr), -ENOMEM);
            ck_assert_int_eq(syscalls_number(syscalls, abis[i], "nosuch", &nr), -ENOMEM);
            copies_left = left;
        }
        copies_left = -1;
        ck_assert_int_eq(syscalls_number(syscalls, abis[i], "read", &nr), 0);
        ck_assert_int_eq(syscalls_number(syscalls, abis[i], "openat", &nr), 0);
        ck_assert_int_eq(syscalls_number(syscalls, abis[i], "nosuch", &nr), -ENOENT);
    }
    another_version = false;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("syscalls");
    TCase *tcase = tcase_create("syscalls");

    tcase_add_checked_fixture(tcase, make_syscalls, free_syscalls);
    tcase_add_test(tcase, known_numbers);
    tcase_add_test(tcase, one_look_up_for_all_abis);
    tcase_add_loop_test(tcase, each_table, 0, ABI_COUNT);
    tcase_add_loop_test(tcase, unified_numbers, 0, ABI_COUNT);
    tcase_add_loop_test(tcase, headers_of_x86, 0, ARRAY_SIZE(headers));
    tcase_add_test(tcase, known_names);
    tcase_add_test(tcase, multiplexed_calls);
    tcase_add_loop_test(tcase, built_in_names_are_the_librarys, 0, ABI_COUNT);
    tcase_add_test(tcase, no_name_gets_lost);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
