/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filters from a daemon that is a fake: what is fetched, that filter and profile are of one
 * version, that all requests together end in time, and whose socket root takes.
 */
#include "integration/source.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"
#include "integration/oci-seccomp.h"
#include "tests/client/libsecprof/fake-server.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/deadline.h"
#include "util/sha256.h"

static struct fake_server server;
static struct source source;
static struct oci_source from;
static struct arena arena;
static struct variant_request wanted;
static struct oci_filter filter;
static const char *why;

static void setup(void)
{
    fake_server_start(&server, 0);
    source = (struct source){.socket = server.path, .timeout_ms = 5000};
    from = source_interface(&source);
    arena = (struct arena)ARENA_INIT;
    wanted = (struct variant_request){.target = target_host(), .caps = 6, .kernel = 6 << 16 | 1};
    memset(&filter, 0, sizeof(filter));
    why = NULL;
}

static void teardown(void)
{
    source_close(&source);
    arena_free(&arena);
    fake_server_stop(&server);
}

static int get_named(const char *name)
{
    return from.get_named(from.user, name, &wanted, &arena, &filter, &why);
}

static int get_content(const char *text)
{
    return from.get_content(from.user, text, strlen(text), &wanted, &arena, &filter, &why);
}

static void check_filter(const char *name)
{
    struct sock_filter right[2];
    uint8_t digest[SHA256_SIZE];

    fake_filter(name, right);
    sha256_of(right, sizeof(right), digest);
    ck_assert_uint_eq(filter.len, sizeof(right));
    ck_assert_mem_eq(filter.bytes, right, sizeof(right));
    ck_assert_mem_eq(filter.digest, digest, sizeof(digest));
}

static union wire_request first_request;

static void record(struct fake_server *self, const union wire_request *request,
                   struct fake_reply *reply)
{
    (void)reply;
    if (self->mode++ == 0)
        first_request = *request;
}

START_TEST(by_name)
{
    server.spoil = record;
    ck_assert_int_eq(get_named("web"), 0);
    check_filter("web");
    ck_assert_uint_eq(filter.profile_len, 2);
    ck_assert_str_eq(filter.profile, "{}");
    ck_assert(!filter.stale);
    ck_assert_uint_eq(first_request.get.caps, 6);
    ck_assert_uint_eq(first_request.get.kernel, 6 << 16 | 1);
    ck_assert_uint_eq(first_request.get.audit_arch, target_native_abi(target_host())->audit_arch);
    /* Once more, through the same connection. */
    ck_assert_int_eq(get_named("stale"), 0);
    check_filter("stale");
    ck_assert(filter.stale);
    ck_assert_int_eq(server.connections, 1);
    ck_assert_int_eq(server.requests, 4);
}
END_TEST

START_TEST(by_content)
{
    server.spoil = record;
    ck_assert_int_eq(get_content("rules"), 0);
    check_filter("rules");
    ck_assert_ptr_null(filter.profile);
    ck_assert_uint_eq(first_request.compile.caps, 6);
    ck_assert_uint_eq(first_request.compile.kernel, 6 << 16 | 1);
}
END_TEST

static void refuse(struct fake_server *self, const union wire_request *request,
                   struct fake_reply *reply)
{
    (void)request;
    if (self->mode-- <= 0)
        fake_error(reply, WIRE_BROKEN, "web.json:1:2: error: no");
}

/* The first request is refused, or the second one. */
START_TEST(refused)
{
    server.spoil = refuse;
    server.mode = _i;
    ck_assert_int_eq(get_named("web"), -ENODATA);
    ck_assert_str_eq(strchr(why, ':'), ": web.json:1:2: error: no");
    server.mode = 0;
    ck_assert_int_eq(get_content("rules"), -ENODATA);
    ck_assert_str_eq(strchr(why, ':'), ": web.json:1:2: error: no");
}
END_TEST

/* The text of the profile is another one each time, MODE times. */
static void change(struct fake_server *self, const union wire_request *request,
                   struct fake_reply *reply)
{
    struct wire_get_reply *get = (void *)reply->bytes;

    if (request->get.delivery == WIRE_DELIVER_BYTES && self->mode-- > 0)
        memset(get->source_digest, self->mode, sizeof(get->source_digest));
}

START_TEST(another_version_in_between)
{
    server.spoil = change;
    server.mode = 7;
    ck_assert_int_eq(get_named("web"), 0);
    check_filter("web");
    ck_assert_int_eq(server.requests, 16);
    server.mode = 8;
    ck_assert_int_eq(get_named("web"), -EAGAIN);
    ck_assert_str_eq(why, "it changes faster than it can be fetched");
}
END_TEST

/* Each answer in time, all together not. */
static void dawdle(struct fake_server *self, const union wire_request *request,
                   struct fake_reply *reply)
{
    change(self, request, reply);
    nanosleep(&(struct timespec){0, 70 * 1000 * 1000}, NULL);
}

START_TEST(all_answers_together_take_the_timeout)
{
    int64_t deadline = deadline_after(200);

    server.spoil = dawdle;
    server.mode = 100;
    source.timeout_ms = 200;
    ck_assert_int_eq(get_named("web"), -ETIMEDOUT);
    ck_assert_ptr_nonnull(strstr(why, "did not answer in time"));
    ck_assert_int_eq(deadline_left(deadline), 0);
    ck_assert_int_le(server.requests, 4);
    ck_assert_int_eq(get_content("rules"), -ETIMEDOUT);
    ck_assert_int_le(server.requests, 4);
}
END_TEST

START_TEST(nobody_there)
{
    ck_assert_int_eq(unlink(server.path), 0);
    ck_assert_int_eq(get_named("web"), -ECONNREFUSED);
    ck_assert_str_eq(why, "no daemon listens at the socket");
    wanted.target = NULL;
    ck_assert_int_eq(get_content("rules"), -ENXIO);
    ck_assert_str_eq(why, "the architecture of this machine is not known to secprof");
}
END_TEST

/* Root takes no filter from a socket of somebody else; others may take what they like. */
START_TEST(a_socket_of_somebody)
{
    if (geteuid() != 0)
        return; /* cannot give the file away */
    ck_assert_int_eq(chmod(server.dir, 0755), 0);
    ck_assert_int_eq(chmod(server.path, 0666), 0);
    ck_assert_int_eq(chown(server.path, 12345, 0), 0);
    ck_assert_int_eq(get_named("web"), -EKEYREJECTED);
    ck_assert_int_eq(get_content("rules"), -EKEYREJECTED);
    ck_assert_ptr_nonnull(strstr(why, "must not be the daemon"));
    ck_assert_int_eq(server.requests, 0);

    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(seteuid(12345) == 0 && get_named("web") == 0 ? 0 : 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* Root of a user namespace, for whom the root outside, to whom "/" belongs, has no name. */
static int as_root_inside(void)
{
    static const char map[] = "0 12345 1";
    int fd;

    if (setresuid(12345, 12345, 12345) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0 ||
        unshare(CLONE_NEWUSER) < 0)
        return 77;
    fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, map, strlen(map)) < 0 || geteuid() != 0)
        return 77;
    return get_named("web") == 0 ? 0 : 1;
}

START_TEST(the_owner_of_all_is_root_too)
{
    int status;
    pid_t pid;

    if (geteuid() != 0)
        return; /* is not the owner */
    ck_assert_int_eq(chmod(server.dir, 0755), 0);
    ck_assert_int_eq(chmod(server.path, 0666), 0);
    pid = fork();
    if (pid == 0)
        _exit(as_root_inside());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    /* Where the system forbids such namespaces there is nothing to see. */
    ck_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source");
    TCase *tc = tcase_create("source");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, by_name);
    tcase_add_test(tc, by_content);
    tcase_add_loop_test(tc, refused, 0, 2);
    tcase_add_test(tc, another_version_in_between);
    tcase_add_test(tc, all_answers_together_take_the_timeout);
    tcase_add_test(tc, nobody_there);
    tcase_add_test(tc, a_socket_of_somebody);
    tcase_add_test(tc, the_owner_of_all_is_root_too);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
