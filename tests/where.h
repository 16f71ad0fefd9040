/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the tests find files of the tree: where the build says, else (a test compiled by hand, an
 * editor that parses it) from the root of the tree.
 */
#ifndef TESTS_WHERE_H
#define TESTS_WHERE_H

#ifndef TOP_SRCDIR
#define TOP_SRCDIR "."
#endif

#ifndef TEST_DATA
#define TEST_DATA TOP_SRCDIR "/tests/data"
#endif

#endif
