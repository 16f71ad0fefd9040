/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/contents.c: what is found again, and what goes first. */
#include "daemon/filters/contents.h"

#include "tests/daemon/unit.h"

struct fixture {
    struct store store;
    struct contents contents;
};

static void start(struct fixture *fixture, size_t max)
{
    store_init(&fixture->store, 8);
    contents_init(&fixture->contents, max);
}

/* Takes TEXT. Returns its source, of which CONTENTS has the only reference, if it kept it. */
static struct source *take(struct fixture *fixture, const char *text)
{
    struct source *source;

    ck_assert_int_eq(
        contents_take(&fixture->contents, &fixture->store, text, strlen(text), &source), 0);
    ck_assert_uint_ge(source->refs, 2);
    source_unref(source);
    return source;
}

START_TEST(the_same_text_is_kept_once)
{
    struct fixture fixture;
    struct source *source;

    start(&fixture, 4);
    source = take(&fixture, "{1}");
    ck_assert_ptr_eq(take(&fixture, "{1}"), source);
    ck_assert_uint_eq(fixture.contents.n, 1);
    ck_assert_uint_eq(fixture.contents.bytes, 3);
    ck_assert_ptr_ne(take(&fixture, "{22}"), source);
    ck_assert_uint_eq(fixture.contents.n, 2);
    ck_assert_uint_eq(fixture.contents.bytes, 7);
    /* It belongs to no name; the log calls it by its digest. */
    ck_assert_ptr_null(source->entry);
    ck_assert_int_eq(strncmp(source->path, "content:", 8), 0);
    ck_assert_uint_eq(strlen(source->path), 8 + 12);
    contents_clear(&fixture.contents);
    ck_assert_uint_eq(fixture.contents.n, 0);
    ck_assert_uint_eq(fixture.contents.bytes, 0);
}
END_TEST

START_TEST(what_was_used_longest_ago_goes)
{
    struct fixture fixture;
    struct source *first, *second;

    start(&fixture, 2);
    first = take(&fixture, "{1}");
    second = take(&fixture, "{2}");
    source_ref(second);
    ck_assert_ptr_eq(take(&fixture, "{1}"), first);
    take(&fixture, "{3}");
    ck_assert_uint_eq(fixture.contents.n, 2);
    ck_assert_ptr_eq(take(&fixture, "{1}"), first);
    /* Who uses it keeps it, but it is not found any more. */
    ck_assert_uint_eq(second->refs, 1);
    ck_assert_ptr_ne(take(&fixture, "{2}"), second);
    source_unref(second);
    contents_clear(&fixture.contents);
}
END_TEST

START_TEST(all_texts_together_are_bounded)
{
    const size_t size = CONTENTS_BYTES_MAX / 4;
    struct fixture fixture;
    char *text = malloc(size);

    ck_assert_ptr_nonnull(text);
    memset(text, ' ', size);
    start(&fixture, 1000);
    for (int i = 0; i < 6; i++) {
        struct source *source;

        text[0] = (char)('a' + i);
        ck_assert_int_eq(contents_take(&fixture.contents, &fixture.store, text, size, &source), 0);
        source_unref(source);
        ck_assert_uint_le(fixture.contents.bytes, CONTENTS_BYTES_MAX);
    }
    ck_assert_uint_eq(fixture.contents.n, 4);
    contents_clear(&fixture.contents);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "contents");

    /* One test takes in 96 MiB. */
    tcase_add_test(tests, the_same_text_is_kept_once);
    tcase_add_test(tests, what_was_used_longest_ago_goes);
    tcase_add_test(tests, all_texts_together_are_bounded);
    return unit_end(suite);
}
