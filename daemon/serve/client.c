/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads requests from one connection, has them handled, and sends the answers. Never blocks. What
 * happens on the way can set the state to CLIENT_ENDED; the functions that the server calls end
 * such a connection when all is done.
 */
#include "daemon/serve/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/serve/dispatch.h"
#include "daemon/serve/server.h"
#include "daemon/serve/subscribe.h"
#include "protocol/codec.h"
#include "protocol/order.h"
#include "protocol/reason.h"
#include "util/cleanup.h"
#include "util/packet.h"

/* Tells the server what to look for. OPERATION: EPOLL_CTL_*. */
static int watch(struct client *client, int operation)
{
    struct epoll_event event = {.events = client_state_events(client->life.state),
                                .data.ptr = client};

    return epoll_ctl(client->server->ready, operation, client->fd, &event) < 0 ? -errno : 0;
}

/* Takes CLIENT out of the list that it waits in. */
static void stop_waiting(struct client *client)
{
    struct server *server = client->server;

    if (client->woken)
        TAILQ_REMOVE(&server->woken, client, wait_link);
    else if (client->waiter.job || client->waiter.barrier)
        service_leave(server->handlers.service, &client->waiter);
    client->woken = false;
}

/*
 * Receives one packet. No request of others than administrators has an fd, and theirs are never
 * taken, since to close one can take for ever. Before Linux 6.16 they arrive all the same: so what
 * has some is only looked at, and stays in the queue, which ends in a sink. It is answered, being
 * counted so that the request is refused.
 */
static ssize_t receive(struct client *client, uint8_t *packet, size_t size, int fds[PACKET_MAX_FDS],
                       size_t *n_fds)
{
    bool attached;
    ssize_t len;

    if (client->asker.trusted)
        return packet_recv(client->fd, packet, size, fds, PACKET_MAX_FDS, n_fds, MSG_DONTWAIT);
    fds[0] = -1;
    if (client->guarded) {
        len = packet_recv_bare(client->fd, packet, size, &attached, MSG_DONTWAIT | MSG_PEEK);
        *n_fds = client->life.last = attached;
        if (len == 0 || (len < 0 && len != -EMSGSIZE) || attached)
            return len;
    }
    len = packet_recv_bare(client->fd, packet, size, &attached, MSG_DONTWAIT);
    *n_fds = attached;
    return len;
}

static void close_fds(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/*
 * Takes what is still in the queue of CLIENT, whose connection ends. With packets left in it, the
 * next receive of the peer would fail with ECONNRESET, before the replies that are there.
 */
static void drain(struct client *client)
{
    uint8_t packet[WIRE_MAX_REQUEST + 1];
    int fds[PACKET_MAX_FDS];
    size_t n_fds = 0;
    ssize_t len;

    /* Nothing can follow then, so it comes to an end. */
    if (client->gone || shutdown(client->fd, SHUT_RD) < 0)
        return;
    do {
        n_fds = 0;
        len = receive(client, packet, sizeof(packet), fds, &n_fds);
        close_fds(fds, n_fds);
        /* What has an fd that this process must not close stays where it is. */
        if (client->guarded && n_fds > 0)
            return;
    } while (len > 0 || len == -EMSGSIZE || len == -EBADMSG || len == -EMFILE);
}

/* Gives back all that CLIENT has, if it has ended. */
static void settle(struct client *client)
{
    struct server *server = client->server;

    if (client->life.state != CLIENT_ENDED)
        return;
    drain(client);
    if (!client->asked)
        server_note_useless(server);
    stop_waiting(client);
    if (client->life.subscribed)
        server_unsubscribe(server, client);
    source_unref(client->asker.content);
    /* Closing it is not enough where another process has it open, too: a debugger, say. */
    if (client->watched)
        (void)watch(client, EPOLL_CTL_DEL);
    server_remove(server, client);
    server_drop(server, client->fd, client->guarded);
    if (client->out_fd >= 0)
        close(client->out_fd);
    free(client->out);
    free(client->why);
    peer_clear(&client->asker.peer);
    free(client);
}

/* Sets STATE, and has the server look for what belongs to it. */
static void set_state(struct client *client, enum client_state state)
{
    struct client_life *life = &client->life;
    struct server *server = client->server;

    if (life->state == state)
        return;
    server->handlers.numbers.waiting -= life->state == CLIENT_WAITING;
    server->handlers.numbers.waiting += state == CLIENT_WAITING;
    life->state = state;
    /* A wait has no deadline; what comes after it has one again. */
    life->active_usec = server_now(server);
    if (!client->watched || state == CLIENT_ENDED)
        return;
    (void)watch(client, EPOLL_CTL_MOD);
    if (state != CLIENT_WAITING)
        server_sweep_at(server, client_state_deadline(life, server->idle_usec));
}

/* Sends changes until CLIENT has heard of all, or its socket is full. */
static void push(struct client *client)
{
    struct wire_change packet;
    const struct iovec iov = {&packet, sizeof(packet)};
    uint64_t next;
    int r;

    while (subscribe_next(client->server->handlers.service, &client->asker.peer,
                          &client->request.header, &client->seen, &next, &packet)) {
        wire_change_to_wire(&packet, sizeof(packet));
        r = packet_send(client->fd, &iov, 1, NULL, 0, MSG_DONTWAIT);
        set_state(client, client_state_pushed(r));
        if (r != 0)
            return;
        client->seen = next;
    }
    set_state(client, CLIENT_SUBSCRIBED);
}

/* The reply is with the kernel. */
static void reply_done(struct client *client)
{
    client->asker.waits = 0;
    source_unref(steal_ptr(&client->asker.content));
    set_state(client, client_state_replied(&client->life));
    if (client->life.state == CLIENT_SUBSCRIBED)
        push(client);
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
static int transmit(struct client *client, const void *reply, size_t len, int owned_fd)
{
    const struct iovec iov = {(void *)reply, len};
    cleanup_close int fd = owned_fd;
    int r;

    make_narrow(client, fd >= 0);
    r = packet_send(client->fd, &iov, 1, &fd, fd >= 0, MSG_DONTWAIT);
    if (r == 0) {
        reply_done(client);
        return 0;
    }
    if (r == -ETOOMANYREFS && fd >= 0)
        return r;
    if (r == -EAGAIN)
        r = keep_reply(client, reply, len, &fd);
    if (r < 0)
        set_state(client, CLIENT_ENDED);
    return 0;
}

/* Completes ANSWER's packet and sends it. */
static int transmit_answer(struct client *client, struct answer *answer)
{
    struct wire_header header;

    wire_reply_header(&header, &client->request.header, answer->status, answer->len);
    memcpy(answer->packet, &header, sizeof(header));
    wire_reply_to_wire(answer->packet, answer->len, client->request.status.name[0] != '\0');
    return transmit(client, answer->packet, answer->len, steal_fd(&answer->fd));
}

static void send_answer(struct client *client, struct answer *answer)
{
    struct serve_numbers *numbers = &client->server->handlers.numbers;
    const struct peer *peer = &client->asker.peer;
    const struct log_subject subject = {.peer = peer};

    if (transmit_answer(client, answer) < 0) {
        answer_refuse(answer, WIRE_WHY_ON_THE_WAY, "%s", "");
        (void)transmit_answer(client, answer);
    }
    numbers->requests++;
    if (answer->status == WIRE_OK)
        return;
    numbers->refused++;
    numbers->limited += answer->status == WIRE_LIMIT || answer->status == WIRE_RATE;
    log_about(client->server->log, LOG_DEBUG, &subject, "refused request %u of pid %d, uid %u: %s",
              client->request.header.opcode, peer->pid, peer->uid,
              wire_status_text((int)answer->status));
}

/* Does what ANSWER says. */
static void act(struct client *client, struct answer *answer)
{
    struct server *server = client->server;

    if (answer->kind == ANSWER_AFTER_JOB && client->asker.waits == CLIENT_WAITS_MAX)
        answer_refuse(answer, WIRE_WHY_CHANGING, "%s", "");
    switch (answer->kind) {
    case ANSWER_AFTER_JOB:
        jobs_wait(answer->job, &client->waiter, client->asker.peer.payer);
        break;
    case ANSWER_AFTER_SCAN:
        service_wait_for_scan(server->handlers.service, &client->waiter, answer->scan);
        break;
    case ANSWER_SUBSCRIBE:
        server_subscribe(server, client);
        send_answer(client, answer);
        return;
    case ANSWER_SEND:
        send_answer(client, answer);
        return;
    }
    client->asker.waits++;
    set_state(client, CLIENT_WAITING);
}

/* Takes a note of what became of the wait: the server has it gone on with. */
static void on_wake(struct waiter *waiter, const char *why)
{
    struct client *client = (struct client *)((char *)waiter - offsetof(struct client, waiter));

    client->woken = true;
    /* Without memory for it the request is handled again, and finds out by itself. */
    client->why = why ? strdup(why) : NULL;
    server_note_woken(client->server, client);
}

void client_go_on(struct client *client)
{
    struct server *server = client->server;
    cleanup_free char *why = steal_ptr(&client->why);

    client->woken = false;
    answer_begin(&server->answer);
    if (why)
        answer_refuse(&server->answer, WIRE_WHY_NO_RESULT, "%s", why);
    else
        dispatch(&server->handlers, &client->asker, &client->request, &server->answer);
    act(client, &server->answer);
    settle(client);
}

void client_push(struct client *client)
{
    push(client);
    settle(client);
}

void client_end(struct client *client)
{
    set_state(client, CLIENT_ENDED);
    settle(client);
}

/* Handles one packet of LEN bytes that came with N_FDS fds. */
static void handle_packet(struct client *client, const void *packet, size_t len, size_t n_fds)
{
    struct server *server = client->server;
    struct peer *peer = &client->asker.peer;
    const struct log_subject subject = {.peer = peer};
    struct answer *answer = &server->answer;
    uint32_t field;
    int r = wire_request_decode(&client->request, packet, len, n_fds, &field);

    client->asked |= r == 0 && !client->life.refused;
    if (r < 0) {
        log_about(server->log, LOG_NOTICE, &subject,
                  "pid %d, uid %u sent a packet of another protocol: closed", peer->pid, peer->uid);
        set_state(client, CLIENT_ENDED);
        return;
    }
    answer_begin(answer);
    if (client->life.dismissed)
        answer_refuse(answer, client->life.dismissed, "%s", "");
    else if (client->life.refused)
        answer_refuse(answer, WIRE_WHY_CONNECTIONS, "%s", "");
    else if (r != 0)
        answer_refuse_field(answer, (enum wire_reason)r, field);
    else {
        /* Only who asks for something is looked up so closely. */
        r = peer_learn_groups(peer, client->fd);
        if (r < 0)
            answer_refuse(answer, WIRE_WHY_SYSTEM, "your groups: %s", strerror(-r));
        else
            dispatch(&server->handlers, &client->asker, &client->request, answer);
    }
    act(client, answer);
}

/* Reads and handles one packet, if there is one. */
static void read_packet(struct client *client)
{
    /* One byte more than any request has: what is longer is seen to be. */
    uint8_t packet[WIRE_MAX_REQUEST + 1];
    int fds[PACKET_MAX_FDS];
    size_t n_fds;
    ssize_t len = receive(client, packet, sizeof(packet), fds, &n_fds);

    if (len == -EAGAIN)
        return;
    if (len == -EMSGSIZE)
        len = sizeof(packet);
    if (len > 0) {
        client->life.active_usec = server_now(client->server);
        client->asker.fd = n_fds > 0 ? fds[0] : -1;
        handle_packet(client, packet, (size_t)len, n_fds);
        client->asker.fd = -1;
    } else {
        client->gone = len == 0;
        set_state(client, CLIENT_ENDED);
    }
    close_fds(fds, n_fds);
}

/* Tries again to send the reply that is kept. */
static void flush(struct client *client)
{
    cleanup_free void *out = steal_ptr(&client->out);

    if (transmit(client, out, client->out_len, steal_fd(&client->out_fd)) < 0)
        set_state(client, CLIENT_ENDED);
}

void client_dismiss(struct client *client, enum wire_reason reason)
{
    struct answer *answer = &client->server->answer;

    client->life.dismissed = reason;
    if (client->life.state == CLIENT_WRITING)
        flush(client);
    if (client->life.state == CLIENT_WAITING) {
        stop_waiting(client);
        answer_begin(answer);
        answer_refuse(answer, reason, "%s", "");
        send_answer(client, answer);
    }
    /* What was sent by now is answered, as far as its socket has room; then there is no more. */
    if (client->life.state == CLIENT_READING && shutdown(client->fd, SHUT_RD) == 0)
        while (client->life.state == CLIENT_READING)
            read_packet(client);
    client_end(client);
}

int client_new(struct server *server, int fd, struct peer *peer, bool refused)
{
    struct client *client = calloc(1, sizeof(*client));
    int r = client ? 0 : -ENOMEM;

    if (r == 0 && !refused)
        r = users_add(&server->users, peer->payer);
    if (r < 0) {
        free(client);
        peer_clear(peer);
        server_drop(server, fd, packet_takes_fds(fd));
        return r;
    }
    client->server = server;
    client->fd = fd;
    client->out_fd = -1;
    client->waiter.wake = on_wake;
    client->life.refused = refused;
    client->life.active_usec = server_now(server);
    client->asker = (struct asker){
        .peer = *peer,
        .trusted = access_may_administer(peer, server->handlers.own_uid),
        .fd = -1,
    };
    *peer = (struct peer){0};
    /* The listener has fds refused for all. A client that connected before it did can send some. */
    if (client->asker.trusted)
        (void)packet_pass_fds(fd, true);
    client->guarded = !client->asker.trusted && packet_takes_fds(fd);
    server_add(server, client);
    /* Most have asked by now. And who connects and closes all the time costs the least so. */
    read_packet(client);
    if (client->life.state != CLIENT_ENDED) {
        r = watch(client, EPOLL_CTL_ADD);
        client->watched = r == 0;
        if (r < 0)
            set_state(client, CLIENT_ENDED);
        else
            server_sweep_at(server, client_state_deadline(&client->life, server->idle_usec));
    }
    settle(client);
    return r;
}

void client_on_io(struct client *client, uint32_t revents)
{
    switch (client_state_task(client->life.state, revents)) {
    case CLIENT_DO_NOTHING:
        return;
    case CLIENT_DO_END:
        client->gone = true;
        set_state(client, CLIENT_ENDED);
        break;
    case CLIENT_DO_READ:
        /* Where there are more, the socket stays ready: others have their turn first. */
        read_packet(client);
        break;
    case CLIENT_DO_FLUSH:
        flush(client);
        break;
    case CLIENT_DO_PUSH:
        push(client);
        break;
    }
    settle(client);
}
