/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program as others write it: it knows nothing of the tree but the installed secprof.h. It takes
 * on the filter of the profile that it is given and then tries a call that the filter forbids.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <secprof.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct secprof *secprof;
    int rc;

    if (argc != 2)
        return 2;
    rc = secprof_open(&secprof, NULL, 5000);
    if (rc == 0) {
        rc = secprof_install(secprof, argv[1], NULL, NULL);
        secprof_close(secprof);
    }
    if (rc < 0) {
        printf("%s\n", secprof_strerror(rc));
        return 1;
    }
    printf("unshare: %s\n", strerror(unshare(0) < 0 ? errno : 0));
    return 0;
}
