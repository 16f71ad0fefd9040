/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Appends a filter to secprof-helper. The place is found by the structure of the ELF file: its one
 * PT_NOTE segment, which has to be the end of the file's last PT_LOAD segment, so that what follows
 * it in the file follows it in memory. Whatever is otherwise than client/helper/helper.ld lays it
 * out is refused.
 */
#include "daemon/serve/helper-image.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/filters/store.h"
#include "protocol/protocol.h"
#include "util/helper-note.h"

static_assert(sizeof(struct helper_note) == 3 * 4 + HELPER_NOTE_NAME_SIZE + HELPER_NOTE_FIXED,
              "helper_note");
static_assert((int)HELPER_NOTE_MAX_INSNS == (int)WIRE_MAX_INSNS, "one limit");

enum {
    NATIVE_CLASS = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32,
    NATIVE_DATA = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB,
    PROGRAM_HEADERS_MAX = 16,
};

struct template
{
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[PROGRAM_HEADERS_MAX];
    ElfW(Phdr) * note; /* among SEGMENTS */
    ElfW(Phdr) * last; /* the PT_LOAD that ends with it */
    size_t end;        /* of that segment in the file, and of all that is loaded */
};

static bool read_headers(struct template *t, const uint8_t *bytes, size_t size)
{
    size_t table;

    if (size < sizeof(t->header))
        return false;
    memcpy(&t->header, bytes, sizeof(t->header));
    table = (size_t)t->header.e_phnum * sizeof(t->segments[0]);
    if (memcmp(t->header.e_ident, ELFMAG, SELFMAG) != 0 ||
        t->header.e_ident[EI_CLASS] != NATIVE_CLASS || t->header.e_ident[EI_DATA] != NATIVE_DATA ||
        t->header.e_type != ET_EXEC || t->header.e_phentsize != sizeof(t->segments[0]) ||
        t->header.e_phnum > PROGRAM_HEADERS_MAX || t->header.e_phoff > size ||
        size - t->header.e_phoff < table)
        return false;
    memcpy(t->segments, bytes + t->header.e_phoff, table);
    return true;
}

/* True where SEGMENT lies whole in a file of SIZE bytes, and has as much in memory. */
static bool is_all_in_file(const ElfW(Phdr) * segment, size_t size)
{
    return segment->p_offset <= size && segment->p_filesz <= size - segment->p_offset &&
           segment->p_memsz == segment->p_filesz &&
           segment->p_vaddr <= UINTPTR_MAX - segment->p_memsz;
}

/* Finds the note and the segment that it is the end of; false where it is not as it should be. */
static bool find_note(struct template *t, size_t size)
{
    for (size_t i = 0; i < t->header.e_phnum; i++) {
        ElfW(Phdr) *segment = &t->segments[i];

        if (segment->p_type == PT_INTERP || segment->p_type == PT_DYNAMIC)
            return false;
        if (segment->p_type != PT_NOTE && segment->p_type != PT_LOAD)
            continue;
        if (!is_all_in_file(segment, size))
            return false;
        if (segment->p_type == PT_NOTE) {
            if (t->note)
                return false;
            t->note = segment;
        } else if (!t->last || segment->p_offset + segment->p_filesz > t->end) {
            t->last = segment;
            t->end = segment->p_offset + segment->p_filesz;
        }
    }
    if (!t->note || !t->last)
        return false;
    /* Nothing may be loaded behind it, in memory neither. */
    for (size_t i = 0; i < t->header.e_phnum; i++)
        if (t->segments[i].p_type == PT_LOAD && t->segments[i].p_vaddr > t->last->p_vaddr)
            return false;
    return t->header.e_phoff + t->header.e_phnum * sizeof(t->segments[0]) <= t->end &&
           t->note->p_filesz == sizeof(struct helper_note) &&
           t->note->p_offset + t->note->p_filesz == t->end &&
           t->note->p_offset >= t->last->p_offset &&
           t->note->p_vaddr - t->last->p_vaddr == t->note->p_offset - t->last->p_offset;
}

static bool read_template(struct template *t, const uint8_t *bytes, size_t size,
                          struct helper_note *note)
{
    *t = (struct template){0};
    if (!read_headers(t, bytes, size) || !find_note(t, size))
        return false;
    memcpy(note, bytes + t->note->p_offset, sizeof(*note));
    return note->name_size == HELPER_NOTE_NAME_SIZE && note->desc_size == HELPER_NOTE_FIXED &&
           note->type == HELPER_NOTE_TYPE &&
           memcmp(note->name, HELPER_NOTE_NAME, HELPER_NOTE_NAME_SIZE) == 0 &&
           note->filter_flags == 0 && note->n_insns == 0;
}

ssize_t helper_build(uint8_t *out, const uint8_t *template, size_t size,
                     const struct filter_bytes *filter)
{
    size_t added = (size_t)filter->n_insns * WIRE_INSN_SIZE;
    struct helper_note note;
    struct template t;

    if (filter->n_insns == 0 || filter->n_insns > WIRE_MAX_INSNS)
        return -EINVAL;
    if (!read_template(&t, template, size, &note))
        return -ENOEXEC;
    note.filter_flags = filter->flags;
    note.n_insns = filter->n_insns;
    note.desc_size += (uint32_t)added;
    t.note->p_filesz += added;
    t.note->p_memsz += added;
    t.last->p_filesz += added;
    t.last->p_memsz += added;
    /* What is not loaded (symbols, the section table) is left out. */
    t.header.e_shoff = 0;
    t.header.e_shnum = 0;
    t.header.e_shstrndx = SHN_UNDEF;
    memcpy(out, template, t.end);
    memcpy(out + t.header.e_phoff, t.segments, t.header.e_phnum * sizeof(t.segments[0]));
    memcpy(out, &t.header, sizeof(t.header));
    memcpy(out + t.note->p_offset, &note, sizeof(note));
    memcpy(out + t.end, filter->bytes, added);
    return (ssize_t)(t.end + added);
}
