/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of util/io.c: a pipe that takes a part at a time, signals, and files that are too short. */
#include "config.h"

#include "util/io.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suite.h"
#include "util/cleanup.h"

enum {
    SIZE = 300 * 1000, /* more than a pipe holds */
    SIGNAL_USEC = 500,
};

static unsigned char bytes[SIZE], back[SIZE];

static void setup(void)
{
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 2654435761U >> 13);
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals = signals + 1;
}

/* Without SA_RESTART, and again and again. */
static void send_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal};
    const struct itimerval timer = {{0, SIGNAL_USEC}, {0, SIGNAL_USEC}};

    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void stop_signals(void)
{
    ck_assert_int_eq(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL), 0);
}

START_TEST(all_of_it_is_written)
{
    int ends[2], status;
    size_t got = 0;
    pid_t pid;

    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(ends[0]);
        send_signals();
        _exit(io_write_all(ends[1], bytes, SIZE) == 0 && signals > 0 ? 0 : 1);
    }
    close(ends[1]);
    while (got < SIZE) {
        ssize_t n = read(ends[0], back + got, SIZE - got < 5000 ? SIZE - got : 5000);

        ck_assert_int_gt(n, 0);
        got += (size_t)n;
        usleep(SIGNAL_USEC);
    }
    ck_assert_int_eq(read(ends[0], back, 1), 0);
    ck_assert_mem_eq(back + 1, bytes + 1, SIZE - 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    close(ends[0]);
}
END_TEST

START_TEST(failures_are_told)
{
    int ends[2];

    ck_assert_int_eq(io_write_all(-1, bytes, 1), -EBADF);
    ck_assert_int_eq(io_write_all(-1, bytes, 0), 0);
    ck_assert_int_eq(io_pread_all(-1, back, 1), -EBADF);
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(io_pread_all(ends[0], back, 1), -ESPIPE);
    close(ends[0]);
    ck_assert_int_eq(io_write_all(ends[1], bytes, SIZE), -EPIPE);
    close(ends[1]);
}
END_TEST

START_TEST(a_files_beginning_is_read)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(io_write_all(fd, bytes, SIZE), 0);
    ck_assert_int_eq(lseek(fd, 7, SEEK_SET), 7);
    ck_assert_int_eq(io_pread_all(fd, back, SIZE), 0);
    ck_assert_mem_eq(back, bytes, SIZE);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 7);
    ck_assert_int_eq(ftruncate(fd, SIZE - 1), 0);
    ck_assert_int_eq(io_pread_all(fd, back, SIZE), -EIO);
    ck_assert_int_eq(io_pread_all(fd, back, SIZE - 1), 0);
    close(fd);
}
END_TEST

/* A pipe that gives a part at a time while signals come. Whoever asks for one byte more than comes
 * sees the end; whoever asks for fewer gets no more than that. */
START_TEST(a_pipe_is_read_up_to_a_size)
{
    int ends[2];
    pid_t pid;

    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(ends[0]);
        for (size_t at = 0; at < SIZE; at += 5000) {
            if (io_write_all(ends[1], bytes + at, 5000) < 0)
                _exit(1);
            usleep(SIGNAL_USEC);
        }
        _exit(0);
    }
    close(ends[1]);
    send_signals();
    ck_assert_int_eq(io_read_up_to(ends[0], back, 7), 7);
    ck_assert_int_eq(io_read_up_to(ends[0], back + 7, SIZE - 7 + 1), SIZE - 7);
    ck_assert_mem_eq(back, bytes, SIZE);
    ck_assert_int_gt(signals, 0);
    stop_signals();
    ck_assert_int_eq(io_read_up_to(ends[0], back, 1), 0);
    ck_assert_int_eq(io_read_up_to(-1, back, 1), -EBADF);
    close(ends[0]);
    waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(a_whole_file_is_read)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    char *whole = NULL;
    size_t size;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(io_pread_file(fd, SIZE, &whole, &size), 0);
    ck_assert_uint_eq(size, 0);
    free(whole);
    whole = NULL;
    ck_assert_int_eq(io_write_all(fd, bytes, SIZE), 0);
    ck_assert_int_eq(io_pread_file(fd, SIZE - 1, &whole, &size), -EFBIG);
    ck_assert_ptr_null(whole);
    ck_assert_int_eq(io_pread_file(fd, SIZE, &whole, &size), 0);
    ck_assert_uint_eq(size, SIZE);
    ck_assert_mem_eq(whole, bytes, SIZE);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), SIZE);
    free(whole);
    close(fd);
    ck_assert_int_eq(io_pread_file(-1, SIZE, &whole, &size), -EBADF);
}
END_TEST

/* In a child: the test needs its own files. */
START_TEST(closed_standard_files_are_occupied)
{
    pid_t pid = fork();
    int status;

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        char byte = 0;

        for (int fd = 0; fd <= STDERR_FILENO; fd++)
            close(fd);
        if (io_occupy_standard_files() < 0 || open("/dev/null", O_RDWR) <= STDERR_FILENO)
            _exit(1);
        _exit(read(STDIN_FILENO, &byte, 1) < 0 && write(STDOUT_FILENO, &byte, 1) < 0 &&
                      write(STDERR_FILENO, &byte, 1) < 0
                  ? 0
                  : 2);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(open_standard_files_stay)
{
    struct stat before[3], after;

    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        ck_assert_int_eq(fstat(fd, &before[fd]), 0);
    ck_assert_int_eq(io_occupy_standard_files(), 0);
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        ck_assert_int_eq(fstat(fd, &after), 0);
        ck_assert_uint_eq(after.st_ino, before[fd].st_ino);
    }
}
END_TEST

/* Found by the address sanitizer's library, which else ends a program that asks for too much. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* Larger than any memory, and all holes. */
START_TEST(a_file_that_no_memory_holds)
{
    cleanup_close int fd = memfd_create("large", MFD_CLOEXEC);
    char *content = NULL;
    size_t size;

    ck_assert_int_eq(ftruncate(fd, (off_t)1 << 60), 0);
    ck_assert_int_eq(io_pread_file(fd, SIZE_MAX, &content, &size), -ENOMEM);
    ck_assert_ptr_null(content);
    ck_assert_int_eq(io_pread_file(-1, SIZE_MAX, &content, &size), -EBADF);
}
END_TEST

START_TEST(standard_files_that_cannot_be_occupied)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        const struct rlimit none = {0, 0};

        close(STDIN_FILENO);
        _exit(setrlimit(RLIMIT_NOFILE, &none) == 0 && io_occupy_standard_files() == -EMFILE ? 0
                                                                                            : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("io");
    TCase *tcase = tcase_create("io");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, all_of_it_is_written);
    tcase_add_test(tcase, failures_are_told);
    tcase_add_test(tcase, a_files_beginning_is_read);
    tcase_add_test(tcase, a_pipe_is_read_up_to_a_size);
    tcase_add_test(tcase, a_whole_file_is_read);
    tcase_add_test(tcase, closed_standard_files_are_occupied);
    tcase_add_test(tcase, open_standard_files_stay);
    tcase_add_test(tcase, a_file_that_no_memory_holds);
    tcase_add_test(tcase, standard_files_that_cannot_be_occupied);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
