/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/phase.c: what the service manager hears, and when. */
#include "daemon/phase.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/daemon/unit.h"

/* Plays the service manager: a socket whose path is in $NOTIFY_SOCKET. */
static int start(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    ck_assert_int_ge(sock, 0);
    strcpy(address.sun_path, unit_path("notify"));
    ck_assert_int_eq(bind(sock, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
    return sock;
}

/* Checks that it heard EXPECTED, or nothing. */
static void check(int sock, const char *expected)
{
    char text[256];
    ssize_t len = recv(sock, text, sizeof(text) - 1, 0);

    if (!expected) {
        ck_assert_int_eq(len, -1);
        return;
    }
    ck_assert_int_ge(len, 0);
    text[len] = '\0';
    ck_assert_str_eq(text, expected);
}

enum {
    START = 1000,
    LATE = START + PHASE_READY_USEC,
};

/* One that begins at START, with the scan 1. */
static struct phase begin(void)
{
    struct phase phase;

    phase_begin(&phase, START);
    phase.barrier = 1;
    return phase;
}

/* One that has said it is ready. */
static struct phase begin_ready(int sock)
{
    struct phase phase = begin();

    ck_assert(phase_tell(&phase, START, UINT64_MAX, 0, 0));
    check(sock, "READY=1\nSTATUS=0 profiles in service, 0 with errors");
    return phase;
}

START_TEST(it_is_ready_when_the_first_scan_is_in_service)
{
    int sock = start();
    struct phase phase = begin();

    ck_assert(!phase_tell(&phase, START, 1, 0, 0));
    check(sock, NULL);
    ck_assert_int_eq(phase.state, PHASE_STARTING);
    ck_assert_uint_eq(phase_next(&phase), LATE);
    ck_assert(phase_tell(&phase, START + 1, UINT64_MAX, 3, 1));
    check(sock, "READY=1\nSTATUS=3 profiles in service, 1 with errors");
    ck_assert_int_eq(phase.state, PHASE_SERVING);
    ck_assert_uint_eq(phase_next(&phase), UINT64_MAX);
    /* From then on the line is kept up to date. */
    ck_assert(!phase_tell(&phase, LATE, 2, 2, 0));
    check(sock, "STATUS=2 profiles in service, 0 with errors");
    phase_tell(&phase, LATE, 2, 2, 0);
    check(sock, NULL);
    phase_tell(&phase, LATE, 2, 2, 1);
    check(sock, "STATUS=2 profiles in service, 1 with errors");
    phase_end(&phase);
    close(sock);
}
END_TEST

START_TEST(it_is_ready_after_a_while_in_any_case)
{
    int sock = start();
    struct phase phase = begin();

    ck_assert(!phase_tell(&phase, LATE - 1, 1, 5, 0));
    check(sock, NULL);
    ck_assert(phase_tell(&phase, LATE, 1, 5, 0));
    check(sock, "READY=1\nSTATUS=5 profiles in service, 0 with errors");
    ck_assert(!phase_tell(&phase, LATE + 1, UINT64_MAX, 5, 0));
    check(sock, NULL);
    phase_end(&phase);
    close(sock);
}
END_TEST

START_TEST(a_reload_is_done_when_its_scan_is_in_service)
{
    int sock = start();
    struct phase phase = begin_ready(sock);

    ck_assert(phase_reload(&phase, 1234));
    check(sock, "RELOADING=1\nMONOTONIC_USEC=1234");
    phase.barrier = 5;
    phase_tell(&phase, LATE, 5, 1, 0);
    check(sock, NULL);
    /* Another one meanwhile: the service manager waits for both. */
    ck_assert(phase_reload(&phase, 1235));
    check(sock, NULL);
    phase.barrier = 6;
    phase_tell(&phase, LATE, 6, 1, 0);
    check(sock, NULL);
    ck_assert(!phase_tell(&phase, LATE, 7, 1, 0));
    check(sock, "READY=1\nSTATUS=1 profiles in service, 0 with errors");
    ck_assert_int_eq(phase.state, PHASE_SERVING);
    phase_end(&phase);
    close(sock);
}
END_TEST

START_TEST(a_reload_at_the_start_is_part_of_it)
{
    int sock = start();
    struct phase phase = begin();

    ck_assert(phase_reload(&phase, 1));
    check(sock, NULL);
    ck_assert_int_eq(phase.state, PHASE_STARTING);
    phase_end(&phase);
    close(sock);
}
END_TEST

START_TEST(it_stops_once)
{
    int sock = start();
    struct phase phase = begin_ready(sock);

    ck_assert(phase_stop(&phase));
    check(sock, "STOPPING=1\nSTATUS=stopping");
    ck_assert(!phase_stop(&phase));
    check(sock, NULL);
    ck_assert(!phase_reload(&phase, 1));
    ck_assert(!phase_tell(&phase, LATE, UINT64_MAX, 1, 0));
    check(sock, NULL);
    ck_assert_int_eq(phase.state, PHASE_STOPPING);
    phase_end(&phase);
    close(sock);
}
END_TEST

/* It is not waited for, and hears the newest when it reads again. */
START_TEST(a_manager_that_does_not_read_hears_it_later)
{
    int sock = start();
    struct phase phase = begin();
    size_t n = 0;
    char text[256];

    ck_assert(phase_tell(&phase, START, UINT64_MAX, 0, 0));
    /* Its queue is full before long. */
    while (phase_next(&phase) == UINT64_MAX && n < 100000)
        phase_tell(&phase, START, UINT64_MAX, ++n, 0);
    ck_assert_uint_eq(phase_next(&phase), START + PHASE_AGAIN_USEC);
    ck_assert(phase_reload(&phase, START));
    phase_tell(&phase, LATE, UINT64_MAX, n, 0);
    ck_assert_uint_eq(phase_next(&phase), LATE + PHASE_AGAIN_USEC);
    while (recv(sock, text, sizeof(text), 0) > 0)
        ;
    phase_tell(&phase, LATE, UINT64_MAX, n, 0);
    snprintf(text, sizeof(text), "READY=1\nSTATUS=%zu profiles in service, 0 with errors", n);
    check(sock, text);
    ck_assert_uint_eq(phase_next(&phase), UINT64_MAX);
    phase_end(&phase);
    close(sock);
}
END_TEST

START_TEST(the_watchdog_hears_that_it_is_alive)
{
    int sock = start();
    struct phase phase;

    ck_assert_int_eq(setenv("WATCHDOG_USEC", "4000", 1), 0);
    phase_begin(&phase, START);
    ck_assert_uint_eq(phase_next(&phase), START);
    phase_tell_alive(&phase, START);
    check(sock, "WATCHDOG=1");
    ck_assert_uint_eq(phase_next(&phase), START + 1000);
    phase_tell_alive(&phase, START + 999);
    check(sock, NULL);
    phase_tell_alive(&phase, START + 1000);
    check(sock, "WATCHDOG=1");
    ck_assert_int_eq(unsetenv("WATCHDOG_USEC"), 0);
    phase_end(&phase);
    close(sock);
}
END_TEST

START_TEST(there_need_be_no_manager)
{
    static const char *const none[] = {NULL, "", "/", "relative", "vsock:2:1"};
    struct phase phase;

    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        if (none[i])
            ck_assert_int_eq(setenv("NOTIFY_SOCKET", none[i], 1), 0);
        else
            ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
        phase_begin(&phase, START);
        ck_assert_int_eq(phase.sock, -1);
        phase.barrier = 1;
        ck_assert(phase_tell(&phase, START, UINT64_MAX, 1, 0));
        ck_assert_uint_eq(phase_next(&phase), UINT64_MAX);
        phase_end(&phase);
    }
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "phase");

    tcase_add_test(tests, it_is_ready_when_the_first_scan_is_in_service);
    tcase_add_test(tests, a_reload_is_done_when_its_scan_is_in_service);
    tcase_add_test(tests, a_reload_at_the_start_is_part_of_it);
    tcase_add_test(tests, it_is_ready_after_a_while_in_any_case);
    tcase_add_test(tests, it_stops_once);
    tcase_add_test(tests, a_manager_that_does_not_read_hears_it_later);
    tcase_add_test(tests, the_watchdog_hears_that_it_is_alive);
    tcase_add_test(tests, there_need_be_no_manager);
    return unit_end(suite);
}
