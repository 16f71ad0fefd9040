/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of the daemon's own filters on the running kernel: each process of the test installs one,
 * makes one call, and lives or does not. That the daemon itself can live with them, the end-to-end
 * tests show.
 */
#include "daemon/process/own-filter.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "compiler/facts/bpf.h"
#include "compiler/prove/prove.h"
#include "daemon/process/own-profiles.h"
#include "daemon/process/sandbox.h"
#include "tests/daemon/process/attempts.h"
#include "tests/daemon/unit.h"

enum {
    LIVED = 5,
    NOT_INSTALLED = 6,
};

static struct own_filters own;

static void make(void)
{
    const char *why;

    ck_assert_msg(own_filters_make(&own, &why) == 0, "%s", why);
}

static void clear(void)
{
    own_filters_clear(&own);
}

START_TEST(all_compile_and_are_proven)
{
    for (int i = 0; i < OWN_COUNT; i++) {
        const struct bpf_program *program = &own.filters[i].program;
        const char *why = "";
        size_t bad = 0;

        ck_assert_ptr_nonnull(own_profiles[i].name);
        ck_assert_msg(bpf_check(program->insns, program->n_insns, &bad, &why) == 0, "%s: %zu: %s",
                      own_profiles[i].name, bad, why);
        ck_assert_uint_eq(own.filters[i].proof.version, PROOF_VERSION);
        ck_assert_uint_gt(own.filters[i].proof.ranges, 0);
        /* What is allowed whatever its arguments is answered from the kernel's bitmap. */
        ck_assert(bpf_is_emulable(program->insns, program->n_insns));
    }
}
END_TEST

#if !SANDBOX_SANITIZED
/* How a process ended that made CALL under the filter WHICH: its exit status, or 128 + signal. */
static int outcome(enum own_filter which, void (*call)(void))
{
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (sandbox_no_new_privileges() < 0 || own_filter_install(&own, which) != 0)
            _exit(NOT_INSTALLED);
        call();
        _exit(LIVED);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

START_TEST(each_allows_what_its_process_needs)
{
    const struct attempt *attempt = &attempts[_i];

    for (int which = 0; which < OWN_COUNT; which++) {
        int wanted = attempt->allowed & 1U << which ? LIVED : 128 + SIGSYS;
        int got = outcome(which, attempt->call);

        ck_assert_msg(got == wanted, "%s under %s: %d, not %d", attempt->name,
                      own_profiles[which].name, got, wanted);
    }
}
END_TEST

static void abort_it(void)
{
    abort();
}

START_TEST(abort_keeps_its_name)
{
    ck_assert_int_eq(outcome(OWN_MAIN, abort_it), 128 + SIGABRT);
}
END_TEST

/* The main process says which call it was that ended it. */
START_TEST(a_forbidden_call_is_told)
{
    char text[256] = "", number[16];
    int status, pipes[2];
    pid_t pid;

    ck_assert_int_eq(pipe(pipes), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (dup2(pipes[1], STDERR_FILENO) < 0 || sandbox_no_new_privileges() < 0 ||
            own_filter_tell() < 0 || own_filter_install(&own, OWN_MAIN) != 0)
            _exit(NOT_INSTALLED);
        syscall(SYS_io_uring_setup, 1, NULL);
        _exit(LIVED);
    }
    close(pipes[1]);
    ck_assert_int_gt(read(pipes[0], text, sizeof(text) - 1), 0);
    close(pipes[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    snprintf(number, sizeof(number), " %d ", SYS_io_uring_setup);
    ck_assert_msg(strstr(text, number) && text[strlen(text) - 1] == '\n', "%s", text);
}
END_TEST
#endif

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "own-filter");

    tcase_add_unchecked_fixture(tests, make, clear);
    tcase_add_test(tests, all_compile_and_are_proven);
#if !SANDBOX_SANITIZED
    tcase_add_loop_test(tests, each_allows_what_its_process_needs, 0, (int)n_attempts);
    tcase_add_test(tests, abort_keeps_its_name);
    tcase_add_test(tests, a_forbidden_call_is_told);
#endif
    return unit_end(suite);
}
