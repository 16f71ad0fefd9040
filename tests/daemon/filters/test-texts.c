/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/texts.c: many texts in one file, and what becomes of those dropped. */
#include "daemon/filters/texts.h"

#include <errno.h>

#include "tests/daemon/unit.h"

enum {
    N = 200,
    SIZE_MAX_OF_ONE = 3 * 65536 + 1,
};

static char buffer[SIZE_MAX_OF_ONE], expected[SIZE_MAX_OF_ONE];

struct text {
    uint64_t at;
    size_t size;
    char letter;
};

static struct text add(struct texts *texts, size_t size, char letter)
{
    struct text text = {.size = size, .letter = letter};

    memset(buffer, letter, size);
    ck_assert_int_eq(texts_add(texts, buffer, size, &text.at), 0);
    return text;
}

static void assert_there(const struct texts *texts, const struct text *text)
{
    memset(buffer, '?', text->size);
    ck_assert_int_eq(texts_read(texts, text->at, text->size, buffer), 0);
    memset(expected, text->letter, text->size);
    ck_assert_mem_eq(buffer, expected, text->size);
}

/* Bytes of memory that the file takes. */
static size_t memory_of(const struct texts *texts)
{
    struct stat st;

    ck_assert_int_eq(fstat(texts->fd, &st), 0);
    return (size_t)st.st_blocks * 512;
}

START_TEST(each_is_read_as_it_was_added)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 65536, SIZE_MAX_OF_ONE};
    struct text there[ARRAY_SIZE(sizes)];
    struct texts texts;

    texts_init(&texts);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        there[i] = add(&texts, sizes[i], (char)('a' + i));
    for (size_t i = ARRAY_SIZE(sizes); i-- > 0;)
        assert_there(&texts, &there[i]);
    texts_clear(&texts);
    ck_assert_int_eq(texts.fd, -1);
}
END_TEST

START_TEST(one_fd_is_enough)
{
    struct texts texts;
    int before = dup(0), after;

    texts_init(&texts);
    for (int i = 0; i < N; i++)
        add(&texts, 100, 'a');
    after = dup(0);
    ck_assert_int_eq(after, before + 2);
    ck_assert_int_eq(fcntl(texts.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(before);
    close(after);
    texts_clear(&texts);
}
END_TEST

START_TEST(dropped_ones_give_their_memory_back_and_others_stay)
{
    struct text there[N];
    struct texts texts;
    size_t all;

    texts_init(&texts);
    for (int i = 0; i < N; i++)
        there[i] = add(&texts, 1 + (size_t)i * 97, (char)('a' + i % 26));
    all = memory_of(&texts);
    for (int i = 0; i < N; i++)
        if (i % 4)
            texts_drop(&texts, there[i].at, there[i].size);
    for (int i = 0; i < N; i += 4)
        assert_there(&texts, &there[i]);
    ck_assert_uint_lt(memory_of(&texts), all / 3);
    for (int i = 0; i < N; i += 4)
        texts_drop(&texts, there[i].at, there[i].size);
    ck_assert_uint_eq(memory_of(&texts), 0);
    ck_assert_uint_eq(texts.pages, 0);
    texts_clear(&texts);
}
END_TEST

/* As many edits as there are in a while: what is taken does not grow. */
START_TEST(edits_take_no_more_than_what_is_there)
{
    struct texts texts;
    struct text text;
    size_t one;

    texts_init(&texts);
    text = add(&texts, 5000, 'a');
    one = memory_of(&texts);
    for (int i = 0; i < 10 * N; i++) {
        const struct text next = add(&texts, 5000, (char)('a' + i % 26));

        texts_drop(&texts, text.at, text.size);
        assert_there(&texts, &next);
        text = next;
    }
    ck_assert_uint_eq(memory_of(&texts), one);
    texts_clear(&texts);
}
END_TEST

START_TEST(the_end_is_no_text)
{
    struct texts texts;
    struct text text;

    texts_init(&texts);
    text = add(&texts, 10, 'a');
    ck_assert_int_eq(texts_read(&texts, text.at, 11, buffer), -EIO);
    ck_assert_int_eq(texts_read(&texts, texts.end, 1, buffer), -EIO);
    texts_clear(&texts);
    /* Nothing is left to be given back. */
    texts_drop(&texts, text.at, text.size);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "texts");

    tcase_add_test(tests, each_is_read_as_it_was_added);
    tcase_add_test(tests, one_fd_is_enough);
    tcase_add_test(tests, dropped_ones_give_their_memory_back_and_others_stay);
    tcase_add_test(tests, edits_take_no_more_than_what_is_there);
    tcase_add_test(tests, the_end_is_no_text);
    return unit_end(suite);
}
