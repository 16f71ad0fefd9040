/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Accepts connections within the limits, gives each its turn, and closes those that are idle. */
#include "daemon/serve/server.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/serve/client.h"
#include "util/packet.h"

int server_check(struct log *log, const char *path)
{
    char why[LISTENER_WHY_SIZE];
    int r = listener_check(path, why);

    if (r < 0)
        log_write(log, LOG_ERR, "%s", why);
    return r;
}

void server_init(struct server *server)
{
    *server = (struct server){.listener = -1, .ready = -1, .owners.directory = "/etc"};
    TAILQ_INIT(&server->clients);
    TAILQ_INIT(&server->woken);
    TAILQ_INIT(&server->subscribers);
}

int server_listen(struct server *server, const char *path)
{
    char why[LISTENER_WHY_SIZE] = "no memory";

    server->listener = path ? listener_make(path, &server->entry, why) : listener_take(why);
    if (server->listener < 0)
        log_write(server->log, LOG_ERR, "%s", why);
    if (server->listener < 0)
        return server->listener;
    server->owners.log = server->log;
    owners_start(&server->owners, server->event);
    return 0;
}

uint64_t server_now(const struct server *server)
{
    return service_now(server->handlers.service);
}

void server_drop(struct server *server, int fd, bool guarded)
{
    if (guarded)
        sinks_put(&server->sinks, fd);
    else
        close(fd);
}

void server_add(struct server *server, struct client *client)
{
    TAILQ_INSERT_TAIL(&server->clients, client, in_server);
    server->handlers.numbers.connections += !client->life.refused;
    server->n_refused += client->life.refused;
}

void server_remove(struct server *server, struct client *client)
{
    TAILQ_REMOVE(&server->clients, client, in_server);
    if (client->life.refused) {
        server->n_refused--;
    } else {
        server->handlers.numbers.connections--;
        users_remove(&server->users, client->asker.peer.payer);
    }
}

/* True where one more connection of PEER is too many. */
static bool is_over_limit(const struct server *server, const struct peer *peer)
{
    const struct handlers *handlers = &server->handlers;
    const bool trusted = access_may_administer(peer, handlers->own_uid);

    return handlers->numbers.connections >= handlers_share(server->max_connections, trusted) ||
           users_count(&server->users, peer->payer) >= server->max_connections_per_uid;
}

/* Takes the new connection FD (consumed). */
static void take(struct server *server, int fd)
{
    struct peer peer;
    bool refused;
    int r = peer_init(&peer, fd);

    if (r < 0) {
        log_write(server->log, LOG_WARNING, "a connection is lost: %s", strerror(-r));
        server_drop(server, fd, packet_takes_fds(fd));
        return;
    }
    peer.payer = owners_payer(&server->owners, peer.uid, server->handlers.own_uid);
    refused = is_over_limit(server, &peer);
    if (refused) {
        const struct log_subject subject = {.peer = &peer};

        server->handlers.numbers.connections_refused++;
        log_about(server->log, LOG_WARNING, &subject,
                  "too many connections: one of pid %d, uid %u is refused", peer.pid, peer.uid);
        /* Even being told costs something, so there are not many who are. */
        if (server->n_refused >= SERVER_REFUSED_MAX) {
            server_note_useless(server);
            peer_clear(&peer);
            server_drop(server, fd, packet_takes_fds(fd));
            return;
        }
    }
    r = client_new(server, fd, &peer, refused);
    if (r < 0)
        log_write(server->log, LOG_WARNING, "a connection is lost: %s", strerror(-r));
}

/* Tells the epoll instance whether to look for connections. OPERATION: EPOLL_CTL_*. */
static int watch_listener(const struct server *server, int operation, bool accepting)
{
    struct epoll_event event = {.events = accepting ? EPOLLIN : 0, .data.ptr = NULL};

    return epoll_ctl(server->ready, operation, server->listener, &event) < 0 ? -errno : 0;
}

static int on_resume(sd_event_source *source, uint64_t usec, void *user)
{
    struct server *server = user;

    (void)source;
    (void)usec;
    server->paused = false;
    return watch_listener(server, EPOLL_CTL_MOD, true);
}

/* Has who connects wait, until the time USEC. */
static void pause_accepting(struct server *server, uint64_t usec)
{
    if (server->paused || sd_event_source_set_time(server->resume, usec) < 0 ||
        sd_event_source_set_enabled(server->resume, SD_EVENT_ONESHOT) < 0)
        return;
    server->paused = true;
    (void)watch_listener(server, EPOLL_CTL_MOD, false);
}

/*
 * Those who connect for nothing wait, for otherwise they would keep the daemon busy, and its
 * clients waiting for processors, as much as they like. Others who connect wait with them, but not
 * long.
 */
void server_note_useless(struct server *server)
{
    uint64_t now = server_now(server);

    if (now - server->useless_usec >= SERVER_USELESS_USEC) {
        server->useless_usec = now;
        server->n_useless = 0;
    }
    if (++server->n_useless >= SERVER_USELESS_MAX)
        pause_accepting(server, server->useless_usec + SERVER_USELESS_USEC);
}

/* Nothing is left to accept with. The loop must not spin. */
static void pause_for_lack(struct server *server, const char *why)
{
    uint64_t now = server_now(server);

    if (!server->told_usec || now - server->told_usec >= SERVER_PAUSE_LOG_USEC) {
        log_write(server->log, LOG_ERR, "cannot accept connections for now: %s", why);
        server->told_usec = now;
    }
    pause_accepting(server, now + SERVER_PAUSE_USEC);
}

/* Takes one connection. Returns true where there was one. */
static bool accept_one(struct server *server)
{
    int fd;

    if (sinks_are_behind(&server->sinks)) {
        pause_for_lack(server, "too many wait to be closed");
        return false;
    }
    fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        take(server, fd);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        pause_for_lack(server, strerror(errno));
    /* Other errors are about the one connection, which is gone, or there is none. */
    return fd >= 0;
}

/*
 * A turn: a request of each client whose socket is ready, up to some, and one new connection. So
 * clients wait for one connection at a time of those who connect all the time; and where there are
 * connections, some requests at a time go before one. Returns how many had their turn.
 */
static int serve_turn(struct server *server)
{
    struct epoll_event events[SERVER_TURN_MAX];
    int n = epoll_wait(server->ready, events, SERVER_TURN_MAX, 0);

    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr)
            client_on_io(events[i].data.ptr, events[i].events);
        else
            server->arrived = true;
    }
    if (server->arrived)
        server->arrived = accept_one(server) && !server->paused;
    return n;
}

/*
 * Serves clients. sd-event would do without this, but it looks at all its sources again for each
 * that it dispatches: too much for dozens of clients at a time.
 */
static int on_ready(sd_event_source *source, int ready, uint32_t revents, void *user)
{
    struct server *server = user;
    int served = 0, n;

    (void)source;
    (void)ready;
    (void)revents;
    for (int turn = 0; turn < SERVER_TURNS_MAX && served < SERVER_ROUND_MAX; turn++) {
        n = serve_turn(server);
        served += n;
        /* Where one client is served nobody else came meanwhile, most often: a look for nothing. */
        if (n <= 0 || (n == 1 && !server->arrived))
            break;
    }
    return 0;
}

/* Nothing that is done here wakes somebody at once, so it comes to an end. */
static int on_go_on(sd_event_source *source, void *user)
{
    struct server *server = user;

    (void)source;
    for (struct client *client; (client = TAILQ_FIRST(&server->woken));) {
        TAILQ_REMOVE(&server->woken, client, wait_link);
        client_go_on(client);
    }
    return 0;
}

void server_note_woken(struct server *server, struct client *client)
{
    TAILQ_INSERT_TAIL(&server->woken, client, wait_link);
    sd_event_source_set_enabled(server->go_on, SD_EVENT_ONESHOT);
}

void server_subscribe(struct server *server, struct client *client)
{
    struct handlers *handlers = &server->handlers;

    client->life.subscribed = true;
    client->seen = handlers->service->changes.n;
    TAILQ_INSERT_TAIL(&server->subscribers, client, wait_link);
    handlers->numbers.subscribers++;
    /* There is room: the limit of subscribers was not reached. */
    (void)users_add(&handlers->subscribers, client->asker.peer.payer);
}

void server_unsubscribe(struct server *server, struct client *client)
{
    struct handlers *handlers = &server->handlers;

    TAILQ_REMOVE(&server->subscribers, client, wait_link);
    handlers->numbers.subscribers--;
    users_remove(&handlers->subscribers, client->asker.peer.payer);
}

static int on_push(sd_event_source *source, void *user)
{
    struct server *server = user;
    struct client *client = TAILQ_FIRST(&server->subscribers);

    (void)source;
    while (client) {
        struct client *next = TAILQ_NEXT(client, wait_link);

        if (client->life.state == CLIENT_SUBSCRIBED)
            client_push(client);
        client = next;
    }
    return 0;
}

void server_note_changes(struct server *server)
{
    if (!TAILQ_EMPTY(&server->subscribers))
        sd_event_source_set_enabled(server->push, SD_EVENT_ONESHOT);
}

/* Ends the connections that are due, and finds out when the next one is. */
static int on_sweep(sd_event_source *source, uint64_t usec, void *user)
{
    struct server *server = user;
    uint64_t now = server_now(server);
    struct client *client = TAILQ_FIRST(&server->clients);

    (void)source;
    (void)usec;
    server->sweep_usec = 0;
    while (client) {
        struct client *next = TAILQ_NEXT(client, in_server);
        uint64_t deadline = client_state_deadline(&client->life, server->idle_usec);

        if (deadline <= now) {
            server->handlers.numbers.connections_idle += !client->life.refused;
            client_dismiss(client, WIRE_WHY_IDLE);
        } else {
            server_sweep_at(server, deadline);
        }
        client = next;
    }
    return 0;
}

void server_sweep_at(struct server *server, uint64_t usec)
{
    if (usec == UINT64_MAX || (server->sweep_usec && server->sweep_usec <= usec))
        return;
    server->sweep_usec = usec;
    if (sd_event_source_set_time(server->sweep, usec) >= 0)
        sd_event_source_set_enabled(server->sweep, SD_EVENT_ONESHOT);
}

/* What clients may know of the limits, and of this start of the daemon. */
static void describe(struct server *server)
{
    struct handlers *handlers = &server->handlers;
    struct wire_limits *limits = &handlers->limits;
    const uint64_t idle_ms = server->idle_usec / 1000;
    sd_id128_t instance;

    limits->max_connections = (uint32_t)server->max_connections;
    limits->max_connections_per_user = (uint32_t)server->max_connections_per_uid;
    limits->max_subscribers = (uint32_t)handlers->max_subscribers;
    limits->max_compiles_per_minute = handlers->compiles.max;
    limits->max_request = WIRE_MAX_REQUEST;
    limits->max_profile = WIRE_MAX_PROFILE;
    limits->max_entries = WIRE_LIST_MAX_ENTRIES;
    limits->compile_ms = (uint32_t)(handlers->service->compile_timeout_usec / 1000);
    limits->idle_ms = idle_ms < UINT32_MAX ? (uint32_t)idle_ms : UINT32_MAX;
    if (sd_id128_randomize(&instance) >= 0)
        memcpy(handlers->instance, instance.bytes, sizeof(handlers->instance));
}

int server_open(struct server *server)
{
    sd_event *event = server->event;
    int r = loop_add_timer(event, &server->sweep, 0, on_sweep, server);

    describe(server);
    if (r >= 0)
        r = loop_add_timer(event, &server->resume, 1, on_resume, server);
    if (r >= 0)
        r = loop_add_deferred(event, &server->go_on, SERVER_PRIORITY_WOKEN, on_go_on, server);
    if (r >= 0)
        r = loop_add_deferred(event, &server->push, SD_EVENT_PRIORITY_NORMAL, on_push, server);
    if (r >= 0)
        r = users_init(&server->users, server->max_connections);
    if (r >= 0)
        r = users_init(&server->handlers.subscribers, server->handlers.max_subscribers);
    if (r >= 0) {
        server->ready = epoll_create1(EPOLL_CLOEXEC);
        r = server->ready < 0 ? -errno : watch_listener(server, EPOLL_CTL_ADD, true);
    }
    if (r >= 0)
        r = sd_event_add_io(event, &server->ready_io, server->ready, EPOLLIN, on_ready, server);
    /* One more than the limits allow is accepted before it is seen to be. */
    if (r >= 0)
        r = sinks_open(&server->sinks, server->log, server->children, server->spawner,
                       server->max_connections + SERVER_REFUSED_MAX + SINK_WAITING_MAX + 1);
    return r < 0 ? r : 0;
}

void server_close(struct server *server)
{
    for (struct client *client; (client = TAILQ_FIRST(&server->clients));)
        client_dismiss(client, WIRE_WHY_STOPPING);
    sinks_close(&server->sinks);
    server->ready_io = sd_event_source_disable_unref(server->ready_io);
    if (server->ready >= 0)
        close(server->ready);
    server->ready = -1;
    server->resume = sd_event_source_disable_unref(server->resume);
    server->sweep = sd_event_source_disable_unref(server->sweep);
    server->go_on = sd_event_source_disable_unref(server->go_on);
    server->push = sd_event_source_disable_unref(server->push);
    /* While the socket is open, nothing else can have its inode number. */
    listener_remove(&server->entry);
    /* Where fds can be in the queues of who was not accepted, it goes with the process. */
    if (server->listener >= 0 && !packet_takes_fds(server->listener))
        close(server->listener);
    server->listener = -1;
    owners_clear(&server->owners);
    users_clear(&server->users);
    users_clear(&server->handlers.subscribers);
}
