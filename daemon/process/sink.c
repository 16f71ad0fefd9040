/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sinks, and the main process's end of them. */
#include "daemon/process/sink.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/process/child.h"
#include "daemon/process/sandbox.h"
#include "daemon/process/spawner.h"
#include "util/packet.h"

_Noreturn void sink_main(void)
{
    /* It never receives anything: what is in its socket goes with it. No event but a hangup. */
    struct pollfd other_end = {.fd = SANDBOX_SOCKET};

    while (poll(&other_end, 1, -1) < 0 && errno == EINTR)
        ;
    _exit(EXIT_SUCCESS);
}

static struct sink *find_empty(struct sinks *sinks)
{
    for (size_t i = 0; i < SINKS_MAX; i++)
        if (!child_exists(&sinks->places[i].child))
            return &sinks->places[i];
    return NULL;
}

/* Has the open sink end, with all that is in it. */
static void end_open(struct sinks *sinks)
{
    child_hang_up(&sinks->open->child);
    sinks->open = NULL;
}

static void set_tick(struct sinks *sinks)
{
    int on = SD_EVENT_OFF;

    if (sd_event_source_get_enabled(sinks->tick, &on) >= 0 && on == SD_EVENT_OFF &&
        sd_event_source_set_time_relative(sinks->tick, SINK_USEC) >= 0)
        (void)sd_event_source_set_enabled(sinks->tick, SD_EVENT_ONESHOT);
}

/* Asks for a sink, where there is a place for it. */
static void ask(struct sinks *sinks)
{
    if (!sinks->asked && !sinks->paused && find_empty(sinks))
        sinks->asked = spawner_request(sinks->spawner, SPAWNER_SINK) == 0;
}

/* Moves what waits into the open sink. */
static void move(struct sinks *sinks)
{
    static const char byte = 0;
    const struct iovec iov = {(void *)&byte, sizeof(byte)};
    struct sink *sink = sinks->open;

    while (sinks->n_waiting > 0) {
        int fd = sinks->waiting[sinks->n_waiting - 1];

        if (child_send(&sink->child, &iov, 1, &fd, 1) < 0)
            return;
        /* Not the last reference any more. */
        close(fd);
        sinks->n_waiting--;
        sink->n++;
    }
}

/* Does what can be done now for the connections that wait. */
static void go_on(struct sinks *sinks)
{
    if (sinks->open)
        move(sinks);
    /* It is full. A fresh one that takes nothing stays: the next would not, either. */
    if (sinks->n_waiting > 0 && sinks->open && sinks->open->n > 0)
        end_open(sinks);
    if (sinks->n_waiting > 0 && !sinks->open)
        ask(sinks);
    if (sinks->n_waiting > 0 || (sinks->open && sinks->open->n > 0))
        set_tick(sinks);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *user)
{
    struct sinks *sinks = user;

    (void)source;
    (void)usec;
    sinks->paused = false;
    /* Where all places are taken there is no other: this one is used until it is full. */
    if (sinks->open && sinks->open->n > 0 && find_empty(sinks))
        end_open(sinks);
    go_on(sinks);
    return 0;
}

static void on_ended(void *user, const char *why)
{
    struct sink *sink = user;
    struct sinks *sinks = sink->sinks;

    if (sink != sinks->open) {
        go_on(sinks);
        return;
    }
    /* Not by our will: the next one comes with the tick. */
    log_write(sinks->log, LOG_WARNING, "a process that ends connections %s", why);
    sinks->open = NULL;
    sinks->paused = true;
}

/* The spawner's answer: a sink PID behind the socket SOCK (consumed), or -errno. */
static void on_made(void *user, int sock, pid_t pid)
{
    static const struct child_events events = {.ended = on_ended};
    struct sinks *sinks = user;
    struct sink *sink = find_empty(sinks);
    int r;

    sinks->asked = false;
    if (sock >= 0 && (sinks->open || !sink)) {
        close(sock);
        return;
    }
    r = sock < 0 ? sock : child_adopt(&sink->child, sinks->children, pid, sock, &events, sink);
    if (r < 0) {
        log_write(sinks->log, LOG_WARNING, "no process to end connections: %s", strerror(-r));
        sinks->paused = true;
        return;
    }
    sink->sinks = sinks;
    sink->n = 0;
    sinks->open = sink;
    go_on(sinks);
}

int sinks_open(struct sinks *sinks, struct log *log, struct children *children,
               struct spawner *spawner, size_t room)
{
    int r;

    sinks->waiting = calloc(room, sizeof(*sinks->waiting));
    if (!sinks->waiting)
        return -ENOMEM;
    sinks->max_waiting = room;
    sinks->log = log;
    sinks->children = children;
    sinks->spawner = spawner;
    spawner->owners[SPAWNER_SINK].made = on_made;
    spawner->owners[SPAWNER_SINK].user = sinks;
    r = sd_event_add_time_relative(children->event, &sinks->tick, CLOCK_MONOTONIC, 0, 0, on_tick,
                                   sinks);
    if (r >= 0)
        r = sd_event_source_set_enabled(sinks->tick, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void sinks_close(struct sinks *sinks)
{
    sinks->open = NULL;
    sinks->tick = sd_event_source_disable_unref(sinks->tick);
    for (size_t i = 0; i < SINKS_MAX; i++)
        child_drop(&sinks->places[i].child);
    free(sinks->waiting);
    sinks->waiting = NULL;
    sinks->max_waiting = sinks->n_waiting = 0;
}

void sinks_put(struct sinks *sinks, int fd)
{
    (void)shutdown(fd, SHUT_RDWR);
    /* There is room for all; one too many is left open, which is better than to close it. */
    if (sinks->n_waiting < sinks->max_waiting)
        sinks->waiting[sinks->n_waiting++] = fd;
    go_on(sinks);
}
