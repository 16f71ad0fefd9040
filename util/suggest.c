/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The distance of words, as Damerau and Levenshtein count it (optimal string alignment). */
#include "util/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
    WORD_MAX = 64,        /* longer words get no suggestion */
    LETTERS_PER_SLIP = 3, /* a word of 2 to 4 letters may have one slip, of 5 to 7 two, … */
};

struct suggestion suggest_begin(const char *word)
{
    return (struct suggestion){.word = word, .distance = SIZE_MAX};
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

/* The case does not count. Both words have at most WORD_MAX letters. */
static size_t word_distance(const char *a, size_t len_a, const char *b, size_t len_b)
{
    size_t rows[3][WORD_MAX + 1]; /* row I is kept in I % 3 */

    for (size_t k = 0; k <= len_b; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= len_a; i++) {
        const size_t *above = rows[(i + 2) % 3];
        size_t *row = rows[i % 3];

        row[0] = i;
        for (size_t k = 1; k <= len_b; k++) {
            size_t change = lower(a[i - 1]) != lower(b[k - 1]);

            row[k] = smallest(above[k] + 1, row[k - 1] + 1, above[k - 1] + change);
            if (i > 1 && k > 1 && lower(a[i - 1]) == lower(b[k - 2]) &&
                lower(a[i - 2]) == lower(b[k - 1]))
                row[k] = smallest(row[k], rows[(i + 1) % 3][k - 2] + 1, SIZE_MAX);
        }
    }
    return rows[len_a % 3][len_b];
}

/*
 * The length of what two words of one family share: "SCMP_ACT_" of SCMP_ACT_LOG and SCMP_ACT_ALLOW.
 * It says nothing about how close they are.
 */
static size_t family_length(const char *a, const char *b)
{
    size_t family = 0;

    for (size_t i = 0; a[i] && lower(a[i]) == lower(b[i]); i++)
        if (a[i] == '_')
            family = i + 1;
    return family;
}

/* True if CANDIDATE is WORD with the prefix of a family: "CAP_KILL" for "kill". */
static bool lacks_family(const char *word, const char *candidate)
{
    size_t len = strlen(word), len_candidate = strlen(candidate);

    return len_candidate > len && candidate[len_candidate - len - 1] == '_' &&
           !strcasecmp(candidate + len_candidate - len, word);
}

void suggest_offer(struct suggestion *suggestion, const char *candidate)
{
    const char *word = suggestion->word;
    size_t distance;

    if (!candidate || !*word || strlen(word) > WORD_MAX || strlen(candidate) > WORD_MAX)
        return;
    if (lacks_family(word, candidate)) {
        distance = 1;
    } else {
        size_t family = family_length(word, candidate);
        size_t len = strlen(word) - family, len_candidate = strlen(candidate) - family;
        size_t longer = len > len_candidate ? len : len_candidate;
        distance = word_distance(word + family, len, candidate + family, len_candidate);
        if (distance >= longer || distance > (longer + 1) / LETTERS_PER_SLIP)
            return;
    }
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->best = candidate;
    }
}
