/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people call architectures, for "did you mean": no such name is taken where it is not right.
 */
#ifndef COMPILER_PARSE_ARCH_NAME_H
#define COMPILER_PARSE_ARCH_NAME_H

#include "compiler/facts/abi.h"

/*
 * The ABI that the author of TEXT has in mind: any name of it (Go's, libseccomp's, uname's, the
 * distributions'), in any case, with or without "SCMP_ARCH_". NULL: no idea.
 */
const struct abi *arch_name_guess(const char *text);

/* What a condition ("arches") calls ABI: Go's name, or libseccomp's where Go has none. */
const char *arch_name_in_conditions(const struct abi *abi);

#endif
