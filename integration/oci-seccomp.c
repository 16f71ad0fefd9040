/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decision. Whatever goes wrong where a name was given ends in refuse(). */
#include "integration/oci-seccomp.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/render.h"
#include "compiler/policy/resolve.h"
#include "integration/oci-config.h"
#include "protocol/codec.h"
#include "util/arena.h"
#include "util/base64.h"
#include "util/cleanup.h"
#include "util/hex.h"

/* The decision about one configuration, while it is made. */
struct decision {
    const struct oci_policy *policy;
    struct oci_config config;
    struct arena *arena;
    struct oci_result *result;
};

__attribute__((format(printf, 2, 3))) static void refuse(struct decision *d, const char *fmt, ...)
{
    va_list args;
    char *text;

    va_start(args, fmt);
    text = arena_vprintf(d->arena, fmt, args);
    va_end(args);
    d->result->outcome = OCI_REFUSED;
    d->result->message = text ? text : "out of memory";
}

static struct variant_request make_request(const struct decision *d)
{
    return (struct variant_request){
        .target = d->policy->target,
        .caps = d->config.caps,
        .kernel = d->policy->kernel,
    };
}

static_assert(VARIANT_ENFORCE == (int)WIRE_MODE_ENFORCE && VARIANT_AUDIT == (int)WIRE_MODE_AUDIT &&
                  VARIANT_LOG == (int)WIRE_MODE_LOG,
              "the wire and the compiler count modes alike");

/* The same for the profile called NAME, which may end in a mode. */
static struct variant_request make_named_request(const struct decision *d, const char *name)
{
    struct variant_request request = make_request(d);
    enum wire_mode mode;

    wire_name_split(name, &mode);
    request.mode = (enum variant_mode)mode;
    return request;
}

/* The configuration with FILTER, and with RULES (NULL: its own) as linux.seccomp. */
static void put_in(struct decision *d, const struct oci_filter *filter, const char *rules,
                   const char *of)
{
    char digest[sizeof("sha256:") + HEX_SIZE(OCI_DIGEST_SIZE)] = "sha256:";
    struct oci_change change = {.digest = digest, .seccomp = rules};
    char *base64 = arena_alloc(d->arena, BASE64_SIZE(filter->len));

    hex_encode(filter->digest, OCI_DIGEST_SIZE, digest + strlen(digest));
    if (base64) {
        change.bpf = base64_encode(filter->bytes, filter->len, base64);
        d->result->text = oci_config_rewrite(&d->config, &change, d->arena, &d->result->len);
    }
    if (!d->result->text) {
        refuse(d, "out of memory");
        return;
    }
    d->result->outcome = OCI_CHANGED;
    d->result->message = arena_printf(
        d->arena, "filter of %s: %zu instructions, %s%s", of,
        filter->len / sizeof(struct sock_filter), digest,
        filter->stale ? "; its file is broken now, this is its last good version" : "");
}

/* The rules of PROFILE for this container as linux.seccomp; NULL: the container was refused. */
static char *render_rules(struct decision *d, const char *name, const struct oci_filter *filter)
{
    const struct variant_request request = make_named_request(d, name);
    struct profile profile;
    struct variant variant;
    struct diags diags;
    char *rules = NULL;
    int r;

    diags_init(&diags, d->arena);
    r = profile_parse(&profile, filter->profile, filter->profile_len, d->arena, &diags);
    if (r == 0)
        r = variant_resolve(&variant, &profile, &request, d->arena, &diags);
    if (r == 0)
        rules = render_linux_seccomp(&variant, RENDER_FOR_SECPROF, NULL);
    if (rules)
        return rules;

    const char *lines = r == -EINVAL ? diags_render(&diags, d->arena, name) : NULL;

    refuse(d, "profile %s cannot be resolved here: %s", diag_quote(d->arena, name),
           lines ? lines : "out of memory");
    return NULL;
}

static void apply_named(struct decision *d, const char *name)
{
    const struct variant_request request = make_named_request(d, name);
    const struct oci_source *source = d->policy->source;
    const char *quoted = diag_quote(d->arena, name);
    struct oci_filter filter = {.bytes = NULL};
    const char *why = NULL;

    d->result->must_change = true;
    if (!d->config.linux_part) {
        refuse(d, "profile %s was asked for, but the configuration has no \"linux\" to put it in",
               quoted);
        return;
    }
    if (source->get_named(source->user, name, &request, d->arena, &filter, &why) < 0) {
        refuse(d, "no filter for profile %s: %s", quoted, why ? why : "out of memory");
        return;
    }

    cleanup_free char *rules = render_rules(d, name, &filter);
    const char *of = arena_printf(d->arena, "profile %s", quoted);

    if (rules)
        put_in(d, &filter, rules, of ? of : "the profile");
}

/*
 * No filter for the container's own rules, because of WHY. A filter that secprof put in earlier may
 * have been made from other rules than these: it goes, and the rules stay.
 */
static void fall_back(struct decision *d, const char *why)
{
    static const struct oci_change nothing = {NULL, NULL, NULL};

    d->result->fallback = true;
    d->result->message =
        arena_printf(d->arena, "left to the runtime's own compiler: %s", why ? why : "no memory");
    if (!d->config.marked)
        return;
    d->result->must_change = true;
    d->result->text = oci_config_rewrite(&d->config, &nothing, d->arena, &d->result->len);
    if (d->result->text)
        d->result->outcome = OCI_CHANGED;
    else
        refuse(d, "out of memory");
}

/*
 * The key in RULES, a linux.seccomp, that secprof understands and an OCI runtime ignores: the two
 * would read different rules. NULL: there is none.
 */
static const char *find_foreign_key(const struct json_node *rules)
{
    static const char *const of_profiles[] = {"archMap", "defaultErrno"};
    static const char *const of_rules[] = {"name", "includes", "excludes", "errno"};
    const struct json_node *list = json_get(rules, "syscalls");

    for (size_t i = 0; i < ARRAY_SIZE(of_profiles); i++)
        if (json_get(rules, of_profiles[i]))
            return of_profiles[i];
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->n; i++)
        for (size_t k = 0; list->items[i].type == JSON_OBJECT && k < ARRAY_SIZE(of_rules); k++)
            if (json_get(&list->items[i], of_rules[k]))
                return of_rules[k];
    return NULL;
}

static void refuse_foreign_filter(struct decision *d)
{
    refuse(d,
           "the annotation %s would win over the rules in linux.seccomp, and secprof did "
           "not put it there; take one of the two out, or name a profile in %s",
           OCI_ANNOTATION_BPF, OCI_ANNOTATION_PROFILE);
}

static void apply_content(struct decision *d)
{
    const struct variant_request request = make_request(d);
    const struct oci_source *source = d->policy->source;
    const struct json_node *rules = d->config.seccomp;
    const char *foreign = find_foreign_key(rules);
    struct oci_filter filter = {.bytes = NULL};
    const char *why = NULL;

    if (d->config.bpf && !d->config.marked) {
        refuse_foreign_filter(d);
        return;
    }
    d->result->must_change = d->config.marked;
    if (foreign)
        fall_back(d,
                  arena_printf(d->arena, "its linux.seccomp has the key \"%s\", which is not OCI's",
                               foreign));
    else if (source->get_content(source->user, d->config.text + rules->offset,
                                 rules->end - rules->offset, &request, d->arena, &filter, &why) < 0)
        fall_back(d, why);
    else
        put_in(d, &filter, NULL, "the container's own rules");
}

bool oci_names_include(const char *list, const char *name)
{
    static const char between[] = ", \t";
    size_t len = strlen(name);
    enum wire_mode mode;

    if (!list)
        return false;
    wire_name_split(name, &mode);
    for (list += strspn(list, between); *list;) {
        size_t word = strcspn(list, between);

        /* Under "web@audit" all is permitted: who may choose a profile may not choose that. */
        if ((word == 1 && *list == '*' && mode == WIRE_MODE_ENFORCE) ||
            (word == len && !memcmp(list, name, len)))
            return true;
        list += word;
        list += strspn(list, between);
    }
    return false;
}

static void decide(struct decision *d)
{
    const char *asked = d->config.profile;
    const char *set = d->policy->profile;

    if (asked && set && strcmp(asked, set) != 0)
        refuse(d, "the container asks for profile %s, but all get profile %s here",
               diag_quote(d->arena, asked), diag_quote(d->arena, set));
    else if (asked && !set && !oci_names_include(d->policy->allow, asked))
        refuse(d,
               "the container asks for profile %s, and here annotations may not ask for it: "
               "they can come from images. \"allow\" lists those for which they may",
               diag_quote(d->arena, asked));
    else if (asked || set)
        apply_named(d, asked ? asked : set);
    else if (oci_config_has_rules(&d->config) && !d->policy->named_only)
        apply_content(d);
    /* No filter for rules comes from secprof in this mode: the mark beside it says nothing. */
    else if (oci_config_has_rules(&d->config) && d->config.bpf)
        refuse_foreign_filter(d);
}

/* root.path, which tells containers apart where nothing else does. */
static const char *find_root(const struct oci_config *config)
{
    const struct json_node *root = json_get(&config->doc.root, "root");
    const struct json_node *path =
        root && root->type == JSON_OBJECT ? json_get(root, "path") : NULL;

    return path && path->type == JSON_STRING ? path->text : NULL;
}

void oci_seccomp_apply(struct oci_result *result, const struct oci_policy *policy, const char *text,
                       size_t len, struct arena *arena)
{
    struct decision d = {.policy = policy, .arena = arena, .result = result};
    struct diags diags;
    int r;

    *result = (struct oci_result){.outcome = OCI_UNCHANGED};
    diags_init(&diags, arena);
    r = oci_config_parse(&d.config, text, len, arena, &diags);
    if (r < 0) {
        const char *lines = r == -EINVAL ? diags_render(&diags, arena, "config.json") : NULL;

        refuse(&d, "%s", lines ? lines : "out of memory");
        return;
    }
    result->where = find_root(&d.config);
    decide(&d);
}

void oci_seccomp_not_written(struct oci_result *result, const char *why, struct arena *arena)
{
    const char *message =
        arena_printf(arena, "%scannot write the configuration: %s",
                     result->must_change ? "" : "left to the runtime's own compiler: ", why);

    result->outcome = result->must_change ? OCI_REFUSED : OCI_UNCHANGED;
    result->fallback = !result->must_change;
    result->message = message ? message : "out of memory";
}
