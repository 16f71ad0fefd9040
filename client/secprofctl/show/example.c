/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls as examples, for people and in JSON. */
#include "config.h"

#include "client/secprofctl/show/example.h"

#include <inttypes.h>
#include <string.h>

#include "client/secprofctl/show/json.h"
#include "compiler/facts/symbol.h"
#include "compiler/parse/profile.h"

struct seccomp_data example_data(uint32_t arch, uint32_t nr, const uint64_t words[BDD_WORDS])
{
    struct seccomp_data data = {
        .nr = (int)nr,
        .arch = arch,
        .instruction_pointer = words[BDD_WORDS - 1],
    };

    memcpy(data.args, words, sizeof(data.args));
    return data;
}

void example_print(FILE *file, struct arena *arena, const struct abi *abi, const char *name,
                   const struct seccomp_data *data)
{
    unsigned int n = SYSCALL_ARGS;

    while (n > 1 && data->args[n - 1] == 0)
        n--;
    if (name)
        fprintf(file, "%s(", name);
    else
        fprintf(file, "number %u (", (uint32_t)data->nr);
    for (unsigned int i = 0; i < n; i++) {
        const char *text =
            abi ? symbols_text(arena, symbols_of(abi, name, i), abi, data->args[i]) : NULL;

        fputs(i > 0 ? ", " : "", file);
        if (text)
            fputs(text, file);
        else
            fprintf(file, data->args[i] ? "%#" PRIx64 : "%" PRIu64, (uint64_t)data->args[i]);
    }
    fprintf(file, ")");
    if (data->instruction_pointer)
        fprintf(file, " at %#" PRIx64, (uint64_t)data->instruction_pointer);
}

void example_json(struct json *json, const struct seccomp_data *data)
{
    json_number(json, "arch", data->arch);
    json_number(json, "nr", (uint32_t)data->nr);
    json_open_array(json, "args");
    for (int i = 0; i < 6; i++)
        json_number(json, NULL, data->args[i]);
    json_close_array(json);
    if (data->instruction_pointer)
        json_number(json, "instruction_pointer", data->instruction_pointer);
}
