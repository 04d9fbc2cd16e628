// SPDX-License-Identifier: GPL-3.0-or-later
/* What a client writes as path, cookie, host, tag: whatever is let through keeps its promises. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stream/http/http_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(const char *part) {
    size_t n = strlen(part);
    assert(n > 0 && n <= LCT_HTTP_PART_MAX && lct_text_is_utf8(part, n));
    assert(!strchr(part, '/') && !strchr(part, '\\'));
    assert(strcmp(part, ".") != 0 && strcmp(part, "..") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lct_http_parts parts;
    const char *values[LCT_HTTP_VALUES_MAX] = {NULL};
    char *text = malloc(size + 1);
    char value[16], address[48], again[48];
    if (!text) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (lct_http_split(text, size, &parts) == 0) {
        for (size_t i = 0; i < parts.n; i++) {
            check_part(parts.parts[i]);
        }
        if (lct_http_match("/api/v1/rooms/{room}/marks", &parts, values)) {
            assert(values[0] == parts.parts[3] && !values[1]);
        }
    }
    if (lct_http_cookie(text, "lectern", value, sizeof value)) {
        assert(strlen(value) < sizeof value);
    }
    if (lct_http_forwarded(text, (const char *[]){"127.0.0.1", NULL}, address, sizeof address)) {
        assert(lct_http_address(address, strlen(address), again, sizeof again));
        assert(strcmp(address, again) == 0 && strcmp(address, "127.0.0.1") != 0);
    }
    (void)lct_http_tag_matches(text, "\"tag\"");
    (void)lct_http_host_is_ours(text, (const char *[]){"box", NULL});
    (void)lct_http_origin_is_ours(text, "localhost:8080");
    free(text);
    return 0;
}
