/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the phase. Talks to the service manager only. */
#include "daemon/phase.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

/* True where what PHASE waits for is in service. */
static bool is_done(const struct phase *phase, uint64_t pending)
{
    return (phase->state == PHASE_STARTING || phase->state == PHASE_RELOADING) &&
           phase->barrier < pending;
}

bool phase_may_serve(const struct phase *phase, uint64_t pending)
{
    return phase->state == PHASE_STARTING && is_done(phase, pending);
}

void phase_tell(struct phase *phase, uint64_t pending, size_t served, size_t failed)
{
    bool done = is_done(phase, pending);

    if (!done && phase->state != PHASE_SERVING)
        return;
    /* Much happens that it need not hear of, and it may be slow to read. */
    if (!done && served == phase->served && failed == phase->failed)
        return;
    phase->state = PHASE_SERVING;
    phase->served = served;
    phase->failed = failed;
    sd_notifyf(0, "%sSTATUS=%zu profiles in service, %zu with errors", done ? "READY=1\n" : "",
               served, failed);
}

bool phase_reload(struct phase *phase, uint64_t now_usec)
{
    if (phase->state == PHASE_STOPPING)
        return false;
    if (phase->state == PHASE_SERVING) {
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_usec);
        phase->state = PHASE_RELOADING;
    }
    return true;
}

bool phase_stop(struct phase *phase)
{
    if (phase->state == PHASE_STOPPING)
        return false;
    phase->state = PHASE_STOPPING;
    sd_notify(0, "STOPPING=1\nSTATUS=stopping");
    return true;
}
