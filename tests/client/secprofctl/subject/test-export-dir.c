/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/secprofctl/subject/export-dir.c: what is ours, what is not, and lists that are
 * none. */
#include "config.h"

#include "client/secprofctl/subject/export-dir.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/secprofctl/ctl.h"
#include "tests/suite.h"

static char top[] = "/tmp/test-export-dir.XXXXXX";
static char place[sizeof(top) + 4];
static const struct export_dir closed = EXPORT_DIR_INIT;

static void set_up(void)
{
    strcpy(strrchr(top, '.'), ".XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    snprintf(place, sizeof(place), "%s/out", top);
}

static void tear_down(void)
{
    char command[sizeof(top) + 16];

    snprintf(command, sizeof(command), "rm -rf %s", top);
    ck_assert_int_eq(system(command), 0);
}

static const char *path_of(const char *name)
{
    static char path[sizeof(place) + 64];

    snprintf(path, sizeof(path), "%s/%s", place, name);
    return path;
}

/* What the file NAME has, up to 63 bytes; "" where there is none. */
static const char *text_of(const char *name)
{
    static char text[64];
    int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

static void write_text(const char *name, const char *text)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int put(struct export_dir *dir, const char *name, const char *text)
{
    char *const names[] = {(char *)name};
    int r = export_dir_claim(dir, names, 1);

    return r < 0 ? r : export_dir_put(dir, name, text, strlen(text));
}

START_TEST(files_are_written_once_and_known_again)
{
    struct export_dir dir = closed;
    struct stat first, again;

    ck_assert_int_eq(export_dir_open(&dir, place), CTL_OK);
    ck_assert(!export_dir_has(&dir, "web"));
    ck_assert_int_eq(put(&dir, "web", "one"), 1);
    ck_assert_str_eq(text_of("web.json"), "one");
    ck_assert_str_eq(text_of(".exported"), "web\n");
    ck_assert_int_eq(stat(path_of("web.json"), &first), 0);
    ck_assert_int_eq(first.st_mode & 07777, 0644);
    export_dir_close(&dir);

    ck_assert_int_eq(export_dir_open(&dir, place), CTL_OK);
    ck_assert(export_dir_has(&dir, "web"));
    ck_assert_int_eq(put(&dir, "web", "one"), 0);
    ck_assert_int_eq(stat(path_of("web.json"), &again), 0);
    ck_assert(first.st_ino == again.st_ino);
    /* The same length, and another text; then a longer and a shorter one. */
    ck_assert_int_eq(put(&dir, "web", "two"), 1);
    ck_assert_int_eq(put(&dir, "web", "three"), 1);
    ck_assert_int_eq(put(&dir, "web", "t"), 1);
    ck_assert_str_eq(text_of("web.json"), "t");
    /* One that somebody removed is written again. */
    ck_assert_int_eq(unlink(path_of("web.json")), 0);
    ck_assert_int_eq(put(&dir, "web", "t"), 1);
    export_dir_close(&dir);
}
END_TEST

START_TEST(files_of_others_stay)
{
    char *const names[] = {(char *)"a", (char *)"file", (char *)"link", (char *)"z"};
    struct export_dir dir = closed;
    struct stat st;

    ck_assert_int_eq(mkdir(place, 0755), 0);
    write_text("file.json", "theirs");
    ck_assert_int_eq(symlink("nowhere", path_of("link.json")), 0);
    ck_assert_int_eq(export_dir_open(&dir, place), CTL_OK);
    ck_assert_int_eq(export_dir_claim(&dir, names, 4), 0);
    ck_assert_str_eq(text_of(".exported"), "a\nz\n");
    ck_assert_int_eq(export_dir_put(&dir, "a", "1", 1), 1);
    ck_assert_int_eq(export_dir_put(&dir, "file", "2", 1), -EEXIST);
    ck_assert_int_eq(export_dir_put(&dir, "link", "3", 1), -EEXIST);
    ck_assert_int_eq(export_dir_drop(&dir, "file"), 0);
    ck_assert_int_eq(export_dir_drop(&dir, "link"), 0);
    ck_assert_str_eq(text_of("file.json"), "theirs");
    ck_assert_int_eq(lstat(path_of("link.json"), &st), 0);
    ck_assert_int_eq(stat(path_of("nowhere"), &st), -1);
    export_dir_close(&dir);
}
END_TEST

START_TEST(what_goes_is_forgotten)
{
    struct export_dir dir = closed;
    struct stat st;

    ck_assert_int_eq(export_dir_open(&dir, place), CTL_OK);
    ck_assert_int_eq(put(&dir, "a", "1"), 1);
    ck_assert_int_eq(put(&dir, "b", "2"), 1);
    ck_assert_int_eq(put(&dir, "c", "3"), 1);
    ck_assert_int_eq(export_dir_drop(&dir, "a"), 1);
    ck_assert_int_eq(stat(path_of("a.json"), &st), -1);
    /* Also where somebody else removed it already. */
    ck_assert_int_eq(unlink(path_of("b.json")), 0);
    ck_assert_int_eq(export_dir_drop(&dir, "b"), 1);
    ck_assert_int_eq(export_dir_drop(&dir, "b"), 0);
    ck_assert_int_eq(export_dir_save(&dir), 0);
    ck_assert_str_eq(text_of(".exported"), "c\n");
    ck_assert_uint_eq(dir.n_names, 1);
    ck_assert_str_eq(text_of("c.json"), "3");
    export_dir_close(&dir);
}
END_TEST

START_TEST(one_at_a_time)
{
    struct export_dir dir = closed, second = closed;

    ck_assert_int_eq(export_dir_open(&dir, place), CTL_OK);
    ck_assert_int_eq(export_dir_open(&second, place), CTL_NO);
    export_dir_close(&second);
    export_dir_close(&dir);
    ck_assert_int_eq(export_dir_open(&second, place), CTL_OK);
    export_dir_close(&second);
}
END_TEST

START_TEST(a_list_that_is_none_is_refused)
{
    static const char *const lists[] = {"web", "web\n../x\n", "\n", "web\n\nx\n", "a/b\n"};
    struct export_dir dir = closed;

    ck_assert_int_eq(mkdir(place, 0755), 0);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        write_text(".exported", lists[i]);
        ck_assert_int_eq(export_dir_open(&dir, place), CTL_SYSTEM);
        export_dir_close(&dir);
        ck_assert_str_eq(text_of(".exported"), lists[i]);
    }
    /* Somebody could point it at another file. */
    ck_assert_int_eq(unlink(path_of(".exported")), 0);
    write_text("real", "web\n");
    ck_assert_int_eq(symlink("real", path_of(".exported")), 0);
    ck_assert_int_eq(export_dir_open(&dir, place), CTL_SYSTEM);
    export_dir_close(&dir);
    ck_assert_int_eq(unlink(path_of(".exported")), 0);
    ck_assert_int_eq(mkfifo(path_of(".exported"), 0644), 0);
    ck_assert_int_eq(export_dir_open(&dir, place), CTL_SYSTEM);
    export_dir_close(&dir);
    ck_assert_int_eq(unlink(path_of(".exported")), 0);
    write_text(".exported", "");
    ck_assert_int_eq(export_dir_open(&dir, place), CTL_OK);
    ck_assert_uint_eq(dir.n_names, 0);
    export_dir_close(&dir);
}
END_TEST

START_TEST(a_place_that_is_no_directory_is_refused)
{
    struct export_dir dir = closed;

    ck_assert_int_eq(export_dir_open(&dir, "/dev/null"), CTL_SYSTEM);
    export_dir_close(&dir);
    ck_assert_int_eq(export_dir_open(&dir, path_of("deeper")), CTL_SYSTEM);
    export_dir_close(&dir);
    ck_assert_int_eq(dir.fd, -1);
}
END_TEST

/* The directory goes while it is open: nothing can be written down, and nothing is taken for ours.
 */
START_TEST(a_list_that_cannot_be_written_changes_nothing)
{
    struct export_dir dir = closed;
    char *const names[] = {(char *)"web", (char *)"other"};

    ck_assert_int_eq(export_dir_open(&dir, place), CTL_OK);
    ck_assert_int_eq(unlinkat(AT_FDCWD, place, AT_REMOVEDIR), 0);
    ck_assert_int_lt(export_dir_claim(&dir, names, 2), 0);
    ck_assert_uint_eq(dir.n_names, 0);
    ck_assert_int_eq(export_dir_put(&dir, "web", "1", 1), -EEXIST);
    ck_assert_int_lt(export_dir_save(&dir), 0);
    export_dir_close(&dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("export-dir");
    TCase *tcase = tcase_create("export-dir");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, files_are_written_once_and_known_again);
    tcase_add_test(tcase, files_of_others_stay);
    tcase_add_test(tcase, what_goes_is_forgotten);
    tcase_add_test(tcase, one_at_a_time);
    tcase_add_test(tcase, a_list_that_is_none_is_refused);
    tcase_add_test(tcase, a_place_that_is_no_directory_is_refused);
    tcase_add_test(tcase, a_list_that_cannot_be_written_changes_nothing);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
