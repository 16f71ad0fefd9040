/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What hook and shim do with files: the shim's settings, the bundle's configuration (replaced whole
 * or not at all), and reading and writing.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "integration/bundle.h"
#include "integration/oci-seccomp.h"
#include "integration/settings.h"
#include "integration/whole-file.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/deadline.h"
#include "util/io.h"

static char dir[] = "/tmp/secprof-test-files.XXXXXX";

static const char *in_dir(struct arena *arena, const char *name)
{
    return arena_printf(arena, "%s/%s", dir, name);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static const char *read_file(struct arena *arena, const char *path)
{
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len;
    char *text = whole_file_read(fd, 1024 * 1024, DEADLINE_NEVER, arena, &len);

    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(strlen(text), len);
    return text;
}

static void make_dir(void)
{
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

/* Counts the entries of the directory, and removes them all. */
static int empty_dir(void)
{
    DIR *open_dir = opendir(dir);
    struct dirent *entry;
    int n = 0;

    ck_assert_ptr_nonnull(open_dir);
    while ((entry = readdir(open_dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        n++;
        ck_assert_int_eq(unlinkat(dirfd(open_dir), entry->d_name, 0), 0);
    }
    closedir(open_dir);
    return n;
}

static void remove_dir(void)
{
    empty_dir();
    rmdir(dir);
}

START_TEST(reads_settings)
{
    static const char text[] = "# a comment\n\n runtime = /usr/bin/crun \r\nprofile=web\n"
                               "\tsocket\t=\t/s = t\nallow = web, a\nnamed_only = yes\ntimeout=250";
    cleanup_arena struct arena arena = ARENA_INIT;
    struct settings settings = SETTINGS_INIT;

    ck_assert_ptr_null(settings_parse(&settings, "f", text, strlen(text), &arena));
    ck_assert_str_eq(settings.runtime, "/usr/bin/crun");
    ck_assert_str_eq(settings.profile, "web");
    ck_assert_str_eq(settings.socket, "/s = t");
    ck_assert_str_eq(settings.allow, "web, a");
    ck_assert(settings.named_only);
    ck_assert_int_eq(settings.timeout_ms, 250);
    ck_assert_ptr_null(settings_parse(&settings, "f", "", 0, &arena));
    ck_assert_ptr_null(settings_parse(&settings, "f", "timeout=600000", 14, &arena));
    ck_assert_int_eq(settings.timeout_ms, 600000);
}
END_TEST

START_TEST(settings_with_comments)
{
    static const char text[] = "allow = web # default\nprofile = default\t# * = all # more\n"
                               " \t# runtime = a#b\nnamed_only = yes #";
    cleanup_arena struct arena arena = ARENA_INIT;
    struct settings settings = SETTINGS_INIT;

    ck_assert_ptr_null(settings_parse(&settings, "f", text, strlen(text), &arena));
    ck_assert_str_eq(settings.allow, "web");
    ck_assert(!oci_names_include(settings.allow, "default"));
    ck_assert_str_eq(settings.profile, "default");
    ck_assert_str_eq(settings.runtime, "crun");
    ck_assert(settings.named_only);
}
END_TEST

static const struct {
    const char *text;
    const char *wrong;
} bad_settings[] = {
    {"\nruntme = crun\n",
     "f:2: unknown key \"runtme\"; there are: runtime, profile, allow, socket, "
     "named_only, timeout"},
    {"runtime\n", "f:1: KEY = VALUE was expected"},
    {"runtime =\n", "f:1: runtime: a program was expected"},
    {"named_only = true", "f:1: named_only: yes or no was expected"},
    {"profile = a\nprofile = b", "f:2: profile is set twice"},
    {"timeout = 5s", "f:1: timeout: a number of milliseconds from 1 to 600000 was expected"},
    {"timeout = 0", "f:1: timeout: a number of milliseconds from 1 to 600000 was expected"},
    {"timeout = 600001", "f:1: timeout: a number of milliseconds from 1 to 600000 was expected"},
    {"timeout = -1", "f:1: timeout: a number of milliseconds from 1 to 600000 was expected"},
    {"timeout = 99999999999999999999",
     "f:1: timeout: a number of milliseconds from 1 to 600000 was expected"},
    {"profile = # web", "f:1: profile: the name of a profile was expected"},
    {"\nallow = web# *", "f:2: a # begins a comment only at the start of a line or behind a blank"},
    {"socket = /a#b # c",
     "f:1: a # begins a comment only at the start of a line or behind a blank"},
    {"runtime # = crun", "f:1: KEY = VALUE was expected"},
    {"= x",
     "f:1: unknown key \"\"; there are: runtime, profile, allow, socket, named_only, timeout"},
};

START_TEST(wrong_settings)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct settings settings = SETTINGS_INIT;

    ck_assert_str_eq(settings_parse(&settings, "f", bad_settings[_i].text,
                                    strlen(bad_settings[_i].text), &arena),
                     bad_settings[_i].wrong);
}
END_TEST

START_TEST(settings_with_a_nul)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct settings settings = SETTINGS_INIT;

    ck_assert_str_eq(settings_parse(&settings, "f", "runtime=a\0b", 11, &arena),
                     "f: it has a NUL byte: this is no text file");
}
END_TEST

START_TEST(settings_in_a_file)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct settings settings = SETTINGS_INIT;
    const char *path = in_dir(&arena, "runtime.conf");

    ck_assert_ptr_null(settings_read(&settings, path, true, &arena));
    ck_assert_ptr_nonnull(strstr(settings_read(&settings, path, false, &arena), "No such file"));
    write_file(path, "runtime = runc\n", 0644);
    ck_assert_ptr_null(settings_read(&settings, path, false, &arena));
    ck_assert_str_eq(settings.runtime, "runc");
    ck_assert_int_eq(chmod(path, 0664), 0);
    ck_assert_ptr_nonnull(
        strstr(settings_read(&settings, path, false, &arena), "others than its owner"));
    ck_assert_str_eq(settings_read(&settings, dir, false, &arena),
                     arena_printf(&arena, "%s: it is no regular file", dir));
}
END_TEST

static const struct {
    uid_t user, owner;
    gid_t group;
    mode_t mode;
    const char *wrong; /* NULL: good */
} settings_files[] = {
    {0, 0, 0, 0600, NULL},
    {0, 0, 990, 0640, NULL},
    {0, 990, 0, 0644, "it belongs neither to root"},
    {0, 0, 990, 0660, "others than its owner"},
    {0, 0, 0, 0602, "others than its owner"},
    {990, 990, 990, 0600, NULL},
    {990, 0, 0, 0644, NULL},
    {990, 991, 990, 0644, "it belongs neither to root"},
    {990, 990, 990, 0620, "others than its owner"},
};

START_TEST(settings_that_are_too_long)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct settings settings = SETTINGS_INIT;
    const char *path = in_dir(&arena, "runtime.conf");

    write_file(path, "runtime = runc\n", 0644);
    ck_assert_int_eq(truncate(path, 64 * 1024 + 1), 0);
    ck_assert_str_eq(settings_read(&settings, path, false, &arena),
                     arena_printf(&arena, "%s: %s", path, strerror(EFBIG)));
}
END_TEST

/* Only the user, or only the group, or one bit of the mode is another. */
START_TEST(settings_of_somebody)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct settings settings = SETTINGS_INIT;
    const char *path = in_dir(&arena, "runtime.conf");
    const char *wrong;

    if (geteuid() != 0)
        return; /* gives files to others */
    ck_assert_int_eq(chmod(dir, 0755), 0);
    write_file(path, "runtime = runc\n", 0644);
    ck_assert_int_eq(chown(path, settings_files[_i].owner, settings_files[_i].group), 0);
    ck_assert_int_eq(chmod(path, settings_files[_i].mode), 0);
    ck_assert_int_eq(seteuid(settings_files[_i].user), 0);
    wrong = settings_read(&settings, path, false, &arena);
    ck_assert_int_eq(seteuid(0), 0);
    if (settings_files[_i].wrong)
        ck_assert_msg(wrong && strstr(wrong, settings_files[_i].wrong), "%s", wrong);
    else
        ck_assert_msg(!wrong, "%s", wrong);
}
END_TEST

/* Root's file, read in a user namespace where root has no name, by somebody else. */
START_TEST(settings_in_a_user_namespace)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct settings settings = SETTINGS_INIT;
    const char *path = in_dir(&arena, "runtime.conf");
    int status;

    if (geteuid() != 0)
        return; /* has no files of root */
    ck_assert_int_eq(chmod(dir, 0755), 0);
    write_file(path, "runtime = runc\n", 0644);

    pid_t pid = fork();

    if (pid == 0) {
        struct stat st;

        if (setresuid(990, 990, 990) < 0 || unshare(CLONE_NEWUSER) < 0 || stat("/", &st) < 0)
            _exit(77);
        if (st.st_uid == 0)
            _exit(1);
        _exit(settings_read(&settings, path, false, &arena) ? 2 : 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    /* Where the system forbids it there is nothing to see. */
    ck_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77));
}
END_TEST

START_TEST(bundle_is_replaced)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_bundle struct bundle bundle = BUNDLE_INIT;
    const char *path = in_dir(&arena, "config.json");
    struct stat before, after;

    write_file(path, "{\"a\": 1}", 0640);
    if (geteuid() == 0)
        ck_assert_int_eq(chown(path, 12, 34), 0);
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_int_eq(bundle_read(&bundle, dir, NULL, &arena), 0);
    ck_assert_str_eq(bundle.text, "{\"a\": 1}");
    ck_assert_uint_eq(bundle.len, 8);
    ck_assert_int_eq(bundle_replace(&bundle, "new", 3), 0);
    ck_assert_str_eq(read_file(&arena, path), "new");
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_uint_eq(after.st_mode, before.st_mode);
    ck_assert_uint_eq(after.st_uid, before.st_uid);
    ck_assert_uint_eq(after.st_gid, before.st_gid);
    ck_assert_uint_ne(after.st_ino, before.st_ino);

    int fd = bundle.dir;

    bundle_close(&bundle);
    ck_assert_int_eq(bundle.dir, -1);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    ck_assert_int_eq(empty_dir(), 1);
}
END_TEST

START_TEST(bundle_with_another_file)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_bundle struct bundle relative = BUNDLE_INIT;
    cleanup_bundle struct bundle absolute = BUNDLE_INIT;
    cleanup_bundle struct bundle linked = BUNDLE_INIT;
    const char *path = in_dir(&arena, "other.json");
    const char *link = in_dir(&arena, "link.json");

    write_file(path, "1", 0600);
    ck_assert_int_eq(bundle_read(&relative, dir, "other.json", &arena), 0);
    ck_assert_int_eq(bundle_replace(&relative, "2", 1), 0);
    ck_assert_int_eq(bundle_read(&absolute, NULL, path, &arena), 0);
    ck_assert_str_eq(absolute.text, "2");
    /* A link is replaced; what it leads to stays what it was. */
    ck_assert_int_eq(symlink("other.json", link), 0);
    ck_assert_int_eq(bundle_read(&linked, dir, "link.json", &arena), 0);
    ck_assert_int_eq(bundle_replace(&linked, "3", 1), 0);
    ck_assert_str_eq(read_file(&arena, link), "3");
    ck_assert_str_eq(read_file(&arena, path), "2");
}
END_TEST

static int try_bundle(const char *path, const char *name)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_bundle struct bundle bundle = BUNDLE_INIT;

    return bundle_read(&bundle, path, name, &arena);
}

START_TEST(bundle_that_cannot_be_read)
{
    cleanup_arena struct arena arena = ARENA_INIT;

    ck_assert_int_eq(try_bundle(dir, NULL), -ENOENT);
    ck_assert_int_eq(try_bundle(in_dir(&arena, "nowhere"), NULL), -ENOENT);
    ck_assert_int_eq(mkfifo(in_dir(&arena, "config.json"), 0600), 0);
    ck_assert_int_eq(try_bundle(dir, NULL), -EINVAL);
    ck_assert_int_eq(try_bundle(in_dir(&arena, "config.json"), NULL), -ENOTDIR);
    /* A FIFO on the way is not waited for. */
    ck_assert_int_eq(try_bundle(dir, "config.json/x"), -ENOTDIR);
    ck_assert_int_eq(try_bundle("/", "dev/null"), -EINVAL);
}
END_TEST

/* A full disk: the old file is there as it was, and nothing else. */
START_TEST(bundle_stays_whole)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *path = in_dir(&arena, "config.json");
    int status;

    write_file(path, "{\"a\": 1}", 0644);

    pid_t pid = fork();

    if (pid == 0) {
        cleanup_bundle struct bundle bundle = BUNDLE_INIT;
        const struct rlimit limit = {4096, 4096};
        static const char large[8192];

        signal(SIGXFSZ, SIG_IGN);
        if (bundle_read(&bundle, dir, NULL, &arena) < 0 || setrlimit(RLIMIT_FSIZE, &limit) < 0)
            _exit(1);
        _exit(bundle_replace(&bundle, large, sizeof(large)) == -EFBIG ? 0 : 2);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(read_file(&arena, path), "{\"a\": 1}");
    ck_assert_int_eq(empty_dir(), 1);
}
END_TEST

START_TEST(reads_to_a_limit)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *path = in_dir(&arena, "f");
    size_t len;

    write_file(path, "0123456789", 0600);
    for (size_t max = 0; max < 12; max++) {
        cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
        const char *text = whole_file_read(fd, max, DEADLINE_NEVER, &arena, &len);

        if (max < 10) {
            ck_assert_ptr_null(text);
            ck_assert_int_eq(errno, EFBIG);
        } else {
            ck_assert_str_eq(text, "0123456789");
            ck_assert_uint_eq(len, 10);
        }
    }
    ck_assert_ptr_null(whole_file_read(-1, 10, DEADLINE_NEVER, &arena, &len));
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* A pipe that is never closed. */
START_TEST(reads_to_a_deadline)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    int64_t deadline = deadline_after(50);
    size_t len;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "abc", 3), 3);
    ck_assert_ptr_null(whole_file_read(ends[0], 10, deadline, &arena, &len));
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_int_eq(deadline_left(deadline), 0);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* More than one block, in pieces, through a pipe. */
START_TEST(reads_and_writes_pipes)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const size_t size = 300 * 1000;
    char *sent = arena_alloc(&arena, size);
    size_t len;
    int ends[2];

    for (size_t i = 0; i < size; i++)
        sent[i] = (char)('a' + i % 23);
    ck_assert_int_eq(pipe(ends), 0);

    pid_t pid = fork();

    if (pid == 0)
        _exit(io_write_all(ends[1], sent, size) == 0 ? 0 : 1);
    close(ends[1]);

    const char *got = whole_file_read(ends[0], size, DEADLINE_NEVER, &arena, &len);
    int status;

    ck_assert_ptr_nonnull(got);
    ck_assert_uint_eq(len, size);
    ck_assert_mem_eq(got, sent, size);
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("files");
    TCase *tc = tcase_create("files");

    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, reads_settings);
    tcase_add_test(tc, settings_with_comments);
    tcase_add_loop_test(tc, wrong_settings, 0, ARRAY_SIZE(bad_settings));
    tcase_add_test(tc, settings_with_a_nul);
    tcase_add_test(tc, settings_in_a_file);
    tcase_add_test(tc, settings_that_are_too_long);
    tcase_add_loop_test(tc, settings_of_somebody, 0, ARRAY_SIZE(settings_files));
    tcase_add_test(tc, settings_in_a_user_namespace);
    tcase_add_test(tc, bundle_is_replaced);
    tcase_add_test(tc, bundle_with_another_file);
    tcase_add_test(tc, bundle_that_cannot_be_read);
    tcase_add_test(tc, bundle_stays_whole);
    tcase_add_test(tc, reads_to_a_limit);
    tcase_add_test(tc, reads_to_a_deadline);
    tcase_add_test(tc, reads_and_writes_pipes);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
