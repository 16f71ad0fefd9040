/* Accepts connections within the limits, and closes those that are idle. */
#include "daemon/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/client.h"
#include "daemon/daemon.h"
#include "util/packet.h"

int server_listen(struct server *server, struct daemon *daemon, const char *path)
{
    char why[LISTENER_WHY_SIZE] = "no memory";

    server->daemon = daemon;
    server->in_fd = -1;
    server->ready = -1;
    TAILQ_INIT(&server->clients);
    TAILQ_INIT(&server->reloads);
    server->listener = path ? listener_make(path, &server->entry, why) : listener_take(why);
    if (server->listener < 0)
        log_write(&daemon->log, LOG_ERR, "%s", why);
    else
        (void)packet_pass_fds(server->listener, false);
    return server->listener < 0 ? server->listener : 0;
}

/* True where one more connection of PEER is too many. */
static bool is_over_limit(const struct server *server, const struct peer *peer)
{
    const struct options *options = server->daemon->options;
    const bool trusted = access_may_administer(peer, server->daemon->uid);
    const struct client *client;
    size_t n = 0;

    if (server->n_clients >= server_share(options->max_connections, trusted))
        return true;
    TAILQ_FOREACH(client, &server->clients, in_server)
    {
        n += !client->refused && client->peer.uid == peer->uid;
    }
    return n >= options->max_connections_per_uid;
}

/* Takes the new connection FD (consumed). */
static void take(struct server *server, int fd)
{
    struct daemon *daemon = server->daemon;
    struct ucred cred = {0};
    socklen_t size = sizeof(cred);
    struct peer peer;
    bool refused;
    int r;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0) {
        close(fd);
        return;
    }
    peer = (struct peer){.pid = cred.pid, .uid = cred.uid};
    refused = is_over_limit(server, &peer);
    if (refused) {
        const struct log_subject subject = {.peer = &peer};

        daemon->counters.connections_refused++;
        log_about(&daemon->log, LOG_WARNING, &subject,
                  "too many connections: one of pid %d, uid %u is refused", cred.pid, cred.uid);
        /* Even being told costs something, so there are not many who are. */
        if (server->n_refused >= SERVER_REFUSED_MAX) {
            close(fd);
            return;
        }
    }
    r = client_new(daemon, fd, refused);
    if (r < 0)
        log_write(&daemon->log, LOG_WARNING, "a connection is lost: %s", strerror(-r));
}

static int on_resume(sd_event_source *source, uint64_t usec, void *user)
{
    struct server *server = user;

    (void)usec;
    sd_event_source_disable_unref(source);
    server->resume = NULL;
    return sd_event_source_set_enabled(server->io, SD_EVENT_ON);
}

/* Nothing is left to accept with. Who connects waits meanwhile, and the loop does not spin. */
static void pause_accepting(struct server *server, int error)
{
    uint64_t now = daemon_now(server->daemon);

    if (!server->paused_usec || now - server->paused_usec >= SERVER_PAUSE_LOG_USEC) {
        log_write(&server->daemon->log, LOG_ERR, "cannot accept connections for now: %s",
                  strerror(error));
        server->paused_usec = now;
    }
    if (!server->resume &&
        sd_event_add_time_relative(server->daemon->event, &server->resume, CLOCK_MONOTONIC,
                                   SERVER_PAUSE_USEC, 0, on_resume, server) >= 0)
        sd_event_source_set_enabled(server->io, SD_EVENT_OFF);
}

static int on_io(sd_event_source *source, int listener, uint32_t revents, void *user)
{
    struct server *server = user;

    (void)source;
    (void)revents;
    for (int i = 0; i < SERVER_ACCEPTS_MAX; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            take(server, fd);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(server, errno);
            break;
        }
        /* Others are about the one connection, which is gone. */
    }
    return 0;
}

/* Serves one request of each client whose socket is ready, up to some. Returns how many did. */
static int serve_turn(const struct server *server)
{
    struct epoll_event events[SERVER_CLIENTS_MAX];
    int n = epoll_wait(server->ready, events, SERVER_CLIENTS_MAX, 0);

    /* What is done for one can end another that is in the list, too. */
    for (int i = 0; i < n; i++)
        client_ref(events[i].data.ptr);
    for (int i = 0; i < n; i++)
        client_on_io(events[i].data.ptr, events[i].events);
    for (int i = 0; i < n; i++)
        client_unref(events[i].data.ptr);
    return n;
}

/*
 * Serves clients. sd-event would do without this, but it looks at all its sources again for each
 * that it dispatches: too much for dozens of clients at a time.
 */
static int on_ready(sd_event_source *source, int ready, uint32_t revents, void *user)
{
    (void)source;
    (void)ready;
    (void)revents;
    for (int turn = 0; turn < SERVER_TURNS_MAX; turn++)
        if (serve_turn(user) <= 0)
            break;
    return 0;
}

/* Ends the connections that are due, and finds out when the next one is. */
static int on_sweep(sd_event_source *source, uint64_t usec, void *user)
{
    struct server *server = user;
    uint64_t now = daemon_now(server->daemon);
    struct client *client = TAILQ_FIRST(&server->clients);

    (void)source;
    (void)usec;
    server->sweep_usec = 0;
    while (client) {
        struct client *next = TAILQ_NEXT(client, in_server);
        uint64_t deadline = client_deadline(client);

        if (deadline <= now) {
            server->daemon->counters.connections_idle += !client->refused;
            client_end(client);
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

int server_open(struct server *server)
{
    sd_event *event = server->daemon->event;
    int r = sd_event_add_time(event, &server->sweep, CLOCK_MONOTONIC, 0, 0, on_sweep, server);

    if (r >= 0)
        r = sd_event_source_set_enabled(server->sweep, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_io(event, &server->io, server->listener, EPOLLIN, on_io, server);
    if (r >= 0) {
        server->ready = epoll_create1(EPOLL_CLOEXEC);
        r = server->ready < 0 ? -errno
                              : sd_event_add_io(event, &server->ready_io, server->ready, EPOLLIN,
                                                on_ready, server);
    }
    return r < 0 ? r : 0;
}

void server_close(struct server *server)
{
    if (!server->daemon)
        return;
    for (struct client *client; (client = TAILQ_FIRST(&server->clients));)
        client_stop(client);
    server->io = sd_event_source_disable_unref(server->io);
    server->ready_io = sd_event_source_disable_unref(server->ready_io);
    if (server->ready >= 0)
        close(server->ready);
    server->ready = -1;
    server->resume = sd_event_source_disable_unref(server->resume);
    server->sweep = sd_event_source_disable_unref(server->sweep);
    /* While the socket is open, nothing else can have its inode number. */
    listener_remove(&server->entry);
    if (server->listener >= 0)
        close(server->listener);
    server->listener = -1;
}
