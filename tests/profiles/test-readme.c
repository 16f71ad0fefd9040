/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares profiles/README.md with what the profiles mean: which capability opens which call, and
 * that its tables of differences from Podman's profile are exactly the differences, for each call
 * of each ABI, without capabilities, with each single one, and with all. Also what docs/ says of
 * the format.
 */
#include <check.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/lint/lint.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "tests/profiles/fixture.h"
#include "tests/profiles/readme-table.h"
#include "tests/suite.h"
#include "util/cleanup.h"

#define DEFAULT_PROFILE "profiles/default.json"
#define README          "profiles/README.md"
#define MANUAL          "docs/secprof-profile.5"

#define GROUPS_HEADER "| group | calls | allowed with |"
#define CALLS_HEADER  "| calls | ABIs | with | theirs | ours | why |"
#define ABIS_HEADER   "| target | ABI | theirs | ours | why |"
#define OTHER_CALLS   "every call without a row"
#define BY_ARGUMENTS  "by arguments"

enum {
    VECTORS_MAX = 160,
    CAPS_MAX = 64,
};

/* Argument values at which the rules of both profiles change their mind. */
static const uint64_t values[] = {
    0,          1,          2,          3,           5,          6,       8,         9,
    11,         16,         37,         38,          39,         40,      41,        45,
    46,         0x80,       0x20000,    0x20008,     0x20009,    0x40000, 0x2000000, 0x10000000,
    0x40000000, 0x7e020000, 0xffffffff, 0x100000026, UINT64_MAX,
};

/* One of the two profiles. */
struct side {
    struct text text;
    struct profile model;
    const struct filter *filter; /* for the current target and capabilities */
};

struct comparison {
    struct arena arena; /* lives as long as the comparison */
    struct syscalls *syscalls;
    struct side ours;
    struct side theirs;
    uint64_t vectors[VECTORS_MAX][6];
    size_t n_vectors;
    size_t n_failures;
};

/* What the profiles mean for one call. */
struct outcome {
    const char *theirs;
    const char *ours;
    bool differs;
};

static void add_vector(struct comparison *c, const uint64_t args[6])
{
    ck_assert_uint_lt(c->n_vectors, VECTORS_MAX);
    memcpy(c->vectors[c->n_vectors++], args, 6 * sizeof(args[0]));
}

static void make_vectors(struct comparison *c)
{
    static const uint64_t audit[6] = {16, 3, 9, 0, 0, 0};

    for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
        uint64_t args[6] = {values[v], values[v], values[v], values[v], values[v], values[v]};

        add_vector(c, args);
        for (size_t i = 0; i < 3; i++) {
            memset(args, 0, sizeof(args));
            args[i] = values[v];
            add_vector(c, args);
        }
    }
    add_vector(c, audit);
}

static void open_side(struct comparison *c, struct side *side, const char *path)
{
    struct diags diags;

    diags_init(&diags, &c->arena);
    ck_assert_msg(text_read(&side->text, path) == 0, "cannot read %s", path);
    ck_assert_msg(
        profile_parse(&side->model, side->text.bytes, side->text.len, &c->arena, &diags) == 0, "%s",
        diags_render(&diags, &c->arena, path));
}

static void comparison_open(struct comparison *c)
{
    *c = (struct comparison){.syscalls = syscalls_new()};
    ck_assert_ptr_nonnull(c->syscalls);
    make_vectors(c);
}

static void comparison_close(struct comparison *c)
{
    text_free(&c->ours.text);
    text_free(&c->theirs.text);
    syscalls_free(c->syscalls);
    arena_free(&c->arena);
}

static void complain(struct comparison *c, size_t line, const char *text)
{
    if (c->n_failures++ < 40)
        fprintf(stderr, "%s:%zu: %s\n", README, line, text);
}

static bool names_call(const struct rule *rule, const char *call)
{
    for (size_t i = 0; i < rule->n_names; i++)
        if (!strcmp(rule->names[i].name, call))
            return true;
    return false;
}

/* True where arguments can matter to CALL: then all vectors are tried, else one. */
static bool has_tests(const struct profile *model, const char *call)
{
    if (!strcmp(call, "socketcall") || !strcmp(call, "ipc"))
        return true;
    for (size_t i = 0; i < model->n_rules; i++)
        if (model->rules[i].n_tests && names_call(&model->rules[i], call))
            return true;
    return false;
}

static uint64_t named_caps(const struct profile *model)
{
    uint64_t caps = 0;

    for (size_t i = 0; i < model->n_rules; i++)
        caps |= model->rules[i].includes.caps | model->rules[i].excludes.caps;
    return caps;
}

static void compile_side(struct comparison *c, struct side *side,
                         const struct variant_request *request, struct arena *arena)
{
    const char *why = NULL;

    side->filter = fixture_compile(&side->text, request, c->syscalls, arena, &why);
    ck_assert_msg(side->filter != NULL, "%s", why);
}

/* The verdict on vector V; the text of all of them where they agree. */
static const char *summary(struct comparison *c, const struct side *side,
                           const struct target *target, const struct abi *abi, uint32_t nr,
                           size_t n_vectors, struct arena *arena)
{
    uint32_t first = fixture_verdict(side->filter, target, abi, nr, c->vectors[0]);

    for (size_t v = 1; v < n_vectors; v++)
        if (fixture_verdict(side->filter, target, abi, nr, c->vectors[v]) != first)
            return BY_ARGUMENTS;
    return fixture_verdict_text(arena, first, abi->id);
}

static struct outcome compare_call(struct comparison *c, const struct target *target,
                                   const struct abi *abi, uint32_t nr, const char *call,
                                   struct arena *arena)
{
    bool tests = has_tests(&c->ours.model, call) || has_tests(&c->theirs.model, call);
    size_t n = tests ? c->n_vectors : 1;
    struct outcome outcome = {
        .theirs = summary(c, &c->theirs, target, abi, nr, n, arena),
        .ours = summary(c, &c->ours, target, abi, nr, n, arena),
    };

    for (size_t v = 0; v < n && !outcome.differs; v++)
        outcome.differs = fixture_verdict(c->theirs.filter, target, abi, nr, c->vectors[v]) !=
                          fixture_verdict(c->ours.filter, target, abi, nr, c->vectors[v]);
    return outcome;
}

/* The capabilities of a row: none, or one. */
static uint64_t row_caps(const struct readme_row *row)
{
    return row->cells[2][0] ? (uint64_t)1 << capability_by_name(row->cells[2]) : 0;
}

static bool row_is_about(const struct readme_row *row, const char *call, const struct abi *abi)
{
    return readme_has_code(row->cells[0], call) &&
           (!strcmp(row->cells[1], "all") || readme_has_word(row->cells[1], abi->name));
}

static bool row_says(const struct readme_row *row, const struct outcome *outcome)
{
    return !strcmp(row->cells[3], outcome->theirs) && !strcmp(row->cells[4], outcome->ours);
}

/* Compares one call under capabilities CAPS with the table; used[] counts what each row is for. */
static void check_call(struct comparison *c, const struct readme_table *table, size_t used[],
                       uint64_t caps, const struct target *target, const struct abi *abi,
                       const char *call, const struct outcome *outcome)
{
    struct arena arena = ARENA_INIT;
    size_t n_rows = 0;

    for (size_t i = 0; i < table->n; i++) {
        const struct readme_row *row = &table->rows[i];
        bool right = outcome->differs && row_says(row, outcome);

        if (!row_is_about(row, call, abi))
            continue;
        if (row_caps(row) == caps && !right)
            complain(c, row->line,
                     arena_printf(&arena, "%s on %s of target %s: theirs is %s, ours %s", call,
                                  abi->name, target->name, outcome->theirs, outcome->ours));
        if (right && (row_caps(row) & ~caps) == 0) {
            n_rows++;
            used[i]++;
        }
    }
    for (size_t i = 0; outcome->differs && n_rows == 0 && i < table->n; i++) {
        if (strcmp(table->rows[i].cells[0], OTHER_CALLS) != 0 ||
            !row_says(&table->rows[i], outcome))
            continue;
        n_rows++;
        used[i]++;
    }
    if (outcome->differs && n_rows != 1)
        complain(c, 0,
                 arena_printf(&arena,
                              "%zu rows for %s on %s of target %s with capabilities 0x%llx: "
                              "theirs is %s, ours %s",
                              n_rows, call, abi->name, target->name, (unsigned long long)caps,
                              outcome->theirs, outcome->ours));
    arena_free(&arena);
}

/* True where the filter of SIDE knows ABI: else it answers all its calls as foreign ones. */
static bool serves(struct comparison *c, const struct side *side, const struct target *target,
                   const struct abi *abi)
{
    uint32_t nr = 0;

    ck_assert_int_eq(syscalls_number(c->syscalls, abi->id, "read", &nr), 0);
    return fixture_verdict(side->filter, target, abi, nr, c->vectors[0]) == SECCOMP_RET_ALLOW;
}

/* An ABI that only one side serves must be in the table of those, and one of the table must be. */
static bool check_abi(struct comparison *c, const struct readme_table *table,
                      const struct target *target, const struct abi *abi)
{
    bool theirs = serves(c, &c->theirs, target, abi);
    bool ours = serves(c, &c->ours, target, abi);
    bool listed = false;

    for (size_t i = 0; i < table->n; i++)
        listed |= !strcmp(table->rows[i].cells[0], target->name) &&
                  !strcmp(table->rows[i].cells[1], abi->name);
    if (!ours || listed == theirs) {
        fprintf(stderr, "ABI %s of target %s: theirs %d, ours %d\n", abi->name, target->name,
                theirs, ours);
        c->n_failures++;
    }
    return theirs && ours;
}

static void compare_under(struct comparison *c, const struct readme_table *calls,
                          const struct readme_table *abis, size_t used[], uint64_t caps)
{
    for (size_t t = 0; target_at(t); t++) {
        const struct target *target = target_at(t);
        struct variant_request request = {
            .target = target, .caps = caps, .kernel = KERNEL_VERSION(6, 1)};
        cleanup_arena struct arena arena = ARENA_INIT;

        if (!abi_is_installed(target_native_abi(target)))
            continue;
        compile_side(c, &c->ours, &request, &arena);
        compile_side(c, &c->theirs, &request, &arena);
        for (size_t a = 0; a < target->n_abis; a++) {
            const struct abi *abi = abi_get(target->abis[a]);
            const char *call;
            uint32_t nr;

            if (!check_abi(c, abis, target, abi))
                continue;
            for (size_t i = 0; syscalls_at(c->syscalls, abi->id, i, &nr, &call); i++) {
                struct outcome outcome = compare_call(c, target, abi, nr, call, &arena);

                check_call(c, calls, used, caps, target, abi, call, &outcome);
            }
        }
    }
}

START_TEST(tables_are_the_differences)
{
    static struct readme_table calls;
    static struct readme_table abis;
    static size_t used[README_ROWS_MAX];
    static struct comparison c;
    cleanup_text struct text readme = {0};

    comparison_open(&c);
    open_side(&c, &c.ours, DEFAULT_PROFILE);
    open_side(&c, &c.theirs, PODMAN_PROFILE);
    ck_assert_int_eq(text_read(&readme, README), 0);
    ck_assert_int_eq(readme_table_read(&calls, &readme, CALLS_HEADER, &c.arena), 0);
    ck_assert_int_eq(readme_table_read(&abis, &readme, ABIS_HEADER, &c.arena), 0);

    uint64_t named = named_caps(&c.ours.model) | named_caps(&c.theirs.model);

    compare_under(&c, &calls, &abis, used, 0);
    for (int cap = 0; cap < CAPS_MAX; cap++)
        if (named >> cap & 1)
            compare_under(&c, &calls, &abis, used, (uint64_t)1 << cap);
    compare_under(&c, &calls, &abis, used, UINT64_MAX);
    for (size_t i = 0; i < calls.n; i++)
        if (used[i] == 0)
            complain(&c, calls.rows[i].line, "the row is about nothing");
    printf("counts: %zu rows compared\n", calls.n);
    comparison_close(&c);
    ck_assert_uint_eq(c.n_failures, 0);
}
END_TEST

/* The row of the table of groups that has CALL, or NULL. */
static const struct readme_row *group_of(const struct readme_table *table, const char *call)
{
    for (size_t i = 0; i < table->n; i++)
        if (readme_has_code(table->rows[i].cells[1], call))
            return &table->rows[i];
    return NULL;
}

/*
 * What CALL gets with a single capability must be what the table of groups says: ALLOW where the
 * row names it, else the same as without one; a call without a row gets the same with each.
 */
static void check_group(struct comparison *c, const struct readme_table *table, int cap,
                        const char *call, const char *without, const char *with)
{
    const struct readme_row *row = group_of(table, call);
    const char *expected = without;

    if (row && !strcmp(without, "ALLOW"))
        complain(c, row->line, call);
    if (row && cap >= 0 && readme_has_word(row->cells[2], capability_name(cap)))
        expected = "ALLOW";
    if (strcmp(with, expected) != 0) {
        fprintf(stderr, "%s with %s: is %s, not %s\n", call,
                cap >= 0 ? capability_name(cap) : "nothing", with, expected);
        complain(c, row ? row->line : 0, call);
    }
}

static void check_groups(struct comparison *c, const struct readme_table *table,
                         const struct target *target)
{
    const struct abi *abi = target_native_abi(target);
    struct variant_request request = {.target = target, .kernel = KERNEL_VERSION(6, 1)};
    cleanup_arena struct arena arena = ARENA_INIT;
    struct side bare = c->ours;

    compile_side(c, &bare, &request, &arena);
    for (int cap = 0; capability_name(cap); cap++) {
        const char *call;
        uint32_t nr;

        request.caps = (uint64_t)1 << cap;
        compile_side(c, &c->ours, &request, &arena);
        for (size_t i = 0; syscalls_at(c->syscalls, abi->id, i, &nr, &call); i++) {
            size_t n = has_tests(&c->ours.model, call) ? c->n_vectors : 1;
            const char *without = summary(c, &bare, target, abi, nr, n, &arena);

            check_group(c, table, cap, call, without,
                        summary(c, &c->ours, target, abi, nr, n, &arena));
        }
    }
}

START_TEST(groups_say_what_opens_a_call)
{
    static struct readme_table groups;
    static struct comparison c;
    cleanup_text struct text readme = {0};

    comparison_open(&c);
    open_side(&c, &c.ours, DEFAULT_PROFILE);
    ck_assert_int_eq(text_read(&readme, README), 0);
    ck_assert_int_eq(readme_table_read(&groups, &readme, GROUPS_HEADER, &c.arena), 0);
    for (size_t t = 0; target_at(t); t++)
        if (abi_is_installed(target_native_abi(target_at(t))))
            check_groups(&c, &groups, target_at(t));
    for (size_t i = 0; i < groups.n; i++) {
        const char *call;

        for (size_t k = 0; (call = readme_code(groups.rows[i].cells[1], k, &c.arena)); k++)
            if (!syscalls_is_known(call))
                complain(&c, groups.rows[i].line, call);
    }
    comparison_close(&c);
    ck_assert_uint_eq(c.n_failures, 0);
}
END_TEST

/* The reason of each row of the table of blocked calls is the comment of a rule on that call. */
START_TEST(comments_hold_the_reasons)
{
    static struct comparison c;
    static struct readme_table reasons;
    cleanup_text struct text table = {0};

    comparison_open(&c);
    open_side(&c, &c.ours, DEFAULT_PROFILE);
    ck_assert_int_eq(text_read(&table, "tests/data/blocked-calls.md"), 0);
    ck_assert_int_eq(readme_table_read(&reasons, &table, "| Syscall", &c.arena), 0);
    ck_assert_uint_eq(reasons.n, 52);
    for (size_t i = 0; i < reasons.n; i++) {
        const char *call = readme_code(reasons.rows[i].cells[0], 0, &c.arena);
        bool found = false;

        ck_assert_ptr_nonnull(call);
        for (size_t r = 0; r < c.ours.model.n_rules; r++) {
            const struct rule *rule = &c.ours.model.rules[r];

            found |= names_call(rule, call) && rule->comment &&
                     !strcmp(rule->comment, reasons.rows[i].cells[1]);
        }
        ck_assert_msg(found, "no rule on %s has the comment \"%s\"", call,
                      reasons.rows[i].cells[1]);
    }
    comparison_close(&c);
}
END_TEST

/* The shipped profile gives no cause for a warning on any target. */
START_TEST(default_has_no_warnings)
{
    cleanup_text struct text text = {0};
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct target *targets[ABI_COUNT];
    struct syscalls *syscalls = syscalls_new();
    struct profile profile;
    struct diags diags;
    size_t n_targets = 0;

    ck_assert_ptr_nonnull(syscalls);
    ck_assert_int_eq(text_read(&text, DEFAULT_PROFILE), 0);
    for (size_t t = 0; target_at(t); t++) {
        struct variant_request request = {.target = target_at(t), .kernel = KERNEL_VERSION(6, 1)};
        struct filter filter;

        if (!abi_is_installed(target_native_abi(target_at(t))))
            continue;
        diags_init(&diags, &arena);
        ck_assert_int_eq(
            compile_profile(&filter, syscalls, text.bytes, text.len, &request, &arena, &diags), 0);
        ck_assert_msg(diags.n_warnings == 0, "%s", diags_render(&diags, &arena, DEFAULT_PROFILE));
        targets[n_targets++] = target_at(t);
    }
    diags_init(&diags, &arena);
    ck_assert_int_eq(profile_parse(&profile, text.bytes, text.len, &arena, &diags), 0);
    ck_assert_int_eq(profile_lint(&profile, targets, n_targets, 0, syscalls, &arena, &diags), 0);
    ck_assert_msg(diags.n_warnings == 0, "%s", diags_render(&diags, &arena, DEFAULT_PROFILE));
    syscalls_free(syscalls);
}
END_TEST

/* The manual of the format names every action, operator, flag and architecture. */
START_TEST(manual_names_everything)
{
    cleanup_text struct text manual = {0};
    cleanup_arena struct arena arena = ARENA_INIT;
    char *rest = NULL;
    char *names;

    ck_assert_int_eq(text_read(&manual, MANUAL), 0);
    names = arena_printf(&arena, "%s, %s, %s", action_names(), cmp_op_names(), filter_flag_names());
    ck_assert_ptr_nonnull(names);
    for (char *name = strtok_r(names, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest))
        ck_assert_msg(readme_has_word(manual.bytes, name), "%s lacks %s", MANUAL, name);
    for (int id = 0; id < ABI_COUNT; id++) {
        const char *name = abi_get((enum abi_id)id)->scmp_name;

        ck_assert_msg(readme_has_word(manual.bytes, name), "%s lacks %s", MANUAL, name);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profiles/README.md");
    TCase *tcase = tcase_create("tables");

    tcase_add_test(tcase, tables_are_the_differences);
    tcase_add_test(tcase, groups_say_what_opens_a_call);
    tcase_add_test(tcase, comments_hold_the_reasons);
    tcase_add_test(tcase, default_has_no_warnings);
    tcase_add_test(tcase, manual_names_everything);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
