/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One instruction at a time, as the kernel runs it. Nothing here knows where a program goes on. */
#include "compiler/prove/symbolic-step.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "compiler/prove/symbolic-value.h"
#include "util/arena.h"

/* What instruction INSN reads and writes. */
static void find_use(const struct sock_filter *insn, uint32_t *reads, uint32_t *writes)
{
    uint32_t slot = 1u << (insn->k % BPF_MEMWORDS);
    uint32_t operand = BPF_SRC(insn->code) == BPF_X ? LIVE_X : 0;

    *reads = 0;
    *writes = 0;
    switch (BPF_CLASS(insn->code)) {
    case BPF_LD:
    case BPF_LDX:
        *reads = BPF_MODE(insn->code) == BPF_MEM ? slot : 0;
        *writes = BPF_CLASS(insn->code) == BPF_LD ? LIVE_A : LIVE_X;
        break;
    case BPF_ST:
    case BPF_STX:
        *reads = BPF_CLASS(insn->code) == BPF_ST ? LIVE_A : LIVE_X;
        *writes = slot;
        break;
    case BPF_ALU:
        *reads = LIVE_A | (BPF_OP(insn->code) == BPF_NEG ? 0 : operand);
        *writes = LIVE_A;
        break;
    case BPF_JMP:
        *reads = BPF_OP(insn->code) == BPF_JA ? 0 : LIVE_A | operand;
        break;
    case BPF_RET:
        *reads = BPF_RVAL(insn->code) == BPF_A ? LIVE_A : 0;
        break;
    case BPF_MISC:
        *reads = BPF_MISCOP(insn->code) == BPF_TAX ? LIVE_A : LIVE_X;
        *writes = BPF_MISCOP(insn->code) == BPF_TAX ? LIVE_X : LIVE_A;
        break;
    }
}

static bool is_input_load(const struct sock_filter *insn)
{
    return insn->code == (BPF_LD | BPF_W | BPF_ABS) &&
           (insn->k == offsetof(struct seccomp_data, nr) ||
            insn->k == offsetof(struct seccomp_data, arch));
}

int symbolic_find_liveness(struct symbolic *sym)
{
    uint32_t *live = arena_calloc(sym->arena, sym->n, sizeof(*live));
    bool *loads = arena_calloc(sym->arena, sym->n, sizeof(*loads));

    if (!live || !loads)
        return -ENOMEM;
    for (size_t pc = sym->n; pc-- > 0;) {
        const struct sock_filter *insn = &sym->program[pc];
        bool jump = BPF_CLASS(insn->code) == BPF_JMP;
        bool always = jump && BPF_OP(insn->code) == BPF_JA;
        size_t next[2] = {pc + 1, pc + 1};
        uint32_t reads, writes;

        if (jump) {
            next[0] += always ? insn->k : insn->jt;
            next[1] += always ? insn->k : insn->jf;
        }
        loads[pc] = is_input_load(insn);
        for (size_t i = 0; BPF_CLASS(insn->code) != BPF_RET && i < 2; i++) {
            live[pc] |= live[next[i]];
            loads[pc] |= loads[next[i]];
        }
        find_use(insn, &reads, &writes);
        live[pc] = (live[pc] & ~writes) | reads;
    }
    sym->live = live;
    sym->loads_input = loads;
    return 0;
}

int symbolic_run_plain(struct symbolic *sym, size_t pc, struct machine *machine)
{
    const struct sock_filter *insn = &sym->program[pc];
    struct value operand = BPF_SRC(insn->code) == BPF_X ? machine->x : value_constant(insn->k);
    struct value *to = BPF_CLASS(insn->code) == BPF_LD ? &machine->a : &machine->x;

    switch (BPF_CLASS(insn->code)) {
    case BPF_LD:
    case BPF_LDX:
        if (BPF_MODE(insn->code) == BPF_ABS)
            return value_load(sym, insn->k, to);
        *to = BPF_MODE(insn->code) == BPF_MEM   ? machine->memory[insn->k]
              : BPF_MODE(insn->code) == BPF_LEN ? value_constant(sizeof(struct seccomp_data))
                                                : value_constant(insn->k);
        return 0;
    case BPF_ST:
        machine->memory[insn->k] = machine->a;
        return 0;
    case BPF_STX:
        machine->memory[insn->k] = machine->x;
        return 0;
    case BPF_MISC:
        if (BPF_MISCOP(insn->code) == BPF_TAX)
            machine->x = machine->a;
        else
            machine->a = machine->x;
        return 0;
    }
    return value_compute(sym, pc, BPF_OP(insn->code), &machine->a, &operand);
}

bool symbolic_divides_by_zero(const struct sock_filter *insn, const struct machine *machine)
{
    return insn->code == (BPF_ALU | BPF_DIV | BPF_X) && machine->x.kind == VALUE_CONSTANT &&
           machine->x.payload == 0;
}
