/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of daemon/files/follow.c where there is no memory to begin a scan with: what changed is not
 * forgotten. The test stands in for trust_open_directory(), whose result decides that.
 */
#include <errno.h>

#include "daemon/files/trust-path.h"
#include "tests/daemon/files/following.h"

/* How many directories can be opened before memory is used up. */
static unsigned left;

int trust_open_directory(const char *path, uid_t own_uid, bool shared, struct access_way *way,
                         int *fd, char why[TRUST_WHY_SIZE])
{
    (void)own_uid;
    (void)shared;
    (void)way;
    why[0] = '\0';
    if (left == 0)
        return -ENOMEM;
    left--;
    *fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd < 0 ? -errno : TRUST_OK;
}

/* Tells that NAME changed, as the watch does, and goes on until nothing is left to be done. */
static void change(struct fixture *fixture, const char *name)
{
    struct watch *watch = &fixture->follow.watch;

    strcpy(watch->names[watch->n_names++], name);
    follow_changes(&fixture->follow);
    while (follow_step(&fixture->follow))
        ;
}

static bool is_wanted(const struct watch *watch)
{
    return watch->pending && (watch->all || watch->everything || watch->n_names > 0);
}

START_TEST(a_change_is_looked_at_when_there_is_memory_again)
{
    struct fixture fixture;

    left = 2;
    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    ck_assert(!is_wanted(&fixture.follow.watch));
    for (unsigned i = 0; i < 2; i++) {
        left = i;
        unit_write_text("first/a.json", i ? "{2}" : "{3}");
        change(&fixture, "a.json");
        ck_assert(!fixture.follow.scanning);
        ck_assert(is_wanted(&fixture.follow.watch));
    }
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    left = 2;
    follow_changes(&fixture.follow);
    while (follow_step(&fixture.follow))
        ;
    ck_assert_uint_eq(compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{2}");
    ck_assert(!is_wanted(&fixture.follow.watch));
    stop(&fixture);
}
END_TEST

/* The first scan of all is tried again, too. */
START_TEST(so_is_a_scan_of_all)
{
    struct fixture fixture;

    left = 1;
    start(&fixture);
    unit_write_text("second/a.json", "{1}");
    ck_assert_uint_eq(follow_scan(&fixture.follow, true), 1);
    ck_assert(!fixture.follow.scanning);
    ck_assert(is_wanted(&fixture.follow.watch));
    left = 2;
    follow_changes(&fixture.follow);
    while (follow_step(&fixture.follow))
        ;
    ck_assert_uint_eq(compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    stop(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "follow-memory");

    tcase_add_test(tests, a_change_is_looked_at_when_there_is_memory_again);
    tcase_add_test(tests, so_is_a_scan_of_all);
    return unit_end(suite);
}
