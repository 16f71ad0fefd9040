/* The distance of words, as Damerau and Levenshtein count it (optimal string alignment). */
#include "compiler/suggest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum {
    WORD_MAX = 64, /* longer words get no suggestion */
    LETTERS_PER_SLIP = 3,
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

void suggest_offer(struct suggestion *suggestion, const char *candidate)
{
    size_t len = strlen(suggestion->word);
    size_t len_candidate = candidate ? strlen(candidate) : 0;

    if (len == 0 || len_candidate == 0 || len > WORD_MAX || len_candidate > WORD_MAX)
        return;

    size_t longer = len > len_candidate ? len : len_candidate;
    size_t distance = word_distance(suggestion->word, len, candidate, len_candidate);

    if (distance <= (longer + LETTERS_PER_SLIP - 1) / LETTERS_PER_SLIP && distance < longer &&
        distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->best = candidate;
    }
}
