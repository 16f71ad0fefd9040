/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that container engines give to cgroups. Nothing is asked of the engines themselves. */
#include "config.h"

#include "client/secprofctl/subject/container.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/arena.h"
#include "util/cleanup.h"

enum {
    ID_DIGITS = 64,
};

/*
 * "PREFIX-ID.scope" under systemd, "PREFIX-ID" without. What watches a container ("libpod-conmon-")
 * is in none itself.
 */
static const struct {
    const char *prefix;
    const char *engine; /* NULL: no container */
} names[] = {
    {"libpod-conmon-", NULL},
    {"crio-conmon-", NULL},
    {"docker-", "docker"},
    {"libpod-", "podman"},
    {"cri-containerd-", "containerd"},
    {"nerdctl-", "containerd"},
    {"crio-", "cri-o"},
    {"crun-", "crun"},
    {"runc-", "runc"},
};

/* True where the LEN bytes at PART are an id as engines choose one, and no name of a person's. */
static bool is_id(const char *part, size_t len)
{
    return len == ID_DIGITS && strspn(part, "0123456789abcdef") >= len;
}

/*
 * Where the LEN bytes at PART, a cgroup's name, are PREFIX and an id, perhaps with ".scope": the
 * length of that id, else 0.
 */
static size_t id_behind(const char *part, size_t len, const char *prefix)
{
    static const char scope[] = ".scope";
    const size_t before = strlen(prefix);
    const size_t after = strlen(scope);
    size_t left;

    if (len <= before || strncmp(part, prefix, before) != 0)
        return 0;
    left = len - before;
    if (left > after && !strncmp(part + len - after, scope, after))
        return left - after;
    /* Without systemd only an id is one: "docker-images" is a folder of somebody's. */
    return is_id(part + before, left) ? left : 0;
}

/* Reads one part of a path. PARENT is the part before it. Returns 0 or -ENOMEM. */
static int read_part(struct container *container, const char *parent, size_t parent_len,
                     const char *part, size_t len, struct arena *arena)
{
    const char *engine = NULL;
    size_t skip = 0;

    for (size_t i = 0; i < ARRAY_SIZE(names) && skip == 0; i++) {
        const size_t id = id_behind(part, len, names[i].prefix);

        if (id == 0)
            continue;
        if (!names[i].engine)
            return 0;
        engine = names[i].engine;
        skip = strlen(names[i].prefix);
        len = id;
    }
    if (skip == 0 && !is_id(part, len))
        return 0;
    /* "/docker/ID"; "/kubepods/…/podUID/ID" does not say whose it is. */
    if (skip == 0 && parent_len == strlen("docker") && !strncmp(parent, "docker", parent_len))
        engine = "docker";
    container->engine = engine;
    container->id = arena_strndup(arena, part + skip, len);
    return container->id ? 0 : -ENOMEM;
}

int container_of_cgroup(struct container *container, const char *cgroup, struct arena *arena)
{
    const char *parent = "";
    size_t parent_len = 0;

    *container = (struct container){.engine = NULL};
    for (const char *part = cgroup; *part;) {
        size_t len = strcspn(part, "/");
        int r = read_part(container, parent, parent_len, part, len, arena);

        if (r != 0)
            return r;
        parent = part;
        parent_len = len;
        part += len + (part[len] == '/');
    }
    return 0;
}

const char *container_cgroup(pid_t pid, struct arena *arena)
{
    struct container container;
    const char *found = NULL;
    bool named = false;
    char path[64];
    char line[4096];

    snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);

    cleanup_fclose FILE *file = fopen(path, "re");

    /* "HIERARCHY:CONTROLLERS:PATH": that of cgroup v2 is the last line, and has no controllers. */
    while (file && fgets(line, sizeof(line), file)) {
        const char *at = strchr(line, ':');

        at = at ? strchr(at + 1, ':') : NULL;
        if (!at)
            continue;
        line[strcspn(line, "\n")] = 0;
        if (container_of_cgroup(&container, at + 1, arena) != 0)
            return NULL;
        if (named && !container.id)
            continue;
        named = container.id;
        found = arena_strndup(arena, at + 1, strlen(at + 1));
    }
    return found;
}
