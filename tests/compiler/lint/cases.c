/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the lint says of which profile: a table. Each rule is a line, the first one line 3 or 4. */
#include "tests/compiler/lint/cases.h"

#include "util/cleanup.h"

/* clang-format off */
#define ALLOWLIST      "{'defaultAction': 'SCMP_ACT_ERRNO',\n"
#define DENYLIST       "{'defaultAction': 'SCMP_ACT_ALLOW',\n"
#define DEFAULT_ENOSYS "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrno': 'ENOSYS',\n"
#define X86            "'architectures': ['SCMP_ARCH_X86'],\n"
#define RULES          "'syscalls': [\n"
#define NEXT           ",\n"
#define END            "]}"

/* The note about DENYLIST where a profile names none of the calls in it. */
#define OPEN \
    "f:1:19: note: the default action allows calls that help out of a sandbox: " \
    "\"io_uring_setup\", \"ptrace\", \"bpf\", \"clone\", \"clone3\", \"create_module\" and 18 more\n"

/* NAMES is a list of quoted words, ARGS one of ARG() and MASK(), MORE other keys of the rule. */
#define RULE(names, action) "{'names': [" names "], 'action': 'SCMP_ACT_" action "'}"
#define WITH(names, action, more) \
    "{'names': [" names "], 'action': 'SCMP_ACT_" action "', " more "}"
#define TEST(names, action, args)            WITH(names, action, "'args': [" args "]")
#define TEST_WITH(names, action, args, more) WITH(names, action, "'args': [" args "], " more)
#define ARG(index, op, value) \
    "{'index': " #index ", 'op': 'SCMP_CMP_" op "', 'value': " #value "}"
#define MASK(index, mask, value) \
    "{'index': " #index ", 'op': 'SCMP_CMP_MASKED_EQ', 'value': " #mask ", 'valueTwo': " #value "}"

const struct lint_case lint_cases[] = {
    /* names: unknown ones, in an allow and in a deny rule */
    {"x86_64",
     ALLOWLIST RULES
         RULE("'sokcet', 'read', 'frobnicate'", "ALLOW") NEXT
         RULE("'raed'", "KILL_PROCESS") END,
     "f:3:12: warning: no architecture has a call \"sokcet\", so the rule does nothing for "
     "it; did you mean \"socket\"?\n"
     "f:3:30: warning: no architecture has a call \"frobnicate\", so the rule does nothing "
     "for it\n"
     "f:4:12: warning: no architecture has a call \"raed\", so nothing is blocked by it; "
     "did you mean \"read\"?\n"},

    /* a deny rule on an unknown name is worse */
    {"x86_64",
     DENYLIST RULES
         RULE("'sokcet'", "ERRNO") NEXT
         RULE("'io_uring_setup', 'clone3'", "LOG") END,
     "f:1:19: note: the default action allows calls that help out of a sandbox: "
     "\"io_uring_setup\", \"ptrace\", \"bpf\", \"clone\", \"clone3\", \"create_module\" and "
     "18 more\n"
     "f:3:12: warning: no architecture has a call \"sokcet\", so nothing is blocked by it; "
     "did you mean \"socket\"?\n"},

    /* names that another architecture has are known */
    {"x86_64",
     ALLOWLIST RULES
         RULE("'arm_fadvise64_64', 's390_pci_mmio_read', 'riscv_hwprobe', 'mseal'", "ALLOW") END,
     ""},

    /* an index that is there twice is the parser's to report */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'read'", "ALLOW", ARG(0, "EQ", 1) ", " ARG(0, "EQ", 2)) END,
     ""},

    /* two actions for one call: the more restrictive */
    {"x86_64",
     ALLOWLIST X86 RULES
         TEST("'read', 'write'", "ALLOW", ARG(0, "LE", 9)) NEXT
         TEST("'read', 'write'", "LOG", ARG(0, "EQ", 5) ", " ARG(2, "GT", 7)) END,
     "f:4:12: warning: for \"read\", \"write\" this rule says ALLOW and the one at line 5 "
     "says LOG where argument 0 is 0x5, argument 2 is 0x8; the latter wins, because it is "
     "more restrictive\n"},

    /* one action with two errnos: the first */
    {"x86_64",
     ALLOWLIST RULES
         TEST_WITH("'read'", "ERRNO", ARG(0, "LE", 9), "'errnoRet': 13") NEXT
         TEST_WITH("'read'", "ERRNO", ARG(1, "EQ", 5), "'errnoRet': 5") END,
     "f:4:12: warning: for \"read\" this rule says ERRNO(EIO) and the one at line 3 says "
     "ERRNO(EACCES) where argument 0 is 0x0, argument 1 is 0x5; the latter wins, because it "
     "stands first in the file\n"},

    /* rules that exclude each other by value, or by condition */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'read'", "ALLOW", ARG(0, "LT", 5)) NEXT
         TEST("'read'", "LOG", ARG(0, "GE", 5)) NEXT
         TEST_WITH("'write'", "ALLOW",
              ARG(0, "LT", 5), "'includes': {'caps': ['CAP_SYS_ADMIN']}") NEXT
         TEST_WITH("'write'", "LOG",
              ARG(0, "LT", 5), "'excludes': {'caps': ['CAP_SYS_ADMIN']}") NEXT
         TEST_WITH("'readv'", "ALLOW", ARG(0, "LT", 5), "'includes': {'minKernel': '5.0'}") NEXT
         TEST_WITH("'readv'", "LOG", ARG(0, "LT", 5), "'excludes': {'minKernel': '5.0'}") END,
     ""},

    /* rules that are in force together for some capabilities only */
    {"x86_64",
     ALLOWLIST RULES
         TEST_WITH("'read'", "ALLOW",
              ARG(0, "LT", 5), "'includes': {'caps': ['CAP_SYS_ADMIN']}") NEXT
         TEST_WITH("'read'", "LOG", ARG(1, "LT", 5), "'includes': {'caps': ['CAP_SYSLOG']}") END,
     "f:3:12: warning: for \"read\" this rule says ALLOW and the one at line 4 says LOG "
     "where argument 0 is 0x0, argument 1 is 0x0; the latter wins, because it is more "
     "restrictive\n"},

    /* with a rule that decides alone there is nothing ambiguous */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'read'", "ALLOW", ARG(0, "LT", 5)) NEXT
         TEST("'read'", "LOG", ARG(1, "LT", 5)) NEXT
         RULE("'read'", "ALLOW") END,
     "f:3:12: note: for \"read\" this rule adds nothing: the rule at line 5 says the same\n"
     "f:4:12: warning: for \"read\" this rule never decides: the rule at line 5 (ALLOW) has "
     "no tests, so it decides alone\n"},

    /* rules that never decide: the first without tests decides alone */
    {"x86_64",
     ALLOWLIST RULES
         RULE("'read', 'write'", "ALLOW") NEXT
         RULE("'write', 'read', 'close'", "LOG") NEXT
         TEST("'read'", "KILL", ARG(0, "EQ", 1)) END,
     "f:4:12: warning: for \"write\", \"read\" this rule never decides: the rule at line 3 "
     "(ALLOW) has no tests, so it decides alone\n"
     "f:5:12: warning: for \"read\" this rule never decides: the rule at line 3 (ALLOW) has "
     "no tests, so it decides alone\n"},

    /* covered by two others together */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'read'", "LOG", ARG(0, "LT", 5)) NEXT
         TEST("'read'", "LOG", ARG(0, "GE", 5)) NEXT
         TEST("'read'", "ALLOW", ARG(1, "EQ", 5)) END,
     "f:5:12: warning: for \"read\" this rule never decides: the rule at line 3 (LOG) or "
     "another goes first wherever this one holds\n"},

    /* not covered: one value is left */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'read'", "LOG", ARG(0, "LT", 5)) NEXT
         TEST("'read'", "LOG", ARG(0, "GT", 5)) NEXT
         TEST("'read'", "ALLOW", ARG(0, "LE", 9)) END,
     "f:5:12: warning: for \"read\" this rule says ALLOW and the one at line 3 says LOG "
     "where argument 0 is 0x0; the latter wins, because it is more restrictive\n"},

    /* what would cover it is not always in force */
    {"x86_64",
     ALLOWLIST RULES
         WITH("'read'", "ALLOW", "'includes': {'caps': ['CAP_SYS_ADMIN']}") NEXT
         TEST("'read'", "LOG", ARG(0, "EQ", 1)) NEXT
         WITH("'write'", "ALLOW", "'excludes': {'caps': ['CAP_SYS_ADMIN']}") NEXT
         TEST_WITH("'write'", "LOG",
              ARG(0, "EQ", 1), "'includes': {'caps': ['CAP_SYS_ADMIN']}") END,
     ""},

    /* what covers it is in force whenever it is */
    {"x86_64",
     ALLOWLIST RULES
         WITH("'read'", "ALLOW", "'excludes': {'caps': ['CAP_SYS_ADMIN']}") NEXT
         TEST_WITH("'read'", "LOG",
              ARG(0, "EQ", 1), "'excludes': {'caps': ['CAP_SYS_ADMIN', 'CAP_SYSLOG']}") END,
     "f:4:12: warning: for \"read\" this rule never decides: the rule at line 3 (ALLOW) has "
     "no tests, so it decides alone\n"},

    /* the default's action, said again for some calls of another rule */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'kill'", "ALLOW", ARG(1, "LE", 15)) NEXT
         TEST("'kill'", "ERRNO", ARG(1, "EQ", 9)) NEXT
         RULE("'tkill'", "ERRNO") NEXT
         TEST("'tkill'", "ALLOW", ARG(1, "EQ", 0)) END,
     "f:4:12: warning: for \"kill\" this rule says what the default says, and such rules "
     "count for nothing: where argument 1 is 0x9, the rule at line 3 decides (ALLOW), and the deny is lost\n"},

    /* the same where the rule that decides has no tests, in either order */
    {"x86_64",
     ALLOWLIST RULES
         RULE("'kill', 'tkill'", "ALLOW") NEXT
         TEST("'kill'", "ERRNO", ARG(1, "EQ", 9)) NEXT
         RULE("'tkill', 'write'", "ERRNO") NEXT
         RULE("'write'", "ALLOW") END,
     "f:4:12: warning: for \"kill\" this rule says what the default says, and such rules "
     "count for nothing: where argument 1 is 0x9, the rule at line 3 decides (ALLOW), and the deny is lost\n"
     "f:5:12: warning: for \"tkill\" this rule says what the default says, and such rules "
     "count for nothing: the rule at line 3 decides (ALLOW), and the deny is lost\n"
     "f:5:21: warning: for \"write\" this rule says what the default says, and such rules "
     "count for nothing: the rule at line 6 decides (ALLOW), and the deny is lost\n"},

    /* the same under a default that allows */
    {"x86_64",
     DENYLIST RULES
         TEST("'read'", "ERRNO", ARG(1, "LE", 15)) NEXT
         TEST("'read'", "ALLOW", ARG(1, "EQ", 9)) END,
     "f:1:19: note: the default action allows calls that help out of a sandbox: "
     "\"io_uring_setup\", \"ptrace\", \"bpf\", \"clone\", \"clone3\", \"create_module\" and "
     "18 more\n"
     "f:4:12: warning: for \"read\" this rule says what the default says, and such rules "
     "count for nothing: where argument 1 is 0x9, the rule at line 3 decides "
     "(ERRNO(EPERM))\n"},

    /* tests that are decided in advance, everywhere or where arguments have 32 bits */
    {"x86_64",
     ALLOWLIST X86 RULES
         TEST("'read'", "ALLOW", ARG(0, "GE", 0)) NEXT
         TEST("'write'", "ALLOW", ARG(0, "EQ", 4294967296)) NEXT
         TEST("'close'", "ALLOW", ARG(0, "LE", 4294967296)) NEXT
         TEST("'dup'", "KILL", ARG(0, "EQ", 4294967296)) NEXT
         TEST("'open'", "ALLOW", MASK(0, 0, 0)) END,
     "f:4:58: warning: this test holds for every value\n"
     "f:5:59: note: where arguments have 32 bits: this test never holds, and so the rule "
     "never does\n"
     "f:6:59: note: where arguments have 32 bits: this test holds for every value\n"
     "f:7:56: warning: where arguments have 32 bits: this test never holds, and so the rule "
     "never does\n"
     "f:8:58: warning: this test holds for every value\n"},

    /* what the parser reports is not said twice */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'read'", "ALLOW", ARG(0, "LT", 0)) NEXT
         TEST("'write'", "ALLOW", MASK(0, 1, 2)) END,
     ""},

    /* a multiplexer: what it gets, and rules that bypass */
    {"x86_64",
     ALLOWLIST X86 RULES
         TEST("'socket'", "ALLOW", ARG(0, "LT", 38)) NEXT
         TEST("'shmat'", "LOG", ARG(0, "EQ", 1)) NEXT
         RULE("'ipc'", "ALLOW") NEXT
         RULE("'sendto', 'bind'", "ALLOW") END,
     "f:4:12: note: on x86: \"socket\" can be called through \"socketcall\", where its "
     "arguments cannot be tested; there it gets ERRNO(EPERM)\n"
     "f:6:12: warning: on x86: this rule says ALLOW for \"ipc\", and so bypasses the rules "
     "on \"shmat\" (line 5)\n"},

    /* not where the ABI has none */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'socket'", "ALLOW", ARG(0, "LT", 38)) NEXT
         RULE("'socketcall'", "ALLOW") END,
     ""},

    /* deny rules that it bypasses */
    {"x86_64",
     DENYLIST X86 RULES
         RULE("'bind', 'connect'", "ERRNO") NEXT
         RULE("'socketcall'", "LOG") NEXT
         RULE("'io_uring_setup'", "ERRNO") END,
     "f:1:19: note: the default action allows calls that help out of a sandbox: \"ptrace\", "
     "\"bpf\", \"clone\", \"clone3\", \"create_module\", \"finit_module\" and 17 more\n"
     "f:5:12: warning: on x86: this rule says LOG for \"socketcall\", and so bypasses the "
     "rules on \"bind\" (line 4), \"connect\" (line 4)\n"},

    /* a rule on the multiplexer that is for another call, or that is stricter */
    {"x86_64",
     ALLOWLIST X86 RULES
         TEST("'socket'", "ALLOW", ARG(0, "LT", 38)) NEXT
         TEST("'socketcall'", "ALLOW", ARG(0, "EQ", 2)) NEXT
         TEST("'semop'", "ALLOW", ARG(0, "EQ", 1)) NEXT
         RULE("'ipc'", "KILL") END,
     "f:4:12: note: on x86: \"socket\" can be called through \"socketcall\", where its "
     "arguments cannot be tested; there it gets ERRNO(EPERM)\n"},

    /* bits above 31: a deny rule */
    {"x86_64",
     DENYLIST X86 RULES
         TEST("'socket'", "ERRNO", ARG(0, "EQ", 38)) NEXT
         RULE("'socketcall'", "KILL") NEXT
         TEST("'prctl'", "ERRNO", ARG(1, "EQ", 1) ", " ARG(0, "LE", 22)) END,
     "f:1:19: note: the default action allows calls that help out of a sandbox: "
     "\"io_uring_setup\", \"ptrace\", \"bpf\", \"clone\", \"clone3\", \"create_module\" and "
     "18 more\n"
     "f:4:60: warning: where arguments have 64 bits: the kernel takes the low 32 bits of "
     "argument 0 of \"socket\", this test all 64: 0x100000026 gets ALLOW instead of "
     "ERRNO(EPERM); test it with SCMP_CMP_MASKED_EQ, \"value\" 4294967295 and \"valueTwo\" "
     "38\n"
     "f:6:106: warning: where arguments have 64 bits: the kernel takes the low 32 bits of "
     "argument 0 of \"prctl\", this test all 64: 0x100000000 gets ALLOW instead of "
     "ERRNO(EPERM); list the values that are allowed, with SCMP_CMP_EQ\n"},

    /* the flags of clone, which are another argument on s390 */
    {"x86_64",
     DENYLIST RULES
         TEST("'clone'", "ERRNO", ARG(0, "EQ", 268435473)) NEXT
         TEST("'clone'", "ERRNO", ARG(1, "EQ", 268435473)) END,
     "f:1:19: note: the default action allows calls that help out of a sandbox: "
     "\"io_uring_setup\", \"ptrace\", \"bpf\", \"clone3\", \"create_module\", "
     "\"finit_module\" and 17 more\n"
     "f:3:59: warning: the kernel takes the low 32 bits of argument 0 of \"clone\", this "
     "test all 64: 0x110000011 gets ALLOW instead of ERRNO(EPERM); test it with "
     "SCMP_CMP_MASKED_EQ, \"value\" 4294967295 and \"valueTwo\" 268435473\n"},
    {"s390x",
     DENYLIST RULES
         TEST("'clone'", "ERRNO", ARG(0, "EQ", 268435473)) NEXT
         TEST("'clone'", "ERRNO", ARG(1, "EQ", 268435473)) END,
     "f:1:19: note: the default action allows calls that help out of a sandbox: "
     "\"io_uring_setup\", \"ptrace\", \"bpf\", \"clone3\", \"create_module\", "
     "\"finit_module\" and 17 more\n"
     "f:4:59: warning: the kernel takes the low 32 bits of argument 1 of \"clone\", this "
     "test all 64: 0x110000011 gets ALLOW instead of ERRNO(EPERM); test it with "
     "SCMP_CMP_MASKED_EQ, \"value\" 4294967295 and \"valueTwo\" 268435473\n"},

    /* a mask looks at the right ones; 64-bit arguments have no others */
    {"x86_64",
     DENYLIST RULES
         TEST("'socket'", "ERRNO", MASK(0, 4294967295, 38)) NEXT
         TEST("'mmap'", "ERRNO", ARG(2, "EQ", 7)) NEXT
         TEST("'ptrace'", "ERRNO", ARG(0, "EQ", 16)) END,
     "f:1:19: note: the default action allows calls that help out of a sandbox: "
     "\"io_uring_setup\", \"bpf\", \"clone\", \"clone3\", \"create_module\", "
     "\"finit_module\" and 17 more\n"},

    /* an allow rule that leaves something out */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'prctl'", "ALLOW", ARG(0, "NE", 22)) NEXT
         TEST("'personality'", "ALLOW", ARG(0, "LT", 5)) NEXT
         TEST("'personality'", "ALLOW", ARG(0, "GT", 8)) END,
     "f:3:59: warning: the kernel takes the low 32 bits of argument 0 of \"prctl\", this "
     "test all 64: 0x100000016 gets ALLOW instead of ERRNO(EPERM); list the values that are "
     "allowed, with SCMP_CMP_EQ\n"
     "f:5:65: warning: the kernel takes the low 32 bits of argument 0 of \"personality\", "
     "this test all 64: 0x100000000 gets ALLOW instead of ERRNO(EPERM); list the values "
     "that are allowed, with SCMP_CMP_EQ\n"},

    /* several that let it pass together */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'prctl'", "ALLOW", ARG(0, "NE", 22)) NEXT
         TEST("'prctl'", "ALLOW", ARG(0, "GT", 22)) END,
     "f:3:59: warning: the kernel takes the low 32 bits of argument 0 of \"prctl\", this "
     "test all 64: 0x100000016 gets ALLOW instead of ERRNO(EPERM); list the values that are "
     "allowed, with SCMP_CMP_EQ\n"
     "f:4:12: note: for \"prctl\" this rule adds nothing: the rule at line 3 says the same\n"},

    /* a list of what is allowed */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'prctl'", "ALLOW", ARG(0, "EQ", 22)) NEXT
         TEST("'prctl'", "ALLOW", ARG(0, "LT", 3)) END,
     ""},

    /* calls that help out of a sandbox */
    {"x86_64",
     ALLOWLIST RULES
         RULE("'io_uring_setup', 'bpf', 'ptrace'", "ALLOW") NEXT
         TEST("'keyctl'", "ALLOW", ARG(0, "EQ", 0)) NEXT
         WITH("'mount'", "ALLOW", "'includes': {'caps': ['CAP_SYS_ADMIN']}") END,
     "f:3:12: warning: \"io_uring_setup\" is allowed without a condition on capabilities: a "
     "filter does not see the operations that are made through a ring\n"
     "f:3:30: note: \"bpf\" is allowed without a condition on capabilities: it loads "
     "programs into the kernel\n"
     "f:3:37: warning: \"ptrace\" is allowed without a condition on capabilities: on "
     "kernels before 4.8 a tracer changes calls after the filter has passed them; add "
     "\"includes\": {\"minKernel\": \"4.8\"}\n"},

    /* not for those who hold a capability, not on new kernels, not without the flag */
    {"x86_64",
     ALLOWLIST RULES
         WITH("'ptrace'", "ALLOW", "'includes': {'minKernel': '4.8'}") NEXT
         TEST("'clone'", "ALLOW", MASK(0, 268435456, 0)) NEXT
         TEST("'unshare'", "ALLOW", ARG(0, "EQ", 1024)) NEXT
         RULE("'kexec_load'", "ERRNO") NEXT
         WITH("'bpf'", "ALLOW", "'includes': {'caps': ['CAP_SYS_ADMIN']}") END,
     ""},

    /* on s390 the flags of clone are its second argument */
    {"s390x",
     ALLOWLIST RULES
         TEST("'clone'", "ALLOW", MASK(0, 268435456, 0)) NEXT
         TEST("'unshare'", "ALLOW", ARG(0, "NE", 0)) END,
     "f:3:12: note: \"clone\" is allowed without a condition on capabilities: with "
     "CLONE_NEWUSER it gives every capability in a new user namespace\n"
     "f:4:12: note: \"unshare\" is allowed without a condition on capabilities: with "
     "CLONE_NEWUSER it gives every capability in a new user namespace\n"},

    /* errnos by name are the target's */
    {"mips64",
     DEFAULT_ENOSYS RULES
         TEST_WITH("'prctl'", "ERRNO", ARG(0, "EQ", 1), "'errno': 'ENOSYS'") NEXT
         TEST("'prctl'", "ALLOW", ARG(0, "NE", 2)) END,
     "f:3:12: warning: for \"prctl\" this rule says what the default says, and such rules "
     "count for nothing: where argument 0 is 0x1, the rule at line 4 decides (ALLOW), and the "
     "deny is lost\n"
     "f:4:59: warning: the kernel takes the low 32 bits of argument 0 of \"prctl\", this "
     "test all 64: 0x100000002 gets ALLOW instead of ERRNO(ENOSYS); list the values that "
     "are allowed, with SCMP_CMP_EQ\n"},

    /* calls that do the same, and have no rule: the name is there, or only the others are */
    {"x86_64",
     DENYLIST RULES
         RULE("'mkdir', 'chmod'", "ERRNO") NEXT
         RULE("'fchmod'", "ALLOW") NEXT
         RULE("'rmdir', 'unlinkat'", "KILL") END,
     OPEN
     "f:3:12: warning: this rule denies \"mkdir\", but \"mkdirat\", which does the same, is "
     "allowed\n"
     "f:3:21: warning: this rule denies \"chmod\", but \"fchmodat\", \"fchmodat2\", which do the "
     "same, are allowed\n"
     "f:5:21: warning: this rule denies \"unlinkat\", but \"unlink\", which does the same, is "
     "allowed\n"},
    {"aarch64",
     DENYLIST RULES
         RULE("'mkdir', 'open'", "ERRNO") NEXT
         RULE("'openat2'", "KILL") END,
     OPEN
     "f:3:12: warning: on aarch64: there is no call \"mkdir\", so this rule blocks nothing there; "
     "\"mkdirat\", which does the same, is allowed\n"
     "f:3:21: warning: on aarch64: there is no call \"open\", so this rule blocks nothing there; "
     "\"openat\", which does the same, is allowed\n"
     "f:4:12: warning: this rule denies \"openat2\", but \"openat\", which does the same, is "
     "allowed\n"},

    /* "no such call" makes a program use another; tests, conditions and lists of what is allowed */
    {"x86_64",
     DENYLIST RULES
         WITH("'openat2'", "ERRNO", "'errnoRet': 38") NEXT
         TEST("'openat'", "ERRNO", MASK(2, 4294967295, 1)) NEXT
         WITH("'mkdir'", "ERRNO", "'includes': {'arches': ['arm64']}") END,
     OPEN},
    {"x86_64",
     ALLOWLIST RULES
         RULE("'mkdir'", "KILL") NEXT
         RULE("'mkdirat'", "ALLOW") END,
     ""},
    {"x86_64",
     DENYLIST RULES
         WITH("'mkdir'", "ERRNO", "'excludes': {'caps': ['CAP_SYS_ADMIN']}") END,
     OPEN
     "f:3:12: warning: this rule denies \"mkdir\", but \"mkdirat\", which does the same, is "
     "allowed\n"},

    /* clone3 without ENOSYS: by a rule, by the default in a profile that names newer calls */
    {"x86_64",
     ALLOWLIST RULES
         TEST("'clone'", "ALLOW", MASK(0, 268435456, 0)) NEXT
         WITH("'clone3'", "ERRNO", "'errnoRet': 13") END,
     "f:4:12: warning: on x86_64: \"clone\" is allowed and \"clone3\" gets ERRNO(EACCES): C "
     "libraries start threads by clone3 and use clone only where that gets ENOSYS; answer "
     "clone3 with SCMP_ACT_ERRNO, \"errnoRet\" 38\n"},
    {"x86_64",
     ALLOWLIST RULES
         TEST("'clone'", "ALLOW", MASK(0, 268435456, 0)) NEXT
         RULE("'openat2'", "ALLOW") END,
     "f:3:12: warning: on x86_64: \"clone\" is allowed and \"clone3\" gets ERRNO(EPERM): C "
     "libraries start threads by clone3 and use clone only where that gets ENOSYS; answer "
     "clone3 with SCMP_ACT_ERRNO, \"errnoRet\" 38\n"},

    /* with ENOSYS, by the target's number or the usual one; older profiles; no clone at all */
    {"mips64",
     ALLOWLIST RULES
         TEST("'clone'", "ALLOW", MASK(0, 268435456, 0)) NEXT
         WITH("'clone3'", "ERRNO", "'errno': 'ENOSYS'") END,
     ""},
    {"mips64",
     ALLOWLIST RULES
         TEST("'clone'", "ALLOW", MASK(0, 268435456, 0)) NEXT
         WITH("'clone3'", "ERRNO", "'errnoRet': 38") END,
     ""},
    {"x86_64",
     ALLOWLIST RULES
         TEST("'clone'", "ALLOW", MASK(0, 268435456, 0)) END,
     ""},
    {"x86_64",
     ALLOWLIST RULES
         RULE("'openat2'", "ALLOW") END,
     ""},

    /* a listener that nobody has yet; a flag that the kernel refuses beside one */
    {"x86_64",
     "{'defaultAction': 'SCMP_ACT_ERRNO', 'flags': ['SECCOMP_FILTER_FLAG_TSYNC'],\n" RULES
         RULE("'sendmsg', 'mkdirat', 'close'", "NOTIFY") END,
     "f:3:12: warning: SCMP_ACT_NOTIFY beside SECCOMP_FILTER_FLAG_TSYNC: the kernel refuses the "
     "two together where a runtime does not add SECCOMP_FILTER_FLAG_TSYNC_ESRCH (Linux 5.7); "
     "leave the flag out\n"
     "f:3:12: warning: a runtime itself calls \"sendmsg\", \"close\" when it hands the listener "
     "over, and nobody can answer yet\n"},

    /* nothing to say */
    {"x86_64",
     ALLOWLIST X86 RULES
         RULE("'read', 'write', 'exit_group'", "ALLOW") NEXT
         TEST("'openat'", "ALLOW", MASK(2, 3, 0)) NEXT
         WITH("'reboot'", "ALLOW", "'includes': {'caps': ['CAP_SYS_BOOT']}") END,
     ""},
};
/* clang-format on */

const size_t lint_n_cases = ARRAY_SIZE(lint_cases);
