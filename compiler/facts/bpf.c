/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's view of a filter: what it accepts, what it can emulate, what it answers. */
#include "compiler/facts/bpf.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

enum {
    DATA_SIZE = sizeof(struct seccomp_data),
};

/* Every instruction that seccomp takes, from kernel/seccomp.c, seccomp_check_filter(). */
static bool is_known(uint16_t code)
{
    switch (code) {
    case BPF_LD | BPF_W | BPF_ABS:
    case BPF_LD | BPF_W | BPF_LEN:
    case BPF_LDX | BPF_W | BPF_LEN:
    case BPF_LD | BPF_IMM:
    case BPF_LDX | BPF_IMM:
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
    case BPF_MISC | BPF_TAX:
    case BPF_MISC | BPF_TXA:
    case BPF_RET | BPF_K:
    case BPF_RET | BPF_A:
    case BPF_JMP | BPF_JA:
    case BPF_ALU | BPF_NEG:
        return true;
    }
    if (code > 0xff)
        return false;
    switch (BPF_CLASS(code) | BPF_OP(code)) {
    case BPF_ALU | BPF_ADD:
    case BPF_ALU | BPF_SUB:
    case BPF_ALU | BPF_MUL:
    case BPF_ALU | BPF_DIV:
    case BPF_ALU | BPF_AND:
    case BPF_ALU | BPF_OR:
    case BPF_ALU | BPF_XOR:
    case BPF_ALU | BPF_LSH:
    case BPF_ALU | BPF_RSH:
    case BPF_JMP | BPF_JEQ:
    case BPF_JMP | BPF_JGE:
    case BPF_JMP | BPF_JGT:
    case BPF_JMP | BPF_JSET:
        return true; /* the second operand is K or X */
    }
    return false;
}

/* What is wrong with instruction I of N, or NULL. */
static const char *check_insn(const struct sock_filter *insn, size_t i, size_t n)
{
    size_t left = n - i - 1;

    if (!is_known(insn->code))
        return "not an instruction that seccomp takes";
    switch (BPF_CLASS(insn->code)) {
    case BPF_JMP:
        if (BPF_OP(insn->code) == BPF_JA ? insn->k >= left : insn->jt >= left || insn->jf >= left)
            return "a jump behind the end";
        break;
    case BPF_ALU:
        if (insn->code == (BPF_ALU | BPF_DIV | BPF_K) && insn->k == 0)
            return "a division by 0";
        if ((insn->code == (BPF_ALU | BPF_LSH | BPF_K) ||
             insn->code == (BPF_ALU | BPF_RSH | BPF_K)) &&
            insn->k >= 32)
            return "a shift by 32 bits or more";
        break;
    case BPF_LD:
        if (insn->code == (BPF_LD | BPF_W | BPF_ABS) && (insn->k >= DATA_SIZE || insn->k % 4))
            return "a load from outside struct seccomp_data";
        break;
    }
    if ((insn->code == (BPF_LD | BPF_MEM) || insn->code == (BPF_LDX | BPF_MEM) ||
         insn->code == BPF_ST || insn->code == BPF_STX) &&
        insn->k >= BPF_MEMWORDS)
        return "a scratch memory slot that does not exist";
    return NULL;
}

/* The slots that INSN stores to and loads from, as bit sets. */
static void memory_use(const struct sock_filter *insn, uint16_t *stores, uint16_t *loads)
{
    uint16_t slot = (uint16_t)(1u << (insn->k % BPF_MEMWORDS));

    *stores = insn->code == BPF_ST || insn->code == BPF_STX ? slot : 0;
    *loads = insn->code == (BPF_LD | BPF_MEM) || insn->code == (BPF_LDX | BPF_MEM) ? slot : 0;
}

/*
 * No path may load a slot that it has not stored to (net/core/filter.c, check_load_and_stores). As
 * there, what follows a return counts as reached from it: that is stricter than it need be.
 */
static const char *check_memory(const struct sock_filter *program, size_t n, size_t *bad)
{
    uint16_t stored[BPF_MAX_INSNS]; /* on every path to an instruction */

    memset(stored, 0xff, n * sizeof(*stored));
    stored[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const struct sock_filter *insn = &program[i];
        uint16_t stores, loads;

        memory_use(insn, &stores, &loads);
        if (loads & ~stored[i]) {
            *bad = i;
            return "a load from scratch memory that holds nothing yet";
        }

        uint16_t after = stored[i] | stores;

        if (BPF_CLASS(insn->code) != BPF_JMP) {
            if (i + 1 < n)
                stored[i + 1] &= after;
        } else if (BPF_OP(insn->code) == BPF_JA) {
            stored[i + 1 + insn->k] &= after;
        } else {
            stored[i + 1 + insn->jt] &= after;
            stored[i + 1 + insn->jf] &= after;
        }
    }
    return NULL;
}

int bpf_check(const struct sock_filter *program, size_t n, size_t *bad, const char **why)
{
    *bad = 0;
    *why = n == 0 ? "an empty program" : n > BPF_MAX_INSNS ? "more than 4096 instructions" : NULL;
    if (*why)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        *bad = i;
        *why = check_insn(&program[i], i, n);
        if (*why)
            return -EINVAL;
    }
    if (BPF_CLASS(program[n - 1].code) != BPF_RET) {
        *why = "the last instruction does not return";
        return -EINVAL;
    }
    *why = check_memory(program, n, bad);
    return *why ? -EINVAL : 0;
}

bool bpf_is_emulable(const struct sock_filter *program, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        switch (program[i].code) {
        case BPF_LD | BPF_W | BPF_ABS:
        case BPF_JMP | BPF_JA:
        case BPF_JMP | BPF_JEQ | BPF_K:
        case BPF_JMP | BPF_JGE | BPF_K:
        case BPF_JMP | BPF_JGT | BPF_K:
        case BPF_JMP | BPF_JSET | BPF_K:
        case BPF_ALU | BPF_AND | BPF_K:
        case BPF_RET | BPF_K:
            break;
        default:
            return false;
        }
    }
    return true;
}

uint32_t bpf_data_word(const struct seccomp_data *data, uint32_t offset, bool big_endian)
{
    if (offset == offsetof(struct seccomp_data, nr))
        return (uint32_t)data->nr;
    if (offset == offsetof(struct seccomp_data, arch))
        return data->arch;

    uint64_t wide = offset < offsetof(struct seccomp_data, args)
                        ? data->instruction_pointer
                        : data->args[(offset - offsetof(struct seccomp_data, args)) / 8];
    bool second = offset % 8 != 0;

    return (uint32_t)(second == big_endian ? wide : wide >> 32);
}

static uint32_t run_alu(uint16_t op, uint32_t a, uint32_t operand)
{
    switch (op) {
    case BPF_ADD:
        return a + operand;
    case BPF_SUB:
        return a - operand;
    case BPF_MUL:
        return a * operand;
    case BPF_AND:
        return a & operand;
    case BPF_OR:
        return a | operand;
    case BPF_XOR:
        return a ^ operand;
    case BPF_LSH:
        return a << (operand & 31);
    case BPF_RSH:
        return a >> (operand & 31);
    case BPF_DIV:
        return a / operand;
    }
    return 0 - a; /* BPF_NEG */
}

static bool run_jump(uint16_t op, uint32_t a, uint32_t operand)
{
    switch (op) {
    case BPF_JEQ:
        return a == operand;
    case BPF_JGE:
        return a >= operand;
    case BPF_JGT:
        return a > operand;
    }
    return (a & operand) != 0;
}

struct bpf_result bpf_simulate(const struct sock_filter *program, size_t n,
                               const struct seccomp_data *data, bool big_endian)
{
    struct bpf_result result = {SECCOMP_RET_KILL_THREAD, 0};
    uint32_t memory[BPF_MEMWORDS] = {0};
    uint32_t a = 0;
    uint32_t x = 0;

    for (size_t pc = 0; pc < n; pc++) {
        const struct sock_filter *insn = &program[pc];
        uint32_t operand = BPF_SRC(insn->code) == BPF_X ? x : insn->k;
        bool to_x = BPF_CLASS(insn->code) == BPF_LDX;
        uint32_t value = insn->k;

        result.steps++;
        switch (BPF_CLASS(insn->code)) {
        case BPF_LD:
        case BPF_LDX:
            if (BPF_MODE(insn->code) == BPF_ABS)
                value = bpf_data_word(data, insn->k, big_endian);
            else if (BPF_MODE(insn->code) == BPF_LEN)
                value = DATA_SIZE;
            else if (BPF_MODE(insn->code) == BPF_MEM)
                value = memory[insn->k];
            *(to_x ? &x : &a) = value;
            break;
        case BPF_ST:
            memory[insn->k] = a;
            break;
        case BPF_STX:
            memory[insn->k] = x;
            break;
        case BPF_ALU:
            if (BPF_OP(insn->code) == BPF_DIV && operand == 0) {
                result.verdict = 0; /* the kernel's program ends with 0 then */
                return result;
            }
            a = run_alu(BPF_OP(insn->code), a, operand);
            break;
        case BPF_JMP:
            if (BPF_OP(insn->code) == BPF_JA)
                pc += insn->k;
            else
                pc += run_jump(BPF_OP(insn->code), a, operand) ? insn->jt : insn->jf;
            break;
        case BPF_RET:
            result.verdict = BPF_RVAL(insn->code) == BPF_A ? a : insn->k;
            return result;
        case BPF_MISC:
            *(BPF_MISCOP(insn->code) == BPF_TAX ? &x : &a) =
                BPF_MISCOP(insn->code) == BPF_TAX ? a : x;
            break;
        }
    }
    return result;
}

void bpf_store(const struct sock_filter *program, size_t n, bool big_endian, void *bytes)
{
    unsigned char *to = bytes;

    for (size_t i = 0; i < n; i++, to += sizeof(struct sock_filter)) {
        uint16_t code = big_endian ? htobe16(program[i].code) : htole16(program[i].code);
        uint32_t k = big_endian ? htobe32(program[i].k) : htole32(program[i].k);

        memcpy(to, &code, sizeof(code));
        to[2] = program[i].jt;
        to[3] = program[i].jf;
        memcpy(to + 4, &k, sizeof(k));
    }
}

void bpf_load(const void *bytes, size_t n, bool big_endian, struct sock_filter *program)
{
    const unsigned char *from = bytes;

    for (size_t i = 0; i < n; i++, from += sizeof(struct sock_filter)) {
        uint16_t code;
        uint32_t k;

        memcpy(&code, from, sizeof(code));
        memcpy(&k, from + 4, sizeof(k));
        program[i].code = big_endian ? be16toh(code) : le16toh(code);
        program[i].jt = from[2];
        program[i].jf = from[3];
        program[i].k = big_endian ? be32toh(k) : le32toh(k);
    }
}
