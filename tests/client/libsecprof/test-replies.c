/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of what libsecprof does with replies that break the protocol: it uses none of them, keeps
 * no fd, and goes on. */
#include "config.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/libsecprof/secprof.h"
#include "tests/client/libsecprof/fake-server.h"
#include "tests/suite.h"
#include "util/cleanup.h"

static struct fake_server server;

static void setup(void)
{
    fake_server_start(&server, 0);
}

static void teardown(void)
{
    fake_server_stop(&server);
}

static size_t count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* What a hostile daemon does to a reply that should be good. */
static struct wire_get_reply *get_reply(struct fake_reply *reply)
{
    return (void *)reply->bytes;
}

static void resize(struct fake_reply *reply, size_t len)
{
    reply->len = len;
    fake_header(reply)->length = (uint32_t)len;
}

static void wrong_magic(struct fake_reply *reply)
{
    fake_header(reply)->magic++;
}

static void wrong_version(struct fake_reply *reply)
{
    fake_header(reply)->version++;
}

static void wrong_opcode(struct fake_reply *reply)
{
    fake_header(reply)->opcode = WIRE_RELOAD;
}

static void wrong_serial(struct fake_reply *reply)
{
    fake_header(reply)->serial--;
}

static void wrong_length(struct fake_reply *reply)
{
    fake_header(reply)->length++;
}

static void half_a_refusal(struct fake_reply *reply)
{
    fake_error(reply, WIRE_NOT_FOUND, "no");
    resize(reply, sizeof(struct wire_refusal) - 1);
}

static void text_elsewhere(struct fake_reply *reply)
{
    fake_error(reply, WIRE_NOT_FOUND, "no");
    ((struct wire_refusal *)(void *)reply->bytes)->text_offset++;
}

static void filter_elsewhere(struct fake_reply *reply)
{
    get_reply(reply)->offset += 8;
}

static void filter_in_the_fixed_part(struct fake_reply *reply)
{
    get_reply(reply)->offset = get_reply(reply)->offset ? 8 : UINT32_MAX;
}

static void another_size(struct fake_reply *reply)
{
    get_reply(reply)->size -= 8;
}

static void half_a_header(struct fake_reply *reply)
{
    reply->len = 11;
}

static void header_alone(struct fake_reply *reply)
{
    resize(reply, sizeof(struct wire_header));
}

/* Where the filter is in a file, of the fixed part. */
static void truncated(struct fake_reply *reply)
{
    resize(reply, reply->len - 1);
}

static void much_too_long(struct fake_reply *reply)
{
    resize(reply, WIRE_MAX_REPLY + 1);
}

static void no_instructions(struct fake_reply *reply)
{
    get_reply(reply)->n_insns = 0;
}

static void more_instructions(struct fake_reply *reply)
{
    get_reply(reply)->n_insns++;
}

static void too_many_instructions(struct fake_reply *reply)
{
    get_reply(reply)->n_insns = WIRE_MAX_INSNS + 1;
    resize(reply, sizeof(struct wire_get_reply) + (WIRE_MAX_INSNS + 1) * WIRE_INSN_SIZE);
}

static void huge_count(struct fake_reply *reply)
{
    get_reply(reply)->n_insns = 0x20000002;
}

static void one_more_fd(struct fake_reply *reply)
{
    reply->fds[reply->n_fds++] = dup(2);
}

static void many_fds(struct fake_reply *reply)
{
    while (reply->n_fds < PACKET_MAX_FDS)
        one_more_fd(reply);
}

static void no_fd(struct fake_reply *reply)
{
    close(reply->fds[0]);
    reply->n_fds = 0;
}

static void fd_too_short(struct fake_reply *reply)
{
    ck_assert_int_eq(ftruncate(reply->fds[0], 8), 0);
}

static void fd_of_a_pipe(struct fake_reply *reply)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    close(ends[1]);
    dup2(ends[0], reply->fds[0]);
    close(ends[0]);
}

static void wrong_digest(struct fake_reply *reply)
{
    get_reply(reply)->digest[31] ^= 1;
}

/* Where it comes as bytes they are behind the reply; in a file, at its end. */
static void another_filter(struct fake_reply *reply)
{
    if (reply->n_fds)
        ck_assert_int_eq(pwrite(reply->fds[0], "\x07", 1, 15), 1);
    else
        reply->bytes[reply->len - 1] ^= 1;
}

static void can_be_written(struct fake_reply *reply)
{
    reply->seals &= ~F_SEAL_WRITE;
}

static void can_grow(struct fake_reply *reply)
{
    reply->seals &= ~F_SEAL_GROW;
}

static void can_shrink(struct fake_reply *reply)
{
    reply->seals &= ~F_SEAL_SHRINK;
}

static void another_helper(struct fake_reply *reply)
{
    ck_assert_int_eq(pwrite(reply->fds[0], "\x07", 1, 115), 1);
}

/* The filter is right, but no helper is so long. */
static void endless_helper(struct fake_reply *reply)
{
    unsigned char filter[16];

    ck_assert_int_eq(pread(reply->fds[0], filter, sizeof(filter), 100), sizeof(filter));
    ck_assert_int_eq(pwrite(reply->fds[0], filter, sizeof(filter), 1024 * 1024), sizeof(filter));
}

static void error_with_fd(struct fake_reply *reply)
{
    fake_error(reply, WIRE_NOT_FOUND, "no");
    one_more_fd(reply);
}

static void not_executable(struct fake_reply *reply)
{
    ck_assert_int_eq(fchmod(reply->fds[0], 0544), 0);
}

static const struct spoiler {
    const char *name;
    void (*spoil)(struct fake_reply *reply);
    bool only_fd; /* makes sense for a delivery as fd only */
} spoilers[] = {
    {"wrong magic", wrong_magic, false},
    {"wrong version", wrong_version, false},
    {"wrong opcode", wrong_opcode, false},
    {"wrong serial", wrong_serial, false},
    {"wrong length", wrong_length, false},
    {"half a refusal", half_a_refusal, false},
    {"a text elsewhere", text_elsewhere, false},
    {"a filter elsewhere", filter_elsewhere, false},
    {"a filter in the fixed part", filter_in_the_fixed_part, false},
    {"another size", another_size, false},
    {"half a header", half_a_header, false},
    {"header alone", header_alone, false},
    {"truncated", truncated, false},
    {"much too long", much_too_long, false},
    {"no instructions", no_instructions, false},
    {"more instructions", more_instructions, false},
    {"too many instructions", too_many_instructions, false},
    {"huge count", huge_count, false},
    {"one more fd", one_more_fd, false},
    {"many fds", many_fds, false},
    {"no fd", no_fd, true},
    {"fd too short", fd_too_short, true},
    {"fd of a pipe", fd_of_a_pipe, true},
    {"error with fd", error_with_fd, false},
    {"wrong digest", wrong_digest, false},
    {"another filter", another_filter, false},
    {"can be written", can_be_written, true},
    {"can grow", can_grow, true},
    {"can shrink", can_shrink, true},
};

static void spoil_by_table(struct fake_server *self, const union wire_request *request,
                           struct fake_reply *reply)
{
    (void)request;
    if (self->mode >= 0)
        spoilers[self->mode].spoil(reply);
}

/* Loop: each way to spoil a reply, for both deliveries. */
START_TEST(hostile_replies_are_refused)
{
    const struct spoiler *spoiler = &spoilers[_i];
    struct secprof *handle;

    ck_assert_int_eq(secprof_open(&handle, server.path, 5000), 0);
    server.spoil = spoil_by_table;
    server.mode = -1;
    ck_assert_int_eq(fake_get(handle, "default"), 0);
    if (!spoiler->only_fd) {
        server.mode = _i;
        ck_assert_msg(fake_get(handle, "default") == -EBADMSG, "%s", spoiler->name);
        server.mode = -1;
        ck_assert_msg(fake_get(handle, "default") == 0, "%s", spoiler->name);
    }

    size_t before = count_fds();

    /* More often than the one connection that the server may still have to close. */
    for (int i = 0; i < 5; i++) {
        server.mode = _i;

        int fd = secprof_get_fd(handle, "default", NULL, NULL);

        ck_assert_msg(fd == -EBADMSG, "%s: %d", spoiler->name, fd);
        server.mode = -1;
        ck_assert_int_eq(fake_get(handle, "default"), 0);
    }
    for (int i = 0; i < 1000 && count_fds() > before; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    ck_assert_msg(count_fds() <= before, "%s leaks fds", spoiler->name);
    secprof_close(handle);
}
END_TEST

static void (*const helper_spoilers[])(struct fake_reply *) = {
    no_fd,          one_more_fd,    fd_too_short,   fd_of_a_pipe,
    not_executable, another_helper, endless_helper, can_be_written,
};

static void spoil_helper(struct fake_server *self, const union wire_request *request,
                         struct fake_reply *reply)
{
    (void)request;
    if (self->mode < (int)ARRAY_SIZE(helper_spoilers))
        helper_spoilers[self->mode](reply);
    else
        fake_error(reply, WIRE_UNDELIVERABLE, "for a listener");
}

/* Loop: a helper that is none, and at last a daemon that has none. */
START_TEST(hostile_helpers_are_refused)
{
    struct secprof *handle;
    char text[32];

    ck_assert_int_eq(secprof_open(&handle, server.path, 5000), 0);
    server.spoil = spoil_helper;
    server.mode = _i;
    ck_assert_int_eq(secprof_get_helper(handle, "default", NULL, NULL),
                     _i < (int)ARRAY_SIZE(helper_spoilers) ? -EBADMSG : -EOPNOTSUPP);
    secprof_last_message(handle, text, sizeof(text));
    ck_assert_str_eq(text, _i < (int)ARRAY_SIZE(helper_spoilers) ? "" : "for a listener");
    server.spoil = NULL;
    close(secprof_get_helper(handle, "default", NULL, NULL));
    secprof_close(handle);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replies");
    TCase *tcase = tcase_create("replies");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, hostile_replies_are_refused, 0, ARRAY_SIZE(spoilers));
    tcase_add_loop_test(tcase, hostile_helpers_are_refused, 0, ARRAY_SIZE(helper_spoilers) + 1);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
