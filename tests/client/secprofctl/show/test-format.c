/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of the forms in which secprofctl writes a filter: format.c and disasm.c. */
#include "config.h"

#include "client/secprofctl/show/format.h"

#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#include "client/secprofctl/show/disasm.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "tests/suite.h"
#include "util/cleanup.h"

/* A filter that reaches most of what a listing can say. */
static const struct sock_filter sample[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, 4},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 7, 0xc000003e},
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
    {BPF_JMP | BPF_JGE | BPF_K, 4, 0, 0x40000000},
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, 16},
    {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0x7e020000},
    {BPF_JMP | BPF_JSET | BPF_K, 2, 1, 0xff},
    {BPF_JMP | BPF_JA, 0, 0, 1},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 38},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};

static const char sample_listing[] = "        ld    arch\n"
                                     "        jeq   0xc000003e ? next : L9\n"
                                     "        ld    nr\n"
                                     "        jge   0x40000000 ? L8 : next\n"
                                     "        ld    args[0].low\n"
                                     "        and   0x7e020000\n"
                                     "        jset  0xff ? L9 : L8\n"
                                     "        ja    L9\n"
                                     "L8:     ret   ERRNO(38)\n"
                                     "L9:     ret   ALLOW\n";

static char *listing(const struct sock_filter *program, size_t n, bool big_endian)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    disasm_print(file, program, n, big_endian, NULL);
    fclose(file);
    return text;
}

START_TEST(a_listing)
{
    cleanup_free char *text = listing(sample, ARRAY_SIZE(sample), false);

    ck_assert_str_eq(text, sample_listing);
}
END_TEST

START_TEST(each_instruction_has_its_line)
{
    static const struct {
        struct sock_filter insn;
        const char *little;
        const char *big; /* NULL: the same */
    } cases[] = {
        {{0x20, 0, 0, 8}, "ld    ip.low", "ld    ip.high"},
        {{0x20, 0, 0, 12}, "ld    ip.high", "ld    ip.low"},
        {{0x20, 0, 0, 56}, "ld    args[5].low", "ld    args[5].high"},
        {{0x20, 0, 0, 60}, "ld    args[5].high", "ld    args[5].low"},
        {{0x20, 0, 0, 64}, "ld    [64]", NULL},
        {{0x20, 0, 0, 17}, "ld    [17]", NULL},
        {{0x80, 0, 0, 0}, "ld    len", NULL},
        {{0x00, 0, 0, 7}, "ld    0x7", NULL},
        {{0x60, 0, 0, 3}, "ld    M[3]", NULL},
        {{0x81, 0, 0, 0}, "ldx   len", NULL},
        {{0x01, 0, 0, 7}, "ldx   0x7", NULL},
        {{0x61, 0, 0, 3}, "ldx   M[3]", NULL},
        {{0x02, 0, 0, 3}, "st    M[3]", NULL},
        {{0x03, 0, 0, 3}, "stx   M[3]", NULL},
        {{0x04, 0, 0, 1}, "add   0x1", NULL},
        {{0x0c, 0, 0, 0}, "add   x", NULL},
        {{0x54, 0, 0, 15}, "and   0xf", NULL},
        {{0x84, 0, 0, 0}, "neg", NULL},
        {{0x07, 0, 0, 0}, "tax", NULL},
        {{0x87, 0, 0, 0}, "txa", NULL},
        {{0x05, 0, 0, 0}, "ja    next", NULL},
        {{0x05, 0, 0, 9}, "ja    L10", NULL},
        {{0x15, 0, 1, 59}, "jeq   0x3b ? next : L2", NULL},
        {{0x2d, 255, 255, 0}, "jgt   x ? L256 : L256", NULL},
        {{0x16, 0, 0, 0}, "ret   a", NULL},
        {{0x06, 0, 0, 0x80000000}, "ret   KILL_PROCESS", NULL},
        {{0x06, 0, 0, 0x00000000}, "ret   KILL_THREAD", NULL},
        {{0x06, 0, 0, 0x00030000}, "ret   TRAP(0)", NULL},
        {{0x06, 0, 0, 0x00050001}, "ret   ERRNO(1)", NULL},
        {{0x06, 0, 0, 0x7fc00000}, "ret   USER_NOTIF", NULL},
        {{0x06, 0, 0, 0x7ff00007}, "ret   TRACE(7)", NULL},
        {{0x06, 0, 0, 0x7ffc0000}, "ret   LOG", NULL},
        {{0x06, 0, 0, 0x7fff0001}, "ret   ALLOW(1)", NULL},
        {{0x06, 0, 0, 0x12345678}, "ret   0x12345678", NULL},
        {{0x28, 1, 2, 3}, "unknown {0x28, 1, 2, 0x00000003}", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (int big = 0; big < 2; big++) {
            const char *right = big && cases[i].big ? cases[i].big : cases[i].little;
            cleanup_free char *text = listing(&cases[i].insn, 1, big);

            ck_assert_uint_gt(strlen(text), 8);
            text[strlen(text) - 1] = '\0';
            ck_assert_str_eq(text + 8, right);
        }
    }
}
END_TEST

static char *render(enum format format, const char *target, size_t *size)
{
    unsigned char bytes[sizeof(sample)];
    struct format_filter filter = {
        .name = "a-b.c",
        .target = target_by_name(target),
        .bytes = bytes,
        .len = sizeof(bytes),
        .flags = SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC,
        .digest = "d1",
    };
    char *text;

    bpf_store(sample, ARRAY_SIZE(sample), target_native_abi(filter.target)->big_endian, bytes);
    ck_assert_int_eq(format_render(format, &filter, &text, size), 0);
    return text;
}

/* Loop: a target of each byte order. */
START_TEST(the_forms_agree)
{
    const char *target = _i ? "s390x" : "x86_64";
    size_t size;
    cleanup_free char *raw = render(FORMAT_RAW, target, &size);
    size_t hex_size;
    cleanup_free char *hex = render(FORMAT_HEX, target, &hex_size);
    struct sock_filter back[ARRAY_SIZE(sample)];

    ck_assert_uint_eq(size, sizeof(sample));
    bpf_load(raw, ARRAY_SIZE(sample), _i, back);
    ck_assert_mem_eq(back, sample, sizeof(sample));
    ck_assert_uint_eq(hex_size, ARRAY_SIZE(sample) * 17);
    ck_assert_int_eq(strncmp(hex, _i ? "0020000000000004\n" : "2000000004000000\n", 17), 0);
    ck_assert_int_eq(strncmp(hex + 17, _i ? "00150007c000003e\n" : "150000073e0000c0\n", 17), 0);
}
END_TEST

START_TEST(base64_is_one_line)
{
    size_t size;
    cleanup_free char *text = render(FORMAT_BASE64, "x86_64", &size);

    ck_assert_uint_eq(size, (sizeof(sample) + 2) / 3 * 4 + 1);
    ck_assert_int_eq(strncmp(text, "IAAAAAQAAAAVAAAH", 16), 0);
    ck_assert_ptr_eq(strchr(text, '\n'), text + size - 1);
}
END_TEST

START_TEST(c_is_an_array)
{
    size_t size;
    cleanup_free char *text = render(FORMAT_C, "s390x", &size);

    static const char start[] =
        "// a-b.c for s390x: 10 instructions\n"
        "// flags for seccomp(2): SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG\n"
        "// SHA-256 of the raw filter: d1\n"
        "#include <linux/filter.h>\n\n"
        "static const struct sock_filter secprof_a_b_c[10] = {\n"
        "    {0x20, 0, 0, 0x00000004},\n"
        "    {0x15, 0, 7, 0xc000003e},\n";

    ck_assert_int_eq(strncmp(text, start, sizeof(start) - 1), 0);
    ck_assert_str_eq(text + size - 3, "};\n");
}
END_TEST

START_TEST(asm_follows_the_targets_byte_order)
{
    size_t size;
    cleanup_free char *little = render(FORMAT_ASM, "x86_64", &size);
    cleanup_free char *big = render(FORMAT_ASM, "s390x", &size);

    ck_assert_ptr_nonnull(strstr(little, "; a-b.c for x86_64: 10 instructions\n"));
    ck_assert_ptr_nonnull(strstr(little, "        ld    args[0].low\n"));
    ck_assert_ptr_nonnull(strstr(big, "        ld    args[0].high\n"));
    ck_assert_ptr_nonnull(strstr(big, "        jeq   0xc000003e ? next : L9 "));
    ck_assert_ptr_nonnull(strstr(big, "; x86_64\n"));
}
END_TEST

START_TEST(flags_by_name)
{
    cleanup_free char *none = format_flags(0, ",", "none");
    cleanup_free char *two = format_flags(3, ",", "none");
    cleanup_free char *unknown = format_flags(0x40000001, " | ", "none");

    ck_assert_str_eq(none, "none");
    ck_assert_str_eq(two, "SECCOMP_FILTER_FLAG_TSYNC,SECCOMP_FILTER_FLAG_LOG");
    ck_assert_str_eq(unknown, "SECCOMP_FILTER_FLAG_TSYNC | 0x40000000");
}
END_TEST

START_TEST(forms_by_name)
{
    static const char *const known[] = {"raw", "hex", "base64", "c", "asm"};

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        ck_assert_int_eq(format_by_name(known[i]), (int)i);
        ck_assert_ptr_nonnull(strstr(format_names(), known[i]));
    }
    ck_assert_int_eq(format_by_name("elf"), -EINVAL);
    ck_assert_int_eq(format_by_name(""), -EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format");
    TCase *tcase = tcase_create("format");

    tcase_add_test(tcase, a_listing);
    tcase_add_test(tcase, each_instruction_has_its_line);
    tcase_add_loop_test(tcase, the_forms_agree, 0, 2);
    tcase_add_test(tcase, base64_is_one_line);
    tcase_add_test(tcase, c_is_an_array);
    tcase_add_test(tcase, asm_follows_the_targets_byte_order);
    tcase_add_test(tcase, flags_by_name);
    tcase_add_test(tcase, forms_by_name);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
