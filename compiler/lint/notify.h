/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles that ask a listener (SCMP_ACT_NOTIFY). */
#ifndef COMPILER_LINT_NOTIFY_H
#define COMPILER_LINT_NOTIFY_H

struct lint;

/*
 * Adds what keeps a profile with SCMP_ACT_NOTIFY from being used: rules on calls that a runtime
 * makes while it hands the listener over, and a flag that the kernel refuses beside a listener.
 * Returns 0 or -ENOMEM.
 */
int lint_notify(struct lint *lint);

#endif
