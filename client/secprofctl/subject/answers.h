/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answers to "what does this call get, and why", for the commands that ask it. */
#ifndef CLIENT_SECPROFCTL_SUBJECT_ANSWERS_H
#define CLIENT_SECPROFCTL_SUBJECT_ANSWERS_H

struct explaining;

/*
 * Opens what WHAT is about: OPERAND, for the options that it has, with the text of a profile.
 * Returns CTL_OK, or another exit code after a message.
 */
int answers_open(struct explaining *what, const char *operand);

/* Finds the answers to WHAT's call, which is set by now. Returns as above. */
int answers_find(struct explaining *what);

/* Frees all that WHAT has. */
void answers_close(struct explaining *what);

#define cleanup_answers __attribute__((cleanup(answers_close)))

#endif
