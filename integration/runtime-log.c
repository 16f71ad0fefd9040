/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes what runc and crun write in their place: "level", "msg" and "time". The file may be a FIFO
 * that nobody reads: then the line is lost.
 */
#include "integration/runtime-log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "integration/runtime-args.h"
#include "util/cleanup.h"
#include "util/deadline.h"

enum {
    LINE_TIMEOUT_MS = 100,
};

/* TEXT inside of double quotes, for JSON and for logrus' text format alike. */
static void put_quoted(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fputc(' ', out);
        else
            fputc(*text, out);
    }
}

void runtime_log(const struct runtime_args *args, const char *level, const char *message)
{
    cleanup_free char *line = NULL;
    char now[sizeof("2000-01-01T00:00:00Z")] = "";
    time_t seconds = time(NULL);
    struct tm utc;
    size_t len;

    if (!args->log)
        return;

    cleanup_close int fd =
        open(args->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
    FILE *out = fd >= 0 ? open_memstream(&line, &len) : NULL;

    if (!out)
        return;
    if (gmtime_r(&seconds, &utc))
        strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &utc);
    fprintf(out,
            args->log_json ? "{\"level\":\"%s\",\"msg\":\"secprof-runtime: "
                           : "level=%s msg=\"secprof-runtime: ",
            level);
    put_quoted(out, message);
    fprintf(out, args->log_json ? "\",\"time\":\"%s\"}\n" : "\" time=\"%s\"\n", now);
    if (fclose(out) == 0)
        deadline_write(fd, line, len, deadline_after(LINE_TIMEOUT_MS));
}
