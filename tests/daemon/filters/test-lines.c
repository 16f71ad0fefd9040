/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/lines.c and daemon/filters/verify.c: lines for people, and what is made
 * harmless. */
#include "compiler/parse/request.h"
#include "daemon/filters/lines.h"

#include <linux/seccomp.h>

#include "daemon/filters/verify.h"
#include "tests/daemon/unit.h"

static void check_lines(const char *lines, size_t max, const char *wanted)
{
    cleanup_free char *text = lines_prefix("/p", lines, max);

    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, wanted);
    ck_assert_uint_le(strlen(text), max);
}

START_TEST(each_line_gets_its_prefix)
{
    check_lines("", 100, "");
    check_lines(":1: a\n", 100, "/p:1: a\n");
    check_lines(":1: a\n:2: b\n", 100, "/p:1: a\n/p:2: b\n");
    check_lines(":1: a\n:2: b", 100, "/p:1: a\n/p:2: b\n");
    check_lines("\n\n", 100, "/p\n/p\n");
}
END_TEST

START_TEST(what_does_not_fit_is_told)
{
    char lines[4096] = "";

    check_lines(":1: a\n:2: b\n", 16, "/p:1: a\n/p:2: b\n");
    check_lines(":1: a\n:2: b\n", 15, "");
    for (int i = 0; i < 300; i++)
        strcat(lines, ":1: word\n");
    for (size_t max = 0; max < 400; max++) {
        cleanup_free char *text = lines_prefix("/p", lines, max);
        size_t len = strlen(text);

        ck_assert_uint_le(len, max);
        if (max >= 80) {
            ck_assert_ptr_nonnull(strstr(text, "there is more"));
            ck_assert_uint_ge(len + strlen("/p:1: word\n"), max);
        }
        ck_assert(len == 0 || text[len - 1] == '\n');
    }
}
END_TEST

START_TEST(first_lines)
{
    ck_assert_uint_eq(lines_first_length(""), 0);
    ck_assert_uint_eq(lines_first_length("abc"), 3);
    ck_assert_uint_eq(lines_first_length("abc\ndef\n"), 3);
}
END_TEST

static void check_text(const char *text, const char *wanted)
{
    char copy[128];

    strcpy(copy, text);
    verify_text(copy, strlen(copy));
    ck_assert_str_eq(copy, wanted);
}

START_TEST(only_harmless_text_is_left)
{
    check_text("plain\nlines\n", "plain\nlines\n");
    check_text("\033[31mred\t\r\177", "?[31mred???");
    check_text("\303\244 \342\202\254 \360\237\230\200", "\303\244 \342\202\254 \360\237\230\200");
    check_text("\302\205 \302\233", "?? ??");                /* C1 */
    check_text("\300\257 \340\200\257", "?? ???");           /* too long forms of '/' */
    check_text("\355\240\200 \364\220\200\200", "??? ????"); /* a surrogate; over U+10FFFF */
    check_text("\200 \377 \303", "? ? ?");
    check_text("\342\202x", "??x");

    /* A sequence that is cut at the end of the text does not look behind it. */
    char cut[3] = {'\342', '\202', '\254'};

    verify_text(cut, 2);
    ck_assert_mem_eq(cut, "??\254", 3);
}
END_TEST

START_TEST(only_known_flags_and_rising_kernels)
{
    struct variant_axes axes = {.n_kernels = VARIANT_KERNELS_MAX};

    ck_assert(verify_flags(0));
    ck_assert(verify_flags(0x3f));
    ck_assert(!verify_flags(0x40));
    ck_assert(!verify_flags(0x80000000));
    for (uint32_t i = 0; i < VARIANT_KERNELS_MAX; i++)
        axes.kernels[i] = i;
    ck_assert(verify_axes(&axes));
    axes.kernels[3] = 2;
    ck_assert(!verify_axes(&axes));
    axes.n_kernels = VARIANT_KERNELS_MAX + 1;
    ck_assert(!verify_axes(&axes));
    ck_assert(verify_axes(&(struct variant_axes){0}));
}
END_TEST

START_TEST(only_what_the_kernel_takes_is_a_program)
{
    static struct sock_filter program[4097];

    for (size_t i = 0; i < ARRAY_SIZE(program); i++)
        program[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    ck_assert(!verify_program(program, 0));
    ck_assert(verify_program(program, 1));
    ck_assert(verify_program(program, 4096));
    ck_assert(!verify_program(program, 4097));
    program[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    ck_assert(!verify_program(program, 1));
    ck_assert(verify_program(program, 2));
    program[0].k = 64;
    ck_assert(!verify_program(program, 2));
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "text");

    tcase_add_test(tests, each_line_gets_its_prefix);
    tcase_add_test(tests, what_does_not_fit_is_told);
    tcase_add_test(tests, first_lines);
    tcase_add_test(tests, only_harmless_text_is_left);
    tcase_add_test(tests, only_known_flags_and_rising_kernels);
    tcase_add_test(tests, only_what_the_kernel_takes_is_a_program);
    return unit_end(suite);
}
