/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The note that secprofd fills in. It has a file of its own: if the compiler saw these values while
 * it compiles main.c, it could use them in place of those that secprofd writes later.
 */
#include "client/helper/note.h"

const struct helper_note helper_note __attribute__((section(".note.secprof"), aligned(4), used)) = {
    .name_size = HELPER_NOTE_NAME_SIZE,
    .desc_size = HELPER_NOTE_FIXED,
    .type = HELPER_NOTE_TYPE,
    .name = HELPER_NOTE_NAME,
};
