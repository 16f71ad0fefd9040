/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon, as the commands see it: opened with the options' socket, errors told and turned into
 * exit codes.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_REMOTE_H
#define CLIENT_SECPROFCTL_SUBJECT_REMOTE_H

#include "client/libsecprof/secprof.h"
#include "compiler/parse/request.h"

struct ctl_options;

/* The path of the socket that OPTIONS and the environment name. */
const char *remote_socket(const struct ctl_options *options);

/* Connects to the daemon. Returns CTL_OK and *HANDLE, or another exit code after a message. */
int remote_open(const struct ctl_options *options, struct secprof **handle);

/* Says that a call for WHAT failed with the library's code R, with the daemon's words. Returns the
 * exit code. */
int remote_fail(struct secprof *handle, const char *what, int r);

/* CTL_OK where NAME can be a profile's, else CTL_USAGE after a message. */
int remote_check_name(const char *name);

/*
 * The same for NAME with or without a mode at its end, and the mode of OPTIONS: *MODE is the one
 * that counts. CTL_USAGE also where they do not agree.
 */
int remote_check_variant(const struct ctl_options *options, const char *name,
                         enum variant_mode *mode);

/* What the options ask for, as the library takes it. */
void remote_options(const struct ctl_options *options, struct secprof_options *out);

/* "served", "stale", …; "unknown" for a state that is none. */
const char *remote_state_name(uint32_t state);

static inline void remote_close_ptr(struct secprof **handle)
{
    secprof_close(*handle);
}

#define cleanup_remote __attribute__((cleanup(remote_close_ptr)))

#endif
