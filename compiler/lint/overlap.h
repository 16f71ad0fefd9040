/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of one call that hold for the same arguments and disagree. */
#ifndef COMPILER_LINT_OVERLAP_H
#define COMPILER_LINT_OVERLAP_H

struct lint;
struct lint_rules;

/* Adds findings about RULES, on which lint_shadows() was called. Returns 0 or -ENOMEM. */
int lint_overlaps(struct lint *lint, struct lint_rules *rules);

#endif
