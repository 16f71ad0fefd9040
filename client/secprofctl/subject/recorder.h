/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a command under a filter that asks this process about every system call, lets each one go
 * on, and keeps which ones there were: SECCOMP_RET_USER_NOTIF with "continue", seccomp_unotify(2).
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_RECORDER_H
#define CLIENT_SECPROFCTL_SUBJECT_RECORDER_H

#include <stddef.h>
#include <stdint.h>

/* A system call that was seen, of any process that the command became or made. */
struct recorded {
    uint32_t audit_arch;
    uint32_t nr;
};

struct recording {
    struct recorded *calls; /* sorted by architecture and number, each once; the caller frees it */
    size_t n;
    int status; /* of the command, as waitpid(2) has it */
};

/*
 * Runs COMMAND, found along PATH, until it and all that it started have ended. SIGTERM is passed
 * on; SIGINT is not, since a terminal sends it to COMMAND too. The second signal kills COMMAND and
 * ends the recording. Returns 0; -ENOEXEC, with the errno of execvp(3) in RECORDING->status, if the
 * command could not be started; or another -errno if it was not run.
 */
int recorder_run(struct recording *recording, char **command);

#endif
