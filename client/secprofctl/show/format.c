/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms in which secprofctl writes a filter. All but raw are text. */
#include "client/secprofctl/show/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/show/annotate.h"
#include "client/secprofctl/show/disasm.h"
#include "client/secprofctl/show/text.h"
#include "compiler/facts/action.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "util/arena.h"
#include "util/base64.h"
#include "util/cleanup.h"
#include "util/hex.h"

static const char *const names[] = {
    [FORMAT_RAW] = "raw", [FORMAT_HEX] = "hex", [FORMAT_BASE64] = "base64",
    [FORMAT_C] = "c",     [FORMAT_ASM] = "asm", [FORMAT_OCI] = "oci",
};

int format_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -EINVAL;
}

const char *format_names(void)
{
    return "raw, hex, base64, c, asm, oci";
}

char *format_flags(uint32_t flags, const char *separator, const char *none)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    const char *between = "";

    if (!file)
        return NULL;
    /* The compiler's list "A, B, C" and its numbers for the names are the one table of flags. */
    for (const char *at = filter_flag_names(); *at;) {
        size_t len = strcspn(at, ", ");
        cleanup_free char *name = strndup(at, len);
        uint32_t flag;

        at += len + strspn(at + len, ", ");
        if (name && filter_flag_by_name(name, &flag) == 0 && (flags & flag)) {
            fprintf(file, "%s%s", between, name);
            between = separator;
            flags &= ~flag;
        }
    }
    if (flags)
        fprintf(file, "%s0x%x", between, flags);
    else if (between[0] == '\0')
        fprintf(file, "%s", none);
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* What a text format says above the filter; each line begins with PREFIX. */
static void write_header(FILE *file, const struct format_filter *filter, const char *prefix)
{
    cleanup_free char *flags = format_flags(filter->flags, " | ", "none");

    fprintf(file, "%s", prefix);
    text_print(file, filter->name);
    if (filter->mode != VARIANT_ENFORCE)
        fprintf(file, "@%s", variant_mode_name(filter->mode));
    fprintf(file, " for %s: %zu instructions\n", filter->target->name,
            filter->len / sizeof(struct sock_filter));
    fprintf(file, "%sflags for seccomp(2): %s\n", prefix, flags ? flags : "?");
    if (filter->digest)
        fprintf(file, "%sSHA-256 of the raw filter: %s\n", prefix, filter->digest);
}

static void write_hex(FILE *file, const struct format_filter *filter)
{
    const unsigned char *bytes = filter->bytes;

    for (size_t i = 0; i < filter->len; i += sizeof(struct sock_filter)) {
        char line[HEX_SIZE(sizeof(struct sock_filter))];

        fprintf(file, "%s\n", hex_encode(bytes + i, sizeof(struct sock_filter), line));
    }
}

static int write_base64(FILE *file, const struct format_filter *filter)
{
    cleanup_free char *text = malloc(BASE64_SIZE(filter->len));

    if (!text)
        return -ENOMEM;
    fprintf(file, "%s\n", base64_encode(filter->bytes, filter->len, text));
    return 0;
}

/* NAME as part of an identifier. */
static void write_identifier(FILE *file, const char *name)
{
    for (; *name; name++) {
        bool fits = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                    (*name >= '0' && *name <= '9');

        fputc(fits ? *name : '_', file);
    }
}

static void write_c(FILE *file, const struct format_filter *filter,
                    const struct sock_filter *program, size_t n)
{
    /* One-line comments: a profile's name cannot end them. */
    write_header(file, filter, "// ");
    fprintf(file, "#include <linux/filter.h>\n\nstatic const struct sock_filter secprof_");
    write_identifier(file, filter->name);
    if (filter->mode != VARIANT_ENFORCE)
        fprintf(file, "_%s", variant_mode_name(filter->mode));
    fprintf(file, "[%zu] = {\n", n);
    for (size_t i = 0; i < n; i++)
        fprintf(file, "    {0x%02x, %u, %u, 0x%08x},\n", program[i].code, program[i].jt,
                program[i].jf, program[i].k);
    fprintf(file, "};\n");
}

int format_listing(FILE *file, const struct sock_filter *program, size_t n,
                   const struct target *target)
{
    struct syscalls *syscalls = syscalls_new();
    cleanup_arena struct arena arena = ARENA_INIT;
    const char **notes = NULL;
    const char *why;
    size_t bad;
    int r = syscalls ? 0 : -ENOMEM;

    /* What the kernel would not take has no paths that notes could follow. */
    if (r == 0 && bpf_check(program, n, &bad, &why) == 0) {
        notes = annotate(program, n, target, syscalls, &arena);
        r = notes ? 0 : -ENOMEM;
    }
    if (r == 0)
        disasm_print(file, program, n, target_native_abi(target)->big_endian, notes);
    syscalls_free(syscalls);
    return r;
}

static int write_text(FILE *file, enum format format, const struct format_filter *filter)
{
    bool big_endian = target_native_abi(filter->target)->big_endian;
    size_t n = filter->len / sizeof(struct sock_filter);
    cleanup_free struct sock_filter *program = NULL;

    if (format == FORMAT_RAW) {
        fwrite(filter->bytes, 1, filter->len, file);
        return 0;
    }
    if (format == FORMAT_HEX) {
        write_hex(file, filter);
        return 0;
    }
    if (format == FORMAT_BASE64)
        return write_base64(file, filter);
    program = calloc(n, sizeof(*program));
    if (!program)
        return -ENOMEM;
    bpf_load(filter->bytes, n, big_endian, program);
    if (format == FORMAT_C) {
        write_c(file, filter, program, n);
        return 0;
    }
    write_header(file, filter, "; ");
    return format_listing(file, program, n, filter->target);
}

int format_render(enum format format, const struct format_filter *filter, char **text, size_t *size)
{
    FILE *file = open_memstream(text, size);
    int r;

    if (!file)
        return -ENOMEM;
    r = write_text(file, format, filter);
    if (ferror(file))
        r = -ENOMEM;
    if (fclose(file) != 0)
        r = -ENOMEM;
    if (r < 0) {
        free(*text);
        *text = NULL;
    }
    return r;
}
