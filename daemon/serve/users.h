/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many connections each user has. What a connection costs must not grow with how many there
 * are, so nobody counts them.
 */
#ifndef DAEMON_SERVE_USERS_H
#define DAEMON_SERVE_USERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct users {
    /* Those with a connection, in the order of their uids: no choice of uids makes that slow. */
    struct user {
        uid_t uid;
        uint32_t connections;
    } * list;
    size_t n;
    size_t room;
};

/* Makes room for ROOM users. Returns 0 or -ENOMEM; USERS is to be released with users_clear(). */
int users_init(struct users *users, size_t room);
void users_clear(struct users *users);

/* How many connections UID has. */
size_t users_count(const struct users *users, uid_t uid);

/* UID has one connection more. Returns 0; -ENOSPC: there are as many users as there is room for. */
int users_add(struct users *users, uid_t uid);

/* UID, which has one, has one connection less. */
void users_remove(struct users *users, uid_t uid);

#endif
