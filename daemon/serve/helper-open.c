/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The helper of a filter in memory, as a file that clients execute. It is built when the first
 * client wants it and lives as long as the filter: all clients of a variant share one file, so the
 * store's bound on variants is the bound on helpers. What a client keeps open of a filter that the
 * store has dropped goes on taking memory until the client closes it.
 */
#include "daemon/serve/helper-open.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#include "compiler/facts/abi.h"
#include "config.h"
#include "daemon/filters/store.h"
#include "daemon/serve/helper-image.h"
#include "protocol/protocol.h"
#include "util/cleanup.h"
#include "util/filter.h"

#ifndef HAVE_HELPER
const unsigned char helper_template[] = {0};
const size_t helper_template_size = 0;
#endif

static const char not_built[] =
    "this secprofd was built without secprof-helper, which its architecture does not have or "
    "whoever built it left out";
static const char not_here[] =
    "there are executables for the daemon's own architecture only; ask for the filter as bytes";
static const char wants_listener[] =
    "some of the profile's calls are for a listener to decide (SCMP_ACT_NOTIFY), and an "
    "executable has none; start the program with a container runtime";
static const char no_executable_memory[] =
    "the system of secprofd forbids executable memory files: the sysctl vm.memfd_noexec is 2 in "
    "its pid namespace; 'secprofctl run' needs none";

/* Builds the helper for VARIANT, whose filter is at CODE. Returns its fd and *LENGTH, or -errno. */
static int make(const struct stored_variant *variant, const void *code, uint32_t *length)
{
    const struct filter_bytes filter = {
        .bytes = code, .n_insns = variant->n_insns, .flags = variant->flags};
    cleanup_free uint8_t *file = malloc(HELPER_SIZE(helper_template_size, variant->n_insns));
    ssize_t size = -ENOMEM;

    if (file)
        size = helper_build(file, helper_template, helper_template_size, &filter);
    if (size > 0)
        *length = (uint32_t)size;
    return size < 0 ? (int)size : store_seal_executable("secprof-helper", file, (size_t)size);
}

static int build(struct stored_variant *variant, const char **why)
{
    int r;

    if ((variant->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) ||
        filter_needs_listener(variant->code, variant->n_insns)) {
        *why = wants_listener;
        return WIRE_WHY_LISTENER;
    }
    r = make(variant, variant->code, &variant->helper_size);
    if (r == -EACCES) {
        *why = no_executable_memory;
        return WIRE_WHY_NO_EXEC;
    }
    if (r < 0)
        return r;
    store_keep_file(variant->source->store, &variant->helper, r);
    return HELPER_OPENED;
}

bool helper_is_built(void)
{
    return helper_template_size > 0;
}

int helper_open(struct stored_variant *variant, const struct target *host, int *fd,
                const char **why)
{
    int r = HELPER_OPENED;

    if (helper_template_size == 0 || variant->request.target != host) {
        *why = helper_template_size == 0 ? not_built : not_here;
        return helper_template_size == 0 ? WIRE_WHY_NO_HELPER : WIRE_WHY_FOREIGN;
    }
    if (variant->helper.fd < 0)
        r = build(variant, why);
    if (r != HELPER_OPENED)
        return r;
    r = store_open_file(variant->source->store, &variant->helper);
    if (r < 0)
        return r;
    *fd = r;
    return HELPER_OPENED;
}
