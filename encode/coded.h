// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Coded pictures as chunks of one track or of its small twin, whoever coded them: our encoder or a
 * camera. Keeps the format they share until decoders must be told something new, which is what
 * makes a new reel. One thread each.
 *
 *     struct lct_coded coded = {.id = 1};                       // and its name
 *     lct_coded_renew(&coded, &sets, width, height, options);   // at each key frame
 *     chunk = lct_coded_pack(&coded, au, n, &when);
 *     lct_coded_fini(&coded);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "encode/chunk.h"
#include "encode/nal.h"

struct lct_coded {
    char name[LCT_TRACK_NAME_SIZE]; /**< fixed: of the track */
    uint32_t id;                    /**< fixed: of the track */
    struct lct_format *format;      /**< of the pictures now; NULL before the first key frame */
    bool passed;                    /**< they come from a camera that codes itself */
    struct lct_nal_sets sets;
};

/** Gives the format back. */
void lct_coded_fini(struct lct_coded *coded);

/**
 * Looks whether the parameter sets (borrowed) of a key frame need another format, and makes it.
 * width, height: of the pictures, in pixels. options: how our encoder made them; NULL: a camera
 * did, and the sets say the size where they can.
 */
void lct_coded_renew(struct lct_coded *coded, const struct lct_nal_sets *sets, int width,
                     int height, const char *options);

/** Where a coded picture stands, in lesson time. */
struct lct_coded_when {
    lct_ns time;    /**< it is shown from here on */
    lct_ns promise; /**< and so long at most, if nothing comes */
    bool key;
};

/** A chunk of the picture au (Annex B, n bytes, borrowed). Returns owned; NULL: too large, or no
 *  memory for it. */
struct lct_chunk *lct_coded_pack(struct lct_coded *coded, const uint8_t *au, size_t n,
                                 const struct lct_coded_when *when) LCT_MUST_USE;
