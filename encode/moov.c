// SPDX-License-Identifier: GPL-3.0-or-later
/* The moov of a whole movie: sample tables (ISO 14496-12 sec. 8.6 and 8.7). */
#include <stdlib.h>

#include "encode/mp4.h"
#include "encode/mp4_priv.h"

static bool begins_run(const struct lct_mp4_track *t, size_t i) {
    return i == 0 || t->samples[i].apart;
}

static uint64_t total_ticks(const struct lct_mp4_track *t) {
    uint64_t sum = 0;
    for (size_t i = 0; i < t->count; i++) {
        sum += t->samples[i].duration;
    }
    return sum;
}

static uint64_t movie_duration(const struct lct_mp4_track *t) {
    return total_ticks(t) * LCT_MP4_MOVIE_TIMESCALE / t->format->timescale;
}

/* Tables count their own entries: the number is written when they are. */
static size_t begin_table(struct lct_writer *w, const char *type, size_t *ret_count_at) {
    size_t box = lct_mp4_put_full_box(w, type, 0, 0);
    *ret_count_at = w->at;
    lct_put_u32(w, 0);
    return box;
}

static void end_table(struct lct_writer *w, size_t box, size_t count_at, size_t count) {
    if (!w->failed) {
        struct lct_writer number = lct_writer(w->bytes + count_at, 4);
        lct_put_u32(&number, (uint32_t)count);
    }
    lct_end_box(w, box);
}

static void put_stts(struct lct_writer *w, const struct lct_mp4_track *t) {
    size_t at, entries = 0;
    size_t box = begin_table(w, "stts", &at);
    for (size_t i = 0; i < t->count; entries++) {
        size_t first = i;
        while (i < t->count && t->samples[i].duration == t->samples[first].duration) {
            i++;
        }
        lct_put_u32(w, (uint32_t)(i - first));
        lct_put_u32(w, t->samples[first].duration);
    }
    end_table(w, box, at, entries);
}

static void put_stss(struct lct_writer *w, const struct lct_mp4_track *t) {
    size_t at, entries = 0;
    size_t box = begin_table(w, "stss", &at);
    for (size_t i = 0; i < t->count; i++) {
        if (t->samples[i].key) {
            lct_put_u32(w, (uint32_t)(i + 1));
            entries++;
        }
    }
    end_table(w, box, at, entries);
}

static void put_stsc(struct lct_writer *w, const struct lct_mp4_track *t) {
    size_t at, entries = 0, run = 0, last = 0;
    size_t box = begin_table(w, "stsc", &at);
    for (size_t i = 0; i < t->count;) {
        size_t first = i++;
        while (i < t->count && !begins_run(t, i)) {
            i++;
        }
        run++;
        if (i - first != last) {
            last = i - first;
            lct_put_u32(w, (uint32_t)run);
            lct_put_u32(w, (uint32_t)last);
            lct_put_u32(w, 1);
            entries++;
        }
    }
    end_table(w, box, at, entries);
}

static void put_stsz(struct lct_writer *w, const struct lct_mp4_track *t) {
    size_t box = lct_mp4_put_full_box(w, "stsz", 0, 0);
    lct_put_u32(w, 0);
    lct_put_u32(w, (uint32_t)t->count);
    for (size_t i = 0; i < t->count; i++) {
        lct_put_u32(w, t->samples[i].bytes);
    }
    lct_end_box(w, box);
}

static void put_offsets(struct lct_writer *w, const struct lct_mp4_track *t, uint64_t shift,
                        bool wide) {
    size_t at, entries = 0;
    size_t box = begin_table(w, wide ? "co64" : "stco", &at);
    for (size_t i = 0; i < t->count; i++) {
        if (begins_run(t, i)) {
            lct_put_be(w, t->samples[i].offset + shift, wide ? 8 : 4);
            entries++;
        }
    }
    end_table(w, box, at, entries);
}

static void put_trak(struct lct_writer *w, const struct lct_mp4_track *t, uint64_t shift,
                     bool wide) {
    size_t trak = lct_put_box(w, "trak");
    lct_mp4_put_tkhd(w, t->format, movie_duration(t));
    size_t mdia = lct_put_box(w, "mdia");
    lct_mp4_put_mdhd(w, t->format, total_ticks(t));
    size_t minf = lct_put_box(w, "minf");
    lct_mp4_put_media_head(w, t->format);
    size_t stbl = lct_put_box(w, "stbl");
    lct_mp4_put_stsd(w, t->format);
    put_stts(w, t);
    if (lct_mp4_is_picture(t->format)) {
        put_stss(w, t);
    }
    put_stsc(w, t);
    put_stsz(w, t);
    put_offsets(w, t, shift, wide);
    lct_end_box(w, stbl);
    lct_end_box(w, minf);
    lct_end_box(w, mdia);
    lct_end_box(w, trak);
}

/* Room no moov of these tracks can exceed: 4 + 8 + 4 + 12 + 8 bytes of tables a sample, heads
 * apart. */
static size_t most_bytes(const struct lct_mp4_track *tracks, size_t count) {
    size_t bytes = 1024;
    for (size_t i = 0; i < count; i++) {
        bytes += 2048 + tracks[i].format->config_bytes + 36 * tracks[i].count;
    }
    return bytes;
}

static bool needs_wide(const struct lct_mp4_track *tracks, size_t count, uint64_t shift) {
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < tracks[i].count; k++) {
            if (tracks[i].samples[k].offset + shift > UINT32_MAX) {
                return true;
            }
        }
    }
    return false;
}

uint8_t *lct_mp4_make_moov(const struct lct_mp4_track *tracks, size_t count, uint64_t shift,
                           size_t *ret_n) {
    size_t most = most_bytes(tracks, count);
    uint8_t *bytes = malloc(most);
    if (!bytes) {
        return NULL;
    }
    bool wide = needs_wide(tracks, count, shift);
    uint64_t longest = 0;
    uint32_t next_track = 1;
    for (size_t i = 0; i < count; i++) {
        uint64_t duration = movie_duration(&tracks[i]);
        longest = duration > longest ? duration : longest;
        uint32_t id = tracks[i].format->track_id;
        next_track = id >= next_track ? id + 1 : next_track;
    }
    struct lct_writer w = lct_writer(bytes, most);
    size_t moov = lct_put_box(&w, "moov");
    lct_mp4_put_mvhd(&w, longest, next_track);
    for (size_t i = 0; i < count; i++) {
        put_trak(&w, &tracks[i], shift, wide);
    }
    lct_end_box(&w, moov);
    if (w.failed) {
        free(bytes);
        return NULL;
    }
    *ret_n = w.at;
    return bytes;
}
