// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Bytes that lie somewhere, as libavformat reads them.
 *
 *     struct lct_input input = {.read = read, .opaque = file, .size = size};
 *     rc = lct_input_open(&input);          // av->pb = input.io
 *     lct_input_close(&input);              // after the format that reads of it
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <libavformat/avio.h>

#include "base/attr.h"

struct lct_input {
    /** Reads up to n bytes from offset on: how many, 0 at the end, or -errno. */
    ssize_t (*read)(void *opaque, uint64_t offset, void *bytes, size_t n);
    void *opaque;
    uint64_t size;   /**< in bytes */
    uint64_t at;     /**< where it is read next */
    int rc;          /**< the last -errno of read; 0: it gave none */
    AVIOContext *io; /**< NULL: it is not open */
};

/** Opens, from the first byte on; the input stays where it is until close. 0 or -ENOMEM. */
int lct_input_open(struct lct_input *input) LCT_MUST_USE;

/** Closes what open made, of one that failed too. */
void lct_input_close(struct lct_input *input);
