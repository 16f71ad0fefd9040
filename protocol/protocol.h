/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wire format of secprofd, version 1. PROTOCOL.md says the same in words.
 *
 * AF_UNIX, SOCK_SEQPACKET. One packet is one request, and each request gets one packet as its
 * reply, in the order of the requests. All numbers are in the host's byte order (both ends are on
 * one machine); text is padded with NUL bytes to its fixed length. Unused fields are 0, and a
 * request in which one is not is refused, so that they can get a meaning later.
 */
#ifndef PROTOCOL_PROTOCOL_H
#define PROTOCOL_PROTOCOL_H

#include <assert.h>
#include <stdint.h>

#define WIRE_MAGIC      UINT32_C(0x46525053) /* the bytes "SPRF" on a little-endian machine */
#define WIRE_VERSION    1
#define WIRE_SOCKET     "/run/secprof/secprof.sock"
#define WIRE_SOCKET_ENV "SECPROF_SOCKET"

enum {
    WIRE_NAME_SIZE = 128,           /* a profile's name with its ending NUL */
    WIRE_DIGEST_SIZE = 32,          /* SHA-256 */
    WIRE_MAX_INSNS = 4096,          /* the kernel's limit for one filter */
    WIRE_INSN_SIZE = 8,             /* struct sock_filter */
    WIRE_MAX_REQUEST = 1024,        /* no request is longer */
    WIRE_MAX_REPLY = 64 * 1024,     /* no reply is longer: a buffer of this size is always enough */
    WIRE_MAX_PROFILE = 1024 * 1024, /* bytes of a profile's text */
    WIRE_LIST_MAX_ENTRIES = 256,    /* of one LIST reply */
    WIRE_TEXT_MAX = 16 * 1024,      /* of the text that ends an error or a profile's status */
};

enum wire_opcode {
    WIRE_GET = 1,       /* one filter */
    WIRE_LIST = 2,      /* the profiles that the client may fetch */
    WIRE_STATUS = 3,    /* the daemon, or one profile */
    WIRE_RELOAD = 4,    /* a barrier: what is on disk now is in service when the reply comes */
    WIRE_SUBSCRIBE = 5, /* a packet for each change, from now on */
    WIRE_COMPILE = 6,   /* the filter of a profile that the client sends as an fd */
};

/* The closed set of answers. 0 is success; an error reply may end in a text for people. */
enum wire_status {
    WIRE_OK = 0,
    WIRE_BAD_VERSION = 1, /* the header's version is not 1; the reply's header has ours */
    WIRE_BAD_OPCODE = 2,  /* no such opcode */
    WIRE_BAD_LENGTH = 3,  /* not the length that the opcode takes */
    WIRE_BAD_REQUEST = 4, /* a field has no valid value, or not as many fds as the opcode takes */
    WIRE_BAD_NAME = 5,    /* not a profile name: see PROTOCOL.md */
    WIRE_NOT_FOUND = 6,   /* no such profile, or none that this client may read */
    WIRE_BAD_TARGET = 7,  /* no such target, or this daemon does not serve it */
    WIRE_FORBIDDEN = 8,   /* the client may not do this */
    WIRE_BROKEN = 9,      /* the profile does not compile and no earlier filter is in service */
    WIRE_LIMIT = 10,      /* a limit of the daemon is reached; try again later */
    WIRE_STOPPING = 11,   /* the daemon stops; connect again */
    WIRE_FAILED = 12, /* the daemon failed (no memory, no fd, no worker); its log has the reason */
    WIRE_UNDELIVERABLE = 13, /* the filter cannot be delivered in this way; the text says why */
    WIRE_STATUS_COUNT,
};

struct wire_header {
    uint32_t magic;
    uint16_t version;
    uint16_t opcode; /* a reply repeats its request's */
    uint32_t length; /* of the whole packet, in bytes */
    uint32_t serial; /* the client's choice; the reply repeats it */
    uint32_t status; /* enum wire_status in a reply; 0 in a request */
    uint32_t zero;
};
static_assert(sizeof(struct wire_header) == 24, "wire_header");

/* How GET and COMPILE deliver the filter. */
enum wire_delivery {
    WIRE_DELIVER_FD = 1,    /* SCM_RIGHTS: a read-only fd of a sealed memfd, its offset at 0 */
    WIRE_DELIVER_BYTES = 2, /* after the reply's fixed part */
    /* SCM_RIGHTS: a read-only fd of an executable, secprof-helper, with the filter built in. */
    WIRE_DELIVER_HELPER = 3,
    WIRE_DELIVER_PROFILE = 4, /* GET only: an fd as with 1, of the profile that the filter is of */
};

struct wire_get {
    struct wire_header header;
    uint64_t caps;       /* capabilities that the process will have, bit 1 << number */
    uint32_t audit_arch; /* AUDIT_ARCH_* of the target's native ABI; 0: the daemon's own */
    uint32_t kernel;     /* major << 16 | minor of the kernel it will run on; 0: the daemon's own */
    uint32_t delivery;   /* enum wire_delivery */
    uint32_t zero;
    char name[WIRE_NAME_SIZE];
};
static_assert(sizeof(struct wire_get) == 24 + 24 + 128, "wire_get");

enum {
    WIRE_GET_STALE = 1 << 0, /* the file on disk is broken; this is its last good filter */
};

struct wire_get_reply {
    struct wire_header header;
    uint64_t generation;                     /* of the daemon when it answered */
    uint8_t digest[WIRE_DIGEST_SIZE];        /* SHA-256 of the filter's bytes */
    uint32_t n_insns;                        /* 1 to WIRE_MAX_INSNS */
    uint32_t filter_flags;                   /* SECCOMP_FILTER_FLAG_* that the profile asks for */
    uint32_t audit_arch;                     /* the target's, also where the request had 0 */
    uint32_t info;                           /* WIRE_GET_* bits */
    uint8_t source_digest[WIRE_DIGEST_SIZE]; /* SHA-256 of the profile that the filter is of */
    /* with WIRE_DELIVER_BYTES: n_insns struct sock_filter, in the target's byte order */
};
static_assert(sizeof(struct wire_get_reply) == 24 + 56 + 32, "wire_get_reply");

/*
 * With it comes one fd: a memfd with the profile's text at offset 0, up to WIRE_MAX_PROFILE bytes,
 * sealed with F_SEAL_WRITE, F_SEAL_GROW and F_SEAL_SHRINK. The reply is a struct wire_get_reply.
 */
struct wire_compile {
    struct wire_header header;
    uint64_t caps;       /* as in struct wire_get */
    uint32_t audit_arch; /* as in struct wire_get */
    uint32_t kernel;     /* as in struct wire_get */
    uint32_t delivery;   /* enum wire_delivery without WIRE_DELIVER_PROFILE */
    uint32_t zero;
};
static_assert(sizeof(struct wire_compile) == 24 + 24, "wire_compile");

struct wire_list {
    struct wire_header header;
    char after[WIRE_NAME_SIZE]; /* names after this one, in strcmp() order; empty: from the first */
};
static_assert(sizeof(struct wire_list) == 24 + 128, "wire_list");

enum wire_profile_state {
    WIRE_PROFILE_SERVED = 1,  /* what is on disk is in service */
    WIRE_PROFILE_STALE = 2,   /* what is on disk is broken; the last good filter is in service */
    WIRE_PROFILE_BROKEN = 3,  /* nothing is in service under this name */
    WIRE_PROFILE_PENDING = 4, /* its first compile is under way */
};

struct wire_list_entry {
    char name[WIRE_NAME_SIZE];
    uint64_t generation;              /* in which its filter came into service; 0: none is */
    uint8_t digest[WIRE_DIGEST_SIZE]; /* of the native target's filter without capabilities */
    uint32_t n_insns;                 /* of the same filter */
    uint32_t state;                   /* enum wire_profile_state */
};
static_assert(sizeof(struct wire_list_entry) == 176, "wire_list_entry");

struct wire_list_reply {
    struct wire_header header;
    uint64_t generation;
    uint32_t n_entries;
    uint32_t more; /* 1: ask again, after the last name */
    /* n_entries struct wire_list_entry, in strcmp() order of their names */
};
static_assert(sizeof(struct wire_list_reply) == 24 + 16, "wire_list_reply");

struct wire_get_status {
    struct wire_header header;
    char name[WIRE_NAME_SIZE]; /* a profile; empty: the daemon */
};
static_assert(sizeof(struct wire_get_status) == 24 + 128, "wire_get_status");

/* Protections that the daemon would have on another kernel; see SECURITY.md. */
enum wire_lacks {
    WIRE_LACKS_SECCOMP = 1,  /* no seccomp filters at all */
    WIRE_LACKS_LANDLOCK = 2, /* only its user's rights limit which files it reaches */
};

enum wire_cache_state {
    WIRE_CACHE_NONE = 0,    /* the daemon was told to use none */
    WIRE_CACHE_USED = 1,    /* filters are read from it and written to it */
    WIRE_CACHE_FAILING = 2, /* it cannot be used, cannot be written, or is full */
};

/* The reply to a STATUS without a name. Counters start at 0 with the daemon. */
struct wire_daemon_status {
    struct wire_header header;
    uint64_t generation;
    uint64_t uptime_usec;
    uint64_t requests;        /* answered, of every kind */
    uint64_t refused;         /* of these, with a status other than WIRE_OK */
    uint64_t compiles;        /* finished in a worker */
    uint64_t compile_errors;  /* of these, refused profiles */
    uint64_t worker_failures; /* crashed, hung or gave a wrong answer */
    uint64_t memory_hits;     /* filters that were in memory when asked for */
    uint64_t cache_hits;      /* filters read from the disk cache */
    uint64_t cache_misses;    /* not found in the disk cache */
    uint64_t cache_bad;       /* entries that failed their check and were dropped */
    uint64_t cache_errors;    /* entries that could not be written */
    uint32_t profiles;        /* names in service or broken, all clients' */
    uint32_t profiles_stale;
    uint32_t profiles_broken;
    uint32_t variants; /* filters in memory */
    uint32_t connections;
    uint32_t connections_refused; /* over a limit */
    uint32_t jobs;                /* compiles waiting or under way */
    uint32_t workers;
    uint32_t contents;          /* profiles in memory that came with COMPILE */
    uint32_t subscribers;       /* connections after SUBSCRIBE */
    uint32_t lacks;             /* bits of enum wire_lacks; others may come */
    uint32_t cache_state;       /* enum wire_cache_state */
    uint32_t waiting;           /* requests that wait for a compile or for what is on the disk */
    uint32_t limited;           /* requests answered with WIRE_LIMIT */
    uint32_t connections_idle;  /* connections that were closed because they were idle */
    uint32_t profiles_left_out; /* files over the limit on profiles */
    uint32_t log_dropped;       /* lines that are missing in the log */
    uint32_t zero;
    char version[32];    /* of secprofd */
    char libseccomp[32]; /* of its libseccomp */
};
static_assert(sizeof(struct wire_daemon_status) == 24 + 96 + 72 + 64, "wire_daemon_status");

/* The reply to a STATUS with a name. */
struct wire_profile_status {
    struct wire_header header;
    uint64_t generation;                     /* in which its filter came into service; 0: none is */
    uint8_t digest[WIRE_DIGEST_SIZE];        /* of the native filter without capabilities */
    uint8_t source_digest[WIRE_DIGEST_SIZE]; /* SHA-256 of the file that it was made from */
    uint32_t n_insns;
    uint32_t filter_flags;
    uint32_t state;    /* enum wire_profile_state */
    uint32_t variants; /* of this profile, in memory */
    uint32_t path_len; /* bytes of the path after this struct */
    uint32_t text_len; /* bytes of the errors and warnings after the path */
    /* path_len bytes: the profile's file; text_len bytes: lines as the compiler renders them */
};
static_assert(sizeof(struct wire_profile_status) == 24 + 8 + 64 + 24, "wire_profile_status");

struct wire_reload {
    struct wire_header header;
};
static_assert(sizeof(struct wire_reload) == 24, "wire_reload");

struct wire_reload_reply {
    struct wire_header header;
    uint64_t generation;
    uint32_t profiles; /* that the daemon knows now */
    uint32_t broken;   /* of these, stale or broken */
};
static_assert(sizeof(struct wire_reload_reply) == 24 + 16, "wire_reload_reply");

struct wire_subscribe {
    struct wire_header header;
};
static_assert(sizeof(struct wire_subscribe) == 24, "wire_subscribe");

/* The reply to SUBSCRIBE. From then on the connection carries struct wire_change only. */
struct wire_subscribe_reply {
    struct wire_header header;
    uint64_t generation;
};
static_assert(sizeof(struct wire_subscribe_reply) == 24 + 8, "wire_subscribe_reply");

enum wire_change_kind {
    /* 1 to 3: the profile came into this enum wire_profile_state; PENDING is no change */
    WIRE_CHANGE_GONE = 5, /* there is no such profile any more, or not for this client */
    WIRE_CHANGE_LOST = 6, /* the client read too slowly: ask LIST; the name is empty */
};

/* One change, told to a subscriber: a header like that of the reply to its SUBSCRIBE, and this. */
struct wire_change {
    struct wire_header header;
    uint64_t generation;              /* after the change */
    uint8_t digest[WIRE_DIGEST_SIZE]; /* as in struct wire_list_entry; zeroes: nothing is served */
    uint32_t kind;                    /* enum wire_profile_state or enum wire_change_kind */
    uint32_t zero;
    char name[WIRE_NAME_SIZE];
};
static_assert(sizeof(struct wire_change) == 24 + 48 + 128, "wire_change");

/* An error reply is a header whose status is not 0, then up to WIRE_TEXT_MAX bytes of text (UTF-8,
 * no ending NUL) that say more; there may be none. */

#endif
