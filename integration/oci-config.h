/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What secprof reads in an OCI config.json, and how it writes a new one: the old text with a few
 * parts replaced. Every other byte stays: numbers to the last digit, and fields that are unknown
 * here. Pure functions over memory.
 */
#ifndef INTEGRATION_OCI_CONFIG_H
#define INTEGRATION_OCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/parse/json.h"

struct arena;
struct diags;

enum {
    OCI_CONFIG_MAX_BYTES = 16 * 1024 * 1024,
    OCI_CONFIG_MAX_DEPTH = 512,
    OCI_CONFIG_MEMORY = 512 * 1024 * 1024, /* that hook and shim take at most for one */
};

/* The profile that a container asks for. */
#define OCI_ANNOTATION_PROFILE "io.secprof.profile"
/* A filter's bytes in base64: crun installs them and leaves linux.seccomp's rules alone. */
#define OCI_ANNOTATION_BPF "run.oci.seccomp_bpf_data"
/*
 * Beside a filter that secprof put in: its digest. It says where the filter came from, and that it
 * may be replaced, since the same configuration can pass through here more than once.
 */
#define OCI_ANNOTATION_FILTER "io.secprof.filter"

/* A configuration. It borrows its text; what it points to lives in the arena. */
struct oci_config {
    const char *text;
    size_t len;
    struct json_doc doc;
    const struct json_node *annotations; /* an object, a null, or NULL */
    const struct json_node *linux_part;  /* an object, or NULL */
    const struct json_node *seccomp;     /* in linux_part: an object, a null, or NULL */
    const char *profile;                 /* of OCI_ANNOTATION_PROFILE, or NULL */
    const char *bpf;                     /* of OCI_ANNOTATION_BPF, or NULL */
    bool marked;                         /* it has OCI_ANNOTATION_FILTER */
    uint64_t caps;                       /* the bounding set, bit 1 << CAP_* */
};

/*
 * Reads the LEN bytes at TEXT, which must be kept, into *CONFIG. Capabilities that are not known
 * here are left out: no profile can name them. Refuses what json_parse() does, values of the wrong
 * type in a field that secprof reads, and keys that Go's decoder (runc) would take for one of these
 * although they are spelled differently. Returns 0; -EINVAL where DIAGS got an error; -ENOMEM.
 */
int oci_config_parse(struct oci_config *config, const char *text, size_t len, struct arena *arena,
                     struct diags *diags);

/* True where the container has rules of its own in linux.seccomp. */
bool oci_config_has_rules(const struct oci_config *config);

/* What is different in a new text. */
struct oci_change {
    const char *bpf;     /* base64, in the place of any filter that is there; NULL: none */
    const char *digest;  /* what OCI_ANNOTATION_FILTER says of BPF */
    const char *seccomp; /* JSON in the place of linux.seccomp; NULL: that stays as it is */
};

/*
 * The text of CONFIG with CHANGE, in ARENA and ended by a NUL that does not count. Neither of the
 * annotations may need escapes. CONFIG has a linux_part where CHANGE has rules. Returns NULL where
 * there is no memory.
 */
char *oci_config_rewrite(const struct oci_config *config, const struct oci_change *change,
                         struct arena *arena, size_t *len);

#endif
