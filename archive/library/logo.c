// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/logo.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "encode/overlay.h"

/* CRC-32 as PNG has it (annex D), of a chunk's type and data. */
static void make_table(uint32_t table[256]) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++) {
            c = c & 1 ? UINT32_C(0xedb88320) ^ c >> 1 : c >> 1;
        }
        table[i] = c;
    }
}

static uint32_t crc32_of(const uint32_t table[256], const uint8_t *bytes, size_t n) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc = table[(crc ^ bytes[i]) & 0xff] ^ crc >> 8;
    }
    return ~crc;
}

static bool is_side(uint32_t pixels) { return pixels > 0 && pixels <= LCT_OVERLAY_SIDE_MAX; }

/* chunk: its type, and length bytes of data. */
static bool is_head(const uint8_t *chunk, size_t length) {
    struct lct_reader r = lct_reader(chunk + 4, length);
    uint32_t w = lct_get_u32(&r), h = lct_get_u32(&r);
    return memcmp(chunk, "IHDR", 4) == 0 && length == 13 && is_side(w) && is_side(h);
}

static bool is_png(const uint8_t *bytes, size_t n) {
    static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint32_t table[256];
    struct lct_reader r = lct_reader(bytes, n);
    make_table(table);
    const uint8_t *begin = lct_get(&r, sizeof signature);
    if (!begin || memcmp(begin, signature, sizeof signature) != 0) {
        return false;
    }
    for (bool first = true, pictured = false;; first = false) {
        size_t length = lct_get_u32(&r);
        const uint8_t *chunk = lct_get(&r, 4 + length);
        uint32_t crc = lct_get_u32(&r);
        if (r.failed || crc != crc32_of(table, chunk, 4 + length) ||
            (first && !is_head(chunk, length))) {
            return false;
        }
        pictured = pictured || memcmp(chunk, "IDAT", 4) == 0;
        if (memcmp(chunk, "IEND", 4) == 0) {
            return pictured && length == 0 && lct_left(&r) == 0;
        }
    }
}

int lct_logo_check(const void *bytes, size_t n, struct lct_fault *fault) {
    return is_png(bytes, n)
               ? 0
               : lct_fault_set(fault, -EINVAL, "logo",
                               "This is no whole PNG picture of at most %d x %d pixels. Choose "
                               "another.",
                               "这不是完整的、不超过 %d × %d 像素的 PNG 图片，请换一张。",
                               LCT_OVERLAY_SIDE_MAX, LCT_OVERLAY_SIDE_MAX);
}

static char *path_of(const char *data) { return lct_format("%s/" LCT_LOGO_FILE, data); }

int lct_logo_save(const struct lct_io *io, const char *data, const void *bytes, size_t n) {
    LCT_FREE char *path = path_of(data);
    return lct_io_replace(io, path, bytes, n);
}

bool lct_logo_is_there(const char *data) {
    LCT_FREE char *path = path_of(data);
    return access(path, R_OK) == 0;
}

int lct_logo_load(const char *data, char **ret_bytes, size_t *ret_n) {
    LCT_FREE char *path = path_of(data);
    return lct_io_slurp(path, LCT_LOGO_BYTES_MAX, ret_bytes, ret_n);
}

int lct_logo_remove(const struct lct_io *io, const char *data) {
    LCT_FREE char *path = path_of(data);
    int rc = io->remove(io, path);
    return rc ? rc : io->sync_folder(io, data);
}
