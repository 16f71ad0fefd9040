/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl reload: waits until what is on disk is in service. */
#include <inttypes.h>
#include <stdio.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/subject/remote.h"

static int reload(const struct ctl_options *options)
{
    cleanup_remote struct secprof *handle = NULL;
    uint64_t generation;
    uint32_t profiles;
    uint32_t broken;
    int code = remote_open(options, &handle);
    int r;

    if (code != CTL_OK)
        return code;
    /* The reply comes when all is compiled, and that takes what it takes. */
    if (options->timeout_ms == 0)
        secprof_set_timeout(handle, SECPROF_NO_TIMEOUT);
    r = secprof_reload(handle, &generation, &profiles, &broken);
    if (r < 0)
        return remote_fail(handle, "reload", r);
    if (options->json) {
        struct json json;

        json_start(&json);
        json_open_map(&json, NULL);
        json_number(&json, "generation", generation);
        json_number(&json, "profiles", profiles);
        json_number(&json, "broken", broken);
        json_close_map(&json);
        return json_finish(&json, NULL);
    }
    printf("%" PRIu32 " profiles, %" PRIu32 " of them stale or broken, generation %" PRIu64 "\n",
           profiles, broken, generation);
    return CTL_OK;
}

const struct ctl_command command_reload = {
    .name = "reload",
    .wants = "nothing",
    .run = reload,
    .help = "usage: secprofctl reload [--json]\n"
            "\n"
            "Waits until everything that is on disk now is in service. For root and the daemon's "
            "user.\n",
};
