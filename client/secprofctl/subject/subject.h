/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the questions are about: the operands of disasm, diff and explain, which may be a profile's
 * file, a file of raw BPF, the name of a served profile, or a running process.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_SUBJECT_H
#define CLIENT_SECPROFCTL_SUBJECT_SUBJECT_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/secprofctl/subject/local.h"
#include "compiler/compile.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "util/arena.h"

struct bdd;
struct behaviour;
struct bpf_program;
struct ctl_options;
struct syscalls;

enum subject_kind {
    SUBJECT_PROFILE, /* a file with a profile */
    SUBJECT_RAW,     /* a file with struct sock_filter in the target's byte order */
    SUBJECT_SERVED,  /* the name of a profile that the daemon serves */
    SUBJECT_PROCESS, /* pid:N */
};

struct subject {
    enum subject_kind kind;
    const char *operand; /* as it stands on the command line */
    struct variant_request request;
    struct local_file file; /* of a file, and of a name where subject_read_source() was called */
    struct profile profile; /* what stands in `file`, where that is a profile */
    struct lowered lowered; /* the same for `request` */
    struct bpf_program *programs; /* as the kernel runs them: the newest first; all are valid */
    size_t n_programs;            /* more than one, or none, only for a process */
    bool flags_known;             /* not of raw BPF and of processes */
    uint32_t flags;               /* SECCOMP_FILTER_FLAG_* of the filter */
    struct arena arena;           /* holds all of that */
};

/*
 * Finds out what OPERAND is, by the operand alone and what is on disk: "pid:" and a number is a
 * process; "-", what has a slash, and what exists is a file, of raw BPF where it has a NUL byte
 * (no profile has one, each instruction has); the rest is a name. Loads its filters for the target,
 * capabilities and kernel of OPTIONS. Returns CTL_OK, or another exit code after a message.
 */
int subject_open(struct subject *subject, const struct ctl_options *options,
                 struct syscalls *syscalls, const char *operand);
void subject_close(struct subject *subject);

#define cleanup_subject __attribute__((cleanup(subject_close)))

/*
 * Reads the text in service of the profile that a SUBJECT_SERVED names into subject->file, parses
 * and lowers it. Returns CTL_OK, or another exit code after a message.
 */
int subject_read_source(struct subject *subject, const struct ctl_options *options,
                        struct syscalls *syscalls);

/* What SUBJECT is, for a heading: "default, served by secprofd: 230 instructions". In its arena;
 * NULL where that has no memory. */
const char *subject_text(struct subject *subject);

/* What the filters of SUBJECT answer to DATA together, as the kernel runs them. */
uint32_t subject_simulate(const struct subject *subject, const struct seccomp_data *data);

/*
 * The behaviour of SUBJECT's filters together, in BDD and SUBJECT's arena. Returns CTL_OK, or
 * another exit code after a message.
 */
int subject_behaviour(struct subject *subject, struct bdd *bdd, struct behaviour *behaviour);

#endif
