/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syslog(3) gets every line, and with it the journal: loading the journal's own library would take
 * longer than all the rest of a start. Standard error gets what makes a start fail: engines show it
 * to users (but Podman drops that of its hooks).
 */
#include "integration/system-log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "integration/oci-seccomp.h"
#include "util/cleanup.h"

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

__attribute__((format(printf, 3, 0))) static void report(int priority, bool aloud, const char *fmt,
                                                         va_list args)
{
    cleanup_free char *text = NULL;

    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    if (text)
        flatten(text);

    const char *line = text ? text : "out of memory";

    syslog(LOG_DAEMON | priority, "%s", line);
    if (aloud)
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}

void system_log_error(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report(LOG_ERR, true, fmt, args);
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
