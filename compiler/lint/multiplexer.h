/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What rules on a call are worth where it is made through socketcall(2) or ipc(2). */
#ifndef COMPILER_LINT_MULTIPLEXER_H
#define COMPILER_LINT_MULTIPLEXER_H

struct lint;
struct lint_rules;

/* Adds findings about RULES. Returns 0 or -ENOMEM. */
int lint_multiplexer(struct lint *lint, struct lint_rules *rules);

#endif
