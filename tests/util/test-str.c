/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of util/str.c. */
#include "util/str.h"

#include <check.h>
#include <stdlib.h>

#include "util/cleanup.h"

START_TEST(hex)
{
    const unsigned char bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};
    char text[STR_HEX_SIZE(sizeof(bytes))];

    ck_assert_str_eq(str_hex(bytes, sizeof(bytes), text), "00017f80abff");
    ck_assert_str_eq(str_hex(bytes, 0, text), "");
}
END_TEST

/* RFC 4648, section 10, and bytes that need the last two digits. */
START_TEST(base64)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } cases[] = {
        {"", 0, ""},
        {"f", 1, "Zg=="},
        {"fo", 2, "Zm8="},
        {"foo", 3, "Zm9v"},
        {"foob", 4, "Zm9vYg=="},
        {"fooba", 5, "Zm9vYmE="},
        {"foobar", 6, "Zm9vYmFy"},
        {"\xff\xff\xfe\x00\x00\x00", 6, "///+AAAA"},
        {"\xfb\xef\xbe", 3, "++++"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[STR_BASE64_SIZE(6)];

        ck_assert_str_eq(str_base64(cases[i].bytes, cases[i].n, text), cases[i].text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("str");
    TCase *tcase = tcase_create("str");

    tcase_add_test(tcase, hex);
    tcase_add_test(tcase, base64);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
