/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a profile: the items of "syscalls". */
#ifndef COMPILER_PARSE_RULE_H
#define COMPILER_PARSE_RULE_H

#include <stdbool.h>
#include <stdint.h>

struct reader;
struct rule;

/* The JSON values that say what a verdict is; the first two keys differ between rule and profile.
 */
struct verdict_source {
    const struct json_node *action;     /* NULL: *VERDICT stays as it is */
    const struct json_node *errno_ret;  /* or NULL */
    const struct json_node *errno_word; /* or NULL: containers-common's name of an errno */
    const char *errno_ret_key;
    const char *errno_word_key;
};

/*
 * Reads a verdict. An action that carries an errno gets EPERM where the profile has none (OCI
 * runtime-spec for ERRNO; runc does the same for TRACE). *ERRNO_NAME is the
 * name that gave the errno, if one did: the verdict then has its number of asm-generic/errno.h.
 */
void profile_read_verdict(struct reader *reader, const struct verdict_source *source,
                          uint32_t *verdict, const char **errno_name);

/* Reads ITEM of "syscalls" into RULE. */
void profile_read_rule(struct reader *reader, const struct json_node *item, struct rule *rule);

#endif
