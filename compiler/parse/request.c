/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which requests decide every condition alike. */
#include "compiler/parse/request.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "compiler/facts/kernel-version.h"
#include "compiler/parse/profile.h"
#include "util/cleanup.h"

/* By enum variant_mode. */
static const char *const mode_names[] = {"enforce", "audit", "log"};

int variant_mode_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++)
        if (!strcmp(mode_names[i], name))
            return (int)i;
    return -EINVAL;
}

const char *variant_mode_name(enum variant_mode mode)
{
    return mode_names[mode];
}

const char *variant_mode_names(void)
{
    return "enforce, audit, log";
}

/* Adds VERSION to the rising list, once. Past VARIANT_KERNELS_MAX versions: false. */
static bool add_kernel(struct variant_axes *axes, uint32_t version)
{
    uint32_t at = axes->n_kernels;

    if (!version)
        return true;
    while (at > 0 && axes->kernels[at - 1] >= version)
        at--;
    if (at < axes->n_kernels && axes->kernels[at] == version)
        return true;
    if (axes->n_kernels == VARIANT_KERNELS_MAX)
        return false;
    for (uint32_t i = axes->n_kernels++; i > at; i--)
        axes->kernels[i] = axes->kernels[i - 1];
    axes->kernels[at] = version;
    return true;
}

void variant_axes_of(struct variant_axes *axes, const struct profile *profile)
{
    *axes = (struct variant_axes){0};
    if (!profile->flags_given)
        add_kernel(axes, KERNEL_SPEC_ALLOW); /* there is room for one */
    for (size_t i = 0; i < profile->n_rules; i++) {
        const struct rule *rule = &profile->rules[i];

        axes->caps |= rule->includes.caps | rule->excludes.caps;
        if (!add_kernel(axes, rule->includes.min_kernel) ||
            !add_kernel(axes, rule->excludes.min_kernel))
            axes->all_kernels = true;
    }
}

bool variant_request_equal(const struct variant_request *a, const struct variant_request *b)
{
    return a->target == b->target && a->caps == b->caps && a->kernel == b->kernel &&
           a->mode == b->mode;
}

void variant_normalise(const struct variant_axes *axes, struct variant_request *request)
{
    uint32_t reached = 0;

    request->caps &= axes->caps;
    if (axes->all_kernels)
        return;
    for (uint32_t i = 0; i < axes->n_kernels && axes->kernels[i] <= request->kernel; i++)
        reached = axes->kernels[i];
    request->kernel = reached;
}
