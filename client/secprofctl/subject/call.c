/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls as people write them. The names of arguments are those of the call. */
#include "config.h"

#include "client/secprofctl/subject/call.h"

#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/number.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/successor.h"
#include "compiler/facts/symbol.h"
#include "compiler/facts/syscalls.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/suggest.h"

static const char no_memory[] = "out of memory";

/* PART, of the argument TEXT, is neither a number nor a name in SYMBOLS. */
static const char *wrong_part(struct arena *arena, const char *text, const char *part,
                              const struct abi *abi, const struct symbol_set *symbols)
{
    struct suggestion suggestion = suggest_begin(part);
    const char *message;

    symbols_suggest(symbols, abi, &suggestion);
    if (suggestion.best)
        message =
            arena_printf(arena, "'%s' is no argument; did you mean '%s'?", part, suggestion.best);
    else
        message =
            arena_printf(arena,
                         "'%s' is no argument: that is a number of up to 64 bits, as in C: "
                         "38, 0x26, -1%s",
                         text, symbols ? ", or a name that this argument has, as in AF_ALG" : "");
    return message ? message : no_memory;
}

/* Reads argument INDEX of the call NAME. Returns NULL, or what is wrong. */
static const char *read_argument(struct arena *arena, const char *text, const struct abi *abi,
                                 const char *name, unsigned int index, uint64_t *value)
{
    const struct symbol_set *symbols = symbols_of(abi, name, index);

    *value = 0;
    for (const char *at = text;;) {
        size_t len = strcspn(at, "|");
        const char *part = arena_strndup(arena, at, len);
        uint64_t bits;

        if (!part)
            return no_memory;
        if (!number_parse(part, &bits) && symbol_value(symbols, abi, at, len, &bits) < 0)
            return wrong_part(arena, text, part, abi, symbols);
        *value |= bits;
        if (!at[len])
            return NULL;
        at += len + 1;
    }
}

/* Splits "socket(AF_ALG, 0)" into its words. Returns their number; 0: it is no such form. */
static size_t split_c_form(struct arena *arena, const char *text, char *words[SYSCALL_ARGS + 2])
{
    size_t len = strlen(text);
    size_t open = strcspn(text, "(");
    char *inside;
    size_t n = 1;

    if (open == 0 || open + 2 > len || text[len - 1] != ')')
        return 0;
    words[0] = arena_strndup(arena, text, open);
    inside = arena_strndup(arena, text + open + 1, len - open - 2);
    if (!words[0] || !inside)
        return 0;
    if (!inside[strspn(inside, " ")])
        return 1;
    for (char *word; n < SYSCALL_ARGS + 2 && (word = strsep(&inside, ","));) {
        size_t end;

        word += strspn(word, " ");
        for (end = strlen(word); end > 0 && word[end - 1] == ' '; end--)
            word[end - 1] = 0;
        words[n++] = word;
    }
    return n;
}

const char *call_read(struct call *call, struct arena *arena, char *const *words, size_t n,
                      const struct abi *abi, struct syscalls *syscalls)
{
    char *parts[SYSCALL_ARGS + 2];
    size_t n_parts = n == 1 ? split_c_form(arena, words[0], parts) : 0;
    const char *message = NULL;
    const char *name;
    uint64_t number;

    if (n_parts) {
        words = parts;
        n = n_parts;
    }
    *call = (struct call){
        .name = words[0],
        .n_args = n - 1,
        .known = n > 1 ? CALL_ALL_ARGS : 0,
    };
    if (number_parse(words[0], &number)) {
        if (number > UINT32_MAX && number < UINT64_MAX - INT32_MAX)
            message = arena_printf(arena, "%s is no syscall number: these have 32 bits", words[0]);
        call->name = NULL;
        call->number = (uint32_t)number;
    }
    if (!message && n > 1 + SYSCALL_ARGS)
        message = arena_printf(arena, "%s has more than %d arguments", words[0], SYSCALL_ARGS);
    name = call->name ? call->name : syscalls_name(syscalls, abi->id, call->number);
    for (size_t i = 1; i < n && !message; i++)
        message =
            read_argument(arena, words[i], abi, name, (unsigned int)i - 1, &call->args[i - 1]);
    return message;
}

int call_fail_unknown(const char *name, const struct target *target, const struct abi *abi,
                      struct syscalls *syscalls)
{
    const char *newer =
        successor_on_abi(syscalls, (abi ? abi : target_native_abi(target))->id, name);
    const char *where = abi ? abi->name : target->name;
    struct suggestion suggestion = suggest_begin(name);
    const char *other;
    uint32_t nr;

    if (newer)
        return ctl_fail(CTL_USAGE, "%s has no syscall '%s'; programs call '%s' there", where, name,
                        newer);
    for (size_t i = 0; i < target->n_abis; i++)
        for (size_t k = 0; (!abi || abi->id == target->abis[i]) &&
                           syscalls_at(syscalls, target->abis[i], k, &nr, &other);
             k++)
            suggest_offer(&suggestion, other);
    return ctl_fail(CTL_USAGE, "%s has no syscall '%s'%s%s%s", where, name,
                    suggestion.best ? "; did you mean '" : "",
                    suggestion.best ? suggestion.best : "", suggestion.best ? "'?" : "");
}

int call_read_question(struct call *call, const char *text, const struct target *target,
                       const struct abi *abi, struct syscalls *syscalls, struct arena *arena)
{
    char *word = arena_strndup(arena, text, strlen(text));
    const char *wrong =
        word ? call_read(call, arena, &word, 1, abi ? abi : target_native_abi(target), syscalls)
             : no_memory;
    uint32_t nr;

    if (wrong)
        return ctl_fail(CTL_USAGE, "%s", wrong);
    call->known = (1U << call->n_args) - 1;
    for (size_t i = 0; call->name && i < target->n_abis; i++)
        if ((!abi || abi->id == target->abis[i]) &&
            syscalls_number(syscalls, target->abis[i], call->name, &nr) == 0)
            return CTL_OK;
    return call->name ? call_fail_unknown(call->name, target, abi, syscalls) : CTL_OK;
}
