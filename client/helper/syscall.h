/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one thing in secprof-helper that differs from machine to machine. Each header beside this one
 * has _start, which calls helper_main() with the stack pointer that the kernel left, and
 *
 *   long helper_syscall(long nr, long a, long b, long c, long d, long e);
 *
 * which returns what the kernel does: -errno for an error. configure.ac compiles this header to
 * find out whether the helper can be built.
 */
#ifndef CLIENT_HELPER_SYSCALL_H
#define CLIENT_HELPER_SYSCALL_H

#if defined(__x86_64__) && !defined(__ILP32__)
#include "client/helper/syscall-x86_64.h"
#elif defined(__i386__)
#include "client/helper/syscall-i386.h"
#elif defined(__aarch64__) && !defined(__ILP32__) && defined(__AARCH64EL__)
#include "client/helper/syscall-aarch64.h"
#elif defined(__arm__) && defined(__ARM_EABI__) && defined(__ARMEL__)
#include "client/helper/syscall-arm.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "client/helper/syscall-riscv64.h"
#elif defined(__s390x__)
#include "client/helper/syscall-s390x.h"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#include "client/helper/syscall-ppc64le.h"
#else
#error "secprof-helper does not know how system calls are made on this architecture"
#endif

#endif
