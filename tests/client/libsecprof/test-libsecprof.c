/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of the public functions of libsecprof, as a program that links it sees them. */
#include "client/libsecprof/secprof.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/client/libsecprof/fake-server.h"
#include "tests/suite.h"
#include "util/cleanup.h"
#include "util/sha256.h"

static struct fake_server server;
static struct secprof *handle;

static void setup(void)
{
    fake_server_start(&server, 3);
    ck_assert_int_eq(secprof_open(&handle, server.path, 0), 0);
}

static void teardown(void)
{
    secprof_close(handle);
    fake_server_stop(&server);
}

START_TEST(opening_fails_with_a_reason)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct secprof *other = handle;
    char path[200];
    int sock = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(path, sizeof(path), "%s/none", server.dir);
    ck_assert_int_eq(secprof_open(&other, path, 0), -ECONNREFUSED);
    ck_assert_ptr_null(other);
    snprintf(path, sizeof(path), "%s/none/deeper", server.dir);
    ck_assert_int_eq(secprof_open(&other, path, 0), -ECONNREFUSED);
    snprintf(path, sizeof(path), "%s/sock/deeper", server.dir);
    ck_assert_int_eq(secprof_open(&other, path, 0), -ECONNREFUSED);
    ck_assert_int_eq(secprof_open(&other, "/dev/null", 0), -ECONNREFUSED);
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    ck_assert_int_eq(secprof_open(&other, path, 0), -ENAMETOOLONG);
    ck_assert_int_eq(secprof_open(&other, server.path, -2), -EINVAL);
    ck_assert_ptr_null(other);
    ck_assert_int_eq(secprof_open(NULL, server.path, 0), -EINVAL);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/stream", server.dir);
    ck_assert_int_eq(bind(sock, (void *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(sock, 1), 0);
    ck_assert_int_eq(secprof_open(&other, address.sun_path, 0), -EPROTOTYPE);
    unlink(address.sun_path);
    close(sock);
}
END_TEST

START_TEST(without_sockets_it_says_so)
{
    static const int errors[] = {EPERM, EAFNOSUPPORT, EACCES};

    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)errors[i]),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {ARRAY_SIZE(filter), filter};
        struct secprof *other;
        pid_t child = fork();
        int status;

        if (child == 0) {
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
                syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
                _exit(77);
            _exit(-secprof_open(&other, server.path, 0));
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFEXITED(status));
        if (WEXITSTATUS(status) != 77)
            ck_assert_int_eq(WEXITSTATUS(status), EACCES);
    }
}
END_TEST

START_TEST(the_environment_names_the_socket)
{
    struct secprof *other;

    setenv(SECPROF_SOCKET_ENV, server.path, 1);
    ck_assert_int_eq(secprof_open(&other, NULL, 0), 0);
    secprof_close(other);
    /* A path that is given comes first. */
    setenv(SECPROF_SOCKET_ENV, "/nowhere", 1);
    ck_assert_int_eq(secprof_open(&other, server.path, 0), 0);
    secprof_close(other);
    ck_assert_int_eq(secprof_open(&other, NULL, 0), -ECONNREFUSED);
    secprof_close(NULL);
}
END_TEST

START_TEST(timeouts_are_checked)
{
    ck_assert_int_eq(secprof_set_timeout(handle, SECPROF_NO_TIMEOUT), 0);
    ck_assert_int_eq(secprof_set_timeout(handle, 0), 0);
    ck_assert_int_eq(secprof_set_timeout(handle, -2), -EINVAL);
    ck_assert_int_eq(secprof_set_timeout(NULL, 0), -EINVAL);
}
END_TEST

static union wire_request last_request;

static void spoil_record(struct fake_server *self, const union wire_request *request,
                         struct fake_reply *reply)
{
    (void)self;
    (void)reply;
    last_request = *request;
}

START_TEST(bytes_come_with_their_description)
{
    struct secprof_options options = SECPROF_OPTIONS_INIT;
    struct secprof_info info = SECPROF_INFO_INIT;
    struct sock_filter right[2];
    cleanup_free void *filter = NULL;
    unsigned char digest[32];
    size_t len;

    server.spoil = spoil_record;
    options.caps = UINT64_C(1) << 39 | 1;
    options.audit_arch = AUDIT_ARCH_S390X;
    options.kernel = SECPROF_KERNEL(6, 1);
    ck_assert_int_eq(secprof_get_bytes(handle, "stale", &options, &filter, &len, &info), 0);
    fake_filter("stale", right);
    ck_assert_uint_eq(len, sizeof(right));
    ck_assert_mem_eq(filter, right, sizeof(right));
    ck_assert_uint_eq(info.size, sizeof(info));
    ck_assert_uint_eq(info.generation, 42);
    sha256_of(right, sizeof(right), digest);
    ck_assert_mem_eq(info.digest, digest, sizeof(digest));
    ck_assert_uint_eq(info.n_insns, 2);
    ck_assert_uint_eq(info.filter_flags, 2);
    ck_assert_uint_eq(info.audit_arch, AUDIT_ARCH_S390X);
    ck_assert_uint_eq(info.stale, 1);
    ck_assert_str_eq(last_request.get.name, "stale");
    ck_assert_uint_eq(last_request.get.caps, options.caps);
    ck_assert_uint_eq(last_request.get.kernel, 6 << 16 | 1);
    ck_assert_uint_eq(last_request.get.audit_arch, AUDIT_ARCH_S390X);
}
END_TEST

START_TEST(an_fd_is_the_callers)
{
    struct secprof_info info = SECPROF_INFO_INIT;
    struct sock_filter right[2];
    struct sock_filter filter[3];
    int fd = secprof_get_fd(handle, "default", NULL, &info);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(read(fd, filter, sizeof(filter)), sizeof(right));
    fake_filter("default", right);
    ck_assert_mem_eq(filter, right, sizeof(right));
    ck_assert_uint_eq(info.stale, 0);
    ck_assert_uint_eq(info.audit_arch, AUDIT_ARCH_X86_64);
    close(fd);
}
END_TEST

START_TEST(a_helper_is_an_executable)
{
    struct secprof_info info = SECPROF_INFO_INIT;
    struct stat st;
    int fd = secprof_get_helper(handle, "stale", NULL, &info);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq(st.st_mode, S_IFREG | 0555);
    ck_assert_uint_eq(info.n_insns, 2);
    ck_assert_uint_eq(info.filter_flags, 2);
    ck_assert_uint_eq(info.stale, 1);
    close(fd);
}
END_TEST

START_TEST(bad_arguments_are_not_sent)
{
    cleanup_free void *filter = NULL;
    char long_name[WIRE_NAME_SIZE + 1];
    struct secprof_info info = SECPROF_INFO_INIT;
    struct secprof_profile_status *status;
    size_t len;

    memset(long_name, 'x', sizeof(long_name));
    long_name[WIRE_NAME_SIZE] = '\0';

    const char *const names[] = {"", "../x", "a/b", long_name, NULL};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        ck_assert_int_eq(secprof_get_fd(handle, names[i], NULL, NULL), -EINVAL);
        ck_assert_int_eq(secprof_get_helper(handle, names[i], NULL, NULL), -EINVAL);
        ck_assert_int_eq(secprof_get_bytes(handle, names[i], NULL, &filter, &len, NULL), -EINVAL);
        ck_assert_int_eq(secprof_install(handle, names[i], NULL, NULL), -EINVAL);
        ck_assert_int_eq(secprof_profile_status(handle, names[i], &status), -EINVAL);
    }
    info.size--;
    ck_assert_int_eq(secprof_get_fd(handle, "default", NULL, &info), -EINVAL);
    ck_assert_int_eq(secprof_get_helper(handle, "default", NULL, &info), -EINVAL);
    ck_assert_int_eq(secprof_get_fd(NULL, "default", NULL, NULL), -EINVAL);
    ck_assert_int_eq(secprof_get_helper(NULL, "default", NULL, NULL), -EINVAL);
    ck_assert_int_eq(secprof_get_bytes(handle, "default", NULL, NULL, &len, NULL), -EINVAL);
    ck_assert_int_eq(secprof_list(handle, NULL, NULL), -EINVAL);
    ck_assert_int_eq(secprof_status(handle, NULL), -EINVAL);
    ck_assert_int_eq(secprof_install_filter(NULL, 8, &info), -EINVAL);
    ck_assert_int_eq(server.requests, 0);
}
END_TEST

/* A caller that was built with a later secprof.h, whose structs are longer. */
START_TEST(structs_can_grow)
{
    struct {
        struct secprof_options known;
        uint64_t later;
    } options = {SECPROF_OPTIONS_INIT, 0};
    struct {
        struct secprof_info known;
        uint64_t later;
    } info = {SECPROF_INFO_INIT, 99};
    int fd;

    options.known.size = sizeof(options);
    info.known.size = sizeof(info);
    fd = secprof_get_fd(handle, "default", &options.known, &info.known);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_uint_eq(info.later, 0);
    ck_assert_uint_eq(info.known.size, sizeof(info));
    options.later = 1;
    ck_assert_int_eq(secprof_get_fd(handle, "default", &options.known, NULL), -E2BIG);
    options.known.size = 8;
    ck_assert_int_eq(secprof_get_fd(handle, "default", &options.known, NULL), -EINVAL);
    options.known = (struct secprof_options)SECPROF_OPTIONS_INIT;
    options.known.mode = SECPROF_LOG + 1;
    ck_assert_int_eq(secprof_get_fd(handle, "default", &options.known, NULL), -EINVAL);
}
END_TEST

struct seen {
    int n;
    int stop_at; /* or 0 */
    char last[WIRE_NAME_SIZE];
};

static int see(const struct secprof_entry *entry, void *data)
{
    struct seen *seen = data;
    char right[WIRE_NAME_SIZE];
    unsigned char digest[32];

    snprintf(right, sizeof(right), "p%04d", seen->n);
    ck_assert_str_eq(entry->name, right);
    ck_assert_uint_eq(entry->n_insns, 100 + (uint32_t)seen->n);
    ck_assert_uint_eq(entry->state, SECPROF_SERVED + (uint32_t)seen->n % 4);
    ck_assert_uint_eq(entry->generation, 7);
    memset(digest, 0xd2, sizeof(digest));
    ck_assert_mem_eq(entry->digest, digest, sizeof(digest));
    seen->n++;
    if (seen->n == 1) {
        /* The handle is free for other calls meanwhile. */
        int fd = secprof_get_fd(handle, entry->name, NULL, NULL);

        ck_assert_int_ge(fd, 0);
        close(fd);
    }
    return seen->n == seen->stop_at ? 12345 : 0;
}

/* Loop: list lengths around the size of one reply. */
START_TEST(lists_are_whole)
{
    static const int lengths[] = {0, 1, 255, 256, 257, 512, 600};
    struct seen seen = {0};

    server.n_profiles = lengths[_i];
    ck_assert_int_eq(secprof_list(handle, see, &seen), 0);
    ck_assert_int_eq(seen.n, lengths[_i]);
}
END_TEST

START_TEST(a_list_can_end_early)
{
    struct seen seen = {.stop_at = 2};

    ck_assert_int_eq(secprof_list(handle, see, &seen), 12345);
    ck_assert_int_eq(seen.n, 2);
}
END_TEST

START_TEST(the_daemons_status)
{
    cleanup_free struct secprof_status *status = NULL;

    ck_assert_int_eq(secprof_status(handle, &status), 0);
    ck_assert_str_eq(status->version, "0.1.0");
    ck_assert_str_eq(status->libseccomp, "2.5.4");
    for (uint64_t i = 0; i < 12; i++)
        ck_assert_uint_eq((&status->generation)[i], 100 + i);
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_uint_eq((&status->profiles)[i], 200 + i);
    ck_assert_uint_eq(status->instance[15], 0xd5);
    ck_assert_uint_eq(status->features, SECPROF_FEATURE_HELPER);
    for (uint32_t i = 0; i < 10; i++)
        ck_assert_uint_eq((&status->limits.max_connections)[i], 300 + i);
}
END_TEST

START_TEST(a_profiles_status)
{
    cleanup_free struct secprof_profile_status *status = NULL;

    ck_assert_int_eq(secprof_profile_status(handle, "x", &status), 0);
    ck_assert_str_eq(status->path, "/etc/secprof/profiles.d/x.json");
    ck_assert_str_eq(status->text, "x.json:3:5: error: no\nx.json:4:1: warning: hm\n");
    ck_assert_uint_eq(status->generation, 9);
    ck_assert_uint_eq(status->digest[31], 0xd3);
    ck_assert_uint_eq(status->source_digest[31], 0xd4);
    ck_assert_uint_eq(status->n_insns, 198);
    ck_assert_uint_eq(status->filter_flags, 1);
    ck_assert_uint_eq(status->state, SECPROF_STALE);
    ck_assert_uint_eq(status->variants, 3);
}
END_TEST

START_TEST(reload_says_what_there_is)
{
    uint64_t generation;
    uint32_t profiles;
    uint32_t broken;

    ck_assert_int_eq(secprof_reload(handle, &generation, &profiles, &broken), 0);
    ck_assert_uint_eq(generation, 43);
    ck_assert_uint_eq(profiles, 12);
    ck_assert_uint_eq(broken, 2);
    ck_assert_int_eq(secprof_reload(handle, NULL, NULL, NULL), 0);
}
END_TEST

static void spoil_error(struct fake_server *self, const union wire_request *request,
                        struct fake_reply *reply)
{
    static char text[WIRE_TEXT_MAX + 1];

    (void)request;
    if (self->mode < 0) {
        memset(text, 'x', WIRE_TEXT_MAX);
        fake_error(reply, WIRE_BROKEN, text);
    } else if (self->mode > 0) {
        fake_error(reply, (enum wire_status)self->mode, "some words\nin lines");
    }
}

START_TEST(errors_come_with_the_daemons_words)
{
    struct secprof_refusal refusal = SECPROF_REFUSAL_INIT;
    char text[WIRE_TEXT_MAX + 1];
    int fd;

    ck_assert_int_eq(secprof_last_refusal(handle, &refusal), 0);
    server.spoil = spoil_error;
    server.mode = WIRE_BROKEN;
    ck_assert_int_eq(secprof_get_fd(handle, "default", NULL, NULL), -ENODATA);
    ck_assert_int_eq(secprof_last_refusal(handle, &refusal), 1);
    ck_assert_uint_eq(refusal.status, WIRE_BROKEN);
    ck_assert_uint_eq(refusal.reason, WIRE_WHY_PROFILE);
    ck_assert_uint_eq(refusal.field, 44);
    ck_assert_uint_eq(refusal.retry_ms, 1234);
    refusal.size--;
    ck_assert_int_eq(secprof_last_refusal(handle, &refusal), -EINVAL);
    refusal.size++;
    ck_assert_uint_eq(secprof_last_message(handle, text, sizeof(text)), 19);
    ck_assert_str_eq(text, "some words\nin lines");
    ck_assert_uint_eq(secprof_last_message(handle, text, 5), 19);
    ck_assert_str_eq(text, "some");
    ck_assert_uint_eq(secprof_last_message(handle, NULL, 0), 19);
    /* The connection goes on after an error. */
    ck_assert_int_eq(server.connections, 1);
    server.mode = -1;
    ck_assert_int_eq(secprof_get_fd(handle, "default", NULL, NULL), -ENODATA);
    ck_assert_uint_eq(secprof_last_message(handle, text, sizeof(text)), WIRE_TEXT_MAX);
    ck_assert_uint_eq(strlen(text), WIRE_TEXT_MAX);
    /* A status of later daemons is a failure like others. */
    server.mode = 99;
    ck_assert_int_eq(secprof_get_fd(handle, "default", NULL, NULL), -EPROTO);
    ck_assert_int_eq(secprof_last_refusal(handle, &refusal), 1);
    ck_assert_uint_eq(refusal.status, 99);
    server.mode = 0;
    fd = secprof_get_fd(handle, "default", NULL, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(secprof_last_refusal(handle, &refusal), 0);
    close(fd);
    ck_assert_uint_eq(secprof_last_message(handle, text, sizeof(text)), 0);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(server.connections, 1);
    ck_assert_uint_eq(secprof_last_message(NULL, text, sizeof(text)), 0);
}
END_TEST

/* What the server serves begins with an instruction that no seccomp filter may have. */
START_TEST(installing_refuses_what_is_foreign)
{
    struct secprof_options options = SECPROF_OPTIONS_INIT;
    struct secprof_info info = SECPROF_INFO_INIT;

    options.audit_arch = AUDIT_ARCH_SPARC64;
    ck_assert_int_eq(secprof_install(handle, "default", &options, &info), -ENOEXEC);
    ck_assert_uint_eq(info.audit_arch, AUDIT_ARCH_SPARC64);
    ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}
END_TEST

/* Whether or not a daemon listens there. */
START_TEST(without_a_path_there_is_a_default)
{
    static const char *const set[] = {NULL, "", "/nowhere/at/all"};

    for (size_t i = 0; i < ARRAY_SIZE(set); i++) {
        struct secprof *other = handle;
        int r;

        unsetenv(SECPROF_SOCKET_ENV);
        if (set[i])
            ck_assert_int_eq(setenv(SECPROF_SOCKET_ENV, set[i], 1), 0);
        r = secprof_open(&other, NULL, 1000);
        ck_assert(r == -ECONNREFUSED || (i < 2 && (r == 0 || r == -EACCES)));
        secprof_close(other);
    }
    ck_assert_int_eq(setenv(SECPROF_SOCKET_ENV, server.path, 1), 0);

    struct secprof *other;

    ck_assert_int_eq(secprof_open(&other, NULL, 1000), 0);
    ck_assert_int_eq(fake_get(other, "default"), 0);
    secprof_close(other);
}
END_TEST

static void spoil_not_found(struct fake_server *self, const union wire_request *request,
                            struct fake_reply *reply)
{
    (void)self;
    (void)request;
    fake_error(reply, WIRE_NOT_FOUND, "no such profile");
}

START_TEST(a_status_that_is_refused_is_none)
{
    struct secprof_status *daemon = (void *)handle;
    struct secprof_profile_status *profile = (void *)handle;

    server.spoil = spoil_not_found;
    ck_assert_int_eq(secprof_status(handle, &daemon), -ENOENT);
    ck_assert_ptr_null(daemon);
    ck_assert_int_eq(secprof_profile_status(handle, "x", &profile), -ENOENT);
    ck_assert_ptr_null(profile);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("libsecprof");
    TCase *tcase = tcase_create("libsecprof");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, opening_fails_with_a_reason);
    tcase_add_test(tcase, without_sockets_it_says_so);
    tcase_add_test(tcase, without_sockets_it_says_so);
    tcase_add_test(tcase, the_environment_names_the_socket);
    tcase_add_test(tcase, timeouts_are_checked);
    tcase_add_test(tcase, bytes_come_with_their_description);
    tcase_add_test(tcase, an_fd_is_the_callers);
    tcase_add_test(tcase, a_helper_is_an_executable);
    tcase_add_test(tcase, bad_arguments_are_not_sent);
    tcase_add_test(tcase, structs_can_grow);
    tcase_add_loop_test(tcase, lists_are_whole, 0, 7);
    tcase_add_test(tcase, a_list_can_end_early);
    tcase_add_test(tcase, the_daemons_status);
    tcase_add_test(tcase, a_profiles_status);
    tcase_add_test(tcase, reload_says_what_there_is);
    tcase_add_test(tcase, errors_come_with_the_daemons_words);
    tcase_add_test(tcase, installing_refuses_what_is_foreign);
    tcase_add_test(tcase, a_status_that_is_refused_is_none);
    tcase_add_test(tcase, without_a_path_there_is_a_default);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
