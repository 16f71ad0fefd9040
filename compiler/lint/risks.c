/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the lint knows about calls: which arguments are 32 bits wide, and which calls are risky. */
#include "compiler/lint/risks.h"

#include <linux/sched.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/diag.h"
#include "util/cleanup.h"

#define ARG(index) (1U << (index))

/*
 * Arguments that the kernel cuts to 32 bits before it looks at them: those of type int, unsigned
 * int, u32, pid_t, uid_t, gid_t, key_t, key_serial_t, clockid_t or qid_t in the SYSCALL_DEFINE of
 * the call (linux 6.x; prototypes in include/linux/syscalls.h, and arch/x86/kernel for arch_prctl,
 * iopl and modify_ldt). Also the flags of clone, an unsigned long of which the kernel takes the low
 * 32 bits by hand (kernel/fork.c). Not here: other long and unsigned long arguments, such as the
 * flags of mmap, mount and unshare and the request of ptrace; umode_t, which is narrower still; and
 * calls that no profile has a reason to test.
 */
static const struct {
    const char *name;
    uint8_t args;
} narrow_args[] = {
    {"accept", ARG(0)},
    {"accept4", ARG(0) | ARG(3)},
    {"access", ARG(1)},
    {"add_key", ARG(4)},
    {"arch_prctl", ARG(0)},
    {"bind", ARG(0) | ARG(2)},
    {"bpf", ARG(0) | ARG(2)},
    {"chown", ARG(1) | ARG(2)},
    {"clock_adjtime", ARG(0)},
    {"clock_nanosleep", ARG(0) | ARG(1)},
    {"clock_settime", ARG(0)},
    {"clone", ARG(0)}, /* but see lint_narrow_args() */
    {"close", ARG(0)},
    {"close_range", ARG(0) | ARG(1) | ARG(2)},
    {"connect", ARG(0) | ARG(2)},
    {"delete_module", ARG(1)},
    {"dup", ARG(0)},
    {"dup2", ARG(0) | ARG(1)},
    {"dup3", ARG(0) | ARG(1) | ARG(2)},
    {"epoll_create1", ARG(0)},
    {"epoll_ctl", ARG(0) | ARG(1) | ARG(2)},
    {"eventfd2", ARG(0) | ARG(1)},
    {"execveat", ARG(0) | ARG(4)},
    {"exit", ARG(0)},
    {"exit_group", ARG(0)},
    {"faccessat", ARG(0) | ARG(2)},
    {"faccessat2", ARG(0) | ARG(2) | ARG(3)},
    {"fanotify_init", ARG(0) | ARG(1)},
    {"fchown", ARG(0) | ARG(1) | ARG(2)},
    {"fchownat", ARG(0) | ARG(2) | ARG(3) | ARG(4)},
    {"fcntl", ARG(0) | ARG(1)},
    {"finit_module", ARG(0) | ARG(2)},
    {"flock", ARG(0) | ARG(1)},
    {"fsconfig", ARG(0) | ARG(1) | ARG(4)},
    {"fsmount", ARG(0) | ARG(1) | ARG(2)},
    {"fsopen", ARG(1)},
    {"fspick", ARG(0) | ARG(2)},
    {"futex", ARG(1) | ARG(2) | ARG(5)},
    {"getpriority", ARG(0) | ARG(1)},
    {"getrandom", ARG(2)},
    {"getrlimit", ARG(0)},
    {"getsockopt", ARG(0) | ARG(1) | ARG(2)},
    {"inotify_init1", ARG(0)},
    {"io_uring_enter", ARG(0) | ARG(1) | ARG(2) | ARG(3)},
    {"io_uring_register", ARG(0) | ARG(1) | ARG(3)},
    {"io_uring_setup", ARG(0)},
    {"ioctl", ARG(0) | ARG(1)},
    {"ioperm", ARG(2)},
    {"iopl", ARG(0)},
    {"ioprio_set", ARG(0) | ARG(1) | ARG(2)},
    {"ipc", ARG(0) | ARG(1)},
    {"kcmp", ARG(0) | ARG(1) | ARG(2)},
    {"kexec_file_load", ARG(0) | ARG(1)},
    {"keyctl", ARG(0)},
    {"kill", ARG(0) | ARG(1)},
    {"lchown", ARG(1) | ARG(2)},
    {"linkat", ARG(0) | ARG(2) | ARG(4)},
    {"listen", ARG(0) | ARG(1)},
    {"lseek", ARG(0) | ARG(2)},
    {"madvise", ARG(2)},
    {"membarrier", ARG(0) | ARG(1)},
    {"memfd_create", ARG(1)},
    {"mlock2", ARG(2)},
    {"mlockall", ARG(0)},
    {"mount_setattr", ARG(0) | ARG(2)},
    {"move_mount", ARG(0) | ARG(2) | ARG(4)},
    {"msgctl", ARG(0) | ARG(1)},
    {"msgget", ARG(0) | ARG(1)},
    {"name_to_handle_at", ARG(0) | ARG(4)},
    {"open", ARG(1)},
    {"open_by_handle_at", ARG(0) | ARG(2)},
    {"open_tree", ARG(0) | ARG(2)},
    {"openat", ARG(0) | ARG(2)},
    {"openat2", ARG(0)},
    {"perf_event_open", ARG(1) | ARG(2) | ARG(3)},
    {"personality", ARG(0)},
    {"pidfd_getfd", ARG(0) | ARG(1) | ARG(2)},
    {"pidfd_open", ARG(0) | ARG(1)},
    {"pidfd_send_signal", ARG(0) | ARG(1) | ARG(3)},
    {"pipe2", ARG(1)},
    {"prctl", ARG(0)},
    {"prlimit64", ARG(0) | ARG(1)},
    {"process_vm_readv", ARG(0)},
    {"process_vm_writev", ARG(0)},
    {"quotactl", ARG(0) | ARG(2)},
    {"quotactl_fd", ARG(0) | ARG(1) | ARG(2)},
    {"reboot", ARG(0) | ARG(1) | ARG(2)},
    {"recvfrom", ARG(0) | ARG(3)},
    {"recvmsg", ARG(0) | ARG(2)},
    {"renameat2", ARG(0) | ARG(2) | ARG(4)},
    {"request_key", ARG(3)},
    {"rt_sigqueueinfo", ARG(0) | ARG(1)},
    {"rt_tgsigqueueinfo", ARG(0) | ARG(1) | ARG(2)},
    {"sched_setaffinity", ARG(0) | ARG(1)},
    {"sched_setattr", ARG(0) | ARG(2)},
    {"sched_setparam", ARG(0)},
    {"sched_setscheduler", ARG(0) | ARG(1)},
    {"seccomp", ARG(0) | ARG(1)},
    {"semctl", ARG(0) | ARG(1) | ARG(2)},
    {"semget", ARG(0) | ARG(1) | ARG(2)},
    {"sendmsg", ARG(0) | ARG(2)},
    {"sendto", ARG(0) | ARG(3) | ARG(5)},
    {"set_mempolicy", ARG(0)},
    {"setfsgid", ARG(0)},
    {"setfsuid", ARG(0)},
    {"setgid", ARG(0)},
    {"setns", ARG(0) | ARG(1)},
    {"setpgid", ARG(0) | ARG(1)},
    {"setpriority", ARG(0) | ARG(1) | ARG(2)},
    {"setregid", ARG(0) | ARG(1)},
    {"setresgid", ARG(0) | ARG(1) | ARG(2)},
    {"setresuid", ARG(0) | ARG(1) | ARG(2)},
    {"setreuid", ARG(0) | ARG(1)},
    {"setrlimit", ARG(0)},
    {"setsockopt", ARG(0) | ARG(1) | ARG(2) | ARG(4)},
    {"setuid", ARG(0)},
    {"shmat", ARG(0) | ARG(2)},
    {"shmctl", ARG(0) | ARG(1)},
    {"shmget", ARG(0) | ARG(2)},
    {"shutdown", ARG(0) | ARG(1)},
    {"socket", ARG(0) | ARG(1) | ARG(2)},
    {"socketcall", ARG(0)},
    {"socketpair", ARG(0) | ARG(1) | ARG(2)},
    {"splice", ARG(0) | ARG(2) | ARG(5)},
    {"statx", ARG(0) | ARG(2) | ARG(3)},
    {"swapon", ARG(1)},
    {"sysfs", ARG(0)},
    {"syslog", ARG(0) | ARG(2)},
    {"tgkill", ARG(0) | ARG(1) | ARG(2)},
    {"timerfd_create", ARG(0) | ARG(1)},
    {"tkill", ARG(0) | ARG(1)},
    {"umount2", ARG(1)},
    {"unlinkat", ARG(0) | ARG(2)},
    {"userfaultfd", ARG(0)},
    {"wait4", ARG(0) | ARG(2)},
    {"waitid", ARG(0) | ARG(1) | ARG(3)},
};

/*
 * Calls that take a process out of its sandbox, or that open much of the kernel. Warnings are those
 * that get past a filter as such; for the others the kernel has checks of its own.
 */
static const struct lint_risk risks[] = {
    {"io_uring_setup", "a filter does not see the operations that are made through a ring",
     DIAG_WARNING, 0, 0, 0, 0},
    {"ptrace",
     "on kernels before 4.8 a tracer changes calls after the filter has passed them; "
     "add \"includes\": {\"minKernel\": \"4.8\"}",
     DIAG_WARNING, KERNEL_VERSION(4, 8), 0, 0, 0},
    {"bpf", "it loads programs into the kernel", DIAG_NOTE, 0, 0, 0, 0},
    {"clone", "with CLONE_NEWUSER it gives every capability in a new user namespace", DIAG_NOTE, 0,
     CLONE_NEWUSER, 0, 1},
    {"clone3",
     "a filter cannot see its flags, and CLONE_NEWUSER is among them; answer it with "
     "ENOSYS, and the C library uses clone",
     DIAG_NOTE, 0, 0, 0, 0},
    {"create_module", "it loads code into the kernel", DIAG_NOTE, 0, 0, 0, 0},
    {"finit_module", "it loads code into the kernel", DIAG_NOTE, 0, 0, 0, 0},
    {"fsmount", "it makes mounts, as mount does", DIAG_NOTE, 0, 0, 0, 0},
    {"init_module", "it loads code into the kernel", DIAG_NOTE, 0, 0, 0, 0},
    {"ioperm", "it opens I/O ports of the hardware", DIAG_NOTE, 0, 0, 0, 0},
    {"iopl", "it opens all I/O ports of the hardware", DIAG_NOTE, 0, 0, 0, 0},
    {"kexec_file_load", "it replaces the kernel", DIAG_NOTE, 0, 0, 0, 0},
    {"kexec_load", "it replaces the kernel", DIAG_NOTE, 0, 0, 0, 0},
    {"keyctl", "keys are not separated by namespaces", DIAG_NOTE, 0, 0, 0, 0},
    {"modify_ldt", "it changes segments of the processor, a seldom used part of the kernel",
     DIAG_NOTE, 0, 0, 0, 0},
    {"mount", "it changes what the process sees as files", DIAG_NOTE, 0, 0, 0, 0},
    {"move_mount", "it makes mounts, as mount does", DIAG_NOTE, 0, 0, 0, 0},
    {"open_by_handle_at", "it opens files outside the root of the process", DIAG_NOTE, 0, 0, 0, 0},
    {"perf_event_open", "it observes the kernel and other processes", DIAG_NOTE, 0, 0, 0, 0},
    {"pidfd_getfd", "it takes open files out of other processes", DIAG_NOTE, 0, 0, 0, 0},
    {"process_vm_writev", "it writes into the memory of other processes", DIAG_NOTE, 0, 0, 0, 0},
    {"setns", "it enters the namespaces of other processes", DIAG_NOTE, 0, 0, 0, 0},
    {"unshare", "with CLONE_NEWUSER it gives every capability in a new user namespace", DIAG_NOTE,
     0, CLONE_NEWUSER, 0, 0},
    {"userfaultfd", "it holds the kernel up in the middle of a copy, which exploits use", DIAG_NOTE,
     0, 0, 0, 0},
};

uint8_t lint_narrow_args(const char *name, enum abi_id abi)
{
    /* There the flags are behind the stack (CONFIG_CLONE_BACKWARDS2). */
    if ((abi == ABI_S390 || abi == ABI_S390X) && !strcmp(name, "clone"))
        return ARG(1);
    for (size_t i = 0; i < ARRAY_SIZE(narrow_args); i++)
        if (!strcmp(narrow_args[i].name, name))
            return narrow_args[i].args;
    return 0;
}

const struct lint_risk *lint_risk_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(risks); i++)
        if (!strcmp(risks[i].name, name))
            return &risks[i];
    return NULL;
}

const struct lint_risk *lint_risk_at(size_t i)
{
    return i < ARRAY_SIZE(risks) ? &risks[i] : NULL;
}
