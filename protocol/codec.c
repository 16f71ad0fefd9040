/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks and builds packets: one table says for each opcode how long its packets are and which
 * rules their fields obey. Pure functions over memory: no socket, no policy.
 */
#include "protocol/codec.h"

#include <errno.h>
#include <string.h>

#include "util/cleanup.h"

enum {
    PATH_LIMIT = 4096, /* of the path in a profile's status: PATH_MAX */
};

/* What the packets of one opcode look like. */
struct opcode_rules {
    size_t request_length;
    size_t n_fds; /* that come with a request */
    /* Checks the fields after the header; returns WIRE_OK or why the request is refused. */
    enum wire_status (*check_request)(const union wire_request *request);
    /* Checks a WIRE_OK reply of LEN bytes, header included. */
    bool (*check_reply)(const union wire_request *request, const unsigned char *packet, size_t len);
};

/* True if the SIZE bytes at TEXT have a NUL, and only NULs after it. */
static bool text_is_padded(const char *text, size_t size)
{
    size_t len = strnlen(text, size);

    /* All bytes from here on are equal to the NUL if each is equal to the next. */
    return len < size && memcmp(text + len, text + len + 1, size - len - 1) == 0;
}

static bool name_byte_is_valid(char c, bool first)
{
    /* Not isalnum(): that follows the locale. */
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')
        return true;
    return !first && (c == '.' || c == '-' || c == '+' || c == '@');
}

bool wire_name_is_valid(const char *name)
{
    size_t len = strnlen(name, WIRE_NAME_SIZE);

    if (len == 0 || len == WIRE_NAME_SIZE)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!name_byte_is_valid(name[i], i == 0))
            return false;
    return true;
}

static bool name_field_is_valid(const char name[WIRE_NAME_SIZE])
{
    return text_is_padded(name, WIRE_NAME_SIZE) && wire_name_is_valid(name);
}

static bool name_field_is_empty(const char name[WIRE_NAME_SIZE])
{
    return name[0] == '\0' && text_is_padded(name, WIRE_NAME_SIZE);
}

/* True for a way to deliver a filter. */
static bool delivery_is_valid(uint32_t delivery)
{
    return delivery == WIRE_DELIVER_FD || delivery == WIRE_DELIVER_BYTES ||
           delivery == WIRE_DELIVER_HELPER;
}

/* The requests. */

static enum wire_status get_check_request(const union wire_request *request)
{
    const struct wire_get *get = &request->get;

    if (get->zero != 0)
        return WIRE_BAD_REQUEST;
    if (!delivery_is_valid(get->delivery) && get->delivery != WIRE_DELIVER_PROFILE)
        return WIRE_BAD_REQUEST;
    return name_field_is_valid(get->name) ? WIRE_OK : WIRE_BAD_NAME;
}

static enum wire_status list_check_request(const union wire_request *request)
{
    const char *after = request->list.after;

    return name_field_is_empty(after) || name_field_is_valid(after) ? WIRE_OK : WIRE_BAD_NAME;
}

static enum wire_status status_check_request(const union wire_request *request)
{
    const char *name = request->status.name;

    return name_field_is_empty(name) || name_field_is_valid(name) ? WIRE_OK : WIRE_BAD_NAME;
}

static enum wire_status compile_check_request(const union wire_request *request)
{
    const struct wire_compile *compile = &request->compile;

    return compile->zero == 0 && delivery_is_valid(compile->delivery) ? WIRE_OK : WIRE_BAD_REQUEST;
}

/* Of requests that are a header only. */
static enum wire_status bare_check_request(const union wire_request *request)
{
    (void)request;
    return WIRE_OK;
}

/* The replies. A packet may lie at any address, so each one is copied out. */

static bool state_is_valid(uint32_t state)
{
    return state >= WIRE_PROFILE_SERVED && state <= WIRE_PROFILE_PENDING;
}

static bool filter_check_reply(uint32_t delivery, const unsigned char *packet, size_t len)
{
    struct wire_get_reply reply;
    size_t bytes;

    if (len < sizeof(reply))
        return false;
    memcpy(&reply, packet, sizeof(reply));
    if (reply.n_insns < 1 || reply.n_insns > WIRE_MAX_INSNS)
        return false;
    bytes = delivery == WIRE_DELIVER_BYTES ? reply.n_insns * WIRE_INSN_SIZE : 0;
    return len == sizeof(reply) + bytes;
}

static bool get_check_reply(const union wire_request *request, const unsigned char *packet,
                            size_t len)
{
    return filter_check_reply(request->get.delivery, packet, len);
}

static bool compile_check_reply(const union wire_request *request, const unsigned char *packet,
                                size_t len)
{
    return filter_check_reply(request->compile.delivery, packet, len);
}

static bool list_check_reply(const union wire_request *request, const unsigned char *packet,
                             size_t len)
{
    struct wire_list_reply reply;
    struct wire_list_entry entry;
    char before[WIRE_NAME_SIZE];

    if (len < sizeof(reply))
        return false;
    memcpy(&reply, packet, sizeof(reply));
    if (reply.n_entries > WIRE_LIST_MAX_ENTRIES || reply.more > 1 ||
        len != sizeof(reply) + reply.n_entries * sizeof(entry))
        return false;
    /* Each page must bring the client further, or it would ask for ever. */
    if (reply.more && reply.n_entries == 0)
        return false;
    memcpy(before, request->list.after, sizeof(before));
    for (uint32_t i = 0; i < reply.n_entries; i++) {
        memcpy(&entry, packet + sizeof(reply) + i * sizeof(entry), sizeof(entry));
        if (!name_field_is_valid(entry.name) || strcmp(before, entry.name) >= 0 ||
            !state_is_valid(entry.state) || entry.n_insns > WIRE_MAX_INSNS)
            return false;
        memcpy(before, entry.name, sizeof(before));
    }
    return true;
}

static bool daemon_status_check(const unsigned char *packet, size_t len)
{
    struct wire_daemon_status reply;

    if (len != sizeof(reply))
        return false;
    memcpy(&reply, packet, sizeof(reply));
    return text_is_padded(reply.version, sizeof(reply.version)) &&
           text_is_padded(reply.libseccomp, sizeof(reply.libseccomp)) &&
           reply.cache_state <= WIRE_CACHE_FAILING;
}

static bool profile_status_check(const unsigned char *packet, size_t len)
{
    struct wire_profile_status reply;

    if (len < sizeof(reply))
        return false;
    memcpy(&reply, packet, sizeof(reply));
    return reply.path_len <= PATH_LIMIT && reply.text_len <= WIRE_TEXT_MAX &&
           len == sizeof(reply) + reply.path_len + reply.text_len && state_is_valid(reply.state) &&
           reply.n_insns <= WIRE_MAX_INSNS;
}

static bool status_check_reply(const union wire_request *request, const unsigned char *packet,
                               size_t len)
{
    return request->status.name[0] ? profile_status_check(packet, len)
                                   : daemon_status_check(packet, len);
}

static bool reload_check_reply(const union wire_request *request, const unsigned char *packet,
                               size_t len)
{
    (void)request;
    (void)packet;
    return len == sizeof(struct wire_reload_reply);
}

static bool subscribe_check_reply(const union wire_request *request, const unsigned char *packet,
                                  size_t len)
{
    (void)request;
    (void)packet;
    return len == sizeof(struct wire_subscribe_reply);
}

/* Indexed by enum wire_opcode. */
static const struct opcode_rules opcodes[] = {
    [WIRE_GET] = {sizeof(struct wire_get), 0, get_check_request, get_check_reply},
    [WIRE_LIST] = {sizeof(struct wire_list), 0, list_check_request, list_check_reply},
    [WIRE_STATUS] = {sizeof(struct wire_get_status), 0, status_check_request, status_check_reply},
    [WIRE_RELOAD] = {sizeof(struct wire_reload), 0, bare_check_request, reload_check_reply},
    [WIRE_SUBSCRIBE] = {sizeof(struct wire_subscribe), 0, bare_check_request,
                        subscribe_check_reply},
    [WIRE_COMPILE] = {sizeof(struct wire_compile), 1, compile_check_request, compile_check_reply},
};

static const struct opcode_rules *opcode_rules(uint32_t opcode)
{
    if (opcode >= ARRAY_SIZE(opcodes) || opcodes[opcode].request_length == 0)
        return NULL;
    return &opcodes[opcode];
}

int wire_request_decode(union wire_request *request, const void *packet, size_t len, size_t n_fds)
{
    struct wire_header header;

    if (len < sizeof(header))
        return -EBADMSG;
    memcpy(&header, packet, sizeof(header));
    if (header.magic != WIRE_MAGIC)
        return -EBADMSG;
    memset(request, 0, sizeof(*request));
    request->header = header;
    if (header.version != WIRE_VERSION)
        return WIRE_BAD_VERSION;

    const struct opcode_rules *rules = opcode_rules(header.opcode);

    if (!rules)
        return WIRE_BAD_OPCODE;
    if (len != rules->request_length || header.length != len)
        return WIRE_BAD_LENGTH;
    if (header.status != 0 || header.zero != 0 || n_fds != rules->n_fds)
        return WIRE_BAD_REQUEST;
    memcpy(request, packet, len);
    return (int)rules->check_request(request);
}

void wire_reply_header(struct wire_header *reply, const struct wire_header *request,
                       enum wire_status status, size_t length)
{
    *reply = (struct wire_header){
        .magic = WIRE_MAGIC,
        .version = WIRE_VERSION,
        .opcode = request->opcode,
        .length = (uint32_t)length,
        .serial = request->serial,
        .status = status,
    };
}

void wire_request_header(struct wire_header *request, enum wire_opcode opcode, size_t length,
                         uint32_t serial)
{
    *request = (struct wire_header){
        .magic = WIRE_MAGIC,
        .version = WIRE_VERSION,
        .opcode = (uint16_t)opcode,
        .length = (uint32_t)length,
        .serial = serial,
    };
}

int wire_reply_check(const union wire_request *request, const void *packet, size_t len)
{
    const struct opcode_rules *rules = opcode_rules(request->header.opcode);
    struct wire_header header;

    if (!rules || len < sizeof(header) || len > WIRE_MAX_REPLY)
        return -EBADMSG;
    memcpy(&header, packet, sizeof(header));
    if (header.magic != WIRE_MAGIC || header.length != len || header.zero != 0 ||
        header.opcode != request->header.opcode || header.serial != request->header.serial ||
        header.status >= WIRE_STATUS_COUNT)
        return -EBADMSG;
    if (header.status != WIRE_OK) {
        /* Only a daemon that refuses our version may answer with another one. */
        if (header.version != WIRE_VERSION && header.status != WIRE_BAD_VERSION)
            return -EBADMSG;
        return len - sizeof(header) <= WIRE_TEXT_MAX ? (int)header.status : -EBADMSG;
    }
    if (header.version != WIRE_VERSION || !rules->check_reply(request, packet, len))
        return -EBADMSG;
    return WIRE_OK;
}

bool wire_change_check(struct wire_change *change, const struct wire_header *subscribed,
                       const void *packet, size_t len)
{
    const struct wire_header *header = &change->header;

    if (len != sizeof(*change))
        return false;
    memcpy(change, packet, len);
    if (header->magic != WIRE_MAGIC || header->version != WIRE_VERSION || header->length != len ||
        header->opcode != WIRE_SUBSCRIBE || header->serial != subscribed->serial ||
        header->status != WIRE_OK || header->zero != 0)
        return false;
    switch (change->kind) {
    case WIRE_PROFILE_SERVED:
    case WIRE_PROFILE_STALE:
    case WIRE_PROFILE_BROKEN:
    case WIRE_CHANGE_GONE:
        return name_field_is_valid(change->name);
    case WIRE_CHANGE_LOST:
        return name_field_is_empty(change->name);
    default:
        return false;
    }
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
        [WIRE_LIMIT] = "a limit of the daemon is reached",
        [WIRE_STOPPING] = "the daemon is stopping",
        [WIRE_FAILED] = "the daemon failed",
        [WIRE_UNDELIVERABLE] = "the filter cannot be used in this way",
    };

    if (status < 0 || status >= WIRE_STATUS_COUNT)
        return "unknown status";
    return texts[status];
}
