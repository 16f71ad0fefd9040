/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that secprofctl takes, a line each: what the completion of a shell asks for. */
#ifndef CLIENT_SECPROFCTL_NAMES_H
#define CLIENT_SECPROFCTL_NAMES_H

#include <stdbool.h>

/* True where TOPIC of "help TOPIC" is a list of names. */
bool names_is_topic(const char *topic);

/*
 * Prints the names of the topic ARGV[0]: "syscalls", "capabilities", or "symbols CALL N" for
 * argument N (from 0) of a call, on this machine. Returns CTL_OK, or CTL_USAGE after a message.
 */
int names_print(int argc, char **argv);

#endif
