/*
 * Text that others wrote (paths, profiles, the daemon's messages) on its way to a terminal or into
 * JSON: neither control characters nor broken UTF-8 get through.
 */
#ifndef CLIENT_SECPROFCTL_TEXT_H
#define CLIENT_SECPROFCTL_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* The length of the valid UTF-8 character at the start of the N bytes at TEXT; 0: there is none. */
size_t text_character(const char *text, size_t n);

/* Prints TEXT to FILE with control characters (newline and tab aside) and broken bytes as \xNN. */
void text_print(FILE *file, const char *text);

/* Returns TEXT with each broken byte replaced by U+FFFD, which the caller frees; NULL: no memory.
 */
char *text_to_utf8(const char *text);

#endif
