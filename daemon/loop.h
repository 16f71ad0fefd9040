/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several rooms add to the event loop (sd-event): things that are off until they are due. */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * Has HANDLER called once after each time that *SOURCE is enabled (SD_EVENT_ONESHOT), when the loop
 * comes to it. Returns 0 or -errno.
 */
int loop_add_deferred(sd_event *event, sd_event_source **source, int64_t priority,
                      sd_event_handler_t handler, void *user);

/* Adds a timer that is off. It may be late by ACCURACY microseconds. Returns 0 or -errno. */
int loop_add_timer(sd_event *event, sd_event_source **timer, uint64_t accuracy,
                   sd_event_time_handler_t handler, void *user);

/* Has TIMER end once, at USEC (CLOCK_MONOTONIC); UINT64_MAX: turns it off. */
void loop_set_timer(sd_event_source *timer, uint64_t usec);

#endif
