/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofd: starts everything, runs the event loop, and takes it down again. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "compiler/parse/profile.h"
#include "daemon/daemon.h"
#include "daemon/files/follow.h"
#include "daemon/filters/service.h"
#include "daemon/phase.h"
#include "daemon/process/confine.h"
#include "util/cleanup.h"
#include "util/io.h"

enum {
    EXIT_USAGE = 2,
    COMPILES_INTERVAL_USEC = 60000000, /* of --max-compiles-per-minute */
};

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
    (void)source;
    (void)info;
    phase_stop(user);
    return 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
    (void)source;
    (void)info;
    phase_reload(user);
    return 0;
}

static void on_changed(void *user, bool everything)
{
    follow_scan(user, everything);
}

/* The cache's writing process is done with one entry. */
static void on_written(void *user, int result)
{
    struct daemon *daemon = user;

    background_note_written(daemon, result);
    if (daemon->phase == PHASE_STOPPING && cache_writer_waiting(&daemon->writer) == 0)
        sd_event_exit(daemon->event, 0);
}

static void on_writer_lost(void *user, const char *who, const char *why)
{
    struct daemon *daemon = user;

    log_write(&daemon->log, LOG_WARNING, "%s %s%s", who, why,
              cache_writer_is_healing(&daemon->writer) ? "; another one takes over"
                                                       : "; nothing replaces it until a restart");
}

static void on_cache_failed(void *user, const char *why)
{
    background_note_failed(user, why);
}

static void on_cache_found(void *user)
{
    background_note_found(user);
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
    daemon->kernel = kernel_version_host();
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
    /* A keeper that is left the cache only, and not what it lies in, has to find it there. */
    (void)cache_dir_make(&daemon->cache);
    daemon->writer.done = on_written;
    daemon->writer.lost = on_writer_lost;
    daemon->writer.failed = on_cache_failed;
    daemon->writer.found = on_cache_found;
    daemon->writer.user = daemon;
    r = cache_writer_start(&daemon->writer, daemon->event, &daemon->cache, options->cache_size,
                           &daemon->own);
    if (r < 0)
        log_write(&daemon->log, LOG_WARNING, "the cache cannot be written: %s", strerror(-r));
}

/* Opens the cache for the first scan. A directory that cannot be used is looked for again later. */
static void open_cache(struct daemon *daemon)
{
    char why[TRUST_WHY_SIZE];
    bool other;
    int made, r;

    if (daemon->cache.parent_fd < 0)
        return;
    made = cache_dir_make(&daemon->cache);
    r = cache_dir_open(&daemon->cache, &other, why);
    if (r == -ENOENT && made < 0)
        r = made;
    if (r != TRUST_OK)
        background_note_failed(daemon, r < 0 ? strerror(-r) : why);
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

static int start(struct daemon *daemon)
{
    const struct options *options = daemon->options;
    int r = start_loop(daemon);

    if (r == 0)
        r = choose_targets(daemon);
    if (r == 0)
        r = make_filters(daemon);
    if (r == 0)
        r = options->socket_path ? server_check(daemon, options->socket_path) : 0;
    if (r < 0)
        return r;
    daemon->started_usec = daemon_now(daemon);
    raise_fd_limit(daemon);
    store_init(&daemon->store, options->max_variants);
    r = changes_start(daemon);
    if (r == 0)
        r = strays_start(daemon);
    if (r < 0)
        return r;
    /* The processes first, while there is nothing in this one that they should not have. */
    start_cache(daemon);
    r = workers_start(&daemon->workers, daemon, options->workers);
    /* None of them has it: when this process is killed, nobody can connect any more. */
    if (r == 0)
        r = server_listen(&daemon->server, daemon, options->socket_path);
    if (r == 0)
        r = background_start(daemon);
    if (r == 0)
        open_cache(daemon);
    daemon->watch.changed = on_changed;
    daemon->watch.user = daemon;
    if (r == 0)
        r = watch_start(&daemon->watch, daemon->event);
    if (r == 0)
        r = confine_main(daemon);
    return r < 0 ? r : phase_start(daemon);
}

static void finish(struct daemon *daemon)
{
    server_close(&daemon->server);
    watch_stop(&daemon->watch);
    workers_stop(&daemon->workers);
    cache_writer_stop(&daemon->writer);
    background_stop(daemon);
    service_stop(daemon);
    strays_stop(daemon);
    phase_clear(daemon);
    changes_stop(daemon);
    registry_clear(&daemon->registry);
    jobs_clear(&daemon->jobs);
    contents_clear(&daemon->contents);
    cache_dir_clear(&daemon->cache);
    own_filters_clear(&daemon->own);
    sd_event_unref(daemon->event);
}

uint64_t daemon_now(const struct daemon *daemon)
{
    uint64_t now = 0;

    sd_event_now(daemon->event, CLOCK_MONOTONIC, &now);
    return now;
}

static int run(const struct options *options)
{
    struct daemon *daemon = calloc(1, sizeof(*daemon));
    int r;

    if (!daemon)
        return EXIT_FAILURE;
    daemon->options = options;
    daemon->uid = geteuid();
    daemon->server.listener = -1;
    daemon->cache = CACHE_DIR_NONE;
    TAILQ_INIT(&daemon->reloads);
    log_init(&daemon->log, options->log_level);
    daemon->log.peers.max = options->log_burst;
    daemon->compiles =
        (struct budget){.max = options->max_compiles, .interval_usec = COMPILES_INTERVAL_USEC};
    /* One worker stays free for what is urgent, where there is more than one. */
    jobs_init(&daemon->jobs, options->workers > 1 ? options->workers - 1 : 1);
    failures_init(&daemon->failures, options->compile_timeout_usec);
    contents_init(&daemon->contents, options->max_contents);
    r = start(daemon);
    if (r < 0)
        log_write(&daemon->log, LOG_ERR, "cannot start: %s", strerror(-r));
    else
        r = sd_event_loop(daemon->event);
    finish(daemon);
    log_close(&daemon->log);
    free(daemon);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options;
    int r;

    if (io_occupy_standard_files() < 0)
        return EXIT_FAILURE;
    r = options_parse(&options, argc, argv, stdout, stderr);
    if (r == OPTIONS_RUN)
        r = run(&options);
    else
        r = r == OPTIONS_EXIT ? EXIT_SUCCESS : EXIT_USAGE;
    options_clear(&options);
    return r;
}
