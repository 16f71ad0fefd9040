/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wire format of secprofd, version 1. PROTOCOL.md says the same in words.
 *
 * AF_UNIX, SOCK_SEQPACKET. One packet is one request, and each request gets one packet as its
 * reply, in the order of the requests. On the wire numbers are little-endian (see order.h), and
 * each lies at a multiple of its size; text is padded with NUL bytes to its fixed length. Unused
 * fields are 0, and a request in which one is not is refused, so that they can get a meaning later.
 * Packets of later daemons and clients may be longer: what varies in length is found by its offset.
 */
#ifndef PROTOCOL_PROTOCOL_H
#define PROTOCOL_PROTOCOL_H

#include <assert.h>
#include <stdint.h>

#define WIRE_MAGIC      UINT32_C(0x46525053) /* the bytes "SPRF" */
#define WIRE_VERSION    1
#define WIRE_SOCKET     "/run/secprof/secprof.sock"
#define WIRE_SOCKET_ENV "SECPROF_SOCKET"

enum {
    WIRE_NAME_SIZE = 128,           /* a profile's name with its ending NUL */
    WIRE_DIGEST_SIZE = 32,          /* SHA-256 */
    WIRE_LABEL_SIZE = 64,           /* room for what a client calls what it starts */
    WIRE_INSTANCE_SIZE = 16,        /* what tells one start of the daemon from the others */
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

/* What comes of a request. 0 is success; each other number, an unknown one too, is a failure. */
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
    WIRE_LIMIT = 10,      /* too many connections or subscribers at this time */
    WIRE_STOPPING = 11,   /* the daemon ends this connection; connect again */
    WIRE_FAILED = 12,     /* the daemon failed (no memory, no fd); its log has the reason */
    WIRE_UNDELIVERABLE = 13, /* the filter cannot be delivered in this way */
    WIRE_RATE = 14,          /* too many new filters for this user in the last minute */
    WIRE_NO_RESULT = 15,     /* the compile took too long, or its process died */
    WIRE_STATUS_COUNT,
};

/* Why a request is refused, more exactly. The hundreds are the status. */
enum wire_reason {
    WIRE_WHY_VERSION = 101,
    WIRE_WHY_OPCODE = 201,
    WIRE_WHY_LENGTH = 301,     /* the header's length is not that of the packet */
    WIRE_WHY_SHORT = 302,      /* shorter than the opcode's requests */
    WIRE_WHY_LONG = 303,       /* longer than WIRE_MAX_REQUEST */
    WIRE_WHY_NOT_ZERO = 401,   /* something is set that this daemon does not know */
    WIRE_WHY_VALUE = 402,      /* a field has no valid value */
    WIRE_WHY_FDS = 403,        /* not as many fds as the opcode takes */
    WIRE_WHY_NOT_SEALED = 404, /* the fd is no sealed memory */
    WIRE_WHY_UNREADABLE = 405, /* the fd cannot be read */
    WIRE_WHY_NAME = 501,
    WIRE_WHY_NO_PROFILE = 601,
    WIRE_WHY_NO_TARGET = 701,  /* no target has this architecture */
    WIRE_WHY_NO_TABLE = 702,   /* the daemon's libseccomp lacks it */
    WIRE_WHY_NOT_SERVED = 703, /* the daemon was told not to serve it */
    WIRE_WHY_NOT_ADMIN = 801,
    WIRE_WHY_PROFILE = 901, /* the compiler refused the profile */
    WIRE_WHY_SIZE = 902,    /* a profile's text of 0 bytes, or over WIRE_MAX_PROFILE */
    WIRE_WHY_FILE = 903,    /* the profile's file cannot be used */
    WIRE_WHY_CONNECTIONS = 1001,
    WIRE_WHY_SUBSCRIBERS = 1002,
    WIRE_WHY_STOPPING = 1101,   /* the daemon stops */
    WIRE_WHY_IDLE = 1102,       /* nothing happened on the connection for too long */
    WIRE_WHY_SYSTEM = 1201,     /* an error of the system */
    WIRE_WHY_ON_THE_WAY = 1202, /* too many fds are on their way to clients */
    WIRE_WHY_CHANGING = 1203,   /* the profile changes faster than it can be compiled */
    WIRE_WHY_NO_HELPER = 1301,  /* the daemon was built without it */
    WIRE_WHY_FOREIGN = 1302,    /* there is a helper for the daemon's own architecture only */
    WIRE_WHY_LISTENER = 1303,   /* the filter needs a listener, which a helper does not have */
    WIRE_WHY_NO_EXEC = 1304,    /* the daemon's system forbids executable memory files */
    WIRE_WHY_NO_RULES = 1305,   /* this daemon does not write rules */
    WIRE_WHY_RATE = 1401,
    WIRE_WHY_NO_RESULT = 1501,
};

enum {
    WIRE_REASONS_PER_STATUS = 100,
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

/* The reply whose status is not WIRE_OK. */
struct wire_refusal {
    struct wire_header header;
    uint32_t reason;      /* enum wire_reason; others may come */
    uint32_t field;       /* the offset in the request of what is wrong; 0: it is no one field */
    uint32_t retry_ms;    /* after this time it may succeed; 0: nobody knows, or never */
    uint32_t text_offset; /* in the packet */
    uint32_t text_len;    /* 1 to WIRE_TEXT_MAX bytes of UTF-8, for people */
    uint32_t zero;
};
static_assert(sizeof(struct wire_refusal) == 24 + 24, "wire_refusal");

/* How GET and COMPILE deliver the filter. */
enum wire_delivery {
    WIRE_DELIVER_FD = 1,    /* SCM_RIGHTS: a read-only fd of a sealed memfd, its offset at 0 */
    WIRE_DELIVER_BYTES = 2, /* after the reply's fixed part */
    /* SCM_RIGHTS: a read-only fd of an executable, secprof-helper, with the filter built in. */
    WIRE_DELIVER_HELPER = 3,
    WIRE_DELIVER_PROFILE = 4, /* GET only: an fd as with 1, of the profile that the filter is of */
    WIRE_DELIVER_RULES = 5,   /* an fd as with 1, of plain OCI rules; see WIRE_FEATURE_RULES */
};

/* What becomes of the profile's verdicts. */
enum wire_mode {
    WIRE_MODE_ENFORCE = 0, /* they are as the profile says */
    WIRE_MODE_AUDIT = 1,   /* what would be denied is let through, and logged */
    WIRE_MODE_LOG = 2,     /* as the profile says, and what is denied is logged */
};

struct wire_get {
    struct wire_header header;
    uint64_t caps;       /* capabilities that the process will have, bit 1 << number */
    uint32_t audit_arch; /* AUDIT_ARCH_* of the target's native ABI; 0: the daemon's own */
    uint32_t kernel;     /* major << 16 | minor of the kernel it will run on; 0: the daemon's own */
    uint32_t delivery;   /* enum wire_delivery */
    uint32_t mode;       /* enum wire_mode; see WIRE_FEATURE_MODES */
    uint64_t generation; /* 0: what is in service; see WIRE_FEATURE_HISTORY */
    uint64_t zero;
    char name[WIRE_NAME_SIZE];
    char label[WIRE_LABEL_SIZE]; /* empty; see WIRE_FEATURE_LABELS */
};
static_assert(sizeof(struct wire_get) == 24 + 40 + 128 + 64, "wire_get");

enum {
    WIRE_GET_STALE = 1 << 0, /* the file on disk is broken; this is its last good filter */
};

struct wire_get_reply {
    struct wire_header header;
    uint64_t generation;                     /* of the daemon when it answered */
    uint8_t digest[WIRE_DIGEST_SIZE];        /* SHA-256 of the filter's bytes */
    uint8_t source_digest[WIRE_DIGEST_SIZE]; /* SHA-256 of the profile that the filter is of */
    uint32_t n_insns;                        /* 1 to WIRE_MAX_INSNS */
    uint32_t filter_flags; /* SECCOMP_FILTER_FLAG_* that profile and mode ask for */
    uint32_t audit_arch;   /* the target's, also where the request had 0 */
    uint32_t info;         /* WIRE_GET_* bits */
    uint32_t offset;       /* of what was asked for: in this packet, or in the file */
    uint32_t size;         /* of the same, in bytes */
    uint32_t mode;         /* as in the request */
    uint32_t zero;
    /* with WIRE_DELIVER_BYTES: n_insns struct sock_filter, in the target's byte order */
};
static_assert(sizeof(struct wire_get_reply) == 24 + 104, "wire_get_reply");

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
    uint32_t mode;       /* as in struct wire_get */
    uint64_t generation; /* 0 */
    uint64_t zero;
    char label[WIRE_LABEL_SIZE]; /* as in struct wire_get */
};
static_assert(sizeof(struct wire_compile) == 24 + 40 + 64, "wire_compile");

struct wire_list {
    struct wire_header header;
    char after[WIRE_NAME_SIZE]; /* names after this one, in strcmp() order; empty: from the first */
    uint64_t zero;
};
static_assert(sizeof(struct wire_list) == 24 + 128 + 8, "wire_list");

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
    uint32_t more;           /* not 0: ask again, after the last name */
    uint32_t entries_offset; /* in the packet, */
    uint32_t entry_size;     /* and from one to the next */
    /* n_entries struct wire_list_entry, in strcmp() order of their names */
};
static_assert(sizeof(struct wire_list_reply) == 24 + 24, "wire_list_reply");

struct wire_get_status {
    struct wire_header header;
    char name[WIRE_NAME_SIZE]; /* a profile; empty: the daemon */
    uint64_t zero;
};
static_assert(sizeof(struct wire_get_status) == 24 + 128 + 8, "wire_get_status");

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

/* What not every daemon can do. A field of a request whose feature is missing has to be 0. */
enum wire_feature {
    WIRE_FEATURE_HELPER = 1,  /* WIRE_DELIVER_HELPER, as far as the daemon's build has it */
    WIRE_FEATURE_RULES = 2,   /* WIRE_DELIVER_RULES */
    WIRE_FEATURE_MODES = 4,   /* the field mode */
    WIRE_FEATURE_HISTORY = 8, /* the field generation: what was in service at that time */
    WIRE_FEATURE_LABELS = 16, /* the field label */
};

/* How much the daemon takes of what. 0: without a limit. */
struct wire_limits {
    uint32_t max_connections; /* at a time, of all users */
    uint32_t max_connections_per_user;
    uint32_t max_subscribers;
    uint32_t max_compiles_per_minute; /* that one user may cause */
    uint32_t max_profiles;
    uint32_t max_request; /* bytes of a request */
    uint32_t max_profile; /* bytes of a profile's text */
    uint32_t max_entries; /* of one LIST reply */
    uint32_t idle_ms;     /* for which a connection may do nothing */
    uint32_t compile_ms;  /* that one compile may take */
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
    char version[32];                     /* of secprofd */
    char libseccomp[32];                  /* of its libseccomp */
    uint8_t instance[WIRE_INSTANCE_SIZE]; /* random: another one after each start */
    uint64_t features;                    /* bits of enum wire_feature; others may come */
    struct wire_limits limits;
    uint64_t spare[8];
};
static_assert(sizeof(struct wire_daemon_status) == 24 + 96 + 72 + 64 + 24 + 40 + 64,
              "wire_daemon_status");

/* The reply to a STATUS with a name. */
struct wire_profile_status {
    struct wire_header header;
    uint64_t generation;                     /* in which its filter came into service; 0: none is */
    uint8_t digest[WIRE_DIGEST_SIZE];        /* of the native filter without capabilities */
    uint8_t source_digest[WIRE_DIGEST_SIZE]; /* SHA-256 of the file that it was made from */
    uint32_t n_insns;
    uint32_t filter_flags;
    uint32_t state;       /* enum wire_profile_state */
    uint32_t variants;    /* of this profile, in memory */
    uint32_t path_offset; /* in the packet: the profile's file, */
    uint32_t path_len;
    uint32_t text_offset; /* and errors and warnings, in lines as the compiler renders them */
    uint32_t text_len;
};
static_assert(sizeof(struct wire_profile_status) == 24 + 8 + 64 + 32, "wire_profile_status");

struct wire_reload {
    struct wire_header header;
    uint64_t zero;
};
static_assert(sizeof(struct wire_reload) == 24 + 8, "wire_reload");

struct wire_reload_reply {
    struct wire_header header;
    uint64_t generation;
    uint32_t profiles; /* that the daemon knows now */
    uint32_t broken;   /* of these, stale or broken */
};
static_assert(sizeof(struct wire_reload_reply) == 24 + 16, "wire_reload_reply");

struct wire_subscribe {
    struct wire_header header;
    uint64_t zero;
};
static_assert(sizeof(struct wire_subscribe) == 24 + 8, "wire_subscribe");

/* The reply to SUBSCRIBE. From then on the connection carries struct wire_change only. */
struct wire_subscribe_reply {
    struct wire_header header;
    uint64_t generation;
};
static_assert(sizeof(struct wire_subscribe_reply) == 24 + 8, "wire_subscribe_reply");

enum wire_change_kind {
    /* 1 to 3: the profile came into this enum wire_profile_state; PENDING is no change */
    WIRE_CHANGE_GONE = 5, /* there is no such profile any more, or not for this client */
    WIRE_CHANGE_LOST = 6, /* the client read too slowly: ask LIST; the entry is empty */
};

/* One change, told to a subscriber: a header like that of the reply to its SUBSCRIBE, and this. */
struct wire_change {
    struct wire_header header;
    uint64_t generation;   /* of the daemon, after the change */
    uint32_t kind;         /* enum wire_profile_state or enum wire_change_kind; others may come */
    uint32_t entry_offset; /* in the packet */
    uint32_t entry_size;
    uint32_t zero;
    struct wire_list_entry entry; /* as LIST has it; where it is gone or lost, with state 0 */
};
static_assert(sizeof(struct wire_change) == 24 + 24 + 176, "wire_change");

#endif
