/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets of the wire protocol: the input is a byte of options, a byte with a quarter of the length
 * of a request, the request, and a packet that comes back. The daemon must take only requests that
 * its protocol has, and the client only replies that fit what it asked for.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "protocol/codec.h"
#include "protocol/reason.h"
#include "tests/fuzz/fuzz.h"
#include "util/cleanup.h"

enum {
    OPTION_HEADER = 1, /* the request's header is right */
    OPTION_REPLY = 2,  /* so is the reply's, as far as it repeats the request's */
    OPTION_FD = 4,     /* an fd comes with the request */
};

/* The least lengths of requests by opcode, from PROTOCOL.md. */
static const size_t lengths[] = {0, 256, 160, 160, 32, 32, 128};

static void repair_request(uint8_t *packet, size_t len)
{
    struct wire_header header;

    if (len < sizeof(header))
        return;
    memcpy(&header, packet, sizeof(header));
    wire_request_header(&header, (enum wire_opcode)(header.opcode % 8), len, header.serial);
    memcpy(packet, &header, sizeof(header));
}

static void repair_reply(uint8_t *packet, size_t len, const struct wire_header *request)
{
    struct wire_header header;

    if (len < sizeof(header))
        return;
    memcpy(&header, packet, sizeof(header));
    wire_reply_header(&header, request, (enum wire_status)(header.status % 4 ? 0 : header.status),
                      len);
    memcpy(packet, &header, sizeof(header));
}

static bool ends_in(const char *name, size_t len, const char *end)
{
    return len >= strlen(end) && !memcmp(name + len - strlen(end), end, strlen(end));
}

static bool is_name(const char name[WIRE_NAME_SIZE], bool may_be_empty)
{
    static const char zeroes[WIRE_NAME_SIZE];
    size_t len = strnlen(name, WIRE_NAME_SIZE);

    if (len == WIRE_NAME_SIZE || memcmp(name + len, zeroes, WIRE_NAME_SIZE - len) != 0)
        return false;
    if (ends_in(name, len, "@audit") || ends_in(name, len, "@log"))
        return false;
    return len == 0 ? may_be_empty
                    : strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "._-+@") == len &&
                          !strchr(".-+@", name[0]);
}

static void check_request(const union wire_request *request, const uint8_t *packet, size_t len,
                          size_t n_fds)
{
    const struct wire_header *header = &request->header;

    FUZZ_CHECK(header->magic == WIRE_MAGIC && header->version == WIRE_VERSION &&
                   header->length == len && header->status == 0 && header->zero == 0,
               "a wrong header");
    FUZZ_CHECK(header->opcode < ARRAY_SIZE(lengths) && header->opcode > 0 &&
                   lengths[header->opcode] <= len && len <= WIRE_MAX_REQUEST,
               "opcode %u with %zu bytes", header->opcode, len);
    FUZZ_CHECK(!memcmp(request, packet, lengths[header->opcode]), "the copy is another one");
    for (size_t i = lengths[header->opcode]; i < len; i++)
        FUZZ_CHECK(packet[i] == 0, "something is set that is not known");
    FUZZ_CHECK(n_fds == (header->opcode == WIRE_COMPILE), "%zu fds with opcode %u", n_fds,
               header->opcode);
    switch (header->opcode) {
    case WIRE_GET:
        FUZZ_CHECK(is_name(request->get.name, false) && request->get.delivery >= 1 &&
                       request->get.delivery <= WIRE_DELIVER_RULES && request->get.mode <= 2 &&
                       !request->get.generation && !request->get.zero && !request->get.label[0] &&
                       !request->get.label[WIRE_LABEL_SIZE - 1],
                   "GET");
        break;
    case WIRE_LIST:
        FUZZ_CHECK(is_name(request->list.after, true) && !request->list.zero, "LIST");
        break;
    case WIRE_STATUS:
        FUZZ_CHECK(is_name(request->status.name, true) && !request->status.zero, "STATUS");
        break;
    case WIRE_COMPILE:
        FUZZ_CHECK(request->compile.delivery >= 1 &&
                       request->compile.delivery <= WIRE_DELIVER_RULES &&
                       request->compile.delivery != WIRE_DELIVER_PROFILE &&
                       request->compile.mode <= 2 && !request->compile.generation &&
                       !request->compile.zero && !request->compile.label[0],
                   "COMPILE");
        break;
    }
}

static void check_list(const union wire_request *request, const uint8_t *packet, size_t len)
{
    const char *before = request->list.after;
    struct wire_list_reply reply;

    memcpy(&reply, packet, sizeof(reply));
    FUZZ_CHECK(reply.entry_size >= sizeof(struct wire_list_entry) &&
                   len >= (uint64_t)reply.entries_offset +
                              (uint64_t)reply.n_entries * reply.entry_size,
               "LIST");
    FUZZ_CHECK(!reply.more || reply.n_entries > 0, "there is more, but never further");
    for (uint32_t i = 0; i < reply.n_entries; i++) {
        const char *name =
            (const char *)packet + reply.entries_offset + (size_t)i * reply.entry_size;

        FUZZ_CHECK(is_name(name, false) && strcmp(before, name) < 0, "names do not rise");
        before = name;
    }
}

/* A reply that was taken. Packets lie at an address for any type. */
static void check_reply(const union wire_request *request, const uint8_t *packet, size_t len,
                        int status)
{
    const struct wire_header *header = (const void *)packet;
    uint32_t delivery =
        request->header.opcode == WIRE_GET ? request->get.delivery : request->compile.delivery;

    FUZZ_CHECK(header->length == len && header->serial == request->header.serial &&
                   header->opcode == request->header.opcode &&
                   (header->status == (uint32_t)status || status == INT_MAX),
               "a wrong header");
    if (status != WIRE_OK) {
        const struct wire_refusal *refusal = (const void *)packet;

        FUZZ_CHECK(header->version != WIRE_VERSION ||
                       (refusal->text_len <= WIRE_TEXT_MAX &&
                        (uint64_t)refusal->text_offset + refusal->text_len <= len),
                   "a text elsewhere");
        return;
    }
    switch (header->opcode) {
    case WIRE_GET:
    case WIRE_COMPILE: {
        const struct wire_get_reply *reply = (const void *)packet;

        FUZZ_CHECK(reply->n_insns >= 1 && reply->n_insns <= WIRE_MAX_INSNS, "a filter of none");
        FUZZ_CHECK(reply->mode ==
                       (header->opcode == WIRE_GET ? request->get.mode : request->compile.mode),
                   "a filter of another mode");
        FUZZ_CHECK(delivery != WIRE_DELIVER_BYTES ||
                       (reply->size == reply->n_insns * WIRE_INSN_SIZE &&
                        (uint64_t)reply->offset + reply->size <= len),
                   "%zu bytes for %u instructions", len, reply->n_insns);
        break;
    }
    case WIRE_LIST:
        check_list(request, packet, len);
        break;
    case WIRE_STATUS:
        if (request->status.name[0]) {
            const struct wire_profile_status *reply = (const void *)packet;

            FUZZ_CHECK((uint64_t)reply->path_offset + reply->path_len <= len &&
                           (uint64_t)reply->text_offset + reply->text_len <= len,
                       "STATUS");
        } else {
            const struct wire_daemon_status *reply = (const void *)packet;

            FUZZ_CHECK(len >= sizeof(*reply) && memchr(reply->version, 0, sizeof(reply->version)) &&
                           memchr(reply->libseccomp, 0, sizeof(reply->libseccomp)),
                       "STATUS");
        }
        break;
    }
}

static void check_change(const struct wire_header *subscribed, const uint8_t *packet, size_t len)
{
    struct wire_change change;

    if (wire_change_check(&change, subscribed, packet, len) != WIRE_CHANGE_KNOWN)
        return;
    FUZZ_CHECK(len >= sizeof(change) && (uint64_t)change.entry_offset + change.entry_size <= len &&
                   !memcmp(&change.entry, packet + change.entry_offset, sizeof(change.entry)),
               "another change");
    FUZZ_CHECK(is_name(change.entry.name, change.kind == WIRE_CHANGE_LOST), "a change of no name");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;

    uint8_t options = data[0];
    size_t len = (size_t)data[1] * 4 < size - 2 ? (size_t)data[1] * 4 : size - 2;
    size_t reply_len = size - 2 - len;
    size_t n_fds = options & OPTION_FD ? 1 : 0;
    cleanup_free uint8_t *packet = malloc(len ? len : 1);
    cleanup_free uint8_t *reply = malloc(reply_len ? reply_len : 1);
    union wire_request request;

    FUZZ_CHECK(packet && reply, "no memory");
    memcpy(packet, data + 2, len);
    memcpy(reply, data + 2 + len, reply_len);
    if (options & OPTION_HEADER)
        repair_request(packet, len);

    uint32_t field;
    int status = wire_request_decode(&request, packet, len, n_fds, &field);

    FUZZ_CHECK(status == -EBADMSG || status == 0 ||
                   wire_reason_status((enum wire_reason)status) < WIRE_STATUS_COUNT,
               "reason %d", status);
    FUZZ_CHECK(status == -EBADMSG || field < len, "the field %u of %zu bytes", field, len);
    if (status != 0)
        return 0;
    check_request(&request, packet, len, n_fds);
    if (options & OPTION_REPLY)
        repair_reply(reply, reply_len, &request.header);
    check_change(&request.header, reply, reply_len);
    status = wire_reply_check(&request, reply, reply_len);
    FUZZ_CHECK(status == -EBADMSG || status >= 0, "reply %d", status);
    if (status != -EBADMSG)
        check_reply(&request, reply, reply_len, status);
    return 0;
}
