/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks and builds packets: one table says for each opcode how long its packets are and which
 * rules their fields obey. Pure functions over memory: no socket, no policy.
 */
#include "protocol/codec.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "protocol/order.h"
#include "util/cleanup.h"

/* What the packets of one opcode look like. */
struct opcode_rules {
    size_t request_length; /* the least; what a longer one has behind it is 0 */
    size_t n_fds;          /* that come with a request */
    /* Checks the fields after the header; returns 0, or why the request is refused and in *FIELD
     * the offset of what is wrong. */
    int (*check_request)(const union wire_request *request, uint32_t *field);
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

size_t wire_name_split(const char *name, enum wire_mode *mode)
{
    static const char *const ends[] = {
        [WIRE_MODE_AUDIT] = "@audit",
        [WIRE_MODE_LOG] = "@log",
    };
    const char *at = strrchr(name, '@');

    *mode = WIRE_MODE_ENFORCE;
    for (size_t i = WIRE_MODE_AUDIT; at && i < ARRAY_SIZE(ends); i++)
        if (!strcmp(at, ends[i]))
            *mode = (enum wire_mode)i;
    return *mode != WIRE_MODE_ENFORCE ? (size_t)(at - name) : strlen(name);
}

bool wire_name_is_valid(const char *name)
{
    size_t len = strnlen(name, WIRE_NAME_SIZE);
    enum wire_mode mode;

    if (len == 0 || len == WIRE_NAME_SIZE)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!name_byte_is_valid(name[i], i == 0))
            return false;
    wire_name_split(name, &mode);
    return mode == WIRE_MODE_ENFORCE;
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

static int refuse(uint32_t *field, size_t offset, enum wire_reason reason)
{
    *field = (uint32_t)offset;
    return (int)reason;
}

/* The mode, and fields that have a meaning with a feature that this daemon does not have. */
static int check_rooms(const struct wire_get *get, uint32_t *field)
{
    if (get->mode > WIRE_MODE_LOG)
        return refuse(field, offsetof(struct wire_get, mode), WIRE_WHY_VALUE);
    if (get->generation != 0)
        return refuse(field, offsetof(struct wire_get, generation), WIRE_WHY_NOT_ZERO);
    if (get->zero != 0)
        return refuse(field, offsetof(struct wire_get, zero), WIRE_WHY_NOT_ZERO);
    return 0;
}

/* The offset of the first byte from OFFSET on that is not 0; LEN: all are. */
static size_t zero_until(const void *bytes, size_t offset, size_t len)
{
    const unsigned char *at = bytes;

    while (offset < len && at[offset] == 0)
        offset++;
    return offset;
}

static int get_check_request(const union wire_request *request, uint32_t *field)
{
    const struct wire_get *get = &request->get;
    size_t label = zero_until(get, offsetof(struct wire_get, label), sizeof(*get));
    int r;

    if (!delivery_is_valid(get->delivery) && get->delivery != WIRE_DELIVER_PROFILE &&
        get->delivery != WIRE_DELIVER_RULES)
        return refuse(field, offsetof(struct wire_get, delivery), WIRE_WHY_VALUE);
    r = check_rooms(get, field);
    if (r != 0)
        return r;
    if (!name_field_is_valid(get->name))
        return refuse(field, offsetof(struct wire_get, name), WIRE_WHY_NAME);
    return label < sizeof(*get) ? refuse(field, label, WIRE_WHY_NOT_ZERO) : 0;
}

static int named_check_request(const char name[WIRE_NAME_SIZE], size_t offset, uint64_t zero,
                               uint32_t *field)
{
    if (!name_field_is_empty(name) && !name_field_is_valid(name))
        return refuse(field, offset, WIRE_WHY_NAME);
    return zero != 0 ? refuse(field, offset + WIRE_NAME_SIZE, WIRE_WHY_NOT_ZERO) : 0;
}

static int list_check_request(const union wire_request *request, uint32_t *field)
{
    return named_check_request(request->list.after, offsetof(struct wire_list, after),
                               request->list.zero, field);
}

static int status_check_request(const union wire_request *request, uint32_t *field)
{
    return named_check_request(request->status.name, offsetof(struct wire_get_status, name),
                               request->status.zero, field);
}

static_assert(offsetof(struct wire_compile, label) == offsetof(struct wire_get, name),
              "the two begin alike");

static int compile_check_request(const union wire_request *request, uint32_t *field)
{
    const struct wire_compile *compile = &request->compile;
    size_t label = zero_until(compile, offsetof(struct wire_compile, label), sizeof(*compile));
    int r;

    if (!delivery_is_valid(compile->delivery) && compile->delivery != WIRE_DELIVER_RULES)
        return refuse(field, offsetof(struct wire_compile, delivery), WIRE_WHY_VALUE);
    r = check_rooms(&request->get, field);
    if (r != 0)
        return r;
    return label < sizeof(*compile) ? refuse(field, label, WIRE_WHY_NOT_ZERO) : 0;
}

/* Of requests that have no field. */
static int bare_check_request(const union wire_request *request, uint32_t *field)
{
    if (request->reload.zero != 0)
        return refuse(field, offsetof(struct wire_reload, zero), WIRE_WHY_NOT_ZERO);
    return 0;
}

/* The replies. A packet may lie at any address, so each one is copied out. */

/* True where SIZE bytes at OFFSET lie in the LEN bytes of a packet, behind its FIXED part. */
static bool fits(size_t offset, size_t size, size_t fixed, size_t len)
{
    return offset >= fixed && offset <= len && size <= len - offset;
}

static bool filter_check_reply(uint32_t delivery, uint32_t mode, const unsigned char *packet,
                               size_t len)
{
    struct wire_get_reply reply;

    if (len < sizeof(reply))
        return false;
    memcpy(&reply, packet, sizeof(reply));
    if (reply.n_insns < 1 || reply.n_insns > WIRE_MAX_INSNS || reply.mode != mode)
        return false;
    if (delivery == WIRE_DELIVER_PROFILE || delivery == WIRE_DELIVER_RULES)
        return true;
    return reply.size == reply.n_insns * WIRE_INSN_SIZE &&
           (delivery != WIRE_DELIVER_BYTES || fits(reply.offset, reply.size, sizeof(reply), len));
}

static bool get_check_reply(const union wire_request *request, const unsigned char *packet,
                            size_t len)
{
    return filter_check_reply(request->get.delivery, request->get.mode, packet, len);
}

static bool compile_check_reply(const union wire_request *request, const unsigned char *packet,
                                size_t len)
{
    return filter_check_reply(request->compile.delivery, request->compile.mode, packet, len);
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
    /* No product can be too large: a packet with so many entries of the least size has an end. */
    if (reply.entry_size < sizeof(entry) || reply.n_entries > len / sizeof(entry) ||
        !fits(reply.entries_offset, (size_t)reply.n_entries * reply.entry_size, sizeof(reply), len))
        return false;
    /* Each page must bring the client further, or it would ask for ever. */
    if (reply.more && reply.n_entries == 0)
        return false;
    memcpy(before, request->list.after, sizeof(before));
    for (uint32_t i = 0; i < reply.n_entries; i++) {
        memcpy(&entry, packet + reply.entries_offset + (size_t)i * reply.entry_size, sizeof(entry));
        if (!name_field_is_valid(entry.name) || strcmp(before, entry.name) >= 0 ||
            entry.n_insns > WIRE_MAX_INSNS)
            return false;
        memcpy(before, entry.name, sizeof(before));
    }
    return true;
}

static bool daemon_status_check(const unsigned char *packet, size_t len)
{
    struct wire_daemon_status reply;

    if (len < sizeof(reply))
        return false;
    memcpy(&reply, packet, sizeof(reply));
    return text_is_padded(reply.version, sizeof(reply.version)) &&
           text_is_padded(reply.libseccomp, sizeof(reply.libseccomp));
}

static bool profile_status_check(const unsigned char *packet, size_t len)
{
    struct wire_profile_status reply;

    if (len < sizeof(reply))
        return false;
    memcpy(&reply, packet, sizeof(reply));
    return fits(reply.path_offset, reply.path_len, sizeof(reply), len) &&
           fits(reply.text_offset, reply.text_len, sizeof(reply), len) &&
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
    return len >= sizeof(struct wire_reload_reply);
}

static bool subscribe_check_reply(const union wire_request *request, const unsigned char *packet,
                                  size_t len)
{
    (void)request;
    (void)packet;
    return len >= sizeof(struct wire_subscribe_reply);
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

/* Checks a request of the version that is spoken here, whose header REQUEST has already. */
static int check_request(union wire_request *request, const void *packet, size_t len, size_t n_fds,
                         uint32_t *field)
{
    const struct wire_header header = request->header;
    const struct opcode_rules *rules = opcode_rules(header.opcode);
    size_t known, more;

    if (!rules)
        return refuse(field, offsetof(struct wire_header, opcode), WIRE_WHY_OPCODE);
    if (len > WIRE_MAX_REQUEST)
        return refuse(field, offsetof(struct wire_header, length), WIRE_WHY_LONG);
    if (header.length != len)
        return refuse(field, offsetof(struct wire_header, length), WIRE_WHY_LENGTH);
    if (len < rules->request_length)
        return refuse(field, offsetof(struct wire_header, length), WIRE_WHY_SHORT);
    if (header.status != 0)
        return refuse(field, offsetof(struct wire_header, status), WIRE_WHY_NOT_ZERO);
    if (header.zero != 0)
        return refuse(field, offsetof(struct wire_header, zero), WIRE_WHY_NOT_ZERO);
    if (n_fds != rules->n_fds)
        return refuse(field, 0, WIRE_WHY_FDS);
    known = rules->request_length;
    memcpy(request, packet, known);
    wire_request_to_host(request, known);
    more = zero_until(packet, known, len);
    if (more < len)
        return refuse(field, more, WIRE_WHY_NOT_ZERO);
    return rules->check_request(request, field);
}

int wire_request_decode(union wire_request *request, const void *packet, size_t len, size_t n_fds,
                        uint32_t *field)
{
    struct wire_header header;

    *field = 0;
    if (len < sizeof(header))
        return -EBADMSG;
    memcpy(&header, packet, sizeof(header));
    wire_request_to_host(&header, sizeof(header));
    if (header.magic != WIRE_MAGIC)
        return -EBADMSG;
    memset(request, 0, sizeof(*request));
    request->header = header;
    if (header.version != WIRE_VERSION)
        return refuse(field, offsetof(struct wire_header, version), WIRE_WHY_VERSION);
    return check_request(request, packet, len, n_fds, field);
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

/* Checks a reply of LEN bytes with HEADER that is a refusal. */
static int check_refusal(const struct wire_header *header, const void *packet, size_t len)
{
    const int status = header->status < INT_MAX ? (int)header->status : INT_MAX;
    struct wire_refusal refusal;

    /* Only a daemon that refuses our version may answer with another one, whose refusals can be
     * laid out in another way. */
    if (header->version != WIRE_VERSION)
        return status == WIRE_BAD_VERSION ? status : -EBADMSG;
    if (len < sizeof(refusal))
        return -EBADMSG;
    memcpy(&refusal, packet, sizeof(refusal));
    if (refusal.text_len > WIRE_TEXT_MAX ||
        !fits(refusal.text_offset, refusal.text_len, sizeof(refusal), len))
        return -EBADMSG;
    return status;
}

int wire_reply_check(const union wire_request *request, const void *packet, size_t len)
{
    const struct opcode_rules *rules = opcode_rules(request->header.opcode);
    struct wire_header header;

    if (!rules || len < sizeof(header) || len > WIRE_MAX_REPLY)
        return -EBADMSG;
    memcpy(&header, packet, sizeof(header));
    if (header.magic != WIRE_MAGIC || header.length != len ||
        header.opcode != request->header.opcode || header.serial != request->header.serial)
        return -EBADMSG;
    if (header.status != WIRE_OK)
        return check_refusal(&header, packet, len);
    if (header.version != WIRE_VERSION || !rules->check_reply(request, packet, len))
        return -EBADMSG;
    return WIRE_OK;
}

int wire_change_check(struct wire_change *change, const struct wire_header *subscribed,
                      const void *packet, size_t len)
{
    const struct wire_header *header = &change->header;

    if (len < sizeof(*change) || len > WIRE_MAX_REPLY)
        return -EBADMSG;
    memcpy(change, packet, sizeof(*change));
    if (header->magic != WIRE_MAGIC || header->version != WIRE_VERSION || header->length != len ||
        header->opcode != WIRE_SUBSCRIBE || header->serial != subscribed->serial ||
        header->status != WIRE_OK || change->entry_size < sizeof(change->entry) ||
        !fits(change->entry_offset, change->entry_size, offsetof(struct wire_change, entry), len))
        return -EBADMSG;
    memcpy(&change->entry, (const unsigned char *)packet + change->entry_offset,
           sizeof(change->entry));
    switch (change->kind) {
    case WIRE_PROFILE_SERVED:
    case WIRE_PROFILE_STALE:
    case WIRE_PROFILE_BROKEN:
    case WIRE_CHANGE_GONE:
        return name_field_is_valid(change->entry.name) ? WIRE_CHANGE_KNOWN : -EBADMSG;
    case WIRE_CHANGE_LOST:
        return name_field_is_empty(change->entry.name) ? WIRE_CHANGE_KNOWN : -EBADMSG;
    default:
        return WIRE_CHANGE_UNKNOWN;
    }
}
