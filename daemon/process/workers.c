/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pool of worker processes. What a worker says is checked before it is believed; whatever
 * one does wrong ends it, and costs the profile that it worked on.
 */
#include "daemon/process/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/facts/bpf.h"
#include "daemon/daemon.h"
#include "daemon/filters/service.h"
#include "util/packet.h"

enum {
    WHY_SIZE = 160,
};

static void request_missing(struct workers *workers);

size_t workers_alive(const struct workers *workers)
{
    size_t n = 0;

    for (size_t i = 0; i < workers->n_slots; i++)
        n += workers->slots[i].state != WORKER_NONE && workers->slots[i].state != WORKER_DYING;
    return n;
}

bool workers_are_coming(const struct workers *workers)
{
    return workers->requested > 0 || standby_is_coming(&workers->spawner.standby);
}

bool workers_know(const struct workers *workers, pid_t pid)
{
    for (size_t i = 0; i < workers->n_slots; i++)
        if (workers->slots[i].state != WORKER_NONE && workers->slots[i].pid == pid)
            return true;
    return standby_knows(&workers->spawner.standby, pid);
}

/* True where WORKER has not got a profile yet, and can get one now or soon. */
static bool is_fresh(const struct worker *worker)
{
    return worker->state == WORKER_STARTING || (worker->state == WORKER_IDLE && !worker->used);
}

/* Nothing is to be had from WORKER any more. Its job is the caller's. */
static void disconnect(struct worker *worker)
{
    worker->io = sd_event_source_disable_unref(worker->io);
    worker->deadline = sd_event_source_disable_unref(worker->deadline);
    if (worker->sock >= 0)
        close(worker->sock);
    worker->sock = -1;
    worker->job = NULL;
}

/* Empties WORKER's place. A process that still runs ends without its socket, or with the daemon. */
static void discard(struct worker *worker)
{
    disconnect(worker);
    worker->child = sd_event_source_disable_unref(worker->child);
    worker->state = WORKER_NONE;
}

/* Has the process of WORKER, which is DYING, killed. */
static int have_killed(struct worker *worker)
{
    int pidfd = sd_event_source_get_child_pidfd(worker->child);
    int r = pidfd < 0 ? pidfd : spawner_kill(&worker->workers->spawner, pidfd);

    worker->spared = r < 0;
    return r;
}

static void restart_later(struct workers *workers);

/*
 * Has WORKER's process killed; from now on nothing that it says is heard. Its place is free as soon
 * as it is reaped, which nobody waits for.
 */
static void kill_worker(struct worker *worker)
{
    struct workers *workers = worker->workers;
    int r;

    disconnect(worker);
    worker->state = WORKER_DYING;
    r = have_killed(worker);
    if (r < 0) {
        /* It ends all the same, without a peer, unless it hangs: so it is tried again. */
        log_write(&workers->daemon->log, LOG_ERR, "cannot have worker %d killed: %s", worker->pid,
                  strerror(-r));
        restart_later(workers);
    }
}

static int on_restart(sd_event_source *source, uint64_t usec, void *user)
{
    struct workers *workers = user;

    (void)usec;
    sd_event_source_disable_unref(source);
    workers->restart = NULL;
    for (size_t i = 0; i < workers->n_slots; i++) {
        struct worker *worker = &workers->slots[i];

        if (worker->state == WORKER_DYING && worker->spared && have_killed(worker) < 0)
            restart_later(workers);
    }
    request_missing(workers);
    workers_kick(workers);
    return 0;
}

/* Has fresh workers made, and jobs handed out that could not be, after a while that grows with each
 * failure, and not before. */
static void restart_later(struct workers *workers)
{
    uint64_t wait = (uint64_t)WORKER_BACKOFF_MIN_USEC
                    << (workers->failures < 8 ? workers->failures : 8);

    if (workers->restart)
        return;
    if (wait > WORKER_BACKOFF_MAX_USEC)
        wait = WORKER_BACKOFF_MAX_USEC;
    workers->failures++;
    if (sd_event_add_time_relative(workers->daemon->event, &workers->restart, CLOCK_MONOTONIC, wait,
                                   1000, on_restart, workers) < 0)
        log_write(&workers->daemon->log, LOG_ERR, "cannot set a timer: workers are missing");
}

/* The place of WORKER is empty. One that FAILED before it got a profile is not replaced at once. */
static void replace(struct worker *worker, bool failed)
{
    discard(worker);
    if (failed)
        restart_later(worker->workers);
    else
        request_missing(worker->workers);
}

enum misdeed {
    WORKER_ENDED,      /* it is reaped */
    WORKER_MISBEHAVED, /* it runs, but is of no use */
    WORKER_HUNG,       /* so would the next one */
};

/* WORKER did something wrong. Its job gets another try, unless it had its share. */
static void fail_worker(struct worker *worker, enum misdeed misdeed, const char *why)
{
    struct workers *workers = worker->workers;
    struct daemon *daemon = workers->daemon;
    struct job *job = worker->job;
    const struct log_subject subject = {
        .profile = job && job->source->entry ? job->source->entry->name : NULL};

    log_about(&daemon->log, LOG_WARNING, &subject, "worker %d %s%s%s", worker->pid, why,
              job ? " while it compiled " : "", job ? job->source->path : "");
    daemon->counters.worker_failures++;
    worker->failed = !worker->used;
    if (misdeed == WORKER_ENDED)
        replace(worker, worker->failed);
    else
        kill_worker(worker);
    if (!job)
        return;
    if (misdeed != WORKER_HUNG && job->attempts < JOB_ATTEMPTS_MAX) {
        jobs_put_back(&daemon->service.jobs, job);
        workers_kick(workers);
        return;
    }

    char text[WHY_SIZE];
    struct outcome outcome = {.result = -EIO, .why = text};

    snprintf(text, sizeof(text), "the process that compiled it %s", why);
    service_finish(&daemon->service, job, &outcome);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *user)
{
    (void)source;
    (void)usec;
    fail_worker(user, WORKER_HUNG, "took too long");
    return 0;
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *user)
{
    struct worker *worker = user;
    char why[WHY_SIZE];

    (void)source;
    if (worker->state == WORKER_DYING) {
        replace(worker, worker->failed);
        return 0;
    }
    if (info->si_code == CLD_EXITED)
        snprintf(why, sizeof(why), "ended with status %d%s", info->si_status,
                 worker->state == WORKER_STARTING ? " (it could not be confined)" : "");
    else
        snprintf(why, sizeof(why), "was killed by signal %d (SIG%s)", info->si_status,
                 sigabbrev_np(info->si_status) ? sigabbrev_np(info->si_status) : "?");
    fail_worker(worker, WORKER_ENDED, why);
    return 0;
}

/* Sends JOB to WORKER. */
static int send_job(const struct worker *worker, const struct job *job)
{
    const struct worker_request request = {
        .magic = WORKER_MAGIC,
        .audit_arch = target_native_abi(job->request.target)->audit_arch,
        .id = job->id,
        .caps = job->request.caps,
        .kernel = job->request.kernel,
        .size = (uint32_t)job->source->size,
    };
    const struct iovec iov = {(void *)&request, sizeof(request)};

    return packet_send(worker->sock, &iov, 1, &job->source->fd, 1, MSG_DONTWAIT);
}

/* WORKER begins to work now, and has the time that a compile may take. */
static int start_clock(struct worker *worker)
{
    struct daemon *daemon = worker->workers->daemon;
    int r =
        sd_event_source_set_time_relative(worker->deadline, daemon->options->compile_timeout_usec);

    worker->began_usec = daemon_now(daemon);
    return r < 0 ? r : sd_event_source_set_enabled(worker->deadline, SD_EVENT_ONESHOT);
}

/*
 * An idle worker that may see SOURCE: one that has seen its text already and nothing else, or a
 * fresh one. NULL: there is none.
 */
static struct worker *find_worker(struct workers *workers, const struct source *source)
{
    struct worker *fresh = NULL;

    for (size_t i = 0; i < workers->n_slots; i++) {
        struct worker *worker = &workers->slots[i];

        if (worker->state != WORKER_IDLE)
            continue;
        if (!worker->used)
            fresh = worker;
        else if (!memcmp(worker->profile, source->digest, DIGEST_SIZE))
            return worker;
    }
    return fresh;
}

/*
 * True where a send failed with ERROR for want of something that others have. The kernel counts the
 * fds that are on their way for the user, whoever sent them (ETOOMANYREFS).
 */
static bool is_lack(int error)
{
    return error == -ETOOMANYREFS || error == -ENOBUFS || error == -ENOMEM || error == -EAGAIN;
}

/* Hands JOB to WORKER. Returns false where it has to wait, and neither of them is to blame. */
static bool hand_over(struct worker *worker, struct job *job)
{
    struct workers *workers = worker->workers;
    const bool used = worker->used;
    int r, sent = 0;

    jobs_begin(&workers->daemon->service.jobs, job);
    worker->job = job;
    worker->state = WORKER_BUSY;
    worker->used = true;
    memcpy(worker->profile, job->source->digest, DIGEST_SIZE);
    r = start_clock(worker);
    if (r >= 0)
        sent = send_job(worker, job);
    if (is_lack(sent)) {
        /* Nothing reached it: it has seen no more than before. */
        sd_event_source_set_enabled(worker->deadline, SD_EVENT_OFF);
        worker->used = used;
        worker->job = NULL;
        worker->state = WORKER_IDLE;
        jobs_put_back(&workers->daemon->service.jobs, job);
        job->attempts--;
        restart_later(workers);
        return false;
    }
    if (r < 0 || sent < 0)
        fail_worker(worker, WORKER_MISBEHAVED, "takes no requests");
    return true;
}

static size_t count_busy(const struct workers *workers)
{
    size_t n = 0;

    for (size_t i = 0; i < workers->n_slots; i++)
        n += workers->slots[i].state == WORKER_BUSY;
    return n;
}

/*
 * Hands waiting jobs to idle workers, in the order of the jobs. A used worker that gets none now
 * has done its work: what waits is for another profile, or comes later.
 */
static int on_kick(sd_event_source *source, void *user)
{
    struct workers *workers = user;
    const struct jobs *jobs = &workers->daemon->service.jobs;
    struct worker *worker;
    struct job *job;

    (void)source;
    while (count_busy(workers) < workers->n && (job = jobs_next(jobs)) &&
           (worker = find_worker(workers, job->source)) && hand_over(worker, job))
        ;
    for (size_t i = 0; i < workers->n_slots; i++)
        if (workers->slots[i].state == WORKER_IDLE && workers->slots[i].used)
            kill_worker(&workers->slots[i]);
    request_missing(workers);
    return 0;
}

void workers_kick(struct workers *workers)
{
    /* Not at once: a job must not end while somebody is about to wait for it. */
    sd_event_source_set_enabled(workers->kick, SD_EVENT_ONESHOT);
}

/* WORKER is free again, for more work on the same profile unless it has worked much. */
static void finish_work(struct worker *worker)
{
    struct daemon *daemon = worker->workers->daemon;

    worker->state = WORKER_IDLE;
    worker->job = NULL;
    worker->workers->failures = 0;
    worker->busy_usec += daemon_now(daemon) - worker->began_usec;
    sd_event_source_set_enabled(worker->deadline, SD_EVENT_OFF);
    if (worker->busy_usec >= WORKER_BUSY_MAX_USEC)
        kill_worker(worker);
}

/* Makes the answer in PACKET the outcome of WORKER's job. */
static void take_answer(struct worker *worker, uint8_t *packet, size_t len)
{
    struct daemon *daemon = worker->workers->daemon;
    struct job *job = worker->job;
    struct compiled compiled;
    const char *wrong;
    char why[WHY_SIZE];

    if (worker_answer_check(&compiled, packet, len, job->id, &wrong) < 0) {
        snprintf(why, sizeof(why), "answered nonsense (%s)", wrong);
        fail_worker(worker, WORKER_MISBEHAVED, why);
        return;
    }

    struct outcome outcome = {
        .result = compiled.result,
        .filter = {.text = compiled.text, .text_len = compiled.text_len},
        .axes = compiled.axes,
        .why = "the compiler ran out of memory",
    };

    if (compiled.result == 0) {
        bpf_store(compiled.insns, compiled.n_insns,
                  target_native_abi(job->request.target)->big_endian, daemon->code);
        outcome.filter.bytes = daemon->code;
        outcome.filter.n_insns = compiled.n_insns;
        outcome.filter.flags = compiled.flags;
        outcome.filter.proof = compiled.proof;
    }
    if (compiled.result < 0 && compiled.result != -EINVAL && compiled.result != -ENOMEM) {
        snprintf(why, sizeof(why), "the compiler failed: %s", strerror(-compiled.result));
        outcome.why = why;
    }
    finish_work(worker);
    service_finish(&daemon->service, job, &outcome);
    workers_kick(worker->workers);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *user)
{
    struct worker *worker = user;
    uint8_t *packet = worker->workers->packet;
    struct worker_hello hello;
    size_t n_fds;
    ssize_t len = packet_recv(fd, packet, WORKER_ANSWER_MAX, NULL, 0, &n_fds, MSG_DONTWAIT);

    (void)source;
    (void)revents;
    if (len == -EAGAIN)
        return 0;
    if (len == 0 || len == -ECONNRESET) {
        /* It ended; how, is known as soon as it is reaped. */
        worker->io = sd_event_source_disable_unref(worker->io);
        return 0;
    }
    if (len < 0) {
        fail_worker(worker, WORKER_MISBEHAVED, "sent what is no answer");
        return 0;
    }
    if (worker->state == WORKER_BUSY) {
        take_answer(worker, packet, (size_t)len);
        return 0;
    }
    if (worker->state == WORKER_STARTING && len == sizeof(hello)) {
        memcpy(&hello, packet, sizeof(hello));
        if (hello.magic == WORKER_MAGIC && hello.zero == 0) {
            worker->state = WORKER_IDLE;
            workers_kick(worker->workers);
            return 0;
        }
    }
    fail_worker(worker, WORKER_MISBEHAVED, "spoke without being asked");
    return 0;
}

/* Puts the process PID behind the socket SOCK (consumed) into an empty place. */
static int adopt(struct worker *worker, struct workers *workers, int sock, pid_t pid)
{
    sd_event *event = workers->daemon->event;
    int r;

    *worker = (struct worker){.workers = workers, .pid = pid, .sock = sock};
    r = sd_event_add_child(event, &worker->child, pid, WEXITED, on_child, worker);
    if (r >= 0)
        r = sd_event_source_set_priority(worker->child, PRIORITY_PROCESS_ENDED);
    if (r >= 0)
        r = sd_event_add_io(event, &worker->io, sock, EPOLLIN, on_io, worker);
    if (r >= 0)
        r = sd_event_source_set_priority(worker->io, PRIORITY_COMPILES);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &worker->deadline, CLOCK_MONOTONIC, 0, 1000,
                                       on_deadline, worker);
    if (r >= 0)
        r = sd_event_source_set_enabled(worker->deadline, SD_EVENT_OFF);
    if (r < 0) {
        discard(worker);
        return r;
    }
    worker->state = WORKER_STARTING;
    return 0;
}

/* The spawner's answer to a request. */
static void on_born(void *user, int sock, pid_t pid)
{
    struct workers *workers = user;
    struct daemon *daemon = workers->daemon;

    if (workers->requested)
        workers->requested--;
    if (sock < 0) {
        log_write(&daemon->log, LOG_ERR, "no new worker: %s", strerror(-sock));
        restart_later(workers);
        return;
    }
    for (size_t i = 0; i < workers->n_slots; i++) {
        if (workers->slots[i].state != WORKER_NONE)
            continue;

        int r = adopt(&workers->slots[i], workers, sock, pid);

        if (r < 0) {
            log_write(&daemon->log, LOG_ERR, "no new worker: %s", strerror(-r));
            restart_later(workers);
        }
        return;
    }
    close(sock);
}

/* The spawner ended, and another one took over; or there is none, and no worker is to be had. */
static void on_spawner_lost(void *user, const char *why)
{
    struct workers *workers = user;
    struct daemon *daemon = workers->daemon;

    workers->requested = 0;
    if (!spawner_is_alive(&workers->spawner)) {
        log_write(&daemon->log, LOG_ERR, "the process that makes workers %s, and so did its spare",
                  why);
        sd_event_exit(daemon->event, -EPIPE);
        return;
    }
    log_write(&daemon->log, LOG_WARNING,
              "the process that makes workers %s; another one takes over", why);
    for (size_t i = 0; i < workers->n_slots; i++)
        if (workers->slots[i].state == WORKER_DYING)
            kill_worker(&workers->slots[i]);
    restart_later(workers);
}

static int start_spawner(struct workers *workers)
{
    const struct worker_limits limits = {
        .memory = (uint64_t)WORKER_MEMORY_MIB * 1024 * 1024,
        .cpu_seconds = WORKER_CPU_SECONDS,
    };

    struct daemon *daemon = workers->daemon;
    abi_set abis = 0;

    for (size_t i = 0; i < daemon->n_targets; i++)
        abis |= target_abis(daemon->targets[i]);
    workers->spawner.born = on_born;
    workers->spawner.lost = on_spawner_lost;
    workers->spawner.user = workers;
    return spawner_start(&workers->spawner, daemon->event, &limits, &daemon->own, abis);
}

/* Has so many workers made that N are fresh, unless the last ones failed just now. */
static void request_missing(struct workers *workers)
{
    size_t fresh = 0, empty = 0;
    int r = 0;

    if (workers->restart)
        return;
    for (size_t i = 0; i < workers->n_slots; i++) {
        fresh += is_fresh(&workers->slots[i]);
        empty += workers->slots[i].state == WORKER_NONE;
    }
    while (r == 0 && fresh + workers->requested < workers->n && workers->requested < empty) {
        r = spawner_request(&workers->spawner);
        workers->requested += r == 0;
    }
    if (r < 0)
        restart_later(workers);
}

int workers_start(struct workers *workers, struct daemon *daemon, size_t n)
{
    int r;

    workers->daemon = daemon;
    workers->n = n;
    workers->n_slots = n * (WORKER_SLOTS / WORKERS_MAX);
    for (size_t i = 0; i < workers->n_slots; i++)
        workers->slots[i] = (struct worker){.workers = workers, .sock = -1};
    workers->packet = malloc(WORKER_ANSWER_MAX);
    if (!workers->packet)
        return -ENOMEM;
    r = sd_event_add_defer(daemon->event, &workers->kick, on_kick, workers);
    if (r >= 0)
        r = sd_event_source_set_priority(workers->kick, PRIORITY_COMPILES);
    if (r >= 0)
        r = sd_event_source_set_enabled(workers->kick, SD_EVENT_OFF);
    if (r >= 0)
        r = start_spawner(workers);
    if (r == 0)
        request_missing(workers);
    return r;
}

void workers_stop(struct workers *workers)
{
    for (size_t i = 0; i < workers->n_slots; i++)
        if (workers->slots[i].state != WORKER_NONE)
            discard(&workers->slots[i]);
    workers->restart = sd_event_source_disable_unref(workers->restart);
    workers->kick = sd_event_source_disable_unref(workers->kick);
    spawner_stop(&workers->spawner);
    free(workers->packet);
    workers->packet = NULL;
    workers->n_slots = 0;
}
