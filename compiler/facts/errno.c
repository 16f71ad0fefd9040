/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The errno names that a profile may use, with their numbers. Sources: asm-generic/errno.h, and
 * the asm/errno.h of MIPS and PA-RISC, which number everything above ERANGE differently. The table
 * does not come from <errno.h>: it must not change with the machine that runs the compiler.
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
};

/* A number's usual name stands before its other names. */
static const struct errno_row errnos[] = {
    {"EPERM", 1, 1, 1},
    {"ENOENT", 2, 2, 2},
    {"ESRCH", 3, 3, 3},
    {"EINTR", 4, 4, 4},
    {"EIO", 5, 5, 5},
    {"ENXIO", 6, 6, 6},
    {"E2BIG", 7, 7, 7},
    {"ENOEXEC", 8, 8, 8},
    {"EBADF", 9, 9, 9},
    {"ECHILD", 10, 10, 10},
    {"EAGAIN", 11, 11, 11},
    {"ENOMEM", 12, 12, 12},
    {"EACCES", 13, 13, 13},
    {"EFAULT", 14, 14, 14},
    {"ENOTBLK", 15, 15, 15},
    {"EBUSY", 16, 16, 16},
    {"EEXIST", 17, 17, 17},
    {"EXDEV", 18, 18, 18},
    {"ENODEV", 19, 19, 19},
    {"ENOTDIR", 20, 20, 20},
    {"EISDIR", 21, 21, 21},
    {"EINVAL", 22, 22, 22},
    {"ENFILE", 23, 23, 23},
    {"EMFILE", 24, 24, 24},
    {"ENOTTY", 25, 25, 25},
    {"ETXTBSY", 26, 26, 26},
    {"EFBIG", 27, 27, 27},
    {"ENOSPC", 28, 28, 28},
    {"ESPIPE", 29, 29, 29},
    {"EROFS", 30, 30, 30},
    {"EMLINK", 31, 31, 31},
    {"EPIPE", 32, 32, 32},
    {"EDOM", 33, 33, 33},
    {"ERANGE", 34, 34, 34},
    {"EDEADLK", 35, 45, 45},
    {"ENAMETOOLONG", 36, 78, 248},
    {"ENOLCK", 37, 46, 46},
    {"ENOSYS", 38, 89, 251},
    {"ENOTEMPTY", 39, 93, 247},
    {"ELOOP", 40, 90, 249},
    {"ENOMSG", 42, 35, 35},
    {"EIDRM", 43, 36, 36},
    {"ECHRNG", 44, 37, 37},
    {"EL2NSYNC", 45, 38, 38},
    {"EL3HLT", 46, 39, 39},
    {"EL3RST", 47, 40, 40},
    {"ELNRNG", 48, 41, 41},
    {"EUNATCH", 49, 42, 42},
    {"ENOCSI", 50, 43, 43},
    {"EL2HLT", 51, 44, 44},
    {"EBADE", 52, 50, 160},
    {"EBADR", 53, 51, 161},
    {"EXFULL", 54, 52, 162},
    {"ENOANO", 55, 53, 163},
    {"EBADRQC", 56, 54, 164},
    {"EBADSLT", 57, 55, 165},
    {"EBFONT", 59, 59, 166},
    {"ENOSTR", 60, 60, 54},
    {"ENODATA", 61, 61, 51},
    {"ETIME", 62, 62, 52},
    {"ENOSR", 63, 63, 53},
    {"ENONET", 64, 64, 50},
    {"ENOPKG", 65, 65, 55},
    {"EREMOTE", 66, 66, 71},
    {"ENOLINK", 67, 67, 57},
    {"EADV", 68, 68, 58},
    {"ESRMNT", 69, 69, 59},
    {"ECOMM", 70, 70, 60},
    {"EPROTO", 71, 71, 61},
    {"EMULTIHOP", 72, 74, 64},
    {"EDOTDOT", 73, 73, 66},
    {"EBADMSG", 74, 77, 67},
    {"EOVERFLOW", 75, 79, 72},
    {"ENOTUNIQ", 76, 80, 167},
    {"EBADFD", 77, 81, 168},
    {"EREMCHG", 78, 82, 169},
    {"ELIBACC", 79, 83, 170},
    {"ELIBBAD", 80, 84, 171},
    {"ELIBSCN", 81, 85, 172},
    {"ELIBMAX", 82, 86, 173},
    {"ELIBEXEC", 83, 87, 174},
    {"EILSEQ", 84, 88, 47},
    {"ERESTART", 85, 91, 175},
    {"ESTRPIPE", 86, 92, 176},
    {"EUSERS", 87, 94, 68},
    {"ENOTSOCK", 88, 95, 216},
    {"EDESTADDRREQ", 89, 96, 217},
    {"EMSGSIZE", 90, 97, 218},
    {"EPROTOTYPE", 91, 98, 219},
    {"ENOPROTOOPT", 92, 99, 220},
    {"EPROTONOSUPPORT", 93, 120, 221},
    {"ESOCKTNOSUPPORT", 94, 121, 222},
    {"EOPNOTSUPP", 95, 122, 223},
    {"EPFNOSUPPORT", 96, 123, 224},
    {"EAFNOSUPPORT", 97, 124, 225},
    {"EADDRINUSE", 98, 125, 226},
    {"EADDRNOTAVAIL", 99, 126, 227},
    {"ENETDOWN", 100, 127, 228},
    {"ENETUNREACH", 101, 128, 229},
    {"ENETRESET", 102, 129, 230},
    {"ECONNABORTED", 103, 130, 231},
    {"ECONNRESET", 104, 131, 232},
    {"ENOBUFS", 105, 132, 233},
    {"EISCONN", 106, 133, 234},
    {"ENOTCONN", 107, 134, 235},
    {"ESHUTDOWN", 108, 143, 236},
    {"ETOOMANYREFS", 109, 144, 237},
    {"ETIMEDOUT", 110, 145, 238},
    {"ECONNREFUSED", 111, 146, 239},
    {"EHOSTDOWN", 112, 147, 241},
    {"EHOSTUNREACH", 113, 148, 242},
    {"EALREADY", 114, 149, 244},
    {"EINPROGRESS", 115, 150, 245},
    {"ESTALE", 116, 151, 70},
    {"EUCLEAN", 117, 135, 177},
    {"ENOTNAM", 118, 137, 178},
    {"ENAVAIL", 119, 138, 179},
    {"EISNAM", 120, 139, 180},
    {"EREMOTEIO", 121, 140, 181},
    {"EDQUOT", 122, 1133, 69},
    {"ENOMEDIUM", 123, 159, 182},
    {"EMEDIUMTYPE", 124, 160, 183},
    {"ECANCELED", 125, 158, 253},
    {"ENOKEY", 126, 161, 184},
    {"EKEYEXPIRED", 127, 162, 185},
    {"EKEYREVOKED", 128, 163, 186},
    {"EKEYREJECTED", 129, 164, 187},
    {"EOWNERDEAD", 130, 165, 254},
    {"ENOTRECOVERABLE", 131, 166, 255},
    {"ERFKILL", 132, 167, 256},
    {"EHWPOISON", 133, 168, 257},
    {"EWOULDBLOCK", 11, 11, 11},
    {"ENOTSUP", 95, 122, 223},
};

int errno_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(errnos); i++)
        if (!strcmp(errnos[i].name, name))
            return errnos[i].generic;
    return -EINVAL;
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
    default:
        return row->generic;
    }
}

int errno_on_abi(int number, enum abi_id abi)
{
    for (size_t i = 0; i < ARRAY_SIZE(errnos); i++)
        if (errnos[i].generic == number)
            return number_on(&errnos[i], abi);
    return number;
}

const char *errno_name_on_abi(int number, enum abi_id abi)
{
    for (size_t i = 0; i < ARRAY_SIZE(errnos); i++)
        if (number_on(&errnos[i], abi) == number)
            return errnos[i].name;
    return NULL;
}
