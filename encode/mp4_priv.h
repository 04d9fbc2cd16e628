// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Box writers that the CMAF header (mp4.c) and a movie's moov (moov.c) share; mp4_boxes.c. Each
 * writes one whole box at the writer's place, fields as ISO 14496-12 names them.
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "encode/chunk.h"

/** mvhd's timescale: milliseconds. */
#define LCT_MP4_MOVIE_TIMESCALE 1000U

/** True for a track of pictures. */
bool lct_mp4_is_picture(const struct lct_format *format);

/** Begins a box with version and flags; returns what lct_end_box needs. */
size_t lct_mp4_put_full_box(struct lct_writer *w, const char *type, uint32_t version,
                            uint32_t flags);

/** ftyp, 32 bytes; fragmented: a CMAF header, else a plain movie. */
void lct_mp4_put_ftyp(struct lct_writer *w, bool fragmented);

/** mvhd; duration in LCT_MP4_MOVIE_TIMESCALE, 0 unknown. */
void lct_mp4_put_mvhd(struct lct_writer *w, uint64_t duration, uint32_t next_track);

/** tkhd; duration in LCT_MP4_MOVIE_TIMESCALE. */
void lct_mp4_put_tkhd(struct lct_writer *w, const struct lct_format *format, uint64_t duration);

/** mdhd and hdlr; duration in the track's timescale. */
void lct_mp4_put_mdhd(struct lct_writer *w, const struct lct_format *format, uint64_t duration);

/** vmhd or smhd, and dinf. */
void lct_mp4_put_media_head(struct lct_writer *w, const struct lct_format *format);

/** stsd with its one sample entry. */
void lct_mp4_put_stsd(struct lct_writer *w, const struct lct_format *format);
