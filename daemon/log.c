/* Writes the log: to the journal with fields, or to standard error. Touches nothing else. */
#include "daemon/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"

enum {
    LINE_MAX_BYTES = 2048,
    FIELDS_MAX = 8,
    FIELD_MAX_BYTES = 192,
};

/* The names that --log-level takes. */
static const struct {
    const char *name;
    int level;
} levels[] = {
    {"error", LOG_ERR}, {"warning", LOG_WARNING}, {"notice", LOG_NOTICE},
    {"info", LOG_INFO}, {"debug", LOG_DEBUG},
};

int log_level_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
        if (!strcmp(levels[i].name, name))
            return levels[i].level;
    return -EINVAL;
}

/* $JOURNAL_STREAM is "DEVICE:INODE" of the journal's stream; only then is stderr the journal. */
static bool stderr_is_journal(const struct stat *st)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    int end = 0;

    if (!stream || sscanf(stream, "%llu:%llu%n", &device, &inode, &end) != 2 || stream[end])
        return false;
    return st->st_dev == (dev_t)device && st->st_ino == (ino_t)inode;
}

void log_init(struct log *log, int level)
{
    struct stat st;

    *log = (struct log){
        .level = level,
        .peers = {.max = LOG_PEER_BURST, .interval_usec = LOG_PEER_INTERVAL_USEC},
    };
    if (fstat(STDERR_FILENO, &st) < 0)
        return;
    log->journal = stderr_is_journal(&st);
    log->prefix = !isatty(STDERR_FILENO);
}

/* The fields of one journal entry. */
struct fields {
    struct iovec iov[FIELDS_MAX];
    char text[FIELDS_MAX][FIELD_MAX_BYTES];
    int n;
};

static void __attribute__((format(printf, 2, 3)))
add_field(struct fields *fields, const char *fmt, ...)
{
    char *text = fields->text[fields->n];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, FIELD_MAX_BYTES, fmt, args);
    va_end(args);
    fields->iov[fields->n++] = (struct iovec){.iov_base = text, .iov_len = strlen(text)};
}

static int write_journal(int priority, const struct log_subject *subject, char *message)
{
    struct fields fields = {.n = 0};

    fields.iov[fields.n++] = (struct iovec){.iov_base = message, .iov_len = strlen(message)};
    add_field(&fields, "PRIORITY=%d", priority);
    add_field(&fields, "SYSLOG_IDENTIFIER=secprofd");
    if (subject->profile)
        add_field(&fields, "SECPROF_PROFILE=%s", subject->profile);
    if (subject->peer) {
        add_field(&fields, "SECPROF_PEER_UID=%u", subject->peer->uid);
        add_field(&fields, "SECPROF_PEER_PID=%d", subject->peer->pid);
    }
    return sd_journal_sendv(fields.iov, fields.n);
}

/* LINE has "MESSAGE=" in front, which only the journal wants. */
static void write_line(const struct log *log, int priority, const struct log_subject *subject,
                       char *line)
{
    if (log->journal && write_journal(priority, subject, line) >= 0)
        return;

    const char *message = line + strlen("MESSAGE=");
    char prefix[8] = "";
    struct iovec iov[3] = {
        {.iov_base = prefix}, {(void *)message, strlen(message)}, {(void *)"\n", 1}};

    if (log->prefix)
        snprintf(prefix, sizeof(prefix), "<%d>", priority);
    iov[0].iov_len = strlen(prefix);
    /* Where even this fails there is nobody left to tell. */
    if (writev(STDERR_FILENO, iov, ARRAY_SIZE(iov)) < 0)
        return;
}

static void write_args(struct log *log, int priority, const struct log_subject *subject,
                       const char *fmt, va_list args) __attribute__((format(printf, 4, 0)));

static void write_args(struct log *log, int priority, const struct log_subject *subject,
                       const char *fmt, va_list args)
{
    char line[LINE_MAX_BYTES] = "MESSAGE=";
    size_t len = strlen(line);

    vsnprintf(line + len, sizeof(line) - len, fmt, args);
    /* One entry is one line, whatever was quoted in it. */
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    write_line(log, priority, subject, line);
}

void log_write(struct log *log, int priority, const char *fmt, ...)
{
    int saved = errno;
    va_list args;

    if (priority <= log->level) {
        va_start(args, fmt);
        write_args(log, priority, &(struct log_subject){0}, fmt, args);
        va_end(args);
    }
    errno = saved;
}

static uint64_t now_usec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* False where there are too many lines about the peer of SUBJECT. */
static bool may_write(struct log *log, const struct log_subject *subject, uint32_t *dropped)
{
    if (!subject->peer || budget_take(&log->peers, subject->peer->uid, now_usec(), dropped))
        return true;
    log->dropped++;
    return false;
}

void log_about(struct log *log, int priority, const struct log_subject *subject, const char *fmt,
               ...)
{
    int saved = errno;
    uint32_t dropped = 0;
    va_list args;

    if (priority <= log->level && may_write(log, subject, &dropped)) {
        if (dropped)
            log_write(log, LOG_NOTICE, "%u lines about peers were not written", dropped);
        va_start(args, fmt);
        write_args(log, priority, subject, fmt, args);
        va_end(args);
    }
    errno = saved;
}
