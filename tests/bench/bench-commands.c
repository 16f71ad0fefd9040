/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The time of whole commands, one after the other in every round: from vfork to the end. Before
 * each run a file is put in its place, which the command may change. Prints "NAME MICROSECONDS",
 * the median, for each command.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/measure.h"
#include "util/cleanup.h"

enum {
    COMMANDS_MAX = 16,
    NS_PER_US = 1000,
};

extern char **environ;

struct command {
    const char *place; /* where SOURCE is put, and what the command reads from standard input */
    const char *source;
    char **argv;
};

/* Puts a copy of the file FROM in the place of TO. */
static int copy_file(const char *from, const char *to)
{
    cleanup_close int in = open(from, O_RDONLY | O_CLOEXEC);
    cleanup_close int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ssize_t n;

    if (in < 0 || out < 0)
        return -errno;
    do
        n = sendfile(out, in, NULL, 1 << 20);
    while (n > 0);
    return n < 0 ? -errno : 0;
}

static int64_t run_command(void *context)
{
    const struct command *command = context;
    posix_spawn_file_actions_t actions;
    int64_t begin, end;
    int status;
    pid_t pid;
    int r = copy_file(command->source, command->place);

    if (r < 0)
        return r;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, command->place, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    begin = measure_now();
    r = posix_spawnp(&pid, command->argv[0], &actions, NULL, command->argv, environ);
    if (r == 0 && waitpid(pid, &status, 0) != pid)
        r = errno;
    end = measure_now();
    posix_spawn_file_actions_destroy(&actions);
    if (r != 0)
        return -r;
    return status == 0 ? end - begin : -ECHILD;
}

int main(int argc, char **argv)
{
    static struct measured things[COMMANDS_MAX];
    static struct command commands[COMMANDS_MAX];
    size_t n = 0;
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    for (int i = 3; i + 2 < argc && n < COMMANDS_MAX; i++) {
        commands[n] = (struct command){argv[1], argv[i + 1], &argv[i + 2]};
        things[n] = (struct measured){argv[i], run_command, &commands[n], {0}};
        n++;
        while (argv[i] && strcmp(argv[i], ",") != 0)
            i++;
        argv[i < argc ? i : argc] = NULL;
    }
    if (n == 0) {
        fprintf(stderr, "usage: %s PLACE ROUNDS NAME SOURCE COMMAND… [, NAME SOURCE COMMAND…]…\n",
                argv[0]);
        return 2;
    }
    if (measure_all(things, n, rounds) < 0)
        return 1;
    for (size_t i = 0; i < n; i++)
        printf("%s %.0f\n", things[i].name, measure_median(&things[i], rounds) / NS_PER_US);
    return 0;
}
