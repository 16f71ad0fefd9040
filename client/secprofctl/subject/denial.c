/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of logs that tell of a denied call. What a line does not say stays open: nothing is
 * guessed. */
#include "config.h"

#include "client/secprofctl/subject/denial.h"

#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/number.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/errno.h"
#include "compiler/facts/symbol.h"
#include "compiler/facts/syscalls.h"
#include "util/arena.h"
#include "util/cleanup.h"

static const char no_memory[] = "out of memory";

/* --- Audit records: KEY=VALUE, between blanks; see kernel/auditsc.c, audit_seccomp() */

/* The value of KEY in LINE as it stands there, its quotes with it; NULL: it has none. */
static const char *find_field(const char *line, const char *key, size_t *len)
{
    size_t key_len = strlen(key);

    for (const char *at = line; (at = strstr(at, key)) != NULL; at += key_len) {
        const char *value = at + key_len + 1;

        if ((at != line && !isspace((unsigned char)at[-1]) && at[-1] != '(') || at[key_len] != '=')
            continue;
        *len = strcspn(value, " \t\n)");
        if (*value == '"') {
            *len = 1 + strcspn(value + 1, "\"");
            *len += value[*len] == '"'; /* a line may be cut */
        }
        return value;
    }
    return NULL;
}

/* The same as text of its own, or NULL. */
static char *copy_field(struct arena *arena, const char *line, const char *key)
{
    size_t len;
    const char *value = find_field(line, key, &len);

    return value ? arena_strndup(arena, value, len) : NULL;
}

static bool hex_field(struct arena *arena, const char *line, const char *key, uint64_t *number)
{
    const char *text = copy_field(arena, line, key);
    char *end;

    if (!text || !*text)
        return false;
    errno = 0;
    *number = strtoull(text, &end, 16);
    return !errno && !*end;
}

static int digit_of(char c)
{
    const char *digits = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, toupper((unsigned char)c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* A string of the record: in quotes, or, where it has odd bytes, in hexadecimal; "(null)" is none.
 */
static const char *string_field(struct arena *arena, const char *line, const char *key)
{
    char *text = copy_field(arena, line, key);
    size_t len = text ? strlen(text) : 0;
    size_t n = 0;

    if (!text || !strncmp(text, "(null", strlen("(null")))
        return NULL;
    if (*text == '"') {
        if (len > 1 && text[len - 1] == '"')
            text[len - 1] = 0;
        return text + 1;
    }
    for (; n < len / 2; n++) {
        int high = digit_of(text[2 * n]);
        int low = digit_of(text[2 * n + 1]);

        if (high < 0 || low < 0)
            break;
        text[n] = (char)(high * 16 + low);
    }
    text[n] = 0;
    return n ? text : NULL;
}

/* The ABI of "arch=c000003e" with NR, or of "arch=x86_64". NULL: none that is known. */
static const struct abi *abi_of(const char *text, uint32_t nr)
{
    char *end;
    unsigned long token = strtoul(text, &end, 16);
    const struct target *target = *end ? NULL : target_by_audit_arch((uint32_t)token);

    if (target)
        return target_abi_of_call(target, (uint32_t)token, nr);
    for (int id = 0; id < ABI_COUNT; id++) {
        const struct abi *abi = abi_get((enum abi_id)id);

        if (!strcmp(abi->name, text) || (!*end && abi->audit_arch == token))
            return abi;
    }
    return NULL;
}

/* "exit=-1" of a record of type 1300, on ABI. */
static const char *error_of(struct arena *arena, const char *line, const struct abi *abi)
{
    const char *text = copy_field(arena, line, "exit");
    long value = text ? strtol(text, NULL, 10) : 0;

    /* ausearch -i writes the name: "exit=EPERM(Operation not permitted)". */
    if (text && *text == 'E')
        return arena_strndup(arena, text, strcspn(text, "("));
    return value < 0 && value > -4096 ? errno_name_on_abi((int)-value, abi->id) : NULL;
}

static const char *read_record(struct denial *denial, struct arena *arena, const char *line,
                               struct syscalls *syscalls)
{
    const char *arch = copy_field(arena, line, "arch");
    const char *call = copy_field(arena, line, "syscall");
    const char *pid = copy_field(arena, line, "pid");
    uint64_t number = UINT64_MAX;

    if (!arch || !call)
        return no_memory;
    if (number_parse(call, &number) && number > UINT32_MAX)
        return arena_printf(arena, "syscall=%s is no number of a call", call);
    denial->call.name = number == UINT64_MAX ? call : NULL;
    denial->call.number = denial->call.name ? 0 : (uint32_t)number;
    denial->abi = abi_of(arch, denial->call.name ? 0 : denial->call.number);
    if (!denial->abi)
        return arena_printf(arena, "arch=%s is no architecture that is known here", arch);
    if (denial->call.name)
        (void)syscalls_number(syscalls, denial->abi->id, call, &denial->call.number);
    else
        denial->call.name = syscalls_name(syscalls, denial->abi->id, denial->call.number);
    denial->pid = pid ? (pid_t)strtol(pid, NULL, 10) : 0;
    denial->comm = string_field(arena, line, "comm");
    denial->exe = string_field(arena, line, "exe");
    if (hex_field(arena, line, "code", &number))
        denial->action = (uint32_t)number & SECCOMP_RET_ACTION_FULL;
    for (unsigned int i = 0; i < 4; i++) {
        const char key[] = {'a', (char)('0' + i), 0};

        if (!hex_field(arena, line, key, &denial->call.args[i]))
            continue;
        denial->source = DENIAL_SYSCALL;
        denial->call.known |= 1U << i;
        denial->call.n_args = i + 1;
    }
    denial->error = error_of(arena, line, denial->abi);
    return NULL;
}

/* --- strace(1): "[pid 12] unshare(CLONE_NEWUSER) = -1 EPERM (Operation not permitted)" */

/* The end of the argument at AT: a comma or the parenthesis that closes the call. */
static const char *argument_end(const char *at)
{
    int depth = 0;

    for (bool quoted = false; *at; at++) {
        if (quoted && *at == '\\' && at[1]) {
            at++;
            continue;
        }
        if (*at == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if (depth == 0 && (*at == ',' || *at == ')'))
            break;
        depth += strchr("([{", *at) ? 1 : strchr(")]}", *at) ? -1 : 0;
    }
    return at;
}

/* Reads the argument TEXT, number INDEX in the line. Strings and structures stay unknown. */
static void take_argument(struct denial *denial, const char *text, size_t len, unsigned int index)
{
    static const char flags[] = "flags=";
    const struct symbol_set *symbols;
    uint64_t value = 0;

    /* clone's arguments are in an order of strace's own, with names. */
    if (!strncmp(text, flags, strlen(flags))) {
        for (index = 0; index < 2 && !symbols_of(denial->abi, denial->call.name, index); index++)
            ;
        text += strlen(flags);
        len -= strlen(flags);
    } else if (!strcmp(denial->call.name, "clone")) {
        return;
    }
    symbols = index < SYSCALL_ARGS ? symbols_of(denial->abi, denial->call.name, index) : NULL;
    for (const char *end = text + len; text < end;) {
        size_t part = strcspn(text, "|,)");
        uint64_t bits;
        char word[64];

        if (part >= sizeof(word) || part == 0)
            return;
        memcpy(word, text, part);
        word[part] = 0;
        if (!number_parse(word, &bits) && symbol_value(symbols, denial->abi, text, part, &bits) < 0)
            return;
        value |= bits;
        text += part + (text[part] == '|');
    }
    if (index >= SYSCALL_ARGS || len == 0)
        return;
    denial->call.args[index] = value;
    denial->call.known |= 1U << index;
    if (denial->call.n_args < index + 1)
        denial->call.n_args = index + 1;
}

/* Skips "[pid 12] ", "12 " and a time in front of the call. */
static const char *skip_prefix(struct denial *denial, const char *line)
{
    static const char bracket[] = "[pid";

    line += strspn(line, " \t");
    if (!strncmp(line, bracket, strlen(bracket))) {
        denial->pid = (pid_t)strtol(line + strlen(bracket), NULL, 10);
        line += strcspn(line, "]");
        line += *line == ']';
    } else if (line[strspn(line, "0123456789")] == ' ') {
        denial->pid = (pid_t)strtol(line, NULL, 10);
        line += strspn(line, "0123456789");
    }
    line += strspn(line, " \t");
    if (isdigit((unsigned char)*line))
        line += strcspn(line, " ");
    return line + strspn(line, " \t");
}

static const char *read_strace(struct denial *denial, struct arena *arena, const char *line)
{
    const char *at = skip_prefix(denial, line);
    size_t name = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");
    unsigned int index = 0;

    if (name == 0 || at[name] != '(')
        return "this is neither an audit record (with arch= and syscall=) nor a line of strace";
    denial->source = DENIAL_STRACE;
    denial->abi = target_host() ? target_native_abi(target_host()) : NULL;
    denial->call.name = arena_strndup(arena, at, name);
    if (!denial->abi || !denial->call.name)
        return denial->abi ? no_memory : "this machine's architecture is not known here";
    for (at += name + 1; *at && *at != ')'; index++) {
        const char *end = argument_end(at);

        take_argument(denial, at, (size_t)(end - at), index);
        at = end + (*end == ',');
        at += strspn(at, " ");
    }
    at = strstr(at, "= -1 E");
    if (at) {
        at += strlen("= -1 ");
        denial->error = arena_strndup(arena, at, strcspn(at, " \t\n"));
    }
    return NULL;
}

const char *denial_read(struct denial *denial, struct arena *arena, const char *line,
                        struct syscalls *syscalls)
{
    size_t len;
    const char *wrong;

    *denial = (struct denial){.source = DENIAL_SECCOMP, .action = UINT32_MAX};
    if (find_field(line, "arch", &len) && find_field(line, "syscall", &len))
        wrong = read_record(denial, arena, line, syscalls);
    else
        wrong = read_strace(denial, arena, line);
    return wrong;
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

bool denial_is_same(const struct denial *a, const struct denial *b)
{
    return a->source == b->source && a->abi == b->abi && a->call.number == b->call.number &&
           is_same_text(a->call.name, b->call.name) && a->call.known == b->call.known &&
           !memcmp(a->call.args, b->call.args, sizeof(a->call.args)) && a->action == b->action &&
           is_same_text(a->error, b->error) && is_same_text(a->comm, b->comm) &&
           is_same_text(a->exe, b->exe);
}
