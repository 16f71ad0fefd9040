/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows findLastSyscalls() and generateEnosysStub(). */
#include "tests/compiler/runc-stub.h"

#include <linux/seccomp.h>
#include <seccomp.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "tests/compiler/reference.h"

static bool has_stub(const struct profile *profile)
{
    switch (profile->default_verdict & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
    case SECCOMP_RET_TRACE:
        return false;
    default:
        return true;
    }
}

static bool lists(const struct profile *profile, const struct variant_request *request,
                  const struct abi *abi)
{
    enum abi_id native = request->target->abis[0];

    if (profile->architectures >> abi->id & 1)
        return true;
    /* Docker and Podman write out the entry of the machine, with its own architecture. */
    for (size_t i = 0; i < profile->n_arch_map; i++)
        if (profile->arch_map[i].architecture == native &&
            (abi->id == native || profile->arch_map[i].sub_architectures >> abi->id & 1))
            return true;
    return false;
}

static uint32_t find_highest(const struct profile *profile, const struct variant_request *request,
                             const struct abi *abi)
{
    uint32_t token = seccomp_arch_resolve_name(abi->name);
    int highest = 0;

    for (size_t i = 0; i < profile->n_rules; i++) {
        const struct rule *rule = &profile->rules[i];

        for (size_t k = 0; k < rule->n_names && reference_is_active(rule, request); k++) {
            int nr = seccomp_syscall_resolve_name_arch(token, rule->names[k].name);

            /* Calls behind a multiplexer have negative numbers: they never are the highest. */
            if (nr != __NR_SCMP_ERROR && nr > highest)
                highest = nr;
        }
    }
    return (uint32_t)highest;
}

void runc_stub_make(struct runc_stub *stub, const struct profile *profile,
                    const struct variant_request *request)
{
    *stub = (struct runc_stub){.target = request->target, .any = has_stub(profile)};
    for (int i = 0; i < request->target->n_abis; i++) {
        const struct abi *abi = abi_get(request->target->abis[i]);

        if (lists(profile, request, abi))
            stub->listed |= (abi_set)1 << abi->id;
        stub->highest[abi->id] = find_highest(profile, request, abi);
    }
}

bool runc_stub_says_enosys(const struct runc_stub *stub, const struct seccomp_data *data)
{
    uint32_t nr = (uint32_t)data->nr;

    for (int i = 0; stub->any && i < stub->target->n_abis; i++) {
        const struct abi *abi = abi_get(stub->target->abis[i]);
        bool s390 = abi->id == ABI_S390 || abi->id == ABI_S390X;
        uint32_t highest = stub->highest[abi->id];

        if (abi->audit_arch != data->arch || !(stub->listed >> abi->id & 1))
            continue;
        /* One bit tells the two of x86_64 apart, for number -1 too. */
        if ((abi->id == ABI_X86_64 && nr & X32_SYSCALL_BIT) ||
            (abi->id == ABI_X32 && !(nr & X32_SYSCALL_BIT)))
            continue;
        if (highest != 0 && (nr > highest || (s390 && nr == 0)))
            return true;
    }
    return false;
}
