/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raises the number of fds that this process may have, and divides it. */
#include "daemon/fds.h"

#include <stdint.h>
#include <sys/resource.h>

enum {
    EACH_CONNECTION = 8, /* its socket, and the fds that it does not read */
    EACH_VARIANT = 2,    /* the filter, and a file that is kept: secprof-helper, or a text */
    EACH_PROFILE = 1,    /* its filter; see daemon/filters/texts.h */
};

size_t fds_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return SIZE_MAX;
    limit.rlim_cur = limit.rlim_max;
    /* Where that is not allowed it stays as it was. */
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return SIZE_MAX;
    return limit.rlim_cur < SIZE_MAX ? (size_t)limit.rlim_cur : SIZE_MAX;
}

size_t fds_needed(const struct fds_limits *limits)
{
    const size_t in_flight = EACH_CONNECTION * limits->connections;
    const size_t open = FDS_OWN + limits->connections + EACH_VARIANT * limits->variants +
                        EACH_PROFILE * limits->profiles;

    /* Each of the two is counted by itself. */
    return open > in_flight ? open : in_flight;
}

static bool cut(size_t *limit, size_t most)
{
    const bool is_over = *limit > most;

    if (is_over)
        *limit = most;
    return is_over;
}

bool fds_fit(struct fds_limits *limits, size_t n)
{
    bool is_cut = cut(&limits->connections, n / EACH_CONNECTION);
    size_t rest;

    is_cut |= cut(&limits->variants, n / 8);
    rest = FDS_OWN + limits->connections + EACH_VARIANT * limits->variants;
    is_cut |= cut(&limits->profiles, n > rest ? (n - rest) / EACH_PROFILE : 0);
    return is_cut;
}
