/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The supervisor and the child of a recording. As soon as the child has its filter, each of its
 * system calls waits for the supervisor, so it could not send a message about the listener. They
 * share memory for that: one page, and the table of fds, in which the kernel puts the listener.
 */
#include "config.h"

#include "client/secprofctl/subject/recorder.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"

enum {
    START_POLL_NSEC = 200 * 1000,
    EXIT_NOT_STARTED = 126,
};

/* What the child tells the supervisor; zeroes until it does. */
struct told {
    atomic_int listener; /* its number + 1, or -errno */
    atomic_int error;    /* of execvp(3) */
};

struct supervisor {
    struct recording *recording;
    size_t room;
    struct told *told;
    pid_t child;
    int listener;
    int signals;
    bool ended; /* the child was waited for */
    bool asked; /* to end, once */
    bool stop;
    struct seccomp_notif *request;
    struct seccomp_notif_resp *response;
    size_t request_size;
    size_t response_size;
};

static int compare(const void *left, const void *right)
{
    const struct recorded *a = left, *b = right;

    if (a->audit_arch != b->audit_arch)
        return a->audit_arch < b->audit_arch ? -1 : 1;
    return a->nr < b->nr ? -1 : a->nr > b->nr;
}

/* Keeps the call of DATA. What is not there yet goes to its sorted place. */
static int keep(struct supervisor *supervisor, const struct seccomp_data *data)
{
    const struct recorded call = {data->arch, (uint32_t)data->nr};
    struct recording *recording = supervisor->recording;
    size_t low = 0, high = recording->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&recording->calls[middle], &call);

        if (order == 0)
            return 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (recording->n == supervisor->room) {
        size_t room = supervisor->room ? 2 * supervisor->room : 256;
        void *calls = reallocarray(recording->calls, room, sizeof(*recording->calls));

        if (!calls)
            return -ENOMEM;
        recording->calls = calls;
        supervisor->room = room;
    }
    memmove(&recording->calls[low + 1], &recording->calls[low],
            (recording->n - low) * sizeof(call));
    recording->calls[low] = call;
    recording->n++;
    return 0;
}

/* Takes one call from the listener, keeps it, lets it go on. */
static int answer(struct supervisor *supervisor)
{
    struct seccomp_notif *request = supervisor->request;
    struct seccomp_notif_resp *response = supervisor->response;
    int r;

    memset(request, 0, supervisor->request_size);
    if (ioctl(supervisor->listener, SECCOMP_IOCTL_NOTIF_RECV, request) < 0)
        /* ENOENT: the process that made the call was interrupted or killed meanwhile. */
        return errno == ENOENT || errno == EINTR ? 0 : -errno;
    r = keep(supervisor, &request->data);
    memset(response, 0, supervisor->response_size);
    response->id = request->id;
    response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (ioctl(supervisor->listener, SECCOMP_IOCTL_NOTIF_SEND, response) < 0 && errno != ENOENT &&
        errno != EINTR)
        return -errno;
    return r;
}

static void take_signal(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;

    if (read(supervisor->signals, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo == SIGCHLD) {
        if (!supervisor->ended &&
            waitpid(supervisor->child, &supervisor->recording->status, WNOHANG) > 0)
            supervisor->ended = true;
        return;
    }
    if (supervisor->asked) {
        supervisor->stop = true;
        return;
    }
    supervisor->asked = true;
    /* A terminal sends SIGINT to the child as well; SIGHUP may come from there or from a program.
     */
    if (!supervisor->ended && info.ssi_signo != SIGINT)
        kill(supervisor->child, (int)info.ssi_signo);
}

/* Answers until nobody is left under the filter. */
static int supervise(struct supervisor *supervisor)
{
    struct pollfd fds[] = {{supervisor->listener, POLLIN, 0}, {supervisor->signals, POLLIN, 0}};

    while (!supervisor->stop) {
        int r = 0;

        if (poll(fds, ARRAY_SIZE(fds), -1) < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        if (fds[1].revents & POLLIN)
            take_signal(supervisor);
        if (fds[0].revents & POLLIN)
            r = answer(supervisor);
        else if (fds[0].revents & (POLLHUP | POLLERR))
            break;
        if (r < 0)
            return r;
    }
    return 0;
}

/* The child: installs the filter, and becomes COMMAND. */
static _Noreturn void run_command(struct told *told, char **command, const sigset_t *mask)
{
    struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)};
    struct sock_fprog program = {ARRAY_SIZE(filter), filter};
    long listener;

    sigprocmask(SIG_SETMASK, mask, NULL);
    /* Without a supervisor every call fails: the command could not even end. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        atomic_store(&told->listener, -errno);
        _exit(EXIT_NOT_STARTED);
    }
    listener =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    atomic_store(&told->listener, listener < 0 ? -errno : (int)listener + 1);
    if (listener >= 0)
        execvp(command[0], command);
    atomic_store(&told->error, errno);
    _exit(EXIT_NOT_STARTED);
}

/* Like fork(2), but parent and child have one table of fds until the child becomes COMMAND. */
static pid_t fork_sharing_fds(void)
{
    const long flags = CLONE_FILES | SIGCHLD;

#if defined(__s390__)
    return (pid_t)syscall(SYS_clone, NULL, flags, NULL, NULL, 0L);
#else
    return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0L);
#endif
}

/* Waits until the child has its filter. Returns 0 and supervisor->listener, or -errno. */
static int find_listener(struct supervisor *supervisor)
{
    const struct timespec pause = {0, START_POLL_NSEC};
    int listener;

    while (!(listener = atomic_load(&supervisor->told->listener))) {
        if (waitpid(supervisor->child, &supervisor->recording->status, WNOHANG) > 0) {
            supervisor->ended = true;
            return -ECHILD;
        }
        nanosleep(&pause, NULL);
    }
    supervisor->listener = listener - 1;
    return listener < 0 ? listener : 0;
}

/* Ends the child, if it is still there. */
static void end_child(struct supervisor *supervisor)
{
    if (supervisor->ended)
        return;
    kill(supervisor->child, SIGKILL);
    if (supervisor->listener >= 0)
        close(steal_fd(&supervisor->listener));
    while (waitpid(supervisor->child, &supervisor->recording->status, 0) < 0 && errno == EINTR)
        ;
    supervisor->ended = true;
}

static int record(struct supervisor *supervisor, char **command, const sigset_t *mask)
{
    int r;

    supervisor->child = fork_sharing_fds();
    if (supervisor->child < 0)
        return -errno;
    if (supervisor->child == 0)
        run_command(supervisor->told, command, mask);
    r = find_listener(supervisor);
    if (r == 0)
        r = supervise(supervisor);
    end_child(supervisor);
    if (r == 0 && atomic_load(&supervisor->told->error)) {
        supervisor->recording->status = atomic_load(&supervisor->told->error);
        r = -ENOEXEC;
    }
    return r;
}

static int allocate(struct supervisor *supervisor)
{
    struct seccomp_notif_sizes sizes;
    void *page;

    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
        return -errno;
    /* A newer kernel may have longer structs than we were compiled with. */
    supervisor->request_size = sizes.seccomp_notif > sizeof(*supervisor->request)
                                   ? sizes.seccomp_notif
                                   : sizeof(*supervisor->request);
    supervisor->response_size = sizes.seccomp_notif_resp > sizeof(*supervisor->response)
                                    ? sizes.seccomp_notif_resp
                                    : sizeof(*supervisor->response);
    supervisor->request = calloc(1, supervisor->request_size);
    supervisor->response = calloc(1, supervisor->response_size);
    page = mmap(NULL, sizeof(*supervisor->told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    supervisor->told = page == MAP_FAILED ? NULL : page;
    return supervisor->request && supervisor->response && supervisor->told ? 0 : -ENOMEM;
}

/* A blocked signal waits to be read even if it is ignored, as nohup(1) wants SIGHUP to be. */
static void add_unless_ignored(sigset_t *set, int signal)
{
    struct sigaction action;

    if (sigaction(signal, NULL, &action) < 0 || action.sa_handler != SIG_IGN)
        sigaddset(set, signal);
}

int recorder_run(struct recording *recording, char **command)
{
    struct supervisor supervisor = {.recording = recording, .listener = -1, .signals = -1};
    sigset_t taken, mask;
    int r;

    *recording = (struct recording){0};
    sigemptyset(&taken);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGTERM);
    add_unless_ignored(&taken, SIGHUP);
    sigaddset(&taken, SIGCHLD);
    sigprocmask(SIG_BLOCK, &taken, &mask);
    supervisor.signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    r = supervisor.signals < 0 ? -errno : allocate(&supervisor);
    if (r == 0)
        r = record(&supervisor, command, &mask);
    if (supervisor.listener >= 0)
        close(supervisor.listener);
    if (supervisor.signals >= 0)
        close(supervisor.signals);
    if (supervisor.told)
        munmap(supervisor.told, sizeof(*supervisor.told));
    free(supervisor.request);
    free(supervisor.response);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return r;
}
