// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/input_priv.h"

#include <errno.h>
#include <stdio.h>

#include <libavutil/error.h>
#include <libavutil/mem.h>

#define BLOCK_BYTES (64 << 10)

static int read_bytes(void *opaque, uint8_t *bytes, int n) {
    struct lct_input *input = opaque;
    ssize_t got = input->read(input->opaque, input->at, bytes, (size_t)n);
    input->rc = got < 0 ? (int)got : input->rc;
    input->at += got > 0 ? (uint64_t)got : 0;
    return got > 0 ? (int)got : got == 0 ? AVERROR_EOF : AVERROR(EIO);
}

static int64_t seek_bytes(void *opaque, int64_t offset, int whence) {
    struct lct_input *input = opaque;
    if (whence & AVSEEK_SIZE) {
        return (int64_t)input->size;
    }
    int64_t from = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? (int64_t)input->at
                                        : (int64_t)input->size;
    if (offset < -from || offset > INT64_MAX - from) {
        return AVERROR(EINVAL);
    }
    input->at = (uint64_t)(from + offset);
    return from + offset;
}

int lct_input_open(struct lct_input *input) {
    uint8_t *block = av_malloc(BLOCK_BYTES);
    input->io = block
                    ? avio_alloc_context(block, BLOCK_BYTES, 0, input, read_bytes, NULL, seek_bytes)
                    : NULL;
    if (!input->io) {
        av_free(block);
        return -ENOMEM;
    }
    return 0;
}

void lct_input_close(struct lct_input *input) {
    if (input->io) {
        av_freep(&input->io->buffer);
        avio_context_free(&input->io);
    }
}
