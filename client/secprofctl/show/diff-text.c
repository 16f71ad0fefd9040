/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The differences of two filters for people. Each difference of one ABI becomes an entry; entries
 * of several ABIs that say the same are one.
 */
#include "config.h"

#include "client/secprofctl/show/diff-text.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/show/example.h"
#include "client/secprofctl/show/format.h"
#include "client/secprofctl/show/output.h"
#include "client/secprofctl/show/text.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/verdict.h"
#include "compiler/prove/bdd-outcomes.h"
#include "compiler/questions/compare.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    SPANS_SHOWN = 4,         /* of numbers without a name; the JSON has all */
    LARGE_NUMBER = 0x100000, /* from here on in hex */
};

/* What differs, once for all ABIs where it does so. */
struct entry {
    abi_set abis;
    const struct change_part *foreign; /* architectures that are not the target's, or NULL */
    const char *pair; /* "A ALLOW, B LOG" of a call, whatever its arguments; NULL: by arguments */
    const char *text; /* the call's name; all lines about it where PAIR is NULL */
    bool printed;
};

/* How a call differs, as bits: for some arguments. */
enum {
    A_ALLOWS = 1,
    A_DENIES = 2,
    OTHERWISE = 4,
};

struct named {
    const char *name;
    unsigned int how;
};

struct page {
    const struct diff_shown *shown;
    struct entry *entries;
    size_t n_entries;
    size_t entries_room;
    struct named *calls; /* of all ABIs, each name once */
    size_t n_calls;
    size_t calls_room;
};

static const char *verdict(const struct page *page, uint32_t value)
{
    const char *text = verdict_text_on_abi(page->shown->arena, value, page->shown->target->abis[0]);

    return text ? text : "?";
}

static int add_entry(struct page *page, const struct change_part *part, const char *pair,
                     const char *text)
{
    abi_set abi = part->abi ? (abi_set)1 << part->abi->id : 0;
    const struct change_part *foreign = part->abi ? NULL : part;

    if (!text)
        return -ENOMEM;
    for (size_t i = 0; i < page->n_entries; i++) {
        struct entry *entry = &page->entries[i];

        if (entry->foreign == foreign && !entry->pair == !pair && !strcmp(entry->text, text) &&
            (!pair || !strcmp(entry->pair, pair))) {
            entry->abis |= abi;
            return 0;
        }
    }
    if (arena_grow(page->shown->arena, &page->entries, page->n_entries, &page->entries_room,
                   sizeof(*page->entries)) < 0)
        return -ENOMEM;
    page->entries[page->n_entries++] =
        (struct entry){.abis = abi, .foreign = foreign, .pair = pair, .text = text};
    return 0;
}

static int count_call(struct page *page, const char *name, unsigned int how)
{
    for (size_t i = 0; i < page->n_calls; i++)
        if (!strcmp(page->calls[i].name, name)) {
            page->calls[i].how |= how;
            return 0;
        }
    if (arena_grow(page->shown->arena, &page->calls, page->n_calls, &page->calls_room,
                   sizeof(*page->calls)) < 0)
        return -ENOMEM;
    page->calls[page->n_calls++] = (struct named){.name = name, .how = how};
    return 0;
}

/* True where VERDICT lets a call happen. */
static bool is_open(uint32_t verdict)
{
    return verdict_compare(verdict, SECCOMP_RET_LOG) >= 0;
}

static unsigned int how_differs(const struct bdd_outcomes *outcomes)
{
    unsigned int how = 0;

    for (size_t i = 0; i < outcomes->n; i++) {
        bool a = is_open(outcomes->items[i].a);
        bool b = is_open(outcomes->items[i].b);

        how |= a == b ? OTHERWISE : a ? A_ALLOWS : A_DENIES;
    }
    return how;
}

static void put_number(FILE *file, uint32_t nr)
{
    fprintf(file, nr < LARGE_NUMBER ? "%" PRIu32 : "%#" PRIx32, nr);
}

static void put_unnamed(FILE *file, const struct change *change)
{
    uint64_t count = 0;

    for (size_t i = 0; i < change->n_unnamed; i++)
        count += (uint64_t)change->unnamed[i].last - change->unnamed[i].first + 1;
    fprintf(file, "%" PRIu64 " number%s without a name (", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < change->n_unnamed && i < SPANS_SHOWN; i++) {
        const struct nr_span *span = &change->unnamed[i];

        fputs(i > 0 ? ", " : "", file);
        put_number(file, span->first);
        if (span->last != span->first) {
            fputs(" to ", file);
            put_number(file, span->last);
        }
    }
    fputs(change->n_unnamed > SPANS_SHOWN ? ", …)" : ")", file);
}

static void put_words(FILE *file, unsigned int words)
{
    const char *between = "by argument ";

    for (unsigned int i = 0; i < 6; i++)
        if (words >> i & 1) {
            fprintf(file, "%s%u", between, i);
            between = ", ";
        }
    if (words >> (BDD_WORDS - 1) & 1)
        fputs(words == 1u << (BDD_WORDS - 1) ? "by instruction pointer" : ", instruction pointer",
              file);
}

/* What PUT writes of CHANGE of PART, in the arena; NULL: no memory. */
static const char *written(struct page *page, const struct change_part *part,
                           const struct change *change,
                           void (*put)(FILE *file, struct page *page,
                                       const struct change_part *part, const struct change *change))
{
    cleanup_free char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    put(file, page, part, change);
    if (fclose(file) != 0)
        return NULL;
    return arena_strndup(page->shown->arena, text, size);
}

static void put_numbers(FILE *file, struct page *page, const struct change_part *part,
                        const struct change *change)
{
    (void)page;
    (void)part;
    put_unnamed(file, change);
}

/* A change by arguments: the calls, and an example for each pair of answers. */
static void put_by_arguments(FILE *file, struct page *page, const struct change_part *part,
                             const struct change *change)
{
    const struct bdd_outcomes *outcomes = &change->outcomes;
    const char *between = "";

    fputs("  ", file);
    put_words(file, outcomes->words);
    fputs(": ", file);
    for (size_t i = 0; i < change->n_calls; i++) {
        fprintf(file, "%s%s", between, change->calls[i].name);
        between = ", ";
    }
    if (change->n_unnamed) {
        fputs(between, file);
        put_unnamed(file, change);
    }
    fputc('\n', file);
    for (size_t i = 0; i < outcomes->n; i++) {
        const struct bdd_outcome *outcome = &outcomes->items[i];
        struct seccomp_data data =
            example_data(part->arch, change_first_nr(change), outcome->words);

        fputs("    ", file);
        example_print(file, page->shown->arena, part->abi,
                      change->n_calls ? change->calls[0].name : NULL, &data);
        fprintf(file, ": A %s, B %s\n", verdict(page, outcome->a), verdict(page, outcome->b));
    }
    if (outcomes->more)
        fputs("    and more pairs of answers\n", file);
}

static int add_change(struct page *page, const struct change_part *part,
                      const struct change *change)
{
    unsigned int how = how_differs(&change->outcomes);
    const char *pair;
    int r = 0;

    for (size_t i = 0; r == 0 && i < change->n_calls; i++)
        r = count_call(page, change->calls[i].name, how);
    if (r != 0)
        return r;
    if (!change_is_plain(page->shown->bdd, change))
        return add_entry(page, part, NULL, written(page, part, change, put_by_arguments));
    pair =
        arena_printf(page->shown->arena, "A %s, B %s", verdict(page, change->outcomes.items[0].a),
                     verdict(page, change->outcomes.items[0].b));
    if (!pair)
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < change->n_calls; i++)
        r = add_entry(page, part, pair, change->calls[i].name);
    if (r == 0 && change->n_unnamed)
        r = add_entry(page, part, pair, written(page, part, change, put_numbers));
    return r;
}

/* "A allows 2 calls more and denies 40 more; 3 get another answer." */
static void print_sentence(const struct page *page)
{
    size_t more = 0;
    size_t fewer = 0;
    size_t otherwise = 0;
    const char *between = "";

    for (size_t i = 0; i < page->n_calls; i++) {
        more += (page->calls[i].how & A_ALLOWS) != 0;
        fewer += (page->calls[i].how & A_DENIES) != 0;
        otherwise += page->calls[i].how == OTHERWISE;
    }
    if (page->shown->changes->n_parts == 0) {
        puts(page->shown->subset ? "A allows nothing that B does not"
                                 : "A and B give the same answer to every call");
        return;
    }
    if (page->n_calls == 0) {
        puts("A and B differ for calls without a name only");
        return;
    }
    printf("A ");
    if (more) {
        printf("allows %zu call%s more", more, more == 1 ? "" : "s");
        between = " and ";
    }
    if (fewer) {
        printf("%sdenies %zu%s more", between, fewer, more ? "" : fewer > 1 ? " calls" : " call");
    }
    if (otherwise && (more || fewer))
        printf("; %zu %s another answer", otherwise, otherwise == 1 ? "gets" : "get");
    else if (otherwise)
        printf("and B answer %zu call%s differently, and allow the same", otherwise,
               otherwise == 1 ? "" : "s");
    putchar('\n');
}

static void print_flags(const char *side, const struct diff_side *of)
{
    cleanup_free char *flags = format_flags(of->flags, ", ", "none");

    printf("%s %s", side, flags ? flags : "?");
}

/* The names of the group that ENTRY is in. */
static void print_group(const struct page *page, const struct entry *entry)
{
    const struct target *target = page->shown->target;
    const struct change_part *part = entry->foreign;
    const char *between = "";

    putchar('\n');
    for (size_t i = 0; !part && i < target->n_abis; i++)
        if (entry->abis & (abi_set)1 << target->abis[i]) {
            printf("%s%s", between, abi_get(target->abis[i])->name);
            between = ", ";
        }
    if (part && part->arch == 0 && part->arch_last == UINT32_MAX)
        printf("every architecture");
    else if (part)
        printf("architectures that are not the target's (%#x to %#x%s)", part->arch,
               part->arch_last, part->more_archs ? " and others" : "");
    puts(page->shown->subset ? ": A is weaker" : "");
}

/* Prints the entries like FIRST, calls with the same two answers. */
static void print_pair(struct page *page, const struct entry *first)
{
    struct text_line line = text_line_begin(stdout, 4, output_width());

    text_line_add(&line, "  ");
    text_line_add(&line, first->pair);
    text_line_add(&line, ":");
    for (struct entry *entry = page->entries; entry < page->entries + page->n_entries; entry++) {
        if (entry->printed || !entry->pair || entry->abis != first->abis ||
            entry->foreign != first->foreign || strcmp(entry->pair, first->pair) != 0)
            continue;
        text_line_item(&line, entry == first ? "" : ",", entry->text);
        entry->printed = true;
    }
    text_line_end(&line);
}

static void print_entries(struct page *page)
{
    for (size_t i = 0; i < page->n_entries; i++) {
        const struct entry *group = &page->entries[i];

        if (group->printed)
            continue;
        print_group(page, group);
        for (size_t k = i; k < page->n_entries; k++) {
            struct entry *entry = &page->entries[k];

            if (entry->printed || entry->abis != group->abis || entry->foreign != group->foreign)
                continue;
            if (entry->pair)
                print_pair(page, entry);
            else
                fputs(entry->text, stdout);
            entry->printed = true;
        }
    }
}

int diff_text_print(const struct diff_shown *shown)
{
    struct page page = {.shown = shown};
    int r = 0;

    for (size_t i = 0; r == 0 && i < shown->changes->n_parts; i++) {
        const struct change_part *part = &shown->changes->parts[i];

        for (size_t k = 0; r == 0 && k < part->n_changes; k++)
            r = add_change(&page, part, &part->changes[k]);
    }
    if (r != 0)
        return r;
    print_sentence(&page);
    printf("A  ");
    text_print(stdout, shown->a.text);
    printf("\nB  ");
    text_print(stdout, shown->b.text);
    printf("\nfor %s\n", shown->target->name);
    if (shown->a.flags_known && shown->b.flags_known && shown->a.flags != shown->b.flags) {
        printf("flags: ");
        print_flags("A", &shown->a);
        print_flags("; B", &shown->b);
        putchar('\n');
    }
    print_entries(&page);
    return 0;
}
