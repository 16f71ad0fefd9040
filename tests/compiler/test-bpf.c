/*
 * The kernel's view of BPF, checked against tables and against the kernel that runs the test: it
 * says itself which programs it takes and what they answer. What may kill happens in children.
 */
#include "compiler/bpf.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/abi.h"
#include "tests/compiler/random.h"
#include "util/cleanup.h"

#define ALLOW_ALL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static const uint8_t host_is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* What bpf_check() says, without why. */
static bool is_valid(const struct sock_filter *program, size_t n)
{
    size_t bad;
    const char *why;
    int r = bpf_check(program, n, &bad, &why);

    if ((r == 0) != (why == NULL) || (r != 0 && r != -EINVAL))
        ck_abort_msg("bpf_check() returned %d and \"%s\"", r, why ? why : "nothing");
    return r == 0;
}

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

/* Programs that are refused, and the instruction that is blamed. */
static const struct {
    const char *why; /* part of the message */
    size_t bad;
    size_t n;
    struct sock_filter program[4];
} refused[] = {
    {"empty", 0, 0, {ALLOW_ALL}},
    {"does not return", 0, 1, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)}},
    {"does not return", 1, 2, {ALLOW_ALL, BPF_STMT(BPF_LD | BPF_IMM, 0)}},
    {"instruction", 0, 2, {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_ALU | BPF_NEG | BPF_X, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_RET | BPF_X, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_JMP | BPF_JA | BPF_X, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(0x100 | BPF_RET | BPF_K, 0), ALLOW_ALL}},
    {"load from outside", 0, 2, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ALLOW_ALL}},
    {"load from outside", 0, 2, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ALLOW_ALL}},
    {"load from outside", 0, 2, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, UINT32_MAX - 3), ALLOW_ALL}},
    {"behind the end", 0, 2, {BPF_STMT(BPF_JMP | BPF_JA, 1), ALLOW_ALL}},
    {"behind the end", 0, 2, {BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), ALLOW_ALL}},
    {"behind the end", 0, 2, {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), ALLOW_ALL}},
    {"behind the end", 0, 2, {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), ALLOW_ALL}},
    {"behind the end", 1, 2, {ALLOW_ALL, BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 0)}},
    {"division", 0, 2, {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ALLOW_ALL}},
    {"shift", 0, 2, {BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), ALLOW_ALL}},
    {"shift", 0, 2, {BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 33), ALLOW_ALL}},
    {"does not exist", 0, 2, {BPF_STMT(BPF_ST, 16), ALLOW_ALL}},
    {"does not exist", 0, 2, {BPF_STMT(BPF_LDX | BPF_MEM, 16), ALLOW_ALL}},
    {"holds nothing", 0, 2, {BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW_ALL}},
    {"holds nothing", 1, 3, {BPF_STMT(BPF_ST, 1), BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW_ALL}},
    {"holds nothing",
     2,
     4,
     {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_ST, 0),
      BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW_ALL}},
};

START_TEST(refuses)
{
    size_t bad;
    const char *why;

    ck_assert_int_eq(bpf_check(refused[_i].program, refused[_i].n, &bad, &why), -EINVAL);
    ck_assert_uint_eq(bad, refused[_i].bad);
    ck_assert_msg(strstr(why, refused[_i].why) != NULL, "%s: %s", refused[_i].why, why);
}
END_TEST

START_TEST(length)
{
    struct sock_filter program[BPF_MAX_INSNS + 1];

    for (size_t i = 0; i < ARRAY_SIZE(program); i++)
        program[i] = (struct sock_filter)ALLOW_ALL;
    ck_assert(is_valid(program, 1));
    ck_assert(is_valid(program, BPF_MAX_INSNS));
    ck_assert(!is_valid(program, BPF_MAX_INSNS + 1));
    /* The longest jump there is. */
    program[0] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, BPF_MAX_INSNS - 2);
    ck_assert(is_valid(program, BPF_MAX_INSNS));
    program[0].k++;
    ck_assert(!is_valid(program, BPF_MAX_INSNS));
}
END_TEST

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

/* A = LEFT, X = RIGHT, then CODE with K = RIGHT. */
static const struct {
    uint16_t op;
    uint32_t left, right, result;
} arithmetic[] = {
    {BPF_ADD, 0xffffffff, 2, 1},
    {BPF_SUB, 1, 2, 0xffffffff},
    {BPF_MUL, 0x10001, 0x10001, 0x20001},
    {BPF_DIV, 0xffffffff, 2, 0x7fffffff},
    {BPF_AND, 0xff00ff00, 0x0ff00ff0, 0x0f000f00},
    {BPF_OR, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0},
    {BPF_XOR, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0},
    {BPF_LSH, 0x80000001, 31, 0x80000000},
    {BPF_RSH, 0x80000001, 31, 1},
    {BPF_NEG, 0x80000000, 0, 0x80000000},
    {BPF_NEG, 1, 0, 0xffffffff},
};

START_TEST(calculates)
{
    const struct seccomp_data data = {0};

    for (int with_x = 0; with_x < (arithmetic[_i].op == BPF_NEG ? 1 : 2); with_x++) {
        const struct sock_filter program[] = {
            BPF_STMT(BPF_LDX | BPF_IMM, arithmetic[_i].right),
            BPF_STMT(BPF_LD | BPF_IMM, arithmetic[_i].left),
            {BPF_ALU | arithmetic[_i].op | (with_x ? BPF_X : BPF_K), 0, 0, arithmetic[_i].right},
            BPF_STMT(BPF_RET | BPF_A, 0),
        };
        struct bpf_result result = bpf_simulate(program, 4, &data, false);

        ck_assert(is_valid(program, 4));
        ck_assert_uint_eq(result.verdict, arithmetic[_i].result);
        ck_assert_uint_eq(result.steps, 4);
    }
}
END_TEST

/* A shift by X takes the low five bits of X, as the processor and the kernel's interpreter do. */
START_TEST(shifts_by_x_wrap)
{
    const struct sock_filter program[] = {
        BPF_STMT(BPF_LDX | BPF_IMM, 33),
        BPF_STMT(BPF_LD | BPF_IMM, 3),
        BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    const struct seccomp_data data = {0};

    ck_assert_uint_eq(bpf_simulate(program, 4, &data, false).verdict, 6);
}
END_TEST

static const struct {
    uint16_t op;
    uint32_t left, right;
    bool taken;
} jumps[] = {
    {BPF_JEQ, 5, 5, true},
    {BPF_JEQ, 5, 4, false},
    {BPF_JGT, 5, 5, false},
    {BPF_JGT, 0x80000000, 1, true},
    {BPF_JGE, 5, 5, true},
    {BPF_JGE, 1, 0x80000000, false},
    {BPF_JSET, 0x80000000, 1, false},
    {BPF_JSET, 6, 2, true},
};

START_TEST(jumps_right)
{
    const struct seccomp_data data = {0};

    for (int with_x = 0; with_x < 2; with_x++) {
        const struct sock_filter program[] = {
            BPF_STMT(BPF_LDX | BPF_IMM, jumps[_i].right),
            BPF_STMT(BPF_LD | BPF_IMM, jumps[_i].left),
            {BPF_JMP | jumps[_i].op | (with_x ? BPF_X : BPF_K), 1, 2, jumps[_i].right},
            BPF_STMT(BPF_RET | BPF_K, 0),
            BPF_STMT(BPF_RET | BPF_K, 1),
            BPF_STMT(BPF_RET | BPF_K, 2),
        };

        ck_assert(is_valid(program, 6));
        ck_assert_uint_eq(bpf_simulate(program, 6, &data, false).verdict, jumps[_i].taken ? 1 : 2);
    }
}
END_TEST

/* struct seccomp_data as the kernel of each byte order has it: nr, arch, then 64-bit words. */
START_TEST(data_words)
{
    struct seccomp_data data = {
        .nr = -2,
        .arch = 0xc000003e,
        .instruction_pointer = UINT64_C(0x1111111122222222),
    };

    for (uint32_t i = 0; i < 6; i++)
        data.args[i] = (UINT64_C(0xa0000000) + i) << 32 | (0xb0000000 + i);
    for (int big = 0; big < 2; big++) {
        ck_assert_uint_eq(bpf_data_word(&data, 0, big), 0xfffffffe);
        ck_assert_uint_eq(bpf_data_word(&data, 4, big), 0xc000003e);
        ck_assert_uint_eq(bpf_data_word(&data, big ? 8 : 12, big), 0x11111111);
        ck_assert_uint_eq(bpf_data_word(&data, big ? 12 : 8, big), 0x22222222);
        for (uint32_t i = 0; i < 6; i++) {
            ck_assert_uint_eq(bpf_data_word(&data, 16 + 8 * i + (big ? 0 : 4), big),
                              0xa0000000 + i);
            ck_assert_uint_eq(bpf_data_word(&data, 16 + 8 * i + (big ? 4 : 0), big),
                              0xb0000000 + i);
        }
    }
    /* On this machine that is how memory is. */
    for (uint32_t offset = 0; offset < sizeof(data); offset += 4) {
        uint32_t word;

        memcpy(&word, (const char *)&data + offset, sizeof(word));
        ck_assert_uint_eq(bpf_data_word(&data, offset, host_is_big_endian), word);
    }
}
END_TEST

START_TEST(bytes)
{
    const struct sock_filter program[] = {
        {0x1234, 0x56, 0x78, 0x9abcdef0},
        ALLOW_ALL,
    };
    static const unsigned char big[8] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
    static const unsigned char little[8] = {0x34, 0x12, 0x56, 0x78, 0xf0, 0xde, 0xbc, 0x9a};
    unsigned char stored[1 + sizeof(program)]; /* at an odd address */
    struct sock_filter loaded[2];

    for (int big_endian = 0; big_endian < 2; big_endian++) {
        bpf_store(program, 2, big_endian, stored + 1);
        ck_assert_mem_eq(stored + 1, big_endian ? big : little, 8);
        bpf_load(stored + 1, 2, big_endian, loaded);
        ck_assert_mem_eq(loaded, program, sizeof(program));
    }
    bpf_store(program, 2, host_is_big_endian, stored);
    ck_assert_mem_eq(stored, program, sizeof(program));
}
END_TEST

/* kernel/seccomp.c, seccomp_is_const_allow(), gives up on every other instruction. */
START_TEST(emulable)
{
    static const uint16_t emulated[] = {
        BPF_LD | BPF_W | BPF_ABS,  BPF_JMP | BPF_JA,          BPF_JMP | BPF_JEQ | BPF_K,
        BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JGT | BPF_K, BPF_JMP | BPF_JSET | BPF_K,
        BPF_ALU | BPF_AND | BPF_K, BPF_RET | BPF_K,
    };
    size_t n = 0;

    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        const struct sock_filter program[] = {ALLOW_ALL, BPF_STMT((uint16_t)code, 0)};
        bool wanted = false;

        for (size_t i = 0; i < ARRAY_SIZE(emulated); i++)
            wanted |= emulated[i] == code;
        if (bpf_is_emulable(program, 2) != wanted)
            ck_abort_msg("code %#x", code);
        n += wanted;
    }
    ck_assert_uint_eq(n, ARRAY_SIZE(emulated));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bpf");
    TCase *tcase = tcase_create("bpf");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, refuses, 0, ARRAY_SIZE(refused));
    tcase_add_test(tcase, length);
    tcase_add_test(tcase, codes_as_in_the_kernel);
    tcase_add_test(tcase, random_programs_as_in_the_kernel);
    tcase_add_test(tcase, answers_as_in_the_kernel);
    tcase_add_test(tcase, division_by_zero_kills);
    tcase_add_loop_test(tcase, calculates, 0, ARRAY_SIZE(arithmetic));
    tcase_add_test(tcase, shifts_by_x_wrap);
    tcase_add_loop_test(tcase, jumps_right, 0, ARRAY_SIZE(jumps));
    tcase_add_test(tcase, data_words);
    tcase_add_test(tcase, bytes);
    tcase_add_test(tcase, emulable);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
