/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command lines as crun, runc, Podman and containerd write them, and those that nobody can be sure
 * of. */
#include "integration/runtime-args.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    WORDS_MAX = 24,
};

/* The words of LINE. */
static char **split(struct arena *arena, const char *line)
{
    char **words = arena_calloc(arena, WORDS_MAX + 1, sizeof(*words));
    char *copy = arena_strndup(arena, line, strlen(line));
    char *save = NULL;
    size_t n = 0;

    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        ck_assert_uint_lt(n, WORDS_MAX);
        words[n++] = word;
    }
    return words;
}

static const char *join(struct arena *arena, char *const *words)
{
    const char *line = "";

    for (size_t i = 0; words[i]; i++)
        line = arena_printf(arena, "%s%s%s", line, i ? " " : "", words[i]);
    return line;
}

static const char *text(const char *value)
{
    return value ? value : "-";
}

static const struct {
    const char *line;
    bool starts;
    const char *bundle; /* "-": none */
    const char *config;
    const char *id;
    const char *log;
    bool json;
    const char *passed; /* NULL: LINE */
} good[] = {
    /* containerd's shim, Podman's conmon, people. */
    {"r --root /run/r --log /b/log.json --log-format json create --bundle /b --pid-file /b/p c1",
     true, "/b", "-", "c1", "/b/log.json", true, NULL},
    {"r --cgroup-manager cgroupfs --log-format=json --log=/l --root=/r create --bundle /b "
     "--pid-file /p --console-socket /s c1",
     true, "/b", "-", "c1", "/l", true, NULL},
    {"r run c1", true, "-", "-", "c1", "-", false, NULL},
    {"r --debug --systemd-cgroup run -b /b --detach c1", true, "/b", "-", "c1", "-", false, NULL},
    {"r run -d --keep --no-pivot --bundle=/b c1", true, "/b", "-", "c1", "-", false, NULL},
    {"r run -f other.json -b /b c1", true, "/b", "other.json", "c1", "-", false, NULL},
    {"r -root /r --log-format text run --config=/c --preserve-fds 3 -- c1", true, "-", "/c", "c1",
     "-", false, NULL},
    {"r create --bundle /a --bundle /b c1", true, "/b", "-", "c1", "-", false, NULL},
    {"r run --new-flag --new=value c1", true, "-", "-", "c1", "-", false, NULL},
    {"r --new=value run --bundle /b c1", true, "/b", "-", "c1", "-", false, NULL},
    {"r run --bundle /b create", true, "/b", "-", "create", "-", false, NULL},
    {"r -- run --bundle /b c1", true, "/b", "-", "c1", "-", false, NULL},
    {"r --no-pivot run --bundle /b c1", true, "/b", "-", "c1", "-", false, NULL},
    {"r run -- create", true, "-", "-", "create", "-", false, NULL},
    {"r run --=x c1", true, "-", "-", "c1", "-", false, NULL},
    {"r run", true, "-", "-", "-", "-", false, NULL},
    /* Nothing starts here. */
    {"r", false, "-", "-", "-", "-", false, NULL},
    {"r --version", false, "-", "-", "-", "-", false, NULL},
    {"r --root create state c1", false, "-", "-", "-", "-", false, NULL},
    {"r --root /r exec --bundle /b c1 ls", false, "-", "-", "-", "-", false, NULL},
    {"r start create", false, "-", "-", "-", "-", false, NULL},
    {"r --unknown delete --force c1", false, "-", "-", "-", "-", false, NULL},
    {"r create --help", false, "-", "-", "-", "-", false, NULL},
    {"r run -h", false, "-", "-", "-", "-", false, NULL},
    /* The shim's own options do not pass. */
    {"r --secprof-config=/c --secprof-profile web --log /l run --bundle /b c1", true, "/b", "-",
     "c1", "/l", false, "r --log /l run --bundle /b c1"},
    {"r --root /r --secprof-profile=web state c1", false, "-", "-", "-", "-", false,
     "r --root /r state c1"},
};

START_TEST(understands)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct runtime_args args;
    const char *wrong = runtime_args_parse(&args, split(&arena, good[_i].line), &arena);

    ck_assert_msg(wrong == NULL, "%s", wrong);
    ck_assert(args.starts == good[_i].starts);
    if (args.starts) {
        ck_assert_str_eq(text(args.bundle), good[_i].bundle);
        ck_assert_str_eq(text(args.config), good[_i].config);
        ck_assert_str_eq(text(args.id), good[_i].id);
        ck_assert_str_eq(text(args.log), good[_i].log);
        ck_assert(args.log_json == good[_i].json);
    }
    ck_assert_str_eq(join(&arena, args.passed), good[_i].passed ? good[_i].passed : good[_i].line);
}
END_TEST

START_TEST(notices_a_restore)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct runtime_args args;

    ck_assert_ptr_null(runtime_args_parse(
        &args, split(&arena, "r --root /r restore --image-path /i -b /b c1"), &arena));
    ck_assert(args.restores && !args.starts);
    ck_assert_str_eq(args.id, "c1");
    ck_assert_ptr_null(runtime_args_parse(&args, split(&arena, "r run restore"), &arena));
    ck_assert(!args.restores && args.starts);
    ck_assert_ptr_null(runtime_args_parse(&args, split(&arena, "r state restore"), &arena));
    ck_assert(!args.restores && !args.starts);
    ck_assert_ptr_nonnull(
        strstr(runtime_args_parse(&args, split(&arena, "r --new x restore c1"), &arena), "--new"));
}
END_TEST

START_TEST(takes_its_own_options)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct runtime_args args;

    ck_assert_ptr_null(runtime_args_parse(
        &args, split(&arena, "r --secprof-config=/c --secprof-profile web run c"), &arena));
    ck_assert_str_eq(args.settings, "/c");
    ck_assert_str_eq(args.profile, "web");
    /* Behind the command they are the runtime's, which does not know them. */
    ck_assert_ptr_null(
        runtime_args_parse(&args, split(&arena, "r state --secprof-profile=web c"), &arena));
    ck_assert_ptr_null(args.profile);
}
END_TEST

static const struct {
    const char *line;
    const char *wrong; /* how the message begins */
} bad[] = {
    /* Is "run" the value of --new, or the command? */
    {"r --new run create --bundle /b c1", "the option --new is not known"},
    {"r --new /v run c1", "the option --new is not known"},
    /* argp takes beginnings of names. */
    {"r --roo /r run c1", "the option --roo is an abbreviation"},
    {"r run --bund /b c1", "the option --bund is an abbreviation"},
    {"r run --bund=/b c1", "the option --bund=/b is an abbreviation"},
    /* argp takes -bDIR and -db; Go takes -bundle. */
    {"r run -b/b c1", "-b/b: write each option"},
    {"r run -db /b c1", "-db: write each option"},
    {"r run -bundle /b c1", "-bundle: write each option"},
    /* The directory is "/b" for Go and "=/b" for argp. */
    {"r run -b=/b c1", "-b=/b: write each option"},
    {"r run -f=c.json c1", "-f=c.json: write each option"},
    {"r run -b= c1", "-b=: write each option"},
    /* Go's "no help" is an error for argp. */
    {"r run -h=false --bundle /b c1", "-h=false: write each option"},
    {"r run --help=false --bundle /b c1", "the option --help=false takes no value"},
    {"r create --usage= --bundle /b c1", "the option --usage= takes no value"},
    {"r --help=false run --bundle /b c1", "the option --help=false takes no value"},
    {"r -h=false run --bundle /b c1", "the option -h=false takes no value"},
    /* argp reads options anywhere, Go stops at the first other word. */
    {"r run c1 --bundle /b", "--bundle stands behind the container's name"},
    {"r create c1 -b /b", "-b stands behind the container's name"},
    {"r --root", "the option --root needs a value"},
    {"r run --bundle", "the option --bundle needs a value"},
    {"r --secprof-config", "the option --secprof-config needs a value"},
};

START_TEST(does_not_guess)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct runtime_args args;
    const char *wrong = runtime_args_parse(&args, split(&arena, bad[_i].line), &arena);

    ck_assert_ptr_nonnull(wrong);
    ck_assert_msg(!strncmp(wrong, bad[_i].wrong, strlen(bad[_i].wrong)), "%s", wrong);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runtime-args");
    TCase *tc = tcase_create("runtime-args");

    tcase_add_loop_test(tc, understands, 0, ARRAY_SIZE(good));
    tcase_add_test(tc, notices_a_restore);
    tcase_add_test(tc, takes_its_own_options);
    tcase_add_loop_test(tc, does_not_guess, 0, ARRAY_SIZE(bad));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
