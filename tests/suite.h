/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How every unit test ends: runs a suite of Check, as loud as CK_VERBOSITY says.
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

/*
 * Check ends a test that hangs. Its own four seconds are too few for a slow machine, a sanitizer or
 * valgrind, and a time is no result: this one is for hangs alone. Read by tcase_create().
 */
__attribute__((constructor)) static void suite_set_timeout(void)
{
    setenv("CK_DEFAULT_TIMEOUT", "600", 0);
}

/* Runs SUITE, which it frees. Returns the exit status for main(). */
static inline int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
