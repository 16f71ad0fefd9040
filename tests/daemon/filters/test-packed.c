/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of daemon/filters/packed.c: what is written is read again, in each byte order, and nothing
 * that is not whole, or that no compiler of ours says, is believed.
 */
#include "daemon/filters/packed.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "compiler/compile.h"
#include "compiler/facts/bpf.h"
#include "compiler/prove/prove.h"
#include "tests/daemon/unit.h"

static const struct sock_filter program[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static const char text[] = ":1:1: warning: hm\n";

static const struct variant_axes axes = {.caps = 9, .kernels = {3, 7}, .n_kernels = 2};

/* A packed form that a test can spoil. */
struct form {
    const struct target *target;
    uint8_t *bytes; /* a little more than PACKED_MAX */
    size_t size;
    struct packed_header header; /* form_check() puts it in front */
};

static void form_make(struct form *form, const char *target, int result)
{
    struct sock_filter insns[ARRAY_SIZE(program)];
    const struct filter filter = {.program = {insns, ARRAY_SIZE(insns)},
                                  .flags = SECCOMP_FILTER_FLAG_LOG,
                                  .proof = {PROOF_VERSION, 2}};

    memcpy(insns, program, sizeof(insns));
    *form = (struct form){.target = target_by_name(target), .bytes = calloc(1, PACKED_MAX + 64)};
    ck_assert_ptr_nonnull(form->bytes);
    form->size = packed_write_filter(result, &filter, &axes, text, form->target, form->bytes);
    memcpy(&form->header, form->bytes, sizeof(form->header));
}

static void form_free(struct form *form)
{
    free(form->bytes);
}

static int form_check(struct form *form, struct compiled *compiled, const char **why)
{
    memcpy(form->bytes, &form->header, sizeof(form->header));
    return packed_check(compiled, form->bytes, form->size, form->target, why);
}

static void check_believed(struct form *form, struct compiled *compiled)
{
    const char *why = "";

    ck_assert_msg(form_check(form, compiled, &why) == 0, "%s", why);
}

static void check_refused(struct form *form, const char *wanted)
{
    struct compiled compiled;
    const char *why = NULL;

    ck_assert_int_eq(form_check(form, &compiled, &why), -EBADMSG);
    ck_assert_ptr_nonnull(why);
    ck_assert_str_eq(why, wanted);
}

static void check_axes_and_text(const struct compiled *compiled)
{
    ck_assert_uint_eq(compiled->axes.caps, axes.caps);
    ck_assert_uint_eq(compiled->axes.n_kernels, axes.n_kernels);
    ck_assert_mem_eq(compiled->axes.kernels, axes.kernels, sizeof(axes.kernels));
    ck_assert(!compiled->axes.all_kernels);
    ck_assert_uint_eq(compiled->filter.text_len, strlen(text));
    ck_assert_mem_eq(compiled->filter.text, text, strlen(text));
}

START_TEST(filters_survive_in_the_order_of_their_target)
{
    static const char *const targets[] = {"x86_64", "aarch64", "s390x"};

    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        struct sock_filter insns[ARRAY_SIZE(program)];
        struct compiled compiled;
        struct form form;

        form_make(&form, targets[i], 0);
        check_believed(&form, &compiled);
        ck_assert_int_eq(compiled.result, 0);
        ck_assert_uint_eq(compiled.filter.n_insns, ARRAY_SIZE(program));
        ck_assert_uint_eq(compiled.filter.flags, SECCOMP_FILTER_FLAG_LOG);
        ck_assert_uint_eq(compiled.filter.proof.version, PROOF_VERSION);
        ck_assert_uint_eq(compiled.filter.proof.ranges, 2);
        check_axes_and_text(&compiled);
        bpf_load(compiled.filter.bytes, ARRAY_SIZE(program),
                 target_native_abi(form.target)->big_endian, insns);
        ck_assert_mem_eq(insns, program, sizeof(program));
        form_free(&form);
    }
}
END_TEST

START_TEST(instructions_of_another_order_are_no_program)
{
    struct form form;

    form_make(&form, "x86_64", 0);
    form.target = target_by_name("s390x");
    check_refused(&form, "a filter that the kernel would not take");
    form_free(&form);
}
END_TEST

START_TEST(refusals_and_failures_survive_without_a_filter)
{
    static const int results[] = {-EINVAL, -ENOMEM, -4095};

    for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
        struct compiled compiled;
        struct form form;

        form_make(&form, "x86_64", results[i]);
        ck_assert_uint_eq(form.size, sizeof(struct packed_header) + strlen(text));
        check_believed(&form, &compiled);
        ck_assert_int_eq(compiled.result, results[i]);
        ck_assert_ptr_null(compiled.filter.bytes);
        ck_assert_uint_eq(compiled.filter.n_insns, 0);
        ck_assert_uint_eq(compiled.filter.flags, 0);
        check_axes_and_text(&compiled);
        form_free(&form);
    }
}
END_TEST

/* The cache writes what a worker wrote, once more. */
START_TEST(written_again_it_is_the_same)
{
    for (int result = -EINVAL; result <= 0; result += EINVAL) {
        cleanup_free uint8_t *again = malloc(PACKED_MAX);
        struct compiled compiled;
        struct form form;

        ck_assert_ptr_nonnull(again);
        form_make(&form, "s390x", result);
        check_believed(&form, &compiled);
        ck_assert_uint_eq(packed_write(&compiled, again), form.size);
        ck_assert_mem_eq(again, form.bytes, form.size);
        form_free(&form);
    }
}
END_TEST

/* Each field that can lie, with each lie that has a reason of its own. */
static const struct lie {
    const char *why;
    size_t at; /* in struct packed_header, as all fields below: 4 bytes */
    uint32_t value;
    int result; /* of the form that is spoiled */
} lies[] = {
#define AT(FIELD) offsetof(struct packed_header, FIELD)
    {"an unknown result", AT(result), 1, 0},
    {"an unknown result", AT(result), (uint32_t)-4096, 0},
    {"an unknown result", AT(result), UINT32_C(1) << 31, 0},
    {"an unknown result", AT(all_axis_kernels), 2, 0},
    {"a wrong length", AT(n_insns), 0, 0},
    {"a wrong length", AT(n_insns), 1, 0},
    {"a wrong length", AT(n_insns), 3, 0},
    {"a wrong length", AT(n_insns), WIRE_MAX_INSNS + 1, 0},
    {"a wrong length", AT(n_insns), UINT32_MAX / WIRE_INSN_SIZE, 0},
    {"a wrong length", AT(n_insns), UINT32_MAX, 0},
    {"a wrong length", AT(text_len), 0, 0},
    {"a wrong length", AT(text_len), sizeof(text), 0},
    {"a wrong length", AT(text_len), WIRE_TEXT_MAX + 1, 0},
    {"a wrong length", AT(text_len), UINT32_MAX, 0},
    {"a wrong length", AT(n_insns), 1, -EINVAL},
    {"a filter for a refused profile", AT(result), (uint32_t)-EINVAL, 0},
    {"a filter for a refused profile", AT(flags), SECCOMP_FILTER_FLAG_LOG, -EINVAL},
    {"a filter for a refused profile", AT(proof_version), PROOF_VERSION, -EINVAL},
    {"a filter for a refused profile", AT(proof_ranges), 1, -EINVAL},
    {"unknown filter flags", AT(flags), 0x40, 0},
    {"unknown filter flags", AT(flags), UINT32_C(1) << 31, 0},
    {"a filter that it does not say is proven", AT(proof_version), 0, 0},
    {"a filter that it does not say is proven", AT(proof_version), PROOF_VERSION + 1, 0},
    {"a filter that it does not say is proven", AT(proof_ranges), 0, 0},
    {"a filter that it does not say is proven", AT(result), 0, -EINVAL},
    {"conditions that no profile has", AT(n_axis_kernels), VARIANT_KERNELS_MAX + 1, 0},
    {"conditions that no profile has", AT(n_axis_kernels), UINT32_MAX, 0},
    {"conditions that no profile has", AT(n_axis_kernels), 3, 0}, /* 3, 7, 0 */
    {"conditions that no profile has", AT(axis_kernels[1]), 3, 0},
    {"conditions that no profile has", AT(axis_kernels[0]), 8, -EINVAL},
#undef AT
};

START_TEST(no_field_may_lie)
{
    const struct lie *lie = &lies[_i];
    struct form form;

    form_make(&form, "x86_64", lie->result);
    memcpy((uint8_t *)&form.header + lie->at, &lie->value, sizeof(lie->value));
    check_refused(&form, lie->why);
    form_free(&form);
}
END_TEST

START_TEST(what_is_cut_or_too_long_is_refused)
{
    struct compiled compiled;
    struct form form;
    size_t whole;

    form_make(&form, "x86_64", 0);
    whole = form.size;
    for (form.size = 0; form.size <= whole + 64; form.size++) {
        if (form.size == whole)
            check_believed(&form, &compiled);
        else
            check_refused(&form,
                          form.size < sizeof(form.header) ? "too few bytes" : "a wrong length");
    }
    form_free(&form);
}
END_TEST

START_TEST(known_flags_and_all_kernels_are_believed)
{
    struct compiled compiled;
    struct form form;

    form_make(&form, "x86_64", 0);
    form.header.flags = 0;
    check_believed(&form, &compiled);
    form.header.flags = 0x3f;
    form.header.n_axis_kernels = VARIANT_KERNELS_MAX;
    for (uint32_t i = 0; i < VARIANT_KERNELS_MAX; i++)
        form.header.axis_kernels[i] = i;
    form.header.all_axis_kernels = 1;
    check_believed(&form, &compiled);
    ck_assert_uint_eq(compiled.filter.flags, 0x3f);
    ck_assert_uint_eq(compiled.axes.n_kernels, VARIANT_KERNELS_MAX);
    ck_assert_uint_eq(compiled.axes.kernels[VARIANT_KERNELS_MAX - 1], VARIANT_KERNELS_MAX - 1);
    ck_assert(compiled.axes.all_kernels);
    form.header.axis_kernels[3] = 2;
    check_refused(&form, "conditions that no profile has");
    form_free(&form);
}
END_TEST

/* Makes the form one of the N instructions at INSNS, without text. */
static void put_program(struct form *form, const struct sock_filter *insns, size_t n)
{
    form->header.n_insns = (uint32_t)n;
    form->header.text_len = 0;
    form->size = sizeof(form->header) + n * WIRE_INSN_SIZE;
    bpf_store(insns, n, target_native_abi(form->target)->big_endian,
              form->bytes + sizeof(form->header));
}

START_TEST(only_what_the_kernel_takes_is_a_program)
{
    static const char no[] = "a filter that the kernel would not take";
    static struct sock_filter insns[WIRE_MAX_INSNS + 1];
    struct compiled compiled;
    struct form form;

    form_make(&form, "s390x", 0);
    for (size_t i = 0; i < ARRAY_SIZE(insns); i++)
        insns[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    put_program(&form, insns, 0);
    check_refused(&form, no);
    put_program(&form, insns, 1);
    check_believed(&form, &compiled);
    put_program(&form, insns, WIRE_MAX_INSNS);
    check_believed(&form, &compiled);
    ck_assert_uint_eq(compiled.filter.n_insns, WIRE_MAX_INSNS);
    put_program(&form, insns, WIRE_MAX_INSNS + 1);
    check_refused(&form, "a wrong length");
    insns[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    put_program(&form, insns, 1);
    check_refused(&form, no);
    put_program(&form, insns, 2);
    check_believed(&form, &compiled);
    insns[0].k = 3;
    put_program(&form, insns, 2);
    check_refused(&form, no);
    insns[0].k = sizeof(struct seccomp_data);
    put_program(&form, insns, 2);
    check_refused(&form, no);
    insns[0] = (struct sock_filter){.code = 0xffff};
    put_program(&form, insns, 2);
    check_refused(&form, no);
    form_free(&form);
}
END_TEST

/* The text RAW, checked, is WANTED. */
static void check_text(const char *raw, const char *wanted)
{
    const struct compiled refused = {.result = -EINVAL,
                                     .filter = {.text = raw, .text_len = strlen(raw)}};
    cleanup_free uint8_t *bytes = malloc(PACKED_MAX);
    struct compiled compiled;
    const char *why;

    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(packed_check(&compiled, bytes, packed_write(&refused, bytes),
                                  target_by_name("x86_64"), &why),
                     0);
    ck_assert_uint_eq(compiled.filter.text_len, strlen(wanted));
    ck_assert_mem_eq(compiled.filter.text, wanted, strlen(wanted));
}

START_TEST(only_harmless_text_is_left)
{
    check_text("", "");
    check_text("plain\nlines\n", "plain\nlines\n");
    check_text("\033[31mred\t\r\177", "?[31mred???");
    check_text("\303\244 \342\202\254 \360\237\230\200", "\303\244 \342\202\254 \360\237\230\200");
    check_text("\302\205 \302\233", "?? ??");                 /* C1 */
    check_text("~\302\200\302\237\302\240", "~????\302\240"); /* its ends, and what is beside */
    check_text("\300\257 \340\200\257", "?? ???");            /* too long forms of '/' */
    check_text("\355\240\200 \364\220\200\200", "??? ????");  /* a surrogate; over U+10FFFF */
    check_text("\200 \377 \303", "? ? ?");
    check_text("\342\202x", "??x");
}
END_TEST

/* A sequence that is cut at the end of the text does not look behind it. */
START_TEST(nothing_behind_the_text_is_read)
{
    struct compiled compiled;
    const char *why;
    struct form form;

    form_make(&form, "x86_64", -EINVAL);
    memcpy(form.bytes + form.size - 2, "\342\202\254", 3);
    ck_assert_int_eq(form_check(&form, &compiled, &why), 0);
    ck_assert_mem_eq(form.bytes + form.size - 2, "??\254", 3);
    form_free(&form);
}
END_TEST

START_TEST(too_long_a_text_is_cut_at_the_end_of_a_line)
{
    char *lines = malloc(2 * WIRE_TEXT_MAX);
    cleanup_free uint8_t *bytes = malloc(PACKED_MAX);
    struct compiled refused = {.result = -EINVAL, .filter = {.text = lines}}, compiled;
    const char *why;

    ck_assert(lines && bytes);
    memset(lines, 'x', 2 * WIRE_TEXT_MAX);
    lines[9] = lines[WIRE_TEXT_MAX + 1] = '\n';
    for (int over = 0; over <= 1; over++) {
        refused.filter.text_len = (size_t)WIRE_TEXT_MAX + (size_t)over;
        ck_assert_int_eq(packed_check(&compiled, bytes, packed_write(&refused, bytes),
                                      target_by_name("x86_64"), &why),
                         0);
        ck_assert_uint_eq(compiled.filter.text_len, over ? 10 : WIRE_TEXT_MAX);
    }
    free(lines);
}
END_TEST

START_TEST(random_changes_do_no_harm)
{
    unsigned believed = 0;
    struct form form;
    size_t whole;

    form_make(&form, "x86_64", 0);
    whole = form.size;

    cleanup_free uint8_t *copy = malloc(whole);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, form.bytes, whole);
    srandom(1);
    for (int i = 0; i < 50000; i++) {
        size_t size = i % 2 ? whole : (size_t)random() % (whole + 1);
        struct compiled compiled;
        const char *why;

        memcpy(form.bytes, copy, whole);
        for (long n = random() % 4; n >= 0; n--)
            form.bytes[(size_t)random() % whole] = (uint8_t)random();
        if (packed_check(&compiled, form.bytes, size, form.target, &why) < 0)
            continue;
        believed++;
        ck_assert_uint_le(compiled.filter.n_insns, ARRAY_SIZE(program));
        for (size_t k = 0; k < compiled.filter.text_len; k++)
            ck_assert(compiled.filter.text[k] == '\n' ||
                      (unsigned char)compiled.filter.text[k] >= 0x20);
    }
    ck_assert_uint_gt(believed, 0);
    form_free(&form);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "packed");

    tcase_add_test(tests, filters_survive_in_the_order_of_their_target);
    tcase_add_test(tests, instructions_of_another_order_are_no_program);
    tcase_add_test(tests, refusals_and_failures_survive_without_a_filter);
    tcase_add_test(tests, written_again_it_is_the_same);
    tcase_add_loop_test(tests, no_field_may_lie, 0, ARRAY_SIZE(lies));
    tcase_add_test(tests, what_is_cut_or_too_long_is_refused);
    tcase_add_test(tests, known_flags_and_all_kernels_are_believed);
    tcase_add_test(tests, only_what_the_kernel_takes_is_a_program);
    tcase_add_test(tests, only_harmless_text_is_left);
    tcase_add_test(tests, nothing_behind_the_text_is_read);
    tcase_add_test(tests, too_long_a_text_is_cut_at_the_end_of_a_line);
    tcase_add_test(tests, random_changes_do_no_harm);
    return unit_end(suite);
}
