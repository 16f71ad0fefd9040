/* The file in which engines look for the reason why a runtime failed (--log). */
#ifndef INTEGRATION_RUNTIME_LOG_H
#define INTEGRATION_RUNTIME_LOG_H

#include "integration/runtime-args.h"

/* Appends MESSAGE as an error to the log that ARGS name, in its format. Without one: nothing. */
void runtime_log(const struct runtime_args *args, const char *message);

#endif
