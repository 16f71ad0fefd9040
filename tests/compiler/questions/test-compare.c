/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of bdd-outcomes.c, combine.c and compare.c: the pairs of answers of two filters, several
 * filters together, and differences by name.
 */
#include "compiler/facts/abi.h"
#include "compiler/questions/compare.h"

#include <check.h>
#include <linux/audit.h>
#include <string.h>

#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/prove/bdd-outcomes.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/symbolic.h"
#include "compiler/questions/combine.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define LD(field)    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(k)       BPF_STMT(BPF_RET | BPF_K, k)
#define JEQ(k, t, f) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, t, f)
#define JGE(k, t, f) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, k, t, f)

enum {
    EPERM_VERDICT = SECCOMP_RET_ERRNO | 1,
    EACCES_VERDICT = SECCOMP_RET_ERRNO | 13,
};

/* ioctl is refused for arguments from 16 on; keyctl is refused; x86 is refused; others kill. */
static const struct sock_filter first[] = {
    LD(arch),
    JEQ(AUDIT_ARCH_X86_64, 2, 0),
    JEQ(AUDIT_ARCH_I386, 6, 0),
    RET(SECCOMP_RET_KILL_THREAD),
    LD(nr),
    JEQ(16, 0, 2),
    LD(args[1]),
    JGE(16, 1, 2),
    JEQ(250, 0, 1),
    RET(EPERM_VERDICT),
    RET(SECCOMP_RET_ALLOW),
};

/* ioctl is refused for 3, another way, and logged for 20; everything is allowed elsewhere. */
static const struct sock_filter second[] = {
    LD(arch),
    JEQ(AUDIT_ARCH_X86_64, 0, 5),
    LD(nr),
    JEQ(16, 0, 3),
    LD(args[1]),
    JEQ(3, 2, 0),
    JEQ(20, 2, 0),
    RET(SECCOMP_RET_ALLOW),
    RET(EACCES_VERDICT),
    RET(SECCOMP_RET_LOG),
};

struct fixture {
    struct arena arena;
    struct bdd *bdd;
    struct syscalls *syscalls;
    struct behaviour a;
    struct behaviour b;
};

static struct fixture f;

static void analyse(struct behaviour *behaviour, const struct sock_filter *program, size_t n)
{
    struct obstacle obstacle = {0, ""};
    const char *why = "";
    size_t bad;

    ck_assert_msg(bpf_check(program, n, &bad, &why) == 0, "%zu: %s", bad, why);
    ck_assert_int_eq(behaviour_of_program(behaviour, f.bdd, program, n, false, &f.arena, &obstacle),
                     0);
}

static void set_up(void)
{
    f = (struct fixture){.bdd = bdd_new(1 << 20), .syscalls = syscalls_new()};
    analyse(&f.a, first, ARRAY_SIZE(first));
    analyse(&f.b, second, ARRAY_SIZE(second));
}

static void tear_down(void)
{
    bdd_free(f.bdd);
    syscalls_free(f.syscalls);
    arena_free(&f.arena);
}

static const struct bdd_outcome *find_outcome(const struct bdd_outcomes *outcomes, uint32_t a,
                                              uint32_t b)
{
    for (size_t i = 0; i < outcomes->n; i++)
        if (outcomes->items[i].a == a && outcomes->items[i].b == b)
            return &outcomes->items[i];
    return NULL;
}

START_TEST(outcomes_are_all_pairs)
{
    bdd_ref a = behaviour_at(&f.a, AUDIT_ARCH_X86_64, 16);
    bdd_ref b = behaviour_at(&f.b, AUDIT_ARCH_X86_64, 16);
    struct bdd_outcomes outcomes;

    ck_assert_int_eq(bdd_outcomes(f.bdd, a, b, NULL, &outcomes), 0);
    ck_assert_uint_eq(outcomes.n, 4);
    ck_assert(!outcomes.more);
    ck_assert_uint_eq(outcomes.words, 1 << 1);
    ck_assert_ptr_nonnull(find_outcome(&outcomes, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW));
    ck_assert_ptr_nonnull(find_outcome(&outcomes, EPERM_VERDICT, SECCOMP_RET_ALLOW));
    ck_assert_uint_eq(find_outcome(&outcomes, SECCOMP_RET_ALLOW, EACCES_VERDICT)->words[1], 3);
    ck_assert_uint_eq(find_outcome(&outcomes, EPERM_VERDICT, SECCOMP_RET_LOG)->words[1], 20);
    for (size_t i = 0; i < outcomes.n; i++) {
        const struct bdd_outcome *item = &outcomes.items[i];

        ck_assert_uint_eq(bdd_evaluate(f.bdd, a, item->words), item->a);
        ck_assert_uint_eq(bdd_evaluate(f.bdd, b, item->words), item->b);
    }
    ck_assert_int_eq(bdd_outcomes(f.bdd, a, b, verdict_is_weaker, &outcomes), 0);
    ck_assert_uint_eq(outcomes.n, 1);
    ck_assert_ptr_nonnull(find_outcome(&outcomes, SECCOMP_RET_ALLOW, EACCES_VERDICT));
    /* The values of one function. */
    ck_assert_int_eq(bdd_outcomes(f.bdd, b, b, NULL, &outcomes), 0);
    ck_assert_uint_eq(outcomes.n, 3);
}
END_TEST

/* Each value of the low byte has its own verdict: more than are kept. */
START_TEST(too_many_outcomes_are_said)
{
    struct bdd_outcomes outcomes;
    bdd_ref all = bdd_constant(f.bdd, 0);

    for (uint32_t value = 1; value < 256; value++) {
        bdd_ref is = BDD_TRUE;

        for (unsigned int bit = 0; bit < 8; bit++) {
            bdd_ref set = bdd_bit(f.bdd, 0, bit);

            is = bdd_and(f.bdd, is, value >> bit & 1 ? set : bdd_not(f.bdd, set));
        }
        all = bdd_if(f.bdd, is, bdd_constant(f.bdd, value), all);
    }
    ck_assert_int_eq(bdd_outcomes(f.bdd, all, all, NULL, &outcomes), 0);
    ck_assert_uint_eq(outcomes.n, OUTCOMES_MAX);
    ck_assert(outcomes.more);
}
END_TEST

static uint32_t kernel_answer(const struct seccomp_data *data)
{
    uint32_t newer = bpf_simulate(first, ARRAY_SIZE(first), data, false).verdict;
    uint32_t older = bpf_simulate(second, ARRAY_SIZE(second), data, false).verdict;

    return verdict_compare(older, newer) < 0 ? older : newer;
}

START_TEST(combination_is_what_the_kernel_does)
{
    static const uint32_t archs[] = {0, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64 + 1,
                                     UINT32_MAX};
    static const uint32_t numbers[] = {0, 15, 16, 17, 249, 250, 251, UINT32_MAX};
    struct behaviour both;

    ck_assert_int_eq(behaviour_combine(&both, f.bdd, &f.a, &f.b, &f.arena), 0);
    for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(numbers); k++) {
            for (uint64_t arg = 0; arg < 64; arg++) {
                struct seccomp_data data = {
                    .arch = archs[i], .nr = (int)numbers[k], .args = {0, arg}};
                uint64_t words[BDD_WORDS] = {0, arg};

                ck_assert_uint_eq(
                    bdd_evaluate(f.bdd, behaviour_at(&both, archs[i], numbers[k]), words),
                    kernel_answer(&data));
            }
        }
    }
}
END_TEST

/* Of two errnos the newer filter's counts: the order matters then, and only then. */
START_TEST(combination_knows_the_order)
{
    static const struct sock_filter eperm[] = {RET(EPERM_VERDICT)};
    static const struct sock_filter eacces[] = {RET(EACCES_VERDICT)};
    static const struct sock_filter trap[] = {RET(SECCOMP_RET_TRAP)};
    struct behaviour one, two, three, both;
    uint32_t value;

    analyse(&one, eperm, 1);
    analyse(&two, eacces, 1);
    analyse(&three, trap, 1);
    ck_assert_int_eq(behaviour_combine(&both, f.bdd, &one, &two, &f.arena), 0);
    ck_assert(bdd_is_constant(f.bdd, behaviour_at(&both, 0, 0), &value));
    ck_assert_uint_eq(value, EPERM_VERDICT);
    ck_assert_int_eq(behaviour_combine(&both, f.bdd, &two, &one, &f.arena), 0);
    ck_assert(bdd_is_constant(f.bdd, behaviour_at(&both, 0, 0), &value));
    ck_assert_uint_eq(value, EACCES_VERDICT);
    ck_assert_int_eq(behaviour_combine(&both, f.bdd, &both, &three, &f.arena), 0);
    ck_assert(bdd_is_constant(f.bdd, behaviour_at(&both, 0, 0), &value));
    ck_assert_uint_eq(value, SECCOMP_RET_TRAP);
    ck_assert_uint_eq(both.n_archs * both.archs[0].n_numbers, 1);
}
END_TEST

START_TEST(changes_have_names)
{
    struct changes changes;
    const struct change_part *part;

    ck_assert_int_eq(changes_find(&changes, f.bdd, &f.a, &f.b, target_by_name("x86_64"), f.syscalls,
                                  verdicts_differ, &f.arena),
                     0);
    ck_assert_uint_eq(changes.n_parts, 3);

    part = &changes.parts[0];
    ck_assert_ptr_eq(part->abi, abi_get(ABI_X86_64));
    ck_assert_uint_eq(part->n_changes, 2);
    ck_assert_uint_eq(part->changes[0].n_calls, 1);
    ck_assert_str_eq(part->changes[0].calls[0].name, "ioctl");
    ck_assert_uint_eq(part->changes[0].n_unnamed, 0);
    ck_assert_uint_eq(part->changes[0].outcomes.n, 3);
    ck_assert(!change_is_plain(f.bdd, &part->changes[0]));
    ck_assert_str_eq(part->changes[1].calls[0].name, "keyctl");
    ck_assert(change_is_plain(f.bdd, &part->changes[1]));
    ck_assert_uint_eq(change_first_nr(&part->changes[1]), 250);

    part = &changes.parts[1];
    ck_assert_ptr_eq(part->abi, abi_get(ABI_X86));
    ck_assert_uint_eq(part->n_changes, 1);
    ck_assert_uint_gt(part->changes[0].n_calls, 300);
    ck_assert_uint_eq(part->changes[0].unnamed[part->changes[0].n_unnamed - 1].last, UINT32_MAX);

    part = &changes.parts[2];
    ck_assert_ptr_null(part->abi);
    ck_assert_uint_eq(part->n_changes, 1);
    ck_assert_uint_eq(part->arch, 0);
    ck_assert_uint_eq(part->more_archs, 2);
    ck_assert_uint_eq(part->changes[0].outcomes.items[0].a, SECCOMP_RET_KILL_THREAD);

    ck_assert_int_eq(changes_find(&changes, f.bdd, &f.a, &f.a, target_by_name("x86_64"), f.syscalls,
                                  verdicts_differ, &f.arena),
                     0);
    ck_assert_uint_eq(changes.n_parts, 0);
}
END_TEST

/* Where a filter does not look at the architecture, each ABI of the target has its part. */
START_TEST(one_range_of_architectures_is_split)
{
    static const struct sock_filter deny[] = {LD(nr), JEQ(0x40000010, 1, 0), JEQ(5, 0, 1),
                                              RET(EPERM_VERDICT), RET(SECCOMP_RET_ALLOW)};
    static const struct sock_filter allow[] = {RET(SECCOMP_RET_ALLOW)};
    static const char *const names[] = {"fstat", "open", NULL};
    struct changes changes;
    struct behaviour a, b;

    analyse(&a, deny, ARRAY_SIZE(deny));
    analyse(&b, allow, ARRAY_SIZE(allow));
    ck_assert_int_eq(changes_find(&changes, f.bdd, &a, &b, target_by_name("x86_64"), f.syscalls,
                                  verdicts_differ, &f.arena),
                     0);
    ck_assert_uint_eq(changes.n_parts, 4);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(changes.parts[i].changes[0].calls[0].name, names[i]);
        ck_assert_uint_eq(changes.parts[i].changes[0].n_calls, 1);
    }
    ck_assert_ptr_eq(changes.parts[2].abi, abi_get(ABI_X32));
    ck_assert_uint_eq(changes.parts[2].changes[0].unnamed[0].first, 0x40000010);
    ck_assert_ptr_null(changes.parts[3].abi);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("changes");
    TCase *tcase = tcase_create("changes");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, outcomes_are_all_pairs);
    tcase_add_test(tcase, too_many_outcomes_are_said);
    tcase_add_test(tcase, combination_is_what_the_kernel_does);
    tcase_add_test(tcase, combination_knows_the_order);
    tcase_add_test(tcase, changes_have_names);
    tcase_add_test(tcase, one_range_of_architectures_is_split);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
