/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of the kinds of findings, and a sentence about each. secprofctl(1) lists them; a test
 * compares.
 */
#include "compiler/parse/diag-rule.h"

static const struct {
    const char *name;
    const char *text;
} rules[DIAG_RULE_COUNT] = {
    [DIAG_RULE_NONE] = {"other", "Something else"},
    [DIAG_RULE_INVALID_JSON] = {"invalid-json", "The text is no JSON, or more than is read"},
    [DIAG_RULE_INVALID_PROFILE] = {"invalid-profile",
                                   "A value has another type or another value than a profile's"},
    [DIAG_RULE_UNKNOWN_KEY] = {"unknown-key", "A key has no meaning where it stands"},
    [DIAG_RULE_IGNORED_VALUE] = {"ignored-value", "A value, or a part of it, has no effect"},
    [DIAG_RULE_ALTERNATIVE_TESTS] = {"alternative-tests",
                                     "One argument is tested twice in a rule: one test is enough"},
    [DIAG_RULE_LISTENER] = {"listener", "The listener that SCMP_ACT_NOTIFY needs cannot be used"},
    [DIAG_RULE_UNSUPPORTED_ABI] = {"unsupported-abi",
                                   "The installed libseccomp does not know an architecture"},
    [DIAG_RULE_TOO_LARGE] = {"too-large", "The filter has more instructions than the kernel takes"},
    [DIAG_RULE_NOT_PROVEN] = {"not-proven",
                              "The filter could not be proven to do what the profile says"},
    [DIAG_RULE_UNKNOWN_CALL] = {"unknown-call", "No architecture has a system call of this name"},
    [DIAG_RULE_CONFLICT] = {"conflict", "Two rules hold for the same call and disagree"},
    [DIAG_RULE_UNREACHABLE] = {"unreachable", "A rule never decides, and says something else than "
                                              "the one that does"},
    [DIAG_RULE_REDUNDANT] = {"redundant", "A rule never decides; another one says the same"},
    [DIAG_RULE_LOST_DEFAULT] = {"lost-default",
                                "A rule says what the default says, and another rule decides"},
    [DIAG_RULE_NEVER_HOLDS] = {"never-holds", "A test of an argument holds for no value"},
    [DIAG_RULE_ALWAYS_HOLDS] = {"always-holds", "A test of an argument holds for every value"},
    [DIAG_RULE_MULTIPLEXED] = {"multiplexed",
                               "Arguments cannot be tested where a call goes through socketcall "
                               "or ipc"},
    [DIAG_RULE_BYPASSED] = {"bypassed", "A rule on socketcall or ipc bypasses the rules on the "
                                        "calls that go through it"},
    [DIAG_RULE_HIGH_BITS] = {"high-bits", "Bits that the kernel does not look at get past a test"},
    [DIAG_RULE_RISKY_CALL] = {"risky-call", "A call that helps out of a sandbox is allowed"},
    [DIAG_RULE_OPEN_SIBLING] = {"open-sibling",
                                "A call is denied, and another that does the same is allowed"},
    [DIAG_RULE_ABSENT_CALL] = {"absent-call",
                               "An architecture lacks the call that is denied, and has another "
                               "that does the same"},
    [DIAG_RULE_CLONE3] = {"clone3", "C libraries do not fall back from clone3 to clone"},
    [DIAG_RULE_OPEN_DEFAULT] = {"open-default",
                                "The default action allows calls that help out of a sandbox"},
    [DIAG_RULE_NOT_ALL_CHECKED] = {"not-all-checked", "The profile is too large to look at it all"},
    [DIAG_RULE_RUNTIME_CONDITIONS] = {"runtime-conditions",
                                      "Some container runtimes pass conditions over"},
    [DIAG_RULE_RUNTIME_START] = {"runtime-start",
                                 "A container runtime starts no container under the profile"},
    [DIAG_RULE_LIBSECCOMP] = {"libseccomp", "libseccomp makes another filter of the profile"},
};

const char *diag_rule_name(enum diag_rule rule)
{
    return rules[rule].name;
}

const char *diag_rule_text(enum diag_rule rule)
{
    return rules[rule].text;
}
