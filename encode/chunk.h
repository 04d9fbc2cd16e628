// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The words of lectern, defined here and nowhere else.
 *
 *   sample   one coded picture, or one coded audio frame
 *   chunk    CMAF moof+mdat with one video sample, or two AAC frames (43 ms): the only currency
 *   part     a run of chunks of at most 500 ms: the unit of fdatasync and of back-fill
 *   segment  a run of parts from one IDR to the next cut point: what HLS lists
 *   reel     one file: an init and the chunks after it; starts at an IDR; a new one every 10
 * minutes, at any change of format, at a restart, after a gap tape     all reels of one track with
 * their index: the only store track    one source in one encoding ("camera", "screen", "sound")
 *   lesson   a folder: tapes, marks, metadata as JSON, thumbnails
 *
 * A chunk is immutable after it was published and is shared by reference: tape, link, WebSocket and
 * RTP all use these bytes; nobody copies them but encryption. Its times are lesson time.
 *
 *     struct lct_chunk *c = lct_chunk_pack(format, &sample_info, payload);   // encode/mp4.c
 *     lct_bus_publish(bus, c);                                               // shares
 *     lct_chunk_unref(c);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/ref.h"
#include "base/time.h"

enum lct_codec {
    LCT_CODEC_H264,
    LCT_CODEC_AAC,
    LCT_CODEC_OPUS, /**< live only, never taped */
};

/** Longest track name with its end: "camera-12". */
#define LCT_TRACK_NAME_SIZE 24

/** Samples a chunk may hold: two AAC frames. */
#define LCT_CHUNK_SAMPLES_MAX 2

/** Free bytes before the chunk's first byte, for a WebSocket or link header. */
#define LCT_CHUNK_HEADROOM 16

/** Largest chunk: one IDR of a 4K screen has never come near it. */
#define LCT_CHUNK_BYTES_MAX (16U << 20)

/** Least timescale of a format: what is read with another is damaged. */
#define LCT_TIMESCALE_MIN 48000U

/** How all chunks of a reel are to be read. Immutable, shared; a change of it makes a new reel. */
struct lct_format {
    struct lct_ref ref;
    char track[LCT_TRACK_NAME_SIZE];
    uint32_t track_id; /**< 1 and up; the same in every reel of the track */
    enum lct_codec codec;
    uint32_t timescale;    /**< Hz: 90000 for pictures, 48000 for sound */
    int width, height;     /**< pixels; 0 for sound */
    int channels;          /**< 0 for pictures */
    char codec_string[32]; /**< RFC 6381: "avc1.42C028", "mp4a.40.2", "opus" */
    char encoder[512];     /**< encoder and its whole option string; "" for pass-through */
    uint8_t *init;         /**< ftyp + moov, the CMAF header */
    size_t init_bytes;
    uint8_t *config; /**< avcC, AudioSpecificConfig or dOps content */
    size_t config_bytes;
};

/** Added to a track's id for its twins, which are live only and never taped: a sound track's in
 *  Opus, and a picture track's small one, whose name is the track's with "-small" behind it. */
#define LCT_TRACK_LIVE_ID 1000U
#define LCT_TRACK_SMALL_ID 2000U

/** True of what belongs into the tape; false of a live-only twin. Any thread. */
static inline bool lct_format_is_taped(const struct lct_format *format) {
    return format->track_id < LCT_TRACK_LIVE_ID;
}

/** Shares. Any thread. */
struct lct_format *lct_format_ref(struct lct_format *format);

/** Gives a reference back; NULL is allowed. Any thread. */
void lct_format_unref(struct lct_format *format);

/** What is true of a chunk beside its bytes. Times in the format's timescale. */
struct lct_chunk_info {
    int64_t tfdt;      /**< decode time of the first sample, lesson time */
    uint32_t duration; /**< promised: the next chunk's tfdt may come earlier, never later */
    uint8_t samples;   /**< 1 or 2 */
    bool key;          /**< starts with an IDR (always true of sound) */
    bool gap_before;   /**< something is missing between this and the chunk before */
    uint32_t sample_bytes[LCT_CHUNK_SAMPLES_MAX];
    int8_t peaks[2 * LCT_CHUNK_SAMPLES_MAX]; /**< sound: lowest and highest level of each sample,
                                                  -127 to 127; the waveform is made of these */
};

struct lct_chunk {
    struct lct_ref ref;
    struct lct_format *format;
    struct lct_chunk_info info;
    lct_ns time;      /**< lesson time of the first sample */
    lct_ns published; /**< CLOCK_MONOTONIC when it left the encoder */
    lct_ns captured;  /**< CLOCK_MONOTONIC capture time of the first sample */
    uint8_t *bytes;   /**< moof+mdat; LCT_CHUNK_HEADROOM free bytes stand before it */
    size_t n;
    size_t payload_at; /**< offset of the first sample in bytes; the second follows it */
};

/** A chunk with room for n bytes (1 to LCT_CHUNK_BYTES_MAX), shares format. NULL when n is out of
 * range. */
struct lct_chunk *lct_chunk_create(struct lct_format *format, size_t n) LCT_MUST_USE;

/** Shares. Any thread. */
struct lct_chunk *lct_chunk_ref(struct lct_chunk *chunk);

/** Gives a reference back; NULL is allowed. Any thread. */
void lct_chunk_unref(struct lct_chunk *chunk);

/** The chunk's promised end in lesson time. */
lct_ns lct_chunk_end(const struct lct_chunk *chunk);
