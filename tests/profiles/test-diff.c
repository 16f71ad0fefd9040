/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares the exact difference between the default profile and Podman's with the tables of
 * profiles/README.md: for each target, without capabilities and with each one that a row names,
 * every difference has its one row, and every row is about some difference. What test-readme tries
 * with sampled arguments is here so for all arguments and all 2^32 numbers.
 */
#include <check.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "compiler/facts/capability.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/request.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/prove.h"
#include "compiler/prove/symbolic.h"
#include "compiler/questions/compare.h"
#include "tests/profiles/fixture.h"
#include "tests/profiles/readme-table.h"
#include "tests/suite.h"
#include "util/cleanup.h"

#define CALLS_HEADER "| calls | ABIs | with | theirs | ours | why |"
#define ABIS_HEADER  "| target | ABI | theirs | ours | why |"
#define OTHER_CALLS  "every call without a row"
#define BY_ARGUMENTS "by arguments"

struct context {
    struct text ours;
    struct text theirs;
    struct syscalls *syscalls;
    struct readme_table calls;
    struct readme_table abis;
    size_t used[README_ROWS_MAX];
    size_t used_abis[README_ROWS_MAX];
    size_t n_failures;
    size_t n_changes;
};

static uint64_t row_caps(const struct readme_row *row)
{
    return row->cells[2][0] ? (uint64_t)1 << capability_by_name(row->cells[2]) : 0;
}

static const char *side_text(const struct bdd *bdd, bdd_ref decision, const struct target *target,
                             struct arena *arena)
{
    uint32_t value;

    return bdd_is_constant(bdd, decision, &value)
               ? fixture_verdict_text(arena, value, target->abis[0])
               : BY_ARGUMENTS;
}

static bool row_says(const struct readme_row *row, const char *theirs, const char *ours)
{
    return !strcmp(row->cells[3], theirs) && !strcmp(row->cells[4], ours);
}

/* Finds the row for the difference in CALL (NULL: numbers without a name). */
static void check_call(struct context *c, const struct abi *abi, uint64_t caps, const char *call,
                       const char *theirs, const char *ours)
{
    size_t n_rows = 0;

    for (size_t i = 0; call && i < c->calls.n; i++) {
        const struct readme_row *row = &c->calls.rows[i];

        if (!readme_has_code(row->cells[0], call) ||
            (strcmp(row->cells[1], "all") != 0 && !readme_has_word(row->cells[1], abi->name)) ||
            (row_caps(row) & ~caps) || !row_says(row, theirs, ours))
            continue;
        n_rows++;
        c->used[i]++;
    }
    for (size_t i = 0; n_rows == 0 && i < c->calls.n; i++) {
        const struct readme_row *row = &c->calls.rows[i];

        if (strcmp(row->cells[0], OTHER_CALLS) != 0 || !row_says(row, theirs, ours))
            continue;
        n_rows++;
        c->used[i]++;
        break;
    }
    if (n_rows != 1) {
        fprintf(stderr, "%s on %s with capabilities %#llx: theirs %s, ours %s: %zu rows\n",
                call ? call : "numbers without a name", abi->name, (unsigned long long)caps, theirs,
                ours, n_rows);
        c->n_failures++;
    }
}

/* True where the table of ABIs says that only ours serves ABI of TARGET. */
static bool is_only_ours(struct context *c, const struct target *target, const struct abi *abi)
{
    for (size_t i = 0; i < c->abis.n; i++)
        if (!strcmp(c->abis.rows[i].cells[0], target->name) &&
            !strcmp(c->abis.rows[i].cells[1], abi->name)) {
            c->used_abis[i]++;
            return true;
        }
    return false;
}

static void check_part(struct context *c, const struct bdd *bdd, const struct target *target,
                       uint64_t caps, const struct change_part *part, struct arena *arena)
{
    ck_assert_msg(part->abi != NULL, "%s: architectures %#x to %#x differ", target->name,
                  part->arch, part->arch_last);
    if (is_only_ours(c, target, part->abi)) {
        for (size_t i = 0; i < part->n_changes; i++)
            ck_assert_str_eq(side_text(bdd, part->changes[i].b, target, arena), "KILL_THREAD");
        return;
    }
    for (size_t i = 0; i < part->n_changes; i++) {
        const struct change *change = &part->changes[i];
        const char *ours = side_text(bdd, change->a, target, arena);
        const char *theirs = side_text(bdd, change->b, target, arena);

        for (size_t k = 0; k < change->n_calls; k++)
            check_call(c, part->abi, caps, change->calls[k].name, theirs, ours);
        if (change->n_unnamed)
            check_call(c, part->abi, caps, NULL, theirs, ours);
        c->n_changes++;
    }
}

static void analyse(struct context *c, const struct text *text,
                    const struct variant_request *request, struct bdd *bdd,
                    struct behaviour *behaviour, struct arena *arena)
{
    const char *why = "";
    const struct filter *filter = fixture_compile(text, request, c->syscalls, arena, &why);
    struct obstacle obstacle;

    ck_assert_msg(filter != NULL, "%s", why);
    ck_assert_int_eq(
        behaviour_of_program(behaviour, bdd, filter->program.insns, filter->program.n_insns,
                             target_native_abi(request->target)->big_endian, arena, &obstacle),
        0);
}

static void compare(struct context *c, const struct target *target, uint64_t caps)
{
    const struct variant_request request = {
        .target = target, .caps = caps, .kernel = KERNEL_VERSION(6, 1)};
    cleanup_arena struct arena arena = ARENA_INIT;
    struct bdd *bdd = bdd_new(PROOF_MAX_NODES);
    struct behaviour ours;
    struct behaviour theirs;
    struct changes changes;

    analyse(c, &c->ours, &request, bdd, &ours, &arena);
    analyse(c, &c->theirs, &request, bdd, &theirs, &arena);
    ck_assert_int_eq(
        changes_find(&changes, bdd, &ours, &theirs, target, c->syscalls, verdicts_differ, &arena),
        0);
    for (size_t i = 0; i < changes.n_parts; i++)
        check_part(c, bdd, target, caps, &changes.parts[i], &arena);
    bdd_free(bdd);
}

static void compare_targets(struct context *c, uint64_t caps)
{
    for (size_t t = 0; target_at(t); t++)
        if (abi_is_installed(target_native_abi(target_at(t))))
            compare(c, target_at(t), caps);
}

static void check_usage(struct context *c)
{
    for (size_t i = 0; i < c->calls.n; i++) {
        if (c->used[i])
            continue;
        fprintf(stderr, "profiles/README.md:%zu: the row is about no difference\n",
                c->calls.rows[i].line);
        c->n_failures++;
    }
    for (size_t i = 0; i < c->abis.n; i++)
        ck_assert_uint_gt(c->used_abis[i], 0);
}

START_TEST(tables_are_the_exact_difference)
{
    static struct context c;
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_text struct text readme = {0};
    uint64_t named = 0;

    ck_assert_int_eq(text_read(&c.theirs, PODMAN_PROFILE), 0);
    c.syscalls = syscalls_new();
    ck_assert_int_eq(text_read(&c.ours, "profiles/default.json"), 0);
    ck_assert_int_eq(text_read(&readme, "profiles/README.md"), 0);
    ck_assert_int_eq(readme_table_read(&c.calls, &readme, CALLS_HEADER, &arena), 0);
    ck_assert_int_eq(readme_table_read(&c.abis, &readme, ABIS_HEADER, &arena), 0);
    compare_targets(&c, 0);
    for (size_t i = 0; i < c.calls.n; i++) {
        uint64_t caps = row_caps(&c.calls.rows[i]);

        if (caps && !(named & caps))
            compare_targets(&c, caps);
        named |= caps;
    }
    check_usage(&c);
    printf("counts: %zu changes compared with %zu rows\n", c.n_changes, c.calls.n);
    text_free(&c.ours);
    text_free(&c.theirs);
    syscalls_free(c.syscalls);
    ck_assert_uint_eq(c.n_failures, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diff");
    TCase *tcase = tcase_create("diff");

    tcase_add_test(tcase, tables_are_the_exact_difference);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
