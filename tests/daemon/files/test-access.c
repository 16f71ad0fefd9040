/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/files/access.c: who may read what, against open(2)'s rules and against the
 * kernel. */
#include "daemon/files/access.h"

#include <sys/socket.h>

#include "tests/daemon/unit.h"

static bool may_read(mode_t mode, uid_t uid, gid_t gid, gid_t group)
{
    const struct access_list list = {.uid = 1000, .gid = 100, .mode = mode};
    gid_t groups[] = {7, group};
    const struct peer peer = {
        .uid = uid, .gid = gid, .groups_known = true, .groups = groups, .n_groups = 2};

    return access_may_read(&list, &peer);
}

START_TEST(one_class_of_bits_decides)
{
    /* The owner's bits for the owner, whatever the others say. */
    ck_assert(may_read(0400, 1000, 5, 5));
    ck_assert(!may_read(0044, 1000, 5, 5));
    ck_assert(!may_read(0044, 1000, 100, 100));
    /* The group's for a member, by its first group or another one. */
    ck_assert(may_read(0040, 1001, 100, 5));
    ck_assert(may_read(0040, 1001, 5, 100));
    ck_assert(!may_read(0404, 1001, 100, 5));
    ck_assert(!may_read(0404, 1001, 5, 100));
    /* The others' for the rest. */
    ck_assert(may_read(0004, 1001, 5, 5));
    ck_assert(!may_read(0440, 1001, 5, 5));
    /* Only reading counts. */
    ck_assert(!may_read(0333, 1000, 100, 100));
    ck_assert(!may_read(0333, 1001, 5, 5));
}
END_TEST

/* May the peer 1001, of the group 5, read a file through a directory of this mode? */
static bool may_pass(mode_t mode, uid_t uid, gid_t gid)
{
    struct access_list list = {.mode = 0444};
    gid_t groups[] = {7, 5};
    const struct peer peer = {
        .uid = 1001, .gid = 1001, .groups_known = true, .groups = groups, .n_groups = 2};

    ck_assert(access_way_add(&list.way, 0, 0, 0755));
    ck_assert(access_way_add(&list.way, uid, gid, mode));
    ck_assert(access_way_add(&list.way, 0, 0, 01777));
    ck_assert(access_may_read(&list, &(struct peer){.uid = 0}));
    return access_may_read(&list, &peer);
}

START_TEST(each_directory_is_to_be_searched)
{
    ck_assert(may_pass(0711, 0, 0));
    ck_assert(may_pass(0750, 0, 5));
    ck_assert(may_pass(0500, 1001, 0));
    ck_assert(may_pass(0701, 0, 6));
    ck_assert(!may_pass(0750, 0, 6));
    ck_assert(!may_pass(0744, 0, 5));
    ck_assert(!may_pass(0701, 0, 5));
    ck_assert(!may_pass(0611, 1001, 5));
    ck_assert(!may_pass(0766, 0, 0));
}
END_TEST

/* Those that everybody may search take no room, nor one of a kind that is there. */
START_TEST(a_way_has_few_kinds_of_directories)
{
    struct access_list list = {.mode = 0444}, other;

    for (gid_t i = 0; i < 100; i++) {
        ck_assert(access_way_add(&list.way, i, i, 0755));
        ck_assert(access_way_add(&list.way, 0, i % ACCESS_WAY_MAX, i % 2 ? 0750 : 0710));
    }
    ck_assert_uint_eq(list.way.n, ACCESS_WAY_MAX);
    other = list;
    ck_assert(access_list_equal(&list, &other));
    ck_assert(!access_way_add(&list.way, 0, ACCESS_WAY_MAX, 0750));
    ck_assert(access_list_equal(&list, &other));
    other.way.directories[ACCESS_WAY_MAX - 1].gid++;
    ck_assert(!access_list_equal(&list, &other));
    other = list;
    other.way.n--;
    ck_assert(!access_list_equal(&list, &other));
    other = list;
    other.mode = 0440;
    ck_assert(!access_list_equal(&list, &other));
    access_way_close(&list.way);
    ck_assert(!access_may_read(&list, &(struct peer){.uid = 1001, .groups_known = true}));
    ck_assert(access_may_read(&list, &(struct peer){.uid = 0}));
}
END_TEST

START_TEST(root_may_all)
{
    ck_assert(may_read(0, 0, 5, 5));
}
END_TEST

/* Also where the others' bits would let it: a group of its may have none. */
START_TEST(unknown_groups_may_nothing)
{
    const struct access_list list = {.uid = 1000, .gid = 100, .mode = 0777};

    ck_assert(!access_may_read(&list, &(struct peer){.uid = 1001, .gid = 100}));
    ck_assert(!access_may_read(&list, &(struct peer){.uid = 1000, .gid = 100}));
    ck_assert(access_may_read(&list, &(struct peer){.uid = 0, .gid = 100}));
}
END_TEST

START_TEST(root_and_the_daemon_administer)
{
    ck_assert(access_may_administer(&(struct peer){.uid = 0}, 33));
    ck_assert(access_may_administer(&(struct peer){.uid = 33}, 33));
    ck_assert(!access_may_administer(&(struct peer){.uid = 34}, 33));
    ck_assert(!access_may_administer(&(struct peer){.uid = 34}, 0));
}
END_TEST

START_TEST(the_kernel_knows_the_peer)
{
    struct peer peer;
    gid_t groups[NGROUPS_MAX];
    int n = getgroups(NGROUPS_MAX, groups), socks[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, socks), 0);
    ck_assert_int_eq(peer_init(&peer, socks[0]), 0);
    ck_assert_int_eq(peer.pid, getpid());
    ck_assert_uint_eq(peer.uid, geteuid());
    ck_assert_uint_eq(peer.gid, getegid());
    ck_assert(!peer.groups_known);
    ck_assert_int_eq(peer_learn_groups(&peer, socks[0]), 0);
    ck_assert(peer.groups_known);
    ck_assert_int_eq((int)peer.n_groups, n);
    for (int i = 0; i < n; i++)
        ck_assert_uint_eq(peer.groups[i], groups[i]);
    /* Asked for once only. */
    ck_assert_int_eq(peer_learn_groups(&peer, -1), 0);
    peer_clear(&peer);
    ck_assert_ptr_null(peer.groups);
    ck_assert(!peer.groups_known);
    close(socks[0]);
    close(socks[1]);
}
END_TEST

START_TEST(what_is_no_socket_has_no_peer)
{
    struct peer peer;
    int pipes[2];

    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert_int_eq(peer_init(&peer, pipes[0]), -ENOTSOCK);
    ck_assert_int_eq(peer_init(&peer, -1), -EBADF);
    ck_assert_int_eq(peer_learn_groups(&peer, -1), -EBADF);
    ck_assert(!peer.groups_known);
    close(pipes[0]);
    close(pipes[1]);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "access");

    tcase_add_test(tests, one_class_of_bits_decides);
    tcase_add_test(tests, each_directory_is_to_be_searched);
    tcase_add_test(tests, a_way_has_few_kinds_of_directories);
    tcase_add_test(tests, root_may_all);
    tcase_add_test(tests, unknown_groups_may_nothing);
    tcase_add_test(tests, root_and_the_daemon_administer);
    tcase_add_test(tests, the_kernel_knows_the_peer);
    tcase_add_test(tests, what_is_no_socket_has_no_peer);
    return unit_end(suite);
}
