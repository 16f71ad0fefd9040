/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of the daemon's own profiles; daemon/process/own-profiles.c is made from profiles/ by
 * make. */
#ifndef DAEMON_PROCESS_OWN_PROFILES_H
#define DAEMON_PROCESS_OWN_PROFILES_H

#include <stddef.h>

#include "daemon/process/own-filter.h"

struct own_profile {
    const char *name;
    const unsigned char *text; /* SIZE bytes */
    size_t size;
};

/* By enum own_filter. */
extern const struct own_profile own_profiles[OWN_COUNT];

#endif
