/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/secprofctl/show/output.c: files are replaced whole or not at all. */
#include "config.h"

#include "client/secprofctl/show/output.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite.h"
#include "util/cleanup.h"

static char dir[64];

static void setup(void)
{
    strcpy(dir, "/tmp/secprof-test.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chdir(dir), 0);
}

static void teardown(void)
{
    char command[128];

    ck_assert_int_eq(chdir("/"), 0);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static void expect(const char *path, const char *content)
{
    cleanup_fclose FILE *file = fopen(path, "re");
    char text[64] = {0};

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(text, 1, sizeof(text) - 1, file), strlen(content));
    ck_assert_str_eq(text, content);
}

static int count_files(void)
{
    DIR *list = opendir(".");
    int n = -2;

    while (readdir(list))
        n++;
    closedir(list);
    return n;
}

START_TEST(files_are_made_and_replaced)
{
    struct stat st;
    ino_t first;

    umask(022);
    ck_assert_int_eq(output_write("file", "one", 3), 0);
    expect("file", "one");
    ck_assert_int_eq(stat("file", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0644);
    first = st.st_ino;
    ck_assert_int_eq(output_write("file", "second", 6), 0);
    expect("file", "second");
    ck_assert_int_eq(stat("file", &st), 0);
    ck_assert(st.st_ino != first);
    ck_assert_int_eq(output_write("file", "", 0), 0);
    expect("file", "");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(programs_can_be_executed)
{
    struct stat st;

    umask(022);
    ck_assert_int_eq(output_write("file", "no", 2), 0);
    ck_assert_int_eq(output_write_program("file", "#!/bin/true", 11), 0);
    expect("file", "#!/bin/true");
    ck_assert_int_eq(stat("file", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0755);
    ck_assert_int_eq(system("./file"), 0);
}
END_TEST

/* What a profile's file keeps from others, a copy of it does too. */
START_TEST(modes_are_the_users)
{
    struct stat st;

    umask(077);
    ck_assert_int_eq(output_write("file", "secret", 6), 0);
    ck_assert_int_eq(stat("file", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(output_write_program("program", "x", 1), 0);
    ck_assert_int_eq(stat("program", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    umask(022);
    ck_assert_int_eq(output_write("file", "secret", 6), 0);
    ck_assert_int_eq(stat("file", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(chmod("file", 04664), 0);
    ck_assert_int_eq(output_write("file", "more", 4), 0);
    ck_assert_int_eq(stat("file", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0664);
}
END_TEST

START_TEST(links_are_followed)
{
    struct stat st;

    ck_assert_int_eq(mkdir("sub", 0755), 0);
    ck_assert_int_eq(output_write("sub/file", "one", 3), 0);
    ck_assert_int_eq(symlink("sub/file", "link"), 0);
    ck_assert_int_eq(output_write("link", "two", 3), 0);
    ck_assert_int_eq(lstat("link", &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    expect("sub/file", "two");
}
END_TEST

START_TEST(devices_are_written_to)
{
    struct stat st;

    ck_assert_int_eq(output_write("/dev/null", "x", 1), 0);
    ck_assert_int_eq(stat("/dev/null", &st), 0);
    ck_assert(S_ISCHR(st.st_mode));
    ck_assert_int_eq(output_write("/dev/full", "x", 1), -ENOSPC);
}
END_TEST

START_TEST(failures_leave_the_old_file)
{
    struct rlimit limit = {4, 4};

    ck_assert_int_eq(output_write("file", "old", 3), 0);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(output_write("file", "too long", 8), -EFBIG);
    expect("file", "old");
    ck_assert_int_eq(count_files(), 1);
    ck_assert_int_eq(output_write(".", "x", 1), -EISDIR);
    ck_assert_int_eq(output_write("none/file", "x", 1), -ENOENT);
    ck_assert_int_eq(output_write("file/x", "x", 1), -ENOTDIR);
}
END_TEST

START_TEST(a_closed_pipe_is_an_error)
{
    int ends[2];

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    ck_assert_int_eq(output_write(NULL, "x", 1), -EPIPE);
    ck_assert(!output_is_terminal());
}
END_TEST

/* More than a pipe holds: write(2) takes it in parts. */
START_TEST(pipes_get_all_of_it)
{
    enum {
        SIZE = 300 * 1000
    };
    cleanup_free char *bytes = calloc(1, SIZE);
    int ends[2];
    size_t got = 0;

    ck_assert_int_eq(pipe(ends), 0);
    if (fork() == 0) {
        close(ends[0]);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[1]);
        _exit(output_write(NULL, bytes, SIZE) == 0 ? 0 : 1);
    }
    close(ends[1]);
    for (;;) {
        char buf[1000];
        ssize_t n = read(ends[0], buf, sizeof(buf));

        ck_assert_int_ge(n, 0);
        if (n == 0)
            break;
        got += (size_t)n;
    }
    ck_assert_uint_eq(got, SIZE);
    close(ends[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *tcase = tcase_create("output");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, files_are_made_and_replaced);
    tcase_add_test(tcase, programs_can_be_executed);
    tcase_add_test(tcase, modes_are_the_users);
    tcase_add_test(tcase, links_are_followed);
    tcase_add_test(tcase, devices_are_written_to);
    tcase_add_test(tcase, failures_leave_the_old_file);
    tcase_add_test(tcase, a_closed_pipe_is_an_error);
    tcase_add_test(tcase, pipes_get_all_of_it);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
