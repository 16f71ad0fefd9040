/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs the tables in tests/data/verdicts: what a profile must answer to which call, on every
 * target, decided by simulating the compiled filter. The format of a table is in README.md there.
 */
#include <check.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/request.h"
#include "tests/profiles/fixture.h"
#include "tests/profiles/verdict-table.h"
#include "tests/suite.h"
#include "util/cleanup.h"

#define TABLES TEST_DATA "/verdicts/*.txt"

enum {
    TARGETS_MAX = 32,
    FAILURES_MAX = 20, /* lines shown for one table */
    LINE_MAX_BYTES = 4096,
};

/* Values for "~": all such arguments of a call take the same one. */
static const uint64_t any_values[] = {0, 1, 0x7fffffff, 0xffffffff, 0x100000000, UINT64_MAX};

struct run {
    const char *path;
    size_t line;
    char line_text[LINE_MAX_BYTES];
    struct syscalls *syscalls;
    struct arena arena; /* of the current section's filters */
    struct text profile;
    char targets[512];
    struct variant_request request;
    const struct filter *filters[TARGETS_MAX];
    size_t n_verdicts;
    size_t n_failures;
};

static void fail_line(struct run *run, const char *what)
{
    if (run->n_failures++ < FAILURES_MAX)
        fprintf(stderr, "%s:%zu: %s\n    %s\n", run->path, run->line, run->line_text, what);
}

/* Forgets the filters: the profile or a condition has changed. */
static void drop_filters(struct run *run)
{
    arena_free(&run->arena);
    memset(run->filters, 0, sizeof(run->filters));
}

static bool has_target(const struct run *run, const struct target *target)
{
    char list[sizeof(run->targets)];
    char *rest = list;
    char *word;
    bool in = false;

    if (!abi_is_installed(target_native_abi(target)))
        return false;
    snprintf(list, sizeof(list), "%s", run->targets);
    while ((word = strsep(&rest, ","))) {
        bool out = *word == '-';

        if (!strcmp(word + out, "all") || !strcmp(word + out, target->name))
            in = !out;
    }
    return in;
}

static const struct filter *get_filter(struct run *run, size_t i)
{
    const char *why = NULL;

    if (run->filters[i])
        return run->filters[i];
    run->request.target = target_at(i);
    run->filters[i] =
        fixture_compile(&run->profile, &run->request, run->syscalls, &run->arena, &why);
    if (!run->filters[i]) {
        fprintf(stderr, "%s: for %s: %s\n", run->path, target_at(i)->name, why);
        fail_line(run, "the profile does not compile");
    }
    return run->filters[i];
}

/* One call, asked for one ABI of one target. */
struct question {
    const struct filter *filter;
    const struct target *target;
    const struct abi *abi;
    const char *call;
    uint32_t nr;
    uint32_t expected;
};

static bool ask(struct run *run, const struct question *q, const uint64_t args[6])
{
    struct arena arena = ARENA_INIT;
    uint32_t verdict = fixture_verdict(q->filter, q->target, q->abi, q->nr, args);

    run->n_verdicts++;
    if (verdict == q->expected)
        return true;
    fail_line(run, arena_printf(&arena,
                                "target %s, ABI %s, %s (%u) with 0x%llx 0x%llx 0x%llx 0x%llx "
                                "0x%llx 0x%llx: is %s",
                                q->target->name, q->abi->name, q->call, q->nr,
                                (unsigned long long)args[0], (unsigned long long)args[1],
                                (unsigned long long)args[2], (unsigned long long)args[3],
                                (unsigned long long)args[4], (unsigned long long)args[5],
                                fixture_verdict_text(&arena, verdict, q->abi->id)));
    arena_free(&arena);
    return false;
}

/*
 * Asks for the arguments FROM on, whose earlier ones are chosen, with each combination of the
 * values of LINE. Values that do not fit the ABI's registers are left out; where registers hold
 * more than the ABI looks at, the same must hold with the upper bits set. Returns the number of
 * combinations, or -1 after a wrong answer.
 */
static int ask_values(struct run *run, const struct question *q, const struct verdict_line *line,
                      uint64_t args[6], size_t from)
{
    const struct table_arg *arg = &line->args[from];
    int asked = 0;

    if (from == 6) {
        uint64_t upper[6];

        for (size_t i = 0; i < 6; i++)
            upper[i] = args[i] | 0xdeadbeef00000000;
        return ask(run, q, args) && (q->abi->wide || ask(run, q, upper)) ? 1 : -1;
    }
    if (arg->n == 0)
        return ask_values(run, q, line, args, from + 1);
    for (size_t i = 0; i < arg->n; i++) {
        if (!q->abi->wide && arg->values[i] > UINT32_MAX)
            continue;
        args[from] = arg->values[i];

        int r = ask_values(run, q, line, args, from + 1);

        if (r < 0)
            return r;
        asked += r;
    }
    return asked;
}

static int ask_all(struct run *run, const struct question *q, const struct verdict_line *line)
{
    int asked = 0;

    for (size_t i = 0; i < ARRAY_SIZE(any_values); i++) {
        uint64_t args[6];

        if (!q->abi->wide && any_values[i] > UINT32_MAX)
            continue;
        for (size_t k = 0; k < 6; k++)
            args[k] = any_values[i];

        int r = ask_values(run, q, line, args, 0);

        if (r < 0)
            return r;
        asked += r;
    }
    return asked;
}

/* A call's name, "#N" (its number) or "+N" (from the ABI's first number on). */
static bool find_call(struct run *run, const struct abi *abi, const char *call, uint32_t *nr)
{
    if (*call == '#' || *call == '+') {
        *nr = (uint32_t)strtoul(call + 1, NULL, 0) + (*call == '+' ? abi->nr_base : 0);
        return true;
    }
    if (!syscalls_is_known(call))
        fail_line(run, "no ABI has a call of this name");
    return syscalls_number(run->syscalls, abi->id, call, nr) == 0;
}

/* The calls of LINE on one ABI. Returns the number of combinations, or -1. */
static int run_calls(struct run *run, const struct verdict_line *line, struct question *q)
{
    char list[1024];
    char *rest = list;
    int asked = 0;

    q->expected = verdict_with_errno(line->verdict, line->errno_name[0] ? line->errno_name : NULL,
                                     q->abi->id);
    snprintf(list, sizeof(list), "%s", line->calls);
    while ((q->call = strsep(&rest, ","))) {
        if (!find_call(run, q->abi, q->call, &q->nr))
            continue;

        int r = ask_all(run, q, line);

        if (r < 0)
            return r;
        asked += r;
    }
    return asked;
}

/* The ABIs of LINE on target number I: "foreign" is one that the target does not have. */
static int run_target(struct run *run, const struct verdict_line *line, size_t i)
{
    struct question q = {.target = target_at(i)};
    bool foreign = !strcmp(line->abis, "foreign");
    const char *why = NULL;
    int asked = 0;

    q.filter = get_filter(run, i);
    for (int id = 0; q.filter && id < ABI_COUNT; id++) {
        bool own = (target_abis(q.target) >> id & 1) != 0;

        q.abi = abi_get((enum abi_id)id);
        if (foreign ? own : !own || !table_has_abi(line->abis, q.target, q.abi, &why))
            continue;

        int r = run_calls(run, line, &q);

        if (r < 0)
            return r;
        asked += r;
    }
    if (why)
        fail_line(run, why);
    return q.filter && !why ? asked : -1;
}

static void run_verdict(struct run *run, char *const words[], size_t n)
{
    struct verdict_line line;
    const char *why;
    int asked = 0;

    if (!run->profile.bytes) {
        fail_line(run, "no profile yet");
        return;
    }
    if (verdict_line_parse(&line, words, n, &why) < 0) {
        fail_line(run, why);
        return;
    }
    for (size_t i = 0; target_at(i); i++) {
        if (!has_target(run, target_at(i)))
            continue;

        int r = run_target(run, &line, i);

        if (r < 0)
            return;
        asked += r;
    }
    if (asked == 0)
        fail_line(run, "matches nothing: no target has this call on such an ABI");
}

/* The filter flags on every target of the section: "none" or names without their prefix. */
static void check_flags(struct run *run, char *names)
{
    uint32_t expected = 0;
    char *name;

    while ((name = strsep(&names, ","))) {
        char full[64];
        uint32_t flag = 0;

        snprintf(full, sizeof(full), "SECCOMP_FILTER_FLAG_%s", name);
        if (strcmp(name, "none") != 0 && filter_flag_by_name(full, &flag) < 0)
            fail_line(run, "no such flag");
        expected |= flag;
    }
    for (size_t i = 0; target_at(i); i++) {
        const struct filter *filter = has_target(run, target_at(i)) ? get_filter(run, i) : NULL;

        if (filter && filter->flags != expected)
            fail_line(run, target_at(i)->name);
    }
}

/* The lines that say what the verdicts below are about. Returns false where it is none of them. */
static bool run_setting(struct run *run, char *const words[], size_t n)
{
    const char *bad;
    size_t bad_len;

    if (n != 2)
        return false;
    if (!strcmp(words[0], "flags")) {
        check_flags(run, words[1]);
        return true;
    }
    drop_filters(run);
    if (!strcmp(words[0], "profile")) {
        text_free(&run->profile);
        if (text_read(&run->profile, words[1]) < 0)
            fail_line(run, strerror(errno));
    } else if (!strcmp(words[0], "target")) {
        snprintf(run->targets, sizeof(run->targets), "%s", words[1]);
    } else if (!strcmp(words[0], "caps")) {
        const char *list = !strcmp(words[1], "none") ? "" : words[1];

        if (capability_set_parse(list, &run->request.caps, &bad, &bad_len) < 0)
            fail_line(run, "no such capability");
    } else if (!strcmp(words[0], "kernel")) {
        if (kernel_version_parse(words[1], &run->request.kernel) < 0)
            fail_line(run, "no such kernel version");
    } else {
        return false;
    }
    return true;
}

static void start_section(struct run *run)
{
    drop_filters(run);
    snprintf(run->targets, sizeof(run->targets), "all");
    run->request = (struct variant_request){.kernel = KERNEL_VERSION(6, 1)};
}

static void run_line(struct run *run, char *text)
{
    char *words[TABLE_WORDS_MAX];
    size_t n;

    text[strcspn(text, "\n")] = '\0';
    snprintf(run->line_text, sizeof(run->line_text), "%s", text);
    if (*text == '[') {
        start_section(run);
        return;
    }
    n = table_split(text, words);
    if (n == 0 || *words[0] == '#' || run_setting(run, words, n))
        return;
    if (n > TABLE_WORDS_MAX)
        fail_line(run, "too many words");
    else
        run_verdict(run, words, n);
}

/*
 * A profile in the table: TEXT is its first line. Reads on to the line that begins with "}", unless
 * TEXT is the whole profile.
 */
static void read_inline(struct run *run, FILE *file, const char *text)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    char more[LINE_MAX_BYTES];

    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    if (strcspn(text, "\n") < 2 || text[strcspn(text, "\n") - 1] != '}')
        while (fgets(more, sizeof(more), file)) {
            run->line++;
            fputs(more, out);
            if (*more == '}')
                break;
        }
    ck_assert_int_eq(fclose(out), 0);
    drop_filters(run);
    text_free(&run->profile);
    run->profile = (struct text){bytes, size};
}

static void run_table(const char *path)
{
    struct run run = {.path = path, .syscalls = syscalls_new()};
    cleanup_fclose FILE *file = fopen(path, "re");
    char text[LINE_MAX_BYTES];

    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(run.syscalls);
    start_section(&run);
    while (fgets(text, sizeof(text), file)) {
        run.line++;
        if (*text == '{')
            read_inline(&run, file, text);
        else
            run_line(&run, text);
    }
    drop_filters(&run);
    text_free(&run.profile);
    syscalls_free(run.syscalls);
    printf("%s: %zu verdicts, %zu wrong lines\n", strrchr(path, '/') + 1, run.n_verdicts,
           run.n_failures);
    ck_assert_uint_eq(run.n_failures, 0);
}

static glob_t find_tables(void)
{
    glob_t tables;

    if (glob(TABLES, 0, NULL, &tables) != 0) {
        fprintf(stderr, "no tables at %s\n", TABLES);
        exit(EXIT_FAILURE);
    }
    return tables;
}

START_TEST(each_table_holds)
{
    glob_t tables = find_tables();

    run_table(tables.gl_pathv[_i]);
    globfree(&tables);
}
END_TEST

int main(void)
{
    glob_t tables = find_tables();
    Suite *suite = suite_create("verdicts");
    TCase *tcase = tcase_create("tables");
    int status;

    tcase_add_loop_test(tcase, each_table_holds, 0, (int)tables.gl_pathc);
    suite_add_tcase(suite, tcase);
    status = suite_run(suite);
    globfree(&tables);
    return status;
}
