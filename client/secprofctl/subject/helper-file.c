/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the filter in a secprof-helper, which can be of another machine: 32 or 64 bits, either byte
 * order. Every offset comes from the file and is checked where it is used.
 */
#include "client/secprofctl/subject/helper-file.h"

#include <elf.h>
#include <linux/filter.h>
#include <stdint.h>
#include <string.h>

#include "util/helper-note.h"

struct elf {
    const unsigned char *bytes;
    size_t len;
    bool wide;
    bool big_endian;
};

/* The number of SIZE bytes at the offset AT; 0, which is valid nowhere, outside of the file. */
static uint64_t number(const struct elf *elf, uint64_t at, size_t size)
{
    uint64_t value = 0;

    if (at > elf->len || elf->len - at < size)
        return 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)elf->bytes[at + i] << 8 * (elf->big_endian ? size - 1 - i : i);
    return value;
}

/* A member of a header, which has another place in each class. */
#define MEMBER(elf, at, type, member)                                   \
    ((elf)->wide ? number((elf), (at) + offsetof(Elf64_##type, member), \
                          sizeof(((Elf64_##type *)NULL)->member))       \
                 : number((elf), (at) + offsetof(Elf32_##type, member), \
                          sizeof(((Elf32_##type *)NULL)->member)))

/* The filter of the note at the offset AT that has SIZE bytes; NULL: it is another note. */
static const void *read_note(const struct elf *elf, uint64_t at, uint64_t size, size_t *filter_len)
{
    const struct helper_note *note;
    uint64_t n_insns;

    if (size < sizeof(*note) || at > elf->len || size > elf->len - at)
        return NULL;
    n_insns = number(elf, at + offsetof(struct helper_note, n_insns), sizeof(note->n_insns));
    *filter_len = (size_t)n_insns * sizeof(struct sock_filter);
    if (number(elf, at, 4) != HELPER_NOTE_NAME_SIZE ||
        number(elf, at + offsetof(struct helper_note, type), 4) != HELPER_NOTE_TYPE ||
        memcmp(elf->bytes + at + offsetof(struct helper_note, name), HELPER_NOTE_NAME,
               HELPER_NOTE_NAME_SIZE) != 0 ||
        number(elf, at + offsetof(struct helper_note, desc_size), 4) !=
            HELPER_NOTE_FIXED + *filter_len ||
        n_insns == 0 || n_insns > HELPER_NOTE_MAX_INSNS || size != sizeof(*note) + *filter_len)
        return NULL;
    return elf->bytes + at + sizeof(*note);
}

bool helper_file_read(const void *bytes, size_t len, const void **filter, size_t *filter_len)
{
    struct elf elf = {.bytes = bytes, .len = len};
    uint64_t table, n, size;

    *filter = NULL;
    if (len < sizeof(Elf32_Ehdr) || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        return false;
    elf.wide = elf.bytes[EI_CLASS] == ELFCLASS64;
    elf.big_endian = elf.bytes[EI_DATA] == ELFDATA2MSB;
    table = MEMBER(&elf, 0, Ehdr, e_phoff);
    size = MEMBER(&elf, 0, Ehdr, e_phentsize);
    n = MEMBER(&elf, 0, Ehdr, e_phnum);
    if (table > len)
        return true;
    for (uint64_t i = 0; i < n && !*filter; i++) {
        uint64_t at = table + i * size;

        if (MEMBER(&elf, at, Phdr, p_type) == PT_NOTE)
            *filter = read_note(&elf, MEMBER(&elf, at, Phdr, p_offset),
                                MEMBER(&elf, at, Phdr, p_filesz), filter_len);
    }
    return true;
}
