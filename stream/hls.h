// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * HLS playlists (RFC 8216) of a lesson, written out of the segments of its tapes. A playlist names
 * addresses relative to its own:
 *
 *     /live/ROOM/index.m3u8                      one picture with the sound; what a player opens
 *     /live/ROOM/LESSON/TRACK/index.m3u8         the segments of a track
 *     /live/ROOM/LESSON/TRACK/init-REEL.mp4      what a player reads before a reel's segments
 *     /live/ROOM/LESSON/TRACK/NUMBER.m4s         a segment
 *
 * While the lesson is recorded a playlist only grows (EVENT), so that one can go back to its start;
 * when it has ended it is complete (VOD). docs/formats/hls.md says why it is as it is. Pure; any
 * thread.
 *
 *     struct lct_hls_track camera = {.name = "camera", .tape = tape, .zero = zero, .ended = false};
 *     char *text = lct_hls_segments(&camera);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/tape/follow.h"
#include "base/attr.h"
#include "base/time.h"

/** The type of playlists. */
#define LCT_HLS_TYPE "application/vnd.apple.mpegurl"

/** A segment of a screen may be so long: its key frames are ten seconds apart, and it shows
 * pictures once a second. Others: LCT_SEGMENT_MOST. */
#define LCT_HLS_SCREEN_MOST (11 * LCT_SECOND)

enum lct_hls_kind { LCT_HLS_CAMERA, LCT_HLS_SCREEN, LCT_HLS_SOUND };

struct lct_hls_track {
    const char *name; /**< "camera" */
    enum lct_hls_kind kind;
    const struct lct_follow *tape; /**< borrowed */
    lct_ns zero;                   /**< lesson zero on the wall clock */
    bool ended;                    /**< the lesson is */
};

/** The playlist of a track's segments. Returns owned (free). */
char *lct_hls_segments(const struct lct_hls_track *track) LCT_MUST_USE;

/**
 * The playlist that a player opens: a picture (NULL: none) with sounds (the first is heard) of the
 * lesson of that id. Each has a segment, and there is at least one of them. Returns owned (free).
 */
char *lct_hls_main(const char *lesson, const struct lct_hls_track *picture,
                   const struct lct_hls_track *sounds, size_t n_sounds) LCT_MUST_USE;

/** What the last part of an address in a track's folder asks for. */
struct lct_hls_wanted {
    enum { LCT_HLS_SEGMENTS, LCT_HLS_INIT, LCT_HLS_SEGMENT } what;
    uint32_t number; /**< of the reel, of the segment */
};

/** Reads it ("index.m3u8", "init-1.mp4", "17.m4s"); false when it is none of these. */
bool lct_hls_parse(const char *name, struct lct_hls_wanted *ret_wanted);

/**
 * What is sent for the segment of a number that lies in a hole: an empty box. Players that know of
 * holes do not ask for it; others are over it at once.
 */
extern const uint8_t lct_hls_nothing[8];

/** True when the number lies in a hole of the track. */
bool lct_hls_is_hole(const struct lct_follow *tape, uint32_t number);
