/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/cache/entry.c and daemon/cache/disk.c: keys, entries, and what is done with bad
 * ones.
 */
#include "compiler/facts/abi.h"
#include "daemon/cache/dir.h"
#include "daemon/cache/entry.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <time.h>

#include "compiler/facts/bpf.h"
#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"
#include "daemon/cache/disk.h"
#include "daemon/files/trust.h"
#include "tests/daemon/unit.h"

static const struct sock_filter program[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 39, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static const char text[] = ":1:2: warning: a line\n";

struct fixture {
    struct variant_request request;
    uint8_t key[DIGEST_SIZE];
    uint8_t code[sizeof(program)];
    struct compiled entry;
    uint8_t *bytes; /* of the entry, CACHE_ENTRY_MAX + 1 */
    size_t size;
    uint8_t *room; /* for reading */
};

static void make_key(const void *profile, size_t size, const struct variant_request *request,
                     uint8_t key[DIGEST_SIZE])
{
    struct digest begun;

    cache_key_begin(&begun, profile, size);
    cache_key_finish(&begun, request, key);
}

static void fixture_make(struct fixture *fixture, const char *target)
{
    *fixture = (struct fixture){.request = {.target = target_by_name(target)}};
    make_key("{}", 2, &fixture->request, fixture->key);
    bpf_store(program, ARRAY_SIZE(program), target_native_abi(fixture->request.target)->big_endian,
              fixture->code);
    fixture->entry = (struct compiled){
        .filter = {.bytes = fixture->code,
                   .n_insns = ARRAY_SIZE(program),
                   .flags = SECCOMP_FILTER_FLAG_LOG,
                   .proof = {PROOF_VERSION, 3},
                   .text = text,
                   .text_len = strlen(text)},
        .axes = {.caps = 5, .kernels = {3, 9}, .n_kernels = 2, .all_kernels = true},
    };
    fixture->bytes = calloc(2, CACHE_ENTRY_MAX + 1);
    ck_assert_ptr_nonnull(fixture->bytes);
    fixture->room = fixture->bytes + CACHE_ENTRY_MAX + 1;
    fixture->size = cache_entry_build(&fixture->entry, fixture->key, fixture->bytes);
}

static void fixture_free(struct fixture *fixture)
{
    free(fixture->bytes);
}

static void check_entry(const struct fixture *fixture, const struct compiled *entry)
{
    ck_assert_uint_eq(entry->filter.n_insns, ARRAY_SIZE(program));
    ck_assert_mem_eq(entry->filter.bytes, fixture->code, sizeof(program));
    ck_assert_uint_eq(entry->filter.flags, SECCOMP_FILTER_FLAG_LOG);
    ck_assert_uint_eq(entry->filter.proof.version, PROOF_VERSION);
    ck_assert_uint_eq(entry->filter.proof.ranges, 3);
    ck_assert_uint_eq(entry->filter.text_len, strlen(text));
    ck_assert_mem_eq(entry->filter.text, text, strlen(text));
    ck_assert_uint_eq(entry->axes.caps, 5);
    ck_assert_uint_eq(entry->axes.n_kernels, 2);
    ck_assert_uint_eq(entry->axes.kernels[1], 9);
    ck_assert(entry->axes.all_kernels);
}

START_TEST(entries_survive_the_way)
{
    static const char *const targets[] = {"x86_64", "s390x"};
    struct fixture fixture;
    struct compiled entry;

    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        fixture_make(&fixture, targets[i]);
        ck_assert_int_eq(cache_entry_check(&entry, fixture.bytes, fixture.size, fixture.key,
                                           fixture.request.target),
                         0);
        check_entry(&fixture, &entry);
        fixture_free(&fixture);
    }
}
END_TEST

START_TEST(refusals_survive_the_way)
{
    struct fixture fixture;
    struct compiled entry;

    fixture_make(&fixture, "x86_64");
    fixture.entry.result = -EINVAL;
    fixture.size = cache_entry_build(&fixture.entry, fixture.key, fixture.bytes);
    ck_assert_int_eq(
        cache_entry_check(&entry, fixture.bytes, fixture.size, fixture.key, fixture.request.target),
        0);
    ck_assert_int_eq(entry.result, -EINVAL);
    ck_assert_ptr_null(entry.filter.bytes);
    ck_assert_uint_eq(entry.filter.n_insns, 0);
    ck_assert_mem_eq(entry.filter.text, text, strlen(text));
    fixture_free(&fixture);
}
END_TEST

START_TEST(every_changed_byte_is_noticed)
{
    struct fixture fixture;
    struct compiled entry;

    fixture_make(&fixture, "x86_64");
    for (size_t i = 0; i < fixture.size; i++) {
        memcpy(fixture.room, fixture.bytes, fixture.size);
        fixture.room[i] ^= 0x10;
        ck_assert_int_eq(cache_entry_check(&entry, fixture.room, fixture.size, fixture.key,
                                           fixture.request.target),
                         -EBADMSG);
    }
    for (size_t size = 0; size <= fixture.size + 8; size++) {
        if (size == fixture.size)
            continue;
        memcpy(fixture.room, fixture.bytes, fixture.size);
        ck_assert_int_eq(
            cache_entry_check(&entry, fixture.room, size, fixture.key, fixture.request.target),
            -EBADMSG);
    }
    fixture_free(&fixture);
}
END_TEST

/* An entry that is whole, but says what no entry of ours would. */
START_TEST(whole_entries_may_be_wrong)
{
    struct sock_filter bad[] = {BPF_STMT(BPF_RET | BPF_K, 0),
                                BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0)};
    uint8_t other[DIGEST_SIZE] = {1};
    struct fixture fixture;
    struct compiled entry, wrong;

    fixture_make(&fixture, "x86_64");

    const struct target *target = fixture.request.target;

    ck_assert_int_eq(cache_entry_check(&entry, fixture.bytes, fixture.size, other, target),
                     -EBADMSG);
    /* The instructions of another byte order are no program. */
    ck_assert_int_eq(cache_entry_check(&entry, fixture.bytes, fixture.size, fixture.key,
                                       target_by_name("s390x")),
                     -EBADMSG);
    for (int i = 0; i < 7; i++) {
        wrong = fixture.entry;
        if (i == 0)
            wrong.filter.bytes = bad, wrong.filter.n_insns = 2;
        else if (i == 1)
            wrong.filter.flags = 0x80000000;
        else if (i == 2)
            wrong.axes.kernels[1] = 3;
        else if (i == 3)
            wrong.filter.proof.version = PROOF_VERSION + 1;
        else if (i == 4)
            wrong.filter.proof.ranges = 0;
        else if (i == 5)
            wrong.filter.n_insns = 0;
        else
            wrong.result = -ENOMEM; /* no answer to keep */
        fixture.size = cache_entry_build(&wrong, fixture.key, fixture.bytes);
        ck_assert_int_eq(
            cache_entry_check(&entry, fixture.bytes, fixture.size, fixture.key, target), -EBADMSG);
    }
    fixture_free(&fixture);
}
END_TEST

START_TEST(each_part_of_a_key_counts)
{
    const struct variant_request base = {
        .target = target_by_name("x86_64"), .caps = 1, .kernel = 2};
    const struct variant_request others[] = {
        {.target = target_by_name("aarch64"), .caps = 1, .kernel = 2},
        {.target = base.target, .caps = 3, .kernel = 2},
        {.target = base.target, .caps = 1, .kernel = 3},
        {.target = base.target, .caps = 2, .kernel = 1},
        {.target = base.target, .caps = 1, .kernel = 2, .mode = VARIANT_AUDIT},
        {.target = base.target, .caps = 1, .kernel = 2, .mode = VARIANT_LOG},
    };
    uint8_t key[DIGEST_SIZE], other[DIGEST_SIZE];

    make_key("ab", 2, &base, key);
    make_key("ab", 2, &base, other);
    ck_assert_mem_eq(key, other, DIGEST_SIZE);
    make_key("a", 1, &base, other);
    ck_assert_mem_ne(key, other, DIGEST_SIZE);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        make_key("ab", 2, &others[i], other);
        ck_assert_mem_ne(key, other, DIGEST_SIZE);
    }
    ck_assert(!variant_request_equal(&others[4], &others[5]));
}
END_TEST

START_TEST(frames_keep_parts_apart)
{
    static const char *const pairs[][2] = {{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}};
    uint8_t seen[ARRAY_SIZE(pairs)][DIGEST_SIZE];

    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        struct digest digest;

        digest_init(&digest);
        digest_frame(&digest, pairs[i][0], strlen(pairs[i][0]));
        digest_frame(&digest, pairs[i][1], strlen(pairs[i][1]));
        digest_finish(&digest, seen[i]);
        for (size_t k = 0; k < i; k++)
            ck_assert_mem_ne(seen[i], seen[k], DIGEST_SIZE);
    }
}
END_TEST

START_TEST(digests_are_sha256)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];

    digest_of("abc", 3, digest);
    digest_hex(digest, hex);
    /* FIPS 180-2, appendix B.1 */
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

/* The cache directory of the test, and what is in it. */
static void open_cache(struct cache_dir *cache)
{
    char why[TRUST_WHY_SIZE];
    bool other;

    ck_assert_int_eq(cache_dir_find(cache, unit_path("cache"), geteuid()), 0);
    ck_assert_int_eq(cache_dir_make(cache->place_fd), 0);
    ck_assert_int_eq(cache_dir_open(cache, &other, why), TRUST_OK);
}

static enum cache_outcome read_back(const struct cache_dir *cache, struct fixture *fixture)
{
    struct compiled entry;
    enum cache_outcome outcome =
        cache_read(cache, fixture->key, fixture->request.target, fixture->room, &entry);

    if (outcome == CACHE_HIT)
        check_entry(fixture, &entry);
    return outcome;
}

START_TEST(what_was_written_is_read)
{
    struct fixture fixture;
    struct cache_dir cache;

    fixture_make(&fixture, "x86_64");
    open_cache(&cache);

    struct cache_disk disk = {
        .place_fd = cache.place_fd, .dir_fd = cache.fd, .size_limit = 1 << 20};

    ck_assert_int_eq(read_back(&cache, &fixture), CACHE_MISS);
    ck_assert_int_eq(
        cache_disk_write(&disk, fixture.key, fixture.bytes, fixture.size, CACHE_NEEDED, false), 0);
    ck_assert_int_eq(read_back(&cache, &fixture), CACHE_HIT);
    ck_assert_int_eq(
        cache_disk_write(&disk, fixture.key, fixture.bytes, fixture.size, CACHE_NEEDED, false), 0);
    ck_assert_int_eq(read_back(&cache, &fixture), CACHE_HIT);
    cache_dir_clear(&cache);
    ck_assert_int_eq(read_back(&cache, &fixture), CACHE_MISS);
    fixture_free(&fixture);
}
END_TEST

START_TEST(bad_entries_are_bad_until_they_are_removed)
{
    char name[CACHE_NAME_SIZE + 16] = "cache/entries/";
    struct fixture fixture;
    struct cache_dir cache;

    fixture_make(&fixture, "x86_64");
    open_cache(&cache);

    struct cache_disk disk = {
        .place_fd = cache.place_fd, .dir_fd = cache.fd, .size_limit = 1 << 20};

    digest_hex(fixture.key, name + strlen(name));
    for (int i = 0; i < 6; i++) {
        unit_write(name, fixture.bytes, fixture.size);
        if (i == 0)
            ck_assert_int_eq(truncate(unit_path(name), (off_t)fixture.size - 1), 0);
        else if (i == 1)
            ck_assert_int_eq(truncate(unit_path(name), CACHE_ENTRY_MAX + 5), 0);
        else if (i == 2)
            unit_write(name, "", 0);
        else if (i == 3)
            ck_assert_int_eq(chmod(unit_path(name), 0666), 0);
        else if (i == 4)
            ck_assert_int_eq(rename(unit_path(name), unit_path("elsewhere")) ||
                                 symlink(unit_path("elsewhere"), unit_path(name)),
                             0);
        else
            ck_assert_int_eq(unlink(unit_path(name)) || mkfifo(unit_path(name), 0600), 0);
        ck_assert_int_eq(read_back(&cache, &fixture), CACHE_BAD);
        ck_assert_int_eq(read_back(&cache, &fixture), CACHE_BAD);
        cache_disk_remove(&disk, fixture.key);
        ck_assert_int_eq(read_back(&cache, &fixture), CACHE_MISS);
    }
    cache_disk_remove(&disk, fixture.key);
    cache_dir_clear(&cache);
    fixture_free(&fixture);
}
END_TEST

static size_t count_entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

START_TEST(the_oldest_go_first)
{
    static uint8_t bytes[4096];
    struct cache_dir cache;

    open_cache(&cache);

    struct cache_disk disk = {
        .place_fd = cache.place_fd, .dir_fd = cache.fd, .size_limit = 10 * sizeof(bytes)};

    for (uint8_t i = 0; i < 40; i++) {
        const struct timespec times[2] = {{1000 + i, 0}, {1000 + i, 0}};
        uint8_t key[DIGEST_SIZE] = {i};
        char name[CACHE_NAME_SIZE];

        ck_assert_int_eq(cache_disk_write(&disk, key, bytes, sizeof(bytes), CACHE_NEEDED, false),
                         0);
        digest_hex(key, name);
        ck_assert_int_eq(utimensat(cache.fd, name, times, 0), 0);
        ck_assert_uint_le(count_entries(unit_path("cache/entries")), 10);
    }
    for (uint8_t i = 0; i < 40; i++) {
        uint8_t key[DIGEST_SIZE] = {i};
        char name[CACHE_NAME_SIZE];

        digest_hex(key, name);
        if (i < 30)
            ck_assert_int_lt(faccessat(cache.fd, name, F_OK, 0), 0);
        if (i >= 32)
            ck_assert_int_eq(faccessat(cache.fd, name, F_OK, 0), 0);
    }
    cache_dir_clear(&cache);
}
END_TEST

static bool is_there(const struct cache_dir *cache, uint8_t number)
{
    const uint8_t key[DIGEST_SIZE] = {number};
    char name[CACHE_NAME_SIZE];

    digest_hex(key, name);
    return faccessat(cache->fd, name, F_OK, 0) == 0;
}

static int write_for(struct cache_disk *disk, uint8_t number, enum cache_use use)
{
    static const uint8_t bytes[4096];
    const uint8_t key[DIGEST_SIZE] = {number};

    return cache_disk_write(disk, key, bytes, sizeof(bytes), use, false);
}

static void use_at(const struct cache_dir *cache, uint8_t number, int64_t sec)
{
    const struct timespec times[2] = {{sec, 0}, {sec, 0}};
    const uint8_t key[DIGEST_SIZE] = {number};
    char name[CACHE_NAME_SIZE];

    digest_hex(key, name);
    ck_assert_int_eq(utimensat(cache->fd, name, times, 0), 0);
}

START_TEST(what_matters_more_stays)
{
    struct cache_dir cache;

    open_cache(&cache);

    struct cache_disk disk = {
        .place_fd = cache.place_fd, .dir_fd = cache.fd, .size_limit = 10 * 4096, .since = 1000};

    /* 0 to 3 are needed and oldest, 4 to 6 were asked for, 7 to 9 made ahead. */
    for (uint8_t i = 0; i < 10; i++) {
        const enum cache_use use = i < 4 ? CACHE_NEEDED : i < 7 ? CACHE_ASKED : CACHE_AHEAD;

        ck_assert_int_eq(write_for(&disk, i, use), CACHE_WRITTEN);
        use_at(&cache, i, 2000 + i);
    }
    /* Full: nothing that is made ahead gets in, however often. */
    for (uint8_t i = 20; i < 23; i++)
        ck_assert_int_eq(write_for(&disk, i, CACHE_AHEAD), CACHE_FULL);
    ck_assert_uint_eq(count_entries(unit_path("cache/entries")), 10);
    /* What is needed takes the place of others. */
    ck_assert_int_eq(write_for(&disk, 10, CACHE_NEEDED), CACHE_WRITTEN);
    for (uint8_t i = 0; i < 4; i++)
        ck_assert(is_there(&cache, i));
    ck_assert(!is_there(&cache, 4) && !is_there(&cache, 6) && is_there(&cache, 7));
    ck_assert_int_eq(write_for(&disk, 11, CACHE_ASKED), CACHE_WRITTEN);
    ck_assert_int_eq(write_for(&disk, 12, CACHE_ASKED), CACHE_WRITTEN);
    ck_assert(is_there(&cache, 7) && is_there(&cache, 12));
    /* A new look at all of them: what was not used since goes for anybody, needed or not. */
    for (uint8_t i = 11; i <= 12; i++)
        use_at(&cache, i, 5000);
    use_at(&cache, 0, 5000);
    disk.since = 4000;
    ck_assert_int_eq(write_for(&disk, 13, CACHE_AHEAD), CACHE_WRITTEN);
    ck_assert(is_there(&cache, 0) && is_there(&cache, 11) && is_there(&cache, 12));
    ck_assert(!is_there(&cache, 1));
    /* One that is removed makes room. */
    disk.since = 0;
    for (uint8_t i = 30; i < 40; i++)
        (void)write_for(&disk, i, CACHE_AHEAD);
    ck_assert_int_eq(write_for(&disk, 40, CACHE_AHEAD), CACHE_FULL);
    cache_disk_remove(&disk, (uint8_t[DIGEST_SIZE]){11});
    ck_assert_int_eq(write_for(&disk, 40, CACHE_AHEAD), CACHE_WRITTEN);
    ck_assert_uint_le(count_entries(unit_path("cache/entries")), 10);
    cache_dir_clear(&cache);
}
END_TEST

/* What is in a directory that is out of its place, nobody would read. */
START_TEST(nothing_is_written_out_of_place)
{
    static uint8_t bytes[4096];
    uint8_t key[DIGEST_SIZE] = {1};
    struct cache_dir cache;

    open_cache(&cache);

    struct cache_disk disk = {.place_fd = cache.place_fd, .dir_fd = -1, .size_limit = 1 << 20};

    ck_assert_int_eq(cache_disk_write(&disk, key, bytes, sizeof(bytes), CACHE_NEEDED, false),
                     -ESTALE);
    ck_assert_int_eq(cache_disk_open(&disk), 0);
    ck_assert_int_eq(cache_disk_write(&disk, key, bytes, sizeof(bytes), CACHE_NEEDED, false), 0);
    ck_assert_int_eq(rename(unit_path("cache/entries"), unit_path("cache/aside")), 0);
    ck_assert_int_eq(cache_disk_write(&disk, key, bytes, sizeof(bytes), CACHE_NEEDED, false),
                     -ESTALE);
    ck_assert_int_eq(cache_disk_open(&disk), 0);
    ck_assert_int_eq(cache_disk_write(&disk, key, bytes, sizeof(bytes), CACHE_NEEDED, false), 0);
    ck_assert_uint_eq(count_entries(unit_path("cache/entries")), 1);
    ck_assert_int_eq(rename(unit_path("cache/entries"), unit_path("cache/gone")), 0);
    ck_assert_int_eq(symlink("aside", unit_path("cache/entries")), 0);
    ck_assert_int_eq(cache_disk_open(&disk), -ENOTDIR);
    ck_assert_int_eq(cache_disk_write(&disk, key, bytes, sizeof(bytes), CACHE_NEEDED, false),
                     -ESTALE);
    cache_dir_clear(&cache);
}
END_TEST

START_TEST(leftovers_are_tidied_up)
{
    char old[CACHE_NAME_SIZE + 8] = "cache/";
    uint8_t key[DIGEST_SIZE] = {7};
    struct cache_dir cache;

    digest_hex(key, old + strlen(old));

    open_cache(&cache);
    unit_write_text("cache/entries/.new-123", "half an entry");
    unit_write_text("cache/entries/README", "somebody's");

    struct cache_disk disk = {.place_fd = cache.place_fd, .dir_fd = -1, .size_limit = 4096};

    unit_write_text(old, "an entry of an older version");
    unit_write_text("cache/README", "somebody's");
    ck_assert_int_eq(cache_disk_open(&disk), 0);
    ck_assert_int_lt(access(unit_path("cache/entries/.new-123"), F_OK), 0);
    ck_assert_int_eq(access(unit_path("cache/entries/README"), F_OK), 0);
    ck_assert_int_lt(access(unit_path(old), F_OK), 0);
    ck_assert_int_eq(access(unit_path("cache/README"), F_OK), 0);
    close(disk.dir_fd);
    cache_dir_clear(&cache);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "cache");

    tcase_add_test(tests, entries_survive_the_way);
    tcase_add_test(tests, refusals_survive_the_way);
    tcase_add_test(tests, every_changed_byte_is_noticed);
    tcase_add_test(tests, whole_entries_may_be_wrong);
    tcase_add_test(tests, each_part_of_a_key_counts);
    tcase_add_test(tests, frames_keep_parts_apart);
    tcase_add_test(tests, digests_are_sha256);
    tcase_add_test(tests, what_was_written_is_read);
    tcase_add_test(tests, bad_entries_are_bad_until_they_are_removed);
    tcase_add_test(tests, the_oldest_go_first);
    tcase_add_test(tests, what_matters_more_stays);
    tcase_add_test(tests, nothing_is_written_out_of_place);
    tcase_add_test(tests, leftovers_are_tidied_up);
    return unit_end(suite);
}
