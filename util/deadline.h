/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The moment at which something has to end, in nanoseconds of CLOCK_MONOTONIC. One deadline holds
 * for all the steps of a call, whatever signals arrive in between.
 */
#ifndef UTIL_DEADLINE_H
#define UTIL_DEADLINE_H

#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER INT64_C(-1)

/* TIMEOUT_MS from now; with a negative one DEADLINE_NEVER. */
int64_t deadline_after(int timeout_ms);

/* The nanoseconds that are left until DEADLINE, which is not DEADLINE_NEVER; 0 if there are none.
 */
int64_t deadline_left(int64_t deadline);

/* The same in milliseconds, rounded up. */
int deadline_left_ms(int64_t deadline);

/* Waits until FD is ready for EVENTS, as for poll(2), or has ended. Returns 0, -ETIMEDOUT or
 * another -errno. */
int deadline_wait(int fd, short events, int64_t deadline);

/*
 * Writes the SIZE bytes at BYTES to FD, and waits no longer than DEADLINE for whoever reads a pipe
 * or a socket. Returns 0, -ETIMEDOUT or another -errno; then a part of them may be written.
 */
int deadline_write(int fd, const void *bytes, size_t size, int64_t deadline);

#endif
