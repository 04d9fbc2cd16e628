// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Decodes single key frames: to prove that what was saved can be seen, and to make thumbnails of
 * it. One thread.
 *
 *     struct lct_still *s = lct_still_create();
 *     if (lct_still_decode(s, format, sample, n) == 0) lct_still_jpeg(s, 320, &jpeg, &jpeg_bytes);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "encode/chunk.h"

struct lct_still;

/** A decoder of stills. Returns owned. */
struct lct_still *lct_still_create(void) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_still_destroy(struct lct_still *still);

/**
 * Decodes an IDR sample (as in MP4, length-prefixed) of that format. 0; -EBADMSG: it does not
 * decode without an error, or to another size than the format's; -ENOMEM.
 */
int lct_still_decode(struct lct_still *still, struct lct_format *format, const uint8_t *sample,
                     size_t n) LCT_MUST_USE;

/**
 * The picture decoded last as a JPEG of width pixels (even; height follows). *ret_jpeg is the
 * still's until the next call. 0 or -errno; -ENODATA when nothing was decoded.
 */
int lct_still_jpeg(struct lct_still *still, int width, const uint8_t **ret_jpeg,
                   size_t *ret_n) LCT_MUST_USE;

/**
 * The brightness of the picture decoded last, scaled to width x height (0: as the picture's sides
 * say): width bytes a row. *ret_gray is owned (free). 0 or -errno; -ENODATA when nothing was
 * decoded.
 */
int lct_still_gray(struct lct_still *still, int width, int height, uint8_t **ret_gray,
                   int *ret_height) LCT_MUST_USE;
