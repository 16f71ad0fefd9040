/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stamps of audit records, records that come twice, and times as people write them. */
#include "client/secprofctl/subject/records.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

static const struct {
    const char *line;
    int64_t time_ms; /* -1: it is no record */
    uint64_t serial;
} lines[] = {
    {"audit: type=1326 audit(1796030588.163:5847): auid=0 pid=6", 1796030588163, 5847},
    {"type=SECCOMP msg=audit(1697000000.123:42): pid=7", 1697000000123, 42},
    {"Nov 30 06:00:00 host kernel: audit: type=1326 audit(1.002:3): pid=7", 1002, 3},
    {"type=1326 audit(12345678901.000:1): x", 12345678901000, 1},
    {"type=1300 audit(1697000000.123:42): pid=7", -1, 0},
    {"type=SYSCALL msg=audit(1697000000.123:42): pid=7", -1, 0},
    {"type=1326 pid=7", -1, 0},
    {"type=1326 audit(): x", -1, 0},
    {"type=1326 audit(1.2", -1, 0},
    {"type=1326 audit(1.002:): x", -1, 0},
    {"type=1326 audit(123456789012.000:1): x", -1, 0},
    {"type=1326 audit(1.0020:1): x", -1, 0},
    {"type=1326 audit(11/30/26 06:00:00.123:42): x", -1, 0},
    {"", -1, 0},
};

START_TEST(stamps)
{
    struct record record;

    ck_assert_int_eq(record_parse(&record, lines[_i].line), lines[_i].time_ms >= 0);
    if (lines[_i].time_ms < 0)
        return;
    ck_assert_int_eq(record.time_ms, lines[_i].time_ms);
    ck_assert_uint_eq(record.serial, lines[_i].serial);
}
END_TEST

START_TEST(each_once)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct records records = {.arena = &arena, .since_ms = 2000};
    struct record record;

    ck_assert_int_eq(records_add(&records, "type=1326 audit(3.000:9): from the log"), 0);
    ck_assert_int_eq(records_add(&records, "type=1326 audit(2.000:7): first"), 0);
    ck_assert_int_eq(records_add(&records, "type=SECCOMP msg=audit(3.000:9): by auditd"), 0);
    ck_assert_int_eq(records_add(&records, "type=1326 audit(3.000:8): the same moment"), 0);
    ck_assert_int_eq(records_add(&records, "type=1326 audit(1.999:1): too old"), 0);
    ck_assert_int_eq(records_add(&records, "type=1327 audit(3.000:10): of another kind"), 0);
    records_sort(&records);
    ck_assert_uint_eq(records.n, 3);
    ck_assert_uint_eq(records.items[0].serial, 7);
    ck_assert_uint_eq(records.items[1].serial, 8);
    ck_assert_uint_eq(records.items[2].serial, 9);
    ck_assert(record_parse(&record, "type=1326 audit(3.000:9): once more"));
    ck_assert(records_have(&records, &record));
    record.serial = 10;
    ck_assert(!records_have(&records, &record));
    records = (struct records){.arena = &arena};
    records_sort(&records);
    ck_assert(!records_have(&records, &record));
}
END_TEST

/* 2026-11-30 13:45:10 UTC */
#define NOW INT64_C(1796046310000)

static const struct {
    const char *text;
    int64_t ms; /* -1: it is no time */
} times[] = {
    {"now", NOW},
    {"10m", NOW - 600000},
    {"-10m", NOW - 600000},
    {"1h", NOW - 3600000},
    {"1h ago", NOW - 3600000},
    {"1 hour ago", NOW - 3600000},
    {"1h30min", NOW - 5400000},
    {"90s", NOW - 90000},
    {"2 days", NOW - 2 * 86400000},
    {"1w", NOW - 7 * 86400000},
    {"today", 1795996800000},
    {"yesterday", 1795910400000},
    {"13:00", 1796043600000},
    {"13:00:01", 1796043601000},
    {"2026-11-29", 1795910400000},
    {"2026-11-30 13:00", 1796043600000},
    {"2026-11-30 13:00:01.5", 1796043601000},
    {"2026-11-30T13:00:01Z", 1796043601000},
    {"2026-11-30T13:00:01+01:00", 1796040001000},
    {"2026-11-30T13:00:01-0230", 1796052601000},
    {"2026-11-30 13:00:01 UTC", 1796043601000},
    {"@1796043601", 1796043601000},
    {"", -1},
    {"10", -1},
    {"h", -1},
    {"10x", -1},
    {"10m later", -1},
    {"tomorrow", -1},
    {"25:00", -1},
    {"13:61", -1},
    {"2026-13-01", -1},
    {"2026-11-30 ", -1},
    {"2026-11-30T13:00:01+99:00", -1},
    {"2026-11-30x", -1},
    {"13:00 tea", -1},
    {"@", -1},
    {"@12x", -1},
    {"9999999m", -1},
};

START_TEST(times_of_people)
{
    int64_t ms;
    int r;

    setenv("TZ", "UTC", 1);
    tzset();
    r = since_parse(times[_i].text, NOW, &ms);
    ck_assert_msg((r == 0) == (times[_i].ms >= 0), "'%s': %d", times[_i].text, r);
    if (r == 0)
        ck_assert_int_eq(ms, times[_i].ms);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("records");
    TCase *tc = tcase_create("records");

    tcase_add_loop_test(tc, stamps, 0, ARRAY_SIZE(lines));
    tcase_add_test(tc, each_once);
    tcase_add_loop_test(tc, times_of_people, 0, ARRAY_SIZE(times));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
