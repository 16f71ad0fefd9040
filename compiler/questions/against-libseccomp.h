/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile's meaning against the filter that libseccomp makes of it: where they differ, with an
 * example, and why as far as that can be told.
 */
#ifndef COMPILER_QUESTIONS_AGAINST_LIBSECCOMP_H
#define COMPILER_QUESTIONS_AGAINST_LIBSECCOMP_H

struct arena;
struct diags;
struct policy;
struct profile;
struct syscalls;
struct variant;
struct variant_request;

/*
 * Compares what PROFILE means for REQUEST (VARIANT and POLICY are what resolving and lowering made
 * of it) with libseccomp's filter, which may take SECONDS of processor time, for all inputs. Adds a
 * line to DIAGS for each ABI and kind of difference: a warning where libseccomp's filter does not
 * do what the rules say, a note where the profile can be read in two ways, or libseccomp does not
 * know a name; also where it makes no filter. Each example has been run through libseccomp's
 * filter. Returns 0, -ENOMEM, or -errno where no child process can be made.
 */
int against_libseccomp(const struct profile *profile, const struct variant_request *request,
                       const struct variant *variant, const struct policy *policy,
                       struct syscalls *syscalls, unsigned int seconds, struct arena *arena,
                       struct diags *diags);

#endif
