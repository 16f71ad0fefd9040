/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Goes through /proc, thread by thread: each thread has filters of its own. */
#include "config.h"

#include "client/secprofctl/subject/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/subject/process.h"
#include "util/cleanup.h"
#include "util/deadline.h"
#include "util/io.h"

enum {
    WAIT_MS = 2000,      /* for all threads that do not stop */
    WAIT_ONE_MS = 200,   /* for one of them */
    COMMAND_SIZE = 4096, /* of a command line that is kept */
};

/* --- Numbers that are names in a folder of /proc */

struct numbers {
    pid_t *items;
    size_t n;
    size_t room;
};

static void numbers_free(struct numbers *numbers)
{
    free(numbers->items);
}

#define cleanup_numbers __attribute__((cleanup(numbers_free)))

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

static int compare_pids(const void *a, const void *b)
{
    const pid_t *left = a;
    const pid_t *right = b;

    return *left < *right ? -1 : *left > *right;
}

static int add_number(struct numbers *numbers, pid_t number)
{
    if (numbers->n == numbers->room) {
        size_t room = numbers->room ? numbers->room * 2 : 64;
        pid_t *more = reallocarray(numbers->items, room, sizeof(*more));

        if (!more)
            return -ENOMEM;
        numbers->items = more;
        numbers->room = room;
    }
    numbers->items[numbers->n++] = number;
    return 0;
}

/* Reads the numbers in the folder PATH, rising. Returns 0 or -errno. */
static int read_numbers(struct numbers *numbers, const char *path)
{
    __attribute__((cleanup(close_folder))) DIR *folder = opendir(path);

    numbers->n = 0;
    if (!folder)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char *end;
        long number = strtol(entry->d_name, &end, 10);

        if (!*end && number > 0 && number <= INT32_MAX && add_number(numbers, (pid_t)number) < 0)
            return -ENOMEM;
    }
    if (numbers->n > 1)
        qsort(numbers->items, numbers->n, sizeof(*numbers->items), compare_pids);
    return 0;
}

/* --- One thread */

struct thread {
    char comm[64];
    char state;
    unsigned int uid; /* the effective one */
    uint64_t bounding;
    uint64_t effective;
    int mode; /* SECCOMP_MODE_* */
    long n_filters;
    bool has_memory; /* it is no thread of the kernel */
};

static void take_line(struct thread *thread, const char *line)
{
    unsigned int real;

    if (sscanf(line, "Name: %63[^\n]", thread->comm) == 1 ||
        sscanf(line, "State: %c", &thread->state) == 1 ||
        sscanf(line, "Uid: %u %u", &real, &thread->uid) == 2 ||
        sscanf(line, "CapEff: %" SCNx64, &thread->effective) == 1 ||
        sscanf(line, "CapBnd: %" SCNx64, &thread->bounding) == 1 ||
        sscanf(line, "Seccomp: %d", &thread->mode) == 1 ||
        sscanf(line, "Seccomp_filters: %ld", &thread->n_filters) == 1)
        return;
    if (!strncmp(line, "VmSize:", strlen("VmSize:")))
        thread->has_memory = true;
}

/* Returns 0; -ESRCH where the thread has ended, or does so now; another -errno. */
static int read_thread(struct thread *thread, pid_t pid, pid_t tid)
{
    char path[64];
    char line[512]; /* longer lines come in pieces, of which none looks like a field */

    *thread = (struct thread){.n_filters = -1};
    snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid, (int)tid);

    cleanup_fclose FILE *file = fopen(path, "re");

    if (!file)
        return errno == ENOENT ? -ESRCH : -errno;
    while (fgets(line, sizeof(line), file))
        take_line(thread, line);
    return !thread->state || strchr("ZXx", thread->state) ? -ESRCH : 0;
}

/* --- Filters, each kept once */

static int intern_filter(struct processes *processes, const struct bpf_program *program,
                         size_t *index)
{
    const size_t size = program->n_insns * sizeof(*program->insns);
    struct known_filter filter = {.program.n_insns = program->n_insns};

    sha256_of(program->insns, size, filter.digest);
    for (*index = 0; *index < processes->n_filters; ++*index)
        if (!memcmp(processes->filters[*index].digest, filter.digest, sizeof(filter.digest)))
            return 0;
    filter.program.insns = arena_alloc(&processes->arena, size);
    if (!filter.program.insns ||
        arena_grow(&processes->arena, &processes->filters, processes->n_filters,
                   &processes->filters_room, sizeof(filter)) < 0)
        return -ENOMEM;
    memcpy(filter.program.insns, program->insns, size);
    processes->filters[processes->n_filters++] = filter;
    return 0;
}

static int intern_stack(struct processes *processes, const struct bpf_program *programs, size_t n,
                        size_t *index)
{
    size_t *filters = arena_calloc(&processes->arena, n + 1, sizeof(*filters));

    if (!filters)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (intern_filter(processes, &programs[i], &filters[i]) < 0)
            return -ENOMEM;
    for (*index = 0; *index < processes->n_stacks; ++*index)
        if (processes->stacks[*index].n == n &&
            !memcmp(processes->stacks[*index].filters, filters, n * sizeof(*filters)))
            return 0;
    if (arena_grow(&processes->arena, &processes->stacks, processes->n_stacks,
                   &processes->stacks_room, sizeof(*processes->stacks)) < 0)
        return -ENOMEM;
    processes->stacks[processes->n_stacks++] = (struct filter_stack){filters, n};
    return 0;
}

/*
 * Reads the filters of thread TID into ITEM. Returns 0, with ITEM->unread set where they cannot be
 * read; -ESRCH where the thread is gone; -ENOMEM.
 */
static int read_filters(struct processes *processes, struct confined *item, pid_t tid)
{
    const int wait_ms = processes->wait_ms < WAIT_ONE_MS ? processes->wait_ms : WAIT_ONE_MS;
    const int64_t limit = deadline_after(wait_ms);
    cleanup_arena struct arena scratch = ARENA_INIT;
    struct bpf_program *programs;
    size_t n;
    int r = process_read(tid, wait_ms, &programs, &n, &scratch);

    if (r == -ETIMEDOUT)
        processes->wait_ms -= wait_ms - deadline_left_ms(limit);
    if (r == -ESRCH || r == -ENOMEM)
        return r;
    item->unread = r;
    if (r < 0)
        return 0;
    item->n_filters = (long)n;
    return intern_stack(processes, programs, n, &item->stack);
}

/* --- One process */

/* The command line of PID with blanks between its words, or COMM. NULL: no memory. */
static const char *read_command(struct arena *arena, pid_t pid, const char *comm)
{
    char text[COMMAND_SIZE];
    char path[64];
    ssize_t n = -1;

    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);

    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        n = io_read_up_to(fd, text, sizeof(text));
    while (n > 0 && !text[n - 1])
        n--;
    if (n <= 0)
        return comm;
    for (ssize_t i = 0; i < n; i++)
        if (!text[i])
            text[i] = ' ';
    return arena_strndup(arena, text, (size_t)n);
}

static bool is_same(const struct confined *a, const struct confined *b)
{
    return a->strict == b->strict && a->n_filters == b->n_filters && a->unread == b->unread &&
           (a->unread || a->stack == b->stack);
}

/* What all rows of one process have in common; found when its first row is made. */
static int describe(struct processes *processes, struct confined *item, const struct thread *thread)
{
    struct arena *arena = &processes->arena;

    item->comm = arena_strndup(arena, thread->comm, strlen(thread->comm));
    if (!item->comm)
        return -ENOMEM;
    item->command = read_command(arena, item->pid, item->comm);
    item->cgroup = container_cgroup(item->pid, arena);
    if (!item->command)
        return -ENOMEM;
    return item->cgroup ? container_of_cgroup(&item->container, item->cgroup, arena) : 0;
}

/* Adds thread TID, of which the status is THREAD, to the rows of PID, which begin at FIRST. */
static int add_thread(struct processes *processes, size_t first, pid_t pid, pid_t tid,
                      const struct thread *thread)
{
    struct confined item = {
        .pid = pid,
        .tid = tid,
        .n_threads = 1,
        .uid = thread->uid,
        .bounding = thread->bounding,
        .effective = thread->effective,
        .strict = thread->mode == SECCOMP_MODE_STRICT,
        .n_filters = thread->n_filters,
    };
    int r = 0;

    if (thread->mode == SECCOMP_MODE_DISABLED)
        r = intern_stack(processes, NULL, 0, &item.stack);
    else
        r = read_filters(processes, &item, tid);
    if (r != 0)
        return r == -ESRCH ? 0 : r;
    for (size_t i = first; i < processes->n; i++)
        if (is_same(&processes->items[i], &item)) {
            processes->items[i].n_threads++;
            if (tid == pid)
                processes->items[i].tid = pid;
            return 0;
        }
    r = describe(processes, &item, thread);
    if (r == 0)
        r = arena_grow(&processes->arena, &processes->items, processes->n, &processes->room,
                       sizeof(item));
    if (r == 0)
        processes->items[processes->n++] = item;
    return r;
}

/* What processes are, as far as filters go. */
enum kind {
    KIND_NONE,     /* it is gone, or is the kernel's own */
    KIND_WITHOUT,  /* no thread has filters */
    KIND_CONFINED, /* some thread has */
};

static enum kind kind_of(pid_t pid, const struct numbers *tids)
{
    enum kind kind = KIND_NONE;

    for (size_t i = 0; i < tids->n && kind != KIND_CONFINED; i++) {
        struct thread thread;

        if (read_thread(&thread, pid, tids->items[i]) == 0 && thread.has_memory)
            kind = thread.mode == SECCOMP_MODE_DISABLED ? KIND_WITHOUT : KIND_CONFINED;
    }
    return kind;
}

/* Looks at process PID. TIDS is room for the numbers of its threads. */
static int scan_process(struct processes *processes, pid_t pid, bool all, struct numbers *tids)
{
    const size_t first = processes->n;
    char path[64];
    enum kind kind;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    if (read_numbers(tids, path) == -ENOMEM)
        return -ENOMEM;
    kind = kind_of(pid, tids);
    processes->n_without += kind == KIND_WITHOUT;
    for (size_t i = 0; i < tids->n && (kind == KIND_CONFINED || (all && kind != KIND_NONE)); i++) {
        struct thread thread;
        int r = read_thread(&thread, pid, tids->items[i]);

        if (r == 0)
            r = add_thread(processes, first, pid, tids->items[i], &thread);
        if (r < 0 && r != -ESRCH)
            return r;
    }
    for (size_t i = first; i < processes->n; i++)
        processes->items[i].is_partial = processes->n - first > 1;
    return 0;
}

/* Looks at PIDS, which rise. */
static int scan(struct processes *processes, const pid_t *pids, size_t n, bool all)
{
    cleanup_numbers struct numbers tids = {NULL, 0, 0};
    int r = 0;

    *processes = (struct processes){.arena = ARENA_INIT, .wait_ms = WAIT_MS};
    for (size_t i = 0; r == 0 && i < n; i++)
        r = scan_process(processes, pids[i], all, &tids);
    return r;
}

int processes_scan(struct processes *processes, bool all)
{
    cleanup_numbers struct numbers pids = {NULL, 0, 0};
    int r = read_numbers(&pids, "/proc");

    *processes = (struct processes){.arena = ARENA_INIT};
    return r < 0 ? r : scan(processes, pids.items, pids.n, all);
}

int processes_look_at(struct processes *processes, const pid_t *pids, size_t n)
{
    return scan(processes, pids, n, false);
}

void processes_free(struct processes *processes)
{
    arena_free(&processes->arena);
}
