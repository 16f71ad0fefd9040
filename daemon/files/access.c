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

bool access_may_read(const struct access_list *list, const struct peer *peer)
{
    if (peer->uid == 0)
        return true;
    if (!peer->groups_known)
        return false;
    if (peer->uid == list->uid)
        return list->mode & S_IRUSR;
    if (is_member(peer, list->gid))
        return list->mode & S_IRGRP;
    return list->mode & S_IROTH;
}

bool access_may_administer(const struct peer *peer, uid_t own_uid)
{
    return peer->uid == 0 || peer->uid == own_uid;
}
