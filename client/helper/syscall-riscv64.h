/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a program starts and makes system calls: riscv64. See client/helper/syscall.h. */
__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "    li s0, 0\n"
        "    mv a0, sp\n"
        "    andi sp, sp, -16\n"
        "    call helper_main\n"
        "    ebreak\n");

static inline long helper_syscall(long nr, long a, long b, long c, long d, long e)
{
    register long a7 __asm__("a7") = nr;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
    return a0;
}
