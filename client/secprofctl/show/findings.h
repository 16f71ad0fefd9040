/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Findings about profiles in the forms that other tools read: SARIF 2.1.0 (OASIS) for code
 * scanning, and the workflow commands of GitHub.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_FINDINGS_H
#define CLIENT_SECPROFCTL_SHOW_FINDINGS_H

#include <stdint.h>

struct diag;
struct json;

/* A finding, with what one needs to show it. */
struct shown_finding {
    const char *file;
    const struct diag *diag;
    uint32_t column;     /* the diag's, in characters */
    const char *targets; /* those that it is about, joined by ", "; NULL: all that were looked at */
};

/* Begins a log of SARIF in JSON, which is empty; findings_sarif_end() must follow. */
void findings_sarif_begin(struct json *json);
void findings_sarif(struct json *json, const struct shown_finding *finding);
/* CODE is the exit code that the command will have. */
void findings_sarif_end(struct json *json, int code);

/* Prints FINDING as a workflow command, one line, to stdout; JSON is not used. */
void findings_github(struct json *json, const struct shown_finding *finding);

#endif
