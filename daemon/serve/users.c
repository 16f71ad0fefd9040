/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of users with connections. Touches memory only. */
#include "daemon/serve/users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int users_init(struct users *users, size_t room)
{
    *users = (struct users){.list = calloc(room, sizeof(*users->list)), .room = room};
    return users->list || room == 0 ? 0 : -ENOMEM;
}

void users_clear(struct users *users)
{
    free(users->list);
    *users = (struct users){0};
}

/* The index of the first user whose uid is not less than UID. */
static size_t lower_bound(const struct users *users, uid_t uid)
{
    size_t low = 0, high = users->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (users->list[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t users_count(const struct users *users, uid_t uid)
{
    size_t i = lower_bound(users, uid);

    return i < users->n && users->list[i].uid == uid ? users->list[i].connections : 0;
}

int users_add(struct users *users, uid_t uid)
{
    size_t i = lower_bound(users, uid);

    if (i == users->n || users->list[i].uid != uid) {
        if (users->n == users->room)
            return -ENOSPC;
        memmove(&users->list[i + 1], &users->list[i], (users->n - i) * sizeof(*users->list));
        users->list[i] = (struct user){.uid = uid};
        users->n++;
    }
    users->list[i].connections++;
    return 0;
}

void users_remove(struct users *users, uid_t uid)
{
    size_t i = lower_bound(users, uid);

    if (i == users->n || users->list[i].uid != uid || --users->list[i].connections > 0)
        return;
    users->n--;
    memmove(&users->list[i], &users->list[i + 1], (users->n - i) * sizeof(*users->list));
}
