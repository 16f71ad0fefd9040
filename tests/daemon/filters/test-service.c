/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of daemon/filters/service.c: how versions come into service, or do not, from workers and
 * from the cache on disk. For single variants, and those who wait: test-service-variants.c.
 */
#include "daemon/filters/service.h"

#include <sys/resource.h>

#include "tests/daemon/filters/fake-service.h"

static void check_code(const struct profile_entry *entry, uint8_t seed)
{
    uint8_t code[16];

    fake_code(code, seed);
    ck_assert_mem_eq(entry->native->code, code, sizeof(code));
}

static const struct change *last_change(const struct fake *fake)
{
    const struct changes *changes = &fake->service.changes;

    ck_assert_uint_gt(changes->n, 0);
    return &changes->ring[(changes->n - 1) % CHANGES_KEPT];
}

START_TEST(a_first_version_comes_into_service)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;
    struct profile_entry *entry = fake_offer(fake, "a", "{}", 3);

    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_PENDING);
    ck_assert_int_eq(entry->newest, NEWEST_COMPILING);
    ck_assert_uint_eq(service_pending_since(service), 3);
    ck_assert_uint_eq(fake->n_jobs_wait, 1);
    ck_assert_uint_eq(service->cache_misses, 1);

    struct job *job = fake_take(fake);

    ck_assert_ptr_eq(service_job_of(service, entry), job);
    ck_assert_int_eq(job->priority, JOB_NATIVE);
    ck_assert_ptr_eq(job->request.target, service->host);
    ck_assert_uint_eq(job->request.kernel, service->kernel);
    fake_succeed(fake, job, 7);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    ck_assert_int_eq(entry->newest, NEWEST_SERVED);
    ck_assert_uint_eq(entry->generation, 1);
    ck_assert_uint_eq(service->generation, 1);
    check_code(entry, 7);
    ck_assert(entry->native->pinned);
    ck_assert_uint_eq(service_pending_since(service), UINT64_MAX);
    ck_assert_uint_eq(service->retry_usec, UINT64_MAX);
    ck_assert_ptr_null(service_job_of(service, entry));
    ck_assert_uint_eq(service->jobs.n, 0);
    ck_assert_uint_eq(service->compiles, 1);
    ck_assert_uint_eq(fake->n, 1);
    ck_assert_uint_eq(fake->n_changed, 1);
    ck_assert_uint_eq(service->changes.n, 1);
    ck_assert_str_eq(last_change(fake)->name, "a");
    ck_assert_uint_eq(last_change(fake)->kind, WIRE_PROFILE_SERVED);
    ck_assert_uint_eq(last_change(fake)->generation, 1);
    ck_assert_mem_eq(last_change(fake)->digest, entry->native->digest, DIGEST_SIZE);
    fake_free(fake);
}
END_TEST

START_TEST(a_new_version_takes_the_place_of_the_old_one_when_it_is_compiled)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_serve(fake, "a", "{1}", 1);

    fake_offer(fake, "a", "{2}", 2);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    check_code(entry, 1);
    fake_succeed(fake, fake_take(fake), 2);
    check_code(entry, 2);
    ck_assert_uint_eq(entry->generation, 2);
    /* The old one is gone from memory. */
    ck_assert_uint_eq(fake->service.store.n, 1);
    ck_assert_uint_eq(fake->service.store.n_pinned, 1);
    fake_free(fake);
}
END_TEST

START_TEST(who_uses_the_old_version_keeps_it)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_serve(fake, "a", "{1}", 1);
    struct source *old = source_ref(entry->served);

    fake_offer(fake, "a", "{2}", 2);
    fake_succeed(fake, fake_take(fake), 2);
    ck_assert_ptr_null(old->entry);
    ck_assert_uint_eq(old->n_variants, 1);
    ck_assert_uint_eq(fake->service.store.n, 2);
    source_unref(old);
    fake_free(fake);
}
END_TEST

START_TEST(a_broken_version_leaves_the_last_good_one)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_serve(fake, "a", "{1}", 1);

    fake_offer(fake, "a", "{2}", 2);
    fake_refuse(fake, fake_take(fake));
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_STALE);
    ck_assert_int_eq(entry->newest, NEWEST_FAILED);
    check_code(entry, 1);
    ck_assert_uint_eq(entry->generation, 1);
    ck_assert_uint_eq(fake->service.generation, 1);
    ck_assert_str_eq(entry->error, "/p/a.json:2:3: error: no\n");
    ck_assert_uint_eq(last_change(fake)->kind, WIRE_PROFILE_STALE);
    ck_assert_uint_eq(fake->service.compile_errors, 1);
    /* It is not tried again: it would be wrong again. */
    ck_assert_uint_eq(fake->service.retry_usec, UINT64_MAX);

    fake_offer(fake, "a", "{3}", 3);
    fake_succeed(fake, fake_take(fake), 3);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    ck_assert_ptr_null(entry->error);
    check_code(entry, 3);
    fake_free(fake);
}
END_TEST

START_TEST(a_broken_first_version_is_not_in_service)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_offer(fake, "a", "{1}", 1);

    fake_refuse(fake, fake_take(fake));
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_BROKEN);
    ck_assert_ptr_null(entry->served);
    ck_assert_uint_eq(fake->service.generation, 0);
    ck_assert_uint_eq(last_change(fake)->kind, WIRE_PROFILE_BROKEN);
    fake_free(fake);
}
END_TEST

START_TEST(of_changes_in_a_row_the_last_one_counts)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_offer(fake, "a", "{1}", 1);
    struct job *job = fake_take(fake);

    fake_offer(fake, "a", "{2}", 2);
    fake_offer(fake, "a", "{3}", 3);
    ck_assert_ptr_nonnull(entry->next);
    ck_assert_uint_eq(fake->service.jobs.n, 1);
    fake_succeed(fake, job, 1);
    check_code(entry, 1);
    ck_assert_int_eq(entry->newest, NEWEST_COMPILING);
    /* What came in between is not compiled, but who waits for it waits for the last one. */
    ck_assert_uint_eq(service_pending_since(&fake->service), 2);
    ck_assert_uint_eq(fake->service.jobs.n, 1);
    fake_succeed(fake, fake_take(fake), 3);
    check_code(entry, 3);
    ck_assert_int_eq(entry->newest, NEWEST_SERVED);
    ck_assert_uint_eq(entry->generation, 2);
    ck_assert_uint_eq(fake->service.compiles, 2);
    fake_free(fake);
}
END_TEST

START_TEST(an_older_failure_does_not_hide_that_a_newer_version_comes)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_offer(fake, "a", "{1}", 1);
    struct job *job = fake_take(fake);

    fake_offer(fake, "a", "{2}", 2);
    fake_refuse(fake, job);
    ck_assert_int_eq(entry->newest, NEWEST_COMPILING);
    ck_assert_ptr_nonnull(entry->compiling);
    fake_succeed(fake, fake_take(fake), 2);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    ck_assert_ptr_null(entry->error);
    fake_free(fake);
}
END_TEST

START_TEST(a_compile_without_a_result_is_tried_again_later)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;
    struct profile_entry *entry = fake_serve(fake, "a", "{1}", 1);

    entry->content_known = true;
    fake_offer(fake, "a", "{2}", 2);
    fake_fail(fake, fake_take(fake), "it took too long");
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_STALE);
    ck_assert_int_eq(entry->newest, NEWEST_UNKNOWN);
    ck_assert(!entry->content_known);
    check_code(entry, 1);
    ck_assert_str_eq(entry->error, "/p/a.json: error: it took too long\n");
    ck_assert_uint_eq(service->retry_usec,
                      fake->now_usec + FAILURE_WAIT_FACTOR * FAKE_TIMEOUT_USEC);

    /* Before that time it costs no worker. */
    service->retry_usec = UINT64_MAX;
    fake->now_usec++;
    fake_offer(fake, "a", "{2}", 3);
    ck_assert_uint_eq(service->jobs.n, 0);
    ck_assert_str_eq(entry->error, "/p/a.json: error: it took too long\n");
    ck_assert_uint_eq(service->retry_usec,
                      fake->now_usec + FAILURE_WAIT_FACTOR * FAKE_TIMEOUT_USEC);

    /* After a second failure the wait is twice as long. */
    fake->now_usec = service->retry_usec;
    service->retry_usec = UINT64_MAX;
    fake_offer(fake, "a", "{2}", 4);
    fake_fail(fake, fake_take(fake), "it took too long");
    ck_assert_uint_eq(service->retry_usec,
                      fake->now_usec + 2 * FAILURE_WAIT_FACTOR * FAKE_TIMEOUT_USEC);

    fake->now_usec = service->retry_usec;
    fake_offer(fake, "a", "{2}", 5);
    fake_succeed(fake, fake_take(fake), 2);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    check_code(entry, 2);
    fake_free(fake);
}
END_TEST

START_TEST(of_many_failures_one_time_to_try_again_counts)
{
    struct fake *fake = fake_new();

    for (int i = 0; i < 3; i++) {
        char name[8];

        snprintf(name, sizeof(name), "p%d", i);
        fake_offer(fake, name, name, 1);
        fake_fail(fake, fake_take(fake), "it died");
        ck_assert_uint_eq(fake->service.retry_usec, 1000 + FAILURE_WAIT_FACTOR * FAKE_TIMEOUT_USEC);
        fake->now_usec += 5;
    }
    fake_free(fake);
}
END_TEST

/* What the disk remembers counts after a restart, for every variant, until a reload. */
START_TEST(a_failure_is_remembered_over_a_restart)
{
    struct fake *fake = fake_new(), *next = fake_new();
    struct profile_entry *entry;

    fake_offer(fake, "a", "{1}", 1);
    fake_fail(fake, fake_take(fake), "it died");
    ck_assert_uint_eq(fake->n, 1);
    memcpy(next->entries, fake->entries, sizeof(next->entries));
    next->n = fake->n;
    entry = fake_offer(next, "a", "{1}", 1);
    ck_assert_uint_eq(next->service.jobs.n, 0);
    ck_assert_str_eq(entry->error, "/p/a.json: error: it died\n");
    /* Another text is another matter. */
    fake_offer(next, "b", "{2}", 1);
    fake_succeed(next, fake_take(next), 1);
    /* The second try has its turn, is suspect, and what is kept is dropped when it succeeds. */
    next->now_usec += FAILURE_WAIT_FACTOR * FAKE_TIMEOUT_USEC;
    fake_offer(next, "a", "{1}", 2);
    ck_assert_uint_eq(next->service.jobs.n, 1);
    ck_assert(TAILQ_FIRST(&next->service.jobs.waiting[JOB_NATIVE])->failed_before);
    fake_succeed(next, fake_take(next), 1);
    ck_assert_uint_eq(next->n_dropped, 1);
    fake_free(next);
    next = fake_new();
    memcpy(next->entries, fake->entries, sizeof(next->entries));
    next->n = fake->n;
    service_forgive(&next->service);
    fake_offer(next, "a", "{1}", 1);
    ck_assert_uint_eq(next->service.jobs.n, 1);
    fake_free(next);
    fake_free(fake);
}
END_TEST

START_TEST(a_reload_forgives)
{
    struct fake *fake = fake_new();

    fake_offer(fake, "a", "{1}", 1);
    fake_fail(fake, fake_take(fake), "it died");
    service_forgive(&fake->service);
    fake_offer(fake, "a", "{1}", 2);
    fake_succeed(fake, fake_take(fake), 1);
    fake_free(fake);
}
END_TEST

START_TEST(without_an_fd_to_keep_it_in_a_filter_is_tried_again)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_offer(fake, "a", "{1}", 1);
    struct job *job = fake_take(fake);
    struct rlimit before, none;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    fake_succeed(fake, job, 1);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_BROKEN);
    ck_assert_ptr_nonnull(strstr(entry->error, "Too many open files"));
    ck_assert_uint_ne(fake->service.retry_usec, UINT64_MAX);
    /* On the disk it is. */
    fake_offer(fake, "a", "{1}", 2);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    ck_assert_uint_eq(fake->service.cache_hits, 1);
    fake_free(fake);
}
END_TEST

START_TEST(what_the_cache_has_is_not_compiled)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_serve(fake, "a", "{1}", 1);

    service_remove(&fake->service, 0);
    entry = fake_offer(fake, "a", "{1}", 2);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    check_code(entry, 1);
    ck_assert_uint_eq(fake->service.jobs.n, 0);
    ck_assert_uint_eq(fake->service.cache_hits, 1);
    ck_assert_uint_eq(fake->service.compiles, 1);
    fake_free(fake);
}
END_TEST

START_TEST(a_refusal_in_the_cache_counts_as_one)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_serve(fake, "a", "{1}", 1);

    fake->entries[0].refused = true;
    service_remove(&fake->service, 0);
    entry = fake_offer(fake, "a", "{1}", 2);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_BROKEN);
    ck_assert_str_eq(entry->error, "/p/a.json:1:1: error: no\n");
    fake_free(fake);
}
END_TEST

START_TEST(a_bad_entry_is_dropped_and_compiled_anew)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = fake_serve(fake, "a", "{1}", 1);

    fake->entries[0].bad = true;
    service_remove(&fake->service, 0);
    entry = fake_offer(fake, "a", "{1}", 2);
    ck_assert_uint_eq(fake->n_dropped, 1);
    ck_assert_uint_eq(fake->service.cache_bad, 1);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_PENDING);
    fake_succeed(fake, fake_take(fake), 2);
    check_code(entry, 2);
    ck_assert_uint_eq(fake->n, 1);
    fake_free(fake);
}
END_TEST

START_TEST(without_a_cache_all_is_compiled)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry;

    fake->is_open = false;
    entry = fake_serve(fake, "a", "{1}", 1);
    check_code(entry, 1);
    ck_assert_uint_eq(fake->n, 0);
    ck_assert_uint_eq(fake->service.cache_misses, 0);
    fake_free(fake);
}
END_TEST

START_TEST(a_profile_that_is_gone_is_not_served)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;

    fake_serve(fake, "a", "{1}", 1);
    service_remove(service, 0);
    ck_assert_ptr_null(registry_find(&service->registry, "a"));
    ck_assert_uint_eq(service->generation, 2);
    ck_assert_uint_eq(last_change(fake)->kind, WIRE_CHANGE_GONE);
    ck_assert_uint_eq(last_change(fake)->generation, 2);
    fake_free(fake);
}
END_TEST

START_TEST(a_profile_that_is_gone_before_its_compile_leaves_no_job)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;
    struct job *job;

    fake_offer(fake, "a", "{1}", 1);
    service_remove(service, 0);
    ck_assert_uint_eq(service->jobs.n, 0);
    ck_assert_uint_eq(service->generation, 0);

    /* One that is under way comes to its end, and only the disk has it. */
    fake_offer(fake, "b", "{2}", 2);
    job = fake_take(fake);
    service_remove(service, 0);
    fake_succeed(fake, job, 2);
    ck_assert_uint_eq(service->jobs.n, 0);
    ck_assert_uint_eq(service->registry.n, 0);
    ck_assert_uint_eq(service->store.n, 0);
    ck_assert_uint_gt(fake->n, 0);
    fake_free(fake);
}
END_TEST

START_TEST(a_file_that_is_not_to_be_taken_leaves_the_last_good_version)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;
    struct profile_entry *entry = fake_serve(fake, "a", "{1}", 1);
    struct job *job;

    entry->content_known = true;
    fake_offer(fake, "a", "{2}", 2);
    job = fake_take(fake);
    fake_offer(fake, "a", "{3}", 3);
    service_refuse(service, entry, "others can write it", 4);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_STALE);
    ck_assert_int_eq(entry->newest, NEWEST_UNKNOWN);
    ck_assert(!entry->content_known);
    ck_assert_ptr_null(entry->next);
    ck_assert_str_eq(entry->error, "/p/a.json: error: others can write it\n");
    ck_assert_uint_eq(last_change(fake)->kind, WIRE_PROFILE_STALE);

    /* The same again is not told again. */
    uint64_t told = service->changes.n;

    service_refuse(service, entry, "others can write it", 5);
    ck_assert_uint_eq(service->changes.n, told);
    service_refuse(service, entry, "it is a directory", 6);
    ck_assert_uint_eq(service->changes.n, told + 1);

    /* The version that was taken before comes into service; the error is newer. */
    fake_succeed(fake, job, 2);
    check_code(entry, 2);
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_STALE);
    ck_assert_str_eq(entry->error, "/p/a.json: error: it is a directory\n");
    fake_free(fake);
}
END_TEST

START_TEST(the_oldest_content_is_pending)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;

    ck_assert_uint_eq(service_pending_since(service), UINT64_MAX);
    fake_offer(fake, "a", "{1}", 3);
    fake_offer(fake, "b", "{2}", 4);
    fake_offer(fake, "a", "{3}", 5);
    ck_assert_uint_eq(service_pending_since(service), 3);
    service->scanning = 2;
    ck_assert_uint_eq(service_pending_since(service), 2);
    service->scanning = 7;
    fake_succeed(fake, fake_take(fake), 1);
    ck_assert_uint_eq(service_pending_since(service), 4);
    /* Who waits for the content of scan 5 is content with the one of scan 6. */
    fake_offer(fake, "b", "{4}", 6);
    fake_offer(fake, "b", "{5}", 6);
    fake_succeed(fake, fake_take(fake), 2);
    ck_assert_uint_eq(service_pending_since(service), 5);
    service_remove(service, 0);
    ck_assert_uint_eq(service_pending_since(service), 6);
    fake_succeed(fake, fake_take(fake), 3);
    ck_assert_uint_eq(service_pending_since(service), 7);
    fake_free(fake);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "service");

    tcase_add_test(tests, the_oldest_content_is_pending);
    tcase_add_test(tests, a_first_version_comes_into_service);
    tcase_add_test(tests, a_new_version_takes_the_place_of_the_old_one_when_it_is_compiled);
    tcase_add_test(tests, who_uses_the_old_version_keeps_it);
    tcase_add_test(tests, a_broken_version_leaves_the_last_good_one);
    tcase_add_test(tests, a_broken_first_version_is_not_in_service);
    tcase_add_test(tests, of_changes_in_a_row_the_last_one_counts);
    tcase_add_test(tests, an_older_failure_does_not_hide_that_a_newer_version_comes);
    tcase_add_test(tests, a_compile_without_a_result_is_tried_again_later);
    tcase_add_test(tests, of_many_failures_one_time_to_try_again_counts);
    tcase_add_test(tests, a_failure_is_remembered_over_a_restart);
    tcase_add_test(tests, a_reload_forgives);
    tcase_add_test(tests, without_an_fd_to_keep_it_in_a_filter_is_tried_again);
    tcase_add_test(tests, what_the_cache_has_is_not_compiled);
    tcase_add_test(tests, a_refusal_in_the_cache_counts_as_one);
    tcase_add_test(tests, a_bad_entry_is_dropped_and_compiled_anew);
    tcase_add_test(tests, without_a_cache_all_is_compiled);
    tcase_add_test(tests, a_profile_that_is_gone_is_not_served);
    tcase_add_test(tests, a_profile_that_is_gone_before_its_compile_leaves_no_job);
    tcase_add_test(tests, a_file_that_is_not_to_be_taken_leaves_the_last_good_version);
    return unit_end(suite);
}
