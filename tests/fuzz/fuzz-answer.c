/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a worker answers: the input is one byte of options and a packet. What the main process
 * believes must be a filter that the kernel takes, with a proof, or a reason; all in harmless text.
 */
#include <errno.h>
#include <string.h>

#include "compiler/facts/bpf.h"
#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"
#include "daemon/process/worker.h"
#include "tests/fuzz/check-text.h"
#include "util/cleanup.h"

enum {
    OPTION_IS_ANSWER = 1, /* magic and id are right */
    OPTION_IS_PROVEN = 2, /* so is the version of the proof */
    OPTION_FITS = 4,      /* the text fills the packet up */
    FLAGS_KNOWN = 0x3f,   /* SECCOMP_FILTER_FLAG_* so far */
    REQUEST_ID = 7,
};

/* Makes what chance would hardly hit right, as OPTIONS say. */
static void repair(uint8_t *packet, size_t len, uint8_t options)
{
    struct worker_answer answer;
    size_t rest;

    if (len < sizeof(answer))
        return;
    memcpy(&answer, packet, sizeof(answer));
    rest = len - sizeof(answer);
    if (options & OPTION_IS_ANSWER) {
        answer.magic = WORKER_MAGIC;
        answer.id = REQUEST_ID;
    }
    if (options & OPTION_IS_PROVEN)
        answer.proof_version = answer.result == 0 ? PROOF_VERSION : 0;
    if (options & OPTION_FITS) {
        answer.n_insns %= (uint32_t)(rest / sizeof(struct sock_filter)) + 1;
        answer.text_len = (uint32_t)(rest - answer.n_insns * sizeof(struct sock_filter));
    }
    memcpy(packet, &answer, sizeof(answer));
}

static void check_compiled(const struct compiled *compiled, const uint8_t *packet, size_t len)
{
    const uint8_t *insns = (const uint8_t *)compiled->insns;
    const char *why;
    size_t bad;

    FUZZ_CHECK(compiled->text_len <= WIRE_TEXT_MAX && compiled->n_insns <= WIRE_MAX_INSNS,
               "over a limit");
    FUZZ_CHECK(insns == packet + sizeof(struct worker_answer) &&
                   (const uint8_t *)compiled->text ==
                       insns + compiled->n_insns * sizeof(struct sock_filter) &&
                   (const uint8_t *)compiled->text + compiled->text_len == packet + len,
               "the parts are not where they should be");
    FUZZ_CHECK(compiled->flags <= FLAGS_KNOWN, "flags %#x", compiled->flags);
    check_text(compiled->text, compiled->text_len);
    FUZZ_CHECK(compiled->axes.n_kernels <= VARIANT_KERNELS_MAX, "too many kernels");
    for (uint32_t i = 1; i < compiled->axes.n_kernels; i++)
        FUZZ_CHECK(compiled->axes.kernels[i] > compiled->axes.kernels[i - 1], "kernels fall");
    if (compiled->result == 0) {
        FUZZ_CHECK(bpf_check(compiled->insns, compiled->n_insns, &bad, &why) == 0, "%zu: %s", bad,
                   why);
        FUZZ_CHECK(compiled->proof.version == PROOF_VERSION && compiled->proof.ranges > 0,
                   "a filter without a proof");
    } else {
        FUZZ_CHECK(compiled->result < 0 && compiled->n_insns == 0 && compiled->flags == 0 &&
                       compiled->proof.version == 0,
                   "a refusal (%d) with a filter", compiled->result);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct compiled compiled;
    const char *why = NULL;

    if (size == 0)
        return 0;

    size_t len = size - 1;
    cleanup_free uint8_t *packet = malloc(len ? len : 1);

    FUZZ_CHECK(packet, "no memory");
    memcpy(packet, data + 1, len);
    repair(packet, len, data[0]);

    int r = worker_answer_check(&compiled, packet, len, REQUEST_ID, &why);

    FUZZ_CHECK(r == 0 || (r == -EBADMSG && why), "%d without a reason", r);
    if (r == 0)
        check_compiled(&compiled, packet, len);
    return 0;
}
