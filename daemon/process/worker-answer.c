/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks what a worker answers. Pure functions over memory: a worker is not to be trusted. */
#include <errno.h>
#include <string.h>

#include "daemon/process/worker.h"

int worker_answer_check(struct compiled *compiled, void *packet, size_t len, uint64_t id,
                        const struct target *target, const char **why)
{
    const struct worker_answer wanted = {.magic = WORKER_MAGIC, .id = id};

    if (len < sizeof(wanted) || memcmp(packet, &wanted, sizeof(wanted)) != 0) {
        *why = "not an answer to what was asked";
        return -EBADMSG;
    }
    return packed_check(compiled, (uint8_t *)packet + sizeof(wanted), len - sizeof(wanted), target,
                        why);
}
