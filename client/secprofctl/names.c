/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that secprofctl takes, from the tables by which it takes them. */
#include "config.h"

#include "client/secprofctl/names.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/number.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/symbol.h"
#include "compiler/facts/syscalls.h"

bool names_is_topic(const char *topic)
{
    return !strcmp(topic, "syscalls") || !strcmp(topic, "capabilities") ||
           !strcmp(topic, "symbols");
}

/* The calls of each ABI that this machine's kernel can run; one of several ABIs comes once. */
static int print_syscalls(void)
{
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    const struct target *target = target_host();
    const char *name;
    uint32_t nr;

    if (!syscalls)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    for (size_t a = 0; target && a < target->n_abis; a++)
        for (size_t i = 0; syscalls_at(syscalls, target->abis[a], i, &nr, &name); i++) {
            bool known = false;

            for (size_t before = 0; !known && before < a; before++)
                known = syscalls_number(syscalls, target->abis[before], name, &nr) == 0;
            if (!known)
                puts(name);
        }
    return CTL_OK;
}

static int print_symbols(const char *call, const char *argument)
{
    const struct target *target = target_host();
    const struct symbol_set *set;
    const char *name;
    uint64_t index;

    if (!number_parse(argument, &index) || index > 5)
        return ctl_fail(CTL_USAGE, "'%s' is no argument; that is a number from 0 to 5", argument);
    set = target ? symbols_of(target_native_abi(target), call, (unsigned int)index) : NULL;
    for (size_t i = 0; (name = symbols_at(set, i)); i++)
        puts(name);
    return CTL_OK;
}

int names_print(int argc, char **argv)
{
    bool symbols = !strcmp(argv[0], "symbols");

    if (symbols && argc != 3)
        return ctl_fail(CTL_USAGE, "'help symbols' needs a call and the number of an argument");
    if (!symbols && argc != 1)
        return ctl_fail(CTL_USAGE, "'help %s' takes nothing more", argv[0]);
    if (symbols)
        return print_symbols(argv[1], argv[2]);
    if (!strcmp(argv[0], "syscalls"))
        return print_syscalls();
    for (int i = 0; capability_name(i); i++)
        puts(capability_name(i));
    return CTL_OK;
}
