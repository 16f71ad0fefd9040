/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Digests are compared, never names. The daemon's list has those for no capabilities; for others it
 * is asked only where a filter is still unknown, and only for what a profile's conditions tell
 * apart.
 */
#include "config.h"

#include "client/secprofctl/subject/served.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/subject/local.h"
#include "client/secprofctl/subject/processes.h"
#include "client/secprofctl/subject/remote.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "util/arena.h"
#include "util/cleanup.h"

struct name {
    const char *text;
    uint8_t digest[SHA256_SIZE];
    bool has_filter;
};

/* What one search works with. */
struct search {
    struct served *served;
    const struct processes *processes;
    const struct ctl_options *options;
    struct arena *arena;
    struct secprof *handle;
    struct name *names;
    size_t n_names;
    size_t room;
    uint64_t *sets; /* of capabilities, without doubles */
    size_t n_sets;
    size_t sets_room;
    bool may_audit;  /* a filter that no profile has so far may be one of audit mode */
    size_t n_failed; /* questions that got no answer */
    int failure;     /* the library's code for one of them */
};

static int add_name(const struct secprof_entry *entry, void *data)
{
    struct search *search = data;
    struct name name = {
        .text = arena_strndup(search->arena, entry->name, strlen(entry->name)),
        .has_filter = entry->n_insns > 0,
    };

    if (!name.text ||
        arena_grow(search->arena, &search->names, search->n_names, &search->room, sizeof(name)) < 0)
        return -ENOMEM;
    memcpy(name.digest, entry->digest, sizeof(name.digest));
    search->names[search->n_names++] = name;
    return 0;
}

/* Notes PROFILE for CAPS at each filter with this DIGEST. */
static int note_digest(struct search *search, const uint8_t digest[SHA256_SIZE],
                       const char *profile, uint64_t caps)
{
    for (size_t i = 0; i < search->processes->n_filters; i++) {
        struct served_list *list = &search->served->filters[i];

        if (memcmp(search->processes->filters[i].digest, digest, SHA256_SIZE) != 0)
            continue;
        if (arena_grow(search->arena, &list->items, list->n, &list->room, sizeof(*list->items)) < 0)
            return -ENOMEM;
        list->items[list->n++] = (struct served_as){profile, caps};
    }
    return 0;
}

static int add_set(struct search *search, uint64_t caps)
{
    for (size_t i = 0; i < search->n_sets; i++)
        if (search->sets[i] == caps)
            return 0;
    if (arena_grow(search->arena, &search->sets, search->n_sets, &search->sets_room, sizeof(caps)) <
        0)
        return -ENOMEM;
    search->sets[search->n_sets++] = caps;
    return 0;
}

/* True where PROGRAM returns nothing stricter than LOG, as all filters of audit mode do. */
static bool is_like_audit(const struct bpf_program *program)
{
    bool logs = false;

    for (size_t i = 0; i < program->n_insns; i++) {
        const struct sock_filter *insn = &program->insns[i];

        if (BPF_CLASS(insn->code) != BPF_RET)
            continue;
        if (insn->code != (BPF_RET | BPF_K) ||
            (insn->k != SECCOMP_RET_LOG && insn->k != SECCOMP_RET_ALLOW))
            return false;
        logs = logs || insn->k == SECCOMP_RET_LOG;
    }
    return logs;
}

/* Collects the sets of capabilities of processes with a filter that no profile has so far. */
static int collect_sets(struct search *search)
{
    const struct processes *processes = search->processes;
    int r = 0;

    for (size_t i = 0; r == 0 && i < processes->n; i++) {
        const struct confined *item = &processes->items[i];
        const struct filter_stack *stack = item->unread ? NULL : &processes->stacks[item->stack];

        for (size_t k = 0; r == 0 && stack && k < stack->n; k++) {
            if (search->served->filters[stack->filters[k]].n > 0)
                continue;
            search->may_audit =
                search->may_audit || is_like_audit(&processes->filters[stack->filters[k]].program);
            r = add_set(search, item->bounding);
            if (r == 0)
                r = add_set(search, item->effective);
        }
    }
    if (r == 0 && search->n_sets > 0)
        r = add_set(search, search->options->caps);
    return r;
}

/* The capabilities that the conditions of profile NAME look at. Returns 0 or a negative code. */
static int read_axes(struct search *search, const char *name, uint64_t *caps)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_local struct local_file file = {.text = NULL};
    cleanup_close int fd = secprof_get_profile(search->handle, name, NULL);
    struct variant_axes axes;
    struct profile profile;
    struct diags diags;
    int r;

    *caps = 0;
    if (fd < 0)
        return fd;
    diags_init(&diags, &arena);
    if (local_read_fd(&file, name, fd) != CTL_OK)
        return -EIO;
    r = profile_parse(&profile, file.text, file.len, &arena, &diags);
    if (r != 0)
        return r;
    variant_axes_of(&axes, &profile);
    *caps = axes.caps;
    return 0;
}

static void note_failure(struct search *search, int r)
{
    search->n_failed++;
    search->failure = r;
}

/* Asks for the filter of profile NAME for CAPS, with AUDIT that of audit mode. Returns 0 or
 * -ENOMEM; what else fails is noted. */
static int ask_variant(struct search *search, const char *name, uint64_t caps, bool audit)
{
    struct secprof_options wanted = SECPROF_OPTIONS_INIT;
    struct secprof_info info = SECPROF_INFO_INIT;
    cleanup_free void *filter = NULL;
    const char *shown = audit ? arena_printf(search->arena, "%s@audit", name) : name;
    size_t len;
    int r;

    if (!shown)
        return -ENOMEM;
    wanted.caps = caps;
    wanted.mode = audit ? SECPROF_AUDIT : SECPROF_ENFORCE;
    r = secprof_get_bytes(search->handle, name, &wanted, &filter, &len, &info);
    if (r == 0)
        return note_digest(search, info.digest, shown, caps);
    if (r == -ENOMEM)
        return r;
    /* A daemon that knows no modes has given no such filter. */
    if (!audit || r != -EBADRQC)
        note_failure(search, r);
    return 0;
}

/* Asks for the filters of profile NAME for each set of capabilities that it tells apart. */
static int ask_profile(struct search *search, const struct name *name)
{
    uint64_t axes;
    int r = name->has_filter ? read_axes(search, name->text, &axes) : -ENOENT;

    if (r < 0 && r != -ENOENT)
        note_failure(search, r);
    if (r == 0 && search->may_audit)
        r = ask_variant(search, name->text, 0, true);
    for (size_t i = 0; r == 0 && i < search->n_sets; i++) {
        const uint64_t caps = search->sets[i] & axes;
        bool is_new = caps != 0;

        for (size_t k = 0; is_new && k < i; k++)
            is_new = (search->sets[k] & axes) != caps;
        if (!is_new)
            continue;
        r = ask_variant(search, name->text, caps, false);
        if (r == 0 && search->may_audit)
            r = ask_variant(search, name->text, caps, true);
    }
    return r == -ENOMEM ? r : 0;
}

static int ask_all(struct search *search)
{
    int r = secprof_list(search->handle, add_name, search);

    for (size_t i = 0; r == 0 && i < search->n_names; i++)
        if (search->names[i].has_filter)
            r = note_digest(search, search->names[i].digest, search->names[i].text, 0);
    if (r == 0)
        r = collect_sets(search);
    for (size_t i = 0; r == 0 && search->n_sets > 0 && i < search->n_names; i++)
        r = ask_profile(search, &search->names[i]);
    return r;
}

int served_find(struct served *served, const struct processes *processes,
                const struct ctl_options *options, struct arena *arena)
{
    cleanup_remote struct secprof *handle = NULL;
    struct search search = {
        .served = served,
        .processes = processes,
        .options = options,
        .arena = arena,
    };
    int code;
    int r;

    served->is_complete = false;
    served->filters = arena_calloc(arena, processes->n_filters + 1, sizeof(*served->filters));
    if (!served->filters)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    code = remote_open(options, &handle);
    if (code != CTL_OK)
        return code;
    search.handle = handle;
    r = ask_all(&search);
    if (r < 0)
        return remote_fail(handle, "the list of profiles", r);
    if (search.n_failed > 0)
        ctl_warn("%zu questions for filters of profiles got no answer: %s", search.n_failed,
                 secprof_strerror(search.failure));
    served->is_complete = search.n_failed == 0;
    return CTL_OK;
}

const char *served_text(const struct served *served, const struct filter_stack *stack,
                        struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; text && i < stack->n; i++) {
        const struct served_list *list = &served->filters[stack->filters[i]];
        bool again = false;

        for (size_t k = 0; k < i; k++)
            again = again || stack->filters[k] == stack->filters[i];
        for (size_t k = 0; text && !again && k < list->n; k++)
            text = arena_printf(arena, "%s%s%s%s", text,
                                !*text  ? ""
                                : k > 0 ? "|"
                                        : ",",
                                list->items[k].profile, list->items[k].caps ? ":caps" : "");
    }
    return text;
}
