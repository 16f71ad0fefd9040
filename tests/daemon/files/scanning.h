/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of daemon/files/scan.c share: directories, and scans of all that is in them. */
#ifndef TESTS_DAEMON_FILES_SCANNING_H
#define TESTS_DAEMON_FILES_SCANNING_H

#include "daemon/files/scan.h"
#include "tests/daemon/unit.h"

static char *directories[4];
static size_t n_directories;

static inline void add_directory(const char *name)
{
    const char *path = unit_path(name);

    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert_int_eq(chmod(path, 0755), 0);
    directories[n_directories++] = strdup(path);
}

static inline void setup(void)
{
    unit_setup();
    n_directories = 0;
    add_directory("etc");
}

static inline void teardown(void)
{
    for (size_t i = 0; i < n_directories; i++)
        free(directories[i]);
    unit_teardown();
}

/* All that a scan found. */
struct found {
    struct scan scan;
    struct scan_item items[16];
    size_t n;
};

static inline void take_all(struct found *found)
{
    int r;

    while ((r = scan_list(&found->scan)) > 0)
        ;
    ck_assert_int_eq(r, 0);
    do {
        ck_assert_uint_lt(found->n, ARRAY_SIZE(found->items));
        r = scan_next(&found->scan, &found->items[found->n]);
        if (r > 0 && found->items[found->n].kind != SCAN_GONE)
            found->n++;
    } while (r > 0);
    ck_assert_int_eq(r, 0);
}

static inline void run_with(struct found *found, struct scan_input input)
{
    *found = (struct found){0};
    input.directories = directories;
    input.n_directories = n_directories;
    input.max_new = 8;
    input.own_uid = geteuid();
    input.whole = true;
    ck_assert_int_eq(scan_begin(&found->scan, &input), 0);
    take_all(found);
}

static inline void run(struct found *found)
{
    run_with(found, (struct scan_input){0});
}

static inline void clear(struct found *found)
{
    for (size_t i = 0; i < found->n; i++)
        scan_item_clear(&found->items[i]);
    scan_clear(&found->scan);
}

/* The item NAME of SCAN, or NULL. */
static inline const struct scan_item *find(const struct found *scan, const char *name)
{
    for (size_t i = 0; i < scan->n; i++)
        if (!strcmp(scan->items[i].name, name))
            return &scan->items[i];
    return NULL;
}

/* Scans, and checks that the one profile there is is refused for a reason with WORDS in it. */
static inline void check_refused(const char *words)
{
    struct found scan;

    run(&scan);
    ck_assert_uint_eq(scan.n, 1);
    ck_assert_int_eq(scan.items[0].kind, SCAN_REFUSED);
    ck_assert_msg(strstr(scan.items[0].why, words), "\"%s\" does not say \"%s\"", scan.items[0].why,
                  words);
    ck_assert_ptr_null(scan.items[0].bytes);
    clear(&scan);
}

static inline void check_read(const char *name, const char *content)
{
    struct found scan;

    run(&scan);

    const struct scan_item *item = find(&scan, name);

    ck_assert_ptr_nonnull(item);
    ck_assert_msg(item->kind == SCAN_READ, "%s: %s", name, item->why ? item->why : "");
    ck_assert_uint_eq(item->size, strlen(content));
    ck_assert_mem_eq(item->bytes, content, strlen(content));
    clear(&scan);
}

#endif
