/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each call that the filter may let through counts alike: what a filter's steps are judged by is
 * their mean over these. Other numbers count less, but the kernel runs a new filter on each. Calls
 * of x32, which most kernels refuse and none tries, count next to nothing. The native architecture
 * is asked for first.
 */
#include "compiler/emit/traffic.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/emit/diagram.h"
#include "compiler/emit/shape.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "util/arena.h"

enum {
    NUMBERS_TRIED = 470, /* by the kernel, from an ABI's first one on */
    OF_NUMBER = 4,       /* what a number weighs whose call is never made */
    WORD_NR = offsetof(struct seccomp_data, nr),
    WORD_ARCH = offsetof(struct seccomp_data, arch),
};

struct traffic {
    const struct target *target;
    struct syscalls *syscalls;
    struct arena *arena;
    abi_set *callers; /* by node id: whose calls come there */
    uint32_t **weights;
};

/* What a number of ABI weighs: more if it is a CALL that is made. */
static uint32_t weight_of(const struct abi *abi, bool call)
{
    return abi->id == ABI_X32 ? call : call ? SHAPE_CALL : OF_NUMBER;
}

/* The last value of segment I of a switch. */
static uint32_t last_of(const struct node *node, size_t i)
{
    return i + 1 < node->n ? node->segments[i + 1].first - 1 : UINT32_MAX;
}

/* True where a call that comes to NODE is not made, whatever its arguments. */
static bool is_refused(const struct node *node)
{
    return node->kind == NODE_RETURN && node->verdict != SECCOMP_RET_ALLOW &&
           node->verdict != SECCOMP_RET_LOG;
}

static void count_architecture(const struct traffic *traffic, const struct abi *abi,
                               const struct node *node, uint32_t *weights)
{
    for (size_t i = 0; i < node->n; i++)
        weights[i] =
            abi->audit_arch >= node->segments[i].first && abi->audit_arch <= last_of(node, i)
                ? weight_of(abi, true) * NUMBERS_TRIED *
                      (abi->id == traffic->target->abis[0] ? 2 : 1)
                : 0;
}

static int count_numbers(const struct traffic *traffic, const struct abi *abi,
                         const struct node *node, uint32_t *weights)
{
    size_t n_calls;
    const struct syscall_entry *calls = syscalls_all(traffic->syscalls, abi->id, &n_calls);
    /* x32's bit is gone where its numbers are looked up together with x86_64's. */
    uint32_t less = node->word == WORD_FOLDED_NR && abi->id == ABI_X32 ? abi->nr_base : 0;
    uint32_t tried = abi->nr_base - less;
    uint32_t of_number = weight_of(abi, false);
    uint32_t of_call = weight_of(abi, true) - of_number;
    size_t call = 0;

    if (!calls)
        return -ENOMEM;
    for (size_t i = 0; i < node->n; i++) {
        uint32_t first = node->segments[i].first > tried ? node->segments[i].first : tried;
        uint32_t last = last_of(node, i);

        weights[i] = 0;
        for (; call < n_calls && calls[call].nr - less <= last; call++)
            if (calls[call].nr - less >= first && !is_refused(node->segments[i].child))
                weights[i] += of_call;
        if (last > tried + NUMBERS_TRIED - 1)
            last = tried + NUMBERS_TRIED - 1;
        weights[i] += first <= last ? (last - first + 1) * of_number : 0;
    }
    return 0;
}

/* Weighs the segments of the switch NODE, and adds their calls to the nodes that they lead to. */
static int weigh(struct traffic *traffic, const struct node *node)
{
    bool of_arch = node->word == WORD_ARCH;
    bool of_nr = node->word == WORD_NR || node->word == WORD_FOLDED_NR;
    uint32_t *sum = arena_calloc(traffic->arena, node->n, sizeof(*sum));
    uint32_t *own = of_arch || of_nr ? arena_calloc(traffic->arena, node->n, sizeof(*own)) : NULL;

    if (!sum || ((of_arch || of_nr) && !own))
        return -ENOMEM;
    traffic->weights[node->id] = sum;
    for (size_t i = 0; !own && i < node->n; i++)
        sum[i] = SHAPE_CALL;
    for (size_t a = 0; own && a < traffic->target->n_abis; a++) {
        const struct abi *abi = abi_get(traffic->target->abis[a]);
        abi_set set = (abi_set)1 << abi->id;

        if (!(traffic->callers[node->id] & set))
            continue;
        if (of_arch)
            count_architecture(traffic, abi, node, own);
        else if (count_numbers(traffic, abi, node, own) < 0)
            return -ENOMEM;
        for (size_t i = 0; i < node->n; i++) {
            sum[i] += own[i];
            if (own[i])
                traffic->callers[node->segments[i].child->id] |= set;
        }
    }
    return 0;
}

const uint32_t *const *traffic_follow(const struct diagram *diagram, const struct node *root,
                                      const struct target *target, struct syscalls *syscalls,
                                      struct arena *arena)
{
    struct traffic traffic = {
        .target = target,
        .syscalls = syscalls,
        .arena = arena,
        .callers = arena_calloc(arena, diagram->n_nodes, sizeof(*traffic.callers)),
        .weights = arena_calloc(arena, diagram->n_nodes, sizeof(*traffic.weights)),
    };
    const struct node **nodes = arena_calloc(arena, diagram->n_nodes, sizeof(*nodes));

    if (!traffic.callers || !traffic.weights || !nodes)
        return NULL;
    for (size_t i = 0; i < diagram->n_buckets; i++)
        if (diagram->buckets[i])
            nodes[diagram->buckets[i]->id] = diagram->buckets[i];
    traffic.callers[root->id] = target_abis(target);
    /* Children have lower ids than their parents. */
    for (uint32_t id = root->id + 1; id-- > 0;) {
        if (nodes[id]->kind == NODE_STRIP)
            traffic.callers[nodes[id]->below->id] |= traffic.callers[id];
        else if (nodes[id]->kind == NODE_SWITCH && weigh(&traffic, nodes[id]) < 0)
            return NULL;
    }
    return (const uint32_t *const *)traffic.weights;
}
