// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The MP4 bytes lectern writes and reads: CMAF headers and chunks (ISO 23000-19 sec. 7.3), the moov
 * of a finished reel or of a download (ISO 14496-12). docs/formats/tape.md says why each box is as
 * it is. Pure functions: bytes in, struct out, and back.
 *
 *     lct_mp4_make_init(format);                                  // from its config record
 *     chunk = lct_mp4_pack(format, &info, payload);                // moof + mdat
 *     lct_mp4_parse_chunk(bytes, n, &box);                         // and back
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "encode/chunk.h"

/** A reel begins with ftyp (32 bytes), then this many bytes of free that become a 64-bit mdat
 * header. */
#define LCT_MP4_FTYP_BYTES 32U
#define LCT_MP4_FREE_BYTES 16U

/** Bytes of moof and mdat header of a chunk with samples (1 or 2) samples; key: it starts with an
 * IDR. */
size_t lct_mp4_head_bytes(enum lct_codec codec, unsigned samples, bool key);

/** Where the promised duration stands in a chunk of one picture: four bytes. */
size_t lct_mp4_duration_at(bool key);

/** Makes format->init out of the other fields (config included). 0, or -EINVAL when they make none.
 */
int lct_mp4_make_init(struct lct_format *format) LCT_MUST_USE;

/**
 * Packs samples into a chunk (returns owned, shares format); payload[i] has info->sample_bytes[i]
 * bytes (borrows). time fields are set from info; published and captured are the caller's. NULL
 * when the sizes are out of range.
 */
struct lct_chunk *lct_mp4_pack(struct lct_format *format, const struct lct_chunk_info *info,
                               const uint8_t *const payload[]) LCT_MUST_USE;

/** Writes the first 48 bytes of a reel: ftyp and free. */
void lct_mp4_reel_head(uint8_t out[LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES]);

/** Writes the 16 bytes that turn free into an mdat which spans bytes from offset 32 to end. */
void lct_mp4_reel_flip(uint8_t out[LCT_MP4_FREE_BYTES], uint64_t end);

/** What a chunk's boxes say. */
struct lct_mp4_chunk {
    size_t n;          /**< moof and mdat together */
    size_t payload_at; /**< first sample */
    uint32_t track_id;
    struct lct_chunk_info info; /**< peaks are not in the boxes: 0 */
};

/**
 * Reads a chunk of our making (others may be refused) at the start of bytes. 0; -ENODATA when bytes
 * end before the chunk does; -EBADMSG when it is not a chunk. Never reads past n.
 */
int lct_mp4_parse_chunk(const uint8_t *bytes, size_t n,
                        struct lct_mp4_chunk *ret_chunk) LCT_MUST_USE;

/** How many bytes the chunk that begins here has by its box sizes (256 bytes suffice); 0: it is
 * none. */
size_t lct_mp4_chunk_bytes(const uint8_t *bytes, size_t n);

/**
 * Reads an init of our making: track_id, codec, timescale, size, config, encoder (owned by
 * *ret_format, one reference; the track's name is left empty). 0, -EBADMSG, -ENOMEM.
 */
int lct_mp4_parse_init(const uint8_t *bytes, size_t n, struct lct_format **ret_format) LCT_MUST_USE;

/**
 * The same from the first bytes of a reel (at least its ftyp, free or mdat header, and moov).
 */
int lct_mp4_parse_reel_init(const uint8_t *bytes, size_t n,
                            struct lct_format **ret_format) LCT_MUST_USE;

/** One sample of a movie: where it lies, how long it is shown. */
struct lct_mp4_sample {
    uint64_t offset;
    uint32_t bytes;
    uint32_t duration; /**< true duration in the track's timescale, not 0 */
    bool key;
    bool apart; /**< does not follow the sample before it in the file: a new run begins */
};

/** A track of a movie. samples stay the caller's. */
struct lct_mp4_track {
    const struct lct_format *format;
    const struct lct_mp4_sample *samples;
    size_t count;
};

/**
 * Builds a moov for tracks whose timelines all begin at zero; offsets are those in the samples plus
 * shift. Returns owned bytes, or NULL when memory is short. Tens of milliseconds for three hours.
 */
uint8_t *lct_mp4_make_moov(const struct lct_mp4_track *tracks, size_t count, uint64_t shift,
                           size_t *ret_n) LCT_MUST_USE;

/** Fills codec_string (RFC 6381) from codec and config. */
void lct_mp4_codec_string(struct lct_format *format);
