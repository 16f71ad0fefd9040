/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl simulate: what a filter answers to a table of calls, and whether that is what the
 * table wants. The filter is run as the kernel runs it; the profile is not asked.
 */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/text.h"
#include "client/secprofctl/subject/call.h"
#include "client/secprofctl/subject/local.h"
#include "client/secprofctl/subject/subject.h"
#include "compiler/facts/symbol.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/profile.h"
#include "compiler/questions/explain.h"
#include "util/cleanup.h"

enum {
    WORDS_MAX = 2 + SYSCALL_ARGS + 3, /* one more than a line can have */
};

/* One line of the table. */
struct row {
    const char *abis;  /* an ABI's name, or "*" */
    char *const *call; /* its words, the arguments among them: they mean what ABI makes of them */
    size_t n_call;
    const char *wanted; /* or NULL */
    unsigned line;
};

struct simulation {
    const struct ctl_options *options;
    struct subject subject;
    struct syscalls *syscalls;
    struct local_file table;
    struct arena arena;
    struct json json;
    size_t calls;
    size_t wrong; /* that got something else than what was wanted */
};

static void simulation_close(struct simulation *simulation)
{
    subject_close(&simulation->subject);
    syscalls_free(simulation->syscalls);
    local_free(&simulation->table);
    arena_free(&simulation->arena);
}

__attribute__((format(printf, 3, 4))) static int bad_line(const struct simulation *simulation,
                                                          const struct row *row, const char *fmt,
                                                          ...)
{
    cleanup_free char *text = NULL;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        text = NULL;
    return ctl_fail(CTL_USAGE, "%s:%u: %s", simulation->table.name, row->line, text ? text : "");
}

/* Splits LINE, which is changed. Returns the number of words, up to WORDS_MAX. */
static size_t split(char *line, char *words[WORDS_MAX])
{
    size_t n = 0;

    for (char *word; n < WORDS_MAX && (word = strsep(&line, " \t\r"));)
        if (*word)
            words[n++] = word;
    return n;
}

/* Reads a line with N WORDS, which ROW keeps. Returns CTL_OK, or CTL_USAGE after a message. */
static int read_row(const struct simulation *simulation, struct row *row, char **words, size_t n)
{
    if (n >= 2 && !strcmp(words[n - 2], "->")) {
        row->wanted = words[n - 1];
        n -= 2;
    }
    if (n < 2 || n > 2 + SYSCALL_ARGS)
        return bad_line(simulation, row,
                        "a line is: ABI SYSCALL [up to %d ARGUMENTS] [-> VERDICT], as in: "
                        "x86_64 socket 38 -> ERRNO(EPERM)",
                        SYSCALL_ARGS);
    row->abis = words[0];
    row->call = words + 1;
    row->n_call = n - 1;
    return CTL_OK;
}

/* "ERRNO(EPERM)" is wanted by that, by "ERRNO(1)", and by "ERRNO", which means any. */
static bool is_wanted(const char *wanted, uint32_t verdict, const char *text)
{
    size_t action = strcspn(text, "(");
    char number[32];

    if (!strcmp(wanted, text) || (strlen(wanted) == action && !strncmp(wanted, text, action)))
        return true;
    snprintf(number, sizeof(number), "%.*s(%u)", (int)(action < 16 ? action : 16), text,
             verdict & 0xffff);
    return !strcmp(wanted, number);
}

/* The call with the arguments that were asked for, by name. */
static void print_as_c(struct simulation *simulation, const struct abi *abi,
                       const struct call *call)
{
    const char *name = syscalls_name(simulation->syscalls, abi->id, call->number);

    if (call->name)
        text_print(stdout, call->name);
    else
        printf("%" PRIu32, call->number);
    for (unsigned int i = 0; i < call->n_args; i++) {
        const char *text =
            symbols_text(&simulation->arena, symbols_of(abi, name, i), abi, call->args[i]);

        fputs(i ? ", " : "(", stdout);
        if (text)
            fputs(text, stdout);
        else
            printf("%#" PRIx64, call->args[i]);
    }
    if (call->n_args)
        putchar(')');
}

static int print_call(struct simulation *simulation, const struct row *row, const struct abi *abi,
                      const struct call *call, const char *verdict, bool ok)
{
    if (simulation->options->json) {
        struct json *json = &simulation->json;

        json_open_map(json, NULL);
        json_number(json, "line", row->line);
        json_text(json, "abi", abi->name);
        json_number(json, "nr", call->number);
        json_text(json, "syscall", call->name ? call->name : row->call[0]);
        json_open_array(json, "args");
        for (size_t i = 0; i < call->n_args; i++)
            json_number(json, NULL, call->args[i]);
        json_close_array(json);
        json_text(json, "verdict", verdict);
        json_text(json, "wanted", row->wanted);
        json_bool(json, "ok", ok);
        json_close_map(json);
        return CTL_OK;
    }
    printf("%s ", abi->name);
    print_as_c(simulation, abi, call);
    printf(": %s", verdict);
    if (!ok) {
        printf("  WRONG: line %u wants ", row->line);
        text_print(stdout, row->wanted);
    }
    putchar('\n');
    return CTL_OK;
}

/* Makes the call of ROW on ABI, if that has it. Returns CTL_OK, or another exit code. */
static int simulate_on(struct simulation *simulation, const struct row *row, const struct abi *abi,
                       bool *found)
{
    struct seccomp_data data = {.arch = abi->audit_arch};
    const char *text;
    struct call call;
    uint32_t verdict;
    bool ok;

    text = call_read(&call, &simulation->arena, row->call, row->n_call, abi, simulation->syscalls);
    if (text)
        return bad_line(simulation, row, "%s", text);
    if (call.name ? syscalls_number(simulation->syscalls, abi->id, call.name, &call.number) < 0
                  : !explain_is_number_of(abi, call.number))
        return CTL_OK;
    *found = true;
    data.nr = (int)call.number;
    memcpy(data.args, call.args, sizeof(data.args));
    verdict = subject_simulate(&simulation->subject, &data);
    text = verdict_text_on_abi(&simulation->arena, verdict, abi->id);
    if (!text)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    ok = !row->wanted || is_wanted(row->wanted, verdict, text);
    simulation->calls++;
    simulation->wrong += !ok;
    return print_call(simulation, row, abi, &call, text, ok);
}

static int simulate_row(struct simulation *simulation, const struct row *row)
{
    const struct target *target = simulation->subject.request.target;
    bool all = !strcmp(row->abis, "*"), known = all, found = false;
    int code = CTL_OK;

    for (size_t i = 0; code == CTL_OK && i < target->n_abis; i++) {
        const struct abi *abi = abi_get(target->abis[i]);

        if (!all && strcmp(row->abis, abi->name) && strcmp(row->abis, abi->scmp_name))
            continue;
        known = true;
        code = simulate_on(simulation, row, abi, &found);
    }
    if (code != CTL_OK)
        return code;
    if (!known)
        return bad_line(simulation, row, "%s has no ABI '%s'; '*' stands for all that it has",
                        target->name, row->abis);
    return found ? CTL_OK
                 : bad_line(simulation, row, "%s has no syscall '%s'",
                            all ? target->name : row->abis, row->call[0]);
}

/* Works through the table. Returns CTL_OK, or another exit code after a message. */
static int simulate_table(struct simulation *simulation)
{
    char *text = arena_strndup(&simulation->arena, simulation->table.text, simulation->table.len);
    unsigned line = 0;
    int code = CTL_OK;

    if (!text)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    for (char *at; code == CTL_OK && (at = strsep(&text, "\n"));) {
        line++;

        struct row row = {.line = line};
        char *words[WORDS_MAX];
        size_t n;

        if (*(at + strspn(at, " \t\r")) == '#')
            continue;
        n = split(at, words);
        if (n == 0)
            continue;
        code = read_row(simulation, &row, words, n);
        if (code == CTL_OK)
            code = simulate_row(simulation, &row);
    }
    return code;
}

static int finish(struct simulation *simulation)
{
    int code = CTL_OK;

    if (simulation->options->json) {
        json_close_array(&simulation->json);
        code = json_finish(&simulation->json, NULL);
    } else {
        printf("%zu calls, %zu otherwise than wanted\n", simulation->calls, simulation->wrong);
    }
    return code == CTL_OK && simulation->wrong ? CTL_NO : code;
}

static int simulate(const struct ctl_options *options)
{
    __attribute__((cleanup(simulation_close))) struct simulation simulation = {
        .options = options,
        .subject.arena = ARENA_INIT,
        .arena = ARENA_INIT,
        .syscalls = syscalls_new(),
    };
    const char *table = options->n_args > 1 ? options->args[1] : "-";
    int code;

    if (!simulation.syscalls)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    if (!strcmp(table, "-") && !strcmp(options->args[0], "-"))
        return ctl_fail(CTL_USAGE, "the filter and the table cannot both be the standard input");
    code = local_read(&simulation.table, table);
    if (code == CTL_OK)
        code = subject_open(&simulation.subject, options, simulation.syscalls, options->args[0]);
    if (code != CTL_OK)
        return code;
    if (options->json) {
        json_start(&simulation.json);
        json_open_array(&simulation.json, NULL);
    }
    code = simulate_table(&simulation);
    if (code == CTL_OK)
        return finish(&simulation);
    if (options->json)
        json_discard(&simulation.json);
    return code;
}

const struct ctl_command command_simulate = {
    .name = "simulate",
    .options = CTL_OPTIONS_VARIANT,
    .min_args = 1,
    .max_args = 2,
    .wants = "a profile, raw BPF or pid:N, and at most a table of calls",
    .run = simulate,
    .help =
        "usage: secprofctl simulate PROFILE|FILE|pid:N [TABLE] [OPTION…]\n"
        "\n"
        "Runs the filter as the kernel would for each call in the file TABLE (default: the "
        "standard\n"
        "input), and says what it answers. A line is\n"
        "\n"
        "    ABI SYSCALL [ARGUMENT…] [-> VERDICT]\n"
        "\n"
        "as in 'x86_64 socket AF_ALG -> ERRNO(EPERM)'. ABI is a name, or * for all of the target\n"
        "that have the call. Arguments that are left out are 0. A verdict without what is in\n"
        "parentheses means any. A line that begins with # is a comment. The exit code is 1 where\n"
        "a call gets another verdict than its line wants: tables are tests of profiles.\n"
        "\n"
        "  --target ARCH       for this architecture (default: this machine's)\n"
        "  --caps CAP_A,CAP_B  for a process with these capabilities (default: none)\n"
        "  --kernel 6.1        for this kernel (default: the running one)\n"
        "  --mode audit|log    audit: let through and log what would be denied; log: log that\n"
        "  --json              an array with an object for each call\n",
};
