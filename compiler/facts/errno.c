/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The errno names that a profile may use, with their numbers. Sources: asm-generic/errno.h, and
 * the asm/errno.h of MIPS and PA-RISC, which number everything above ERANGE differently, and of
 * PowerPC, where EDEADLOCK is an errno of its own; ENOTSUP is glibc's, whose PA-RISC has a number
 * of its own for it. The table does not come from <errno.h>: it must not change with the machine
 * that runs the compiler.
 */
#include "compiler/facts/errno.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "util/cleanup.h"

struct errno_row {
    const char *name;
    uint16_t generic;
    uint16_t mips;
    uint16_t parisc;
    uint16_t powerpc; /* 0: the generic one */
};

/* A number's usual name stands before its other names. */
static const struct errno_row errnos[] = {
    {"EPERM", 1, 1, 1, 0},
    {"ENOENT", 2, 2, 2, 0},
    {"ESRCH", 3, 3, 3, 0},
    {"EINTR", 4, 4, 4, 0},
    {"EIO", 5, 5, 5, 0},
    {"ENXIO", 6, 6, 6, 0},
    {"E2BIG", 7, 7, 7, 0},
    {"ENOEXEC", 8, 8, 8, 0},
    {"EBADF", 9, 9, 9, 0},
    {"ECHILD", 10, 10, 10, 0},
    {"EAGAIN", 11, 11, 11, 0},
    {"ENOMEM", 12, 12, 12, 0},
    {"EACCES", 13, 13, 13, 0},
    {"EFAULT", 14, 14, 14, 0},
    {"ENOTBLK", 15, 15, 15, 0},
    {"EBUSY", 16, 16, 16, 0},
    {"EEXIST", 17, 17, 17, 0},
    {"EXDEV", 18, 18, 18, 0},
    {"ENODEV", 19, 19, 19, 0},
    {"ENOTDIR", 20, 20, 20, 0},
    {"EISDIR", 21, 21, 21, 0},
    {"EINVAL", 22, 22, 22, 0},
    {"ENFILE", 23, 23, 23, 0},
    {"EMFILE", 24, 24, 24, 0},
    {"ENOTTY", 25, 25, 25, 0},
    {"ETXTBSY", 26, 26, 26, 0},
    {"EFBIG", 27, 27, 27, 0},
    {"ENOSPC", 28, 28, 28, 0},
    {"ESPIPE", 29, 29, 29, 0},
    {"EROFS", 30, 30, 30, 0},
    {"EMLINK", 31, 31, 31, 0},
    {"EPIPE", 32, 32, 32, 0},
    {"EDOM", 33, 33, 33, 0},
    {"ERANGE", 34, 34, 34, 0},
    {"EDEADLK", 35, 45, 45, 0},
    {"ENAMETOOLONG", 36, 78, 248, 0},
    {"ENOLCK", 37, 46, 46, 0},
    {"ENOSYS", 38, 89, 251, 0},
    {"ENOTEMPTY", 39, 93, 247, 0},
    {"ELOOP", 40, 90, 249, 0},
    {"ENOMSG", 42, 35, 35, 0},
    {"EIDRM", 43, 36, 36, 0},
    {"ECHRNG", 44, 37, 37, 0},
    {"EL2NSYNC", 45, 38, 38, 0},
    {"EL3HLT", 46, 39, 39, 0},
    {"EL3RST", 47, 40, 40, 0},
    {"ELNRNG", 48, 41, 41, 0},
    {"EUNATCH", 49, 42, 42, 0},
    {"ENOCSI", 50, 43, 43, 0},
    {"EL2HLT", 51, 44, 44, 0},
    {"EBADE", 52, 50, 160, 0},
    {"EBADR", 53, 51, 161, 0},
    {"EXFULL", 54, 52, 162, 0},
    {"ENOANO", 55, 53, 163, 0},
    {"EBADRQC", 56, 54, 164, 0},
    {"EBADSLT", 57, 55, 165, 0},
    {"EBFONT", 59, 59, 166, 0},
    {"ENOSTR", 60, 60, 54, 0},
    {"ENODATA", 61, 61, 51, 0},
    {"ETIME", 62, 62, 52, 0},
    {"ENOSR", 63, 63, 53, 0},
    {"ENONET", 64, 64, 50, 0},
    {"ENOPKG", 65, 65, 55, 0},
    {"EREMOTE", 66, 66, 71, 0},
    {"ENOLINK", 67, 67, 57, 0},
    {"EADV", 68, 68, 58, 0},
    {"ESRMNT", 69, 69, 59, 0},
    {"ECOMM", 70, 70, 60, 0},
    {"EPROTO", 71, 71, 61, 0},
    {"EMULTIHOP", 72, 74, 64, 0},
    {"EDOTDOT", 73, 73, 66, 0},
    {"EBADMSG", 74, 77, 67, 0},
    {"EOVERFLOW", 75, 79, 72, 0},
    {"ENOTUNIQ", 76, 80, 167, 0},
    {"EBADFD", 77, 81, 168, 0},
    {"EREMCHG", 78, 82, 169, 0},
    {"ELIBACC", 79, 83, 170, 0},
    {"ELIBBAD", 80, 84, 171, 0},
    {"ELIBSCN", 81, 85, 172, 0},
    {"ELIBMAX", 82, 86, 173, 0},
    {"ELIBEXEC", 83, 87, 174, 0},
    {"EILSEQ", 84, 88, 47, 0},
    {"ERESTART", 85, 91, 175, 0},
    {"ESTRPIPE", 86, 92, 176, 0},
    {"EUSERS", 87, 94, 68, 0},
    {"ENOTSOCK", 88, 95, 216, 0},
    {"EDESTADDRREQ", 89, 96, 217, 0},
    {"EMSGSIZE", 90, 97, 218, 0},
    {"EPROTOTYPE", 91, 98, 219, 0},
    {"ENOPROTOOPT", 92, 99, 220, 0},
    {"EPROTONOSUPPORT", 93, 120, 221, 0},
    {"ESOCKTNOSUPPORT", 94, 121, 222, 0},
    {"EOPNOTSUPP", 95, 122, 223, 0},
    {"EPFNOSUPPORT", 96, 123, 224, 0},
    {"EAFNOSUPPORT", 97, 124, 225, 0},
    {"EADDRINUSE", 98, 125, 226, 0},
    {"EADDRNOTAVAIL", 99, 126, 227, 0},
    {"ENETDOWN", 100, 127, 228, 0},
    {"ENETUNREACH", 101, 128, 229, 0},
    {"ENETRESET", 102, 129, 230, 0},
    {"ECONNABORTED", 103, 130, 231, 0},
    {"ECONNRESET", 104, 131, 232, 0},
    {"ENOBUFS", 105, 132, 233, 0},
    {"EISCONN", 106, 133, 234, 0},
    {"ENOTCONN", 107, 134, 235, 0},
    {"ESHUTDOWN", 108, 143, 236, 0},
    {"ETOOMANYREFS", 109, 144, 237, 0},
    {"ETIMEDOUT", 110, 145, 238, 0},
    {"ECONNREFUSED", 111, 146, 239, 0},
    {"EHOSTDOWN", 112, 147, 241, 0},
    {"EHOSTUNREACH", 113, 148, 242, 0},
    {"EALREADY", 114, 149, 244, 0},
    {"EINPROGRESS", 115, 150, 245, 0},
    {"ESTALE", 116, 151, 70, 0},
    {"EUCLEAN", 117, 135, 177, 0},
    {"ENOTNAM", 118, 137, 178, 0},
    {"ENAVAIL", 119, 138, 179, 0},
    {"EISNAM", 120, 139, 180, 0},
    {"EREMOTEIO", 121, 140, 181, 0},
    {"EDQUOT", 122, 1133, 69, 0},
    {"ENOMEDIUM", 123, 159, 182, 0},
    {"EMEDIUMTYPE", 124, 160, 183, 0},
    {"ECANCELED", 125, 158, 253, 0},
    {"ENOKEY", 126, 161, 184, 0},
    {"EKEYEXPIRED", 127, 162, 185, 0},
    {"EKEYREVOKED", 128, 163, 186, 0},
    {"EKEYREJECTED", 129, 164, 187, 0},
    {"EOWNERDEAD", 130, 165, 254, 0},
    {"ENOTRECOVERABLE", 131, 166, 255, 0},
    {"ERFKILL", 132, 167, 256, 0},
    {"EHWPOISON", 133, 168, 257, 0},
    {"EWOULDBLOCK", 11, 11, 11, 0},
    {"ENOTSUP", 95, 122, 252, 0},
    {"EDEADLOCK", 35, 56, 45, 58},
};

static const struct errno_row *row_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(errnos); i++)
        if (!strcmp(errnos[i].name, name))
            return &errnos[i];
    return NULL;
}

int errno_by_name(const char *name)
{
    const struct errno_row *row = row_by_name(name);

    return row ? row->generic : -EINVAL;
}

const char *errno_name(int number)
{
    for (size_t i = 0; i < ARRAY_SIZE(errnos); i++)
        if (errnos[i].generic == number)
            return errnos[i].name;
    return NULL;
}

const char *errno_name_at(size_t i)
{
    return i < ARRAY_SIZE(errnos) ? errnos[i].name : NULL;
}

static int number_on(const struct errno_row *row, enum abi_id abi)
{
    switch (abi) {
    case ABI_MIPS:
    case ABI_MIPS64:
    case ABI_MIPS64N32:
    case ABI_MIPSEL:
    case ABI_MIPSEL64:
    case ABI_MIPSEL64N32:
        return row->mips;
    case ABI_PARISC:
    case ABI_PARISC64:
        return row->parisc;
    case ABI_PPC:
    case ABI_PPC64:
    case ABI_PPC64LE:
        return row->powerpc ? row->powerpc : row->generic;
    default:
        return row->generic;
    }
}

int errno_by_name_on_abi(const char *name, enum abi_id abi)
{
    const struct errno_row *row = row_by_name(name);

    return row ? number_on(row, abi) : -EINVAL;
}

const char *errno_name_on_abi(int number, enum abi_id abi)
{
    for (size_t i = 0; i < ARRAY_SIZE(errnos); i++)
        if (number_on(&errnos[i], abi) == number)
            return errnos[i].name;
    return NULL;
}
