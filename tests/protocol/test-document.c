/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests that the examples of PROTOCOL.md are right, on machines of both byte orders. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec.h"
#include "protocol/order.h"
#include "protocol/reason.h"
#include "tests/suite.h"
#include "util/cleanup.h"

/* Reads the bytes of the hex dump that PROTOCOL.md has under the line TITLE. */
static size_t read_example(const char *title, unsigned char *bytes, size_t size)
{
    cleanup_fclose FILE *file = fopen(TOP_SRCDIR "/protocol/PROTOCOL.md", "re");
    bool found = false;
    char line[512];
    size_t n = 0;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (found && strcmp(line, "```") == 0)
            return n;
        if (found) {
            ck_assert_uint_eq(strtoul(line, NULL, 16), n);
            for (char *at = line + 8; *at; n++) {
                ck_assert_uint_lt(n, size);
                bytes[n] = (unsigned char)strtoul(at, &at, 16);
            }
        }
        found = found || strcmp(line, title) == 0;
    }
    ck_abort_msg("PROTOCOL.md has no example '%s'", title);
}

START_TEST(the_documented_example_is_right)
{
    union wire_request request;
    unsigned char bytes[256];
    struct wire_get_reply reply;
    struct wire_refusal refusal;
    uint32_t field;
    size_t n = read_example("request", bytes, sizeof(bytes));

    ck_assert_int_eq(wire_request_decode(&request, bytes, n, 0, &field), 0);
    ck_assert_int_eq(request.header.opcode, WIRE_GET);
    ck_assert_uint_eq(request.get.caps, UINT64_C(1) << 21);
    ck_assert_uint_eq(request.get.delivery, WIRE_DELIVER_BYTES);
    ck_assert_str_eq(request.get.name, "default");

    n = read_example("reply", bytes, sizeof(bytes));
    wire_reply_to_host(bytes, n, false);
    ck_assert_int_eq(wire_reply_check(&request, bytes, n), WIRE_OK);
    memcpy(&reply, bytes, sizeof(reply));
    ck_assert_uint_eq(reply.generation, 3);
    ck_assert_uint_eq(reply.n_insns, 1);
    ck_assert_uint_eq(reply.audit_arch, 0xc000003e);
    ck_assert_uint_eq(reply.filter_flags | reply.info, 0);
    ck_assert_uint_eq(reply.offset, 128);
    ck_assert_uint_eq(reply.size, 8);

    n = read_example("error", bytes, sizeof(bytes));
    wire_reply_to_host(bytes, n, false);
    ck_assert_int_eq(wire_reply_check(&request, bytes, n), WIRE_NOT_FOUND);
    memcpy(&refusal, bytes, sizeof(refusal));
    ck_assert_uint_eq(refusal.reason, WIRE_WHY_NO_PROFILE);
    ck_assert_uint_eq(refusal.text_offset, 48);
    ck_assert_uint_eq(refusal.text_len, 44);
    ck_assert_mem_eq(bytes + 48, wire_reason_text(WIRE_WHY_NO_PROFILE), 44);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("document");
    TCase *tcase = tcase_create("examples");

    tcase_add_test(tcase, the_documented_example_is_right);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
