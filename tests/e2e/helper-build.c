/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * helper-build TEMPLATE FILE: makes FILE of secprof-helper's TEMPLATE, with a filter that allows
 * everything, as the daemon does it. helper-foreign.sh builds it for other machines.
 */
#include "daemon/filters/store.h"
#include "daemon/serve/helper-image.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <unistd.h>

#include "protocol/protocol.h"

int main(int argc, char **argv)
{
    static uint8_t template[1 << 16], out[HELPER_SIZE(sizeof(template), WIRE_MAX_INSNS)];
    static const struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const struct filter_bytes filter = {.bytes = allow, .n_insns = 1};
    int from = argc == 3 ? open(argv[1], O_RDONLY) : -1;
    ssize_t size = read(from, template, sizeof(template));
    int to = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0755) : -1;

    size = size > 0 ? helper_build(out, template, (size_t)size, &filter) : -1;
    if (size > 0 && write(to, out, (size_t)size) == size)
        return 0;
    fprintf(stderr, "helper-build: %zd\n", size);
    return 1;
}
