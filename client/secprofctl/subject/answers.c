/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers: from the profile's rules where there is a profile, else from the filter alone. */
#include "config.h"

#include "client/secprofctl/subject/answers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/explain.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/successor.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/profile.h"
#include "compiler/prove/bdd-outcomes.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/meaning.h"
#include "compiler/questions/explain.h"
#include "util/cleanup.h"

void answers_close(struct explaining *what)
{
    subject_close(&what->subject);
    bdd_free(what->bdd);
    syscalls_free(what->syscalls);
    arena_free(&what->arena);
}

/* Says where the profile changed between the filter and its text. */
static int compare_with_service(struct explaining *what)
{
    struct behaviour asked;
    struct behaviour served;
    int code = subject_behaviour(&what->subject, what->bdd, &served);

    if (code != CTL_OK)
        return code;

    int r = meaning_of_profile(&asked, what->bdd, &what->subject.profile, &what->subject.request,
                               what->syscalls, &what->arena);

    if (r < 0)
        return ctl_fail(CTL_SYSTEM, "%s: %s", what->subject.operand,
                        r == -E2BIG ? "its rules take diagrams that grow too large" : strerror(-r));
    for (size_t i = 0; i < what->n; i++) {
        uint32_t arch = what->list[i].abi->audit_arch;
        uint32_t nr = what->list[i].nr;

        if (behaviour_at(&asked, arch, nr) != behaviour_at(&served, arch, nr))
            return ctl_fail(CTL_NO, "%s: it changed just now; ask again", what->subject.operand);
    }
    return CTL_OK;
}

/* Asks the profile about each way of making the call. */
static int ask_profile(struct explaining *what, const struct abi *abi)
{
    const struct question question = {
        .request = &what->subject.request,
        .profile = &what->subject.profile,
        .variant = &what->subject.lowered.variant,
        .policy = &what->subject.lowered.policy,
        .syscalls = what->syscalls,
        .name = what->call.name,
        .number = what->call.number,
        .args = what->call.args,
        .known = what->call.known,
    };
    int r = explain(&what->list, &what->n, &what->room, &question, abi, &what->arena);

    return r < 0 ? ctl_fail(CTL_SYSTEM, "%s", strerror(-r)) : CTL_OK;
}

/* Adds what the filter answers to number NR of ABI. */
static int add_raw(struct explaining *what, const struct behaviour *behaviour,
                   const struct abi *abi, uint32_t nr, const struct multiplexed *through)
{
    bdd_ref condition = BDD_TRUE;

    if (arena_grow(&what->arena, &what->raw, what->n, &what->room, sizeof(*what->raw)) < 0)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    if (through)
        condition = bdd_word_is(what->bdd, 0, through->call);
    for (unsigned int i = 0; !through && i < SYSCALL_ARGS; i++)
        if (what->call.known >> i & 1)
            condition =
                bdd_and(what->bdd, condition, bdd_word_is(what->bdd, i, what->call.args[i]));

    struct raw_answer *answer = &what->raw[what->n];

    *answer = (struct raw_answer){.abi = abi, .nr = nr, .through = through};
    if (bdd_values_where(what->bdd, condition, behaviour_at(behaviour, abi->audit_arch, nr),
                         &answer->outcomes) < 0 ||
        bdd_failed(what->bdd))
        return ctl_fail(CTL_SYSTEM, "out of memory");
    what->n++;
    for (size_t i = 0; i < answer->outcomes.n; i++) {
        struct seccomp_data data = {.arch = abi->audit_arch, .nr = (int)nr};

        memcpy(data.args, answer->outcomes.items[i].words, sizeof(data.args));
        data.instruction_pointer = answer->outcomes.items[i].words[BDD_WORDS - 1];
        if (subject_simulate(&what->subject, &data) != answer->outcomes.items[i].b)
            return ctl_fail(CTL_DAEMON, "the analysis is wrong: running the filter gives something "
                                        "else");
    }
    return CTL_OK;
}

static int ask_filter(struct explaining *what, const struct behaviour *behaviour,
                      const struct abi *abi)
{
    const struct multiplexed *through =
        what->call.name ? syscalls_multiplexed(what->call.name) : NULL;
    uint32_t nr = what->call.number;
    int code = CTL_OK;

    if (!what->call.name)
        return explain_is_number_of(abi, nr) ? add_raw(what, behaviour, abi, nr, NULL) : CTL_OK;
    if (syscalls_number(what->syscalls, abi->id, what->call.name, &nr) == 0)
        code = add_raw(what, behaviour, abi, nr, NULL);
    if (code == CTL_OK && through &&
        syscalls_number(what->syscalls, abi->id, through->multiplexer, &nr) == 0)
        code = add_raw(what, behaviour, abi, nr, through);
    return code;
}

static int ask_abis(struct explaining *what, const struct behaviour *behaviour)
{
    const struct target *target = what->subject.request.target;
    int code = CTL_OK;

    for (size_t i = 0; code == CTL_OK && i < target->n_abis; i++) {
        const struct abi *abi = abi_get(target->abis[i]);

        if (what->options->abi && what->options->abi != abi)
            continue;
        code = what->file ? ask_profile(what, abi) : ask_filter(what, behaviour, abi);
    }
    return code;
}

/* No ABI that was asked about has the call. */
static int no_such_call(struct explaining *what)
{
    if (!what->call.name)
        return ctl_fail(CTL_USAGE, "%s has no number %u", what->options->abi->name,
                        what->call.number);
    return call_fail_unknown(what->call.name, what->subject.request.target, what->options->abi,
                             what->syscalls);
}

/*
 * Says where other ABIs of the target have the call, but its native one, which most programs use,
 * has not.
 */
static void warn_of_native(struct explaining *what)
{
    const struct abi *native = target_native_abi(what->subject.request.target);
    const char *newer;

    if (!what->call.name || (what->options->abi && what->options->abi != native))
        return;
    for (size_t i = 0; i < what->n; i++)
        if ((what->file ? what->list[i].abi : what->raw[i].abi) == native)
            return;
    newer = successor_on_abi(what->syscalls, native->id, what->call.name);
    ctl_warn("%s has no syscall '%s'%s%s%s", native->name, what->call.name,
             newer ? "; programs call '" : "", newer ? newer : "", newer ? "' there" : "");
}

int answers_open(struct explaining *what, const char *operand)
{
    int code = subject_open(&what->subject, what->options, what->syscalls, operand);

    if (code != CTL_OK)
        return code;
    if (what->options->abi &&
        !(target_abis(what->subject.request.target) >> what->options->abi->id & 1))
        return ctl_fail(CTL_USAGE, "%s has no ABI %s; another architecture is named with --target",
                        what->subject.request.target->name, what->options->abi->name);
    if (what->subject.kind == SUBJECT_SERVED)
        code = subject_read_source(&what->subject, what->options, what->syscalls);
    if (what->subject.kind == SUBJECT_PROFILE || what->subject.kind == SUBJECT_SERVED)
        what->file = what->subject.file.name;
    return code;
}

int answers_find(struct explaining *what)
{
    struct behaviour behaviour = {NULL, 0};
    int code = what->file ? CTL_OK : subject_behaviour(&what->subject, what->bdd, &behaviour);

    if (code == CTL_OK)
        code = ask_abis(what, &behaviour);
    if (code == CTL_OK && what->n == 0)
        return no_such_call(what);
    if (code == CTL_OK)
        warn_of_native(what);
    if (code == CTL_OK && what->subject.kind == SUBJECT_SERVED)
        code = compare_with_service(what);
    return code;
}
