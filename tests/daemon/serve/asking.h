/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of handlers share: somebody who asks, a service that the test fills, and no
 * socket. Each answer is checked as a client would check the packet.
 */
#ifndef TESTS_DAEMON_SERVE_ASKING_H
#define TESTS_DAEMON_SERVE_ASKING_H

#include "daemon/serve/answer.h"
#include "daemon/serve/dispatch.h"
#include "daemon/serve/handlers.h"
#include "protocol/codec.h"
#include "tests/daemon/filters/fake-service.h"

struct asking {
    struct fake *fake;
    const struct target *targets[2];
    struct handlers handlers;
    struct asker asker;
    union wire_request request;
    struct answer answer;
    uint64_t scan; /* the number of the last reload */
};

static inline uint64_t asking_reload(void *user)
{
    return ++((struct asking *)user)->scan;
}

static inline void asking_gather(void *user, struct wire_daemon_status *status)
{
    (void)user;
    status->workers = 7;
    status->jobs += 100;
    status->cache_state = WIRE_CACHE_USED;
}

/* The user 1000 asks. */
static inline struct asking *asking_new(void)
{
    struct asking *asking = calloc(1, sizeof(*asking));

    ck_assert_ptr_nonnull(asking);
    asking->fake = fake_new();
    asking->targets[0] = asking->fake->service.host;
    asking->handlers = (struct handlers){
        .service = &asking->fake->service,
        .targets = asking->targets,
        .n_targets = 1,
        .own_uid = 77,
        .max_subscribers = 8,
        .compiles = {.max = 2, .interval_usec = 60000000},
        .reload = asking_reload,
        .gather = asking_gather,
        .user = asking,
    };
    ck_assert_int_eq(users_init(&asking->handlers.subscribers, 8), 0);
    asking->asker = (struct asker){
        .peer = {.uid = 1000, .payer = 1000, .gid = 1000, .groups_known = true}, .fd = -1};
    return asking;
}

static inline void asking_free(struct asking *asking)
{
    source_unref(asking->asker.content);
    users_clear(&asking->handlers.subscribers);
    fake_free(asking->fake);
    free(asking);
}

/* From now on the daemon's own user asks. */
static inline void asking_as_admin(struct asking *asking)
{
    asking->asker.peer.uid = asking->asker.peer.payer = asking->handlers.own_uid;
    asking->asker.trusted = true;
}

/* Puts the profile NAME into service, whose file has MODE and is root's, and whose conditions look
 * at all capabilities. */
static inline struct profile_entry *asking_serve(struct asking *asking, const char *name,
                                                 mode_t mode)
{
    struct profile_entry *entry = fake_serve(asking->fake, name, name, 1);

    entry->access.mode = entry->served->access.mode = mode;
    entry->served->axes.caps = UINT64_MAX;
    return entry;
}

/* Has the request handled. Returns the status of what is to be sent; -1: it is to wait. */
static inline int asking_again(struct asking *asking)
{
    struct answer *answer = &asking->answer;
    struct wire_header header;

    dispatch(&asking->handlers, &asking->asker, &asking->request, answer);
    if (answer->kind == ANSWER_AFTER_JOB || answer->kind == ANSWER_AFTER_SCAN) {
        asking->asker.waits++;
        return -1;
    }
    wire_reply_header(&header, &asking->request.header, answer->status, answer->len);
    memcpy(answer->packet, &header, sizeof(header));
    ck_assert_int_eq(wire_reply_check(&asking->request, answer->packet, answer->len),
                     (int)answer->status);
    return (int)answer->status;
}

static inline int asking_begin(struct asking *asking, enum wire_opcode opcode, size_t length)
{
    asking->asker.waits = 0;
    source_unref(asking->asker.content);
    asking->asker.content = NULL;
    wire_request_header(&asking->request.header, opcode, length, 5);
    return asking_again(asking);
}

/* The text of a refusal, or what comes behind the OFFSET bytes of a reply. */
static inline const char *asking_text(struct asking *asking, size_t offset)
{
    struct answer *answer = &asking->answer;

    ck_assert_uint_lt(answer->len, sizeof(answer->packet));
    answer->packet[answer->len] = '\0';
    return (const char *)answer->packet + offset;
}

/* The refusal, which has a text. */
static inline struct wire_refusal asking_refusal(struct asking *asking)
{
    struct wire_refusal refusal;

    ck_assert_int_ne((int)asking->answer.status, WIRE_OK);
    memcpy(&refusal, asking->answer.packet, sizeof(refusal));
    ck_assert_uint_gt(refusal.text_len, 0);
    return refusal;
}

static inline const char *asking_why(struct asking *asking)
{
    return asking_text(asking, asking_refusal(asking).text_offset);
}

static inline uint32_t asking_reason(struct asking *asking)
{
    return asking_refusal(asking).reason;
}

/* The reply, copied to REPLY. */
#define asking_reply(asking, reply)                                 \
    do {                                                            \
        ck_assert_uint_ge((asking)->answer.len, sizeof(*(reply)));  \
        memcpy((reply), (asking)->answer.packet, sizeof(*(reply))); \
    } while (0)

#define assert_has(text, word) \
    ck_assert_msg(strstr((text), (word)), "no '%s' in: %s", (word), (text))

#endif
