/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A path that is walked one name at a time, by whoever looks at each directory on the way. Where a
 * name is a link, its target takes the place of the name. Reads nothing but links.
 */
#ifndef DAEMON_FILES_STEPS_H
#define DAEMON_FILES_STEPS_H

#include <limits.h>
#include <stdbool.h>

enum {
    STEPS_LINKS_MAX = 40, /* as many as the kernel follows */
};

struct steps {
    char path[PATH_MAX];
    const char *rest; /* in PATH: what is still to be walked */
    unsigned links;   /* that were followed */
};

/* Begins with PATH. Returns 0 or -ENAMETOOLONG. */
int steps_begin(struct steps *steps, const char *path);

/* Takes the next name. Returns 1; 0 where there is none left; -ENAMETOOLONG. */
int steps_next(struct steps *steps, char name[NAME_MAX + 1]);

/* True where there is no name left. */
bool steps_are_done(const struct steps *steps);

/*
 * The last name was the link behind LINK_FD (O_PATH): its target is to be walked next. Returns 0; 1
 * where that begins at the root; -ELOOP after too many links; -ENAMETOOLONG; another -errno.
 */
int steps_follow(struct steps *steps, int link_fd);

#endif
