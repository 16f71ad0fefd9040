/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprof-helper as the daemon makes it: an executable with a filter built in. A pure function over
 * memory; helper-open.c opens one for a client.
 */
#ifndef DAEMON_SERVE_HELPER_IMAGE_H
#define DAEMON_SERVE_HELPER_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct filter_bytes;

/* The program without a filter, as make linked it. Only where configure found that it can be built.
 */
extern const unsigned char helper_template[];
extern const size_t helper_template_size;

/* The most bytes that a helper has which is made from a template of SIZE bytes for N_INSNS. */
#define HELPER_SIZE(size, n_insns) ((size) + (size_t)(n_insns)*WIRE_INSN_SIZE)

/*
 * Builds the helper for FILTER (its bytes, n_insns and flags), in this machine's byte order, from
 * the SIZE bytes at TEMPLATE: an executable for the machine that this code runs on, laid out as
 * util/helper-note.h says. OUT has room for HELPER_SIZE() bytes. Returns how many it has, -EINVAL
 * where FILTER has no instruction or too many, or -ENOEXEC where TEMPLATE is no such executable.
 */
ssize_t helper_build(uint8_t *out, const uint8_t *template, size_t size,
                     const struct filter_bytes *filter);

#endif
