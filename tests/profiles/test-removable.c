/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No filter of a shipped profile or of a peer's has an instruction that could go without any step
 * more. For every target, each test is made to go one way always, and each load and AND to do
 * nothing: no such filter may still answer as its profile says. Nor may code stand there twice
 * where a jump could reach the first copy.
 */
#include <check.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"
#include "tests/profiles/fixture.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    NUMBERS = 600, /* of each ABI, tried before anything is proven */
    OFFSET_MAX = 255,
    MARK = SECCOMP_RET_TRACE | 0x5ec, /* no profile's verdict */
};

static const char *const profiles[] = {
    PODMAN_PROFILE,
    DOCKER_PROFILE,
    "profiles/default.json",
    "profiles/secprofd.json",
    "profiles/secprofd-spawner.json",
    "profiles/secprofd-worker.json",
    "profiles/secprofd-cache.json",
};

/* One filter, and a copy that is changed. */
struct subject {
    const char *path;
    struct profile profile;
    struct variant_request request;
    const struct filter *filter;
    struct sock_filter changed[BPF_MAX_INSNS];
    struct syscalls *syscalls;
    size_t n_tried;
    size_t n_faults;
};

static struct bpf_result run(const struct subject *s, const struct sock_filter *insns,
                             const struct seccomp_data *data)
{
    return bpf_simulate(insns, s->filter->program.n_insns, data,
                        target_native_abi(s->request.target)->big_endian);
}

/* Of all numbers together. */
struct steps {
    int64_t before, after;
};

/*
 * Runs every number without arguments. Returns false where some verdict is another one; adds to
 * STEPS what the filter takes, and what the changed one would without instruction I.
 */
static bool run_numbers(struct subject *s, size_t i, struct steps *steps)
{
    const struct sock_filter *insns = s->filter->program.insns;
    const struct target *target = s->request.target;
    struct sock_filter change = s->changed[i];
    bool alike = true;

    for (size_t a = 0; alike && a < target->n_abis; a++) {
        const struct abi *abi = abi_get(target->abis[a]);

        for (uint32_t nr = 0; alike && nr < NUMBERS; nr++) {
            const struct seccomp_data data = {.nr = (int)(abi->nr_base + nr),
                                              .arch = abi->audit_arch};
            struct bpf_result was = run(s, insns, &data);
            struct bpf_result is = run(s, s->changed, &data);

            s->changed[i] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, MARK};
            steps->before += was.steps;
            steps->after += is.steps - (run(s, s->changed, &data).verdict == MARK);
            s->changed[i] = change;
            alike = was.verdict == is.verdict;
        }
    }
    return alike;
}

/*
 * Counts a fault where the filter still fits its profile with INSN in the place of instruction I,
 * and would take no more steps without it.
 */
static void try_change(struct subject *s, size_t i, struct sock_filter insn, const char *how)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct bpf_program changed = {s->changed, s->filter->program.n_insns};
    struct steps steps = {0, 0};
    struct proof_record record;
    struct diags diags;

    s->n_tried++;
    s->changed[i] = insn;
    diags_init(&diags, &arena);
    if (run_numbers(s, i, &steps) && steps.after <= steps.before &&
        prove_filter(&record, &changed, s->filter->flags, &s->profile, &s->request, s->syscalls,
                     &arena, &diags) == 0) {
        fprintf(stderr, "%s for %s: instruction %zu of %zu, %#x %#x, could %s\n", s->path,
                s->request.target->name, i, changed.n_insns, s->filter->program.insns[i].code,
                s->filter->program.insns[i].k, how);
        s->n_faults++;
    }
    s->changed[i] = s->filter->program.insns[i];
}

static void try_instruction(struct subject *s, size_t i)
{
    const struct sock_filter insn = s->filter->program.insns[i];
    const struct sock_filter nothing = {BPF_JMP | BPF_JA, 0, 0, 0};

    switch (BPF_CLASS(insn.code)) {
    case BPF_JMP:
        if (BPF_OP(insn.code) == BPF_JA)
            return;
        try_change(s, i, (struct sock_filter){insn.code, insn.jt, insn.jt, insn.k}, "always hold");
        try_change(s, i, (struct sock_filter){insn.code, insn.jf, insn.jf, insn.k}, "never hold");
        return;
    case BPF_LD:
    case BPF_ALU:
        try_change(s, i, nothing, "do nothing");
        return;
    default:
        return;
    }
}

/* True where instruction B of the filter does what its instruction A does. */
static bool same_jump(const struct sock_filter *insns, size_t a, size_t b)
{
    return insns[a].code == insns[b].code && insns[a].k == insns[b].k &&
           a + insns[a].jt == b + insns[b].jt && a + insns[a].jf == b + insns[b].jf;
}

/* Jumps that are there twice, where what leads to the first reaches the second. */
static void find_copies(struct subject *s)
{
    const struct sock_filter *insns = s->filter->program.insns;

    for (size_t b = 0; b < s->filter->program.n_insns; b++) {
        if (BPF_CLASS(insns[b].code) != BPF_JMP || BPF_OP(insns[b].code) == BPF_JA)
            continue;
        for (size_t a = 0; a < b && a + OFFSET_MAX >= b; a++) {
            /* What is fallen into from a load or an AND has to stand there. */
            bool fallen_into = a > 0 && (BPF_CLASS(insns[a - 1].code) == BPF_LD ||
                                         BPF_CLASS(insns[a - 1].code) == BPF_ALU);

            if (fallen_into || !same_jump(insns, a, b))
                continue;
            fprintf(stderr, "%s for %s: instruction %zu is there again at %zu\n", s->path,
                    s->request.target->name, a, b);
            s->n_faults++;
        }
    }
}

START_TEST(nothing_could_go)
{
    static struct subject s;
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_text struct text text = {0};
    struct diags diags;

    s = (struct subject){.path = profiles[_i], .syscalls = syscalls_new()};
    ck_assert_ptr_nonnull(s.syscalls);
    ck_assert_int_eq(text_read(&text, s.path), 0);
    diags_init(&diags, &arena);
    ck_assert_int_eq(profile_parse(&s.profile, text.bytes, text.len, &arena, &diags), 0);
    for (size_t t = 0; target_at(t); t++) {
        cleanup_arena struct arena own = ARENA_INIT;
        const char *why = "";

        s.request = (struct variant_request){.target = target_at(t)};
        if (!abi_is_installed(target_native_abi(s.request.target)))
            continue;
        s.filter = fixture_compile(&text, &s.request, s.syscalls, &own, &why);
        ck_assert_msg(s.filter != NULL, "%s", why);
        memcpy(s.changed, s.filter->program.insns, s.filter->program.n_insns * sizeof(*s.changed));
        for (size_t i = 0; i < s.filter->program.n_insns; i++)
            try_instruction(&s, i);
        find_copies(&s);
    }
    syscalls_free(s.syscalls);
    printf("counts: %s: %zu changes tried\n", s.path, s.n_tried);
    ck_assert_uint_gt(s.n_tried, 100);
    ck_assert_uint_eq(s.n_faults, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("removable");
    TCase *tcase = tcase_create("removable");

    tcase_add_loop_test(tcase, nothing_could_go, 0, ARRAY_SIZE(profiles));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
