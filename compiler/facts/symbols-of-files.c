/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of arguments of calls about files, memory and sockets, from the kernel's headers for
 * programs (include/uapi and arch/.../include/uapi, Linux 6.1). Those of sockets are in
 * include/linux/socket.h and net.h.
 * Of one name, the ABIs that differ come before the others; in one set, what has several bits comes
 * before what has one of them.
 */
#include "compiler/facts/symbol-sets.h"

#include "util/cleanup.h"

static const struct symbol families[] = {
    {"AF_UNSPEC", 0, 0},      {"AF_UNIX", 1, 0},       {"AF_INET", 2, 0},
    {"AF_AX25", 3, 0},        {"AF_IPX", 4, 0},        {"AF_APPLETALK", 5, 0},
    {"AF_NETROM", 6, 0},      {"AF_BRIDGE", 7, 0},     {"AF_ATMPVC", 8, 0},
    {"AF_X25", 9, 0},         {"AF_INET6", 10, 0},     {"AF_ROSE", 11, 0},
    {"AF_DECnet", 12, 0},     {"AF_NETBEUI", 13, 0},   {"AF_SECURITY", 14, 0},
    {"AF_KEY", 15, 0},        {"AF_NETLINK", 16, 0},   {"AF_PACKET", 17, 0},
    {"AF_ASH", 18, 0},        {"AF_ECONET", 19, 0},    {"AF_ATMSVC", 20, 0},
    {"AF_RDS", 21, 0},        {"AF_SNA", 22, 0},       {"AF_IRDA", 23, 0},
    {"AF_PPPOX", 24, 0},      {"AF_WANPIPE", 25, 0},   {"AF_LLC", 26, 0},
    {"AF_IB", 27, 0},         {"AF_MPLS", 28, 0},      {"AF_CAN", 29, 0},
    {"AF_TIPC", 30, 0},       {"AF_BLUETOOTH", 31, 0}, {"AF_IUCV", 32, 0},
    {"AF_RXRPC", 33, 0},      {"AF_ISDN", 34, 0},      {"AF_PHONET", 35, 0},
    {"AF_IEEE802154", 36, 0}, {"AF_CAIF", 37, 0},      {"AF_ALG", 38, 0},
    {"AF_NFC", 39, 0},        {"AF_VSOCK", 40, 0},     {"AF_KCM", 41, 0},
    {"AF_QIPCRTR", 42, 0},    {"AF_SMC", 43, 0},       {"AF_XDP", 44, 0},
    {"AF_MCTP", 45, 0},
};

static const struct symbol socket_types[] = {
    {"SOCK_DGRAM", 1, MIPS_ABIS}, {"SOCK_STREAM", 2, MIPS_ABIS},
    {"SOCK_STREAM", 1, 0},        {"SOCK_DGRAM", 2, 0},
    {"SOCK_RAW", 3, 0},           {"SOCK_RDM", 4, 0},
    {"SOCK_SEQPACKET", 5, 0},     {"SOCK_DCCP", 6, 0},
    {"SOCK_PACKET", 10, 0},
};

static const struct symbol socket_flags[] = {
    {"SOCK_NONBLOCK", 0x80, MIPS_ABIS}, {"SOCK_NONBLOCK", 0x40000000, PARISC_ABIS},
    {"SOCK_NONBLOCK", 0x800, 0},        {"SOCK_CLOEXEC", 0x200000, PARISC_ABIS},
    {"SOCK_CLOEXEC", 0x80000, 0},
};

static const struct symbol socket_levels[] = {
    {"SOL_SOCKET", 0xffff, MIPS_ABIS | PARISC_ABIS},
    {"SOL_SOCKET", 1, 0},
};

static const struct symbol protections[] = {
    {"PROT_READ", 1, 0},
    {"PROT_WRITE", 2, 0},
    {"PROT_EXEC", 4, 0},
    {"PROT_SEM", 0x10, MIPS_ABIS},
    {"PROT_SEM", 8, 0},
    {"PROT_GROWSDOWN", 0x1000000, 0},
    {"PROT_GROWSUP", 0x2000000, 0},
};

static const struct symbol map_types[] = {
    {"MAP_SHARED", 1, 0},
    {"MAP_PRIVATE", 2, 0},
    {"MAP_SHARED_VALIDATE", 3, 0},
};

static const struct symbol map_flags[] = {
    {"MAP_FIXED", 4, PARISC_ABIS},
    {"MAP_FIXED", 0x10, 0},
    {"MAP_ANONYMOUS", 0x800, MIPS_ABIS},
    {"MAP_ANONYMOUS", 0x10, PARISC_ABIS},
    {"MAP_ANONYMOUS", 0x20, 0},
    {"MAP_GROWSDOWN", 0x1000, MIPS_ABIS},
    {"MAP_GROWSDOWN", 0x8000, PARISC_ABIS},
    {"MAP_GROWSDOWN", 0x100, 0},
    {"MAP_DENYWRITE", 0x2000, MIPS_ABIS},
    {"MAP_DENYWRITE", 0x800, 0},
    {"MAP_EXECUTABLE", 0x4000, MIPS_ABIS},
    {"MAP_EXECUTABLE", 0x1000, 0},
    {"MAP_LOCKED", 0x8000, MIPS_ABIS},
    {"MAP_LOCKED", 0x80, PPC_ABIS},
    {"MAP_LOCKED", 0x2000, 0},
    {"MAP_NORESERVE", 0x400, MIPS_ABIS},
    {"MAP_NORESERVE", 0x40, PPC_ABIS},
    {"MAP_NORESERVE", 0x4000, 0},
    {"MAP_POPULATE", 0x10000, MIPS_ABIS | PARISC_ABIS},
    {"MAP_POPULATE", 0x8000, 0},
    {"MAP_NONBLOCK", 0x20000, MIPS_ABIS | PARISC_ABIS},
    {"MAP_NONBLOCK", 0x10000, 0},
    {"MAP_STACK", 0x40000, MIPS_ABIS | PARISC_ABIS},
    {"MAP_STACK", 0x20000, 0},
    {"MAP_HUGETLB", 0x80000, MIPS_ABIS | PARISC_ABIS},
    {"MAP_HUGETLB", 0x40000, 0},
    {"MAP_SYNC", 0x80000, ALL_BUT(MIPS_ABIS | PARISC_ABIS)},
    {"MAP_FIXED_NOREPLACE", 0x100000, 0},
};

static const struct symbol advices[] = {
    {"MADV_NORMAL", 0, 0},
    {"MADV_RANDOM", 1, 0},
    {"MADV_SEQUENTIAL", 2, 0},
    {"MADV_WILLNEED", 3, 0},
    {"MADV_DONTNEED", 4, 0},
    {"MADV_FREE", 8, 0},
    {"MADV_REMOVE", 9, 0},
    {"MADV_DONTFORK", 10, 0},
    {"MADV_DOFORK", 11, 0},
    {"MADV_HWPOISON", 100, 0},
    {"MADV_SOFT_OFFLINE", 101, ALL_BUT(MIPS_ABIS)},
    {"MADV_MERGEABLE", 65, PARISC_ABIS},
    {"MADV_MERGEABLE", 12, 0},
    {"MADV_UNMERGEABLE", 66, PARISC_ABIS},
    {"MADV_UNMERGEABLE", 13, 0},
    {"MADV_HUGEPAGE", 67, PARISC_ABIS},
    {"MADV_HUGEPAGE", 14, 0},
    {"MADV_NOHUGEPAGE", 68, PARISC_ABIS},
    {"MADV_NOHUGEPAGE", 15, 0},
    {"MADV_DONTDUMP", 69, PARISC_ABIS},
    {"MADV_DONTDUMP", 16, 0},
    {"MADV_DODUMP", 70, PARISC_ABIS},
    {"MADV_DODUMP", 17, 0},
    {"MADV_WIPEONFORK", 71, PARISC_ABIS},
    {"MADV_WIPEONFORK", 18, 0},
    {"MADV_KEEPONFORK", 72, PARISC_ABIS},
    {"MADV_KEEPONFORK", 19, 0},
    {"MADV_COLD", 20, 0},
    {"MADV_PAGEOUT", 21, 0},
    {"MADV_POPULATE_READ", 22, 0},
    {"MADV_POPULATE_WRITE", 23, 0},
    {"MADV_DONTNEED_LOCKED", 24, 0},
    {"MADV_COLLAPSE", 73, PARISC_ABIS},
    {"MADV_COLLAPSE", 25, 0},
};

static const struct symbol memfd_flags[] = {
    {"MFD_CLOEXEC", 1, 0},
    {"MFD_ALLOW_SEALING", 2, 0},
    {"MFD_HUGETLB", 4, 0},
};

static const struct symbol shmat_flags[] = {
    {"SHM_RDONLY", 0x1000, 0},
    {"SHM_RND", 0x2000, 0},
    {"SHM_REMAP", 0x4000, 0},
    {"SHM_EXEC", 0x8000, 0},
};

static const struct symbol access_modes[] = {
    {"O_RDONLY", 0, 0},
    {"O_WRONLY", 1, 0},
    {"O_RDWR", 2, 0},
};

static const struct symbol open_flags[] = {
    {"O_CREAT", 0x100, MIPS_ABIS | PARISC_ABIS},
    {"O_CREAT", 0x40, 0},
    {"O_EXCL", 0x400, MIPS_ABIS | PARISC_ABIS},
    {"O_EXCL", 0x80, 0},
    {"O_NOCTTY", 0x800, MIPS_ABIS},
    {"O_NOCTTY", 0x20000, PARISC_ABIS},
    {"O_NOCTTY", 0x100, 0},
    {"O_TRUNC", 0x200, 0},
    {"O_APPEND", 8, MIPS_ABIS | PARISC_ABIS},
    {"O_APPEND", 0x400, 0},
    {"O_NONBLOCK", 0x80, MIPS_ABIS},
    {"O_NONBLOCK", 0x10000, PARISC_ABIS},
    {"O_NONBLOCK", 0x800, 0},
    {"O_TMPFILE", 0x801000, PARISC_ABIS},
    {"O_TMPFILE", 0x404000, ARM_ABI | AARCH64_ABI | PPC_ABIS | M68K_ABI},
    {"O_TMPFILE", 0x410000, 0},
    {"O_SYNC", 0x4010, MIPS_ABIS},
    {"O_SYNC", 0x48000, PARISC_ABIS},
    {"O_SYNC", 0x101000, 0},
    {"O_DSYNC", 0x10, MIPS_ABIS},
    {"O_DSYNC", 0x40000, PARISC_ABIS},
    {"O_DSYNC", 0x1000, 0},
    {"O_DIRECT", 0x8000, MIPS_ABIS},
    {"O_DIRECT", 0x20000, PPC_ABIS},
    {"O_DIRECT", 0x10000, ARM_ABI | AARCH64_ABI | M68K_ABI},
    {"O_DIRECT", 0x4000, 0},
    {"O_LARGEFILE", 0x2000, MIPS_ABIS},
    {"O_LARGEFILE", 0x10000, PPC_ABIS},
    {"O_LARGEFILE", 0x800, PARISC_ABIS},
    {"O_LARGEFILE", 0x20000, ARM_ABI | AARCH64_ABI | M68K_ABI},
    {"O_LARGEFILE", 0x8000, 0},
    {"O_DIRECTORY", 0x1000, PARISC_ABIS},
    {"O_DIRECTORY", 0x4000, ARM_ABI | AARCH64_ABI | PPC_ABIS | M68K_ABI},
    {"O_DIRECTORY", 0x10000, 0},
    {"O_NOFOLLOW", 0x80, PARISC_ABIS},
    {"O_NOFOLLOW", 0x8000, ARM_ABI | AARCH64_ABI | PPC_ABIS | M68K_ABI},
    {"O_NOFOLLOW", 0x20000, 0},
    {"O_NOATIME", 0x100000, PARISC_ABIS},
    {"O_NOATIME", 0x40000, 0},
    {"O_CLOEXEC", 0x200000, PARISC_ABIS},
    {"O_CLOEXEC", 0x80000, 0},
    {"O_PATH", 0x400000, PARISC_ABIS},
    {"O_PATH", 0x200000, 0},
};

static const struct symbol mode_bits[] = {
    {"S_ISUID", 04000, 0},
    {"S_ISGID", 02000, 0},
    {"S_ISVTX", 01000, 0},
};

static const struct symbol file_types[] = {
    {"S_IFSOCK", 0140000, 0}, {"S_IFLNK", 0120000, 0}, {"S_IFREG", 0100000, 0},
    {"S_IFBLK", 060000, 0},   {"S_IFDIR", 040000, 0},  {"S_IFCHR", 020000, 0},
    {"S_IFIFO", 010000, 0},
};

static const struct symbol fcntl_commands[] = {
    {"F_DUPFD", 0, 0},
    {"F_GETFD", 1, 0},
    {"F_SETFD", 2, 0},
    {"F_GETFL", 3, 0},
    {"F_SETFL", 4, 0},
    {"F_GETLK", 14, MIPS_ABIS},
    {"F_GETLK", 5, 0},
    {"F_SETLK", 6, 0},
    {"F_SETLKW", 7, 0},
    {"F_SETOWN", 24, MIPS_ABIS},
    {"F_SETOWN", 12, PARISC_ABIS},
    {"F_SETOWN", 8, 0},
    {"F_GETOWN", 23, MIPS_ABIS},
    {"F_GETOWN", 11, PARISC_ABIS},
    {"F_GETOWN", 9, 0},
    {"F_SETSIG", 13, PARISC_ABIS},
    {"F_SETSIG", 10, 0},
    {"F_GETSIG", 14, PARISC_ABIS},
    {"F_GETSIG", 11, 0},
    {"F_SETOWN_EX", 15, 0},
    {"F_GETOWN_EX", 16, 0},
    {"F_GETOWNER_UIDS", 17, 0},
    {"F_OFD_GETLK", 36, 0},
    {"F_OFD_SETLK", 37, 0},
    {"F_OFD_SETLKW", 38, 0},
    {"F_SETLEASE", 0x400, 0},
    {"F_GETLEASE", 0x401, 0},
    {"F_NOTIFY", 0x402, 0},
    {"F_CANCELLK", 0x405, 0},
    {"F_DUPFD_CLOEXEC", 0x406, 0},
    {"F_SETPIPE_SZ", 0x407, 0},
    {"F_GETPIPE_SZ", 0x408, 0},
    {"F_ADD_SEALS", 0x409, 0},
    {"F_GET_SEALS", 0x40a, 0},
    {"F_GET_RW_HINT", 0x40b, 0},
    {"F_SET_RW_HINT", 0x40c, 0},
    {"F_GET_FILE_RW_HINT", 0x40d, 0},
    {"F_SET_FILE_RW_HINT", 0x40e, 0},
};

static const struct symbol mount_flags[] = {
    {"MS_RDONLY", 1, 0},
    {"MS_NOSUID", 2, 0},
    {"MS_NODEV", 4, 0},
    {"MS_NOEXEC", 8, 0},
    {"MS_SYNCHRONOUS", 0x10, 0},
    {"MS_REMOUNT", 0x20, 0},
    {"MS_MANDLOCK", 0x40, 0},
    {"MS_DIRSYNC", 0x80, 0},
    {"MS_NOSYMFOLLOW", 0x100, 0},
    {"MS_NOATIME", 0x400, 0},
    {"MS_NODIRATIME", 0x800, 0},
    {"MS_BIND", 0x1000, 0},
    {"MS_MOVE", 0x2000, 0},
    {"MS_REC", 0x4000, 0},
    {"MS_SILENT", 0x8000, 0},
    {"MS_POSIXACL", 0x10000, 0},
    {"MS_UNBINDABLE", 0x20000, 0},
    {"MS_PRIVATE", 0x40000, 0},
    {"MS_SLAVE", 0x80000, 0},
    {"MS_SHARED", 0x100000, 0},
    {"MS_RELATIME", 0x200000, 0},
    {"MS_I_VERSION", 0x800000, 0},
    {"MS_STRICTATIME", 0x1000000, 0},
    {"MS_LAZYTIME", 0x2000000, 0},
};

static const struct symbol ioctl_requests[] = {
    {"TCGETS", 0x540d, MIPS_ABIS},
    {"TCGETS", 0x402c7413, PPC_ABIS},
    {"TCGETS", 0x40245410, PARISC_ABIS},
    {"TCGETS", 0x5401, 0},
    {"TCSETS", 0x540e, MIPS_ABIS},
    {"TCSETS", 0x802c7414, PPC_ABIS},
    {"TCSETS", 0x80245411, PARISC_ABIS},
    {"TCSETS", 0x5402, 0},
    {"TCSETSW", 0x540f, MIPS_ABIS},
    {"TCSETSW", 0x802c7415, PPC_ABIS},
    {"TCSETSW", 0x80245412, PARISC_ABIS},
    {"TCSETSW", 0x5403, 0},
    {"TCSETSF", 0x5410, MIPS_ABIS},
    {"TCSETSF", 0x802c7416, PPC_ABIS},
    {"TCSETSF", 0x80245413, PARISC_ABIS},
    {"TCSETSF", 0x5404, 0},
    {"TIOCSTI", 0x5472, MIPS_ABIS},
    {"TIOCSTI", 0x40015412, SH_ABIS},
    {"TIOCSTI", 0x5412, 0},
    {"TIOCLINUX", 0x5483, MIPS_ABIS},
    {"TIOCLINUX", 0x4001541c, SH_ABIS},
    {"TIOCLINUX", 0x541c, 0},
    {"TIOCGWINSZ", 0x80087468, SH_ABIS},
    {"TIOCGWINSZ", 0x40087468, MIPS_ABIS | PPC_ABIS},
    {"TIOCGWINSZ", 0x5413, 0},
    {"TIOCSWINSZ", 0x40087467, SH_ABIS},
    {"TIOCSWINSZ", 0x80087467, MIPS_ABIS | PPC_ABIS},
    {"TIOCSWINSZ", 0x5414, 0},
    {"TIOCSCTTY", 0x5480, MIPS_ABIS},
    {"TIOCSCTTY", 0x540e, 0},
    {"TIOCNOTTY", 0x5471, MIPS_ABIS},
    {"TIOCNOTTY", 0x5422, 0},
    {"TIOCCONS", 0x80047478, MIPS_ABIS},
    {"TIOCCONS", 0x541d, 0},
    {"TIOCSETD", 0x7401, MIPS_ABIS},
    {"TIOCSETD", 0x40045423, SH_ABIS},
    {"TIOCSETD", 0x5423, 0},
    {"TIOCGPGRP", 0x4004541e, PARISC_ABIS},
    {"TIOCGPGRP", 0x80047477, SH_ABIS},
    {"TIOCGPGRP", 0x40047477, MIPS_ABIS | PPC_ABIS},
    {"TIOCGPGRP", 0x540f, 0},
    {"TIOCSPGRP", 0x8004541d, PARISC_ABIS},
    {"TIOCSPGRP", 0x40047476, SH_ABIS},
    {"TIOCSPGRP", 0x80047476, MIPS_ABIS | PPC_ABIS},
    {"TIOCSPGRP", 0x5410, 0},
    {"TIOCGPTN", 0x40045430, MIPS_ABIS | PPC_ABIS | PARISC_ABIS},
    {"TIOCGPTN", 0x80045430, 0},
    {"TIOCSPTLCK", 0x80045431, MIPS_ABIS | PPC_ABIS | PARISC_ABIS},
    {"TIOCSPTLCK", 0x40045431, 0},
    {"TIOCGPTPEER", 0x20005441, MIPS_ABIS | PPC_ABIS},
    {"TIOCGPTPEER", 0x5441, 0},
    {"TIOCINQ", 0x467f, MIPS_ABIS},
    {"TIOCINQ", 0x4004667f, PPC_ABIS},
    {"TIOCINQ", 0x8004667f, SH_ABIS},
    {"TIOCINQ", 0x541b, 0},
    {"TIOCSIG", 0x80045436, MIPS_ABIS | PPC_ABIS | PARISC_ABIS},
    {"TIOCSIG", 0x40045436, 0},
    {"FIONBIO", 0x667e, MIPS_ABIS},
    {"FIONBIO", 0x8004667e, PPC_ABIS},
    {"FIONBIO", 0x4004667e, SH_ABIS},
    {"FIONBIO", 0x5421, 0},
    {"FIOASYNC", 0x667d, MIPS_ABIS},
    {"FIOASYNC", 0x8004667d, PPC_ABIS},
    {"FIOASYNC", 0x4004667d, SH_ABIS},
    {"FIOASYNC", 0x5452, 0},
    {"FIOCLEX", 0x20006601, PPC_ABIS},
    {"FIOCLEX", 0x6601, MIPS_ABIS | SH_ABIS},
    {"FIOCLEX", 0x5451, 0},
    {"FIONCLEX", 0x20006602, PPC_ABIS},
    {"FIONCLEX", 0x6602, MIPS_ABIS | SH_ABIS},
    {"FIONCLEX", 0x5450, 0},
    {"FIONREAD", 0x467f, MIPS_ABIS},
    {"FIONREAD", 0x4004667f, PPC_ABIS},
    {"FIONREAD", 0x8004667f, SH_ABIS},
    {"FIONREAD", 0x541b, 0},
};

const struct symbol_set symbols_family = {
    .field = SYMBOL_WHOLE,
    .values = {families, ARRAY_SIZE(families)},
};

const struct symbol_set symbols_socket_type = {
    .field = 0xf,
    .values = {socket_types, ARRAY_SIZE(socket_types)},
    .flags = {socket_flags, ARRAY_SIZE(socket_flags)},
};

const struct symbol_set symbols_socket_level = {
    .field = SYMBOL_WHOLE,
    .values = {socket_levels, ARRAY_SIZE(socket_levels)},
};

const struct symbol_set symbols_protection = {
    .flags = {protections, ARRAY_SIZE(protections)},
};

const struct symbol_set symbols_map = {
    .field = 3, /* of MAP_TYPE, the only bits in use */
    .values = {map_types, ARRAY_SIZE(map_types)},
    .flags = {map_flags, ARRAY_SIZE(map_flags)},
};

const struct symbol_set symbols_advice = {
    .field = SYMBOL_WHOLE,
    .values = {advices, ARRAY_SIZE(advices)},
};

const struct symbol_set symbols_memfd = {
    .flags = {memfd_flags, ARRAY_SIZE(memfd_flags)},
};

const struct symbol_set symbols_shmat = {
    .flags = {shmat_flags, ARRAY_SIZE(shmat_flags)},
};

const struct symbol_set symbols_open = {
    .field = 3,
    .values = {access_modes, ARRAY_SIZE(access_modes)},
    .flags = {open_flags, ARRAY_SIZE(open_flags)},
};

const struct symbol_set symbols_open_flags = {
    .flags = {open_flags, ARRAY_SIZE(open_flags)},
};

const struct symbol_set symbols_mode = {
    .flags = {mode_bits, ARRAY_SIZE(mode_bits)},
};

const struct symbol_set symbols_mknod = {
    .field = 0170000,
    .values = {file_types, ARRAY_SIZE(file_types)},
    .flags = {mode_bits, ARRAY_SIZE(mode_bits)},
};

const struct symbol_set symbols_fcntl = {
    .field = SYMBOL_WHOLE,
    .values = {fcntl_commands, ARRAY_SIZE(fcntl_commands)},
};

const struct symbol_set symbols_mount = {
    .flags = {mount_flags, ARRAY_SIZE(mount_flags)},
};

const struct symbol_set symbols_ioctl = {
    .field = SYMBOL_WHOLE,
    .values = {ioctl_requests, ARRAY_SIZE(ioctl_requests)},
};
