/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The forms in which secprofctl writes a filter.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_FORMAT_H
#define CLIENT_SECPROFCTL_SHOW_FORMAT_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "compiler/parse/request.h"

struct target;

enum format {
    FORMAT_RAW,    /* struct sock_filter as the target's kernel takes them */
    FORMAT_HEX,    /* the same bytes, 16 digits a line: one instruction */
    FORMAT_BASE64, /* the same bytes, on one line */
    FORMAT_C,      /* an array of struct sock_filter */
    FORMAT_ASM,    /* a listing for people */
    FORMAT_OCI,    /* no filter, but the rules that it is of: of `compile` only */
};

/* The format called NAME, or -EINVAL. */
int format_by_name(const char *name);

/* "raw, hex, …" */
const char *format_names(void);

/* A filter and what is known about it. */
struct format_filter {
    const char *name; /* of its profile */
    enum variant_mode mode;
    const struct target *target;
    const void *bytes; /* in the target's byte order */
    size_t len;
    uint32_t flags;     /* SECCOMP_FILTER_FLAG_* */
    const char *digest; /* SHA-256 of the bytes in hex, or NULL */
};

/* Writes FILTER as FORMAT (not FORMAT_OCI) to memory: *SIZE bytes at *TEXT, which the caller frees.
 * Returns 0 or -ENOMEM. */
int format_render(enum format format, const struct format_filter *filter, char **text,
                  size_t *size);

/* Writes the listing of FORMAT_ASM for the N instructions of PROGRAM, which are in the host's byte
 * order, to FILE. Returns 0 or -ENOMEM. */
int format_listing(FILE *file, const struct sock_filter *program, size_t n,
                   const struct target *target);

/* The names of the filter flags in FLAGS, joined by SEPARATOR; what has no name as a number. NONE
 * where FLAGS is 0. The caller frees it; NULL: no memory. */
char *format_flags(uint32_t flags, const char *separator, const char *none);

#endif
