/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/libsecprof/connection.c through the public functions: daemons that hang or go
 * away, forks, threads, signals. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/libsecprof/secprof.h"
#include "tests/client/libsecprof/fake-server.h"
#include "tests/suite.h"
#include "util/cleanup.h"

static struct fake_server server;

static void setup(void)
{
    fake_server_start(&server, 3);
}

static void teardown(void)
{
    fake_server_stop(&server);
}

static struct secprof *open_handle(void)
{
    struct secprof *handle;

    ck_assert_int_eq(secprof_open(&handle, server.path, 5000), 0);
    return handle;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void spoil_silent(struct fake_server *self, const union wire_request *request,
                         struct fake_reply *reply)
{
    (void)request;
    reply->silent = self->mode > 0;
}

START_TEST(a_hanging_daemon_times_out)
{
    struct secprof *handle = open_handle();
    int64_t start = now_ms();

    ck_assert_int_eq(secprof_set_timeout(handle, 100), 0);
    server.spoil = spoil_silent;
    server.mode = 1;
    ck_assert_int_eq(fake_get(handle, "default"), -ETIMEDOUT);
    ck_assert_int_ge(now_ms() - start, 100);
    ck_assert_int_lt(now_ms() - start, 3000);
    /* A reply that comes late must not be taken for that to the next request. */
    server.mode = 0;
    ck_assert_int_eq(secprof_set_timeout(handle, 60000), 0);
    ck_assert_int_eq(fake_get(handle, "other"), 0);
    ck_assert_int_eq(server.connections, 2);
    secprof_close(handle);
}
END_TEST

static void spoil_slow(struct fake_server *self, const union wire_request *request,
                       struct fake_reply *reply)
{
    (void)self;
    (void)request;
    (void)reply;
    usleep(60 * 1000);
}

static int count_entry(const struct secprof_entry *entry, void *data)
{
    (void)entry;
    (*(int *)data)++;
    return 0;
}

START_TEST(the_timeout_is_that_of_a_whole_list)
{
    struct secprof *handle = open_handle();
    int n = 0;

    server.n_profiles = 10 * WIRE_LIST_MAX_ENTRIES;
    server.spoil = spoil_slow;
    ck_assert_int_eq(secprof_set_timeout(handle, 200), 0);
    ck_assert_int_eq(secprof_list(handle, count_entry, &n), -ETIMEDOUT);
    ck_assert_int_eq(n, 0);
    ck_assert_int_eq(secprof_set_timeout(handle, 60 * 1000), 0);
    ck_assert_int_eq(secprof_list(handle, count_entry, &n), 0);
    ck_assert_int_eq(n, server.n_profiles);
    secprof_close(handle);
}
END_TEST

static void ignore_signal(int number)
{
    (void)number;
}

START_TEST(signals_do_not_stretch_the_timeout)
{
    struct sigaction action = {.sa_handler = ignore_signal};
    struct itimerval every = {{0, 5000}, {0, 5000}};
    struct secprof *handle = open_handle();
    int64_t start = now_ms();

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    secprof_set_timeout(handle, 200);
    server.spoil = spoil_silent;
    server.mode = 1;
    ck_assert_int_eq(fake_get(handle, "default"), -ETIMEDOUT);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    ck_assert_int_ge(now_ms() - start, 200);
    ck_assert_int_lt(now_ms() - start, 3000);
    secprof_close(handle);
}
END_TEST

/* Ends each connection after mode replies; with mode 0 without any. */
static void spoil_end(struct fake_server *self, const union wire_request *request,
                      struct fake_reply *reply)
{
    (void)request;
    reply->silent = self->mode == 0;
    reply->end = true;
}

START_TEST(a_closed_connection_is_made_anew)
{
    struct secprof *handle = open_handle();

    server.spoil = spoil_end;
    server.mode = 1;
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(fake_get(handle, "default"), 0);
        ck_assert_int_eq(server.connections, i);
    }
    secprof_close(handle);
}
END_TEST

START_TEST(but_only_once)
{
    struct secprof *handle = open_handle();

    ck_assert_int_eq(fake_get(handle, "default"), 0);
    server.spoil = spoil_end;
    server.mode = 0;
    ck_assert_int_eq(fake_get(handle, "default"), -ECONNRESET);
    ck_assert_int_eq(server.requests, 3);
    ck_assert_int_eq(server.connections, 2);
    /* On a fresh connection there is no reason to try again. */
    ck_assert_int_eq(fake_get(handle, "default"), -ECONNRESET);
    ck_assert_int_eq(server.requests, 4);
    secprof_close(handle);
}
END_TEST

START_TEST(a_restarted_daemon_is_found_again)
{
    struct secprof *handle = open_handle();
    char old_dir[sizeof(server.dir)];
    char old_path[sizeof(server.path)];

    strcpy(old_dir, server.dir);
    strcpy(old_path, server.path);
    ck_assert_int_eq(fake_get(handle, "default"), 0);
    fake_server_stop(&server);
    ck_assert_int_eq(fake_get(handle, "default"), -ECONNREFUSED);
    setup();
    ck_assert_int_eq(mkdir(old_dir, 0700), 0);
    ck_assert_int_eq(symlink(server.path, old_path), 0);
    ck_assert_int_eq(fake_get(handle, "default"), 0);
    unlink(old_path);
    rmdir(old_dir);
    secprof_close(handle);
}
END_TEST

static void spoil_stopping(struct fake_server *self, const union wire_request *request,
                           struct fake_reply *reply)
{
    (void)request;
    if (self->mode-- > 0)
        fake_error(reply, WIRE_STOPPING, "going down");
}

START_TEST(a_stopping_daemon_is_asked_once_more)
{
    struct secprof *handle = open_handle();
    char text[64];

    server.spoil = spoil_stopping;
    server.mode = 1;
    ck_assert_int_eq(fake_get(handle, "default"), 0);
    ck_assert_int_eq(server.connections, 2);
    ck_assert_uint_eq(secprof_last_message(handle, text, sizeof(text)), 0);
    server.mode = 2;
    ck_assert_int_eq(fake_get(handle, "default"), -ESHUTDOWN);
    ck_assert_uint_eq(secprof_last_message(handle, text, sizeof(text)), 10);
    ck_assert_str_eq(text, "going down");
    secprof_close(handle);
}
END_TEST

/* Runs FN in a child with HANDLE; returns its exit status. */
static int in_child(int (*fn)(struct secprof *handle), struct secprof *handle)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(fn(handle));
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int get_in_child(struct secprof *handle)
{
    int r = fake_get(handle, "child");

    secprof_close(handle);
    return -r;
}

START_TEST(a_child_has_its_own_connection)
{
    struct secprof *handle = open_handle();

    ck_assert_int_eq(fake_get(handle, "parent"), 0);
    ck_assert_int_eq(in_child(get_in_child, handle), 0);
    ck_assert_int_eq(server.connections, 2);
    ck_assert_int_eq(fake_get(handle, "parent"), 0);
    ck_assert_int_eq(server.connections, 2);
    secprof_close(handle);
}
END_TEST

static int get_with_other_file(struct secprof *handle)
{
    int first = open("/dev/null", O_RDONLY);

    /* A child that closed everything, and then opened files of its own under the same numbers. */
    for (int fd = 3; fd < first; fd++)
        dup2(first, fd);
    if (fake_get(handle, "child") != 0)
        return 1;
    for (int fd = 3; fd < first; fd++) {
        struct stat st;

        if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode))
            return 2;
    }
    return 0;
}

START_TEST(a_child_keeps_the_files_that_it_opened)
{
    struct secprof *handle = open_handle();

    ck_assert_int_eq(in_child(get_with_other_file, handle), 0);
    secprof_close(handle);
}
END_TEST

static void *hold_the_lock(void *data)
{
    fake_get(data, "default");
    return NULL;
}

START_TEST(a_child_is_not_caught_in_a_lock_of_its_parent)
{
    struct secprof *handle = open_handle();
    pthread_t thread;

    server.spoil = spoil_silent;
    server.mode = 1;
    secprof_set_timeout(handle, 1000);
    ck_assert_int_eq(pthread_create(&thread, NULL, hold_the_lock, handle), 0);
    while (server.requests == 0)
        sched_yield();
    server.mode = 0;
    ck_assert_int_eq(in_child(get_in_child, handle), 0);
    pthread_join(thread, NULL);
    secprof_close(handle);
}
END_TEST

/* As pid 1 of a namespace: opens, then forks into another one, whose process is pid 1 too. */
static int same_pid_child(struct secprof *unused)
{
    (void)unused;

    struct secprof *handle = open_handle();

    if (getpid() != 1 || fake_get(handle, "parent") != 0)
        return 1;
    if (unshare(CLONE_NEWPID) < 0)
        return 2;
    if (in_child(get_in_child, handle) != 0)
        return 3;
    return fake_get(handle, "parent") == 0 ? 0 : 4;
}

static int in_new_namespaces(struct secprof *unused)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
        return 77;
    return in_child(same_pid_child, unused);
}

START_TEST(a_child_with_its_parents_pid_is_told_apart)
{
    int r = in_child(in_new_namespaces, NULL);

    if (r == 77) {
        printf("skipped: no pid namespaces here\n");
        return;
    }
    ck_assert_int_eq(r, 0);
    ck_assert_int_eq(server.connections, 2);
}
END_TEST

enum {
    THREADS = 8,
    ROUNDS = 200
};

struct worker {
    struct secprof *handle;
    char name[16];
    pthread_t thread;
};

static void *worker_thread(void *data)
{
    struct worker *worker = data;

    for (int i = 0; i < ROUNDS; i++)
        ck_assert_int_eq(fake_get(worker->handle, worker->name), 0);
    return NULL;
}

START_TEST(threads_share_a_handle)
{
    struct secprof *handle = open_handle();
    struct worker workers[THREADS];

    for (int i = 0; i < THREADS; i++) {
        workers[i].handle = handle;
        snprintf(workers[i].name, sizeof(workers[i].name), "thread%d", i);
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, worker_thread, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    ck_assert_int_eq(server.connections, 1);
    ck_assert_int_eq(server.requests, THREADS * ROUNDS);
    secprof_close(handle);
}
END_TEST

START_TEST(a_full_queue_times_out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct secprof *handles[8] = {NULL};
    int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    int r = 0;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/full", server.dir);
    ck_assert_int_eq(bind(listener, (void *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    for (size_t i = 0; i < ARRAY_SIZE(handles) && r == 0; i++)
        r = secprof_open(&handles[i], address.sun_path, 50);
    ck_assert_int_eq(r, -ETIMEDOUT);
    for (size_t i = 0; i < ARRAY_SIZE(handles); i++)
        secprof_close(handles[i]);
    close(listener);
    unlink(address.sun_path);
}
END_TEST

START_TEST(only_trusted_users)
{
    struct secprof *handle = open_handle();
    const uid_t nobody = 65534, own = geteuid();
    const uid_t both[] = {65534, own}, many[9] = {own, own, own, own, own, own, own, own, own};

    ck_assert_int_eq(secprof_trust_only(NULL, &own, 1), -EINVAL);
    ck_assert_int_eq(secprof_trust_only(handle, NULL, 1), -EINVAL);
    ck_assert_int_eq(secprof_trust_only(handle, &own, 0), -EINVAL);
    ck_assert_int_eq(secprof_trust_only(handle, many, 9), -EINVAL);
    ck_assert_int_eq(secprof_trust_only(handle, many, 8), 0);
    ck_assert_int_eq(secprof_trust_only(handle, both, 2), 0);
    ck_assert_int_eq(fake_get(handle, "default"), 0);
    /* The connection that there is, and each later one. */
    ck_assert_int_eq(secprof_trust_only(handle, &nobody, 1), -EKEYREJECTED);
    ck_assert_int_eq(fake_get(handle, "default"), -EKEYREJECTED);
    ck_assert_int_eq(secprof_trust_only(handle, both, 2), 0);
    ck_assert_int_eq(fake_get(handle, "default"), 0);
    ck_assert_int_eq(server.requests, 2);
    secprof_close(handle);
}
END_TEST

/* Root listens, but the file in the file system is somebody else's: so may be the next one. */
START_TEST(the_file_counts_too)
{
    const uid_t nobody = 65534, own = geteuid();
    struct secprof *handle;

    if (own != 0)
        return; /* cannot give the file away */
    handle = open_handle();
    ck_assert_int_eq(secprof_trust_only(handle, &own, 1), 0);
    ck_assert_int_eq(chown(server.path, 65534, 0), 0);
    ck_assert_int_eq(secprof_trust_only(handle, &own, 1), -EKEYREJECTED);
    /* And the other way round; there is no connection until the next call. */
    ck_assert_int_eq(secprof_trust_only(handle, &nobody, 1), 0);
    ck_assert_int_eq(fake_get(handle, "default"), -EKEYREJECTED);
    ck_assert_int_eq(chown(server.path, 0, 65534), 0);
    ck_assert_int_eq(secprof_trust_only(handle, &own, 1), 0);
    ck_assert_int_eq(fake_get(handle, "default"), 0);
    secprof_close(handle);
}
END_TEST

START_TEST(subscribers_trust_alike)
{
    struct secprof *handle = open_handle();
    const uid_t nobody = 65534, own = geteuid();
    struct secprof_changes *changes;

    ck_assert_int_eq(secprof_trust_only(handle, &nobody, 1), -EKEYREJECTED);
    ck_assert_int_eq(secprof_subscribe(handle, &changes), -EKEYREJECTED);
    ck_assert_ptr_null(changes);
    ck_assert_int_eq(secprof_trust_only(handle, &own, 1), 0);
    ck_assert_int_eq(secprof_subscribe(handle, &changes), 0);
    secprof_changes_close(changes);
    secprof_close(handle);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("connection");
    TCase *tcase = tcase_create("connection");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_hanging_daemon_times_out);
    tcase_add_test(tcase, the_timeout_is_that_of_a_whole_list);
    tcase_add_test(tcase, signals_do_not_stretch_the_timeout);
    tcase_add_test(tcase, a_closed_connection_is_made_anew);
    tcase_add_test(tcase, but_only_once);
    tcase_add_test(tcase, a_restarted_daemon_is_found_again);
    tcase_add_test(tcase, a_stopping_daemon_is_asked_once_more);
    tcase_add_test(tcase, a_child_has_its_own_connection);
    tcase_add_test(tcase, a_child_keeps_the_files_that_it_opened);
    tcase_add_test(tcase, a_child_is_not_caught_in_a_lock_of_its_parent);
    tcase_add_test(tcase, a_child_with_its_parents_pid_is_told_apart);
    tcase_add_test(tcase, threads_share_a_handle);
    tcase_add_test(tcase, a_full_queue_times_out);
    tcase_add_test(tcase, only_trusted_users);
    tcase_add_test(tcase, the_file_counts_too);
    tcase_add_test(tcase, subscribers_trust_alike);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
