/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits with ppoll(2). Does not change whether an fd blocks: others may share it. */
#include "config.h"

#include "util/deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum {
    NSEC_PER_MSEC = 1000 * 1000,
};
#define NSEC_PER_SEC INT64_C(1000000000)

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

int64_t deadline_after(int timeout_ms)
{
    return timeout_ms < 0 ? DEADLINE_NEVER : now() + timeout_ms * (int64_t)NSEC_PER_MSEC;
}

int64_t deadline_left(int64_t deadline)
{
    int64_t left = deadline - now();

    return left > 0 ? left : 0;
}

int deadline_left_ms(int64_t deadline)
{
    return (int)((deadline_left(deadline) + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
}

int deadline_wait(int fd, short events, int64_t deadline)
{
    struct pollfd pollfd = {.fd = fd, .events = events};

    if (fd < 0) /* poll(2) would pass over it */
        return -EBADF;
    for (;;) {
        struct timespec timeout;

        if (deadline != DEADLINE_NEVER) {
            int64_t left = deadline_left(deadline);

            timeout = (struct timespec){left / NSEC_PER_SEC, left % NSEC_PER_SEC};
        }

        int n = ppoll(&pollfd, 1, deadline != DEADLINE_NEVER ? &timeout : NULL, NULL);

        if (n > 0)
            return 0;
        if (n == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

int deadline_write(int fd, const void *bytes, size_t size, int64_t deadline)
{
    for (size_t done = 0; done < size;) {
        /* A pipe that is ready takes so much at once; more could block. */
        size_t part = size - done < PIPE_BUF ? size - done : PIPE_BUF;
        int r = deadline_wait(fd, POLLOUT, deadline);

        if (r < 0)
            return r;

        ssize_t n = write(fd, (const char *)bytes + done, part);

        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}
