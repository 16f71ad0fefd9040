/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/libsecprof/errors.c: the codes are distinct, and each has a text. */
#include "client/libsecprof/errors.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "client/libsecprof/secprof.h"
#include "protocol/reason.h"
#include "tests/suite.h"
#include "util/cleanup.h"

START_TEST(statuses_have_distinct_codes)
{
    for (int i = 1; i < WIRE_STATUS_COUNT; i++) {
        ck_assert_int_lt(error_from_status(i), 0);
        ck_assert_int_ne(error_from_status(i), -EPROTO);
        for (int j = 1; j < i; j++)
            ck_assert_int_ne(error_from_status(i), error_from_status(j));
    }
    ck_assert_int_eq(error_from_status(WIRE_OK), -EPROTO);
    ck_assert_int_eq(error_from_status(WIRE_STATUS_COUNT), -EPROTO);
    ck_assert_int_eq(error_from_status(-1), -EPROTO);
}
END_TEST

/* What connect(2) says can never be taken for an answer of the daemon. */
START_TEST(connect_errors_are_no_statuses)
{
    static const int errors[] = {ENOBUFS, ENOENT, ENOTDIR, ELOOP,      EPERM,       EAGAIN,
                                 EACCES,  ENOMEM, EMFILE,  EPROTOTYPE, ECONNREFUSED};

    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        int code = error_from_connect(errors[i]);

        ck_assert_int_lt(code, 0);
        ck_assert_str_ne(secprof_strerror(code), "unknown error");
        for (int status = 1; status < WIRE_STATUS_COUNT; status++)
            ck_assert_int_ne(code, error_from_status(status));
    }
}
END_TEST

START_TEST(what_means_the_same_is_one_code)
{
    ck_assert_int_eq(error_from_connect(ENOBUFS), -ENOMEM);
    ck_assert_int_eq(error_from_connect(ENOENT), -ECONNREFUSED);
    ck_assert_int_eq(error_from_connect(ENOTDIR), -ECONNREFUSED);
    ck_assert_int_eq(error_from_connect(ELOOP), -ECONNREFUSED);
    ck_assert_int_eq(error_from_connect(EPERM), -EACCES);
    ck_assert_int_eq(error_from_connect(EAFNOSUPPORT), -EACCES);
    ck_assert_int_eq(error_from_connect(EAGAIN), -ETIMEDOUT);
    ck_assert_int_eq(error_from_connect(EPROTOTYPE), -EPROTOTYPE);
    /* The library finds it more often than the daemon. */
    ck_assert_str_eq(secprof_strerror(-EINVAL),
                     "not a profile name, or another argument has no valid value");
}
END_TEST

/* The list of codes in secprof.h is the one in the code: each has a text, and nothing else. */
START_TEST(documented_codes_have_texts)
{
    static const int documented[] = {
        EINVAL,          ENOENT,  ENODATA, ENXIO,      EPERM,        EBUSY,  ESHUTDOWN,  EREMOTEIO,
        EPROTONOSUPPORT, EBADRQC, EBADR,   EMSGSIZE,   ECONNREFUSED, EACCES, EPROTOTYPE, ECONNRESET,
        ETIMEDOUT,       EBADMSG, ENOEXEC, EOPNOTSUPP, ENOSYS,       ESRCH,  E2BIG,      EFBIG,
        ENAMETOOLONG,    ENOMEM,  EMFILE,  ENFILE,     EKEYREJECTED, EAGAIN, ETIME,      EPROTO};
    size_t known = 0;

    for (size_t i = 0; i < ARRAY_SIZE(documented); i++) {
        ck_assert_str_ne(secprof_strerror(-documented[i]), "unknown error");
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(secprof_strerror(-documented[i]), secprof_strerror(-documented[j]));
    }
    for (int error = 1; error < 4096; error++)
        known += strcmp(secprof_strerror(-error), "unknown error") != 0;
    ck_assert_uint_eq(known, ARRAY_SIZE(documented));
    ck_assert_str_eq(secprof_strerror(0), "success");
    ck_assert_str_eq(secprof_strerror(ENOENT), "unknown error");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("errors");
    TCase *tcase = tcase_create("errors");

    tcase_add_test(tcase, statuses_have_distinct_codes);
    tcase_add_test(tcase, connect_errors_are_no_statuses);
    tcase_add_test(tcase, what_means_the_same_is_one_code);
    tcase_add_test(tcase, documented_codes_have_texts);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
