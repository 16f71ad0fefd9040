/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the lint says of which profile. */
#ifndef TESTS_COMPILER_LINT_CASES_H
#define TESTS_COMPILER_LINT_CASES_H

#include <stddef.h>

struct lint_case {
    const char *target;
    const char *text;  /* the profile, with ' for " */
    const char *lines; /* all that the lint says of it on that target, about the file "f" */
};

extern const struct lint_case lint_cases[];
extern const size_t lint_n_cases;

#endif
