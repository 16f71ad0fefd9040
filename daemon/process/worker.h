/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the main process and a worker say to each other: fixed structs over a SEQPACKET pair,
 * in the host's byte order. And the two ends: the process itself, and the check of its answers.
 */
#ifndef DAEMON_PROCESS_WORKER_H
#define DAEMON_PROCESS_WORKER_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/filters/packed.h"

struct own_filters;

#define WORKER_MAGIC UINT32_C(0x57525053) /* "SPRW" on a little-endian machine */

/* Says that a worker is confined and ready for requests; its first packet. */
struct worker_hello {
    uint32_t magic;
    uint32_t zero;
};

/* Asks for one compile. With it comes one fd: a sealed memfd with the profile's SIZE bytes. */
struct worker_request {
    uint32_t magic;
    uint32_t audit_arch; /* of the target's native ABI */
    uint64_t id;
    uint64_t caps;
    uint32_t kernel;
    uint32_t size;
    uint32_t mode; /* enum variant_mode */
    uint32_t zero;
};
static_assert(sizeof(struct worker_request) == 40, "worker_request");

/* Begins the answer. Behind it: what came of the compile, as daemon/filters/packed.h has it. */
struct worker_answer {
    uint32_t magic;
    uint32_t zero;
    uint64_t id;
};
static_assert(sizeof(struct worker_answer) == 16, "worker_answer");

enum {
    WORKER_ANSWER_MAX = (int)sizeof(struct worker_answer) + PACKED_MAX,
};

/* What a worker may use. */
struct worker_limits {
    uint64_t memory;      /* bytes of address space */
    uint64_t cpu_seconds; /* in its whole life */
};

enum {
    WORKER_CPU_SECONDS = 300,
    WORKER_MEMORY_MIB = 256, /* at least */
    WORKERS_MEMORY_MIB = 1024,
    /* Of a thousandth of all memory: how much more it counts than it is when the kernel has to end
     * a process. */
    WORKER_OOM_SCORE = 500,
};

/*
 * The limits of each of N workers that work at a time. Up to four of them together stay in half of
 * what the unit gives the service; the other half is for the main process and what clients keep.
 */
static inline struct worker_limits worker_limits(size_t n)
{
    const uint64_t mib = WORKERS_MEMORY_MIB / n;

    return (struct worker_limits){
        .memory = (mib > WORKER_MEMORY_MIB ? mib : WORKER_MEMORY_MIB) * 1024 * 1024,
        .cpu_seconds = WORKER_CPU_SECONDS,
    };
}

/*
 * Checks the LEN bytes at PACKET as the answer to request ID for TARGET, as packed_check() does.
 * Returns 0 and *COMPILED, which points into PACKET; or -EBADMSG and in *WHY what is wrong (static
 * text).
 */
int worker_answer_check(struct compiled *compiled, void *packet, size_t len, uint64_t id,
                        const struct target *target, const char **why);

/*
 * Confines the spawner, a new process with SOCK, and with it each worker that it will make: no
 * files, no capabilities, nobody's rights, the spawner's filter, an end when PARENT ends. SOCK
 * becomes SANDBOX_SOCKET. Returns 0 or -errno.
 */
int worker_confine_family(int sock, pid_t parent, const struct own_filters *own);

/*
 * The life of a worker process, made by a process so confined: gives up what is left, then compiles
 * what it is asked for over SANDBOX_SOCKET until that is closed. SYSCALLS is shared with the other
 * workers (copied on write); HOST is target_host() and KERNEL kernel_version_host(), which cannot
 * be found out any more. Does not return.
 */
_Noreturn void worker_main(const struct worker_limits *limits, const struct own_filters *own,
                           struct syscalls *syscalls, const struct target *host, uint32_t kernel);

#endif
