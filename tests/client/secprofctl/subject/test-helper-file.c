/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/secprofctl/subject/helper-file.c: helpers of each class and byte order, and
 * broken ones.
 */
#include "config.h"

#include "client/secprofctl/subject/helper-file.h"

#include <check.h>
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "util/helper-note.h"

enum {
    CODE = 24, /* three instructions */
};

/* A file that is being made. */
struct file {
    unsigned char bytes[512];
    size_t len;
    bool wide;
    bool big_endian;
};

static void put(struct file *file, size_t at, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++)
        file->bytes[at + i] = (unsigned char)(value >> 8 * (file->big_endian ? size - 1 - i : i));
}

#define PUT(file, at, type, member, value)                               \
    ((file)->wide ? put((file), (at) + offsetof(Elf64_##type, member),   \
                        sizeof(((Elf64_##type *)NULL)->member), (value)) \
                  : put((file), (at) + offsetof(Elf32_##type, member),   \
                        sizeof(((Elf32_##type *)NULL)->member), (value)))

/* The I-th of the two segments: something, and the note. */
static size_t segment(const struct file *file, size_t i)
{
    return file->wide ? sizeof(Elf64_Ehdr) + i * sizeof(Elf64_Phdr)
                      : sizeof(Elf32_Ehdr) + i * sizeof(Elf32_Phdr);
}

static size_t note_at(const struct file *file)
{
    return segment(file, 2);
}

static void make(struct file *file, bool wide, bool big_endian)
{
    size_t at;

    *file = (struct file){.wide = wide, .big_endian = big_endian};
    at = note_at(file);
    memcpy(file->bytes, ELFMAG, SELFMAG);
    file->bytes[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
    file->bytes[EI_DATA] = big_endian ? ELFDATA2MSB : ELFDATA2LSB;
    PUT(file, 0, Ehdr, e_phoff, segment(file, 0));
    PUT(file, 0, Ehdr, e_phentsize, segment(file, 1) - segment(file, 0));
    PUT(file, 0, Ehdr, e_phnum, 2);
    PUT(file, segment(file, 0), Phdr, p_type, PT_LOAD);
    PUT(file, segment(file, 1), Phdr, p_type, PT_NOTE);
    PUT(file, segment(file, 1), Phdr, p_offset, at);
    PUT(file, segment(file, 1), Phdr, p_filesz, sizeof(struct helper_note) + CODE);
    put(file, at, 4, HELPER_NOTE_NAME_SIZE);
    put(file, at + 4, 4, HELPER_NOTE_FIXED + CODE);
    put(file, at + 8, 4, HELPER_NOTE_TYPE);
    memcpy(file->bytes + at + 12, HELPER_NOTE_NAME, HELPER_NOTE_NAME_SIZE);
    put(file, at + 24, 4, CODE / 8);
    for (size_t i = 0; i < CODE; i++)
        file->bytes[at + 28 + i] = (unsigned char)(i + 1);
    file->len = at + 28 + CODE;
}

/* Reads FILE from memory of its very size, so that the sanitizers see each byte too many. */
static bool has_filter(const struct file *file)
{
    unsigned char *copy = malloc(file->len ? file->len : 1);
    const void *filter;
    size_t len = 0;

    memcpy(copy, file->bytes, file->len);

    bool is_elf = helper_file_read(copy, file->len, &filter, &len);

    ck_assert(is_elf || !filter);
    if (filter) {
        ck_assert_uint_eq(len, CODE);
        ck_assert_mem_eq(filter, file->bytes + file->len - CODE, CODE);
    }
    free(copy);
    return filter != NULL;
}

/* Loop: each class and byte order. */
START_TEST(every_machine_is_read)
{
    struct file file;

    make(&file, _i & 1, _i & 2);
    ck_assert(has_filter(&file));
}
END_TEST

START_TEST(a_cut_file_has_none)
{
    struct file file;
    size_t whole;

    make(&file, _i & 1, _i & 2);
    whole = file.len;
    for (file.len = 0; file.len < whole; file.len++)
        ck_assert(!has_filter(&file));
}
END_TEST

START_TEST(a_wrong_file_has_none)
{
    static const struct {
        size_t at; /* in the note */
        uint32_t value;
    } wrong[] = {{0, 12},    {4, HELPER_NOTE_FIXED}, {4, UINT32_MAX}, {8, 1}, {24, 0}, {24, 2},
                 {24, 4097}, {24, UINT32_MAX}};
    static const uint64_t far[] = {4, UINT32_MAX, UINT64_MAX, UINT64_MAX - 8};
    struct file file;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        make(&file, _i & 1, _i & 2);
        put(&file, note_at(&file) + wrong[i].at, 4, wrong[i].value);
        ck_assert_msg(!has_filter(&file), "%zu", i);
    }
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        make(&file, _i & 1, _i & 2);
        PUT(&file, segment(&file, 1), Phdr, p_offset, far[i]);
        ck_assert_msg(!has_filter(&file), "%zu", i);
        make(&file, _i & 1, _i & 2);
        PUT(&file, segment(&file, 1), Phdr, p_filesz, far[i]);
        ck_assert_msg(!has_filter(&file), "%zu", i);
        make(&file, _i & 1, _i & 2);
        PUT(&file, 0, Ehdr, e_phoff, far[i]);
        ck_assert_msg(!has_filter(&file), "%zu", i);
    }
    make(&file, _i & 1, _i & 2);
    file.bytes[note_at(&file) + 12]++;
    ck_assert(!has_filter(&file));
    make(&file, _i & 1, _i & 2);
    PUT(&file, segment(&file, 1), Phdr, p_type, PT_LOAD);
    ck_assert(!has_filter(&file));
    make(&file, _i & 1, _i & 2);
    file.bytes[0] = 0;
    ck_assert(!has_filter(&file));
    /* One that has no note, and says of as many segments as there can be. */
    PUT(&file, 0, Ehdr, e_phnum, UINT16_MAX);
    file.bytes[0] = ELFMAG0;
    PUT(&file, 0, Ehdr, e_phentsize, 0);
    ck_assert(!has_filter(&file));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("helper-file");
    TCase *tcase = tcase_create("helper-file");

    tcase_add_loop_test(tcase, every_machine_is_read, 0, 4);
    tcase_add_loop_test(tcase, a_cut_file_has_none, 0, 4);
    tcase_add_loop_test(tcase, a_wrong_file_has_none, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
