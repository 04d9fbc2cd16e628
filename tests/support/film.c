// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/film.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/nal.h"

static void insist(bool fine, const char *path, const char *what) {
    if (!fine) {
        (void)fprintf(stderr, "%s: %s\n", path, what);
        exit(2);
    }
}

static uint8_t *read_all(const char *path, size_t *ret_n) {
    FILE *file = fopen(path, "rb");
    insist(file && fseek(file, 0, SEEK_END) == 0, path, "cannot be opened");
    long size = ftell(file);
    insist(size > 0, path, "is empty");
    uint8_t *bytes = lct_new((size_t)size);
    rewind(file);
    insist(fread(bytes, 1, (size_t)size, file) == (size_t)size, path, "cannot be read");
    (void)fclose(file);
    *ret_n = (size_t)size;
    return bytes;
}

static void make_format(struct film *film, const uint8_t *au, size_t n, const char *path) {
    struct lct_nal_sets sets;
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    (void)snprintf(f->track, sizeof f->track, "camera");
    f->track_id = 1;
    f->codec = LCT_CODEC_H264;
    f->timescale = 90000;
    insist(lct_nal_find_sets(au, n, &sets), path, "does not begin with a key picture");
    lct_nal_picture_size(&sets, &f->width, &f->height);
    f->config = lct_new(2 * LCT_NAL_SET_MAX + 32);
    f->config_bytes = lct_nal_write_avcc(&sets, f->config, 2 * LCT_NAL_SET_MAX + 32);
    lct_mp4_codec_string(f);
    insist(lct_mp4_make_init(f) == 0, path, "has parameter sets that make no MP4");
    film->format = f;
}

static void add_picture(struct film *film, const uint8_t *au, size_t n) {
    film->pictures = realloc(film->pictures, (film->count + 1) * sizeof *film->pictures);
    struct film_picture *picture = &film->pictures[film->count++];
    picture->n = (uint32_t)lct_nal_sample_bytes(au, n);
    picture->sample = lct_new(picture->n);
    picture->key = lct_nal_is_key(au, n);
    lct_nal_write_sample(au, n, picture->sample);
}

struct film *film_open(const char *path) {
    struct film *film = lct_new(sizeof *film);
    size_t n = 0, nal_n = 0;
    LCT_FREE uint8_t *bytes = read_all(path, &n);
    struct lct_nal_cursor cursor = {bytes, n, 0};
    const uint8_t *nal = NULL, *begin = NULL;
    while (lct_nal_next(&cursor, &nal, &nal_n)) {
        if (lct_nal_type_of(nal) == LCT_NAL_AUD) {
            if (begin) {
                add_picture(film, begin, (size_t)(nal - begin) - 4);
            } else {
                make_format(film, nal - 4, n - (size_t)(nal - 4 - bytes), path);
            }
            begin = nal - 4; /* a delimiter's start code has four bytes */
        }
    }
    insist(begin && film->count > 0 && film->pictures[0].key, path,
           "holds no pictures between delimiters");
    add_picture(film, begin, (size_t)(bytes + n - begin));
    return film;
}

lct_ns film_due(lct_ns start, uint64_t number) {
    return start + (lct_ns)(number * (uint64_t)LCT_SECOND / FILM_HZ);
}
