/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A filter as text, one instruction a line:
 *         ld    arch
 *         jeq   0xc000003e ? next : L180   ; x86_64
 * Mnemonics are those that the kernel's bpf_asm takes; jumps name both ways.
 */
#include "client/secprofctl/show/disasm.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/cleanup.h"

enum {
    LINE_MAX_BYTES = 128, /* more than any instruction takes */
    NOTE_COLUMN = 36,
};

/* What an instruction's operand is. */
enum operand {
    OPERAND_NONE,
    OPERAND_K,      /* the constant */
    OPERAND_X,      /* the register */
    OPERAND_FIELD,  /* of seccomp_data, at offset k */
    OPERAND_LENGTH, /* of seccomp_data */
    OPERAND_MEMORY, /* a cell of the scratch memory */
    OPERAND_VERDICT,
    OPERAND_A,
    OPERAND_GOTO,   /* an unconditional jump */
    OPERAND_JUMP_K, /* a conditional jump, compared with the constant */
    OPERAND_JUMP_X,
};

/* The instructions that the kernel takes in a seccomp filter (kernel/seccomp.c,
 * seccomp_check_filter). */
static const struct {
    uint16_t code;
    const char *name;
    enum operand operand;
} instructions[] = {
    {BPF_LD | BPF_W | BPF_ABS, "ld", OPERAND_FIELD},
    {BPF_LD | BPF_W | BPF_LEN, "ld", OPERAND_LENGTH},
    {BPF_LD | BPF_IMM, "ld", OPERAND_K},
    {BPF_LD | BPF_MEM, "ld", OPERAND_MEMORY},
    {BPF_LDX | BPF_W | BPF_LEN, "ldx", OPERAND_LENGTH},
    {BPF_LDX | BPF_IMM, "ldx", OPERAND_K},
    {BPF_LDX | BPF_MEM, "ldx", OPERAND_MEMORY},
    {BPF_ST, "st", OPERAND_MEMORY},
    {BPF_STX, "stx", OPERAND_MEMORY},
    {BPF_ALU | BPF_ADD | BPF_K, "add", OPERAND_K},
    {BPF_ALU | BPF_ADD | BPF_X, "add", OPERAND_X},
    {BPF_ALU | BPF_SUB | BPF_K, "sub", OPERAND_K},
    {BPF_ALU | BPF_SUB | BPF_X, "sub", OPERAND_X},
    {BPF_ALU | BPF_MUL | BPF_K, "mul", OPERAND_K},
    {BPF_ALU | BPF_MUL | BPF_X, "mul", OPERAND_X},
    {BPF_ALU | BPF_DIV | BPF_K, "div", OPERAND_K},
    {BPF_ALU | BPF_DIV | BPF_X, "div", OPERAND_X},
    {BPF_ALU | BPF_AND | BPF_K, "and", OPERAND_K},
    {BPF_ALU | BPF_AND | BPF_X, "and", OPERAND_X},
    {BPF_ALU | BPF_OR | BPF_K, "or", OPERAND_K},
    {BPF_ALU | BPF_OR | BPF_X, "or", OPERAND_X},
    {BPF_ALU | BPF_XOR | BPF_K, "xor", OPERAND_K},
    {BPF_ALU | BPF_XOR | BPF_X, "xor", OPERAND_X},
    {BPF_ALU | BPF_LSH | BPF_K, "lsh", OPERAND_K},
    {BPF_ALU | BPF_LSH | BPF_X, "lsh", OPERAND_X},
    {BPF_ALU | BPF_RSH | BPF_K, "rsh", OPERAND_K},
    {BPF_ALU | BPF_RSH | BPF_X, "rsh", OPERAND_X},
    {BPF_ALU | BPF_NEG, "neg", OPERAND_NONE},
    {BPF_JMP | BPF_JA, "ja", OPERAND_GOTO},
    {BPF_JMP | BPF_JEQ | BPF_K, "jeq", OPERAND_JUMP_K},
    {BPF_JMP | BPF_JEQ | BPF_X, "jeq", OPERAND_JUMP_X},
    {BPF_JMP | BPF_JGE | BPF_K, "jge", OPERAND_JUMP_K},
    {BPF_JMP | BPF_JGE | BPF_X, "jge", OPERAND_JUMP_X},
    {BPF_JMP | BPF_JGT | BPF_K, "jgt", OPERAND_JUMP_K},
    {BPF_JMP | BPF_JGT | BPF_X, "jgt", OPERAND_JUMP_X},
    {BPF_JMP | BPF_JSET | BPF_K, "jset", OPERAND_JUMP_K},
    {BPF_JMP | BPF_JSET | BPF_X, "jset", OPERAND_JUMP_X},
    {BPF_MISC | BPF_TAX, "tax", OPERAND_NONE},
    {BPF_MISC | BPF_TXA, "txa", OPERAND_NONE},
    {BPF_RET | BPF_K, "ret", OPERAND_VERDICT},
    {BPF_RET | BPF_A, "ret", OPERAND_A},
};

/* What a filter can return; HAS_DATA: the low 16 bits mean something. */
static const struct {
    uint32_t action;
    const char *name;
    bool has_data;
} verdicts[] = {
    {SECCOMP_RET_KILL_PROCESS, "KILL_PROCESS", false},
    {SECCOMP_RET_KILL_THREAD, "KILL_THREAD", false},
    {SECCOMP_RET_TRAP, "TRAP", true},
    {SECCOMP_RET_ERRNO, "ERRNO", true},
    {SECCOMP_RET_USER_NOTIF, "USER_NOTIF", false},
    {SECCOMP_RET_TRACE, "TRACE", true},
    {SECCOMP_RET_LOG, "LOG", false},
    {SECCOMP_RET_ALLOW, "ALLOW", false},
};

static void print_field(FILE *file, uint32_t offset, bool big_endian)
{
    const char *half = (offset % 8 == 0) == big_endian ? "high" : "low";
    uint32_t args = offsetof(struct seccomp_data, args);

    if (offset % 4 != 0 || offset >= sizeof(struct seccomp_data))
        fprintf(file, "[%u]", offset);
    else if (offset == offsetof(struct seccomp_data, nr))
        fprintf(file, "nr");
    else if (offset == offsetof(struct seccomp_data, arch))
        fprintf(file, "arch");
    else if (offset < args)
        fprintf(file, "ip.%s", half);
    else
        fprintf(file, "args[%u].%s", (offset - args) / 8, half);
}

static void print_verdict(FILE *file, uint32_t verdict)
{
    uint32_t data = verdict & SECCOMP_RET_DATA;

    for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
        if (verdicts[i].action != (verdict & SECCOMP_RET_ACTION_FULL))
            continue;
        fprintf(file, "%s", verdicts[i].name);
        if (verdicts[i].has_data || data != 0)
            fprintf(file, "(%u)", data);
        return;
    }
    fprintf(file, "0x%08x", verdict);
}

/* Prints where a jump by OFFSET from instruction I goes. */
static void print_target(FILE *file, size_t i, uint32_t offset)
{
    if (offset == 0)
        fprintf(file, "next");
    else
        fprintf(file, "L%zu", i + 1 + offset);
}

static void print_jump(FILE *file, const struct sock_filter *insn, size_t i)
{
    fprintf(file, " ? ");
    print_target(file, i, insn->jt);
    fprintf(file, " : ");
    print_target(file, i, insn->jf);
}

static void print_operand(FILE *file, const struct sock_filter *insn, size_t i,
                          enum operand operand, bool big_endian)
{
    switch (operand) {
    case OPERAND_NONE:
        break;
    case OPERAND_K:
        fprintf(file, "0x%x", insn->k);
        break;
    case OPERAND_X:
        fprintf(file, "x");
        break;
    case OPERAND_FIELD:
        print_field(file, insn->k, big_endian);
        break;
    case OPERAND_LENGTH:
        fprintf(file, "len");
        break;
    case OPERAND_MEMORY:
        fprintf(file, "M[%u]", insn->k);
        break;
    case OPERAND_VERDICT:
        print_verdict(file, insn->k);
        break;
    case OPERAND_A:
        fprintf(file, "a");
        break;
    case OPERAND_GOTO:
        print_target(file, i, insn->k);
        break;
    case OPERAND_JUMP_K:
        fprintf(file, "0x%x", insn->k);
        print_jump(file, insn, i);
        break;
    case OPERAND_JUMP_X:
        fprintf(file, "x");
        print_jump(file, insn, i);
        break;
    }
}

static void print_instruction(FILE *file, const struct sock_filter *insn, size_t i, bool big_endian)
{
    for (size_t j = 0; j < ARRAY_SIZE(instructions); j++) {
        if (instructions[j].code != insn->code)
            continue;
        if (instructions[j].operand == OPERAND_NONE) {
            fprintf(file, "%s", instructions[j].name);
        } else {
            fprintf(file, "%-5s ", instructions[j].name);
            print_operand(file, insn, i, instructions[j].operand, big_endian);
        }
        return;
    }
    fprintf(file, "unknown {0x%02x, %u, %u, 0x%08x}", insn->code, insn->jt, insn->jf, insn->k);
}

/* True where some instruction before number TO jumps to it, past its own next one. */
static bool is_target(const struct sock_filter *program, size_t to)
{
    for (size_t i = 0; i < to; i++) {
        size_t distance = to - i - 1;

        if (distance == 0 || BPF_CLASS(program[i].code) != BPF_JMP)
            continue;
        if (BPF_OP(program[i].code) == BPF_JA
                ? program[i].k == distance
                : program[i].jt == distance || program[i].jf == distance)
            return true;
    }
    return false;
}

void disasm_print(FILE *file, const struct sock_filter *program, size_t n, bool big_endian,
                  const char *const *notes)
{
    for (size_t i = 0; i < n; i++) {
        char label[32] = "";
        char text[LINE_MAX_BYTES] = "";
        cleanup_fclose FILE *line = fmemopen(text, sizeof(text), "w");

        if (is_target(program, i))
            snprintf(label, sizeof(label), "L%zu:", i);
        if (line) {
            print_instruction(line, &program[i], i, big_endian);
            fflush(line);
        }
        fprintf(file, "%-7s ", label);
        if (notes && notes[i])
            fprintf(file, "%-*s ; %s\n", NOTE_COLUMN, text, notes[i]);
        else
            fprintf(file, "%s\n", text);
    }
}
