/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/serve/owners.c: files of a directory of the test's own. */
#include "daemon/serve/owners.h"

#include "tests/daemon/unit.h"

enum {
    ADMIN = 77,
};

static struct log log_;
static struct owners owners;

static void begin(void)
{
    log_init(&log_, LOG_ERR);
    owners = (struct owners){.log = &log_, .directory = unit_dir};
    unit_write_text("passwd",
                    "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:\n"
                    "secprof:x:77:77::/:\n");
}

static void end(void)
{
    owners_clear(&owners);
    log_close(&log_);
}

static uid_t payer(uid_t uid)
{
    return owners_payer(&owners, uid, ADMIN);
}

START_TEST(a_range_is_its_owners)
{
    unit_write_text("subuid", "alice:100000:65536\n1001:200000:10\nalice:300000:1\n");
    owners_read(&owners);
    ck_assert_uint_eq(payer(1000), 1000);
    ck_assert_uint_eq(payer(99999), 99999);
    ck_assert_uint_eq(payer(100000), 1000);
    ck_assert_uint_eq(payer(165535), 1000);
    ck_assert_uint_eq(payer(165536), 165536);
    ck_assert_uint_eq(payer(200009), 1001);
    ck_assert_uint_eq(payer(200010), 200010);
    ck_assert_uint_eq(payer(300000), 1000);
}
END_TEST

/* An owner whom passwd does not know; root and the daemon's user, who share nothing of theirs. */
START_TEST(a_range_can_pay_for_itself)
{
    unit_write_text("subuid", "ghost:100000:10\nroot:200000:10\n0:300000:10\nsecprof:400000:10\n");
    owners_read(&owners);
    ck_assert_uint_eq(payer(100009), 100000);
    ck_assert_uint_eq(payer(200009), 200000);
    ck_assert_uint_eq(payer(300009), 300000);
    ck_assert_uint_eq(payer(400009), 400000);
    ck_assert_uint_eq(owners_payer(&owners, 400009, 1), ADMIN);
}
END_TEST

START_TEST(a_bad_line_is_skipped)
{
    static const char *const bad[] = {
        "alice",
        "alice:5",
        "alice:5:",
        "alice::5",
        ":5:5",
        "alice:x:5",
        "alice:5:x",
        "alice:5:5:5",
        "alice:5:5 ",
        "alice:-5:5",
        "alice:5:0",
        "alice: 5:5",
        "alice:+5:5",
        "alice:5:-1",
        "alice:4294967295:1",
        "alice:5:4294967291",
        "alice:4294967296:5",
        "alice:5:4294967296",
    };
    char text[256];

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        snprintf(text, sizeof(text), "# a comment\n\n%s\nbob:1000000:5", bad[i]);
        unit_write_text("subuid", text);
        owners_read(&owners);
        ck_assert_msg(owners.n == 1, "%s: %zu ranges", bad[i], owners.n);
        ck_assert_uint_eq(payer(1000004), 1001);
    }
    unit_write_text("subuid", "alice:4294967294:1\n");
    owners_read(&owners);
    ck_assert_uint_eq(payer(4294967294), 1000);
}
END_TEST

/* The one that begins first counts. */
START_TEST(ranges_do_not_overlap)
{
    unit_write_text("subuid", "bob:105:10\nalice:100:10\nbob:110:5\n");
    owners_read(&owners);
    ck_assert_uint_eq(payer(105), 1000);
    ck_assert_uint_eq(payer(109), 1000);
    ck_assert_uint_eq(payer(110), 1001);
    ck_assert_uint_eq(payer(115), 115);
}
END_TEST

START_TEST(there_need_be_none)
{
    owners_read(&owners);
    ck_assert_uint_eq(payer(100000), 100000);
    unit_write_text("subuid", "alice:100000:65536\n");
    owners_read(&owners);
    ck_assert_uint_eq(payer(100000), 1000);
    unit_write_text("subuid", "");
    owners_read(&owners);
    ck_assert_uint_eq(payer(100000), 100000);
}
END_TEST

START_TEST(changes_are_noticed)
{
    sd_event *event = NULL;

    ck_assert_int_ge(sd_event_new(&event), 0);
    unit_write_text("subuid", "alice:100000:5\n");
    owners_start(&owners, event);
    ck_assert_uint_eq(payer(100000), 1000);
    unit_write_text("other", "alice:200000:5\n");
    ck_assert_int_eq(rename(unit_path("other"), unit_path("subuid")), 0);
    while (sd_event_run(event, 100000) > 0)
        ;
    ck_assert_uint_eq(payer(100000), 100000);
    ck_assert_uint_eq(payer(200000), 1000);
    owners_clear(&owners);
    sd_event_unref(event);
}
END_TEST

START_TEST(there_is_a_limit)
{
    cleanup_free char *text = malloc((OWNERS_MAX + 10) * 32);
    size_t used = 0;

    ck_assert_ptr_nonnull(text);
    for (unsigned i = 0; i < OWNERS_MAX + 10; i++)
        used += (size_t)sprintf(text + used, "alice:%u:10\n", 100000 + 10 * i);
    unit_write_text("subuid", text);
    owners_read(&owners);
    ck_assert_uint_eq(owners.n, OWNERS_MAX);
    ck_assert_uint_eq(payer(100000 + 10 * OWNERS_MAX - 1), 1000);
    ck_assert_uint_eq(payer(100000 + 10 * OWNERS_MAX), 100000 + 10 * OWNERS_MAX);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "owners");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_range_is_its_owners);
    tcase_add_test(tests, a_range_can_pay_for_itself);
    tcase_add_test(tests, a_bad_line_is_skipped);
    tcase_add_test(tests, ranges_do_not_overlap);
    tcase_add_test(tests, there_need_be_none);
    tcase_add_test(tests, changes_are_noticed);
    tcase_add_test(tests, there_is_a_limit);
    return unit_end(suite);
}
