/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program grows from its end: what a jump leads to is placed before the jump is, so that its
 * distance is known. Where a target is too far for the 8 bits of an offset, a bridge is placed
 * next to the jump: a copy of a return, or a JA. Positions count from the end.
 */
#include "compiler/emit/assemble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/emit/shape.h"
#include "compiler/emit/traffic.h"
#include "compiler/facts/bpf.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    OFFSET_MAX = 255, /* of a conditional jump */
    NOWHERE = -1,
};

/* Where the code of a node is. */
struct spot {
    int32_t loaded; /* its first test, when A holds its word already. Of a return: the return */
    int32_t entry;  /* its load */
};

struct assembler {
    struct arena *arena;
    enum shape_aim aim;
    const uint32_t *const *weights; /* of a switch's segments, by node id */
    struct sock_filter *code;       /* from the end */
    size_t n;
    size_t open;        /* nodes that are being placed: each will still push something */
    struct spot *spots; /* by node id */
};

/* What a jump leads to: a node, or (node == NULL) a position. */
struct goal {
    const struct node *node;
    int32_t position;
};

static const struct goal no_goal = {NULL, NOWHERE};

static int push(struct assembler *as, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
    if (as->n == BPF_MAX_INSNS)
        return -E2BIG;
    as->code[as->n] = (struct sock_filter){code, jt, jf, k};
    return (int)as->n++;
}

static int push_ja(struct assembler *as, int32_t to)
{
    return push(as, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(as->n - (size_t)to - 1));
}

static int place_node(struct assembler *as, const struct node *node, uint32_t held);

/* The position of GOAL for a jump with word HELD in A. Places GOAL if it has none yet. */
static int position_of(struct assembler *as, const struct goal *goal, uint32_t held)
{
    return goal->node ? place_node(as, goal->node, held) : goal->position;
}

/* Brings GOAL nearer: what follows can jump to the end of the code so far. */
static int bridge(struct assembler *as, struct goal *goal, int32_t far, uint32_t held)
{
    const struct node *node = goal->node;
    int at = node && node->kind == NODE_RETURN ? push(as, BPF_RET | BPF_K, 0, 0, node->verdict)
                                               : push_ja(as, far);

    if (at < 0)
        return at;
    if (!node) {
        goal->position = at;
    } else if (node->kind == NODE_RETURN || held == node->word || node->word == WORD_FOLDED_NR) {
        as->spots[node->id].loaded = at;
    } else {
        as->spots[node->id].entry = at;
    }
    return 0;
}

/* An instruction equal to INSN, pushed as the next one, that the next one can jump to; or NOWHERE.
 */
static int32_t find_jump(const struct assembler *as, const struct sock_filter *insn)
{
    const struct sock_filter *end = as->code + as->n;
    const struct sock_filter *first = as->n > OFFSET_MAX ? end - OFFSET_MAX : as->code;

    for (const struct sock_filter *other = end; other-- > first;) {
        if (other->k == insn->k && other->code == insn->code &&
            other->jt + (end - other) == insn->jt && other->jf + (end - other) == insn->jf)
            return (int32_t)(other - as->code);
    }
    return NOWHERE;
}

/*
 * Brings about that the next instruction falls through to what is at TO: with a copy of the jump
 * there, which takes no step more, or a JA. Returns the position to fall through to.
 */
static int32_t go_on_at(struct assembler *as, int32_t to)
{
    size_t back = as->n - (size_t)to;
    struct sock_filter insn = as->code[to];

    if (back == 1)
        return to;
    if (BPF_CLASS(insn.code) == BPF_RET)
        return push(as, insn.code, 0, 0, insn.k);
    if (BPF_CLASS(insn.code) == BPF_JMP && BPF_OP(insn.code) != BPF_JA &&
        insn.jt + back <= OFFSET_MAX && insn.jf + back <= OFFSET_MAX)
        return push(as, insn.code, (uint8_t)(insn.jt + back), (uint8_t)(insn.jf + back), insn.k);
    return push_ja(as, to);
}

/* The position of an instruction that goes on at TO: one that is there already, or a new one. */
static int32_t push_before(struct assembler *as, int32_t to, uint16_t code, uint32_t k)
{
    size_t there = (size_t)to + 1;

    if (there < as->n && as->n - there <= OFFSET_MAX && as->code[there].code == code &&
        as->code[there].k == k)
        return (int32_t)there;
    to = go_on_at(as, to);
    return to < 0 ? to : push(as, code, 0, 0, k);
}

/* Places one conditional jump; where there is an equal one, that is it. */
static int push_jump(struct assembler *as, uint16_t op, uint32_t k, struct goal if_true,
                     struct goal if_false, uint32_t held)
{
    for (;;) {
        int32_t t = position_of(as, &if_true, held);

        if (t < 0)
            return t;

        int32_t f = position_of(as, &if_false, held);

        if (f < 0)
            return f;

        size_t jt = as->n - (size_t)t - 1;
        size_t jf = as->n - (size_t)f - 1;

        if (jt <= OFFSET_MAX && jf <= OFFSET_MAX) {
            const struct sock_filter insn = {BPF_JMP | BPF_K | op, (uint8_t)jt, (uint8_t)jf, k};
            int32_t same = find_jump(as, &insn);

            return same == NOWHERE ? push(as, insn.code, insn.jt, insn.jf, insn.k) : same;
        }

        int r = jt > jf ? bridge(as, &if_true, t, held) : bridge(as, &if_false, f, held);

        if (r < 0)
            return r;
    }
}

static int place_target(struct assembler *as, const struct branch_target *to, uint32_t word,
                        struct goal *goal);

/* Places BRANCH and all below it; returns its position. */
static int place_branch(struct assembler *as, const struct branch *branch, uint32_t word)
{
    struct goal if_true = no_goal;
    struct goal if_false = no_goal;
    int r = place_target(as, &branch->if_false, word, &if_false);

    if (r == 0)
        r = place_target(as, &branch->if_true, word, &if_true);
    return r < 0 ? r : push_jump(as, branch->op, branch->k, if_true, if_false, word);
}

static int place_target(struct assembler *as, const struct branch_target *to, uint32_t word,
                        struct goal *goal)
{
    int at;

    if (to->branch) {
        at = place_branch(as, to->branch, word);
        *goal = (struct goal){NULL, at};
    } else {
        at = place_node(as, to->leaf, word);
        *goal = (struct goal){to->leaf, NOWHERE};
    }
    return at < 0 ? at : 0;
}

/* Places the tests of a switch; returns the position of the first one. */
static int place_switch(struct assembler *as, const struct node *node)
{
    struct branch_target root;
    int r = shape_build(&root, node->segments, as->weights[node->id], node->n, as->aim, as->arena);

    return r < 0 ? r : place_branch(as, root.branch, node->word);
}

/* Places the test of a mask: one JSET where that is enough, else AND and JEQ. */
static int place_mask(struct assembler *as, const struct node *node)
{
    const struct goal if_set = {node->if_set, NOWHERE};
    const struct goal if_not = {node->if_not, NOWHERE};
    bool one_bit = (node->mask & (node->mask - 1)) == 0;

    if (node->value == 0)
        return push_jump(as, BPF_JSET, node->mask, if_not, if_set, node->word);
    if (one_bit)
        return push_jump(as, BPF_JSET, node->mask, if_set, if_not, node->word);

    /* AND changes A, so neither side finds the word there. */
    int r = push_jump(as, BPF_JEQ, node->value, if_set, if_not, WORD_NONE);

    return r < 0 ? r : push_before(as, r, BPF_ALU | BPF_AND | BPF_K, node->mask);
}

/* Places an AND that falls through into the node below it. */
static int place_strip(struct assembler *as, const struct node *node)
{
    int below = place_node(as, node->below, WORD_FOLDED_NR);

    return below < 0 ? below : push_before(as, below, BPF_ALU | BPF_AND | BPF_K, ~node->bit);
}

/* Returns the position at which NODE can be entered with word HELD in A. */
static int place_node(struct assembler *as, const struct node *node, uint32_t held)
{
    struct spot *spot = &as->spots[node->id];
    int at = spot->loaded;

    if (at == NOWHERE) {
        /* Checked before the end is reached, so that it bounds the recursion. */
        if (as->n + ++as->open > BPF_MAX_INSNS)
            return -E2BIG;
        switch (node->kind) {
        case NODE_RETURN:
            at = push(as, BPF_RET | BPF_K, 0, 0, node->verdict);
            break;
        case NODE_SWITCH:
            at = place_switch(as, node);
            break;
        case NODE_MASK:
            at = place_mask(as, node);
            break;
        case NODE_STRIP:
            at = place_strip(as, node);
            break;
        }
        if (at < 0)
            return at;
        as->open--;
        spot->loaded = at;
    }
    if (node->kind == NODE_RETURN || node->word == held || node->word == WORD_FOLDED_NR)
        return spot->loaded;
    if (spot->entry == NOWHERE) {
        spot->entry = push_before(as, spot->loaded, BPF_LD | BPF_W | BPF_ABS, node->word);
        if (spot->entry < 0)
            return spot->entry;
    }
    return spot->entry;
}

int assemble(struct sock_filter **program, size_t *n, const struct diagram *diagram,
             const struct node *root, enum shape_aim aim, const struct target *target,
             struct syscalls *syscalls, struct arena *arena)
{
    cleanup_free struct sock_filter *code = malloc(BPF_MAX_INSNS * sizeof(*code));
    struct assembler as = {
        .arena = arena,
        .aim = aim,
        .weights = traffic_follow(diagram, root, target, syscalls, arena),
        .code = code,
        .spots = arena_calloc(arena, diagram->n_nodes, sizeof(*as.spots)),
    };

    if (!as.weights || !as.code || !as.spots)
        return -ENOMEM;
    memset(as.spots, 0xff, diagram->n_nodes * sizeof(*as.spots)); /* NOWHERE */

    int start = place_node(&as, root, WORD_NONE);

    if (start >= 0)
        start = go_on_at(&as, start);
    if (start < 0)
        return start;
    *program = arena_calloc(arena, as.n, sizeof(**program));
    if (!*program)
        return -ENOMEM;
    for (size_t i = 0; i < as.n; i++)
        (*program)[i] = as.code[as.n - 1 - i];
    *n = as.n;
    return 0;
}
