/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl compile: a profile's file to a filter, without a daemon. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/output.h"
#include "client/secprofctl/show/write-filter.h"
#include "client/secprofctl/subject/local-rules.h"
#include "client/secprofctl/subject/local.h"
#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/request.h"
#include "protocol/codec.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* What the profile in the file PATH would be called in service: the file's stem. */
static char *profile_name(const char *path)
{
    const char *base = strrchr(path, '/');
    char *name = strdup(base ? base + 1 : path);
    size_t len = name ? strlen(name) : 0;

    if (len > 5 && strcmp(name + len - 5, ".json") == 0)
        name[len - 5] = '\0';
    if (name && !wire_name_is_valid(name)) {
        free(name);
        name = strdup("profile");
    }
    return name;
}

static int print_json(const struct ctl_options *options, const struct format_filter *filter)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    write_filter_json(&json, filter);
    json_close_map(&json);
    return json_finish(&json, options->output);
}

/* Writes FILTER, which was made from the file PATH for REQUEST. */
static int write_filter(const struct ctl_options *options, const struct filter *filter,
                        const struct variant_request *request, const char *path)
{
    size_t len = filter->program.n_insns * sizeof(struct sock_filter);
    cleanup_free void *bytes = malloc(len);
    cleanup_free char *name = profile_name(path);
    struct format_filter out = {
        .name = name,
        .mode = request->mode,
        .target = request->target,
        .bytes = bytes,
        .len = len,
        .flags = filter->flags,
    };

    if (!bytes || !name)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    bpf_store(filter->program.insns, filter->program.n_insns,
              target_native_abi(request->target)->big_endian, bytes);
    return options->json ? print_json(options, &out) : write_filter_output(options, &out);
}

/* With --format oci: writes rules in the place of a filter. */
static int write_rules(const struct ctl_options *options, struct syscalls *syscalls,
                       const struct local_file *file, const struct variant_request *request)
{
    cleanup_free char *rules = NULL;
    size_t len = 0;
    int code = local_rules(file, request, syscalls, &rules, &len);
    int r;

    if (code != CTL_OK)
        return code;
    r = output_write(options->output, rules, len);
    return r < 0 ? output_fail(options->output, r) : CTL_OK;
}

static int compile_file(const struct ctl_options *options, const struct variant_request *request,
                        const char *path)
{
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    cleanup_local struct local_file file = {0};
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;
    struct filter filter;
    int code = local_read(&file, path);
    int r;

    if (code != CTL_OK)
        return code;
    if (!syscalls)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    if (options->format == FORMAT_OCI)
        return write_rules(options, syscalls, &file, request);
    diags_init(&diags, &arena);
    r = compile_profile(&filter, syscalls, file.text, file.len, request, &arena, &diags);
    local_print_diags(&file, &diags, &arena);
    if (diags.n_errors > 0)
        return CTL_NO;
    if (r < 0)
        return ctl_fail(CTL_SYSTEM, "%s: %s", file.name, strerror(-r));
    return write_filter(options, &filter, request, path);
}

static int compile(const struct ctl_options *options)
{
    struct variant_request request;
    int code = write_filter_check(options);

    if (code == CTL_OK && options->format == FORMAT_OCI && options->mode == VARIANT_AUDIT)
        code = ctl_fail(CTL_USAGE, "plain rules cannot log what other ABIs call: --format oci is "
                                   "not for --mode audit");
    if (code == CTL_OK)
        code = local_request(options, &request);
    return code == CTL_OK ? compile_file(options, &request, options->args[0]) : code;
}

const struct ctl_command command_compile = {
    .name = "compile",
    .options = CTL_OPTIONS_VARIANT | CTL_OPTION_FORMAT | CTL_OPTION_OUTPUT,
    .min_args = 1,
    .max_args = 1,
    .wants = "the file of a profile",
    .run = compile,
    .help = "usage: secprofctl compile FILE [OPTION…]\n"
            "\n"
            "Compiles the profile in FILE (- is stdin) and writes its filter to stdout, as 'get' "
            "does,\n"
            "without a daemon. Errors and warnings go to stderr.\n"
            "\n"
            "  --target ARCH       for another architecture: x86_64, aarch64, SCMP_ARCH_S390X, …\n"
            "  --caps CAP_A,CAP_B  for a process with these capabilities (default: none)\n"
            "  --kernel 6.1        for another kernel than this one\n"
            "  --mode audit|log    audit: let through and log what would be denied; log: log that\n"
            "  --format FORMAT     raw, hex, base64, c (an array), asm (a listing); oci: not the\n"
            "                      filter, but plain OCI rules (JSON) for Kubernetes and others,\n"
            "                      with all conditions of the profile decided\n"
            "  -o, --output FILE   replaces FILE in one step; - is stdout\n"
            "  --json              the filter in base64, with all that is known about it\n",
};
