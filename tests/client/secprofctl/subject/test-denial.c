/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of logs about denied calls, and calls as people write them. */
#include "client/secprofctl/subject/denial.h"

#include <check.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define RECORD "type=1326 audit(1.2:3): auid=0 uid=0 pid=12 comm=\"a b\" exe=\"/a\" sig=0 "

struct wanted {
    const char *line;
    const char *wrong; /* a part of the message; NULL: it is read */
    const char *call;
    const char *comm;
    const char *error;
    uint32_t number;
    uint32_t action;
    enum abi_id abi;
    pid_t pid;
    unsigned int known;
    uint64_t args[SYSCALL_ARGS];
};

static const struct wanted lines[] = {
    {.line = RECORD "arch=c000003e syscall=272 compat=0 ip=0x7f code=0x50000",
     .call = "unshare",
     .number = 272,
     .comm = "a b",
     .action = SECCOMP_RET_ERRNO,
     .abi = ABI_X86_64,
     .pid = 12},
    {.line = RECORD "arch=c000003e syscall=1073742096 compat=0 ip=0x7f code=0x0",
     .call = "unshare",
     .number = 0x40000110,
     .comm = "a b",
     .action = SECCOMP_RET_KILL_THREAD,
     .abi = ABI_X32,
     .pid = 12},
    {.line = RECORD "arch=40000003 syscall=310 compat=1 ip=0x7f code=0x7ffc0000\n",
     .call = "unshare",
     .number = 310,
     .comm = "a b",
     .action = SECCOMP_RET_LOG,
     .abi = ABI_X86,
     .pid = 12},
    {.line = "type=SECCOMP msg=audit(11/30/26 06:00:00.123:42) : pid=12 comm=x arch=aarch64 "
             "syscall=unshare compat=0 code=kill",
     .call = "unshare",
     .number = 97,
     .action = UINT32_MAX,
     .abi = ABI_AARCH64,
     .pid = 12},
    {.line = "arch=c000003e syscall=-1 comm=612062 pid=3",
     .number = UINT32_MAX,
     .comm = "a b",
     .action = UINT32_MAX,
     .abi = ABI_X86_64,
     .pid = 3,
     .wrong = "no number"},
    {.line = "arch=c000003e syscall=1 pid=3 comm=\"cut",
     .call = "write",
     .number = 1,
     .comm = "cut",
     .action = UINT32_MAX,
     .abi = ABI_X86_64,
     .pid = 3},
    {.line = "arch=c000003e syscall=999999 comm=(null) pid=3",
     .number = 999999,
     .action = UINT32_MAX,
     .abi = ABI_X86_64,
     .pid = 3},
    {.line = "type=SYSCALL msg=audit(1:2): arch=c000003e syscall=41 success=no exit=-97 a0=26 a1=5 "
             "a2=0 a3=ffffffffffffffff items=0 pid=9 comm=\"c\"",
     .call = "socket",
     .number = 41,
     .comm = "c",
     .error = "EAFNOSUPPORT",
     .action = UINT32_MAX,
     .abi = ABI_X86_64,
     .pid = 9,
     .known = 15,
     .args = {38, 5, 0, UINT64_MAX}},
    {.line =
         "type=SYSCALL msg=audit(1:2): arch=x86_64 syscall=socket success=no exit=EPERM(Operation "
         "not permitted) a0=26 pid=9",
     .call = "socket",
     .number = 41,
     .error = "EPERM",
     .action = UINT32_MAX,
     .abi = ABI_X86_64,
     .pid = 9,
     .known = 1,
     .args = {38}},
    {.line = "arch=12345678 syscall=1", .wrong = "no architecture"},
    {.line = "arch=c000003e syscall=99999999999", .wrong = "no number"},
    {.line = "my_arch=c000003e my_syscall=1", .wrong = "neither an audit record"},
    {.line = "", .wrong = "neither an audit record"},
    {.line = "hello (world)", .wrong = "neither an audit record"},
};

/* Of strace: the ABI is this machine's, so the values here are the same on all. */
static const struct wanted strace_lines[] = {
    {.line = "socket(AF_ALG, 0x5, 0) = -1 EPERM (Operation not permitted)",
     .call = "socket",
     .error = "EPERM",
     .known = 7,
     .args = {38, 5, 0}},
    {.line =
         "[pid 12] unshare(CLONE_NEWNS|CLONE_NEWUSER|0x1) = -1 EPERM (Operation not permitted)\n",
     .call = "unshare",
     .error = "EPERM",
     .pid = 12,
     .known = 1,
     .args = {0x10020001}},
    {.line = "12   06:00:01.123456 unshare(0) = 0", .call = "unshare", .pid = 12, .known = 1},
    {.line = "06:00:01 getpid() = 12", .call = "getpid"},
    {.line = "openat(AT_FDCWD, \"/a,b)\\\"c\", O_RDWR) = -1 ENOENT (No such file or directory)",
     .call = "openat",
     .error = "ENOENT",
     .known = 4,
     .args = {0, 0, 2}},
    {.line = "ioctl(3, SOMETHING, {x={1, 2}, y=[3, 4]}, 7) = ? ENOSYS",
     .call = "ioctl",
     .known = 9,
     .args = {3, 0, 0, 7}},
    {.line = "clone(child_stack=NULL, flags=CLONE_NEWUSER|0x11) = -1 EPERM",
     .call = "clone",
     .error = "EPERM"},
    {.line = "write(1, \"unfinished", .call = "write", .known = 1, .args = {1}},
    {.line = "read(1, 2, 3, 4, 5, 6, 7, 8) = 0",
     .call = "read",
     .known = 63,
     .args = {1, 2, 3, 4, 5, 6}},
};

static void check(const struct wanted *wanted, const struct denial *denial, const char *wrong)
{
    if (wanted->wrong) {
        ck_assert_msg(wrong && strstr(wrong, wanted->wrong), "%s: %s", wanted->line,
                      wrong ? wrong : "it is read");
        return;
    }
    ck_assert_msg(!wrong, "%s: %s", wanted->line, wrong);
    ck_assert_pstr_eq(denial->call.name, wanted->call);
    ck_assert_pstr_eq(denial->error, wanted->error);
    ck_assert_int_eq(denial->pid, wanted->pid);
}

START_TEST(records)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    const struct wanted *wanted = &lines[_i];
    struct denial denial;
    const char *wrong = denial_read(&denial, &arena, wanted->line, syscalls);

    check(wanted, &denial, wrong);
    if (wrong)
        return;
    ck_assert_uint_eq(denial.abi->id, wanted->abi);
    ck_assert_uint_eq(denial.call.number, wanted->number);
    ck_assert_uint_eq(denial.action, wanted->action);
    ck_assert_uint_eq(denial.call.known, wanted->known);
    ck_assert_mem_eq(denial.call.args, wanted->args, sizeof(wanted->args));
    if (wanted->comm)
        ck_assert_pstr_eq(denial.comm, wanted->comm);
}
END_TEST

START_TEST(lines_of_strace)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    const struct wanted *wanted = &strace_lines[_i];
    struct denial denial;
    const char *wrong = denial_read(&denial, &arena, wanted->line, syscalls);

    if (!target_host())
        return;
    check(wanted, &denial, wrong);
    ck_assert_int_eq(denial.source, DENIAL_STRACE);
    ck_assert_ptr_eq(denial.abi, target_native_abi(target_host()));
    if (!strcmp(wanted->call, "clone")) {
        unsigned int flags = denial.abi->id == ABI_S390X ? 1 : 0;

        ck_assert_uint_eq(denial.call.known, 1U << flags);
        ck_assert_uint_eq(denial.call.args[flags], 0x10000011);
        return;
    }
    ck_assert_uint_eq(denial.call.known, wanted->known);
    ck_assert_mem_eq(denial.call.args, wanted->args, sizeof(wanted->args));
}
END_TEST

START_TEST(the_same_again)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    struct denial a, b;

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        for (size_t k = 0; k < ARRAY_SIZE(lines); k++)
            if (!denial_read(&a, &arena, lines[i].line, syscalls) &&
                !denial_read(&b, &arena, lines[k].line, syscalls))
                ck_assert_msg(denial_is_same(&a, &b) == (i == k), "%zu and %zu", i, k);
    /* Another time and process of the same program. */
    ck_assert_ptr_null(
        denial_read(&a, &arena, "arch=c000003e syscall=1 pid=1 comm=\"x\"", syscalls));
    ck_assert_ptr_null(
        denial_read(&b, &arena, "arch=c000003e syscall=1 pid=2 comm=\"x\"", syscalls));
    ck_assert(denial_is_same(&a, &b));
}
END_TEST

static const struct {
    const char *words[8];
    const char *wrong;
    const char *name;
    uint32_t number;
    size_t n_args;
    uint64_t args[SYSCALL_ARGS];
} calls[] = {
    {{"socket"}, NULL, "socket", 0, 0, {0}},
    {{"socket", "AF_ALG", "0x5"}, NULL, "socket", 0, 2, {38, 5}},
    {{"socket(AF_ALG, 5 )"}, NULL, "socket", 0, 2, {38, 5}},
    {{"socket( )"}, NULL, "socket", 0, 0, {0}},
    {{"41(AF_ALG)"}, NULL, NULL, 41, 1, {38}},
    {{"clone", "CLONE_NEWUSER|CLONE_NEWNS|17"}, NULL, "clone", 0, 1, {0x10020011}},
    {{"read", "-1"}, NULL, "read", 0, 1, {UINT64_MAX}},
    {{"read(1,2,3,4,5,6)"}, NULL, "read", 0, 6, {1, 2, 3, 4, 5, 6}},
    {{"read(1,2,3,4,5,6,7)"}, "more than 6", NULL, 0, 0, {0}},
    {{"socket", "AF_ALK"}, "did you mean 'AF_ALG'", NULL, 0, 0, {0}},
    {{"socket", "AF_ALG|"}, "is no argument", NULL, 0, 0, {0}},
    {{"read", "AF_ALG"}, "is no argument: that is a number", NULL, 0, 0, {0}},
    {{"4294967296"}, "32 bits", NULL, 0, 0, {0}},
    {{"(1)"}, NULL, "(1)", 0, 0, {0}},
};

START_TEST(calls_of_people)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    char *words[8];
    struct call call;
    const char *wrong;
    size_t n = 0;

    for (; calls[_i].words[n]; n++)
        words[n] = arena_strndup(&arena, calls[_i].words[n], strlen(calls[_i].words[n]));
    wrong = call_read(&call, &arena, words, n, abi_get(ABI_X86_64), syscalls);
    if (calls[_i].wrong) {
        ck_assert_msg(wrong && strstr(wrong, calls[_i].wrong), "%s: %s", calls[_i].words[0],
                      wrong ? wrong : "it is read");
        return;
    }
    ck_assert_msg(!wrong, "%s: %s", calls[_i].words[0], wrong);
    ck_assert_pstr_eq(call.name, calls[_i].name);
    ck_assert_uint_eq(call.number, calls[_i].number);
    ck_assert_uint_eq(call.n_args, calls[_i].n_args);
    ck_assert_uint_eq(call.known, calls[_i].n_args ? CALL_ALL_ARGS : 0);
    ck_assert_mem_eq(call.args, calls[_i].args, sizeof(call.args));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("denial");
    TCase *tc = tcase_create("denial");

    tcase_add_loop_test(tc, records, 0, ARRAY_SIZE(lines));
    tcase_add_loop_test(tc, lines_of_strace, 0, ARRAY_SIZE(strace_lines));
    tcase_add_test(tc, the_same_again);
    tcase_add_loop_test(tc, calls_of_people, 0, ARRAY_SIZE(calls));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
