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
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include "compiler/facts/kernel-version.h"
#include "daemon/priority.h"
#include "daemon/process/confine.h"
#include "util/cleanup.h"

enum {
    STOP_USEC = 3000000,               /* for which the end waits for the cache's last entries */
    COMPILES_INTERVAL_USEC = 60000000, /* of --max-compiles-per-minute */
};

uint64_t daemon_now(const struct daemon *daemon)
{
    uint64_t now = 0;

    sd_event_now(daemon->event, CLOCK_MONOTONIC, &now);
    return now;
}

/* What the service uses of the disk cache. */

static bool cache_is_open(void *user)
{
    const struct daemon *daemon = user;

    return daemon->cache.fd >= 0;
}

static bool cache_has_writer(void *user)
{
    const struct daemon *daemon = user;

    return cache_writer_is_alive(&daemon->writer);
}

static enum cache_outcome cache_ops_read(void *user, const uint8_t key[DIGEST_SIZE],
                                         const struct target *target, struct cache_entry *entry)
{
    struct daemon *daemon = user;
    const struct cache_write *write = cache_writer_find(&daemon->writer, key);

    /* What waits is newer than what is there. */
    if (write) {
        memcpy(daemon->entry, write->bytes, write->size);
        if (cache_entry_check(entry, daemon->entry, write->size, key, target) == 0)
            return CACHE_HIT;
    }
    return cache_read(&daemon->cache, key, target, daemon->entry, entry);
}

static void cache_ops_write(void *user, const struct cache_entry *entry,
                            const uint8_t key[DIGEST_SIZE])
{
    struct daemon *daemon = user;
    int r = cache_writer_add(&daemon->writer, entry, key);

    if (r < 0)
        background_note_written(&daemon->background, r);
}

static void cache_ops_drop(void *user, const uint8_t key[DIGEST_SIZE])
{
    struct daemon *daemon = user;

    /* Where this is not possible, it fails its check the next time as well. */
    (void)cache_writer_drop(&daemon->writer, key);
}

static size_t cache_count_waiting(void *user)
{
    const struct daemon *daemon = user;

    return cache_writer_waiting(&daemon->writer);
}

static bool cache_is_in_place(void *user)
{
    const struct daemon *daemon = user;

    return cache_dir_is_in_place(&daemon->cache);
}

static void cache_look(void *user)
{
    struct daemon *daemon = user;

    cache_writer_look(&daemon->writer);
}

/* What the service tells. Each of these has the event loop come to it, and does nothing more. */

static uint64_t now(void *user)
{
    return daemon_now(user);
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

static int serve(struct daemon *daemon)
{
    int r = server_open(&daemon->server);

    if (r < 0) {
        log_write(&daemon->log, LOG_ERR, "cannot serve: %s", strerror(-r));
        (void)sd_event_exit(daemon->event, r);
        return r;
    }
    log_write(&daemon->log, LOG_NOTICE, "ready: %zu profiles", daemon->service.registry.n);
    return 0;
}

/* Has the event loop come to TIMER at USEC; UINT64_MAX: not at all. */
static void set_timer(sd_event_source *timer, uint64_t usec)
{
    /* Neither can fail for a timer that is there. */
    (void)sd_event_source_set_time(timer, usec);
    (void)sd_event_source_set_enabled(timer, usec == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static int on_check(sd_event_source *source, void *user)
{
    struct daemon *daemon = user;
    struct service *service = &daemon->service;
    uint64_t pending = service_wake_scanned(service);
    size_t served = 0, failed = 0;

    (void)source;
    set_timer(daemon->retry, service->retry_usec);
    set_timer(daemon->pause, daemon->background.paused_until_usec
                                 ? daemon->background.paused_until_usec
                                 : UINT64_MAX);
    if (phase_may_serve(&daemon->phase, pending) && serve(daemon) < 0)
        return 0;
    for (size_t i = 0; i < service->registry.n; i++) {
        served += service->registry.entries[i]->served != NULL;
        failed += service->registry.entries[i]->failed;
    }
    phase_tell(&daemon->phase, pending, served, failed);
    return 0;
}

static int on_idle(sd_event_source *source, void *user)
{
    struct daemon *daemon = user;

    return background_step(&daemon->background)
               ? sd_event_source_set_enabled(source, SD_EVENT_ONESHOT)
               : 0;
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
    const struct daemon *daemon = user;

    status->uptime_usec = daemon_now(daemon) - daemon->started_usec;
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
    daemon->check = sd_event_source_disable_unref(daemon->check);
    daemon->idle = sd_event_source_disable_unref(daemon->idle);
    daemon->retry = sd_event_source_disable_unref(daemon->retry);
    daemon->pause = sd_event_source_disable_unref(daemon->pause);
    daemon->place = sd_event_source_disable_unref(daemon->place);
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
    workers_stop(&daemon->workers);
    if (cache_writer_waiting(&daemon->writer) == 0 ||
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
    if (phase_reload(&daemon->phase, daemon_now(daemon))) {
        log_write(&daemon->log, LOG_INFO, "reloading");
        daemon->phase.barrier = reload(daemon);
    }
    return 0;
}

static void on_files_changed(void *user, bool everything)
{
    struct daemon *daemon = user;

    follow_scan(&daemon->follow, everything);
}

/* The cache's writing process is done with one entry. */
static void on_written(void *user, int result)
{
    struct daemon *daemon = user;

    background_note_written(&daemon->background, result);
    if (daemon->phase.state == PHASE_STOPPING && cache_writer_waiting(&daemon->writer) == 0)
        sd_event_exit(daemon->event, 0);
}

static void on_writer_lost(void *user, const char *why)
{
    struct daemon *daemon = user;

    log_write(&daemon->log, LOG_WARNING,
              "the process that writes the cache %s; nothing is written until a restart", why);
}

/* Its clean copy of this process cannot be made again here: a new daemon makes one. */
static void on_spawner_lost(void *user, const char *why)
{
    struct daemon *daemon = user;

    log_write(&daemon->log, LOG_ERR,
              "the process that makes workers %s; secprofd ends, and is to be started again", why);
    sd_event_exit(daemon->event, -EPIPE);
}

static void on_compiled(void *user, struct job *job, const struct outcome *outcome)
{
    struct daemon *daemon = user;

    service_finish(&daemon->service, job, outcome);
}

static void on_cache_failed(void *user, const char *why)
{
    struct daemon *daemon = user;

    background_note_failed(&daemon->background, why);
}

static void on_cache_found(void *user)
{
    struct daemon *daemon = user;

    background_note_found(&daemon->background);
}

/* Something happened where the cache lies: perhaps it is gone, or was put right. */
static int on_place(sd_event_source *source, const struct inotify_event *event, void *user)
{
    struct daemon *daemon = user;

    (void)source;
    /* Without a name it is the place itself, or too much happened. */
    if (!event->len || !strcmp(event->name, CACHE_ENTRIES))
        background_unpause(&daemon->background);
    return 0;
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
    if (r >= 0)
        r = sd_event_set_watchdog(daemon->event, true);
    return r < 0 ? r : 0;
}

/* As many fds as we may have: each filter in memory is one. */
static void raise_fd_limit(struct daemon *daemon)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        log_write(&daemon->log, LOG_WARNING, "cannot raise the limit of open files: %s",
                  strerror(errno));
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

/* Starts what writes to the cache. Without one the daemon does its work, too. */
static void start_cache(struct daemon *daemon)
{
    const struct options *options = daemon->options;
    int r;

    if (!options->cache_path)
        return;
    r = cache_dir_find(&daemon->cache, options->cache_path, daemon->uid);
    if (r < 0) {
        log_write(&daemon->log, LOG_WARNING, "no cache on disk until a restart: %s: %s",
                  options->cache_path, strerror(-r));
        return;
    }
    daemon->writer.done = on_written;
    daemon->writer.lost = on_writer_lost;
    daemon->writer.failed = on_cache_failed;
    daemon->writer.found = on_cache_found;
    daemon->writer.user = daemon;
    r = cache_writer_start(&daemon->writer, &daemon->children, &daemon->cache, options->cache_size,
                           &daemon->own);
    if (r < 0)
        log_write(&daemon->log, LOG_WARNING, "the cache cannot be written: %s", strerror(-r));
}

/* So that a lost directory is made again before somebody needs it: a restart may come first. */
static void watch_place(struct daemon *daemon)
{
    const uint32_t mask =
        IN_CREATE | IN_DELETE | IN_MOVE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    char path[32];
    int r;

    if (daemon->cache.place_fd < 0)
        return;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", daemon->cache.place_fd);
    r = sd_event_add_inotify(daemon->event, &daemon->place, path, mask, on_place, daemon);
    if (r < 0)
        log_write(&daemon->log, LOG_NOTICE,
                  "cannot watch where the cache lies: %s; what happens to it is noticed when it is "
                  "written",
                  strerror(-r));
}

/* Opens the cache for the first scan. A directory that cannot be used is looked for again later. */
static void open_cache(struct daemon *daemon)
{
    char why[TRUST_WHY_SIZE];
    bool other;
    int r;

    if (daemon->cache.place_fd < 0)
        return;
    r = cache_dir_open(&daemon->cache, &other, why);
    if (r == -ENOENT) {
        r = cache_dir_make(daemon->cache.place_fd);
        if (r == 0)
            r = cache_dir_open(&daemon->cache, &other, why);
    }
    if (r != TRUST_OK)
        background_note_failed(&daemon->background, r < 0 ? strerror(-r) : why);
    else
        cache_writer_look(&daemon->writer);
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
        .max_variants = options->max_variants,
        .max_contents = options->max_contents,
        /* One worker stays free for what is urgent, where there is more than one. */
        .max_background = options->workers > 1 ? options->workers - 1 : 1,
        .compile_timeout_usec = options->compile_timeout_usec,
    };
    struct service *service = &daemon->service;

    service->log = &daemon->log;
    service->host = daemon->host;
    service->kernel = kernel_version_host();
    service->cache = (struct cache_ops){
        .is_open = cache_is_open,
        .has_writer = cache_has_writer,
        .read = cache_ops_read,
        .write = cache_ops_write,
        .drop = cache_ops_drop,
        .count_waiting = cache_count_waiting,
        .is_in_place = cache_is_in_place,
        .look = cache_look,
        .user = daemon,
    };
    service->hooks = (struct service_hooks){now, on_jobs_wait, on_changed, daemon};
    service_init(service, &limits);
    daemon->follow.directories = options->directories;
    daemon->follow.n_directories = options->n_directories;
    daemon->follow.max_profiles = options->max_profiles;
    daemon->follow.own_uid = daemon->uid;
    daemon->follow.shared = options->shared_directories;
    daemon->follow.service = service;
    daemon->follow.watch.changed = on_files_changed;
    daemon->follow.watch.user = daemon;
    daemon->background.service = service;
    daemon->background.targets = daemon->targets;
    daemon->background.n_targets = daemon->n_targets;
    daemon->background.path = options->cache_path;
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
    server->max_connections = options->max_connections;
    server->max_connections_per_uid = options->max_connections_per_uid;
    server->idle_usec = options->idle_timeout_usec;
    handlers->service = &daemon->service;
    handlers->targets = daemon->targets;
    handlers->n_targets = daemon->n_targets;
    handlers->own_uid = daemon->uid;
    handlers->max_subscribers = options->max_subscribers;
    handlers->compiles =
        (struct budget){.max = options->max_compiles, .interval_usec = COMPILES_INTERVAL_USEC};
    handlers->reload = reload;
    handlers->gather = gather_status;
    handlers->user = daemon;
}

/* Adds a timer that is off. */
static int add_timer(struct daemon *daemon, sd_event_source **timer,
                     sd_event_time_handler_t handler)
{
    int r = sd_event_add_time(daemon->event, timer, CLOCK_MONOTONIC, 0, 0, handler, daemon);

    return r < 0 ? r : sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
}

/* Adds what comes after something else, and is off until then. */
static int add_deferred(struct daemon *daemon, sd_event_source **source, sd_event_handler_t handler,
                        int priority)
{
    int r = sd_event_add_defer(daemon->event, source, handler, daemon);

    if (r >= 0)
        r = sd_event_source_set_priority(*source, priority);
    return r < 0 ? r : sd_event_source_set_enabled(*source, SD_EVENT_OFF);
}

static int start_events(struct daemon *daemon)
{
    int r = add_deferred(daemon, &daemon->check, on_check, PRIORITY_COMPILES);

    if (r >= 0)
        r = add_deferred(daemon, &daemon->idle, on_idle, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = add_timer(daemon, &daemon->retry, on_retry);
    if (r >= 0)
        r = add_timer(daemon, &daemon->pause, on_pause_over);
    return r < 0 ? r : 0;
}

static int start_spawner(struct daemon *daemon)
{
    struct spawner_arg arg = {.limits = WORKER_LIMITS, .own = &daemon->own};

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
        .cache_fd = daemon->cache.place_fd,
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
    daemon->started_usec = daemon_now(daemon);
    raise_fd_limit(daemon);
    daemon->children.event = daemon->event;
    start_rooms(daemon);
    start_server(daemon);
    r = strays_start(&daemon->strays, &daemon->log, &daemon->children, &daemon->spawner);
    if (r < 0)
        return r;
    /* The processes first, while there is nothing in this one that they should not have. */
    start_cache(daemon);
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
    watch_place(daemon);
    open_cache(daemon);
    r = watch_start(&daemon->follow.watch, daemon->event);
    if (r == 0)
        r = confine(daemon);
    if (r == 0)
        daemon->phase.barrier = follow_scan(&daemon->follow, true);
    return r;
}

static void finish(struct daemon *daemon)
{
    server_close(&daemon->server);
    watch_stop(&daemon->follow.watch);
    workers_stop(&daemon->workers);
    spawner_stop(&daemon->spawner);
    cache_writer_stop(&daemon->writer);
    strays_stop(&daemon->strays);
    stop_events(daemon);
    service_clear(&daemon->service);
    cache_dir_clear(&daemon->cache);
    own_filters_clear(&daemon->own);
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
    daemon->cache = CACHE_DIR_NONE;
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
