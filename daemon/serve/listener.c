/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes or takes the listening socket. */
#include "daemon/serve/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/packet.h"

enum {
    LOCK_TRIES = 50,
    LOCK_WAIT_USEC = 10000,
    LOCK_PATH_SIZE = sizeof(struct sockaddr_un) + 16,
};

#define LOCK_SUFFIX ".lock"

static int __attribute__((format(printf, 3, 4)))
fail(char why[LISTENER_WHY_SIZE], int r, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, LISTENER_WHY_SIZE, fmt, args);
    va_end(args);
    return r;
}

/* Makes the directory of PATH where it is missing. */
static int make_directory(const char *path, char why[LISTENER_WHY_SIZE])
{
    cleanup_free char *copy = strdup(path);
    const char *directory;

    if (!copy)
        return -ENOMEM;
    directory = dirname(copy);
    if (mkdir(directory, 0755) < 0 && errno != EEXIST)
        return fail(why, -errno, "cannot make %s: %s", directory, strerror(errno));
    return 0;
}

/* The lock of a socket: a file beside it. */
struct lock {
    char path[LOCK_PATH_SIZE];
    int fd;
};

/* Removes the file while it is locked: who waits for it notices, and makes another. */
static void unlock(struct lock *lock)
{
    if (lock->fd < 0)
        return;
    unlink(lock->path);
    close(lock->fd);
}

/* Locks the file at LOCK->path, which is made. Returns -EAGAIN where somebody else has it. */
static int try_lock(struct lock *lock)
{
    cleanup_close int fd =
        open(lock->path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat own, now;

    if (fd < 0 || fstat(fd, &own) < 0)
        return -errno;
    /* One of somebody else, where everybody may make files. */
    if (own.st_uid != geteuid() || !S_ISREG(own.st_mode))
        return -EPERM;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return -errno;
    if (lstat(lock->path, &now) < 0 || now.st_ino != own.st_ino || now.st_dev != own.st_dev)
        return -EAGAIN;
    lock->fd = steal_fd(&fd);
    return 0;
}

/*
 * Of two daemons that start at once, each sees what the other did. The lock is a file of the
 * daemon's user only: a directory can be locked by anybody who may read it.
 */
static int lock_socket(struct lock *lock, const char *path, char why[LISTENER_WHY_SIZE])
{
    int r = make_directory(path, why);

    if (r < 0)
        return r;
    snprintf(lock->path, sizeof(lock->path), "%s" LOCK_SUFFIX, path);
    for (int i = 0; i <= LOCK_TRIES; i++) {
        r = try_lock(lock);
        if (r != -EAGAIN)
            break;
        usleep(LOCK_WAIT_USEC);
    }
    return r < 0 ? fail(why, r, "cannot lock %s: %s", lock->path, strerror(-r)) : 0;
}

/* Binds FD to ADDRESS with the permissions that let everybody connect, from the first moment on. */
static int bind_open(int fd, const struct sockaddr_un *address)
{
    mode_t mask = umask(0111);
    int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

    umask(mask);
    return r;
}

static int make_address(struct sockaddr_un *address, const char *path, char why[LISTENER_WHY_SIZE])
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address->sun_path))
        return fail(why, -ENAMETOOLONG, "the path of the socket has %zu bytes; %zu are possible",
                    strlen(path), sizeof(address->sun_path) - 1);
    memcpy(address->sun_path, path, strlen(path) + 1);
    return 0;
}

/* Returns 1 where a socket is at ADDRESS on which nobody listens; 0: there is nothing; -errno. */
static int find_stale(const struct sockaddr_un *address, char why[LISTENER_WHY_SIZE])
{
    cleanup_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct stat st;

    if (fd < 0)
        return fail(why, -errno, "cannot make a socket: %s", strerror(errno));
    if (lstat(address->sun_path, &st) < 0)
        return errno == ENOENT ? 0
                               : fail(why, -errno, "%s: %s", address->sun_path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return fail(why, -EEXIST, "%s exists and is no socket", address->sun_path);
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN ||
        errno == EPROTOTYPE)
        return fail(why, -EADDRINUSE, "somebody listens on %s already", address->sun_path);
    if (errno != ECONNREFUSED)
        return fail(why, -errno, "%s: %s", address->sun_path, strerror(errno));
    return 1;
}

int listener_check(const char *path, char why[LISTENER_WHY_SIZE])
{
    struct sockaddr_un address;
    int r = make_address(&address, path, why);

    if (r == 0)
        r = find_stale(&address, why);
    return r < 0 ? r : 0;
}

int listener_make(const char *path, struct listener_entry *entry, char why[LISTENER_WHY_SIZE])
{
    __attribute__((cleanup(unlock))) struct lock lock = {.fd = -1};
    cleanup_close int fd = -1;
    struct sockaddr_un address;
    struct stat st;
    int r = make_address(&address, path, why);

    if (r < 0)
        return r;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(why, -errno, "cannot make a socket: %s", strerror(errno));
    r = lock_socket(&lock, path, why);
    if (r < 0)
        return r;
    r = find_stale(&address, why);
    if (r < 0)
        return r;
    if (r > 0 && unlink(path) < 0)
        return fail(why, -errno, "cannot remove the stale socket %s: %s", path, strerror(errno));
    /* Inherited by each connection; those of clients that may are set back. */
    (void)packet_pass_fds(fd, false);
    r = bind_open(fd, &address);
    if (r < 0)
        return fail(why, r, "cannot bind %s: %s", path, strerror(-r));
    entry->path = strdup(path);
    if (!entry->path || lstat(path, &st) < 0 || listen(fd, LISTENER_BACKLOG) < 0)
        return fail(why, -errno, "cannot listen on %s: %s", path, strerror(errno));
    entry->device = st.st_dev;
    entry->inode = st.st_ino;
    return steal_fd(&fd);
}

int listener_take(char why[LISTENER_WHY_SIZE])
{
    int n = sd_listen_fds(1), flags;
    const int fd = SD_LISTEN_FDS_START;

    if (n < 0)
        return fail(why, n, "cannot take over sockets: %s", strerror(-n));
    if (n == 0)
        return fail(why, -ENOENT,
                    "no socket: start secprofd through secprofd.socket, or give --socket PATH");
    if (n > 1)
        return fail(why, -E2BIG, "the service manager passed %d sockets; one is right", n);
    if (sd_is_socket_unix(fd, SOCK_SEQPACKET, 1, NULL, 0) <= 0)
        return fail(why, -EINVAL,
                    "the service manager passed something else than a listening Unix socket "
                    "of type SOCK_SEQPACKET: use ListenSequentialPacket= with Accept=no");
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return fail(why, -errno, "cannot set up the socket: %s", strerror(errno));
    /* Who is connected already can send fds all the same. */
    (void)packet_pass_fds(fd, false);
    return fd;
}

void listener_remove(struct listener_entry *entry)
{
    struct stat st;

    if (!entry->path)
        return;
    if (lstat(entry->path, &st) == 0 && st.st_dev == entry->device && st.st_ino == entry->inode)
        unlink(entry->path);
    free(steal_ptr(&entry->path));
}
