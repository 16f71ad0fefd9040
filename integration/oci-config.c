/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the parts of the text that matter, and replaces them. */
#include "integration/oci-config.h"

#include <errno.h>
#include <string.h>

#include "compiler/facts/capability.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    EDITS_MAX = 4, /* two annotations out, new ones in, and the rules */
};

/* What to parse with. */
struct reading {
    struct oci_config *config;
    struct arena *arena;
    struct diags *diags;
    bool bad;
};

__attribute__((format(printf, 3, 4))) static void refuse(struct reading *reading, uint32_t offset,
                                                         const char *fmt, ...)
{
    va_list args;
    char *text;

    va_start(args, fmt);
    text = arena_vprintf(reading->arena, fmt, args);
    va_end(args);
    diags_add(reading->diags, DIAG_ERROR, json_location(&reading->config->doc, offset), "%s",
              text ? text : "no memory for the message");
    reading->bad = true;
}

/*
 * True where Go's decoder takes KEY for NAME, which is in small letters: it folds case, and two
 * characters beyond ASCII are of the same letter as an "s" and a "k" (U+017F, U+212A).
 */
static bool is_read_as(const char *key, const char *name)
{
    for (; *name; name++) {
        if (*name == 's' && !strncmp(key, "\xc5\xbf", 2))
            key += 2;
        else if (*name == 'k' && !strncmp(key, "\xe2\x84\xaa", 3))
            key += 3;
        else if (*key == *name || (*key >= 'A' && *key <= 'Z' && *key - 'A' + 'a' == *name))
            key++;
        else
            return false;
    }
    return !*key;
}

/*
 * The value of KEY in OBJECT (may be NULL), or NULL: it is not there, or an error. A key that
 * differs in case only is an error: Go's decoder takes it for KEY, crun's does not, and the two
 * would run different containers.
 */
static const struct json_node *find(struct reading *reading, const struct json_node *object,
                                    const char *key)
{
    for (size_t i = 0; object && i < object->n; i++) {
        const struct json_member *member = &object->members[i];

        if (!is_read_as(member->key, key) || !strcmp(member->key, key))
            continue;
        refuse(reading, member->offset,
               "the key %s is \"%s\" for some runtimes and unknown to others; write \"%s\"",
               diag_quote(reading->arena, member->key), key, key);
        return NULL;
    }
    return object ? json_get(object, key) : NULL;
}

/* find(), where the value has to be of TYPE; null is as good as none and gives NULL. */
static const struct json_node *find_typed(struct reading *reading, const struct json_node *object,
                                          const char *key, enum json_type type)
{
    const struct json_node *node = find(reading, object, key);

    if (!node || node->type == JSON_NULL)
        return NULL;
    if (node->type == type)
        return node;
    refuse(reading, node->offset, "\"%s\" is %s; %s was expected", key, json_type_name(node->type),
           json_type_name(type));
    return NULL;
}

/* The text of annotation KEY, or NULL. Keys of annotations are data: their case counts. */
static const char *find_annotation(struct reading *reading, const struct json_node *annotations,
                                   const char *key)
{
    const struct json_node *node = annotations ? json_get(annotations, key) : NULL;

    if (!node)
        return NULL;
    if (node->type == JSON_STRING)
        return node->text;
    refuse(reading, node->offset, "the annotation \"%s\" is %s; a string was expected", key,
           json_type_name(node->type));
    return NULL;
}

static uint64_t read_capabilities(struct reading *reading, const struct json_node *list)
{
    uint64_t caps = 0;

    for (size_t i = 0; list && i < list->n; i++) {
        const struct json_node *item = &list->items[i];

        if (item->type != JSON_STRING) {
            refuse(reading, item->offset, "an item of \"bounding\" is %s; a string was expected",
                   json_type_name(item->type));
            return 0;
        }

        int number = capability_by_name(item->text);

        if (number >= 0)
            caps |= UINT64_C(1) << number;
    }
    return caps;
}

static void read_config(struct reading *reading)
{
    struct oci_config *config = reading->config;
    const struct json_node *root = &config->doc.root;
    const struct json_node *annotations, *process, *capabilities;

    if (root->type != JSON_OBJECT) {
        refuse(reading, root->offset, "the configuration is %s; an object was expected",
               json_type_name(root->type));
        return;
    }
    annotations = find_typed(reading, root, "annotations", JSON_OBJECT);
    config->annotations = find(reading, root, "annotations");
    config->profile = find_annotation(reading, annotations, OCI_ANNOTATION_PROFILE);
    config->bpf = find_annotation(reading, annotations, OCI_ANNOTATION_BPF);
    config->marked = find_annotation(reading, annotations, OCI_ANNOTATION_FILTER) != NULL;
    config->linux_part = find_typed(reading, root, "linux", JSON_OBJECT);
    find_typed(reading, config->linux_part, "seccomp", JSON_OBJECT);
    config->seccomp = find(reading, config->linux_part, "seccomp");
    process = find_typed(reading, root, "process", JSON_OBJECT);
    capabilities = find_typed(reading, process, "capabilities", JSON_OBJECT);
    config->caps =
        read_capabilities(reading, find_typed(reading, capabilities, "bounding", JSON_ARRAY));
}

int oci_config_parse(struct oci_config *config, const char *text, size_t len, struct arena *arena,
                     struct diags *diags)
{
    static const struct json_limits limits = {
        .max_bytes = OCI_CONFIG_MAX_BYTES,
        .max_depth = OCI_CONFIG_MAX_DEPTH,
    };
    struct reading reading = {.config = config, .arena = arena, .diags = diags};
    int r;

    *config = (struct oci_config){.text = text, .len = len};
    r = json_parse(&config->doc, text, len, &limits, arena, diags);
    if (r < 0)
        return r;
    read_config(&reading);
    return reading.bad ? -EINVAL : 0;
}

bool oci_config_has_rules(const struct oci_config *config)
{
    return config->seccomp && config->seccomp->type == JSON_OBJECT;
}

/* From FROM to TO: TEXT in the place of what is there. */
struct edit {
    uint32_t from;
    uint32_t to;
    const char *text;
};

/* Rising. None overlaps another, but several may begin at one place: insertions come first there.
 */
struct edits {
    struct edit items[EDITS_MAX];
    size_t n;
};

static void add_edit(struct edits *edits, uint32_t from, uint32_t to, const char *text)
{
    size_t at = edits->n++;

    for (; at > 0 && edits->items[at - 1].from >= from; at--)
        edits->items[at] = edits->items[at - 1];
    edits->items[at] = (struct edit){from, to, text};
}

/* Inserts MEMBER ("KEY":VALUE) into OBJECT after KEPT, one of its members; NULL: as the first and
 * only one. Returns 0 or -ENOMEM. */
static int insert_member(struct edits *edits, const struct json_node *object,
                         const struct json_member *kept, const char *member, struct arena *arena)
{
    uint32_t at = kept ? kept->value.end : object->offset + 1;
    const char *text = kept && member ? arena_printf(arena, ",%s", member) : member;

    if (!text)
        return -ENOMEM;
    add_edit(edits, at, at, text);
    return 0;
}

/* Sets KEY in OBJECT, where its value now is OLD (NULL: it has none), to the JSON text VALUE. */
static int set_member(struct edits *edits, const struct json_node *object, const char *key,
                      const struct json_node *old, const char *value, struct arena *arena)
{
    if (!value)
        return -ENOMEM;
    if (old) {
        add_edit(edits, old->offset, old->end, value);
        return 0;
    }
    return insert_member(edits, object, object->n ? &object->members[object->n - 1] : NULL,
                         arena_printf(arena, "\"%s\":%s", key, value), arena);
}

static bool is_about_filter(const struct json_member *member)
{
    return !strcmp(member->key, OCI_ANNOTATION_BPF) || !strcmp(member->key, OCI_ANNOTATION_FILTER);
}

/* Takes the annotations about a filter out. Returns the last annotation that stays, or NULL. */
static const struct json_member *remove_filter(struct edits *edits,
                                               const struct json_node *annotations)
{
    const struct json_member *kept = NULL;

    for (size_t i = 0; i < annotations->n; i++) {
        const struct json_member *member = &annotations->members[i];

        /* The comma before it goes too, or, if nothing stays before it, the one after it. */
        if (!is_about_filter(member))
            kept = member;
        else if (kept)
            add_edit(edits, member[-1].value.end, member->value.end, "");
        else
            add_edit(edits, member->offset,
                     i + 1 < annotations->n ? member[1].offset : member->value.end, "");
    }
    return kept;
}

static int edit_annotations(struct edits *edits, const struct oci_config *config,
                            const struct oci_change *change, struct arena *arena)
{
    const struct json_node *annotations = config->annotations;
    const struct json_member *kept = NULL;
    const char *added = NULL;

    if (change->bpf) {
        added = arena_printf(arena, "\"%s\":\"%s\",\"%s\":\"%s\"", OCI_ANNOTATION_BPF, change->bpf,
                             OCI_ANNOTATION_FILTER, change->digest);
        if (!added)
            return -ENOMEM;
    }
    if (annotations && annotations->type == JSON_OBJECT) {
        kept = remove_filter(edits, annotations);
        return added ? insert_member(edits, annotations, kept, added, arena) : 0;
    }
    return added ? set_member(edits, &config->doc.root, "annotations", annotations,
                              arena_printf(arena, "{%s}", added), arena)
                 : 0;
}

/* TEXT with EDITS. */
static char *splice(const struct oci_config *config, const struct edits *edits, struct arena *arena,
                    size_t *len)
{
    size_t size = config->len + 1, at = 0;
    char *text, *to;

    for (size_t i = 0; i < edits->n; i++)
        size += strlen(edits->items[i].text);
    text = to = arena_alloc(arena, size);
    if (!text)
        return NULL;
    for (size_t i = 0; i < edits->n; i++) {
        const struct edit *edit = &edits->items[i];

        to = mempcpy(to, config->text + at, edit->from - at);
        to = mempcpy(to, edit->text, strlen(edit->text));
        at = edit->to;
    }
    to = mempcpy(to, config->text + at, config->len - at);
    *len = (size_t)(to - text);
    return text;
}

char *oci_config_rewrite(const struct oci_config *config, const struct oci_change *change,
                         struct arena *arena, size_t *len)
{
    struct edits edits = {.n = 0};

    if (edit_annotations(&edits, config, change, arena) < 0)
        return NULL;
    if (change->seccomp && set_member(&edits, config->linux_part, "seccomp", config->seccomp,
                                      change->seccomp, arena) < 0)
        return NULL;
    return splice(config, &edits, arena, len);
}
