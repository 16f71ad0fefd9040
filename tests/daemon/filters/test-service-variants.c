/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of daemon/filters/service.c: where the variants are found that clients ask for, who is
 * woken when they come, and what is made ahead of time.
 */
#include "compiler/parse/request.h"
#include "daemon/filters/service.h"

#include "tests/daemon/filters/fake-service.h"

/* Somebody who waits. */
struct guest {
    struct waiter waiter;
    unsigned woken;
    char why[64];
};

static void on_wake(struct waiter *waiter, const char *why)
{
    struct guest *guest = (struct guest *)waiter;

    guest->woken++;
    snprintf(guest->why, sizeof(guest->why), "%s", why ? why : "");
}

static struct guest guest_make(void)
{
    return (struct guest){.waiter.wake = on_wake};
}

static void find(struct fake *fake, struct profile_entry *entry, uint64_t caps, int expected,
                 struct variant_request *request, struct found *found)
{
    *request = service_default_request(&fake->service);
    request->caps = caps;
    ck_assert_int_eq(service_find(&fake->service, entry->served, request, found), expected);
}

/* Has the profile "a" in service, whose rules name the capability 1. */
static struct profile_entry *serve_with_caps(struct fake *fake)
{
    struct profile_entry *entry = fake_serve(fake, "a", "{1}", 1);

    entry->served->axes = (struct variant_axes){.caps = 1};
    return entry;
}

START_TEST(a_variant_is_found_where_it_is)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;
    struct profile_entry *entry = serve_with_caps(fake);
    struct variant_request request;
    struct found found;
    struct job *job;

    /* Without capabilities, or with one that no rule names, it is the native one. */
    find(fake, entry, 2, VARIANT_HERE, &request, &found);
    ck_assert_ptr_eq(found.variant, entry->native);
    find(fake, entry, 1, VARIANT_NOWHERE, &request, &found);
    ck_assert_int_eq(service_request(service, entry->served, &request, &job), 0);
    ck_assert_int_eq(job->priority, JOB_REQUEST);
    find(fake, entry, 3, VARIANT_COMING, &request, &found);
    ck_assert_ptr_eq(found.job, job);
    ck_assert_ptr_eq(fake_take(fake), job);
    fake_succeed(fake, job, 9);
    find(fake, entry, 1, VARIANT_HERE, &request, &found);
    ck_assert_uint_eq(found.variant->request.caps, 1);

    /* From the disk, once memory has it no longer. */
    service_remove(service, 0);
    entry = fake_offer(fake, "a", "{1}", 2);
    entry->served->axes = (struct variant_axes){.caps = 1};
    find(fake, entry, 1, VARIANT_READ, &request, &found);
    find(fake, entry, 1, VARIANT_HERE, &request, &found);
    fake_free(fake);
}
END_TEST

START_TEST(a_variant_that_failed_costs_no_worker)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = serve_with_caps(fake);
    struct variant_request request;
    struct found found;
    struct job *job;

    find(fake, entry, 1, VARIANT_NOWHERE, &request, &found);
    ck_assert_int_eq(service_request(&fake->service, entry->served, &request, &job), 0);
    fake_fail(fake, fake_take(fake), "it took too long");
    find(fake, entry, 1, VARIANT_FAILED, &request, &found);
    ck_assert_str_eq(found.failure->why, "it took too long");
    /* The profile itself is as it was, and nothing is looked at again because of it. */
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    ck_assert_uint_eq(fake->service.retry_usec, UINT64_MAX);
    fake->now_usec = found.failure->until_usec;
    find(fake, entry, 1, VARIANT_NOWHERE, &request, &found);
    fake_free(fake);
}
END_TEST

START_TEST(a_variant_that_the_compiler_refuses_is_kept_as_that)
{
    struct fake *fake = fake_new();
    struct profile_entry *entry = serve_with_caps(fake);
    struct variant_request request;
    struct found found;
    struct job *job;

    find(fake, entry, 1, VARIANT_NOWHERE, &request, &found);
    ck_assert_int_eq(service_request(&fake->service, entry->served, &request, &job), 0);
    fake_refuse(fake, fake_take(fake));
    find(fake, entry, 1, VARIANT_HERE, &request, &found);
    ck_assert(found.variant->refused);
    ck_assert_str_eq(found.variant->text, ":2:3: error: no\n");
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_SERVED);
    fake_free(fake);
}
END_TEST

START_TEST(who_waits_is_woken)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;
    struct profile_entry *entry = serve_with_caps(fake);
    struct guest first = guest_make(), second = guest_make(), gone = guest_make();
    struct variant_request request;
    struct found found;
    struct job *job;

    find(fake, entry, 1, VARIANT_NOWHERE, &request, &found);
    ck_assert_int_eq(service_request(service, entry->served, &request, &job), 0);
    jobs_wait(job, &first.waiter, 1000);
    jobs_wait(job, &second.waiter, 1001);
    jobs_wait(job, &gone.waiter, 1002);
    service_leave(service, &gone.waiter);
    fake_succeed(fake, fake_take(fake), 2);
    ck_assert_uint_eq(first.woken, 1);
    ck_assert_uint_eq(second.woken, 1);
    ck_assert_uint_eq(gone.woken, 0);
    ck_assert_str_eq(first.why, "");

    /* Who left last takes a job along that waits. */
    request.target = target_by_name("aarch64");
    ck_assert_int_eq(service_request(service, entry->served, &request, &job), 0);
    jobs_wait(job, &first.waiter, 1000);
    service_leave(service, &first.waiter);
    ck_assert_uint_eq(service->jobs.n, 0);

    ck_assert_int_eq(service_request(service, entry->served, &request, &job), 0);
    jobs_wait(job, &first.waiter, 1000);
    fake_fail(fake, fake_take(fake), "it died");
    ck_assert_uint_eq(first.woken, 2);
    ck_assert_str_eq(first.why, "it died");
    fake_free(fake);
}
END_TEST

START_TEST(who_waits_for_a_version_looks_again_whatever_became_of_it)
{
    struct fake *fake = fake_new();
    struct guest guest = guest_make();
    struct profile_entry *entry = fake_offer(fake, "a", "{1}", 1);

    jobs_wait(service_job_of(&fake->service, entry), &guest.waiter, 0);
    fake_fail(fake, fake_take(fake), "it died");
    ck_assert_uint_eq(guest.woken, 1);
    ck_assert_str_eq(guest.why, "");
    ck_assert_int_eq(entry_state(entry), WIRE_PROFILE_BROKEN);
    fake_free(fake);
}
END_TEST

START_TEST(who_waits_for_a_scan_is_woken_when_all_of_it_is_done)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;
    struct guest first = guest_make(), second = guest_make(), gone = guest_make();
    struct job *a, *b;

    fake_offer(fake, "a", "{1}", 1);
    a = fake_take(fake);
    fake_offer(fake, "b", "{2}", 2);
    b = fake_take(fake);
    service_wait_for_scan(service, &first.waiter, 1);
    service_wait_for_scan(service, &gone.waiter, 1);
    service_wait_for_scan(service, &second.waiter, 2);
    service_leave(service, &gone.waiter);
    /* Nothing follows from it, nor from leaving twice. */
    service_leave(service, &gone.waiter);
    ck_assert_uint_eq(fake->n_changed, 0);
    ck_assert_uint_eq(service_wake_scanned(service), 1);
    ck_assert_uint_eq(first.woken, 0);
    fake_refuse(fake, a);
    ck_assert_uint_eq(service_wake_scanned(service), 2);
    ck_assert_uint_eq(first.woken, 1);
    ck_assert_uint_eq(second.woken, 0);
    fake_succeed(fake, b, 2);
    ck_assert_uint_eq(service_wake_scanned(service), UINT64_MAX);
    ck_assert_uint_eq(second.woken, 1);
    ck_assert_uint_eq(first.woken, 1);
    ck_assert_uint_eq(gone.woken, 0);
    fake_free(fake);
}
END_TEST

START_TEST(what_is_made_ahead_of_time_goes_to_the_disk_alone)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;
    struct profile_entry *entry = serve_with_caps(fake);
    struct variant_request request = service_default_request(service);

    source_normalise(entry->served, &request);
    request.target = target_by_name("aarch64");
    service_prepare(service, entry->served, &request);
    fake_succeed(fake, fake_take(fake), 2);
    ck_assert_uint_eq(fake->n, 2);
    ck_assert_uint_eq(service->store.n, 1);
    /* Once it is there, or failed, there is nothing to do. */
    service_prepare(service, entry->served, &request);
    ck_assert_uint_eq(service->jobs.n, 0);
    request.caps = 1;
    service_prepare(service, entry->served, &request);
    fake_fail(fake, fake_take(fake), "it died");
    service_prepare(service, entry->served, &request);
    ck_assert_uint_eq(service->jobs.n, 0);

    /* Where somebody waits for it, memory has it, too. */
    fake->now_usec += FAILURE_WAIT_FACTOR * FAKE_TIMEOUT_USEC;
    request.target = target_by_name("arm");
    service_prepare(service, entry->served, &request);

    struct job *job = fake_take(fake);
    struct guest guest = guest_make();

    jobs_wait(job, &guest.waiter, 0);
    fake_succeed(fake, job, 3);
    ck_assert_uint_eq(guest.woken, 1);
    ck_assert_uint_eq(service->store.n, 2);
    fake_free(fake);
}
END_TEST

/* A profile without a name, as COMPILE brings it. */
START_TEST(a_content_is_found_on_the_disk_whatever_it_is_asked_for_with)
{
    struct fake *fake = fake_new();
    struct service *service = &fake->service;
    struct variant_request request = service_default_request(service);
    struct source *source;
    struct found found;
    struct job *job;

    ck_assert_int_eq(contents_take(&service->contents, &service->store, "{9}", 3, &source), 0);
    request.caps = 4;
    ck_assert_int_eq(service_find(service, source, &request, &found), VARIANT_NOWHERE);
    ck_assert_int_eq(service_request(service, source, &request, &job), 0);
    fake_succeed(fake, fake_take(fake), 5);
    /* It has no conditions: its only variant is on the disk under both requests. */
    ck_assert_uint_eq(fake->n, 2);
    source_unref(source);
    contents_clear(&service->contents);
    ck_assert_uint_eq(service->store.n, 0);

    ck_assert_int_eq(contents_take(&service->contents, &service->store, "{9}", 3, &source), 0);
    request = service_default_request(service);
    request.caps = 8;
    ck_assert_int_eq(service_find(service, source, &request, &found), VARIANT_READ);
    ck_assert_uint_eq(request.caps, 0);
    source_unref(source);
    fake_free(fake);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "service-variants");

    tcase_add_test(tests, a_variant_is_found_where_it_is);
    tcase_add_test(tests, a_variant_that_failed_costs_no_worker);
    tcase_add_test(tests, a_variant_that_the_compiler_refuses_is_kept_as_that);
    tcase_add_test(tests, who_waits_is_woken);
    tcase_add_test(tests, who_waits_for_a_version_looks_again_whatever_became_of_it);
    tcase_add_test(tests, who_waits_for_a_scan_is_woken_when_all_of_it_is_done);
    tcase_add_test(tests, what_is_made_ahead_of_time_goes_to_the_disk_alone);
    tcase_add_test(tests, a_content_is_found_on_the_disk_whatever_it_is_asked_for_with);
    return unit_end(suite);
}
