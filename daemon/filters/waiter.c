/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wakes those who wait. Touches memory only. */
#include "daemon/filters/waiter.h"

#include <stddef.h>

void waiter_wake(struct waiter_list *list, struct waiter *waiter, const char *why)
{
    TAILQ_REMOVE(list, waiter, link);
    waiter->job = NULL;
    waiter->barrier = 0;
    waiter->wake(waiter, why);
}
