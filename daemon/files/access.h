/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may have what: a client's credentials against the owner and mode of a profile's file.
 */
#ifndef DAEMON_FILES_ACCESS_H
#define DAEMON_FILES_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The access list of a profile: its file's owner, group and permission bits. */
struct access_list {
    uid_t uid;
    gid_t gid;
    mode_t mode;
};

/* Who is at the other end of a connection, as the kernel saw it when they connected. */
struct peer {
    pid_t pid; /* 0: in a pid namespace that we cannot see */
    uid_t uid;
    uid_t payer; /* whose account it uses: its own, or that of who owns its id */
    gid_t gid;
    bool groups_known;
    gid_t *groups; /* the supplementary ones, owned; N_GROUPS of them */
    size_t n_groups;
};

/*
 * Asks the kernel who is connected to SOCK (SO_PEERCRED). Returns 0, and PEER is to be released
 * with peer_clear(); or -errno, and PEER holds nothing. It pays for itself.
 */
int peer_init(struct peer *peer, int sock);
void peer_clear(struct peer *peer);

/*
 * Asks for the supplementary groups (SO_PEERGROUPS), once. They are those at the time of the
 * connect, whenever this is. Returns 0 or -errno.
 */
int peer_learn_groups(struct peer *peer, int sock);

/*
 * True where PEER could open a file with this owner and mode for reading: as open(2) has it, the
 * owner's bits decide alone for the owner, the group's for a member, else the others'. Root may
 * all. Whose groups are not known yet may nothing, unless it is root.
 */
bool access_may_read(const struct access_list *list, const struct peer *peer);

/* True where PEER may administer a daemon that runs as OWN_UID: root and that user. */
bool access_may_administer(const struct peer *peer, uid_t own_uid);

#endif
