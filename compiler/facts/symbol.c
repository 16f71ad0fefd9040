/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments by name: which argument of which call has which names, and the way from one to the
 * other. */
#include "compiler/facts/symbol.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/symbol-sets.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/suggest.h"

/* An argument of a call. */
struct argument {
    const char *syscall;
    unsigned int index;
    const struct symbol_set *set;
};

/* Where an argument is a pointer to flags, as in clone3, there is nothing to name. */
static const struct argument arguments[] = {
    {"socket", 0, &symbols_family},
    {"socket", 1, &symbols_socket_type},
    {"socketpair", 0, &symbols_family},
    {"socketpair", 1, &symbols_socket_type},
    {"accept4", 3, &symbols_socket_type},
    {"getsockopt", 1, &symbols_socket_level},
    {"setsockopt", 1, &symbols_socket_level},
    {"clone", 0, &symbols_clone},
    {"unshare", 0, &symbols_unshare},
    {"setns", 1, &symbols_unshare},
    {"ptrace", 0, &symbols_ptrace},
    {"prctl", 0, &symbols_prctl},
    {"arch_prctl", 0, &symbols_arch_prctl},
    {"personality", 0, &symbols_personality},
    {"keyctl", 0, &symbols_keyctl},
    {"futex", 1, &symbols_futex},
    {"futex_time64", 1, &symbols_futex},
    {"bpf", 0, &symbols_bpf},
    {"seccomp", 0, &symbols_seccomp},
    {"reboot", 2, &symbols_reboot},
    {"membarrier", 0, &symbols_membarrier},
    {"io_uring_register", 1, &symbols_io_uring_register},
    {"sched_setscheduler", 1, &symbols_policy},
    {"kill", 1, &symbols_signal},
    {"tkill", 1, &symbols_signal},
    {"tgkill", 2, &symbols_signal},
    {"rt_sigqueueinfo", 1, &symbols_signal},
    {"rt_tgsigqueueinfo", 2, &symbols_signal},
    {"pidfd_send_signal", 1, &symbols_signal},
    {"rt_sigaction", 0, &symbols_signal},
    {"sigaction", 0, &symbols_signal},
    {"signal", 0, &symbols_signal},
    {"mmap", 2, &symbols_protection},
    {"mmap", 3, &symbols_map},
    {"mmap2", 2, &symbols_protection},
    {"mmap2", 3, &symbols_map},
    {"mprotect", 2, &symbols_protection},
    {"pkey_mprotect", 2, &symbols_protection},
    {"madvise", 2, &symbols_advice},
    {"process_madvise", 3, &symbols_advice},
    {"memfd_create", 1, &symbols_memfd},
    {"shmat", 2, &symbols_shmat},
    {"open", 1, &symbols_open},
    {"open", 2, &symbols_mode},
    {"openat", 2, &symbols_open},
    {"openat", 3, &symbols_mode},
    {"open_by_handle_at", 2, &symbols_open},
    {"pipe2", 1, &symbols_open_flags},
    {"dup3", 2, &symbols_open_flags},
    {"creat", 1, &symbols_mode},
    {"chmod", 1, &symbols_mode},
    {"fchmod", 1, &symbols_mode},
    {"fchmodat", 2, &symbols_mode},
    {"fchmodat2", 2, &symbols_mode},
    {"mkdir", 1, &symbols_mode},
    {"mkdirat", 2, &symbols_mode},
    {"mknod", 1, &symbols_mknod},
    {"mknodat", 2, &symbols_mknod},
    {"fcntl", 1, &symbols_fcntl},
    {"fcntl64", 1, &symbols_fcntl},
    {"mount", 3, &symbols_mount},
    {"ioctl", 1, &symbols_ioctl},
};

const struct symbol_set *symbols_of(const struct abi *abi, const char *syscall, unsigned int index)
{
    /* On s390 the stack comes first (clone(2), "C library/kernel differences"). */
    bool stack_first = abi->id == ABI_S390 || abi->id == ABI_S390X;

    if (syscall && stack_first && !strcmp(syscall, "clone"))
        return index == 1 ? &symbols_clone : NULL;
    for (size_t i = 0; syscall && i < ARRAY_SIZE(arguments); i++)
        if (arguments[i].index == index && !strcmp(arguments[i].syscall, syscall))
            return arguments[i].set;
    return NULL;
}

static bool is_on(const struct symbol *symbol, const struct abi *abi)
{
    return !symbol->abis || symbol->abis >> abi->id & 1;
}

/* The symbol that the LEN bytes at NAME are on ABI, or NULL. */
static const struct symbol *find_name(const struct symbol_list *list, const struct abi *abi,
                                      const char *name, size_t len)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct symbol *symbol = &list->items[i];

        if (is_on(symbol, abi) && strlen(symbol->name) == len && !memcmp(symbol->name, name, len))
            return symbol;
    }
    return NULL;
}

/* True where SYMBOL has its value on ABI: no entry before it says otherwise. */
static bool is_value_of(const struct symbol_list *list, const struct symbol *symbol,
                        const struct abi *abi)
{
    return find_name(list, abi, symbol->name, strlen(symbol->name)) == symbol;
}

int symbol_value(const struct symbol_set *set, const struct abi *abi, const char *name, size_t len,
                 uint64_t *value)
{
    const struct symbol *symbol = set ? find_name(&set->values, abi, name, len) : NULL;

    if (set && !symbol)
        symbol = find_name(&set->flags, abi, name, len);
    if (!symbol)
        return -ENOENT;
    *value = symbol->value;
    return 0;
}

const char *symbols_at(const struct symbol_set *set, size_t i)
{
    if (set && i < set->values.n)
        return set->values.items[i].name;
    return set && i - set->values.n < set->flags.n ? set->flags.items[i - set->values.n].name
                                                   : NULL;
}

void symbols_suggest(const struct symbol_set *set, const struct abi *abi,
                     struct suggestion *suggestion)
{
    const struct symbol_list *lists[] = {set ? &set->values : NULL, set ? &set->flags : NULL};

    for (size_t l = 0; set && l < ARRAY_SIZE(lists); l++)
        for (size_t i = 0; i < lists[l]->n; i++)
            if (is_on(&lists[l]->items[i], abi))
                suggest_offer(suggestion, lists[l]->items[i].name);
}

/* Appends PART to TEXT, which may be NULL. NULL: no memory. */
static const char *join(struct arena *arena, const char *text, const char *part)
{
    return text ? arena_printf(arena, "%s|%s", text, part) : part;
}

/*
 * The flags of *REST by name behind TEXT; what has none is left in *REST. NULL: none, or no memory.
 */
static const char *add_flags(struct arena *arena, const char *text, const struct symbol_set *set,
                             const struct abi *abi, uint64_t *rest)
{
    for (size_t i = 0; i < set->flags.n; i++) {
        const struct symbol *flag = &set->flags.items[i];

        if ((*rest & flag->value) != flag->value || flag->value & set->field || !is_on(flag, abi) ||
            !is_value_of(&set->flags, flag, abi))
            continue;
        *rest &= ~flag->value;
        text = join(arena, text, flag->name);
        if (!text)
            return NULL;
    }
    return text;
}

static const char *add_rest(struct arena *arena, const char *text, uint64_t rest)
{
    return text && rest ? arena_printf(arena, "%s|%#" PRIx64, text, rest) : text;
}

const char *symbols_text(struct arena *arena, const struct symbol_set *set, const struct abi *abi,
                         uint64_t value)
{
    const char *text = NULL;
    uint64_t rest = value;

    if (!set)
        return NULL;
    for (size_t i = 0; i < set->values.n && !text; i++) {
        const struct symbol *symbol = &set->values.items[i];

        if ((value & set->field) == symbol->value && is_on(symbol, abi) &&
            is_value_of(&set->values, symbol, abi))
            text = symbol->name;
    }
    if (text)
        rest &= ~set->field;
    else if (value & set->field)
        return NULL;
    text = add_flags(arena, text, set, abi, &rest);
    return add_rest(arena, text, rest);
}

const char *symbols_mask_text(struct arena *arena, const struct symbol_set *set,
                              const struct abi *abi, uint64_t mask)
{
    uint64_t rest = mask;
    const char *text = set ? add_flags(arena, NULL, set, abi, &rest) : NULL;

    return add_rest(arena, text, rest);
}
