/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofd: reads the command line, and runs the daemon. */
#include <stdlib.h>

#include "daemon/daemon.h"
#include "daemon/options.h"
#include "util/io.h"

enum {
    EXIT_USAGE = 2,
};

int main(int argc, char **argv)
{
    struct options options;
    int r;

    if (io_occupy_standard_files() < 0)
        return EXIT_FAILURE;
    r = options_parse(&options, argc, argv, stdout, stderr);
    if (r == OPTIONS_RUN)
        r = daemon_run(&options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    else
        r = r == OPTIONS_EXIT ? EXIT_SUCCESS : EXIT_USAGE;
    options_clear(&options);
    return r;
}
