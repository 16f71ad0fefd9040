/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profiles that the daemon has for this user, and what it says of each. */
#ifndef CLIENT_SECPROFCTL_SUBJECT_PROFILES_H
#define CLIENT_SECPROFCTL_SUBJECT_PROFILES_H

#include <stddef.h>
#include <stdint.h>

struct secprof;
struct secprof_profile_status;

struct served_profile {
    char *name;
    uint32_t state;           /* enum secprof_state */
    uint32_t n_insns;         /* 0: nothing is in service */
    uint64_t generation;      /* the same */
    unsigned char digest[32]; /* where something is */

    /* by profiles_ask(); NULL: it was not asked, or is gone since */
    struct secprof_profile_status *status;
    size_t n_warnings; /* in it */
};

struct served_profiles {
    struct served_profile *items; /* in strcmp() order of their names */
    size_t n;
};

/* Asks HANDLE for the list. Returns 0 or the library's code; PROFILES is freed in any case. */
int profiles_list(struct secprof *handle, struct served_profiles *profiles);

/* Asks HANDLE for PROFILE's status. Returns 0, also where the profile is gone, or the
 * library's code. */
int profiles_ask(struct secprof *handle, struct served_profile *profile);

/* The same for all of them. */
int profiles_ask_all(struct secprof *handle, struct served_profiles *profiles);

void profiles_free(struct served_profiles *profiles);

#define cleanup_profiles __attribute__((cleanup(profiles_free)))

#endif
