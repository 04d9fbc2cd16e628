// SPDX-License-Identifier: GPL-3.0-or-later
/* A Range header over a body of any size: a range that is served lies within it; the same text as a
 * Content-Range: what is taken lies within its size. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stream/http/http_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t length = 0, first = 1, last = 0;
    char *text;
    if (size < 8 || !(text = malloc(size - 7))) {
        return 0;
    }
    memcpy(&length, data, 8);
    memcpy(text, data + 8, size - 8);
    text[size - 8] = '\0';
    if (lct_http_range(text, length, &first, &last) == LCT_HTTP_RANGE_ONE) {
        assert(first <= last && last < length);
    }
    if (lct_http_content_range(text, &first, &last, &length)) {
        assert(first <= last && last < length);
    }
    free(text);
    return 0;
}
