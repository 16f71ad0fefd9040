/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notes on a listing: what the constants in a filter are called. Which architecture a number
 * belongs to is known where the program has tested it, on every path that leads there.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_ANNOTATE_H
#define CLIENT_SECPROFCTL_SHOW_ANNOTATE_H

#include <linux/filter.h>
#include <stddef.h>

struct arena;
struct syscalls;
struct target;

/*
 * Returns an array of a note, or NULL, for each of the N instructions of PROGRAM, which bpf_check()
 * accepts, in ARENA: for a comparison of the architecture its name, of the number the syscall's
 * name, for a return with an errno that errno's name on TARGET. NULL: no memory.
 */
const char **annotate(const struct sock_filter *program, size_t n, const struct target *target,
                      struct syscalls *syscalls, struct arena *arena);

#endif
