/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs one fuzz target (FUZZ_TARGET, its name) on each input of its corpus: one Check test for each
 * file, called like the file, in a process of its own. A corpus without inputs is a failure.
 */
#include <check.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"
#include "tests/suite.h"
#include "util/cleanup.h"

#define CORPUS TOP_SRCDIR "/tests/fuzz/corpus/" FUZZ_TARGET

/* The directory's entries; tests find theirs by its number. */
static struct dirent **inputs;
static int n_inputs;

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

START_TEST(corpus_has_inputs)
{
    ck_assert_msg(n_inputs > 0, "there are no inputs in %s", CORPUS);
}
END_TEST

START_TEST(input)
{
    char path[4096];
    cleanup_fclose FILE *file = NULL;
    cleanup_free uint8_t *bytes = NULL;
    struct stat status;
    size_t size;

    snprintf(path, sizeof(path), "%s/%s", CORPUS, inputs[_i]->d_name);
    file = fopen(path, "re");
    ck_assert_msg(file && fstat(fileno(file), &status) == 0, "%s: %m", path);
    size = (size_t)status.st_size;
    /* Of exactly its size, so that the sanitizers see what reads past its end. */
    bytes = malloc(size ? size : 1);
    ck_assert_msg(fread(bytes, 1, size, file) == size, "%s cannot be read", path);
    ck_assert_int_eq(LLVMFuzzerTestOneInput(bytes, size), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fuzz-" FUZZ_TARGET);
    TCase *corpus = tcase_create("corpus");
    int status;

    n_inputs = scandir(CORPUS, &inputs, is_input, alphasort);
    tcase_add_test(corpus, corpus_has_inputs);
    suite_add_tcase(suite, corpus);
    for (int i = 0; i < n_inputs; i++) {
        TCase *tcase = tcase_create(inputs[i]->d_name);

        tcase_add_loop_test(tcase, input, i, i + 1);
        suite_add_tcase(suite, tcase);
    }
    status = suite_run(suite);
    for (int i = 0; i < n_inputs; i++)
        free(inputs[i]);
    free(inputs);
    return status;
}
