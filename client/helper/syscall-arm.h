/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a program starts and makes system calls: 32-bit arm, EABI. See client/helper/syscall.h. */
__asm__(".text\n"
        ".arm\n"
        ".globl _start\n"
        ".type _start, %function\n"
        "_start:\n"
        "    mov fp, #0\n"
        "    mov lr, #0\n"
        "    mov r0, sp\n"
        "    bic sp, sp, #7\n"
        "    bl helper_main\n"
        "    udf #0\n");

static inline long helper_syscall(long nr, long a, long b, long c, long d, long e)
{
    register long r7 __asm__("r7") = nr;
    register long r0 __asm__("r0") = a;
    register long r1 __asm__("r1") = b;
    register long r2 __asm__("r2") = c;
    register long r3 __asm__("r3") = d;
    register long r4 __asm__("r4") = e;

    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4) : "memory");
    return r0;
}
