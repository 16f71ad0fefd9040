/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagrams of the filters of many processes share one set, for filters are much alike. Where that
 * grows too large, it begins anew; a stack that is too large for a set of its own is said to be so.
 */
#include "config.h"

#include "client/secprofctl/subject/stacks.h"

#include <errno.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/subject/processes.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/verdict.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/prove.h"
#include "compiler/prove/symbolic.h"
#include "compiler/questions/combine.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* A filter's behaviour in the set of diagrams that is in use. */
struct analysed {
    bool is_known;
    struct behaviour behaviour;
};

struct analysis {
    const struct stack_question *question;
    struct bdd *bdd;
    struct arena arena; /* all behaviours */
    struct analysed *filters;
    struct behaviour reference;
    bool is_fresh; /* nothing was made in it yet but for the stack that is asked now */
    bool big_endian;
};

static void analysis_close(struct analysis *analysis)
{
    bdd_free(analysis->bdd);
    arena_free(&analysis->arena);
}

/* Begins with an empty set of diagrams. Returns CTL_OK, or another exit code after a message. */
static int start(struct analysis *analysis)
{
    const struct stack_question *question = analysis->question;

    analysis_close(analysis);
    analysis->bdd = bdd_new(PROOF_MAX_NODES);
    analysis->filters =
        arena_calloc(&analysis->arena, question->of->n_filters + 1, sizeof(*analysis->filters));
    analysis->is_fresh = true;
    if (!analysis->bdd || !analysis->filters)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    return question->reference
               ? subject_behaviour(question->reference, analysis->bdd, &analysis->reference)
               : CTL_OK;
}

/* The behaviour of filter INDEX. Returns 0, or -errno and *WHY. */
static int analyse_filter(struct analysis *analysis, size_t index, const char **why)
{
    const struct bpf_program *program = &analysis->question->of->filters[index].program;
    struct analysed *filter = &analysis->filters[index];
    struct obstacle obstacle = {.why = "its filters are too large to analyse"};
    int r;

    if (filter->is_known)
        return 0;
    r = behaviour_of_program(&filter->behaviour, analysis->bdd, program->insns, program->n_insns,
                             analysis->big_endian, &analysis->arena, &obstacle);
    filter->is_known = r == 0;
    if (r != 0)
        *why = obstacle.why;
    return r;
}

/* What the filters of STACK, which has some, do together. Returns 0, or -errno and *WHY. */
static int analyse_stack(struct analysis *analysis, const struct filter_stack *stack,
                         struct behaviour *behaviour, const char **why)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < stack->n; i++) {
        const struct behaviour *older = &analysis->filters[stack->filters[i]].behaviour;

        r = analyse_filter(analysis, stack->filters[i], why);
        if (r == 0 && i == 0)
            *behaviour = *older;
        else if (r == 0)
            r = behaviour_combine(behaviour, analysis->bdd, behaviour, older, &analysis->arena);
    }
    return r;
}

/* What the filters of STACK answer to DATA, as the kernel runs them. */
static uint32_t run_stack(const struct analysis *analysis, const struct filter_stack *stack,
                          const struct seccomp_data *data)
{
    uint32_t verdict = SECCOMP_RET_ALLOW;

    for (size_t i = 0; i < stack->n; i++) {
        const struct bpf_program *program =
            &analysis->question->of->filters[stack->filters[i]].program;
        uint32_t answer =
            bpf_simulate(program->insns, program->n_insns, data, analysis->big_endian).verdict;

        if (i == 0 || verdict_compare(answer, verdict) < 0)
            verdict = answer;
    }
    return verdict;
}

/* Runs the example of each way through the filters. */
static bool is_confirmed(const struct analysis *analysis, const struct filter_stack *stack,
                         const struct permits *permits)
{
    for (size_t i = 0; i < permits->n; i++) {
        const struct permitted_way *way = &permits->ways[i];
        const enum permission wanted =
            way->permission > PERMISSION_ASKS ? PERMISSION_YES : way->permission;
        struct seccomp_data data = {.arch = way->abi->audit_arch, .nr = (int)way->nr};

        memcpy(data.args, way->words, sizeof(data.args));
        data.instruction_pointer = way->words[BDD_POINTER];
        if (wanted != PERMISSION_NO && permission_of(run_stack(analysis, stack, &data)) != wanted)
            return false;
    }
    return true;
}

/* Asks one stack. Returns 0 or -errno, for -E2BIG and -ENOTSUP with ANSWER->why_not. */
static int ask_stack(struct analysis *analysis, const struct filter_stack *stack,
                     struct stack_answer *answer, struct arena *arena)
{
    const struct stack_question *question = analysis->question;
    /* Without filters everything is allowed. */
    const struct nr_range numbers = {0, bdd_constant(analysis->bdd, SECCOMP_RET_ALLOW)};
    const struct arch_range archs = {0, &numbers, 1};
    struct behaviour behaviour = {&archs, 1};
    int r = 0;

    *answer = (struct stack_answer){.why_not = "its filters are too large to analyse"};
    if (stack->n > 0)
        r = analyse_stack(analysis, stack, &behaviour, &answer->why_not);
    if (r == 0 && question->call)
        r = permits_find(&answer->permits, analysis->bdd, &behaviour, question->target,
                         question->call, question->syscalls);
    if (r == 0 && question->reference)
        r = changes_find(&answer->weaker, analysis->bdd, &behaviour, &analysis->reference,
                         question->target, question->syscalls, permits_more, arena);
    if (r == 0 && bdd_failed(analysis->bdd))
        r = -E2BIG;
    if (r == 0)
        answer->why_not = NULL;
    return bdd_out_of_memory(analysis->bdd) ? -ENOMEM : r;
}

int stacks_ask(struct stack_answer **answers, const struct stack_question *question,
               struct arena *arena)
{
    __attribute__((cleanup(analysis_close))) struct analysis analysis = {
        .question = question,
        .arena = ARENA_INIT,
        .big_endian = target_native_abi(question->target)->big_endian,
    };
    const struct processes *of = question->of;
    int code = start(&analysis);

    *answers = arena_calloc(arena, of->n_stacks + 1, sizeof(**answers));
    if (code == CTL_OK && !*answers)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    for (size_t i = 0; code == CTL_OK && i < of->n_stacks; i++) {
        struct stack_answer *answer = &(*answers)[i];
        int r = ask_stack(&analysis, &of->stacks[i], answer, arena);

        if (r == -E2BIG && !analysis.is_fresh) {
            code = start(&analysis);
            if (code == CTL_OK)
                r = ask_stack(&analysis, &of->stacks[i], answer, arena);
        }
        if (r == -ENOMEM)
            return ctl_fail(CTL_SYSTEM, "out of memory");
        if (r == 0 && !is_confirmed(&analysis, &of->stacks[i], &answer->permits))
            return ctl_fail(CTL_DAEMON, "the analysis is wrong: running the filters gives "
                                        "something else");
        analysis.is_fresh = false;
        /* What failed has left a set that is of no use any more. */
        if (code == CTL_OK && bdd_failed(analysis.bdd))
            code = start(&analysis);
    }
    return code;
}

const char *stacks_changes_text(const struct changes *changes, struct arena *arena)
{
    const char *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < changes->n_parts; i++) {
        const struct change_part *part = &changes->parts[i];

        for (size_t k = 0; part->abi && k < part->n_changes; k++) {
            const struct change *change = &part->changes[k];

            n += change->n_calls + (change->n_calls == 0);
            if (first)
                continue;
            first = change->n_calls
                        ? arena_printf(arena, "%s %s", part->abi->name, change->calls[0].name)
                        : arena_printf(arena, "%s %u", part->abi->name, change_first_nr(change));
            if (!first)
                return NULL;
        }
    }
    return n > 1 ? arena_printf(arena, "%s and %zu more", first, n - 1) : first ? first : "";
}
