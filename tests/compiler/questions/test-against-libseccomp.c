/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of against-libseccomp.c: what libseccomp is known to get wrong is found, each with an
 * example, and what is only another reading is a note.
 */
#include "compiler/facts/abi.h"
#include "compiler/questions/against-libseccomp.h"

#include <check.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/bpf.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/libseccomp.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "compiler/questions/libseccomp-filter.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* What is compared. */
struct sides {
    struct variant variant;
    struct policy policy;
    struct syscalls *syscalls;
    struct sock_filter *insns; /* libseccomp's; NULL: it makes no filter */
    size_t n_insns;
};

/* The ABI of TARGET called NAME. */
static const struct abi *abi_of(const struct target *target, const char *name)
{
    for (int i = 0; i < target->n_abis; i++)
        if (!strcmp(abi_get(target->abis[i])->name, name))
            return abi_get(target->abis[i]);
    ck_abort_msg("%s is no ABI of %s", name, target->name);
}

/* The arguments behind a call's name: "(0x2, 0x8)". */
static void read_arguments(const char *from, struct seccomp_data *data)
{
    for (size_t i = 0; i < SYSCALL_ARGS && *from != ')'; i++) {
        char *end;

        data->args[i] = strtoull(from + 1, &end, 16);
        from = end;
    }
}

/*
 * Takes the example out of a line of the form "libseccomp V differs on ABI: CALL(ARGS) gets X from
 * it, …; the profile says Y: …", and asks libseccomp's filter and the policy. A call without a name
 * is "number N (ARGS)".
 */
static void check_example(const struct sides *sides, const char *line, struct arena *arena)
{
    const struct target *target = sides->variant.target;
    char abi_name[32], call[64], theirs[64], ours[64];
    const char *gets = strstr(line, ") gets ");
    const char *says = strstr(line, "; the profile says ");
    const char *arguments = line;
    struct seccomp_data data = {0};
    const struct abi *abi;
    uint32_t nr;

    if (!strstr(line, " differs on ") || strstr(line, " differs on another architecture"))
        return;
    ck_assert_msg(gets && says, "%s", line);
    ck_assert_int_eq(
        sscanf(strstr(line, " differs on "), " differs on %31[^:]: %63[^(]", abi_name, call), 2);
    for (const char *at = strchr(line, '('); at && at < gets; at = strchr(at + 1, '('))
        arguments = at;
    ck_assert_int_eq(sscanf(gets, ") gets %63s from", theirs), 1);
    ck_assert_int_eq(sscanf(says, "; the profile says %63[^:]", ours), 1);
    abi = abi_of(target, abi_name);
    if (sscanf(call, "number %" SCNu32, &nr) != 1)
        ck_assert_int_eq(syscalls_number(sides->syscalls, abi->id, call, &nr), 0);
    data.nr = (int)nr;
    data.arch = abi->audit_arch;
    read_arguments(arguments, &data);

    uint32_t wanted = policy_evaluate(&sides->policy, &data);
    uint32_t given =
        bpf_simulate(sides->insns, sides->n_insns, &data, target_native_abi(target)->big_endian)
            .verdict;

    ck_assert_str_eq(verdict_text_on_abi(arena, wanted, target->abis[0]), ours);
    ck_assert_str_eq(verdict_text_on_abi(arena, given, target->abis[0]), theirs);
    ck_assert_uint_ne(wanted, given);
}

/*
 * Compares the profile RULES, with ' for ", on TARGET, libseccomp having SECONDS; returns the lines
 * about libseccomp, each with an example that has been tried.
 */
static const char *compare_within(const char *rules, const char *target, unsigned int seconds,
                                  struct diags *diags, struct arena *arena)
{
    char *text = arena_strndup(arena, rules, strlen(rules));
    const struct variant_request request = {.target = target_by_name(target),
                                            .kernel = KERNEL_VERSION(6, 1)};
    struct sides sides = {.syscalls = syscalls_new()};
    struct profile profile;
    struct diags first;

    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    diags_init(&first, arena);
    diags_init(diags, arena);
    ck_assert_msg(profile_parse(&profile, text, strlen(text), arena, &first) == 0, "%s",
                  diags_render(&first, arena, "profile"));
    ck_assert_int_eq(variant_resolve(&sides.variant, &profile, &request, arena, &first), 0);
    ck_assert_int_eq(policy_lower(&sides.policy, &sides.variant, sides.syscalls, arena), 0);
    ck_assert_int_eq(against_libseccomp(&profile, &request, &sides.variant, &sides.policy,
                                        sides.syscalls, seconds, arena, diags),
                     0);
    if (diags->n)
        libseccomp_filter(&sides.variant, seconds, arena, &sides.insns, &sides.n_insns);
    for (size_t i = 0; i < diags->n; i++)
        check_example(&sides, diags->items[i].text, arena);
    syscalls_free(sides.syscalls);
    return diags_render(diags, arena, "p");
}

static const char *compare(const char *rules, const char *target, struct diags *diags,
                           struct arena *arena)
{
    return compare_within(rules, target, 20, diags, arena);
}

#define RULE(name, args)       "{'names':['" name "'],'action':'SCMP_ACT_ALLOW','args':[" args "]}"
#define TEST(index, value, op) "{'index':" #index ",'value':" #value ",'op':'SCMP_CMP_" #op "'}"
#define PROFILE(rules)         "{'defaultAction':'SCMP_ACT_TRAP','syscalls':[" rules "]}"
#define PROFILE_OF(architectures, rules) \
    "{'defaultAction':'SCMP_ACT_TRAP','architectures':[" architectures "],'syscalls':[" rules "]}"

/* What libseccomp gets wrong, found on 2.5.4; 2.6.1 still does some of it. */
static const struct {
    const char *profile;
    const char *target;
    const char *line; /* a part of what is said */
    bool only_254;
} faults[] = {
    {PROFILE(RULE("ioctl", TEST(0, 2, NE)) "," RULE("ioctl", TEST(2, 2, EQ) "," TEST(0, 255, NE))),
     "x86_64",
     "warning: libseccomp %s differs on x86_64: ioctl(0x2) gets ALLOW from it, which is weaker; "
     "the profile says TRAP: libseccomp's generator",
     false},
    {PROFILE(RULE("ioctl", TEST(0, 1, LE)) "," RULE("ioctl", TEST(0, 4294967297, GE))), "x86_64",
     "warning: libseccomp %s differs on x86_64: ioctl(0x2) gets ALLOW from it, which is weaker; "
     "the profile says TRAP: libseccomp's generator",
     true},
    {PROFILE_OF("'SCMP_ARCH_X86'", RULE("ioctl", TEST(0, 4294967299, EQ))), "x86_64",
     "warning: libseccomp %s differs on x86: ioctl(0x3) gets ALLOW from it, which is weaker; the "
     "profile says TRAP: it cuts the rule's value",
     false},
    {PROFILE_OF("'SCMP_ARCH_X86'", RULE("socket", TEST(0, 38, LT))), "x86_64",
     "warning: libseccomp %s differs on x86: socketcall(0x1) gets ALLOW from it, which is weaker; "
     "the profile says TRAP: it applies the rule to the multiplexed call",
     false},
    {PROFILE(RULE("ioctl", TEST(0, 4294967296, LT)) "," RULE("ioctl", TEST(0, 8589934593, GT))),
     "x86_64",
     "warning: libseccomp %s differs on x86_64: ioctl(0x100000002) gets ALLOW from it, which is "
     "weaker; the profile says TRAP: libseccomp's generator",
     true},
    {PROFILE("{'names':['socketcall'],'action':'SCMP_ACT_ALLOW'}," RULE("read", TEST(0, 1, EQ))),
     "aarch64",
     "warning: libseccomp %s differs on aarch64: read(0x1) gets TRAP from it, which is stricter; "
     "the profile says ALLOW: its filter compares without loading the number",
     true},
};

START_TEST(faults_are_found)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct scmp_version *version = seccomp_version();
    bool is_254 = version->major == 2 && version->minor == 5 && version->micro == 4;
    struct diags diags;
    char installed[32];
    char line[512];
    const char *format = faults[_i].line;
    const char *said = compare(faults[_i].profile, faults[_i].target, &diags, &arena);
    const char *at = strstr(format, "%s");

    if (faults[_i].only_254 && !is_254)
        return;
    libseccomp_version(installed, sizeof(installed));
    snprintf(line, sizeof(line), "%.*s%s%s", (int)(at - format), format, installed, at + 2);
    ck_assert_msg(strstr(said, line) != NULL, "no '%s' in:\n%s", line, said);
    ck_assert_uint_ge(diags.n_warnings, 1);
}
END_TEST

/* Another reading of a profile is a note, and there is nothing else. */
static const struct {
    const char *profile;
    const char *target;
    const char *part;
} notes[] = {
    {"{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':['read'],"
     "'action':'SCMP_ACT_ALLOW'}]}",
     "x86_64", "gives calls newer than the profile its default"},
    {PROFILE_OF("'SCMP_ARCH_X32'", RULE("ioctl", TEST(0, 2, EQ))), "x86_64",
     "differs on x32: ioctl(0x100000002) gets ALLOW from it, which is weaker; the profile says "
     "TRAP: it compares the low 32 bits"},
    {PROFILE("{'names':['file_setattr'],'action':'SCMP_ACT_ALLOW'}"), "x86_64",
     "the installed libseccomp does not know the name"},
    {PROFILE_OF("'SCMP_ARCH_X86'", "{'names':['read','semop'],'action':'SCMP_ACT_ALLOW'}"),
     "x86_64", "the kernel ignores the upper half of ipc's first argument"},
    {PROFILE(
         RULE("ioctl", TEST(1, 3, EQ)) ",{'names':['ioctl'],'action':'SCMP_ACT_LOG','args':[" TEST(
             0, 2, EQ) "]}"),
     "x86_64", "several rules hold here"},
};

START_TEST(readings_are_notes)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;
    const char *said = compare(notes[_i].profile, notes[_i].target, &diags, &arena);

    ck_assert_msg(strstr(said, notes[_i].part) != NULL, "no '%s' in:\n%s", notes[_i].part, said);
    ck_assert_msg(diags.n_warnings == 0, "%s", said);
}
END_TEST

START_TEST(no_difference_is_silent)
{
    static const char *const profiles[] = {
        PROFILE("{'names':['read','write','close'],'action':'SCMP_ACT_ALLOW'}"),
        PROFILE(RULE("ioctl", TEST(1, 21505, EQ)) "," RULE("ioctl", TEST(1, 21506, EQ))),
        PROFILE_OF("'SCMP_ARCH_X86'", RULE("personality", TEST(0, 8, EQ))),
    };
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;

    for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
        const char *said = compare(profiles[i], "x86_64", &diags, &arena);

        ck_assert_msg(diags.n == 0, "%s", said);
    }
}
END_TEST

/* The same rules in another order: libseccomp 2.5.4 is right about the one, not about the other. */
START_TEST(order_of_rules_is_found)
{
    static const char first[] = PROFILE(RULE("ioctl", TEST(0, 2, LT)) "," RULE(
        "ioctl", TEST(0, 4294967297, GE)) "," RULE("ioctl", TEST(0, 5, GT)));
    static const char second[] = PROFILE(RULE("ioctl", TEST(0, 5, GT)) "," RULE(
        "ioctl", TEST(0, 4294967297, GE)) "," RULE("ioctl", TEST(0, 2, LT)));
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct scmp_version *version = seccomp_version();
    struct diags diags;
    const char *said;

    if (version->major != 2 || version->minor != 5 || version->micro != 4) {
        fprintf(stderr, "order_of_rules_is_found: not run: it is about libseccomp 2.5.4\n");
        return;
    }
    said = compare(first, "x86_64", &diags, &arena);
    ck_assert_msg(diags.n == 0, "%s", said);
    said = compare(second, "x86_64", &diags, &arena);
    ck_assert_msg(strstr(said, "ioctl(0x2) gets ALLOW from it, which is weaker") != NULL, "%s",
                  said);
}
END_TEST

/* Twelve rules of five tests each: it would take minutes. */
START_TEST(explosions_are_ended)
{
    static const char *const ops[] = {"NE", "GT", "LE"};
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *rules = "";
    struct diags diags;
    const char *said;

    for (int i = 0; i < 12; i++) {
        const char *tests = "";

        for (int k = 0; k < 5; k++)
            tests = arena_printf(&arena, "%s%s{'index':%d,'value':%d,'op':'SCMP_CMP_%s'}", tests,
                                 k ? "," : "", k, (i * 7 + k * 5) % 11, ops[(i + k) % 3]);
        rules = arena_printf(&arena, "%s%s" RULE("ioctl", "%s"), rules, i ? "," : "", tests);
    }
    said = compare_within(arena_printf(&arena, PROFILE("%s"), rules), "x86_64", 1, &diags, &arena);
    ck_assert_msg(strstr(said, "makes no filter within 1 s") != NULL, "%s", said);
    ck_assert_uint_eq(diags.n, 1);
}
END_TEST

/*
 * A profile with N rules of ioctl(arg1 == V), where no two V have either half in common: libseccomp
 * takes at least four instructions for each.
 */
static const char *many_values(int n, const char *architectures, struct arena *arena)
{
    char *rules = NULL;
    size_t len;
    FILE *out = open_memstream(&rules, &len);
    const char *text;

    ck_assert_ptr_nonnull(out);
    for (int i = 0; i < n; i++)
        fprintf(out, "%s" RULE("ioctl", "{'index':1,'value':%" PRIu64 ",'op':'SCMP_CMP_EQ'}"),
                i ? "," : "", (uint64_t)(7 * i + 3) << 32 | (uint64_t)(5 * i + 1));
    fclose(out);
    text = arena_printf(arena, PROFILE_OF("%s", "%s"), architectures, rules);
    free(rules);
    return text;
}

/*
 * Where a jump is too far for eight bits, libseccomp 2.5.4 puts a return beside it, and swaps the
 * bytes of its value once more.
 */
START_TEST(other_byte_order_is_a_note)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct scmp_version *version = seccomp_version();
    const char *profile = many_values(200, "", &arena);
    struct diags diags;
    const char *said = compare(profile, "s390x", &diags, &arena);

    ck_assert_msg(diags.n_warnings == 0, "%s", said);
    if (version->major == 2 && version->minor == 5 && version->micro == 4 &&
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        /* One line, and no word of a value that would be right on the target. */
        ck_assert_msg(strstr(said, "returns values in the byte order of the machine") != NULL, "%s",
                      said);
        ck_assert_msg(strstr(said, "differs on s390x") == NULL, "%s", said);
    }
    said = compare(profile, "x86_64", &diags, &arena);
    ck_assert_msg(strstr(said, "byte order") == NULL, "%s", said);
    ck_assert_msg(diags.n_warnings == 0, "%s", said);
}
END_TEST

/* Its export does not know of the kernel's limit. */
START_TEST(too_many_instructions_are_said)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;
    int n_insns = 0;
    const char *said =
        compare(many_values(850, "'SCMP_ARCH_X32'", &arena), "x86_64", &diags, &arena);
    const char *at = strstr(said, "its filter has ");

    ck_assert_msg(at != NULL, "%s", said);
    ck_assert_int_eq(
        sscanf(at, "its filter has %d instructions, and the kernel takes at most 4096", &n_insns),
        1);
    ck_assert_int_gt(n_insns, 4096);
    ck_assert_uint_eq(diags.n, 1);
    ck_assert_uint_eq(diags.n_warnings, 1);
}
END_TEST

START_TEST(refusals_are_said)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;
    const char *said =
        compare(PROFILE(RULE("ioctl", TEST(0, 2, EQ)) ",{'names':['ioctl'],"
                                                      "'action':'SCMP_ACT_LOG','args':[" TEST(
                                                          0, 2, EQ) "]}"),
                "x86_64", &diags, &arena);

    ck_assert_msg(strstr(said, "refuses a rule") != NULL, "%s", said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("against");
    TCase *tcase = tcase_create("against");

    tcase_add_loop_test(tcase, faults_are_found, 0, ARRAY_SIZE(faults));
    tcase_add_loop_test(tcase, readings_are_notes, 0, ARRAY_SIZE(notes));
    tcase_add_test(tcase, no_difference_is_silent);
    tcase_add_test(tcase, order_of_rules_is_found);
    tcase_add_test(tcase, explosions_are_ended);
    tcase_add_test(tcase, other_byte_order_is_a_note);
    tcase_add_test(tcase, too_many_instructions_are_said);
    tcase_add_test(tcase, refusals_are_said);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
