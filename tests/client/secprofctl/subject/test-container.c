/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers by the names of their cgroups, as engines really write them. */
#include "client/secprofctl/subject/container.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define ID    "4c01db0b339c8d1e2f30415263748596a7b8c9daebfc0d1e2f30415263748596"
#define OTHER "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct {
    const char *cgroup;
    const char *engine;
    const char *id;
} cases[] = {
    {"/system.slice/docker-" ID ".scope", "docker", ID},
    {"/docker/" ID, "docker", ID},
    {"/docker/" ID "/init.scope", "docker", ID},
    {"/docker/" OTHER "/docker/" ID, "docker", ID},
    {"/machine.slice/libpod-" ID ".scope", "podman", ID},
    {"/machine.slice/libpod-" ID ".scope/container", "podman", ID},
    {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
     "podman", ID},
    {"/libpod_parent/libpod-" ID, "podman", ID},
    {"/machine.slice/libpod-conmon-" ID ".scope", NULL, NULL},
    {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f2e.slice/cri-containerd-" ID
     ".scope",
     "containerd", ID},
    {"/kubepods/burstable/pod2e6a6b5c-0000-4d6e-8f00-112233445566/" ID, NULL, ID},
    {"/kubepods.slice/kubepods-podabc.slice/crio-" ID ".scope", "cri-o", ID},
    {"/kubepods.slice/kubepods-podabc.slice/crio-conmon-" ID ".scope", NULL, NULL},
    {"/system.slice/nerdctl-" ID ".scope", "containerd", ID},
    {"/default/" ID, NULL, ID},
    {"/system.slice/crun-web.scope", "crun", "web"},
    {"/user.slice/runc-my-box_1.scope", "runc", "my-box_1"},
    {"/../../../docker-" ID ".scope", "docker", ID},
    {"/", NULL, NULL},
    {"", NULL, NULL},
    {"/system.slice/docker.service", NULL, NULL},
    {"/system.slice/docker-images", NULL, NULL},
    {"/system.slice/docker-.scope", NULL, NULL},
    {"/system.slice/crun-web", NULL, NULL},
    {"/init.scope", NULL, NULL},
    {"/x/4c01db0b339c", NULL, NULL},
    {"/x/" ID "0", NULL, NULL},
    {"/x/4C" ID, NULL, NULL},
};

START_TEST(each_engine)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct container container;

    ck_assert_int_eq(container_of_cgroup(&container, cases[_i].cgroup, &arena), 0);
    ck_assert_pstr_eq(container.engine, cases[_i].engine);
    ck_assert_pstr_eq(container.id, cases[_i].id);
}
END_TEST

START_TEST(no_memory)
{
    cleanup_arena struct arena arena = {.limit = 1};
    struct container container;

    ck_assert_int_lt(container_of_cgroup(&container, "/docker/" ID, &arena), 0);
}
END_TEST

START_TEST(a_process)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *cgroup = container_cgroup(getpid(), &arena);

    if (access("/proc/self/cgroup", R_OK) == 0) {
        ck_assert_ptr_nonnull(cgroup);
        ck_assert_int_eq(*cgroup, '/');
    }
    ck_assert_ptr_null(container_cgroup(0x7fffffff, &arena));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("container");
    TCase *tc = tcase_create("container");

    tcase_add_loop_test(tc, each_engine, 0, ARRAY_SIZE(cases));
    tcase_add_test(tc, no_memory);
    tcase_add_test(tc, a_process);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
