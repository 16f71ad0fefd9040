/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record has the number of a process only, and numbers are used again: a process is taken for the
 * record's where it is older than the record.
 */
#include "config.h"

#include "client/secprofctl/subject/denied.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/subject/record-sources.h"
#include "client/secprofctl/subject/records.h"
#include "util/cleanup.h"
#include "util/io.h"

enum {
    CLOCK_SLACK_MS = 1000, /* the start of a process is rounded, and clocks are set */
};

/* When process PID began, in milliseconds since 1970; -1: it is gone. */
static int64_t start_of(pid_t pid, int64_t boot_ms)
{
    unsigned long long ticks = 0;
    char path[64];
    char text[1024];
    const char *at;
    ssize_t n = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);

    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        n = io_read_up_to(fd, text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = 0;
    /* The name, in parentheses, may have some itself; the start is the 20th field behind it. */
    at = strrchr(text, ')');
    if (!at || sscanf(at,
                      ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
                      "%*d %llu",
                      &ticks) != 1)
        return -1;
    return boot_ms + (int64_t)(ticks * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK));
}

static int compare_pids(const void *a, const void *b)
{
    const pid_t *left = a;
    const pid_t *right = b;

    return *left < *right ? -1 : *left > *right;
}

/* Reads the filters of the processes in LIST's items that are still there. */
static int look_at_processes(struct denied_list *list)
{
    const int64_t boot_ms = source_boot_ms();
    pid_t *pids = arena_calloc(&list->arena, list->n + 1, sizeof(*pids));
    size_t n = 0;

    if (!pids)
        return -ENOMEM;
    for (size_t i = 0; i < list->n; i++)
        pids[i] = list->items[i].denial.pid;
    qsort(pids, list->n, sizeof(*pids), compare_pids);
    for (size_t i = 0; i < list->n; i++)
        if (pids[i] > 0 && (n == 0 || pids[n - 1] != pids[i]))
            pids[n++] = pids[i];

    int r = processes_look_at(&list->processes, pids, n);

    for (size_t i = 0; r == 0 && i < list->n; i++) {
        struct denied *item = &list->items[i];
        const struct confined *found = NULL;

        /* Of threads that differ, any that has filters. */
        for (size_t k = 0; k < list->processes.n; k++)
            if (list->processes.items[k].pid == item->denial.pid &&
                (!found || found->n_filters == 0))
                found = &list->processes.items[k];
        if (found) {
            int64_t start = start_of(item->denial.pid, boot_ms);

            item->process = start >= 0 && start <= item->last_ms + CLOCK_SLACK_MS ? found : NULL;
        }
    }
    return r;
}

/* Finds the profiles of ITEM's process. Returns 0 or -ENOMEM. */
static int find_profiles(struct denied_list *list, struct denied *item,
                         const struct ctl_options *options)
{
    const struct filter_stack *stack = item->process && !item->process->unread
                                           ? &list->processes.stacks[item->process->stack]
                                           : NULL;

    for (size_t i = 0; stack && list->served.filters && !item->profile && i < stack->n; i++) {
        const struct served_list *owners = &list->served.filters[stack->filters[i]];

        if (owners->n == 0)
            continue;
        item->profile = owners->items[0].profile;
        item->caps = owners->items[0].caps;
        item->profiles = served_text(&list->served, stack, &list->arena);
        if (!item->profiles)
            return -ENOMEM;
    }
    if (!item->profile && !item->process && options->under) {
        item->profile = item->profiles = options->under;
        item->caps = options->caps;
    }
    return 0;
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same(const struct denied *a, const struct denied *b)
{
    return denial_is_same(&a->denial, &b->denial) && is_same_text(a->profiles, b->profiles) &&
           a->caps == b->caps && (a->process != NULL) == (b->process != NULL) &&
           (!a->process || is_same_text(a->process->container.id, b->process->container.id));
}

/* Puts items that are the same together. They are in the order of time. */
static void group(struct denied_list *list)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        struct denied *item = &list->items[i];
        size_t at = 0;

        while (at < n && !is_same(&list->items[at], item))
            at++;
        if (at == n) {
            list->items[n++] = *item;
            continue;
        }

        struct denied *first = &list->items[at];

        first->many = first->many || first->denial.pid != item->denial.pid;
        first->count++;
        first->last_ms = item->last_ms;
        first->denial = item->denial;
        first->process = item->process;
    }
    list->n = n;
}

static int read_records(struct denied_list *list, const struct records *records,
                        struct syscalls *syscalls)
{
    for (size_t i = 0; i < records->n; i++) {
        struct denied item = {
            .count = 1,
            .first_ms = records->items[i].time_ms,
            .last_ms = records->items[i].time_ms,
        };

        /* A record of an architecture that is not known here tells nothing more. */
        if (denial_read(&item.denial, &list->arena, records->items[i].line, syscalls))
            continue;
        if (arena_grow(&list->arena, &list->items, list->n, &list->room, sizeof(item)) < 0)
            return -ENOMEM;
        list->items[list->n++] = item;
    }
    return 0;
}

int denied_find(struct denied_list *list, const struct records *records, bool each,
                const struct ctl_options *options, struct syscalls *syscalls)
{
    int r;

    *list = (struct denied_list){.arena = ARENA_INIT, .processes.arena = ARENA_INIT};
    r = read_records(list, records, syscalls);
    if (r == 0)
        r = look_at_processes(list);
    if (r == 0 && list->processes.n_filters > 0)
        (void)served_find(&list->served, &list->processes, options, &list->arena);
    for (size_t i = 0; r == 0 && i < list->n; i++)
        r = find_profiles(list, &list->items[i], options);
    if (r < 0)
        return ctl_fail(CTL_SYSTEM, "%s", strerror(-r));
    if (!each)
        group(list);
    return CTL_OK;
}

void denied_close(struct denied_list *list)
{
    processes_free(&list->processes);
    arena_free(&list->arena);
}
