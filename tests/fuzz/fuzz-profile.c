/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles: the input is the text of one. Parsing must give the same model and messages each time,
 * each message with a place in the text. What is accepted must compile to a proven filter or to an
 * error, the same each time; and the filter must answer as the reference evaluator does, which
 * reads the model and shares nothing with the compiler.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/lint/lint.h"
#include "compiler/parse/excerpt.h"
#include "compiler/parse/json-error.h"
#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"
#include "tests/compiler/random-profile.h"
#include "tests/compiler/reference.h"
#include "tests/fuzz/fuzz.h"
#include "util/cleanup.h"

enum {
    RULES_TRIED = 8, /* of one profile */
    NAMES_TRIED = 4, /* of one rule */
    CALLS_EACH = 4,  /* of one name on one ABI */
};

struct parsed {
    int result;
    struct profile profile;
    struct diags diags;
    struct arena arena;
};

static void describe_conditions(FILE *out, const char *name, const struct conditions *c)
{
    fprintf(out, " %s %u:%u arches %#x caps %#llx kernel %#x\n", name, c->at.line, c->at.column,
            c->arches, (unsigned long long)c->caps, c->min_kernel);
}

static void describe_rule(FILE *out, const struct rule *rule)
{
    fprintf(out, "rule %u:%u verdict %#x named %s alternatives %d comment %s\n", rule->at.line,
            rule->at.column, rule->verdict, rule->errno_name ? rule->errno_name : "-",
            rule->alternatives, rule->comment ? rule->comment : "-");
    for (size_t i = 0; i < rule->n_names; i++)
        fprintf(out, " name %u:%u %s\n", rule->names[i].at.line, rule->names[i].at.column,
                rule->names[i].name);
    for (size_t i = 0; i < rule->n_tests; i++) {
        const struct arg_test *test = &rule->tests[i];

        FUZZ_CHECK(test->index < SYSCALL_ARGS && test->op < CMP_COUNT, "a test of nothing");
        fprintf(out, " test %u:%u %u %s %#llx %#llx\n", test->at.line, test->at.column, test->index,
                cmp_op_name(test->op), (unsigned long long)test->value,
                (unsigned long long)test->value_two);
    }
    describe_conditions(out, "includes", &rule->includes);
    describe_conditions(out, "excludes", &rule->excludes);
}

/* All that is in PROFILE, as text that its caller frees. */
static char *describe(const struct profile *profile)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    FUZZ_CHECK(out, "%m");
    fprintf(out, "default %u:%u %#x named %s\n", profile->default_at.line,
            profile->default_at.column, profile->default_verdict,
            profile->default_errno_name ? profile->default_errno_name : "-");
    fprintf(out, "architectures %u:%u %#x flags %#x unknown %d listener %s %s\n",
            profile->architectures_at.line, profile->architectures_at.column,
            profile->architectures, profile->flags, profile->unknown_is_default,
            profile->listener_path ? profile->listener_path : "-",
            profile->listener_metadata ? profile->listener_metadata : "-");
    for (size_t i = 0; i < profile->n_arch_map; i++)
        fprintf(out, "arch %u:%u %d %#x\n", profile->arch_map[i].at.line,
                profile->arch_map[i].at.column, profile->arch_map[i].architecture,
                profile->arch_map[i].sub_architectures);
    for (size_t i = 0; i < profile->n_rules; i++)
        describe_rule(out, &profile->rules[i]);
    fclose(out);
    return text;
}

/* The length of line LINE of the text with its newline, counted from 1; -1: there is no such. */
static long line_length(const char *text, size_t size, uint32_t line)
{
    const char *end = text + size;

    for (uint32_t i = 1; i < line; i++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));

        if (!newline)
            return -1;
        text = newline + 1;
    }

    const char *newline = memchr(text, '\n', (size_t)(end - text));

    return newline ? newline - text + 1 : end - text;
}

/* Each message is one printable line of UTF-8, about a place in the text (or just behind it). */
/* Two lines that a terminal can show, for each place that the text has. */
static void check_excerpt(const char *text, size_t size, const struct location *at)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *lines = excerpt_render(&arena, text, size, at);
    size_t n_lines = 0;

    FUZZ_CHECK(lines, "no memory");
    for (const char *c = lines; *c; c++) {
        n_lines += *c == '\n';
        FUZZ_CHECK(*c == '\n' || !iscntrl((unsigned char)*c), "a control character: %s", lines);
    }
    FUZZ_CHECK(n_lines == (at->line ? 2 : 0), "%u:%u: %s", at->line, at->column, lines);
    FUZZ_CHECK(json_check_utf8(lines, strlen(lines)) == strlen(lines), "no UTF-8: %s", lines);
}

static void check_diags(const struct diags *diags, const char *text, size_t size)
{
    size_t n_errors = 0;

    for (size_t i = 0; i < diags->n; i++) {
        const struct diag *diag = &diags->items[i];
        long length = line_length(text, size, diag->at.line);

        n_errors += diag->severity == DIAG_ERROR;
        FUZZ_CHECK(diag->at.line > 0 || size > PROFILE_MAX_BYTES, "no place: %s", diag->text);
        FUZZ_CHECK(diag->at.line == 0 || (diag->at.column > 0 && length + 1 >= diag->at.column),
                   "%u:%u is not in the text: %s", diag->at.line, diag->at.column, diag->text);
        FUZZ_CHECK(json_check_utf8(diag->text, strlen(diag->text)) == strlen(diag->text),
                   "no UTF-8: %s", diag->text);
        for (const char *c = diag->text; *c; c++)
            FUZZ_CHECK(!iscntrl((unsigned char)*c), "a control character: %s", diag->text);
        check_excerpt(text, size, &diag->at);
    }
    FUZZ_CHECK(n_errors + diags->n_dropped >= diags->n_errors, "errors are missing");
}

static void parse(struct parsed *parsed, const char *text, size_t size)
{
    memset(parsed, 0, sizeof(*parsed));
    diags_init(&parsed->diags, &parsed->arena);
    parsed->result = profile_parse(&parsed->profile, text, size, &parsed->arena, &parsed->diags);
    FUZZ_CHECK(parsed->result == (parsed->diags.n_errors ? -EINVAL : 0), "%d with %zu errors",
               parsed->result, parsed->diags.n_errors);
    check_diags(&parsed->diags, text, size);
}

static void check_same(const char *a, const char *b)
{
    FUZZ_CHECK(a && b && !strcmp(a, b), "first:\n%s\nthen:\n%s", a, b);
}

static void check_same_parse(struct parsed *a, struct parsed *b)
{
    FUZZ_CHECK(a->result == b->result, "%d and %d", a->result, b->result);
    check_same(diags_render(&a->diags, &a->arena, "f"), diags_render(&b->diags, &b->arena, "f"));
    if (a->result == 0) {
        cleanup_free char *first = describe(&a->profile);
        cleanup_free char *second = describe(&b->profile);

        check_same(first, second);
    }
}

/* Compiles once: 0 and a proven filter that the kernel would take, or -EINVAL and an error. */
static int compile(struct filter *filter, const struct profile *profile, struct syscalls *syscalls,
                   const struct variant_request *request, struct arena *arena)
{
    struct diags diags;
    const char *why;
    size_t bad;

    diags_init(&diags, arena);

    int r = compile_variant(filter, syscalls, profile, request, arena, &diags);

    FUZZ_CHECK(r == (diags.n_errors ? -EINVAL : 0), "%d: %s", r, diags_render(&diags, arena, "f"));
    for (size_t i = 0; i < diags.n; i++)
        FUZZ_CHECK(!strstr(diags.items[i].text, "not proven"), "%s", diags.items[i].text);
    if (r < 0)
        return r;
    FUZZ_CHECK(filter->proof.version == PROOF_VERSION && filter->proof.ranges > 0, "no proof");
    FUZZ_CHECK(bpf_check(filter->program.insns, filter->program.n_insns, &bad, &why) == 0,
               "%zu: %s", bad, why);
    FUZZ_CHECK(bpf_is_emulable(filter->program.insns, filter->program.n_insns),
               "the kernel cannot emulate it");
    FUZZ_CHECK(filter->flags == (profile->flags_given || request->kernel < KERNEL_SPEC_ALLOW
                                     ? profile->flags
                                     : SECCOMP_FILTER_FLAG_SPEC_ALLOW),
               "flags %#x", filter->flags);
    return 0;
}

/* Calls one name on the ABIs of the target. */
static void check_name(const struct filter *filter, const struct profile *profile,
                       const struct variant_request *request, struct syscalls *syscalls,
                       const char *name, struct random_source *random)
{
    const struct target *target = request->target;
    struct edges edges;

    edges_of(&edges, profile, &name, 1);
    for (size_t i = 0; i < (size_t)target->n_abis * CALLS_EACH; i++) {
        const struct abi *abi = abi_get(target->abis[i / CALLS_EACH]);
        struct seccomp_data data = {.arch = abi->audit_arch};
        uint32_t nr;

        if (syscalls_number(syscalls, abi->id, name, &nr) < 0)
            continue;
        edges_pick(&edges, random, &data);
        data.nr = (int)(nr + (random_below(random, 8) == 0));

        uint32_t wanted = reference_verdict(profile, request, syscalls, &data);
        uint32_t verdict = bpf_simulate(filter->program.insns, filter->program.n_insns, &data,
                                        target_native_abi(target)->big_endian)
                               .verdict;

        FUZZ_CHECK(verdict == wanted,
                   "%s on %s, number %u, arguments %#llx %#llx: the filter says "
                   "%#x, the profile %#x",
                   name, abi->name, (uint32_t)data.nr, (unsigned long long)data.args[0],
                   (unsigned long long)data.args[1], verdict, wanted);
    }
}

static void check_compile(const struct profile *profile, struct syscalls *syscalls,
                          const struct variant_request *request, struct random_source *random)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct filter filter = {0};
    struct filter again = {0};

    if (!abi_is_installed(target_native_abi(request->target)))
        return;

    int r = compile(&filter, profile, syscalls, request, &arena);

    FUZZ_CHECK(compile(&again, profile, syscalls, request, &arena) == r, "not %d again", r);
    FUZZ_CHECK(filter.program.n_insns == again.program.n_insns &&
                   (r < 0 || !memcmp(filter.program.insns, again.program.insns,
                                     filter.program.n_insns * sizeof(*filter.program.insns))),
               "another filter for the same profile");
    for (size_t i = 0; r == 0 && i < profile->n_rules && i < RULES_TRIED; i++)
        for (size_t k = 0; k < profile->rules[i].n_names && k < NAMES_TRIED; k++)
            check_name(&filter, profile, request, syscalls, profile->rules[i].names[k].name,
                       random);
}

static void check_lint(struct parsed *parsed, struct syscalls *syscalls,
                       const struct target *const *targets, size_t n, const char *text, size_t size)
{
    struct diags diags;

    diags_init(&diags, &parsed->arena);
    FUZZ_CHECK(profile_lint(&parsed->profile, targets, n, 0, syscalls, &parsed->arena, &diags) == 0,
               "no memory");
    FUZZ_CHECK(diags.n_errors == 0, "an error in a profile that was accepted");
    check_diags(&diags, text, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct syscalls *syscalls;
    struct random_source random = random_begin(fuzz_hash(data, size));
    const struct target *targets[2] = {target_by_name("x86_64")};
    const char *text = (const char *)data;
    struct parsed parsed;
    struct parsed again;

    if (!syscalls)
        syscalls = syscalls_new();
    while (!targets[1])
        targets[1] = target_at(random_below(&random, ABI_COUNT));
    parse(&parsed, text, size);
    parse(&again, text, size);
    check_same_parse(&parsed, &again);
    for (size_t i = 0; parsed.result == 0 && i < ARRAY_SIZE(targets); i++) {
        struct variant_request request = {.target = targets[i]};

        random_request(&random, &request);
        check_compile(&parsed.profile, syscalls, &request, &random);
    }
    if (parsed.result == 0)
        check_lint(&parsed, syscalls, targets, ARRAY_SIZE(targets), text, size);
    arena_free(&parsed.arena);
    arena_free(&again.arena);
    return 0;
}
