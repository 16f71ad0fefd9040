/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The analysis of BPF programs: the input is one byte of options and a program. bpf_check() must
 * take exactly what the running kernel takes; what it takes must be analysed or refused with a
 * reason; and the analysis must answer each call as the simulator does, of the program, of a
 * slightly different one, of both together, and of their difference.
 */
#include <errno.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compiler/facts/bpf.h"
#include "compiler/facts/verdict.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/symbolic.h"
#include "compiler/questions/combine.h"
#include "tests/compiler/random.h"
#include "tests/fuzz/fuzz.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    INSNS_MAX = BPF_MAX_INSNS + 8, /* some too many, too */
    WORDS_MAX = 64,
    CALLS = 48,
    REPORTS_MAX = 64, /* differences that are looked at */
    MAX_NODES = 1 << 16,
    SIMPLE_INSNS = 32,
    OPTION_BIG_ENDIAN = 1,
};

struct program {
    struct sock_filter insns[INSNS_MAX];
    size_t n;
    bool analysed;
    struct behaviour behaviour;
};

/* Values that calls are made of: where programs may change their mind. */
struct words {
    uint32_t values[WORDS_MAX];
    size_t n;
};

struct trial {
    struct bdd *bdd;
    struct arena arena;
    bool big_endian;
    struct words words;
    uint64_t random;
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/*
 * Asks the kernel for a filter with a notification fd, while this process may have no further fd.
 * The kernel checks the program before it looks for one: EINVAL says that the program is bad,
 * EMFILE that it is good, and in no case is it installed. Anything else says nothing.
 */
static int ask_kernel(const struct program *program)
{
    struct sock_fprog prog = {(unsigned short)program->n, (struct sock_filter *)program->insns};
    struct rlimit limit;
    int answer;

    FUZZ_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0, "%m");

    struct rlimit none = {0, limit.rlim_max};

    FUZZ_CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0, "%m");
    answer =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog) < 0
            ? errno
            : 0;
    FUZZ_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0, "%m");
    FUZZ_CHECK(answer != 0, "the kernel has installed a filter");
    return answer;
}

static void check_with_kernel(const struct program *program, bool valid)
{
    static int can_ask = -1;

    if (can_ask < 0) {
        const struct program good = {{BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}, 1, false, {0}};

        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        can_ask = ask_kernel(&good) == EMFILE;
        if (!can_ask)
            fprintf(stderr, "the kernel's own check is not compared: it cannot be asked here\n");
    }
    if (!can_ask || program->n > UINT16_MAX)
        return;

    int answer = ask_kernel(program);

    if (answer == EINVAL || answer == EMFILE)
        FUZZ_CHECK(valid == (answer == EMFILE), "bpf_check() %s it, the kernel says %s",
                   valid ? "takes" : "refuses", strerror(answer));
}
#else
static void check_with_kernel(const struct program *program, bool valid)
{
    (void)program;
    (void)valid;
}
#endif

/* What bpf_check() says; its reason must be about an instruction that exists. */
static bool is_valid(const struct program *program)
{
    const char *why;
    size_t bad;
    int r = bpf_check(program->insns, program->n, &bad, &why);

    FUZZ_CHECK(r == 0 || r == -EINVAL, "bpf_check() returns %d", r);
    FUZZ_CHECK((r == 0) == (why == NULL), "a reason, or none");
    FUZZ_CHECK(r == 0 || bad < program->n || program->n == 0, "instruction %zu of %zu", bad,
               program->n);
    check_with_kernel(program, r == 0);
    return r == 0;
}

static void add_word(struct words *words, uint32_t value)
{
    if (words->n < WORDS_MAX)
        words->values[words->n++] = value;
}

static void collect_words(struct words *words, const struct program *program)
{
    add_word(words, 0);
    add_word(words, UINT32_MAX);
    add_word(words, AUDIT_ARCH_X86_64);
    add_word(words, AUDIT_ARCH_I386);
    for (size_t i = 0; i < program->n; i++) {
        uint16_t class = BPF_CLASS(program->insns[i].code);

        if (class != BPF_JMP && class != BPF_ALU)
            continue;
        add_word(words, program->insns[i].k);
        add_word(words, program->insns[i].k - 1);
        add_word(words, program->insns[i].k + 1);
    }
}

static uint32_t pick_word(struct trial *t)
{
    return random_below(&t->random, 8) == 0
               ? (uint32_t)(next_random(&t->random) >> 16)
               : t->words.values[random_below(&t->random, (uint32_t)t->words.n)];
}

static uint64_t pick_wide(struct trial *t)
{
    uint64_t high = random_below(&t->random, 2) ? pick_word(t) : 0;

    return high << 32 | pick_word(t);
}

static void pick_call(struct trial *t, struct seccomp_data *data)
{
    data->nr = (int)pick_word(t);
    data->arch = pick_word(t);
    data->instruction_pointer = pick_wide(t);
    for (size_t i = 0; i < 6; i++)
        data->args[i] = pick_wide(t);
}

static void words_of(const struct seccomp_data *data, uint64_t words[BDD_WORDS])
{
    for (size_t i = 0; i < 6; i++)
        words[i] = data->args[i];
    words[6] = data->instruction_pointer;
}

static uint32_t simulate(const struct trial *t, const struct program *program,
                         const struct seccomp_data *data)
{
    struct bpf_result result = bpf_simulate(program->insns, program->n, data, t->big_endian);

    FUZZ_CHECK(result.steps >= 1 && result.steps <= program->n, "%u steps", result.steps);
    return result.verdict;
}

/* What BEHAVIOUR answers to DATA. */
static uint32_t ask(const struct trial *t, const struct behaviour *behaviour,
                    const struct seccomp_data *data)
{
    uint64_t words[BDD_WORDS];

    words_of(data, words);
    return bdd_evaluate(t->bdd, behaviour_at(behaviour, data->arch, (uint32_t)data->nr), words);
}

static void check_call(const struct trial *t, const struct behaviour *behaviour,
                       const struct seccomp_data *data, uint32_t wanted)
{
    uint32_t verdict = ask(t, behaviour, data);

    FUZZ_CHECK(verdict == wanted, "arch %#x number %#x: the analysis says %#x, the simulator %#x",
               data->arch, (uint32_t)data->nr, verdict, wanted);
}

/* The ranges of a behaviour begin at 0 and rise. */
static void check_ranges(const struct behaviour *behaviour)
{
    FUZZ_CHECK(behaviour->n_archs > 0 && behaviour->archs[0].first == 0, "no range at 0");
    for (size_t i = 0; i < behaviour->n_archs; i++) {
        const struct arch_range *arch = &behaviour->archs[i];

        FUZZ_CHECK(i == 0 || arch->first > behaviour->archs[i - 1].first, "architectures fall");
        FUZZ_CHECK(arch->n_numbers > 0 && arch->numbers[0].first == 0, "no number at 0");
        for (size_t k = 1; k < arch->n_numbers; k++)
            FUZZ_CHECK(arch->numbers[k].first > arch->numbers[k - 1].first &&
                           arch->numbers[k].decision != arch->numbers[k - 1].decision,
                       "ranges of numbers fall, or are alike");
    }
}

/* True where no limit can be reached: a short program of nothing but loads and comparisons. */
static bool is_simple(const struct program *program)
{
    for (size_t i = 0; i < program->n; i++)
        if (BPF_CLASS(program->insns[i].code) == BPF_ALU ||
            program->insns[i].code == (BPF_JMP | BPF_JSET | BPF_K))
            return false;
    return program->n <= SIMPLE_INSNS && bpf_is_emulable(program->insns, program->n);
}

/* Analyses a valid program. */
static void analyse(struct trial *t, struct program *program)
{
    struct obstacle obstacle = {SIZE_MAX, NULL};
    int r = behaviour_of_program(&program->behaviour, t->bdd, program->insns, program->n,
                                 t->big_endian, &t->arena, &obstacle);

    program->analysed = r == 0;
    FUZZ_CHECK(r == 0 || r == -ENOTSUP || r == -E2BIG, "behaviour_of_program() returns %d", r);
    FUZZ_CHECK(r == 0 || !is_simple(program), "%zu: %s", obstacle.pc, obstacle.why);
    FUZZ_CHECK(r == 0 || (obstacle.pc < program->n && obstacle.why), "no reason");
    if (r == 0)
        check_ranges(&program->behaviour);
}

/* One instruction of PROGRAM a little different. */
static void mutate(struct program *program, uint64_t *random)
{
    struct sock_filter *insn = &program->insns[random_below(random, (uint32_t)program->n)];

    switch (random_below(random, 4)) {
    case 0:
        insn->k ^= 1u << random_below(random, 32);
        break;
    case 1:
        insn->k += random_below(random, 2) ? 1 : UINT32_MAX;
        break;
    case 2:
        insn->jt = (uint8_t)random_below(random, 4);
        break;
    case 3:
        insn->jf = (uint8_t)random_below(random, 4);
        break;
    }
}

struct report_check {
    const struct trial *trial;
    const struct program *a;
    const struct program *b;
    size_t n;
};

/* A reported difference is one in each corner of its ranges. */
static int check_report(void *user, const struct difference *at)
{
    struct report_check *check = user;

    for (size_t i = 0; i < 4; i++) {
        struct seccomp_data data = {
            .arch = i & 1 ? at->arch_last : at->arch,
            .nr = (int)(i & 2 ? at->nr_last : at->nr),
            .instruction_pointer = at->words[6],
        };

        for (size_t k = 0; k < 6; k++)
            data.args[k] = at->words[k];

        uint32_t a = simulate(check->trial, check->a, &data);
        uint32_t b = simulate(check->trial, check->b, &data);

        FUZZ_CHECK(a == at->verdict_a && b == at->verdict_b && a != b,
                   "reported %#x and %#x, the simulator says %#x and %#x", at->verdict_a,
                   at->verdict_b, a, b);
    }
    return ++check->n == REPORTS_MAX;
}

/* Compares the behaviours of A and B with each other, and joins them. */
static void check_pair(struct trial *t, const struct program *a, const struct program *b)
{
    struct report_check check = {t, a, b, 0};
    struct behaviour both;
    int r = behaviour_compare(t->bdd, &a->behaviour, &b->behaviour, verdicts_differ, check_report,
                              &check);
    int joined = behaviour_combine(&both, t->bdd, &a->behaviour, &b->behaviour, &t->arena);

    FUZZ_CHECK(r == 0 || (r == 1 && check.n == REPORTS_MAX), "behaviour_compare() returns %d", r);
    FUZZ_CHECK(joined == 0 || joined == -E2BIG, "behaviour_combine() returns %d", joined);
    if (joined == 0)
        check_ranges(&both);
    for (size_t i = 0; i < CALLS; i++) {
        struct seccomp_data data;

        pick_call(t, &data);

        uint32_t verdict_a = simulate(t, a, &data);
        uint32_t verdict_b = simulate(t, b, &data);

        check_call(t, &b->behaviour, &data, verdict_b);
        FUZZ_CHECK(check.n > 0 || verdict_a == verdict_b,
                   "no difference was reported, but %#x is not %#x", verdict_a, verdict_b);
        if (joined == 0)
            check_call(t, &both, &data,
                       verdict_compare(verdict_b, verdict_a) < 0 ? verdict_b : verdict_a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct program program, other;
    size_t n = size ? (size - 1) / sizeof(struct sock_filter) : 0;
    struct trial t = {.random = fuzz_hash(data, size)};

    if (n > INSNS_MAX)
        return 0;
    program.n = n;
    t.big_endian = size && data[0] & OPTION_BIG_ENDIAN;
    if (n)
        bpf_load(data + 1, n, false, program.insns);
    if (!is_valid(&program))
        return 0;
    t.bdd = bdd_new(MAX_NODES);
    FUZZ_CHECK(t.bdd, "no memory");
    collect_words(&t.words, &program);
    analyse(&t, &program);
    for (size_t i = 0; i < CALLS; i++) {
        struct seccomp_data call;

        pick_call(&t, &call);

        uint32_t verdict = simulate(&t, &program, &call);

        if (program.analysed)
            check_call(&t, &program.behaviour, &call, verdict);
    }
    memcpy(other.insns, program.insns, n * sizeof(*program.insns));
    other.n = n;
    mutate(&other, &t.random);
    if (program.analysed && is_valid(&other)) {
        analyse(&t, &other);
        if (other.analysed)
            check_pair(&t, &program, &other);
    }
    bdd_free(t.bdd);
    arena_free(&t.arena);
    return 0;
}
