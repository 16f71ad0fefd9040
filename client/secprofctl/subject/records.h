/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's audit records of denied calls, as lines that denial_read() takes, with the stamp by
 * which the same record is known again when it comes in two ways.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_RECORDS_H
#define CLIENT_SECPROFCTL_SUBJECT_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct record {
    int64_t time_ms; /* since 1970 */
    uint64_t serial;
    const char *line;
};

struct records {
    struct record *items;
    size_t n;
    size_t room;
    int64_t since_ms;      /* older ones are left out */
    uint64_t n_suppressed; /* that the kernel says it did not print */
    struct arena *arena;
};

/* True, with its stamp, where LINE is a record of a filter's decision: "… type=1326 …
 * audit(1697000000.123:42): …", or auditd's "type=SECCOMP msg=audit(…)". */
bool record_parse(struct record *record, const char *line);

/* Adds LINE where it is such a record, and not too old. Returns 0 or -ENOMEM. */
int records_add(struct records *records, const char *line);

/* Sorts by time and serial, and drops what came twice. */
void records_sort(struct records *records);

/* True where RECORD is among RECORDS, which are sorted. */
bool records_have(const struct records *records, const struct record *record);

/*
 * Reads a time as people give it to journalctl: "10m", "1h ago", "today", "yesterday", "now",
 * "13:45", "2026-11-30", "2026-11-30 13:45:10", "2026-11-30T13:45:10Z", "@1697000000". NOW_MS is
 * the time that those are relative to. Returns 0 or -EINVAL.
 */
int since_parse(const char *text, int64_t now_ms, int64_t *ms);

#endif
