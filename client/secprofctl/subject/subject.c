/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the questions are about: profiles, raw BPF, names, processes; all become filters. */
#include "config.h"

#include "client/secprofctl/subject/subject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/subject/helper-file.h"
#include "client/secprofctl/subject/process.h"
#include "client/secprofctl/subject/remote.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/diag.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/symbolic.h"
#include "compiler/questions/combine.h"
#include "protocol/codec.h"
#include "util/cleanup.h"

void subject_close(struct subject *subject)
{
    local_free(&subject->file);
    arena_free(&subject->arena);
}

/* Makes LEN bytes of raw BPF, called WHAT, the subject's filter. */
static int take_raw(struct subject *subject, const char *what, const void *bytes, size_t len)
{
    bool big_endian = target_native_abi(subject->request.target)->big_endian;
    size_t n = len / sizeof(struct sock_filter);
    const char *why;
    size_t bad;

    if (len == 0 || len % sizeof(struct sock_filter) != 0 || n > BPF_MAX_INSNS)
        return ctl_fail(CTL_NO,
                        "%s: %zu bytes are no filter: that is 1 to %d instructions of %zu bytes",
                        what, len, BPF_MAX_INSNS, sizeof(struct sock_filter));

    struct bpf_program *program = arena_alloc(&subject->arena, sizeof(*program));

    if (program)
        program->insns = arena_calloc(&subject->arena, n, sizeof(*program->insns));
    if (!program || !program->insns)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    program->n_insns = n;
    bpf_load(bytes, n, !big_endian, program->insns);

    bool swapped = bpf_check(program->insns, n, &bad, &why) == 0;

    bpf_load(bytes, n, big_endian, program->insns);
    if (bpf_check(program->insns, n, &bad, &why) < 0)
        return ctl_fail(CTL_NO, "%s: instruction %zu is %s%s", what, bad, why,
                        swapped ? "; it is a filter in the other byte order: name its architecture "
                                  "with --target"
                                : "");
    subject->programs = program;
    subject->n_programs = 1;
    return CTL_OK;
}

/* The exit code for R, what parsing or compiling the subject's file has given, after a message
 * where that is an error. */
static int compiled(struct subject *subject, const struct diags *diags, int r)
{
    if (diags->n_errors > 0) {
        local_print_diags(&subject->file, diags, &subject->arena);
        return CTL_NO;
    }
    return r < 0 ? ctl_fail(CTL_SYSTEM, "%s: %s", subject->file.name, strerror(-r)) : CTL_OK;
}

/* Parses and lowers the profile in the subject's file. */
static int lower_file(struct subject *subject, struct syscalls *syscalls)
{
    struct diags diags;
    int r;

    diags_init(&diags, &subject->arena);
    r = profile_parse(&subject->profile, subject->file.text, subject->file.len, &subject->arena,
                      &diags);
    if (r == 0)
        r = compile_policy(&subject->lowered, syscalls, &subject->profile, &subject->request,
                           &subject->arena, &diags);
    return compiled(subject, &diags, r);
}

static int compile_file(struct subject *subject, struct syscalls *syscalls)
{
    struct bpf_program *program;
    struct filter filter;
    struct diags diags;
    int code = lower_file(subject, syscalls);
    int r;

    if (code != CTL_OK)
        return code;
    program = arena_alloc(&subject->arena, sizeof(*program));
    if (!program)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    diags_init(&diags, &subject->arena);
    r = compile_filter(&filter, syscalls, &subject->lowered, &subject->arena, &diags);
    code = compiled(subject, &diags, r);
    if (code != CTL_OK)
        return code;
    *program = filter.program;
    subject->flags_known = true;
    subject->flags = filter.flags;
    subject->programs = program;
    subject->n_programs = 1;
    return CTL_OK;
}

static int open_file(struct subject *subject, struct syscalls *syscalls)
{
    int code = local_read(&subject->file, subject->operand);
    const void *filter;
    size_t len;

    if (code != CTL_OK)
        return code;
    if (helper_file_read(subject->file.text, subject->file.len, &filter, &len)) {
        subject->kind = SUBJECT_RAW;
        return filter ? take_raw(subject, subject->file.name, filter, len)
                      : ctl_fail(CTL_NO, "%s: an executable that is no secprof-helper",
                                 subject->file.name);
    }
    if (subject->file.len && memchr(subject->file.text, '\0', subject->file.len)) {
        subject->kind = SUBJECT_RAW;
        return take_raw(subject, subject->file.name, subject->file.text, subject->file.len);
    }
    subject->kind = SUBJECT_PROFILE;
    return compile_file(subject, syscalls);
}

/* Fetches the filter of a served profile, for the same request as a file's. */
static int open_served(struct subject *subject, const struct ctl_options *options)
{
    cleanup_remote struct secprof *handle = NULL;
    struct secprof_info info = SECPROF_INFO_INIT;
    struct secprof_options wanted;
    cleanup_free void *bytes = NULL;
    size_t len;
    int code = remote_check_variant(options, subject->operand, &subject->request.mode);

    if (code == CTL_OK)
        code = remote_open(options, &handle);
    if (code != CTL_OK)
        return code;
    remote_options(options, &wanted);
    wanted.audit_arch = target_native_abi(subject->request.target)->audit_arch;

    int r = secprof_get_bytes(handle, subject->operand, &wanted, &bytes, &len, &info);

    if (r < 0)
        return remote_fail(handle, subject->operand, r);
    if (info.stale)
        ctl_warn("%s: its file is broken; this is the last good filter", subject->operand);
    subject->kind = SUBJECT_SERVED;
    subject->flags_known = true;
    subject->flags = info.filter_flags;
    return take_raw(subject, subject->operand, bytes, len);
}

static int open_process(struct subject *subject, const struct ctl_options *options, pid_t pid)
{
    if (options->target && options->target != target_host())
        return ctl_fail(CTL_USAGE, "%s runs on this machine; leave out --target", subject->operand);
    subject->kind = SUBJECT_PROCESS;
    return process_filters(pid, &subject->programs, &subject->n_programs, &subject->arena);
}

int subject_open(struct subject *subject, const struct ctl_options *options,
                 struct syscalls *syscalls, const char *operand)
{
    pid_t pid = process_parse(operand);
    int code;

    *subject = (struct subject){.operand = operand, .arena = ARENA_INIT};
    code = local_request(options, &subject->request);
    if (code != CTL_OK)
        return code;
    if (pid)
        return open_process(subject, options, pid);
    if (!options->names_only &&
        (!strcmp(operand, "-") || strchr(operand, '/') || access(operand, F_OK) == 0))
        return open_file(subject, syscalls);
    return open_served(subject, options);
}

int subject_read_source(struct subject *subject, const struct ctl_options *options,
                        struct syscalls *syscalls)
{
    cleanup_remote struct secprof *handle = NULL;
    cleanup_free struct secprof_profile_status *status = NULL;
    cleanup_close int fd = -1;
    int code = remote_open(options, &handle);
    enum wire_mode mode;
    const char *name =
        arena_strndup(&subject->arena, subject->operand, wire_name_split(subject->operand, &mode));
    const char *path;
    int r;

    if (code != CTL_OK)
        return code;
    if (!name)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    r = secprof_profile_status(handle, name, &status);
    if (r == 0)
        r = fd = secprof_get_profile(handle, name, NULL);
    if (r < 0)
        return remote_fail(handle, subject->operand, r);
    path = arena_strndup(&subject->arena, status->path, strlen(status->path));
    if (!path)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    code = local_read_fd(&subject->file, path, fd);
    return code == CTL_OK ? lower_file(subject, syscalls) : code;
}

const char *subject_text(struct subject *subject)
{
    struct arena *arena = &subject->arena;
    size_t n = subject->n_programs == 1 ? subject->programs[0].n_insns : 0;

    switch (subject->kind) {
    case SUBJECT_PROFILE:
        return arena_printf(arena, "%s: %zu instructions", subject->file.name, n);
    case SUBJECT_RAW:
        return arena_printf(arena, "%s, raw BPF: %zu instructions", subject->file.name, n);
    case SUBJECT_SERVED:
        return arena_printf(arena, "%s, served by secprofd: %zu instructions", subject->operand, n);
    case SUBJECT_PROCESS:
        break;
    }
    if (subject->n_programs == 0)
        return arena_printf(arena, "%s: a process without a filter", subject->operand);
    if (subject->n_programs == 1)
        return arena_printf(arena, "%s: one filter, %zu instructions", subject->operand, n);
    return arena_printf(arena,
                        "%s: %zu filters together; the most restrictive answer counts, of equal "
                        "actions the newest filter's",
                        subject->operand, subject->n_programs);
}

uint32_t subject_simulate(const struct subject *subject, const struct seccomp_data *data)
{
    bool big_endian = target_native_abi(subject->request.target)->big_endian;
    uint32_t verdict = SECCOMP_RET_ALLOW;

    for (size_t i = 0; i < subject->n_programs; i++) {
        const struct bpf_program *program = &subject->programs[i];
        uint32_t answer = bpf_simulate(program->insns, program->n_insns, data, big_endian).verdict;

        if (i == 0 || verdict_compare(answer, verdict) < 0)
            verdict = answer;
    }
    return verdict;
}

int subject_behaviour(struct subject *subject, struct bdd *bdd, struct behaviour *behaviour)
{
    static const struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    bool big_endian = target_native_abi(subject->request.target)->big_endian;
    struct obstacle obstacle;
    int r = 0;

    if (subject->n_programs == 0)
        r = behaviour_of_program(behaviour, bdd, allow, ARRAY_SIZE(allow), big_endian,
                                 &subject->arena, &obstacle);
    for (size_t i = 0; r == 0 && i < subject->n_programs; i++) {
        const struct bpf_program *program = &subject->programs[i];
        struct behaviour older;

        r = behaviour_of_program(i == 0 ? behaviour : &older, bdd, program->insns, program->n_insns,
                                 big_endian, &subject->arena, &obstacle);
        if (r == -ENOTSUP || r == -E2BIG)
            return ctl_fail(CTL_NO, "%s: it cannot be analysed: instruction %zu: %s",
                            subject->operand, obstacle.pc, obstacle.why);
        if (r == 0 && i > 0)
            r = behaviour_combine(behaviour, bdd, behaviour, &older, &subject->arena);
    }
    if (r == -E2BIG)
        return ctl_fail(CTL_NO, "%s: its filters together are too large to analyse",
                        subject->operand);
    return r < 0 ? ctl_fail(CTL_SYSTEM, "%s: %s", subject->operand, strerror(-r)) : CTL_OK;
}
