/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The note that secprofd fills in. It is a file of its own so that the compiler of the program
 * cannot see what is in it, and take it for the last word.
 */
#include "client/helper/note.h"

const struct helper_note helper_note __attribute__((section(".note.secprof"), aligned(4), used)) = {
    .name_size = HELPER_NOTE_NAME_SIZE,
    .desc_size = HELPER_NOTE_FIXED,
    .type = HELPER_NOTE_TYPE,
    .name = HELPER_NOTE_NAME,
};
