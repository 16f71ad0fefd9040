/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table of keys. An unknown one is an error: a misspelt key must not pass for a setting. */
#include "integration/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/diag.h"
#include "integration/whole-file.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/deadline.h"

enum {
    FILE_MAX_BYTES = 64 * 1024,
    TIMEOUT_MAX_MS = 10 * 60 * 1000,
};

const char *settings_timeout(struct settings *settings, const char *value)
{
    char *end;

    errno = 0;

    long parsed = strtol(value, &end, 10);

    if (*value < '0' || *value > '9' || *end || errno || parsed < 1 || parsed > TIMEOUT_MAX_MS)
        return "a number of milliseconds from 1 to 600000";
    settings->timeout_ms = (int)parsed;
    return NULL;
}

static const char *set_runtime(struct settings *settings, const char *value)
{
    settings->runtime = value;
    return *value ? NULL : "a program";
}

static const char *set_profile(struct settings *settings, const char *value)
{
    settings->profile = value;
    return *value ? NULL : "the name of a profile";
}

static const char *set_allow(struct settings *settings, const char *value)
{
    settings->allow = value;
    return *value ? NULL : "a list of profiles, or *";
}

static const char *set_socket(struct settings *settings, const char *value)
{
    settings->socket = value;
    return *value ? NULL : "the path of a socket";
}

static const char *set_named_only(struct settings *settings, const char *value)
{
    settings->named_only = !strcmp(value, "yes");
    return settings->named_only || !strcmp(value, "no") ? NULL : "yes or no";
}

static const struct {
    const char *key;
    const char *(*set)(struct settings *settings, const char *value); /* NULL: good */
} keys[] = {
    {"allow", set_allow},   {"runtime", set_runtime},       {"profile", set_profile},
    {"socket", set_socket}, {"named_only", set_named_only}, {"timeout", settings_timeout},
};

#define KEYS "runtime, profile, allow, socket, named_only, timeout"

static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t\r");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]))
        len--;
    text[len] = '\0';
    return text;
}

/*
 * Cuts the comment off LINE: a # at its start or after a blank, and what follows. Returns NULL, or
 * what is wrong: any other # may be meant either way, and a list of profiles must not be misread.
 */
static const char *cut_comment(char *line)
{
    char *comment = strchr(line, '#');

    if (comment && comment > line && !strchr(" \t", comment[-1]))
        return "a # begins a comment only at the start of a line or behind a blank";
    if (comment)
        *comment = '\0';
    return NULL;
}

/* Reads one LINE, which is changed. SEEN has a bit for each key. Returns NULL, or what is wrong. */
static const char *read_line(struct settings *settings, char *line, unsigned int *seen,
                             struct arena *arena)
{
    const char *wanted = cut_comment(line);
    char *key = trim(line);
    char *equals = strchr(key, '=');

    if (wanted || *key == '\0')
        return wanted;
    if (!equals)
        return "KEY = VALUE was expected";
    *equals = '\0';
    key = trim(key);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (strcmp(keys[i].key, key) != 0)
            continue;
        if (*seen & 1u << i)
            return arena_printf(arena, "%s is set twice", key);
        *seen |= 1u << i;
        wanted = keys[i].set(settings, trim(equals + 1));
        return wanted ? arena_printf(arena, "%s: %s was expected", key, wanted) : NULL;
    }
    return arena_printf(arena, "unknown key %s; there are: " KEYS, diag_quote(arena, key));
}

const char *settings_parse(struct settings *settings, const char *path, const char *text,
                           size_t len, struct arena *arena)
{
    char *copy = arena_strndup(arena, text, len);
    unsigned int seen = 0;
    unsigned int number = 1;

    if (!copy)
        return "out of memory";
    if (strlen(copy) != len)
        return arena_printf(arena, "%s: it has a NUL byte: this is no text file", path);
    for (char *line = copy; line; number++) {
        char *next = strchr(line, '\n');
        const char *wrong;

        if (next)
            *next++ = '\0';
        wrong = read_line(settings, line, &seen, arena);
        if (wrong) {
            wrong = arena_printf(arena, "%s:%u: %s", path, number, wrong);
            return wrong ? wrong : "out of memory";
        }
        line = next;
    }
    return NULL;
}

static const char *check_file(int fd)
{
    struct stat root, st;

    if (fstat(fd, &st) < 0 || stat("/", &root) < 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "it is no regular file";
    /* In a user namespace root can be somebody else; whoever owns "/" decides about all of it. */
    if (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != root.st_uid)
        return "it belongs neither to root nor to the user who runs this";
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return "others than its owner may write to it";
    return NULL;
}

const char *settings_read(struct settings *settings, const char *path, bool optional,
                          struct arena *arena)
{
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *wrong;
    char *text = NULL;
    size_t len = 0;

    if (fd < 0 && optional && errno == ENOENT)
        return NULL;
    wrong = fd < 0 ? strerror(errno) : check_file(fd);
    if (!wrong) {
        text = whole_file_read(fd, FILE_MAX_BYTES, DEADLINE_NEVER, arena, &len);
        wrong = text ? NULL : strerror(errno);
    }
    if (!wrong)
        return settings_parse(settings, path, text, len, arena);
    wrong = arena_printf(arena, "%s: %s", path, wrong);
    return wrong ? wrong : "out of memory";
}

struct source settings_source(const struct settings *settings)
{
    return (struct source){.socket = settings->socket, .timeout_ms = settings->timeout_ms};
}

struct oci_policy settings_policy(const struct settings *settings, const struct oci_source *source)
{
    return (struct oci_policy){
        .profile = settings->profile,
        .allow = settings->allow,
        .named_only = settings->named_only,
        .target = target_host(),
        .kernel = kernel_version_host(),
        .source = source,
    };
}
