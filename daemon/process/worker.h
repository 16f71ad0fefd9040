/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the main process and a worker say to each other: fixed structs over a SEQPACKET pair,
 * in the host's byte order. And the two ends: the process itself, and the check of its answers.
 */
#ifndef DAEMON_PROCESS_WORKER_H
#define DAEMON_PROCESS_WORKER_H

#include <linux/filter.h>
#include <stdint.h>
#include <sys/types.h>

#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"
#include "daemon/process/own-filter.h"
#include "protocol/protocol.h"

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
};
static_assert(sizeof(struct worker_request) == 32, "worker_request");

/*
 * The answer. Behind it: n_insns struct sock_filter in the host's byte order, then text_len bytes
 * of lines as diags_render() makes them, with an empty name for the file.
 */
struct worker_answer {
    uint32_t magic;
    int32_t result; /* of compile_profile(): 0 or -errno */
    uint64_t id;
    uint32_t n_insns;
    uint32_t flags;
    uint32_t text_len;
    uint32_t n_axis_kernels;
    uint64_t axis_caps; /* struct variant_axes */
    uint32_t axis_kernels[VARIANT_KERNELS_MAX];
    uint32_t all_axis_kernels; /* 0 or 1 */
    uint32_t proof_version;    /* struct proof_record; zeroes without a filter */
    uint32_t proof_ranges;
    uint32_t zero;
};
static_assert(sizeof(struct worker_answer) == 40 + 64 + 16, "worker_answer");

enum {
    WORKER_ANSWER_MAX = (int)sizeof(struct worker_answer) +
                        WIRE_MAX_INSNS * (int)sizeof(struct sock_filter) + WIRE_TEXT_MAX,
};

/* What a worker may use. */
struct worker_limits {
    uint64_t memory;      /* bytes of address space */
    uint64_t cpu_seconds; /* in its whole life */
};

#define WORKER_LIMITS                                                        \
    (struct worker_limits)                                                   \
    {                                                                        \
        .memory = UINT64_C(1024) * 1024 * 1024, .cpu_seconds = UINT64_C(300) \
    }

/* An answer that was checked. Pointers lead into the packet. */
struct compiled {
    int result;                      /* 0, -EINVAL (refused), or a failure's -errno */
    const struct sock_filter *insns; /* in the host's byte order */
    uint32_t n_insns;
    uint32_t flags;
    struct proof_record proof;
    struct variant_axes axes;
    const char *text;
    size_t text_len;
};

/*
 * Checks the LEN bytes at PACKET (aligned for any type; the text in them is made harmless) as the
 * answer to request ID. Returns 0 and *COMPILED, or -EBADMSG and in *WHY what is wrong (static
 * text).
 */
int worker_answer_check(struct compiled *compiled, void *packet, size_t len, uint64_t id,
                        const char **why);

/*
 * Confines the spawner, a new process with SOCK, and with it each worker that it will make: no
 * files, no capabilities, nobody's rights, the spawner's filter, an end when PARENT ends. SOCK
 * becomes SANDBOX_SOCKET. Returns 0 or -errno.
 */
int worker_confine_family(int sock, pid_t parent, const struct own_filters *own);

/*
 * The life of a worker process, made by a process so confined: gives up what is left, then compiles
 * what it is asked for over SANDBOX_SOCKET until that is closed. SYSCALLS is shared with the other
 * workers (copied on write); HOST is target_host(), which cannot be found out any more. Does not
 * return.
 */
_Noreturn void worker_main(const struct worker_limits *limits, const struct own_filters *own,
                           struct syscalls *syscalls, const struct target *host);

#endif
