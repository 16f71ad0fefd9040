/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What several filters of one process do together.
 */
#ifndef COMPILER_QUESTIONS_COMBINE_H
#define COMPILER_QUESTIONS_COMBINE_H

struct arena;
struct bdd;
struct behaviour;

/*
 * The behaviour of the filters NEWER and OLDER in one process, as the kernel runs them
 * (kernel/seccomp.c, seccomp_run_filters): the most restrictive answer counts; where the actions
 * are the same, with the newer filter's data. In ARENA and BDD; *RESULT may be one of both. Returns
 * 0; -E2BIG where the diagrams grow too large; -ENOMEM.
 */
int behaviour_combine(struct behaviour *result, struct bdd *bdd, const struct behaviour *newer,
                      const struct behaviour *older, struct arena *arena);

#endif
