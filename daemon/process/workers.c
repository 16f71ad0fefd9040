/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The main process's end of the workers. What a worker says is checked before it is believed;
 * whatever one does wrong ends it, and costs the profile that it worked on.
 */
#include "daemon/process/workers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/facts/abi.h"
#include "daemon/filters/jobs.h"
#include "daemon/filters/registry.h"
#include "daemon/log.h"
#include "daemon/priority.h"
#include "daemon/process/spawner.h"
#include "daemon/process/worker.h"
#include "util/cleanup.h"

enum {
    WHY_SIZE = 160,
};

static uint64_t now_of(const struct workers *workers)
{
    uint64_t now = 0;

    sd_event_now(workers->children->event, CLOCK_MONOTONIC, &now);
    return now;
}

static size_t place_of(const struct worker *worker)
{
    return (size_t)(worker - worker->workers->workers);
}

void workers_kick(struct workers *workers)
{
    /* Not at once: a job must not end while somebody is about to wait for it. */
    sd_event_source_set_enabled(workers->turn, SD_EVENT_ONESHOT);
}

/* WORKER, whose process is PID, did something wrong. Its job gets another try, or ends. */
static void fail(struct worker *worker, pid_t pid, enum pool_misdeed misdeed, const char *why)
{
    struct workers *workers = worker->workers;
    struct job *job = workers->pool.places[place_of(worker)].job;
    const struct log_subject subject = {
        .profile = job && job->source->entry ? job->source->entry->name : NULL};
    char text[WHY_SIZE];
    const struct outcome outcome = {.compiled.result = -EIO, .why = text};

    log_about(workers->log, LOG_WARNING, &subject, "worker %d %s%s%s", pid, why,
              job ? " while it compiled " : "", job ? job->source->path : "");
    workers->failures++;
    child_hang_up(&worker->child);
    snprintf(text, sizeof(text), "the process that compiled it %s", why);
    job = pool_fail(&workers->pool, place_of(worker), misdeed, now_of(workers));
    if (job)
        workers->done(workers->user, job, &outcome);
    workers_kick(workers);
}

static void misbehave(struct worker *worker, const char *why)
{
    fail(worker, worker->child.pid, POOL_MISBEHAVED, why);
}

static void on_ended(void *user, const char *why)
{
    struct worker *worker = user;
    struct pool *pool = &worker->workers->pool;
    char text[WHY_SIZE];

    switch (pool->places[place_of(worker)].state) {
    case POOL_ENDING:
        pool_gone(pool, place_of(worker), now_of(worker->workers));
        workers_kick(worker->workers);
        break;
    case POOL_STARTING:
        snprintf(text, sizeof(text), "%s (it could not be confined)", why);
        fail(worker, worker->child.pid, POOL_ENDED, text);
        break;
    default:
        fail(worker, worker->child.pid, POOL_ENDED, why);
    }
}

static void on_stopped(void *user)
{
    struct worker *worker = user;

    /* One that is to end is killed, stopped or not. */
    if (worker->workers->pool.places[place_of(worker)].state != POOL_ENDING)
        misbehave(worker, "was stopped by a signal");
}

/* Makes the answer in PACKET the outcome of WORKER's job. */
static void take_answer(struct worker *worker, uint8_t *packet, size_t len)
{
    struct workers *workers = worker->workers;
    const struct job *asked = workers->pool.places[place_of(worker)].job;
    struct outcome outcome = {.why = "the compiler ran out of memory"};
    const char *wrong;
    char why[WHY_SIZE];
    int r;

    if (worker_answer_check(&outcome.compiled, packet, len, asked->id, asked->request.target,
                            &wrong) < 0) {
        snprintf(why, sizeof(why), "answered nonsense (%s)", wrong);
        misbehave(worker, why);
        return;
    }
    r = outcome.compiled.result;
    if (r < 0 && r != -EINVAL && r != -ENOMEM) {
        snprintf(why, sizeof(why), "the compiler failed: %s", strerror(-r));
        outcome.why = why;
    }
    workers->done(workers->user, pool_finish(&workers->pool, place_of(worker)), &outcome);
    workers_kick(workers);
}

static bool is_hello(const uint8_t *packet, size_t len)
{
    struct worker_hello hello;

    if (len != sizeof(hello))
        return false;
    memcpy(&hello, packet, sizeof(hello));
    return hello.magic == WORKER_MAGIC && hello.zero == 0;
}

static void on_spoke(void *user)
{
    struct worker *worker = user;
    struct workers *workers = worker->workers;
    enum pool_state state = workers->pool.places[place_of(worker)].state;
    ssize_t len = child_receive(&worker->child, workers->packet, WORKER_ANSWER_MAX, NULL);

    if (len == -EAGAIN || state == POOL_ENDING)
        return;
    if (len < 0) {
        misbehave(worker, "sent what is no answer");
    } else if (state == POOL_BUSY) {
        take_answer(worker, workers->packet, (size_t)len);
    } else if (state == POOL_STARTING && is_hello(workers->packet, (size_t)len)) {
        pool_ready(&workers->pool, place_of(worker));
        workers_kick(workers);
    } else {
        misbehave(worker, "spoke without being asked");
    }
}

/* The spawner's answer: a worker PID behind the socket SOCK (consumed), or -errno. */
static void on_made(void *user, int sock, pid_t pid)
{
    static const struct child_events events = {on_spoke, on_ended, on_stopped, NULL};
    struct workers *workers = user;
    size_t place;
    int r = sock < 0 ? sock : 0;

    if (r == 0 && !pool_made(&workers->pool, &place)) {
        close(sock);
        return;
    }
    if (r < 0)
        pool_not_made(&workers->pool, now_of(workers));
    else
        r = child_adopt(&workers->workers[place].child, workers->children, pid, sock, &events,
                        &workers->workers[place]);
    if (r < 0)
        log_write(workers->log, LOG_ERR, "no new worker: %s", strerror(-r));
    if (r < 0 && sock >= 0) {
        workers->pool.places[place].failed = true;
        pool_gone(&workers->pool, place, now_of(workers));
    }
    workers_kick(workers);
}

static int send_job(const struct worker *worker, const struct job *job)
{
    /* A worker sees no text but its own. */
    cleanup_close int fd = source_copy(job->source);
    const struct worker_request request = {
        .magic = WORKER_MAGIC,
        .audit_arch = target_native_abi(job->request.target)->audit_arch,
        .id = job->id,
        .caps = job->request.caps,
        .kernel = job->request.kernel,
        .mode = job->request.mode,
        .size = (uint32_t)job->source->size,
    };
    const struct iovec iov = {(void *)&request, sizeof(request)};

    if (fd < 0)
        return fd;
    return child_send(&worker->child, &iov, 1, &fd, 1);
}

/*
 * True where a send failed with ERROR for want of something that others have. The kernel counts the
 * fds that are on their way for the user, whoever sent them (ETOOMANYREFS).
 */
static bool is_lack(int error)
{
    return error == -ETOOMANYREFS || error == -ENOBUFS || error == -ENOMEM || error == -EAGAIN ||
           error == -EMFILE || error == -ENFILE;
}

/* Hands JOB to the worker at PLACE. Returns false where it has to wait. */
static bool hand_over(struct workers *workers, size_t place, const struct job *job, uint64_t now)
{
    int r = send_job(&workers->workers[place], job);

    if (is_lack(r))
        pool_postpone(&workers->pool, place, now);
    else if (r < 0)
        misbehave(&workers->workers[place], "takes no requests");
    return !is_lack(r);
}

static void kill_ending(struct workers *workers, uint64_t now)
{
    size_t place;

    while (pool_kill(&workers->pool, now, &place)) {
        struct child *child = &workers->workers[place].child;
        int r = spawner_kill(workers->spawner, child);

        child_hang_up(child);

        /* It ends all the same, without a peer, unless it hangs: so it is tried again. */
        if (r < 0) {
            log_write(workers->log, LOG_ERR, "cannot have worker %d killed: %s", child->pid,
                      strerror(-r));
            pool_not_killed(&workers->pool, place, now);
        }
    }
}

static void request_missing(struct workers *workers, uint64_t now)
{
    while (pool_wants(&workers->pool, now)) {
        if (spawner_request(workers->spawner, SPAWNER_WORKER) < 0)
            pool_back_off(&workers->pool, now);
        else
            pool_asked(&workers->pool);
    }
}

static int on_turn(sd_event_source *source, void *user)
{
    struct workers *workers = user;
    struct pool *pool = &workers->pool;
    uint64_t now = now_of(workers), next;
    struct job *job;
    size_t place;

    (void)source;
    while (pool_hung(pool, now, &place))
        fail(&workers->workers[place], workers->workers[place].child.pid, POOL_HUNG,
             "took too long");
    while ((job = pool_begin(pool, now, &place)) && hand_over(workers, place, job, now))
        ;
    pool_end_done(pool);
    kill_ending(workers, now);
    request_missing(workers, now);
    next = pool_next(pool, now);
    if (next == UINT64_MAX)
        return sd_event_source_set_enabled(workers->timer, SD_EVENT_OFF);
    sd_event_source_set_time(workers->timer, next);
    return sd_event_source_set_enabled(workers->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
    (void)source;
    (void)usec;
    workers_kick(user);
    return 0;
}

int workers_start(struct workers *workers, size_t n, uint64_t timeout_usec)
{
    sd_event *event = workers->children->event;
    int r;

    pool_init(&workers->pool, workers->jobs, n, timeout_usec);
    for (size_t i = 0; i < POOL_PLACES_MAX; i++)
        workers->workers[i].workers = workers;
    workers->spawner->owners[SPAWNER_WORKER].made = on_made;
    workers->spawner->owners[SPAWNER_WORKER].user = workers;
    workers->packet = malloc(WORKER_ANSWER_MAX);
    if (!workers->packet)
        return -ENOMEM;
    r = sd_event_add_defer(event, &workers->turn, on_turn, workers);
    if (r >= 0)
        r = sd_event_source_set_priority(workers->turn, PRIORITY_COMPILES);
    if (r >= 0)
        r = sd_event_add_time(event, &workers->timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_timer,
                              workers);
    if (r >= 0)
        r = sd_event_source_set_priority(workers->timer, PRIORITY_COMPILES);
    if (r >= 0)
        r = sd_event_source_set_enabled(workers->timer, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void workers_stop(struct workers *workers)
{
    for (size_t i = 0; i < POOL_PLACES_MAX; i++)
        child_drop(&workers->workers[i].child);
    workers->timer = sd_event_source_disable_unref(workers->timer);
    workers->turn = sd_event_source_disable_unref(workers->turn);
    free(workers->packet);
    workers->packet = NULL;
    pool_init(&workers->pool, workers->jobs, 0, 0);
}
