/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The closed set of codes that libsecprof returns.
 */
#ifndef CLIENT_LIBSECPROF_ERRORS_H
#define CLIENT_LIBSECPROF_ERRORS_H

/* The negative code for STATUS, which is not WIRE_OK: an enum wire_status, or -EPROTO for one that
 * later daemons have. */
int error_from_status(int status);

/* The negative code for a socket(2) or connect(2) that failed with the positive ERROR. */
int error_from_connect(int error);

#endif
