/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/serve/fetch.c: GET and COMPILE, from each refusal to each delivery. */
#include <fcntl.h>
#include <linux/audit.h>
#include <sys/mman.h>

#include "daemon/serve/answer.h"
#include "tests/daemon/serve/asking.h"

/* GET of the profile NAME for CAPS, as the bytes unless set otherwise in asking->request before. */
static int get(struct asking *asking, const char *name, uint64_t caps)
{
    struct wire_get *get = &asking->request.get;

    memset(get->name, 0, sizeof(get->name));
    strcpy(get->name, name);
    get->caps = caps;
    if (!get->delivery)
        get->delivery = WIRE_DELIVER_BYTES;
    return asking_begin(asking, WIRE_GET, sizeof(*get));
}

static struct wire_get_reply reply_of(const struct asking *asking)
{
    struct wire_get_reply reply;

    asking_reply(asking, &reply);
    return reply;
}

/* The whole file behind FD (consumed) is the SIZE bytes at BYTES, and FD cannot change it. */
static void assert_file(int fd, const void *bytes, size_t size)
{
    char buffer[256];

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    ck_assert_int_eq(read(fd, buffer, sizeof(buffer)), (ssize_t)size);
    ck_assert_mem_eq(buffer, bytes, size);
    close(fd);
}

START_TEST(what_is_in_memory_comes_at_once)
{
    struct asking *asking = asking_new();
    struct profile_entry *entry = asking_serve(asking, "x", 0644);
    struct wire_get_reply reply;

    ck_assert_int_eq(get(asking, "x", 0), WIRE_OK);
    reply = reply_of(asking);
    ck_assert_uint_eq(reply.generation, asking->fake->service.generation);
    ck_assert_uint_eq(reply.n_insns, 2);
    ck_assert_uint_eq(reply.audit_arch, AUDIT_ARCH_X86_64);
    ck_assert_uint_eq(reply.info, 0);
    ck_assert_mem_eq(reply.digest, entry->native->digest, DIGEST_SIZE);
    ck_assert_mem_eq(reply.source_digest, entry->served->digest, DIGEST_SIZE);
    ck_assert_uint_eq(reply.offset, sizeof(reply));
    ck_assert_uint_eq(reply.size, 16);
    ck_assert_uint_eq(asking->answer.len, sizeof(reply) + 16);
    ck_assert_mem_eq(asking->answer.packet + sizeof(reply), entry->native->code, 16);
    ck_assert_int_eq(asking->answer.fd, -1);
    ck_assert_uint_eq(asking->handlers.numbers.memory_hits, 1);
    asking_free(asking);
}
END_TEST

START_TEST(files_are_handed_out)
{
    struct asking *asking = asking_new();
    const struct profile_entry *entry = asking_serve(asking, "x", 0644);

    asking->request.get.delivery = WIRE_DELIVER_FD;
    ck_assert_int_eq(get(asking, "x", 0), WIRE_OK);
    ck_assert_uint_eq(asking->answer.len, sizeof(struct wire_get_reply));
    assert_file(asking->answer.fd, entry->native->code, 16);
    ck_assert_uint_eq(reply_of(asking).offset, 0);
    ck_assert_uint_eq(reply_of(asking).size, 16);
    asking->request.get.delivery = WIRE_DELIVER_PROFILE;
    ck_assert_int_eq(get(asking, "x", 0), WIRE_OK);
    assert_file(asking->answer.fd, "x", 1);
    ck_assert_uint_eq(reply_of(asking).offset, 0);
    ck_assert_uint_eq(reply_of(asking).size, 1);
    asking_free(asking);
}
END_TEST

/* What goes for another file lives on with whoever has it: so many of these in a minute. */
START_TEST(files_in_the_place_of_others_are_counted)
{
    struct asking *asking = asking_new();
    char name[] = "a";

    asking->fake->service.store.max = 2;
    for (int i = 0; i < 6; i++) {
        name[0] = (char)('a' + i);
        asking_serve(asking, name, 0644);
    }
    /* Two fit, and the budget has two more. */
    for (int i = 0; i < 6; i++) {
        name[0] = (char)('a' + i);
        asking->request.get.delivery = WIRE_DELIVER_PROFILE;
        ck_assert_int_eq(get(asking, name, 0), i < 4 ? WIRE_OK : WIRE_RATE);
        if (i < 4)
            assert_file(asking->answer.fd, name, 1);
    }
    assert_has(asking_why(asking), "--max-compiles-per-minute");
    ck_assert_int_eq(get(asking, "d", 0), WIRE_OK);
    assert_file(asking->answer.fd, "d", 1);
    asking->request.get.delivery = WIRE_DELIVER_FD;
    ck_assert_int_eq(get(asking, "f", 0), WIRE_OK);
    close(asking->answer.fd);
    asking_as_admin(asking);
    asking->request.get.delivery = WIRE_DELIVER_PROFILE;
    ck_assert_int_eq(get(asking, "f", 0), WIRE_OK);
    assert_file(asking->answer.fd, "f", 1);
    asking_free(asking);
}
END_TEST

/* No executable for another machine: the host of the service is not that of the filter then. */
START_TEST(what_cannot_be_delivered_is_refused)
{
    struct asking *asking = asking_new();

    asking_serve(asking, "x", 0644);
    asking->targets[1] = asking->fake->service.host;
    asking->handlers.n_targets = 2;
    asking->targets[0] = asking->fake->service.host = target_by_name("aarch64");
    asking->request.get.audit_arch = AUDIT_ARCH_X86_64;
    ck_assert_int_eq(get(asking, "x", 0), WIRE_OK);
    asking->request.get.delivery = WIRE_DELIVER_HELPER;
    ck_assert_int_eq(get(asking, "x", 0), WIRE_UNDELIVERABLE);
    ck_assert_int_eq(asking->answer.fd, -1);
    ck_assert_uint_gt(strlen(asking_why(asking)), 0);
    asking->request.get.delivery = WIRE_DELIVER_RULES;
    ck_assert_int_eq(get(asking, "x", 0), WIRE_UNDELIVERABLE);
    ck_assert_uint_eq(asking_reason(asking), WIRE_WHY_NO_RULES);
    ck_assert_int_eq(asking->answer.fd, -1);
    asking_free(asking);
}
END_TEST

START_TEST(targets_are_checked)
{
    struct asking *asking = asking_new();

    asking_serve(asking, "x", 0644);
    asking->request.get.audit_arch = AUDIT_ARCH_X86_64;
    ck_assert_int_eq(get(asking, "x", 0), WIRE_OK);
    asking->request.get.audit_arch = 12345;
    ck_assert_int_eq(get(asking, "x", 0), WIRE_BAD_TARGET);
    assert_has(asking_why(asking), "0x3039");
    asking->request.get.audit_arch = AUDIT_ARCH_AARCH64;
    ck_assert_int_eq(get(asking, "x", 0), WIRE_BAD_TARGET);
    assert_has(asking_why(asking), "aarch64: this daemon does not serve it");
    /* Of a profile that is not in service, too. */
    fake_offer(asking->fake, "new", "text", 2)->access.mode = 0644;
    ck_assert_int_eq(get(asking, "new", 0), WIRE_BAD_TARGET);
    ck_assert_int_eq(get(asking, "none", 0), WIRE_NOT_FOUND);
    asking_free(asking);
}
END_TEST

START_TEST(a_new_variant_is_waited_for)
{
    struct asking *asking = asking_new();
    struct job *job;

    asking_serve(asking, "x", 0644);
    ck_assert_int_eq(get(asking, "x", 1), -1);
    ck_assert_int_eq(asking->answer.kind, ANSWER_AFTER_JOB);
    job = fake_take(asking->fake);
    ck_assert_ptr_eq(asking->answer.job, job);
    fake_succeed(asking->fake, job, 9);
    ck_assert_int_eq(asking_again(asking), WIRE_OK);
    ck_assert_uint_eq(asking->answer.packet[sizeof(struct wire_get_reply) + 4], 9);
    /* It was not in memory when it was asked for. */
    ck_assert_uint_eq(asking->handlers.numbers.memory_hits, 0);
    ck_assert_int_eq(get(asking, "x", 1), WIRE_OK);
    ck_assert_uint_eq(asking->handlers.numbers.memory_hits, 1);
    asking_free(asking);
}
END_TEST

START_TEST(a_variant_on_the_disk_is_read)
{
    struct asking *asking = asking_new();
    struct fake *fake = asking->fake;

    asking_serve(asking, "x", 0644);
    ck_assert_int_eq(get(asking, "x", 0), WIRE_OK);
    /* The same text again, under another name. */
    fake_offer(fake, "y", "x", 2);
    registry_find(&fake->service.registry, "y")->access.mode = 0644;
    ck_assert_uint_eq(fake->service.jobs.n, 0);
    ck_assert_int_eq(get(asking, "y", 0), WIRE_NOT_FOUND);
    registry_find(&fake->service.registry, "y")->served->access.mode = 0644;
    ck_assert_int_eq(get(asking, "y", 0), WIRE_OK);
    asking_free(asking);
}
END_TEST

START_TEST(a_variant_that_is_refused_says_why)
{
    struct asking *asking = asking_new();

    asking_serve(asking, "x", 0644);
    ck_assert_int_eq(get(asking, "x", 1), -1);
    fake_refuse(asking->fake, fake_take(asking->fake));
    ck_assert_int_eq(asking_again(asking), WIRE_BROKEN);
    ck_assert_str_eq(asking_why(asking), "/p/x.json:2:3: error: no\n");
    asking_free(asking);
}
END_TEST

START_TEST(a_failed_compile_is_not_tried_at_once)
{
    struct asking *asking = asking_new();

    asking_serve(asking, "x", 0644);
    ck_assert_int_eq(get(asking, "x", 1), -1);
    fake_fail(asking->fake, fake_take(asking->fake), "it took too long");
    ck_assert_int_eq(get(asking, "x", 1), WIRE_NO_RESULT);
    ck_assert_uint_eq(asking_refusal(asking).retry_ms, 3001);
    ck_assert_str_eq(asking_why(asking),
                     "it took too long; it is tried again in 4 s, or after a reload");
    ck_assert_uint_eq(asking->fake->service.jobs.n, 0);
    asking->fake->now_usec += 3 * FAKE_TIMEOUT_USEC;
    ck_assert_int_eq(get(asking, "x", 1), -1);
    asking_free(asking);
}
END_TEST

/* It has no filter yet: that is the same failure, not a profile that is broken. */
START_TEST(a_first_version_without_a_result)
{
    struct asking *asking = asking_new();
    struct fake *fake = asking->fake;
    struct profile_entry *entry = fake_offer(fake, "x", "text", 1);

    entry->access.mode = 0644;
    fake_fail(fake, fake_take(fake), "it took too long");
    ck_assert_int_eq(get(asking, "x", 0), WIRE_NO_RESULT);
    assert_has(asking_why(asking), "it took too long");
    ck_assert_uint_gt(asking_refusal(asking).retry_ms, 0);
    fake_offer(fake, "x", "wrong", 2);
    fake_refuse(fake, fake_take(fake));
    ck_assert_int_eq(get(asking, "x", 0), WIRE_BROKEN);
    ck_assert_uint_eq(asking_reason(asking), WIRE_WHY_PROFILE);
    ck_assert_uint_eq(asking_refusal(asking).retry_ms, 0);
    service_refuse(&fake->service, entry, "it is a FIFO", 9);
    ck_assert_int_eq(get(asking, "x", 0), WIRE_BROKEN);
    ck_assert_uint_eq(asking_reason(asking), WIRE_WHY_FILE);
    asking_free(asking);
}
END_TEST

START_TEST(a_first_version_is_waited_for)
{
    struct asking *asking = asking_new();
    struct profile_entry *entry = fake_offer(asking->fake, "x", "text", 1);
    struct job *job = fake_take(asking->fake);

    entry->access.mode = entry->compiling->access.mode = 0644;
    /* It costs nothing of anybody's budget. */
    asking->handlers.compiles.max = 0;
    ck_assert_int_eq(get(asking, "x", 0), -1);
    ck_assert_int_eq(asking->answer.kind, ANSWER_AFTER_JOB);
    ck_assert_ptr_eq(asking->answer.job, job);
    fake_succeed(asking->fake, job, 1);
    ck_assert_int_eq(asking_again(asking), WIRE_OK);
    asking_free(asking);
}
END_TEST

START_TEST(a_broken_one_has_no_filter_or_the_last_good_one)
{
    struct asking *asking = asking_new();
    struct fake *fake = asking->fake;
    struct profile_entry *entry = fake_offer(fake, "x", "wrong", 1);

    entry->access.mode = 0644;
    fake_refuse(fake, fake_take(fake));
    ck_assert_int_eq(get(asking, "x", 0), WIRE_BROKEN);
    ck_assert_str_eq(asking_why(asking), "/p/x.json:2:3: error: no\n");
    fake_serve(fake, "x", "right", 7);
    entry->served->access.mode = 0644;
    ck_assert_int_eq(get(asking, "x", 0), WIRE_OK);
    ck_assert_uint_eq(reply_of(asking).info, 0);
    fake_offer(fake, "x", "wrong again", 2);
    fake_refuse(fake, fake_take(fake));
    ck_assert_int_eq(get(asking, "x", 0), WIRE_OK);
    ck_assert_uint_eq(reply_of(asking).info, WIRE_GET_STALE);
    ck_assert_uint_eq(asking->answer.packet[sizeof(struct wire_get_reply) + 4], 7);
    asking_free(asking);
}
END_TEST

/* They share nothing but the profile, and each is made once. */
START_TEST(modes_are_variants_of_their_own)
{
    struct asking *asking = asking_new();
    struct profile_entry *entry = asking_serve(asking, "x", 0644);

    entry->served->axes.caps = 0; /* no condition tells the variants apart */
    for (uint32_t mode = WIRE_MODE_AUDIT; mode <= WIRE_MODE_LOG; mode++) {
        asking->request.get.mode = mode;
        ck_assert_int_eq(get(asking, "x", 1), -1);
        ck_assert_int_eq(asking->answer.job->request.mode, (int)mode);
        fake_succeed(asking->fake, fake_take(asking->fake), (uint8_t)(40 + mode));
        ck_assert_int_eq(asking_again(asking), WIRE_OK);
        ck_assert_uint_eq(reply_of(asking).mode, mode);
    }
    for (uint32_t mode = WIRE_MODE_ENFORCE; mode <= WIRE_MODE_LOG; mode++) {
        asking->request.get.mode = mode;
        ck_assert_int_eq(get(asking, "x", 2), WIRE_OK);
        ck_assert_uint_eq(reply_of(asking).mode, mode);
        ck_assert_uint_eq(asking->answer.packet[sizeof(struct wire_get_reply) + 4],
                          mode == WIRE_MODE_ENFORCE ? 1 : 40 + mode);
    }
    ck_assert_uint_eq(asking->fake->service.jobs.n, 0);
    asking_free(asking);
}
END_TEST

/* Two in a minute: not for administrators, nor for what is being made already. */
START_TEST(compiles_are_rationed)
{
    struct asking *asking = asking_new();
    struct waiter waiter = {0};

    asking_serve(asking, "x", 0644);
    ck_assert_int_eq(get(asking, "x", 1), -1);
    jobs_wait(asking->answer.job, &waiter, 1000);
    ck_assert_int_eq(get(asking, "x", 2), -1);
    ck_assert_int_eq(get(asking, "x", 4), WIRE_RATE);
    ck_assert_uint_eq(asking_refusal(asking).retry_ms, 60001);
    assert_has(asking_why(asking), "one user gets 2 in a minute");
    ck_assert_uint_eq(asking->fake->service.jobs.n, 2);
    ck_assert_int_eq(get(asking, "x", 1), -1);
    /* Who has waited already is not counted again. */
    asking->asker.waits = 1;
    asking->request.get.caps = 4;
    ck_assert_int_eq(asking_again(asking), -1);
    asking->asker.peer.uid = asking->asker.peer.payer = 1001;
    ck_assert_int_eq(get(asking, "x", 8), -1);
    asking->asker.peer.uid = asking->asker.peer.payer = 1000;
    asking_as_admin(asking);
    asking->asker.peer.uid = 0;
    for (unsigned i = 4; i < 10; i++)
        ck_assert_int_eq(get(asking, "x", 1U << i), -1);
    asking->asker.peer.uid = asking->asker.peer.payer = 1000;
    asking->asker.trusted = false;
    asking->fake->now_usec += 60000000;
    ck_assert_int_eq(get(asking, "x", 1U << 10), -1);
    service_leave(&asking->fake->service, &waiter);
    asking_free(asking);
}
END_TEST

/* COMPILE */

/* A memfd with the SIZE bytes at TEXT and SEALS. */
static int make_content(const char *text, size_t size, int seals)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

enum {
    SEALS = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK,
};

/* COMPILE of the profile behind FD (consumed). */
static int compile(struct asking *asking, int fd)
{
    int status;

    asking->request.compile.delivery = WIRE_DELIVER_BYTES;
    asking->asker.fd = fd;
    status = asking_begin(asking, WIRE_COMPILE, sizeof(struct wire_compile));
    asking->asker.fd = -1;
    close(fd);
    return status;
}

START_TEST(a_profile_that_comes_along_is_compiled)
{
    struct asking *asking = asking_new();

    asking_as_admin(asking);
    ck_assert_int_eq(compile(asking, make_content("text", 4, SEALS)), -1);
    ck_assert_ptr_nonnull(asking->asker.content);
    fake_succeed(asking->fake, fake_take(asking->fake), 3);
    /* The fd is gone by now: what it held is kept. */
    ck_assert_int_eq(asking_again(asking), WIRE_OK);
    ck_assert_uint_eq(asking->answer.packet[sizeof(struct wire_get_reply) + 4], 3);
    /* The same text again is the same profile. */
    ck_assert_int_eq(compile(asking, make_content("text", 4, SEALS)), WIRE_OK);
    ck_assert_uint_eq(asking->handlers.numbers.memory_hits, 1);
    ck_assert_int_eq(compile(asking, make_content("other", 5, SEALS)), -1);
    fake_refuse(asking->fake, fake_take(asking->fake));
    ck_assert_int_eq(asking_again(asking), WIRE_BROKEN);
    ck_assert_str_eq(asking_why(asking), "profile:2:3: error: no\n");
    asking_free(asking);
}
END_TEST

START_TEST(content_has_to_be_sealed)
{
    static const int missing[] = {F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK, SEALS};
    struct asking *asking = asking_new();
    int fds[2];

    asking_as_admin(asking);
    for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
        ck_assert_int_eq(compile(asking, make_content("text", 4, SEALS & ~missing[i])),
                         WIRE_BAD_REQUEST);
        assert_has(asking_why(asking), "F_SEAL_WRITE");
    }
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(compile(asking, fds[0]), WIRE_BAD_REQUEST);
    close(fds[1]);
    ck_assert_ptr_null(asking->asker.content);
    ck_assert_uint_eq(asking->fake->service.jobs.n, 0);
    asking_free(asking);
}
END_TEST

START_TEST(content_has_a_size)
{
    static char text[WIRE_MAX_PROFILE + 1];
    struct asking *asking = asking_new();

    asking_as_admin(asking);
    ck_assert_int_eq(compile(asking, make_content("", 0, SEALS)), WIRE_BROKEN);
    assert_has(asking_why(asking), "1 to 1048576 bytes");
    ck_assert_uint_eq(asking_reason(asking), WIRE_WHY_SIZE);
    ck_assert_int_eq(compile(asking, make_content(text, sizeof(text), SEALS)), WIRE_BROKEN);
    ck_assert_int_eq(compile(asking, make_content(text, sizeof(text) - 1, SEALS)), -1);
    asking_free(asking);
}
END_TEST

START_TEST(content_has_to_be_readable)
{
    struct asking *asking = asking_new();
    int fd = make_content("text", 4, SEALS), other;
    char path[32];

    asking_as_admin(asking);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    other = open(path, O_PATH | O_CLOEXEC);
    ck_assert_int_ge(other, 0);
    close(fd);
    ck_assert_int_eq(compile(asking, other), WIRE_BAD_REQUEST);
    asking_free(asking);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "fetch");

    tcase_add_test(tests, what_is_in_memory_comes_at_once);
    tcase_add_test(tests, files_are_handed_out);
    tcase_add_test(tests, files_in_the_place_of_others_are_counted);
    tcase_add_test(tests, what_cannot_be_delivered_is_refused);
    tcase_add_test(tests, targets_are_checked);
    tcase_add_test(tests, a_new_variant_is_waited_for);
    tcase_add_test(tests, a_variant_on_the_disk_is_read);
    tcase_add_test(tests, a_variant_that_is_refused_says_why);
    tcase_add_test(tests, a_failed_compile_is_not_tried_at_once);
    tcase_add_test(tests, a_first_version_without_a_result);
    tcase_add_test(tests, a_first_version_is_waited_for);
    tcase_add_test(tests, a_broken_one_has_no_filter_or_the_last_good_one);
    tcase_add_test(tests, compiles_are_rationed);
    tcase_add_test(tests, a_profile_that_comes_along_is_compiled);
    tcase_add_test(tests, modes_are_variants_of_their_own);
    tcase_add_test(tests, content_has_to_be_sealed);
    tcase_add_test(tests, content_has_a_size);
    tcase_add_test(tests, content_has_to_be_readable);
    return unit_end(suite);
}
