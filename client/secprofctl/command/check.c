/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl check: compiles profiles for every architecture and says what is wrong with them, to
 * people or in a form that other tools read. What is found for several targets is said once.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/findings.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/text.h"
#include "client/secprofctl/subject/local.h"
#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/lint/lint.h"
#include "compiler/lint/use.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/excerpt.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/questions/against-libseccomp.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    LIBSECCOMP_SECONDS = 10, /* that libseccomp may take for one variant */
};

enum check_format {
    CHECK_TEXT,
    CHECK_JSON,
    CHECK_SARIF,
    CHECK_GITHUB,
};

static const char *const formats[] = {"text", "json", "sarif", "github", NULL};

/* A set of targets: bit 1 << index in what target_at() counts. */
typedef uint32_t target_set;
static_assert(ABI_COUNT <= 32, "target_set");

/* One line about a file, and for which targets it was found. */
struct finding {
    struct diag diag;
    target_set targets;
};

/* What became of a file for one target. */
struct outcome {
    const struct target *target;
    bool compiled;
    uint32_t n_insns; /* of its largest variant */
    uint32_t flags;
};

/* All that was found out about a file; it lives in ARENA. */
struct report {
    bool against_libseccomp;
    bool quiet; /* without notes */
    struct local_file file;
    struct arena arena;
    struct profile profile; /* where `parsed` */
    bool parsed;
    struct finding *findings;
    size_t n_findings;
    size_t room;
    struct outcome outcomes[ABI_COUNT]; /* no target without an ABI of its own */
    size_t n_outcomes;
    target_set checked;
    size_t n_errors;
    size_t n_warnings;
    size_t n_dropped;
};

static void report_free(struct report *report)
{
    local_free(&report->file);
    arena_free(&report->arena);
}

static bool same_diag(const struct diag *a, const struct diag *b)
{
    return a->severity == b->severity && a->at.line == b->at.line && a->at.column == b->at.column &&
           strcmp(a->text, b->text) == 0;
}

static int add_finding(struct report *report, const struct diag *diag, target_set target)
{
    struct finding *finding;

    for (size_t i = 0; i < report->n_findings; i++)
        if (same_diag(&report->findings[i].diag, diag)) {
            report->findings[i].targets |= target;
            return 0;
        }
    if (arena_grow(&report->arena, &report->findings, report->n_findings, &report->room,
                   sizeof(*report->findings)) < 0)
        return -ENOMEM;
    finding = &report->findings[report->n_findings];
    *finding = (struct finding){*diag, target};
    finding->diag.text = arena_strndup(&report->arena, diag->text, strlen(diag->text));
    if (!finding->diag.text)
        return -ENOMEM;
    report->n_findings++;
    report->n_errors += diag->severity == DIAG_ERROR;
    report->n_warnings += diag->severity == DIAG_WARNING;
    return 0;
}

/* Adds what DIAGS say, which holds for TARGETS. Returns 0 or -ENOMEM. */
static int add_findings(struct report *report, const struct diags *diags, target_set targets)
{
    for (size_t i = 0; i < diags->n; i++) {
        if (report->quiet && diags->items[i].severity == DIAG_NOTE)
            continue;
        if (add_finding(report, &diags->items[i], targets) < 0)
            return -ENOMEM;
    }
    report->n_dropped += diags->n_dropped;
    return 0;
}

/* Parses the file, once for all targets. Returns 0, also where it is no profile, or -ENOMEM. */
static int check_text(struct report *report)
{
    cleanup_arena struct arena scratch = ARENA_INIT;
    struct diags diags;
    int r;

    diags_init(&diags, &scratch);
    r = profile_parse(&report->profile, report->file.text, report->file.len, &report->arena,
                      &diags);
    report->parsed = r == 0;
    if (r < 0 && r != -EINVAL)
        return r;
    return add_findings(report, &diags, report->checked);
}

/*
 * Compiles the profile for REQUEST and adds what is said about it. Returns 0, also where the
 * profile is refused (then outcome->compiled is false), or -errno.
 */
static int check_variant(struct report *report, struct syscalls *syscalls, target_set target,
                         const struct variant_request *request, struct outcome *outcome)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;
    struct lowered lowered;
    struct filter filter = {.flags = 0};
    int r;

    diags_init(&diags, &arena);
    r = compile_policy(&lowered, syscalls, &report->profile, request, &arena, &diags);
    if (r == 0)
        r = compile_filter(&filter, syscalls, &lowered, &arena, &diags);
    if (r == 0 && report->against_libseccomp && diags.n_errors == 0)
        r = against_libseccomp(&report->profile, request, &lowered.variant, &lowered.policy,
                               syscalls, LIBSECCOMP_SECONDS, &arena, &diags);
    diags_set_rule(&diags, 0, DIAG_RULE_LIBSECCOMP);
    if (add_findings(report, &diags, target) < 0)
        return -ENOMEM;
    if (r < 0 || diags.n_errors > 0)
        outcome->compiled = false;
    else if (filter.program.n_insns > outcome->n_insns)
        outcome->n_insns = (uint32_t)filter.program.n_insns;
    if (r == 0)
        outcome->flags = filter.flags;
    return r == -EINVAL ? 0 : r;
}

/* Checks the profile for one target: without capabilities, and with all that its rules name, so
 * that each rule is in force once. */
static int check_target(struct report *report, struct syscalls *syscalls, size_t index)
{
    struct variant_request request = {
        .target = target_at(index),
        .kernel = kernel_version_host(),
    };
    struct outcome *outcome = &report->outcomes[report->n_outcomes++];
    target_set bit = (target_set)1 << index;
    struct variant_axes axes;
    int r;

    *outcome = (struct outcome){.target = request.target, .compiled = report->parsed};
    if (!report->parsed)
        return 0;
    variant_axes_of(&axes, &report->profile);
    r = check_variant(report, syscalls, bit, &request, outcome);
    if (r == 0 && axes.caps) {
        request.caps = axes.caps;
        r = check_variant(report, syscalls, bit, &request, outcome);
    }
    return r;
}

/*
 * Adds what is noteworthy about a profile that compiles. It is looked at once for all targets: the
 * texts name the ABIs, so they belong to each target that was checked.
 */
static int check_lint(struct report *report, struct syscalls *syscalls)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct target *targets[ABI_COUNT];
    size_t n_targets = 0;
    struct diags diags;
    int r;

    for (size_t i = 0; i < report->n_outcomes; i++)
        if (report->outcomes[i].compiled)
            targets[n_targets++] = report->outcomes[i].target;
    diags_init(&diags, &arena);
    r = profile_lint(&report->profile, targets, n_targets, 0, syscalls, &arena, &diags);
    if (r == 0)
        r = profile_lint_use(&report->profile, targets, n_targets, syscalls, &arena, &diags);
    return r < 0 ? r : add_findings(report, &diags, report->checked);
}

static int by_place(const void *left, const void *right)
{
    const struct location *a = &((const struct finding *)left)->diag.at;
    const struct location *b = &((const struct finding *)right)->diag.at;

    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->column < b->column ? -1 : a->column > b->column;
}

/* The targets that OPTIONS ask about: one, or all that the installed libseccomp knows. */
static target_set targets_to_check(const struct ctl_options *options)
{
    const struct target *target;
    target_set set = 0;

    for (size_t i = 0; (target = target_at(i)) != NULL; i++)
        if (options->target ? options->target == target
                            : abi_is_installed(target_native_abi(target)))
            set |= (target_set)1 << i;
    return set;
}

/* Fills REPORT about the file PATH. Returns CTL_OK, or another exit code after a message. */
static int check_file(struct report *report, const struct ctl_options *options,
                      struct syscalls *syscalls, const char *path)
{
    int code = local_read(&report->file, path);
    int r;

    if (code != CTL_OK)
        return code;
    report->checked = targets_to_check(options);
    r = check_text(report);
    for (size_t i = 0; r == 0 && target_at(i); i++)
        if (report->checked >> i & 1)
            r = check_target(report, syscalls, i);
    if (r == 0 && report->n_errors == 0)
        r = check_lint(report, syscalls);
    if (r < 0)
        return ctl_fail(CTL_SYSTEM, "%s: %s", report->file.name, strerror(-r));
    if (report->n_findings > 1)
        qsort(report->findings, report->n_findings, sizeof(*report->findings), by_place);
    return CTL_OK;
}

static bool is_good(const struct report *report, const struct ctl_options *options)
{
    return report->n_errors == 0 && !(options->strict && report->n_warnings > 0);
}

/* The names of TARGETS, joined by ", ". */
static void print_targets(FILE *file, target_set targets)
{
    const char *between = "";

    for (size_t i = 0; target_at(i); i++)
        if (targets & (target_set)1 << i) {
            fprintf(file, "%s%s", between, target_at(i)->name);
            between = ", ";
        }
}

static void print_findings(struct report *report)
{
    for (size_t i = 0; i < report->n_findings; i++) {
        const struct finding *finding = &report->findings[i];
        const struct diag *diag = &finding->diag;

        text_print(stderr, report->file.name);
        if (diag->at.line)
            fprintf(stderr, ":%" PRIu32 ":%" PRIu32, diag->at.line, diag->at.column);
        fprintf(stderr, ": %s: ", diag_severity_name(diag->severity));
        text_print(stderr, diag->text);
        if (finding->targets != report->checked) {
            fprintf(stderr, " [");
            print_targets(stderr, finding->targets);
            fprintf(stderr, "]");
        }
        fputc('\n', stderr);
        local_print_excerpt(&report->file, diag, &report->arena);
    }
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void print_summary(const struct report *report)
{
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;
    size_t compiled = 0;

    for (size_t i = 0; i < report->n_outcomes; i++) {
        const struct outcome *outcome = &report->outcomes[i];

        if (!outcome->compiled)
            continue;
        compiled++;
        least = outcome->n_insns < least ? outcome->n_insns : least;
        most = outcome->n_insns > most ? outcome->n_insns : most;
    }
    text_print(stdout, report->file.name);
    printf(": %zu error%s, %zu warning%s; compiles for %zu of %zu target%s", report->n_errors,
           plural(report->n_errors), report->n_warnings, plural(report->n_warnings), compiled,
           report->n_outcomes, plural(report->n_outcomes));
    if (compiled == 1 || (compiled && least == most))
        printf(", %" PRIu32 " instructions", most);
    else if (compiled)
        printf(", %" PRIu32 " to %" PRIu32 " instructions", least, most);
    putchar('\n');
}

static void json_targets(struct json *json, const struct report *report)
{
    json_open_array(json, "targets");
    for (size_t i = 0; i < report->n_outcomes; i++) {
        const struct outcome *outcome = &report->outcomes[i];

        json_open_map(json, NULL);
        json_text(json, "target", outcome->target->name);
        json_bool(json, "compiles", outcome->compiled);
        if (outcome->compiled) {
            json_number(json, "instructions", outcome->n_insns);
            json_number(json, "filter_flags", outcome->flags);
            json_flags(json, "flags", outcome->flags);
        }
        json_close_map(json);
    }
    json_close_array(json);
}

static void json_findings(struct json *json, const struct report *report)
{
    json_open_array(json, "messages");
    for (size_t i = 0; i < report->n_findings; i++) {
        const struct finding *finding = &report->findings[i];

        json_open_map(json, NULL);
        json_text(json, "severity", diag_severity_name(finding->diag.severity));
        json_text(json, "rule", diag_rule_name(finding->diag.rule));
        json_number(json, "line", finding->diag.at.line);
        json_number(json, "column", finding->diag.at.column);
        json_text(json, "text", finding->diag.text);
        json_open_array(json, "targets");
        for (size_t t = 0; target_at(t); t++)
            if (finding->targets & (target_set)1 << t)
                json_text(json, NULL, target_at(t)->name);
        json_close_array(json);
        json_close_map(json);
    }
    json_close_array(json);
}

static void json_report(struct json *json, const struct report *report, bool good)
{
    json_open_map(json, NULL);
    json_text(json, "file", report->file.name);
    json_bool(json, "ok", good);
    json_number(json, "errors", report->n_errors);
    json_number(json, "warnings", report->n_warnings);
    json_targets(json, report);
    json_findings(json, report);
    json_close_map(json);
}

/* The names of TARGETS for those who show one finding; NULL: no memory. */
static const char *target_names(struct arena *arena, target_set targets)
{
    const char *names = "";

    for (size_t i = 0; names && target_at(i); i++)
        if (targets & (target_set)1 << i)
            names = arena_printf(arena, "%s%s%s", names, *names ? ", " : "", target_at(i)->name);
    return names;
}

/* Gives the findings to SHOW. */
static void show_findings(struct report *report, struct json *json,
                          void (*show)(struct json *json, const struct shown_finding *finding))
{
    for (size_t i = 0; i < report->n_findings; i++) {
        const struct finding *finding = &report->findings[i];
        bool all = finding->targets == report->checked;

        show(json,
             &(struct shown_finding){
                 .file = report->file.name,
                 .diag = &finding->diag,
                 .column = excerpt_column(report->file.text, report->file.len, &finding->diag.at),
                 .targets = all ? NULL : target_names(&report->arena, finding->targets),
             });
    }
}

static void tell(struct report *report, enum check_format format, struct json *json, bool good)
{
    switch (format) {
    case CHECK_TEXT:
        print_findings(report);
        print_summary(report);
        break;
    case CHECK_JSON:
        json_report(json, report, good);
        break;
    case CHECK_SARIF:
        show_findings(report, json, findings_sarif);
        break;
    case CHECK_GITHUB:
        show_findings(report, json, findings_github);
        break;
    }
    if (report->n_dropped)
        ctl_warn("%s: more was found than is shown", report->file.name);
}

/* Checks the file PATH and says what was found, in FORMAT; JSON is for those that need it. */
static int check_and_tell(const struct ctl_options *options, struct syscalls *syscalls,
                          const char *path, enum check_format format, struct json *json)
{
    __attribute__((cleanup(report_free))) struct report report = {
        .against_libseccomp = options->against_libseccomp,
        .quiet = options->quiet,
        .arena = ARENA_INIT,
    };
    int code = check_file(&report, options, syscalls, path);
    bool good = is_good(&report, options);

    if (code != CTL_OK)
        return code;
    tell(&report, format, json, good);
    return good ? CTL_OK : CTL_NO;
}

static int check(const struct ctl_options *options)
{
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    const enum check_format format =
        options->json ? CHECK_JSON : (enum check_format)options->own_format;
    struct json json;
    int worst = CTL_OK;

    if (!syscalls)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    if (options->json && options->has_format && options->own_format != CHECK_JSON)
        return ctl_fail(CTL_USAGE, "--json and --format %s do not go together",
                        formats[options->own_format]);
    if (options->target && local_check_target(options->target) != CTL_OK)
        return CTL_USAGE;
    json_start(&json);
    if (format == CHECK_SARIF)
        findings_sarif_begin(&json);
    else
        json_open_array(&json, NULL);
    for (int i = 0; i < options->n_args; i++) {
        int code = check_and_tell(options, syscalls, options->args[i], format, &json);

        worst = code > worst ? code : worst;
    }
    if (format == CHECK_SARIF)
        findings_sarif_end(&json, worst);
    else
        json_close_array(&json);
    if (format == CHECK_JSON || format == CHECK_SARIF) {
        int code = json_finish(&json, NULL);

        worst = code > worst ? code : worst;
    } else {
        json_discard(&json);
    }
    return worst;
}

const struct ctl_command command_check = {
    .name = "check",
    .options = CTL_OPTION_TARGET | CTL_OPTION_STRICT | CTL_OPTION_AGAINST_LIBSECCOMP |
               CTL_OPTION_QUIET | CTL_OPTION_FORMAT,
    .formats = formats,
    .all_targets = true,
    .min_args = 1,
    .max_args = -1,
    .wants = "the file of a profile",
    .run = check,
    .help =
        "usage: secprofctl check FILE… [--target ARCH|all] [--strict] [--against-libseccomp]\n"
        "                             [--quiet] [--format text|json|sarif|github]\n"
        "\n"
        "Compiles the profile in each FILE (- is stdin) for every architecture, without\n"
        "capabilities and with all that its rules name. Errors and warnings go to stderr, each\n"
        "with file, line and column, a summary to stdout. Notes are worth knowing, and never a\n"
        "failure.\n"
        "\n"
        "  --target ARCH       only for this architecture (default: all that the installed\n"
        "                      libseccomp knows)\n"
        "  --strict            warnings are failures too\n"
        "  --against-libseccomp  also says where the filter that libseccomp makes of the profile\n"
        "                      differs from what the profile says, with an example\n"
        "  --quiet             without notes\n"
        "  --format FORMAT     text (the default), or all of it on stdout: json; sarif (SARIF\n"
        "                      2.1.0, for code scanning); github (workflow commands, which\n"
        "                      GitHub shows beside the lines)\n"
        "  --json              the same as --format json\n",
};
