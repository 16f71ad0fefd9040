/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads requests from one connection and writes the replies. Never blocks. */
#include "daemon/serve/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/filters/service.h"
#include "daemon/serve/dispatch.h"
#include "daemon/serve/subscribe.h"
#include "util/cleanup.h"
#include "util/packet.h"

uint64_t client_deadline(const struct client *client)
{
    uint64_t idle = client->daemon->options->idle_timeout_usec;

    if (client->refused)
        return client->active_usec + SERVER_REFUSED_USEC;
    if (client->state == CLIENT_WAITING || client->subscribed || idle == 0)
        return UINT64_MAX;
    return client->active_usec + idle;
}

/* What the server has to look for in a state. */
static const uint32_t awaited[] = {[CLIENT_READING] = EPOLLIN,
                                   [CLIENT_WAITING] = 0,
                                   [CLIENT_WRITING] = EPOLLOUT,
                                   [CLIENT_SUBSCRIBED] = 0,
                                   [CLIENT_BEHIND] = EPOLLOUT};

/* Tells the server what to look for. OPERATION: EPOLL_CTL_*. */
static int watch(struct client *client, int operation)
{
    struct epoll_event event = {.events = awaited[client->state], .data.ptr = client};

    return epoll_ctl(client->daemon->server.ready, operation, client->fd, &event) < 0 ? -errno : 0;
}

/* Takes CLIENT out of the list that it waits in, and drops the job that nobody else wants. */
static void stop_waiting(struct client *client)
{
    struct daemon *daemon = client->daemon;

    if (client->subscribed) {
        subscribe_end(client);
    } else if (client->woken) {
        TAILQ_REMOVE(&daemon->server.woken, client, wait_link);
        client->woken = false;
    } else {
        service_leave(&daemon->service, &client->waiter);
    }
}

void client_ref(struct client *client)
{
    client->refs++;
}

void client_unref(struct client *client)
{
    if (--client->refs == 0)
        free(client);
}

void client_end(struct client *client)
{
    struct server *server = &client->daemon->server;

    if (client->ended)
        return;
    client->ended = true;
    if (!client->asked)
        server_note_useless(server);
    stop_waiting(client);
    source_unref(steal_ptr(&client->content));
    TAILQ_REMOVE(&server->clients, client, in_server);
    if (client->refused)
        server->n_refused--;
    else
        users_remove(&server->users, client->peer.uid);
    server->n_clients -= !client->refused;
    /* Closing it is not enough where another process has it open, too: a debugger, say. */
    if (client->watched)
        (void)watch(client, EPOLL_CTL_DEL);
    server_drop(server, client->fd, client->guarded);
    if (client->out_fd >= 0)
        close(client->out_fd);
    free(client->out);
    peer_clear(&client->peer);
    client_unref(client);
}

/* Sets STATE, and has the server look for what belongs to it. */
static void set_state(struct client *client, enum client_state state)
{
    if (client->state == state)
        return;
    client->state = state;
    /* A wait has no deadline; what comes after it has one again. */
    client->active_usec = daemon_now(client->daemon);
    if (!client->watched)
        return;
    (void)watch(client, EPOLL_CTL_MOD);
    if (state != CLIENT_WAITING)
        server_sweep_at(&client->daemon->server, client_deadline(client));
}

/* Keeps a reply that the socket has no room for. */
static int keep_reply(struct client *client, const void *reply, size_t len, int *fd)
{
    client->out = malloc(len);
    if (!client->out)
        return -ENOMEM;
    memcpy(client->out, reply, len);
    client->out_len = len;
    client->out_fd = steal_fd(fd);
    set_state(client, CLIENT_WRITING);
    return 0;
}

/* The reply is with the kernel. */
static void reply_done(struct client *client)
{
    client->waits = 0;
    source_unref(steal_ptr(&client->content));
    if (client->refused || client->last) {
        client_end(client);
    } else if (client->subscribed) {
        set_state(client, CLIENT_SUBSCRIBED);
        subscribe_push(client);
    } else {
        set_state(client, CLIENT_READING);
    }
}

/*
 * Sets how much CLIENT's socket keeps unread. The fds in it are this process's, and the kernel lets
 * a user have only so many on the way: clients that do not read must not use them up. The least
 * that can be set is room for a handful. That is too little for a long reply, which has no fd.
 */
static void make_narrow(struct client *client, bool narrow)
{
    const int room = narrow ? 0 : WIRE_MAX_REPLY;

    if (client->narrow != narrow &&
        setsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0)
        client->narrow = narrow;
}

/*
 * Sends a reply whose header is complete. Returns 0; or -ETOOMANYREFS where nothing was done, since
 * no more fds may be on their way now: the kernel counts those of the user, whoever sent them.
 */
static int send_reply(struct client *client, const void *reply, size_t len, int owned_fd)
{
    const struct iovec iov = {(void *)reply, len};
    cleanup_close int fd = owned_fd;
    int r;

    make_narrow(client, fd >= 0);
    r = packet_send(client->fd, &iov, 1, &fd, fd >= 0, MSG_DONTWAIT);
    if (r == -EAGAIN)
        r = keep_reply(client, reply, len, &fd);
    else if (r == 0) {
        reply_done(client);
        return 0;
    }
    if (r == -ETOOMANYREFS && fd >= 0)
        return r;
    if (r < 0)
        client_end(client);
    return 0;
}

static void count_reply(struct client *client, bool refused)
{
    client->daemon->counters.requests++;
    client->daemon->counters.refused += refused;
}

/* Sends a refusal. TEXT has WIRE_TEXT_MAX bytes at most. */
static void send_text(struct client *client, enum wire_status status, const char *text)
{
    const size_t len = strlen(text);
    struct {
        struct wire_header header;
        char text[WIRE_TEXT_MAX];
    } reply;

    wire_reply_header(&reply.header, &client->request.header, status, sizeof(reply.header) + len);
    memcpy(reply.text, text, len);
    (void)send_reply(client, &reply, sizeof(reply.header) + len, -1);
}

void client_reply(struct client *client, void *reply, size_t len, int fd)
{
    struct wire_header header;

    wire_reply_header(&header, &client->request.header, WIRE_OK, len);
    memcpy(reply, &header, sizeof(header));
    count_reply(client, false);
    if (send_reply(client, reply, len, fd) < 0) {
        client->daemon->counters.refused++;
        send_text(client, WIRE_FAILED, "too many file descriptors are on their way to clients");
    }
}

void client_refuse(struct client *client, enum wire_status status, const char *fmt, ...)
{
    const struct log_subject subject = {.peer = &client->peer};
    char text[WIRE_TEXT_MAX + 1];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(text, sizeof(text), fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    count_reply(client, true);
    client->daemon->counters.limited += status == WIRE_LIMIT;
    log_about(&client->daemon->log, LOG_DEBUG, &subject, "refused request %u of pid %d, uid %u: %s",
              client->request.header.opcode, client->peer.pid, client->peer.uid,
              wire_status_text((int)status));
    send_text(client, status, text);
}

void client_wait_for_job(struct client *client, struct job *job)
{
    if (++client->waits > CLIENT_WAITS_MAX) {
        client_refuse(client, WIRE_FAILED, "the profile changes faster than it can be compiled");
        return;
    }
    jobs_wait(job, &client->waiter, client->peer.uid);
    set_state(client, CLIENT_WAITING);
}

void client_wait_for_scan(struct client *client, uint64_t barrier)
{
    service_wait_for_scan(&client->daemon->service, &client->waiter, barrier);
    set_state(client, CLIENT_WAITING);
}

/* Takes a note of what became of the wait: the server has it gone on with. */
static void on_wake(struct waiter *waiter, const char *why)
{
    struct client *client = (struct client *)((char *)waiter - offsetof(struct client, waiter));

    client->woken = true;
    client->failed = why != NULL;
    snprintf(client->why, sizeof(client->why), "%s", why ? why : "");
    server_note_woken(&client->daemon->server, client);
}

void client_go_on(struct client *client)
{
    client->woken = false;
    client->refs++;
    if (client->failed)
        client_refuse(client, WIRE_FAILED, "%s", client->why);
    else if (client->request.header.opcode == WIRE_RELOAD)
        dispatch_reloaded(client);
    else
        dispatch(client);
    client_unref(client);
}

void client_stop(struct client *client)
{
    client->refs++;
    if (client->state == CLIENT_WAITING) {
        stop_waiting(client);
        client_refuse(client, WIRE_STOPPING, "%s", "");
    }
    client_end(client);
    client_unref(client);
}

int client_push(struct client *client, const void *packet, size_t len)
{
    const struct iovec iov = {(void *)packet, len};
    int r = packet_send(client->fd, &iov, 1, NULL, 0, MSG_DONTWAIT);

    if (r == 0 || r == -EAGAIN)
        set_state(client, r == 0 ? CLIENT_SUBSCRIBED : CLIENT_BEHIND);
    else
        client_end(client);
    return r;
}

/* Handles one packet of LEN bytes that came with N_FDS fds. CLIENT may have ended afterwards. */
static void handle_packet(struct client *client, const void *packet, size_t len, size_t n_fds)
{
    const struct log_subject subject = {.peer = &client->peer};
    int r = wire_request_decode(&client->request, packet, len, n_fds);
    int known;

    client->asked |= r == WIRE_OK && !client->refused;
    if (r < 0) {
        log_about(&client->daemon->log, LOG_NOTICE, &subject,
                  "pid %d, uid %u sent a packet of another protocol: closed", client->peer.pid,
                  client->peer.uid);
        client_end(client);
        return;
    }
    if (client->refused) {
        client_refuse(client, WIRE_LIMIT, "too many connections");
        return;
    }
    if (r != WIRE_OK) {
        client_refuse(client, (enum wire_status)r, "%s", "");
        return;
    }
    /* Only who asks for something is looked up so closely. */
    known = peer_learn_groups(&client->peer, client->fd);
    if (known < 0)
        client_refuse(client, WIRE_FAILED, "your groups: %s", strerror(-known));
    else
        dispatch(client);
}

/*
 * Receives one packet. No request of others than administrators has an fd, and theirs are not to be
 * had, since to close one can take for ever. Before Linux 6.16 they arrive all the same: so what
 * has some is only looked at, and stays in the queue, which ends in a sink. It is answered, being
 * counted so that the request is refused.
 */
static ssize_t receive(struct client *client, uint8_t *packet, size_t size, int fds[PACKET_MAX_FDS],
                       size_t *n_fds)
{
    bool attached;
    ssize_t len;

    if (client->trusted)
        return packet_recv(client->fd, packet, size, fds, PACKET_MAX_FDS, n_fds, MSG_DONTWAIT);
    fds[0] = -1;
    if (client->guarded) {
        len = packet_recv_bare(client->fd, packet, size, &attached, MSG_DONTWAIT | MSG_PEEK);
        *n_fds = client->last = attached;
        if (len == 0 || (len < 0 && len != -EMSGSIZE) || attached)
            return len;
    }
    len = packet_recv_bare(client->fd, packet, size, &attached, MSG_DONTWAIT);
    *n_fds = attached;
    return len;
}

/* Reads and handles one packet, if there is one. CLIENT may have ended afterwards. */
static void read_packet(struct client *client)
{
    /* One byte more than any request has: what is longer is seen to be. */
    uint8_t packet[WIRE_MAX_REQUEST + 1];
    struct server *server = &client->daemon->server;
    int fds[PACKET_MAX_FDS];
    size_t n_fds;
    ssize_t len = receive(client, packet, sizeof(packet), fds, &n_fds);

    if (len == -EAGAIN)
        return;
    if (len == -EMSGSIZE)
        len = sizeof(packet);
    if (len > 0) {
        client->active_usec = daemon_now(client->daemon);
        server->in_fd = n_fds > 0 ? fds[0] : -1;
        handle_packet(client, packet, (size_t)len, n_fds);
        server->in_fd = -1;
    } else {
        client_end(client);
    }
    for (size_t i = 0; i < n_fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

int client_new(struct daemon *daemon, int fd, struct peer *peer, bool refused)
{
    struct server *server = &daemon->server;
    struct client *client = calloc(1, sizeof(*client));
    int r = client ? 0 : -ENOMEM;

    if (r == 0 && !refused)
        r = users_add(&server->users, peer->uid);
    if (r < 0) {
        free(client);
        peer_clear(peer);
        server_drop(server, fd, packet_takes_fds(fd));
        return r;
    }
    client->daemon = daemon;
    client->refs = 1;
    client->fd = fd;
    client->out_fd = -1;
    client->waiter.wake = on_wake;
    client->peer = *peer;
    *peer = (struct peer){0};
    client->refused = refused;
    client->trusted = access_may_administer(&client->peer, daemon->uid);
    /* The listener has fds refused for all. A client that connected before it did can send some. */
    if (client->trusted)
        (void)packet_pass_fds(fd, true);
    client->guarded = !client->trusted && packet_takes_fds(fd);
    client->active_usec = daemon_now(daemon);
    TAILQ_INSERT_TAIL(&server->clients, client, in_server);
    server->n_clients += !refused;
    server->n_refused += refused;
    client_ref(client);
    /* Most have asked by now. And who connects and closes all the time costs the least so. */
    read_packet(client);
    if (!client->ended) {
        r = watch(client, EPOLL_CTL_ADD);
        client->watched = r == 0;
        if (r < 0)
            client_end(client);
        else
            server_sweep_at(server, client_deadline(client));
    }
    client_unref(client);
    return r;
}

/* Tries again to send the reply that is kept. */
static void flush(struct client *client)
{
    void *out = steal_ptr(&client->out);
    int fd = steal_fd(&client->out_fd);

    if (send_reply(client, out, client->out_len, fd) < 0)
        client_end(client);
    free(out);
}

void client_on_io(struct client *client, uint32_t revents)
{
    client_ref(client);
    if (client->ended) {
        /* By what was done for another one just now. */
    } else if (revents & (EPOLLHUP | EPOLLERR)) {
        client_end(client);
    } else if (client->state == CLIENT_WRITING) {
        flush(client);
    } else if (client->state == CLIENT_BEHIND) {
        subscribe_push(client);
    } else if (client->state == CLIENT_READING && (revents & EPOLLIN)) {
        /* Where there are more, the socket stays ready: others have their turn first. */
        read_packet(client);
    }
    client_unref(client);
}
