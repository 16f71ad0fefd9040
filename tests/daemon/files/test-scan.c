/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/files/scan.c and daemon/files/trust.c: which files are refused. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "compiler/parse/profile.h"
#include "tests/daemon/files/scanning.h"

START_TEST(a_link_to_nothing_masks)
{
    struct found scan;

    add_directory("usr");
    unit_write_text("usr/a.json", "usr");
    unit_write_text("usr/b.json", "usr");
    ck_assert_int_eq(symlink("/dev/null", unit_path("etc/a.json")), 0);
    ck_assert_int_eq(symlink("/dev/null", unit_path("etc/z.json")), 0);
    run(&scan);
    ck_assert_uint_eq(scan.n, 1);
    ck_assert_str_eq(scan.items[0].name, "b");
    clear(&scan);
}
END_TEST

/* Whoever can write to a directory that is not trusted does not take profiles out of service. */
START_TEST(only_a_trusted_directory_masks)
{
    add_directory("usr");
    unit_write_text("usr/a.json", "usr");
    ck_assert_int_eq(symlink("/dev/null", unit_path("etc/a.json")), 0);
    ck_assert_int_eq(chmod(unit_path("etc"), 0777), 0);
    check_refused("the directory is writable by its group or others");
}
END_TEST

START_TEST(a_broken_file_hides_the_one_behind_it)
{
    add_directory("usr");
    unit_write_text("usr/a.json", "usr");
    unit_write_text("etc/a.json", "etc");
    ck_assert_int_eq(chmod(unit_path("etc/a.json"), 0664), 0);
    check_refused("writable");
}
END_TEST

START_TEST(directories_may_be_missing)
{
    struct found scan;

    directories[n_directories++] = strdup(unit_path("nothing"));
    unit_write_text("file", "");
    directories[n_directories++] = strdup(unit_path("file"));
    unit_write_text("etc/a.json", "etc");
    run(&scan);
    ck_assert_uint_eq(scan.n, 1);
    ck_assert(!scan.scan.missing[0] && scan.scan.missing[1] && scan.scan.missing[2]);
    ck_assert_int_eq(scan.scan.failed[1], 0);
    clear(&scan);
}
END_TEST

START_TEST(files_that_others_can_write_are_refused)
{
    static const mode_t modes[] = {0664, 0646, 0666, 0777};

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        unit_write_text("etc/a.json", "x");
        ck_assert_int_eq(chmod(unit_path("etc/a.json"), modes[i]), 0);
        check_refused("the file is writable by its group or others");
    }
}
END_TEST

START_TEST(directories_that_others_can_write_are_refused)
{
    unit_write_text("etc/a.json", "x");
    ck_assert_int_eq(chmod(unit_path("etc"), 0775), 0);
    check_refused("the directory is writable by its group or others");
    ck_assert_int_eq(chmod(unit_path("etc"), 01777), 0);
    check_refused("the directory is writable by its group or others");
}
END_TEST

START_TEST(files_of_others_are_refused)
{
    struct scan_input input = {.directories = directories,
                               .n_directories = 1,
                               .max_new = 8,
                               .own_uid = geteuid(),
                               .whole = true};
    const char *why = "the file belongs to uid";
    struct found scan = {.n = 0};

    unit_write_text("etc/a.json", "x");
    /*
     * Root can make a file of somebody else. Anybody else can pretend to be somebody else, to whom
     * the directory does not belong either.
     */
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(unit_path("etc/a.json"), 12345, 0), 0);
    } else {
        input.own_uid++;
        why = "belongs to a user who could exchange what is behind it";
    }
    ck_assert_int_eq(scan_begin(&scan.scan, &input), 0);
    take_all(&scan);
    ck_assert_uint_eq(scan.n, 1);
    ck_assert_int_eq(scan.items[0].kind, SCAN_REFUSED);
    ck_assert_msg(strstr(scan.items[0].why, why) != NULL, "%s", scan.items[0].why);
    clear(&scan);
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    ck_assert_int_eq(mkfifo(unit_path("etc/a.json"), 0644), 0);
    check_refused("a FIFO");
    ck_assert_int_eq(unlink(unit_path("etc/a.json")), 0);
    ck_assert_int_eq(mkdir(unit_path("etc/a.json"), 0755), 0);
    check_refused("a directory");
    ck_assert_int_eq(rmdir(unit_path("etc/a.json")), 0);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", unit_path("etc/a.json"));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    check_refused("a socket");
    close(fd);
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(unlink(unit_path("etc/a.json")), 0);
    ck_assert_int_eq(mknod(unit_path("etc/a.json"), S_IFCHR | 0644, 1 << 8 | 3), 0);
    check_refused("a device");
}
END_TEST

START_TEST(large_files_are_refused)
{
    unit_write_text("etc/a.json", "");
    ck_assert_int_eq(truncate(unit_path("etc/a.json"), PROFILE_MAX_BYTES + 1), 0);
    check_refused("it has 1048577 bytes; a profile may have 1048576");
    ck_assert_int_eq(truncate(unit_path("etc/a.json"), PROFILE_MAX_BYTES), 0);

    struct found scan;

    run(&scan);
    ck_assert_int_eq(scan.items[0].kind, SCAN_READ);
    ck_assert_uint_eq(scan.items[0].size, PROFILE_MAX_BYTES);
    clear(&scan);
}
END_TEST

START_TEST(an_acl_is_refused)
{
    /* As linux/posix_acl_xattr.h has it: version 2; user::r, user 1:r, group::-, mask::r, other::-
     */
    static const uint8_t acl[] = {2, 0, 0,   0,   1,   0,   4,  0, 255, 255, 255, 255, 2,   0,  4,
                                  0, 1, 0,   0,   0,   4,   0,  0, 0,   255, 255, 255, 255, 16, 0,
                                  4, 0, 255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255};

    unit_write_text("etc/a.json", "x");
    if (setxattr(unit_path("etc/a.json"), "system.posix_acl_access", acl, sizeof(acl), 0) < 0) {
        ck_assert_int_eq(errno, EOPNOTSUPP); /* a file system without ACLs has nothing to refuse */
        return;
    }
    check_refused("it has an ACL");
}
END_TEST

/* Who cannot get to the file cannot read it: by its own place, and through a link. */
START_TEST(the_way_counts)
{
    const gid_t gid = getegid();
    struct found scan;

    unit_write_text("etc/a.json", "{}");
    ck_assert_int_eq(mkdir(unit_path("etc/inner"), 0755), 0);
    ck_assert_int_eq(chmod(unit_path("etc/inner"), 0710), 0);
    unit_write_text("etc/inner/b", "{}");
    ck_assert_int_eq(symlink("inner/b", unit_path("etc/b.json")), 0);
    run(&scan);
    ck_assert_uint_eq(scan.items[0].access.way.n, 0);
    ck_assert_uint_eq(scan.items[1].access.way.n, 1);
    ck_assert_uint_eq(scan.items[1].access.way.directories[0].uid, geteuid());
    ck_assert_uint_eq(scan.items[1].access.way.directories[0].gid, gid);
    ck_assert_uint_eq(scan.items[1].access.way.directories[0].mode, 0110);
    clear(&scan);
    ck_assert_int_eq(chmod(unit_path("etc"), 0750), 0);
    run(&scan);
    ck_assert_uint_eq(scan.items[0].access.way.n, 1);
    ck_assert_uint_eq(scan.items[1].access.way.n, 1);
    clear(&scan);
    ck_assert_int_eq(chmod(unit_dir, 0700), 0);
    run(&scan);
    ck_assert_int_eq(scan.items[0].kind, SCAN_READ);
    ck_assert_uint_eq(scan.items[0].access.way.n, 2);
    ck_assert_uint_eq(scan.items[0].access.way.directories[0].mode, 0100);
    ck_assert_uint_eq(scan.items[0].access.mode, 0644);
    clear(&scan);
}
END_TEST

/* Gives the directory NAME an ACL. Returns false where the file system has none. */
static bool give_acl(const char *name)
{
    /* Version 2; owner rwx, user 1 r-x, group r-x, mask r-x, others r-x. */
    static const struct {
        uint32_t version;
        struct {
            uint16_t tag, perm;
            uint32_t id;
        } entries[5];
    } acl = {2, {{1, 7, ~0U}, {2, 5, 1}, {4, 5, ~0U}, {16, 5, ~0U}, {32, 5, ~0U}}};

    return setxattr(unit_path(name), "system.posix_acl_access", &acl, sizeof(acl), 0) == 0;
}

START_TEST(an_acl_on_the_way_is_refused)
{
    unit_write_text("etc/a.json", "{}");
    if (!give_acl("etc"))
        return;
    check_refused("on the way to its directory, etc has an ACL");
    ck_assert_int_eq(removexattr(unit_path("etc"), "system.posix_acl_access"), 0);
    ck_assert_int_eq(unlink(unit_path("etc/a.json")), 0);
    ck_assert_int_eq(mkdir(unit_path("etc/inner"), 0755), 0);
    unit_write_text("etc/inner/a", "{}");
    ck_assert_int_eq(symlink("inner/a", unit_path("etc/a.json")), 0);
    check_read("a", "{}");
    ck_assert(give_acl("etc/inner"));
    check_refused("a directory on its way has an ACL");
}
END_TEST

START_TEST(links_may_not_lead_out)
{
    static const char *const targets[] = {"../outside.json", "/etc/passwd",
                                          "sub/../../outside.json"};

    unit_write_text("outside.json", "secret");
    ck_assert_int_eq(mkdir(unit_path("etc/sub"), 0755), 0);
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        unlink(unit_path("etc/a.json"));
        ck_assert_int_eq(symlink(targets[i], unit_path("etc/a.json")), 0);
        check_refused("leads out of its directory");
    }
    unlink(unit_path("etc/a.json"));
    ck_assert_int_eq(symlink("nowhere", unit_path("etc/a.json")), 0);
    check_refused("a link to nothing");
    unlink(unit_path("etc/a.json"));
    ck_assert_int_eq(symlink("a.json", unit_path("etc/a.json")), 0);
    check_refused("in a circle");
}
END_TEST

/* As Kubernetes lays out a ConfigMap: a.json -> ..data/a.json, ..data -> ..1. */
static void make_config_map(void)
{
    ck_assert_int_eq(mkdir(unit_path("etc/..1"), 0755), 0);
    ck_assert_int_eq(chmod(unit_path("etc/..1"), 0755), 0);
    unit_write_text("etc/..1/a.json", "one");
    ck_assert_int_eq(symlink("..1", unit_path("etc/..data")), 0);
    ck_assert_int_eq(symlink("..data/a.json", unit_path("etc/a.json")), 0);
}

START_TEST(links_may_stay_inside)
{
    struct found scan;
    char real[PATH_MAX];

    make_config_map();
    check_read("a", "one");
    run(&scan);
    ck_assert_ptr_nonnull(realpath(unit_path("etc/..1"), real));
    ck_assert_str_eq(scan.items[0].place, real);
    clear(&scan);
    ck_assert_int_eq(mkdir(unit_path("etc/..2"), 0755), 0);
    unit_write_text("etc/..2/a.json", "two");
    ck_assert_int_eq(symlink("..2", unit_path("etc/..data_tmp")), 0);
    ck_assert_int_eq(rename(unit_path("etc/..data_tmp"), unit_path("etc/..data")), 0);
    check_read("a", "two");
}
END_TEST

START_TEST(the_way_of_a_link_has_to_be_trusted)
{
    make_config_map();
    ck_assert_int_eq(chmod(unit_path("etc/..1"), 0777), 0);
    check_refused("the directory is writable by its group or others");
    ck_assert_int_eq(chmod(unit_path("etc/..1"), 0755), 0);
    ck_assert_int_eq(chmod(unit_path("etc/..1/a.json"), 0666), 0);
    check_refused("the file is writable by its group or others");
}
END_TEST

static bool known_if_same(void *user, const char *name, const char *path, const struct file_id *id)
{
    ck_assert_str_eq(name, "a");
    ck_assert_str_eq(path, unit_path("etc/a.json"));
    return file_id_equal(user, id);
}

START_TEST(known_files_are_not_read_again)
{
    struct file_id id;
    const struct scan_input input = {.known = known_if_same, .user = &id};
    struct found scan;

    unit_write_text("etc/a.json", "x");
    run(&scan);
    id = scan.items[0].id;
    clear(&scan);
    run_with(&scan, input);
    ck_assert_int_eq(scan.items[0].kind, SCAN_SAME);
    clear(&scan);
    unit_write_text("etc/a.json", "longer");
    run_with(&scan, input);
    ck_assert_int_eq(scan.items[0].kind, SCAN_READ);
    clear(&scan);
}
END_TEST

/* Somebody is busy with the file between the look at it and its being read. */
static bool replace_by_a_secret(void *user, const char *name, const char *path,
                                const struct file_id *id)
{
    (void)user;
    (void)name;
    (void)id;
    unit_write_text("etc/a.json", "secret");
    ck_assert_int_eq(chmod(path, 0600), 0);
    return false;
}

static bool make_too_long(void *user, const char *name, const char *path, const struct file_id *id)
{
    (void)user;
    (void)name;
    (void)id;
    ck_assert_int_eq(truncate(path, PROFILE_MAX_BYTES + 1), 0);
    return false;
}

START_TEST(who_may_read_it_is_of_the_content_that_was_read)
{
    const struct scan_input input = {.known = replace_by_a_secret};
    struct found scan;

    unit_write_text("etc/a.json", "public");
    ck_assert_int_eq(chmod(unit_path("etc/a.json"), 0644), 0);
    run_with(&scan, input);
    ck_assert_int_eq(scan.items[0].kind, SCAN_READ);
    ck_assert_mem_eq(scan.items[0].bytes, "secret", 6);
    ck_assert_uint_eq(scan.items[0].access.mode, 0600);
    clear(&scan);
}
END_TEST

START_TEST(files_that_grow_are_not_read_without_end)
{
    const struct scan_input input = {.known = make_too_long};
    struct found scan;

    unit_write_text("etc/a.json", "short");
    run_with(&scan, input);
    ck_assert_int_eq(scan.items[0].kind, SCAN_REFUSED);
    clear(&scan);
}
END_TEST

START_TEST(without_fds_it_looks_again)
{
    struct rlimit all, none;
    struct found scan;

    unit_write_text("etc/a.json", "x");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
    none = all;
    none.rlim_cur = 3;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    run(&scan);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
    ck_assert_int_eq(scan.scan.failed[0], -EMFILE);
    ck_assert(scan.scan.again);
    clear(&scan);
}
END_TEST

START_TEST(fresh_time_stamps_are_not_relied_on)
{
    struct file_id id = {.changed = {100, 500000000}};

    ck_assert(!file_id_is_settled(&id, &(struct timespec){100, 500000000}));
    ck_assert(!file_id_is_settled(&id, &(struct timespec){100, 590000000}));
    ck_assert(file_id_is_settled(&id, &(struct timespec){100, 700000000}));
    ck_assert(file_id_is_settled(&id, &(struct timespec){200, 0}));
    /* The clock was set back. */
    ck_assert(!file_id_is_settled(&id, &(struct timespec){50, 0}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *tests = tcase_create("scan");

    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_link_to_nothing_masks);
    tcase_add_test(tests, only_a_trusted_directory_masks);
    tcase_add_test(tests, a_broken_file_hides_the_one_behind_it);
    tcase_add_test(tests, directories_may_be_missing);
    tcase_add_test(tests, files_that_others_can_write_are_refused);
    tcase_add_test(tests, directories_that_others_can_write_are_refused);
    tcase_add_test(tests, files_of_others_are_refused);
    tcase_add_test(tests, what_is_no_regular_file_is_refused);
    tcase_add_test(tests, large_files_are_refused);
    tcase_add_test(tests, an_acl_is_refused);
    tcase_add_test(tests, the_way_counts);
    tcase_add_test(tests, an_acl_on_the_way_is_refused);
    tcase_add_test(tests, links_may_not_lead_out);
    tcase_add_test(tests, links_may_stay_inside);
    tcase_add_test(tests, the_way_of_a_link_has_to_be_trusted);
    tcase_add_test(tests, known_files_are_not_read_again);
    tcase_add_test(tests, who_may_read_it_is_of_the_content_that_was_read);
    tcase_add_test(tests, files_that_grow_are_not_read_without_end);
    tcase_add_test(tests, without_fds_it_looks_again);
    tcase_add_test(tests, fresh_time_stamps_are_not_relied_on);
    return unit_end(suite);
}
