/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A library for LD_PRELOAD that makes calls of secprofd fail when a test says so, through a block
 * of memory that all its processes share: the file that SECPROF_INJECT names. See faults.py, which
 * builds it and writes the block.
 *
 * Calls are counted in the processes that the block chooses; after AFTER of them, TIMES fail with
 * ERROR. A worker can also be made to eat memory, or to lie. The clock of the day can be moved.
 * Which worker reads which profile is written down.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    CALL_MEMORY = 1 << 0, /* malloc, calloc, realloc, mmap of the C library's users */
    CALL_OPEN = 1 << 1,   /* what makes an fd */
    CALL_WATCH = 1 << 2,  /* inotify_add_watch, epoll_ctl */
    CALL_SEND = 1 << 3,   /* sendmsg */
    CALL_FORK = 1 << 4,
    CALL_WRITE = 1 << 5, /* write, fsync */
    CALL_PASS = 1 << 6,  /* whether a socket passes fds: there is no such thing before Linux 6.16 */

    IN_MAIN = 1 << 0,
    IN_OTHERS = 1 << 1,

    SO_PASSRIGHTS = 83, /* as in util/packet.c; these tests run on no PA-RISC */

    WORKER_EATS = 1,
    WORKER_LIES = 2,
    WORKER_PARROTS = 3, /* from its second answer on it gives the filter of its first */

    SEEN_MAX = 4096,
};

struct block {
    uint32_t calls;   /* CALL_* that are to fail */
    uint32_t where;   /* IN_* */
    uint32_t error;   /* errno */
    uint32_t worker;  /* WORKER_* */
    int64_t after;    /* so many succeed */
    int64_t times;    /* then so many fail */
    int64_t counted;  /* so far */
    int64_t failed;   /* of these */
    int64_t day_usec; /* added to CLOCK_REALTIME */
    uint64_t lie;     /* which byte of a worker's answer is wrong, and how */
    uint64_t lies;    /* told so far */
    uint64_t births;  /* of processes that were made by others than the main one */
    uint64_t n_seen;  /* of these, the first SEEN_MAX: which worker read which profile */
    struct {
        uint64_t worker;  /* the number of its birth */
        uint64_t profile; /* a hash of the text */
    } seen[SEEN_MAX];
};

/* Without a file the block is one of our own, which nobody changes. */
static struct block none;
static struct block *block = &none;
static bool is_main = true;
static uint64_t birth;
/* Looked up at the start: a worker may do no more than it has to. */
static ssize_t (*real_sendmsg)(int sock, const struct msghdr *msg, int flags);
static ssize_t (*real_pread)(int fd, void *bytes, size_t size, off_t offset);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SECPROF_INJECT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*block), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (mapped != MAP_FAILED)
        block = mapped;
    if (fd >= 0)
        close(fd);
    *(void **)&real_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
    *(void **)&real_pread = dlsym(RTLD_NEXT, "pread");
}

/* True where the call of the kind CALL fails now; errno is set. */
static bool fails(uint32_t call)
{
    int64_t n;

    if (!(block->calls & call) || !(block->where & (is_main ? IN_MAIN : IN_OTHERS)))
        return false;
    n = __atomic_add_fetch(&block->counted, 1, __ATOMIC_RELAXED);
    if (n <= block->after || n > block->after + block->times)
        return false;
    __atomic_add_fetch(&block->failed, 1, __ATOMIC_RELAXED);
    errno = (int)block->error;
    return true;
}

#define REAL(name) ((__typeof__(&name))real(#name))

/* The C library's own function NAME. */
static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

/* Takes all the memory that there is, and uses it. */
static void eat(void)
{
    enum {
        BITE = 1 << 20
    };
    char *bite;

    while ((bite = mmap(NULL, BITE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) !=
           MAP_FAILED)
        memset(bite, 1, BITE);
}

static bool starves(void)
{
    if (block->worker == WORKER_EATS && !is_main) {
        eat();
        errno = ENOMEM;
        return true;
    }
    return fails(CALL_MEMORY);
}

void *malloc(size_t size)
{
    return starves() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return starves() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return starves() ? NULL : __libc_realloc(old, size);
}

static int do_open(int directory, const char *path, int flags, mode_t mode)
{
    if (fails(CALL_OPEN))
        return -1;
    return REAL(openat)(directory, path, flags, mode);
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = mode_of(flags, args);
    va_end(args);
    return do_open(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = mode_of(flags, args);
    va_end(args);
    return do_open(directory, path, flags, mode);
}

/* What programs that were built for large files call. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));

int memfd_create(const char *name, unsigned flags)
{
    return fails(CALL_OPEN) ? -1 : REAL(memfd_create)(name, flags);
}

int accept4(int sock, struct sockaddr *address, socklen_t *size, int flags)
{
    return fails(CALL_OPEN) ? -1 : REAL(accept4)(sock, address, size, flags);
}

int socketpair(int domain, int type, int protocol, int socks[2])
{
    return fails(CALL_OPEN) ? -1 : REAL(socketpair)(domain, type, protocol, socks);
}

int inotify_init1(int flags)
{
    return fails(CALL_OPEN) ? -1 : REAL(inotify_init1)(flags);
}

int timerfd_create(int clock, int flags)
{
    return fails(CALL_OPEN) ? -1 : REAL(timerfd_create)(clock, flags);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    return fails(CALL_WATCH) ? -1 : REAL(inotify_add_watch)(fd, path, mask);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    /* Taking something out cannot fail for want of memory. */
    if (operation == EPOLL_CTL_ADD && fails(CALL_WATCH))
        return -1;
    return REAL(epoll_ctl)(epoll, operation, fd, event);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return fails(CALL_WRITE) ? -1 : REAL(write)(fd, bytes, size);
}

int fsync(int fd)
{
    return fails(CALL_WRITE) ? -1 : REAL(fsync)(fd);
}

int setsockopt(int sock, int level, int option, const void *value, socklen_t size)
{
    if (level == SOL_SOCKET && option == SO_PASSRIGHTS && fails(CALL_PASS))
        return -1;
    return REAL(setsockopt)(sock, level, option, value, size);
}

int getsockopt(int sock, int level, int option, void *value, socklen_t *size)
{
    if (level == SOL_SOCKET && option == SO_PASSRIGHTS && fails(CALL_PASS))
        return -1;
    return REAL(getsockopt)(sock, level, option, value, size);
}

pid_t fork(void)
{
    pid_t pid;

    if (fails(CALL_FORK))
        return -1;
    pid = REAL(fork)();
    if (pid == 0)
        is_main = false;
    return pid;
}

/*
 * Later processes are siblings that the spawner and the cache's writer make, without fork(3).
 * libsystemd opens pidfds this way.
 */
long syscall(long number, ...)
{
    long words[6];
    va_list args;

    va_start(args, number);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        words[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_pidfd_open && fails(CALL_OPEN))
        return -1;
    if (number == SYS_clone) {
        if (fails(CALL_FORK))
            return -1;
        /* The new process inherits it. */
        birth = __atomic_add_fetch(&block->births, 1, __ATOMIC_RELAXED);
    }
    return REAL(syscall)(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

/* What a worker reads this way is its profile, in one piece. */
ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    ssize_t n = real_pread(fd, bytes, size, offset);
    uint64_t hash = UINT64_C(0xcbf29ce484222325), at;

    if (is_main || !birth || n <= 0)
        return n;
    for (ssize_t i = 0; i < n; i++)
        hash = (hash ^ ((unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    at = __atomic_fetch_add(&block->n_seen, 1, __ATOMIC_RELAXED);
    if (at < SEEN_MAX) {
        block->seen[at].worker = birth;
        block->seen[at].profile = hash;
    }
    return n;
}

/* What programs that were built for large files call. */
ssize_t pread64(int fd, void *bytes, size_t size, off_t offset) __attribute__((alias("pread")));

/* One packet, in one piece. */
struct packet {
    size_t size;
    unsigned char bytes[256 * 1024];
};

static bool copy_packet(struct packet *packet, const struct msghdr *msg)
{
    packet->size = 0;
    for (size_t i = 0; i < msg->msg_iovlen; i++) {
        const struct iovec *part = &msg->msg_iov[i];

        if (packet->size + part->iov_len > sizeof(packet->bytes))
            return false;
        memcpy(packet->bytes + packet->size, part->iov_base, part->iov_len);
        packet->size += part->iov_len;
    }
    return true;
}

/* Makes an answer wrong. The high half of the lie says how: 0, a bit; 1, cut short; 2, too long. */
static bool spoil(struct packet *answer)
{
    switch (block->lie >> 32) {
    case 0:
        answer->bytes[(block->lie / 8) % answer->size] ^= (unsigned char)(1 << block->lie % 8);
        break;
    case 1:
        answer->size = block->lie % answer->size;
        break;
    default:
        answer->size += answer->size + 8 <= sizeof(answer->bytes) ? 8 : 0;
    }
    return true;
}

/* Makes any answer but the first one of a process like the first, but for what it answers. */
static bool repeat(struct packet *answer)
{
    enum {
        ID_AT = 8, /* in struct worker_answer */
    };
    static struct packet first;

    if (first.size == 0) {
        first = *answer;
        return false;
    }
    memcpy(first.bytes + ID_AT, answer->bytes + ID_AT, sizeof(uint64_t));
    *answer = first;
    return true;
}

/* A worker's answer is the one packet of this size or more that is not the main process's. */
static bool lies(const struct msghdr *msg, struct msghdr *wrong)
{
    enum {
        ANSWER_MIN = 64,
    };
    static struct packet answer;
    static struct iovec iov;

    if ((block->worker != WORKER_LIES && block->worker != WORKER_PARROTS) || is_main ||
        !copy_packet(&answer, msg) || answer.size < ANSWER_MIN ||
        !(block->worker == WORKER_LIES ? spoil(&answer) : repeat(&answer)))
        return false;
    block->lies++;
    iov = (struct iovec){answer.bytes, answer.size};
    *wrong = *msg;
    wrong->msg_iov = &iov;
    wrong->msg_iovlen = 1;
    return true;
}

ssize_t sendmsg(int sock, const struct msghdr *msg, int flags)
{
    struct msghdr wrong;

    if (fails(CALL_SEND))
        return -1;
    return real_sendmsg(sock, lies(msg, &wrong) ? &wrong : msg, flags);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int r = REAL(clock_gettime)(clock, time);

    if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        time->tv_sec += block->day_usec / 1000000;
        time->tv_nsec += block->day_usec % 1000000 * 1000;
        if (time->tv_nsec >= 1000000000) {
            time->tv_nsec -= 1000000000;
            time->tv_sec++;
        }
    }
    return r;
}
