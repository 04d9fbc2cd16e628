// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Files that others recorded (camcorders, phones, other recorders) as chunks of ours. Whatever the
 * file claims, nothing but its own bytes is read: only containers and codecs of a list are opened,
 * no other file and no address (that a list of names calls itself .mp4 does not help it). Still a
 * stranger's bytes go through large parsers: whoever calls this has shut itself in before
 * (base/sandbox.h).
 *
 * H.264 and AAC that are as ours (no reordered pictures, closed GOPs of at most 10 s; AAC-LC, 48
 * kHz, stereo) are copied; all else is encoded anew by our encoders: turned as the phone was held,
 * without interlacing, within 1920 x 1080. The times of the file stay: a picture stands as long as
 * it did. One thread.
 *
 *     lct_foreign_open(fd, "VID_1.mp4", &foreign, &fault);      // reads it through once
 *     const struct lct_foreign_info *info = lct_foreign_info(foreign);
 *     rc = lct_foreign_make(foreign, i, &track, &fault);        // gives chunks to track.put
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"
#include "encode/chunk.h"

/** Streams of a file that are looked at. */
#define LCT_FOREIGN_STREAMS_MAX 16

/** The longest file that is taken. */
#define LCT_FOREIGN_LENGTH_MAX (24 * 3600 * LCT_SECOND)

/** The largest picture that is decoded, in pixels: 8K with room to spare. */
#define LCT_FOREIGN_PIXELS_MAX (8192 * 4608)

/** A stream of pictures or sound in which something was found. */
struct lct_foreign_stream {
    bool sound;
    char codec[32];    /**< FFmpeg's name of it */
    int width, height; /**< pictures: as they are to be seen, turned and with square pixels */
    bool fits;         /**< by all that can be seen from outside it can be copied */
    lct_ns begin, end; /**< from the file's first picture or sound on */
};

struct lct_foreign_info {
    char format[64];  /**< FFmpeg's name of the container */
    char title[1024]; /**< of its tags, UTF-8, tamed; "": none */
    lct_ns wall;      /**< when it was recorded, by its tags; LCT_NS_NONE: they do not say */
    lct_ns length;    /**< end of the stream that ends last */
    bool cut_off;     /**< reading it ended with an error: what came before counts */
    struct lct_foreign_stream streams[LCT_FOREIGN_STREAMS_MAX];
    size_t stream_count;
};

struct lct_foreign;

/**
 * Opens a file (fd is borrowed until close, and must be one that can seek; name is for the fault)
 * and reads all of it, without decoding. 0, or -errno with a fault that says what it is instead:
 * -EMEDIUMTYPE nothing that is taken, -ENODATA nothing to see and to hear in it, -EFBIG too long or
 * too large, -EIO, -ENOMEM.
 */
int lct_foreign_open(int fd, const char *name, struct lct_foreign **ret_foreign,
                     struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_foreign_close(struct lct_foreign *foreign);

/** What is in it. Borrows until close. */
const struct lct_foreign_info *lct_foreign_info(const struct lct_foreign *foreign);

/** What a stream is made into. */
struct lct_foreign_track {
    const char *name; /**< of the track */
    uint32_t id;
    bool screen;       /**< encode as a screen's, not as a camera's */
    bool copy;         /**< copy, do not encode */
    int width, height; /**< canvas, even, when pictures are encoded */
    lct_ns from, to;   /**< lesson time of the file's begin, and up to where the track shall reach:
                            the last picture stands till then, and silence is added */
    /** A chunk, taken, in order. 0, or -errno: making ends with it. */
    int (*put)(void *opaque, struct lct_chunk *chunk);
    void *opaque;
};

/** The canvas of pictures of that size when they are encoded: even, within 1920 x 1080, or upright
 * within 1080 x 1920. Pure. */
void lct_foreign_canvas(int width, int height, int *ret_width, int *ret_height);

/**
 * Makes all chunks of a stream. 0; -ENOTSUP: it was to be copied but is not such a stream as can be
 * (what was put is of no use; encode it); -ENODATA: nothing of it decodes; what put gave; -EIO,
 * -ENOMEM; with a fault but for -ENOTSUP and what put gave.
 */
int lct_foreign_make(struct lct_foreign *foreign, size_t stream,
                     const struct lct_foreign_track *track, struct lct_fault *fault) LCT_MUST_USE;
