/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A listener is of use from when somebody else has its fd; until then each NOTIFY waits forever. */
#include "compiler/lint/notify.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "compiler/lint/findings.h"
#include "compiler/lint/lint.h"
#include "compiler/lint/state.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "util/cleanup.h"

/* By these the process with the filter hands the listener over; the parser speaks of write. */
static const char *const handing_over[] = {"close", "sendmsg"};

static bool notifies(uint32_t verdict)
{
    return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

/* The place of the first NOTIFY; NULL where there is none. */
static const struct location *first_notify(const struct profile *profile)
{
    if (notifies(profile->default_verdict))
        return &profile->default_at;
    for (size_t i = 0; i < profile->n_rules; i++)
        if (notifies(profile->rules[i].verdict))
            return &profile->rules[i].names[0].at;
    return NULL;
}

int lint_notify(struct lint *lint)
{
    const struct location *at = first_notify(lint->profile);

    if (!at)
        return 0;
    if (lint->profile->flags & SECCOMP_FILTER_FLAG_TSYNC) {
        size_t before = lint->diags->n;

        diags_add(lint->diags, DIAG_WARNING, *at,
                  "SCMP_ACT_NOTIFY beside SECCOMP_FILTER_FLAG_TSYNC: the kernel refuses the two "
                  "together where a runtime does not add SECCOMP_FILTER_FLAG_TSYNC_ESRCH (Linux "
                  "5.7); leave the flag out");
        diags_set_rule(lint->diags, before, DIAG_RULE_LISTENER);
    }
    for (size_t i = 0; i < ARRAY_SIZE(handing_over); i++) {
        const struct lint_call *call = lint_call_of(lint, handing_over[i]);

        for (size_t k = 0; call && k < call->n_sites; k++) {
            const struct finding finding = {.kind = FINDING_NOTIFY, .site = &call->sites[k]};

            if (notifies(call->sites[k].rule->verdict) && lint_find(lint, &finding) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}
