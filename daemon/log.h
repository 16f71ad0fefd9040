/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's log: fields in the journal where standard error is one, else plain lines on
 * standard error. errno stays as it is. Nothing here waits for whoever reads the log: a line that
 * cannot be written at once is lost, and counted.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

#include "daemon/budget.h"

struct peer;

enum {
    LOG_PEER_BURST = 10, /* lines that one user may cause in one interval, unless set otherwise */
    LOG_PEER_INTERVAL_USEC = 5000000,
};

struct log {
    int level;      /* LOG_ERR … LOG_DEBUG: the least urgent priority that is written */
    int journal;    /* a socket for the journal's own protocol, if standard error is it; else -1 */
    bool is_socket; /* standard error is one */
    bool may_wait;  /* writing to standard error makes the writer wait for room */
    bool prefix;    /* lines begin with <PRIORITY>, as service managers read them */
    uint32_t dropped; /* lines that were not written, since the start */
    uint32_t lost;    /* lines that could not be written, since that was said last */
    struct budget peers;
};

/* What a line is about; each part may be missing. */
struct log_subject {
    const char *profile;
    const struct peer *peer; /* lines about a peer are limited in number */
};

/*
 * Looks at standard error and decides how to write. A pipe or a terminal is opened anew, for this
 * process alone: so that it does not make writers wait, without changing it for others.
 */
void log_init(struct log *log, int level);
void log_close(struct log *log);

/* Writes one line. */
void log_write(struct log *log, int priority, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes one line about SUBJECT. */
void log_about(struct log *log, int priority, const struct log_subject *subject, const char *fmt,
               ...) __attribute__((format(printf, 4, 5)));

/* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG by its name ("info"), or -EINVAL. */
int log_level_by_name(const char *name);

#endif
