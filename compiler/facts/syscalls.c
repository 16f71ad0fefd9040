/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Per ABI, a table of its direct calls in the order of their numbers, as libseccomp has them
 * (numbers to names: the other direction answers multiplexed names with a pseudo number even where
 * the ABI has a direct one); and one hash index over all names, which says where each ABI has them.
 */
#include "compiler/facts/syscalls.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/library-names.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    UNIFIED_FIRST = 424, /* from here on a call has the same number on every ABI */
    INDEX_SIZE = 2048,   /* slots of the hash index at first, a power of two */
};

struct table {
    size_t n;
    struct syscall_entry calls[CALLS_MAX]; /* rising numbers */
    char **owned;                          /* the names that libseccomp allocated */
    size_t n_owned;
};

struct syscalls {
    struct table *tables[ABI_COUNT];
    abi_set built; /* the ABIs that have their tables, and their names in the index */
    struct arena arena;
    struct syscall_name **index; /* by hash; NULL: free */
    size_t n_slots;              /* a power of two, at least twice N_NAMES */
    size_t n_names;
};

/* Linux 5.1 to 7.1, scripts/syscall.tbl and its forerunners in each architecture. */
static const char *const unified[] = {
    /* 424 */ "pidfd_send_signal",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "open_tree",
    "move_mount",
    /* 430 */ "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "pidfd_open",
    "clone3",
    "close_range",
    "openat2",
    "pidfd_getfd",
    "faccessat2",
    /* 440 */ "process_madvise",
    "epoll_pwait2",
    "mount_setattr",
    "quotactl_fd",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
    "memfd_secret",
    "process_mrelease",
    "futex_waitv",
    /* 450 */ "set_mempolicy_home_node",
    "cachestat",
    "fchmodat2",
    "map_shadow_stack",
    "futex_wake",
    "futex_wait",
    "futex_requeue",
    "statmount",
    "listmount",
    "lsm_get_self_attr",
    /* 460 */ "lsm_set_self_attr",
    "lsm_list_modules",
    "mseal",
    "setxattrat",
    "getxattrat",
    "listxattrat",
    "removexattrat",
    "open_tree_attr",
    "file_getattr",
    "file_setattr",
    /* 470 */ "listns",
    "rseq_slice_yield",
};

#define SET(name) ((abi_set)1 << ABI_##name)

/* Those of them that some ABIs lack, with the ABIs that have them: asm/unistd.h, Linux 6.12. */
static const struct {
    uint32_t nr;
    abi_set abis;
} partial[] = {
    {435, ~(SET(SH) | SET(SHEB))}, /* clone3 */
    {447, SET(X86_64) | SET(X86) | SET(X32) | SET(AARCH64) | SET(S390) | SET(S390X) |
              SET(RISCV64)}, /* memfd_secret */
};

#undef SET

/* Calls of few ABIs, below the unified range, that libseccomp 2.5.4 does not know either. */
static const struct {
    enum abi_id abi;
    uint32_t nr;
    const char *name;
} lone[] = {
    {ABI_X86_64, 335, "uretprobe"},                /* Linux 6.11, syscall_64.tbl */
    {ABI_X32, X32_SYSCALL_BIT + 335, "uretprobe"}, /* "common" there */
    {ABI_X86_64, 336, "uprobe"},                   /* Linux 6.18 */
    {ABI_X32, X32_SYSCALL_BIT + 336, "uprobe"},
    {ABI_RISCV64, 258, "riscv_hwprobe"}, /* Linux 6.4, asm/unistd.h */
};

/* linux/net.h and linux/ipc.h. ipc(2) keeps a version above bit 15 of its first argument. */
static const struct multiplexed multiplexed[] = {
    {"socket", "socketcall", 1, 0xffffffff},
    {"bind", "socketcall", 2, 0xffffffff},
    {"connect", "socketcall", 3, 0xffffffff},
    {"listen", "socketcall", 4, 0xffffffff},
    {"accept", "socketcall", 5, 0xffffffff},
    {"getsockname", "socketcall", 6, 0xffffffff},
    {"getpeername", "socketcall", 7, 0xffffffff},
    {"socketpair", "socketcall", 8, 0xffffffff},
    {"send", "socketcall", 9, 0xffffffff},
    {"recv", "socketcall", 10, 0xffffffff},
    {"sendto", "socketcall", 11, 0xffffffff},
    {"recvfrom", "socketcall", 12, 0xffffffff},
    {"shutdown", "socketcall", 13, 0xffffffff},
    {"setsockopt", "socketcall", 14, 0xffffffff},
    {"getsockopt", "socketcall", 15, 0xffffffff},
    {"sendmsg", "socketcall", 16, 0xffffffff},
    {"recvmsg", "socketcall", 17, 0xffffffff},
    {"accept4", "socketcall", 18, 0xffffffff},
    {"recvmmsg", "socketcall", 19, 0xffffffff},
    {"sendmmsg", "socketcall", 20, 0xffffffff},
    {"semop", "ipc", 1, 0xffff},
    {"semget", "ipc", 2, 0xffff},
    {"semctl", "ipc", 3, 0xffff},
    {"semtimedop", "ipc", 4, 0xffff},
    {"msgsnd", "ipc", 11, 0xffff},
    {"msgrcv", "ipc", 12, 0xffff},
    {"msgget", "ipc", 13, 0xffff},
    {"msgctl", "ipc", 14, 0xffff},
    {"shmat", "ipc", 21, 0xffff},
    {"shmdt", "ipc", 22, 0xffff},
    {"shmget", "ipc", 23, 0xffff},
    {"shmctl", "ipc", 24, 0xffff},
};

/* FNV-1a. */
static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash ^ hash >> 15;
}

/* The slot of NAME, or the free one where it belongs. */
static struct syscall_name **find_slot(const struct syscalls *syscalls, const char *name)
{
    size_t slot = hash_name(name) & (syscalls->n_slots - 1);

    while (syscalls->index[slot] && strcmp(syscalls->index[slot]->name, name) != 0)
        slot = (slot + 1) & (syscalls->n_slots - 1);
    return &syscalls->index[slot];
}

static int grow_index(struct syscalls *syscalls)
{
    struct syscalls bigger = *syscalls;

    bigger.n_slots = syscalls->n_slots ? syscalls->n_slots * 2 : INDEX_SIZE;
    bigger.index = arena_calloc(&bigger.arena, bigger.n_slots, sizeof(struct syscall_name *));
    syscalls->arena = bigger.arena;
    if (!bigger.index)
        return -ENOMEM;
    for (size_t i = 0; i < syscalls->n_slots; i++)
        if (syscalls->index[i])
            *find_slot(&bigger, syscalls->index[i]->name) = syscalls->index[i];
    *syscalls = bigger;
    return 0;
}

/*
 * The entry of NAME, which lives on, made where there is none yet: with THROUGH, for which NULL is
 * right once all multiplexed names are there. NULL: no memory.
 */
static struct syscall_name *intern(struct syscalls *syscalls, const char *name,
                                   const struct multiplexed *through)
{
    if (2 * (syscalls->n_names + 1) > syscalls->n_slots && grow_index(syscalls) < 0)
        return NULL;

    struct syscall_name **slot = find_slot(syscalls, name);

    if (!*slot) {
        *slot = arena_alloc(&syscalls->arena, sizeof(**slot));
        if (*slot) {
            (*slot)->name = name;
            (*slot)->through = through;
            syscalls->n_names++;
        }
    }
    return *slot;
}

static int index_names(struct syscalls *syscalls, enum abi_id id)
{
    const struct table *table = syscalls->tables[id];

    for (size_t i = 0; i < table->n; i++) {
        struct syscall_name *name = intern(syscalls, table->calls[i].name, NULL);

        if (!name)
            return -ENOMEM;
        if (!name->at[id])
            name->at[id] = (uint16_t)(i + 1);
    }
    syscalls->built |= (abi_set)1 << id;
    return 0;
}

/* True where ABI has call NR of the unified range. */
static bool has_unified(const struct abi *abi, uint32_t nr)
{
    for (size_t i = 0; i < ARRAY_SIZE(partial); i++)
        if (partial[i].nr == nr)
            return partial[i].abis >> abi->id & 1;
    return true;
}

/* What our own tables call number NR of ABI, or NULL. */
static const char *own_name(const struct abi *abi, uint32_t nr)
{
    uint32_t generic = nr - abi->nr_base;

    if (generic >= UNIFIED_FIRST && generic - UNIFIED_FIRST < ARRAY_SIZE(unified))
        return has_unified(abi, generic) ? unified[generic - UNIFIED_FIRST] : NULL;
    for (size_t i = 0; i < ARRAY_SIZE(lone); i++)
        if (lone[i].abi == abi->id && lone[i].nr == nr)
            return lone[i].name;
    return NULL;
}

/*
 * Adds the name of number NR of ABI, from libseccomp or else from our own tables. libseccomp
 * answers NULL also where memory runs out: a name must not be lost that way, for its rules would be
 * lost with it.
 */
static int ask_library(struct table *table, const struct abi *abi, uint32_t token, uint32_t nr)
{
    char *name;

    errno = 0;
    name = seccomp_syscall_resolve_num_arch(token, (int)nr);
    if (!name && errno == ENOMEM)
        return -ENOMEM;

    const char *known = name ? name : own_name(abi, nr);

    if (name)
        table->owned[table->n_owned++] = name;
    if (known)
        table->calls[table->n++] = (struct syscall_entry){nr, known};
    return 0;
}

/* True where the tables of the build are those of the library that this process runs with. */
static bool names_are_built_in(void)
{
    const struct scmp_version *version = seccomp_version();

    return version && version->major == library_names.version[0] &&
           version->minor == library_names.version[1] && version->micro == library_names.version[2];
}

/* Adds the call at PLACE of ABI's table, see library-names.h. */
static void take_built_in(struct table *table, const struct abi *abi, size_t place, uint32_t nr)
{
    uint16_t at = library_names.at[abi->id][place];
    const char *known = at ? library_names.names + at : own_name(abi, nr);

    if (known)
        table->calls[table->n++] = (struct syscall_entry){nr, known};
}

/* Adds all that ABI has. Returns 0 or -ENOMEM. */
static int scan(struct table *table, const struct abi *abi, uint32_t token)
{
    bool built_in = names_are_built_in();
    size_t places = abi->id == ABI_ARM ? CALLS_MAX : SCAN_NUMBERS;
    int result = 0;

    if (!built_in) {
        table->owned = calloc(CALLS_MAX, sizeof(*table->owned));
        if (!table->owned)
            return -ENOMEM;
    }
    for (size_t i = 0; result == 0 && i < places; i++) {
        uint32_t nr = i < SCAN_NUMBERS ? abi->nr_base + (uint32_t)i
                                       : ARM_PRIVATE_FIRST + (uint32_t)(i - SCAN_NUMBERS);

        if (built_in)
            take_built_in(table, abi, i, nr);
        else
            result = ask_library(table, abi, token, nr);
    }
    return result;
}

static void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t k = 0; k < table->n_owned; k++)
        free(table->owned[k]);
    free(table->owned);
    free(table);
}

/* Makes the table of ABI, its names in the index. NULL: no memory. */
static const struct table *build_table(struct syscalls *syscalls, enum abi_id id)
{
    const struct abi *abi = abi_get(id);
    struct table *table = syscalls->tables[id];

    if (!table) {
        uint32_t token = seccomp_arch_resolve_name(abi->name);

        table = calloc(1, sizeof(*table));
        if (!table)
            return NULL;
        if (token && scan(table, abi, token) < 0) {
            table_free(table);
            return NULL;
        }
        syscalls->tables[id] = table;
    }
    return index_names(syscalls, id) < 0 ? NULL : table;
}

static const struct table *get_table(struct syscalls *syscalls, enum abi_id id)
{
    bool built = syscalls->built & (abi_set)1 << id;

    return built ? syscalls->tables[id] : build_table(syscalls, id);
}

struct syscalls *syscalls_new(void)
{
    struct syscalls *syscalls = calloc(1, sizeof(*syscalls));

    /* Some of these no ABI calls directly. */
    for (size_t i = 0; syscalls && i < ARRAY_SIZE(multiplexed); i++) {
        if (!intern(syscalls, multiplexed[i].name, &multiplexed[i])) {
            syscalls_free(syscalls);
            return NULL;
        }
    }
    return syscalls;
}

void syscalls_free(struct syscalls *syscalls)
{
    if (!syscalls)
        return;
    for (size_t i = 0; i < ABI_COUNT; i++)
        table_free(syscalls->tables[i]);
    arena_free(&syscalls->arena);
    free(syscalls);
}

int syscalls_find(struct syscalls *syscalls, abi_set abis, const char *name,
                  const struct syscall_name **found)
{
    for (int id = 0; abis & ~syscalls->built && id < ABI_COUNT; id++)
        if (abis & (abi_set)1 << id && !get_table(syscalls, (enum abi_id)id))
            return -ENOMEM;
    *found = *find_slot(syscalls, name);
    return 0;
}

int syscalls_number(struct syscalls *syscalls, enum abi_id abi, const char *name, uint32_t *nr)
{
    const struct syscall_name *found;
    int r = syscalls_find(syscalls, (abi_set)1 << abi, name, &found);

    if (r < 0)
        return r;
    if (!found || !found->at[abi])
        return -ENOENT;
    *nr = syscalls->tables[abi]->calls[found->at[abi] - 1].nr;
    return 0;
}

static int compare_nr(const void *key, const void *element)
{
    uint32_t nr = *(const uint32_t *)key;
    const struct syscall_entry *call = element;

    return nr < call->nr ? -1 : nr > call->nr;
}

const char *syscalls_name(struct syscalls *syscalls, enum abi_id abi, uint32_t nr)
{
    const struct table *table = get_table(syscalls, abi);
    const struct syscall_entry *call =
        table ? bsearch(&nr, table->calls, table->n, sizeof(*table->calls), compare_nr) : NULL;

    return call ? call->name : NULL;
}

const struct syscall_entry *syscalls_all(struct syscalls *syscalls, enum abi_id abi, size_t *n)
{
    const struct table *table = get_table(syscalls, abi);

    *n = table ? table->n : 0;
    return table ? table->calls : NULL;
}

bool syscalls_at(struct syscalls *syscalls, enum abi_id abi, size_t i, uint32_t *nr,
                 const char **name)
{
    const struct table *table = get_table(syscalls, abi);

    if (!table || i >= table->n)
        return false;
    *nr = table->calls[i].nr;
    *name = table->calls[i].name;
    return true;
}

bool syscalls_is_known(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(unified); i++)
        if (!strcmp(unified[i], name))
            return true;
    for (size_t i = 0; i < ARRAY_SIZE(lone); i++)
        if (!strcmp(lone[i].name, name))
            return true;
    /* libseccomp answers a call of another ABI than the host's with a negative pseudo number. */
    return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

const struct multiplexed *syscalls_multiplexed(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(multiplexed); i++)
        if (multiplexed[i].name[0] == name[0] && !strcmp(multiplexed[i].name, name))
            return &multiplexed[i];
    return NULL;
}

const struct multiplexed *syscalls_multiplexed_call(const char *multiplexer, uint32_t call)
{
    for (size_t i = 0; i < ARRAY_SIZE(multiplexed); i++)
        if (!strcmp(multiplexed[i].multiplexer, multiplexer) && multiplexed[i].call == call)
            return &multiplexed[i];
    return NULL;
}

bool syscalls_is_multiplexer(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(multiplexed); i++)
        if (!strcmp(multiplexed[i].multiplexer, name))
            return true;
    return false;
}
