// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/coded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/mp4.h"

#define TICKS 90000

void lct_coded_fini(struct lct_coded *coded) {
    lct_format_unref(coded->format);
    coded->format = NULL;
}

static bool same_sets(const struct lct_nal_sets *a, const struct lct_nal_sets *b) {
    return a->sps_bytes == b->sps_bytes && a->pps_bytes == b->pps_bytes &&
           memcmp(a->sps, b->sps, a->sps_bytes) == 0 && memcmp(a->pps, b->pps, a->pps_bytes) == 0;
}

void lct_coded_renew(struct lct_coded *coded, const struct lct_nal_sets *sets, int width,
                     int height, const char *options) {
    bool passed = !options;
    if (coded->format && coded->passed == passed && same_sets(&coded->sets, sets)) {
        return;
    }
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    (void)snprintf(f->track, sizeof f->track, "%s", coded->name);
    f->track_id = coded->id;
    f->codec = LCT_CODEC_H264;
    f->timescale = TICKS;
    if (passed) { /* not scaled into the canvas */
        lct_nal_picture_size(sets, &f->width, &f->height);
    }
    if (f->width == 0) {
        f->width = width;
        f->height = height;
    }
    if (!passed) {
        (void)snprintf(f->encoder, sizeof f->encoder, "%s", options);
    }
    uint8_t avcc[2 * LCT_NAL_SET_MAX + 32];
    f->config_bytes = lct_nal_write_avcc(sets, avcc, sizeof avcc);
    f->config = lct_new(f->config_bytes);
    memcpy(f->config, avcc, f->config_bytes);
    lct_mp4_codec_string(f);
    if (lct_mp4_make_init(f) < 0) {
        abort(); /* the sets were bounded when they were found */
    }
    lct_format_unref(coded->format);
    coded->format = f;
    coded->passed = passed;
    coded->sets = *sets;
}

struct lct_chunk *lct_coded_pack(struct lct_coded *coded, const uint8_t *au, size_t n,
                                 const struct lct_coded_when *when) {
    size_t bytes = lct_nal_sample_bytes(au, n);
    uint8_t *sample = malloc(bytes ? bytes : 1);
    if (!sample) {
        return NULL;
    }
    int64_t begin = lct_ns_to_ticks(when->time, TICKS);
    /* To where a repeat at the promise's end will begin, to the tick. */
    int64_t end = lct_ns_to_ticks(when->time + when->promise, TICKS);
    struct lct_chunk_info info = {
        .tfdt = begin,
        .duration = (uint32_t)(end - begin),
        .samples = 1,
        .key = when->key,
        .sample_bytes = {(uint32_t)bytes},
    };
    lct_nal_write_sample(au, n, sample);
    struct lct_chunk *chunk = lct_mp4_pack(coded->format, &info, (const uint8_t *const[]){sample});
    free(sample);
    return chunk;
}
