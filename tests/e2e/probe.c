/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes raw syscalls with harmless arguments and prints how each one ended, on one line:
 * "getpid=OK unshare=EPERM". The word "filters" prints how many filters this process has, and
 * "wait" waits for ever. Linked statically, so that it runs in an empty root file system.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How each call ends where no filter stands in its way. */
static const struct probe {
    const char *name;
    long nr;
    long args[5];
} probes[] = {
    {"getpid", SYS_getpid, {0}},                 /* OK */
    {"getpriority", SYS_getpriority, {0}},       /* OK */
    {"inet", SYS_socket, {AF_INET, SOCK_DGRAM}}, /* OK */
    {"vsock", SYS_socket, {40, SOCK_STREAM}},    /* OK or EAFNOSUPPORT */
    {"unshare", SYS_unshare, {0}},               /* OK */
    {"mount", SYS_mount, {0}},                   /* EFAULT */
    {"keyctl", SYS_keyctl, {99999}},             /* EOPNOTSUPP */
    {"clone3", SYS_clone3, {0}},                 /* EINVAL */
};

/* From /proc, which has to be there. */
static int print_filters(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];
    unsigned int n;

    while (status && fgets(line, sizeof(line), status)) {
        if (sscanf(line, "Seccomp_filters: %u", &n) != 1)
            continue;
        printf("filters=%u", n);
        return fclose(status);
    }
    perror("probe: /proc/self/status");
    return 2;
}

static int probe_run(const char *name)
{
    if (!strcmp(name, "filters"))
        return print_filters();
    if (!strcmp(name, "wait")) {
        fflush(stdout);
        for (;;)
            pause();
    }
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
        const struct probe *p = &probes[i];
        long rc;

        if (strcmp(p->name, name) != 0)
            continue;
        rc = syscall(p->nr, p->args[0], p->args[1], p->args[2], p->args[3], p->args[4]);
        if (rc >= 0)
            printf("%s=OK", name);
        else if (strerrorname_np(errno))
            printf("%s=%s", name, strerrorname_np(errno));
        else
            printf("%s=%d", name, errno);
        return 0;
    }
    fprintf(stderr, "probe: no probe called %s\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (i > 1)
            putchar(' ');
        if (probe_run(argv[i]) != 0)
            return 2;
    }
    putchar('\n');
    return 0;
}
