/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl why: a line of a log about a denied call, explained: which call it was, whose, what
 * decided it, and what would have to change.
 */
#include "config.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/example.h"
#include "client/secprofctl/show/explain-json.h"
#include "client/secprofctl/show/explain-text.h"
#include "client/secprofctl/show/explain.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/remedy.h"
#include "client/secprofctl/show/text.h"
#include "client/secprofctl/subject/answers.h"
#include "client/secprofctl/subject/denial.h"
#include "client/secprofctl/subject/owner.h"
#include "client/secprofctl/subject/process.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/lint/risks.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/prove.h"
#include "compiler/questions/explain.h"
#include "compiler/questions/remedy.h"
#include "protocol/codec.h"
#include "util/cleanup.h"

/* One question. */
struct why {
    struct ctl_options options; /* the user's, with what the line says of the target */
    struct explaining what;
    struct denial denial;
    struct owner owner;
    bool has_owner; /* the process was looked at */
    bool audited;   /* the filter let the call through, and logged that the profile denies it */
    struct remedy remedy;
    bool has_remedy;
};

static void why_close(struct why *why)
{
    answers_close(&why->what);
}

/* The target whose kernel runs ABI: this machine's, if that does. */
static const struct target *target_of(const struct abi *abi)
{
    const struct target *target = target_host();

    for (size_t i = 0; !target || !(target_abis(target) >> abi->id & 1); i++) {
        target = target_at(i);
        if (!target)
            return NULL;
    }
    return target;
}

/*
 * The call went through in audit mode: the question is what the profile says without that. Takes
 * the mode off *OPERAND and the options.
 */
static int settle_mode(struct why *why, const char **operand)
{
    enum wire_mode mode;
    size_t len = wire_name_split(*operand, &mode);

    why->audited = why->options.mode == VARIANT_AUDIT || mode == WIRE_MODE_AUDIT ||
                   why->owner.audit || why->denial.action == SECCOMP_RET_LOG;
    why->options.mode = VARIANT_ENFORCE;
    if (mode == WIRE_MODE_AUDIT)
        *operand = arena_strndup(&why->what.arena, *operand, len);
    return *operand ? CTL_OK : ctl_fail(CTL_SYSTEM, "out of memory");
}

/* The subject's operand in *OPERAND. Returns CTL_OK, or another exit code after a message. */
static int find_subject(struct why *why, const char **operand)
{
    int code;

    *operand = why->options.under;
    if (*operand)
        return CTL_OK;
    if (!why->denial.pid)
        return ctl_fail(CTL_USAGE, "the line does not say which process it was: name its profile "
                                   "with --under");
    code = owner_find(&why->owner, &why->options, why->denial.pid, &why->what.arena);
    if (code != CTL_OK)
        return code;
    why->has_owner = true;
    if (why->denial.comm && why->owner.comm && strcmp(why->denial.comm, why->owner.comm) != 0)
        ctl_warn("process %d is '%s' now, and was '%s' in the line", (int)why->denial.pid,
                 why->owner.comm, why->denial.comm);
    if (why->owner.n_filters == 0)
        return ctl_fail(CTL_NO, "process %d has no filter: seccomp did not deny this call",
                        (int)why->denial.pid);
    why->options.caps = why->owner.caps;
    *operand = why->owner.profile;
    why->options.names_only = *operand != NULL;
    if (!*operand)
        *operand = arena_printf(&why->what.arena, "pid:%d", (int)why->denial.pid);
    return *operand ? CTL_OK : ctl_fail(CTL_SYSTEM, "out of memory");
}

static int find_remedy(struct why *why)
{
    struct explaining *what = &why->what;
    struct remedy_call call = {
        .abi = why->denial.abi,
        .name = what->call.name,
        .known = what->call.known,
    };
    int r;

    if (!what->file || !call.name)
        return CTL_OK;
    memcpy(call.args, what->call.args, sizeof(call.args));
    r = remedy_find(&why->remedy, what->bdd, &what->subject.profile, &what->subject.request, &call,
                    what->syscalls, &what->arena);
    why->has_remedy = r == 0;
    if (r == 0 || r == -ENOENT || r == -E2BIG)
        return CTL_OK;
    return ctl_fail(CTL_SYSTEM, "%s", strerror(-r));
}

static int find_all(struct why *why)
{
    const struct target *target = target_of(why->denial.abi);
    const char *operand;
    int code;

    why->options.abi = why->denial.abi;
    if (!why->options.target && target != target_host())
        why->options.target = target;
    why->what.call = why->denial.call;
    code = find_subject(why, &operand);
    if (code == CTL_OK)
        code = settle_mode(why, &operand);
    if (code == CTL_OK)
        code = answers_open(&why->what, operand);
    if (code == CTL_OK)
        code = answers_find(&why->what);
    return code == CTL_OK ? find_remedy(why) : code;
}

/* What the line says of the call, in a sentence. */
static void print_denial(const struct denial *denial)
{
    const struct action *action =
        denial->action == UINT32_MAX ? NULL : action_of_verdict(denial->action);

    if (denial->pid)
        printf("Process %d", (int)denial->pid);
    else
        printf("A process");
    if (denial->comm) {
        fputs(" (", stdout);
        text_print(stdout, denial->comm);
        putchar(')');
    }
    fputs(" called ", stdout);
    if (denial->call.name)
        text_print(stdout, denial->call.name);
    else
        printf("number %u", denial->call.number);
    printf(" on %s", denial->abi->name);
    if (action)
        printf("; the filter said %s", action->name + strlen("SCMP_ACT_"));
    if (denial->error)
        printf("; it failed with %s", denial->error);
    puts(".");
}

static void print_owner(const struct why *why)
{
    if (why->has_owner && why->owner.cgroup) {
        fputs("Its cgroup is ", stdout);
        text_print(stdout, why->owner.cgroup);
        puts(".");
    }
    if (why->has_owner && why->owner.profile)
        printf("Its filter is that of %s%s%s.\n", why->owner.profile,
               why->owner.audit ? "@audit" : "",
               why->owner.caps ? ", for the capabilities that it may have" : "");
    else if (why->has_owner)
        puts("Its filter is that of no profile that is served now.");
}

/* True where the answer depends on arguments that the line does not have. */
static bool is_open(const struct explaining *what)
{
    for (size_t i = 0; what->file && i < what->n; i++)
        if (!what->list[i].through && !what->list[i].known)
            return true;
    return false;
}

/* What the filter answers where the profile's VERDICT is that. */
static uint32_t answer_to(const struct why *why, uint32_t verdict)
{
    return why->audited && verdict_compare(verdict, SECCOMP_RET_LOG) < 0 ? SECCOMP_RET_LOG
                                                                         : verdict;
}

/* True where the record has another action than any answer. */
static bool is_contradicted(const struct why *why)
{
    const struct explaining *what = &why->what;

    for (size_t i = 0; what->file && i < what->n; i++)
        if (!what->list[i].known ||
            (answer_to(why, what->list[i].verdict) & SECCOMP_RET_ACTION_FULL) == why->denial.action)
            return false;
    return what->file && what->n > 0 && why->denial.action != UINT32_MAX;
}

/* True where audit mode made a difference to what the filter answered. */
static bool is_audited(const struct why *why)
{
    const struct explaining *what = &why->what;

    for (size_t i = 0; why->audited && what->file && i < what->n; i++)
        if (!what->list[i].known || answer_to(why, what->list[i].verdict) != what->list[i].verdict)
            return true;
    return false;
}

static int print_text(struct why *why)
{
    const struct lint_risk *risk = why->what.call.name ? lint_risk_of(why->what.call.name) : NULL;
    int code;

    print_owner(why);
    if (is_audited(why))
        puts("Its filter lets through what the profile denies, and the kernel logs it. Enforced, "
             "the "
             "profile says:");
    putchar('\n');
    code = explain_text_print(&why->what);
    if (code != CTL_OK)
        return code;
    if (is_contradicted(why))
        puts("\nThat is not what the filter said then: it was another profile, or another version "
             "of "
             "this one.");
    if (is_open(&why->what))
        puts("\nThe line does not have all arguments, so it cannot tell which of these decided.");
    if (!why->has_remedy)
        return CTL_OK;
    remedy_print(&why->what, &why->remedy);
    if (risk && !why->remedy.allowed)
        printf("Think of what %s can do: %s.\n", risk->name, risk->why);
    return CTL_OK;
}

static void print_json(struct why *why, struct json *json)
{
    const struct denial *denial = &why->denial;
    const struct lint_risk *risk = why->what.call.name ? lint_risk_of(why->what.call.name) : NULL;

    json_open_map(json, NULL);
    if (denial->pid)
        json_number(json, "pid", (uint64_t)denial->pid);
    json_text(json, "comm", denial->comm);
    json_text(json, "exe", denial->exe);
    json_text(json, "error", denial->error);
    json_text(json, "profile", why->has_owner ? why->owner.profile : NULL);
    json_text(json, "mode", is_audited(why) ? "audit" : NULL);
    json_text(json, "cgroup", why->has_owner ? why->owner.cgroup : NULL);
    json_number(json, "known_args", denial->call.known);
    explain_json(&why->what, json);
    if (why->has_remedy)
        remedy_json(&why->what, json, &why->remedy);
    json_text(json, "danger", risk ? risk->why : NULL);
    json_close_map(json);
}

/* Reads the call from the words behind "pid:N". */
static const char *read_words(struct why *why, pid_t pid, char *const *words, size_t n)
{
    const struct target *host = target_host();

    why->denial = (struct denial){
        .source = DENIAL_STRACE,
        .abi = why->options.abi ? why->options.abi
               : host           ? target_native_abi(host)
                                : NULL,
        .action = UINT32_MAX,
        .pid = pid,
    };
    if (!why->denial.abi)
        return "this machine's architecture is not known here";
    return call_read(&why->denial.call, &why->what.arena, words, n, why->denial.abi,
                     why->what.syscalls);
}

/*
 * Answers one question: of LINE, or, where that is NULL, of the words of the command line; to JSON,
 * or, where that is NULL, to people. Returns CTL_OK, or another exit code after a message.
 */
static int ask(const struct ctl_options *options, const char *line, struct json *json)
{
    __attribute__((cleanup(why_close))) struct why why = {
        .options = *options,
        .what.subject.arena = ARENA_INIT,
        .what.arena = ARENA_INIT,
        .what.syscalls = syscalls_new(),
        .what.bdd = bdd_new(PROOF_MAX_NODES),
    };
    const char *wrong;
    int code;

    why.what.options = &why.options;
    if (!why.what.syscalls || !why.what.bdd)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    wrong = line ? denial_read(&why.denial, &why.what.arena, line, why.what.syscalls)
                 : read_words(&why, process_parse(options->args[0]), options->args + 1,
                              (size_t)options->n_args - 1);
    if (wrong)
        return ctl_fail(CTL_USAGE, "%s", wrong);
    /* That much can be said even where the rest cannot. */
    if (!json)
        print_denial(&why.denial);
    code = find_all(&why);
    if (code != CTL_OK)
        return code;
    if (!json)
        return print_text(&why);
    print_json(&why, json);
    return CTL_OK;
}

/* All WORDS with blanks between, in ARENA. NULL: no memory. */
static const char *join(struct arena *arena, char *const *words, int n)
{
    const char *text = words[0];

    for (int i = 1; text && i < n; i++)
        text = arena_printf(arena, "%s %s", text, words[i]);
    return text;
}

/*
 * Answers for each line of the standard input that tells of a call; a log has others too, and the
 * same line again is no new question.
 */
static int ask_lines(const struct ctl_options *options, struct json *json)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    cleanup_free char *line = NULL;
    struct denial *seen = NULL;
    size_t room = 0, n_seen = 0, size = 0;
    int worst = CTL_OK;

    while (syscalls && getline(&line, &size, stdin) > 0) {
        struct denial denial;
        bool again = false;
        int code;

        if (denial_read(&denial, &arena, line, syscalls))
            continue;
        for (size_t i = 0; i < n_seen && !again; i++)
            again = denial_is_same(&seen[i], &denial);
        if (again)
            continue;
        if (arena_grow(&arena, &seen, n_seen, &room, sizeof(*seen)) < 0)
            return ctl_fail(CTL_SYSTEM, "out of memory");
        if (n_seen > 0 && !json)
            puts("\n--");
        seen[n_seen++] = denial;
        code = ask(options, line, json);
        if (worst == CTL_OK)
            worst = code;
    }
    if (!syscalls || ferror(stdin))
        return ctl_fail(CTL_SYSTEM, "the standard input: %s", strerror(errno));
    return n_seen ? worst
                  : ctl_fail(CTL_USAGE,
                             "no line tells of a denied call: neither an audit record (with "
                             "arch= and syscall=) nor a line of strace");
}

static int run_why(const struct ctl_options *options)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json json;
    const char *line = NULL;
    int code;

    if (process_parse(options->args[0]) && options->n_args == 1)
        return ctl_fail(CTL_USAGE, "which call of %s?", options->args[0]);
    if (!process_parse(options->args[0])) {
        line = join(&arena, options->args, options->n_args);
        if (!line)
            return ctl_fail(CTL_SYSTEM, "out of memory");
    }
    if (options->json) {
        json_start(&json);
        json_open_array(&json, NULL);
    }
    if (line && !strcmp(line, "-"))
        code = ask_lines(options, options->json ? &json : NULL);
    else
        code = ask(options, line, options->json ? &json : NULL);
    if (!options->json)
        return code;
    if (code != CTL_OK) {
        json_discard(&json);
        return code;
    }
    json_close_array(&json);
    return json_finish(&json, NULL);
}

const struct ctl_command command_why = {
    .name = "why",
    .options = CTL_OPTIONS_VARIANT | CTL_OPTION_ABI | CTL_OPTION_UNDER,
    .negative_args = true,
    .min_args = 1,
    .max_args = -1,
    .wants = "a line of a log, - for the standard input, or pid:N and a call",
    .run = run_why,
    .help = "usage: secprofctl why LINE|- [--under PROFILE|FILE|pid:N] [OPTION…]\n"
            "       secprofctl why pid:N SYSCALL [ARGUMENT…]\n"
            "\n"
            "Explains a denied call: which call it was, under which profile, what decided it, and "
            "what\n"
            "would have to change so that it is allowed. LINE is an audit record, as dmesg, "
            "journalctl\n"
            "and ausearch print it, or a line of strace. The profile is the one whose filter the "
            "process\n"
            "has; of a process that is gone it has to be named.\n"
            "\n"
            "  -                   the lines that tell of calls on the standard input\n"
            "  --under PROFILE     the profile, or a file or pid:N, that the process was under\n"
            "  --abi ABI           with pid:N: this ABI\n"
            "  --target ARCH       for this architecture (default: what the line says)\n"
            "  --caps CAP_A,CAP_B  with --under: the capabilities of the process\n"
            "  --kernel 6.1        for another kernel than this one\n"
            "  --mode audit|log    audit: let through and log what would be denied; log: log that\n"
            "  --json              all of it as JSON\n",
};
