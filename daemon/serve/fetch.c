/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests for filters. A request may come here twice: once when it arrives, and again when the
 * compile that it waited for is done.
 */
#include "daemon/serve/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/filters/lines.h"
#include "daemon/filters/service.h"
#include "daemon/serve/client.h"
#include "daemon/serve/dispatch.h"
#include "daemon/serve/helper-image.h"
#include "util/cleanup.h"
#include "util/io.h"

/* What GET and COMPILE have in common. */
struct wanted {
    uint64_t caps;
    uint32_t audit_arch;
    uint32_t kernel;
    enum wire_delivery delivery;
    const char *name; /* of the profile, in messages of the compiler */
    bool stale;
};

static bool is_served(const struct daemon *daemon, const struct target *target)
{
    for (size_t i = 0; i < daemon->n_targets; i++)
        if (daemon->targets[i] == target)
            return true;
    return false;
}

/* The target of AUDIT_ARCH; NULL: none that is served, and CLIENT was told so. */
static const struct target *find_target(struct daemon *daemon, struct client *client,
                                        uint32_t audit_arch)
{
    const struct target *target = audit_arch ? target_by_audit_arch(audit_arch) : daemon->host;

    if (target && is_served(daemon, target))
        return target;
    if (!target)
        client_refuse(client, WIRE_BAD_TARGET, "no target has the architecture 0x%x", audit_arch);
    else if (!abi_is_installed(target_native_abi(target)))
        client_refuse(client, WIRE_BAD_TARGET, "%s: the installed libseccomp lacks it (since %s)",
                      target->name, target_native_abi(target)->since);
    else
        client_refuse(client, WIRE_BAD_TARGET, "%s: this daemon does not serve it (--targets)",
                      target->name);
    return NULL;
}

/* Sends VARIANT as WANTED. */
static void deliver(struct daemon *daemon, struct client *client, const struct wanted *wanted,
                    struct stored_variant *variant)
{
    struct wire_get_reply reply = {
        .generation = daemon->service.generation,
        .n_insns = variant->n_insns,
        .filter_flags = variant->flags,
        .audit_arch = target_native_abi(variant->request.target)->audit_arch,
        .info = wanted->stale ? WIRE_GET_STALE : 0,
    };
    size_t size = sizeof(reply);
    const char *why = NULL;
    int fd = -1, r = 0;

    switch (wanted->delivery) {
    case WIRE_DELIVER_FD:
        r = fd = variant_open(variant);
        break;
    case WIRE_DELIVER_BYTES:
        memcpy(daemon->reply + size, variant->code, (size_t)variant->n_insns * WIRE_INSN_SIZE);
        size += (size_t)variant->n_insns * WIRE_INSN_SIZE;
        break;
    case WIRE_DELIVER_HELPER:
        r = helper_open(variant, daemon->host, &fd, &why);
        break;
    case WIRE_DELIVER_PROFILE:
        r = fd = source_open(variant->source);
        break;
    }
    if (why) {
        client_refuse(client, WIRE_UNDELIVERABLE, "%s", why);
        return;
    }
    if (r < 0) {
        const struct log_subject subject = {.peer = &client->peer};

        log_about(&daemon->log, LOG_ERR, &subject, "%s: the filter cannot be handed out: %s",
                  variant->source->path, strerror(-r));
        client_refuse(client, WIRE_FAILED, "%s", strerror(-r));
        return;
    }
    memcpy(reply.digest, variant->digest, DIGEST_SIZE);
    memcpy(reply.source_digest, variant->source->digest, DIGEST_SIZE);
    memcpy(daemon->reply, &reply, sizeof(reply));
    client_reply(client, daemon->reply, size, fd);
}

/*
 * True where CLIENT may have a filter made, for which there may be a JOB already. Each new filter
 * takes time, and memory for as long as somebody keeps it open, and there are as many as there are
 * sets of capabilities.
 */
static bool may_cause(struct daemon *daemon, const struct client *client, const struct job *job)
{
    if (client->trusted || client->waits > 0 || (job && !TAILQ_EMPTY(&job->waiters)))
        return true;
    return budget_take(&daemon->compiles, client->peer.uid, daemon_now(daemon), NULL);
}

/* Has CLIENT wait for SOURCE's variant for REQUEST, for which there is JOB, or none yet. */
static void wait_for_compile(struct daemon *daemon, struct client *client, struct source *source,
                             const struct variant_request *request, struct job *job)
{
    int r;

    /* First of all: who is refused must not make a job, nor one more urgent. */
    if (!may_cause(daemon, client, job)) {
        client_refuse(client, WIRE_LIMIT,
                      "too many filters that were never asked for before: one user gets %u in a "
                      "minute (--max-compiles-per-minute)",
                      daemon->compiles.max);
        return;
    }
    r = service_request(&daemon->service, source, request, &job);
    if (r < 0)
        client_refuse(client, WIRE_FAILED, "%s", strerror(-r));
    else
        client_wait_for_job(client, job);
}

/* Tells CLIENT about FAILURE, because of which nothing is tried now. */
static void refuse_failed(const struct daemon *daemon, struct client *client,
                          const struct failure *failure)
{
    uint64_t left = failure->until_usec - daemon_now(daemon);

    client_refuse(client, WIRE_FAILED, "%s; it is tried again in %" PRIu64 " s, or after a reload",
                  failure->why, left / 1000000 + 1);
}

/* Answers CLIENT with the variant of SOURCE that is WANTED, or has it wait for that. */
static void fetch(struct daemon *daemon, struct client *client, struct source *source,
                  const struct wanted *wanted)
{
    struct variant_request request = {
        .target = find_target(daemon, client, wanted->audit_arch),
        .caps = wanted->caps,
        .kernel = wanted->kernel ? wanted->kernel : daemon->service.kernel,
    };
    struct found found;
    int r;

    if (!request.target)
        return;
    r = service_find(&daemon->service, source, &request, &found);
    /* Not where it was waited for. */
    daemon->counters.memory_hits += r == VARIANT_HERE && client->waits == 0;
    if (r == VARIANT_COMING || r == VARIANT_NOWHERE) {
        wait_for_compile(daemon, client, source, &request, found.job);
    } else if (r == VARIANT_FAILED) {
        refuse_failed(daemon, client, found.failure);
    } else if (r < 0) {
        client_refuse(client, WIRE_FAILED, "%s", strerror(-r));
    } else if (found.variant->refused) {
        cleanup_free char *text = lines_prefix(wanted->name, found.variant->text, WIRE_TEXT_MAX);

        client_refuse(client, WIRE_BROKEN, "%s", text ? text : "");
    } else {
        deliver(daemon, client, wanted, found.variant);
    }
}

/* Nothing is in service for ENTRY: waits for its first version, or says why there is none. */
static void get_unserved(struct daemon *daemon, struct client *client,
                         const struct profile_entry *entry)
{
    struct job *job = service_job_of(&daemon->service, entry);

    if (job)
        client_wait_for_job(client, job);
    else
        client_refuse(client, WIRE_BROKEN, "%s", entry->error ? entry->error : "");
}

void fetch_get(struct daemon *daemon, struct client *client)
{
    const struct wire_get *get = &client->request.get;
    struct profile_entry *entry = dispatch_find_profile(client, get->name);

    if (!entry)
        return;
    if (!entry->served) {
        if (find_target(daemon, client, get->audit_arch))
            get_unserved(daemon, client, entry);
        return;
    }

    const struct wanted wanted = {
        .caps = get->caps,
        .audit_arch = get->audit_arch,
        .kernel = get->kernel,
        .delivery = get->delivery,
        .name = entry->served->path,
        .stale = entry_state(entry) == WIRE_PROFILE_STALE,
    };

    fetch(daemon, client, entry->served, &wanted);
}

/*
 * Reads the profile behind FD to *BYTES, which the caller frees, *SIZE of them. It has to be sealed
 * memory: nothing else can be read without ever waiting, and stays what it is. Returns 0; -errno;
 * or WIRE_BAD_REQUEST or WIRE_BROKEN with the reason in *WHY.
 */
static int read_content(int fd, char **bytes, size_t *size, const char **why)
{
    const int needed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    int seals = fcntl(fd, F_GET_SEALS);
    cleanup_free char *buffer = NULL;
    struct stat st;

    if (seals < 0 || (seals & needed) != needed) {
        *why =
            "the fd has to be a memfd with the seals F_SEAL_WRITE, F_SEAL_GROW and F_SEAL_SHRINK";
        return WIRE_BAD_REQUEST;
    }
    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size < 1 || st.st_size > WIRE_MAX_PROFILE) {
        *why = "profile: error: a profile has 1 to 1048576 bytes\n";
        return WIRE_BROKEN;
    }
    buffer = malloc((size_t)st.st_size);
    if (!buffer)
        return -ENOMEM;
    /* It may be open for writing only, say. */
    if (io_pread_all(fd, buffer, (size_t)st.st_size) < 0) {
        *why = "the fd cannot be read";
        return WIRE_BAD_REQUEST;
    }
    *size = (size_t)st.st_size;
    *bytes = steal_ptr(&buffer);
    return 0;
}

/* Makes the profile that came with CLIENT's request CLIENT->content. Returns false where it was
 * refused. */
static bool take_content(struct daemon *daemon, struct client *client)
{
    cleanup_free char *bytes = NULL;
    const char *why = "";
    size_t size = 0;
    int r = read_content(client->daemon->server.in_fd, &bytes, &size, &why);

    if (r == 0)
        r = contents_take(&daemon->service.contents, &daemon->service.store, bytes, size,
                          &client->content);
    if (r > 0)
        client_refuse(client, (enum wire_status)r, "%s", why);
    else if (r < 0)
        client_refuse(client, WIRE_FAILED, "%s", strerror(-r));
    return r == 0;
}

void fetch_compile(struct daemon *daemon, struct client *client)
{
    const struct wire_compile *compile = &client->request.compile;
    const struct wanted wanted = {
        .caps = compile->caps,
        .audit_arch = compile->audit_arch,
        .kernel = compile->kernel,
        .delivery = compile->delivery,
        .name = "profile",
    };

    if (client->content || take_content(daemon, client))
        fetch(daemon, client, client->content, &wanted);
}
