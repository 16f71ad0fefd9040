/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles as text in unit tests. */
#ifndef TESTS_COMPILER_PROFILE_TEXT_H
#define TESTS_COMPILER_PROFILE_TEXT_H

#include "compiler/parse/profile.h"

/* TEXT with " for each ', which is easier to read in C. */
char *profile_json(struct arena *arena, const char *text);

/* Parses TEXT and returns its diagnostics as lines about the file "f"; "" where there is none. */
const char *profile_diags(struct arena *arena, struct profile *profile, const char *text);

#endif
