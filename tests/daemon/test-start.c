/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of what the start is made of: options.c, listener.c, log.c. */
#include <errno.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/serve/listener.h"
#include "tests/daemon/unit.h"

/* Parses the words of LINE; what is said on errors goes to *SAID. */
static int parse(struct options *options, const char *line, char **said)
{
    static char copy[4096]; /* the options borrow from it */
    char *argv[32] = {(char *)"secprofd"};
    size_t size;
    FILE *file = open_memstream(said, &size);
    int argc = 1, r;

    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    ck_assert_ptr_nonnull(file);
    r = options_parse(options, argc, argv, file, file);
    fclose(file);
    return r;
}

static void parse_good(struct options *options, const char *line)
{
    char *said = NULL;

    ck_assert_int_eq(parse(options, line, &said), OPTIONS_RUN);
    ck_assert_str_eq(said, "");
    free(said);
}

START_TEST(defaults)
{
    struct options options;

    unsetenv("CACHE_DIRECTORY");
    parse_good(&options, "");
    ck_assert_ptr_null(options.socket_path);
    ck_assert_uint_eq(options.n_directories, 3);
    ck_assert_str_eq(options.directories[1], "/run/secprof/profiles.d");
    ck_assert_ptr_nonnull(strstr(options.cache_path, "/cache/secprof"));
    ck_assert_uint_gt(options.n_targets, 10);
    ck_assert_uint_ge(options.workers, 1);
    ck_assert_int_eq(options.log_level, LOG_INFO);
    options_clear(&options);
    setenv("CACHE_DIRECTORY", "/some/where", 1);
    parse_good(&options, "");
    ck_assert_str_eq(options.cache_path, "/some/where");
    options_clear(&options);
    parse_good(&options, "--no-cache");
    ck_assert_ptr_null(options.cache_path);
    options_clear(&options);
}
END_TEST

START_TEST(options_are_read)
{
    struct options options;
    char here[PATH_MAX], wanted[PATH_MAX + 16];

    parse_good(&options, "--socket /s --profiles /a// --profiles b/c --cache /c --cache-size 3 "
                         "--targets aarch64,SCMP_ARCH_S390X,arm64 --workers 3 --compile-timeout 7 "
                         "--idle-timeout 0 --max-connections 9 --max-connections-per-uid 8 "
                         "--max-variants 5 --max-profiles 6 --log-burst 0 --log-level error");
    ck_assert_str_eq(options.socket_path, "/s");
    ck_assert_uint_eq(options.n_directories, 2);
    ck_assert_str_eq(options.directories[0], "/a");
    ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
    snprintf(wanted, sizeof(wanted), "%s/b/c", here);
    ck_assert_str_eq(options.directories[1], wanted);
    ck_assert_str_eq(options.cache_path, "/c");
    ck_assert_uint_eq(options.cache_size, 3 << 20);
    ck_assert_uint_eq(options.n_targets, 2);
    ck_assert_str_eq(options.targets[0]->name, "aarch64");
    ck_assert_uint_eq(options.workers, 3);
    ck_assert_uint_eq(options.compile_timeout_usec, 7000000);
    ck_assert_uint_eq(options.idle_timeout_usec, 0);
    ck_assert_uint_eq(options.max_connections, 9);
    ck_assert_uint_eq(options.max_connections_per_uid, 8);
    ck_assert_uint_eq(options.max_variants, 5);
    ck_assert_uint_eq(options.max_profiles, 6);
    ck_assert_uint_eq(options.log_burst, 0);
    ck_assert_int_eq(options.log_level, LOG_ERR);
    options_clear(&options);
    parse_good(&options, "--targets native --debug");
    ck_assert_uint_eq(options.n_targets, 0);
    ck_assert_int_eq(options.log_level, LOG_DEBUG);
    options_clear(&options);
}
END_TEST

START_TEST(wrong_options_are_told)
{
    static const char *const lines[] = {
        "--targets x",
        "--targets ,",
        "--workers 0",
        "--workers 17",
        "--workers -1",
        "--workers 1x",
        "--cache-size 0",
        "--idle-timeout x",
        "--compile-timeout 0",
        "--compile-timeout 999",
        "--max-connections 0",
        "--max-profiles 0",
        "--max-profiles 65537",
        "--log-burst -1",
        "--log-level x",
        "--max-variants 0",
        "word",
        "--max-connections-per-uid 99999999999999",
    };

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        struct options options;
        char *said = NULL;

        ck_assert_msg(parse(&options, lines[i], &said) == -EINVAL, "%s", lines[i]);
        ck_assert_uint_gt(strlen(said), 20);
        free(said);
        options_clear(&options);
    }
}
END_TEST

START_TEST(directory_path_has_room_for_a_name)
{
    char line[4096], *said = NULL;
    struct options options;

    snprintf(line, sizeof(line), "--profiles /%03838d", 0);
    parse_good(&options, line);
    ck_assert_uint_eq(strlen(options.directories[0]), 3839);
    options_clear(&options);
    snprintf(line, sizeof(line), "--profiles /%03839d", 0);
    ck_assert_int_eq(parse(&options, line, &said), -EINVAL);
    ck_assert_ptr_nonnull(strstr(said, "at most 3839 bytes"));
    free(said);
    options_clear(&options);
}
END_TEST

START_TEST(wrong_limits_are_told_the_range)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"--max-connections 0", "a number from 1 to 1000000"},
        {"--max-subscribers -1", "a number from 0 to 1000000"},
        {"--max-profiles 0", "a number from 1 to 65536"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct options options;
        char *said = NULL;

        ck_assert_int_eq(parse(&options, cases[i].line, &said), -EINVAL);
        ck_assert_msg(strstr(said, cases[i].words), "%s", said);
        free(said);
        options_clear(&options);
    }
}
END_TEST

START_TEST(help_and_version)
{
    struct options options;
    char *said = NULL;

    ck_assert_int_eq(parse(&options, "--help", &said), OPTIONS_EXIT);
    ck_assert_ptr_nonnull(strstr(said, "--profiles DIR"));
    free(said);
    options_clear(&options);
    ck_assert_int_eq(parse(&options, "--version", &said), OPTIONS_EXIT);
    ck_assert_ptr_nonnull(strstr(said, "secprofd "));
    free(said);
    options_clear(&options);
}
END_TEST

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;

    int r = -errno;

    close(fd);
    return r;
}

START_TEST(a_socket_is_made_and_removed)
{
    const char *path = unit_path("run/sock");
    struct listener_entry entry = {0};
    char why[LISTENER_WHY_SIZE] = "";
    struct stat st;
    int client, listener = listener_make(path, &entry, why);

    ck_assert_msg(listener >= 0, "%s", why);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0666);
    client = connect_to(path);
    ck_assert_int_ge(client, 0);
    ck_assert_int_eq(fcntl(listener, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    close(client);
    listener_remove(&entry);
    ck_assert_int_lt(access(path, F_OK), 0);
    listener_remove(&entry);
    close(listener);
}
END_TEST

/* Anybody who may read the directory can lock it. */
START_TEST(others_cannot_hold_a_start_up)
{
    const char *path = unit_path("sock");
    struct listener_entry entry = {0};
    char why[LISTENER_WHY_SIZE] = "";
    char lock[PATH_MAX], directory[PATH_MAX];
    int dir_fd, lock_fd, listener;

    snprintf(lock, sizeof(lock), "%s.lock", path);
    snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(path, '/') - path), path);
    dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(flock(dir_fd, LOCK_EX), 0);
    listener = listener_make(path, &entry, why);
    ck_assert_msg(listener >= 0, "%s", why);
    ck_assert_int_lt(access(lock, F_OK), 0);
    listener_remove(&entry);
    close(listener);
    /* Another daemon of this user can, while it starts; what it left behind cannot. */
    lock_fd = open(lock, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(flock(lock_fd, LOCK_EX), 0);
    ck_assert_int_eq(listener_make(path, &entry, why), -EAGAIN);
    close(lock_fd);
    listener = listener_make(path, &entry, why);
    ck_assert_msg(listener >= 0, "%s", why);
    listener_remove(&entry);
    close(listener);
    ck_assert_int_eq(symlink("elsewhere", lock), 0);
    ck_assert_int_eq(listener_make(path, &entry, why), -ELOOP);
    close(dir_fd);
}
END_TEST

START_TEST(only_stale_sockets_are_replaced)
{
    const char *path = unit_path("sock");
    struct listener_entry first = {0}, second = {0};
    char why[LISTENER_WHY_SIZE] = "";
    int other, listener = listener_make(path, &first, why);

    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(listener_make(path, &second, why), -EADDRINUSE);
    ck_assert_ptr_nonnull(strstr(why, "somebody listens"));
    /* Somebody takes the entry away; another socket in its place is not taken for it. */
    ck_assert_int_eq(unlink(path), 0);
    other = listener_make(path, &second, why);
    ck_assert_int_ge(other, 0);
    listener_remove(&first);
    ck_assert_int_eq(access(path, F_OK), 0);
    close(listener);
    close(other);
    free(second.path);
    /* Now nobody listens on what is there. */
    other = listener_make(path, &second, why);
    ck_assert_int_ge(other, 0);
    listener_remove(&second);
    ck_assert_int_lt(access(path, F_OK), 0);
    close(other);
    unit_write_text("sock", "x");
    ck_assert_int_eq(listener_make(path, &second, why), -EEXIST);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("elsewhere", path), 0);
    ck_assert_int_eq(listener_make(path, &second, why), -EEXIST);
}
END_TEST

START_TEST(paths_have_a_limit)
{
    struct listener_entry entry = {0};
    char why[LISTENER_WHY_SIZE] = "", path[200];

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[108] = '\0';
    ck_assert_int_eq(listener_make(path, &entry, why), -ENAMETOOLONG);
    ck_assert_ptr_nonnull(strstr(why, "107"));
}
END_TEST

START_TEST(without_a_manager_there_is_no_socket)
{
    char why[LISTENER_WHY_SIZE] = "";

    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    ck_assert_int_eq(listener_take(why), -ENOENT);
    ck_assert_ptr_nonnull(strstr(why, "--socket PATH"));
}
END_TEST

/* Writes with LOG to a file in the place of standard error, and returns what is in it. */
static void logged(struct log *log, char *out, size_t size)
{
    int saved = dup(STDERR_FILENO), fd = open(unit_path("log"), O_RDWR | O_CREAT | O_TRUNC, 0600);

    dup2(fd, STDERR_FILENO);
    log_init(log, LOG_INFO);
    errno = 4321;
    log_write(log, LOG_WARNING, "one %s\033[0m\n", "line");
    ck_assert_int_eq(errno, 4321);
    log_write(log, LOG_DEBUG, "not this");
    log_about(log, LOG_INFO, &(struct log_subject){.profile = "x"}, "two");
    dup2(saved, STDERR_FILENO);
    memset(out, 0, size);
    ck_assert_int_gt(pread(fd, out, size - 1, 0), 0);
    close(saved);
    close(fd);
}

START_TEST(lines_are_plain_without_a_journal)
{
    char text[256];
    struct log log;

    unsetenv("JOURNAL_STREAM");
    logged(&log, text, sizeof(text));
    ck_assert_str_eq(text, "<4>one line?[0m?\n<6>two\n");
    /* Another program's journal is not ours. */
    setenv("JOURNAL_STREAM", "1:1", 1);
    logged(&log, text, sizeof(text));
    ck_assert_int_eq(log.journal, -1);
    ck_assert_str_eq(text, "<4>one line?[0m?\n<6>two\n");
    ck_assert_int_eq(log_level_by_name("warning"), LOG_WARNING);
    ck_assert_int_eq(log_level_by_name("loud"), -EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "start");

    tcase_add_test(tests, defaults);
    tcase_add_test(tests, options_are_read);
    tcase_add_test(tests, wrong_options_are_told);
    tcase_add_test(tests, directory_path_has_room_for_a_name);
    tcase_add_test(tests, wrong_limits_are_told_the_range);
    tcase_add_test(tests, help_and_version);
    tcase_add_test(tests, a_socket_is_made_and_removed);
    tcase_add_test(tests, only_stale_sockets_are_replaced);
    tcase_add_test(tests, others_cannot_hold_a_start_up);
    tcase_add_test(tests, paths_have_a_limit);
    tcase_add_test(tests, without_a_manager_there_is_no_socket);
    tcase_add_test(tests, lines_are_plain_without_a_journal);
    return unit_end(suite);
}
