/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers requests for filters. A request may come here twice: when it arrives, and again when the
 * compile that it waited for has ended.
 */
#include "daemon/serve/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"
#include "daemon/filters/lines.h"
#include "daemon/log.h"
#include "daemon/serve/answer.h"
#include "daemon/serve/dispatch.h"
#include "daemon/serve/helper-open.h"
#include "protocol/codec.h"
#include "util/cleanup.h"
#include "util/io.h"

/* What GET and COMPILE have in common. */
struct wanted {
    uint64_t caps;
    uint32_t audit_arch;
    uint32_t kernel;
    enum wire_delivery delivery;
    enum variant_mode mode;
    const char *name; /* of the profile, in messages of the compiler */
    bool stale;
};

static_assert(VARIANT_ENFORCE == (int)WIRE_MODE_ENFORCE && VARIANT_AUDIT == (int)WIRE_MODE_AUDIT &&
                  VARIANT_LOG == (int)WIRE_MODE_LOG,
              "the wire and the compiler count modes alike");

static bool is_served(const struct handlers *handlers, const struct target *target)
{
    for (size_t i = 0; i < handlers->n_targets; i++)
        if (handlers->targets[i] == target)
            return true;
    return false;
}

/* The target of AUDIT_ARCH; NULL: none that is served, and ANSWER says so. */
static const struct target *find_target(const struct handlers *handlers, uint32_t audit_arch,
                                        struct answer *answer)
{
    const struct target *target =
        audit_arch ? target_by_audit_arch(audit_arch) : handlers->service->host;

    if (target && is_served(handlers, target))
        return target;
    if (!target)
        answer_refuse(answer, WIRE_WHY_NO_TARGET, "no target has the architecture 0x%x",
                      audit_arch);
    else if (!abi_is_installed(target_native_abi(target)))
        answer_refuse(answer, WIRE_WHY_NO_TABLE, "%s: the installed libseccomp lacks it (since %s)",
                      target->name, target_native_abi(target)->since);
    else
        answer_refuse(answer, WIRE_WHY_NOT_SERVED, "%s: this daemon does not serve it (--targets)",
                      target->name);
    return NULL;
}

/*
 * True where ASKER may have a filter made, for which there may be a JOB already. Each new filter
 * takes time, and memory for as long as somebody keeps it open, and there are as many as there are
 * sets of capabilities.
 */
static bool may_cause(struct handlers *handlers, const struct asker *asker, const struct job *job)
{
    if (asker->trusted || asker->waits > 0 || (job && !TAILQ_EMPTY(&job->waiters)))
        return true;
    return budget_take(&handlers->compiles, asker->peer.payer, service_now(handlers->service),
                       NULL);
}

/* WHAT there is too much of for one user. */
static void refuse_too_many(const struct handlers *handlers, const struct asker *asker,
                            const char *what, struct answer *answer)
{
    answer_refuse(answer, WIRE_WHY_RATE,
                  "too many %s: one user gets %u in a minute (--max-compiles-per-minute)", what,
                  handlers->compiles.max);
    answer_retry_in(answer, budget_wait(&handlers->compiles, asker->peer.payer,
                                        service_now(handlers->service)));
}

/*
 * Where VARIANT as WANTED is a file that is not kept, and the one that goes for it lives on with
 * whoever has it open: true where ASKER may have it made all the same.
 */
static bool may_replace(struct handlers *handlers, const struct asker *asker,
                        const struct wanted *wanted, const struct stored_variant *variant)
{
    const struct kept_file *file = NULL;

    if (wanted->delivery == WIRE_DELIVER_HELPER)
        file = &variant->helper;
    else if (wanted->delivery == WIRE_DELIVER_PROFILE)
        file = &variant->source->copy;
    return !file || !store_is_full(&handlers->service->store, file) ||
           may_cause(handlers, asker, NULL);
}

/* Hands out VARIANT as WANTED. */
static void deliver(struct handlers *handlers, const struct asker *asker,
                    const struct wanted *wanted, struct stored_variant *variant,
                    struct answer *answer)
{
    struct wire_get_reply reply = {
        .generation = handlers->service->generation,
        .n_insns = variant->n_insns,
        .filter_flags = variant->flags,
        .audit_arch = target_native_abi(variant->request.target)->audit_arch,
        .info = wanted->stale ? WIRE_GET_STALE : 0,
        .size = variant->n_insns * WIRE_INSN_SIZE,
        .mode = wanted->mode,
    };
    const char *why = "";
    int r = 0;

    if (!may_replace(handlers, asker, wanted, variant)) {
        refuse_too_many(handlers, asker, "files that are not in memory any more", answer);
        return;
    }
    memcpy(reply.digest, variant->digest, DIGEST_SIZE);
    memcpy(reply.source_digest, variant->source->digest, DIGEST_SIZE);
    answer->len = sizeof(reply);
    switch (wanted->delivery) {
    case WIRE_DELIVER_FD:
        r = answer->fd = variant_open(variant);
        break;
    case WIRE_DELIVER_BYTES:
        reply.offset = sizeof(reply);
        answer_add(answer, variant->code, reply.size);
        break;
    case WIRE_DELIVER_HELPER:
        r = helper_open(variant, handlers->service->host, &answer->fd, &why);
        reply.offset = variant->helper_size - reply.size;
        break;
    case WIRE_DELIVER_PROFILE:
        reply.size = (uint32_t)variant->source->size;
        r = answer->fd = source_open(variant->source);
        break;
    case WIRE_DELIVER_RULES:
        r = WIRE_WHY_NO_RULES;
        break;
    }
    memcpy(answer->packet, &reply, sizeof(reply));
    if (r > 0 && answer->fd < 0) {
        answer_refuse(answer, (enum wire_reason)r, "%s", why);
    } else if (r < 0) {
        const struct log_subject subject = {.peer = &asker->peer};

        log_about(handlers->service->log, LOG_ERR, &subject,
                  "%s: the filter cannot be handed out: %s", variant->source->path, strerror(-r));
        answer_refuse(answer, WIRE_WHY_SYSTEM, "%s", strerror(-r));
    }
}

static void wait_for(struct answer *answer, struct job *job)
{
    answer->kind = ANSWER_AFTER_JOB;
    answer->job = job;
}

/* Has ASKER wait for SOURCE's variant for REQUEST, for which there is JOB, or none yet. */
static void wait_for_compile(struct handlers *handlers, const struct asker *asker,
                             struct source *source, const struct variant_request *request,
                             struct job *job, struct answer *answer)
{
    int r;

    /* First of all: who is refused must not make a job, nor one more urgent. */
    if (!may_cause(handlers, asker, job)) {
        refuse_too_many(handlers, asker, "filters that were never asked for before", answer);
        return;
    }
    r = service_request(handlers->service, source, request, &job);
    if (r < 0)
        answer_refuse(answer, WIRE_WHY_SYSTEM, "%s", strerror(-r));
    else
        wait_for(answer, job);
}

/* Tells of FAILURE, because of which nothing is tried now. */
static void refuse_failed(const struct handlers *handlers, const struct failure *failure,
                          struct answer *answer)
{
    uint64_t left = failure->until_usec - service_now(handlers->service);

    answer_refuse(answer, WIRE_WHY_NO_RESULT,
                  "%s; it is tried again in %" PRIu64 " s, or after a reload", failure->why,
                  left / 1000000 + 1);
    answer_retry_in(answer, left);
}

/* Answers ASKER with the variant of SOURCE that is WANTED, or has it wait for that. */
static void fetch(struct handlers *handlers, const struct asker *asker, struct source *source,
                  const struct wanted *wanted, struct answer *answer)
{
    struct service *service = handlers->service;
    struct variant_request request = {
        .target = find_target(handlers, wanted->audit_arch, answer),
        .caps = wanted->caps,
        .kernel = wanted->kernel ? wanted->kernel : service->kernel,
        .mode = wanted->mode,
    };
    struct found found;
    int r;

    if (!request.target)
        return;
    r = service_find(service, source, &request, &found);
    /* Not where it was waited for. */
    handlers->numbers.memory_hits += r == VARIANT_HERE && asker->waits == 0;
    if (r == VARIANT_COMING || r == VARIANT_NOWHERE) {
        wait_for_compile(handlers, asker, source, &request, found.job, answer);
    } else if (r == VARIANT_FAILED) {
        refuse_failed(handlers, found.failure, answer);
    } else if (r < 0) {
        answer_refuse(answer, WIRE_WHY_SYSTEM, "%s", strerror(-r));
    } else if (found.variant->refused) {
        cleanup_free char *text = lines_prefix(wanted->name, found.variant->text, WIRE_TEXT_MAX);

        answer_refuse(answer, WIRE_WHY_PROFILE, "%s", text ? text : "");
    } else {
        deliver(handlers, asker, wanted, found.variant, answer);
    }
}

/* Why nothing is in service for ENTRY. */
static enum wire_reason entry_reason(const struct profile_entry *entry)
{
    if (entry->no_result)
        return WIRE_WHY_NO_RESULT;
    return entry->newest == NEWEST_FAILED ? WIRE_WHY_PROFILE : WIRE_WHY_FILE;
}

/* Nothing is in service for ENTRY: waits for its first version, or says why there is none. */
static void get_unserved(struct handlers *handlers, const struct profile_entry *entry,
                         struct answer *answer)
{
    struct job *job = service_job_of(handlers->service, entry);

    if (job) {
        wait_for(answer, job);
        return;
    }
    answer_refuse(answer, entry_reason(entry), "%s", entry->error ? entry->error : "");
    if (entry->no_result && handlers->service->retry_usec != UINT64_MAX) {
        const uint64_t now = service_now(handlers->service);
        const uint64_t at = handlers->service->retry_usec;

        answer_retry_in(answer, at > now ? at - now : 0);
    }
}

void fetch_get(struct handlers *handlers, struct asker *asker, const union wire_request *request,
               struct answer *answer)
{
    const struct wire_get *get = &request->get;
    struct profile_entry *entry = dispatch_find_profile(handlers, asker, get->name, answer);

    if (!entry)
        return;
    if (!entry->served) {
        if (find_target(handlers, get->audit_arch, answer))
            get_unserved(handlers, entry, answer);
        return;
    }

    const struct wanted wanted = {
        .caps = get->caps,
        .audit_arch = get->audit_arch,
        .kernel = get->kernel,
        .delivery = get->delivery,
        .mode = (enum variant_mode)get->mode,
        .name = entry->served->path,
        .stale = entry_state(entry) == WIRE_PROFILE_STALE,
    };

    fetch(handlers, asker, entry->served, &wanted, answer);
}

/*
 * Reads the profile behind FD to *BYTES, which the caller frees, *SIZE of them. It has to be sealed
 * memory: nothing else can be read without ever waiting, and stays what it is. Returns 0; -errno;
 * or the enum wire_reason for which it is refused.
 */
static int read_content(int fd, char **bytes, size_t *size)
{
    const int needed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    int seals = fcntl(fd, F_GET_SEALS);
    cleanup_free char *buffer = NULL;
    struct stat st;

    if (seals < 0 || (seals & needed) != needed)
        return WIRE_WHY_NOT_SEALED;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size < 1 || st.st_size > WIRE_MAX_PROFILE)
        return WIRE_WHY_SIZE;
    buffer = malloc((size_t)st.st_size);
    if (!buffer)
        return -ENOMEM;
    /* It may be open for writing only, say. */
    if (io_pread_all(fd, buffer, (size_t)st.st_size) < 0)
        return WIRE_WHY_UNREADABLE;
    *size = (size_t)st.st_size;
    *bytes = steal_ptr(&buffer);
    return 0;
}

/* Makes the profile that came with ASKER's request its content. Returns false where it is refused.
 */
static bool take_content(struct service *service, struct asker *asker, struct answer *answer)
{
    cleanup_free char *bytes = NULL;
    size_t size = 0;
    int r = read_content(asker->fd, &bytes, &size);

    if (r == 0)
        r = contents_take(&service->contents, &service->store, bytes, size, &asker->content);
    if (r > 0)
        answer_refuse(answer, (enum wire_reason)r, "%s", "");
    else if (r < 0)
        answer_refuse(answer, WIRE_WHY_SYSTEM, "%s", strerror(-r));
    return r == 0;
}

void fetch_compile(struct handlers *handlers, struct asker *asker,
                   const union wire_request *request, struct answer *answer)
{
    const struct wire_compile *compile = &request->compile;
    const struct wanted wanted = {
        .caps = compile->caps,
        .audit_arch = compile->audit_arch,
        .kernel = compile->kernel,
        .delivery = compile->delivery,
        .mode = (enum variant_mode)compile->mode,
        .name = "profile",
    };

    if (asker->content || take_content(handlers->service, asker, answer))
        fetch(handlers, asker, asker->content, &wanted, answer);
}
