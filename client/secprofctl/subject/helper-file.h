/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The filter in a secprof-helper that is a file.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_HELPER_FILE_H
#define CLIENT_SECPROFCTL_SUBJECT_HELPER_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True if the LEN bytes at BYTES are an executable (ELF), of any machine. Then *FILTER points to
 * the *FILTER_LEN bytes of the filter in it, or is NULL where it is no secprof-helper, or a damaged
 * one.
 */
bool helper_file_read(const void *bytes, size_t len, const void **filter, size_t *filter_len);

#endif
