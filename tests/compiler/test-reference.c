/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What profiles mean where the format's words leave it open: verdicts worked out by hand, which
 * both the reference evaluator and the compiled filter must give.
 */
#include <check.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/resolve.h"
#include "compiler/questions/libseccomp-filter.h"
#include "tests/compiler/profile-text.h"
#include "tests/compiler/reference.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* Profiles, with ' for ". */
static const char names_only[] = "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
                                 "{'names':['read','openat'],'action':'SCMP_ACT_ALLOW'}]}";
static const char plain_unknown[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','x-unknownSyscalls':'default',"
    "'syscalls':[{'names':['read'],'action':'SCMP_ACT_ALLOW'}]}";
static const char trap_default[] = "{'defaultAction':'SCMP_ACT_TRAP','syscalls':["
                                   "{'names':['read'],'action':'SCMP_ACT_ALLOW'}]}";
static const char inactive_name[] = "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
                                    "{'names':['mseal'],'action':'SCMP_ACT_ALLOW',"
                                    "'includes':{'caps':['CAP_KILL']}},"
                                    "{'names':['read'],'action':'SCMP_ACT_ALLOW'}]}";
static const char all_x86[] = "{'defaultAction':'SCMP_ACT_ERRNO',"
                              "'architectures':['SCMP_ARCH_X86','SCMP_ARCH_X32'],'syscalls':["
                              "{'names':['read'],'action':'SCMP_ACT_ALLOW'},"
                              "{'names':['ioctl'],'action':'SCMP_ACT_ALLOW','args':["
                              "{'index':1,'value':4294967299,'op':'SCMP_CMP_LT'}]}]}";
static const char sockets[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],'syscalls':["
    "{'names':['socket'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':38,'op':'SCMP_CMP_NE'}]},"
    "{'names':['bind'],'action':'SCMP_ACT_ALLOW'},"
    "{'names':['connect'],'action':'SCMP_ACT_KILL_PROCESS','args':["
    "{'index':0,'value':3,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['shmat'],'action':'SCMP_ACT_ALLOW'},"
    "{'names':['futex_waitv'],'action':'SCMP_ACT_ALLOW'}]}";
static const char explicit_call[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],'syscalls':["
    "{'names':['socket'],'action':'SCMP_ACT_ALLOW'},"
    "{'names':['socketcall'],'action':'SCMP_ACT_TRAP','args':["
    "{'index':0,'value':1,'op':'SCMP_CMP_EQ'},{'index':1,'value':7,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['ipc'],'action':'SCMP_ACT_LOG'},"
    "{'names':['semop'],'action':'SCMP_ACT_KILL'}]}";
static const char mixed[] = "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':["
                            "{'names':['read'],'action':'SCMP_ACT_LOG','args':["
                            "{'index':0,'value':10,'op':'SCMP_CMP_GE'}]},"
                            "{'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':2,'args':["
                            "{'index':0,'value':20,'op':'SCMP_CMP_GE'}]},"
                            "{'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':3,'args':["
                            "{'index':0,'value':30,'op':'SCMP_CMP_GE'}]},"
                            "{'names':['read'],'action':'SCMP_ACT_KILL_PROCESS','args':["
                            "{'index':0,'value':40,'op':'SCMP_CMP_GE'}]},"
                            "{'names':['write'],'action':'SCMP_ACT_ERRNO','args':["
                            "{'index':0,'value':1,'op':'SCMP_CMP_EQ'}]},"
                            "{'names':['write'],'action':'SCMP_ACT_LOG'},"
                            "{'names':['write'],'action':'SCMP_ACT_TRAP'}]}";
static const char same_as_default[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':13,'syscalls':["
    "{'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':13},"
    "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':1,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['write'],'action':'SCMP_ACT_ERRNO','errnoRet':14}]}";
static const char alternatives[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
    "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':1,'op':'SCMP_CMP_EQ'},{'index':0,'value':2,'op':'SCMP_CMP_EQ'},"
    "{'index':1,'value':9,'op':'SCMP_CMP_EQ'}]}]}";
static const char named_errno[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'ENOSYS','syscalls':["
    "{'names':['read'],'action':'SCMP_ACT_ERRNO','errno':'ELOOP'},"
    "{'names':['write'],'action':'SCMP_ACT_ERRNO','errnoRet':38},"
    "{'names':['mseal'],'action':'SCMP_ACT_ALLOW'}]}";
static const char merge_of_halves[] = "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
                                      "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':["
                                      "{'index':0,'value':1,'op':'SCMP_CMP_LE'}]},"
                                      "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':["
                                      "{'index':0,'value':4294967297,'op':'SCMP_CMP_GE'}]},"
                                      "{'names':['mseal'],'action':'SCMP_ACT_ALLOW'}]}";
static const char merge_of_unequal[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
    "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':2,'op':'SCMP_CMP_NE'}]},"
    "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':2,'value':2,'op':'SCMP_CMP_EQ'},{'index':0,'value':255,'op':'SCMP_CMP_NE'}]},"
    "{'names':['mseal'],'action':'SCMP_ACT_ALLOW'}]}";
static const char conditions[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','x-unknownSyscalls':'default','syscalls':["
    "{'names':['read'],'action':'SCMP_ACT_ALLOW','includes':{'caps':['CAP_CHOWN','CAP_KILL']}},"
    "{'names':['write'],'action':'SCMP_ACT_ALLOW','excludes':{'caps':['CAP_CHOWN','CAP_KILL']}},"
    "{'names':['close'],'action':'SCMP_ACT_ALLOW','includes':{'minKernel':'5.10'}},"
    "{'names':['fstat'],'action':'SCMP_ACT_ALLOW','excludes':{'minKernel':'5.10'}},"
    "{'names':['lseek'],'action':'SCMP_ACT_ALLOW','includes':{'arches':['arm64','amd64']}},"
    "{'names':['mmap'],'action':'SCMP_ACT_ALLOW','excludes':{'arches':['arm64','amd64']}},"
    "{'names':['brk'],'action':'SCMP_ACT_ALLOW','includes':{'arches':['amd64']},"
    "'excludes':{'caps':['CAP_KILL']}}]}";

#define ERRNO(n)    (SECCOMP_RET_ERRNO | (n))
#define ALLOW       SECCOMP_RET_ALLOW
#define KILL_THREAD SECCOMP_RET_KILL_THREAD
#define X86_64      AUDIT_ARCH_X86_64
#define I386        AUDIT_ARCH_I386
#define X32(nr)     (0x40000000 + (nr))

static const struct {
    const char *profile;
    const char *target;
    uint32_t arch, nr;
    uint64_t args[3];
    uint32_t verdict;
} calls[] = {
    /* Numbers above the highest that is named get ENOSYS; holes get the default. */
    {names_only, "x86_64", X86_64, 0, {0}, ALLOW},
    {names_only, "x86_64", X86_64, 1, {0}, ERRNO(1)},
    {names_only, "x86_64", X86_64, 257, {0}, ALLOW},
    {names_only, "x86_64", X86_64, 258, {0}, ERRNO(38)},
    {names_only, "x86_64", X86_64, 0x3fffffff, {0}, ERRNO(38)},
    {names_only, "aarch64", AUDIT_ARCH_AARCH64, 63, {0}, ALLOW},
    {names_only, "aarch64", AUDIT_ARCH_AARCH64, 64, {0}, ERRNO(38)},
    {plain_unknown, "x86_64", X86_64, 1, {0}, ERRNO(1)},
    {trap_default, "x86_64", X86_64, 1, {0}, SECCOMP_RET_TRAP},
    {inactive_name, "x86_64", X86_64, 1, {0}, ERRNO(38)},
    {inactive_name, "x86_64", X86_64, 462, {0}, ERRNO(38)},
    /* ABIs that are not listed, and x32, which shares x86_64's token. */
    {names_only, "x86_64", I386, 3, {0}, KILL_THREAD},
    {names_only, "x86_64", AUDIT_ARCH_AARCH64, 63, {0}, KILL_THREAD},
    {names_only, "x86_64", X86_64, X32(0), {0}, KILL_THREAD},
    {names_only, "x86_64", X86_64, 0xfffffffe, {0}, KILL_THREAD},
    {names_only, "x86_64", X86_64, 0xffffffff, {0}, ERRNO(38)},
    {all_x86, "x86_64", I386, 3, {0}, ALLOW},
    {all_x86, "x86_64", X86_64, X32(0), {0}, ALLOW},
    {all_x86, "x86_64", X86_64, X32(514), {0, 4294967298}, ALLOW},
    {all_x86, "x86_64", X86_64, X32(515), {0}, ERRNO(38)},
    {all_x86, "x86_64", X86_64, 17, {0}, ERRNO(38)},
    {all_x86, "x86_64", X86_64, 0x80000000, {0}, ERRNO(38)},
    {all_x86, "x86_64", X86_64, 0xffffffff, {0}, ERRNO(38)},
    {all_x86, "aarch64", AUDIT_ARCH_AARCH64, 63, {0}, ALLOW},
    {all_x86, "aarch64", AUDIT_ARCH_ARM, 3, {0}, KILL_THREAD},
    /* Values of 64 bits; 32-bit ABIs have the low half, x32 has all. */
    {all_x86, "x86_64", X86_64, 16, {0, 4294967298}, ALLOW},
    {all_x86, "x86_64", X86_64, 16, {0, 4294967299}, ERRNO(1)},
    {all_x86, "x86_64", X86_64, X32(514), {0, 4294967299}, ERRNO(1)},
    {all_x86, "x86_64", I386, 54, {0, 4294967295}, ALLOW},
    {all_x86, "x86_64", I386, 54, {0, 0xffffffff00000009}, ALLOW},
    /* Multiplexed calls: tests cannot be made there, so the most restrictive outcome counts. */
    {sockets, "x86_64", X86_64, 41, {2}, ALLOW},
    {sockets, "x86_64", X86_64, 41, {38}, ERRNO(1)},
    {sockets, "x86_64", I386, 359, {2}, ALLOW},
    {sockets, "x86_64", I386, 359, {38}, ERRNO(1)},
    {sockets, "x86_64", I386, 102, {1}, ERRNO(1)},
    {sockets, "x86_64", I386, 102, {2}, ALLOW},
    {sockets, "x86_64", I386, 102, {0xffffffff00000002}, ALLOW},
    {sockets, "x86_64", I386, 102, {0x10002}, ERRNO(1)},
    {sockets, "x86_64", I386, 102, {3}, SECCOMP_RET_KILL_PROCESS},
    {sockets, "x86_64", I386, 102, {4}, ERRNO(1)},
    {sockets, "x86_64", I386, 117, {21}, ALLOW},
    {sockets, "x86_64", I386, 117, {0x50015}, ALLOW},
    {sockets, "x86_64", I386, 117, {22}, ERRNO(1)},
    {sockets, "s390x", AUDIT_ARCH_S390X, 102, {2}, ALLOW},
    {sockets, "s390x", AUDIT_ARCH_S390X, 102, {1}, ERRNO(1)},
    /* A rule on the multiplexer itself comes first. */
    {explicit_call, "x86_64", I386, 102, {1, 7}, SECCOMP_RET_TRAP},
    {explicit_call, "x86_64", I386, 102, {1, 8}, ALLOW},
    {explicit_call, "x86_64", I386, 102, {2, 7}, ERRNO(1)},
    {explicit_call, "x86_64", I386, 117, {1}, SECCOMP_RET_LOG},
    /* Several rules on one call. */
    {mixed, "x86_64", X86_64, 0, {9}, ALLOW},
    {mixed, "x86_64", X86_64, 0, {10}, SECCOMP_RET_LOG},
    {mixed, "x86_64", X86_64, 0, {20}, ERRNO(2)},
    {mixed, "x86_64", X86_64, 0, {30}, ERRNO(2)},
    {mixed, "x86_64", X86_64, 0, {40}, SECCOMP_RET_KILL_PROCESS},
    {mixed, "x86_64", X86_64, 1, {1}, SECCOMP_RET_LOG},
    {same_as_default, "x86_64", X86_64, 0, {1}, ALLOW},
    {same_as_default, "x86_64", X86_64, 0, {2}, ERRNO(13)},
    {same_as_default, "x86_64", X86_64, 1, {0}, ERRNO(14)},
    {alternatives, "x86_64", X86_64, 0, {1}, ALLOW},
    {alternatives, "x86_64", X86_64, 0, {2}, ALLOW},
    {alternatives, "x86_64", X86_64, 0, {3, 9}, ALLOW},
    {alternatives, "x86_64", X86_64, 0, {3, 8}, ERRNO(1)},
    /* Errno names are the target's; numbers stay what they are. */
    {named_errno, "x86_64", X86_64, 0, {0}, ERRNO(40)},
    {named_errno, "x86_64", X86_64, 2, {0}, ERRNO(38)},
    {named_errno, "mips64", AUDIT_ARCH_MIPS64, 5000, {0}, ERRNO(90)},
    {named_errno, "mips64", AUDIT_ARCH_MIPS64, 5001, {0}, ERRNO(38)},
    {named_errno, "mips64", AUDIT_ARCH_MIPS64, 5002, {0}, ERRNO(89)},
    {named_errno, "parisc", AUDIT_ARCH_PARISC, 3, {0}, ERRNO(249)},
    {named_errno, "parisc", AUDIT_ARCH_PARISC, 4, {0}, ERRNO(38)},
    {names_only, "mips", AUDIT_ARCH_MIPS, 4500, {0}, ERRNO(89)},
    /* GHSA-4q85-33p6-j5g6 and its sibling: see libseccomp_answers_differently. */
    {merge_of_halves, "x86_64", X86_64, 0, {1}, ALLOW},
    {merge_of_halves, "x86_64", X86_64, 0, {2}, ERRNO(1)},
    {merge_of_halves, "x86_64", X86_64, 0, {4294967296}, ERRNO(1)},
    {merge_of_halves, "x86_64", X86_64, 0, {4294967297}, ALLOW},
    {merge_of_halves, "x86_64", X86_64, 0, {UINT64_MAX}, ALLOW},
    {merge_of_unequal, "x86_64", X86_64, 0, {2, 0, 8}, ERRNO(1)},
    {merge_of_unequal, "x86_64", X86_64, 0, {2, 0, 2}, ALLOW},
    {merge_of_unequal, "x86_64", X86_64, 0, {255, 0, 2}, ALLOW},
};

struct compiled {
    struct profile profile;
    struct variant_request request;
    struct filter filter;
};

static void compile(struct compiled *c, const char *text, struct syscalls *syscalls,
                    struct arena *arena)
{
    char *copy = profile_json(arena, text);
    struct diags diags;

    diags_init(&diags, arena);
    ck_assert_msg(profile_parse(&c->profile, copy, strlen(copy), arena, &diags) == 0, "%s",
                  diags_render(&diags, arena, copy));
    ck_assert_msg(
        compile_profile(&c->filter, syscalls, copy, strlen(copy), &c->request, arena, &diags) == 0,
        "%s", diags_render(&diags, arena, copy));
}

static void assert_verdict(const struct compiled *c, struct syscalls *syscalls, struct arena *arena,
                           const struct seccomp_data *data, uint32_t expected)
{
    bool big_endian = target_native_abi(c->request.target)->big_endian;

    ck_assert_str_eq(
        verdict_text(arena, reference_verdict(&c->profile, &c->request, syscalls, data)),
        verdict_text(arena, expected));
    ck_assert_str_eq(verdict_text(arena, bpf_simulate(c->filter.program.insns,
                                                      c->filter.program.n_insns, data, big_endian)
                                             .verdict),
                     verdict_text(arena, expected));
}

START_TEST(verdicts)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct syscalls *syscalls = syscalls_new();
    struct compiled c = {.request = {.target = target_by_name(calls[_i].target)}};
    struct seccomp_data data = {.nr = (int)calls[_i].nr, .arch = calls[_i].arch};

    memcpy(data.args, calls[_i].args, sizeof(calls[_i].args));
    compile(&c, calls[_i].profile, syscalls, &arena);
    assert_verdict(&c, syscalls, &arena, &data, calls[_i].verdict);
    syscalls_free(syscalls);
}
END_TEST

#define CAPS(a, b) ((uint64_t)(a) | (uint64_t)(b) << 5) /* CAP_CHOWN, CAP_KILL */

static const struct {
    const char *target;
    uint32_t nr;
    uint64_t caps;
    uint32_t kernel;
    bool allowed;
} conditional[] = {
    {"x86_64", 0, CAPS(0, 0), 0, false},
    {"x86_64", 0, CAPS(1, 0), 0, false},
    {"x86_64", 0, CAPS(1, 1), 0, true},
    {"x86_64", 1, CAPS(0, 0), 0, true},
    {"x86_64", 1, CAPS(0, 1), 0, false},
    {"x86_64", 1, CAPS(1, 1), 0, false},
    {"x86_64", 3, 0, KERNEL_VERSION(5, 9), false},
    {"x86_64", 3, 0, KERNEL_VERSION(5, 10), true},
    {"x86_64", 3, 0, KERNEL_VERSION(6, 0), true},
    {"x86_64", 5, 0, KERNEL_VERSION(5, 9), true},
    {"x86_64", 5, 0, KERNEL_VERSION(5, 10), false},
    {"x86_64", 8, 0, 0, true},
    {"x86_64", 9, 0, 0, false},
    {"riscv64", 62, 0, 0, false},
    {"riscv64", 222, 0, 0, true},
    {"x86_64", 12, 0, 0, true},
    {"x86_64", 12, CAPS(0, 1), 0, false},
    {"riscv64", 214, 0, 0, false},
};

START_TEST(conditional_verdicts)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct syscalls *syscalls = syscalls_new();
    struct compiled c = {
        .request =
            {
                .target = target_by_name(conditional[_i].target),
                .caps = conditional[_i].caps,
                .kernel = conditional[_i].kernel,
            },
    };
    struct seccomp_data data = {
        .nr = (int)conditional[_i].nr,
        .arch = target_native_abi(c.request.target)->audit_arch,
    };

    compile(&c, conditions, syscalls, &arena);
    assert_verdict(&c, syscalls, &arena, &data, conditional[_i].allowed ? ALLOW : ERRNO(1));
    syscalls_free(syscalls);
}
END_TEST

/* What 2.5.4 makes of the two profiles: the calls that it must not allow, it does. */
static const struct {
    const char *profile;
    uint64_t args[3];
} weaker[] = {
    {merge_of_halves, {2}},
    {merge_of_unequal, {2, 0, 8}},
};

START_TEST(libseccomp_answers_differently)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct scmp_version *version = seccomp_version();
    struct syscalls *syscalls = syscalls_new();
    struct compiled c = {.request = {.target = target_by_name("x86_64")}};
    struct seccomp_data data = {.nr = 0, .arch = X86_64};
    struct sock_filter *insns;
    struct variant variant;
    struct diags diags;
    size_t n_insns;

    memcpy(data.args, weaker[_i].args, sizeof(weaker[_i].args));
    compile(&c, weaker[_i].profile, syscalls, &arena);
    assert_verdict(&c, syscalls, &arena, &data, ERRNO(1));
    diags_init(&diags, &arena);
    ck_assert_int_eq(variant_resolve(&variant, &c.profile, &c.request, &arena, &diags), 0);
    ck_assert_int_eq(libseccomp_filter(&variant, 10, &arena, &insns, &n_insns), 0);
    if (version->major == 2 && version->minor == 5 && version->micro == 4)
        ck_assert_str_eq(verdict_text(&arena, bpf_simulate(insns, n_insns, &data, false).verdict),
                         "ALLOW");
    syscalls_free(syscalls);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference");
    TCase *tc = tcase_create("reference");

    tcase_add_loop_test(tc, verdicts, 0, ARRAY_SIZE(calls));
    tcase_add_loop_test(tc, conditional_verdicts, 0, ARRAY_SIZE(conditional));
    tcase_add_loop_test(tc, libseccomp_answers_differently, 0, ARRAY_SIZE(weaker));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
