/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The logs of hook and shim: what a line looks like for the system's logger and for the engine, and
 * that one which nobody reads is lost and holds up nothing.
 */
#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "integration/oci-seccomp.h"
#include "integration/runtime-args.h"
#include "integration/runtime-log.h"
#include "integration/system-log.h"
#include "tests/suite.h"
#include "util/cleanup.h"
#include "util/deadline.h"

static char dir[] = "/tmp/secprof-test-logs.XXXXXX";
static char path[sizeof(dir) + sizeof("/log")];

static void make_dir(void)
{
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/log", dir);
}

static void remove_dir(void)
{
    unlink(path);
    rmdir(dir);
}

static int listen_log(int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int sock = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    ck_assert_int_ge(sock, 0);
    strcpy(address.sun_path, path);
    ck_assert_int_eq(bind(sock, (const struct sockaddr *)&address, sizeof(address)), 0);
    if (type == SOCK_STREAM)
        ck_assert_int_eq(listen(sock, 4), 0);
    return sock;
}

/* What FD has, as a text. */
static const char *next_line(int fd)
{
    static char line[8192];
    ssize_t n = read(fd, line, sizeof(line) - 1);

    ck_assert_int_ge(n, 0);
    line[n] = '\0';
    ck_assert_uint_eq(strlen(line), (size_t)n);
    return line;
}

/* The line is "<PRIORITY>Mmm dd hh:mm:ss NAME: TEXT". */
static void check_line(const char *line, int priority, const char *text)
{
    char begin[16], end[128];

    snprintf(begin, sizeof(begin), "<%d>", LOG_DAEMON | priority);
    snprintf(end, sizeof(end), " %s: %s", program_invocation_short_name, text);
    ck_assert_msg(!strncmp(line, begin, strlen(begin)), "%s", line);
    line += strlen(begin);
    ck_assert_uint_eq(strlen(line), strlen("Jan  1 00:00:00") + strlen(end));
    ck_assert_int_eq(line[9], ':');
    ck_assert_str_eq(line + strlen("Jan  1 00:00:00"), end);
}

START_TEST(sends_datagrams)
{
    cleanup_close int logger = listen_log(SOCK_DGRAM);

    system_log_send(path, LOG_ERR, "one");
    system_log_send(path, LOG_INFO, "two");
    check_line(next_line(logger), LOG_ERR, "one");
    check_line(next_line(logger), LOG_INFO, "two");
}
END_TEST

START_TEST(sends_to_a_stream)
{
    cleanup_close int logger = listen_log(SOCK_STREAM);

    system_log_send(path, LOG_NOTICE, "one");

    cleanup_close int peer = accept4(logger, NULL, NULL, SOCK_CLOEXEC);
    char line[128];
    ssize_t n = read(peer, line, sizeof(line));

    ck_assert_int_gt(n, 0);
    ck_assert_int_eq(line[n - 1], '\0');
    check_line(line, LOG_NOTICE, "one");
}
END_TEST

START_TEST(a_full_log_loses_lines)
{
    cleanup_close int logger = listen_log(SOCK_DGRAM);
    size_t sent = 0, kept = 0;
    char line[128];
    int64_t began = deadline_after(0);

    /* Until one takes as long as the log is waited for. */
    for (int64_t before = began; sent < 100000; sent++) {
        system_log_send(path, LOG_INFO, "one of many");
        if (deadline_after(0) - before > INT64_C(90000000))
            break;
        before = deadline_after(0);
    }
    ck_assert_uint_lt(sent, 100000);
    began = deadline_after(0);
    system_log_send(path, LOG_INFO, "lost");
    ck_assert_int_lt(deadline_after(0) - began, INT64_C(5000000000));
    while (read(logger, line, sizeof(line)) > 0)
        kept++;
    ck_assert_uint_eq(kept, sent);
}
END_TEST

START_TEST(no_log)
{
    char far[200];

    system_log_send(path, LOG_INFO, "nowhere");
    memset(far, '/', sizeof(far));
    far[sizeof(far) - 1] = '\0';
    system_log_send(far, LOG_INFO, "nowhere");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    system_log_send(path, LOG_INFO, "nowhere");
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* What a descriptor that nobody reads does to whoever writes to it: FILE takes its place. */
static int replace_stderr(int file)
{
    int old = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

    ck_assert_int_ge(old, 0);
    ck_assert_int_eq(dup2(file, STDERR_FILENO), STDERR_FILENO);
    return old;
}

START_TEST(errors_on_standard_error)
{
    struct oci_result refused = {.outcome = OCI_REFUSED, .message = "bad\nrules\n", .where = "/r"};
    struct oci_result fallback = {
        .outcome = OCI_UNCHANGED, .message = "left", .fallback = true, .where = NULL};
    char text[256], wanted[256];
    const char *self = program_invocation_short_name;
    int ends[2], old;

    ck_assert_int_eq(pipe(ends), 0);
    old = replace_stderr(ends[1]);
    system_log_error("no %s", "memory");
    system_log_notice("quiet");
    system_log_result(&refused, NULL, false);
    system_log_result(&fallback, "c1", true);
    system_log_result(&fallback, NULL, true);
    system_log_result(&fallback, "c2", false);
    dup2(old, STDERR_FILENO);
    close(old);
    close(ends[1]);

    ssize_t n = read(ends[0], text, sizeof(text) - 1);

    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    snprintf(wanted, sizeof(wanted),
             "%s: no memory\n%s: container /r: refused: bad rules\n%s: container c1: left\n"
             "%s: container without a name: left\n",
             self, self, self, self);
    ck_assert_str_eq(text, wanted);
    close(ends[0]);
}
END_TEST

START_TEST(full_standard_error)
{
    static char block[4096];
    int ends[2], old;

    ck_assert_int_eq(pipe(ends), 0);
    while (deadline_write(ends[1], block, sizeof(block), deadline_after(0)) == 0)
        continue;
    old = replace_stderr(ends[1]);
    system_log_error("nobody reads this");
    dup2(old, STDERR_FILENO);
    close(old);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(log_for_the_engine)
{
    struct runtime_args args = {.log = path, .log_json = true};
    static const char begin[] =
        "{\"level\":\"error\",\"msg\":\"secprof-runtime: a \\\"quoted\\\\\\\" "
        "word and\xc3\xa9\",\"time\":\"20";
    struct stat st;
    const char *text;

    runtime_log(&args, "error", "a \"quoted\\\" word\nand\xc3\xa9");
    args.log_json = false;
    runtime_log(&args, "warning", "more");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777 & ~0644u, 0);

    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);

    text = next_line(fd);
    ck_assert_msg(!strncmp(text, begin, strlen(begin)), "%s", text);
    ck_assert_ptr_nonnull(
        strstr(text, "Z\"}\nlevel=warning msg=\"secprof-runtime: more\" time=\"20"));
    args.log = NULL;
    runtime_log(&args, "error", "nowhere");
}
END_TEST

/* With a /dev of its own. */
static int log_to_own_dev(void)
{
    struct oci_result changed = {.outcome = OCI_CHANGED, .message = "filter of x", .where = "/r"};
    char line[256];
    int logger;

    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/dev", "tmpfs", 0, NULL) < 0)
        return 77;
    strcpy(path, "/dev/log");
    logger = listen_log(SOCK_DGRAM);
    system_log_notice("%s is %d", "this", 7);
    system_log_result(&changed, "c1", true);
    check_line(next_line(logger), LOG_NOTICE, "this is 7");
    check_line(next_line(logger), LOG_INFO, "container c1: filter of x");
    return read(logger, line, sizeof(line)) < 0 ? 0 : 1;
}

START_TEST(lines_of_the_system_log)
{
    int status;
    pid_t pid;

    if (geteuid() != 0)
        return; /* may not mount */
    pid = fork();
    if (pid == 0)
        _exit(log_to_own_dev());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    /* Where the system forbids mounts there is nothing to see. */
    ck_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77));
}
END_TEST

/* Without a reader, with one that reads, and with one that does not. */
START_TEST(engine_log_is_a_fifo)
{
    struct runtime_args args = {.log = path};
    static char block[4096];

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    runtime_log(&args, "error", "lost");

    cleanup_close int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

    runtime_log(&args, "error", "one");
    ck_assert_ptr_nonnull(strstr(next_line(fd), "secprof-runtime: one\""));
    while (write(fd, block, sizeof(block)) > 0)
        continue;
    runtime_log(&args, "error", "lost too");
    ck_assert_int_eq(read(fd, block, sizeof(block)), (ssize_t)sizeof(block));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logs");
    TCase *tc = tcase_create("logs");

    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, sends_datagrams);
    tcase_add_test(tc, sends_to_a_stream);
    tcase_add_test(tc, a_full_log_loses_lines);
    tcase_add_test(tc, no_log);
    tcase_add_test(tc, errors_on_standard_error);
    tcase_add_test(tc, full_standard_error);
    tcase_add_test(tc, lines_of_the_system_log);
    tcase_add_test(tc, log_for_the_engine);
    tcase_add_test(tc, engine_log_is_a_fifo);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
