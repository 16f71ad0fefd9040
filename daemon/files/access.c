/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides who may read a profile. It asks the kernel for credentials and touches nothing else. */
#include "daemon/files/access.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum {
    GROUPS_GUESS = 32,
    GROUPS_MAX = 65536, /* NGROUPS_MAX of Linux */
};

int peer_learn_groups(struct peer *peer, int sock)
{
    socklen_t size = GROUPS_GUESS * sizeof(gid_t);

    while (!peer->groups_known) {
        gid_t *groups = malloc(size ? size : sizeof(gid_t));
        socklen_t got = size;

        if (!groups)
            return -ENOMEM;
        if (getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, groups, &got) == 0) {
            peer->groups = groups;
            peer->n_groups = got / sizeof(gid_t);
            peer->groups_known = true;
            break;
        }

        int error = errno;

        free(groups);
        /* The kernel says in GOT how much room it wants; it has to be more each time. */
        if (error != ERANGE || got <= size || got > GROUPS_MAX * sizeof(gid_t))
            return -error;
        size = got;
    }
    return 0;
}

int peer_init(struct peer *peer, int sock)
{
    struct ucred cred;
    socklen_t size = sizeof(cred);

    *peer = (struct peer){0};
    if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
        return -errno;
    if (size != sizeof(cred))
        return -EPROTO;
    peer->pid = cred.pid;
    peer->uid = cred.uid;
    peer->payer = cred.uid;
    peer->gid = cred.gid;
    return 0;
}

void peer_clear(struct peer *peer)
{
    free(peer->groups);
    *peer = (struct peer){0};
}

static bool is_member(const struct peer *peer, gid_t gid)
{
    if (peer->gid == gid)
        return true;
    for (size_t i = 0; i < peer->n_groups; i++)
        if (peer->groups[i] == gid)
            return true;
    return false;
}

/* True where MODE gives PEER the right that the others have by the bit RIGHT. */
static bool has_right(const struct peer *peer, uid_t uid, gid_t gid, mode_t mode, mode_t right)
{
    if (peer->uid == uid)
        return mode & right << 6;
    return is_member(peer, gid) ? mode & right << 3 : mode & right;
}

bool access_may_read(const struct access_list *list, const struct peer *peer)
{
    if (peer->uid == 0)
        return true;
    if (!peer->groups_known)
        return false;
    for (size_t i = 0; i < list->way.n; i++) {
        const struct access_directory *directory = &list->way.directories[i];

        if (!has_right(peer, directory->uid, directory->gid, directory->mode, S_IXOTH))
            return false;
    }
    return has_right(peer, list->uid, list->gid, list->mode, S_IROTH);
}

static bool directory_equal(const struct access_directory *a, const struct access_directory *b)
{
    return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode;
}

bool access_way_add(struct access_way *way, uid_t uid, gid_t gid, mode_t mode)
{
    const mode_t search = S_IXUSR | S_IXGRP | S_IXOTH;
    const struct access_directory directory = {uid, gid, mode & search};

    if (directory.mode == search)
        return true;
    for (size_t i = 0; i < way->n; i++)
        if (directory_equal(&way->directories[i], &directory))
            return true;
    if (way->n == ACCESS_WAY_MAX)
        return false;
    way->directories[way->n++] = directory;
    return true;
}

void access_way_close(struct access_way *way)
{
    *way = (struct access_way){.n = 1};
}

bool access_list_equal(const struct access_list *a, const struct access_list *b)
{
    if (a->uid != b->uid || a->gid != b->gid || a->mode != b->mode || a->way.n != b->way.n)
        return false;
    for (size_t i = 0; i < a->way.n; i++)
        if (!directory_equal(&a->way.directories[i], &b->way.directories[i]))
            return false;
    return true;
}

bool access_may_administer(const struct peer *peer, uid_t own_uid)
{
    return peer->uid == 0 || peer->uid == own_uid;
}
