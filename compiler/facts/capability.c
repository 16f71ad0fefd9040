/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities of linux/capability.h by name, and sets of them. */
#include "compiler/facts/capability.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "util/cleanup.h"

/* In the order of their numbers. */
static const char *const capabilities[] = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};

enum {
    PREFIX_LEN = 4, /* "CAP_" */
};

int capability_by_name(const char *name)
{
    const char *rest = name + PREFIX_LEN;

    if (strncmp(name, "CAP_", PREFIX_LEN) != 0)
        return -EINVAL;
    for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
        if (capabilities[i][PREFIX_LEN] == rest[0] && /* seldom */
            !strcmp(capabilities[i] + PREFIX_LEN, rest))
            return (int)i;
    return -EINVAL;
}

const char *capability_name(int number)
{
    if (number < 0 || (size_t)number >= ARRAY_SIZE(capabilities))
        return NULL;
    return capabilities[number];
}

/* True where the LEN bytes at TEXT are NAME, whatever the case. */
static bool is_word(const char *text, size_t len, const char *name)
{
    return strlen(name) == len && !strncasecmp(text, name, len);
}

static int add_word(const char *text, size_t len, uint64_t *set)
{
    if (is_word(text, len, "ALL")) {
        *set |= (UINT64_C(1) << ARRAY_SIZE(capabilities)) - 1;
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++) {
        if (is_word(text, len, capabilities[i]) ||
            is_word(text, len, capabilities[i] + PREFIX_LEN)) {
            *set |= UINT64_C(1) << i;
            return 0;
        }
    }
    return -EINVAL;
}

int capability_set_parse(const char *list, uint64_t *set, const char **bad, size_t *bad_len)
{
    uint64_t found = 0;

    for (const char *at = list; *list;) {
        size_t len = strcspn(at, ",");

        if (add_word(at, len, &found) < 0) {
            *bad = at;
            *bad_len = len;
            return -EINVAL;
        }
        if (!at[len])
            break;
        at += len + 1;
    }
    *set = found;
    return 0;
}
