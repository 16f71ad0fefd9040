/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/registry.c: names, states, access, and the order of errors. */
#include "daemon/filters/registry.h"

#include "tests/daemon/unit.h"

static struct source *make_source(struct store *store, mode_t mode, uint64_t changed_at)
{
    struct source *source;

    ck_assert_int_eq(source_new(&source, store, "{}", 2, "/p/x.json"), 0);
    source->access = (struct access_list){.uid = 0, .mode = mode};
    source->changed_at = changed_at;
    return source;
}

START_TEST(names_are_in_order)
{
    static const char *const names[] = {"m", "b", "z", "a", "B", "a.b", "a-"};
    static const char *const sorted[] = {"B", "a", "a-", "a.b", "b", "m", "z"};
    struct registry registry = {0};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        ck_assert_ptr_nonnull(registry_add(&registry, names[i]));
    ck_assert_uint_eq(registry.n, ARRAY_SIZE(sorted));
    for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
        ck_assert_str_eq(registry.entries[i]->name, sorted[i]);
        ck_assert_ptr_eq(registry_find(&registry, sorted[i]), registry.entries[i]);
        ck_assert_uint_eq(registry_after(&registry, sorted[i]), i + 1);
    }
    ck_assert_ptr_null(registry_find(&registry, "c"));
    ck_assert_uint_eq(registry_after(&registry, ""), 0);
    ck_assert_uint_eq(registry_after(&registry, "c"), 5);
    ck_assert_uint_eq(registry_after(&registry, "zz"), 7);
    registry_remove(&registry, 4);
    ck_assert_ptr_null(registry_find(&registry, "b"));
    ck_assert_ptr_nonnull(registry_find(&registry, "m"));
    ck_assert_uint_eq(registry.n, 6);
    registry_clear(&registry);
    ck_assert_uint_eq(registry.n, 0);
}
END_TEST

START_TEST(states_follow_from_what_is_there)
{
    struct registry registry = {0};
    struct store store;
    struct profile_entry *entry = registry_add(&registry, "x");

    store_init(&store, 3);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_PENDING);
    entry_set_reason(entry, "/p", "no", true, 1);
    ck_assert(entry->no_result);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_BROKEN);
    entry->served = make_source(&store, 0644, 1);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_STALE);
    entry_clear_error(entry, 1);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    registry_clear(&registry);
}
END_TEST

START_TEST(both_files_have_to_be_readable)
{
    const struct peer peer = {.uid = 1000, .gid = 1000, .groups_known = true};
    struct registry registry = {0};
    struct store store;
    struct profile_entry *entry = registry_add(&registry, "x");

    store_init(&store, 3);
    entry->access.mode = 0644;
    ck_assert(entry_may_read(entry, &peer));
    entry->served = make_source(&store, 0600, 1);
    ck_assert(!entry_may_read(entry, &peer));
    entry->served->access.mode = 0644;
    ck_assert(entry_may_read(entry, &peer));
    entry->access.mode = 0600;
    ck_assert(!entry_may_read(entry, &peer));
    registry_clear(&registry);
}
END_TEST

START_TEST(newer_errors_win)
{
    struct registry registry = {0};
    struct profile_entry *entry = registry_add(&registry, "x");

    entry_set_reason(entry, "/p/x.json", "it is a FIFO", false, 5);
    ck_assert_str_eq(entry->error, "/p/x.json: error: it is a FIFO\n");
    entry_set_lines(entry, "/p/x.json", ":1:2: error: old\n", 4);
    ck_assert_str_eq(entry->error, "/p/x.json: error: it is a FIFO\n");
    entry_clear_error(entry, 4);
    ck_assert(entry->failed);
    entry_set_lines(entry, "/p/x.json", ":1:2: error: new\n:3:4: error: too\n", 5);
    ck_assert_str_eq(entry->error, "/p/x.json:1:2: error: new\n/p/x.json:3:4: error: too\n");
    entry_clear_error(entry, 5);
    ck_assert(!entry->failed);
    ck_assert_ptr_null(entry->error);
    registry_clear(&registry);
}
END_TEST

START_TEST(what_is_removed_forgets_its_entry)
{
    struct registry registry = {0};
    struct store store;
    struct profile_entry *entry = registry_add(&registry, "x");
    struct source *source;

    store_init(&store, 3);
    source = make_source(&store, 0644, 1);
    source->entry = entry;
    entry->compiling = source_ref(source);
    registry_remove(&registry, 0);
    ck_assert_ptr_null(source->entry);
    source_unref(source);
    registry_clear(&registry);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "registry");

    tcase_add_test(tests, names_are_in_order);
    tcase_add_test(tests, states_follow_from_what_is_there);
    tcase_add_test(tests, both_files_have_to_be_readable);
    tcase_add_test(tests, newer_errors_win);
    tcase_add_test(tests, what_is_removed_forgets_its_entry);
    return unit_end(suite);
}
