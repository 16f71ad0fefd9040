/*
 * Opens directories and profiles under suspicion: each object is looked at through an O_PATH fd,
 * which has no effect on FIFOs and devices, before it is opened for reading.
 */
#include "daemon/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "compiler/profile.h"
#include "util/cleanup.h"

enum {
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

int trust_directory(int dir_fd, uid_t own_uid, char why[TRUST_WHY_SIZE])
{
    struct stat st;

    if (fstat(dir_fd, &st) < 0)
        return -errno;
    if (!S_ISDIR(st.st_mode))
        return refuse(why, "this is no directory");
    return check_owner(&st, own_uid, "the directory", why);
}

/* Writes the kernel's path of FD to PATH. */
static int path_of_fd(int fd, char path[PATH_MAX])
{
    char link[32];

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);

    ssize_t len = readlink(link, path, PATH_MAX - 1);

    if (len < 0)
        return -errno;
    path[len] = '\0';
    return 0;
}

/* True where NAME in the directory DIR_FD is the very object ST. */
static bool is_same_object(int dir_fd, const char *name, const struct stat *st)
{
    struct stat now;

    return fstatat(dir_fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_dev == st->st_dev &&
           now.st_ino == st->st_ino;
}

/*
 * FD was reached from DIR_FD by way of links. Checks each directory between DIR_FD and the
 * place where the object ST really lies, and tells that place.
 */
static int check_way(int dir_fd, int fd, const struct stat *st, uid_t own_uid, char **place,
                     char why[TRUST_WHY_SIZE])
{
    char top[PATH_MAX], path[PATH_MAX];
    int r = path_of_fd(dir_fd, top);

    if (r < 0 || (r = path_of_fd(fd, path)) < 0)
        return is_own_failure(-r) ? r : refuse(why, "its place is not known: %s", strerror(-r));

    size_t len = strcmp(top, "/") ? strlen(top) : 0;

    if (strncmp(path, top, len) || path[len] != '/')
        return -EAGAIN; /* moved meanwhile */
    *place = strndup(path, (size_t)(strrchr(path, '/') - path));
    if (!*place)
        return -ENOMEM;

    cleanup_close int at = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
    char *name = path + len + 1;

    if (at < 0)
        return -errno;
    for (char *slash; (slash = strchr(name, '/')); name = slash + 1) {
        *slash = '\0';

        int next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (next < 0)
            return is_own_failure(errno) ? -errno : -EAGAIN;
        close(at);
        at = next;
        r = trust_directory(at, own_uid, why);
        if (r != TRUST_OK)
            return r;
    }
    return is_same_object(at, name, st) ? TRUST_OK : -EAGAIN;
}

static bool is_mask(int dir_fd, const char *name)
{
    char target[sizeof("/dev/null")];
    ssize_t len = readlinkat(dir_fd, name, target, sizeof(target));

    return len == (ssize_t)strlen("/dev/null") && !memcmp(target, "/dev/null", (size_t)len);
}

/* Opens NAME with O_PATH, following only links that stay under DIR_FD. */
static int open_beneath(int dir_fd, const char *name, char why[TRUST_WHY_SIZE], int *fd)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };

    *fd = (int)syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));
    if (*fd >= 0)
        return TRUST_OK;
    switch (errno) {
    case ENOENT: {
        struct stat st;

        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
            return refuse(why, "it is a link to nothing");
        return TRUST_GONE;
    }
    case EXDEV:
        return refuse(why, "it is a link that is absolute or leads out of its directory; a "
                           "relative one that stays inside is allowed");
    case ELOOP:
        return refuse(why, "it is a link in a circle, or through too many links");
    default:
        /* EAGAIN: the tree was changed while the kernel walked it. */
        return is_own_failure(errno) || errno == EAGAIN
                   ? -errno
                   : refuse(why, "it cannot be reached: %s", strerror(errno));
    }
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
    if (st->st_size > PROFILE_MAX_BYTES)
        return refuse(why, "it has %jd bytes; a profile may have %d", (intmax_t)st->st_size,
                      PROFILE_MAX_BYTES);
    return check_owner(st, own_uid, "the file", why);
}

/* Opens for reading what PATH_FD stands for: that very object, whatever its name means by now. */
static int reopen(int path_fd, char why[TRUST_WHY_SIZE], int *fd)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
    *fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return is_own_failure(errno) ? -errno
                                     : refuse(why, "it cannot be opened: %s", strerror(errno));
    /* The mode bits are the access list; an ACL would make them say something else. */
    if (fgetxattr(*fd, "system.posix_acl_access", NULL, 0) > 0) {
        close(*fd);
        *fd = -1;
        return refuse(why, "it has an ACL; owner, group and mode decide who may read a profile: "
                           "setfacl -b");
    }
    return TRUST_OK;
}

int trust_open(struct trusted_file *file, int dir_fd, const char *name, uid_t own_uid,
               char why[TRUST_WHY_SIZE])
{
    cleanup_close int path_fd = -1;
    struct stat st;
    int r;

    *file = (struct trusted_file){.fd = -1};
    if (is_mask(dir_fd, name))
        return TRUST_MASKED;
    r = open_beneath(dir_fd, name, why, &path_fd);
    if (r != TRUST_OK)
        return r;
    if (fstat(path_fd, &st) < 0)
        return -errno;
    file->seen = true;
    file->access = (struct access_list){st.st_uid, st.st_gid, st.st_mode & 07777};
    file_id_of(&file->id, &st);
    r = check_file(&st, own_uid, why);
    if (r == TRUST_OK && !is_same_object(dir_fd, name, &st))
        r = check_way(dir_fd, path_fd, &st, own_uid, &file->place, why);
    if (r == TRUST_OK)
        r = reopen(path_fd, why, &file->fd);
    return r;
}
