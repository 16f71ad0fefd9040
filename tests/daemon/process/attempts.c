/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that test-own-filter.c makes under each filter. Where a filter lets one through it does
 * no harm: its arguments are wrong or void.
 */
#include "tests/daemon/process/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/process/own-filter.h"
#include "daemon/process/sandbox.h"
#include "util/cleanup.h"

static void try_open(void)
{
    (void)!open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void try_open_for_writing(void)
{
    (void)!open("/dev/null", O_WRONLY);
}

static void try_open_for_both(void)
{
    (void)!open("/dev/null", O_RDWR);
}

static void try_create(void)
{
    (void)!open("/dev/null", O_RDONLY | O_CREAT, 0600);
}

static void try_truncate(void)
{
    (void)!open("/dev/null", O_RDONLY | O_TRUNC);
}

static void try_openat2(void)
{
    uint64_t how[3] = {O_RDONLY, 0, 0};

    syscall(SYS_openat2, AT_FDCWD, "/dev/null", how, sizeof(how));
}

static void try_open_beneath_4(void)
{
    (void)!openat(4, "none", O_WRONLY | O_CREAT | O_TRUNC, 0600);
}

static void try_open_beneath_5(void)
{
    (void)!openat(5, "none", O_WRONLY | O_CREAT | O_TRUNC, 0600);
}

static void try_open_beneath_6(void)
{
    (void)!openat(6, "none", O_WRONLY | O_CREAT | O_TRUNC, 0600);
}

static void try_rename(void)
{
    renameat(AT_FDCWD, "/none/a", AT_FDCWD, "/none/b");
}

static void try_rename_beneath_4(void)
{
    renameat(4, "none", 4, "nothing");
}

static void try_rename_beneath_5(void)
{
    renameat(5, "none", 5, "nothing");
}

static void try_link(void)
{
    (void)!linkat(4, "none", 4, "nothing", 0);
}

static void try_mkdir(void)
{
    mkdir("/none/none", 0700);
}

static void try_mkdir_beneath_4(void)
{
    mkdirat(4, "none/none", 0700);
}

static void try_mkdir_beneath_5(void)
{
    mkdirat(5, "none/none", 0700);
}

static void try_dup_to_3(void)
{
    dup3(-1, 3, O_CLOEXEC);
}

static void try_dup_to_4(void)
{
    dup3(-1, 4, O_CLOEXEC);
}

static void try_landlock(void)
{
    sandbox_restrict_files(NULL, 0);
}

static void try_add_filter(void)
{
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL);
}

static void try_chmod(void)
{
    fchmod(-1, 0644);
}

static void try_chmod_of_filters(void)
{
    fchmod(-1, 0444);
}

static void try_touch_path(void)
{
    utimensat(AT_FDCWD, "/none", NULL, 0);
}

static void try_touch_fd(void)
{
    syscall(SYS_utimensat, -1, NULL, NULL, 0);
}

static void try_socket_unix(void)
{
    (void)!socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static void try_socket_inet(void)
{
    (void)!socket(AF_INET, SOCK_STREAM, 0);
}

static void try_socket_netlink(void)
{
    (void)!socket(AF_NETLINK, SOCK_RAW, 0);
}

static void try_socketpair(void)
{
    int socks[2];

    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, socks);
}

static void try_bind(void)
{
    bind(-1, NULL, 0);
}

static void try_listen(void)
{
    listen(-1, 1);
}

static void try_accept(void)
{
    accept4(-1, NULL, NULL, SOCK_CLOEXEC);
}

static void try_attach_filter(void)
{
    setsockopt(-1, SOL_SOCKET, SO_ATTACH_FILTER, NULL, 0);
}

static void try_send_buffer(void)
{
    setsockopt(-1, SOL_SOCKET, SO_SNDBUF, NULL, 0);
}

static void receive_from(int fd)
{
    struct msghdr msg = {0};

    (void)!recvmsg(fd, &msg, MSG_DONTWAIT);
}

static void try_receive_3(void)
{
    receive_from(3);
}

static void try_receive_5(void)
{
    receive_from(5);
}

static void try_fork(void)
{
    if (fork() == 0)
        _exit(0);
}

static void try_thread(void)
{
    syscall(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL, NULL,
            NULL, 0);
}

static void try_new_namespace(void)
{
    if (syscall(SYS_clone, CLONE_NEWUSER | CLONE_PARENT, NULL, NULL, NULL, 0) == 0)
        _exit(0);
}

static void try_clone3(void)
{
    struct clone_args args = {.exit_signal = SIGCHLD};

    if (syscall(SYS_clone3, &args, sizeof(args)) == 0)
        _exit(0);
}

static void try_sibling(void)
{
    if (syscall(SYS_clone, (long)CLONE_PARENT, NULL, NULL, NULL, 0L) == 0)
        _exit(0);
}

static void try_unshare(void)
{
    syscall(SYS_unshare, CLONE_NEWNS);
}

static void try_exec(void)
{
    execl("/bin/true", "true", NULL);
}

static void try_exec_fd(void)
{
    syscall(SYS_execveat, -1, "", NULL, NULL, AT_EMPTY_PATH);
}

static void try_kill(void)
{
    kill(getppid(), 0);
}

static void try_pidfd_kill(void)
{
    syscall(SYS_pidfd_send_signal, -1, SIGKILL, NULL, 0);
}

static void try_pidfd_stop(void)
{
    syscall(SYS_pidfd_send_signal, -1, SIGSTOP, NULL, 0);
}

static void try_executable_memory(void)
{
    (void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void try_map_file(void)
{
    (void)!mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0);
}

static void try_make_executable(void)
{
    static char page[8192];

    mprotect((void *)(((uintptr_t)page + 4095) & ~(uintptr_t)4095), 4096, PROT_READ | PROT_EXEC);
}

static void try_memory(void)
{
    char *small = malloc(100), *large = malloc(1 << 24);

    if (!small || !large)
        _exit(1);
    memset(large, 1, 1 << 24);
    free(realloc(large, 1 << 25));
    free(small);
}

static void try_memfd(void)
{
    (void)!memfd_create("x", MFD_CLOEXEC);
}

static void try_ptrace(void)
{
    syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void try_dumpable(void)
{
    prctl(PR_SET_DUMPABLE, 1);
}

static void try_stay_without_parent(void)
{
    prctl(PR_SET_PDEATHSIG, 0);
}

static void try_ioctl(void)
{
    syscall(SYS_ioctl, 0, 0, 0);
}

static void try_limits(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_AS, &limit);
}

static void try_io_uring(void)
{
    syscall(SYS_io_uring_setup, 1, NULL);
}

static void try_bpf(void)
{
    syscall(SYS_bpf, 0, NULL, 0);
}

static void try_keyring(void)
{
    syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static void try_change_user(void)
{
    syscall(SYS_setresuid, 0, 0, 0);
}

static void try_watch(void)
{
    inotify_add_watch(-1, "/", IN_CREATE);
}

static void try_write(void)
{
    (void)!write(2, "", 0);
}

static void try_log(void)
{
    struct iovec none = {(void *)"", 0};

    (void)!writev(2, &none, 1);
}

static void try_writev_elsewhere(void)
{
    struct iovec none = {(void *)"", 0};

    (void)!writev(3, &none, 1);
}

static void try_pread(void)
{
    char byte;

    (void)!pread(-1, &byte, 1, 0);
}

static void try_poll(void)
{
    struct pollfd fd = {.fd = -1};

    poll(&fd, 1, 0);
}

static void try_poll_two(void)
{
    struct pollfd fds[2] = {{.fd = -1}, {.fd = -1}};

    poll(fds, 2, 0);
}

static void try_shutdown(void)
{
    shutdown(-1, SHUT_RDWR);
}

static void try_handle_signals(void)
{
    signal(SIGSYS, SIG_IGN);
}

#define BIT(which) (1U << (which))
#define ALL        (BIT(OWN_MAIN) | BIT(OWN_SPAWNER) | BIT(OWN_WORKER) | BIT(OWN_CACHE))

const struct attempt attempts[] = {
#define ATTEMPT(call, allowed)     \
    {                              \
        try_##call, #call, allowed \
    }
    ATTEMPT(open, BIT(OWN_MAIN)),
    ATTEMPT(open_for_writing, 0),
    ATTEMPT(open_for_both, 0),
    ATTEMPT(create, 0),
    ATTEMPT(truncate, 0),
    ATTEMPT(openat2, 0),
    ATTEMPT(open_beneath_4, BIT(OWN_CACHE)),
    ATTEMPT(open_beneath_5, BIT(OWN_CACHE)),
    ATTEMPT(open_beneath_6, 0),
    ATTEMPT(rename, 0),
    ATTEMPT(rename_beneath_4, 0),
    ATTEMPT(rename_beneath_5, BIT(OWN_CACHE)),
    ATTEMPT(link, 0),
    ATTEMPT(mkdir, 0),
    ATTEMPT(mkdir_beneath_4, BIT(OWN_CACHE)),
    ATTEMPT(mkdir_beneath_5, 0),
    ATTEMPT(dup_to_3, BIT(OWN_SPAWNER)),
    ATTEMPT(dup_to_4, 0),
    ATTEMPT(landlock, 0),
    ATTEMPT(add_filter, BIT(OWN_SPAWNER)),
    ATTEMPT(chmod, 0),
    ATTEMPT(chmod_of_filters, BIT(OWN_MAIN)),
    ATTEMPT(touch_path, 0),
    ATTEMPT(touch_fd, BIT(OWN_MAIN)),
    ATTEMPT(socket_unix, BIT(OWN_MAIN)),
    ATTEMPT(socket_inet, 0),
    ATTEMPT(socket_netlink, 0),
    ATTEMPT(socketpair, BIT(OWN_SPAWNER)),
    ATTEMPT(bind, 0),
    ATTEMPT(listen, 0),
    ATTEMPT(accept, BIT(OWN_MAIN)),
    ATTEMPT(attach_filter, 0),
    ATTEMPT(send_buffer, BIT(OWN_MAIN)),
    ATTEMPT(receive_3, ALL),
    ATTEMPT(receive_5, BIT(OWN_MAIN)),
    ATTEMPT(fork, 0),
    ATTEMPT(thread, 0),
    ATTEMPT(new_namespace, 0),
    ATTEMPT(clone3, 0),
    ATTEMPT(sibling, BIT(OWN_SPAWNER)),
    ATTEMPT(unshare, 0),
    ATTEMPT(exec, 0),
    ATTEMPT(exec_fd, 0),
    ATTEMPT(kill, 0),
    ATTEMPT(pidfd_kill, BIT(OWN_SPAWNER)),
    ATTEMPT(pidfd_stop, 0),
    ATTEMPT(executable_memory, 0),
    ATTEMPT(map_file, BIT(OWN_MAIN)),
    ATTEMPT(make_executable, 0),
    ATTEMPT(memory, ALL),
    ATTEMPT(memfd, BIT(OWN_MAIN)),
    ATTEMPT(ptrace, 0),
    ATTEMPT(dumpable, 0),
    ATTEMPT(stay_without_parent, 0),
    ATTEMPT(ioctl, 0),
    ATTEMPT(limits, BIT(OWN_SPAWNER)),
    ATTEMPT(io_uring, 0),
    ATTEMPT(bpf, 0),
    ATTEMPT(keyring, 0),
    ATTEMPT(change_user, 0),
    ATTEMPT(watch, BIT(OWN_MAIN)),
    ATTEMPT(write, BIT(OWN_MAIN) | BIT(OWN_CACHE)),
    ATTEMPT(log, BIT(OWN_MAIN)),
    ATTEMPT(writev_elsewhere, 0),
    ATTEMPT(pread, BIT(OWN_MAIN) | BIT(OWN_SPAWNER) | BIT(OWN_WORKER)),
    ATTEMPT(poll, BIT(OWN_MAIN) | BIT(OWN_SPAWNER)),
    ATTEMPT(poll_two, BIT(OWN_MAIN)),
    ATTEMPT(shutdown, BIT(OWN_MAIN)),
    ATTEMPT(handle_signals, 0),
#undef ATTEMPT
};

const size_t n_attempts = ARRAY_SIZE(attempts);
