/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Good profiles with random damage: the parser must take each or refuse it with a reason, and a
 * reason is printable. SECPROF_RANDOM_PROFILES sets the number of damaged texts.
 */
#include <check.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "tests/compiler/random-profile.h"
#include "tests/suite.h"
#include "util/cleanup.h"

enum {
    MUTATIONS = 5000,
    TEXT_MAX = 16 * 1024,
    HITS_MAX = 4, /* damages to one text */
};

static const char *const files[] = {"everything.json", "oci-config.json", "docker.json"};

static const char *const pieces[] = {
    "\"",        "{",         "}",         "[",
    "]",         ",",         ":",         "null",
    "-1",        "1e9",       "0.5",       "true",
    "//",        "\n",        " ",         "18446744073709551616",
    "\\u0000",   "\\ud800",   "\xff",      "\x01",
    "\x7f",      "\xc3\xa9",  "\"names\"", "\"op\"",
    "\"index\"", "\"errno\"",
};

/* Cuts LEN bytes at AT out of the text of *N bytes, and puts PIECE there. */
static void splice(char *text, size_t *n, size_t at, size_t len, const char *piece)
{
    size_t more = strlen(piece);

    len = len > *n - at ? *n - at : len;
    memmove(text + at + more, text + at + len, *n - at - len);
    memcpy(text + at, piece, more);
    *n += more - len;
}

static void damage(char *text, size_t *n, struct random_source *random)
{
    for (uint32_t hits = 1 + random_below(random, HITS_MAX); hits && *n; hits--) {
        size_t at = random_below(random, (uint32_t)*n);
        const char *piece = pieces[random_below(random, ARRAY_SIZE(pieces))];

        switch (random_below(random, 5)) {
        case 0:
            text[at] = (char)random_below(random, 256);
            break;
        case 1:
            splice(text, n, at, 1 + random_below(random, 12), "");
            break;
        case 2:
            splice(text, n, at, random_below(random, 6), piece);
            break;
        case 3:
            splice(text, n, at, 0, piece);
            break;
        default:
            *n = random_below(random, 8) ? *n : at;
            break;
        }
    }
}

static void parse(const char *text, size_t n, uint64_t seed)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    /* A copy of exactly its size, so that valgrind and the sanitizers see reads past its end. */
    cleanup_free char *exact = malloc(n ? n : 1);
    struct diags diags;
    struct profile profile;

    memcpy(exact, text, n);
    diags_init(&diags, &arena);

    int r = profile_parse(&profile, exact, n, &arena, &diags);

    ck_assert_msg(r == (diags.n_errors ? -EINVAL : 0), "seed %lu: %d, %zu errors",
                  (unsigned long)seed, r, diags.n_errors);
    for (const char *c = diags_render(&diags, &arena, "f"); *c; c++)
        ck_assert_msg(*c == '\n' || !iscntrl((unsigned char)*c), "seed %lu", (unsigned long)seed);
}

START_TEST(damaged_profiles)
{
    const char *number = getenv("SECPROF_RANDOM_PROFILES");
    uint64_t n_mutations = number ? strtoull(number, NULL, 10) : MUTATIONS;
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *path = arena_printf(&arena, "%s/parse/%s", TEST_DATA, files[_i]);
    cleanup_fclose FILE *file = fopen(path, "re");
    char good[TEXT_MAX], text[2 * TEXT_MAX];

    ck_assert_msg(file, "%s: %m", path);

    size_t len = fread(good, 1, sizeof(good), file);

    ck_assert_uint_gt(len, 0);
    for (uint64_t seed = 1; seed <= n_mutations; seed++) {
        struct random_source random = random_begin(seed);
        size_t n = len;

        memcpy(text, good, len);
        damage(text, &n, &random);
        parse(text, n, seed);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profile-mutations");
    TCase *tc = tcase_create("profile-mutations");

    tcase_set_timeout(tc, 0);
    tcase_add_loop_test(tc, damaged_profiles, 0, ARRAY_SIZE(files));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
