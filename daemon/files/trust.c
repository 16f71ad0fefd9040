/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens directories and profiles under suspicion: each object is looked at through an O_PATH fd,
 * which has no effect on FIFOs and devices, before it is opened for reading.
 */
#include "daemon/files/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "compiler/parse/profile.h"
#include "daemon/files/steps.h"
#include "util/cleanup.h"

#define LEADS_OUT                                                                             \
    "it is a link that is absolute or leads out of its directory; a relative one that stays " \
    "inside is allowed"

enum {
    WAY_DEPTH_MAX = 32,
    OWN_PATH_SIZE = 32,
    SETTLED_MS = 100, /* a kernel's clock tick, with much room: time stamps are no finer */
};

static int __attribute__((format(printf, 2, 3)))
refuse(char why[TRUST_WHY_SIZE], const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, TRUST_WHY_SIZE, fmt, args);
    va_end(args);
    return TRUST_REFUSED;
}

/* Failures that say something about us or the moment, nothing about the file. */
static bool is_own_failure(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

void file_id_of(struct file_id *id, const struct stat *st)
{
    memset(id, 0, sizeof(*id));
    id->device = st->st_dev;
    id->inode = st->st_ino;
    id->size = st->st_size;
    id->modified = st->st_mtim;
    id->changed = st->st_ctim;
}

static bool time_equal(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool file_id_equal(const struct file_id *a, const struct file_id *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           time_equal(&a->modified, &b->modified) && time_equal(&a->changed, &b->changed);
}

bool file_id_is_settled(const struct file_id *id, const struct timespec *now)
{
    int64_t age_ms = (int64_t)(now->tv_sec - id->changed.tv_sec) * 1000 +
                     (now->tv_nsec - id->changed.tv_nsec) / 1000000;

    return age_ms >= SETTLED_MS;
}

/* What directories and files have in common: who owns them and who else may write. */
static int check_owner(const struct stat *st, uid_t own_uid, const char *what,
                       char why[TRUST_WHY_SIZE])
{
    if (st->st_uid != 0 && st->st_uid != own_uid)
        return refuse(why,
                      "%s belongs to uid %u; it has to belong to root or uid %u (the daemon's)",
                      what, st->st_uid, own_uid);
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return refuse(why, "%s is writable by its group or others (mode %04o): chmod go-w", what,
                      st->st_mode & 07777);
    return TRUST_OK;
}

int trust_directory(int dir_fd, uid_t own_uid, bool shared, char why[TRUST_WHY_SIZE])
{
    struct stat st;

    if (fstat(dir_fd, &st) < 0)
        return -errno;
    if (!S_ISDIR(st.st_mode))
        return refuse(why, "this is no directory");
    if (shared)
        st.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
    return check_owner(&st, own_uid, "the directory", why);
}

/* Writes the path by which this process opens or asks about FD once more. */
static void own_path(int fd, char path[OWN_PATH_SIZE])
{
    snprintf(path, OWN_PATH_SIZE, "/proc/self/fd/%d", fd);
}

/* Says why mode bits do not say who may pass the directory behind FD with ST, or adds it to WAY. */
static int add_to_way(struct access_way *way, int fd, const struct stat *st,
                      char why[TRUST_WHY_SIZE])
{
    char path[OWN_PATH_SIZE];

    own_path(fd, path);
    if (getxattr(path, "system.posix_acl_access", NULL, 0) >= 0)
        return refuse(why, "has an ACL; owner, group and mode decide who may read a profile: "
                           "setfacl -b");
    /* There is none, or this file system has no ACLs. */
    if (errno != ENODATA && errno != EOPNOTSUPP)
        return refuse(why, "may have an ACL: %s", strerror(errno));
    if (!access_way_add(way, st->st_uid, st->st_gid, st->st_mode))
        return refuse(why, "is one too many that not everybody may search (%d)", ACCESS_WAY_MAX);
    return TRUST_OK;
}

int trust_pass(struct access_way *way, int fd, const struct stat *st, char why[TRUST_WHY_SIZE])
{
    int r = add_to_way(way, fd, st, why);

    if (r != TRUST_OK)
        access_way_close(way);
    return r;
}

/* Writes the kernel's path of FD to PATH. */
static int path_of_fd(int fd, char path[PATH_MAX])
{
    char link[OWN_PATH_SIZE];

    own_path(fd, link);

    ssize_t len = readlink(link, path, PATH_MAX - 1);

    if (len < 0)
        return -errno;
    path[len] = '\0';
    return 0;
}

static bool is_mask(int dir_fd, const char *name)
{
    char target[sizeof("/dev/null")];
    ssize_t len = readlinkat(dir_fd, name, target, sizeof(target));

    return len == (ssize_t)strlen("/dev/null") && !memcmp(target, "/dev/null", (size_t)len);
}

/*
 * The way to a file, one directory at a time and all of it by fd, so that nothing on it can be
 * exchanged unseen. openat2(2) could do this in one call; but then the daemon's own filter could
 * not tell whether a file is opened for reading.
 */
struct way {
    int fds[WAY_DEPTH_MAX]; /* the first is borrowed */
    size_t depth;           /* directories below the first */
    struct trusted_file *file;
    struct steps steps;
};

static void way_clear(struct way *way)
{
    for (; way->depth > 0; way->depth--)
        close(way->fds[way->depth]);
}

/* Goes on with the target of the link LINK_FD. */
static int follow_link(struct way *way, int link_fd, char why[TRUST_WHY_SIZE])
{
    int r = steps_follow(&way->steps, link_fd);

    way->file->linked = true;
    if (r > 0)
        return refuse(why, LEADS_OUT);
    if (r == -ELOOP)
        return refuse(why, "it is a link in a circle, or through too many links");
    if (r == -ENAMETOOLONG)
        return refuse(why, "it is a link with a target that is too long");
    return r;
}

/* Goes down into the directory FD (consumed where TRUST_OK), if it is to be trusted. */
static int enter(struct way *way, int fd, const struct stat *st, uid_t own_uid,
                 char why[TRUST_WHY_SIZE])
{
    char what[TRUST_WHY_SIZE];
    int r = trust_directory(fd, own_uid, false, why);

    if (r != TRUST_OK)
        return r;
    if (trust_pass(&way->file->access.way, fd, st, what) != TRUST_OK)
        return refuse(why, "a directory on its way %.200s", what);
    if (way->depth + 1 >= WAY_DEPTH_MAX)
        return refuse(why, "it is a link through too many directories");
    way->fds[++way->depth] = fd;
    return TRUST_OK;
}

/* What a failure to open a name on WAY means. */
static int explain(const struct way *way, int error, char why[TRUST_WHY_SIZE])
{
    if (is_own_failure(error))
        return -error;
    if (error == ENOENT)
        return way->steps.links ? -EAGAIN : TRUST_GONE;
    return refuse(why, "it cannot be reached: %s", strerror(error));
}

/* Makes one step to NAME. At the end of the way the file is in *FD (O_PATH). */
static int step(struct way *way, const char *name, uid_t own_uid, char why[TRUST_WHY_SIZE], int *fd)
{
    cleanup_close int at = -1;
    struct stat st;
    int r;

    if (!strcmp(name, "."))
        return TRUST_OK;
    if (!strcmp(name, "..")) {
        if (way->depth == 0)
            return refuse(why, LEADS_OUT);
        close(way->fds[way->depth--]);
        return TRUST_OK;
    }
    at = openat(way->fds[way->depth], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (at < 0)
        return explain(way, errno, why);
    if (fstat(at, &st) < 0)
        return -errno;
    if (S_ISLNK(st.st_mode))
        return follow_link(way, at, why);
    if (steps_are_done(&way->steps)) {
        *fd = steal_fd(&at);
        return TRUST_OK;
    }
    r = enter(way, at, &st, own_uid, why);
    if (r == TRUST_OK)
        steal_fd(&at);
    return r;
}

/* Opens NAME with O_PATH, following only links that stay under DIR_FD. */
static int open_beneath(int dir_fd, const char *name, uid_t own_uid, struct trusted_file *file,
                        char why[TRUST_WHY_SIZE], int *fd)
{
    __attribute__((cleanup(way_clear))) struct way way = {.fds = {dir_fd}, .file = file};
    char next[NAME_MAX + 1], place[PATH_MAX];
    int r = TRUST_OK, left = 0;

    if (steps_begin(&way.steps, name) < 0)
        return TRUST_GONE;
    while (r == TRUST_OK && *fd < 0 && (left = steps_next(&way.steps, next)) > 0)
        r = step(&way, next, own_uid, why, fd);
    if (r == TRUST_OK && left < 0)
        r = explain(&way, -left, why);
    if (r != TRUST_OK)
        return r;
    if (*fd < 0)
        return refuse(why, "it is a link to a directory; a profile has to be a regular file");
    if (way.steps.links == 0)
        return TRUST_OK;
    /* Changes of the file are seen in the directory where it lies. */
    r = path_of_fd(way.fds[way.depth], place);
    if (r < 0)
        return is_own_failure(-r) ? r : refuse(why, "its place is not known: %s", strerror(-r));
    file->place = strdup(place);
    return file->place ? TRUST_OK : -ENOMEM;
}

static const char *type_name(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    default:
        return "a device";
    }
}

static int check_file(const struct stat *st, uid_t own_uid, char why[TRUST_WHY_SIZE])
{
    if (!S_ISREG(st->st_mode))
        return refuse(why, "it is %s; a profile has to be a regular file", type_name(st->st_mode));
    if (st->st_mode & (S_ISUID | S_ISGID))
        return refuse(why, "it is set-user-ID or set-group-ID (mode %04o): chmod ug-s",
                      st->st_mode & 07777);
    if (st->st_size > PROFILE_MAX_BYTES)
        return refuse(why, "it has %jd bytes; a profile may have %d", (intmax_t)st->st_size,
                      PROFILE_MAX_BYTES);
    return check_owner(st, own_uid, "the file", why);
}

/* The mode bits are the access list; an ACL would make them say something else. */
static int check_acl(int fd, char why[TRUST_WHY_SIZE])
{
    ssize_t size = fgetxattr(fd, "system.posix_acl_access", NULL, 0);

    if (size >= 0)
        return refuse(why, "it has an ACL; owner, group and mode decide who may read a profile: "
                           "setfacl -b");
    /* There is none, or this file system has no ACLs. */
    if (errno == ENODATA || errno == EOPNOTSUPP)
        return TRUST_OK;
    return is_own_failure(errno)
               ? -errno
               : refuse(why, "it is not known whether it has an ACL: %s", strerror(errno));
}

/* Opens for reading what PATH_FD stands for: that very object, whatever its name means by now. */
static int reopen(int path_fd, char why[TRUST_WHY_SIZE], int *fd)
{
    char path[OWN_PATH_SIZE];
    int r;

    own_path(path_fd, path);
    *fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return is_own_failure(errno) ? -errno
                                     : refuse(why, "it cannot be opened: %s", strerror(errno));
    r = check_acl(*fd, why);
    if (r != TRUST_OK) {
        close(*fd);
        *fd = -1;
    }
    return r;
}

int trust_find(struct trusted_file *file, int dir_fd, const struct access_way *way,
               const char *name, uid_t own_uid, char why[TRUST_WHY_SIZE])
{
    cleanup_close int path_fd = -1;
    struct stat st;
    int r;

    *file = (struct trusted_file){.fd = -1, .access.way = *way};
    r = open_beneath(dir_fd, name, own_uid, file, why, &path_fd);
    if (file->linked && is_mask(dir_fd, name)) {
        free(steal_ptr(&file->place));
        return TRUST_MASKED;
    }
    if (r != TRUST_OK)
        return r;
    if (fstat(path_fd, &st) < 0)
        return -errno;
    file->seen = true;
    file->access.uid = st.st_uid;
    file->access.gid = st.st_gid;
    file->access.mode = st.st_mode & 07777;
    file_id_of(&file->id, &st);
    r = check_file(&st, own_uid, why);
    if (r == TRUST_OK)
        file->fd = steal_fd(&path_fd);
    return r;
}

int trust_open(struct trusted_file *file, char why[TRUST_WHY_SIZE])
{
    cleanup_close int path_fd = steal_fd(&file->fd);

    return reopen(path_fd, why, &file->fd);
}
