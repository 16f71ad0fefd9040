/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What statuses and reasons of refusals mean, in words. */
#ifndef PROTOCOL_REASON_H
#define PROTOCOL_REASON_H

#include "protocol/protocol.h"

/* The status that a refusal for REASON has. */
enum wire_status wire_reason_status(enum wire_reason reason);

/* What REASON means, for people; never empty, also for a number that is no reason. */
const char *wire_reason_text(enum wire_reason reason);

/* What STATUS means, in a few words ("no such profile"); "unknown status" for any other number. */
const char *wire_status_text(int status);

#endif
