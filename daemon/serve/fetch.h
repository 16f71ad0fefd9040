/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GET and COMPILE: from a request to the filter of a variant, and the ways to hand it out. */
#ifndef DAEMON_SERVE_FETCH_H
#define DAEMON_SERVE_FETCH_H

#include "daemon/serve/handlers.h"

handle_fn fetch_get;
handle_fn fetch_compile;

#endif
