/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of util/replace.c: the file's bytes, mode and owner, and what a failure leaves behind. */
#include "config.h"

#include "util/replace.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite.h"
#include "util/cleanup.h"
#include "util/io.h"

static char dir[sizeof("/tmp/secprof-test-replace.XXXXXX")];
static int dir_fd;

static void setup(void)
{
    strcpy(dir, "/tmp/secprof-test-replace.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir_fd, 0);
}

/* Removes the test's files, and returns how many there were. */
static int remove_files(void)
{
    DIR *list = fdopendir(dup(dir_fd));
    struct dirent *file;
    int n = 0;

    ck_assert_ptr_nonnull(list);
    rewinddir(list);
    while ((file = readdir(list))) {
        if (!strcmp(file->d_name, ".") || !strcmp(file->d_name, ".."))
            continue;
        ck_assert_int_eq(unlinkat(dir_fd, file->d_name, file->d_type == DT_DIR ? AT_REMOVEDIR : 0),
                         0);
        n++;
    }
    closedir(list);
    return n;
}

static void teardown(void)
{
    remove_files();
    close(dir_fd);
    rmdir(dir);
}

static void assert_file(const char *name, const char *text, mode_t mode)
{
    cleanup_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    cleanup_free char *bytes = NULL;
    struct stat st;
    size_t size;

    ck_assert_int_eq(io_pread_file(fd, 100, &bytes, &size), 0);
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_mem_eq(bytes, text, size);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, mode);
}

START_TEST(a_file_is_made_and_replaced)
{
    ck_assert_int_eq(replace_file(dir_fd, "file", "one", 3, 0640, NULL), 0);
    assert_file("file", "one", 0640);
    ck_assert_int_eq(replace_file(dir_fd, "file", "another", 7, 0600, NULL), 0);
    assert_file("file", "another", 0600);
    ck_assert_int_eq(remove_files(), 1);
}
END_TEST

START_TEST(a_path_may_have_directories)
{
    cleanup_free char *path = NULL;

    ck_assert_int_gt(asprintf(&path, "%s/file", dir), 0);
    ck_assert_int_eq(replace_file(AT_FDCWD, path, "one", 3, 0640, NULL), 0);
    assert_file("file", "one", 0640);
    ck_assert_int_eq(remove_files(), 1);
}
END_TEST

START_TEST(a_name_may_be_as_long_as_names_can_be)
{
    char name[NAME_MAX + 1];

    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    ck_assert_int_eq(replace_file(dir_fd, name, "one", 3, 0640, NULL), 0);
    assert_file(name, "one", 0640);
}
END_TEST

START_TEST(owner_and_group_are_kept)
{
    const struct stat owner = {.st_uid = 65534, .st_gid = 65534};
    struct stat st;
    int r = replace_file(dir_fd, "file", "one", 3, 04755, &owner);

    if (geteuid() != 0) {
        ck_assert_int_eq(r, -EPERM);
        ck_assert_int_eq(remove_files(), 0);
        return;
    }
    ck_assert_int_eq(r, 0);
    ck_assert_int_eq(fstatat(dir_fd, "file", &st, 0), 0);
    ck_assert_uint_eq(st.st_uid, 65534);
    ck_assert_uint_eq(st.st_gid, 65534);
    ck_assert_uint_eq(st.st_mode & 07777, 04755);
}
END_TEST

/* A file cannot take the place of a directory; the new one must not stay beside it. */
START_TEST(a_failure_leaves_nothing_behind)
{
    ck_assert_int_eq(mkdirat(dir_fd, "taken", 0700), 0);
    ck_assert_int_eq(replace_file(dir_fd, "taken", "one", 3, 0640, NULL), -EISDIR);
    ck_assert_int_eq(remove_files(), 1);
    ck_assert_int_eq(replace_file(dir_fd, "nowhere/file", "one", 3, 0640, NULL), -ENOENT);
    ck_assert_int_eq(replace_file(-1, "file", "one", 3, 0640, NULL), -EBADF);
}
END_TEST

/* The new file is made where the old one is: another directory can be another file system. */
START_TEST(nothing_is_made_elsewhere)
{
    cleanup_close int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    char events[1024];

    ck_assert_int_eq(mkdirat(dir_fd, "sub", 0755), 0);
    ck_assert_int_ge(inotify_add_watch(watch, dir, IN_CREATE | IN_MOVE), 0);
    ck_assert_int_eq(replace_file(dir_fd, "sub/file", "x", 1, 0644, NULL), 0);
    ck_assert_int_eq(read(watch, events, sizeof(events)), -1);
    ck_assert_int_eq(unlinkat(dir_fd, "sub/file", 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replace");
    TCase *tcase = tcase_create("replace");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_file_is_made_and_replaced);
    tcase_add_test(tcase, a_path_may_have_directories);
    tcase_add_test(tcase, a_name_may_be_as_long_as_names_can_be);
    tcase_add_test(tcase, owner_and_group_are_kept);
    tcase_add_test(tcase, a_failure_leaves_nothing_behind);
    tcase_add_test(tcase, nothing_is_made_elsewhere);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
