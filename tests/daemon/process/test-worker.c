/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of the worker: the check of its answers, the real process, and what it can still do. */
#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/request.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "daemon/filters/store.h"
#include "daemon/process/sandbox.h"
#include "tests/daemon/unit.h"
#include "util/packet.h"

static const char text[] = ":1:1: error: no\n";

/* Writes a refusal as the answer to request ID to PACKET. Returns its size. */
static size_t make_answer(uint8_t packet[256], uint64_t id)
{
    const struct worker_answer answer = {.magic = WORKER_MAGIC, .id = id};
    const struct compiled refused = {.result = -EINVAL,
                                     .filter = {.text = text, .text_len = strlen(text)}};

    memcpy(packet, &answer, sizeof(answer));
    return sizeof(answer) + packed_write(&refused, packet + sizeof(answer));
}

START_TEST(good_answers_are_taken)
{
    uint8_t packet[256];
    size_t len = make_answer(packet, 7);
    struct compiled compiled;
    const char *why;

    ck_assert_int_eq(worker_answer_check(&compiled, packet, len, 7, target_host(), &why), 0);
    ck_assert_int_eq(compiled.result, -EINVAL);
    ck_assert_uint_eq(compiled.filter.text_len, strlen(text));
    ck_assert_mem_eq(compiled.filter.text, text, strlen(text));
}
END_TEST

START_TEST(answers_to_something_else_are_not)
{
    struct compiled compiled;
    uint8_t packet[256];
    const char *why;

    for (size_t i = 0; i < sizeof(struct worker_answer); i++) {
        size_t len = make_answer(packet, 7);

        why = NULL;
        packet[i] ^= 1;
        ck_assert_int_eq(worker_answer_check(&compiled, packet, len, 7, target_host(), &why),
                         -EBADMSG);
        ck_assert_str_eq(why, "not an answer to what was asked");
    }
}
END_TEST

/* More about what is behind the id: tests/daemon/filters/test-packed.c. */
START_TEST(nonsense_is_not)
{
    struct compiled compiled;
    uint8_t packet[256];
    const char *why;
    size_t whole = make_answer(packet, 7);

    for (size_t len = 0; len <= whole + 8; len++) {
        if (len == whole)
            continue;
        why = NULL;
        ck_assert_int_eq(worker_answer_check(&compiled, packet, len, 7, target_host(), &why),
                         -EBADMSG);
        ck_assert_ptr_nonnull(why);
    }
}
END_TEST

/* A real worker process. */
struct process {
    pid_t pid;
    int sock;
};

static void start(struct process *process)
{
    const struct worker_limits limits = {.memory = 1 << 29, .cpu_seconds = 30};
    struct worker_hello hello;
    struct own_filters own;
    pid_t parent = getpid();
    const char *why;
    int socks[2];
    size_t n_fds;

    ck_assert_msg(own_filters_make(&own, &why) == 0, "%s", why);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, socks), 0);
    process->pid = fork();
    ck_assert_int_ge(process->pid, 0);
    if (process->pid == 0) {
        const struct target *host = target_host();
        uint32_t kernel = kernel_version_host();

        if (worker_confine_family(socks[1], parent, &own) < 0)
            _exit(77);
        worker_main(&limits, &own, syscalls_new(), host, kernel);
    }
    own_filters_clear(&own);
    close(socks[1]);
    process->sock = socks[0];
    ck_assert_int_eq(packet_recv(process->sock, &hello, sizeof(hello), NULL, 0, &n_fds, 0),
                     sizeof(hello));
    ck_assert_uint_eq(hello.magic, WORKER_MAGIC);
}

/* How the process ended: its exit status, or 128 and the signal. */
static int wait_for(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void ask(const struct process *process, const char *profile, const char *target, uint64_t id)
{
    struct worker_request request = {
        .magic = WORKER_MAGIC,
        .audit_arch = target_native_abi(target_by_name(target))->audit_arch,
        .id = id,
        .size = (uint32_t)strlen(profile),
    };
    const struct iovec iov = {&request, sizeof(request)};
    int fd = store_seal("test", profile, strlen(profile));

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(packet_send(process->sock, &iov, 1, &fd, 1, 0), 0);
    close(fd);
}

static void receive(const struct process *process, uint8_t *packet, uint64_t id, const char *target,
                    struct compiled *compiled)
{
    const char *why = "";
    size_t n_fds;
    ssize_t len = packet_recv(process->sock, packet, WORKER_ANSWER_MAX, NULL, 0, &n_fds, 0);

    ck_assert_int_gt(len, 0);
    ck_assert_msg(
        worker_answer_check(compiled, packet, (size_t)len, id, target_by_name(target), &why) == 0,
        "%s", why);
}

static const char good[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":["
                           "\"mount\"],\"action\":\"SCMP_ACT_ERRNO\",\"excludes\":{\"caps\":["
                           "\"CAP_SYS_ADMIN\"]}}]}";

START_TEST(a_worker_compiles)
{
    static const char *const targets[] = {"x86_64", "s390x", "aarch64"};
    cleanup_free uint8_t *packet = malloc(WORKER_ANSWER_MAX);
    struct compiled compiled;
    struct process process;

    start(&process);
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        ask(&process, good, targets[i], i);
        receive(&process, packet, i, targets[i], &compiled);
        ck_assert_int_eq(compiled.result, 0);
        ck_assert_uint_gt(compiled.filter.n_insns, 2);
        ck_assert_uint_eq(compiled.axes.caps, 1 << 21);
    }
    ask(&process, "{\"defaultAction\":1}", "x86_64", 77);
    receive(&process, packet, 77, "x86_64", &compiled);
    ck_assert_int_eq(compiled.result, -EINVAL);
    ck_assert_uint_gt(compiled.filter.text_len, 0);
    ck_assert_mem_eq(compiled.filter.text, ":1:", 3);
    ask(&process, "", "x86_64", 78);
    receive(&process, packet, 78, "x86_64", &compiled);
    ck_assert_int_eq(compiled.result, -EINVAL);
    close(process.sock);
    ck_assert_int_eq(wait_for(process.pid), 0);
}
END_TEST

START_TEST(a_worker_ends_at_nonsense)
{
    struct process process;

    start(&process);
    ck_assert_int_eq(send(process.sock, "hello", 5, 0), 5);
    ck_assert_int_ne(wait_for(process.pid), 0);
    close(process.sock);
}
END_TEST

START_TEST(files_can_be_taken_away)
{
    pid_t pid;

    unit_write_text("file", "x");
    ck_assert_int_eq(mkdir(unit_path("dir"), 0755), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int dir = open(unit_path("dir"), O_RDONLY | O_DIRECTORY);
        const struct sandbox_rule rule = {dir, SANDBOX_WRITE};

        if (dir < 0 || sandbox_no_new_privileges() < 0 || sandbox_restrict_files(&rule, 1) < 0)
            _exit(2);
        if (openat(dir, "new", O_WRONLY | O_CREAT, 0600) < 0 ||
            renameat(dir, "new", dir, "old") < 0)
            _exit(3);
        if (openat(dir, "old", O_WRONLY | O_TRUNC) < 0 || unlinkat(dir, "old", 0) < 0)
            _exit(4);
        if (mkdirat(dir, "sub", 0700) == 0 || symlinkat("x", dir, "link") == 0)
            _exit(5);
        /* Without Landlock in the kernel nothing is taken away. */
        _exit(open(unit_path("file"), O_RDONLY) < 0 && errno == EACCES ? 0 : 6);
    }

    int status = wait_for(pid);

    ck_assert_msg(status == 0 || status == 5 || status == 6, "status %d", status);
    if (access("/sys/kernel/security/landlock", F_OK) == 0)
        ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(an_empty_root_is_empty)
{
    pid_t pid = fork();
    int status;

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int r = sandbox_empty_root();

        if (r != 0)
            _exit(r == 1 ? 2 : 3);
        if (access("/etc", F_OK) == 0 || access("/proc", F_OK) == 0)
            _exit(4);
        /* Not even root can make something in a directory that is gone. */
        _exit(mkdir("/new", 0700) < 0 && open("/new", O_WRONLY | O_CREAT, 0600) < 0 ? 0 : 5);
    }
    status = wait_for(pid);
    /* Only who has CAP_SYS_CHROOT may do this; root has it. */
    ck_assert_int_eq(status, geteuid() == 0 ? 0 : 2);
}
END_TEST

#if !SANDBOX_SANITIZED
/* Limits that a test can reach. */
static void limit_to(uint64_t memory, uint64_t cpu_seconds)
{
    if (sandbox_limit_worker(memory, cpu_seconds) < 0)
        _exit(2);
}

START_TEST(memory_is_limited)
{
    const size_t limit = 256 << 20, chunk = 16 << 20;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        size_t got = 0;

        limit_to(limit, 30);
        for (char *at; got < 2 * limit && (at = malloc(chunk)); got += chunk)
            memset(at, 1, chunk);
        _exit(got < limit && malloc(2 * limit) == NULL ? 0 : 3);
    }
    ck_assert_int_eq(wait_for(pid), 0);
}
END_TEST

START_TEST(cpu_time_is_limited)
{
    pid_t pid = fork();
    int status;

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        limit_to(1 << 30, 1);
        for (volatile unsigned i = 0;; i++)
            ;
    }
    status = wait_for(pid);
    ck_assert_msg(status == 128 + SIGXCPU || status == 128 + SIGKILL, "status %d", status);
}
END_TEST

START_TEST(processes_files_and_fds_are_limited)
{
    pid_t pid;

    unit_write_text("file", "x");
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int n = 0, file = open(unit_path("file"), O_WRONLY);

        signal(SIGXFSZ, SIG_IGN);
        limit_to(1 << 30, 30);
        if (write(file, "more", 4) >= 0)
            _exit(3);
        while (n < 100 && dup(file) >= 0)
            n++;
        if (n > 16)
            _exit(4);
        /* Root's processes are not counted, so this is for nobody. */
        if (sandbox_become_stranger() < 0)
            _exit(5);
        pid = fork();
        _exit(pid < 0 || getuid() == 0 ? 0 : 6);
    }
    ck_assert_int_eq(wait_for(pid), 0);
}
END_TEST
#endif

START_TEST(only_what_is_kept_stays_open)
{
    int pipes[2];
    pid_t pid;

    ck_assert_int_eq(pipe(pipes), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        const int keep[] = {pipes[1], pipes[0]};

        if (sandbox_keep_only(keep, 2) < 0)
            _exit(2);
        for (int fd = SANDBOX_SOCKET + 2; fd < 100; fd++)
            if (fcntl(fd, F_GETFD) >= 0)
                _exit(3);
        _exit(write(SANDBOX_SOCKET, "x", 1) == 1 && write(SANDBOX_SOCKET + 1, "x", 1) < 0 ? 0 : 4);
    }
    ck_assert_int_eq(wait_for(pid), 0);
    close(pipes[0]);
    close(pipes[1]);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "worker");

    tcase_add_test(tests, good_answers_are_taken);
    tcase_add_test(tests, answers_to_something_else_are_not);
    tcase_add_test(tests, nonsense_is_not);
    tcase_add_test(tests, a_worker_compiles);
    tcase_add_test(tests, a_worker_ends_at_nonsense);
    tcase_add_test(tests, files_can_be_taken_away);
    tcase_add_test(tests, an_empty_root_is_empty);
#if !SANDBOX_SANITIZED
    tcase_add_test(tests, memory_is_limited);
    tcase_add_test(tests, cpu_time_is_limited);
    tcase_add_test(tests, processes_files_and_fds_are_limited);
#endif
    tcase_add_test(tests, only_what_is_kept_stays_open);
    return unit_end(suite);
}
