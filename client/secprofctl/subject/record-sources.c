/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sources of audit records, each brought to the form in which dmesg prints them. */
#include "config.h"

#include "client/secprofctl/subject/record-sources.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "client/secprofctl/subject/records.h"
#include "util/cleanup.h"

enum {
    KMSG_SIZE = 8192, /* of one message; the kernel has a little less */
    AUDIT_LOGS = 9,   /* older files that auditd keeps */
    LIVE_BUFFER = 8 * 1024 * 1024,
};

int64_t source_boot_ms(void)
{
    struct timespec now;
    struct timespec up;

    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    return (now.tv_sec - up.tv_sec) * 1000 + (now.tv_nsec - up.tv_nsec) / 1000000;
}

/* "kauditd_printk_skb: 12 callbacks suppressed": the kernel prints only so many in a second. */
static void count_suppressed(struct records *records, const char *text)
{
    const char *at = strstr(text, "_printk_skb: ");
    uint64_t n;

    if (at && strstr(at, "callbacks suppressed") && sscanf(at, "_printk_skb: %" SCNu64, &n) == 1)
        records->n_suppressed += n;
}

int source_kernel_log(struct records *records)
{
    cleanup_close int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const int64_t boot_ms = source_boot_ms();
    char message[KMSG_SIZE + 1];

    if (fd < 0)
        return -errno;
    for (;;) {
        ssize_t n = read(fd, message, KMSG_SIZE);
        char *text;
        uint64_t usec = 0;
        int r;

        if (n < 0 && errno == EAGAIN)
            return 0;
        /* EPIPE: what was to be read next is overwritten; there is more behind it. */
        if (n < 0 && (errno == EPIPE || errno == EINTR))
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        message[n] = 0;
        /* "PRIORITY,NUMBER,MICROSECONDS,…;TEXT" */
        text = strchr(message, ';');
        if (!text || sscanf(message, "%*u,%*u,%" SCNu64, &usec) != 1)
            continue;
        text++;
        text[strcspn(text, "\n")] = 0;
        if (boot_ms + (int64_t)(usec / 1000) >= records->since_ms)
            count_suppressed(records, text);
        r = records_add(records, text);
        if (r != 0)
            return r;
    }
}

/* --- The journal */

/* The text of FIELD in the current entry, which the caller frees, or NULL. */
static char *journal_field(sd_journal *journal, const char *field)
{
    const size_t before = strlen(field) + 1; /* "FIELD=" */
    const void *data;
    size_t len;

    if (sd_journal_get_data(journal, field, &data, &len) < 0 || len < before)
        return NULL;
    return strndup((const char *)data + before, len - before);
}

/*
 * Adds the current entry. journald's own reading of audit records has no stamp in its text, but
 * fields; what came by the kernel's log is as dmesg has it.
 */
static int add_entry(struct records *records, sd_journal *journal)
{
    static const char type[] = "SECCOMP ";
    cleanup_free char *message = journal_field(journal, "MESSAGE");
    cleanup_free char *serial = journal_field(journal, "_AUDIT_ID");
    cleanup_free char *usec = journal_field(journal, "_SOURCE_REALTIME_TIMESTAMP");
    cleanup_free char *line = NULL;
    uint64_t ms;

    if (!message)
        return 0;
    if (!serial || !usec)
        return records_add(records, message);
    ms = strtoull(usec, NULL, 10) / 1000;
    if (asprintf(&line, "type=1326 audit(%" PRIu64 ".%03u:%s): %s", ms / 1000,
                 (unsigned int)(ms % 1000), serial,
                 strncmp(message, type, strlen(type)) != 0 ? message : message + strlen(type)) < 0)
        return -ENOMEM;
    return records_add(records, line);
}

static void close_journal(sd_journal **journal)
{
    if (*journal)
        sd_journal_close(*journal);
}

int source_journal(struct records *records)
{
    __attribute__((cleanup(close_journal))) sd_journal *journal = NULL;
    int r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);

    if (r < 0)
        return r;
    r = sd_journal_add_match(journal, "_AUDIT_TYPE=1326", 0);
    if (r >= 0)
        r = sd_journal_add_disjunction(journal);
    if (r >= 0)
        r = sd_journal_add_match(journal, "_TRANSPORT=kernel", 0);
    if (r >= 0)
        r = sd_journal_seek_realtime_usec(
            journal, records->since_ms > 0 ? (uint64_t)records->since_ms * 1000 : 0);
    while (r >= 0 && (r = sd_journal_next(journal)) > 0) {
        r = add_entry(records, journal);
        if (r < 0)
            return r;
    }
    return r < 0 ? r : 0;
}

/* --- Files */

static int read_lines(struct records *records, FILE *file)
{
    cleanup_free char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, file) > 0) {
        int r;

        line[strcspn(line, "\n")] = 0;
        count_suppressed(records, line);
        r = records_add(records, line);
        if (r != 0)
            return r;
    }
    return ferror(file) ? -EIO : 0;
}

int source_file(struct records *records, const char *path)
{
    cleanup_fclose FILE *file = NULL;

    if (!strcmp(path, "-"))
        return read_lines(records, stdin);
    file = fopen(path, "re");
    return file ? read_lines(records, file) : -errno;
}

int source_audit_log(struct records *records)
{
    static const char current[] = "/var/log/audit/audit.log";
    char path[sizeof(current) + 8];
    int r = source_file(records, current);

    for (int i = 1; i <= AUDIT_LOGS && (r == 0 || r == -ENOENT); i++) {
        int older;

        snprintf(path, sizeof(path), "%s.%d", current, i);
        older = source_file(records, path);
        if (older != -ENOENT)
            r = older;
    }
    return r;
}

/* --- As they come */

int source_live_open(void)
{
    const struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = 1U << (AUDIT_NLGRP_READLOG - 1),
    };
    const int room = LIVE_BUFFER;
    cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

    if (fd < 0)
        return -errno;
    /* Where that needs more rights than there are, the kernel's own size has to do. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    return steal_fd(&fd);
}

int source_live_next(int fd, struct records *records)
{
    struct sockaddr_nl from = {.nl_pid = UINT32_MAX};
    socklen_t from_len = sizeof(from);
    char packet[KMSG_SIZE + 1] __attribute__((aligned(NLMSG_ALIGNTO)));
    const size_t size = sizeof(packet) - 1;
    const size_t n_before = records->n;
    const struct nlmsghdr *header = (const struct nlmsghdr *)packet;
    cleanup_free char *line = NULL;
    ssize_t n = recvfrom(fd, packet, size, 0, (struct sockaddr *)&from, &from_len);

    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    if (from.nl_pid != 0 || (size_t)n < sizeof(*header) || header->nlmsg_type != AUDIT_SECCOMP)
        return 0;
    packet[n] = 0;
    if (asprintf(&line, "type=%d %s", AUDIT_SECCOMP, packet + NLMSG_HDRLEN) < 0)
        return -ENOMEM;

    int r = records_add(records, line);

    return r < 0 ? r : records->n > n_before;
}
