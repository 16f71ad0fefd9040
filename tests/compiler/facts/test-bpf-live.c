/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf_check() and bpf_simulate() against the kernel that runs the test: it says itself which
 * programs it takes and what they answer. What may kill happens in children.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "tests/compiler/facts/valid.h"
#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/cleanup.h"

#define ALLOW_ALL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static const bool host_is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* 0, or the kernel's errno. */
static int install(const struct sock_filter *program, size_t n)
{
    struct sock_fprog prog = {(unsigned short)n, (struct sock_filter *)program};

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0 ? 0 : errno;
}

/* Forks a child that may install filters, and that dies without a trace. */
static pid_t fork_child(void)
{
    static const int signals[] = {SIGSYS, SIGSEGV, SIGILL, SIGTRAP, SIGBUS};
    const struct rlimit no_core = {0, 0};
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        signal(signals[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &no_core);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        _exit(99);
    return 0;
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return status;
}

static void *shared_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(memory, MAP_FAILED);
    return memory;
}

/*
 * A filter that begins with a return lets everything pass, and the kernel still checks all of it:
 * so one child can ask about many programs. Filters pile up, so it asks about a limited number.
 */
enum {
    ASK_INSNS = 20,
    ASK_AT_ONCE = 1024, /* at most 32768 instructions fit on one process */
};

struct question {
    size_t n;
    struct sock_filter program[1 + ASK_INSNS];
    int answer; /* of install(); -1: none came */
};

/* Compares bpf_check() with the running kernel for N questions; returns how many it takes. */
static size_t ask_kernel(struct question *questions, size_t n)
{
    pid_t pid = fork_child();
    size_t taken = 0;

    if (pid == 0) {
        for (size_t i = 0; i < n; i++)
            questions[i].answer = install(questions[i].program, questions[i].n);
        _exit(0);
    }
    ck_assert_int_eq(wait_for(pid), 0);
    for (size_t i = 0; i < n; i++) {
        const struct question *q = &questions[i];
        bool valid = is_valid(q->program, q->n);

        if (q->answer != (valid ? 0 : EINVAL)) {
            for (size_t k = 0; k < q->n; k++)
                fprintf(stderr, "%zu: code %#x jt %u jf %u k %#x\n", k, q->program[k].code,
                        q->program[k].jt, q->program[k].jf, q->program[k].k);
            ck_abort_msg("bpf_check() %s it, the kernel says %d", valid ? "takes" : "refuses",
                         q->answer);
        }
        taken += valid;
    }
    return taken;
}

/* Of all codes there are, the kernel takes the same as bpf_check(). */
START_TEST(codes_as_in_the_kernel)
{
    struct question *questions = shared_memory(ASK_AT_ONCE * sizeof(*questions));
    size_t taken = 0;

    for (uint32_t code = 0; code <= UINT16_MAX;) {
        size_t n = 0;

        for (; n < ASK_AT_ONCE && code <= UINT16_MAX; n++, code++)
            questions[n] = (struct question){
                .n = 5,
                .answer = -1,
                .program = {ALLOW_ALL, BPF_STMT(BPF_ST, 4), BPF_STMT((uint16_t)code, 4), ALLOW_ALL,
                            ALLOW_ALL},
            };
        /* A jump takes no K; its distance must fit. */
        for (size_t i = 0; i < n; i++)
            if (questions[i].program[2].code == (BPF_JMP | BPF_JA))
                questions[i].program[2].k = 1;
        taken += ask_kernel(questions, n);
    }
    /* 9 ALU and 4 jump operations with K and X, and 15 others. */
    ck_assert_uint_eq(taken, 2 * (9 + 4) + 15);
    munmap(questions, ASK_AT_ONCE * sizeof(*questions));
}
END_TEST

static const uint16_t codes[] = {
    BPF_LD | BPF_W | BPF_ABS,
    BPF_LD | BPF_W | BPF_ABS,
    BPF_LD | BPF_W | BPF_LEN,
    BPF_LDX | BPF_W | BPF_LEN,
    BPF_LD | BPF_IMM,
    BPF_LDX | BPF_IMM,
    BPF_LD | BPF_MEM,
    BPF_LDX | BPF_MEM,
    BPF_ST,
    BPF_STX,
    BPF_ST,
    BPF_STX,
    BPF_ST,
    BPF_MISC | BPF_TAX,
    BPF_MISC | BPF_TXA,
    BPF_RET | BPF_K,
    BPF_RET | BPF_A,
    BPF_JMP | BPF_JA,
    BPF_JMP | BPF_JEQ | BPF_K,
    BPF_JMP | BPF_JEQ | BPF_X,
    BPF_JMP | BPF_JGE | BPF_K,
    BPF_JMP | BPF_JGE | BPF_X,
    BPF_JMP | BPF_JGT | BPF_K,
    BPF_JMP | BPF_JGT | BPF_X,
    BPF_JMP | BPF_JSET | BPF_K,
    BPF_JMP | BPF_JSET | BPF_X,
    BPF_ALU | BPF_NEG,
    BPF_ALU | BPF_ADD | BPF_K,
    BPF_ALU | BPF_ADD | BPF_X,
    BPF_ALU | BPF_SUB | BPF_K,
    BPF_ALU | BPF_SUB | BPF_X,
    BPF_ALU | BPF_MUL | BPF_K,
    BPF_ALU | BPF_MUL | BPF_X,
    BPF_ALU | BPF_DIV | BPF_K,
    BPF_ALU | BPF_DIV | BPF_X,
    BPF_ALU | BPF_AND | BPF_K,
    BPF_ALU | BPF_AND | BPF_X,
    BPF_ALU | BPF_OR | BPF_K,
    BPF_ALU | BPF_OR | BPF_X,
    BPF_ALU | BPF_XOR | BPF_K,
    BPF_ALU | BPF_XOR | BPF_X,
    BPF_ALU | BPF_LSH | BPF_K,
    BPF_ALU | BPF_LSH | BPF_X,
    BPF_ALU | BPF_RSH | BPF_K,
    BPF_ALU | BPF_RSH | BPF_X,
};

/* How far to jump where LEFT instructions follow: now and then one more than fits. */
static uint32_t random_distance(uint64_t *seed, uint32_t left)
{
    uint32_t n = left + (random_below(seed, 20) == 0);

    return n ? random_below(seed, n) : 0;
}

/* An instruction for place I of N that is mostly right; at the end mostly a return. */
static struct sock_filter random_insn(uint64_t *seed, size_t i, size_t n)
{
    static const uint32_t odd[] = {2, 16, 31, 32, 60, 64, 0x7fffffff, 0xffffffff};
    uint32_t left = (uint32_t)(n - i - 1);
    uint16_t code = codes[random_below(seed, ARRAY_SIZE(codes))];
    struct sock_filter insn = {.code = code};

    if (left == 0 && random_below(seed, 16))
        return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    if (random_below(seed, 100) == 0)
        insn.code = (uint16_t)random_below(seed, 256);
    if (BPF_CLASS(code) == BPF_JMP) {
        insn.jt = (uint8_t)random_distance(seed, left);
        insn.jf = (uint8_t)random_distance(seed, left);
        insn.k = random_distance(seed, left);
    } else if (code == (BPF_LD | BPF_W | BPF_ABS)) {
        insn.k = 4 * random_below(seed, 16);
    } else if (BPF_CLASS(code) == BPF_ST || BPF_CLASS(code) == BPF_STX ||
               (BPF_MODE(code) == BPF_MEM && BPF_CLASS(code) <= BPF_LDX)) {
        insn.k = random_below(seed, 3);
    } else {
        insn.k = 1 + random_below(seed, 31);
    }
    if (random_below(seed, 40) == 0)
        insn.k = odd[random_below(seed, ARRAY_SIZE(odd))];
    return insn;
}

START_TEST(random_programs_as_in_the_kernel)
{
    struct question *questions = shared_memory(ASK_AT_ONCE * sizeof(*questions));
    uint64_t seed = UINT64_C(0x5ecc0b9f00d);
    size_t taken = 0;
    size_t memory = 0;
    const size_t rounds = 8;

    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < ASK_AT_ONCE; i++) {
            struct question *q = &questions[i];
            size_t bad;
            const char *why;

            *q = (struct question){.n = 3 + random_below(&seed, ASK_INSNS - 2), .answer = -1};
            q->program[0] = (struct sock_filter)ALLOW_ALL;
            for (size_t k = 1; k < q->n; k++)
                q->program[k] = random_insn(&seed, k, q->n);
            /* The return in front changes nothing. */
            ck_assert_int_eq(is_valid(q->program, q->n), is_valid(q->program + 1, q->n - 1));
            if (bpf_check(q->program, q->n, &bad, &why) < 0 && strstr(why, "holds nothing"))
                memory++;
        }
        taken += ask_kernel(questions, ASK_AT_ONCE);
    }
    /* Both answers come up often, and so do programs that only fail for their use of memory. */
    ck_assert_uint_gt(taken, rounds * ASK_AT_ONCE / 5);
    ck_assert_uint_lt(taken, rounds * ASK_AT_ONCE * 4 / 5);
    ck_assert_uint_gt(memory, rounds * ASK_AT_ONCE / 20);
    munmap(questions, ASK_AT_ONCE * sizeof(*questions));
}
END_TEST

/*
 * Programs that run: each has eight syscall numbers of its own, far above those in use, and lets
 * all others pass. Each return gives an errno of its own.
 */
enum {
    RUN_INSNS = 24,
    RUN_PROGRAMS = 64, /* on one child */
    RUN_CALLS = 16,    /* of each program */
    RUN_ROUNDS = 24,
    FIRST_NUMBER = 0x10000,
    FIRST_ERRNO = 2000,
    PREFIX = 4,
};

struct trial {
    size_t n;
    struct sock_filter program[PREFIX + RUN_INSNS];
    struct {
        struct seccomp_data data;
        uint32_t verdict; /* what the simulator says */
        int error;        /* what the kernel says; 0: the call was not made */
    } calls[RUN_CALLS];
};

static uint64_t random_argument(uint64_t *seed)
{
    static const uint64_t values[] = {0, 1, 31, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000};

    return random_below(seed, 2) ? next_random(seed) : values[random_below(seed, 7)];
}

/* An instruction for place I of N that is right, if not for scratch memory that holds nothing. */
static struct sock_filter running_insn(uint64_t *seed, size_t i, size_t n)
{
    uint32_t left = (uint32_t)(n - i - 1);
    struct sock_filter insn = random_insn(seed, i, n + 1);
    bool shift = BPF_CLASS(insn.code) == BPF_ALU &&
                 (BPF_OP(insn.code) == BPF_LSH || BPF_OP(insn.code) == BPF_RSH);

    if (left == 0 || BPF_CLASS(insn.code) == BPF_RET) {
        bool data_of_a = insn.code == (BPF_RET | BPF_A) && left;

        return (struct sock_filter)BPF_STMT(BPF_RET | (data_of_a ? BPF_A : BPF_K),
                                            SECCOMP_RET_ERRNO | (uint32_t)(FIRST_ERRNO + i));
    }
    if (insn.code == (BPF_LD | BPF_W | BPF_ABS)) {
        /* The instruction pointer is not known to the test. */
        while (insn.k == 8 || insn.k == 12)
            insn.k = 4 * random_below(seed, 16);
    } else if (BPF_CLASS(insn.code) == BPF_JMP) {
        insn.jt = (uint8_t)random_below(seed, left < 3 ? left : 3);
        insn.jf = (uint8_t)random_below(seed, left < 3 ? left : 3);
        insn.k = BPF_OP(insn.code) == BPF_JA ? random_below(seed, left < 3 ? left : 3)
                                             : (uint32_t)random_argument(seed);
    } else if ((BPF_CLASS(insn.code) == BPF_ALU && !shift) || BPF_MODE(insn.code) == BPF_IMM) {
        if (BPF_CLASS(insn.code) != BPF_ST && BPF_CLASS(insn.code) != BPF_STX &&
            random_below(seed, 2))
            insn.k = (uint32_t)random_argument(seed) | (BPF_OP(insn.code) == BPF_DIV);
    }
    return insn;
}

static void make_trial(struct trial *trial, uint64_t *seed, uint32_t number)
{
    const struct sock_filter prefix[PREFIX] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~UINT32_C(7)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 1, 0),
        ALLOW_ALL,
    };

    do {
        *trial = (struct trial){.n = PREFIX + 4 + random_below(seed, RUN_INSNS - 3)};
        memcpy(trial->program, prefix, sizeof(prefix));
        for (size_t i = PREFIX; i < trial->n; i++)
            trial->program[i] = running_insn(seed, i, trial->n);
    } while (!is_valid(trial->program, trial->n));

    for (size_t c = 0; c < RUN_CALLS; c++) {
        struct seccomp_data *data = &trial->calls[c].data;

        data->nr = (int)(number + random_below(seed, 8));
        data->arch = target_native_abi(target_host())->audit_arch;
        for (size_t a = 0; a < ARRAY_SIZE(data->args); a++)
            data->args[a] = random_argument(seed);
        trial->calls[c].verdict =
            bpf_simulate(trial->program, trial->n, data, host_is_big_endian).verdict;
    }
}

/* True where VERDICT comes back as an errno; anything else could end the child. */
static bool is_errno(uint32_t verdict)
{
    return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
           (verdict & SECCOMP_RET_DATA) > 0 && (verdict & SECCOMP_RET_DATA) < 4096;
}

static void run_trials(struct trial *trials)
{
    for (size_t i = 0; i < RUN_PROGRAMS; i++)
        if (install(trials[i].program, trials[i].n) != 0)
            _exit(1);
    for (size_t i = 0; i < RUN_PROGRAMS; i++) {
        for (size_t c = 0; c < RUN_CALLS; c++) {
            const struct seccomp_data *data = &trials[i].calls[c].data;

            if (!is_errno(trials[i].calls[c].verdict))
                continue;
            if (syscall(data->nr, data->args[0], data->args[1], data->args[2], data->args[3],
                        data->args[4], data->args[5]) == -1)
                trials[i].calls[c].error = errno;
        }
    }
    _exit(0);
}

START_TEST(answers_as_in_the_kernel)
{
    struct trial *trials = shared_memory(RUN_PROGRAMS * sizeof(*trials));
    uint64_t seed = UINT64_C(0x51a7e);
    bool seen[4096] = {false};
    size_t made = 0;
    size_t distinct = 0;

    for (size_t round = 0; round < RUN_ROUNDS; round++) {
        for (uint32_t i = 0; i < RUN_PROGRAMS; i++)
            make_trial(&trials[i], &seed, FIRST_NUMBER + 8 * i);

        pid_t pid = fork_child();

        if (pid == 0)
            run_trials(trials);
        ck_assert_int_eq(wait_for(pid), 0);
        for (size_t i = 0; i < RUN_PROGRAMS; i++) {
            for (size_t c = 0; c < RUN_CALLS; c++) {
                uint32_t verdict = trials[i].calls[c].verdict;

                if (!is_errno(verdict))
                    continue;
                if (trials[i].calls[c].error != (int)(verdict & SECCOMP_RET_DATA))
                    ck_abort_msg("round %zu, program %zu, call %zu: %#x, but the kernel says %d",
                                 round, i, c, verdict, trials[i].calls[c].error);
                made++;
                distinct += !seen[verdict & SECCOMP_RET_DATA];
                seen[verdict & SECCOMP_RET_DATA] = true;
            }
        }
    }
    ck_assert_uint_gt(made, RUN_ROUNDS * RUN_PROGRAMS * RUN_CALLS / 2);
    ck_assert_uint_ge(distinct, RUN_INSNS - 4);
    munmap(trials, RUN_PROGRAMS * sizeof(*trials));
}
END_TEST

/* A division by an X of 0 ends a program with 0: the thread is killed. */
START_TEST(division_by_zero_kills)
{
    const struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FIRST_NUMBER, 1, 0),
        ALLOW_ALL,
        BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
        ALLOW_ALL,
    };
    const struct seccomp_data data = {.nr = FIRST_NUMBER};
    struct bpf_result result =
        bpf_simulate(program, ARRAY_SIZE(program), &data, host_is_big_endian);
    pid_t pid = fork_child();

    if (pid == 0) {
        if (install(program, ARRAY_SIZE(program)) != 0)
            _exit(1);
        syscall(FIRST_NUMBER);
        _exit(2);
    }

    int status = wait_for(pid);

    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGSYS);
    ck_assert_uint_eq(result.verdict, SECCOMP_RET_KILL_THREAD);
    ck_assert_uint_eq(result.steps, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bpf-live");
    TCase *tcase = tcase_create("bpf-live");

    tcase_add_test(tcase, codes_as_in_the_kernel);
    tcase_add_test(tcase, random_programs_as_in_the_kernel);
    tcase_add_test(tcase, answers_as_in_the_kernel);
    tcase_add_test(tcase, division_by_zero_kills);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
