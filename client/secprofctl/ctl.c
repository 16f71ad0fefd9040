/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How secprofctl complains. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/show/text.h"
#include "util/cleanup.h"

__attribute__((format(printf, 1, 0))) static void ctl_vwarn(const char *fmt, va_list args)
{
    cleanup_free char *text = NULL;

    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    fputs("secprofctl: ", stderr);
    text_print(stderr, text ? text : "out of memory");
    fputc('\n', stderr);
}

void ctl_warn(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    ctl_vwarn(fmt, args);
    va_end(args);
}

int ctl_fail(int code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    ctl_vwarn(fmt, args);
    va_end(args);
    return code;
}
