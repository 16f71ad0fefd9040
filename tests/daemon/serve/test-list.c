/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/serve/list.c: what is listed, and in which portions. */
#include "tests/daemon/serve/asking.h"

/* Asks for what comes behind AFTER. */
static struct wire_list_reply list(struct asking *asking, const char *after)
{
    struct wire_list_reply reply;

    memset(asking->request.list.after, 0, WIRE_NAME_SIZE);
    strcpy(asking->request.list.after, after);
    ck_assert_int_eq(asking_begin(asking, WIRE_LIST, sizeof(struct wire_list)), WIRE_OK);
    asking_reply(asking, &reply);
    return reply;
}

static struct wire_list_entry entry_at(const struct asking *asking, size_t i)
{
    struct wire_list_entry entry;

    memcpy(&entry, asking->answer.packet + sizeof(struct wire_list_reply) + i * sizeof(entry),
           sizeof(entry));
    return entry;
}

START_TEST(each_state_is_listed)
{
    struct asking *asking = asking_new();
    struct profile_entry *served = asking_serve(asking, "b", 0644);
    struct profile_entry *pending = fake_offer(asking->fake, "c", "text", 2);
    struct wire_list_entry entry;
    struct wire_list_reply reply;

    asking->asker.peer.uid = 0;
    reply = list(asking, "");
    ck_assert_uint_eq(reply.generation, asking->fake->service.generation);
    ck_assert_uint_eq(reply.n_entries, 2);
    ck_assert_uint_eq(reply.more, 0);
    entry = entry_at(asking, 0);
    ck_assert_str_eq(entry.name, "b");
    ck_assert_uint_eq(entry.state, WIRE_PROFILE_SERVED);
    ck_assert_uint_eq(entry.generation, served->generation);
    ck_assert_uint_eq(entry.n_insns, 2);
    ck_assert_mem_eq(entry.digest, served->native->digest, DIGEST_SIZE);
    entry = entry_at(asking, 1);
    ck_assert_str_eq(entry.name, "c");
    ck_assert_uint_eq(entry.state, WIRE_PROFILE_PENDING);
    ck_assert_uint_eq(entry.generation, 0);
    ck_assert_uint_eq(entry.n_insns, 0);
    fake_refuse(asking->fake, fake_take(asking->fake));
    list(asking, "b");
    ck_assert_uint_eq(entry_at(asking, 0).state, WIRE_PROFILE_BROKEN);
    ck_assert_ptr_null(pending->served);
    asking_free(asking);
}
END_TEST

START_TEST(what_is_hidden_is_left_out)
{
    struct asking *asking = asking_new();

    asking_serve(asking, "a", 0600);
    asking_serve(asking, "b", 0644);
    asking_serve(asking, "c", 0640);
    ck_assert_uint_eq(list(asking, "").n_entries, 1);
    ck_assert_str_eq(entry_at(asking, 0).name, "b");
    asking->asker.peer.gid = 0;
    ck_assert_uint_eq(list(asking, "").n_entries, 2);
    asking->asker.peer.uid = 0;
    ck_assert_uint_eq(list(asking, "").n_entries, 3);
    ck_assert_uint_eq(list(asking, "b").n_entries, 1);
    ck_assert_uint_eq(list(asking, "c").n_entries, 0);
    asking_free(asking);
}
END_TEST

/* Each profile once, however many there are; what is hidden takes no room. */
START_TEST(many_come_in_portions)
{
    const unsigned n = WIRE_LIST_MAX_ENTRIES + 2;
    struct asking *asking = asking_new();
    struct wire_list_reply reply;
    char name[16];

    for (unsigned i = 0; i < n; i++) {
        struct profile_entry *entry;

        snprintf(name, sizeof(name), "p%04u", i);
        entry = registry_add(&asking->fake->service.registry, name);
        entry->access.mode = i == 0 ? 0600 : 0644;
    }
    reply = list(asking, "");
    ck_assert_uint_eq(reply.n_entries, WIRE_LIST_MAX_ENTRIES);
    ck_assert_uint_eq(reply.more, 1);
    ck_assert_str_eq(entry_at(asking, 0).name, "p0001");
    reply = list(asking, entry_at(asking, WIRE_LIST_MAX_ENTRIES - 1).name);
    ck_assert_uint_eq(reply.n_entries, 1);
    ck_assert_uint_eq(reply.more, 0);
    ck_assert_str_eq(entry_at(asking, 0).name, name);
    /* Where none is left for this client, there are no more. */
    asking->fake->service.registry.entries[n - 1]->access.mode = 0600;
    reply = list(asking, "");
    ck_assert_uint_eq(reply.n_entries, WIRE_LIST_MAX_ENTRIES);
    ck_assert_uint_eq(reply.more, 0);
    asking_free(asking);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "list");

    tcase_add_test(tests, each_state_is_listed);
    tcase_add_test(tests, what_is_hidden_is_left_out);
    tcase_add_test(tests, many_come_in_portions);
    return unit_end(suite);
}
