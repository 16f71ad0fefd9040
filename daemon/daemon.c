/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ties the rooms together: starts them, hands to each what it uses of the others, runs the event
 * loop, and takes all down again.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "compiler/facts/kernel-version.h"
#include "daemon/cache/cache.h"
#include "daemon/fds.h"
#include "daemon/files/follow.h"
#include "daemon/filters/background.h"
#include "daemon/filters/service.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/options.h"
#include "daemon/phase.h"
#include "daemon/priority.h"
#include "daemon/process/confine.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/spawner.h"
#include "daemon/process/strays.h"
#include "daemon/process/worker.h"
#include "daemon/process/workers.h"
#include "daemon/serve/server.h"
#include "protocol/protocol.h"
#include "util/cleanup.h"

enum {
    STOP_USEC = 3000000,               /* for which the end waits for the cache's last entries */
    COMPILES_INTERVAL_USEC = 60000000, /* of --max-compiles-per-minute */
};

struct daemon {
    const struct options *options;
    struct log log;
    sd_event *event;
    uid_t uid;
    const struct target *host;
    const struct target *targets[ABI_COUNT]; /* those that are served, the host first */
    size_t n_targets;
    uint64_t started_usec; /* CLOCK_MONOTONIC */
    struct own_filters own;
    struct fds_limits fits; /* how much of the options' limits there are fds for */
    uint32_t lacks;         /* enum wire_lacks */

    struct service service;
    struct background background;
    struct follow follow;
    struct phase phase;
    sd_event_source *scan;  /* a step of one */
    sd_event_source *check; /* what follows from a change */
    sd_event_source *idle;  /* a step of what is done ahead of time */
    sd_event_source *retry; /* when new versions that could not be compiled are tried again */
    sd_event_source *pause; /* when the background's is over */
    sd_event_source *tell;  /* when the service manager is to hear something */

    struct cache cache;
    struct children children;
    struct spawner spawner;
    struct workers workers;
    struct strays strays;
    struct server server;
    bool is_open; /* it takes requests: after the first scan */
};

/* What the service tells. Each of these has the event loop come to it, and does nothing more. */

static uint64_t now(void *user)
{
    const struct daemon *daemon = user;
    uint64_t usec = 0;

    sd_event_now(daemon->event, CLOCK_MONOTONIC, &usec);
    return usec;
}

static void on_jobs_wait(void *user)
{
    struct daemon *daemon = user;

    workers_kick(&daemon->workers);
}

static void on_changed(void *user)
{
    struct daemon *daemon = user;

    if (daemon->check)
        sd_event_source_set_enabled(daemon->check, SD_EVENT_ONESHOT);
    if (daemon->idle && background_is_wanted(&daemon->background))
        sd_event_source_set_enabled(daemon->idle, SD_EVENT_ONESHOT);
    server_note_changes(&daemon->server);
}

/* What follows from a change. */

/* Tells the service manager what there is to tell. All scans before PENDING are in service. */
static void tell(struct daemon *daemon, uint64_t pending)
{
    const struct registry *registry = &daemon->service.registry;
    const size_t stale = registry->n_in[WIRE_PROFILE_STALE];
    const size_t served = registry->n_in[WIRE_PROFILE_SERVED] + stale;
    const size_t failed = registry->n_in[WIRE_PROFILE_BROKEN] + stale;

    if (phase_tell(&daemon->phase, now(daemon), pending, served, failed))
        log_write(&daemon->log, LOG_NOTICE, "ready: %zu profiles, %zu of them in service",
                  registry->n, served);
    phase_tell_alive(&daemon->phase, now(daemon));
    loop_set_timer(daemon->tell, phase_next(&daemon->phase));
}

static int on_check(sd_event_source *source, void *user)
{
    struct daemon *daemon = user;
    uint64_t pending = service_wake_scanned(&daemon->service);

    (void)source;
    loop_set_timer(daemon->retry, daemon->service.retry_usec);
    loop_set_timer(daemon->pause, daemon->background.paused_until_usec
                                      ? daemon->background.paused_until_usec
                                      : UINT64_MAX);
    tell(daemon, pending);
    return 0;
}

static int on_tell(sd_event_source *source, uint64_t usec, void *user)
{
    struct daemon *daemon = user;

    (void)source;
    (void)usec;
    tell(daemon, service_pending_since(&daemon->service));
    return 0;
}

static int on_idle(sd_event_source *source, void *user)
{
    struct daemon *daemon = user;

    return background_step(&daemon->background)
               ? sd_event_source_set_enabled(source, SD_EVENT_ONESHOT)
               : 0;
}

static void on_scan_begun(void *user)
{
    struct daemon *daemon = user;

    if (!daemon->scan)
        return;
    (void)sd_event_source_set_priority(daemon->scan, PRIORITY_COMPILES);
    (void)sd_event_source_set_enabled(daemon->scan, SD_EVENT_ONESHOT);
}

/* Clients never hold up the first step of a scan; the others take turns with them. */
static int on_scan(sd_event_source *source, void *user)
{
    struct daemon *daemon = user;
    int r;

    if (follow_step(&daemon->follow)) {
        sd_event_source_set_priority(source, SD_EVENT_PRIORITY_NORMAL);
        sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    }
    if (daemon->is_open || (daemon->follow.scans == 1 && daemon->follow.scanning))
        return 0;
    daemon->is_open = true;
    r = server_open(&daemon->server);
    if (r < 0)
        log_write(&daemon->log, LOG_ERR, "cannot serve: %s", strerror(-r));
    return r < 0 ? sd_event_exit(daemon->event, r) : 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *user)
{
    struct daemon *daemon = user;

    (void)source;
    (void)usec;
    follow_scan(&daemon->follow, false);
    return 0;
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *user)
{
    struct daemon *daemon = user;

    (void)source;
    (void)usec;
    background_wake(&daemon->background);
    return 0;
}

/* Reads all profiles anew, and tries again what failed. Returns the number of the scan. */
static uint64_t reload(void *user)
{
    struct daemon *daemon = user;

    background_unpause(&daemon->background);
    service_forgive(&daemon->service);
    return follow_scan(&daemon->follow, true);
}

/* Gathers what rooms say of themselves. */
static void gather_status(void *user, struct wire_daemon_status *status)
{
    struct daemon *daemon = user;

    status->uptime_usec = now(daemon) - daemon->started_usec;
    status->worker_failures = daemon->workers.failures;
    status->workers = (uint32_t)workers_alive(&daemon->workers);
    status->jobs += background_left(&daemon->background);
    status->cache_errors = daemon->background.errors;
    status->cache_state = background_cache_state(&daemon->background);
    status->profiles_left_out = daemon->follow.left_out;
    status->lacks = daemon->lacks;
}

/* What comes from outside. */

static int on_stop_deadline(sd_event_source *source, uint64_t usec, void *user)
{
    struct daemon *daemon = user;

    (void)source;
    (void)usec;
    return sd_event_exit(daemon->event, 0);
}

static void stop_events(struct daemon *daemon)
{
    daemon->scan = sd_event_source_disable_unref(daemon->scan);
    daemon->check = sd_event_source_disable_unref(daemon->check);
    daemon->idle = sd_event_source_disable_unref(daemon->idle);
    daemon->retry = sd_event_source_disable_unref(daemon->retry);
    daemon->pause = sd_event_source_disable_unref(daemon->pause);
    daemon->tell = sd_event_source_disable_unref(daemon->tell);
}

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
    struct daemon *daemon = user;

    (void)source;
    (void)info;
    if (!phase_stop(&daemon->phase))
        return 0;
    log_write(&daemon->log, LOG_NOTICE, "stopping");
    server_close(&daemon->server);
    watch_stop(&daemon->follow.watch);
    stop_events(daemon);
    cache_unwatch(&daemon->cache);
    workers_stop(&daemon->workers);
    if (cache_writer_waiting(&daemon->cache.writer) == 0 ||
        sd_event_add_time_relative(daemon->event, NULL, CLOCK_MONOTONIC, STOP_USEC, 0,
                                   on_stop_deadline, daemon) < 0)
        sd_event_exit(daemon->event, 0);
    return 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
    struct daemon *daemon = user;

    (void)source;
    (void)info;
    if (phase_reload(&daemon->phase, now(daemon))) {
        log_write(&daemon->log, LOG_INFO, "reloading");
        daemon->phase.barrier = reload(daemon);
    }
    return 0;
}

static void on_files_changed(void *user)
{
    struct daemon *daemon = user;

    follow_changes(&daemon->follow);
}

/* One entry less waits to be written. */
static void on_written(void *user)
{
    struct daemon *daemon = user;

    if (daemon->phase.state == PHASE_STOPPING && cache_writer_waiting(&daemon->cache.writer) == 0)
        sd_event_exit(daemon->event, 0);
}

/* Its clean copy of this process cannot be made again here: a new daemon makes one. */
static void on_spawner_lost(void *user, const char *why)
{
    struct daemon *daemon = user;

    /* Only the cache's last entries are waited for, without workers. */
    if (daemon->phase.state == PHASE_STOPPING)
        return;
    log_write(&daemon->log, LOG_ERR,
              "the process that makes workers %s; secprofd ends, and is to be started again", why);
    sd_event_exit(daemon->event, -EPIPE);
}

static void on_compiled(void *user, struct job *job, const struct outcome *outcome)
{
    struct daemon *daemon = user;

    service_finish(&daemon->service, job, outcome);
}

/* Signals are taken by the event loop; they stay blocked in all children, which end by other means.
 */
static int start_loop(struct daemon *daemon)
{
    static const int terminating[] = {SIGTERM, SIGINT};
    sigset_t set;
    int r;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    r = sd_event_new(&daemon->event);
    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(terminating); i++)
        r = sd_event_add_signal(daemon->event, NULL, terminating[i], on_terminate, daemon);
    if (r >= 0)
        r = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup, daemon);
    return r < 0 ? r : 0;
}

/* Takes the limits of the options, as far as there are fds for them. */
static void fit_fds(struct daemon *daemon)
{
    const struct options *options = daemon->options;
    const struct fds_limits wanted = {
        .connections = options->max_connections,
        .variants = options->max_variants,
        .profiles = options->max_profiles,
    };
    const size_t n = fds_raise();

    daemon->fits = wanted;
    if (!fds_fit(&daemon->fits, n))
        return;
    log_write(
        &daemon->log, LOG_WARNING,
        "there are fds (RLIMIT_NOFILE %zu, wanted %zu) for %zu profiles, %zu connections and %zu "
        "other filters only",
        n, fds_needed(&wanted), daemon->fits.profiles, daemon->fits.connections,
        daemon->fits.variants);
}

/* The targets to be served: the host's, which always is, and those that were asked for. */
static int choose_targets(struct daemon *daemon)
{
    const struct options *options = daemon->options;

    daemon->host = target_host();
    if (!daemon->host) {
        log_write(&daemon->log, LOG_ERR, "secprofd does not know the architecture of this machine");
        return -ENOTSUP;
    }
    daemon->targets[daemon->n_targets++] = daemon->host;
    for (size_t i = 0; i < options->n_targets; i++)
        if (options->targets[i] != daemon->host)
            daemon->targets[daemon->n_targets++] = options->targets[i];
    return 0;
}

/* The filters for this process and its children, before anything from outside is read. */
static int make_filters(struct daemon *daemon)
{
    const char *why;
    int r = own_filters_make(&daemon->own, &why);

    if (r < 0)
        log_write(&daemon->log, LOG_ERR, "secprofd's own filters do not compile: %s", why);
    return r;
}

/* Gives the rooms what they use. */
static void start_rooms(struct daemon *daemon)
{
    const struct options *options = daemon->options;
    const struct service_limits limits = {
        .max_variants = daemon->fits.variants,
        .max_contents = options->max_contents,
        /* One worker stays free for what is urgent, where there is more than one. */
        .max_background = options->workers > 1 ? options->workers - 1 : 1,
        .compile_timeout_usec = options->compile_timeout_usec,
    };
    struct service *service = &daemon->service;

    service->log = &daemon->log;
    service->host = daemon->host;
    service->kernel = kernel_version_host();
    service->cache = cache_ops(&daemon->cache);
    service->hooks = (struct service_hooks){now, on_jobs_wait, on_changed, daemon};
    service_init(service, &limits);
    daemon->follow.directories = options->directories;
    daemon->follow.n_directories = options->n_directories;
    daemon->follow.max_profiles = daemon->fits.profiles;
    daemon->follow.own_uid = daemon->uid;
    daemon->follow.shared = options->shared_directories;
    daemon->follow.service = service;
    daemon->follow.begun = on_scan_begun;
    daemon->follow.user = daemon;
    daemon->follow.watch.changed = on_files_changed;
    daemon->follow.watch.user = daemon;
    daemon->background.service = service;
    daemon->background.targets = daemon->targets;
    daemon->background.n_targets = daemon->n_targets;
    daemon->background.path = options->cache_path;
    daemon->background.since = (int64_t)time(NULL);
    daemon->cache.size_limit = options->cache_size;
    daemon->cache.log = &daemon->log;
    daemon->cache.event = daemon->event;
    daemon->cache.background = &daemon->background;
    daemon->cache.written = on_written;
    daemon->cache.user = daemon;
    daemon->workers.log = &daemon->log;
    daemon->workers.children = &daemon->children;
    daemon->workers.spawner = &daemon->spawner;
    daemon->workers.jobs = &service->jobs;
    daemon->workers.done = on_compiled;
    daemon->workers.user = daemon;
}

static void start_server(struct daemon *daemon)
{
    const struct options *options = daemon->options;
    struct server *server = &daemon->server;
    struct handlers *handlers = &server->handlers;

    server->log = &daemon->log;
    server->event = daemon->event;
    server->children = &daemon->children;
    server->spawner = &daemon->spawner;
    server->max_connections = daemon->fits.connections;
    server->max_connections_per_uid = options->max_connections_per_uid;
    /* One user must leave some to the others. */
    if (daemon->fits.connections < options->max_connections &&
        server->max_connections_per_uid > daemon->fits.connections / 2)
        server->max_connections_per_uid = daemon->fits.connections / 2;
    server->idle_usec = options->idle_timeout_usec;
    handlers->service = &daemon->service;
    handlers->targets = daemon->targets;
    handlers->n_targets = daemon->n_targets;
    handlers->own_uid = daemon->uid;
    handlers->max_subscribers = options->max_subscribers;
    handlers->limits.max_profiles = (uint32_t)daemon->fits.profiles;
    handlers->compiles =
        (struct budget){.max = options->max_compiles, .interval_usec = COMPILES_INTERVAL_USEC};
    handlers->reload = reload;
    handlers->gather = gather_status;
    handlers->user = daemon;
}

static int start_events(struct daemon *daemon)
{
    int r = loop_add_deferred(daemon->event, &daemon->check, PRIORITY_COMPILES, on_check, daemon);

    if (r >= 0)
        r = loop_add_deferred(daemon->event, &daemon->scan, SD_EVENT_PRIORITY_NORMAL, on_scan,
                              daemon);
    if (r >= 0)
        r = loop_add_deferred(daemon->event, &daemon->idle, SD_EVENT_PRIORITY_IDLE, on_idle,
                              daemon);
    if (r >= 0)
        r = loop_add_timer(daemon->event, &daemon->retry, 0, on_retry, daemon);
    if (r >= 0)
        r = loop_add_timer(daemon->event, &daemon->pause, 0, on_pause_over, daemon);
    if (r >= 0)
        r = loop_add_timer(daemon->event, &daemon->tell, 0, on_tell, daemon);
    return r < 0 ? r : 0;
}

static int start_spawner(struct daemon *daemon)
{
    struct spawner_arg arg = {.limits = worker_limits(daemon->options->workers),
                              .own = &daemon->own};

    for (size_t i = 0; i < daemon->n_targets; i++)
        arg.abis |= target_abis(daemon->targets[i]);
    daemon->spawner.lost = on_spawner_lost;
    daemon->spawner.user = daemon;
    return spawner_start(&daemon->spawner, &daemon->children, &arg);
}

static int confine(struct daemon *daemon)
{
    const struct options *options = daemon->options;
    const struct confine_places places = {
        .directories = options->directories,
        .n_directories = options->n_directories,
        .cache_fd = daemon->cache.dir.place_fd,
        .socket_path = options->socket_path,
    };

    return confine_main(&places, &daemon->own, &daemon->log, &daemon->lacks);
}

static int start(struct daemon *daemon)
{
    const struct options *options = daemon->options;
    int r = start_loop(daemon);

    if (r == 0)
        r = choose_targets(daemon);
    if (r == 0)
        r = make_filters(daemon);
    if (r == 0)
        r = options->socket_path ? server_check(&daemon->log, options->socket_path) : 0;
    if (r < 0)
        return r;
    daemon->started_usec = now(daemon);
    phase_begin(&daemon->phase, daemon->started_usec);
    fit_fds(daemon);
    daemon->children.event = daemon->event;
    start_rooms(daemon);
    start_server(daemon);
    r = strays_start(&daemon->strays, &daemon->log, &daemon->children, &daemon->spawner);
    if (r < 0)
        return r;
    /* The processes first, while there is nothing in this one that they should not have. */
    if (options->cache_path)
        cache_start(&daemon->cache, &daemon->children, options->cache_path, &daemon->own);
    r = start_spawner(daemon);
    if (r == 0)
        r = workers_start(&daemon->workers, options->workers, options->compile_timeout_usec);
    /* None of them has it: when this process is killed, nobody can connect any more. */
    if (r == 0)
        r = server_listen(&daemon->server, options->socket_path);
    if (r == 0)
        r = start_events(daemon);
    if (r < 0)
        return r;
    cache_open(&daemon->cache);
    r = watch_start(&daemon->follow.watch, daemon->event);
    if (r == 0)
        r = confine(daemon);
    if (r < 0)
        return r;
    /* Whoever asks for what is not compiled yet waits for that alone. */
    daemon->phase.barrier = follow_scan(&daemon->follow, true);
    return 0;
}

static void finish(struct daemon *daemon)
{
    server_close(&daemon->server);
    watch_stop(&daemon->follow.watch);
    follow_stop(&daemon->follow);
    workers_stop(&daemon->workers);
    spawner_stop(&daemon->spawner);
    cache_stop(&daemon->cache);
    strays_stop(&daemon->strays);
    stop_events(daemon);
    service_clear(&daemon->service);
    own_filters_clear(&daemon->own);
    phase_end(&daemon->phase);
    sd_event_unref(daemon->event);
}

int daemon_run(const struct options *options)
{
    struct daemon *daemon = calloc(1, sizeof(*daemon));
    int r;

    if (!daemon)
        return -ENOMEM;
    daemon->options = options;
    daemon->uid = geteuid();
    server_init(&daemon->server);
    cache_init(&daemon->cache);
    log_init(&daemon->log, options->log_level);
    daemon->log.peers.max = options->log_burst;
    r = start(daemon);
    if (r < 0)
        log_write(&daemon->log, LOG_ERR, "cannot start: %s", strerror(-r));
    else
        r = sd_event_loop(daemon->event);
    finish(daemon);
    log_close(&daemon->log);
    free(daemon);
    return r;
}
