/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the daemon from phase to phase, and tells the service manager (sd_notify). */
#include "daemon/phase.h"

#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/daemon.h"
#include "daemon/files/follow.h"
#include "daemon/filters/service.h"

/* Wakes those whose scan came to its end, all before PENDING being in service. */
static void wake_reloads(struct daemon *daemon, uint64_t pending)
{
    struct waiter *waiter;

    /* They are in the order of their scans. */
    while ((waiter = TAILQ_FIRST(&daemon->reloads)) && waiter->barrier < pending)
        waiter_wake(&daemon->reloads, waiter, NULL);
}

/* Tells the service manager in one line what is in service. */
static void notify(struct daemon *daemon, const char *state)
{
    size_t served = 0, failed = 0;

    for (size_t i = 0; i < daemon->registry.n; i++) {
        served += daemon->registry.entries[i]->served != NULL;
        failed += daemon->registry.entries[i]->failed;
    }
    sd_notifyf(0, "%sSTATUS=%zu profiles in service, %zu with errors", state, served, failed);
}

static int serve(struct daemon *daemon)
{
    int r = server_open(&daemon->server);

    if (r < 0) {
        log_write(&daemon->log, LOG_ERR, "cannot serve: %s", strerror(-r));
        return sd_event_exit(daemon->event, r);
    }
    log_write(&daemon->log, LOG_NOTICE, "ready: %zu profiles", daemon->registry.n);
    return 0;
}

static int on_check(sd_event_source *source, void *user)
{
    struct daemon *daemon = user;
    uint64_t pending = service_pending_since(daemon);

    (void)source;
    wake_reloads(daemon, pending);
    if ((daemon->phase == PHASE_STARTING || daemon->phase == PHASE_RELOADING) &&
        daemon->phase_barrier < pending) {
        if (daemon->phase == PHASE_STARTING && serve(daemon) < 0)
            return 0;
        daemon->phase = PHASE_SERVING;
        notify(daemon, "READY=1\n");
    } else if (daemon->phase == PHASE_SERVING) {
        notify(daemon, "");
    }
    return 0;
}

void phase_check(struct daemon *daemon)
{
    if (daemon->phase != PHASE_STOPPING)
        sd_event_source_set_enabled(daemon->phase_source, SD_EVENT_ONESHOT);
}

int phase_start(struct daemon *daemon)
{
    int r = sd_event_add_defer(daemon->event, &daemon->phase_source, on_check, daemon);

    if (r >= 0)
        r = sd_event_source_set_priority(daemon->phase_source, PRIORITY_COMPILES);
    if (r >= 0)
        r = sd_event_source_set_enabled(daemon->phase_source, SD_EVENT_OFF);
    if (r < 0)
        return r;
    daemon->phase = PHASE_STARTING;
    daemon->phase_barrier = follow_scan(daemon, true);
    return 0;
}

void phase_clear(struct daemon *daemon)
{
    daemon->phase_source = sd_event_source_disable_unref(daemon->phase_source);
    daemon->stop_source = sd_event_source_disable_unref(daemon->stop_source);
}

void phase_reload(struct daemon *daemon)
{
    if (daemon->phase == PHASE_STOPPING)
        return;
    log_write(&daemon->log, LOG_INFO, "reloading");
    if (daemon->phase == PHASE_SERVING) {
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)daemon_now(daemon));
        daemon->phase = PHASE_RELOADING;
    }
    background_unpause(daemon);
    service_forgive(daemon);
    daemon->phase_barrier = follow_scan(daemon, true);
}

static int on_stop_deadline(sd_event_source *source, uint64_t usec, void *user)
{
    struct daemon *daemon = user;

    (void)source;
    (void)usec;
    return sd_event_exit(daemon->event, 0);
}

void phase_stop(struct daemon *daemon)
{
    if (daemon->phase == PHASE_STOPPING)
        return;
    daemon->phase = PHASE_STOPPING;
    sd_notify(0, "STOPPING=1\nSTATUS=stopping");
    log_write(&daemon->log, LOG_NOTICE, "stopping");
    server_close(&daemon->server);
    watch_stop(&daemon->watch);
    service_stop(daemon);
    workers_stop(&daemon->workers);
    if (cache_writer_waiting(&daemon->writer) == 0 ||
        sd_event_add_time_relative(daemon->event, &daemon->stop_source, CLOCK_MONOTONIC,
                                   PHASE_STOP_USEC, 0, on_stop_deadline, daemon) < 0)
        sd_event_exit(daemon->event, 0);
}
