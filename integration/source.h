/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters from secprofd, through libsecprof. */
#ifndef INTEGRATION_SOURCE_H
#define INTEGRATION_SOURCE_H

#include <stdint.h>

#include "client/libsecprof/secprof.h"
#include "integration/oci-seccomp.h"

/* A connection that is made when it is first needed. */
struct source {
    const char *socket; /* NULL: libsecprof's default */
    int timeout_ms;     /* for all that is asked, from the first request on */
    int64_t deadline;   /* when that is */
    struct secprof *handle;
};

/* What oci_seccomp_apply() asks. SOURCE must be kept as long. */
struct oci_source source_interface(struct source *source);

void source_close(struct source *source);

#define cleanup_source __attribute__((cleanup(source_close)))

#endif
