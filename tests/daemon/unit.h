/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the unit tests of the daemon share: directories of their own, files in them, and main(). */
#ifndef TESTS_DAEMON_UNIT_H
#define TESTS_DAEMON_UNIT_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite.h"
#include "util/cleanup.h"

/* A directory for one test. */
static char unit_dir[] = "/tmp/secprof-unit-XXXXXX";

static void unit_setup(void)
{
    strcpy(unit_dir + strlen(unit_dir) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(unit_dir));
    ck_assert_int_eq(chmod(unit_dir, 0755), 0);
}

static int unit_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void unit_teardown(void)
{
    nftw(unit_dir, unit_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of NAME in the directory of the test, in one of a few buffers that take turns. */
static inline const char *unit_path(const char *name)
{
    static char paths[8][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % ARRAY_SIZE(paths)];

    snprintf(path, PATH_MAX, "%s/%s", unit_dir, name);
    return path;
}

/* Writes SIZE bytes to the new file NAME of the directory of the test. */
static inline void unit_write(const char *name, const void *bytes, size_t size)
{
    int fd = open(unit_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fchmod(fd, 0644), 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

static inline void unit_write_text(const char *name, const char *text)
{
    unit_write(name, text, strlen(text));
}

/* Adds the tests between unit_begin() and unit_end() to one suite, and runs them. */
static inline TCase *unit_begin(Suite **suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    *suite = suite_create(name);
    tcase_add_checked_fixture(tcase, unit_setup, unit_teardown);
    suite_add_tcase(*suite, tcase);
    return tcase;
}

static inline int unit_end(Suite *suite)
{
    return suite_run(suite);
}

#endif
