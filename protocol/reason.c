/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of statuses and reasons, as tables. */
#include "protocol/reason.h"

#include <stddef.h>

#include "util/cleanup.h"

static const struct {
    enum wire_reason reason;
    const char *text;
} reasons[] = {
    {WIRE_WHY_VERSION, "this daemon speaks another version of the protocol"},
    {WIRE_WHY_OPCODE, "this daemon does not know the request"},
    {WIRE_WHY_LENGTH, "the length in the header is not that of the packet"},
    {WIRE_WHY_SHORT, "the request is shorter than the protocol says"},
    {WIRE_WHY_LONG, "no request is so long"},
    {WIRE_WHY_NOT_ZERO, "the request sets something that this daemon does not know"},
    {WIRE_WHY_VALUE, "a field of the request has no valid value"},
    {WIRE_WHY_FDS, "the number of file descriptors is not the one that this request takes"},
    {WIRE_WHY_NOT_SEALED,
     "the fd has to be a memfd with the seals F_SEAL_WRITE, F_SEAL_GROW and F_SEAL_SHRINK"},
    {WIRE_WHY_UNREADABLE, "the fd cannot be read"},
    {WIRE_WHY_NAME, "not the name of a profile: 1 to 127 characters of A-Z a-z 0-9 . _ - + @, and "
                    "first a letter, a digit or _"},
    {WIRE_WHY_NO_PROFILE, "no such profile, or no permission to read it"},
    {WIRE_WHY_NO_TARGET, "no target has this architecture"},
    {WIRE_WHY_NO_TABLE, "the daemon's libseccomp does not know this architecture"},
    {WIRE_WHY_NOT_SERVED, "the daemon was told not to serve this architecture"},
    {WIRE_WHY_NOT_ADMIN, "this is for root and the daemon's user"},
    {WIRE_WHY_PROFILE, "the profile does not compile"},
    {WIRE_WHY_SIZE, "profile: error: a profile has 1 to 1048576 bytes\n"},
    {WIRE_WHY_FILE, "the file of the profile cannot be used"},
    {WIRE_WHY_CONNECTIONS, "too many connections"},
    {WIRE_WHY_SUBSCRIBERS, "too many subscribers"},
    {WIRE_WHY_STOPPING, "the daemon stops: connect again"},
    {WIRE_WHY_IDLE, "nothing happened on this connection for too long: connect again"},
    {WIRE_WHY_SYSTEM, "an error of the system"},
    {WIRE_WHY_ON_THE_WAY, "too many file descriptors are on their way to clients"},
    {WIRE_WHY_CHANGING, "the profile changes faster than it can be compiled"},
    {WIRE_WHY_NO_HELPER, "this daemon has no helper"},
    {WIRE_WHY_FOREIGN, "there are helpers for the daemon's own architecture only"},
    {WIRE_WHY_LISTENER, "the filter needs a listener, and a helper has none"},
    {WIRE_WHY_NO_EXEC, "the daemon's system forbids executable memory files"},
    {WIRE_WHY_NO_RULES, "this daemon does not write rules"},
    {WIRE_WHY_RATE, "too many filters that were never asked for before"},
    {WIRE_WHY_NO_RESULT, "the compile came to no result"},
};

enum wire_status wire_reason_status(enum wire_reason reason)
{
    return (enum wire_status)((unsigned)reason / WIRE_REASONS_PER_STATUS);
}

const char *wire_reason_text(enum wire_reason reason)
{
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (reasons[i].reason == reason)
            return reasons[i].text;
    return "refused";
}

const char *wire_status_text(int status)
{
    /* Indexed by enum wire_status. */
    static const char *const texts[WIRE_STATUS_COUNT] = {
        [WIRE_OK] = "ok",
        [WIRE_BAD_VERSION] = "the daemon speaks another version of the protocol",
        [WIRE_BAD_OPCODE] = "the daemon does not know this request",
        [WIRE_BAD_LENGTH] = "the request has a wrong length",
        [WIRE_BAD_REQUEST] = "a field of the request has no valid value",
        [WIRE_BAD_NAME] = "not a profile name",
        [WIRE_NOT_FOUND] = "no such profile, or no permission to read it",
        [WIRE_BAD_TARGET] = "no such target, or it is not served",
        [WIRE_FORBIDDEN] = "not permitted",
        [WIRE_BROKEN] = "the profile does not compile",
        [WIRE_LIMIT] = "too many connections or subscribers",
        [WIRE_STOPPING] = "the daemon ends the connection",
        [WIRE_FAILED] = "the daemon failed",
        [WIRE_UNDELIVERABLE] = "the filter cannot be used in this way",
        [WIRE_RATE] = "too many new filters for this user at this time",
        [WIRE_NO_RESULT] = "the compile came to no result",
    };

    if (status < 0 || status >= WIRE_STATUS_COUNT)
        return "unknown status";
    return texts[status];
}
