/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stamps of records, and times of people. */
#include "config.h"

#include "client/secprofctl/subject/records.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/arena.h"
#include "util/cleanup.h"

enum {
    MS = 1000,
    TIME_DIGITS = 11, /* of seconds: the multiplications below cannot overflow */
};

/* Reads the digits at *AT, which moves behind them. False: there are none, or too many. */
static bool take_number(const char **at, size_t max_digits, uint64_t *number)
{
    const size_t digits = strspn(*at, "0123456789");

    *number = 0;
    if (digits == 0 || digits > max_digits)
        return false;
    for (size_t i = 0; i < digits; i++)
        *number = *number * 10 + (uint64_t)((*at)[i] - '0');
    *at += digits;
    return true;
}

bool record_parse(struct record *record, const char *line)
{
    static const char stamp[] = "audit(";
    const char *at = strstr(line, stamp);
    uint64_t seconds;
    uint64_t ms;

    *record = (struct record){.line = line};
    if (!at || (!strstr(line, "type=1326 ") && !strstr(line, "type=SECCOMP ")))
        return false;
    at += strlen(stamp);
    if (!take_number(&at, TIME_DIGITS, &seconds) || *at++ != '.' || !take_number(&at, 3, &ms) ||
        *at++ != ':' || !take_number(&at, 19, &record->serial) || *at != ')')
        return false;
    record->time_ms = (int64_t)(seconds * MS + ms);
    return true;
}

int records_add(struct records *records, const char *line)
{
    struct record record;

    if (!record_parse(&record, line) || record.time_ms < records->since_ms)
        return 0;
    record.line = arena_strndup(records->arena, line, strlen(line));
    if (!record.line ||
        arena_grow(records->arena, &records->items, records->n, &records->room, sizeof(record)) < 0)
        return -ENOMEM;
    records->items[records->n++] = record;
    return 0;
}

static int compare_records(const void *a, const void *b)
{
    const struct record *left = a;
    const struct record *right = b;

    if (left->time_ms != right->time_ms)
        return left->time_ms < right->time_ms ? -1 : 1;
    return left->serial < right->serial ? -1 : left->serial > right->serial;
}

void records_sort(struct records *records)
{
    size_t n = 0;

    if (records->n == 0)
        return;
    qsort(records->items, records->n, sizeof(*records->items), compare_records);
    for (size_t i = 1; i < records->n; i++)
        if (compare_records(&records->items[i], &records->items[n]) != 0)
            records->items[++n] = records->items[i];
    records->n = n + 1;
}

bool records_have(const struct records *records, const struct record *record)
{
    return records->n > 0 && bsearch(record, records->items, records->n, sizeof(*records->items),
                                     compare_records) != NULL;
}

/* --- Times */

/* "10m", "1h30min", "2 days ago": how long ago that is. False: it is no such text. */
static bool take_span(const char *text, int64_t *ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {
        {"seconds", MS},
        {"second", MS},
        {"sec", MS},
        {"s", MS},
        {"minutes", 60 * MS},
        {"minute", 60 * MS},
        {"min", 60 * MS},
        {"m", 60 * MS},
        {"hours", 3600 * MS},
        {"hour", 3600 * MS},
        {"hr", 3600 * MS},
        {"h", 3600 * MS},
        {"days", 24 * 3600 * MS},
        {"day", 24 * 3600 * MS},
        {"d", 24 * 3600 * MS},
        {"weeks", INT64_C(7) * 24 * 3600 * MS},
        {"week", INT64_C(7) * 24 * 3600 * MS},
        {"w", INT64_C(7) * 24 * 3600 * MS},
    };
    const char *at = text + (*text == '-');

    *ms = 0;
    do {
        uint64_t number;
        size_t i = 0;
        size_t len;

        at += strspn(at, " ");
        if (!take_number(&at, 6, &number))
            return false;
        at += strspn(at, " ");
        len = strspn(at, "abcdefghijklmnopqrstuvwxyz");
        while (i < ARRAY_SIZE(units) &&
               (strlen(units[i].name) != len || strncmp(at, units[i].name, len) != 0))
            i++;
        if (i == ARRAY_SIZE(units))
            return false;
        *ms += (int64_t)number * units[i].ms;
        at += len;
        at += strspn(at, " ");
    } while (isdigit((unsigned char)*at));
    return !*at || !strcmp(at, "ago");
}

/* Midnight of the day of NOW_MS, DAYS later, in *TM. */
static bool day_of(int64_t now_ms, int days, struct tm *tm)
{
    const time_t now = (time_t)(now_ms / MS);

    if (!localtime_r(&now, tm))
        return false;
    tm->tm_mday += days;
    tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
    tm->tm_isdst = -1;
    return true;
}

/* Reads "13:45" or "13:45:10" at *AT into *TM. False: it is none. */
static bool take_clock(const char **at, struct tm *tm)
{
    int used = 0;

    if (sscanf(*at, "%2d:%2d%n", &tm->tm_hour, &tm->tm_min, &used) != 2)
        return false;
    *at += used;
    if (**at == ':') {
        if (sscanf(*at, ":%2d%n", &tm->tm_sec, &used) != 1)
            return false;
        *at += used;
    }
    /* Fractions of a second are read, and not counted. */
    if (**at == '.')
        *at += 1 + strspn(*at + 1, "0123456789");
    return tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60 &&
           tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* The zone at AT: nothing, "Z", "UTC" or "+01:00". False: it is none. */
static bool take_zone(const char *at, bool *has_zone, int *east)
{
    int hours;
    int minutes;
    int used = 0;

    at += strspn(at, " ");
    *east = 0;
    *has_zone = *at;
    if (!*at || !strcmp(at, "Z") || !strcmp(at, "UTC"))
        return true;
    if ((*at != '+' && *at != '-') ||
        (sscanf(at + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 &&
         sscanf(at + 1, "%2d%2d%n", &hours, &minutes, &used) != 2) ||
        at[1 + used] || hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
        return false;
    *east = (hours * 60 + minutes) * (*at == '-' ? -60 : 60);
    return true;
}

/* A date, a time of day, or both. */
static bool take_date(const char *text, int64_t now_ms, int64_t *ms)
{
    const char *at = text;
    bool has_zone = false;
    struct tm tm;
    int year;
    int month;
    int day;
    int east = 0;
    int used = 0;
    time_t time;

    if (!day_of(now_ms, 0, &tm))
        return false;
    if (sscanf(at, "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3) {
        if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
            return false;
        tm.tm_year = year - 1900;
        tm.tm_mon = month - 1;
        tm.tm_mday = day;
        at += used;
        if (*at == 'T' || *at == ' ') {
            at++;
            if (!take_clock(&at, &tm) || !take_zone(at, &has_zone, &east))
                return false;
            at = "";
        }
    } else if (!take_clock(&at, &tm)) {
        return false;
    }
    if (*at)
        return false;
    time = has_zone ? timegm(&tm) : mktime(&tm);
    *ms = ((int64_t)time - east) * MS;
    return true;
}

int since_parse(const char *text, int64_t now_ms, int64_t *ms)
{
    static const struct {
        const char *name;
        int days;
    } days[] = {{"today", 0}, {"yesterday", -1}};
    const char *at = text + 1;
    uint64_t seconds;
    struct tm tm;
    int64_t span;

    *ms = now_ms;
    if (!strcmp(text, "now"))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(days); i++)
        if (!strcmp(text, days[i].name) && day_of(now_ms, days[i].days, &tm)) {
            *ms = (int64_t)mktime(&tm) * MS;
            return 0;
        }
    if (*text == '@' && take_number(&at, TIME_DIGITS, &seconds) && !*at) {
        *ms = (int64_t)seconds * MS;
        return 0;
    }
    if (take_span(text, &span)) {
        *ms = now_ms - span;
        return 0;
    }
    return take_date(text, now_ms, ms) ? 0 : -EINVAL;
}
