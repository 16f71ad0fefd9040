/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of what the main process gives up: the directories it keeps, and what it can do elsewhere.
 */
#include "daemon/log.h"
#include "daemon/process/confine.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "daemon/cache/dir.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/sandbox.h"
#include "protocol/protocol.h"
#include "tests/daemon/unit.h"

static const struct {
    const char *path;
    const char *anchor;
} anchors[] = {
    {"/etc/secprof/profiles.d", "/etc"},
    {"/run/secprof/profiles.d", "/run"},
    {"/usr/lib/secprof/profiles.d", "/usr/lib"},
    {"/usr/local/lib/secprof/profiles.d", "/usr/local"},
    {"/srv/profiles", "/srv"},
    {"/profiles", "/profiles"},
    {"/", "/"},
    {"//etc///secprof/profiles.d/", "//etc"},
    {"/a/b/c/d/e/f", "/a/b"},
};

START_TEST(an_anchor_is_above_what_may_be_exchanged)
{
    char anchor[PATH_MAX];

    confine_anchor(anchors[_i].path, anchor);
    ck_assert_str_eq(anchor, anchors[_i].anchor);
}
END_TEST

#if !SANDBOX_SANITIZED
static struct cache_dir cache;
static struct own_filters own;
static struct log logger;
static char *directory, *socket_path;

/* What the cache lies in. */
static char place[] = "/tmp/secprof-place-XXXXXX";

static const char *in_place(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % ARRAY_SIZE(paths)];

    snprintf(path, PATH_MAX, "%s/%s", place, name);
    return path;
}

static void write_in_place(const char *name)
{
    int fd = open(in_place(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void make(void)
{
    const char *why;

    unit_setup();
    ck_assert_int_eq(mkdir(unit_path("way"), 0755), 0);
    ck_assert_int_eq(mkdir(unit_path("way/p"), 0755), 0);
    /* Not where profiles may be read anyway. */
    strcpy(place + strlen(place) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place));
    ck_assert_int_eq(mkdir(in_place("cache"), 0700), 0);
    ck_assert_int_eq(mkdir(in_place("cache/entries"), 0700), 0);
    ck_assert_int_eq(mkdir(unit_path("run"), 0755), 0);
    unit_write_text("way/p/x.json", "x");
    write_in_place("cache/entries/entry");
    write_in_place("beside");
    unit_write_text("run/sock", "x");
    unit_write_text("run/other", "x");
    directory = strdup(unit_path("way/p"));
    socket_path = strdup(unit_path("run/sock"));
    log_init(&logger, LOG_ERR);
    ck_assert_msg(own_filters_make(&own, &why) == 0, "%s", why);
    ck_assert_int_eq(cache_dir_find(&cache, in_place("cache"), geteuid()), 0);
}

static void clear(void)
{
    cache_dir_clear(&cache);
    own_filters_clear(&own);
    free(directory);
    free(socket_path);
    nftw(place, unit_remove, 8, FTW_DEPTH | FTW_PHYS);
    unit_teardown();
}

/* What the main process does. */
static int confine(uint32_t *lacks)
{
    const struct confine_places places = {.directories = &directory,
                                          .n_directories = 1,
                                          .cache_fd = cache.place_fd,
                                          .socket_path = socket_path};

    return confine_main(&places, &own, &logger, lacks);
}

static bool can_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Tries everything; returns the number of the first thing that is not as it should be, or 0. */
static int try_all(bool landlock)
{
    const struct {
        bool got;
        bool wanted;
    } tried[] = {
        {can_read(unit_path("way/p/x.json")), true},
        {can_read(unit_path("way/p")), true},
        {can_read(in_place("cache/entries/entry")), true},
        {unlink(in_place("cache/entries/entry")) == 0, !landlock},
        {unlink(unit_path("run/sock")) == 0, true},
        {can_read("/etc/passwd"), true},
        {can_read("/bin/sh"), !landlock},
        {can_read("/proc/self/maps"), !landlock},
        {can_read("/dev/null"), !landlock},
        {unlink(unit_path("way/p/x.json")) == 0, !landlock},
    };

    for (size_t i = 0; i < ARRAY_SIZE(tried); i++)
        if (tried[i].got != tried[i].wanted)
            return (int)i + 1;
    return 0;
}

START_TEST(the_main_process_keeps_what_it_needs)
{
    bool landlock = sandbox_landlock_version() > 0;
    uint32_t lacks;
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (confine(&lacks) < 0)
            _exit(100);
        if (lacks != (landlock ? 0 : WIRE_LACKS_LANDLOCK))
            _exit(101);
        _exit(try_all(landlock));
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}
END_TEST

/* Directories that come back as other ones can be read, of profiles and of entries; what lies
 * beside the cache cannot. */
START_TEST(what_is_exchanged_can_still_be_read)
{
    int status, go[2];
    uint32_t lacks;
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(go), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (confine(&lacks) < 0 || read(go[0], &byte, 1) != 1)
            _exit(100);
        if (!can_read(unit_path("way/p/x.json")) || !can_read(in_place("cache/entries/entry")))
            _exit(1);
        _exit(can_read(in_place("beside")) == (lacks & WIRE_LACKS_LANDLOCK) ? 0 : 2);
    }
    ck_assert_int_eq(rename(unit_path("way"), unit_path("old")), 0);
    ck_assert_int_eq(mkdir(unit_path("way"), 0755), 0);
    ck_assert_int_eq(mkdir(unit_path("way/p"), 0755), 0);
    unit_write_text("way/p/x.json", "y");
    ck_assert_int_eq(rename(in_place("cache/entries"), in_place("cache/old")), 0);
    ck_assert_int_eq(mkdir(in_place("cache/entries"), 0700), 0);
    write_in_place("cache/entries/entry");
    ck_assert_int_eq(write(go[1], "x", 1), 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
    close(go[0]);
    close(go[1]);
}
END_TEST
#endif

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "confine");

    tcase_add_loop_test(tests, an_anchor_is_above_what_may_be_exchanged, 0, ARRAY_SIZE(anchors));
#if !SANDBOX_SANITIZED
    TCase *confined = tcase_create("confined");

    tcase_add_checked_fixture(confined, make, clear);
    tcase_add_test(confined, the_main_process_keeps_what_it_needs);
    tcase_add_test(confined, what_is_exchanged_can_still_be_read);
    suite_add_tcase(suite, confined);
#endif
    return unit_end(suite);
}
