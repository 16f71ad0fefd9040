/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl export: the profiles that are served, as plain OCI rules in a directory, for a kubelet
 * and for whoever else reads rules from files; kept up to date with --follow.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/subject/export-dir.h"
#include "client/secprofctl/subject/local-rules.h"
#include "client/secprofctl/subject/local.h"
#include "client/secprofctl/subject/remote.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/request.h"
#include "util/cleanup.h"

enum {
    WAIT_MAX_SEC = 10, /* between two attempts to reach a daemon that is away */
};

struct exporting {
    const struct ctl_options *options;
    struct variant_request request;
    struct syscalls *syscalls;
    struct export_dir dir;
    struct secprof *handle; /* NULL while there is no connection */
    bool reached;           /* the daemon, since the last attempt */
    int code;               /* of the first profile that failed */
};

/* The profiles of one list. */
struct served {
    struct exporting *exporting;
    char **names;
    size_t n;
};

static void served_free(struct served *served)
{
    for (size_t i = 0; i < served->n; i++)
        free(served->names[i]);
    free(served->names);
}

static void close_changes(struct secprof_changes **changes)
{
    secprof_changes_close(*changes);
}

static bool is_wanted(const struct exporting *exporting, const char *name)
{
    const struct ctl_options *options = exporting->options;

    /* The first argument is the directory. */
    if (options->n_args == 1)
        return true;
    for (int i = 1; i < options->n_args; i++)
        if (!strcmp(options->args[i], name))
            return true;
    return false;
}

static int report(const struct exporting *exporting, const char *name, const char *what)
{
    struct json json;

    if (exporting->options->json) {
        json_start_line(&json);
        json_open_map(&json, NULL);
        json_text(&json, "name", name);
        json_text(&json, "file", what);
        json_close_map(&json);
        return json_finish(&json, NULL);
    }
    printf("%s %s/%s.json\n", what, exporting->dir.path, name);
    /* Who reads a pipe wants it now. */
    return fflush(stdout) == 0
               ? CTL_OK
               : ctl_fail(CTL_SYSTEM, "cannot write to stdout: %s", strerror(errno));
}

static int put(struct exporting *exporting, const char *name, const char *rules, size_t len)
{
    int r = export_dir_put(&exporting->dir, name, rules, len);

    if (r == -EEXIST)
        return ctl_fail(
            CTL_NO, "%s/%s.json is not from secprofctl export, and stays as it is: move it away",
            exporting->dir.path, name);
    if (r < 0)
        return ctl_fail(CTL_SYSTEM, "cannot write %s/%s.json: %s", exporting->dir.path, name,
                        strerror(-r));
    return r == 0 ? CTL_OK : report(exporting, name, "wrote");
}

/* Where a profile cannot be written as rules, the file of its last good version stays. */
static int export_one(struct exporting *exporting, const char *name)
{
    cleanup_local struct local_file file = {0};
    cleanup_free char *rules = NULL;
    size_t len = 0;
    int code;
    cleanup_close int fd = secprof_get_profile(exporting->handle, name, NULL);

    /* Nothing of it is in service, or it went just now: a list or a change says so. */
    if (fd == -ENODATA || fd == -ENOENT)
        return CTL_OK;
    if (fd < 0)
        return remote_fail(exporting->handle, name, fd);
    code = local_read_fd(&file, name, fd);
    if (code == CTL_OK)
        code = local_rules(&file, &exporting->request, exporting->syscalls, &rules, &len);
    return code == CTL_OK ? put(exporting, name, rules, len) : code;
}

/* Without a list on the disk that says so: see save(). */
static int drop(struct exporting *exporting, const char *name)
{
    cleanup_free char *copy = strdup(name); /* NAME may be the directory's own */
    int r = copy ? export_dir_drop(&exporting->dir, copy) : -ENOMEM;

    if (r < 0)
        return ctl_fail(CTL_SYSTEM, "cannot remove %s/%s.json: %s", exporting->dir.path, name,
                        strerror(-r));
    return r == 0 ? CTL_OK : report(exporting, copy, "removed");
}

static int save(struct exporting *exporting, int r)
{
    return r == 0 ? CTL_OK
                  : ctl_fail(CTL_SYSTEM, "cannot write %s/.exported: %s", exporting->dir.path,
                             strerror(-r));
}

/* Remembers that something failed, and goes on with the others. */
static void note(struct exporting *exporting, int code)
{
    if (exporting->code == CTL_OK)
        exporting->code = code;
}

static int take_entry(const struct secprof_entry *entry, void *data)
{
    struct served *served = data;
    char **names;

    if (!is_wanted(served->exporting, entry->name))
        return 0;
    names = reallocarray(served->names, served->n + 1, sizeof(*names));
    if (!names)
        return -ENOMEM;
    served->names = names;
    names[served->n] = strdup(entry->name);
    if (!names[served->n])
        return -ENOMEM;
    served->n++;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_in(const struct served *served, const char *name)
{
    /* The library has them in order. */
    return bsearch(&name, served->names, served->n, sizeof(*served->names), compare_names) != NULL;
}

/* Those of the arguments that are served under no name. */
static void complain_of_missing(struct exporting *exporting, const struct served *served)
{
    const struct ctl_options *options = exporting->options;

    for (int i = 1; i < options->n_args; i++)
        if (!is_in(served, options->args[i]))
            note(exporting,
                 ctl_fail(CTL_NO_PROFILE, "%s: %s", options->args[i], secprof_strerror(-ENOENT)));
}

/* Makes the directory what the daemon's list says. Returns CTL_OK, or why the list is not known. */
static int export_all(struct exporting *exporting)
{
    __attribute__((cleanup(served_free))) struct served served = {.exporting = exporting};
    int r = secprof_list(exporting->handle, take_entry, &served);
    bool some_went = false;

    if (r < 0)
        return remote_fail(exporting->handle, "list", r);
    complain_of_missing(exporting, &served);
    note(exporting, save(exporting, export_dir_claim(&exporting->dir, served.names, served.n)));
    for (size_t i = 0; i < served.n; i++)
        note(exporting, export_one(exporting, served.names[i]));
    for (size_t i = exporting->dir.n_names; i-- > 0;)
        if (!is_in(&served, exporting->dir.names[i])) {
            note(exporting, drop(exporting, exporting->dir.names[i]));
            some_went = true;
        }
    if (some_went)
        note(exporting, save(exporting, export_dir_save(&exporting->dir)));
    return CTL_OK;
}

static void take_gone(struct exporting *exporting, const char *name)
{
    if (!export_dir_has(&exporting->dir, name))
        return;
    note(exporting, drop(exporting, name));
    note(exporting, save(exporting, export_dir_save(&exporting->dir)));
}

static void take_served(struct exporting *exporting, const char *name)
{
    char *const names[] = {(char *)name};

    note(exporting, save(exporting, export_dir_claim(&exporting->dir, names, 1)));
    note(exporting, export_one(exporting, name));
}

static void take_change(struct exporting *exporting, const struct secprof_change *change)
{
    if (change->kind == SECPROF_CHANGE_LOST)
        note(exporting, export_all(exporting));
    else if (!is_wanted(exporting, change->name))
        return;
    else if (change->kind == SECPROF_CHANGE_GONE)
        take_gone(exporting, change->name);
    else if (change->kind == SECPROF_CHANGE_SERVED)
        take_served(exporting, change->name);
}

/* Follows one daemon until it ends. Returns an exit code after a message. */
static int follow_one(struct exporting *exporting)
{
    __attribute__((cleanup(close_changes))) struct secprof_changes *changes = NULL;
    const struct secprof_change *change;
    int r = secprof_subscribe(exporting->handle, &changes);
    int code;

    if (r < 0)
        return remote_fail(exporting->handle, "export --follow", r);
    exporting->reached = true;
    /* What changes while the list is worked on comes afterwards. */
    code = export_all(exporting);
    while (code == CTL_OK) {
        r = secprof_changes_next(changes, SECPROF_NO_TIMEOUT, &change);
        if (r < 0)
            return remote_fail(exporting->handle, "export --follow", r);
        if (r > 0)
            take_change(exporting, change);
    }
    return code;
}

static int connect_and_work(struct exporting *exporting, int (*work)(struct exporting *))
{
    int code = remote_open(exporting->options, &exporting->handle);

    if (code == CTL_OK)
        code = work(exporting);
    secprof_close(steal_ptr(&exporting->handle));
    return code;
}

/* Only a signal ends this: a daemon that is away comes back, and the files stay meanwhile. */
static int follow(struct exporting *exporting)
{
    unsigned int wait_sec = 1;

    for (;;) {
        exporting->reached = false;

        int code = connect_and_work(exporting, follow_one);

        if (code != CTL_NO_DAEMON && code != CTL_DAEMON)
            return code;
        if (exporting->reached)
            wait_sec = 1;
        sleep(wait_sec);
        wait_sec = wait_sec < WAIT_MAX_SEC / 2 ? wait_sec * 2 : WAIT_MAX_SEC;
    }
}

static int export(const struct ctl_options *options)
{
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    struct exporting exporting = {
        .options = options,
        .syscalls = syscalls,
        .dir = EXPORT_DIR_INIT,
    };
    int code = local_request(options, &exporting.request);

    if (!syscalls)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    for (int i = 1; i < options->n_args && code == CTL_OK; i++)
        code = remote_check_name(options->args[i]);
    if (code == CTL_OK)
        code = export_dir_open(&exporting.dir, options->args[0]);
    if (code == CTL_OK)
        code = options->follow ? follow(&exporting) : connect_and_work(&exporting, export_all);
    export_dir_close(&exporting.dir);
    return code == CTL_OK ? exporting.code : code;
}

const struct ctl_command command_export = {
    .name = "export",
    .options = CTL_OPTIONS_VARIANT | CTL_OPTION_FOLLOW,
    .min_args = 1,
    .max_args = -1,
    .wants = "a directory, and perhaps names of profiles",
    .run = export,
    .help =
        "usage: secprofctl export DIRECTORY [NAME…] [OPTION…]\n"
        "\n"
        "Writes each profile that is served (or those named) as plain OCI rules to\n"
        "DIRECTORY/NAME.json, for a kubelet's localhostProfile and for other programs that take\n"
        "rules from files. A file is replaced in one step, and only where its rules changed. "
        "Files\n"
        "of profiles that are no longer served are removed; files that are not from this command\n"
        "are left alone (DIRECTORY/.exported lists its own).\n"
        "\n"
        "  --follow            goes on: a changed profile is written at once; a daemon that ends\n"
        "                      is waited for\n"
        "  --target ARCH       rules for another architecture\n"
        "  --caps CAP_A,CAP_B  for processes with these capabilities (default: none)\n"
        "  --kernel 6.1        for another kernel than this one\n"
        "  --json              what was done, an object a line\n",
};
