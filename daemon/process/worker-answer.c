/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks what a worker answers. Pure functions over memory: a worker is not to be trusted. */
#include <errno.h>
#include <string.h>

#include "compiler/prove/prove.h"
#include "daemon/filters/verify.h"
#include "daemon/process/worker.h"

enum {
    ERRNO_MAX = 4095,
};

static int nonsense(const char **why, const char *text)
{
    *why = text;
    return -EBADMSG;
}

/* Checks the fixed part: whether it can be true, and fits a packet of LEN bytes. */
static int check_header(const struct worker_answer *answer, size_t len, uint64_t id,
                        const char **why)
{
    if (answer->magic != WORKER_MAGIC || answer->id != id)
        return nonsense(why, "not an answer to what was asked");
    if (answer->result > 0 || answer->result < -ERRNO_MAX || answer->all_axis_kernels > 1)
        return nonsense(why, "an unknown result");
    if (answer->n_insns > WIRE_MAX_INSNS || answer->text_len > WIRE_TEXT_MAX ||
        len != sizeof(*answer) + answer->n_insns * sizeof(struct sock_filter) + answer->text_len)
        return nonsense(why, "a wrong length");
    if (answer->result != 0 && (answer->n_insns || answer->flags))
        return nonsense(why, "a filter for a refused profile");
    if (!verify_flags(answer->flags))
        return nonsense(why, "unknown filter flags");
    if (!verify_proof((struct proof_record){answer->proof_version, answer->proof_ranges},
                      answer->result == 0))
        return nonsense(why, "a filter that it does not say is proven");
    return 0;
}

int worker_answer_check(struct compiled *compiled, void *packet, size_t len, uint64_t id,
                        const char **why)
{
    struct worker_answer answer;
    int r;

    if (len < sizeof(answer))
        return nonsense(why, "a packet that is too short");
    memcpy(&answer, packet, sizeof(answer));
    r = check_header(&answer, len, id, why);
    if (r < 0)
        return r;

    char *text = (char *)packet + len - answer.text_len;

    *compiled = (struct compiled){
        .result = answer.result,
        .insns = (const struct sock_filter *)((const char *)packet + sizeof(answer)),
        .n_insns = answer.n_insns,
        .flags = answer.flags,
        .proof = {answer.proof_version, answer.proof_ranges},
        .axes = {.caps = answer.axis_caps,
                 .n_kernels = answer.n_axis_kernels,
                 .all_kernels = answer.all_axis_kernels},
        .text = text,
        .text_len = answer.text_len,
    };
    memcpy(compiled->axes.kernels, answer.axis_kernels, sizeof(answer.axis_kernels));
    if (!verify_axes(&compiled->axes))
        return nonsense(why, "conditions that no profile has");
    if (answer.result == 0 && !verify_program(compiled->insns, compiled->n_insns))
        return nonsense(why, "a filter that the kernel would not take");
    verify_text(text, answer.text_len);
    return 0;
}
