/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profiles that the daemon has: one list, and a status for each that is asked about. */
#include "client/secprofctl/subject/profiles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/libsecprof/secprof.h"

void profiles_free(struct served_profiles *profiles)
{
    for (size_t i = 0; i < profiles->n; i++) {
        free(profiles->items[i].name);
        free(profiles->items[i].status);
    }
    free(profiles->items);
    *profiles = (struct served_profiles){.items = NULL};
}

static int collect(const struct secprof_entry *entry, void *data)
{
    struct served_profiles *profiles = data;
    struct served_profile *more =
        reallocarray(profiles->items, profiles->n + 1, sizeof(*profiles->items));

    if (!more)
        return -ENOMEM;
    profiles->items = more;

    struct served_profile *own = &more[profiles->n];

    *own = (struct served_profile){
        .name = strdup(entry->name),
        .state = entry->state,
        .n_insns = entry->n_insns,
        .generation = entry->generation,
    };
    memcpy(own->digest, entry->digest, sizeof(own->digest));
    profiles->n += own->name != NULL;
    return own->name ? 0 : -ENOMEM;
}

int profiles_list(struct secprof *handle, struct served_profiles *profiles)
{
    return secprof_list(handle, collect, profiles);
}

/* How many lines of TEXT are warnings, as the compiler renders them. */
static size_t count_warnings(const char *text)
{
    static const char mark[] = ": warning: ";
    size_t n = 0;

    while ((text = strstr(text, mark))) {
        n++;
        text += strcspn(text, "\n");
    }
    return n;
}

int profiles_ask(struct secprof *handle, struct served_profile *profile)
{
    int r = secprof_profile_status(handle, profile->name, &profile->status);

    if (r == 0)
        profile->n_warnings = count_warnings(profile->status->text);
    return r == -ENOENT ? 0 : r;
}

int profiles_ask_all(struct secprof *handle, struct served_profiles *profiles)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < profiles->n; i++)
        r = profiles_ask(handle, &profiles->items[i]);
    return r;
}
