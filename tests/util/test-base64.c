/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of util/base64.c. */
#include "util/base64.h"

#include <check.h>

#include "tests/suite.h"
#include "util/cleanup.h"

/* RFC 4648, section 10, and bytes that need the last two digits. */
START_TEST(rfc_4648)
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
        char text[BASE64_SIZE(6)];

        ck_assert_str_eq(base64_encode(cases[i].bytes, cases[i].n, text), cases[i].text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base64");
    TCase *tcase = tcase_create("base64");

    tcase_add_test(tcase, rfc_4648);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
