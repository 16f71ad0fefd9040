/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of the build: writes library-names.c, libseccomp's tables of syscalls as C, to its
 * standard output. It ships nowhere.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/library-names.h"

enum {
    NAMES_MAX = 2048, /* different ones; a few hundred are in use */
};

struct list {
    char *names[NAMES_MAX];
    unsigned int positions[NAMES_MAX];
    size_t n;
    unsigned int end; /* of all names so far */
};

/* The position of NAME (owned here), after printing it where it is new. */
static unsigned int add_name(struct list *list, char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!strcmp(list->names[i], name)) {
            free(name);
            return list->positions[i];
        }
    }
    if (list->n == NAMES_MAX || list->end > UINT16_MAX) {
        fputs("list-syscalls: more names than there is room for\n", stderr);
        exit(EXIT_FAILURE);
    }
    printf("    \"%s\\0\"\n", name);
    list->names[list->n] = name;
    list->positions[list->n++] = list->end;
    list->end += (unsigned int)strlen(name) + 1;
    return list->end - (unsigned int)strlen(name) - 1;
}

/* The position of the name of number NR, 0 where there is none. */
static unsigned int look_up(struct list *list, uint32_t token, uint32_t nr)
{
    char *name;

    errno = 0;
    name = seccomp_syscall_resolve_num_arch(token, (int)nr);
    if (!name && errno == ENOMEM) {
        fputs("list-syscalls: no memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    return name ? add_name(list, name) : 0;
}

static void fill(struct list *list, const struct abi *abi, uint16_t at[CALLS_MAX])
{
    uint32_t token = seccomp_arch_resolve_name(abi->name);

    for (uint32_t i = 0; token && i < SCAN_NUMBERS; i++)
        at[i] = (uint16_t)look_up(list, token, abi->nr_base + i);
    for (uint32_t i = 0; token && abi->id == ABI_ARM && i < EXTRA_NUMBERS; i++)
        at[SCAN_NUMBERS + i] = (uint16_t)look_up(list, token, ARM_PRIVATE_FIRST + i);
}

int main(void)
{
    static uint16_t at[ABI_COUNT][CALLS_MAX];
    static struct list list = {.end = 1};
    const struct scmp_version *version = seccomp_version();

    puts("/* Written by compiler/facts/list-syscalls. */\n"
         "#include \"compiler/facts/library-names.h\"\n\n"
         "static const char names[] = \"\\0\"");
    for (size_t id = 0; id < ABI_COUNT; id++)
        fill(&list, abi_get((enum abi_id)id), at[id]);
    printf("    ;\n\nconst struct library_names library_names = {\n    {%u, %u, %u},\n    names,\n"
           "    {\n",
           version->major, version->minor, version->micro);
    for (size_t id = 0; id < ABI_COUNT; id++) {
        printf("        {");
        for (size_t i = 0; i < CALLS_MAX; i++)
            printf("%s%u,", i % 16 ? "" : "\n            ", at[id][i]);
        puts("},");
    }
    puts("    },\n};");
    for (size_t i = 0; i < list.n; i++)
        free(list.names[i]);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
