/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of daemon/serve/helper-image.c and helper-open.c: the executable with a filter built in is
 * laid out as it should be, runs, and is made of nothing but the template that make links.
 */
#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"
#include "daemon/filters/store.h"
#include "daemon/serve/helper-image.h"
#include "daemon/serve/helper-open.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "protocol/protocol.h"
#include "tests/daemon/unit.h"
#include "util/helper-note.h"

#define LOAD_NR                                                           \
    {                                                                     \
        BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr) \
    }
#define UNLESS_NR(nr)                         \
    {                                         \
        BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (nr) \
    }
#define RETURN(verdict)                  \
    {                                    \
        BPF_RET | BPF_K, 0, 0, (verdict) \
    }

static const struct sock_filter allow_all[] = {RETURN(SECCOMP_RET_ALLOW)};
static const struct sock_filter no_execve[] = {
    LOAD_NR,
    UNLESS_NR(SYS_execve),
    RETURN(SECCOMP_RET_ERRNO | 13),
    RETURN(SECCOMP_RET_ALLOW),
};
static const struct sock_filter notify[] = {
    LOAD_NR,
    UNLESS_NR(SYS_getppid),
    RETURN(SECCOMP_RET_USER_NOTIF),
    RETURN(SECCOMP_RET_ALLOW),
};

static struct filter_bytes filter_of(const struct sock_filter *insns, size_t n)
{
    return (struct filter_bytes){.bytes = insns, .n_insns = (uint32_t)n};
}

/* How `secprof-helper -- COMMAND` ends where the executable is FD; its messages are not shown. */
static int run(int fd, const char *command)
{
    const char *argv[] = {"secprof-helper", "--", command, NULL};
    char *envp[] = {NULL};
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(STDERR_FILENO);
        fexecve(fd, (char **)argv, envp);
        _exit(99);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static struct stored_variant *keep(struct source *source, const char *target, uint32_t flags,
                                   const struct sock_filter *insns, size_t n)
{
    const struct variant_request request = {
        .target = target ? target_by_name(target) : target_host(), .caps = flags};
    struct filter_bytes filter = filter_of(insns, n);
    struct stored_variant *variant;

    filter.flags = flags;
    ck_assert_int_eq(source_keep(source, &request, &filter, &variant), 0);
    return variant;
}

static struct source *make_source(struct store *store)
{
    struct source *source;

    store_init(store, 8);
    ck_assert_int_eq(source_new(&source, store, "{}", 2, "/p/x.json"), 0);
    return source;
}

static int open_helper(struct stored_variant *variant)
{
    const char *why = NULL;
    int fd = -1;

    ck_assert_int_eq(helper_open(variant, target_host(), &fd, &why), HELPER_OPENED);
    ck_assert_ptr_null(why);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), variant->helper_size);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void refused(struct stored_variant *variant, enum wire_reason reason, const char *word)
{
    const char *why = NULL;
    int fd = -1;

    ck_assert_int_eq(helper_open(variant, target_host(), &fd, &why), reason);
    ck_assert_ptr_nonnull(why);
    ck_assert_msg(strstr(why, word), "no '%s' in: %s", word, why);
    ck_assert_int_eq(fd, -1);
    ck_assert_int_eq(variant->helper.fd, -1);
}

static void skip_if_not_built(void)
{
    if (helper_template_size > 0)
        return;
    printf("skipped: this build has no secprof-helper\n");
    exit(EXIT_SUCCESS);
}

/* A template of our own, so that every part of it can be wrong. */
struct made {
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[3]; /* code, note's, note */
    char code[40];
    struct helper_note note;
    char symbols[32]; /* not loaded */
};

enum {
    CODE,
    LAST,
    NOTE
};

static void make_template(struct made *made)
{
    const size_t at = offsetof(struct made, note);

    *made = (struct made){
        .header = {.e_type = ET_EXEC,
                   .e_phoff = offsetof(struct made, segments),
                   .e_phentsize = sizeof(ElfW(Phdr)),
                   .e_phnum = 3,
                   .e_shoff = offsetof(struct made, symbols),
                   .e_shnum = 1,
                   .e_shstrndx = 1},
        .segments = {[CODE] = {.p_type = PT_LOAD, .p_filesz = at, .p_memsz = at, .p_vaddr = 0x1000},
                     [LAST] = {.p_type = PT_LOAD, .p_offset = at, .p_vaddr = 0x2000},
                     [NOTE] = {.p_type = PT_NOTE, .p_offset = at, .p_vaddr = 0x2000}},
        .note = {.name_size = HELPER_NOTE_NAME_SIZE,
                 .desc_size = HELPER_NOTE_FIXED,
                 .type = HELPER_NOTE_TYPE,
                 .name = HELPER_NOTE_NAME},
    };
    memcpy(made->header.e_ident, ELFMAG, SELFMAG);
    made->header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    made->header.e_ident[EI_DATA] =
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    for (int i = LAST; i <= NOTE; i++) {
        made->segments[i].p_filesz = sizeof(made->note);
        made->segments[i].p_memsz = sizeof(made->note);
    }
    memset(made->code, 0x11, sizeof(made->code));
    memset(made->symbols, 0x22, sizeof(made->symbols));
}

static ssize_t build(uint8_t *out, const struct made *made, size_t size)
{
    struct filter_bytes filter = filter_of(no_execve, ARRAY_SIZE(no_execve));

    filter.flags = 7;
    return helper_build(out, (const uint8_t *)made, size, &filter);
}

START_TEST(the_filter_is_appended_to_the_last_segment)
{
    const size_t end = offsetof(struct made, symbols);
    uint8_t out[sizeof(struct made) + sizeof(no_execve)];
    struct made made, got;

    make_template(&made);
    ck_assert_int_eq(build(out, &made, sizeof(made)), end + sizeof(no_execve));
    ck_assert_mem_eq(out + end, no_execve, sizeof(no_execve));
    memcpy(&got, out, end);

    /* What differs from the template is this, and nothing else. */
    made.header.e_shoff = 0;
    made.header.e_shnum = 0;
    made.header.e_shstrndx = 0;
    for (int i = LAST; i <= NOTE; i++) {
        made.segments[i].p_filesz += sizeof(no_execve);
        made.segments[i].p_memsz += sizeof(no_execve);
    }
    made.note.desc_size += sizeof(no_execve);
    made.note.n_insns = ARRAY_SIZE(no_execve);
    made.note.filter_flags = 7;
    ck_assert_mem_eq(&got, &made, end);
}
END_TEST

START_TEST(a_filter_has_1_to_4096_instructions)
{
    struct filter_bytes filter = {.n_insns = 0};
    static const uint8_t insns[WIRE_MAX_INSNS * WIRE_INSN_SIZE];
    static uint8_t out[HELPER_SIZE(sizeof(struct made), WIRE_MAX_INSNS)];
    struct made made;

    make_template(&made);
    filter.bytes = insns;
    ck_assert_int_eq(helper_build(out, (void *)&made, sizeof(made), &filter), -EINVAL);
    filter.n_insns = WIRE_MAX_INSNS + 1;
    ck_assert_int_eq(helper_build(out, (void *)&made, sizeof(made), &filter), -EINVAL);
    filter.n_insns = UINT32_MAX;
    ck_assert_int_eq(helper_build(out, (void *)&made, sizeof(made), &filter), -EINVAL);
    filter.n_insns = WIRE_MAX_INSNS;
    ck_assert_int_eq(helper_build(out, (void *)&made, sizeof(made), &filter),
                     offsetof(struct made, symbols) + sizeof(insns));
}
END_TEST

#define SPOIL(name, ...)                \
    static void name(struct made *made) \
    {                                   \
        __VA_ARGS__;                    \
    }

SPOIL(no_magic, made->header.e_ident[0] = 0)
SPOIL(other_class, made->header.e_ident[EI_CLASS] ^= 3)
SPOIL(other_order, made->header.e_ident[EI_DATA] ^= 3)
SPOIL(relocatable, made->header.e_type = ET_DYN)
SPOIL(other_entry_size, made->header.e_phentsize++)
SPOIL(no_segments, made->header.e_phnum = 0)
SPOIL(many_segments, made->header.e_phnum = 17)
SPOIL(most_segments, made->header.e_phnum = UINT16_MAX)
SPOIL(table_outside, made->header.e_phoff = sizeof(*made) - sizeof(made->segments) + 1)
SPOIL(table_far_outside, made->header.e_phoff = (ElfW(Off)) - 8)
SPOIL(an_interpreter, made->segments[CODE].p_type = PT_INTERP)
SPOIL(dynamic, made->segments[CODE].p_type = PT_DYNAMIC)
SPOIL(no_note, made->segments[NOTE].p_type = PT_NULL)
SPOIL(two_notes, made->segments[CODE].p_type = PT_NOTE)
SPOIL(nothing_loaded, made->segments[CODE].p_type = made->segments[LAST].p_type = PT_NULL)
SPOIL(note_not_loaded, made->segments[LAST].p_type = PT_NULL)
SPOIL(short_note, made->segments[NOTE].p_filesz--, made->segments[NOTE].p_memsz--)
SPOIL(note_elsewhere, made->segments[NOTE].p_offset -= 4)
SPOIL(note_elsewhere_in_memory, made->segments[NOTE].p_vaddr += 4)
SPOIL(segment_outside,
      made->segments[CODE].p_filesz = made->segments[CODE].p_memsz = sizeof(*made) + 1)
SPOIL(segment_far_outside, made->segments[CODE].p_offset = (ElfW(Off)) - 8)
SPOIL(more_in_memory, made->segments[LAST].p_memsz++)
SPOIL(around_the_end_of_memory, made->segments[CODE].p_vaddr = (ElfW(Addr)) - 8)
SPOIL(loaded_behind, made->segments[CODE].p_vaddr = 0x3000)
SPOIL(more_behind_in_the_file, made->segments[CODE].p_filesz += 60,
      made->segments[CODE].p_memsz += 60)
SPOIL(other_name, made->note.name[0] = 'S')
SPOIL(longer_name, made->note.name[7] = 'x')
SPOIL(other_name_size, made->note.name_size = 12)
SPOIL(other_desc_size, made->note.desc_size = 16)
SPOIL(other_type, made->note.type++)
SPOIL(with_flags, made->note.filter_flags = 1)
SPOIL(with_a_filter, made->note.n_insns = 1)

static void (*const spoilers[])(struct made *made) = {
    no_magic,
    other_class,
    other_order,
    relocatable,
    other_entry_size,
    no_segments,
    many_segments,
    most_segments,
    table_outside,
    table_far_outside,
    an_interpreter,
    dynamic,
    no_note,
    two_notes,
    nothing_loaded,
    note_not_loaded,
    short_note,
    note_elsewhere,
    note_elsewhere_in_memory,
    segment_outside,
    segment_far_outside,
    more_in_memory,
    around_the_end_of_memory,
    loaded_behind,
    more_behind_in_the_file,
    other_name,
    longer_name,
    other_name_size,
    other_desc_size,
    other_type,
    with_flags,
    with_a_filter,
};

START_TEST(any_other_layout_is_refused)
{
    uint8_t out[sizeof(struct made) + sizeof(no_execve)];
    struct made made;

    make_template(&made);
    spoilers[_i](&made);
    ck_assert_int_eq(build(out, &made, sizeof(made)), -ENOEXEC);
}
END_TEST

START_TEST(a_cut_template_is_refused)
{
    uint8_t out[sizeof(struct made) + sizeof(no_execve)];
    struct made made;

    make_template(&made);
    for (size_t size = 0; size < offsetof(struct made, symbols); size++) {
        /* On the heap, where the sanitizers see each byte too many. */
        void *cut = malloc(size ? size : 1);

        memcpy(cut, &made, size);
        ck_assert_int_eq(build(out, cut, size), -ENOEXEC);
        free(cut);
    }
    ck_assert_int_gt(build(out, &made, offsetof(struct made, symbols)), 0);
}
END_TEST

START_TEST(the_built_file_runs)
{
    uint8_t *out = malloc(HELPER_SIZE(helper_template_size, WIRE_MAX_INSNS));
    struct filter_bytes filter = filter_of(allow_all, 1);
    ssize_t size;
    int fd;

    skip_if_not_built();
    size = helper_build(out, helper_template, helper_template_size, &filter);
    ck_assert_int_gt(size, 0);
    ck_assert_int_lt(size, helper_template_size);
    fd = store_seal_executable("test", out, (size_t)size);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(run(fd, "true"), 0);
    ck_assert_int_eq(run(fd, "false"), 1);
    ck_assert_int_eq(run(fd, "/nowhere"), 127);
    ck_assert_int_eq(run(fd, "/"), 126);
    close(fd);

    filter = filter_of(no_execve, ARRAY_SIZE(no_execve));
    size = helper_build(out, helper_template, helper_template_size, &filter);
    fd = store_seal_executable("test", out, (size_t)size);
    ck_assert_int_eq(run(fd, "true"), 126);
    close(fd);
    free(out);
}
END_TEST

START_TEST(what_cannot_be_installed_runs_nothing)
{
    static const struct sock_filter no_end[] = {LOAD_NR};
    uint8_t *out = malloc(HELPER_SIZE(helper_template_size, WIRE_MAX_INSNS));
    struct filter_bytes filter = filter_of(no_end, 1);
    ssize_t size;
    int fd;

    skip_if_not_built();
    size = helper_build(out, helper_template, helper_template_size, &filter);
    fd = store_seal_executable("test", out, (size_t)size);
    ck_assert_int_eq(run(fd, "true"), 125);
    close(fd);
    filter = filter_of(allow_all, 1);
    filter.flags = 1U << 31;
    size = helper_build(out, helper_template, helper_template_size, &filter);
    fd = store_seal_executable("test", out, (size_t)size);
    ck_assert_int_eq(run(fd, "true"), 125);
    close(fd);

    /* The template itself, and one that says of more instructions than it has. */
    fd = store_seal_executable("test", helper_template, helper_template_size);
    ck_assert_int_eq(run(fd, "true"), 125);
    close(fd);
    filter.flags = 0;
    size = helper_build(out, helper_template, helper_template_size, &filter);

    struct helper_note note;
    uint8_t *at = out + size - sizeof(allow_all) - sizeof(note);

    memcpy(&note, at, sizeof(note));
    ck_assert_str_eq(note.name, HELPER_NOTE_NAME);
    note.n_insns++;
    memcpy(at, &note, sizeof(note));
    fd = store_seal_executable("test", out, (size_t)size);
    ck_assert_int_eq(run(fd, "true"), 125);
    close(fd);
    free(out);
}
END_TEST

START_TEST(all_clients_share_one_sealed_file)
{
    struct store store;
    struct source *source = make_source(&store);
    struct stored_variant *variant;
    struct stat a_stat, b_stat;
    char path[32];
    int a, b, probe;

    skip_if_not_built();
    variant = keep(source, NULL, 0, allow_all, 1);
    ck_assert_int_eq(variant->helper.fd, -1);
    a = open_helper(variant);
    b = open_helper(variant);
    ck_assert_int_eq(fstat(a, &a_stat), 0);
    ck_assert_int_eq(fstat(b, &b_stat), 0);
    ck_assert_uint_eq(a_stat.st_ino, b_stat.st_ino);
    ck_assert_uint_eq(a_stat.st_mode, S_IFREG | 0555);
    ck_assert_int_eq(read(a, path, 4), 4);
    ck_assert_mem_eq(path, ELFMAG, SELFMAG);
    ck_assert_int_eq(lseek(b, 0, SEEK_CUR), 0);
    ck_assert_int_eq(fcntl(a, F_GETFL) & O_ACCMODE, O_RDONLY);
    ck_assert_int_eq(fcntl(a, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(fcntl(a, F_GET_SEALS) & 0xf,
                     F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    /* A kernel that has MFD_EXEC (6.3) has F_SEAL_EXEC too. */
    probe = memfd_create("probe", MFD_CLOEXEC | 0x10);
    ck_assert_int_eq(fcntl(a, F_GET_SEALS) & 0x20, probe >= 0 ? 0x20 : 0);
    if (probe >= 0)
        close(probe);
    ck_assert_int_lt(write(a, "x", 1), 0);
    ck_assert_int_lt(ftruncate(a, 0), 0);

    /* It runs while others have it, and when the daemon has let go of it. */
    ck_assert_int_eq(run(a, "true"), 0);
    source_unref(source);
    ck_assert_int_eq(run(b, "true"), 0);
    close(a);
    close(b);
}
END_TEST

START_TEST(what_can_have_no_helper_is_refused)
{
    struct store store;
    struct source *source = make_source(&store);
    const char *foreign = target_host() == target_by_name("s390x") ? "aarch64" : "s390x";

    if (helper_template_size == 0) {
        refused(keep(source, NULL, 0, allow_all, 1), WIRE_WHY_NO_HELPER, "built without");
    } else {
        refused(keep(source, foreign, 0, allow_all, 1), WIRE_WHY_FOREIGN, "architecture");
        refused(keep(source, NULL, 1, notify, ARRAY_SIZE(notify)), WIRE_WHY_LISTENER,
                "SCMP_ACT_NOTIFY");
        refused(keep(source, NULL, SECCOMP_FILTER_FLAG_NEW_LISTENER, allow_all, 1),
                WIRE_WHY_LISTENER, "listener");
        close(open_helper(keep(source, NULL, SECCOMP_FILTER_FLAG_LOG, allow_all, 1)));
    }
    source_unref(source);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase = unit_begin(&suite, "helper");

    tcase_add_test(tcase, the_filter_is_appended_to_the_last_segment);
    tcase_add_test(tcase, a_filter_has_1_to_4096_instructions);
    tcase_add_loop_test(tcase, any_other_layout_is_refused, 0, (int)ARRAY_SIZE(spoilers));
    tcase_add_test(tcase, a_cut_template_is_refused);
    tcase_add_test(tcase, the_built_file_runs);
    tcase_add_test(tcase, what_cannot_be_installed_runs_nothing);
    tcase_add_test(tcase, all_clients_share_one_sealed_file);
    tcase_add_test(tcase, what_can_have_no_helper_is_refused);
    return unit_end(suite);
}
