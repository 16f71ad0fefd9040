/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Confines the main process. Opens directories only to name them to the kernel. */
#include "daemon/process/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "daemon/files/scan.h"
#include "daemon/log.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/sandbox.h"
#include "protocol/protocol.h"
#include "util/cleanup.h"

enum {
    /* Two for each profile directory (as it is written, and where it really is), cache, socket and
     * /etc. */
    RULES_MAX = 2 * SCAN_MAX_DIRECTORIES + 3,
};

struct rules {
    struct sandbox_rule list[RULES_MAX];
    size_t n;
};

static void rules_clear(struct rules *rules)
{
    for (size_t i = 0; i < rules->n; i++)
        close(rules->list[i].dir_fd);
}

void confine_anchor(const char *path, char anchor[PATH_MAX])
{
    const char *ends[PATH_MAX / 2];
    size_t depth = 0, keep;

    for (const char *at = path; *at && depth < ARRAY_SIZE(ends);) {
        at += strspn(at, "/");
        if (!*at)
            break;
        at += strcspn(at, "/");
        ends[depth++] = at;
    }
    keep = depth > 3 ? 2 : depth > 0 ? 1 : 0;

    size_t len = keep ? (size_t)(ends[keep - 1] - path) : 0;

    if (len == 0 || len >= PATH_MAX) {
        memcpy(anchor, "/", sizeof("/"));
        return;
    }
    memcpy(anchor, path, len);
    anchor[len] = '\0';
}

/* Adds ACCESS below PATH, or below the directory next above it that exists. */
static int add(struct rules *rules, const char *path, enum sandbox_access access)
{
    cleanup_free char *way = strdup(path);
    int fd = -1;

    if (!way)
        return -ENOMEM;
    for (;;) {
        char *slash;

        fd = open(*way ? way : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        slash = strrchr(way, '/');
        if (fd >= 0 || (errno != ENOENT && errno != ENOTDIR && errno != EACCES) || !slash)
            break;
        *slash = '\0';
    }
    if (fd < 0)
        return -errno;
    rules->list[rules->n++] = (struct sandbox_rule){fd, access};
    return 0;
}

static int add_profiles(struct rules *rules, const char *directory)
{
    cleanup_free char *real = realpath(directory, NULL);
    char anchor[PATH_MAX];
    int r;

    confine_anchor(directory, anchor);
    r = add(rules, anchor, SANDBOX_READ);
    if (r < 0 || !real)
        return r;
    confine_anchor(real, anchor);
    return add(rules, anchor, SANDBOX_READ);
}

/* Adds ACCESS below the open directory FD (borrowed). */
static int add_fd(struct rules *rules, int fd, enum sandbox_access access)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (own < 0)
        return -errno;
    rules->list[rules->n++] = (struct sandbox_rule){own, access};
    return 0;
}

/* The socket is removed at the end where the daemon made it. */
static int add_socket(struct rules *rules, const char *path)
{
    cleanup_free char *directory = strdup(path);
    char *slash;

    if (!directory)
        return -ENOMEM;
    slash = strrchr(directory, '/');
    if (!slash)
        return add(rules, ".", SANDBOX_REMOVE);
    slash[slash == directory] = '\0';
    return add(rules, directory, SANDBOX_REMOVE);
}

static int restrict_files(const struct confine_places *places)
{
    __attribute__((cleanup(rules_clear))) struct rules rules = {.n = 0};
    int r = 0;

    for (size_t i = 0; r == 0 && i < places->n_directories; i++)
        r = add_profiles(&rules, places->directories[i]);
    if (r == 0 && places->cache_fd >= 0)
        r = add_fd(&rules, places->cache_fd, SANDBOX_READ);
    /* Who owns which ids, in files that are exchanged when they change. */
    if (r == 0)
        r = add(&rules, "/etc", SANDBOX_READ);
    if (r == 0 && places->socket_path)
        r = add_socket(&rules, places->socket_path);
    return r < 0 ? r : sandbox_restrict_files(rules.list, rules.n);
}

/* Says what is missing, once; STATUS says it whenever it is asked. */
static void tell_lacks(struct log *log, uint32_t lacks)
{
    if (lacks & WIRE_LACKS_LANDLOCK)
        log_write(log, LOG_WARNING,
                  "this kernel has no Landlock, or it is turned off: which files secprofd and its "
                  "workers reach is limited by their user and their filters only");
    if (!OWN_FILTERS)
        log_write(log, LOG_WARNING,
                  "built for debugging (--disable-own-filters): secprofd and its workers run "
                  "without filters of their own");
    else if (lacks & WIRE_LACKS_SECCOMP)
        log_write(log, LOG_WARNING,
                  "this kernel has no seccomp filters: secprofd and its workers run without their "
                  "own, and no filter of secprofd's can be installed here");
}

int confine_main(const struct confine_places *places, const struct own_filters *own,
                 struct log *log, uint32_t *lacks)
{
    int r = sandbox_drop_capabilities();

    *lacks = 0;
    if (r == 0)
        r = sandbox_no_new_privileges();
    if (r == 0 && !SANDBOX_SANITIZED) {
        r = restrict_files(places);
        *lacks |= r == 1 ? WIRE_LACKS_LANDLOCK : 0;
    }
    if (r >= 0)
        r = own_filter_tell();
    if (r >= 0) {
        r = own_filter_install(own, OWN_MAIN);
        *lacks |= r == 1 ? WIRE_LACKS_SECCOMP : 0;
    }
    if (r < 0)
        log_write(log, LOG_ERR, "secprofd cannot confine itself: %s", strerror(-r));
    tell_lacks(log, *lacks);
    return r < 0 ? r : 0;
}
