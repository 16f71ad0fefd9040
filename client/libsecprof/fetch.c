/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filters: of a profile that the daemon has under a name, or of one that the caller brings. What
 * comes back is checked against what it says of itself before the caller gets it: lengths, digests,
 * and the seals of a file.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/libsecprof/connection.h"
#include "client/libsecprof/install.h"
#include "client/libsecprof/secprof.h"
#include "protocol/codec.h"
#include "util/cleanup.h"
#include "util/io.h"
#include "util/sha256.h"

enum {
    HELPER_MAX_SIZE = 1024 * 1024, /* of which some KiB are used */
};

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* linux/memfd.h, since 6.3 */
#endif

/*
 * Copies OPTIONS, which may be of an older or newer caller, to *KNOWN. Fields that we do not know
 * must be 0, so that nothing that the caller wants is passed over. Returns 0, -EINVAL or -E2BIG.
 */
static int options_read(const struct secprof_options *options, struct secprof_options *known)
{
    const unsigned char *bytes = (const unsigned char *)options;

    *known = (struct secprof_options)SECPROF_OPTIONS_INIT;
    if (!options)
        return 0;
    if (options->size < sizeof(*known))
        return -EINVAL;
    for (size_t i = sizeof(*known); i < options->size; i++)
        if (bytes[i] != 0)
            return -E2BIG;
    *known = *options;
    return known->mode <= SECPROF_LOG ? 0 : -EINVAL;
}

/* Fills INFO, which may be NULL or of a newer caller. */
static void info_write(struct secprof_info *info, const struct wire_get_reply *reply)
{
    uint32_t size;

    if (!info)
        return;
    size = info->size;
    memset(info, 0, size);
    info->size = size;
    info->n_insns = reply->n_insns;
    info->generation = reply->generation;
    memcpy(info->digest, reply->digest, sizeof(info->digest));
    info->filter_flags = reply->filter_flags;
    info->audit_arch = reply->audit_arch;
    info->stale = reply->info & WIRE_GET_STALE ? 1 : 0;
    memcpy(info->source_digest, reply->source_digest, sizeof(info->source_digest));
}

static bool info_is_usable(const struct secprof_info *info)
{
    return !info || info->size >= sizeof(*info);
}

/* Which profile: one that the daemon has as NAME, or (NAME is NULL) the LEN bytes at TEXT. */
struct subject {
    const char *name;
    const void *text;
    size_t len;
};

/* Makes *FD sealed memory with the LEN bytes at TEXT. */
static int seal(const void *text, size_t len, int *fd)
{
    const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    cleanup_close int made =
        memfd_create("secprof-profile", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    int r;

    if (made < 0 && errno == EINVAL)
        made = memfd_create("secprof-profile", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made < 0)
        return -errno;
    r = io_write_all(made, text, len);
    if (r < 0)
        return r;
    if (fcntl(made, F_ADD_SEALS, seals) < 0)
        return -errno;
    *fd = steal_fd(&made);
    return 0;
}

static_assert(SECPROF_ENFORCE == (int)WIRE_MODE_ENFORCE && SECPROF_AUDIT == (int)WIRE_MODE_AUDIT &&
                  SECPROF_LOG == (int)WIRE_MODE_LOG,
              "the wire and the library count modes alike");

/* Puts the profile's name and the mode that NAME and OPTIONS say into GET. */
static int name_request(struct wire_get *get, const char *name,
                        const struct secprof_options *options)
{
    enum wire_mode mode;
    size_t len = wire_name_split(name, &mode);

    if (len >= sizeof(get->name))
        return -EINVAL;
    memcpy(get->name, name, len);
    if (!wire_name_is_valid(get->name))
        return -EINVAL;
    if (mode != WIRE_MODE_ENFORCE && options->mode != SECPROF_ENFORCE && options->mode != mode)
        return -EINVAL;
    get->mode = mode != WIRE_MODE_ENFORCE ? mode : options->mode;
    return 0;
}

/* Fills REQUEST for SUBJECT, and *FD with what goes along, if anything. */
static int make_request(union wire_request *request, const struct subject *subject,
                        const struct secprof_options *options, enum wire_delivery delivery, int *fd)
{
    memset(request, 0, sizeof(*request));
    if (subject->name) {
        wire_request_header(&request->header, WIRE_GET, sizeof(request->get), 0);
        request->get.caps = options->caps;
        request->get.audit_arch = options->audit_arch;
        request->get.kernel = options->kernel;
        request->get.delivery = delivery;
        return name_request(&request->get, subject->name, options);
    }
    if (!subject->text)
        return -EINVAL;
    if (subject->len > WIRE_MAX_PROFILE)
        return -EFBIG;
    wire_request_header(&request->header, WIRE_COMPILE, sizeof(request->compile), 0);
    request->compile.caps = options->caps;
    request->compile.audit_arch = options->audit_arch;
    request->compile.kernel = options->kernel;
    request->compile.delivery = delivery;
    request->compile.mode = options->mode;
    return seal(subject->text, subject->len, fd);
}

static bool digest_is(const unsigned char digest[SHA256_SIZE], const void *bytes, size_t len)
{
    uint8_t found[SHA256_SIZE];

    sha256_of(bytes, len, found);
    return !memcmp(digest, found, sizeof(found));
}

static_assert(offsetof(struct wire_get, mode) == offsetof(struct wire_compile, mode),
              "the two begin alike");

/* True where HANDLE's last request was refused because of its MODE: its daemon knows none. */
static bool knows_no_modes(const struct secprof *handle, uint32_t mode)
{
    return mode != WIRE_MODE_ENFORCE && handle->refusal.reason == WIRE_WHY_NOT_ZERO &&
           handle->refusal.field == offsetof(struct wire_get, mode);
}

/* Fetches the filter of SUBJECT into HANDLE, which is locked, and its description into *REPLY. */
static int fetch(struct secprof *handle, const struct subject *subject,
                 const struct secprof_options *options, enum wire_delivery delivery,
                 struct wire_get_reply *reply, int *fd)
{
    cleanup_close int in_fd = -1;
    union wire_request request = {0};
    struct secprof_options known;
    size_t len;
    int r;

    connection_forget_refusal(handle);
    r = options_read(options, &known);
    if (r == 0)
        r = make_request(&request, subject, &known, delivery, &in_fd);
    if (r == 0)
        r = connection_call_with(handle, &request, in_fd, &len, fd);
    if (r == -EBADR && knows_no_modes(handle, request.get.mode))
        return -EBADRQC;
    if (r < 0)
        return r;
    memcpy(reply, handle->reply, sizeof(*reply));
    if (delivery == WIRE_DELIVER_BYTES &&
        !digest_is(reply->digest, handle->reply + reply->offset, reply->size))
        return -EBADMSG;
    return 0;
}

/* True where FD is a file of the size and mode that REPLY to a request for DELIVERY says. */
static bool file_is_right(const struct stat *st, enum wire_delivery delivery,
                          const struct wire_get_reply *reply)
{
    const off_t end = (off_t)reply->offset + reply->size;

    if (!S_ISREG(st->st_mode) || reply->size == 0)
        return false;
    switch (delivery) {
    case WIRE_DELIVER_FD:
        return reply->offset == 0 && st->st_size == end;
    case WIRE_DELIVER_HELPER:
        return reply->offset > 0 && st->st_size >= end && st->st_size <= HELPER_MAX_SIZE &&
               (st->st_mode & 0111) == 0111;
    case WIRE_DELIVER_PROFILE:
        return reply->offset == 0 && st->st_size == end && st->st_size <= WIRE_MAX_PROFILE;
    case WIRE_DELIVER_BYTES:
    case WIRE_DELIVER_RULES: /* which is never asked for here */
        break;
    }
    return false;
}

/*
 * Whether FD has what REPLY to a request for DELIVERY says, and nobody can change that any more.
 * Returns 0, -EBADMSG, or another -errno where it cannot be read here.
 */
static int check_fd(int fd, enum wire_delivery delivery, const struct wire_get_reply *reply)
{
    const int needed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    cleanup_free char *bytes = NULL;
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;
    size_t size;
    bool right;
    int r;

    if (seals < 0 || (seals & needed) != needed || fstat(fd, &st) < 0 ||
        !file_is_right(&st, delivery, reply))
        return -EBADMSG;
    r = io_pread_file(fd, (size_t)st.st_size, &bytes, &size);
    if (r < 0)
        return r == -ENOMEM ? r : -EBADMSG;
    /* It was found to be there when the size was. */
    right = size >= (size_t)reply->offset + reply->size &&
            digest_is(delivery == WIRE_DELIVER_PROFILE ? reply->source_digest : reply->digest,
                      bytes + reply->offset, reply->size);
    return right ? 0 : -EBADMSG;
}

/* Fetches SUBJECT as a file. */
static int fetch_fd(struct secprof *handle, const struct subject *subject,
                    const struct secprof_options *options, enum wire_delivery delivery,
                    struct secprof_info *info)
{
    cleanup_close int fd = -1;
    struct wire_get_reply reply;
    int r;

    if (!handle || !info_is_usable(info))
        return -EINVAL;
    hold(handle);
    r = fetch(handle, subject, options, delivery, &reply, &fd);
    if (r < 0)
        return r;
    r = check_fd(fd, delivery, &reply);
    if (r < 0)
        return r;
    info_write(info, &reply);
    return steal_fd(&fd);
}

static int fetch_bytes(struct secprof *handle, const struct subject *subject,
                       const struct secprof_options *options, void **filter, size_t *len,
                       struct secprof_info *info)
{
    struct wire_get_reply reply;
    size_t size;
    int r;

    if (filter)
        *filter = NULL;
    if (!handle || !filter || !len || !info_is_usable(info))
        return -EINVAL;
    hold(handle);
    r = fetch(handle, subject, options, WIRE_DELIVER_BYTES, &reply, NULL);
    if (r < 0)
        return r;
    size = reply.size;
    *filter = malloc(size);
    if (!*filter)
        return -ENOMEM;
    memcpy(*filter, handle->reply + reply.offset, size);
    *len = size;
    info_write(info, &reply);
    return 0;
}

/* A missing NAME is no name: it must not be taken for a profile by content. */
static struct subject by_name(const char *name)
{
    return (struct subject){.name = name ? name : ""};
}

int secprof_get_fd(struct secprof *handle, const char *name, const struct secprof_options *options,
                   struct secprof_info *info)
{
    const struct subject subject = by_name(name);

    return fetch_fd(handle, &subject, options, WIRE_DELIVER_FD, info);
}

int secprof_get_bytes(struct secprof *handle, const char *name,
                      const struct secprof_options *options, void **filter, size_t *len,
                      struct secprof_info *info)
{
    const struct subject subject = by_name(name);

    return fetch_bytes(handle, &subject, options, filter, len, info);
}

int secprof_get_helper(struct secprof *handle, const char *name,
                       const struct secprof_options *options, struct secprof_info *info)
{
    const struct subject subject = by_name(name);

    return fetch_fd(handle, &subject, options, WIRE_DELIVER_HELPER, info);
}

int secprof_get_profile(struct secprof *handle, const char *name, struct secprof_info *info)
{
    const struct subject subject = by_name(name);

    return fetch_fd(handle, &subject, NULL, WIRE_DELIVER_PROFILE, info);
}

int secprof_compile_fd(struct secprof *handle, const void *profile, size_t profile_len,
                       const struct secprof_options *options, struct secprof_info *info)
{
    const struct subject subject = {.text = profile, .len = profile_len};

    return fetch_fd(handle, &subject, options, WIRE_DELIVER_FD, info);
}

int secprof_compile_bytes(struct secprof *handle, const void *profile, size_t profile_len,
                          const struct secprof_options *options, void **filter, size_t *len,
                          struct secprof_info *info)
{
    const struct subject subject = {.text = profile, .len = profile_len};

    return fetch_bytes(handle, &subject, options, filter, len, info);
}

int secprof_compile_helper(struct secprof *handle, const void *profile, size_t profile_len,
                           const struct secprof_options *options, struct secprof_info *info)
{
    const struct subject subject = {.text = profile, .len = profile_len};

    return fetch_fd(handle, &subject, options, WIRE_DELIVER_HELPER, info);
}

int secprof_install(struct secprof *handle, const char *name, const struct secprof_options *options,
                    struct secprof_info *info)
{
    const struct subject subject = by_name(name);
    struct wire_get_reply reply;
    int r;

    if (!handle || !info_is_usable(info))
        return -EINVAL;
    hold(handle);
    r = fetch(handle, &subject, options, WIRE_DELIVER_BYTES, &reply, NULL);
    if (r < 0)
        return r;
    info_write(info, &reply);
    return install_filter(handle->reply + reply.offset, reply.size, reply.filter_flags,
                          reply.audit_arch);
}

int secprof_install_filter(const void *filter, size_t len, const struct secprof_info *info)
{
    if (!filter || !info || !info_is_usable(info))
        return -EINVAL;
    return install_filter(filter, len, info->filter_flags, info->audit_arch);
}
