/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a filter is asked for, and which parts of that a profile's conditions can tell apart.
 */
#ifndef COMPILER_PARSE_REQUEST_H
#define COMPILER_PARSE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct profile;
struct target;

/* What is done with the verdicts of a profile. */
enum variant_mode {
    VARIANT_ENFORCE, /* as they are */
    VARIANT_AUDIT,   /* what would be denied is let through, and logged */
    VARIANT_LOG,     /* as they are, and what is denied is logged */
};

/* The mode called NAME, "enforce", "audit" or "log", as enum variant_mode, or -EINVAL. */
int variant_mode_by_name(const char *name);
const char *variant_mode_name(enum variant_mode mode);
const char *variant_mode_names(void);

/* What a variant is made for. */
struct variant_request {
    const struct target *target;
    uint64_t caps;   /* capability set, bit 1 << number */
    uint32_t kernel; /* KERNEL_VERSION() of the kernel that the filter will run on */
    enum variant_mode mode;
};

bool variant_request_equal(const struct variant_request *a, const struct variant_request *b);

enum {
    VARIANT_KERNELS_MAX = 16,
};

/*
 * What the conditions of a profile look at. Requests that agree in these parts decide every
 * condition alike, so they share a variant: see variant_normalise().
 */
struct variant_axes {
    uint64_t caps; /* the capabilities that some rule names */
    uint32_t
        kernels[VARIANT_KERNELS_MAX]; /* the kernel versions that something depends on, rising */
    uint32_t n_kernels;
    bool all_kernels; /* more versions than fit here: each kernel version has its own variant */
};

/* Collects what the conditions of PROFILE look at, and its flags where it does not list them. */
void variant_axes_of(struct variant_axes *axes, const struct profile *profile);

/*
 * Cuts REQUEST down to what AXES can tell apart: capabilities that no rule names are dropped, the
 * kernel becomes the greatest named version that it reaches (0: it reaches none). Its mode stays.
 */
void variant_normalise(const struct variant_axes *axes, struct variant_request *request);

#endif
