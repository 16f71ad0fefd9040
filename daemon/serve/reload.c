/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reloads: has the files read at first, and says what came of it after the wait. */
#include "daemon/serve/reload.h"

#include "daemon/log.h"
#include "daemon/serve/answer.h"
#include "daemon/serve/status.h"

void reload_handle(struct handlers *handlers, struct asker *asker,
                   const union wire_request *request, struct answer *answer)
{
    const struct log_subject subject = {.peer = &asker->peer};
    struct wire_reload_reply reply = {.generation = handlers->service->generation};
    struct wire_daemon_status counted = {0};

    (void)request;
    if (asker->waits == 0) {
        log_about(handlers->service->log, LOG_INFO, &subject, "pid %d, uid %u asks for a reload",
                  asker->peer.pid, asker->peer.uid);
        answer->kind = ANSWER_AFTER_SCAN;
        answer->scan = handlers->reload(handlers->user);
        return;
    }
    status_count_profiles(&handlers->service->registry, &counted);
    reply.profiles = counted.profiles;
    reply.broken = counted.profiles_stale + counted.profiles_broken;
    answer_reply(answer, &reply, sizeof(reply));
}
