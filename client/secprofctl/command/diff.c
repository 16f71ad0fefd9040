/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl diff: what two filters decide differently, exactly; each example has been run through
 * both filters before it is shown.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/diff-text.h"
#include "client/secprofctl/show/example.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/subject/subject.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/prove/bdd-outcomes.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/prove.h"
#include "compiler/questions/compare.h"
#include "util/cleanup.h"

/* Both sides, and what was found. */
struct diff {
    const struct ctl_options *options;
    struct syscalls *syscalls;
    struct subject a;
    struct subject b;
    struct bdd *bdd;
    struct arena arena;
    struct changes changes;
};

static void diff_close(struct diff *diff)
{
    subject_close(&diff->a);
    subject_close(&diff->b);
    bdd_free(diff->bdd);
    syscalls_free(diff->syscalls);
    arena_free(&diff->arena);
}

static const char *verdict(struct diff *diff, uint32_t value)
{
    const char *text = verdict_text_on_abi(&diff->arena, value, diff->a.request.target->abis[0]);

    return text ? text : "?";
}

/* Forgets what is about other ABIs than ABI. */
static void keep_abi(struct changes *changes, const struct abi *abi)
{
    size_t n = 0;

    for (size_t i = 0; i < changes->n_parts; i++)
        if (changes->parts[i].abi == abi)
            changes->parts[n++] = changes->parts[i];
    changes->n_parts = n;
}

/* CTL_OK where the target has the ABI that the options name, if any. */
static int check_abi(const struct diff *diff)
{
    const struct target *target = diff->a.request.target;
    const struct abi *abi = diff->options->abi;

    for (size_t i = 0; abi && i < target->n_abis; i++)
        if (target->abis[i] == abi->id)
            return CTL_OK;
    return abi ? ctl_fail(CTL_USAGE, "%s has no ABI %s", target->name, abi->name) : CTL_OK;
}

/* Loads both sides and compares them. Returns CTL_OK, or another exit code after a message. */
static int find(struct diff *diff)
{
    struct behaviour a;
    struct behaviour b;
    int code;
    int r;

    diff->syscalls = syscalls_new();
    diff->bdd = bdd_new(PROOF_MAX_NODES);
    if (!diff->syscalls || !diff->bdd)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    code = subject_open(&diff->a, diff->options, diff->syscalls, diff->options->args[0]);
    if (code == CTL_OK)
        code = check_abi(diff);
    if (code == CTL_OK)
        code = subject_open(&diff->b, diff->options, diff->syscalls, diff->options->args[1]);
    if (code == CTL_OK)
        code = subject_behaviour(&diff->a, diff->bdd, &a);
    if (code == CTL_OK)
        code = subject_behaviour(&diff->b, diff->bdd, &b);
    if (code != CTL_OK)
        return code;
    r = changes_find(&diff->changes, diff->bdd, &a, &b, diff->a.request.target, diff->syscalls,
                     diff->options->subset ? verdict_is_weaker : verdicts_differ, &diff->arena);
    if (r == 0 && diff->options->abi)
        keep_abi(&diff->changes, diff->options->abi);
    return r < 0 ? ctl_fail(CTL_SYSTEM, "%s", strerror(-r)) : CTL_OK;
}

/* Runs the examples of CHANGE through both sides' filters. */
static int check_examples(struct diff *diff, const struct change_part *part,
                          const struct change *change)
{
    for (size_t i = 0; i < change->outcomes.n; i++) {
        const struct bdd_outcome *outcome = &change->outcomes.items[i];
        struct seccomp_data data =
            example_data(part->arch, change_first_nr(change), outcome->words);

        if (subject_simulate(&diff->a, &data) != outcome->a ||
            subject_simulate(&diff->b, &data) != outcome->b)
            return ctl_fail(CTL_DAEMON,
                            "the analysis is wrong: architecture %#x, number %u: running the "
                            "filters gives something else",
                            data.arch, (uint32_t)data.nr);
    }
    return CTL_OK;
}

static int check_all_examples(struct diff *diff)
{
    for (size_t i = 0; i < diff->changes.n_parts; i++) {
        const struct change_part *part = &diff->changes.parts[i];

        for (size_t k = 0; k < part->n_changes; k++) {
            int code = check_examples(diff, part, &part->changes[k]);

            if (code != CTL_OK)
                return code;
        }
    }
    return CTL_OK;
}

static struct diff_side side_of(struct subject *subject)
{
    const char *text = subject_text(subject);

    return (struct diff_side){
        .text = text ? text : subject->operand,
        .flags_known = subject->flags_known,
        .flags = subject->flags,
    };
}

static int print_text(struct diff *diff)
{
    const struct diff_shown shown = {
        .a = side_of(&diff->a),
        .b = side_of(&diff->b),
        .target = diff->a.request.target,
        .bdd = diff->bdd,
        .changes = &diff->changes,
        .subset = diff->options->subset,
        .arena = &diff->arena,
    };
    int r = diff_text_print(&shown);

    return r < 0 ? ctl_fail(CTL_SYSTEM, "%s", strerror(-r)) : CTL_OK;
}

static void json_change(struct diff *diff, struct json *json, const struct change_part *part,
                        const struct change *change)
{
    json_open_map(json, NULL);
    json_open_array(json, "syscalls");
    for (size_t i = 0; i < change->n_calls; i++)
        json_text(json, NULL, change->calls[i].name);
    json_close_array(json);
    json_open_array(json, "numbers");
    for (size_t i = 0; i < change->n_unnamed; i++) {
        json_open_array(json, NULL);
        json_number(json, NULL, change->unnamed[i].first);
        json_number(json, NULL, change->unnamed[i].last);
        json_close_array(json);
    }
    json_close_array(json);
    json_open_array(json, "arguments");
    for (unsigned int i = 0; i < 6; i++)
        if (change->outcomes.words >> i & 1)
            json_number(json, NULL, i);
    json_close_array(json);
    json_open_array(json, "examples");
    for (size_t i = 0; i < change->outcomes.n; i++) {
        const struct bdd_outcome *outcome = &change->outcomes.items[i];
        struct seccomp_data data =
            example_data(part->arch, change_first_nr(change), outcome->words);

        json_open_map(json, NULL);
        example_json(json, &data);
        json_text(json, "a", verdict(diff, outcome->a));
        json_text(json, "b", verdict(diff, outcome->b));
        json_close_map(json);
    }
    json_close_array(json);
    json_bool(json, "more", change->outcomes.more);
    json_close_map(json);
}

/* The flags of SUBJECT; null where nobody knows them. */
static void json_side_flags(struct json *json, const char *key, const struct subject *subject)
{
    if (subject->flags_known)
        json_flags(json, key, subject->flags);
    else
        json_text(json, key, NULL);
}

static int print_json(struct diff *diff)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    json_text(&json, "a", subject_text(&diff->a));
    json_text(&json, "b", subject_text(&diff->b));
    json_text(&json, "target", diff->a.request.target->name);
    json_text(&json, "question", diff->options->subset ? "subset" : "equal");
    json_side_flags(&json, "a_flags", &diff->a);
    json_side_flags(&json, "b_flags", &diff->b);
    json_bool(&json, "answer", diff->changes.n_parts == 0);
    json_open_array(&json, "differences");
    for (size_t i = 0; i < diff->changes.n_parts; i++) {
        const struct change_part *part = &diff->changes.parts[i];

        json_open_map(&json, NULL);
        json_text(&json, "abi", part->abi ? part->abi->name : NULL);
        json_number(&json, "arch", part->arch);
        json_number(&json, "arch_last", part->arch_last);
        json_open_array(&json, "changes");
        for (size_t k = 0; k < part->n_changes; k++)
            json_change(diff, &json, part, &part->changes[k]);
        json_close_array(&json);
        json_close_map(&json);
    }
    json_close_array(&json);
    json_close_map(&json);
    return json_finish(&json, NULL);
}

static int run_diff(const struct ctl_options *options)
{
    __attribute__((cleanup(diff_close))) struct diff diff = {
        .options = options,
        .a.arena = ARENA_INIT,
        .b.arena = ARENA_INIT,
        .arena = ARENA_INIT,
    };
    int code = find(&diff);

    if (code == CTL_OK)
        code = check_all_examples(&diff);
    if (code == CTL_OK && options->json)
        code = print_json(&diff);
    else if (code == CTL_OK)
        code = print_text(&diff);
    if (code != CTL_OK)
        return CTL_DIFF_FAILED;
    return diff.changes.n_parts ? CTL_DIFFERENT : CTL_OK;
}

const struct ctl_command command_diff = {
    .name = "diff",
    .failure = CTL_DIFF_FAILED,
    .options = CTL_OPTIONS_VARIANT | CTL_OPTION_SUBSET | CTL_OPTION_ABI,
    .min_args = 2,
    .max_args = 2,
    .wants = "two of: a file, the name of a profile, pid:N",
    .run = run_diff,
    .help =
        "usage: secprofctl diff A B [OPTION…]\n"
        "\n"
        "Compares two filters for every architecture, number and argument, and prints what they\n"
        "decide differently: the syscalls, the arguments that matter, both answers, examples.\n"
        "ABIs for which it is the same are put together. Flags that differ are told too; they are\n"
        "no part of the answer.\n"
        "\n"
        "  A, B                a profile's file or raw BPF (struct sock_filter), - for stdin, the\n"
        "                      name of a profile that secprofd serves, or pid:N for the filters\n"
        "                      of a running process\n"
        "  --subset            asks whether A allows at most what B allows, in the kernel's order\n"
        "                      of actions, and prints where it allows more\n"
        "  --abi ABI           only for this ABI: x86_64, x86, x32, …\n"
        "  --target ARCH       for this architecture (default: this machine's)\n"
        "  --caps CAP_A,CAP_B  for a process with these capabilities (default: none)\n"
        "  --kernel 6.1        for another kernel than this one\n"
        "  --mode audit|log    audit: let through and log what would be denied; log: log that\n"
        "  --json              all of it as JSON\n"
        "\n"
        "Exit codes: 0 they are equal (or A is a subset), 1 they are not, 2 something went "
        "wrong.\n",
};
