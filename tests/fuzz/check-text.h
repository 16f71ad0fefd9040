/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text that came with an answer or an entry: fit to be printed, and to be sent on. */
#ifndef TESTS_FUZZ_CHECK_TEXT_H
#define TESTS_FUZZ_CHECK_TEXT_H

#include <stdbool.h>

#include "compiler/parse/json-error.h"
#include "tests/fuzz/fuzz.h"

static inline void check_text(const char *text, size_t len)
{
    FUZZ_CHECK(json_check_utf8(text, len) == len, "no UTF-8 at %zu", json_check_utf8(text, len));
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool c1 = c == 0xc2 && (unsigned char)text[i + 1] < 0xa0;

        FUZZ_CHECK((c >= 0x20 || c == '\n') && c != 0x7f && !c1, "a control character at %zu", i);
    }
}

#endif
