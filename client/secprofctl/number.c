/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers as strtoull(3) reads them, but all of the text and nothing else. */
#include "client/secprofctl/number.h"

#include <errno.h>
#include <stdlib.h>

bool number_parse(const char *text, uint64_t *number)
{
    const char *digits = text + (*text == '-');
    char *end;

    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    *number = strtoull(digits, &end, 0);
    if (errno || *end || (*text == '-' && *number > (uint64_t)INT64_MAX + 1))
        return false;
    if (*text == '-')
        *number = -*number;
    return true;
}
