/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl get: fetches a filter from the daemon. */
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/format.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/output.h"
#include "client/secprofctl/show/write-filter.h"
#include "client/secprofctl/subject/remote.h"
#include "compiler/facts/abi.h"
#include "compiler/parse/profile.h"
#include "protocol/codec.h"
#include "util/cleanup.h"
#include "util/hex.h"
#include "util/io.h"

static int print_json(const struct ctl_options *options, const struct format_filter *filter,
                      const struct secprof_info *info)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    write_filter_json(&json, filter);
    json_text(&json, "digest", filter->digest);
    json_hex(&json, "source_digest", info->source_digest, sizeof(info->source_digest));
    json_number(&json, "generation", info->generation);
    json_bool(&json, "stale", info->stale);
    json_close_map(&json);
    return json_finish(&json, options->output);
}

static void warn_if_stale(const char *name, const struct secprof_info *info)
{
    if (info->stale)
        ctl_warn("%s: its file is broken; this is of the last good version ('secprofctl status %s' "
                 "has the errors)",
                 name, name);
}

/* With --profile, nothing that chooses or shapes a filter makes sense. */
static int check_profile(const struct ctl_options *options)
{
    if (options->json || options->has_format || options->target || options->caps ||
        options->kernel || options->mode)
        return ctl_fail(CTL_USAGE, "--profile writes the profile as it is: only --output fits");
    return CTL_OK;
}

static int check_options(const struct ctl_options *options)
{
    if (options->profile)
        return check_profile(options);
    if (options->format == FORMAT_OCI)
        return ctl_fail(CTL_USAGE,
                        "--format oci is made of a profile's text: secprofctl get NAME --profile | "
                        "secprofctl compile - --format oci");
    return write_filter_check(options);
}

/* Writes the text of profile NAME. */
static int get_profile(const struct ctl_options *options, struct secprof *handle, const char *name)
{
    struct secprof_info info = SECPROF_INFO_INIT;
    cleanup_close int fd = secprof_get_profile(handle, name, &info);
    cleanup_free char *text = NULL;
    size_t len;
    int r = fd;

    if (r < 0)
        return remote_fail(handle, name, r);
    warn_if_stale(name, &info);
    r = io_pread_file(fd, PROFILE_MAX_BYTES, &text, &len);
    if (r < 0)
        return ctl_fail(CTL_SYSTEM, "cannot read the profile: %s", strerror(-r));
    r = output_write(options->output, text, len);
    return r < 0 ? output_fail(options->output, r) : CTL_OK;
}

static int get(const struct ctl_options *options)
{
    cleanup_remote struct secprof *handle = NULL;
    struct secprof_info info = SECPROF_INFO_INIT;
    struct secprof_options wanted;
    const char *name = options->args[0];
    char digest[HEX_SIZE(sizeof(info.digest))];
    cleanup_free void *bytes = NULL;
    size_t len;
    cleanup_free char *profile = NULL;
    enum variant_mode mode = options->mode;
    enum wire_mode named;
    int code = check_options(options);

    if (code == CTL_OK)
        code = remote_check_variant(options, name, &mode);
    if (code == CTL_OK)
        code = remote_open(options, &handle);
    if (code != CTL_OK)
        return code;
    if (options->profile)
        return get_profile(options, handle, name);
    remote_options(options, &wanted);

    int r = secprof_get_bytes(handle, name, &wanted, &bytes, &len, &info);

    if (r < 0)
        return remote_fail(handle, name, r);
    profile = strndup(name, wire_name_split(name, &named));
    if (!profile)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    warn_if_stale(profile, &info);

    struct format_filter filter = {
        .name = profile,
        .mode = mode,
        .target = target_by_audit_arch(info.audit_arch),
        .bytes = bytes,
        .len = len,
        .flags = info.filter_flags,
        .digest = hex_encode(info.digest, sizeof(info.digest), digest),
    };

    if (!filter.target)
        return ctl_fail(CTL_NO_DAEMON, "the daemon answered for an unknown architecture, 0x%x",
                        info.audit_arch);
    return options->json ? print_json(options, &filter, &info)
                         : write_filter_output(options, &filter);
}

const struct ctl_command command_get = {
    .name = "get",
    .options = CTL_OPTIONS_VARIANT | CTL_OPTION_FORMAT | CTL_OPTION_OUTPUT | CTL_OPTION_PROFILE,
    .min_args = 1,
    .max_args = 1,
    .wants = "the name of a profile",
    .run = get,
    .help =
        "usage: secprofctl get NAME [OPTION…]\n"
        "\n"
        "Writes the filter of profile NAME to stdout: by default struct sock_filter, as\n"
        "seccomp(2) and bwrap --seccomp take it, and nothing else.\n"
        "\n"
        "  --target ARCH       for another architecture: x86_64, aarch64, SCMP_ARCH_S390X, …\n"
        "  --caps CAP_A,CAP_B  for a process with these capabilities (default: none)\n"
        "  --kernel 6.1        for another kernel than the daemon's\n"
        "  --mode audit|log    audit: let through and log what would be denied; log: log that\n"
        "  --format FORMAT     raw, hex, base64, c (an array), asm (a listing)\n"
        "  --profile           not the filter, but the profile in service that it is of (JSON)\n"
        "  -o, --output FILE   replaces FILE in one step; - is stdout\n"
        "  --json              the filter in base64, with all that is known about it\n",
};
