/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From one state of a connection to the next. Touches memory only. */
#include "daemon/serve/client-state.h"

#include <errno.h>
#include <sys/epoll.h>

uint32_t client_state_events(enum client_state state)
{
    if (state == CLIENT_READING)
        return EPOLLIN;
    return state == CLIENT_WRITING || state == CLIENT_BEHIND ? EPOLLOUT : 0;
}

enum client_task client_state_task(enum client_state state, uint32_t revents)
{
    if (revents & (EPOLLHUP | EPOLLERR))
        return CLIENT_DO_END;
    switch (state) {
    case CLIENT_READING:
        return revents & EPOLLIN ? CLIENT_DO_READ : CLIENT_DO_NOTHING;
    case CLIENT_WRITING:
        return CLIENT_DO_FLUSH;
    case CLIENT_BEHIND:
        return CLIENT_DO_PUSH;
    default:
        return CLIENT_DO_NOTHING;
    }
}

enum client_state client_state_replied(const struct client_life *life)
{
    if (life->refused || life->last)
        return CLIENT_ENDED;
    return life->subscribed ? CLIENT_SUBSCRIBED : CLIENT_READING;
}

enum client_state client_state_pushed(int r)
{
    if (r == -EAGAIN)
        return CLIENT_BEHIND;
    return r == 0 ? CLIENT_SUBSCRIBED : CLIENT_ENDED;
}

uint64_t client_state_deadline(const struct client_life *life, uint64_t idle_usec)
{
    if (life->refused)
        return life->active_usec + CLIENT_REFUSED_USEC;
    if (life->state == CLIENT_WAITING || life->subscribed || idle_usec == 0)
        return UINT64_MAX;
    return life->active_usec + idle_usec;
}
