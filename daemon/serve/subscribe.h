/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SUBSCRIBE: who hears of changes. Each subscriber has its own place in the ring of changes, so a
 * slow client costs nothing; one that the ring overtakes is told that it lost something.
 */
#ifndef DAEMON_SERVE_SUBSCRIBE_H
#define DAEMON_SERVE_SUBSCRIBE_H

#include "daemon/serve/handlers.h"

handle_fn subscribe_handle;

/*
 * Fills PACKET with the next change that PEER, whose SUBSCRIBE had the header REQUEST, is to hear
 * of. *SEEN is how many of all changes it has heard of; *NEXT is that after this one. Returns false
 * where there is nothing to hear (of what is hidden from PEER, *SEEN has moved on).
 */
bool subscribe_next(const struct service *service, const struct peer *peer,
                    const struct wire_header *request, uint64_t *seen, uint64_t *next,
                    struct wire_change *packet);

#endif
