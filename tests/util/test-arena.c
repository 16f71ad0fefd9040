/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of util/arena.c. */
#include "util/arena.h"

#include <check.h>
#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include "tests/suite.h"

START_TEST(memory_is_zeroed_aligned_and_apart)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    unsigned char *last = NULL;

    for (size_t size = 0; size < 200; size++) {
        unsigned char *bytes = arena_alloc(&arena, size);

        ck_assert_ptr_nonnull(bytes);
        ck_assert_uint_eq((uintptr_t)bytes % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(bytes[i], 0);
        memset(bytes, 0xff, size);
        if (last && size > 1)
            ck_assert_ptr_ne(bytes, last);
        last = bytes;
    }
}
END_TEST

START_TEST(a_block_can_be_larger_than_the_usual)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    char *small = arena_strndup(&arena, "small", 5);
    char *large = arena_alloc(&arena, 1000 * 1000);

    ck_assert_ptr_nonnull(large);
    memset(large, 'x', 1000 * 1000);
    ck_assert_str_eq(small, "small");
}
END_TEST

START_TEST(the_limit_holds)
{
    cleanup_arena struct arena arena = {NULL, 0, 256};

    ck_assert_ptr_null(arena_alloc(&arena, 257));
    ck_assert_ptr_nonnull(arena_alloc(&arena, 128));
    ck_assert_ptr_nonnull(arena_alloc(&arena, 128));
    ck_assert_ptr_null(arena_alloc(&arena, 1));
    arena_free(&arena);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 256));
}
END_TEST

START_TEST(what_was_cleared_is_used_again_and_zeroed)
{
    const size_t keep = 1000 * 1000;
    cleanup_arena struct arena arena = ARENA_INIT;
    const void *kept = NULL;

    for (int round = 0; round < 4; round++) {
        for (size_t n = 0; n < 300; n++) {
            static const unsigned char zeroes[1000];
            unsigned char *bytes = arena_alloc(&arena, sizeof(zeroes));

            ck_assert_ptr_nonnull(bytes);
            ck_assert_mem_eq(bytes, zeroes, sizeof(zeroes));
            memset(bytes, 0xff, sizeof(zeroes));
        }
        if (round > 1) /* one block has been enough since */
            ck_assert_ptr_eq(arena.blocks, kept);
        kept = arena.blocks;
        arena_clear(&arena, keep);
        ck_assert_uint_eq(arena.used, 0);
    }
    ck_assert_ptr_nonnull(arena_alloc(&arena, keep + 1));
    arena_clear(&arena, keep);
    ck_assert_ptr_null(arena.blocks);
}
END_TEST

START_TEST(sizes_do_not_overflow)
{
    cleanup_arena struct arena arena = ARENA_INIT;

    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX - 8));
    ck_assert_ptr_null(arena_calloc(&arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(arena_strndup(&arena, "", SIZE_MAX));
    ck_assert_uint_eq(arena.used, 0);
}
END_TEST

START_TEST(text_is_copied_and_formatted)
{
    cleanup_arena struct arena arena = ARENA_INIT;

    ck_assert_str_eq(arena_strndup(&arena, "abcdef", 3), "abc");
    ck_assert_str_eq(arena_strndup(&arena, NULL, 0), "");
    ck_assert_str_eq(arena_printf(&arena, "%s-%d", "x", 42), "x-42");
}
END_TEST

START_TEST(lists_grow)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    int *items = NULL;
    size_t room = 0;

    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(arena_grow(&arena, &items, (size_t)i, &room, sizeof(*items)), 0);
        ck_assert_uint_gt(room, (size_t)i);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(items[i], i);
    arena.limit = arena.used;
    ck_assert_int_eq(arena_grow(&arena, &items, room, &room, sizeof(*items)), -ENOMEM);
    ck_assert_int_eq(items[999], 999);
}
END_TEST

/* A list at the end of the memory in use stays where it is; what was handed out behind it is not
 * touched. */
START_TEST(lists_grow_in_place)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    unsigned char *first = NULL;
    unsigned char *items = NULL;
    size_t room = 0;

    ck_assert_int_eq(arena_grow(&arena, &items, 0, &room, 3), 0);
    first = items;
    memset(items, 0xff, 3 * room);
    ck_assert_int_eq(arena_grow(&arena, &items, room, &room, 3), 0);
    ck_assert_ptr_eq(items, first);
    ck_assert_uint_eq(arena.used, 3 * room);
    for (size_t i = 3 * room / 2; i < 3 * room; i++)
        ck_assert_uint_eq(items[i], 0);

    unsigned char *behind = arena_alloc(&arena, 1);

    *behind = 7;
    ck_assert_int_eq(arena_grow(&arena, &items, room, &room, 3), 0);
    ck_assert_ptr_ne(items, first);
    memset(items, 0xff, 3 * room);
    ck_assert_uint_eq(*behind, 7);

    /* One byte too few. */
    size_t before = room;

    arena.limit = arena.used + 3 * room - 1;
    first = items;
    ck_assert_int_eq(arena_grow(&arena, &items, room, &room, 3), -ENOMEM);
    ck_assert_ptr_eq(items, first);
    ck_assert_uint_eq(room, before);
    arena.limit++;
    ck_assert_int_eq(arena_grow(&arena, &items, room, &room, 3), 0);
    ck_assert_ptr_eq(items, first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arena");

    tcase_add_test(tcase, memory_is_zeroed_aligned_and_apart);
    tcase_add_test(tcase, a_block_can_be_larger_than_the_usual);
    tcase_add_test(tcase, the_limit_holds);
    tcase_add_test(tcase, what_was_cleared_is_used_again_and_zeroed);
    tcase_add_test(tcase, sizes_do_not_overflow);
    tcase_add_test(tcase, text_is_copied_and_formatted);
    tcase_add_test(tcase, lists_grow);
    tcase_add_test(tcase, lists_grow_in_place);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
