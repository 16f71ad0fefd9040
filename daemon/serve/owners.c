/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads subuid, and in passwd the ids of the names in it. Reads nothing else, and writes nothing.
 */
#include "daemon/serve/owners.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "util/cleanup.h"
#include "util/io.h"

enum {
    FILE_MAX = 4 * 1024 * 1024, /* bytes */
};

/* A line of subuid: NAME:FIRST:COUNT. */
struct line {
    char name[LOGIN_NAME_MAX];
    bool known; /* the owner's id is */
    struct owner_range range;
};

struct lines {
    struct line *list;
    size_t n;
};

static void lines_clear(struct lines *lines)
{
    free(lines->list);
}

/* A file of the directory: its bytes, and a stream that reads them. */
struct text {
    char *bytes;
    size_t size;
    FILE *stream; /* NULL: there is none, or it is empty */
};

static void text_clear(struct text *text)
{
    if (text->stream)
        fclose(text->stream);
    free(text->bytes);
}

/* In one piece, as it is then; and stdio makes no calls that the daemon's filter does not have. */
static void text_read(struct text *text, const struct owners *owners, const char *name)
{
    cleanup_free char *path = NULL;
    cleanup_close int fd = -1;
    int r;

    if (asprintf(&path, "%s/%s", owners->directory, name) < 0)
        return;
    fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    r = fd < 0 ? -errno : io_pread_file(fd, FILE_MAX, &text->bytes, &text->size);
    if (r < 0 && r != -ENOENT)
        log_write(owners->log, LOG_WARNING, "%s cannot be read: %s", path, strerror(-r));
    if (r == 0 && text->size > 0)
        text->stream = fmemopen(text->bytes, text->size, "r");
}

/* Reads a decimal number up to the character END, and goes behind it. */
static bool parse_id(const char **at, char end, uint32_t *id)
{
    char *stop;
    unsigned long long value = strtoull(*at, &stop, 10);

    if (**at < '0' || **at > '9' || *stop != end || value > UINT32_MAX)
        return false;
    *id = (uint32_t)value;
    *at = stop + (end != '\0');
    return true;
}

/* Makes LINE of TEXT. Returns false where it is no range. Id -1 is nobody's. */
static bool parse_line(const char *text, struct line *line)
{
    const char *colon = strchr(text, ':'), *at = text;
    uint32_t count;

    if (!colon || colon == text || colon - text >= LOGIN_NAME_MAX)
        return false;
    line->known = parse_id(&at, ':', &line->range.owner);
    at = colon + 1;
    if (!parse_id(&at, ':', &line->range.first) || !parse_id(&at, '\0', &count) || count == 0 ||
        count > UINT32_MAX - line->range.first)
        return false;
    line->range.last = line->range.first + count - 1;
    if (!line->known)
        line->range.owner = line->range.first;
    *stpncpy(line->name, text, (size_t)(colon - text)) = '\0';
    return true;
}

static void read_lines(const struct owners *owners, struct lines *lines)
{
    __attribute__((cleanup(text_clear))) struct text file = {0};
    cleanup_free char *text = NULL;
    size_t room = 0, number = 0;

    text_read(&file, owners, "subuid");
    lines->list = file.stream ? calloc(OWNERS_MAX, sizeof(*lines->list)) : NULL;
    while (lines->list && getline(&text, &room, file.stream) > 0) {
        number++;
        text[strcspn(text, "\n")] = '\0';
        if (text[0] == '\0' || text[0] == '#')
            continue;
        if (lines->n == OWNERS_MAX) {
            log_write(owners->log, LOG_WARNING, "%s/subuid: only the first %d ranges are used",
                      owners->directory, OWNERS_MAX);
            break;
        }
        if (parse_line(text, &lines->list[lines->n]))
            lines->n++;
        else
            log_write(owners->log, LOG_WARNING,
                      "%s/subuid: line %zu is skipped: it is no \"owner:first:count\"",
                      owners->directory, number);
    }
}

/* Fills in the ids of the owners' names. */
static void find_owners(const struct owners *owners, struct lines *lines)
{
    __attribute__((cleanup(text_clear))) struct text file = {0};
    const struct passwd *user;

    if (lines->n > 0)
        text_read(&file, owners, "passwd");
    while (file.stream && (user = fgetpwent(file.stream))) {
        for (size_t i = 0; i < lines->n; i++) {
            struct line *line = &lines->list[i];

            if (line->known || strcmp(line->name, user->pw_name))
                continue;
            line->known = true;
            line->range.owner = user->pw_uid;
        }
    }
}

static int by_first(const void *a, const void *b)
{
    const struct line *left = a, *right = b;

    return (left->range.first > right->range.first) - (left->range.first < right->range.first);
}

/* Takes over LINES, each of which begins behind the end of the one before. */
static void take(struct owners *owners, const struct lines *lines)
{
    struct owner_range *list = lines->n > 0 ? calloc(lines->n, sizeof(*list)) : NULL;
    size_t n = 0;

    for (size_t i = 0; list && i < lines->n; i++) {
        const struct line *line = &lines->list[i];

        if (n > 0 && line->range.first <= list[n - 1].last) {
            log_write(owners->log, LOG_WARNING,
                      "%s/subuid: the range of %s that begins at %u is skipped: it overlaps "
                      "another one",
                      owners->directory, line->name, line->range.first);
            continue;
        }
        list[n++] = line->range;
    }
    free(owners->list);
    owners->list = list;
    owners->n = n;
}

void owners_read(struct owners *owners)
{
    __attribute__((cleanup(lines_clear))) struct lines lines = {0};

    read_lines(owners, &lines);
    find_owners(owners, &lines);
    if (lines.n > 0)
        qsort(lines.list, lines.n, sizeof(*lines.list), by_first);
    take(owners, &lines);
}

static int on_changed(sd_event_source *source, const struct inotify_event *event, void *user)
{
    (void)source;
    /* Without a name it is the directory itself, or too much happened. */
    if (!event->len || !strcmp(event->name, "subuid") || !strcmp(event->name, "passwd"))
        owners_read(user);
    return 0;
}

void owners_start(struct owners *owners, sd_event *event)
{
    const uint32_t mask = IN_CLOSE_WRITE | IN_MOVE | IN_DELETE | IN_ONLYDIR;
    int r =
        sd_event_add_inotify(event, &owners->watch, owners->directory, mask, on_changed, owners);

    if (r < 0)
        log_write(owners->log, LOG_NOTICE,
                  "cannot watch %s: %s; changes of its subuid are noticed after a restart",
                  owners->directory, strerror(-r));
    owners_read(owners);
}

uid_t owners_payer(const struct owners *owners, uid_t uid, uid_t admin)
{
    size_t low = 0, high = owners->n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct owner_range *range = &owners->list[middle];

        if (uid > range->last)
            low = middle + 1;
        else if (uid < range->first)
            high = middle;
        else
            return range->owner == 0 || range->owner == admin ? range->first : range->owner;
    }
    return uid;
}

void owners_clear(struct owners *owners)
{
    owners->watch = sd_event_source_disable_unref(owners->watch);
    free(owners->list);
    owners->list = NULL;
    owners->n = 0;
}
