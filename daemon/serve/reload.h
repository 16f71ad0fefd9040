/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RELOAD: a barrier. What is on the disk now is in service when the reply comes. */
#ifndef DAEMON_SERVE_RELOAD_H
#define DAEMON_SERVE_RELOAD_H

#include "daemon/serve/handlers.h"

handle_fn reload_handle;

#endif
