// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/tape/scan.h"
#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/sound.h"
#include "tests/support/disk.h"
#include "tests/support/format.h"

#define SECTOR 512U
#define BEFORE 700U /* what lies before the chunk: it begins in the midst of a sector */

static char *folder, *path;
static struct lct_format *format;

static void begin(void) {
    folder = lct_test_folder();
    path = lct_format("%s/0001.mp4", folder);
    format = lct_test_sound_format();
}

static void end(void) {
    lct_format_unref(format);
    lct_test_remove(folder);
    free(folder);
    free(path);
}

TestSuite(scan, .init = begin, .fini = end, .timeout = 60);

/* How many chunks are found in a file of n bytes. */
static size_t found_in(const uint8_t *bytes, size_t n) {
    struct lct_scan scan;
    struct lct_scan_chunk found;
    uint64_t at = 0;
    size_t count = 0;
    FILE *f = fopen(path, "w");
    cr_assert(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    cr_assert_eq(lct_scan_open(&lct_io_system, path, O_RDONLY, &scan), 0);
    while (lct_scan_next(&scan, &at, n, &found)) {
        count++;
    }
    lct_scan_close(&scan);
    return count;
}

/* ---- sound that is right ---- */

static float random_sound(void) {
    static uint32_t state = 1;
    state = state * 1103515245 + 12345;
    return (float)(state >> 8) / (float)(1U << 24) - 0.5F;
}

static float impulses(size_t i) { return i % 4999 == 0 ? 1.0F : 0.0F; }

static float bursts(size_t i) { return i % 17760 < 1440 ? 0.8F * random_sound() : 0.0F; }

static float beeps(size_t i) {
    return i % 48000 < 2400 ? 0.9F * sinf(0.1308997F * (float)(i % 48000)) : 0.0F;
}

/* Encodes ten seconds and packs each frame into a chunk of its own. */
static void judge_sound(float sound(size_t), int bit_rate) {
    struct lct_sound_encoder *encoder = NULL;
    struct lct_fault fault;
    const size_t frames = 470, frame = 1024;
    LCT_FREE uint8_t *bytes = lct_new(frames * 2048);
    size_t n = 0, count = 0;
    cr_assert_eq(lct_sound_open(LCT_CODEC_AAC, bit_rate, &encoder, &fault), 0, "%s", fault.en);
    for (size_t i = 0; i < frames; i++) {
        float stereo[2 * 1024];
        struct lct_sound_packet packet;
        for (size_t k = 0; k < frame; k++) {
            stereo[2 * k] = stereo[2 * k + 1] = sound(i * frame + k);
        }
        if (lct_sound_encode(encoder, stereo, &packet) != 1) {
            continue;
        }
        const struct lct_chunk_info info = {.tfdt = (int64_t)(i * frame),
                                            .duration = (uint32_t)frame,
                                            .samples = 1,
                                            .key = true,
                                            .sample_bytes = {(uint32_t)packet.n}};
        struct lct_chunk *chunk =
            lct_mp4_pack(format, &info, (const uint8_t *const[]){packet.bytes});
        cr_assert(chunk && n + chunk->n <= frames * 2048);
        memcpy(bytes + n, chunk->bytes, chunk->n);
        n += chunk->n;
        count++;
        lct_chunk_unref(chunk);
    }
    lct_sound_close(encoder);
    cr_assert_gt(count, frames - 8);
    cr_assert_eq(found_in(bytes, n), count);
}

Test(scan, finds_all_sound_of_the_encoder) {
    judge_sound(impulses, 128000);
    judge_sound(bursts, 128000);
    judge_sound(beeps, 128000);
    judge_sound(bursts, 256000);
}

/* ---- and holes in it ---- */

/* Sound of two frames behind other bytes; in the midst of each frame as many zeros as wished. */
static uint8_t *make(uint32_t zeros, size_t *ret_n) {
    static uint8_t frames[2][1500];
    const struct lct_chunk_info info = {.duration = 2048,
                                        .samples = 2,
                                        .key = true,
                                        .sample_bytes = {sizeof frames[0], sizeof frames[1]}};
    for (size_t i = 0; i < sizeof frames; i++) {
        size_t at = i % sizeof frames[0];
        frames[i / sizeof frames[0]][at] =
            at >= 600 && at < 600 + zeros ? 0 : (uint8_t)(1 + i * 31 % 255);
    }
    struct lct_chunk *chunk =
        lct_mp4_pack(format, &info, (const uint8_t *const[]){frames[0], frames[1]});
    cr_assert_not_null(chunk);
    uint8_t *bytes = lct_new(BEFORE + chunk->n + SECTOR);
    memset(bytes, 'x', BEFORE + chunk->n + SECTOR);
    memcpy(bytes + BEFORE, chunk->bytes, chunk->n);
    *ret_n = BEFORE + chunk->n;
    lct_chunk_unref(chunk);
    return bytes;
}

Test(scan, sound_may_hold_as_many_zeros_as_a_frame_can) {
    size_t n;
    LCT_FREE uint8_t *bytes = make(300, &n);
    cr_assert_eq(found_in(bytes, n), 1);
}

Test(scan, finds_no_sound_with_a_hole) {
    size_t n;
    LCT_FREE uint8_t *bytes = make(0, &n);
    LCT_FREE uint8_t *torn = lct_new(n + SECTOR);
    cr_assert_eq(found_in(bytes, n), 1);
    for (size_t from = 0; from < n; from += SECTOR) {
        for (size_t to = from + SECTOR; to < n + SECTOR; to += SECTOR) {
            memcpy(torn, bytes, n + SECTOR);
            memset(torn + from, 0, to - from);
            cr_assert_eq(found_in(torn, n), to <= BEFORE, "zeros from %zu to %zu", from, to);
        }
    }
}
