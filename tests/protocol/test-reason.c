/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of protocol/reason.c: each status and each reason has a text of its own. */
#include "protocol/reason.h"

#include <check.h>
#include <string.h>

#include "tests/suite.h"

START_TEST(every_status_has_its_own_text)
{
    for (int i = 0; i < WIRE_STATUS_COUNT; i++) {
        ck_assert_str_ne(wire_status_text(i), "unknown status");
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(wire_status_text(i), wire_status_text(j));
    }
    ck_assert_str_eq(wire_status_text(-1), "unknown status");
    ck_assert_str_eq(wire_status_text(WIRE_STATUS_COUNT), "unknown status");
}
END_TEST

/* The reasons of a status are numbered from 1 on, without a gap. */
START_TEST(every_reason_has_its_own_text)
{
    const char *texts[64];
    size_t n = 0;

    for (unsigned status = 1; status < WIRE_STATUS_COUNT; status++) {
        unsigned reason = status * WIRE_REASONS_PER_STATUS + 1;

        ck_assert_str_ne(wire_reason_text((enum wire_reason)reason), "refused");
        for (; strcmp(wire_reason_text((enum wire_reason)reason), "refused") != 0; reason++) {
            const char *text = wire_reason_text((enum wire_reason)reason);

            ck_assert_uint_eq(wire_reason_status((enum wire_reason)reason), status);
            ck_assert_uint_gt(strlen(text), 5);
            for (size_t i = 0; i < n; i++)
                ck_assert_str_ne(texts[i], text);
            ck_assert_uint_lt(n, sizeof(texts) / sizeof(texts[0]));
            texts[n++] = text;
        }
    }
    ck_assert_uint_eq(n, 33);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reason");
    TCase *tcase = tcase_create("texts");

    tcase_add_test(tcase, every_status_has_its_own_text);
    tcase_add_test(tcase, every_reason_has_its_own_text);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
