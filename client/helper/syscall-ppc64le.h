/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a program starts and makes system calls: ppc64le. See client/helper/syscall.h. */
__asm__(".text\n"
        ".globl _start\n"
        ".type _start, @function\n"
        "_start:\n"
        "    addis 2, 12, .TOC.-_start@ha\n" /* the kernel leaves the entry's address in r12 */
        "    addi 2, 2, .TOC.-_start@l\n"
        "    mr 3, 1\n"
        "    clrrdi 1, 1, 4\n"
        "    li 0, 0\n"
        "    stdu 0, -32(1)\n" /* the frame that a function's caller has for it */
        "    bl helper_main\n"
        "    nop\n"
        "    trap\n");

static inline long helper_syscall(long nr, long a, long b, long c, long d, long e)
{
    register long r0 __asm__("r0") = nr;
    register long r3 __asm__("r3") = a;
    register long r4 __asm__("r4") = b;
    register long r5 __asm__("r5") = c;
    register long r6 __asm__("r6") = d;
    register long r7 __asm__("r7") = e;

    /* A positive errno, and the summary overflow bit says that it is one. */
    __asm__ volatile("sc\n"
                     "    bns+ 1f\n"
                     "    neg 3, 3\n"
                     "1:\n"
                     : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
                     :
                     : "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "xer", "memory");
    return r3;
}
