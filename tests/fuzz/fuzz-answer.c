/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a worker answers: the input is one byte of options, the number of a target, and a packet.
 * What the main process believes must be a filter that the target's kernel takes, with a proof, or
 * a reason; all in harmless text.
 */
#include <errno.h>
#include <string.h>

#include "daemon/process/worker.h"
#include "tests/fuzz/check-packed.h"
#include "util/cleanup.h"

enum {
    REQUEST_ID = 7,
};

/* Makes what chance would hardly hit right, as OPTIONS say. */
static void repair(uint8_t *packet, size_t len, uint8_t options)
{
    const struct worker_answer answer = {.magic = WORKER_MAGIC, .id = REQUEST_ID};

    if (len < sizeof(answer))
        return;
    if (options & OPTION_IS_OURS)
        memcpy(packet, &answer, sizeof(answer));
    repair_packed(packet + sizeof(answer), len - sizeof(answer), options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t head = sizeof(struct worker_answer);
    struct compiled compiled;
    const char *why = NULL;

    if (size < 2)
        return 0;

    const struct target *target = target_of(data[1]);
    size_t len = size - 2;
    cleanup_free uint8_t *packet = malloc(len ? len : 1);

    FUZZ_CHECK(packet, "no memory");
    memcpy(packet, data + 2, len);
    repair(packet, len, data[0]);

    int r = worker_answer_check(&compiled, packet, len, REQUEST_ID, target, &why);

    FUZZ_CHECK(r == 0 || (r == -EBADMSG && why), "%d without a reason", r);
    if (r == 0)
        check_compiled(&compiled, packet + head, len - head, target);
    return 0;
}
