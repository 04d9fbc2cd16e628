// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/mp4_priv.h"

#include <string.h>

size_t lct_mp4_put_full_box(struct lct_writer *w, const char *type, uint32_t version,
                            uint32_t flags) {
    size_t start = lct_put_box(w, type);
    lct_put_u32(w, (version << 24) | flags);
    return start;
}

bool lct_mp4_is_picture(const struct lct_format *format) { return format->codec == LCT_CODEC_H264; }

void lct_mp4_put_ftyp(struct lct_writer *w, bool fragmented) {
    size_t box = lct_put_box(w, "ftyp");
    lct_put(w, fragmented ? "iso6" : "isom", 4);
    lct_put_u32(w, 0x200);
    lct_put(w, "iso6", 4);
    lct_put(w, "cmfc", 4);
    lct_put(w, "isom", 4);
    lct_put(w, "mp41", 4);
    lct_end_box(w, box);
}

static void put_matrix(struct lct_writer *w) {
    static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (size_t i = 0; i < 9; i++) {
        lct_put_u32(w, unity[i]);
    }
}

void lct_mp4_put_mvhd(struct lct_writer *w, uint64_t duration, uint32_t next_track) {
    size_t box = lct_mp4_put_full_box(w, "mvhd", 1, 0);
    lct_put_zeros(w, 16);
    lct_put_u32(w, LCT_MP4_MOVIE_TIMESCALE);
    lct_put_u64(w, duration);
    lct_put_u32(w, 0x10000);
    lct_put_u16(w, 0x100);
    lct_put_zeros(w, 10);
    put_matrix(w);
    lct_put_zeros(w, 24);
    lct_put_u32(w, next_track);
    lct_end_box(w, box);
}

void lct_mp4_put_tkhd(struct lct_writer *w, const struct lct_format *f, uint64_t duration) {
    size_t box = lct_mp4_put_full_box(w, "tkhd", 1, 3); /* enabled, in movie */
    lct_put_zeros(w, 16);
    lct_put_u32(w, f->track_id);
    lct_put_u32(w, 0);
    lct_put_u64(w, duration);
    lct_put_zeros(w, 8);
    lct_put_u16(w, 0);
    lct_put_u16(
        w, lct_mp4_is_picture(f) ? 0 : 1); /* alternate group: players show all pictures' tracks */
    lct_put_u16(w, lct_mp4_is_picture(f) ? 0 : 0x100);
    lct_put_u16(w, 0);
    put_matrix(w);
    lct_put_u32(w, (uint32_t)f->width << 16);
    lct_put_u32(w, (uint32_t)f->height << 16);
    lct_end_box(w, box);
}

void lct_mp4_put_mdhd(struct lct_writer *w, const struct lct_format *f, uint64_t duration) {
    size_t box = lct_mp4_put_full_box(w, "mdhd", 1, 0);
    lct_put_zeros(w, 16);
    lct_put_u32(w, f->timescale);
    lct_put_u64(w, duration);
    lct_put_u16(w, 0x55c4); /* und */
    lct_put_u16(w, 0);
    lct_end_box(w, box);
    box = lct_mp4_put_full_box(w, "hdlr", 0, 0);
    lct_put_u32(w, 0);
    lct_put(w, lct_mp4_is_picture(f) ? "vide" : "soun", 4);
    lct_put_zeros(w, 12);
    lct_put(w, f->track, strlen(f->track) + 1);
    lct_end_box(w, box);
}

void lct_mp4_put_media_head(struct lct_writer *w, const struct lct_format *f) {
    size_t box, dref, url;
    if (lct_mp4_is_picture(f)) {
        box = lct_mp4_put_full_box(w, "vmhd", 0, 1);
        lct_put_zeros(w, 8);
    } else {
        box = lct_mp4_put_full_box(w, "smhd", 0, 0);
        lct_put_zeros(w, 4);
    }
    lct_end_box(w, box);
    box = lct_put_box(w, "dinf");
    dref = lct_mp4_put_full_box(w, "dref", 0, 0);
    lct_put_u32(w, 1);
    url = lct_mp4_put_full_box(w, "url ", 0, 1); /* in this very file */
    lct_end_box(w, url);
    lct_end_box(w, dref);
    lct_end_box(w, box);
}

static void put_avc1(struct lct_writer *w, const struct lct_format *f) {
    size_t box = lct_put_box(w, "avc1");
    lct_put_zeros(w, 6);
    lct_put_u16(w, 1);
    lct_put_zeros(w, 16);
    lct_put_u16(w, (unsigned)f->width);
    lct_put_u16(w, (unsigned)f->height);
    lct_put_u32(w, 0x480000);
    lct_put_u32(w, 0x480000);
    lct_put_u32(w, 0);
    lct_put_u16(w, 1);
    lct_put_zeros(w, 32);
    lct_put_u16(w, 24);
    lct_put_u16(w, 0xffff);
    size_t config = lct_put_box(w, "avcC");
    lct_put(w, f->config, f->config_bytes);
    lct_end_box(w, config);
    lct_end_box(w, box);
}

/* ES_Descriptor around the AudioSpecificConfig (ISO 14496-1 sec. 7.2.6, 14496-14 sec. 5.6). */
static void put_esds(struct lct_writer *w, const struct lct_format *f) {
    size_t box;
    unsigned config = (unsigned)f->config_bytes;
    box = lct_mp4_put_full_box(w, "esds", 0, 0);
    lct_put_u8(w, 3);
    lct_put_u8(w, 3 + 2 + 13 + 2 + config + 3);
    lct_put_u16(w, 0);
    lct_put_u8(w, 0);
    lct_put_u8(w, 4);
    lct_put_u8(w, 13 + 2 + config);
    lct_put_u8(w, 0x40); /* MPEG-4 audio */
    lct_put_u8(w, 0x15); /* audio stream */
    lct_put_zeros(w, 11);
    lct_put_u8(w, 5);
    lct_put_u8(w, config);
    lct_put(w, f->config, f->config_bytes);
    lct_put_u8(w, 6);
    lct_put_u8(w, 1);
    lct_put_u8(w, 2);
    lct_end_box(w, box);
}

static void put_sound_entry(struct lct_writer *w, const struct lct_format *f) {
    bool aac = f->codec == LCT_CODEC_AAC;
    size_t box = lct_put_box(w, aac ? "mp4a" : "Opus");
    lct_put_zeros(w, 6);
    lct_put_u16(w, 1);
    lct_put_zeros(w, 8);
    lct_put_u16(w, (unsigned)f->channels);
    lct_put_u16(w, 16);
    lct_put_u32(w, 0);
    lct_put_u32(w, f->timescale << 16);
    if (aac) {
        put_esds(w, f);
    } else {
        size_t config = lct_put_box(w, "dOps");
        lct_put(w, f->config, f->config_bytes);
        lct_end_box(w, config);
    }
    lct_end_box(w, box);
}

void lct_mp4_put_stsd(struct lct_writer *w, const struct lct_format *f) {
    size_t box = lct_mp4_put_full_box(w, "stsd", 0, 0);
    lct_put_u32(w, 1);
    if (lct_mp4_is_picture(f)) {
        put_avc1(w, f);
    } else {
        put_sound_entry(w, f);
    }
    lct_end_box(w, box);
}
