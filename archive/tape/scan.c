// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "encode/mp4.h"
#include "encode/nal.h"

#define WINDOW (1U << 20)
/* Boxes of a chunk of ours: enough to know how long it is. */
#define BOXES_MAX 256U
/* Hardly any chunk has such a run of zeros in it. */
#define HOLE 64U
/* Disks lose bytes by sectors, file systems by blocks of them. */
#define SECTOR 512U

int lct_scan_open(const struct lct_io *io, const char *path, int flags, struct lct_scan *ret_scan) {
    struct lct_scan scan = {.io = io, .fd = -1};
    struct stat s;
    *ret_scan = scan;
    /* Not to wait for the writer of somebody's FIFO. */
    scan.fd = io->open(io, path, flags | O_NONBLOCK, 0);
    if (scan.fd < 0) {
        return scan.fd;
    }
    int rc = fstat(scan.fd, &s) < 0 ? -errno : S_ISREG(s.st_mode) ? 0 : -EISDIR;
    if (rc < 0) {
        (void)io->close(io, scan.fd); /* nothing was written */
        return rc;
    }
    scan.n = (uint64_t)s.st_size;
    *ret_scan = scan;
    return 0;
}

void lct_scan_close(struct lct_scan *scan) {
    if (scan->fd >= 0) {
        (void)scan->io->close(scan->io, scan->fd); /* whoever writes, syncs */
    }
    free(scan->buffer);
    *scan = (struct lct_scan){.fd = -1};
}

const uint8_t *lct_scan_read(struct lct_scan *scan, uint64_t offset, size_t n) {
    if (offset > scan->n || n > scan->n - offset) {
        return NULL;
    }
    if (n > scan->room) {
        uint8_t *bigger = realloc(scan->buffer, n);
        if (!bigger) {
            return NULL;
        }
        scan->buffer = bigger;
        scan->room = n;
    }
    int rc = lct_io_read_all(scan->io, scan->fd, scan->buffer, n, (off_t)offset);
    scan->error = scan->error ? scan->error : rc;
    return rc == 0 ? scan->buffer : NULL;
}

/* Where the first run of at least least zeros begins; n when there is none. */
static size_t find_zeros(const uint8_t *bytes, size_t n, size_t least) {
    size_t run = 0;
    for (size_t i = 0; i < n; i++) {
        run = bytes[i] == 0 ? run + 1 : 0;
        if (run == least) {
            return i + 1 - run;
        }
    }
    return n;
}

size_t lct_scan_zeros(const uint8_t *bytes, size_t n) { return find_zeros(bytes, n, HOLE); }

/* ---- plausible to the last byte ---- */

/* Emulation prevention (ISO 14496-10 sec. 7.3.1) keeps 00 00 00, 00 00 01 and 00 00 02 out of every
 * NAL unit, and its last byte is never zero: a hole of zeros or a foreign block betrays itself. */
static bool is_nal(const uint8_t *nal, size_t n) {
    if (n == 0 || nal[0] & 0x80 || nal[n - 1] == 0) {
        return false;
    }
    for (size_t i = 2; i < n; i++) {
        if (nal[i] <= 2 && nal[i - 1] == 0 && nal[i - 2] == 0) {
            return false;
        }
    }
    return true;
}

static bool is_picture_sample(const uint8_t *sample, size_t n, bool key) {
    struct lct_reader r = lct_reader(sample, n);
    bool coded = false;
    while (lct_left(&r) > 0) {
        uint32_t size = lct_get_u32(&r);
        const uint8_t *nal = lct_get(&r, size);
        if (!nal || !is_nal(nal, size)) {
            return false;
        }
        coded = coded || lct_nal_type_of(nal) == (key ? LCT_NAL_IDR : LCT_NAL_SLICE);
    }
    return coded && !r.failed;
}

/* An AAC frame may hold many zeros: a pair of zeros of codebook 11 is four zero bits, 256 bytes in
 * a whole channel. But it ends with an END of three ones and less than a byte of padding (ISO
 * 14496-3 table 4.3), so its last byte is not zero. Hence a hole that reaches to its end or beyond
 * betrays itself by the last byte, one that ends before by a whole sector of zeros. */
static bool is_sound_sample(const uint8_t *sample, size_t n) {
    return n > 0 && sample[n - 1] != 0 && find_zeros(sample, n, SECTOR) == n;
}

/* The index refuses rows that none of ours can have, a time centuries away above all. */
static bool has_row(const struct lct_index_row *row) {
    uint8_t bytes[LCT_INDEX_ROW_BYTES];
    struct lct_index_row unused;
    lct_index_write_row(row, bytes);
    return lct_index_read_row(bytes, &unused) == 0;
}

static bool is_plausible(const uint8_t *bytes, const struct lct_mp4_chunk *chunk) {
    const struct lct_chunk_info *info = &chunk->info;
    const uint8_t *sample = bytes + chunk->payload_at;
    if (chunk->payload_at == lct_mp4_head_bytes(LCT_CODEC_H264, info->samples, info->key)) {
        return info->samples == 1 && is_picture_sample(sample, info->sample_bytes[0], info->key);
    }
    for (unsigned i = 0; i < info->samples; i++) {
        if (!is_sound_sample(sample, info->sample_bytes[i])) {
            return false;
        }
        sample += info->sample_bytes[i];
    }
    return chunk->payload_at == lct_mp4_head_bytes(LCT_CODEC_AAC, info->samples, true);
}

/* ---- finding ---- */

static bool chunk_at(struct lct_scan *scan, uint64_t at, uint64_t end, struct lct_scan_chunk *ret) {
    struct lct_mp4_chunk chunk;
    size_t look = end - at < BOXES_MAX ? (size_t)(end - at) : BOXES_MAX;
    const uint8_t *bytes = lct_scan_read(scan, at, look);
    size_t whole = bytes ? lct_mp4_chunk_bytes(bytes, look) : 0;
    bytes = whole > 0 && whole <= end - at ? lct_scan_read(scan, at, whole) : NULL;
    if (!bytes || lct_mp4_parse_chunk(bytes, whole, &chunk) < 0 || !is_plausible(bytes, &chunk)) {
        return false;
    }
    *ret = (struct lct_scan_chunk){
        .row = {.offset = at,
                .n = (uint32_t)chunk.n,
                .crc = lct_crc32c(0, bytes, chunk.n),
                .info = chunk.info},
        .track_id = chunk.track_id,
    };
    return has_row(&ret->row);
}

/* Where the next box called moof may begin, from on; end when there is none. */
static uint64_t next_moof(struct lct_scan *scan, uint64_t from, uint64_t end) {
    for (uint64_t at = from; end - at >= 8; at += WINDOW - 7) {
        size_t n = end - at < WINDOW ? (size_t)(end - at) : WINDOW;
        const uint8_t *bytes = lct_scan_read(scan, at, n);
        const uint8_t *found = bytes ? memmem(bytes + 4, n - 4, "moof", 4) : NULL;
        if (found) {
            return at + (uint64_t)(found - bytes) - 4;
        }
        if (n < WINDOW) {
            break;
        }
    }
    return end;
}

bool lct_scan_next(struct lct_scan *scan, uint64_t *at, uint64_t end,
                   struct lct_scan_chunk *ret_chunk) {
    end = end < scan->n ? end : scan->n;
    while (*at < end) {
        uint64_t here = next_moof(scan, *at, end);
        if (here < end && chunk_at(scan, here, end, ret_chunk)) {
            *at = here + ret_chunk->row.n;
            return true;
        }
        *at = here < end ? here + 1 : end;
    }
    return false;
}
