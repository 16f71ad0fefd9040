/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts per user and interval. Touches memory only. */
#include "daemon/budget.h"

static bool is_idle(const struct budget *budget, const struct account *account, uint64_t now_usec)
{
    return now_usec - account->since_usec >= budget->interval_usec;
}

/* True where A is to be given up before B. */
static bool goes_first(const struct budget *budget, const struct account *a,
                       const struct account *b, uint64_t now_usec)
{
    const uint32_t used_a = is_idle(budget, a, now_usec) ? 0 : a->used;
    const uint32_t used_b = is_idle(budget, b, now_usec) ? 0 : b->used;

    return used_a != used_b ? used_a < used_b : a->since_usec < b->since_usec;
}

/* The account of UID; for a new user an unused one, or one that is given up for it. */
static struct account *find_account(struct budget *budget, uid_t uid, uint64_t now_usec)
{
    struct account *first = &budget->accounts[0];

    for (size_t i = 0; i < budget->n; i++) {
        struct account *account = &budget->accounts[i];

        if (account->uid == uid)
            return account;
        if (goes_first(budget, account, first, now_usec))
            first = account;
    }
    if (budget->n < BUDGET_ACCOUNTS)
        first = &budget->accounts[budget->n++];
    *first = (struct account){.uid = uid, .since_usec = now_usec};
    return first;
}

bool budget_take(struct budget *budget, uid_t uid, uint64_t now_usec, uint32_t *dropped)
{
    struct account *account = find_account(budget, uid, now_usec);
    uint32_t ended = 0;

    if (is_idle(budget, account, now_usec)) {
        ended = account->dropped;
        *account = (struct account){.uid = uid, .since_usec = now_usec};
    }
    if (dropped)
        *dropped = ended;
    if (account->used >= budget->max) {
        account->dropped++;
        return false;
    }
    account->used++;
    return true;
}

uint32_t budget_used(const struct budget *budget, uid_t uid, uint64_t now_usec)
{
    for (size_t i = 0; i < budget->n; i++) {
        const struct account *account = &budget->accounts[i];

        if (account->uid == uid)
            return is_idle(budget, account, now_usec) ? 0 : account->used;
    }
    return 0;
}

uint64_t budget_wait(const struct budget *budget, uid_t uid, uint64_t now_usec)
{
    for (size_t i = 0; i < budget->n; i++) {
        const struct account *account = &budget->accounts[i];

        if (account->uid == uid && !is_idle(budget, account, now_usec))
            return account->since_usec + budget->interval_usec - now_usec;
    }
    return 0;
}
