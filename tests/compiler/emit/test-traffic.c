/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which calls come to which switch: architectures lead their own calls on, x32's meet those of
 * x86_64 where their bit is gone, and what nobody calls weighs little or nothing.
 */
#include "compiler/emit/diagram.h"
#include "compiler/emit/traffic.h"

#include <check.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "compiler/emit/shape.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    WORD_NR = 0,
    WORD_ARCH = 4,
    WORD_ARGUMENT = 16,
    X32_BIT = 0x40000000,
};

struct fixture {
    struct arena arena;
    struct diagram diagram;
    struct syscalls *syscalls;
    const struct node *allow;
    const struct node *deny;
};

static void set_up(struct fixture *f)
{
    *f = (struct fixture){.syscalls = syscalls_new()};
    ck_assert_ptr_nonnull(f->syscalls);
    ck_assert_int_eq(diagram_init(&f->diagram, &f->arena), 0);
    f->allow = diagram_return(&f->diagram, SECCOMP_RET_ALLOW);
    f->deny = diagram_return(&f->diagram, SECCOMP_RET_ERRNO | 1);
}

static void tear_down(struct fixture *f)
{
    syscalls_free(f->syscalls);
    arena_free(&f->arena);
}

static const uint32_t *const *follow(struct fixture *f, const struct node *root, const char *target)
{
    const uint32_t *const *weights =
        traffic_follow(&f->diagram, root, target_by_name(target), f->syscalls, &f->arena);

    ck_assert_ptr_nonnull(weights);
    return weights;
}

START_TEST(calls_weigh_more_than_other_numbers)
{
    struct fixture f;

    set_up(&f);

    /* riscv64 has calls 0 to 9, none of 300 to 309, and is not tried beyond 470. */
    const struct segment segments[] = {
        {0, f.allow}, {10, f.deny}, {300, f.allow}, {310, f.deny}, {1000, f.allow},
    };
    const struct node *node = diagram_switch(&f.diagram, WORD_NR, segments, ARRAY_SIZE(segments));
    const uint32_t *weights = follow(&f, node, "riscv64")[node->id];

    ck_assert_uint_gt(weights[0], 2 * weights[2]);
    ck_assert_uint_gt(weights[2], 0);
    ck_assert_uint_eq(weights[4], 0);
    tear_down(&f);
}
END_TEST

/* A call that is always refused weighs no more than a number that is no call. */
START_TEST(refused_calls_weigh_little)
{
    struct fixture f;

    set_up(&f);

    const struct segment segments[] = {{0, f.allow}, {10, f.deny}, {20, f.allow}, {310, f.deny}};
    const struct node *node = diagram_switch(&f.diagram, WORD_NR, segments, ARRAY_SIZE(segments));
    const uint32_t *weights = follow(&f, node, "riscv64")[node->id];
    const struct segment args[] = {{0, f.deny}, {1, f.allow}};
    const struct node *by_args = diagram_switch(&f.diagram, WORD_ARGUMENT, args, 2);
    const struct segment tested[] = {{0, f.allow}, {10, by_args}, {20, f.allow}, {310, f.deny}};
    const struct node *other = diagram_switch(&f.diagram, WORD_NR, tested, ARRAY_SIZE(tested));

    ck_assert_uint_gt(weights[0], 2 * weights[1]);
    ck_assert_uint_eq(10 * weights[3], weights[1] * (470 - 310));
    ck_assert_uint_eq(follow(&f, other, "riscv64")[other->id][1], weights[0]);
    tear_down(&f);
}
END_TEST

START_TEST(architectures_lead_to_their_own_calls)
{
    struct fixture f;

    set_up(&f);

    /* Calls of both, but another table for each: mips begins at 4000, mips64 at 5000. */
    const struct segment numbers[] = {{0, f.deny}, {4000, f.allow}, {4400, f.deny}};
    const struct node *o32 = diagram_switch(&f.diagram, WORD_NR, numbers, ARRAY_SIZE(numbers));
    const struct segment archs[] = {
        {0, f.deny}, {AUDIT_ARCH_MIPS, o32}, {AUDIT_ARCH_MIPS + 1, f.allow}};
    const struct node *root = diagram_switch(&f.diagram, WORD_ARCH, archs, ARRAY_SIZE(archs));
    const uint32_t *const *weights = follow(&f, root, "mips64");

    ck_assert_uint_eq(weights[root->id][0], 0);
    ck_assert_uint_gt(weights[root->id][1], 0);
    ck_assert_uint_gt(weights[root->id][2], weights[root->id][1]); /* the native one, and n32 */
    ck_assert_uint_eq(weights[o32->id][0], 0);
    ck_assert_uint_gt(weights[o32->id][1], weights[o32->id][2]);
    ck_assert_uint_lt(weights[o32->id][2], 400 * SHAPE_CALL); /* mips64's 5000 are not among them */
    tear_down(&f);
}
END_TEST

START_TEST(x32_meets_x86_64_without_its_bit)
{
    struct fixture f;

    set_up(&f);

    const struct segment numbers[] = {{0, f.allow}, {100, f.deny}};
    const struct node *both =
        diagram_switch(&f.diagram, WORD_FOLDED_NR, numbers, ARRAY_SIZE(numbers));
    const struct node *strip = diagram_strip(&f.diagram, X32_BIT, both);
    const struct segment halves[] = {{0, both}, {X32_BIT, strip}};
    const struct segment halves_apart[] = {{0, both}, {X32_BIT, f.deny}};
    const struct node *joined = diagram_switch(&f.diagram, WORD_NR, halves, 2);
    const struct node *apart = diagram_switch(&f.diagram, WORD_NR, halves_apart, 2);
    const uint32_t *with = follow(&f, joined, "x86_64")[both->id];
    const uint32_t *without = follow(&f, apart, "x86_64")[both->id];

    /* More calls, but few: and below 100, not at 0x40000000. */
    ck_assert_uint_gt(with[0], without[0]);
    ck_assert_uint_lt(with[0], without[0] * 5 / 4);
    ck_assert_uint_lt(with[1], without[1] * 5 / 4);
    tear_down(&f);
}
END_TEST

START_TEST(arguments_weigh_alike)
{
    struct fixture f;

    set_up(&f);

    const struct segment segments[] = {{0, f.allow}, {7, f.deny}, {8, f.allow}};
    const struct node *node =
        diagram_switch(&f.diagram, WORD_ARGUMENT, segments, ARRAY_SIZE(segments));
    const uint32_t *weights = follow(&f, node, "aarch64")[node->id];

    for (size_t i = 0; i < ARRAY_SIZE(segments); i++)
        ck_assert_uint_eq(weights[i], SHAPE_CALL);
    tear_down(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("traffic");
    TCase *tcase = tcase_create("traffic");

    tcase_add_test(tcase, calls_weigh_more_than_other_numbers);
    tcase_add_test(tcase, refused_calls_weigh_little);
    tcase_add_test(tcase, architectures_lead_to_their_own_calls);
    tcase_add_test(tcase, x32_meets_x86_64_without_its_bit);
    tcase_add_test(tcase, arguments_weigh_alike);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
