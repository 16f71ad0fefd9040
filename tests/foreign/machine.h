/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a program without a C library starts and calls the kernel, on each ABI that the probe is
 * built for. call6() returns the kernel's result, -errno where that failed.
 */
#ifndef TESTS_FOREIGN_MACHINE_H
#define TESTS_FOREIGN_MACHINE_H

#if defined(__aarch64__)
#define MACHINE_ABI "aarch64"
__asm__(".globl _start\n"
        "_start: mov x0, sp\n"
        "bl start\n");

static inline __attribute__((always_inline)) long call6(unsigned long nr, const unsigned long *a)
{
    register unsigned long x8 __asm__("x8") = nr;
    register unsigned long x0 __asm__("x0") = a[0];
    register unsigned long x1 __asm__("x1") = a[1];
    register unsigned long x2 __asm__("x2") = a[2];
    register unsigned long x3 __asm__("x3") = a[3];
    register unsigned long x4 __asm__("x4") = a[4];
    register unsigned long x5 __asm__("x5") = a[5];

    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "cc", "memory");
    return (long)x0;
}

#elif defined(__arm__)
#define MACHINE_ABI "arm"
__asm__(".globl _start\n"
        "_start: mov r0, sp\n"
        "bl start\n");

static inline __attribute__((always_inline)) long call6(unsigned long nr, const unsigned long *a)
{
    register unsigned long r7 __asm__("r7") = nr;
    register unsigned long r0 __asm__("r0") = a[0];
    register unsigned long r1 __asm__("r1") = a[1];
    register unsigned long r2 __asm__("r2") = a[2];
    register unsigned long r3 __asm__("r3") = a[3];
    register unsigned long r4 __asm__("r4") = a[4];
    register unsigned long r5 __asm__("r5") = a[5];

    __asm__ volatile("svc #0"
                     : "+r"(r0)
                     : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
                     : "cc", "memory");
    return (long)r0;
}

#elif defined(__s390__)
#ifdef __s390x__
#define MACHINE_ABI "s390x"
__asm__(".globl _start\n"
        "_start: lgr %r2, %r15\n"
        "aghi %r15, -160\n"
        "brasl %r14, start\n");
#else
#define MACHINE_ABI "s390"
__asm__(".globl _start\n"
        "_start: lr %r2, %r15\n"
        "ahi %r15, -96\n"
        "brasl %r14, start\n");
#endif

static inline __attribute__((always_inline)) long call6(unsigned long nr, const unsigned long *a)
{
    register unsigned long r1 __asm__("1") = nr;
    register unsigned long r2 __asm__("2") = a[0];
    register unsigned long r3 __asm__("3") = a[1];
    register unsigned long r4 __asm__("4") = a[2];
    register unsigned long r5 __asm__("5") = a[3];
    register unsigned long r6 __asm__("6") = a[4];
    register unsigned long r7 __asm__("7") = a[5];

    __asm__ volatile("svc 0"
                     : "+d"(r2)
                     : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7)
                     : "cc", "memory");
    return (long)r2;
}

#elif defined(__powerpc64__)
#define MACHINE_ABI "ppc64le"
__asm__(".globl _start\n"
        "_start: addis 2, 12, .TOC.-_start@ha\n"
        "addi 2, 2, .TOC.-_start@l\n"
        "mr 3, 1\n"
        "li 0, 0\n"
        "stdu 0, -64(1)\n"
        "bl start\n"
        "nop\n");

static inline __attribute__((always_inline)) long call6(unsigned long nr, const unsigned long *a)
{
    register unsigned long r0 __asm__("r0") = nr;
    register unsigned long r3 __asm__("r3") = a[0];
    register unsigned long r4 __asm__("r4") = a[1];
    register unsigned long r5 __asm__("r5") = a[2];
    register unsigned long r6 __asm__("r6") = a[3];
    register unsigned long r7 __asm__("r7") = a[4];
    register unsigned long r8 __asm__("r8") = a[5];

    /* A failure is the errno with the summary overflow bit. */
    __asm__ volatile("sc\n\t"
                     "bns+ 1f\n\t"
                     "neg 3, 3\n"
                     "1:"
                     : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
                     :
                     : "r9", "r10", "r11", "r12", "cr0", "ctr", "xer", "memory");
    return (long)r3;
}

#else
#error "the probe does not know how this machine calls its kernel"
#endif

#endif
