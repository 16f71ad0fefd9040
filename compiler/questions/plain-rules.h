/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A variant as plain OCI rules, for runtimes that know no conditions. They leave only after they
 * were read again and compared with what the profile means.
 */
#ifndef COMPILER_QUESTIONS_PLAIN_RULES_H
#define COMPILER_QUESTIONS_PLAIN_RULES_H

#include <stddef.h>

#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/resolve.h"
#include "util/arena.h"

struct syscalls;

/*
 * Renders VARIANT, which is PROFILE for REQUEST, as plain rules into *TEXT, which is the caller's
 * to free. Returns 0 where they mean what the profile means, for every call, or something as strict
 * that plain rules can say: then DIAGS has a warning for each range of calls that get another
 * answer. -EINVAL with an error in DIAGS where a call would get more than the profile gives it, or
 * where the two could not be compared; -ENOMEM.
 */
int plain_rules(char **text, size_t *len, const struct profile *profile,
                const struct variant_request *request, const struct variant *variant,
                struct syscalls *syscalls, struct arena *arena, struct diags *diags);

/* The second half: compares the rules in TEXT with PROFILE. Returns as above. */
int plain_rules_compare(const char *text, size_t len, const struct profile *profile,
                        const struct variant_request *request, struct syscalls *syscalls,
                        struct arena *arena, struct diags *diags);

#endif
