/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the kernel's audit records are: its own log, the journal, auditd's file, and, as they are
 * written, a netlink socket.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_RECORD_SOURCES_H
#define CLIENT_SECPROFCTL_SUBJECT_RECORD_SOURCES_H

#include <stdint.h>

struct records;

/*
 * Each adds the records that it has to RECORDS, unsorted. Returns 0; -ENOENT where there is no such
 * source; another -errno.
 */
int source_kernel_log(struct records *records);
int source_journal(struct records *records);
int source_audit_log(struct records *records);

/* Adds those in the file PATH, of which "-" is the standard input. Returns 0 or -errno. */
int source_file(struct records *records, const char *path);

/* Returns an fd that gets each record from now on, or -errno: -EPERM without CAP_AUDIT_READ. */
int source_live_open(void);

/*
 * Waits for what the kernel sends next. Returns 1 and adds it to RECORDS; 0: it was no record of a
 * filter; -ENOBUFS: records were lost, for they came too fast; another -errno.
 */
int source_live_next(int fd, struct records *records);

/* The moment of this boot, in milliseconds since 1970. */
int64_t source_boot_ms(void);

#endif
