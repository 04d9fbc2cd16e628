// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The few things about H.264 byte streams (ISO 14496-10) that packaging needs: NAL units out of
 * Annex B, the avcC record, and the length-prefixed form samples have in MP4. Pure functions.
 *
 *     struct lct_nal_sets sets;
 *     if (lct_nal_find_sets(au, n, &sets)) …           // SPS and PPS stand in this access unit
 *     lct_nal_sample_bytes(au, n); lct_nal_write_sample(au, n, out);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/** Largest parameter set that is kept. */
#define LCT_NAL_SET_MAX 1024

/** NAL unit types used by name (table 7-1). */
enum lct_nal_type {
    LCT_NAL_SLICE = 1,
    LCT_NAL_IDR = 5,
    LCT_NAL_SEI = 6,
    LCT_NAL_SPS = 7,
    LCT_NAL_PPS = 8,
    LCT_NAL_AUD = 9,
    LCT_NAL_FILLER = 12,
};

/** One sequence and one picture parameter set, without start codes. */
struct lct_nal_sets {
    uint8_t sps[LCT_NAL_SET_MAX];
    uint8_t pps[LCT_NAL_SET_MAX];
    size_t sps_bytes, pps_bytes;
};

/** A place in an Annex B stream. Start with {bytes, n, 0}. */
struct lct_nal_cursor {
    const uint8_t *bytes;
    size_t n;
    size_t at;
};

/** Finds the next NAL unit: *ret_nal (borrows, without start code and trailing zeros), its length.
 */
bool lct_nal_next(struct lct_nal_cursor *cursor, const uint8_t **ret_nal, size_t *ret_n);

/** Type of a NAL unit of at least one byte. */
static inline unsigned lct_nal_type_of(const uint8_t *nal) { return nal[0] & 0x1fU; }

/** Copies the first SPS and PPS of an access unit; false when one is missing or too large. */
bool lct_nal_find_sets(const uint8_t *au, size_t n, struct lct_nal_sets *ret_sets);

/** True when the access unit holds an IDR slice. */
bool lct_nal_is_key(const uint8_t *au, size_t n);

/** Bytes of the access unit as an MP4 sample (4-byte lengths; AUD and filler left out). */
size_t lct_nal_sample_bytes(const uint8_t *au, size_t n);

/** Writes that sample; out has lct_nal_sample_bytes. */
void lct_nal_write_sample(const uint8_t *au, size_t n, uint8_t *out);

/** Writes AVCDecoderConfigurationRecord (ISO 14496-15 sec. 5.3.3.1); returns its size, 0 when it
 * does not fit. */
size_t lct_nal_write_avcc(const struct lct_nal_sets *sets, uint8_t *out, size_t size);

/** The same from an MP4 sample (4-byte lengths). */
bool lct_nal_sets_of_sample(const uint8_t *sample, size_t n, struct lct_nal_sets *ret_sets);

/** Picture size in pixels out of the SPS; 0 x 0 when it cannot be read. */
void lct_nal_picture_size(const struct lct_nal_sets *sets, int *ret_width, int *ret_height);

/** Ids of the SPS and PPS of an avcC record that are below 32, as bits; 0 when it cannot be read.
 */
uint32_t lct_nal_avcc_ids(const uint8_t *avcc, size_t n);

/** The lowest id that is not taken, of the 32 that parameter sets may all have. */
unsigned lct_nal_free_id(uint32_t taken);

/**
 * Writes an avcC record with the sets of a and those of b whose ids a does not have; profile and
 * level are the higher ones. Returns its size, 0 when it does not fit or one of them cannot be
 * read. Pictures whose sets were left out need them in front of each IDR.
 */
size_t lct_nal_merge_avcc(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes,
                          uint8_t *out, size_t size);
