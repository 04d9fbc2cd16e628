// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A foreign file from within: foreign.c opens and reads it, foreign_picture.c and foreign_sound.c
 * make chunks of one stream each.
 */
#pragma once

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "encode/foreign.h"
#include "encode/hdr.h"
#include "encode/input_priv.h"

struct lct_foreign {
    int fd;
    char name[256]; /* for faults */
    uint64_t size;
    struct lct_foreign_info info;
    int index[LCT_FOREIGN_STREAMS_MAX]; /* of the stream within the file */
    int64_t zero;                       /* the file's first time, microseconds */
};

/** The file being read once through. */
struct lct_foreign_reader {
    struct lct_input input;
    AVFormatContext *av;
    AVPacket *packet; /* the one read last */
};

/** One stream on its way into chunks. */
struct lct_foreign_job {
    const struct lct_foreign *foreign;
    const struct lct_foreign_stream *stream;
    const struct lct_foreign_track *track;
    struct lct_foreign_reader reader;
    AVStream *av;            /* the stream, of reader */
    AVCodecContext *decoder; /* NULL while it is copied */
    AVFrame *frame;
    uint64_t decoded; /* pictures or runs of sound */
    struct lct_fault *fault;
};

/** Opens the file. 0, or AVERROR. */
int lct_foreign_read_open(const struct lct_foreign *foreign,
                          struct lct_foreign_reader *reader) LCT_MUST_USE;

/** Frees what open made, of one that failed too. */
void lct_foreign_read_close(struct lct_foreign_reader *reader);

/** Times that are believed, to either side of 0: 73 years. Sums and differences of two fit. */
#define LCT_FOREIGN_TIME_MAX (INT64_C(1) << 61)

/** A time or duration in units of base (positive) as ns; LCT_NS_NONE: it is none, or not believed.
 *  Pure. */
lct_ns lct_foreign_ns(int64_t pts, AVRational base);

/** Time of a packet of that stream from the file's begin on, ns, at most LCT_FOREIGN_LENGTH_MAX to
 *  either side; LCT_NS_NONE: it does not say, or is not believed. */
lct_ns lct_foreign_time(const struct lct_foreign *foreign, const AVStream *av, int64_t pts);

/** Reads the next packet of the job's stream. 1; 0: the end. */
int lct_foreign_next(struct lct_foreign_job *job) LCT_MUST_USE;

/** A decoder for a stream, of the list; NULL: there is none, or it does not open. Owned. */
AVCodecContext *lct_foreign_decoder(const AVStream *av) LCT_MUST_USE;

/**
 * Decodes the whole stream: each frame (job->frame) is handed to take, which gives 0 or -errno.
 * What does not decode is passed over. 0 or what take gave.
 */
int lct_foreign_decode(struct lct_foreign_job *job, int (*take)(void *opaque),
                       void *opaque) LCT_MUST_USE;

/** By how many degrees a stream's pictures are to be turned clockwise to be seen: 0, 90, 180, 270.
 */
int lct_foreign_turn(const AVStream *av);

/** True for the transfer of pictures of high dynamic range, with its kind. Pure. */
bool lct_foreign_is_hdr(enum AVColorTransferCharacteristic transfer, enum lct_hdr_kind *ret_kind);

/** As lct_foreign_make, of pictures and of sound. */
int lct_foreign_copy_pictures(struct lct_foreign_job *job) LCT_MUST_USE;
int lct_foreign_encode_pictures(struct lct_foreign_job *job) LCT_MUST_USE;
int lct_foreign_copy_sound(struct lct_foreign_job *job) LCT_MUST_USE;
int lct_foreign_encode_sound(struct lct_foreign_job *job) LCT_MUST_USE;
