/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may have what: a client's credentials against the owner and mode of a profile's file, and of
 * the directories on the way there.
 */
#ifndef DAEMON_FILES_ACCESS_H
#define DAEMON_FILES_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    ACCESS_WAY_MAX = 4,
};

/* The directories on the way to a file that not everybody may search, each kind once. */
struct access_way {
    uint32_t n;
    struct access_directory {
        uid_t uid;
        gid_t gid;
        mode_t mode;
    } directories[ACCESS_WAY_MAX];
};

/* The access list of a profile: its file's owner, group and permission bits, and the way there. */
struct access_list {
    uid_t uid;
    gid_t gid;
    mode_t mode;
    struct access_way way;
};

/* The way leads through a directory with this owner and mode. Returns false where there are too
 * many that differ. */
bool access_way_add(struct access_way *way, uid_t uid, gid_t gid, mode_t mode);

/* Who may pass is not known: nobody but root. */
void access_way_close(struct access_way *way);

bool access_list_equal(const struct access_list *a, const struct access_list *b);

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
 * True where PEER could open a file with this owner and mode for reading, and search the
 * directories on the way: as open(2) has it, the owner's bits decide alone for the owner, the
 * group's for a member, else the others'. Root may all. Whose groups are not known yet may nothing,
 * unless it is root.
 */
bool access_may_read(const struct access_list *list, const struct peer *peer);

/* True where PEER may administer a daemon that runs as OWN_UID: root and that user. */
bool access_may_administer(const struct peer *peer, uid_t own_uid);

#endif
