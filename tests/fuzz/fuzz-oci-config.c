/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text as an OCI configuration: where it is accepted, each change gives a text that is accepted
 * too and says the same but for what was changed, and to change it again changes nothing.
 */
#include <string.h>

#include "integration/oci-config.h"
#include "tests/fuzz/fuzz.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define RULES "{\"defaultAction\":\"SCMP_ACT_LOG\"}"

static const struct oci_change changes[] = {
    {"BPF=", "sha256:00", NULL},
    {"BPF=", "sha256:00", RULES},
    {NULL, NULL, NULL},
};

/* Of a configuration: where its parts are that may differ. */
struct side {
    struct oci_config config;
    const struct json_node *annotations; /* an object, or NULL */
};

static bool parse(struct side *side, const char *text, size_t len, struct arena *arena)
{
    struct diags diags;
    int r;

    diags_init(&diags, arena);
    r = oci_config_parse(&side->config, text, len, arena, &diags);
    FUZZ_CHECK(r == 0 || diags.n_errors > 0, "refused without an error");
    if (r < 0)
        return false;
    side->annotations = side->config.annotations;
    if (side->annotations && side->annotations->type != JSON_OBJECT)
        side->annotations = NULL;
    return true;
}

static bool is_about_filter(const struct json_member *member)
{
    return !strcmp(member->key, OCI_ANNOTATION_BPF) || !strcmp(member->key, OCI_ANNOTATION_FILTER);
}

/* True where the text of A's and B's values is the same to the byte. */
static bool same_text(const struct side *a, const struct json_node *in_a, const struct side *b,
                      const struct json_node *in_b)
{
    size_t len = in_a->end - in_a->offset;

    return len == in_b->end - in_b->offset &&
           !memcmp(a->config.text + in_a->offset, b->config.text + in_b->offset, len);
}

/* The members of IN_A and IN_B but for those that LEFT_OUT names are the same, in the same order.
 */
static void check_members(const struct side *a, const struct json_node *in_a, const struct side *b,
                          const struct json_node *in_b,
                          bool (*left_out)(const struct json_member *member))
{
    size_t i = 0, k = 0;

    for (;;) {
        while (in_a && i < in_a->n && left_out(&in_a->members[i]))
            i++;
        while (in_b && k < in_b->n && left_out(&in_b->members[k]))
            k++;
        if (!in_a || i == in_a->n || !in_b || k == in_b->n)
            break;
        FUZZ_CHECK(!strcmp(in_a->members[i].key, in_b->members[k].key), "a key moved");
        FUZZ_CHECK(same_text(a, &in_a->members[i++].value, b, &in_b->members[k++].value),
                   "a value changed");
    }
    FUZZ_CHECK((!in_a || i == in_a->n) && (!in_b || k == in_b->n), "a member came or went");
}

static bool is_spliced(const struct json_member *member)
{
    return !strcmp(member->key, "annotations") || !strcmp(member->key, "linux");
}

static bool is_seccomp(const struct json_member *member)
{
    return !strcmp(member->key, "seccomp");
}

static void check_change(const struct side *before, const struct oci_change *change,
                         struct arena *arena)
{
    struct side after;
    size_t len = 0, again_len = 0;
    char *text = oci_config_rewrite(&before->config, change, arena, &len);
    const char *again;

    FUZZ_CHECK(text && strlen(text) == len, "no text");
    FUZZ_CHECK(parse(&after, text, len, arena), "the new text is refused: %s", text);
    FUZZ_CHECK(after.config.caps == before->config.caps, "capabilities changed");
    FUZZ_CHECK(!change->bpf == !after.config.bpf && !change->bpf == !after.config.marked,
               "the filter is not what was asked for");
    check_members(before, &before->config.doc.root, &after, &after.config.doc.root, is_spliced);
    check_members(before, before->annotations, &after, after.annotations, is_about_filter);
    check_members(before, before->config.linux_part, &after, after.config.linux_part, is_seccomp);
    if (change->seccomp)
        FUZZ_CHECK(after.config.seccomp->end - after.config.seccomp->offset == strlen(RULES),
                   "the rules are not what was asked for");
    else if (before->config.seccomp)
        FUZZ_CHECK(same_text(before, before->config.seccomp, &after, after.config.seccomp),
                   "the rules changed");
    again = oci_config_rewrite(&after.config, change, arena, &again_len);
    FUZZ_CHECK(again && again_len == len && !memcmp(again, text, len), "again is not the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct side before;

    if (!parse(&before, (const char *)data, size, &arena))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
        if (!changes[i].seccomp || before.config.linux_part)
            check_change(&before, &changes[i], &arena);
    return 0;
}
