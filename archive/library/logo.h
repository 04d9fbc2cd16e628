// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The school's logo (LCT_LOGO_FILE in the data folder): a picture that strangers may have made,
 * which only a worker decodes. What is checked here is that it is whole, and no larger than those
 * read. Functions without state; catalogue loop.
 *
 *     int rc = lct_logo_check(bytes, n, &fault);
 *     rc = rc ? rc : lct_logo_save(&lct_io_system, data, bytes, n);
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"

/** Its name in the data folder: a PNG (encode/overlay.h); shown where it is there. */
#define LCT_LOGO_FILE "logo.png"

/** Bytes of a logo at most. */
#define LCT_LOGO_BYTES_MAX (4 << 20)

/**
 * Is this a whole PNG (W3C PNG third edition, sec. 5: signature, IHDR first, IDAT, IEND last, every
 * chunk's CRC right) of 1 to LCT_OVERLAY_SIDE_MAX pixels a side? Pure; any thread. 0; -EINVAL: it
 * is not; with a fault.
 */
int lct_logo_check(const void *bytes, size_t n, struct lct_fault *fault) LCT_MUST_USE;

/** Writes it so that a crash leaves the old or the new one; durable when it returns. 0 or -errno.
 */
int lct_logo_save(const struct lct_io *io, const char *data, const void *bytes,
                  size_t n) LCT_MUST_USE;

/** Is there one? Not whether it can be drawn. Any thread. */
bool lct_logo_is_there(const char *data);

/** Reads it. 0; -ENOENT: there is none; -EFBIG, or -errno. *ret_bytes is owned (free). */
int lct_logo_load(const char *data, char **ret_bytes, size_t *ret_n) LCT_MUST_USE;

/** Removes it, durably. 0; -ENOENT: there is none; or -errno. */
int lct_logo_remove(const struct lct_io *io, const char *data) LCT_MUST_USE;
