/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl explain: the verdict on a call and why. With a profile its rules are cited; a filter
 * alone can only be asked what it answers.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/explain-json.h"
#include "client/secprofctl/show/explain-text.h"
#include "client/secprofctl/show/explain.h"
#include "client/secprofctl/subject/answers.h"
#include "client/secprofctl/subject/call.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/profile.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/prove.h"

/* Reads the call, with the names of the target. Returns CTL_OK, or CTL_USAGE after a message. */
static int read_call(struct explaining *what)
{
    const struct ctl_options *options = what->options;
    const struct abi *abi =
        options->abi ? options->abi : target_native_abi(what->subject.request.target);
    const char *wrong = call_read(&what->call, &what->arena, options->args + 1,
                                  (size_t)options->n_args - 1, abi, what->syscalls);

    return wrong ? ctl_fail(CTL_USAGE, "%s", wrong) : CTL_OK;
}

static int run_explain(const struct ctl_options *options)
{
    cleanup_answers struct explaining what = {
        .options = options,
        .subject.arena = ARENA_INIT,
        .arena = ARENA_INIT,
        .syscalls = syscalls_new(),
        .bdd = bdd_new(PROOF_MAX_NODES),
    };
    int code;

    if (!what.syscalls || !what.bdd)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    code = answers_open(&what, options->args[0]);
    if (code == CTL_OK)
        code = read_call(&what);
    if (code == CTL_OK)
        code = answers_find(&what);
    if (code != CTL_OK)
        return code;
    return options->json ? explain_json_print(&what) : explain_text_print(&what);
}

const struct ctl_command command_explain = {
    .name = "explain",
    .options = CTL_OPTIONS_VARIANT | CTL_OPTION_ABI,
    .negative_args = true,
    .min_args = 2,
    .max_args = 2 + SYSCALL_ARGS,
    .wants = "a profile, raw BPF or pid:N, and a syscall",
    .run = run_explain,
    .help =
        "usage: secprofctl explain PROFILE|FILE|pid:N SYSCALL [ARGUMENT…] [OPTION…]\n"
        "\n"
        "Says what a call gets on each ABI, and why: the rule with its place and comment, why "
        "other\n"
        "rules do not count, the default, a multiplexer. Without arguments: the whole decision of\n"
        "that syscall. Of raw BPF and processes only the answers, with examples.\n"
        "\n"
        "  SYSCALL             a name, or a number; or all in one: 'socket(AF_ALG)'\n"
        "  ARGUMENT            up to six, as in C: AF_ALG, CLONE_NEWUSER|CLONE_NEWNS, 38, 0x26, "
        "-1;\n"
        "                      the others are 0\n"
        "  --abi ABI           only for this ABI: x86_64, x86, x32, …\n"
        "  --target ARCH       for this architecture (default: this machine's)\n"
        "  --caps CAP_A,CAP_B  for a process with these capabilities (default: none)\n"
        "  --kernel 6.1        for another kernel than this one\n"
        "  --mode audit|log    audit: let through and log what would be denied; log: log that\n"
        "  --json              all of it as JSON\n",
};
