// SPDX-License-Identifier: GPL-3.0-or-later
/* A movie's file. Its sum is put right first, or little would be read. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archive/cut/movie_file.h"
#include "base/crc32c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lct_movie *movie = NULL;
    if (size < 4) {
        return 0;
    }
    uint8_t *bytes = malloc(size);
    assert(bytes);
    memcpy(bytes, data, size);
    uint32_t sum = lct_crc32c(0, bytes, size - 4);
    for (size_t i = 0; i < 4; i++) {
        bytes[size - 4 + i] = (uint8_t)(sum >> (24 - 8 * i));
    }
    if (lct_movie_parse(bytes, size, "/nowhere", &movie) == 0) {
        uint8_t out[4096];
        uint64_t end = lct_movie_size(movie);
        ssize_t got = lct_movie_read(movie, 0, out, sizeof out);
        assert(got <= (ssize_t)sizeof out);
        got = lct_movie_read(movie, end > 100 ? end - 100 : 0, out, sizeof out);
        assert(got <= (ssize_t)sizeof out);
        lct_movie_close(movie);
    }
    free(bytes);
    return 0;
}
