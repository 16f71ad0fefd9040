/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filter that is built into this program. */
#ifndef CLIENT_HELPER_NOTE_H
#define CLIENT_HELPER_NOTE_H

#include "util/helper-note.h"

/* Its instructions follow it: they are part of the file, but not of this object. */
extern const struct helper_note helper_note;

#endif
