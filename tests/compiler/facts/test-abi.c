/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of ABIs and targets, against the kernel's headers and the installed libseccomp. */
#include "compiler/facts/abi.h"

#include <check.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>
#include <sys/utsname.h>

#include "tests/suite.h"
#include "util/cleanup.h"

START_TEST(each_abi)
{
    const struct abi *abi = abi_get((enum abi_id)_i);
    bool is_64_bit = (abi->audit_arch & __AUDIT_ARCH_64BIT) != 0;

    ck_assert_int_eq(abi->id, _i);
    ck_assert_ptr_eq(abi_by_scmp_name(abi->scmp_name), abi);
    ck_assert_int_eq(strncmp(abi->scmp_name, "SCMP_ARCH_", 10), 0);
    ck_assert_int_eq(strcasecmp(abi->scmp_name + 10, abi->name), 0);
    if (!abi->go_name)
        ck_assert_ptr_eq(abi_by_condition_name(abi->name), abi);
    else
        ck_assert_ptr_eq(abi_by_condition_name(abi->go_name), abi);

    /* AUDIT_ARCH_* says itself what byte order and width are. */
    ck_assert_int_eq(abi->big_endian, !(abi->audit_arch & __AUDIT_ARCH_LE));
    ck_assert_int_eq(abi->wide, is_64_bit);

    /* libseccomp's token is AUDIT_ARCH_*, but for x32, which shares x86_64's in the kernel. */
    uint32_t token = seccomp_arch_resolve_name(abi->name);

    ck_assert_int_eq(abi_is_installed(abi), token != 0);
    if (token)
        ck_assert_uint_eq(token, abi->id == ABI_X32 ? SCMP_ARCH_X32 : abi->audit_arch);
    for (int k = 0; k < _i; k++) {
        const struct abi *other = abi_get((enum abi_id)k);

        ck_assert_str_ne(abi->name, other->name);
        ck_assert(!abi->go_name || !other->go_name || strcmp(abi->go_name, other->go_name));
        ck_assert_int_eq(abi->audit_arch == other->audit_arch,
                         abi->id == ABI_X32 && other->id == ABI_X86_64);
    }
}
END_TEST

/* linux/audit.h and asm/unistd.h of the kernel. */
static const struct {
    enum abi_id id;
    uint32_t audit_arch, nr_base;
} facts[] = {
    {ABI_X86_64, 0xc000003e, 0},
    {ABI_X86, 0x40000003, 0},
    {ABI_X32, 0xc000003e, 0x40000000},
    {ABI_AARCH64, 0xc00000b7, 0},
    {ABI_ARM, 0x40000028, 0},
    {ABI_MIPS, 0x00000008, 4000},
    {ABI_MIPS64, 0x80000008, 5000},
    {ABI_MIPS64N32, 0xa0000008, 6000},
    {ABI_MIPSEL, 0x40000008, 4000},
    {ABI_MIPSEL64, 0xc0000008, 5000},
    {ABI_MIPSEL64N32, 0xe0000008, 6000},
    {ABI_PPC, 0x00000014, 0},
    {ABI_PPC64, 0x80000015, 0},
    {ABI_PPC64LE, 0xc0000015, 0},
    {ABI_S390, 0x00000016, 0},
    {ABI_S390X, 0x80000016, 0},
    {ABI_PARISC, 0x0000000f, 0},
    {ABI_PARISC64, 0x8000000f, 0},
    {ABI_RISCV64, 0xc00000f3, 0},
    {ABI_LOONGARCH64, 0xc0000102, 0},
    {ABI_M68K, 0x00000004, 0},
    {ABI_SH, 0x4000002a, 0},
    {ABI_SHEB, 0x0000002a, 0},
};

START_TEST(numbers_of_the_kernel)
{
    ck_assert_uint_eq(ARRAY_SIZE(facts), ABI_COUNT);
    ck_assert_uint_eq(abi_get(facts[_i].id)->audit_arch, facts[_i].audit_arch);
    ck_assert_uint_eq(abi_get(facts[_i].id)->nr_base, facts[_i].nr_base);
}
END_TEST

START_TEST(condition_names)
{
    static const struct {
        const char *name;
        enum abi_id id;
    } names[] = {
        {"amd64", ABI_X86_64},
        {"386", ABI_X86},
        {"x32", ABI_X32},
        {"x86", ABI_X86},
        {"arm64", ABI_AARCH64},
        {"arm", ABI_ARM},
        {"ppc64le", ABI_PPC64LE},
        {"s390x", ABI_S390X},
        {"riscv64", ABI_RISCV64},
        {"mipsle", ABI_MIPSEL},
        {"mips64le", ABI_MIPSEL64},
        {"loong64", ABI_LOONGARCH64},
        {"mips3l64n32", ABI_MIPSEL64N32},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        ck_assert_ptr_eq(abi_by_condition_name(names[i].name), abi_get(names[i].id));
    ck_assert_ptr_null(abi_by_condition_name("x86_64"));
    ck_assert_ptr_null(abi_by_condition_name("aarch64"));
    ck_assert_ptr_null(abi_by_condition_name("loongarch64"));
    ck_assert_ptr_null(abi_by_condition_name("SCMP_ARCH_X86"));
    ck_assert_ptr_null(abi_by_condition_name("AMD64"));
    ck_assert_ptr_null(abi_by_condition_name(""));
    ck_assert_ptr_null(abi_by_scmp_name("x86_64"));
    ck_assert_ptr_null(abi_by_scmp_name("SCMP_ARCH_NATIVE"));
    ck_assert_ptr_null(abi_by_scmp_name(""));
}
END_TEST

START_TEST(targets)
{
    abi_set covered = 0;
    size_t n = 0;

    for (const struct target *target; (target = target_at(n)); n++) {
        const struct abi *native = target_native_abi(target);

        ck_assert_uint_ge(target->n_abis, 1);
        ck_assert_uint_le(target->n_abis, TARGET_ABIS_MAX);
        ck_assert_str_eq(target->name, native->name);
        ck_assert_int_eq(native->id, target->abis[0]);
        ck_assert_ptr_eq(target_by_name(target->name), target);
        ck_assert_ptr_eq(target_by_name(native->scmp_name), target);
        if (native->go_name)
            ck_assert_ptr_eq(target_by_name(native->go_name), target);
        ck_assert_ptr_eq(target_by_audit_arch(native->audit_arch), target);
        ck_assert_int_eq(__builtin_popcount(target_abis(target)), target->n_abis);
        for (size_t i = 0; i < target->n_abis; i++) {
            /* One kernel has one byte order: a filter could not hold two. */
            ck_assert_int_eq(abi_get(target->abis[i])->big_endian, native->big_endian);
            ck_assert(target_abis(target) & (abi_set)1 << target->abis[i]);
        }
        covered |= target_abis(target);
    }
    ck_assert_ptr_null(target_at(n + 1));
    ck_assert_uint_eq(covered, ((abi_set)1 << ABI_COUNT) - 1);
    /* All that are a kernel of their own: not x32, and not n32. */
    ck_assert_uint_eq(n, ABI_COUNT - 3);
    ck_assert_ptr_null(target_by_name("x32"));
    ck_assert_ptr_null(target_by_name("SCMP_ARCH_MIPS64N32"));
    ck_assert_ptr_null(target_by_name("mipsel64n32"));
    ck_assert_ptr_null(target_by_name("X86_64"));
    ck_assert_ptr_null(target_by_name(""));
    ck_assert_ptr_null(target_by_audit_arch(AUDIT_ARCH_ALPHA));
}
END_TEST

START_TEST(abis_of_targets)
{
    static const struct {
        const char *target;
        abi_set abis;
    } sets[] = {
        {"x86_64", 1u << ABI_X86_64 | 1u << ABI_X86 | 1u << ABI_X32},
        {"x86", 1u << ABI_X86},
        {"arm64", 1u << ABI_AARCH64 | 1u << ABI_ARM},
        {"mips64", 1u << ABI_MIPS64 | 1u << ABI_MIPS | 1u << ABI_MIPS64N32},
        {"mipsel64", 1u << ABI_MIPSEL64 | 1u << ABI_MIPSEL | 1u << ABI_MIPSEL64N32},
        {"ppc64", 1u << ABI_PPC64 | 1u << ABI_PPC},
        {"ppc64le", 1u << ABI_PPC64LE},
        {"s390x", 1u << ABI_S390X | 1u << ABI_S390},
        {"parisc64", 1u << ABI_PARISC64 | 1u << ABI_PARISC},
        {"riscv64", 1u << ABI_RISCV64},
    };

    for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
        ck_assert_uint_eq(target_abis(target_by_name(sets[i].target)), sets[i].abis);
}
END_TEST

START_TEST(whose_call_it_is)
{
    static const struct {
        const char *target;
        uint32_t audit_arch, nr;
        int id; /* -1: of none */
    } calls[] = {
        {"x86_64", 0xc000003e, 0, ABI_X86_64},
        {"x86_64", 0xc000003e, 0x3fffffff, ABI_X86_64},
        {"x86_64", 0xc000003e, 0x40000000, ABI_X32},
        {"x86_64", 0xc000003e, UINT32_MAX, ABI_X32},
        {"x86_64", 0x40000003, 0x40000000, ABI_X86},
        {"x86_64", 0x40000028, 0, -1},
        {"mips64", 0x00000008, 4001, ABI_MIPS},
        {"mips64", 0xa0000008, 0, ABI_MIPS64N32},
        {"s390x", 0xc000003e, 0, -1},
    };

    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        const struct abi *abi =
            target_abi_of_call(target_by_name(calls[i].target), calls[i].audit_arch, calls[i].nr);

        ck_assert_int_eq(abi ? (int)abi->id : -1, calls[i].id);
    }
}
END_TEST

START_TEST(host)
{
    const struct target *target = target_host();
    struct utsname name;

    ck_assert_int_eq(uname(&name), 0);
    ck_assert_msg(target != NULL, "no target for %s", name.machine);
    if (!strcmp(name.machine, "x86_64") || !strcmp(name.machine, "aarch64") ||
        !strcmp(name.machine, "s390x") || !strcmp(name.machine, "riscv64"))
        ck_assert_str_eq(target->name, name.machine);
    ck_assert_int_eq(target_native_abi(target)->big_endian, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    /* This process runs one of its ABIs. */
    uint32_t own = seccomp_arch_native();
    bool found = false;

    for (size_t i = 0; i < target->n_abis; i++)
        found |= own == seccomp_arch_resolve_name(abi_get(target->abis[i])->name);
    ck_assert(found);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("abi");
    TCase *tcase = tcase_create("abi");

    tcase_add_loop_test(tcase, each_abi, 0, ABI_COUNT);
    tcase_add_loop_test(tcase, numbers_of_the_kernel, 0, ARRAY_SIZE(facts));
    tcase_add_test(tcase, condition_names);
    tcase_add_test(tcase, targets);
    tcase_add_test(tcase, abis_of_targets);
    tcase_add_test(tcase, whose_call_it_is);
    tcase_add_test(tcase, host);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
