/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl denials: the kernel's records of denied calls, put together by process, container,
 * profile and call, or one by one as they come.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/explain-short.h"
#include "client/secprofctl/show/explain.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/table.h"
#include "client/secprofctl/show/text.h"
#include "client/secprofctl/subject/answers.h"
#include "client/secprofctl/subject/denied.h"
#include "client/secprofctl/subject/record-sources.h"
#include "client/secprofctl/subject/records.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/syscalls.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/prove.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    SHORT_ID = 12,
    BATCH_MAX = 4096, /* records that are looked at together while they come */
    BATCH_MS = 50,    /* and for so long more may come to the first */
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- What is shown of an item */

static const char *action_text(const struct denied *item)
{
    const struct action *action =
        item->denial.action == UINT32_MAX ? NULL : action_of_verdict(item->denial.action);

    return action ? action->name + strlen("SCMP_ACT_") : "";
}

static const char *call_text(struct arena *arena, const struct denied *item)
{
    const struct call *call = &item->denial.call;

    return call->name ? arena_printf(arena, "%s", call->name)
                      : arena_printf(arena, "%u", call->number);
}

static const char *time_text(struct arena *arena, int64_t ms)
{
    const time_t seconds = (time_t)(ms / 1000);
    char text[32] = "";
    struct tm tm;

    if (localtime_r(&seconds, &tm))
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &tm);
    return arena_strndup(arena, text, strlen(text));
}

static const char *process_text(struct arena *arena, const struct denied *item)
{
    const char *comm = item->denial.comm ? item->denial.comm : "?";

    return arena_printf(arena, item->many ? "%s[%d,…]" : "%s[%d]", comm, (int)item->denial.pid);
}

static const char *container_text(struct arena *arena, const struct denied *item)
{
    const struct container *container = item->process ? &item->process->container : NULL;

    if (!container || !container->id)
        return "";
    return arena_printf(arena, "%s%s%.*s", container->engine ? container->engine : "",
                        container->engine ? ":" : "", SHORT_ID, container->id);
}

/* Asks the profile of ITEM. Returns the reason, in ARENA; "": there is none to tell; NULL: no
 * memory. */
static const char *ask_profile(const struct ctl_options *options, const struct denied *item,
                               struct arena *arena)
{
    struct ctl_options own = *options;
    cleanup_answers struct explaining what = {
        .options = &own,
        .subject.arena = ARENA_INIT,
        .arena = ARENA_INIT,
        .syscalls = syscalls_new(),
        .bdd = bdd_new(PROOF_MAX_NODES),
        .call = item->denial.call,
    };
    static const char audit[] = "@audit";
    size_t len = strlen(item->profile);
    const bool audited = len > strlen(audit) && !strcmp(item->profile + len - strlen(audit), audit);
    const char *name;
    const char *reason;

    /* What audit mode logs is explained by what the profile denies. */
    name = arena_strndup(&what.arena, item->profile, audited ? len - strlen(audit) : len);
    if (!what.syscalls || !what.bdd || !name)
        return NULL;
    own.caps = item->caps;
    own.abi = item->denial.abi;
    own.names_only = item->profile != options->under;
    if (answers_open(&what, name) != CTL_OK || answers_find(&what) != CTL_OK)
        return "";
    reason =
        explain_short(&what, item->denial.call.number, audited ? UINT32_MAX : item->denial.action);
    return reason ? arena_strndup(arena, reason, strlen(reason)) : NULL;
}

/* Why ITEM was denied, in a few words. NULL: no memory. */
static const char *reason_of(const struct ctl_options *options, const struct denied *item,
                             struct arena *arena)
{
    if (item->profile)
        return ask_profile(options, item, arena);
    if (!item->process)
        return "the process is gone: its profile can be named with --under";
    if (item->process->unread)
        return "its filters cannot be read";
    return "no profile is served with its filters";
}

/* Items that ask the same of a profile get the same answer. Returns CTL_OK, or CTL_SYSTEM. */
static int find_reasons(const struct ctl_options *options, struct denied_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct denied *item = &list->items[i];

        for (size_t k = 0; k < i && !item->reason; k++) {
            const struct denied *other = &list->items[k];

            if (item->profile && other->profile && !strcmp(item->profile, other->profile) &&
                item->caps == other->caps && item->denial.abi == other->denial.abi &&
                item->denial.call.number == other->denial.call.number &&
                item->denial.action == other->denial.action)
                item->reason = other->reason;
        }
        if (!item->reason)
            item->reason = reason_of(options, item, &list->arena);
        if (!item->reason)
            return ctl_fail(CTL_SYSTEM, "out of memory");
    }
    return CTL_OK;
}

/* --- Forms */

static int compare_last(const void *a, const void *b)
{
    const struct denied *left = a;
    const struct denied *right = b;

    return left->last_ms > right->last_ms ? -1 : left->last_ms < right->last_ms;
}

static int print_table(struct denied_list *list)
{
    static const char *const headings[] = {"LAST SEEN", ">COUNT", "PROCESS", "CONTAINER", "PROFILE",
                                           "CALL",      "ABI",    "VERDICT", "REASON"};
    struct table table;

    table_start(&table, &list->arena, headings, ARRAY_SIZE(headings));
    for (size_t i = 0; i < list->n; i++) {
        const struct denied *item = &list->items[i];

        table_cell(&table, time_text(&list->arena, item->last_ms));
        table_number(&table, item->count);
        table_cell(&table, process_text(&list->arena, item));
        table_cell(&table, container_text(&list->arena, item));
        table_cell(&table, item->profiles);
        table_cell(&table, call_text(&list->arena, item));
        table_cell(&table, item->denial.abi->name);
        table_cell(&table, action_text(item));
        table_cell(&table, item->reason);
    }
    return table_print(&table, stdout, table_width()) < 0 ? ctl_fail(CTL_SYSTEM, "out of memory")
                                                          : CTL_OK;
}

static void json_item(struct json *json, struct denied_list *list, const struct denied *item)
{
    json_text(json, "first", time_text(&list->arena, item->first_ms));
    json_text(json, "last", time_text(&list->arena, item->last_ms));
    json_number(json, "count", item->count);
    json_number(json, "pid", (uint64_t)item->denial.pid);
    json_bool(json, "several_processes", item->many);
    json_text(json, "comm", item->denial.comm);
    json_text(json, "exe", item->denial.exe);
    json_text(json, "engine", item->process ? item->process->container.engine : NULL);
    json_text(json, "container", item->process ? item->process->container.id : NULL);
    json_text(json, "profile", item->profile);
    json_open_array(json, "caps");
    for (int number = 0; item->profile && capability_name(number); number++)
        if (item->caps >> number & 1)
            json_text(json, NULL, capability_name(number));
    json_close_array(json);
    json_text(json, "abi", item->denial.abi->name);
    json_number(json, "nr", item->denial.call.number);
    json_text(json, "syscall", item->denial.call.name);
    json_text(json, "verdict", *action_text(item) ? action_text(item) : NULL);
    json_text(json, "reason", item->reason);
}

static int print_json(struct denied_list *list, const struct records *records)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    json_open_array(&json, "denials");
    for (size_t i = 0; i < list->n; i++) {
        json_open_map(&json, NULL);
        json_item(&json, list, &list->items[i]);
        json_close_map(&json);
    }
    json_close_array(&json);
    json_number(&json, "suppressed", records->n_suppressed);
    json_close_map(&json);
    return json_finish(&json, NULL);
}

/* Text for a label: a backslash before what would end it. */
static void put_label(const char *name, const char *value)
{
    printf("%s=\"", name);
    for (; value && *value; value++) {
        if (*value == '"' || *value == '\\')
            putchar('\\');
        putchar(*value == '\n' ? ' ' : *value);
    }
    putchar('"');
}

static bool is_same_series(const struct denied *a, const struct denied *b)
{
    const char *left = a->profile ? a->profile : "";
    const char *right = b->profile ? b->profile : "";

    return !strcmp(left, right) && a->denial.abi == b->denial.abi &&
           a->denial.call.number == b->denial.call.number && a->denial.action == b->denial.action;
}

/* One series for each profile, call and verdict: as many as profiles have such calls. */
static int print_metrics(struct denied_list *list, const struct records *records)
{
    puts("# HELP secprof_denials_total calls that filters denied or logged, by the kernel's "
         "records\n"
         "# TYPE secprof_denials_total counter");
    for (size_t i = 0; i < list->n; i++) {
        const struct denied *item = &list->items[i];
        bool is_first = true;
        uint64_t count = 0;

        for (size_t k = 0; k < list->n; k++) {
            if (!is_same_series(item, &list->items[k]))
                continue;
            is_first = is_first && k >= i;
            count += list->items[k].count;
        }
        if (!is_first)
            continue;
        printf("secprof_denials_total{");
        put_label("profile", item->profile);
        putchar(',');
        put_label("call", call_text(&list->arena, item));
        putchar(',');
        put_label("abi", item->denial.abi->name);
        putchar(',');
        put_label("verdict", action_text(item));
        printf("} %" PRIu64 "\n", count);
    }
    printf(
        "# HELP secprof_denials_suppressed_total records that the kernel did not print: too many "
        "at once\n"
        "# TYPE secprof_denials_suppressed_total counter\n"
        "secprof_denials_suppressed_total %" PRIu64 "\n",
        records->n_suppressed);
    return CTL_OK;
}

/* One line for one record. */
static int print_line(const struct ctl_options *options, struct denied_list *list,
                      const struct denied *item)
{
    struct arena *arena = &list->arena;
    struct json json;
    int code = CTL_OK;

    if (options->json) {
        json_start_line(&json);
        json_open_map(&json, NULL);
        json_item(&json, list, item);
        json_close_map(&json);
        code = json_finish(&json, NULL);
    } else {
        const char *const parts[] = {
            time_text(arena, item->last_ms),
            process_text(arena, item),
            container_text(arena, item),
            item->profiles,
            call_text(arena, item),
            item->denial.abi->name,
            action_text(item),
            item->reason,
        };

        for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
            if (i > 0)
                fputs("  ", stdout);
            text_print(stdout, parts[i] && *parts[i] ? parts[i] : "-");
        }
        putchar('\n');
    }
    /* Who reads a pipe wants it now. */
    if (code == CTL_OK && fflush(stdout) != 0)
        return ctl_fail(CTL_SYSTEM, "cannot write to stdout: %s", strerror(errno));
    return code;
}

/* --- The parts of the work */

/* Prints RECORDS: each on a line of its own. */
static int print_lines(const struct ctl_options *options, const struct records *records,
                       struct syscalls *syscalls)
{
    cleanup_denied struct denied_list list;
    int code = denied_find(&list, records, true, options, syscalls);

    if (code == CTL_OK)
        code = find_reasons(options, &list);
    for (size_t i = 0; code == CTL_OK && i < list.n; i++)
        code = print_line(options, &list, &list.items[i]);
    return code;
}

/* Reads what was recorded so far. Returns CTL_OK, or another exit code after a message. */
static int read_old(const struct ctl_options *options, struct records *records)
{
    static const struct {
        int (*read)(struct records *records);
        const char *name;
    } sources[] = {
        {source_kernel_log, "the kernel's log"},
        {source_journal, "the journal"},
        {source_audit_log, "auditd's log"},
    };
    size_t n_read = 0;

    for (int i = 0; i < options->n_args; i++) {
        int r = source_file(records, options->args[i]);

        if (r < 0)
            return ctl_fail(CTL_SYSTEM, "%s: %s", options->args[i], strerror(-r));
    }
    for (size_t i = 0; options->n_args == 0 && i < ARRAY_SIZE(sources); i++) {
        int r = sources[i].read(records);

        n_read += r == 0;
        if (r < 0 && r != -ENOENT)
            ctl_warn("cannot read %s: %s", sources[i].name, strerror(-r));
    }
    records_sort(records);
    if (options->n_args == 0 && n_read == 0)
        return ctl_fail(CTL_FORBIDDEN, "there is no log that this user may read");
    if (records->n_suppressed > 0)
        ctl_warn("the kernel did not print %" PRIu64 " of its records: there were too many at once",
                 records->n_suppressed);
    return CTL_OK;
}

static int show_old(const struct ctl_options *options, const struct records *records,
                    struct syscalls *syscalls)
{
    cleanup_denied struct denied_list list;
    int code = denied_find(&list, records, false, options, syscalls);

    if (code == CTL_OK && options->metrics)
        return print_metrics(&list, records);
    if (code == CTL_OK)
        code = find_reasons(options, &list);
    if (code != CTL_OK)
        return code;
    if (list.n > 1)
        qsort(list.items, list.n, sizeof(*list.items), compare_last);
    if (list.n == 0)
        ctl_warn("no records: the kernel writes them for what kills, traps or logs, and for errors "
                 "of filters with SECCOMP_FILTER_FLAG_LOG");
    return options->json ? print_json(&list, records) : print_table(&list);
}

/* Waits for records and takes all that come together. Returns 0 or -errno. */
static int take_batch(int fd, struct records *batch, uint64_t *n_lost)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int r = 0;

    while (batch->n < BATCH_MAX) {
        r = poll(&ready, 1, batch->n == 0 ? -1 : BATCH_MS);
        if (r == 0)
            return 0;
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        r = source_live_next(fd, batch);
        *n_lost += r == -ENOBUFS;
        if (r < 0 && r != -ENOBUFS)
            return r;
    }
    return 0;
}

/* Prints what comes by FD and is not among OLD, until it is ended. */
static int follow(const struct ctl_options *options, int fd, const struct records *old,
                  struct syscalls *syscalls)
{
    for (;;) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct records batch = {.arena = &arena};
        uint64_t n_lost = 0;
        size_t n = 0;
        int r = take_batch(fd, &batch, &n_lost);
        int code;

        if (r < 0)
            return ctl_fail(CTL_SYSTEM, "the kernel's records: %s", strerror(-r));
        if (n_lost > 0)
            ctl_warn("records were lost: they came faster than they could be read");
        for (size_t i = 0; i < batch.n; i++)
            if (!records_have(old, &batch.items[i]))
                batch.items[n++] = batch.items[i];
        batch.n = n;
        code = print_lines(options, &batch, syscalls);
        if (code != CTL_OK)
            return code;
    }
}

static int check_options(const struct ctl_options *options, struct records *records)
{
    if (options->metrics && (options->follow || options->json))
        return ctl_fail(CTL_USAGE, "--metrics goes with neither --follow nor --json");
    if (options->follow && options->n_args > 0)
        return ctl_fail(CTL_USAGE, "--follow reads what the kernel writes, not files");
    records->since_ms = options->n_args > 0 ? 0 : source_boot_ms();
    if (options->since && since_parse(options->since, now_ms(), &records->since_ms) < 0)
        return ctl_fail(CTL_USAGE,
                        "'%s' is no time; one looks like 10m, 1h, today, 13:45, "
                        "2026-11-30 or '2026-11-30 13:45'",
                        options->since);
    return CTL_OK;
}

static int run_denials(const struct ctl_options *options)
{
    __attribute__((cleanup(syscalls_free_at))) struct syscalls *syscalls = syscalls_new();
    cleanup_arena struct arena arena = ARENA_INIT;
    struct records records = {.arena = &arena};
    cleanup_close int fd = -1;
    int code = check_options(options, &records);

    if (code != CTL_OK)
        return code;
    if (!syscalls)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    /* Before the old ones are read, so that none is missed in between. */
    if (options->follow) {
        fd = source_live_open();
        if (fd < 0)
            return ctl_fail(fd == -EPERM ? CTL_FORBIDDEN : CTL_SYSTEM,
                            "cannot listen to the kernel's records: %s%s", strerror(-fd),
                            fd == -EPERM ? " (this needs CAP_AUDIT_READ)" : "");
    }
    if (!options->follow || options->since)
        code = read_old(options, &records);
    if (code == CTL_OK && !options->follow)
        return show_old(options, &records, syscalls);
    if (code == CTL_OK)
        code = print_lines(options, &records, syscalls);
    return code == CTL_OK ? follow(options, fd, &records, syscalls) : code;
}

const struct ctl_command command_denials = {
    .name = "denials",
    .options = CTL_OPTION_FOLLOW | CTL_OPTION_SINCE | CTL_OPTION_METRICS | CTL_OPTION_UNDER |
               CTL_OPTION_CAPS,
    .max_args = -1,
    .wants = "files with logs, or nothing",
    .run = run_denials,
    .help =
        "usage: secprofctl denials [--follow] [--since TIME] [--metrics] [OPTION…] [FILE…]\n"
        "\n"
        "Lists the calls that filters denied, killed for or logged, by the kernel's audit "
        "records:\n"
        "process, container, profile, call, how often, when last, and why in a few words; 'why'\n"
        "says more. The records are those of the kernel's log, the journal and auditd, each once,\n"
        "or those in FILEs (- is the standard input). Profile and container are known of "
        "processes\n"
        "that are still there.\n"
        "\n"
        "  --follow            those that come from now on, a line each; with --since older ones\n"
        "                      first. It needs CAP_AUDIT_READ.\n"
        "  --since TIME        10m, 1h, today, 13:45, '2026-11-30 13:45' (default: the boot)\n"
        "  --under PROFILE     the profile, or a file, of processes that are gone\n"
        "  --caps CAP_A,CAP_B  and the capabilities that they had\n"
        "  --metrics           counters for Prometheus, by profile, call and verdict\n"
        "  --json              all of it as JSON; with --follow an object a line\n",
};
