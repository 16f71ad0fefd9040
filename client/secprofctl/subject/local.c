/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles without a daemon: read from a file, compiled in this process. */
#include "client/secprofctl/subject/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/text.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/excerpt.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "util/cleanup.h"
#include "util/io.h"

void local_free(struct local_file *file)
{
    free(file->text);
    file->text = NULL;
}

int local_read_fd(struct local_file *file, const char *name, int fd)
{
    /* One byte more than is allowed: the parser then says that the profile is too long. */
    const size_t room = PROFILE_MAX_BYTES + 1;
    ssize_t len;

    file->name = name;
    file->text = malloc(room);
    if (!file->text)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    len = io_read_up_to(fd, file->text, room);
    if (len < 0)
        return ctl_fail(CTL_SYSTEM, "cannot read %s: %s", file->name, strerror((int)-len));
    file->len = (size_t)len;
    return CTL_OK;
}

int local_read(struct local_file *file, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "<stdin>" : path;
    cleanup_close int fd =
        is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return ctl_fail(CTL_SYSTEM, "cannot open %s: %s", name, strerror(errno));
    return local_read_fd(file, name, fd);
}

/* Prints LINES to stderr; NULL, without memory, are none. */
static void print_lines(const char *lines)
{
    if (lines)
        text_print_lines(stderr, lines);
}

void local_print_excerpt(const struct local_file *file, const struct diag *diag,
                         struct arena *arena)
{
    if (diag->severity == DIAG_ERROR)
        print_lines(excerpt_render(arena, file->text, file->len, &diag->at));
}

void local_print_diags(const struct local_file *file, const struct diags *diags,
                       struct arena *arena)
{
    for (size_t i = 0; i < diags->n; i++) {
        const struct diags one = {.items = &diags->items[i], .n = 1};

        print_lines(diags_render(&one, arena, file->name));
        local_print_excerpt(file, &diags->items[i], arena);
    }
    if (diags->n_dropped) {
        const struct diags rest = {.n_dropped = diags->n_dropped};

        print_lines(diags_render(&rest, arena, file->name));
    }
}

int local_check_target(const struct target *target)
{
    const struct abi *native = target_native_abi(target);

    if (abi_is_installed(native))
        return CTL_OK;
    return ctl_fail(CTL_USAGE,
                    "the installed libseccomp does not know %s; version %s is the first "
                    "that does",
                    target->name, native->since);
}

int local_request(const struct ctl_options *options, struct variant_request *request)
{
    *request = (struct variant_request){
        .target = options->target ? options->target : target_host(),
        .caps = options->caps,
        .kernel = options->kernel ? options->kernel : kernel_version_host(),
        .mode = options->mode,
    };
    if (!request->target)
        return ctl_fail(CTL_USAGE,
                        "this machine's architecture is unknown; name one with --target");
    return local_check_target(request->target);
}
