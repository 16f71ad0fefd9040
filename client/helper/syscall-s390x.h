/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a program starts and makes system calls: s390x. See client/helper/syscall.h. */
__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "    lgr %r2, %r15\n"
        "    aghi %r15, -160\n" /* the frame that a function's caller has for it */
        "    xc 0(8,%r15), 0(%r15)\n"
        "    brasl %r14, helper_main\n"
        "    j .+2\n");

static inline long helper_syscall(long nr, long a, long b, long c, long d, long e)
{
    register long r1 __asm__("1") = nr;
    register long r2 __asm__("2") = a;
    register long r3 __asm__("3") = b;
    register long r4 __asm__("4") = c;
    register long r5 __asm__("5") = d;
    register long r6 __asm__("6") = e;

    __asm__ volatile("svc 0" : "+d"(r2) : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6) : "memory");
    return r2;
}
