/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The profile and its filter come with two requests, and the profile can change in between: they
 * belong together only if both replies name the same text.
 */
#include "integration/source.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/deadline.h"
#include "util/io.h"

enum {
    TRIES = 8,
    MESSAGE_MAX = 4096,
};
#define DAEMON_USER "secprof" /* of systemd/secprof.sysusers */

/* What RC, of the library, means: what the daemon said, or a text for the code. */
static int explain(struct source *source, int rc, struct arena *arena, const char **why)
{
    char message[MESSAGE_MAX];

    if (source->handle && secprof_last_message(source->handle, message, sizeof(message)) > 0 &&
        strcmp(message, secprof_strerror(rc)) != 0)
        *why = arena_printf(arena, "%s: %s", secprof_strerror(rc), message);
    else
        *why = secprof_strerror(rc);
    return rc;
}

/* Gives the next request the time that is left. Returns 0 or a code of secprof.h. */
static int limit(struct source *source)
{
    int left_ms = deadline_left_ms(source->deadline);

    return left_ms > 0 ? secprof_set_timeout(source->handle, left_ms) : -ETIMEDOUT;
}

/* The user of secprofd.service, in *UID. Not by NSS, which may ask servers. */
static bool find_daemon_user(uid_t *uid)
{
    FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *row = NULL;

    while (file && (row = fgetpwent(file)) && strcmp(row->pw_name, DAEMON_USER) != 0)
        continue;
    if (row)
        *uid = row->pw_uid;
    if (file)
        fclose(file);
    return row != NULL;
}

/*
 * For root, a daemon of another user than root and its own is none: what it answers becomes part of
 * containers. In a user namespace root is whoever owns "/".
 */
static int check_daemon(struct source *source)
{
    uid_t users[3] = {0};
    size_t n = 1;
    struct stat st;
    int r;

    if (geteuid() != 0)
        return 0;
    if (stat("/", &st) == 0)
        users[n++] = st.st_uid;
    if (find_daemon_user(&users[n]))
        n++;
    r = secprof_trust_only(source->handle, users, n);
    if (r < 0)
        source_close(source);
    return r;
}

/* Everything that a request needs. Returns 0, or -errno with *WHY. */
static int prepare(struct source *source, const struct variant_request *request,
                   struct arena *arena, const char **why)
{
    int r = 0;

    if (!request->target) {
        *why = "the architecture of this machine is not known to secprof";
        return -ENXIO;
    }
    if (!source->handle) {
        source->deadline = deadline_after(source->timeout_ms);
        r = secprof_open(&source->handle, source->socket, source->timeout_ms);
        if (r == 0)
            r = check_daemon(source);
    }
    return r < 0 ? explain(source, r, arena, why) : 0;
}

static struct secprof_options make_options(const struct variant_request *request)
{
    struct secprof_options options = SECPROF_OPTIONS_INIT;

    options.audit_arch = target_native_abi(request->target)->audit_arch;
    options.caps = request->caps;
    options.kernel = request->kernel;
    return options;
}

/* Takes the LEN bytes at BYTES, which are freed, over into ARENA. */
static int take(struct oci_filter *filter, void *bytes, size_t len, const struct secprof_info *info,
                struct arena *arena)
{
    cleanup_free void *owned = bytes;
    void *copy = arena_alloc(arena, len);

    if (!copy)
        return -ENOMEM;
    memcpy(copy, owned, len);
    filter->bytes = copy;
    filter->len = len;
    filter->stale = info->stale != 0;
    memcpy(filter->digest, info->digest, sizeof(filter->digest));
    return 0;
}

/* The whole file FD as a text in ARENA. */
static int read_profile(int fd, struct arena *arena, struct oci_filter *filter)
{
    cleanup_free char *text = NULL;
    size_t len;
    int r = io_pread_file(fd, PROFILE_MAX_BYTES, &text, &len);

    if (r < 0)
        return r == -EFBIG || r == -EIO ? -EBADMSG : r;
    filter->profile = arena_strndup(arena, text, len);
    filter->profile_len = len;
    return filter->profile ? 0 : -ENOMEM;
}

/* One try. Returns 1 where the profile changed between the two requests. */
static int try_named(struct source *source, const char *name, const struct variant_request *request,
                     struct arena *arena, struct oci_filter *filter)
{
    const struct secprof_options options = make_options(request);
    struct secprof_info info = SECPROF_INFO_INIT;
    struct secprof_info text_info = SECPROF_INFO_INIT;
    cleanup_close int fd = -1;
    void *bytes = NULL;
    size_t len = 0;
    int r = limit(source);

    if (r == 0)
        r = secprof_get_bytes(source->handle, name, &options, &bytes, &len, &info);
    if (r != 0)
        return r;
    r = take(filter, bytes, len, &info, arena);
    if (r == 0)
        r = limit(source);
    if (r < 0)
        return r;
    fd = secprof_get_profile(source->handle, name, &text_info);
    if (fd < 0)
        return fd;
    if (memcmp(info.source_digest, text_info.source_digest, sizeof(info.source_digest)) != 0)
        return 1;
    return read_profile(fd, arena, filter);
}

static int get_named(void *user, const char *name, const struct variant_request *request,
                     struct arena *arena, struct oci_filter *filter, const char **why)
{
    struct source *source = user;
    int r = prepare(source, request, arena, why);

    if (r < 0)
        return r;
    for (int i = 0; i < TRIES; i++) {
        r = try_named(source, name, request, arena, filter);
        if (r <= 0)
            return r < 0 ? explain(source, r, arena, why) : 0;
    }
    *why = "it changes faster than it can be fetched";
    return -EAGAIN;
}

static int get_content(void *user, const char *profile, size_t len,
                       const struct variant_request *request, struct arena *arena,
                       struct oci_filter *filter, const char **why)
{
    struct source *source = user;
    struct secprof_info info = SECPROF_INFO_INIT;
    void *bytes;
    size_t filter_len;
    int r = prepare(source, request, arena, why);

    if (r < 0)
        return r;

    const struct secprof_options options = make_options(request);

    r = limit(source);
    if (r == 0)
        r = secprof_compile_bytes(source->handle, profile, len, &options, &bytes, &filter_len,
                                  &info);
    if (r == 0)
        r = take(filter, bytes, filter_len, &info, arena);
    return r < 0 ? explain(source, r, arena, why) : 0;
}

struct oci_source source_interface(struct source *source)
{
    return (struct oci_source){.get_named = get_named, .get_content = get_content, .user = source};
}

void source_close(struct source *source)
{
    secprof_close(source->handle);
    source->handle = NULL;
}
