/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other way round: from a variant to the JSON of an OCI runtime's linux.seccomp, for programs
 * that compile profiles themselves.
 */
#ifndef COMPILER_POLICY_RENDER_H
#define COMPILER_POLICY_RENDER_H

#include <stddef.h>

struct variant;

/* Who reads the rules. */
enum render_form {
    /* A runtime beside secprof's own filter, and perhaps secprof once more: one line, all keys. */
    RENDER_FOR_SECPROF,
    /* Any OCI runtime: a line for each rule, and no key that is not OCI's. */
    RENDER_PLAIN,
};

/*
 * The rules of VARIANT as an OCI linux.seccomp object: without conditions, since all are decided,
 * and with every value as a number. Read by profile_parse() for the same target it gives the same
 * policy again, but for what RENDER_PLAIN cannot say: "x-unknownSyscalls". In audit mode they deny
 * nothing either, but what other ABIs call, or what a stricter rule would have denied beside one
 * that allows it, may go through without being logged. Returns the text, which
 * ends with a NUL and goes to free(); *LEN (may be NULL) gets its length. NULL: no memory.
 */
char *render_linux_seccomp(const struct variant *variant, enum render_form form, size_t *len);

#endif
