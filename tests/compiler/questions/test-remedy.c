/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rule that a denied call lacks: whether it is enough, what else it allows, what stands against
 * it. */
#include "compiler/questions/remedy.h"

#include <check.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/request.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/prove.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define ALLOW "\"action\": \"SCMP_ACT_ALLOW\""
#define DENY  "\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 13"

static const char profile_text[] =
    "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"], \"syscalls\": "
    "[\n"
    " {\"names\": [\"read\"], " ALLOW "},\n"
    " {\"names\": [\"socket\"], " ALLOW ", \"args\": [{\"index\": 0, \"value\": 38, \"op\": "
    "\"SCMP_CMP_LT\"}]},\n"
    " {\"names\": [\"mount\"], " DENY "},\n"
    " {\"names\": [\"personality\"], " DENY ", \"args\": [{\"index\": 0, \"value\": 8, \"op\": "
    "\"SCMP_CMP_EQ\"}]},\n"
    " {\"names\": [\"ptrace\"], " DENY ", \"includes\": {\"caps\": [\"CAP_SYS_PTRACE\"]}}]}";

static const struct {
    const char *name;
    enum abi_id abi;
    unsigned int known;
    uint64_t arg; /* number 0 */
    int r;
    bool allowed;
    bool enough;
    unsigned int against; /* its line; 0: none */
    size_t n_tests;
    const char *changed; /* what is allowed then, on each ABI */
} cases[] = {
    {"read", ABI_X86_64, 0, 0, 0, true, true, 0, 0, ""},
    {"write", ABI_X86_64, 0, 0, 0, false, true, 0, 0, "x86_64 write\nx86 write\n"},
    {"write", ABI_X86, 1, 3, 0, false, true, 0, 0, "x86_64 write\nx86 write\n"},
    {"socket", ABI_X86_64, 1, 1, 0, true, true, 0, 1, ""},
    {"socket", ABI_X86_64, 1, 38, 0, false, true, 0, 1,
     "x86_64 socket by argument\nx86 socket by argument\n"},
    {"socket", ABI_X86_64, 0, 0, 0, false, true, 0, 0,
     "x86_64 socket by argument\nx86 socketcall by argument\nx86 socket by argument\n"},
    {"mount", ABI_X86_64, 0, 0, 0, false, false, 4, 0, ""},
    {"personality", ABI_X86_64, 1, 8, 0, false, false, 5, 1, ""},
    {"personality", ABI_X86_64, 1, 0, 0, false, true, 0, 1,
     "x86_64 personality by argument\nx86 personality by argument\n"},
    /* A rule for every call decides alone. */
    {"personality", ABI_X86_64, 0, 0, 0, false, true, 0, 0,
     "x86_64 personality\nx86 personality\n"},
    {"ptrace", ABI_X86_64, 1, 0, 0, false, true, 0, 1,
     "x86_64 ptrace by argument\nx86 ptrace by argument\n"},
    {"waitpid", ABI_X86_64, 0, 0, -ENOENT, false, false, 0, 0, ""},
};

/* What REMEDY allows, in lines. */
static const char *changed(const struct bdd *bdd, const struct remedy *remedy, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < remedy->changes.n_parts; i++) {
        const struct change_part *part = &remedy->changes.parts[i];

        for (size_t k = 0; part->abi && k < part->n_changes; k++)
            for (size_t c = 0; c < part->changes[k].n_calls; c++)
                text = arena_printf(arena, "%s%s %s%s\n", text, part->abi->name,
                                    part->changes[k].calls[c].name,
                                    remedy_is_whole(bdd, &part->changes[k]) ? "" : " by argument");
    }
    return text;
}

START_TEST(remedies)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    struct bdd *bdd = bdd_new(PROOF_MAX_NODES);
    const struct variant_request request = {.target = target_by_name("x86_64"),
                                            .kernel = KERNEL_VERSION(6, 1)};
    const struct remedy_call call = {
        .abi = abi_get(cases[_i].abi),
        .name = cases[_i].name,
        .args = {cases[_i].arg},
        .known = cases[_i].known,
    };
    struct remedy remedy;
    struct profile profile;
    struct diags diags;

    diags_init(&diags, &arena);
    ck_assert_int_eq(profile_parse(&profile, profile_text, strlen(profile_text), &arena, &diags),
                     0);
    ck_assert_int_eq(remedy_find(&remedy, bdd, &profile, &request, &call, syscalls, &arena),
                     cases[_i].r);
    if (cases[_i].r == 0) {
        ck_assert_int_eq(remedy.allowed, cases[_i].allowed);
        ck_assert_int_eq(remedy.enough, cases[_i].enough);
        ck_assert_uint_eq(remedy.against ? remedy.against->at.line : 0, cases[_i].against);
        ck_assert_uint_eq(remedy.rule.n_tests, cases[_i].n_tests);
        ck_assert_uint_eq(remedy.rule.verdict, SECCOMP_RET_ALLOW);
        ck_assert_str_eq(remedy.rule.names[0].name, cases[_i].name);
        if (remedy.rule.n_tests)
            ck_assert_uint_eq(remedy.rule.tests[0].value, cases[_i].arg);
        ck_assert_str_eq(changed(bdd, &remedy, &arena), cases[_i].changed);
    }
    bdd_free(bdd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("remedy");
    TCase *tc = tcase_create("remedy");

    tcase_add_loop_test(tc, remedies, 0, ARRAY_SIZE(cases));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
