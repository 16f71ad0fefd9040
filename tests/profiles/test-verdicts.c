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
    EXCEPTIONS_MAX = 8, /* of one line */
};

/* Values for "~": all such arguments of a call take the same one. */
static const uint64_t any_values[] = {0, 1, 0x7fffffff, 0xffffffff, 0x100000000, UINT64_MAX};

/* A line "but": where secprof answers otherwise than the line above it says, for a reason. */
struct exception {
    size_t line;
    char abis[128];
    uint32_t verdict;
    bool met;
};

/* A line with a verdict, kept until the exceptions below it are read. */
struct pending {
    bool is_set;
    size_t line;
    char line_text[LINE_MAX_BYTES];
    char words_text[LINE_MAX_BYTES]; /* what VERDICT points into */
    struct verdict_line verdict;
    struct exception exceptions[EXCEPTIONS_MAX];
    size_t n_exceptions;
};

struct run {
    const char *path;
    size_t line;
    char line_text[LINE_MAX_BYTES];
    struct syscalls *syscalls;
    struct arena arena; /* of the current section's filters */
    struct text profile;
    char targets[512];
    bool only_any; /* "~" is ANY alone */
    uint64_t any;
    bool lists_all;
    struct pending pending;
    struct variant_request request;
    const struct filter *filters[TARGETS_MAX];
    size_t n_verdicts;
    size_t n_exceptions;
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

static bool is_excepted(struct run *run, const struct question *q, uint32_t verdict)
{
    for (size_t i = 0; i < run->pending.n_exceptions; i++) {
        struct exception *exception = &run->pending.exceptions[i];
        const char *why;

        if (exception->verdict == verdict &&
            table_has_abi(exception->abis, q->target, q->abi, &why)) {
            exception->met = true;
            run->n_exceptions++;
            return true;
        }
    }
    return false;
}

static bool ask(struct run *run, const struct question *q, const uint64_t args[6])
{
    struct arena arena = ARENA_INIT;
    uint32_t verdict = fixture_verdict(q->filter, q->target, q->abi, q->nr, args);

    run->n_verdicts++;
    if (verdict == q->expected || is_excepted(run, q, verdict))
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

    const uint64_t *values = run->only_any ? &run->any : any_values;
    size_t n = run->only_any ? 1 : ARRAY_SIZE(any_values);

    for (size_t i = 0; i < n; i++) {
        uint64_t args[6];

        if (!q->abi->wide && values[i] > UINT32_MAX)
            continue;
        for (size_t k = 0; k < 6; k++)
            args[k] = values[i];

        int r = ask_values(run, q, line, args, 0);

        if (r < 0)
            return r;
        asked += r;
    }
    return asked;
}

/*
 * A call's name, "#N" (its number), "#A-B" (all numbers from A to B) or "+N" (from the ABI's first
 * number on).
 */
static bool find_calls(struct run *run, const struct abi *abi, const char *call, uint32_t *first,
                       uint32_t *last)
{
    bool known = true;

    if (*call == '#' || *call == '+') {
        char *end;

        *first = (uint32_t)strtoul(call + 1, &end, 0) + (*call == '+' ? abi->nr_base : 0);
        *last = *end == '-' ? (uint32_t)strtoul(end + 1, NULL, 0) : *first;
        return true;
    }
    if (!syscalls_is_known(call))
        fail_line(run, "no ABI has a call of this name");
    known = syscalls_number(run->syscalls, abi->id, call, first) == 0;
    *last = *first;
    return known;
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
        uint32_t first = 0, last = 0;

        if (!find_calls(run, q->abi, q->call, &first, &last))
            continue;
        for (uint64_t nr = first; nr <= last; nr++) {
            q->nr = (uint32_t)nr;

            int r = ask_all(run, q, line);

            if (r < 0)
                return r;
            asked += r;
        }
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

/* True where LINE is about ABIs alone that the installed libseccomp does not know. */
static bool is_for_unknown_abi(const struct verdict_line *line)
{
    const struct target *target;
    const char *why;
    bool found = false;

    for (size_t i = 0; (target = target_at(i)); i++)
        for (int k = 0; k < target->n_abis; k++) {
            const struct abi *abi = abi_get(target->abis[k]);

            if (!table_has_abi(line->abis, target, abi, &why))
                continue;
            if (abi_is_installed(abi))
                return false;
            found = true;
        }
    return found;
}

/* Asks what the pending line says, if there is one; each exception must then have been met. */
static void run_pending(struct run *run)
{
    struct pending *pending = &run->pending;
    char line_text[LINE_MAX_BYTES];
    size_t line = run->line;
    size_t failures = run->n_failures;
    int asked = 0;

    if (!pending->is_set)
        return;
    memcpy(line_text, run->line_text, sizeof(line_text));
    memcpy(run->line_text, pending->line_text, sizeof(run->line_text));
    run->line = pending->line;
    for (size_t i = 0; target_at(i) && asked >= 0; i++) {
        int r = has_target(run, target_at(i)) ? run_target(run, &pending->verdict, i) : 0;

        asked = r < 0 ? r : asked + r;
    }
    if (asked == 0 && !is_for_unknown_abi(&pending->verdict))
        fail_line(run, "matches nothing: no target has this call on such an ABI");
    for (size_t i = 0; i < pending->n_exceptions; i++) {
        run->line = pending->exceptions[i].line;
        if (failures == run->n_failures && !pending->exceptions[i].met)
            fail_line(run, "an exception that nothing needs");
    }
    run->line = line;
    memcpy(run->line_text, line_text, sizeof(run->line_text));
    pending->is_set = false;
}

static void note_verdict(struct run *run, const char *text)
{
    struct pending *pending = &run->pending;
    char *words[TABLE_WORDS_MAX];
    const char *why;
    size_t n;

    pending->line = run->line;
    pending->n_exceptions = 0;
    memcpy(pending->line_text, run->line_text, sizeof(pending->line_text));
    snprintf(pending->words_text, sizeof(pending->words_text), "%s", text);
    n = table_split(pending->words_text, words);
    if (n > TABLE_WORDS_MAX)
        fail_line(run, "too many words");
    else if (!run->profile.bytes)
        fail_line(run, "no profile yet");
    else if (verdict_line_parse(&pending->verdict, words, n, &why) < 0)
        fail_line(run, why);
    else
        pending->is_set = true;
}

/* "but ABIS VERDICT: REASON" below a line with a verdict. */
static void note_exception(struct run *run, const char *text)
{
    struct pending *pending = &run->pending;
    struct exception *exception = &pending->exceptions[pending->n_exceptions];
    char abis[128], verdict[64], reason[8];
    struct verdict_line line;
    char *words[] = {abis, abis, NULL, verdict};
    char arrow[] = "->";
    const char *why;

    words[2] = arrow;
    if (!pending->is_set || pending->n_exceptions == EXCEPTIONS_MAX ||
        sscanf(text, "but %127s %63[^: ]: %7s", abis, verdict, reason) != 3) {
        fail_line(run, "an exception is but ABIS VERDICT: REASON, below a line with a verdict");
        return;
    }
    if (verdict_line_parse(&line, words, ARRAY_SIZE(words), &why) < 0) {
        fail_line(run, why);
        return;
    }
    *exception = (struct exception){.line = run->line, .verdict = line.verdict};
    memcpy(exception->abis, abis, sizeof(abis));
    pending->n_exceptions++;
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
    if (!strcmp(words[0], "any")) {
        run->only_any = true;
        run->any = strtoull(words[1], NULL, 0);
        return true;
    }
    if (!strcmp(words[0], "lists") && !strcmp(words[1], "all")) {
        run->lists_all = true;
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
    run->only_any = false;
    run->lists_all = false;
    run->request = (struct variant_request){.kernel = KERNEL_VERSION(6, 1)};
}

static void run_line(struct run *run, char *text)
{
    char copy[LINE_MAX_BYTES];
    char *words[TABLE_WORDS_MAX];
    size_t n;

    text[strcspn(text, "\n")] = '\0';
    snprintf(copy, sizeof(copy), "%s", text);
    n = table_split(copy, words);
    if (n > 0 && !strcmp(words[0], "but")) {
        note_exception(run, text);
        return;
    }
    run_pending(run);
    memcpy(run->line_text, text, strlen(text) + 1);
    if (*text == '[')
        start_section(run);
    else if (n > 0 && *words[0] != '#' && !run_setting(run, words, n))
        note_verdict(run, text);
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
    if (run->lists_all) {
        fputs("{\"architectures\": [", out);
        for (int id = 0; id < ABI_COUNT; id++)
            fprintf(out, "%s\"%s\"", id ? ", " : "", abi_get((enum abi_id)id)->scmp_name);
        fputs("], ", out);
    }
    fputs(text + run->lists_all, out);
    if (strcspn(text, "\n") < 2 || text[strcspn(text, "\n") - 1] != '}')
        while (fgets(more, sizeof(more), file)) {
            run->line++;
            fputs(more, out);
            if (*more == '}')
                break;
        }
    if (feof(file))
        fail_line(run, "a profile without an end");
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
        if (*text == '{') {
            run_pending(&run);
            read_inline(&run, file, text);
        } else {
            run_line(&run, text);
        }
    }
    run_pending(&run);
    drop_filters(&run);
    text_free(&run.profile);
    syscalls_free(run.syscalls);
    printf("%s: %zu verdicts, %zu of them exceptions, %zu wrong lines\n", strrchr(path, '/') + 1,
           run.n_verdicts, run.n_exceptions, run.n_failures);
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
