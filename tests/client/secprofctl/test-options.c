/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/secprofctl/options.c: what a command line means. */
#include "client/secprofctl/options.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "compiler/facts/abi.h"
#include "tests/suite.h"
#include "util/cleanup.h"

static const struct ctl_command get_like = {.name = "get",
                                            .options = CTL_OPTIONS_VARIANT | CTL_OPTION_FORMAT |
                                                       CTL_OPTION_OUTPUT,
                                            .min_args = 1,
                                            .max_args = 1,
                                            .wants = "a name"};
static const struct ctl_command check_like = {.name = "check",
                                              .options = CTL_OPTION_TARGET | CTL_OPTION_STRICT,
                                              .all_targets = true,
                                              .min_args = 1,
                                              .max_args = -1,
                                              .wants = "a file"};
static const struct ctl_command diff_like = {.name = "diff",
                                             .options = CTL_OPTIONS_VARIANT | CTL_OPTION_SUBSET,
                                             .min_args = 2,
                                             .max_args = 2,
                                             .wants = "two"};
static const struct ctl_command explain_like = {.name = "explain",
                                                .options = CTL_OPTIONS_VARIANT | CTL_OPTION_ABI,
                                                .negative_args = true,
                                                .min_args = 2,
                                                .max_args = 8,
                                                .wants = "a call"};
static const struct ctl_command run_like = {.name = "run",
                                            .options = CTL_OPTION_CAPS | CTL_OPTION_KERNEL,
                                            .min_args = 2,
                                            .max_args = -1,
                                            .wants = "more",
                                            .runs = true};

enum {
    WORDS_MAX = 16
};

/* Parses LINE, words with one space between them; the first one is the command. */
static int parse(struct ctl_options *options, const struct ctl_command *command, const char *line)
{
    static char copy[512];
    static char *argv[WORDS_MAX + 1];
    int argc = 0;
    char *rest = strcpy(copy, line);

    while (rest && argc < WORDS_MAX)
        argv[argc++] = strsep(&rest, " ");
    argv[argc] = NULL;
    memset(options, 0, sizeof(*options));
    return options_parse(options, command, argc, argv);
}

static void expect_args(const struct ctl_options *options, const char *right)
{
    char text[512] = "";

    for (int i = 0; i < options->n_args; i++) {
        if (i > 0)
            strcat(text, " ");
        strcat(text, options->args[i]);
    }
    ck_assert_str_eq(text, right);
}

START_TEST(options_stand_anywhere)
{
    static const char *const lines[] = {
        "get default --target s390x --caps CAP_CHOWN,sys_admin --kernel 6.1 --format c -o f",
        "get --target=SCMP_ARCH_S390X -of default --kernel=6.1.0-18-amd64 --format=c "
        "--caps=chown,CAP_SYS_ADMIN",
        "get --format c --kernel 6.1 --output f --target s390x --caps cap_chown,CAP_SYS_ADMIN -- "
        "default",
    };
    struct ctl_options options;

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        ck_assert_int_eq(parse(&options, &get_like, lines[i]), 0);
        ck_assert_str_eq(options.target->name, "s390x");
        ck_assert_uint_eq(options.caps, UINT64_C(1) << 21 | 1);
        ck_assert_uint_eq(options.kernel, 6 << 16 | 1);
        ck_assert_int_eq(options.format, FORMAT_C);
        ck_assert(options.has_format);
        ck_assert_str_eq(options.output, "f");
        expect_args(&options, "default");
    }
}
END_TEST

START_TEST(without_options)
{
    struct ctl_options options;

    ck_assert_int_eq(parse(&options, &get_like, "get default"), 0);
    ck_assert_ptr_null(options.target);
    ck_assert_ptr_null(options.output);
    ck_assert_uint_eq(options.caps, 0);
    ck_assert_uint_eq(options.kernel, 0);
    ck_assert_int_eq(options.format, FORMAT_RAW);
    ck_assert(!options.json && !options.help && !options.strict && !options.all_targets);
    ck_assert(!options.has_output);
    ck_assert_int_eq(parse(&options, &get_like, "get default -o -"), 0);
    ck_assert_ptr_null(options.output);
    ck_assert(options.has_output);
}
END_TEST

START_TEST(a_command_keeps_its_own_options)
{
    static const char *const lines[] = {
        "run default --caps CHOWN -- ls -l --help",
        "run default --caps CHOWN ls -l --help",
        "run --caps CHOWN default ls -l --help",
        "run --caps CHOWN -- default ls -l --help",
    };
    struct ctl_options options;

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        ck_assert_int_eq(parse(&options, &run_like, lines[i]), 0);
        expect_args(&options, "default ls -l --help");
        ck_assert_uint_eq(options.caps, 1);
        ck_assert(!options.help);
        ck_assert_ptr_null(options.args[options.n_args]);
    }
    ck_assert_int_eq(parse(&options, &run_like, "run default -- a -- b"), 0);
    expect_args(&options, "default a -- b");
}
END_TEST

START_TEST(many_files)
{
    struct ctl_options options;

    ck_assert_int_eq(parse(&options, &check_like, "check a --strict b --target all c"), 0);
    expect_args(&options, "a b c");
    ck_assert(options.strict);
    ck_assert(options.all_targets);
    ck_assert_ptr_null(options.target);
    ck_assert_int_eq(parse(&options, &check_like, "check -- --strict"), 0);
    expect_args(&options, "--strict");
    ck_assert(!options.strict);
    ck_assert_int_eq(parse(&options, &check_like, "check -"), 0);
    expect_args(&options, "-");
}
END_TEST

START_TEST(two_sides)
{
    struct ctl_options options;

    ck_assert_int_eq(parse(&options, &diff_like, "diff a --subset pid:1"), 0);
    expect_args(&options, "a pid:1");
    ck_assert(options.subset);
    ck_assert_int_eq(parse(&options, &diff_like, "diff - b"), 0);
    ck_assert(!options.subset);
    ck_assert_int_eq(parse(&options, &diff_like, "diff a"), -EINVAL);
    ck_assert_int_eq(parse(&options, &diff_like, "diff a b --target all"), -EINVAL);
}
END_TEST

START_TEST(negative_numbers_are_arguments)
{
    static const char *const lines[] = {
        "explain p read -1 -20 --abi x32 3 -4",
        "explain p read --abi=SCMP_ARCH_X32 -1 -20 3 -4",
        "explain --abi x32 p read -1 -20 -- 3 -4",
        "explain --abi x32 -- p read -1 -20 3 -4",
    };
    struct ctl_options options;

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        ck_assert_int_eq(parse(&options, &explain_like, lines[i]), 0);
        expect_args(&options, "p read -1 -20 3 -4");
        ck_assert_ptr_eq(options.abi, abi_get(ABI_X32));
    }
    ck_assert_int_eq(parse(&options, &explain_like, "explain p read -x"), -EINVAL);
    ck_assert_int_eq(parse(&options, &explain_like, "explain p read --abi z80"), -EINVAL);
    ck_assert_int_eq(parse(&options, &get_like, "get -1"), -EINVAL);
}
END_TEST

START_TEST(wrong_lines_are_refused)
{
    static const char *const lines[] = {
        "get",
        "get a b",
        "get a --target x32",
        "get a --target all",
        "get a --target",
        "get a --caps CAP_FOO",
        "get a --caps CAP_CHOWN,,CAP_KILL",
        "get a --kernel six",
        "get a --kernel 6",
        "get a --kernel 0.0",
        "get a --format elf",
        "get a --strict",
        "get a --bogus",
        "get a --json=yes",
        "get a -x",
        "get a --version",
        "get a --socket ",
        "get a --output ",
        "get a --timeout",
        "get a --timeout 0",
        "get a --timeout 1s",
        "get a --timeout 86401",
        "get a --timeout -1",
        "get a --format",
        "get a -o",
    };
    struct ctl_options options;

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        ck_assert_msg(parse(&options, &get_like, lines[i]) == -EINVAL, "%s", lines[i]);
    ck_assert_int_eq(parse(&options, &run_like, "run default"), -EINVAL);
    ck_assert_int_eq(parse(&options, &run_like, "run default --"), -EINVAL);
    ck_assert_int_eq(parse(&options, &run_like, "run default --target x86_64 ls"), -EINVAL);
}
END_TEST

START_TEST(a_time_to_wait)
{
    struct ctl_options options;

    ck_assert_int_eq(parse(&options, &get_like, "get a --timeout 2"), 0);
    ck_assert_int_eq(options.timeout_ms, 2000);
    ck_assert_int_eq(parse(&options, &get_like, "get a --timeout=86400"), 0);
    ck_assert_int_eq(options.timeout_ms, 86400 * 1000);
    ck_assert_int_eq(parse(&options, &get_like, "get a"), 0);
    ck_assert_int_eq(options.timeout_ms, 0);
}
END_TEST

/* The exit code of a wrong line hangs on whether a file was to be kept. */
START_TEST(wrong_lines_that_keep_a_file)
{
    static const struct ctl_command helper_like = {.name = "helper",
                                                   .options = CTL_OPTION_CAPS | CTL_OPTION_KERNEL |
                                                              CTL_OPTION_OUTPUT,
                                                   .min_args = 1,
                                                   .max_args = -1,
                                                   .wants = "more",
                                                   .runs = true,
                                                   .may_keep = true};
    struct ctl_options options;

    ck_assert_int_eq(parse(&options, &helper_like, "helper a -o h --foo"), -EINVAL);
    ck_assert(options.has_output);
    ck_assert_int_eq(parse(&options, &helper_like, "helper a --foo --output=h"), -EINVAL);
    ck_assert(options.has_output);
    ck_assert_int_eq(parse(&options, &helper_like, "helper --foo a -- ls -o h"), -EINVAL);
    ck_assert(!options.has_output);
}
END_TEST

START_TEST(help_comes_before_what_is_wrong)
{
    struct ctl_options options;

    ck_assert_int_eq(parse(&options, &get_like, "get --help"), 0);
    ck_assert(options.help);
    ck_assert_int_eq(parse(&options, &get_like, "get a b -h"), 0);
    ck_assert(options.help);
}
END_TEST

START_TEST(options_before_the_command)
{
    char *argv[] = {(char *)"secprofctl", (char *)"--socket", (char *)"s", (char *)"--json",
                    (char *)"get",        (char *)"--help",   NULL};
    char *wrong[] = {(char *)"secprofctl", (char *)"--strict", (char *)"check", NULL};
    struct ctl_options options = {0};

    ck_assert_int_eq(options_parse_global(&options, 6, argv), 4);
    ck_assert_str_eq(options.socket, "s");
    ck_assert(options.json && !options.help);
    ck_assert_int_eq(options_parse_global(&options, 3, wrong), -EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");

    tcase_add_test(tcase, options_stand_anywhere);
    tcase_add_test(tcase, without_options);
    tcase_add_test(tcase, a_command_keeps_its_own_options);
    tcase_add_test(tcase, many_files);
    tcase_add_test(tcase, two_sides);
    tcase_add_test(tcase, negative_numbers_are_arguments);
    tcase_add_test(tcase, wrong_lines_are_refused);
    tcase_add_test(tcase, a_time_to_wait);
    tcase_add_test(tcase, wrong_lines_that_keep_a_file);
    tcase_add_test(tcase, help_comes_before_what_is_wrong);
    tcase_add_test(tcase, options_before_the_command);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
