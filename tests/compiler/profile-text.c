/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles as text in unit tests. */
#include "tests/compiler/profile-text.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "compiler/parse/diag.h"
#include "util/arena.h"

char *profile_json(struct arena *arena, const char *text)
{
    char *copy = arena_strndup(arena, text, strlen(text));

    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    return copy;
}

const char *profile_diags(struct arena *arena, struct profile *profile, const char *text)
{
    struct diags diags;

    diags_init(&diags, arena);

    int r = profile_parse(profile, text, strlen(text), arena, &diags);

    ck_assert_int_eq(r, diags.n_errors ? -EINVAL : 0);
    return diags_render(&diags, arena, "f");
}
