/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsecprof: fetches seccomp filters from secprofd. It needs libc only.
 *
 * A handle may be used by many threads: each call locks it. After fork(2) the child may use the
 * handle of its parent: it makes a new connection by itself. So it does if the daemon was started
 * again since the last call, once per call.
 *
 * Functions that can fail return a negative errno code; secprof_strerror() has a text for each one:
 *
 *   -EINVAL           not a profile name, or another argument has no valid value
 *   -ENOENT           no such profile, or none that this process may read
 *   -ENODATA          the profile does not compile and no earlier filter of it is in service
 *   -ENXIO            no such target, or the daemon does not serve it
 *   -EPERM            the daemon does not let this process do that
 *   -EBUSY            there are too many connections or subscribers at this time
 *   -EAGAIN           this user asked for too many new filters in the last minute
 *   -ETIME            the compile took too long, or its process died; it is tried again later
 *   -ESHUTDOWN        the daemon is stopping
 *   -EREMOTEIO        the daemon failed; its log has the reason
 *   -EPROTONOSUPPORT  the daemon speaks another version of the protocol
 *   -EBADRQC          the daemon does not know this request: it is older than this library
 *   -EBADR, -EMSGSIZE the daemon takes the request for malformed
 *   -ECONNREFUSED     no daemon listens at the socket's path
 *   -EACCES           this process may not reach the socket, or make one
 *   -EKEYREJECTED     the socket is of a user that secprof_trust_only() did not name
 *   -EPROTOTYPE       the socket is of another type: it is not secprofd's
 *   -ECONNRESET       the daemon closed the connection without an answer
 *   -ETIMEDOUT        the daemon did not answer in time
 *   -EPROTO           refused for a reason that this version of the library does not know
 *   -EBADMSG          the answer breaks the protocol and was not used
 *   -ENOEXEC          install: the filter is for another architecture than this process's
 *   -EOPNOTSUPP       the filter cannot be used so: it needs a listener, or there is no helper
 *   -ENOSYS           install: the kernel refuses the filter or one of its flags as unknown
 *   -ESRCH            install: another thread could not be given the filter too
 *   -EFBIG            the profile is longer than 1 MiB
 *   -E2BIG            a struct sets a field that this version of the library does not know
 *   -ENAMETOOLONG     the socket's path is too long
 *   -ENOMEM, -EMFILE, -ENFILE  no memory or no room for fds, here or (ENOMEM) in the kernel
 */
#ifndef SECPROF_H
#define SECPROF_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* A connection to secprofd. */
struct secprof;

/* The default of secprof_open(), and the environment variable that replaces it. */
#define SECPROF_DEFAULT_SOCKET "/run/secprof/secprof.sock"
#define SECPROF_SOCKET_ENV     "SECPROF_SOCKET"

/* In milliseconds. */
#define SECPROF_DEFAULT_TIMEOUT 5000
#define SECPROF_NO_TIMEOUT      (-1)

/* The version of a kernel for struct secprof_options. */
#define SECPROF_KERNEL(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor))

/* What becomes of the profile's verdicts. */
enum secprof_mode {
    SECPROF_ENFORCE = 0, /* they are as the profile says */
    SECPROF_AUDIT = 1,   /* what would be denied is let through, and the kernel logs it */
    SECPROF_LOG = 2,     /* as the profile says, and the kernel logs what is denied */
};

/*
 * Which filter of a profile is wanted. Later versions may have more fields at the end, so begin
 * with SECPROF_OPTIONS_INIT: it means what NULL means too, this machine and no capabilities.
 */
struct secprof_options {
    uint32_t size;       /* of this struct, as the caller knows it */
    uint32_t audit_arch; /* AUDIT_ARCH_* of the target's native ABI; 0: the daemon's */
    uint64_t caps;       /* capabilities that the process will have: bit 1 << CAP_* */
    uint32_t kernel;     /* SECPROF_KERNEL() that the filter will run on; 0: the daemon's */
    uint32_t mode;       /* enum secprof_mode; a name that ends in a mode says the same */
};

#define SECPROF_OPTIONS_INIT                       \
    {                                              \
        sizeof(struct secprof_options), 0, 0, 0, 0 \
    }

/* About a filter that was fetched. Begin with SECPROF_INFO_INIT; later versions may be longer. */
struct secprof_info {
    uint32_t size;            /* of this struct, as the caller knows it */
    uint32_t n_insns;         /* 8 bytes each */
    uint64_t generation;      /* of what the daemon serves: grows with each change */
    unsigned char digest[32]; /* SHA-256 of the filter */
    uint32_t filter_flags;    /* SECCOMP_FILTER_FLAG_* that the profile asks for */
    uint32_t audit_arch;      /* the target's */
    uint32_t stale;           /* 1: the file on disk is broken, this is its last good filter */
    uint32_t zero;
    unsigned char source_digest[32]; /* SHA-256 of the profile that the filter was made from */
};

#define SECPROF_INFO_INIT                                   \
    {                                                       \
        sizeof(struct secprof_info), 0, 0, {0}, 0, 0, 0, 0, \
        {                                                   \
            0                                               \
        }                                                   \
    }

/*
 * Connects to the daemon at the socket PATH; NULL: to $SECPROF_SOCKET where that is set (and this
 * is no set-user-ID process), else to SECPROF_DEFAULT_SOCKET. TIMEOUT_MS is as in
 * secprof_set_timeout() and holds for the connection too. Returns 0 and in *HANDLE what the caller
 * gives to secprof_close(), or a negative code; then *HANDLE is NULL.
 */
int secprof_open(struct secprof **handle, const char *path, int timeout_ms);

/* Ends the connection and frees HANDLE, which may be NULL. No other thread may use it any more. */
void secprof_close(struct secprof *handle);

/*
 * How many milliseconds each later call waits for the daemon in all; 0 means
 * SECPROF_DEFAULT_TIMEOUT, SECPROF_NO_TIMEOUT for ever. Returns 0, or -EINVAL for any other
 * negative number.
 */
int secprof_set_timeout(struct secprof *handle, int timeout_ms);

/*
 * From now on HANDLE takes only a daemon of one of the N USERS, at most 8: whoever listens at the
 * socket (with socket activation the service manager, root) and who owns its file are among them.
 * This holds for the connection that there is, for each later one, and for those that
 * secprof_subscribe() makes. For callers that use a path which others could have chosen. Returns 0
 * or a negative code.
 */
int secprof_trust_only(struct secprof *handle, const uid_t *users, size_t n);

/*
 * Where a function below fetches something of a profile NAME, that is the profile's name, or that
 * and a mode: "web@audit", "web@log". -EINVAL where OPTIONS has another mode than the name;
 * -EBADRQC where the daemon knows no modes (SECPROF_FEATURE_MODES).
 */

/*
 * Fetches the filter of profile NAME as a file: a read-only, close-on-exec fd of sealed memory with
 * its own offset, at 0. The file holds struct sock_filter in the target's byte order. OPTIONS and
 * INFO may be NULL. Returns the fd, which the caller closes, or a negative code.
 */
int secprof_get_fd(struct secprof *handle, const char *name, const struct secprof_options *options,
                   struct secprof_info *info);

/*
 * Fetches the filter of profile NAME into memory: *LEN bytes at *FILTER, which the caller gives to
 * free(). They are struct sock_filter in the target's byte order, aligned for it. OPTIONS and INFO
 * may be NULL. Returns 0 or a negative code; then *FILTER is NULL.
 */
int secprof_get_bytes(struct secprof *handle, const char *name,
                      const struct secprof_options *options, void **filter, size_t *len,
                      struct secprof_info *info);

/*
 * Fetches the filter of profile NAME as an executable, secprof-helper(1), with the filter and its
 * flags built in: a read-only, close-on-exec fd of sealed memory. Execute it with fexecve(3) and
 * the arguments "secprof-helper", "--", "COMMAND", "ARGUMENT", …: it sets no_new_privs, installs
 * the filter and becomes COMMAND. It needs no library, no file and no daemon where it runs. OPTIONS
 * and INFO may be NULL; INFO describes the filter in it. -EOPNOTSUPP: there can be none, and
 * secprof_last_message() says why: for another architecture than the daemon's, for a filter that
 * needs a listener, or where the daemon's system or build has none. Returns the fd, which the
 * caller closes, or a negative code.
 */
int secprof_get_helper(struct secprof *handle, const char *name,
                       const struct secprof_options *options, struct secprof_info *info);

/*
 * Fetches the text of profile NAME, the version that is in service, as a file like that of
 * secprof_get_fd(). INFO (may be NULL) describes the filter of that version for this machine
 * without capabilities. Where INFO->source_digest is that of a filter fetched before, the text is
 * what that filter was made from; else the profile has changed meanwhile. Returns the fd, which
 * the caller closes, or a negative code.
 */
int secprof_get_profile(struct secprof *handle, const char *name, struct secprof_info *info);

/*
 * As secprof_get_fd(), secprof_get_bytes() and secprof_get_helper(), but for a profile that the
 * caller has: the PROFILE_LEN bytes of JSON at PROFILE, up to 1 MiB. The daemon compiles it, or
 * still has the filter from an earlier call. For root and the daemon's user. -ENODATA: the profile
 * does not compile, and secprof_last_message() says why, in lines that begin with
 * "profile:LINE:COLUMN:".
 */
int secprof_compile_fd(struct secprof *handle, const void *profile, size_t profile_len,
                       const struct secprof_options *options, struct secprof_info *info);
int secprof_compile_bytes(struct secprof *handle, const void *profile, size_t profile_len,
                          const struct secprof_options *options, void **filter, size_t *len,
                          struct secprof_info *info);
int secprof_compile_helper(struct secprof *handle, const void *profile, size_t profile_len,
                           const struct secprof_options *options, struct secprof_info *info);

/*
 * Fetches the filter of profile NAME and installs it in the calling thread, or in all threads of
 * the process where the profile has the flag SECCOMP_FILTER_FLAG_TSYNC. It holds from then on, also
 * after execve(2), and cannot be taken away. OPTIONS and INFO may be NULL.
 *
 * The thread's no_new_privs is set (PR_SET_NO_NEW_PRIVS), and stays set where the kernel then
 * refuses the filter. Refused before that, with nothing changed: a filter for another architecture
 * (-ENOEXEC), and one that asks for a listener (-EOPNOTSUPP). Returns 0 or a negative code.
 */
int secprof_install(struct secprof *handle, const char *name, const struct secprof_options *options,
                    struct secprof_info *info);

/*
 * Installs the LEN bytes at FILTER, which came with INFO from secprof_get_bytes(), as
 * secprof_install() does. It is safe in a child between fork(2) and execve(2), also where the
 * parent has threads: it takes no lock and no memory.
 */
int secprof_install_filter(const void *filter, size_t len, const struct secprof_info *info);

/* What a profile's file and filter are to each other. */
enum secprof_state {
    SECPROF_SERVED = 1,  /* what is on disk is in service */
    SECPROF_STALE = 2,   /* what is on disk is broken; the last good filter is in service */
    SECPROF_BROKEN = 3,  /* nothing is in service under this name */
    SECPROF_PENDING = 4, /* its first compile is under way */
};

/* One profile in a list. Later versions may have more fields at the end. */
struct secprof_entry {
    const char *name;
    uint64_t generation;      /* in which its filter came into service; 0: none is */
    unsigned char digest[32]; /* of the daemon's own target's filter, without capabilities */
    uint32_t n_insns;         /* of the same filter */
    uint32_t state;           /* enum secprof_state */
};

/* Called for one profile; ENTRY is valid until it returns. Not 0: the list ends here. */
typedef int (*secprof_list_fn)(const struct secprof_entry *entry, void *data);

/*
 * Calls FN with DATA for each profile that this process may fetch, in the order of strcmp(). The
 * list is fetched whole first, so FN may use HANDLE. Returns 0, what FN returned where that was not
 * 0, or a negative code.
 */
int secprof_list(struct secprof *handle, secprof_list_fn fn, void *data);

/* Protections that the daemon does not have because its kernel lacks them. */
#define SECPROF_LACKS_SECCOMP  1u /* no seccomp filters */
#define SECPROF_LACKS_LANDLOCK 2u /* only its user's rights limit which files it reaches */

/* How the daemon's cache on disk is. */
enum secprof_cache_state {
    SECPROF_CACHE_NONE = 0,    /* the daemon was told to use none */
    SECPROF_CACHE_USED = 1,    /* filters are read from it and written to it */
    SECPROF_CACHE_FAILING = 2, /* it cannot be used, cannot be written, or is full */
};

/* What not every daemon can do: secprof_get_helper(), and what later versions of this library ask
 * for. */
#define SECPROF_FEATURE_HELPER  1u
#define SECPROF_FEATURE_RULES   2u
#define SECPROF_FEATURE_MODES   4u
#define SECPROF_FEATURE_HISTORY 8u
#define SECPROF_FEATURE_LABELS  16u

/* How much the daemon takes. 0: as much as comes. */
struct secprof_limits {
    uint32_t max_connections;          /* at a time, of all users */
    uint32_t max_connections_per_user; /* of these */
    uint32_t max_subscribers;
    uint32_t max_compiles_per_minute; /* that one user may cause */
    uint32_t max_profiles;
    uint32_t max_request; /* bytes of a packet */
    uint32_t max_profile; /* bytes of a profile's text */
    uint32_t max_entries; /* of one packet with a list */
    uint32_t idle_ms;     /* for which a connection may do nothing */
    uint32_t compile_ms;  /* that one compile may take */
};

/* The daemon. Counters begin at 0 with it. Later versions may have more fields at the end. */
struct secprof_status {
    const char *version;    /* of secprofd */
    const char *libseccomp; /* version of its libseccomp */
    uint64_t generation;
    uint64_t uptime_usec;
    uint64_t requests;        /* answered, of every kind */
    uint64_t refused;         /* of these, with an error */
    uint64_t compiles;        /* finished */
    uint64_t compile_errors;  /* of these, refused profiles */
    uint64_t worker_failures; /* crashed, hung or gave a wrong answer */
    uint64_t memory_hits;     /* filters that were in memory when asked for */
    uint64_t cache_hits;      /* filters read from the disk cache */
    uint64_t cache_misses;    /* not found in the disk cache */
    uint64_t cache_bad;       /* entries that failed their check and were dropped */
    uint64_t cache_errors;    /* entries that could not be written */
    uint32_t profiles;        /* names in service or broken, of all clients */
    uint32_t profiles_stale;
    uint32_t profiles_broken;
    uint32_t variants; /* filters in memory */
    uint32_t connections;
    uint32_t connections_refused; /* over a limit */
    uint32_t jobs;                /* compiles waiting or under way */
    uint32_t workers;
    uint32_t contents;          /* profiles in memory that came with secprof_compile_*() */
    uint32_t subscribers;       /* of secprof_subscribe() */
    uint32_t lacks;             /* SECPROF_LACKS_*; later versions may set other bits */
    uint32_t cache_state;       /* enum secprof_cache_state */
    uint32_t waiting;           /* requests that wait for a compile or for what is on the disk */
    uint32_t limited;           /* requests refused because of a limit */
    uint32_t connections_idle;  /* closed because they were idle */
    uint32_t profiles_left_out; /* files over the limit on profiles */
    uint32_t log_dropped;       /* lines that are missing in the log */
    unsigned char instance[16]; /* random: another one after each start of the daemon */
    uint64_t features;          /* SECPROF_FEATURE_*; later daemons may set other bits */
    struct secprof_limits limits;
};

/* Asks how the daemon is. Returns 0 and *STATUS, which the caller gives to free() whole, or a
 * negative code; then *STATUS is NULL. */
int secprof_status(struct secprof *handle, struct secprof_status **status);

/* One profile. Later versions may have more fields at the end. */
struct secprof_profile_status {
    const char *path;                /* of its file; bytes that are no text as \xNN */
    const char *text;                /* errors and warnings of its last compile, a line each */
    uint64_t generation;             /* in which its filter came into service; 0: none is */
    unsigned char digest[32];        /* of the daemon's own target's filter, without capabilities */
    unsigned char source_digest[32]; /* SHA-256 of the file that it was made from */
    uint32_t n_insns;
    uint32_t filter_flags;
    uint32_t state;    /* enum secprof_state; later daemons may have others */
    uint32_t variants; /* of this profile, in memory */
};

/* Asks how profile NAME is. Returns 0 and *STATUS, which the caller gives to free() whole, or a
 * negative code; then *STATUS is NULL. */
int secprof_profile_status(struct secprof *handle, const char *name,
                           struct secprof_profile_status **status);

/*
 * Waits until everything that is on disk now is in service. For root and the daemon's user. The
 * pointers may be NULL: they get the daemon's generation, the number of profiles, and how many of
 * these are stale or broken. Returns 0 or a negative code.
 */
int secprof_reload(struct secprof *handle, uint64_t *generation, uint32_t *profiles,
                   uint32_t *broken);

/* What happened to a profile. */
enum secprof_change_kind {
    SECPROF_CHANGE_SERVED = 1, /* a new version is in service */
    SECPROF_CHANGE_STALE = 2,  /* its file is broken now; the last good filter is in service */
    SECPROF_CHANGE_BROKEN = 3, /* its file is broken, and nothing is in service */
    SECPROF_CHANGE_GONE = 5,   /* there is no such profile any more, or not for this process */
    SECPROF_CHANGE_LOST = 6,   /* more happened than could be kept: use secprof_list() */
};

/* One change. Later versions may have more fields at the end, and more kinds. */
struct secprof_change {
    const char *name;         /* empty with SECPROF_CHANGE_LOST */
    uint64_t generation;      /* of the daemon, after it */
    unsigned char digest[32]; /* as in struct secprof_entry; zeroes where nothing is in service */
    uint32_t kind;            /* enum secprof_change_kind */
};

/* A stream of changes: a connection of its own. One thread at a time may use it, and no child. */
struct secprof_changes;

/*
 * Asks the daemon of HANDLE to report each change of the profiles that this process may fetch,
 * from now on. A list fetched after this call and what comes with the changes give the whole
 * picture. Returns 0 and in *CHANGES what the caller gives to secprof_changes_close(), or a
 * negative code; then *CHANGES is NULL.
 */
int secprof_subscribe(struct secprof *handle, struct secprof_changes **changes);

/* The fd that is readable where there is a change, for poll(2). It stays CHANGES' own. */
int secprof_changes_fd(const struct secprof_changes *changes);

/*
 * Waits up to TIMEOUT_MS milliseconds (0: not at all; SECPROF_NO_TIMEOUT: for ever) for the next
 * change of a kind that this library knows. Returns 1 and in *CHANGE what is valid until the next
 * call; 0: there was none in time; or a negative code, after which CHANGES is of no use any more
 * (-ECONNRESET: the daemon has ended).
 */
int secprof_changes_next(struct secprof_changes *changes, int timeout_ms,
                         const struct secprof_change **change);

/* Ends the stream and frees CHANGES, which may be NULL. */
void secprof_changes_close(struct secprof_changes *changes);

/* What a negative code of this library means; never NULL, valid for ever. */
const char *secprof_strerror(int error);

/* Why the daemon refused a call. Begin with SECPROF_REFUSAL_INIT; later versions may be longer. */
struct secprof_refusal {
    uint32_t size;     /* of this struct, as the caller knows it */
    uint32_t status;   /* the numbers of PROTOCOL.md */
    uint32_t reason;   /* the same more exactly; a daemon may have new ones. 0: it is not known */
    uint32_t field;    /* the offset in the packet of what is wrong; 0: it is no one field */
    uint32_t retry_ms; /* after this time the call may succeed; 0: nobody knows, or never */
};

#define SECPROF_REFUSAL_INIT                       \
    {                                              \
        sizeof(struct secprof_refusal), 0, 0, 0, 0 \
    }

/*
 * Whether HANDLE's last call was refused by the daemon. Returns 1 and fills REFUSAL; 0: it was not;
 * -EINVAL.
 */
int secprof_last_refusal(struct secprof *handle, struct secprof_refusal *refusal);

/*
 * Copies what the daemon said about the handle's last failed call, in words, to TEXT: at most SIZE
 * - 1 bytes and a NUL. It is empty where the last call succeeded or the daemon said nothing. It can
 * hold several lines, and text from profiles. Returns the length of the whole text.
 */
size_t secprof_last_message(struct secprof *handle, char *text, size_t size);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
