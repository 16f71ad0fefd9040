/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/serve/dispatch.c and answer.c: who may ask for what. */
#include "daemon/serve/answer.h"
#include "tests/daemon/serve/asking.h"

START_TEST(unknown_opcodes_are_refused)
{
    struct asking *asking = asking_new();

    asking_as_admin(asking);
    for (unsigned opcode = 0; opcode < 300; opcode++) {
        if (opcode >= WIRE_GET && opcode <= WIRE_COMPILE)
            continue;
        asking->request.header.opcode = (uint16_t)opcode;
        dispatch(&asking->handlers, &asking->asker, &asking->request, &asking->answer);
        ck_assert_int_eq(asking->answer.kind, ANSWER_SEND);
        ck_assert_int_eq(asking->answer.status, WIRE_BAD_OPCODE);
    }
    asking_free(asking);
}
END_TEST

START_TEST(some_requests_are_for_administrators)
{
    static const struct {
        enum wire_opcode opcode;
        bool for_all;
    } cases[] = {{WIRE_GET, true},     {WIRE_LIST, true},      {WIRE_STATUS, true},
                 {WIRE_RELOAD, false}, {WIRE_SUBSCRIBE, true}, {WIRE_COMPILE, false}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct asking *asking = asking_new();
        int status = asking_begin(asking, cases[i].opcode, 0);

        ck_assert_int_eq(status == WIRE_FORBIDDEN, !cases[i].for_all);
        if (!cases[i].for_all)
            ck_assert_str_eq(asking_why(asking), "this is for root and uid 77");
        asking_as_admin(asking);
        ck_assert_int_ne(asking_begin(asking, cases[i].opcode, 0), WIRE_FORBIDDEN);
        asking_free(asking);
    }
}
END_TEST

/* Nobody is told of a profile that they cannot read: the answer is that of a name that is free. */
START_TEST(what_cannot_be_read_is_not_there)
{
    struct asking *asking = asking_new();
    struct profile_entry *entry = asking_serve(asking, "x", 0644);
    struct answer *answer = &asking->answer;
    static struct answer first;

    answer_begin(answer);
    ck_assert_ptr_eq(dispatch_find_profile(&asking->handlers, &asking->asker, "x", answer), entry);
    ck_assert_int_eq(answer->status, WIRE_OK);
    ck_assert_ptr_null(dispatch_find_profile(&asking->handlers, &asking->asker, "y", answer));
    ck_assert_int_eq(answer->status, WIRE_NOT_FOUND);
    first = *answer;
    entry->access.mode = 0640;
    answer_begin(answer);
    ck_assert_ptr_null(dispatch_find_profile(&asking->handlers, &asking->asker, "x", answer));
    ck_assert_int_eq(answer->status, WIRE_NOT_FOUND);
    /* Not a byte tells the two apart. */
    ck_assert_uint_eq(answer->len, first.len);
    ck_assert_mem_eq(answer->packet + sizeof(struct wire_header),
                     first.packet + sizeof(struct wire_header),
                     answer->len - sizeof(struct wire_header));
    /* That of the version in service counts, too. */
    entry->access.mode = 0644;
    entry->served->access.mode = 0600;
    ck_assert_ptr_null(dispatch_find_profile(&asking->handlers, &asking->asker, "x", answer));
    asking->asker.peer.uid = 0;
    ck_assert_ptr_eq(dispatch_find_profile(&asking->handlers, &asking->asker, "x", answer), entry);
    asking_free(asking);
}
END_TEST

START_TEST(a_text_is_cut)
{
    static struct answer answer;
    char text[2 * WIRE_TEXT_MAX];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    answer_begin(&answer);
    answer.kind = ANSWER_AFTER_JOB;
    answer_refuse(&answer, WIRE_WHY_SYSTEM, "%s", text);
    ck_assert_int_eq(answer.kind, ANSWER_SEND);
    ck_assert_int_eq(answer.status, WIRE_FAILED);
    ck_assert_uint_eq(answer.len, sizeof(struct wire_refusal) + WIRE_TEXT_MAX);
    answer_begin(&answer);
    ck_assert_int_eq(answer.status, WIRE_OK);
    ck_assert_int_eq(answer.fd, -1);
    ck_assert_uint_eq(answer.len, sizeof(struct wire_header));
}
END_TEST

/* The text of a refusal, which the caller frees. */
static char *text_of(const struct answer *answer)
{
    struct wire_refusal refusal;

    memcpy(&refusal, answer->packet, sizeof(refusal));
    ck_assert_uint_eq(refusal.text_offset + refusal.text_len, answer->len);
    return strndup((const char *)answer->packet + refusal.text_offset, refusal.text_len);
}

START_TEST(a_text_is_never_empty_and_always_text)
{
    static struct answer answer;
    struct wire_refusal refusal;
    char *text;

    answer_begin(&answer);
    answer_refuse(&answer, WIRE_WHY_NO_PROFILE, "%s", "");
    text = text_of(&answer);
    ck_assert_str_eq(text, "no such profile, or no permission to read it");
    free(text);
    ck_assert_int_eq(answer.status, WIRE_NOT_FOUND);

    answer_refuse(&answer, WIRE_WHY_FILE, "/p/\xff\xc3\xa4\xc3: no\n");
    text = text_of(&answer);
    ck_assert_str_eq(text, "/p/\\xff\xc3\xa4\\xc3: no\n");
    free(text);

    answer_refuse_field(&answer, WIRE_WHY_VALUE, 40);
    answer_retry_in(&answer, 1999999);
    memcpy(&refusal, answer.packet, sizeof(refusal));
    ck_assert_int_eq(answer.status, WIRE_BAD_REQUEST);
    ck_assert_uint_eq(refusal.reason, WIRE_WHY_VALUE);
    ck_assert_uint_eq(refusal.field, 40);
    ck_assert_uint_eq(refusal.retry_ms, 2000);
    answer_retry_in(&answer, UINT64_MAX);
    memcpy(&refusal, answer.packet, sizeof(refusal));
    ck_assert_uint_eq(refusal.retry_ms, UINT32_MAX);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "dispatch");

    tcase_add_test(tests, unknown_opcodes_are_refused);
    tcase_add_test(tests, some_requests_are_for_administrators);
    tcase_add_test(tests, what_cannot_be_read_is_not_there);
    tcase_add_test(tests, a_text_is_cut);
    tcase_add_test(tests, a_text_is_never_empty_and_always_text);
    return unit_end(suite);
}
