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

START_TEST(it_is_ready_when_the_first_scan_is_in_service)
{
    struct phase phase = {.barrier = 1};
    int sock = start();

    ck_assert(!phase_may_serve(&phase, 1));
    phase_tell(&phase, 1, 0, 0);
    check(sock, NULL);
    ck_assert_int_eq(phase.state, PHASE_STARTING);
    ck_assert(phase_may_serve(&phase, 2));
    phase_tell(&phase, UINT64_MAX, 3, 1);
    check(sock, "READY=1\nSTATUS=3 profiles in service, 1 with errors");
    ck_assert_int_eq(phase.state, PHASE_SERVING);
    ck_assert(!phase_may_serve(&phase, UINT64_MAX));
    /* From then on the line is kept up to date. */
    phase_tell(&phase, 2, 2, 0);
    check(sock, "STATUS=2 profiles in service, 0 with errors");
    phase_tell(&phase, 2, 2, 0);
    check(sock, NULL);
    phase_tell(&phase, 2, 2, 1);
    check(sock, "STATUS=2 profiles in service, 1 with errors");
    close(sock);
}
END_TEST

START_TEST(a_reload_is_done_when_its_scan_is_in_service)
{
    struct phase phase = {.state = PHASE_SERVING};
    int sock = start();

    ck_assert(phase_reload(&phase, 1234));
    check(sock, "RELOADING=1\nMONOTONIC_USEC=1234");
    phase.barrier = 5;
    phase_tell(&phase, 5, 1, 0);
    check(sock, NULL);
    /* Another one meanwhile: the service manager waits for both. */
    ck_assert(phase_reload(&phase, 1235));
    check(sock, NULL);
    phase.barrier = 6;
    phase_tell(&phase, 6, 1, 0);
    check(sock, NULL);
    phase_tell(&phase, 7, 1, 0);
    check(sock, "READY=1\nSTATUS=1 profiles in service, 0 with errors");
    ck_assert_int_eq(phase.state, PHASE_SERVING);
    close(sock);
}
END_TEST

START_TEST(a_reload_at_the_start_is_part_of_it)
{
    struct phase phase = {.barrier = 1};
    int sock = start();

    ck_assert(phase_reload(&phase, 1));
    check(sock, NULL);
    ck_assert_int_eq(phase.state, PHASE_STARTING);
    close(sock);
}
END_TEST

START_TEST(it_stops_once)
{
    struct phase phase = {.state = PHASE_SERVING};
    int sock = start();

    ck_assert(phase_stop(&phase));
    check(sock, "STOPPING=1\nSTATUS=stopping");
    ck_assert(!phase_stop(&phase));
    check(sock, NULL);
    ck_assert(!phase_reload(&phase, 1));
    phase_tell(&phase, UINT64_MAX, 1, 0);
    ck_assert(!phase_may_serve(&phase, UINT64_MAX));
    check(sock, NULL);
    ck_assert_int_eq(phase.state, PHASE_STOPPING);
    close(sock);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "phase");

    tcase_add_test(tests, it_is_ready_when_the_first_scan_is_in_service);
    tcase_add_test(tests, a_reload_is_done_when_its_scan_is_in_service);
    tcase_add_test(tests, a_reload_at_the_start_is_part_of_it);
    tcase_add_test(tests, it_stops_once);
    return unit_end(suite);
}
