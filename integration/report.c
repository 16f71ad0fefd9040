/*
 * The journal gets every line. Standard error gets those that matter: engines show it to users,
 * though Podman throws that of its hooks away.
 */
#include "integration/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

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

void report(int priority, const char *fmt, ...)
{
    cleanup_free char *text = NULL;
    va_list args;

    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    va_end(args);
    if (text)
        flatten(text);

    const char *line = text ? text : "out of memory";

    sd_journal_print(priority, "%s", line);
    if (priority < LOG_INFO)
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}

void report_result(const struct oci_result *result, const char *container)
{
    const char *name = container ? container : result->where;
    int priority = result->outcome == OCI_REFUSED ? LOG_ERR
                   : result->fallback             ? LOG_NOTICE
                                                  : LOG_INFO;

    if (result->message)
        report(priority, "container %s: %s%s", name ? name : "without a name",
               result->outcome == OCI_REFUSED ? "refused: " : "", result->message);
}
