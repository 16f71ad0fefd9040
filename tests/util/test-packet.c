/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of util/packet.c: real socket pairs, and every kind of ancillary data that can arrive. */
#include "util/packet.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/suite.h"
#include "util/cleanup.h"

static int pair[2];

static void setup(void)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static void teardown(void)
{
    close(pair[0]);
    close(pair[1]);
}

/* How many fds this process has open. */
static size_t count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static int send_text(const char *text, const int *fds, size_t n_fds)
{
    struct iovec iov = {(void *)text, strlen(text)};

    return packet_send(pair[0], &iov, 1, fds, n_fds, 0);
}

START_TEST(parts_make_one_packet)
{
    struct iovec iov[] = {{(void *)"ab", 2}, {(void *)"cde", 3}};
    char buf[16];
    size_t n_fds = 9;

    ck_assert_int_eq(packet_send(pair[0], iov, 2, NULL, 0, 0), 0);
    ck_assert_int_eq(send_text("f", NULL, 0), 0);
    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), NULL, 0, &n_fds, 0), 5);
    ck_assert_mem_eq(buf, "abcde", 5);
    ck_assert_uint_eq(n_fds, 0);
    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), NULL, 0, &n_fds, 0), 1);
}
END_TEST

START_TEST(fds_arrive_close_on_exec)
{
    int in[PACKET_MAX_FDS];
    int out[PACKET_MAX_FDS];
    size_t n_fds;
    char buf[4];

    for (size_t i = 0; i < PACKET_MAX_FDS; i++)
        in[i] = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(send_text("x", in, PACKET_MAX_FDS), 0);
    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), out, PACKET_MAX_FDS, &n_fds, 0), 1);
    ck_assert_uint_eq(n_fds, PACKET_MAX_FDS);
    for (size_t i = 0; i < n_fds; i++) {
        ck_assert_int_eq(fcntl(out[i], F_GETFD), FD_CLOEXEC);
        close(out[i]);
        close(in[i]);
    }
}
END_TEST

/* Loop: how many fds arrive where one is allowed. */
START_TEST(surplus_fds_are_refused_and_closed)
{
    size_t n_sent = (size_t)_i;
    int in[PACKET_MAX_FDS];
    int out = -1;
    size_t n_fds = 9;
    char buf[4];

    for (size_t i = 0; i < n_sent; i++)
        in[i] = 2;
    ck_assert_int_eq(send_text("x", in, n_sent), 0);

    size_t before = count_fds();

    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), &out, 1, &n_fds, 0), -EBADMSG);
    ck_assert_uint_eq(n_fds, 0);
    ck_assert_int_eq(out, -1);
    ck_assert_uint_eq(count_fds(), before);
}
END_TEST

/* More fds than the control buffer holds: the kernel cuts the list short. */
START_TEST(cut_control_data_is_refused)
{
    enum {
        N = 100
    };
    char control[CMSG_SPACE(sizeof(int) * N)] __attribute__((aligned(16))) = {0};
    struct iovec iov = {(void *)"x", 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
    int out[PACKET_MAX_FDS];
    size_t n_fds;
    char buf[4];

    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int) * N);
    for (size_t i = 0; i < N; i++)
        memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &(int){2}, sizeof(int));
    ck_assert_int_eq(sendmsg(pair[0], &msg, 0), 1);

    size_t before = count_fds();

    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), out, PACKET_MAX_FDS, &n_fds, 0),
                     -EBADMSG);
    ck_assert_uint_eq(count_fds(), before);
}
END_TEST

START_TEST(credentials_are_refused_with_their_fds)
{
    int on = 1;
    int out[PACKET_MAX_FDS];
    size_t n_fds;
    char buf[4];

    ck_assert_int_eq(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
    ck_assert_int_eq(send_text("x", &(int){2}, 1), 0);

    size_t before = count_fds();

    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), out, PACKET_MAX_FDS, &n_fds, 0),
                     -EBADMSG);
    ck_assert_uint_eq(count_fds(), before);
}
END_TEST

START_TEST(too_long_a_packet_is_refused_with_its_fds)
{
    int out;
    size_t n_fds;
    char buf[4];

    ck_assert_int_eq(send_text("12345", &(int){2}, 1), 0);

    size_t before = count_fds();

    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), &out, 1, &n_fds, 0), -EMSGSIZE);
    ck_assert_mem_eq(buf, "1234", 4);
    ck_assert_uint_eq(count_fds(), before);
    ck_assert_int_eq(send_text("1234", NULL, 0), 0);
    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), &out, 1, &n_fds, 0), 4);
}
END_TEST

START_TEST(no_room_for_fds_says_so)
{
    struct rlimit limit;
    struct rlimit none;
    int out[2];
    size_t n_fds;
    char buf[4];

    ck_assert_int_eq(send_text("x", (int[]){1, 2}, 2), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 3;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), out, 2, &n_fds, 0), -EMFILE);
    ck_assert_uint_eq(n_fds, 0);
    /* The sanitizers' leak check needs files when the test ends. */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

/* Fds that are not wanted are never ours; the packet is. */
START_TEST(bare_packets_leave_fds_behind)
{
    int in[2] = {1, 2}, ends[2];
    bool attached = false;
    size_t before;
    char buf[4];

    ck_assert_int_eq(pipe(ends), 0);
    before = count_fds();
    ck_assert_int_eq(send_text("abc", in, 2), 0);
    ck_assert_int_eq(send_text("de", NULL, 0), 0);
    ck_assert_int_eq(send_text("fghij", &ends[1], 1), 0);
    close(ends[1]);
    ck_assert_int_eq(packet_recv_bare(pair[1], buf, sizeof(buf), &attached, 0), 3);
    ck_assert_mem_eq(buf, "abc", 3);
    ck_assert(attached);
    ck_assert_int_eq(packet_recv_bare(pair[1], buf, sizeof(buf), &attached, 0), 2);
    ck_assert(!attached);
    ck_assert_int_eq(packet_recv_bare(pair[1], buf, sizeof(buf), &attached, 0), -EMSGSIZE);
    ck_assert_mem_eq(buf, "fghi", 4);
    ck_assert(attached);
    ck_assert_uint_eq(count_fds(), before - 1);
    /* And nobody else's any more. */
    ck_assert_int_eq(read(ends[0], buf, 1), 0);
    close(ends[0]);
    ck_assert_int_eq(packet_recv_bare(pair[1], buf, sizeof(buf), &attached, MSG_DONTWAIT), -EAGAIN);
    ck_assert(!attached);
}
END_TEST

/* A look says whether there are fds, and takes neither them nor the packet. */
START_TEST(a_look_leaves_everything)
{
    bool attached = false;
    char buf[4];
    int fd = 1, in;
    size_t n_fds;

    ck_assert_int_eq(send_text("ab", &fd, 1), 0);
    ck_assert_int_eq(send_text("c", NULL, 0), 0);
    for (int i = 0; i < 2; i++) {
        attached = false;
        ck_assert_int_eq(packet_recv_bare(pair[1], buf, sizeof(buf), &attached, MSG_PEEK), 2);
        ck_assert(attached);
    }
    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), &in, 1, &n_fds, 0), 2);
    ck_assert_uint_eq(n_fds, 1);
    close(in);
    ck_assert_int_eq(packet_recv_bare(pair[1], buf, sizeof(buf), &attached, MSG_PEEK), 1);
    ck_assert(!attached);
}
END_TEST

START_TEST(fds_can_be_kept_out)
{
    int fd = 1, r;

    ck_assert(packet_takes_fds(pair[1]));
    r = packet_pass_fds(pair[1], false);

    if (r == -ENOPROTOOPT) {
        fprintf(stderr, "skipped: SO_PASSRIGHTS (Linux 6.16)\n");
        return;
    }
    ck_assert_int_eq(r, 0);
    ck_assert(!packet_takes_fds(pair[1]));
    ck_assert_int_eq(send_text("x", &fd, 1), -EPERM);
    ck_assert_int_eq(send_text("x", NULL, 0), 0);
    ck_assert_int_eq(packet_pass_fds(pair[1], true), 0);
    ck_assert_int_eq(send_text("x", &fd, 1), 0);
}
END_TEST

START_TEST(an_end_is_zero)
{
    size_t n_fds;
    char buf[4];

    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), NULL, 0, &n_fds, MSG_DONTWAIT),
                     -EAGAIN);
    close(pair[0]);
    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), NULL, 0, &n_fds, 0), 0);
    /* No SIGPIPE, which would end the test. */
    pair[0] = pair[1];
    ck_assert_int_eq(send_text("x", NULL, 0), -EPIPE);
    pair[0] = -1;
}
END_TEST

START_TEST(senseless_sends_are_refused)
{
    int fds[PACKET_MAX_FDS + 1] = {0};
    size_t n_fds;
    char buf[4];

    ck_assert_int_eq(send_text("", NULL, 0), -EINVAL);
    ck_assert_int_eq(send_text("x", fds, PACKET_MAX_FDS + 1), -EINVAL);
    ck_assert_int_eq(packet_send(pair[0], NULL, 0, NULL, 0, 0), -EINVAL);
    ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), NULL, 0, &n_fds, MSG_DONTWAIT),
                     -EAGAIN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packet");
    TCase *tcase = tcase_create("packet");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, parts_make_one_packet);
    tcase_add_test(tcase, fds_arrive_close_on_exec);
    tcase_add_loop_test(tcase, surplus_fds_are_refused_and_closed, 2, PACKET_MAX_FDS + 1);
    tcase_add_test(tcase, cut_control_data_is_refused);
    tcase_add_test(tcase, credentials_are_refused_with_their_fds);
    tcase_add_test(tcase, too_long_a_packet_is_refused_with_its_fds);
    tcase_add_test(tcase, no_room_for_fds_says_so);
    tcase_add_test(tcase, bare_packets_leave_fds_behind);
    tcase_add_test(tcase, a_look_leaves_everything);
    tcase_add_test(tcase, fds_can_be_kept_out);
    tcase_add_test(tcase, an_end_is_zero);
    tcase_add_test(tcase, senseless_sends_are_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
