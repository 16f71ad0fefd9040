/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters are compared byte by byte: a name alone would tell what was meant, not what is in force.
 */
#include "config.h"

#include "client/secprofctl/subject/owner.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/subject/process.h"
#include "client/secprofctl/subject/remote.h"
#include "compiler/facts/bpf.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/proc-status.h"

/* The names of all profiles that this user may fetch. */
struct names {
    const char **items;
    size_t n;
    size_t room;
    struct arena *arena;
};

static int add_name(const struct secprof_entry *entry, void *data)
{
    struct names *names = data;
    const char *name = arena_strndup(names->arena, entry->name, strlen(entry->name));

    if (!name ||
        arena_grow(names->arena, &names->items, names->n, &names->room, sizeof(*names->items)) < 0)
        return -ENOMEM;
    names->items[names->n++] = name;
    return 0;
}

/* True where the LEN bytes at FILTER are one of the process's N PROGRAMS. */
static bool is_one_of(const void *filter, size_t len, const struct bpf_program *programs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (len == programs[i].n_insns * sizeof(struct sock_filter) &&
            !memcmp(filter, programs[i].insns, len))
            return true;
    return false;
}

/* True where no answer of PROGRAM denies anything, as in audit mode. */
static bool denies_nothing(const struct bpf_program *program)
{
    for (size_t i = 0; i < program->n_insns; i++) {
        const struct sock_filter *insn = &program->insns[i];

        if (BPF_CLASS(insn->code) == BPF_RET &&
            (insn->code != (BPF_RET | BPF_K) ||
             (insn->k != SECCOMP_RET_ALLOW && insn->k != SECCOMP_RET_LOG)))
            return false;
    }
    return true;
}

static bool may_be_audit(const struct bpf_program *programs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (denies_nothing(&programs[i]))
            return true;
    return false;
}

static int find_profile(struct owner *owner, struct secprof *handle,
                        const struct bpf_program *programs, struct arena *arena)
{
    struct secprof_options wanted = SECPROF_OPTIONS_INIT;
    struct names names = {.arena = arena};
    const struct {
        uint64_t caps;
        enum secprof_mode mode;
    } ways[] = {
        {0, SECPROF_ENFORCE}, /* these are there already, for all profiles */
        {owner->caps, SECPROF_ENFORCE},
        {0, SECPROF_AUDIT},
        {owner->caps, SECPROF_AUDIT},
    };
    size_t n_ways = may_be_audit(programs, owner->n_filters) ? ARRAY_SIZE(ways) : 2;
    int r = secprof_list(handle, add_name, &names);

    if (r < 0)
        return remote_fail(handle, "the list of profiles", r);
    for (size_t i = 0; i < n_ways * names.n && !owner->profile; i++) {
        const char *name = names.items[i % names.n];
        cleanup_free void *filter = NULL;
        size_t len;

        wanted.caps = ways[i / names.n].caps;
        wanted.mode = ways[i / names.n].mode;
        /* One that is broken, or gone by now, is not what the process has. */
        if (secprof_get_bytes(handle, name, &wanted, &filter, &len, NULL) < 0 ||
            !is_one_of(filter, len, programs, owner->n_filters))
            continue;
        owner->profile = name;
        owner->caps = wanted.caps;
        owner->audit = wanted.mode == SECPROF_AUDIT;
    }
    return CTL_OK;
}

/* The last line of /proc/PID/cgroup without its number: with cgroup v2 there is one, "0::/PATH". */
static const char *cgroup_of(pid_t pid, struct arena *arena)
{
    char path[64];
    char line[4096];
    const char *found = NULL;

    snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);

    cleanup_fclose FILE *file = fopen(path, "re");

    while (file && fgets(line, sizeof(line), file))
        if (!strncmp(line, "0::", 3))
            found = arena_strndup(arena, line + 3, strcspn(line + 3, "\n"));
    return found;
}

int owner_find(struct owner *owner, const struct ctl_options *options, pid_t pid,
               struct arena *arena)
{
    cleanup_remote struct secprof *handle = NULL;
    struct bpf_program *programs = NULL;
    char text[64];
    int code;

    *owner = (struct owner){.profile = NULL};
    if (proc_status(pid, "CapBnd", text, sizeof(text)) < 0)
        return ctl_fail(CTL_NO_PROFILE, "process %d is gone: name its profile with --under",
                        (int)pid);
    owner->caps = strtoull(text, NULL, 16);
    if (proc_status(pid, "Name", text, sizeof(text)) == 0)
        owner->comm = arena_strndup(arena, text, strlen(text));
    owner->cgroup = cgroup_of(pid, arena);
    code = process_filters(pid, &programs, &owner->n_filters, arena);
    if (code == CTL_OK && owner->n_filters > 0)
        code = remote_open(options, &handle);
    return code == CTL_OK && owner->n_filters > 0 ? find_profile(owner, handle, programs, arena)
                                                  : code;
}
