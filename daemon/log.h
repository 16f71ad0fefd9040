/*
 * The daemon's log: fields in the journal where standard error is one, else plain lines on
 * standard error. errno stays as it is.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

#include "daemon/access.h"
#include "daemon/budget.h"

enum {
    LOG_PEER_BURST = 10, /* lines that one user may cause in one interval, unless set otherwise */
    LOG_PEER_INTERVAL_USEC = 5000000,
};

struct log {
    int level;        /* LOG_ERR … LOG_DEBUG: the least urgent priority that is written */
    bool journal;     /* standard error is the journal: use its own protocol */
    bool prefix;      /* lines begin with <PRIORITY>, as service managers read them */
    uint32_t dropped; /* lines that were too many, since the start */
    struct budget peers;
};

/* What a line is about; each part may be missing. */
struct log_subject {
    const char *profile;
    const struct peer *peer; /* lines about a peer are limited in number */
};

/* Looks at standard error and decides how to write. */
void log_init(struct log *log, int level);

/* Writes one line. */
void log_write(struct log *log, int priority, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes one line about SUBJECT. */
void log_about(struct log *log, int priority, const struct log_subject *subject, const char *fmt,
               ...) __attribute__((format(printf, 4, 5)));

/* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG by its name ("info"), or -EINVAL. */
int log_level_by_name(const char *name);

#endif
