/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Did you mean": the candidate that a misspelt word is closest to. */
#ifndef UTIL_SUGGEST_H
#define UTIL_SUGGEST_H

#include <stddef.h>

struct suggestion {
    const char *word;
    const char *best; /* NULL: no candidate is close */
    size_t distance;  /* between WORD and BEST: letters added, left out, changed or swapped */
};

/* Begins a search for a word close to WORD (borrowed). */
struct suggestion suggest_begin(const char *word);

/* Offers CANDIDATE (borrowed; NULL is ignored). It counts if it differs in a few letters or in case
 * only. */
void suggest_offer(struct suggestion *suggestion, const char *candidate);

#endif
