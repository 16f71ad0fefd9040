/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/store.c: filters in memory, their sealed memfds, and their bound. */
#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"
#include "daemon/filters/store.h"

#include <sys/mman.h>

#include "protocol/protocol.h"
#include "tests/daemon/unit.h"

static const uint8_t code[16] = {6, 0, 0, 0, 0, 0, 255, 127, 6, 0, 0, 0, 0, 0, 0, 0};

static struct source *make_source(struct store *store, const char *text)
{
    struct source *source;

    ck_assert_int_eq(source_new(&source, store, text, strlen(text), "/p/x.json"), 0);
    return source;
}

static struct stored_variant *keep(struct source *source, uint64_t caps, uint32_t n_insns)
{
    const struct variant_request request = {.target = target_by_name("x86_64"), .caps = caps};
    const struct filter_bytes filter = {
        .bytes = code, .n_insns = n_insns, .flags = 2, .text = "why\n", .text_len = 4};
    struct stored_variant *variant;

    ck_assert_int_eq(source_keep(source, &request, &filter, &variant), 0);
    return variant;
}

static struct stored_variant *find(struct source *source, uint64_t caps)
{
    return source_find(source,
                       &(struct variant_request){.target = target_by_name("x86_64"), .caps = caps});
}

START_TEST(what_is_kept_is_found)
{
    struct store store;
    struct source *source;
    uint8_t digest[DIGEST_SIZE];

    store_init(&store, 8);
    source = make_source(&store, "{}");

    struct stored_variant *variant = keep(source, 1, 2);

    ck_assert_ptr_eq(find(source, 1), variant);
    ck_assert_ptr_null(find(source, 2));
    ck_assert_ptr_eq(keep(source, 1, 2), variant);
    ck_assert_uint_eq(source->n_variants, 1);
    ck_assert_uint_eq(variant->n_insns, 2);
    ck_assert_uint_eq(variant->flags, 2);
    ck_assert_str_eq(variant->text, "why\n");
    digest_of(code, 16, digest);
    ck_assert_mem_eq(variant->digest, digest, DIGEST_SIZE);
    ck_assert_mem_eq(variant->code, code, 16);
    digest_of("{}", 2, digest);
    ck_assert_mem_eq(source->digest, digest, DIGEST_SIZE);
    ck_assert_str_eq(source->path, "/p/x.json");
    source_unref(source);
    ck_assert_uint_eq(store.n, 0);
}
END_TEST

START_TEST(each_open_is_a_description_of_its_own)
{
    struct store store;
    struct source *source;
    char bytes[16];

    store_init(&store, 8);
    source = make_source(&store, "{}");

    struct stored_variant *variant = keep(source, 0, 2);
    int a = variant_open(variant), b = variant_open(variant);

    ck_assert_int_ge(a, 0);
    ck_assert_int_ge(b, 0);
    ck_assert_int_eq(read(a, bytes, 8), 8);
    ck_assert_int_eq(lseek(a, 0, SEEK_CUR), 8);
    ck_assert_int_eq(lseek(b, 0, SEEK_CUR), 0);
    ck_assert_int_eq(fcntl(a, F_GETFL) & O_ACCMODE, O_RDONLY);
    ck_assert_int_eq(fcntl(a, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    /* It outlives what the daemon holds. */
    source_unref(source);
    ck_assert_int_eq(read(b, bytes, 16), 16);
    ck_assert_mem_eq(bytes, code, 16);
    close(a);
    close(b);
}
END_TEST

START_TEST(nobody_can_change_a_filter)
{
    struct store store;
    struct source *source;
    char path[32];

    store_init(&store, 8);
    source = make_source(&store, "{}");

    int fd = variant_open(keep(source, 0, 2));

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ck_assert_int_eq(fcntl(fd, F_GET_SEALS) & 0xf,
                     F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    ck_assert_int_lt(write(fd, "x", 1), 0);
    ck_assert_int_lt(ftruncate(fd, 0), 0);
    ck_assert_ptr_eq(mmap(NULL, 16, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);

    /* Nor can root, who may open it for writing. */
    int writable = open(path, O_RDWR | O_CLOEXEC);

    if (writable >= 0) {
        ck_assert_int_lt(write(writable, "x", 1), 0);
        ck_assert_int_eq(errno, EPERM);
        ck_assert_int_lt(ftruncate(writable, 4), 0);
        ck_assert_int_lt(ftruncate(writable, 400), 0);
        ck_assert_int_lt(pwrite(writable, "x", 1, 16), 0);
        ck_assert_ptr_eq(mmap(NULL, 16, PROT_WRITE, MAP_SHARED, writable, 0), MAP_FAILED);
        close(writable);
    } else {
        ck_assert_int_eq(errno, EACCES);
    }
    close(fd);
    source_unref(source);
}
END_TEST

START_TEST(the_least_recently_used_goes)
{
    struct store store;
    struct source *source;

    store_init(&store, 3);
    source = make_source(&store, "{}");
    variant_pin(keep(source, 100, 2));
    for (uint64_t caps = 1; caps <= 3; caps++)
        keep(source, caps, 2);
    ck_assert_ptr_nonnull(find(source, 1));
    keep(source, 4, 2);
    ck_assert_ptr_null(find(source, 2));
    ck_assert_ptr_nonnull(find(source, 1));
    ck_assert_ptr_nonnull(find(source, 3));
    ck_assert_ptr_nonnull(find(source, 4));
    ck_assert_ptr_nonnull(find(source, 100));
    ck_assert_uint_eq(store.n, 4);
    for (uint64_t caps = 5; caps <= 50; caps++)
        keep(source, caps, 2);
    ck_assert_uint_eq(store.n, 4);
    ck_assert_uint_eq(source->n_variants, 4);
    ck_assert_ptr_nonnull(find(source, 100));
    source_unref(source);
    ck_assert_uint_eq(store.n, 0);
    ck_assert_uint_eq(store.n_pinned, 0);
}
END_TEST

START_TEST(refusals_are_kept_without_a_filter)
{
    const struct variant_request request = {.target = target_by_name("s390x")};
    const struct filter_bytes filter = {.text = ":1:1: error: no\ncut", .text_len = 16};
    struct stored_variant *variant;
    struct store store;
    struct source *source;

    store_init(&store, 3);
    source = make_source(&store, "{}");
    ck_assert_int_eq(source_keep(source, &request, &filter, &variant), 0);
    ck_assert(variant->refused);
    ck_assert_int_eq(variant->fd, -1);
    ck_assert_str_eq(variant->text, ":1:1: error: no\n");
    ck_assert_ptr_eq(source_find(source, &request), variant);
    source_unref(source);
}
END_TEST

START_TEST(a_source_lives_as_long_as_its_references)
{
    struct store store;
    struct source *source;
    char bytes[2];

    store_init(&store, 3);
    source = make_source(&store, "{}");
    keep(source, 0, 2);
    ck_assert_ptr_eq(source_ref(source), source);
    source_unref(source);
    ck_assert_uint_eq(store.n, 1);
    ck_assert_int_eq(texts_read(&store.texts, source->at, 2, bytes), 0);
    ck_assert_mem_eq(bytes, "{}", 2);
    source_unref(source);
    ck_assert_uint_eq(store.n, 0);
    source_unref(NULL);
}
END_TEST

START_TEST(requests_are_cut_down_once_the_axes_are_known)
{
    struct variant_request request = {.target = target_by_name("x86_64"), .caps = 7, .kernel = 9};
    struct store store;
    struct source *source;

    store_init(&store, 3);
    source = make_source(&store, "{}");
    source_normalise(source, &request);
    ck_assert_uint_eq(request.caps, 7);
    source->axes = (struct variant_axes){.caps = 2, .kernels = {4}, .n_kernels = 1};
    source->axes_known = true;
    source_normalise(source, &request);
    ck_assert_uint_eq(request.caps, 2);
    ck_assert_uint_eq(request.kernel, 4);
    source_unref(source);
}
END_TEST

START_TEST(a_text_has_a_file_while_there_is_room)
{
    struct store store;
    struct source *sources[4];
    char bytes[3] = "";
    int fd;

    store_init(&store, 2);
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        sources[i] = make_source(&store, (char[]){'{', (char)('0' + i), '}', '\0'});
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
        ck_assert_int_eq(store_is_full(&store, &sources[i]->copy), i >= 2);
        fd = source_open(sources[i]);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
        ck_assert_int_eq(fcntl(fd, F_GET_SEALS) & 0xf,
                         F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
        ck_assert_int_eq(read(fd, bytes, 3), 3);
        ck_assert_mem_eq(bytes, ((char[]){'{', (char)('0' + i), '}'}), 3);
        close(fd);
        /* The first one is used all the time. */
        close(source_open(sources[0]));
    }
    ck_assert_uint_eq(store.n_kept, 2);
    ck_assert_int_ge(sources[0]->copy.fd, 0);
    ck_assert_int_eq(sources[1]->copy.fd, -1);
    ck_assert_int_eq(sources[2]->copy.fd, -1);
    ck_assert_int_ge(sources[3]->copy.fd, 0);
    ck_assert(!store_is_full(&store, &sources[3]->copy));
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        source_unref(sources[i]);
    ck_assert_uint_eq(store.n_kept, 0);
    store_clear(&store);
}
END_TEST

/* Should the places of texts ever be mixed up, no text is taken for another one. */
START_TEST(a_text_that_changed_is_refused)
{
    struct store store;
    struct source *source, *other;
    uint64_t at;

    store_init(&store, 2);
    source = make_source(&store, "{0}");
    other = make_source(&store, "{1}");
    at = source->at;
    source->at = other->at;
    ck_assert_int_eq(source_copy(source), -EIO);
    ck_assert_int_eq(source_open(source), -EIO);
    ck_assert_int_eq(source->copy.fd, -1);
    source->at = at;
    close(source_copy(source));
    source_unref(source);
    source_unref(other);
    store_clear(&store);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "store");

    tcase_add_test(tests, what_is_kept_is_found);
    tcase_add_test(tests, each_open_is_a_description_of_its_own);
    tcase_add_test(tests, nobody_can_change_a_filter);
    tcase_add_test(tests, the_least_recently_used_goes);
    tcase_add_test(tests, refusals_are_kept_without_a_filter);
    tcase_add_test(tests, a_source_lives_as_long_as_its_references);
    tcase_add_test(tests, requests_are_cut_down_once_the_axes_are_known);
    tcase_add_test(tests, a_text_has_a_file_while_there_is_room);
    tcase_add_test(tests, a_text_that_changed_is_refused);
    return unit_end(suite);
}
