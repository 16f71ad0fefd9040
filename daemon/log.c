/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the log: to the journal with fields, or to standard error. Touches nothing else. */
#include "daemon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/files/access.h"
#include "util/cleanup.h"

enum {
    LINE_MAX_BYTES = 2048,
    FIELDS_MAX = 8,
    FIELD_MAX_BYTES = 192,
};

/* systemd's, where journald reads entries of "NAME=value" lines, one in each datagram. */
static const struct sockaddr_un journal_socket = {
    .sun_family = AF_UNIX,
    .sun_path = "/run/systemd/journal/socket",
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

/* Opens what standard error is once more, not to wait for its reader. Returns false where it may
 * not be opened, and stays as it is. */
static bool open_anew(void)
{
    int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool done;

    if (fd < 0)
        return false;
    done = dup2(fd, STDERR_FILENO) >= 0;
    close(fd);
    return done;
}

void log_init(struct log *log, int level)
{
    struct stat st;

    *log = (struct log){
        .level = level,
        .journal = -1,
        .peers = {.max = LOG_PEER_BURST, .interval_usec = LOG_PEER_INTERVAL_USEC},
    };
    if (fstat(STDERR_FILENO, &st) < 0)
        return;
    log->is_socket = S_ISSOCK(st.st_mode);
    if (stderr_is_journal(&st))
        log->journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    log->prefix = !isatty(STDERR_FILENO);
    if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
        log->may_wait = !open_anew();
}

void log_close(struct log *log)
{
    if (log->journal >= 0)
        close(log->journal);
    log->journal = -1;
}

/* Sends a packet or a part of a stream over SOCK without waiting. Returns 0 or -errno. */
static int send_now(int sock, const struct sockaddr_un *to, const struct iovec *iov, size_t n)
{
    const struct msghdr msg = {
        .msg_name = (void *)to,
        .msg_namelen = to ? sizeof(*to) : 0,
        .msg_iov = (struct iovec *)iov,
        .msg_iovlen = n,
    };

    return sendmsg(sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The fields of one journal entry, each with its line's end. */
struct fields {
    struct iovec iov[FIELDS_MAX];
    char text[FIELDS_MAX][FIELD_MAX_BYTES];
    size_t n;
};

static void __attribute__((format(printf, 2, 3)))
add_field(struct fields *fields, const char *fmt, ...)
{
    char *text = fields->text[fields->n];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(text, FIELD_MAX_BYTES - 1, fmt, args);
    va_end(args);
    if (len < 0)
        return;
    if (len > FIELD_MAX_BYTES - 2)
        len = FIELD_MAX_BYTES - 2;
    text[len++] = '\n';
    fields->iov[fields->n++] = (struct iovec){.iov_base = text, .iov_len = (size_t)len};
}

static int write_journal(int sock, int priority, const struct log_subject *subject,
                         const char *message)
{
    struct fields fields = {.n = 0};

    fields.iov[fields.n++] = (struct iovec){(void *)message, strlen(message)};
    fields.iov[fields.n++] = (struct iovec){(void *)"\n", 1};
    add_field(&fields, "PRIORITY=%d", priority);
    add_field(&fields, "SYSLOG_IDENTIFIER=secprofd");
    if (subject->profile)
        add_field(&fields, "SECPROF_PROFILE=%s", subject->profile);
    if (subject->peer) {
        add_field(&fields, "SECPROF_PEER_UID=%u", subject->peer->uid);
        add_field(&fields, "SECPROF_PEER_PID=%d", subject->peer->pid);
    }
    return send_now(sock, &journal_socket, fields.iov, fields.n);
}

/* True where MESSAGE was written to standard error, as a line. */
static bool write_stderr(const struct log *log, int priority, const char *message)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    char prefix[8] = "";
    struct iovec iov[3] = {
        {.iov_base = prefix}, {(void *)message, strlen(message)}, {(void *)"\n", 1}};

    if (log->prefix)
        snprintf(prefix, sizeof(prefix), "<%d>", priority);
    iov[0].iov_len = strlen(prefix);
    if (log->is_socket)
        return send_now(STDERR_FILENO, NULL, iov, ARRAY_SIZE(iov)) == 0;
    /* A pipe that is ready has room for a line. */
    if (log->may_wait && poll(&room, 1, 0) <= 0)
        return false;
    return writev(STDERR_FILENO, iov, ARRAY_SIZE(iov)) >= 0;
}

/* LINE has "MESSAGE=" in front, which only the journal wants. Returns false where it is lost. */
static bool write_line(const struct log *log, int priority, const struct log_subject *subject,
                       const char *line)
{
    if (log->journal >= 0) {
        int r = write_journal(log->journal, priority, subject, line);

        /* A journal that is full does not read its other end either. */
        if (r == 0 || r == -EAGAIN)
            return r == 0;
    }
    return write_stderr(log, priority, line + strlen("MESSAGE="));
}

/* Says how many lines were lost, if any were. Returns false where that cannot be said either. */
static bool tell_lost(struct log *log)
{
    char line[LINE_MAX_BYTES];

    if (log->lost == 0)
        return true;
    snprintf(line, sizeof(line), "MESSAGE=%u lines are missing here: they could not be written",
             log->lost);
    if (!write_line(log, LOG_WARNING, &(struct log_subject){0}, line))
        return false;
    log->lost = 0;
    return true;
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
    if (tell_lost(log) && write_line(log, priority, subject, line))
        return;
    log->lost++;
    log->dropped++;
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
    if (!subject->peer || budget_take(&log->peers, subject->peer->payer, now_usec(), dropped))
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
