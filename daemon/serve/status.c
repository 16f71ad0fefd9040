/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says how the daemon is, or a profile. */
#include "daemon/serve/status.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/libseccomp.h"
#include "config.h"
#include "daemon/filters/lines.h"
#include "daemon/log.h"
#include "daemon/serve/answer.h"
#include "daemon/serve/dispatch.h"
#include "daemon/serve/helper-open.h"
#include "protocol/codec.h"
#include "util/cleanup.h"
#include "util/utf8.h"

enum {
    STATUS_PATH_MAX = 4 * PATH_MAX, /* each byte escaped */
};

void status_count_profiles(const struct registry *registry, struct wire_daemon_status *status)
{
    status->profiles = (uint32_t)registry->n;
    status->profiles_stale = (uint32_t)registry->n_in[WIRE_PROFILE_STALE];
    status->profiles_broken = (uint32_t)registry->n_in[WIRE_PROFILE_BROKEN];
}

static void answer_daemon(struct handlers *handlers, struct answer *answer)
{
    const struct serve_numbers *numbers = &handlers->numbers;
    const struct service *service = handlers->service;
    struct wire_daemon_status status = {
        .generation = service->generation,
        .compiles = service->compiles,
        .compile_errors = service->compile_errors,
        .cache_hits = service->cache_hits,
        .cache_misses = service->cache_misses,
        .cache_bad = service->cache_bad,
        .variants = (uint32_t)service->store.n,
        .jobs = (uint32_t)service->jobs.n,
        .contents = (uint32_t)service->contents.n,
        .log_dropped = service->log->dropped,
        .requests = numbers->requests,
        .refused = numbers->refused,
        .memory_hits = numbers->memory_hits,
        .limited = numbers->limited,
        .connections = numbers->connections,
        .connections_refused = numbers->connections_refused,
        .connections_idle = numbers->connections_idle,
        .waiting = numbers->waiting,
        .subscribers = numbers->subscribers,
        .features = WIRE_FEATURE_MODES | (helper_is_built() ? WIRE_FEATURE_HELPER : 0),
        .limits = handlers->limits,
    };

    memcpy(status.instance, handlers->instance, sizeof(status.instance));
    handlers->gather(handlers->user, &status);
    status_count_profiles(&service->registry, &status);
    strncpy(status.version, PACKAGE_VERSION, sizeof(status.version) - 1);
    libseccomp_version(status.libseccomp, sizeof(status.libseccomp));
    answer_reply(answer, &status, sizeof(status));
}

/* What there is to say about ENTRY: why it is not in service, else the compiler's warnings. */
static char *entry_text(const struct profile_entry *entry)
{
    if (entry->failed)
        return strdup(entry->error ? entry->error : "");
    if (entry->served)
        return lines_prefix(entry->served->path, entry->native->text, WIRE_TEXT_MAX);
    return strdup("");
}

static void answer_profile(const struct profile_entry *entry, struct answer *answer)
{
    cleanup_free char *text = entry_text(entry);
    struct wire_profile_status status = {
        .generation = entry->generation,
        .state = entry_state(entry),
        .path_offset = sizeof(status),
    };
    char *at = (char *)answer->packet + sizeof(status);

    if (entry->served) {
        memcpy(status.digest, entry->native->digest, DIGEST_SIZE);
        memcpy(status.source_digest, entry->served->digest, DIGEST_SIZE);
        status.n_insns = entry->native->n_insns;
        status.filter_flags = entry->native->flags;
        status.variants = (uint32_t)entry->served->n_variants;
    }
    status.path_len = (uint32_t)utf8_escape(at, STATUS_PATH_MAX, entry->path, UTF8_ESCAPE_CONTROLS);
    status.text_offset = status.path_offset + status.path_len;
    at += status.path_len;
    status.text_len = text ? (uint32_t)utf8_escape(at, WIRE_TEXT_MAX, text, UTF8_KEEP_CONTROLS) : 0;
    answer_reply(answer, &status, sizeof(status));
    answer->len += status.path_len + status.text_len;
}

void status_handle(struct handlers *handlers, struct asker *asker,
                   const union wire_request *request, struct answer *answer)
{
    const char *name = request->status.name;
    const struct profile_entry *entry;

    if (!*name) {
        answer_daemon(handlers, answer);
        return;
    }
    entry = dispatch_find_profile(handlers, asker, name, answer);
    if (entry)
        answer_profile(entry, answer);
}
