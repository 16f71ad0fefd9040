/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A handle's way to the daemon. The socket is used without blocking and waited for with poll(2), so
 * that one deadline holds for a whole call, whatever signals arrive.
 */
#include "config.h"

#include "client/libsecprof/connection.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/libsecprof/errors.h"
#include "protocol/codec.h"
#include "protocol/order.h"
#include "protocol/protocol.h"
#include "util/cleanup.h"
#include "util/deadline.h"
#include "util/packet.h"

enum {
    NSEC_PER_USEC = 1000,
};
#define NSEC_PER_SEC INT64_C(1000000000)

int64_t connection_deadline(const struct secprof *handle)
{
    return deadline_after(handle->timeout_ms);
}

int connection_init(struct secprof *handle)
{
    size_t size = sizeof(*handle->owner);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return -ENOMEM;
    /*
     * In a new pid namespace a child can have its parent's pid, so the pid alone does not tell them
     * apart. Kernels before 4.14 lack this; there the pid must do.
     */
    madvise(page, size, MADV_WIPEONFORK);
    handle->owner = page;
    atomic_store(handle->owner, getpid());
    handle->sock = -1;
    pthread_mutex_init(&handle->lock, NULL);
    return 0;
}

static void connection_close(struct secprof *handle)
{
    if (handle->sock >= 0)
        close(handle->sock);
    handle->sock = -1;
}

void connection_free(struct secprof *handle)
{
    connection_close(handle);
    pthread_mutex_destroy(&handle->lock);
    munmap(handle->owner, sizeof(*handle->owner));
}

/* Makes a handle that came over a fork usable: another thread of the parent may have been in it. */
static void connection_reset(struct secprof *handle)
{
    struct stat st;

    pthread_mutex_init(&handle->lock, NULL);
    /* A child that closed all fds may have opened another file under this number. */
    if (handle->sock >= 0 && (fstat(handle->sock, &st) < 0 || st.st_dev != handle->sock_dev ||
                              st.st_ino != handle->sock_ino))
        handle->sock = -1;
    connection_close(handle);
    connection_forget_refusal(handle);
}

void connection_enter(struct secprof *handle)
{
    pid_t self = getpid();
    pid_t owner = atomic_load(handle->owner);

    /* The first thread of the new process that comes here puts -pid there while it cleans up. */
    while (owner != self) {
        if (owner == -self)
            sched_yield();
        else if (atomic_compare_exchange_strong(handle->owner, &owner, -self)) {
            connection_reset(handle);
            atomic_store(handle->owner, self);
        }
        owner = atomic_load(handle->owner);
    }
    pthread_mutex_lock(&handle->lock);
}

void connection_leave(struct secprof *handle)
{
    pthread_mutex_unlock(&handle->lock);
}

/* connect(2) knows no deadline but the socket's own timeout for sending. */
static int connect_until(int sock, const struct sockaddr_un *address, int64_t deadline)
{
    for (;;) {
        if (deadline != DEADLINE_NEVER) {
            int64_t left = deadline_left(deadline);
            struct timeval timeout = {left / NSEC_PER_SEC, left % NSEC_PER_SEC / NSEC_PER_USEC};

            if (timeout.tv_sec == 0 && timeout.tv_usec == 0)
                return -ETIMEDOUT;
            if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
                return -errno;
        }
        if (connect(sock, (const struct sockaddr *)address, sizeof(*address)) == 0)
            return 0;
        if (errno != EINTR)
            return error_from_connect(errno);
    }
}

static bool is_user(const struct secprof *handle, uid_t uid)
{
    for (size_t i = 0; i < handle->n_users; i++)
        if (handle->users[i] == uid)
            return true;
    return handle->n_users == 0;
}

int connection_check_users(struct secprof *handle)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    struct stat st;

    if (handle->n_users == 0 || handle->sock < 0)
        return 0;
    /* Who listened: with socket activation that is the service manager. */
    if (getsockopt(handle->sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
        is_user(handle, peer.uid) && stat(handle->address.sun_path, &st) == 0 &&
        is_user(handle, st.st_uid))
        return 0;
    connection_close(handle);
    return -EKEYREJECTED;
}

static int connection_open_until(struct secprof *handle, int64_t deadline)
{
    cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct stat st;
    int r;

    if (sock < 0)
        return error_from_connect(errno);
    r = connect_until(sock, &handle->address, deadline);
    if (r < 0)
        return r;
    if (fstat(sock, &st) < 0)
        return -errno;
    handle->sock_dev = st.st_dev;
    handle->sock_ino = st.st_ino;
    handle->sock = steal_fd(&sock);
    return connection_check_users(handle);
}

int connection_open(struct secprof *handle)
{
    return connection_open_until(handle, connection_deadline(handle));
}

static int send_request(int sock, const union wire_request *request, int in_fd, int64_t deadline)
{
    union wire_request wire = *request;
    struct iovec iov = {&wire, request->header.length};

    wire_request_to_wire(&wire, request->header.length);
    for (;;) {
        int r = packet_send(sock, &iov, 1, &in_fd, in_fd >= 0, MSG_DONTWAIT);

        if (r == -EPIPE)
            return -ECONNRESET;
        /* Too little memory for the packet, or too many fds on the way. */
        if (r == -ENOBUFS || r == -ETOOMANYREFS)
            return r == -ENOBUFS ? -ENOMEM : -EMFILE;
        if (r != -EAGAIN)
            return r;
        r = deadline_wait(sock, POLLOUT, deadline);
        if (r < 0)
            return r;
    }
}

/* Receives one packet with up to MAX_FDS fds into HANDLE->reply. Returns its length or a code. */
static ssize_t receive_reply(struct secprof *handle, int64_t deadline, int *fds, size_t max_fds,
                             size_t *n_fds)
{
    for (;;) {
        int r = deadline_wait(handle->sock, POLLIN, deadline);

        if (r < 0)
            return r;

        ssize_t len = packet_recv(handle->sock, handle->reply, sizeof(handle->reply), fds, max_fds,
                                  n_fds, MSG_DONTWAIT);

        if (len == 0)
            return -ECONNRESET;
        if (len == -EMSGSIZE)
            return -EBADMSG;
        if (len != -EAGAIN)
            return len;
    }
}

/* Keeps what the refusal in HANDLE->reply says, which has STATUS and was checked. */
static void keep_refusal(struct secprof *handle, int status)
{
    struct wire_refusal refusal;

    handle->refusal =
        (struct secprof_refusal){.size = sizeof(handle->refusal), .status = (uint32_t)status};
    memcpy(&refusal, handle->reply, sizeof(refusal));
    /* That of another version is laid out as that version has it. */
    if (refusal.header.version != WIRE_VERSION)
        return;
    handle->refusal.reason = refusal.reason;
    handle->refusal.field = refusal.field;
    handle->refusal.retry_ms = refusal.retry_ms;
    memcpy(handle->message, handle->reply + refusal.text_offset, refusal.text_len);
    handle->message[refusal.text_len] = '\0';
}

void connection_forget_refusal(struct secprof *handle)
{
    handle->message[0] = '\0';
    handle->refusal.status = WIRE_OK;
}

/*
 * One request and its reply on the connection that there is. Returns WIRE_OK, another status of the
 * daemon, or a negative code; after a negative one, but -EPERM, the connection cannot be used any
 * more.
 */
static int exchange(struct secprof *handle, const union wire_request *request, int in_fd,
                    int64_t deadline, size_t *len, int *fd)
{
    cleanup_close int received = -1;
    size_t n_fds;
    int r = send_request(handle->sock, request, in_fd, deadline);

    if (r < 0)
        return r;

    ssize_t got = receive_reply(handle, deadline, &received, 1, &n_fds);

    if (got < 0)
        return (int)got;
    wire_reply_to_host(handle->reply, (size_t)got, request->status.name[0] != '\0');
    r = wire_reply_check(request, handle->reply, (size_t)got);
    if (r < 0)
        return r;
    if (n_fds != (r == WIRE_OK && fd ? 1 : 0))
        return -EBADMSG;
    if (r != WIRE_OK)
        keep_refusal(handle, r);
    else if (fd)
        *fd = steal_fd(&received);
    *len = (size_t)got;
    return r;
}

/*
 * The same, but sends an fd a second time if the first one was refused (-EPERM): a daemon takes no
 * fd before it has accepted the connection. It has when it answers another request, which is asked
 * first.
 */
static int exchange_fd(struct secprof *handle, union wire_request *request, int in_fd,
                       int64_t deadline, size_t *len, int *fd)
{
    int r = exchange(handle, request, in_fd, deadline, len, fd);

    if (r != -EPERM || in_fd < 0)
        return r;

    union wire_request status = {0};

    wire_request_header(&status.header, WIRE_STATUS, sizeof(status.status), request->header.serial);
    r = exchange(handle, &status, -1, deadline, len, NULL);
    if (r != WIRE_OK)
        return r;
    request->header.serial = ++handle->serial;
    return exchange(handle, request, in_fd, deadline, len, fd);
}

int connection_call(struct secprof *handle, union wire_request *request, size_t *len, int *fd)
{
    return connection_call_with(handle, request, -1, len, fd);
}

int connection_call_with(struct secprof *handle, union wire_request *request, int in_fd,
                         size_t *len, int *fd)
{
    return connection_call_until(handle, request, in_fd, connection_deadline(handle), len, fd);
}

int connection_call_until(struct secprof *handle, union wire_request *request, int in_fd,
                          int64_t deadline, size_t *len, int *fd)
{
    bool again = false;

    connection_forget_refusal(handle);
    for (;;) {
        bool kept = handle->sock >= 0;
        int r = kept ? 0 : connection_open_until(handle, deadline);

        if (r < 0)
            return r;
        request->header.serial = ++handle->serial;
        r = exchange_fd(handle, request, in_fd, deadline, len, fd);
        if (r == WIRE_OK)
            return 0;
        if (r < 0 || r == WIRE_STOPPING || r == WIRE_BAD_VERSION)
            connection_close(handle);
        /* Every request may be asked twice. */
        if (!again && ((r == -ECONNRESET && kept) || r == WIRE_STOPPING)) {
            again = true;
            connection_forget_refusal(handle);
            continue;
        }
        return r < 0 ? r : error_from_status(r);
    }
}

ssize_t connection_receive(struct secprof *handle, int64_t deadline)
{
    size_t n_fds;
    ssize_t len = receive_reply(handle, deadline, NULL, 0, &n_fds);

    return len == -ETIMEDOUT ? 0 : len;
}
