/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of util/hex.c. */
#include "util/hex.h"

#include <check.h>

#include "tests/suite.h"

START_TEST(bytes_become_two_digits_each)
{
    const unsigned char bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};
    char text[HEX_SIZE(sizeof(bytes))];

    ck_assert_ptr_eq(hex_encode(bytes, sizeof(bytes), text), text);
    ck_assert_str_eq(text, "00017f80abff");
    ck_assert_str_eq(hex_encode(bytes, 0, text), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hex");
    TCase *tcase = tcase_create("hex");

    tcase_add_test(tcase, bytes_become_two_digits_each);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
