/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scope-bound ownership. A variable declared with one of these releases what it holds when
 * it goes out of scope; steal_fd() and steal_ptr() hand the ownership over to somebody else.
 */
#ifndef UTIL_CLEANUP_H
#define UTIL_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_ptr(void *pp)
{
    free(*(void **)pp);
}

static inline void cleanup_close_fd(const int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(*fd);
    errno = saved;
}

static inline void cleanup_fclose_ptr(FILE **file)
{
    if (*file)
        fclose(*file);
}

#define cleanup_free   __attribute__((cleanup(cleanup_free_ptr)))
#define cleanup_close  __attribute__((cleanup(cleanup_close_fd)))
#define cleanup_fclose __attribute__((cleanup(cleanup_fclose_ptr)))

/* Returns the fd in *FD and leaves -1 there: the caller owns it now. */
static inline int steal_fd(int *fd)
{
    int owned = *fd;

    *fd = -1;
    return owned;
}

static inline void *steal_ptr_void(void *pp)
{
    void *owned = *(void **)pp;

    *(void **)pp = NULL;
    return owned;
}

/* Returns the pointer in *PP, in its own type, and leaves NULL there: the caller owns it now. */
#define steal_ptr(pp) ((__typeof__(*(pp)))steal_ptr_void(pp))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
