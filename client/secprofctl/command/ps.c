/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl ps: the processes of this machine that have seccomp filters, and whose filters these
 * are. It reads what the kernel has, not what somebody configured.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/table.h"
#include "client/secprofctl/subject/process.h"
#include "client/secprofctl/subject/processes.h"
#include "client/secprofctl/subject/served.h"
#include "client/secprofctl/subject/stacks.h"
#include "client/secprofctl/subject/subject.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/syscalls.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/hex.h"

enum {
    SHORT_DIGEST = 6, /* bytes of a digest in the table */
    SHORT_ID = 12,    /* characters of a container's id, as Docker and Podman show it */
};

/* One listing. */
struct listing {
    const struct ctl_options *options;
    struct processes processes;
    struct served served;
    bool has_served; /* the daemon was asked */
    struct syscalls *syscalls;
    struct call call;             /* with --allows */
    struct subject reference;     /* with --weaker-than */
    struct stack_answer *answers; /* with one of these: for each stack of filters */
    struct arena arena;
};

static void listing_close(struct listing *listing)
{
    processes_free(&listing->processes);
    subject_close(&listing->reference);
    syscalls_free(listing->syscalls);
    arena_free(&listing->arena);
}

/* --- What is known of a row */

static const struct filter_stack *stack_of(const struct listing *listing,
                                           const struct confined *item)
{
    return item->unread ? NULL : &listing->processes.stacks[item->stack];
}

/* The profiles that are served with filter INDEX; NULL: there are none. */
static const struct served_list *owners_of(const struct listing *listing, size_t index)
{
    const struct served_list *list = listing->has_served ? &listing->served.filters[index] : NULL;

    return list && list->n > 0 ? list : NULL;
}

/*
 * "current": a profile is served with one of its filters. "not served": none is; the filters are
 * not secprof's, or of an earlier version. "unfiltered". "unknown": not all of that could be read.
 */
static const char *state_of(const struct listing *listing, const struct confined *item)
{
    const struct filter_stack *stack = stack_of(listing, item);

    if (!stack)
        return "unknown";
    if (stack->n == 0)
        return "unfiltered";
    for (size_t i = 0; i < stack->n; i++)
        if (owners_of(listing, stack->filters[i]))
            return "current";
    return listing->has_served && listing->served.is_complete ? "not served" : "unknown";
}

/* What was found out about the filters of ITEM; NULL: nothing could be, or was asked. */
static const struct stack_answer *answer_of(const struct listing *listing,
                                            const struct confined *item)
{
    const struct stack_answer *answer =
        listing->answers && !item->unread ? &listing->answers[item->stack] : NULL;

    return answer && !answer->why_not ? answer : NULL;
}

/* Whether the options ask for ITEM. What is not known about it is a reason to show it. */
static bool is_wanted(struct listing *listing, const struct confined *item)
{
    const struct ctl_options *options = listing->options;
    const struct stack_answer *answer = answer_of(listing, item);

    if (options->outdated && (strcmp(state_of(listing, item), "current") == 0 ||
                              strcmp(state_of(listing, item), "unfiltered") == 0))
        return false;
    if (options->allows && answer && answer->permits.permission == PERMISSION_NO)
        return false;
    if (options->weaker_than && answer) {
        const char *weaker = stacks_changes_text(&answer->weaker, &listing->arena);

        return !weaker || *weaker;
    }
    return true;
}

/* --- As a table */

static const char *user_of(struct listing *listing, uid_t uid)
{
    const struct passwd *entry = getpwuid(uid);

    return entry ? arena_strndup(&listing->arena, entry->pw_name, strlen(entry->pw_name))
                 : arena_printf(&listing->arena, "%u", (unsigned int)uid);
}

static const char *container_text(struct arena *arena, const struct container *container)
{
    if (!container->id)
        return "";
    return arena_printf(arena, "%s%s%.*s", container->engine ? container->engine : "",
                        container->engine ? ":" : "", SHORT_ID, container->id);
}

/* The digest of the newest filter, and how many are below it. */
static const char *digest_text(struct listing *listing, const struct filter_stack *stack)
{
    char digest[HEX_SIZE(SHORT_DIGEST)];

    if (!stack || stack->n == 0)
        return "";
    hex_encode(listing->processes.filters[stack->filters[0]].digest, SHORT_DIGEST, digest);
    if (stack->n == 1)
        return arena_printf(&listing->arena, "%s", digest);
    return arena_printf(&listing->arena, "%s+%zu", digest, stack->n - 1);
}

static void add_row(struct listing *listing, struct table *table, const struct confined *item)
{
    struct arena *arena = &listing->arena;
    const struct filter_stack *stack = stack_of(listing, item);
    const struct stack_answer *answer = answer_of(listing, item);

    table_cell(table, item->tid == item->pid
                          ? arena_printf(arena, "%d", (int)item->pid)
                          : arena_printf(arena, "%d/%d", (int)item->pid, (int)item->tid));
    table_cell(table, user_of(listing, item->uid));
    table_cell(table, container_text(arena, &item->container));
    table_cell(table, item->strict          ? "strict"
                      : item->n_filters < 0 ? "?"
                                            : arena_printf(arena, "%ld", item->n_filters));
    table_cell(table,
               stack && listing->has_served ? served_text(&listing->served, stack, arena) : "");
    table_cell(table, digest_text(listing, stack));
    table_cell(table, state_of(listing, item));
    if (listing->options->allows)
        table_cell(table, answer ? permits_text(&answer->permits, arena) : "unknown");
    if (listing->options->weaker_than)
        table_cell(table, answer ? stacks_changes_text(&answer->weaker, arena) : "unknown");
    table_cell(table, item->command);
}

/* True where processes without filters are part of the answer. */
static bool is_question(const struct ctl_options *options)
{
    return options->allows || options->weaker_than;
}

static int print_table(struct listing *listing, size_t *n_wanted)
{
    const char *headings[TABLE_COLUMNS_MAX] = {"PID",     "USER",   "CONTAINER", ">FILTERS",
                                               "PROFILE", "DIGEST", "STATE"};
    struct table table;
    size_t n = 7;

    if (listing->options->allows)
        headings[n++] = "ALLOWS";
    if (listing->options->weaker_than)
        headings[n++] = "PERMITS MORE";
    headings[n++] = "COMMAND";
    table_start(&table, &listing->arena, headings, n);
    for (size_t i = 0; i < listing->processes.n; i++) {
        if (!is_wanted(listing, &listing->processes.items[i]))
            continue;
        ++*n_wanted;
        add_row(listing, &table, &listing->processes.items[i]);
    }
    if (table_print(&table, stdout, table_width()) < 0)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    if (is_question(listing->options) && !listing->options->all && listing->processes.n_without > 0)
        printf("\n%zu processes have no filter, and are not listed without --all.\n",
               listing->processes.n_without);
    return CTL_OK;
}

/* Says on stderr what the table cannot: each reason once, with one of its processes. */
static void warn_of_unread(const struct listing *listing)
{
    const struct processes *processes = &listing->processes;

    for (size_t i = 0; i < processes->n; i++) {
        size_t more = 0;
        bool again = false;

        for (size_t k = 0; k < processes->n; k++) {
            again = again || (k < i && processes->items[k].unread == processes->items[i].unread);
            more += k > i && processes->items[k].unread == processes->items[i].unread;
        }
        if (!processes->items[i].unread || processes->items[i].strict || again)
            continue;
        if (more > 0)
            ctl_warn("cannot read the filters of process %d and %zu more: %s",
                     (int)processes->items[i].pid, more,
                     process_why_not(processes->items[i].unread));
        else
            ctl_warn("cannot read the filters of process %d: %s", (int)processes->items[i].pid,
                     process_why_not(processes->items[i].unread));
    }
}

/* --- As JSON */

static void json_caps(struct json *json, const char *key, uint64_t caps)
{
    json_open_array(json, key);
    for (int number = 0; capability_name(number); number++)
        if (caps >> number & 1)
            json_text(json, NULL, capability_name(number));
    json_close_array(json);
}

static void json_filter(const struct listing *listing, struct json *json, size_t index)
{
    const struct known_filter *filter = &listing->processes.filters[index];
    const struct served_list *list = owners_of(listing, index);

    json_open_map(json, NULL);
    json_hex(json, "digest", filter->digest, sizeof(filter->digest));
    json_number(json, "instructions", filter->program.n_insns);
    json_open_array(json, "profiles");
    for (size_t i = 0; list && i < list->n; i++) {
        json_open_map(json, NULL);
        json_text(json, "name", list->items[i].profile);
        json_caps(json, "caps", list->items[i].caps);
        json_close_map(json);
    }
    json_close_array(json);
    json_close_map(json);
}

static void json_permits(struct json *json, const struct permits *permits)
{
    json_open_map(json, "allows");
    json_text(json, "answer", permits ? permission_name(permits->permission) : "unknown");
    json_open_array(json, "ways");
    for (size_t i = 0; permits && i < permits->n; i++) {
        const struct permitted_way *way = &permits->ways[i];

        json_open_map(json, NULL);
        json_text(json, "abi", way->abi->name);
        json_number(json, "nr", way->nr);
        json_text(json, "multiplexer", way->through ? way->through->multiplexer : NULL);
        json_text(json, "answer", permission_name(way->permission));
        json_close_map(json);
    }
    json_close_array(json);
    json_close_map(json);
}

/* Each call that is permitted, or asked about, and that the reference denies. */
static void json_weaker(struct json *json, const struct changes *weaker)
{
    json_open_array(json, "permits_more");
    for (size_t i = 0; weaker && i < weaker->n_parts; i++) {
        const struct change_part *part = &weaker->parts[i];

        for (size_t k = 0; part->abi && k < part->n_changes; k++) {
            const struct change *change = &part->changes[k];

            json_open_map(json, NULL);
            json_text(json, "abi", part->abi->name);
            json_open_array(json, "syscalls");
            for (size_t c = 0; c < change->n_calls; c++)
                json_text(json, NULL, change->calls[c].name);
            json_close_array(json);
            json_bool(json, "arguments_matter", change->outcomes.words != 0);
            json_close_map(json);
        }
    }
    json_close_array(json);
}

static void json_answer(const struct listing *listing, struct json *json,
                        const struct confined *item)
{
    const struct stack_answer *answer = answer_of(listing, item);

    if (!answer && !item->unread)
        json_text(json, "not_analysed", listing->answers[item->stack].why_not);
    if (listing->options->allows)
        json_permits(json, answer ? &answer->permits : NULL);
    if (listing->options->weaker_than)
        json_weaker(json, answer ? &answer->weaker : NULL);
}

static void json_row(struct listing *listing, struct json *json, const struct confined *item)
{
    const struct filter_stack *stack = stack_of(listing, item);

    json_open_map(json, NULL);
    json_number(json, "pid", (uint64_t)item->pid);
    json_number(json, "tid", (uint64_t)item->tid);
    json_number(json, "threads", item->n_threads);
    json_bool(json, "all_threads", !item->is_partial);
    json_number(json, "uid", item->uid);
    json_text(json, "user", user_of(listing, item->uid));
    json_text(json, "comm", item->comm);
    json_text(json, "command", item->command);
    json_text(json, "cgroup", item->cgroup);
    json_text(json, "engine", item->container.engine);
    json_text(json, "container", item->container.id);
    if (item->n_filters >= 0)
        json_number(json, "filter_count", (uint64_t)item->n_filters);
    json_bool(json, "strict", item->strict);
    json_text(json, "state", state_of(listing, item));
    json_text(json, "unread", item->unread ? process_why_not(item->unread) : NULL);
    if (listing->answers)
        json_answer(listing, json, item);
    json_open_array(json, "filters");
    for (size_t i = 0; stack && i < stack->n; i++)
        json_filter(listing, json, stack->filters[i]);
    json_close_array(json);
    json_close_map(json);
}

static int print_json(struct listing *listing, size_t *n_wanted)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    json_open_array(&json, "processes");
    for (size_t i = 0; i < listing->processes.n; i++) {
        if (!is_wanted(listing, &listing->processes.items[i]))
            continue;
        ++*n_wanted;
        json_row(listing, &json, &listing->processes.items[i]);
    }
    json_close_array(&json);
    json_number(&json, "unfiltered_processes", listing->processes.n_without);
    json_close_map(&json);
    return json_finish(&json, NULL);
}

/* Finds the answers to --allows and --weaker-than. Returns CTL_OK, or another exit code after a
 * message. */
static int ask(struct listing *listing)
{
    const struct ctl_options *options = listing->options;
    const struct stack_question question = {
        .call = options->allows ? &listing->call : NULL,
        .reference = options->weaker_than ? &listing->reference : NULL,
        .of = &listing->processes,
        .target = target_host(),
        .syscalls = listing->syscalls,
    };
    int code = CTL_OK;

    if (!question.target)
        return ctl_fail(CTL_SYSTEM, "this machine's architecture is not known here");
    if (options->allows)
        code = call_read_question(&listing->call, options->allows, question.target, NULL,
                                  listing->syscalls, &listing->arena);
    if (code == CTL_OK && options->weaker_than)
        code = subject_open(&listing->reference, options, listing->syscalls, options->weaker_than);
    return code == CTL_OK ? stacks_ask(&listing->answers, &question, &listing->arena) : code;
}

static int run_ps(const struct ctl_options *options)
{
    __attribute__((cleanup(listing_close))) struct listing listing = {
        .options = options,
        .arena = ARENA_INIT,
        .processes.arena = ARENA_INIT,
        .reference.arena = ARENA_INIT,
        .syscalls = syscalls_new(),
    };
    size_t n_wanted = 0;
    int code = CTL_OK;
    int r = processes_scan(&listing.processes, options->all);

    if (r < 0 || !listing.syscalls)
        return ctl_fail(CTL_SYSTEM, "cannot read /proc: %s", strerror(r < 0 ? -r : ENOMEM));
    if (is_question(options))
        code = ask(&listing);
    if (code != CTL_OK)
        return code;
    warn_of_unread(&listing);
    code = served_find(&listing.served, &listing.processes, options, &listing.arena);
    listing.has_served = code == CTL_OK;
    /* Without a daemon the table still tells what processes have; which of it is old it cannot. */
    if (code != CTL_OK && options->outdated)
        return code;
    code = options->json ? print_json(&listing, &n_wanted) : print_table(&listing, &n_wanted);
    if (code == CTL_OK && (options->outdated || is_question(options)) && n_wanted == 0)
        return CTL_NO;
    return code;
}

const struct ctl_command command_ps = {
    .name = "ps",
    .options = CTL_OPTION_ALL | CTL_OPTION_OUTDATED | CTL_OPTION_ALLOWS | CTL_OPTION_WEAKER_THAN |
               CTL_OPTION_CAPS,
    .wants = "nothing",
    .run = run_ps,
    .help =
        "usage: secprofctl ps [--allows CALL] [--weaker-than PROFILE|FILE|pid:N] [OPTION…]\n"
        "\n"
        "Lists the processes that have seccomp filters: user, container, how many filters, the\n"
        "profiles that are served with just these filters now, the newest filter's digest. It\n"
        "needs CAP_SYS_ADMIN and CAP_SYS_PTRACE; each thread is stopped for a moment.\n"
        "\n"
        "States: current (a profile is served with one of the filters); not served (none is: the\n"
        "filters are of an earlier version, or not secprof's); unknown (they cannot be read, or "
        "the\n"
        "daemon cannot be asked). A thread whose filters differ has a line of its own, PID/TID.\n"
        "\n"
        "  --all               processes without filters too\n"
        "  --outdated          only those that are not served, or unknown\n"
        "  --allows CALL       only those that may make the call: 'socket(AF_ALG)', "
        "io_uring_setup\n"
        "  --weaker-than P     only those whose filters together permit what the profile P denies\n"
        "  --caps CAP_A,CAP_B  P for a process with these capabilities (default: none); look for\n"
        "                      the profiles' filters for these, too\n"
        "  --json              all of it as JSON\n"
        "\n"
        "With --outdated, --allows or --weaker-than the exit code is 1 where no process is so.\n",
};
