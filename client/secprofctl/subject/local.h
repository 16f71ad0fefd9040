/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles without a daemon: read from a file, compiled in this process.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_LOCAL_H
#define CLIENT_SECPROFCTL_SUBJECT_LOCAL_H

#include <stddef.h>

struct arena;
struct ctl_options;
struct diag;
struct diags;
struct target;
struct variant_request;

/* A profile's file. */
struct local_file {
    const char *name; /* for messages: its path, or "<stdin>" */
    char *text;
    size_t len;
};

/*
 * Reads the file PATH (- is stdin), but at most one byte more than a profile may have: the compiler
 * then says that it is too long. Returns CTL_OK, or another exit code after a message.
 */
int local_read(struct local_file *file, const char *path);
/* The same from the offset of FD (borrowed); NAME (borrowed) is for messages. */
int local_read_fd(struct local_file *file, const char *name, int fd);
void local_free(struct local_file *file);

#define cleanup_local __attribute__((cleanup(local_free)))

/* Prints the line of FILE that DIAG is about, if it is an error, to stderr, with a caret. */
void local_print_excerpt(const struct local_file *file, const struct diag *diag,
                         struct arena *arena);

/* Prints DIAGS of FILE to stderr as a compiler does, each error with its line of the file. */
void local_print_diags(const struct local_file *file, const struct diags *diags,
                       struct arena *arena);

/*
 * What OPTIONS ask a variant for, without a daemon: this machine and its kernel where they name
 * none. Returns CTL_OK and *REQUEST, or CTL_USAGE after a message.
 */
int local_request(const struct ctl_options *options, struct variant_request *request);

/* CTL_OK where the installed libseccomp knows TARGET's native ABI, else CTL_USAGE after a message.
 */
int local_check_target(const struct target *target);

#endif
