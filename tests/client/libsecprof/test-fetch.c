/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/libsecprof/fetch.c: profiles by content, and the text of a profile. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/libsecprof/secprof.h"
#include "tests/client/libsecprof/fake-server.h"
#include "tests/suite.h"
#include "util/cleanup.h"
#include "util/sha256.h"

static struct fake_server server;
static struct secprof *handle;

static void setup(void)
{
    fake_server_start(&server, 0);
    ck_assert_int_eq(secprof_open(&handle, server.path, 0), 0);
}

static void teardown(void)
{
    secprof_close(handle);
    fake_server_stop(&server);
}

/* What the library sent last. */
static union wire_request last_request;
static int last_seals;
static off_t last_size;
static mode_t last_type;

static void record(struct fake_server *self, const union wire_request *request,
                   struct fake_reply *reply)
{
    struct stat st;

    (void)reply;
    last_request = *request;
    if (self->in_fd < 0 || fstat(self->in_fd, &st) < 0)
        return;
    last_seals = fcntl(self->in_fd, F_GET_SEALS);
    last_size = st.st_size;
    last_type = st.st_mode & S_IFMT;
}

START_TEST(a_profile_by_content_is_sent_sealed)
{
    struct secprof_options options = SECPROF_OPTIONS_INIT;
    struct secprof_info info = SECPROF_INFO_INIT;
    struct sock_filter right[2];
    cleanup_free void *filter = NULL;
    unsigned char digest[32];
    size_t len;

    server.spoil = record;
    options.caps = 5;
    options.audit_arch = AUDIT_ARCH_AARCH64;
    options.kernel = SECPROF_KERNEL(5, 4);
    /* Not the NUL behind it: the length counts. */
    ck_assert_int_eq(secprof_compile_bytes(handle, "content", 4, &options, &filter, &len, &info),
                     0);
    fake_filter("cont", right);
    ck_assert_uint_eq(len, sizeof(right));
    ck_assert_mem_eq(filter, right, sizeof(right));
    sha256_of("{}", 2, digest);
    ck_assert_mem_eq(info.source_digest, digest, sizeof(digest));
    ck_assert_uint_eq(info.audit_arch, AUDIT_ARCH_AARCH64);

    ck_assert_int_eq(last_request.header.opcode, WIRE_COMPILE);
    ck_assert_uint_eq(last_request.compile.caps, 5);
    ck_assert_uint_eq(last_request.compile.audit_arch, AUDIT_ARCH_AARCH64);
    ck_assert_uint_eq(last_request.compile.kernel, SECPROF_KERNEL(5, 4));
    ck_assert_uint_eq(last_type, S_IFREG);
    ck_assert_int_eq(last_size, 4);
    ck_assert_int_eq(last_seals & (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK),
                     F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
}
END_TEST

/* The number that the next fd gets. */
static int next_fd(void)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

    close(fd);
    return fd;
}

START_TEST(no_fd_is_left)
{
    int before = next_fd();

    for (int i = 0; i < 3; i++) {
        cleanup_free void *filter = NULL;
        size_t len;

        ck_assert_int_eq(secprof_compile_bytes(handle, "x", 1, NULL, &filter, &len, NULL), 0);
    }
    /* The server is in this process, and closes what it got a moment later. */
    for (int i = 0; i < 1000 && next_fd() != before; i++)
        usleep(1000);
    ck_assert_int_eq(next_fd(), before);
}
END_TEST

START_TEST(it_comes_as_an_fd_too)
{
    struct sock_filter right[2], got[2];
    cleanup_close int fd = secprof_compile_fd(handle, "x", 1, NULL, NULL);

    fake_filter("x", right);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, got, sizeof(got)), sizeof(got));
    ck_assert_mem_eq(got, right, sizeof(got));
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

START_TEST(and_as_an_executable)
{
    cleanup_close int fd = -1;

    server.spoil = record;
    fd = secprof_compile_helper(handle, "x", 1, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(last_request.header.opcode, WIRE_COMPILE);
    ck_assert_uint_eq(last_request.compile.delivery, WIRE_DELIVER_HELPER);
    ck_assert_int_eq(secprof_compile_helper(handle, NULL, 0, NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(what_cannot_be_a_profile_is_not_sent)
{
    cleanup_free char *big = calloc(1, WIRE_MAX_PROFILE + 1);
    struct secprof_options wrong = {.size = 3};
    struct secprof_info info = SECPROF_INFO_INIT;
    void *filter = big;
    size_t len;
    int before = server.requests;

    ck_assert_int_eq(
        secprof_compile_bytes(handle, big, WIRE_MAX_PROFILE + 1, NULL, &filter, &len, NULL),
        -EFBIG);
    ck_assert_ptr_null(filter);
    ck_assert_int_eq(secprof_compile_fd(handle, big, SIZE_MAX, NULL, NULL), -EFBIG);
    ck_assert_int_eq(secprof_compile_fd(handle, NULL, 0, NULL, NULL), -EINVAL);
    ck_assert_int_eq(secprof_compile_fd(NULL, "x", 1, NULL, NULL), -EINVAL);
    ck_assert_int_eq(secprof_compile_bytes(handle, "x", 1, NULL, NULL, &len, NULL), -EINVAL);
    ck_assert_int_eq(secprof_compile_bytes(handle, "x", 1, NULL, &filter, NULL, NULL), -EINVAL);
    ck_assert_int_eq(secprof_compile_fd(handle, "x", 1, &wrong, NULL), -EINVAL);
    ck_assert_int_eq(secprof_get_fd(handle, NULL, NULL, NULL), -EINVAL);
    ck_assert_int_eq(secprof_get_profile(handle, NULL, NULL), -EINVAL);
    ck_assert_int_eq(secprof_install_filter(NULL, 8, &info), -EINVAL);
    ck_assert_int_eq(secprof_install_filter(big, 8, NULL), -EINVAL);
    info.size = 3;
    ck_assert_int_eq(secprof_install_filter(big, 8, &info), -EINVAL);
    ck_assert_int_eq(server.requests, before);
    /* The most that can be one, and the least: what the daemon thinks of that is its business. */
    server.spoil = record;
    close(secprof_compile_fd(handle, big, WIRE_MAX_PROFILE, NULL, NULL));
    ck_assert_int_eq(last_size, WIRE_MAX_PROFILE);
    close(secprof_compile_fd(handle, "", 0, NULL, NULL));
    ck_assert_int_eq(last_size, 0);
}
END_TEST

/* A name's end, the options, or both say the mode. */
START_TEST(a_mode_is_asked_for)
{
    static const struct {
        const char *name;
        uint32_t option;
        const char *profile;
        uint32_t mode;
    } cases[] = {
        {"web", SECPROF_ENFORCE, "web", WIRE_MODE_ENFORCE},
        {"web", SECPROF_AUDIT, "web", WIRE_MODE_AUDIT},
        {"web@audit", SECPROF_ENFORCE, "web", WIRE_MODE_AUDIT},
        {"web@log", SECPROF_ENFORCE, "web", WIRE_MODE_LOG},
        {"web@log", SECPROF_LOG, "web", WIRE_MODE_LOG},
        {"web@auditor", SECPROF_LOG, "web@auditor", WIRE_MODE_LOG},
    };
    struct secprof_options options = SECPROF_OPTIONS_INIT;
    int before;

    server.spoil = record;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        options.mode = cases[i].option;
        close(secprof_get_fd(handle, cases[i].name, &options, NULL));
        ck_assert_str_eq(last_request.get.name, cases[i].profile);
        ck_assert_uint_eq(last_request.get.mode, cases[i].mode);
    }
    options.mode = SECPROF_AUDIT;
    close(secprof_compile_fd(handle, "text", 4, &options, NULL));
    ck_assert_uint_eq(last_request.compile.mode, WIRE_MODE_AUDIT);
    close(secprof_get_profile(handle, "web@log", NULL));
    ck_assert_str_eq(last_request.get.name, "web");
    before = server.requests;
    ck_assert_int_eq(secprof_get_fd(handle, "web@log", &options, NULL), -EINVAL);
    ck_assert_int_eq(secprof_get_fd(handle, "@audit", NULL, NULL), -EINVAL);
    ck_assert_int_eq(secprof_get_fd(handle, "web@log@audit", NULL, NULL), -EINVAL);
    ck_assert_int_eq(server.requests, before);
}
END_TEST

/* As daemons do that know no modes; the second, about another field, and the third in another mode
 * than was asked for. */
static void refuse_mode(struct fake_server *self, const union wire_request *request,
                        struct fake_reply *reply)
{
    struct wire_refusal *refusal = (void *)reply->bytes;
    struct wire_get_reply *get = (void *)reply->bytes;

    (void)request;
    if (self->mode == 2) {
        get->mode = WIRE_MODE_AUDIT;
        return;
    }
    fake_error(reply, WIRE_BAD_REQUEST, "no");
    refusal->reason = WIRE_WHY_NOT_ZERO;
    refusal->field =
        self->mode == 0 ? offsetof(struct wire_get, mode) : offsetof(struct wire_get, generation);
}

START_TEST(a_daemon_without_modes)
{
    server.spoil = refuse_mode;
    ck_assert_int_eq(secprof_get_fd(handle, "web@audit", NULL, NULL), -EBADRQC);
    ck_assert_int_eq(secprof_get_fd(handle, "web", NULL, NULL), -EBADR);
    server.mode = 1;
    ck_assert_int_eq(secprof_get_fd(handle, "web@audit", NULL, NULL), -EBADR);
    /* What denies nothing must not be taken for what denies. */
    server.mode = 2;
    ck_assert_int_eq(secprof_get_fd(handle, "web", NULL, NULL), -EBADMSG);
    ck_assert_int_eq(secprof_get_fd(handle, "web@log", NULL, NULL), -EBADMSG);
}
END_TEST

static void refuse(struct fake_server *self, const union wire_request *request,
                   struct fake_reply *reply)
{
    (void)self;
    (void)request;
    fake_error(reply, WIRE_BROKEN, "profile:1:2: error: no\n");
}

START_TEST(a_refusal_has_the_daemons_words)
{
    char text[64];

    server.spoil = refuse;
    ck_assert_int_eq(secprof_compile_fd(handle, "{", 1, NULL, NULL), -ENODATA);
    secprof_last_message(handle, text, sizeof(text));
    ck_assert_str_eq(text, "profile:1:2: error: no\n");
}
END_TEST

static void end_once(struct fake_server *self, const union wire_request *request,
                     struct fake_reply *reply)
{
    (void)request;
    if (self->mode++ == 0) {
        reply->silent = true;
        reply->end = true;
    }
}

/* The daemon is started again under a kept connection: the fd goes along the second time too. */
START_TEST(a_lost_connection_is_made_again)
{
    struct sock_filter right[2];
    cleanup_free void *filter = NULL;
    size_t len;

    ck_assert_int_eq(fake_get(handle, "warm"), 0);
    server.spoil = end_once;
    ck_assert_int_eq(secprof_compile_bytes(handle, "again", 5, NULL, &filter, &len, NULL), 0);
    fake_filter("again", right);
    ck_assert_mem_eq(filter, right, sizeof(right));
    ck_assert_int_eq(server.connections, 2);
}
END_TEST

/* A daemon that takes fds only on connections that it has accepted; MODE 1: and none from us. */
static void meet(struct fake_server *self, const union wire_request *request,
                 struct fake_reply *reply)
{
    (void)reply;
    last_request = *request;
    if (self->mode == 0)
        ck_assert_int_eq(packet_pass_fds(self->in_sock, true), 0);
}

/* Loop: the mode. */
START_TEST(fds_can_be_refused_at_first)
{
    cleanup_free void *filter = NULL;
    struct secprof *other;
    size_t len;
    int r = packet_pass_fds(server.listener, false);

    if (r == -ENOPROTOOPT) {
        fprintf(stderr, "skipped: SO_PASSRIGHTS (Linux 6.16)\n");
        return;
    }
    ck_assert_int_eq(r, 0);
    server.spoil = meet;
    server.mode = _i;
    ck_assert_int_eq(secprof_open(&other, server.path, 0), 0);
    r = secprof_compile_bytes(other, "later", 5, NULL, &filter, &len, NULL);
    ck_assert_int_eq(r, _i == 0 ? 0 : -EPERM);
    ck_assert_int_eq(last_request.header.opcode, _i == 0 ? WIRE_COMPILE : WIRE_STATUS);
    ck_assert_int_eq(server.requests, _i == 0 ? 2 : 1);
    ck_assert_int_eq(fake_get(other, "more"), 0);
    secprof_close(other);
}
END_TEST

static void no_text(struct fake_server *self, const union wire_request *request,
                    struct fake_reply *reply)
{
    (void)self;
    (void)request;
    ck_assert_int_eq(ftruncate(reply->fds[0], 0), 0);
}

START_TEST(the_text_of_a_profile)
{
    struct secprof_info info = SECPROF_INFO_INIT;
    cleanup_close int fd = secprof_get_profile(handle, "default", &info);
    char text[8];

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, text, sizeof(text)), 2);
    ck_assert_mem_eq(text, "{}", 2);
    ck_assert_uint_eq(info.n_insns, 2);
    server.spoil = no_text;
    ck_assert_int_eq(secprof_get_profile(handle, "default", NULL), -EBADMSG);
    ck_assert_int_eq(secprof_get_profile(handle, "../x", NULL), -EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filters");
    TCase *tcase = tcase_create("filters");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_profile_by_content_is_sent_sealed);
    tcase_add_test(tcase, no_fd_is_left);
    tcase_add_test(tcase, it_comes_as_an_fd_too);
    tcase_add_test(tcase, and_as_an_executable);
    tcase_add_test(tcase, what_cannot_be_a_profile_is_not_sent);
    tcase_add_test(tcase, a_refusal_has_the_daemons_words);
    tcase_add_test(tcase, a_lost_connection_is_made_again);
    tcase_add_loop_test(tcase, fds_can_be_refused_at_first, 0, 2);
    tcase_add_test(tcase, a_mode_is_asked_for);
    tcase_add_test(tcase, a_daemon_without_modes);
    tcase_add_test(tcase, the_text_of_a_profile);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
