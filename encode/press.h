// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A finished movie encoded anew as a file for others: one picture and one sound into a plain
 * fast-start MP4 of a certain size, picture rate and bit rate; and a look at such a file, which
 * decodes all of it. Pictures are fitted onto the size with kept proportions, black beside them,
 * and shown at an even rate. Quality is even, too, until the bit rate would pass its cap: so what
 * moves little stays small, and no file grows beyond cap times length. One thread; blocking: a
 * worker's.
 *
 *     rc = lct_press_write(&settings, "out.mp4", &fault);          // beside it first, then renamed
 *     rc = lct_press_look("out.mp4", NULL, NULL, &seen, &fault);
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"

struct lct_press_settings {
    /** Reads up to n bytes of the movie (an MP4) at offset: how many, 0 at the end, or -errno. */
    ssize_t (*read)(void *opaque, uint64_t offset, void *bytes, size_t n);
    void *opaque;
    uint64_t size;                            /**< bytes of the movie */
    void (*progress)(void *arg, double part); /**< 0 to 1; NULL: nobody wants to know */
    void *arg;
    int width, height, fps; /**< of the file; width and height even */
    int64_t picture_bps;    /**< cap, over two seconds */
    int64_t sound_bps;      /**< AAC; sound that has no more than this is copied */
};

/**
 * Writes the movie's first picture and first sound track (if there is one) into the file at path: a
 * crash leaves none of that name. 0; -EBADMSG: the movie does not decode; -ENODATA: there is no
 * picture in it; -ENOSPC or another -errno of the disk; -ENOMEM; with a fault, and nothing is left.
 */
int lct_press_write(const struct lct_press_settings *settings, const char *path,
                    struct lct_fault *fault) LCT_MUST_USE;

/** What is in a file. */
struct lct_press_seen {
    int64_t bytes, bps; /**< of all */
    lct_ns length;
    int width, height; /**< 0: no picture */
    double fps;
    int64_t pictures, sounds; /**< frames that were decoded */
    double loudness;          /**< LUFS (EBU R 128); 0: there is no sound, or nothing to hear */
};

/** Looks at a file of ours and decodes all of it. 0; -EBADMSG: it cannot be read or decoded whole;
 *  -ENOMEM; with a fault. */
int lct_press_look(const char *path, void (*progress)(void *arg, double part), void *arg,
                   struct lct_press_seen *ret_seen, struct lct_fault *fault) LCT_MUST_USE;
