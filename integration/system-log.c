/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /dev/log gets every line, and with it the journal: loading the journal's own library would take
 * longer than all the rest of a start. It is written to here and not by syslog(3), which waits for
 * ever where nobody reads. Standard error gets what makes a start fail: engines show it to users
 * (but Podman drops that of its hooks).
 */
#include "integration/system-log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "integration/oci-seccomp.h"
#include "util/cleanup.h"
#include "util/deadline.h"

enum {
    /* Long enough for a log that is behind; one that is not read must not hold up a container. */
    LINE_TIMEOUT_MS = 100,
    USEC_PER_MSEC = 1000,
};

/* One line: what is not printable in TEXT, such as the ends of its lines, becomes a blank. */
static void flatten(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

/* A socket of TYPE that is connected to PATH, or -errno. Nothing on it waits for long. */
static int connect_log(const char *path, int type)
{
    const struct timeval timeout = {.tv_usec = LINE_TIMEOUT_MS * USEC_PER_MSEC};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_close int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    if (sock < 0)
        return -errno;
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
        connect(sock, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    return steal_fd(&sock);
}

void system_log_send(const char *path, int priority, const char *line)
{
    cleanup_free char *packet = NULL;
    char now[sizeof("Jan  1 00:00:00")] = "";
    time_t seconds = time(NULL);
    struct tm local;
    cleanup_close int sock = connect_log(path, SOCK_DGRAM);
    bool stream = sock == -EPROTOTYPE;
    int len;

    /* Some loggers listen on a stream, where a NUL ends each line. */
    if (stream)
        sock = connect_log(path, SOCK_STREAM);
    if (sock < 0)
        return;
    /* The C locale, as the format wants it: this program sets no other. */
    if (localtime_r(&seconds, &local))
        strftime(now, sizeof(now), "%h %e %T", &local);
    len = asprintf(&packet, "<%d>%s %s: %s", LOG_DAEMON | priority, now,
                   program_invocation_short_name, line);
    if (len < 0)
        packet = NULL;
    else
        send(sock, packet, (size_t)len + stream, MSG_NOSIGNAL);
}

/* LINE for whoever reads standard error, if somebody does. */
static void put_aloud(const char *line)
{
    cleanup_free char *text = NULL;
    int len = asprintf(&text, "%s: %s\n", program_invocation_short_name, line);

    if (len < 0)
        text = NULL;
    else
        deadline_write(STDERR_FILENO, text, (size_t)len, deadline_after(LINE_TIMEOUT_MS));
}

__attribute__((format(printf, 3, 0))) static void report(int priority, bool aloud, const char *fmt,
                                                         va_list args)
{
    cleanup_free char *text = NULL;

    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    if (text)
        flatten(text);

    const char *line = text ? text : "out of memory";

    system_log_send("/dev/log", priority, line);
    if (aloud)
        put_aloud(line);
}

void system_log_error(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report(LOG_ERR, true, fmt, args);
    va_end(args);
}

void system_log_notice(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report(LOG_NOTICE, false, fmt, args);
    va_end(args);
}

__attribute__((format(printf, 3, 4))) static void report_line(int priority, bool aloud,
                                                              const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report(priority, aloud, fmt, args);
    va_end(args);
}

void system_log_result(const struct oci_result *result, const char *container, bool aloud)
{
    const char *name = container ? container : result->where;
    bool refused = result->outcome == OCI_REFUSED;

    if (result->message)
        report_line(refused            ? LOG_ERR
                    : result->fallback ? LOG_NOTICE
                                       : LOG_INFO,
                    refused || (result->fallback && aloud), "container %s: %s%s",
                    name ? name : "without a name", refused ? "refused: " : "", result->message);
}
