/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/changes.c: what is noted of a change, and the ring. */
#include "daemon/filters/changes.h"

#include "tests/daemon/unit.h"

/* The change number N, as long as it is kept. */
static const struct change *get(const struct changes *changes, uint64_t n)
{
    return &changes->ring[n % CHANGES_KEPT];
}

START_TEST(a_change_says_who_could_see_it)
{
    struct changes *changes = calloc(1, sizeof(*changes));
    struct stored_variant native = {.digest = {1, 2, 3}, .n_insns = 4};
    struct source served = {.access = {.uid = 7, .mode = 0600}};
    struct profile_entry entry = {.name = "a", .access = {.uid = 7, .mode = 0600}};
    struct entry_access before;

    /* What is not decided yet is none. */
    before = entry_access(&entry);
    changes_note(changes, 1, &entry, &before);
    ck_assert_uint_eq(changes->n, 0);

    entry.served = &served;
    entry.native = &native;
    entry.generation = 3;
    entry.access.mode = 0644;
    changes_note(changes, 5, &entry, &before);
    ck_assert_uint_eq(changes->n, 1);
    ck_assert_str_eq(get(changes, 0)->name, "a");
    ck_assert_uint_eq(get(changes, 0)->generation, 5);
    ck_assert_uint_eq(get(changes, 0)->kind, WIRE_PROFILE_SERVED);
    ck_assert_mem_eq(get(changes, 0)->digest, native.digest, DIGEST_SIZE);
    ck_assert_uint_eq(get(changes, 0)->n_insns, 4);
    ck_assert_uint_eq(get(changes, 0)->served_generation, 3);
    ck_assert_uint_eq(get(changes, 0)->before.file.mode, 0600);
    ck_assert_uint_eq(get(changes, 0)->after.file.mode, 0644);
    ck_assert_uint_eq(get(changes, 0)->after.served.mode, 0600);

    entry.failed = true;
    changes_note(changes, 5, &entry, &before);
    ck_assert_uint_eq(get(changes, 1)->kind, WIRE_PROFILE_STALE);

    /* What is gone has no digest. */
    changes_note_gone(changes, 6, &entry);
    ck_assert_uint_eq(get(changes, 2)->kind, WIRE_CHANGE_GONE);
    ck_assert_uint_eq(get(changes, 2)->digest[0], 0);
    ck_assert_uint_eq(get(changes, 2)->n_insns, 0);
    ck_assert_uint_eq(get(changes, 2)->before.file.mode, 0644);
    free(changes);
}
END_TEST

START_TEST(the_last_ones_are_kept)
{
    struct changes *changes = calloc(1, sizeof(*changes));
    struct profile_entry entry = {.name = "a", .failed = true};
    const struct entry_access access = entry_access(&entry);

    for (unsigned i = 0; i < CHANGES_KEPT + 3; i++)
        changes_note(changes, i, &entry, &access);
    ck_assert_uint_eq(changes->n, CHANGES_KEPT + 3);
    for (uint64_t i = 3; i < changes->n; i++)
        ck_assert_uint_eq(get(changes, i)->generation, i);
    free(changes);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "changes");

    tcase_add_test(tests, a_change_says_who_could_see_it);
    tcase_add_test(tests, the_last_ones_are_kept);
    return unit_end(suite);
}
