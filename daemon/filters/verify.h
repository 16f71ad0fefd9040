/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of what came from elsewhere (a worker, the disk) before it is believed. Pure functions
 * over memory.
 */
#ifndef DAEMON_FILTERS_VERIFY_H
#define DAEMON_FILTERS_VERIFY_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"

/* True where PROGRAM is a filter that seccomp(2) would take: 1 to 4096 instructions, all valid. */
bool verify_program(const struct sock_filter *program, size_t n);

/* True where all bits of FLAGS are SECCOMP_FILTER_FLAG_* that this program knows. */
bool verify_flags(uint32_t flags);

/*
 * True where RECORD goes with a filter: it says that this version of the proof was made. Without a
 * FILTER it has to be empty. That it was made is the word of whoever wrote it, a worker or the
 * cache directory: it is no seal.
 */
bool verify_proof(struct proof_record record, bool filter);

/* True where AXES holds what the compiler can have written: a rising list of kernels that fits. */
bool verify_axes(const struct variant_axes *axes);

/*
 * Makes the LEN bytes at TEXT harmless: what is not valid UTF-8, and each control character but
 * the newline, becomes '?'.
 */
void verify_text(char *text, size_t len);

#endif
