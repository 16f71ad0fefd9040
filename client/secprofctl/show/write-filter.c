/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How `get` and `compile` write a filter. */
#include "config.h"

#include "client/secprofctl/show/write-filter.h"

#include <linux/filter.h>
#include <stdlib.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/format.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/output.h"
#include "compiler/facts/abi.h"
#include "util/base64.h"
#include "util/cleanup.h"

int write_filter_check(const struct ctl_options *options)
{
    if (options->json && options->has_format)
        return ctl_fail(CTL_USAGE, "--json and --format cannot be used together");
    if (options->json || options->format != FORMAT_RAW || options->output || !output_is_terminal())
        return CTL_OK;
    return ctl_fail(CTL_USAGE,
                    "a filter is binary and not for a terminal: redirect it, name a file "
                    "with -o FILE, or read it with --format asm (hex, base64, c)");
}

int write_filter_output(const struct ctl_options *options, const struct format_filter *filter)
{
    cleanup_free char *text = NULL;
    size_t size;
    int r = format_render(options->format, filter, &text, &size);

    if (r == 0)
        r = output_write(options->output, text, size);
    return r < 0 ? output_fail(options->output, r) : CTL_OK;
}

void write_filter_json(struct json *json, const struct format_filter *filter)
{
    cleanup_free char *text = malloc(BASE64_SIZE(filter->len));

    json_text(json, "name", filter->name);
    json_text(json, "mode", variant_mode_name(filter->mode));
    json_text(json, "target", filter->target->name);
    json_number(json, "instructions", filter->len / sizeof(struct sock_filter));
    json_number(json, "filter_flags", filter->flags);
    json_flags(json, "flags", filter->flags);
    if (!text)
        json->failed = true;
    else
        json_text(json, "filter", base64_encode(filter->bytes, filter->len, text));
}
