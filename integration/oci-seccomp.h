/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decides about a container's configuration: which filter it gets, from where, and what happens if
 * there is none. Does no input or output of its own.
 */
#ifndef INTEGRATION_OCI_SECCOMP_H
#define INTEGRATION_OCI_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct variant_request;

enum {
    OCI_DIGEST_SIZE = 32,
};

/* A filter, with the profile that it was made from where that was asked for by name. */
struct oci_filter {
    const void *bytes; /* struct sock_filter */
    size_t len;
    unsigned char digest[OCI_DIGEST_SIZE]; /* SHA-256 of the bytes */
    const char *profile;                   /* JSON */
    size_t profile_len;
    bool stale; /* the profile's file is broken now; this is its last good version */
};

/*
 * Where filters come from. What they return lives in ARENA. Each function returns 0, or -errno and
 * in *WHY one line.
 */
struct oci_source {
    int (*get_named)(void *user, const char *name, const struct variant_request *request,
                     struct arena *arena, struct oci_filter *filter, const char **why);
    int (*get_content)(void *user, const char *profile, size_t len,
                       const struct variant_request *request, struct arena *arena,
                       struct oci_filter *filter, const char **why);
    void *user;
};

/*
 * True where LIST, names between commas and blanks, has NAME, or "*" for all. A name with a mode at
 * its end is another name, and none that "*" stands for. A LIST of NULL has none.
 */
bool oci_names_include(const char *list, const char *name);

struct oci_policy {
    const char *profile;         /* the profile of every container, or NULL */
    const char *allow;           /* profiles that annotations may ask for, or NULL: none */
    bool named_only;             /* containers that ask for no profile by name get none */
    const struct target *target; /* the host's */
    uint32_t kernel;             /* the host's */
    const struct oci_source *source;
};

enum oci_outcome {
    OCI_UNCHANGED, /* the container starts as its configuration says */
    OCI_CHANGED,   /* it starts as the new text says */
    OCI_REFUSED,   /* it must not start */
};

struct oci_result {
    enum oci_outcome outcome;
    const char *text; /* OCI_CHANGED: the whole new configuration */
    size_t len;
    const char *where;   /* root.path of the configuration, to tell containers apart; or NULL */
    const char *message; /* why it was refused, or what the container gets; NULL: nothing to tell */
    bool
        must_change; /* the old configuration must not be used: it has a name, or an older filter */
    bool fallback;   /* a filter was wanted, but only the container's own rules are there */
};

/*
 * Decides about the configuration in the LEN bytes at TEXT, which must be kept:
 *
 * - A profile asked for by name, in POLICY or in the annotation io.secprof.profile: its filter goes
 *   in, and linux.seccomp becomes its rules, for runtimes that take no filter. Without it: refused.
 *   So is an annotation that POLICY does not allow: Podman gives containers the annotations of
 * their image, and an image must not choose among the profiles of the host.
 * - Else the container's own linux.seccomp, by content: its filter goes in, and the rules stay.
 *   Without it the rules alone have to do, as they did without secprof.
 * - No rules either: the container asks for no filter, and gets none.
 *
 * A filter that somebody else put beside the rules would win over them unread. That is refused,
 * unless a name says what is to be in its place; with named_only too.
 *
 * Everything in *RESULT lives in ARENA; where that has no more memory, the container is refused.
 */
void oci_seccomp_apply(struct oci_result *result, const struct oci_policy *policy, const char *text,
                       size_t len, struct arena *arena);

/*
 * The new text of RESULT could not be put in its place, because of WHY: what that means for the
 * container, whose old configuration is still there.
 */
void oci_seccomp_not_written(struct oci_result *result, const char *why, struct arena *arena);

#endif
