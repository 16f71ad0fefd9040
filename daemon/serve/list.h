/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LIST: the profiles that the client may know of, some at a time. */
#ifndef DAEMON_SERVE_LIST_H
#define DAEMON_SERVE_LIST_H

#include "daemon/serve/handlers.h"

handle_fn list_handle;

#endif
