/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions about what the filters of processes do together. Each filter is analysed once, and each
 * stack of filters is asked once, however many processes have it.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_STACKS_H
#define CLIENT_SECPROFCTL_SUBJECT_STACKS_H

#include <stddef.h>

#include "client/secprofctl/subject/call.h"
#include "client/secprofctl/subject/permits.h"
#include "client/secprofctl/subject/subject.h"
#include "compiler/questions/compare.h"

struct processes;

/* The answers about one stack. */
struct stack_answer {
    const char *why_not;    /* it cannot be analysed, for this reason; NULL: it is */
    struct permits permits; /* of the call that was asked about */
    struct changes weaker;  /* A: what the stack permits, B: the profile that denies it */
};

/* What is asked. Both may be. */
struct stack_question {
    const struct call *call;     /* NULL: none */
    struct subject *reference;   /* the profile to compare with; NULL: none */
    const struct processes *of;  /* whose stacks */
    const struct target *target; /* this machine's */
    struct syscalls *syscalls;
};

/*
 * Answers QUESTION for each stack, by index, in *ANSWERS, which lives in ARENA. Each answer that a
 * call is permitted was tried out: its example was run through the filters. Returns CTL_OK, or
 * another exit code after a message.
 */
int stacks_ask(struct stack_answer **answers, const struct stack_question *question,
               struct arena *arena);

/* The first call in CHANGES and how many more there are: "x86_64 mount and 12 more". In ARENA;
 * NULL: no memory. */
const char *stacks_changes_text(const struct changes *changes, struct arena *arena);

#endif
