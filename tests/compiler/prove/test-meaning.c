/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What profiles mean, by the definition that filters are proven against: answers worked out by hand
 * for each rule of the format on several kinds of ABI; and random profiles, beside the policy and
 * the reference evaluator.
 */
#include "compiler/policy/policy.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/meaning.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/prove.h"
#include "tests/compiler/profile-text.h"
#include "tests/compiler/random-profile.h"
#include "tests/compiler/reference.h"
#include "tests/suite.h"
#include "util/cleanup.h"

enum {
    RANDOM_PROFILES = 40,
    RANDOM_CALLS = 6, /* of each range of numbers */
};

#define ALLOW        SECCOMP_RET_ALLOW
#define LOG          SECCOMP_RET_LOG
#define TRAP         SECCOMP_RET_TRAP
#define KILL_THREAD  SECCOMP_RET_KILL_THREAD
#define KILL_PROCESS SECCOMP_RET_KILL_PROCESS
#define ERRNO(n)     (SECCOMP_RET_ERRNO | (n))

/* Profiles, with ' for ". */
static const char plain[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86','SCMP_ARCH_X32',"
    "'SCMP_ARCH_ARM'],'syscalls':[{'names':['read','openat','kexec_load'],"
    "'action':'SCMP_ACT_ALLOW'},{'names':['write'],'action':'SCMP_ACT_LOG'},"
    "{'names':['getpid'],'action':'SCMP_ACT_ERRNO'}]}";
static const char native_only[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':['read','openat','kexec_load'],"
    "'action':'SCMP_ACT_ALLOW'},{'names':['writev'],'action':'SCMP_ACT_ALLOW',"
    "'includes':{'caps':['CAP_KILL']}},{'names':['readv'],'action':'SCMP_ACT_LOG',"
    "'excludes':{'minKernel':'5.10'}},{'names':['close'],'action':'SCMP_ACT_TRAP',"
    "'includes':{'arches':['amd64','s390x'],'minKernel':'4.8'},'excludes':{'caps':['CAP_KILL']}}]}";
static const char several[] =
    "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':["
    "{'names':['read'],'action':'SCMP_ACT_LOG','args':[{'index':0,'value':10,'op':'SCMP_CMP_GE'}]},"
    "{'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':2,"
    "'args':[{'index':0,'value':20,'op':'SCMP_CMP_GT'}]},"
    "{'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':3,"
    "'args':[{'index':0,'value':15,'op':'SCMP_CMP_GT'},{'index':1,'value':1,'op':'SCMP_CMP_NE'}]},"
    "{'names':['write'],'action':'SCMP_ACT_KILL_PROCESS','args':["
    "{'index':0,'value':5,'op':'SCMP_CMP_LT'}]},"
    "{'names':['write'],'action':'SCMP_ACT_LOG'},{'names':['write'],'action':'SCMP_ACT_TRAP'},"
    "{'names':['close'],'action':'SCMP_ACT_TRAP','args':["
    "{'index':0,'value':3,'op':'SCMP_CMP_EQ'},{'index':0,'value':7,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['dup'],'action':'SCMP_ACT_TRAP','args':["
    "{'index':0,'value':4294967295,'op':'SCMP_CMP_LE'}]}]}";
static const char masked[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86','SCMP_ARCH_X32',"
    "'SCMP_ARCH_ARM','SCMP_ARCH_S390'],'syscalls':["
    "{'names':['clone'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':240,'valueTwo':48,'op':'SCMP_CMP_MASKED_EQ'}]},"
    "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':2,'value':4294967301,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['dup'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':4294967296,'op':'SCMP_CMP_LT'}]}]}";
static const char sockets[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86','SCMP_ARCH_S390',"
    "'SCMP_ARCH_PPC','SCMP_ARCH_MIPS'],'syscalls':["
    "{'names':['socket'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':38,'op':'SCMP_CMP_NE'}]},"
    "{'names':['bind','shmat'],'action':'SCMP_ACT_ALLOW'},"
    "{'names':['connect'],'action':'SCMP_ACT_LOG','args':["
    "{'index':0,'value':3,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['connect'],'action':'SCMP_ACT_TRAP','args':["
    "{'index':0,'value':4,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['futex','quotactl_fd'],'action':'SCMP_ACT_ALLOW'}]}";
static const char outer_first[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86','SCMP_ARCH_MIPS'],"
    "'syscalls':[{'names':['socket','semop'],'action':'SCMP_ACT_ALLOW'},"
    "{'names':['socketcall'],'action':'SCMP_ACT_TRAP','args':["
    "{'index':1,'value':7,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['ipc'],'action':'SCMP_ACT_LOG'}]}";
static const char named_errnos[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'ELOOP','syscalls':["
    "{'names':['read'],'action':'SCMP_ACT_ERRNO','errno':'ENOSYS'},"
    "{'names':['write'],'action':'SCMP_ACT_ERRNO','errnoRet':38},"
    "{'names':['close'],'action':'SCMP_ACT_ERRNO','errno':'ELOOP'}]}";
static const char not_newer[] = "{'defaultAction':'SCMP_ACT_ERRNO','x-unknownSyscalls':'default',"
                                "'syscalls':[{'names':['read'],'action':'SCMP_ACT_ALLOW'}]}";
static const char kills[] = "{'defaultAction':'SCMP_ACT_KILL_PROCESS','syscalls':["
                            "{'names':['read'],'action':'SCMP_ACT_ALLOW'}]}";
static const char no_rules[] = "{'defaultAction':'SCMP_ACT_ERRNO'}";

enum {
    CAP_KILL_SET = 1 << 5,
};

static const struct {
    const char *profile;
    const char *target;
    const char *abi;
    const char *call; /* NULL: the number NR */
    uint32_t nr;
    uint64_t args[3];
    uint64_t caps;
    uint32_t kernel;
    uint32_t verdict;
} cases[] = {
    /* Names, the default, and what says the same as the default. */
    {plain, "x86_64", "x86_64", "read", 0, {0}, 0, 0, ALLOW},
    {plain, "x86_64", "x86", "read", 0, {0}, 0, 0, ALLOW},
    {plain, "x86_64", "x32", "read", 0, {0}, 0, 0, ALLOW},
    {plain, "x86_64", "x86", "write", 0, {0}, 0, 0, LOG},
    {plain, "x86_64", "x86_64", "getpid", 0, {0}, 0, 0, ERRNO(1)},
    {plain, "x86_64", "x86_64", "close", 0, {0}, 0, 0, ERRNO(1)},
    {plain, "aarch64", "arm", "read", 0, {0}, 0, 0, ALLOW},
    {plain, "ppc64le", "ppc64le", "write", 0, {0}, 0, 0, LOG},
    {plain, "riscv64", "riscv64", "read", 0, {0}, 0, 0, ALLOW},
    {plain, "mips", "mips", "read", 0, {0}, 0, 0, ALLOW},
    {plain, "mips", "mips", NULL, 3999, {0}, 0, 0, ERRNO(1)},
    {no_rules, "riscv64", "riscv64", NULL, 9999, {0}, 0, 0, ERRNO(1)},
    /* ABIs that are not served, x32's numbers, and -1. */
    {native_only, "x86_64", "x86", "read", 0, {0}, 0, 0, KILL_THREAD},
    {native_only, "x86_64", "x32", "read", 0, {0}, 0, 0, KILL_THREAD},
    {native_only, "x86_64", "x86_64", NULL, UINT32_MAX, {0}, 0, 0, ERRNO(38)},
    {native_only, "x86_64", "x86_64", NULL, UINT32_MAX - 1, {0}, 0, 0, KILL_THREAD},
    {native_only, "x86_64", "x86_64", NULL, 0x3fffffff, {0}, 0, 0, ERRNO(38)},
    {kills, "x86_64", "x86_64", NULL, UINT32_MAX, {0}, 0, 0, KILL_PROCESS},
    {native_only, "aarch64", "arm", "read", 0, {0}, 0, 0, KILL_THREAD},
    {native_only, "aarch64", "aarch64", NULL, UINT32_MAX, {0}, 0, 0, ERRNO(38)},
    {native_only, "s390x", "s390", "read", 0, {0}, 0, 0, KILL_THREAD},
    {native_only, "aarch64", "x86_64", "read", 0, {0}, 0, 0, KILL_THREAD},
    {plain, "x86_64", "x32", NULL, UINT32_MAX, {0}, 0, 0, ERRNO(38)},
    /* Conditions. */
    {native_only, "x86_64", "x86_64", "writev", 0, {0}, 0, 0, ERRNO(1)},
    {native_only, "riscv64", "riscv64", "writev", 0, {0}, CAP_KILL_SET, 0, ALLOW},
    {native_only, "x86_64", "x86_64", "readv", 0, {0}, 0, KERNEL_VERSION(5, 9), LOG},
    {native_only, "x86_64", "x86_64", "readv", 0, {0}, 0, KERNEL_VERSION(5, 10), ERRNO(1)},
    {native_only, "s390x", "s390x", "close", 0, {0}, 0, KERNEL_VERSION(4, 8), TRAP},
    {native_only, "s390x", "s390x", "close", 0, {0}, 0, KERNEL_VERSION(4, 7), ERRNO(1)},
    {native_only, "s390x", "s390x", "close", 0, {0}, CAP_KILL_SET, KERNEL_VERSION(5, 0), ERRNO(1)},
    {native_only, "ppc64le", "ppc64le", "close", 0, {0}, 0, KERNEL_VERSION(5, 0), ERRNO(1)},
    /* Several rules on one call. */
    {several, "x86_64", "x86_64", "read", 0, {9}, 0, 0, ALLOW},
    {several, "ppc64le", "ppc64le", "read", 0, {10}, 0, 0, LOG},
    {several, "s390x", "s390x", "read", 0, {16, 1}, 0, 0, LOG},
    {several, "s390x", "s390x", "read", 0, {16, 2}, 0, 0, ERRNO(3)},
    {several, "riscv64", "riscv64", "read", 0, {21, 2}, 0, 0, ERRNO(2)},
    {several, "mips", "mips", "read", 0, {0x100000009}, 0, 0, ALLOW},
    {several, "mips64", "mips64", "read", 0, {0x100000009}, 0, 0, ERRNO(2)},
    {several, "aarch64", "aarch64", "write", 0, {0}, 0, 0, LOG},
    {several, "arm", "arm", "close", 0, {3}, 0, 0, TRAP},
    {several, "arm", "arm", "close", 0, {7}, 0, 0, TRAP},
    {several, "arm", "arm", "close", 0, {4}, 0, 0, ALLOW},
    {several, "parisc", "parisc", "dup", 0, {UINT64_MAX}, 0, 0, TRAP},
    {several, "x86_64", "x86_64", "dup", 0, {UINT64_MAX}, 0, 0, ALLOW},
    /* Masks, and values above 32 bits. */
    {masked, "x86_64", "x86_64", "clone", 0, {0x130}, 0, 0, ALLOW},
    {masked, "x86_64", "x86_64", "clone", 0, {0x170}, 0, 0, ERRNO(1)},
    {masked, "x86_64", "x86", "clone", 0, {0x500000030}, 0, 0, ALLOW},
    {masked, "x86_64", "x86_64", "read", 0, {0, 0, 0x100000005}, 0, 0, ALLOW},
    {masked, "x86_64", "x32", "read", 0, {0, 0, 0x100000005}, 0, 0, ALLOW},
    {masked, "x86_64", "x86_64", "read", 0, {0, 0, 5}, 0, 0, ERRNO(1)},
    {masked, "x86_64", "x86", "read", 0, {0, 0, 0x100000005}, 0, 0, ERRNO(1)},
    {masked, "aarch64", "arm", "read", 0, {0, 0, 5}, 0, 0, ERRNO(1)},
    {masked, "aarch64", "arm", "dup", 0, {UINT64_MAX}, 0, 0, ALLOW},
    {masked, "s390x", "s390", "dup", 0, {UINT64_MAX}, 0, 0, ALLOW},
    {masked, "s390x", "s390x", "dup", 0, {UINT64_MAX}, 0, 0, ERRNO(1)},
    /* Multiplexed calls. */
    {sockets, "x86_64", "x86", "socket", 0, {2}, 0, 0, ALLOW},
    {sockets, "x86_64", "x86", "socketcall", 0, {1}, 0, 0, ERRNO(1)},
    {sockets, "x86_64", "x86", "socketcall", 0, {2}, 0, 0, ALLOW},
    {sockets, "x86_64", "x86", "socketcall", 0, {0x700000002}, 0, 0, ALLOW},
    {sockets, "x86_64", "x86", "socketcall", 0, {0x10002}, 0, 0, ERRNO(1)},
    {sockets, "x86_64", "x86", "socketcall", 0, {3}, 0, 0, TRAP},
    {sockets, "x86_64", "x86", "socketcall", 0, {4}, 0, 0, ERRNO(1)},
    {sockets, "x86_64", "x86", "ipc", 0, {0x50015}, 0, 0, ALLOW},
    {sockets, "x86_64", "x86", "ipc", 0, {22}, 0, 0, ERRNO(1)},
    {sockets, "s390x", "s390x", "socketcall", 0, {0x700000002}, 0, 0, ALLOW},
    {sockets, "s390x", "s390", "ipc", 0, {21}, 0, 0, ALLOW},
    {sockets, "ppc64", "ppc", "socketcall", 0, {3}, 0, 0, TRAP},
    {sockets, "ppc64le", "ppc64le", "socketcall", 0, {2}, 0, 0, ALLOW},
    {sockets, "mips64", "mips", "ipc", 0, {0x15}, 0, 0, ALLOW},
    {outer_first, "x86_64", "x86", "socketcall", 0, {1, 7}, 0, 0, TRAP},
    {outer_first, "x86_64", "x86", "socketcall", 0, {1, 8}, 0, 0, ALLOW},
    {outer_first, "mips", "mips", "socketcall", 0, {2, 8}, 0, 0, ERRNO(1)},
    {outer_first, "mips", "mips", "ipc", 0, {1}, 0, 0, LOG},
    /* Newer calls: above the highest named one. kexec_load is 246, 283, x32's 528 and 104. */
    {native_only, "x86_64", "x86_64", NULL, 258, {0}, 0, 0, ERRNO(38)},
    {native_only, "x86_64", "x86_64", NULL, 256, {0}, 0, 0, ERRNO(1)},
    {plain, "x86_64", "x32", NULL, 0x40000211, {0}, 0, 0, ERRNO(38)},
    {plain, "x86_64", "x32", NULL, 0x4000020f, {0}, 0, 0, ERRNO(1)},
    {native_only, "riscv64", "riscv64", NULL, 105, {0}, 0, 0, ERRNO(38)},
    {sockets, "x86_64", "x86_64", NULL, 442, {0}, 0, 0, ERRNO(1)},
    {sockets, "x86_64", "x86_64", NULL, 444, {0}, 0, 0, ERRNO(38)},
    {outer_first, "x86_64", "x86", NULL, 359, {0}, 0, 0, ALLOW},
    {outer_first, "x86_64", "x86", NULL, 360, {0}, 0, 0, ERRNO(38)},
    {not_newer, "x86_64", "x86_64", NULL, 999, {0}, 0, 0, ERRNO(1)},
    {kills, "riscv64", "riscv64", NULL, 9999, {0}, 0, 0, KILL_PROCESS},
    {several, "x86_64", "x86_64", NULL, 9999, {0}, 0, 0, ALLOW},
    /* Errno names are the target's; numbers stay. A rule that says the default adds nothing. */
    {named_errnos, "x86_64", "x86_64", "open", 0, {0}, 0, 0, ERRNO(40)},
    {named_errnos, "x86_64", "x86_64", "read", 0, {0}, 0, 0, ERRNO(38)},
    {named_errnos, "mips", "mips", "read", 0, {0}, 0, 0, ERRNO(89)},
    {named_errnos, "mips", "mips", "write", 0, {0}, 0, 0, ERRNO(38)},
    {named_errnos, "mips", "mips", "exit", 0, {0}, 0, 0, ERRNO(90)},
    {named_errnos, "mips", "mips", "close", 0, {0}, 0, 0, ERRNO(90)},
    {named_errnos, "mips", "mips", NULL, 4400, {0}, 0, 0, ERRNO(89)},
    {named_errnos, "parisc", "parisc", "close", 0, {0}, 0, 0, ERRNO(249)},
    {named_errnos, "parisc", "parisc", NULL, 400, {0}, 0, 0, ERRNO(251)},
};

/* What is needed to ask for meanings. */
struct fixture {
    struct arena arena;
    struct syscalls *syscalls;
    struct bdd *bdd;
    struct profile profile;
    struct behaviour meaning;
};

static void tear_down(struct fixture *f)
{
    bdd_free(f->bdd);
    syscalls_free(f->syscalls);
    arena_free(&f->arena);
}

static void set_up(struct fixture *f, const char *text, const struct variant_request *request)
{
    struct diags diags;

    *f = (struct fixture){.syscalls = syscalls_new(), .bdd = bdd_new(PROOF_MAX_NODES)};
    diags_init(&diags, &f->arena);
    ck_assert_msg(profile_parse(&f->profile, text, strlen(text), &f->arena, &diags) == 0, "%s",
                  diags_render(&diags, &f->arena, "profile"));
    ck_assert_int_eq(
        meaning_of_profile(&f->meaning, f->bdd, &f->profile, request, f->syscalls, &f->arena), 0);
}

static uint32_t answer(const struct fixture *f, const struct seccomp_data *data)
{
    uint64_t words[BDD_WORDS] = {0};

    memcpy(words, data->args, sizeof(data->args));
    words[BDD_POINTER] = data->instruction_pointer;
    return bdd_evaluate(f->bdd, behaviour_at(&f->meaning, data->arch, (uint32_t)data->nr), words);
}

static const struct abi *abi_named(const char *name)
{
    for (int id = 0; id < ABI_COUNT; id++)
        if (!strcmp(abi_get((enum abi_id)id)->name, name))
            return abi_get((enum abi_id)id);
    ck_abort_msg("no ABI %s", name);
    return NULL;
}

START_TEST(answers)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct variant_request request = {.target = target_by_name(cases[_i].target),
                                            .caps = cases[_i].caps,
                                            .kernel = cases[_i].kernel};
    const struct abi *abi = abi_named(cases[_i].abi);
    struct seccomp_data data = {.arch = abi->audit_arch};
    uint32_t nr = cases[_i].nr;
    struct fixture f;

    set_up(&f, profile_json(&arena, cases[_i].profile), &request);
    if (cases[_i].call)
        ck_assert_int_eq(syscalls_number(f.syscalls, abi->id, cases[_i].call, &nr), 0);
    data.nr = (int)nr;
    memcpy(data.args, cases[_i].args, sizeof(cases[_i].args));
    ck_assert_str_eq(verdict_text(&arena, answer(&f, &data)),
                     verdict_text(&arena, cases[_i].verdict));
    tear_down(&f);
}
END_TEST

START_TEST(flags_are_the_profiles)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct variant_request request = {.target = target_by_name("x86_64")};
    struct fixture f;

    set_up(&f,
           profile_json(&arena, "{'defaultAction':'SCMP_ACT_ALLOW',"
                                "'flags':['SECCOMP_FILTER_FLAG_LOG','SECCOMP_FILTER_FLAG_TSYNC']}"),
           &request);
    ck_assert_uint_eq(meaning_of_flags(&f.profile, &request),
                      SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC);
    tear_down(&f);
}
END_TEST

START_TEST(flags_without_a_list)
{
    static const struct {
        const char *text;
        uint32_t kernel;
        uint32_t flags;
    } defaults[] = {
        {"{'defaultAction':'SCMP_ACT_ALLOW'}", KERNEL_VERSION(4, 16), 0},
        {"{'defaultAction':'SCMP_ACT_ALLOW'}", KERNEL_VERSION(4, 17),
         SECCOMP_FILTER_FLAG_SPEC_ALLOW},
        {"{'defaultAction':'SCMP_ACT_ALLOW'}", KERNEL_VERSION(6, 18),
         SECCOMP_FILTER_FLAG_SPEC_ALLOW},
        {"{'defaultAction':'SCMP_ACT_ALLOW','flags':[]}", KERNEL_VERSION(6, 18), 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        const struct variant_request request = {.target = target_by_name("s390x"),
                                                .kernel = defaults[i].kernel};
        struct fixture f;

        set_up(&f, profile_json(&arena, defaults[i].text), &request);
        ck_assert_uint_eq(meaning_of_flags(&f.profile, &request), defaults[i].flags);
        tear_down(&f);
    }
}
END_TEST

/*
 * Tests of one bit on each of two arguments: which bits of the first are set must be remembered
 * until the second is read. With few nodes this is refused, and not for want of memory.
 */
START_TEST(what_grows_too_large_is_said_so)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct variant_request request = {.target = target_by_name("x86_64")};
    struct syscalls *syscalls = syscalls_new();
    const char *text = "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[";
    struct bdd *bdd = bdd_new(4096);
    struct behaviour meaning;
    struct profile profile;

    for (unsigned int i = 0; i < 20; i++)
        text = arena_printf(&arena,
                            "%s%s{'names':['ioctl'],'action':'SCMP_ACT_ALLOW','args':["
                            "{'index':0,'op':'SCMP_CMP_MASKED_EQ','value':%llu,'valueTwo':%llu},"
                            "{'index':1,'op':'SCMP_CMP_MASKED_EQ','value':%llu,'valueTwo':%llu}]}",
                            text, i ? "," : "", 1ULL << i, 1ULL << i, 1ULL << 7 * i % 64,
                            1ULL << 7 * i % 64);
    text = profile_json(&arena, arena_printf(&arena, "%s]}", text));
    profile_diags(&arena, &profile, text);
    ck_assert_int_eq(meaning_of_profile(&meaning, bdd, &profile, &request, syscalls, &arena),
                     -E2BIG);
    ck_assert(bdd_failed(bdd));
    ck_assert(!bdd_out_of_memory(bdd));
    bdd_free(bdd);
    syscalls_free(syscalls);
}
END_TEST

/* Asks meaning, policy and reference about number NR of ABI, at the edges of the rules on it. */
static size_t compare_number(struct fixture *f, const struct policy *policy,
                             const struct variant_request *request, struct random_source *random,
                             const struct policy_arch *arch, uint32_t nr)
{
    const struct abi *abi = policy_range_of(arch, nr)->abi;
    const char *name = syscalls_name(f->syscalls, abi->id, nr);
    const char *names[1 + MULTIPLEXED_CALLS_MAX] = {name};
    size_t n_names = name != NULL;
    struct edges edges;

    for (uint32_t call = 0; name && call < MULTIPLEXED_CALLS_MAX; call++)
        if (syscalls_multiplexed_call(name, call))
            names[n_names++] = syscalls_multiplexed_call(name, call)->name;
    edges_of(&edges, &f->profile, names, n_names);
    for (uint32_t call = 0; n_names > 1 && call < MULTIPLEXED_CALLS_MAX; call++)
        edges_add(&edges, 0, call);
    for (int i = 0; i < RANDOM_CALLS; i++) {
        struct seccomp_data data = {.nr = (int)nr, .arch = arch->audit_arch};

        edges_pick(&edges, random, &data);

        uint32_t meant = answer(f, &data);

        ck_assert_msg(meant == policy_evaluate(policy, &data),
                      "%s number %u: meaning %#x, policy %#x", abi->name, nr, meant,
                      policy_evaluate(policy, &data));
        ck_assert_msg(meant == reference_verdict(&f->profile, request, f->syscalls, &data),
                      "%s number %u: meaning %#x, reference %#x", abi->name, nr, meant,
                      reference_verdict(&f->profile, request, f->syscalls, &data));
    }
    return RANDOM_CALLS;
}

START_TEST(random_profiles_mean_what_policy_and_reference_say)
{
    size_t n_calls = 0;

    for (uint64_t seed = 1; seed <= RANDOM_PROFILES; seed++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct random_source random = random_begin(seed);
        const char *text = random_profile(&random, &arena);
        const struct target *target;

        for (size_t t = 0; (target = target_at(t)); t++) {
            struct variant_request request = {.target = target};
            struct variant variant;
            struct policy policy;
            struct diags diags;
            struct fixture f;

            if (!abi_is_installed(target_native_abi(target)))
                continue;
            random_request(&random, &request);
            request.mode = (enum variant_mode)((seed + t) % 3);
            set_up(&f, text, &request);
            diags_init(&diags, &f.arena);
            ck_assert_int_eq(variant_resolve(&variant, &f.profile, &request, &f.arena, &diags), 0);
            ck_assert_int_eq(policy_lower(&policy, &variant, f.syscalls, &f.arena), 0);
            for (size_t a = 0; a < policy.n_archs; a++)
                for (size_t i = 0; i < policy.archs[a].n_ranges; i++) {
                    uint32_t first = policy.archs[a].ranges[i].first;

                    n_calls +=
                        compare_number(&f, &policy, &request, &random, &policy.archs[a], first);
                    n_calls +=
                        compare_number(&f, &policy, &request, &random, &policy.archs[a], first - 1);
                }
            tear_down(&f);
        }
    }
    ck_assert_uint_gt(n_calls, 10000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("meaning");
    TCase *tcase = tcase_create("meaning");

    tcase_add_loop_test(tcase, answers, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, flags_are_the_profiles);
    tcase_add_test(tcase, flags_without_a_list);
    tcase_add_test(tcase, what_grows_too_large_is_said_so);
    tcase_add_test(tcase, random_profiles_mean_what_policy_and_reference_say);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
