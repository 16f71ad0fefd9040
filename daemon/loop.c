/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds sources to the event loop. */
#include "daemon/loop.h"

int loop_add_deferred(sd_event *event, sd_event_source **source, int64_t priority,
                      sd_event_handler_t handler, void *user)
{
    int r = sd_event_add_defer(event, source, handler, user);

    if (r >= 0)
        r = sd_event_source_set_priority(*source, priority);
    if (r >= 0)
        r = sd_event_source_set_enabled(*source, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

int loop_add_timer(sd_event *event, sd_event_source **timer, uint64_t accuracy,
                   sd_event_time_handler_t handler, void *user)
{
    int r = sd_event_add_time(event, timer, CLOCK_MONOTONIC, 0, accuracy, handler, user);

    if (r >= 0)
        r = sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void loop_set_timer(sd_event_source *timer, uint64_t usec)
{
    /* Neither fails for a timer that is there. */
    if (usec != UINT64_MAX)
        (void)sd_event_source_set_time(timer, usec);
    (void)sd_event_source_set_enabled(timer, usec == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}
