/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile as a whole: which form it has, its keys, and what they demand of each other. */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/parse/json.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/reader.h"
#include "compiler/parse/rule.h"
#include "util/cleanup.h"
#include "util/suggest.h"

enum {
    LISTENER_PATH_MAX = 107, /* of sun_path, without the NUL behind it */
};

enum profile_key {
    KEY_DEFAULT_ACTION,
    KEY_DEFAULT_ERRNO_RET,
    KEY_DEFAULT_ERRNO,
    KEY_ARCHITECTURES,
    KEY_ARCH_MAP,
    KEY_FLAGS,
    KEY_LISTENER_PATH,
    KEY_LISTENER_METADATA,
    KEY_SYSCALLS,
    KEY_UNKNOWN_SYSCALLS,
};

static const struct field profile_fields[] = {
    [KEY_DEFAULT_ACTION] = {.key = "defaultAction", .type = JSON_STRING},
    [KEY_DEFAULT_ERRNO_RET] = {.key = "defaultErrnoRet",
                               .type = JSON_NUMBER,
                               .other_key = "defaultErrno"},
    [KEY_DEFAULT_ERRNO] = {.key = "defaultErrno",
                           .type = JSON_STRING,
                           .empty_is_absent = true,
                           .other_key = "defaultErrnoRet"},
    [KEY_ARCHITECTURES] = {.key = "architectures", .type = JSON_ARRAY},
    [KEY_ARCH_MAP] = {.key = "archMap", .type = JSON_ARRAY},
    [KEY_FLAGS] = {.key = "flags", .type = JSON_ARRAY},
    [KEY_LISTENER_PATH] = {.key = "listenerPath", .type = JSON_STRING, .empty_is_absent = true},
    [KEY_LISTENER_METADATA] = {.key = "listenerMetadata",
                               .type = JSON_STRING,
                               .empty_is_absent = true},
    [KEY_SYSCALLS] = {.key = "syscalls", .type = JSON_ARRAY},
    [KEY_UNKNOWN_SYSCALLS] = {.key = "x-unknownSyscalls", .type = JSON_STRING},
};

enum arch_map_key {
    MAP_ARCHITECTURE,
    MAP_SUB_ARCHITECTURES,
};

static const struct field arch_map_fields[] = {
    [MAP_ARCHITECTURE] = {.key = "architecture", .type = JSON_STRING},
    [MAP_SUB_ARCHITECTURES] = {.key = "subArchitectures", .type = JSON_ARRAY},
};

static const struct field wrapper_fields[] = {
    {.key = "seccomp", .type = JSON_OBJECT},
};

enum kubernetes_key {
    KUBERNETES_KIND,
    KUBERNETES_SPEC,
};

static const struct field kubernetes_fields[] = {
    [KUBERNETES_KIND] = {.key = "kind", .type = JSON_STRING},
    [KUBERNETES_SPEC] = {.key = "spec", .type = JSON_OBJECT},
    {.key = "apiVersion", .type = JSON_STRING},
    {.key = "metadata", .type = JSON_OBJECT},
    {.key = "status", .type = JSON_OBJECT},
};

static bool is_object(struct reader *reader, const struct json_node *node, const char *what)
{
    if (node->type == JSON_OBJECT)
        return true;
    reader_error(reader, node, "%s is %s; an object was expected", what,
                 json_type_name(node->type));
    return false;
}

/* linux.seccomp of the OCI config.json in ROOT, or NULL: an error. */
static const struct json_node *find_in_config(struct reader *reader, const struct json_node *root)
{
    const struct json_node *parent = root, *seccomp = NULL;
    const struct json_node *linux_part = json_get(root, "linux");

    if (json_get(root, "seccomp"))
        reader_warning(reader, DIAG_RULE_IGNORED_VALUE, json_get(root, "seccomp"),
                       "a config.json has no key \"seccomp\" here; it is ignored, and "
                       "\"linux.seccomp\" is read");
    if (linux_part && linux_part->type != JSON_NULL) {
        if (!is_object(reader, linux_part, "\"linux\""))
            return NULL;
        parent = linux_part;
        seccomp = json_get(linux_part, "seccomp");
    }
    if (!seccomp || seccomp->type == JSON_NULL) {
        reader_error(reader, seccomp ? seccomp : parent,
                     "this config.json has no \"linux.seccomp\"; its process would run without a "
                     "filter");
        return NULL;
    }
    return is_object(reader, seccomp, "\"linux.seccomp\"") ? seccomp : NULL;
}

/* The spec of the Kubernetes object in ROOT (of the Security Profiles Operator), or NULL: an error.
 */
static const struct json_node *find_in_kubernetes(struct reader *reader,
                                                  const struct json_node *root)
{
    const struct json_node *slots[ARRAY_SIZE(kubernetes_fields)];

    reader_fields(reader, root, "a Kubernetes object", kubernetes_fields,
                  ARRAY_SIZE(kubernetes_fields), UNKNOWN_IS_WARNING, slots);

    const struct json_node *kind = slots[KUBERNETES_KIND];
    const struct json_node *spec = slots[KUBERNETES_SPEC];

    if (kind && strcmp(kind->text, "SeccompProfile") != 0) {
        reader_error(reader, kind,
                     "this is a Kubernetes object of kind %s; \"SeccompProfile\" was "
                     "expected",
                     reader_quote(reader, kind->text));
        return NULL;
    }
    if (!spec && reader->n_errors == 0)
        reader_error(reader, root,
                     "this Kubernetes object has no \"spec\", which holds the profile");
    if (!spec)
        return NULL;

    const struct json_node *base = json_get(spec, "baseProfileName");

    if (base && base->type == JSON_STRING && base->n > 0) {
        reader_error(
            reader, base,
            "\"baseProfileName\" is %s: the rules of that profile are not in this file and "
            "would be lost; add them, and remove the key",
            reader_quote(reader, base->text));
        return NULL;
    }
    return spec;
}

/* The object that holds the profile, or NULL: an error. */
static const struct json_node *find_profile(struct reader *reader, const struct json_node *root)
{
    const struct json_node *slots[ARRAY_SIZE(wrapper_fields)];

    if (!is_object(reader, root, "the profile"))
        return NULL;

    const struct json_node *plain = json_get(root, "defaultAction");
    const struct json_node *wrapped = json_get(root, "seccomp");
    const struct json_node *config = json_get(root, "linux");

    plain = plain ? plain : json_get(root, "syscalls");
    config = config ? config : json_get(root, "ociVersion");
    if (plain && (wrapped || config)) {
        reader_error(reader, wrapped ? wrapped : config,
                     "a profile stands at the top, so \"%s\" has no place beside it; keep one",
                     wrapped                   ? "seccomp"
                     : json_get(root, "linux") ? "linux"
                                               : "ociVersion");
        return NULL;
    }
    if (config)
        return find_in_config(reader, root);
    if (!wrapped && !plain && json_get(root, "kind"))
        return find_in_kubernetes(reader, root);
    if (!wrapped)
        return root;
    reader_fields(reader, root, "this file", wrapper_fields, ARRAY_SIZE(wrapper_fields),
                  UNKNOWN_IS_WARNING, slots);
    if (wrapped->type == JSON_NULL)
        is_object(reader, wrapped, "\"seccomp\"");
    return slots[0];
}

/* The architectures named in LIST, the value of KEY. */
static abi_set read_architectures(struct reader *reader, const struct json_node *list,
                                  const char *key)
{
    abi_set set = 0;

    for (size_t i = 0; list && i < list->n; i++) {
        const struct abi *abi = reader_is_string(reader, &list->items[i], key)
                                    ? reader_architecture(reader, &list->items[i])
                                    : NULL;

        if (abi)
            set |= (abi_set)1 << abi->id;
    }
    return set;
}

/* False: ITEM of "archMap" has an error, or is to be left out. */
static bool read_arch_map_entry(struct reader *reader, const struct json_node *item,
                                const struct profile *profile, struct arch_map_entry *entry)
{
    const struct json_node *slots[ARRAY_SIZE(arch_map_fields)];
    const struct abi *abi = NULL;
    size_t n_errors = reader->n_errors;

    if (!is_object(reader, item, "an item of \"archMap\""))
        return false;
    reader_fields(reader, item, "an item of \"archMap\"", arch_map_fields,
                  ARRAY_SIZE(arch_map_fields), UNKNOWN_IS_ERROR, slots);
    if (slots[MAP_ARCHITECTURE])
        abi = reader_architecture(reader, slots[MAP_ARCHITECTURE]);
    else if (n_errors == reader->n_errors)
        reader_error(reader, item, "an item of \"archMap\" has no \"architecture\"");
    entry->at = reader_location(reader, item);
    entry->sub_architectures =
        read_architectures(reader, slots[MAP_SUB_ARCHITECTURES], "subArchitectures");
    if (!abi)
        return false;
    entry->architecture = abi->id;
    for (size_t i = 0; i < profile->n_arch_map; i++) {
        if (profile->arch_map[i].architecture != abi->id)
            continue;
        reader_warning(reader, DIAG_RULE_IGNORED_VALUE, item,
                       "\"archMap\" has %s twice; the first one counts, this one is ignored",
                       abi->scmp_name);
        return false;
    }
    return true;
}

static void read_arch_map(struct reader *reader, const struct json_node *list,
                          struct profile *profile)
{
    struct arch_map_entry *entries;

    if (!list || list->n == 0)
        return;
    entries = reader_calloc(reader, list->n, sizeof(*entries));
    if (!entries)
        return;
    profile->arch_map = entries;
    for (size_t i = 0; i < list->n; i++) {
        struct arch_map_entry entry = {.sub_architectures = 0};

        if (read_arch_map_entry(reader, &list->items[i], profile, &entry))
            entries[profile->n_arch_map++] = entry;
    }
}

static void read_flags(struct reader *reader, const struct json_node *list, struct profile *profile)
{
    profile->flags_given = list != NULL;
    for (size_t i = 0; list && i < list->n; i++) {
        const struct json_node *item = &list->items[i];
        uint32_t flag;

        if (!reader_is_string(reader, item, "flags"))
            continue;
        if (filter_flag_by_name(item->text, &flag) == 0)
            profile->flags |= flag;
        else
            reader_error(reader, item, "unknown flag %s; one of %s was expected",
                         reader_quote(reader, item->text), filter_flag_names());
    }
}

static void read_rules(struct reader *reader, const struct json_node *list, struct profile *profile)
{
    struct rule *rules;

    if (!list || list->n == 0)
        return;
    if (list->n > PROFILE_MAX_RULES) {
        reader_error(reader, &list->items[PROFILE_MAX_RULES],
                     "\"syscalls\" has %u rules; %d is the limit. This is the first one over it",
                     list->n, PROFILE_MAX_RULES);
        return;
    }
    rules = reader_calloc(reader, list->n, sizeof(*rules));
    if (!rules)
        return;
    for (size_t i = 0; i < list->n; i++)
        profile_read_rule(reader, &list->items[i], &rules[i]);
    profile->rules = rules;
    profile->n_rules = list->n;
}

static void read_unknown_syscalls(struct reader *reader, const struct json_node *node,
                                  struct profile *profile)
{
    if (!node)
        return;
    profile->unknown_is_default = !strcmp(node->text, "default");
    if (!profile->unknown_is_default && strcmp(node->text, "enosys") != 0)
        reader_error(reader, node,
                     "\"x-unknownSyscalls\" is %s; \"enosys\" or \"default\" was expected",
                     reader_quote(reader, node->text));
}

static void read_default(struct reader *reader, const struct json_node *object,
                         const struct json_node *const *slots, struct profile *profile)
{
    const struct json_node *action = slots[KEY_DEFAULT_ACTION];
    struct verdict_source source = {
        .action = action,
        .errno_ret = slots[KEY_DEFAULT_ERRNO_RET],
        .errno_word = slots[KEY_DEFAULT_ERRNO],
        .errno_ret_key = "defaultErrnoRet",
        .errno_word_key = "defaultErrno",
    };

    profile->default_at = reader_location(reader, action ? action : object);
    if (!action && reader->n_errors == 0)
        reader_error(reader, object,
                     "the profile has no \"defaultAction\"; for example \"SCMP_ACT_ERRNO\"");
    profile_read_verdict(reader, &source, &profile->default_verdict, &profile->default_errno_name);
}

static bool is_notify(uint32_t verdict)
{
    return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

/* Warns where RULE sends write(2) to the listener. */
static void check_notify_rule(struct reader *reader, const struct rule *rule)
{
    for (size_t i = 0; i < rule->n_names; i++)
        if (rule->names[i].name && !strcmp(rule->names[i].name, "write"))
            diags_add(reader->diags, DIAG_WARNING, rule->names[i].at,
                      "SCMP_ACT_NOTIFY for \"write\": runc refuses it, since the process that "
                      "installs the filter can hang before its listener is handed over");
}

/*
 * What NOTIFY brings with it. The OCI runtime-spec and the kernel allow it as the default action
 * and for write(2). runc refuses both, because of how runc itself hands the listener over: so here
 * they are warnings, not errors.
 */
static void check_notify(struct reader *reader, const struct json_node *const *slots,
                         struct profile *profile)
{
    struct location first = profile->default_at;
    bool used = is_notify(profile->default_verdict);
    size_t before = reader->diags->n;

    if (used)
        reader_warning(reader, DIAG_RULE_LISTENER, slots[KEY_DEFAULT_ACTION],
                       "SCMP_ACT_NOTIFY as default action: runc refuses it, since the process that "
                       "installs the filter can hang before its listener is handed over");
    for (size_t i = 0; i < profile->n_rules; i++) {
        if (!is_notify(profile->rules[i].verdict))
            continue;
        if (!used)
            first = profile->rules[i].at;
        used = true;
        check_notify_rule(reader, &profile->rules[i]);
    }
    if (used && !slots[KEY_LISTENER_PATH])
        diags_add(reader->diags, DIAG_WARNING, first,
                  "SCMP_ACT_NOTIFY without \"listenerPath\": who installs the filter has to serve "
                  "its listener, and a runtime refuses the profile");
    diags_set_rule(reader->diags, before, DIAG_RULE_LISTENER);
    if (!used && profile->flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
        profile->flags &= ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
        reader_warning(reader, DIAG_RULE_IGNORED_VALUE, slots[KEY_FLAGS],
                       "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is ignored: without "
                       "SCMP_ACT_NOTIFY there is nothing to wait for, and the kernel refuses it");
    }
}

static void check_listener(struct reader *reader, const struct json_node *const *slots,
                           struct profile *profile)
{
    const struct json_node *path = slots[KEY_LISTENER_PATH];
    const struct json_node *metadata = slots[KEY_LISTENER_METADATA];

    if (path && path->text[0] != '/')
        reader_warning(reader, DIAG_RULE_LISTENER, path,
                       "\"listenerPath\" is no absolute path: where it leads depends on the "
                       "directory that a runtime was started in");
    if (path && path->n > LISTENER_PATH_MAX)
        reader_warning(reader, DIAG_RULE_LISTENER, path,
                       "\"listenerPath\" has %u bytes, and the path of a socket at most %d: no "
                       "runtime can connect to it",
                       path->n, LISTENER_PATH_MAX);
    if (path)
        profile->listener_path = path->text;
    if (metadata && !path)
        reader_error(reader, metadata,
                     "\"listenerMetadata\" stands without \"listenerPath\"; add the path of the "
                     "listener's socket, or remove it");
    if (metadata)
        profile->listener_metadata = metadata->text;
}

static void read_profile(struct reader *reader, const struct json_node *object,
                         struct profile *profile)
{
    const struct json_node *slots[ARRAY_SIZE(profile_fields)];
    const struct json_node *architectures, *arch_map;

    reader_fields(reader, object, "a profile", profile_fields, ARRAY_SIZE(profile_fields),
                  UNKNOWN_IS_WARNING, slots);
    architectures = slots[KEY_ARCHITECTURES];
    arch_map = slots[KEY_ARCH_MAP];
    read_default(reader, object, slots, profile);
    if (architectures && arch_map && architectures->n && arch_map->n)
        reader_error(reader, arch_map,
                     "a profile has \"architectures\" and \"archMap\"; keep one of them");
    if (architectures)
        profile->architectures_at = reader_location(reader, architectures);
    profile->architectures = read_architectures(reader, architectures, "architectures");
    read_arch_map(reader, arch_map, profile);
    read_flags(reader, slots[KEY_FLAGS], profile);
    read_unknown_syscalls(reader, slots[KEY_UNKNOWN_SYSCALLS], profile);
    read_rules(reader, slots[KEY_SYSCALLS], profile);
    check_listener(reader, slots, profile);
    if (!reader->no_memory) /* else rules may be missing */
        check_notify(reader, slots, profile);
}

int profile_parse(struct profile *profile, const char *text, size_t len, struct arena *arena,
                  struct diags *diags)
{
    static const struct json_limits limits = {
        .max_bytes = PROFILE_MAX_BYTES,
        .max_depth = PROFILE_MAX_DEPTH,
    };
    struct json_doc doc;
    struct reader reader = {.doc = &doc, .arena = arena, .diags = diags};
    const struct json_node *object;
    int r;

    *profile = (struct profile){.default_verdict = SECCOMP_RET_KILL_PROCESS};
    r = json_parse(&doc, text, len, &limits, arena, diags);
    diags_set_rule(diags, 0, DIAG_RULE_INVALID_JSON);
    if (r < 0)
        return r;
    object = find_profile(&reader, &doc.root);
    if (object)
        read_profile(&reader, object, profile);
    if (reader.no_memory)
        return -ENOMEM;
    return reader.n_errors ? -EINVAL : 0;
}
