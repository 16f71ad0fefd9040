/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl disasm: a filter as a listing, from a profile, raw BPF, the daemon or a process. */
#include "config.h"

#include <stdio.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/format.h"
#include "client/secprofctl/show/text.h"
#include "client/secprofctl/subject/subject.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"

static int print_filter(const struct subject *subject, size_t i)
{
    const struct bpf_program *program = &subject->programs[i];

    if (subject->n_programs > 1)
        printf("; filter %zu of %zu, the newest first: %zu instructions\n", i + 1,
               subject->n_programs, program->n_insns);
    if (format_listing(stdout, program->insns, program->n_insns, subject->request.target) < 0)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    return CTL_OK;
}

static int disasm(const struct ctl_options *options)
{
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    cleanup_subject struct subject subject = {.arena = ARENA_INIT};
    const char *text;
    int code;

    if (options->json)
        return ctl_fail(CTL_USAGE, "a listing has no JSON form; leave out --json");
    if (!syscalls)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    code = subject_open(&subject, options, syscalls, options->args[0]);
    text = code == CTL_OK ? subject_text(&subject) : NULL;
    if (code != CTL_OK)
        return code;
    fputs("; ", stdout);
    text_print(stdout, text ? text : subject.operand);
    printf(", for %s\n", subject.request.target->name);
    for (size_t i = 0; code == CTL_OK && i < subject.n_programs; i++)
        code = print_filter(&subject, i);
    return code;
}

const struct ctl_command command_disasm = {
    .name = "disasm",
    .options = CTL_OPTIONS_VARIANT,
    .min_args = 1,
    .max_args = 1,
    .wants = "a file, the name of a profile, or pid:N",
    .run = disasm,
    .help =
        "usage: secprofctl disasm FILE|NAME|pid:N [OPTION…]\n"
        "\n"
        "Prints a filter, one instruction a line: what it loads, where it jumps, what it returns,\n"
        "and behind a semicolon what its constants are called.\n"
        "\n"
        "  FILE                a profile, or raw BPF (struct sock_filter); - is stdin\n"
        "  NAME                a profile that secprofd serves\n"
        "  pid:N               the filters of a running process\n"
        "  --target ARCH       the architecture that it is for (default: this machine's)\n"
        "  --caps CAP_A,CAP_B  for a process with these capabilities (default: none)\n"
        "  --kernel 6.1        for another kernel than this one\n"
        "  --mode audit|log    audit: let through and log what would be denied; log: log that\n",
};
