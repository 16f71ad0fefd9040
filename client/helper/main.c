/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprof-helper [--] COMMAND [ARGUMENT…]: sets no_new_privs, installs the filter that is built
 * into this file, and becomes COMMAND. It needs nothing at run time: no libc, no interpreter, no
 * /proc, no file but COMMAND's. It takes no memory and has no variables, and makes six system calls
 * in all.
 */
#include <linux/auxvec.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

#include <asm/unistd.h>

#include "client/helper/note.h"
#include "client/helper/syscall.h"

/* As env(1) has them. */
enum {
    EXIT_NOT_INSTALLED = 125, /* the filter is not installed: COMMAND was not tried */
    EXIT_NOT_STARTED = 126,   /* COMMAND was found, but cannot be executed */
    EXIT_NOT_FOUND = 127,
};

enum {
    STDERR = 2,
    PATH_SIZE = 4096, /* PATH_MAX: the kernel takes no longer ones */
    MESSAGE_SIZE = 512,
};

/* Where execvp(3) of glibc looks if PATH is not set. */
static const char default_path[] = "/bin:/usr/bin";

/* What is likely; the rest is shown as a number. Each text has room for its NUL. */
static const struct {
    short error;
    char text[26];
} error_texts[] = {
    {EPERM, "operation not permitted"},
    {ENOENT, "no such file or directory"},
    {E2BIG, "argument list too long"},
    {ENOEXEC, "no program, no #! script"},
    {ENOMEM, "out of memory"},
    {EACCES, "permission denied"},
    {ENOTDIR, "not a directory"},
    {EINVAL, "invalid argument"},
    {ENAMETOOLONG, "file name too long"},
    {ENOSYS, "function not implemented"},
    {ELOOP, "too many symbolic links"},
};

/* What the kernel left on the stack. */
struct start {
    long argc;
    char **argv;
    char **envp;
    const unsigned long *auxv; /* pairs; the last begins with AT_NULL */
};

/* A line that is put together before it is written, so that it stays whole. */
struct message {
    size_t len;
    char text[MESSAGE_SIZE];
};

void helper_main(long *stack) __attribute__((noreturn));

/* What a compiler may put in the place of loops and assignments, also where there is no libc. */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int value, size_t n);

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    volatile char *out = to;
    const char *in = from;

    while (n-- > 0)
        *out++ = *in++;
    return to;
}

void *memset(void *to, int value, size_t n)
{
    volatile char *out = to;

    while (n-- > 0)
        *out++ = (char)value;
    return to;
}

static long call(long nr, long a, long b, long c)
{
    return helper_syscall(nr, a, b, c, 0, 0);
}

static size_t length(const char *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

/* What follows PREFIX in TEXT, or NULL if TEXT does not begin with it. */
static const char *behind(const char *text, const char *prefix)
{
    while (*prefix)
        if (*text++ != *prefix++)
            return NULL;
    return text;
}

/* Adds TEXT, as far as the message then has no more than MAX bytes; control characters cannot get
 * to a terminal. */
static void add_up_to(struct message *message, const char *text, size_t max)
{
    for (; *text && message->len < max; text++) {
        unsigned char c = (unsigned char)*text;

        message->text[message->len++] = c < ' ' || c == 0x7f ? '?' : *text;
    }
}

static void add(struct message *message, const char *text)
{
    add_up_to(message, text, MESSAGE_SIZE - 1);
}

/* Without a division: where the machine has none, the compiler would want a library for it. */
static void add_number(struct message *message, unsigned long number)
{
    char digits[] = "0000";

    for (; number >= 1000 && digits[0] < '9'; number -= 1000)
        digits[0]++;
    for (; number >= 100 && digits[1] < '9'; number -= 100)
        digits[1]++;
    for (; number >= 10 && digits[2] < '9'; number -= 10)
        digits[2]++;
    digits[3] = (char)('0' + (number < 10 ? number : 9));

    const char *first = digits;

    while (first < digits + 3 && *first == '0')
        first++;
    add(message, first);
}

static void add_error(struct message *message, long error)
{
    for (size_t i = 0; i < sizeof(error_texts) / sizeof(error_texts[0]); i++) {
        if (error_texts[i].error == error) {
            add(message, error_texts[i].text);
            return;
        }
    }
    add(message, "errno ");
    add_number(message, (unsigned long)error);
}

static __attribute__((noreturn)) void leave(int code)
{
    /* A filter can forbid even these: then the process dies here. */
    call(__NR_exit_group, code, 0, 0);
    call(__NR_exit, code, 0, 0);
    for (;;)
        __builtin_trap();
}

/* Says WHAT, WHOM where it is not NULL, and what ERROR means where it is not 0; exits with CODE. */
static __attribute__((noreturn)) void fail(int code, const char *what, const char *whom, long error)
{
    struct message message;

    message.len = 0;
    add(&message, "secprof-helper: ");
    add(&message, what);
    /* A long name leaves room for the reason. */
    if (whom)
        add_up_to(&message, whom, MESSAGE_SIZE - 128);
    if (error) {
        add(&message, ": ");
        add_error(&message, error);
    }
    if (error == EPERM || error == EACCES)
        add(&message, code == EXIT_NOT_STARTED ? " (or the filter forbids execve)" : "");
    message.text[message.len++] = '\n';
    call(__NR_write, STDERR, (long)message.text, (long)message.len);
    leave(code);
}

static struct start read_stack(long *stack)
{
    struct start start;
    char **end;

    start.argc = stack[0];
    start.argv = (char **)(stack + 1);
    start.envp = start.argv + start.argc + 1;
    for (end = start.envp; *end; end++)
        ;
    start.auxv = (const unsigned long *)(end + 1);
    return start;
}

/*
 * Closes the fd that this program was executed from, where it was not close-on-exec: COMMAND has no
 * use for it. The kernel then calls the program "/dev/fd/N"; a path below that is another file. A
 * standard file stays: what COMMAND opens first would take its place.
 */
static void close_own_fd(const unsigned long *auxv)
{
    const char *digit = NULL;
    unsigned long fd = 0;

    for (; auxv[0] != AT_NULL; auxv += 2)
        if (auxv[0] == AT_EXECFN)
            digit = behind((const char *)auxv[1], "/dev/fd/");
    if (!digit || !*digit)
        return;
    for (; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || fd > 0xffffff)
            return;
        fd = fd * 10 + (unsigned long)(*digit - '0');
    }
    if (fd > STDERR)
        call(__NR_close, (long)fd, 0, 0);
}

static void install(void)
{
    const struct helper_note *note = &helper_note;
    struct sock_fprog program;
    long r;

    if (note->n_insns == 0)
        fail(EXIT_NOT_INSTALLED, "no filter is built in", NULL, 0);
    if (note->n_insns > HELPER_NOTE_MAX_INSNS ||
        note->desc_size != HELPER_NOTE_FIXED + note->n_insns * sizeof(struct sock_filter))
        fail(EXIT_NOT_INSTALLED, "this file is damaged", NULL, 0);
    program.len = (unsigned short)note->n_insns;
    program.filter = (struct sock_filter *)(note + 1);
    r = call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0);
    if (r < 0)
        fail(EXIT_NOT_INSTALLED, "cannot set no_new_privs", NULL, -r);
    r = call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, (long)note->filter_flags, (long)&program);
    if (r < 0)
        fail(EXIT_NOT_INSTALLED, "the kernel does not take the filter", NULL, -r);
    /* With TSYNC a thread in the way; without a listener nothing else answers with a number. */
    if (r > 0)
        fail(EXIT_NOT_INSTALLED, "the filter is not installed", NULL, 0);
}

static const char *find_path(char **envp)
{
    for (; *envp; envp++) {
        const char *path = behind(*envp, "PATH=");

        if (path)
            return path;
    }
    return default_path;
}

static bool has_slash(const char *text)
{
    while (*text && *text != '/')
        text++;
    return *text;
}

/* True where execvp(3) tries the next directory after this error. */
static bool is_not_there(long error)
{
    return error == ENOENT || error == ENOTDIR || error == ESTALE || error == ENODEV ||
           error == ETIMEDOUT || error == EACCES || error == ENAMETOOLONG;
}

/* Executes NAME of the directory that the LEN bytes at DIR name (none: the working directory).
 * Returns the error. */
static long execute_in(const char *dir, size_t len, const char *name, char **argv, char **envp)
{
    size_t name_size = length(name) + 1;
    char path[PATH_SIZE];
    char *to = path;

    if (len + 1 + name_size > sizeof(path))
        return ENAMETOOLONG;
    for (size_t i = 0; i < len; i++)
        *to++ = dir[i];
    if (len > 0)
        *to++ = '/';
    for (size_t i = 0; i < name_size; i++)
        *to++ = name[i];
    return -call(__NR_execve, (long)path, (long)argv, (long)envp);
}

/* Executes ARGV[0], looked up as execvp(3) does it. Returns the error. */
static long execute(char **argv, char **envp)
{
    const char *name = argv[0];
    long worst = ENOENT;

    if (has_slash(name) || !*name)
        return -call(__NR_execve, (long)name, (long)argv, (long)envp);
    for (const char *dir = find_path(envp);;) {
        const char *end = dir;
        long error;

        while (*end && *end != ':')
            end++;
        error = execute_in(dir, (size_t)(end - dir), name, argv, envp);
        if (!is_not_there(error))
            return error;
        /* What is there but cannot be executed says more than that it is nowhere else. */
        if (error == EACCES || (error == ENAMETOOLONG && worst != EACCES))
            worst = error;
        if (!*end)
            return worst;
        dir = end + 1;
    }
}

void helper_main(long *stack)
{
    struct start start = read_stack(stack);
    char **argv = start.argv + 1;
    long error;

    if (start.argc > 1 && argv[0][0] == '-') {
        if (argv[0][1] != '-' || argv[0][2])
            fail(EXIT_NOT_INSTALLED, "unknown option ", argv[0], 0);
        argv++;
    }
    if (start.argc < 1 || !*argv)
        fail(EXIT_NOT_INSTALLED, "usage: secprof-helper [--] COMMAND [ARGUMENT...]", NULL, 0);
    close_own_fd(start.auxv);
    install();
    error = execute(argv, start.envp);
    fail(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_STARTED, "cannot execute ", argv[0], error);
}
