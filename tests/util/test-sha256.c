/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256 against the standard's examples, and against nettle at every length around a block. */
#include "util/sha256.h"

#include <check.h>
#include <nettle/sha2.h>
#include <string.h>

#include "tests/suite.h"
#include "util/cleanup.h"
#include "util/hex.h"

static const struct {
    const char *text;
    const char *digest;
} examples[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

START_TEST(the_examples_of_the_standard)
{
    uint8_t digest[SHA256_SIZE];
    char hex[HEX_SIZE(SHA256_SIZE) + 1];

    sha256_of(examples[_i].text, strlen(examples[_i].text), digest);
    hex_encode(digest, sizeof(digest), hex);
    ck_assert_str_eq(hex, examples[_i].digest);
}
END_TEST

START_TEST(every_length_around_a_block)
{
    uint8_t bytes[300], digest[SHA256_SIZE], right[SHA256_SIZE];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        struct sha256_ctx context;

        sha256_init(&context);
        sha256_update(&context, len, bytes);
        sha256_digest(&context, sizeof(right), right);
        sha256_of(bytes, len, digest);
        ck_assert_mem_eq(digest, right, sizeof(right));
    }
    sha256_of(NULL, 0, digest);
    sha256_of("", 0, right);
    ck_assert_mem_eq(digest, right, sizeof(right));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sha256");
    TCase *tc = tcase_create("sha256");

    tcase_add_loop_test(tc, the_examples_of_the_standard, 0, ARRAY_SIZE(examples));
    tcase_add_test(tc, every_length_around_a_block);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
