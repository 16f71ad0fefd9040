/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments by name. Each value is held against the headers of this machine's kernel, those of
 * other architectures against what their headers say, which is in tests/data/constants.txt.
 */
#include "compiler/facts/symbol.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/symbol-sets.h"
#include "tests/compiler/facts/kernel-constants.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/suggest.h"

#define NAMED(name)                       \
    {                                     \
#name, (uint64_t)(uint32_t)(name) \
    }

/* What libc, not the kernel, tells programs. */
static const struct kernel_constant libc_constants[] = {
    NAMED(AF_UNSPEC),     NAMED(AF_UNIX),      NAMED(AF_INET),
    NAMED(AF_AX25),       NAMED(AF_IPX),       NAMED(AF_APPLETALK),
    NAMED(AF_NETROM),     NAMED(AF_BRIDGE),    NAMED(AF_ATMPVC),
    NAMED(AF_X25),        NAMED(AF_INET6),     NAMED(AF_ROSE),
    NAMED(AF_DECnet),     NAMED(AF_NETBEUI),   NAMED(AF_SECURITY),
    NAMED(AF_KEY),        NAMED(AF_NETLINK),   NAMED(AF_PACKET),
    NAMED(AF_ASH),        NAMED(AF_ECONET),    NAMED(AF_ATMSVC),
    NAMED(AF_RDS),        NAMED(AF_SNA),       NAMED(AF_IRDA),
    NAMED(AF_PPPOX),      NAMED(AF_WANPIPE),   NAMED(AF_LLC),
    NAMED(AF_IB),         NAMED(AF_MPLS),      NAMED(AF_CAN),
    NAMED(AF_TIPC),       NAMED(AF_BLUETOOTH), NAMED(AF_IUCV),
    NAMED(AF_RXRPC),      NAMED(AF_ISDN),      NAMED(AF_PHONET),
    NAMED(AF_IEEE802154), NAMED(AF_CAIF),      NAMED(AF_ALG),
    NAMED(AF_NFC),        NAMED(AF_VSOCK),     NAMED(AF_KCM),
    NAMED(AF_QIPCRTR),    NAMED(AF_SMC),       NAMED(AF_XDP),
    NAMED(AF_MCTP),       NAMED(SOCK_STREAM),  NAMED(SOCK_DGRAM),
    NAMED(SOCK_RAW),      NAMED(SOCK_RDM),     NAMED(SOCK_SEQPACKET),
    NAMED(SOCK_DCCP),     NAMED(SOCK_PACKET),  NAMED(SOCK_NONBLOCK),
    NAMED(SOCK_CLOEXEC),  NAMED(S_ISUID),      NAMED(S_ISGID),
    NAMED(S_ISVTX),       NAMED(S_IFSOCK),     NAMED(S_IFLNK),
    NAMED(S_IFREG),       NAMED(S_IFBLK),      NAMED(S_IFDIR),
    NAMED(S_IFCHR),       NAMED(S_IFIFO),      {NULL, 0},
};

static const struct symbol_set *const sets[] = {
    &symbols_clone,      &symbols_unshare,     &symbols_signal,     &symbols_ptrace,
    &symbols_prctl,      &symbols_personality, &symbols_keyctl,     &symbols_futex,
    &symbols_bpf,        &symbols_seccomp,     &symbols_policy,     &symbols_reboot,
    &symbols_arch_prctl, &symbols_membarrier,  &symbols_family,     &symbols_io_uring_register,
    &symbols_map,        &symbols_socket_type, &symbols_protection, &symbols_socket_level,
    &symbols_advice,     &symbols_memfd,       &symbols_shmat,      &symbols_open,
    &symbols_open_flags, &symbols_mode,        &symbols_mknod,      &symbols_fcntl,
    &symbols_mount,      &symbols_ioctl,
};

/* The value of NAME in whichever set has it; false where none has it on ABI. */
static bool find_value(const struct abi *abi, const char *name, uint64_t *value)
{
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
        if (symbol_value(sets[i], abi, name, strlen(name), value) == 0)
            return true;
    return false;
}

static bool is_in(const struct kernel_constant *constants, const char *name)
{
    for (; constants->name; constants++)
        if (!strcmp(constants->name, name))
            return true;
    return false;
}

static void check_headers(const struct abi *abi, const struct kernel_constant *constants)
{
    uint64_t value;

    for (; constants->name; constants++) {
        ck_assert_msg(find_value(abi, constants->name, &value), "%s has no value", constants->name);
        ck_assert_msg(value == constants->value, "%s is %#" PRIx64 ", in the headers %#" PRIx64,
                      constants->name, value, constants->value);
    }
}

/* Constants of one machine's headers are those of one ABI only. */
START_TEST(headers_say_the_same)
{
    const struct target *host = target_host();

    if (!host || strcmp(host->name, "x86_64") != 0) {
        printf("counts: the headers of %s are not compared\n", host ? host->name : "this machine");
        return;
    }
    check_headers(target_native_abi(host), kernel_constants);
    check_headers(target_native_abi(host), libc_constants);
}
END_TEST

/* Else a name could have any value, and nothing would notice. */
START_TEST(every_name_is_compared)
{
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        const struct symbol_list *lists[] = {&sets[i]->values, &sets[i]->flags};

        for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
            for (size_t k = 0; k < lists[l]->n; k++) {
                const char *name = lists[l]->items[k].name;

                ck_assert_msg(is_in(kernel_constants, name) || is_in(libc_constants, name),
                              "%s is in no list", name);
            }
    }
}
END_TEST

/* One line of the data: what another ABI has. */
struct row {
    char abi[16];
    char name[64];
    char value[24];
};

struct rows {
    struct row *items;
    size_t n;
};

static struct rows read_rows(void)
{
    struct rows rows = {calloc(1000, sizeof(*rows.items)), 0};
    FILE *file = fopen(TEST_DATA "/constants.txt", "re");
    char line[200];

    ck_assert_ptr_nonnull(rows.items);
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file)) {
        struct row *row = &rows.items[rows.n];

        if (line[0] == '#')
            continue;
        ck_assert_int_lt(rows.n, 1000);
        ck_assert_int_eq(sscanf(line, "%15s %63s %23s", row->abi, row->name, row->value), 3);
        rows.n++;
    }
    fclose(file);
    return rows;
}

static const struct row *find_row(const struct rows *rows, const char *abi, const char *name)
{
    for (size_t i = 0; i < rows->n; i++)
        if (!strcmp(rows->items[i].abi, abi) && !strcmp(rows->items[i].name, name))
            return &rows->items[i];
    return NULL;
}

/* The ABI of each column of the data, and those that are like it. */
static const struct {
    const char *name;
    enum abi_id abis[3];
} columns[] = {
    {"arm", {ABI_ARM, ABI_ARM, ABI_ARM}},
    {"aarch64", {ABI_AARCH64, ABI_AARCH64, ABI_AARCH64}},
    {"mips", {ABI_MIPS, ABI_MIPSEL, ABI_MIPS}},
    {"mips64", {ABI_MIPS64, ABI_MIPSEL64N32, ABI_MIPSEL64}},
    {"ppc", {ABI_PPC, ABI_PPC, ABI_PPC}},
    {"ppc64le", {ABI_PPC64, ABI_PPC64LE, ABI_PPC64LE}},
    {"s390x", {ABI_S390, ABI_S390X, ABI_S390X}},
    {"parisc", {ABI_PARISC, ABI_PARISC64, ABI_PARISC}},
    {"riscv64", {ABI_RISCV64, ABI_LOONGARCH64, ABI_RISCV64}},
    {"m68k", {ABI_M68K, ABI_M68K, ABI_M68K}},
    {"sh", {ABI_SH, ABI_SHEB, ABI_SH}},
};

START_TEST(other_architectures_have_their_own)
{
    const struct kernel_constant *lists[] = {kernel_constants, libc_constants};
    struct rows rows = read_rows();
    size_t compared = 0;

    for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
        for (const struct kernel_constant *constant = lists[l]; constant->name; constant++) {
            const struct row *row = find_row(&rows, columns[_i].name, constant->name);
            uint64_t wanted = row ? strtoull(row->value, NULL, 0) : constant->value;
            bool exists = !row || strcmp(row->value, "-") != 0;

            for (size_t k = 0; k < ARRAY_SIZE(columns[_i].abis); k++) {
                uint64_t value = 0;
                bool found = find_value(abi_get(columns[_i].abis[k]), constant->name, &value);

                ck_assert_msg(found == exists, "%s on %s", constant->name, columns[_i].name);
                ck_assert_msg(!found || value == wanted, "%s on %s is %#" PRIx64 ", not %#" PRIx64,
                              constant->name, columns[_i].name, value, wanted);
                compared++;
            }
        }
    printf("counts: %zu constants of %s\n", compared, columns[_i].name);
    free(rows.items);
}
END_TEST

static const struct {
    enum abi_id abi;
    const char *syscall;
    unsigned int index;
    uint64_t value;
    const char *text; /* NULL: a number */
    const char *mask; /* the same as a mask */
} texts[] = {
    {ABI_X86_64, "socket", 0, 38, "AF_ALG", NULL},
    {ABI_X86_64, "socket", 0, 200, NULL, NULL},
    {ABI_X86_64, "socket", 0, 38 | UINT64_C(1) << 32, NULL, NULL},
    {ABI_X86_64, "socket", 1, 0x80801, "SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC",
     "SOCK_NONBLOCK|SOCK_CLOEXEC|0x1"},
    {ABI_MIPS, "socket", 1, 2, "SOCK_STREAM", NULL},
    {ABI_PARISC, "socket", 1, 0x40000001, "SOCK_STREAM|SOCK_NONBLOCK", "SOCK_NONBLOCK|0x1"},
    {ABI_X86_64, "clone", 0, 0x10020011, "SIGCHLD|CLONE_NEWNS|CLONE_NEWUSER",
     "CLONE_NEWNS|CLONE_NEWUSER|0x11"},
    {ABI_X86_64, "clone", 0, 0x10000000, "CLONE_NEWUSER", "CLONE_NEWUSER"},
    {ABI_X86_64, "clone", 1, 0x10000000, NULL, NULL},
    {ABI_S390X, "clone", 1, 0x10000000, "CLONE_NEWUSER", "CLONE_NEWUSER"},
    {ABI_S390X, "clone", 0, 0x10000000, NULL, NULL},
    {ABI_X86_64, "clone", 0, 0, NULL, NULL},
    {ABI_X86_64, "unshare", 0, 0x80, "CLONE_NEWTIME", "CLONE_NEWTIME"},
    {ABI_X86_64, "personality", 0, 0x20008, "PER_LINUX32|UNAME26", "UNAME26|0x8"},
    {ABI_X86_64, "personality", 0, 0, "PER_LINUX", NULL},
    {ABI_X86_64, "personality", 0, 0xffffffff, NULL,
     "UNAME26|ADDR_NO_RANDOMIZE|FDPIC_FUNCPTRS|MMAP_PAGE_ZERO|ADDR_COMPAT_LAYOUT|READ_IMPLIES_EXEC|"
     "ADDR_LIMIT_32BIT|SHORT_INODE|WHOLE_SECONDS|STICKY_TIMEOUTS|ADDR_LIMIT_3GB|0xf001ffff"},
    {ABI_X86_64, "openat", 2, 0, "O_RDONLY", NULL},
    {ABI_X86_64, "openat", 2, 0x410002, "O_RDWR|O_TMPFILE", "O_TMPFILE|0x2"},
    {ABI_X86_64, "openat", 2, 0x10000, "O_RDONLY|O_DIRECTORY", "O_DIRECTORY"},
    {ABI_AARCH64, "openat", 2, 0x10000, "O_RDONLY|O_DIRECT", "O_DIRECT"},
    {ABI_X86_64, "pipe2", 1, 0x80000, "O_CLOEXEC", "O_CLOEXEC"},
    {ABI_X86_64, "mprotect", 2, 6, "PROT_WRITE|PROT_EXEC", "PROT_WRITE|PROT_EXEC"},
    {ABI_X86_64, "mprotect", 2, 0x40, NULL, NULL},
    {ABI_X86_64, "ioctl", 1, 0x5412, "TIOCSTI", NULL},
    {ABI_MIPS64, "ioctl", 1, 0x5412, NULL, NULL},
    {ABI_MIPS64, "ioctl", 1, 0x5472, "TIOCSTI", NULL},
    {ABI_X86_64, "ptrace", 0, 0, "PTRACE_TRACEME", NULL},
    {ABI_X86_64, "read", 0, 1, NULL, NULL},
    {ABI_X86_64, NULL, 0, 1, NULL, NULL},
};

START_TEST(values_are_written_by_name)
{
    const struct abi *abi = abi_get(texts[_i].abi);
    const struct symbol_set *set = symbols_of(abi, texts[_i].syscall, texts[_i].index);
    struct arena arena = ARENA_INIT;

    ck_assert_pstr_eq(symbols_text(&arena, set, abi, texts[_i].value), texts[_i].text);
    ck_assert_pstr_eq(symbols_mask_text(&arena, set, abi, texts[_i].value), texts[_i].mask);
    arena_free(&arena);
}
END_TEST

/* What is written is what is read: of every name of every set, on every ABI. */
START_TEST(names_come_back)
{
    const struct abi *abi = abi_get((enum abi_id)_i);
    struct arena arena = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        const struct symbol_list *lists[] = {&sets[i]->values, &sets[i]->flags};

        for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
            for (size_t k = 0; k < lists[l]->n; k++) {
                const char *name = lists[l]->items[k].name;
                const char *text;
                uint64_t value;
                uint64_t back = 0;

                if (symbol_value(sets[i], abi, name, strlen(name), &value) < 0)
                    continue;
                text = symbols_text(&arena, sets[i], abi, value);
                ck_assert_msg(text, "%s on %s", name, abi->name);
                for (const char *at = text; *at;) {
                    size_t len = strcspn(at, "|");
                    uint64_t part;

                    ck_assert_msg(symbol_value(sets[i], abi, at, len, &part) == 0, "%s in %s", at,
                                  text);
                    back |= part;
                    at += len + (at[len] == '|');
                }
                ck_assert_msg(back == value, "%s on %s: %s", name, abi->name, text);
            }
    }
    arena_free(&arena);
}
END_TEST

START_TEST(other_names_are_none)
{
    const struct abi *abi = abi_get(ABI_X86_64);
    const struct symbol_set *set = symbols_of(abi, "socket", 0);
    struct suggestion suggestion = suggest_begin("AF_ALK");
    uint64_t value;

    ck_assert_int_eq(symbol_value(set, abi, "AF_AL", 5, &value), -ENOENT);
    ck_assert_int_eq(symbol_value(set, abi, "AF_ALGO", 7, &value), -ENOENT);
    ck_assert_int_eq(symbol_value(set, abi, "SOCK_RAW", 8, &value), -ENOENT);
    ck_assert_int_eq(symbol_value(set, abi, "AF_ALG|AF_UNIX", 6, &value), 0);
    ck_assert_int_eq(value, 38);
    ck_assert_int_eq(symbol_value(NULL, abi, "AF_ALG", 6, &value), -ENOENT);
    symbols_suggest(set, abi, &suggestion);
    ck_assert_str_eq(suggestion.best, "AF_ALG");
    symbols_suggest(NULL, abi, &suggestion);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symbol");
    TCase *tc = tcase_create("symbol");

    tcase_add_test(tc, headers_say_the_same);
    tcase_add_test(tc, every_name_is_compared);
    tcase_add_loop_test(tc, other_architectures_have_their_own, 0, ARRAY_SIZE(columns));
    tcase_add_loop_test(tc, values_are_written_by_name, 0, ARRAY_SIZE(texts));
    tcase_add_loop_test(tc, names_come_back, 0, ABI_COUNT);
    tcase_add_test(tc, other_names_are_none);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
