/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks a path step by step, so that nothing is exchanged between look and use. Reads no file. */
#include "daemon/files/trust-path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/files/steps.h"
#include "util/cleanup.h"

struct walk {
    uid_t own_uid;
    uid_t root_uid; /* who owns "/": in a user namespace that is not always root */
    int at;         /* the directory that was reached; owned */
    struct steps steps;
    struct access_way *way; /* NULL: nobody asks who may pass */
    char *why;              /* the first reason not to trust the way; TRUST_WHY_SIZE bytes */
    bool refused;
};

static void walk_clear(struct walk *walk)
{
    if (walk->at >= 0)
        close(walk->at);
}

/* Notes WHAT, called NAME, as a reason unless there is one already. */
static void distrust(struct walk *walk, const char *name, const char *what)
{
    if (!walk->refused)
        snprintf(walk->why, TRUST_WHY_SIZE, "on the way to its directory, %.80s %.140s", name,
                 what);
    walk->refused = true;
}

static bool is_trusted_user(const struct walk *walk, uid_t uid)
{
    return uid == 0 || uid == walk->own_uid || uid == walk->root_uid;
}

/* Judges ST, a directory or link called NAME that the way leads through. */
static void judge(struct walk *walk, const char *name, const struct stat *st)
{
    if (!is_trusted_user(walk, st->st_uid))
        distrust(walk, name, "belongs to a user who could exchange what is behind it");
    /* In a sticky directory, nobody can exchange what belongs to somebody else. */
    if (S_ISDIR(st->st_mode) && (st->st_mode & (S_IWGRP | S_IWOTH)) && !(st->st_mode & S_ISVTX))
        distrust(walk, name, "is a directory that its group or others can write to");
}

/* Notes who may pass the directory FD, called NAME, with ST. */
static void pass(struct walk *walk, int fd, const char *name, const struct stat *st)
{
    char why[TRUST_WHY_SIZE];

    if (walk->way && trust_pass(walk->way, fd, st, why) != TRUST_OK)
        distrust(walk, name, why);
}

/* Goes to the directory FD (consumed). */
static void go(struct walk *walk, int fd)
{
    walk_clear(walk);
    walk->at = fd;
}

static int go_to_root(struct walk *walk)
{
    int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        int error = errno;

        if (fd >= 0)
            close(fd);
        return -error;
    }
    walk->root_uid = st.st_uid;
    judge(walk, "/", &st);
    pass(walk, fd, "/", &st);
    go(walk, fd);
    return 0;
}

/* Goes on to NAME. */
static int step(struct walk *walk, const char *name)
{
    cleanup_close int fd = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    int r;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISLNK(st.st_mode) && !S_ISDIR(st.st_mode))
        return -ENOTDIR;
    if (S_ISLNK(st.st_mode)) {
        judge(walk, name, &st);
        r = steps_follow(&walk->steps, fd);
        return r > 0 ? go_to_root(walk) : r;
    }
    /* The last one has stricter rules: trust_directory(). */
    if (!steps_are_done(&walk->steps))
        judge(walk, name, &st);
    pass(walk, fd, name, &st);
    go(walk, steal_fd(&fd));
    return 0;
}

int trust_open_directory(const char *path, uid_t own_uid, bool shared, struct access_way *way,
                         int *fd, char why[TRUST_WHY_SIZE])
{
    __attribute__((cleanup(walk_clear))) struct walk walk = {
        .own_uid = own_uid, .at = -1, .way = way, .why = why};
    char name[NAME_MAX + 1];
    int r;

    *fd = -1;
    if (path[0] != '/' || steps_begin(&walk.steps, path) < 0)
        return -EINVAL;
    r = go_to_root(&walk);
    while (r == 0 && (r = steps_next(&walk.steps, name)) > 0)
        r = step(&walk, name);
    if (r < 0)
        return r;
    *fd = openat(walk.at, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0)
        return -errno;
    if (walk.refused)
        return TRUST_REFUSED;
    r = trust_directory(*fd, own_uid, shared, why);
    if (r < 0)
        close(steal_fd(fd));
    return r;
}
