// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Metadata as a client or a file gives it: it is refused in words, or made plain; what is plain
 * stays as it is when it is read again.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "archive/library/metadata.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    LCT_JSON json_t *json = NULL;
    LCT_JSON json_t *plain = NULL;
    LCT_JSON json_t *again = NULL;
    struct lct_fault fault = {0};
    if (lct_json_parse(data, size, &json, &fault) < 0 || !json_is_object(json)) {
        return 0;
    }
    if (lct_metadata_check(json, &plain, &fault) < 0) {
        assert(fault.code < 0 && *fault.en && *fault.zh);
        return 0;
    }
    LCT_FREE char *text = lct_json_dump(plain, NULL);
    assert(text && lct_metadata_check(plain, &again, &fault) == 0);
    assert(json_equal(plain, again));
    return 0;
}
