/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the phase. Talks to the service manager only. */
#include "daemon/phase.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* $NOTIFY_SOCKET is a path, or with "@" in front a name in the abstract namespace. */
static void find_manager(struct phase *phase)
{
    const char *name = getenv("NOTIFY_SOCKET");
    size_t len = name ? strlen(name) : 0;

    phase->sock = -1;
    if (len < 2 || len >= sizeof(phase->manager.sun_path) || (name[0] != '/' && name[0] != '@'))
        return;
    phase->manager.sun_family = AF_UNIX;
    memcpy(phase->manager.sun_path, name, len);
    if (name[0] == '@')
        phase->manager.sun_path[0] = '\0';
    phase->manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    phase->sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* Returns false where the service manager does not read now. */
static bool tell(const struct phase *phase, const char *text)
{
    const struct iovec iov = {(void *)text, strlen(text)};
    const struct msghdr msg = {
        .msg_name = (void *)&phase->manager,
        .msg_namelen = phase->manager_len,
        .msg_iov = (struct iovec *)&iov,
        .msg_iovlen = 1,
    };

    return phase->sock < 0 || sendmsg(phase->sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
           (errno != EAGAIN && errno != ENOBUFS);
}

void phase_begin(struct phase *phase, uint64_t now_usec)
{
    *phase = (struct phase){.ready_usec = now_usec + PHASE_READY_USEC, .again_usec = UINT64_MAX};
    find_manager(phase);
    if (phase->sock < 0 || sd_watchdog_enabled(0, &phase->watchdog_usec) <= 0)
        phase->watchdog_usec = 0;
    phase->alive_usec = phase->watchdog_usec ? now_usec : UINT64_MAX;
}

/* True where PHASE is over: what it waits for is in service, or took too long. */
static bool is_done(const struct phase *phase, uint64_t now_usec, uint64_t pending)
{
    switch (phase->state) {
    case PHASE_STARTING:
        return phase->barrier < pending || now_usec >= phase->ready_usec;
    case PHASE_RELOADING:
        return phase->barrier < pending;
    default:
        return false;
    }
}

bool phase_tell(struct phase *phase, uint64_t now_usec, uint64_t pending, size_t served,
                size_t failed)
{
    const bool done = is_done(phase, now_usec, pending);
    const bool started = done && phase->state == PHASE_STARTING;
    char text[128];

    if (done) {
        phase->state = PHASE_SERVING;
        phase->ready = true;
    }
    /* Much happens that it need not hear of. */
    if (phase->state != PHASE_SERVING ||
        (!phase->ready && served == phase->served && failed == phase->failed))
        return started;
    snprintf(text, sizeof(text), "%sSTATUS=%zu profiles in service, %zu with errors",
             phase->ready ? "READY=1\n" : "", served, failed);
    phase->again_usec = now_usec + PHASE_AGAIN_USEC;
    if (tell(phase, text)) {
        phase->ready = false;
        phase->served = served;
        phase->failed = failed;
        phase->again_usec = UINT64_MAX;
    }
    return started;
}

void phase_tell_alive(struct phase *phase, uint64_t now_usec)
{
    if (now_usec < phase->alive_usec)
        return;
    /* If it does not read, it hears so the next time. */
    (void)tell(phase, "WATCHDOG=1");
    phase->alive_usec = now_usec + phase->watchdog_usec / 4;
}

uint64_t phase_next(const struct phase *phase)
{
    uint64_t next = phase->alive_usec;

    if (phase->state == PHASE_STARTING && phase->ready_usec < next)
        next = phase->ready_usec;
    return phase->again_usec < next ? phase->again_usec : next;
}

bool phase_reload(struct phase *phase, uint64_t now_usec)
{
    char text[64];

    if (phase->state == PHASE_STOPPING)
        return false;
    if (phase->state == PHASE_SERVING) {
        snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_usec);
        (void)tell(phase, text);
        phase->state = PHASE_RELOADING;
    }
    return true;
}

bool phase_stop(struct phase *phase)
{
    if (phase->state == PHASE_STOPPING)
        return false;
    phase->state = PHASE_STOPPING;
    (void)tell(phase, "STOPPING=1\nSTATUS=stopping");
    return true;
}

void phase_end(struct phase *phase)
{
    if (phase->sock >= 0)
        close(phase->sock);
    phase->sock = -1;
}
