/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random profiles, as text: what the parser reads is part of what is tested. */
#include "tests/compiler/random-profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "util/cleanup.h"

struct random_source random_begin(uint64_t seed)
{
    return (struct random_source){seed};
}

/* SplitMix64 (Steele, Lea, Flood 2014): any seed will do. */
uint64_t random_next(struct random_source *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t random_below(struct random_source *random, uint32_t limit)
{
    return (uint32_t)(random_next(random) % limit);
}

enum {
    PROFILE_TEXT_MAX = 64 * 1024, /* 36 rules of a few hundred bytes are less */
};

#define PICK(random, list) ((list)[random_below((random), ARRAY_SIZE(list))])

static const uint64_t edge_values[] = {
    0,
    1,
    2,
    0xff,
    0x7fffffff,
    0x80000000,
    0x80000001,
    0xfffffffe,
    0xffffffff,
    0x100000000,
    0x100000001,
    0x1ffffffff,
    0x7fffffffffffffff,
    0x8000000000000000,
    0x8000000000000001,
    0xffffffff00000000,
    0xfffffffffffffffe,
    0xffffffffffffffff,
};

/* Common calls, multiplexed ones and their multiplexers, some of few ABIs, new ones, one of none.
 */
static const char *const names[] = {
    "read",    "write",      "openat", "close",      "clone",      "personality", "ioctl",
    "prctl",   "mmap2",      "open",   "arch_prctl", "fstat",      "socket",      "bind",
    "connect", "send",       "recv",   "sendto",     "accept4",    "setsockopt",  "shmat",
    "semop",   "semtimedop", "msgsnd", "shmget",     "socketcall", "ipc",         "clone3",
    "mseal",   "listns",     "futex",  "cacheflush", "pread64",    "not_a_call",
};

static const char *const architectures[] = {
    "SCMP_ARCH_X86_64", "SCMP_ARCH_X86",      "SCMP_ARCH_X32",         "SCMP_ARCH_AARCH64",
    "SCMP_ARCH_ARM",    "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",
    "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
    "SCMP_ARCH_PPC64",  "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",
    "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
};

#define MAP(native, others) \
    "{\"architecture\":\"SCMP_ARCH_" native "\",\"subArchitectures\":[" others "]}"
#define SUB(name) "\"SCMP_ARCH_" name "\""

static const char *const arch_maps[] = {
    MAP("X86_64", SUB("X86") "," SUB("X32")),
    MAP("AARCH64", SUB("ARM")),
    MAP("MIPS64", SUB("MIPS") "," SUB("MIPS64N32")),
    MAP("MIPSEL64", SUB("MIPSEL") "," SUB("MIPSEL64N32")),
    MAP("S390X", SUB("S390")),
    MAP("PPC64", SUB("PPC")),
    MAP("PARISC64", SUB("PARISC")),
};

/* Actions with what stands beside them; the first few are the ones that profiles use. */
static const char *const actions[] = {
    "\"SCMP_ACT_ALLOW\"",
    "\"SCMP_ACT_ERRNO\"",
    "\"SCMP_ACT_ERRNO\",\"%s\":38",
    "\"SCMP_ACT_ERRNO\",\"%s\":22",
    "\"SCMP_ACT_KILL\"",
    "\"SCMP_ACT_KILL_PROCESS\"",
    "\"SCMP_ACT_TRAP\"",
    "\"SCMP_ACT_LOG\"",
    "\"SCMP_ACT_TRACE\"",
    "\"SCMP_ACT_TRACE\",\"%s\":7",
};

static const char *const conditions[] = {
    "\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}",
    "\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_BPF\"]}",
    "\"includes\":{\"caps\":[\"CAP_BPF\"]},\"excludes\":{\"caps\":[\"CAP_KILL\"]}",
    "\"includes\":{\"minKernel\":\"5.10\"}",
    "\"excludes\":{\"minKernel\":\"6.1\"}",
    "\"includes\":{\"arches\":[\"amd64\",\"arm64\",\"s390x\",\"mips64\"]}",
    "\"excludes\":{\"arches\":[\"386\",\"arm\",\"amd64\",\"ppc64le\"]}",
    "\"includes\":{},\"excludes\":{}",
};

struct writer {
    char *text;
    size_t used;
};

static void put(struct writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writer *w, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(w->text + w->used, PROFILE_TEXT_MAX - w->used, fmt, args);
    va_end(args);
    w->used += (size_t)n;
}

static void put_action(struct writer *w, const char *key, const char *action, const char *errno_key)
{
    const char *gap = strstr(action, "%s");

    put(w, "\"%s\":%.*s", key, gap ? (int)(gap - action) : (int)strlen(action), action);
    if (gap)
        put(w, "%s%s", errno_key, gap + strlen("%s"));
}

static void put_test(struct writer *w, struct random_source *random, uint32_t index)
{
    enum cmp_op op = (enum cmp_op)random_below(random, CMP_COUNT);
    uint64_t value = PICK(random, edge_values);

    put(w, "{\"index\":%u,\"value\":%" PRIu64 ",\"op\":\"%s\"", index, value, cmp_op_name(op));
    if (op == CMP_MASKED_EQ)
        put(w, ",\"valueTwo\":%" PRIu64,
            random_below(random, 8) ? PICK(random, edge_values) & value
                                    : PICK(random, edge_values));
    put(w, "}");
}

static void put_args(struct writer *w, struct random_source *random)
{
    uint32_t n = random_below(random, 4);
    unsigned used = 0;

    put(w, "\"args\":[");
    for (uint32_t i = 0; i < n; i++) {
        /* Few arguments, so that rules meet; now and then an index twice. */
        uint32_t index =
            random_below(random, 4) ? random_below(random, 2) : random_below(random, 6);

        if (used & 1U << index && random_below(random, 4))
            continue;
        put(w, "%s", used ? "," : "");
        put_test(w, random, index);
        used |= 1U << index;
    }
    put(w, "]");
}

static void put_rule(struct writer *w, struct random_source *random, const char *name,
                     const char *action)
{
    put(w, "{\"names\":[\"%s\"", name);
    if (random_below(random, 4) == 0)
        put(w, ",\"%s\"", PICK(random, names));
    put(w, "],");
    put_action(w, "action", action, "errnoRet");
    if (random_below(random, 5)) {
        put(w, ",");
        put_args(w, random);
    }
    if (random_below(random, 4) == 0)
        put(w, ",%s", PICK(random, conditions));
    put(w, "}");
}

static void put_architectures(struct writer *w, struct random_source *random)
{
    uint32_t form = random_below(random, 4);
    const char *const *list = form ? architectures : arch_maps;
    uint32_t n = form ? ARRAY_SIZE(architectures) : ARRAY_SIZE(arch_maps);
    const char *comma = "";

    if (form == 1)
        return;
    put(w, ",\"%s\":[", form ? "architectures" : "archMap");
    for (uint32_t i = 0; i < n; i++) {
        if (form == 2 && random_below(random, 2))
            continue;
        put(w, form ? "%s\"%s\"" : "%s%s", comma, list[i]);
        comma = ",";
    }
    put(w, "]");
}

/*
 * Half of the profiles use one action beside the default, as real ones do; the others mix them, so
 * that rules contradict each other.
 */
char *random_profile(struct random_source *random, struct arena *arena)
{
    struct writer w = {arena_alloc(arena, PROFILE_TEXT_MAX), 0};
    const char *single = random_below(random, 2) ? PICK(random, actions) : NULL;
    uint32_t n_calls = 1 + random_below(random, 6);
    const char *comma = "";

    put(&w, "{");
    put_action(&w, "defaultAction", PICK(random, actions), "defaultErrnoRet");
    put_architectures(&w, random);
    if (random_below(random, 8) == 0)
        put(&w, ",\"x-unknownSyscalls\":\"default\"");
    put(&w, ",\"syscalls\":[\n");
    for (uint32_t i = 0; i < n_calls; i++) {
        const char *name = PICK(random, names);
        uint32_t n_rules = 1 + random_below(random, 6);

        for (uint32_t k = 0; k < n_rules; k++) {
            put(&w, "%s", comma);
            put_rule(&w, random, name, single ? single : PICK(random, actions));
            comma = ",\n";
        }
    }
    put(&w, "\n]}\n");
    return w.text;
}

/* The calls of a real machine's table, each with a chance of CHANCE in 8, as one rule's names. */
static void put_table(struct writer *w, struct random_source *random, struct syscalls *syscalls,
                      uint32_t chance)
{
    static const enum abi_id tables[] = {ABI_X86_64, ABI_X86,    ABI_ARM,     ABI_AARCH64,
                                         ABI_S390X,  ABI_MIPS64, ABI_PPC64LE, ABI_RISCV64};
    enum abi_id abi = PICK(random, tables);
    const char *name;
    uint32_t nr;

    /* A rule has one name at least. */
    put(w, "{\"names\":[\"read\"");
    for (size_t i = 0; syscalls_at(syscalls, abi, i, &nr, &name); i++)
        if (random_below(random, 8) < chance)
            put(w, ",\"%s\"", name);
    put(w, "]");
}

/* Mostly an allowlist, in one rule or a few, with up to 32 rules on arguments and conditions. */
char *random_large_profile(struct random_source *random, struct syscalls *syscalls,
                           struct arena *arena)
{
    struct writer w = {arena_alloc(arena, PROFILE_TEXT_MAX), 0};
    bool deny = random_below(random, 4) == 0;
    const char *listed = deny ? "\"SCMP_ACT_ERRNO\"" : "\"SCMP_ACT_ALLOW\"";
    uint32_t n_tables = 1 + random_below(random, 3);
    uint32_t n_rules = random_below(random, 32);

    put(&w, "{");
    put_action(&w, "defaultAction",
               deny ? "\"SCMP_ACT_ALLOW\"" : actions[1 + random_below(random, 5)],
               "defaultErrnoRet");
    put_architectures(&w, random);
    put(&w, ",\"syscalls\":[\n");
    for (uint32_t i = 0; i < n_tables; i++) {
        put_table(&w, random, syscalls, deny ? 1 : 2 + random_below(random, 5));
        put(&w, ",");
        put_action(&w, "action", listed, "errnoRet");
        if (i > 0)
            put(&w, ",%s", PICK(random, conditions));
        put(&w, "}%s\n", i + 1 < n_tables || n_rules ? "," : "");
    }
    for (uint32_t i = 0; i < n_rules; i++) {
        put_rule(&w, random, PICK(random, names),
                 random_below(random, 4) ? listed : PICK(random, actions));
        put(&w, "%s\n", i + 1 < n_rules ? "," : "");
    }
    put(&w, "]}\n");
    return w.text;
}

void random_request(struct random_source *random, struct variant_request *request)
{
    static const char *const cap_lists[] = {
        "", "SYS_ADMIN", "BPF", "SYS_ADMIN,BPF", "SYS_ADMIN,BPF,KILL", "ALL",
    };
    static const uint32_t kernels[] = {
        KERNEL_VERSION(4, 19), KERNEL_VERSION(5, 9), KERNEL_VERSION(5, 10),
        KERNEL_VERSION(6, 0),  KERNEL_VERSION(6, 1), KERNEL_VERSION(7, 1),
    };
    const char *bad;
    size_t bad_len;

    capability_set_parse(PICK(random, cap_lists), &request->caps, &bad, &bad_len);
    request->kernel = PICK(random, kernels);
}

static void add_edge(struct edges *edges, uint8_t index, uint64_t value)
{
    size_t *n = &edges->n[index];

    for (size_t i = 0; i < *n; i++)
        if (edges->values[index][i] == value)
            return;
    if (*n < EDGE_VALUES_MAX)
        edges->values[index][(*n)++] = value;
}

/* Where one half of a value is ignored or wrong, the other ones here show it. */
void edges_add(struct edges *edges, uint8_t index, uint64_t value)
{
    add_edge(edges, index, value);
    add_edge(edges, index, value - 1);
    add_edge(edges, index, value + 1);
    add_edge(edges, index, value & UINT32_MAX);
    add_edge(edges, index, value ^ (UINT64_C(1) << 32));
    add_edge(edges, index, value ^ (UINT64_C(1) << 63));
    add_edge(edges, index, value << 32 | value >> 32);
}

static bool names_any(const struct rule *rule, const char *const *wanted, size_t n)
{
    for (size_t i = 0; i < rule->n_names; i++)
        for (size_t k = 0; k < n; k++)
            if (!strcmp(rule->names[i].name, wanted[k]))
                return true;
    return false;
}

void edges_of(struct edges *edges, const struct profile *profile, const char *const *wanted,
              size_t n)
{
    memset(edges, 0, sizeof(*edges));
    for (size_t i = 0; i < profile->n_rules; i++) {
        const struct rule *rule = &profile->rules[i];

        if (!names_any(rule, wanted, n))
            continue;
        for (size_t k = 0; k < rule->n_tests; k++) {
            const struct arg_test *test = &rule->tests[k];

            edges_add(edges, test->index, test->value);
            if (test->op != CMP_MASKED_EQ)
                continue;
            edges_add(edges, test->index, test->value_two);
            edges_add(edges, test->index, test->value_two | ~test->value);
        }
    }
    for (uint8_t index = 0; index < SYSCALL_ARGS; index++) {
        add_edge(edges, index, 0);
        add_edge(edges, index, UINT64_MAX);
    }
}

void edges_pick(const struct edges *edges, struct random_source *random, struct seccomp_data *data)
{
    for (int i = 0; i < SYSCALL_ARGS; i++) {
        if (random_below(random, 16) == 0)
            data->args[i] = random_next(random);
        else
            data->args[i] = edges->values[i][random_below(random, (uint32_t)edges->n[i])];
    }
}
