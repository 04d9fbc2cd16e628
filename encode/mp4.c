// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/mp4.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "encode/mp4_priv.h"

/* Sixteen parameter sets of the largest kind, and the boxes around them. */
#define INIT_BYTES_MAX 20480U

#define TFHD_DEFAULT_BASE_IS_MOOF 0x020000U
#define TRUN_DATA_OFFSET 0x000001U
#define TRUN_FIRST_FLAGS 0x000004U
#define TRUN_DURATION 0x000100U
#define TRUN_SIZE 0x000200U
#define SAMPLE_SYNC 0x02000000U     /* sample_depends_on 2: nothing */
#define SAMPLE_NOT_SYNC 0x01010000U /* depends on others, is not a sync sample */

static void put_empty_tables(struct lct_writer *w) {
    static const char *const names[] = {"stts", "stsc", "stco"};
    size_t box;
    for (size_t i = 0; i < 3; i++) {
        box = lct_mp4_put_full_box(w, names[i], 0, 0);
        lct_put_u32(w, 0);
        lct_end_box(w, box);
    }
    box = lct_mp4_put_full_box(w, "stsz", 0, 0);
    lct_put_zeros(w, 8);
    lct_end_box(w, box);
}

static void put_mvex(struct lct_writer *w, const struct lct_format *f) {
    size_t box = lct_put_box(w, "mvex");
    size_t trex;
    trex = lct_mp4_put_full_box(w, "trex", 0, 0);
    lct_put_u32(w, f->track_id);
    lct_put_u32(w, 1);
    lct_put_u32(w, f->codec == LCT_CODEC_AAC ? 1024 : 0);
    lct_put_u32(w, 0);
    lct_put_u32(w, lct_mp4_is_picture(f) ? SAMPLE_NOT_SYNC : SAMPLE_SYNC);
    lct_end_box(w, trex);
    lct_end_box(w, box);
}

/* The encoder's option string with its check sum, as QuickTime's text of the writing software: what
 * a cut encodes anew is encoded as the rest was. */
static void put_encoder(struct lct_writer *w, const struct lct_format *f) {
    char text[sizeof f->encoder + 16];
    if (!f->encoder[0]) {
        return;
    }
    (void)snprintf(text, sizeof text, "%s #%08x", f->encoder,
                   lct_crc32c(0, f->encoder, strlen(f->encoder)));
    size_t udta = lct_put_box(w, "udta");
    size_t box = lct_put_box(w, "\xa9too");
    lct_put_u16(w, (unsigned)strlen(text));
    lct_put_u16(w, 0x55c4); /* und */
    lct_put(w, text, strlen(text));
    lct_end_box(w, box);
    lct_end_box(w, udta);
}

static void put_init(struct lct_writer *w, const struct lct_format *f) {
    lct_mp4_put_ftyp(w, true);
    size_t moov = lct_put_box(w, "moov");
    lct_mp4_put_mvhd(w, 0, f->track_id + 1);
    size_t trak = lct_put_box(w, "trak");
    lct_mp4_put_tkhd(w, f, 0);
    size_t mdia = lct_put_box(w, "mdia");
    lct_mp4_put_mdhd(w, f, 0);
    size_t minf = lct_put_box(w, "minf");
    lct_mp4_put_media_head(w, f);
    size_t stbl = lct_put_box(w, "stbl");
    lct_mp4_put_stsd(w, f);
    put_empty_tables(w);
    lct_end_box(w, stbl);
    lct_end_box(w, minf);
    lct_end_box(w, mdia);
    lct_end_box(w, trak);
    put_mvex(w, f);
    put_encoder(w, f);
    lct_end_box(w, moov);
}

int lct_mp4_make_init(struct lct_format *format) {
    uint8_t bytes[INIT_BYTES_MAX];
    bool esds_fits = format->codec != LCT_CODEC_AAC || format->config_bytes < 64;
    if (format->config_bytes == 0 || !esds_fits) {
        return -EINVAL;
    }
    struct lct_writer w = lct_writer(bytes, sizeof bytes);
    put_init(&w, format);
    if (w.failed) {
        return -EINVAL;
    }
    free(format->init);
    format->init = lct_new(w.at);
    memcpy(format->init, bytes, w.at);
    format->init_bytes = w.at;
    return 0;
}

void lct_mp4_codec_string(struct lct_format *f) {
    if (f->codec == LCT_CODEC_H264 && f->config_bytes >= 4) {
        (void)snprintf(f->codec_string, sizeof f->codec_string, "avc1.%02X%02X%02X", f->config[1],
                       f->config[2], f->config[3]);
    } else {
        (void)snprintf(f->codec_string, sizeof f->codec_string, "%s",
                       f->codec == LCT_CODEC_AAC ? "mp4a.40.2" : "opus");
    }
}

/* ---- a chunk ---- */

static void put_traf(struct lct_writer *w, const struct lct_format *f,
                     const struct lct_chunk_info *info, uint32_t data_offset) {
    size_t box;
    bool picture = lct_mp4_is_picture(f);
    uint32_t flags = TRUN_DATA_OFFSET | TRUN_SIZE;
    if (f->codec != LCT_CODEC_AAC) {
        flags |= TRUN_DURATION;
    }
    if (picture && info->key) {
        flags |= TRUN_FIRST_FLAGS;
    }
    box = lct_mp4_put_full_box(w, "tfhd", 0, TFHD_DEFAULT_BASE_IS_MOOF);
    lct_put_u32(w, f->track_id);
    lct_end_box(w, box);
    box = lct_mp4_put_full_box(w, "tfdt", 1, 0);
    lct_put_u64(w, (uint64_t)info->tfdt);
    lct_end_box(w, box);
    box = lct_mp4_put_full_box(w, "trun", 0, flags);
    lct_put_u32(w, info->samples);
    lct_put_u32(w, data_offset);
    if (flags & TRUN_FIRST_FLAGS) {
        lct_put_u32(w, SAMPLE_SYNC);
    }
    for (unsigned i = 0; i < info->samples; i++) {
        if (flags & TRUN_DURATION) {
            lct_put_u32(w, info->duration / info->samples);
        }
        lct_put_u32(w, info->sample_bytes[i]);
    }
    lct_end_box(w, box);
}

static void put_head(struct lct_writer *w, const struct lct_format *f,
                     const struct lct_chunk_info *info, size_t head, size_t payload) {
    size_t moof = lct_put_box(w, "moof");
    size_t box = lct_mp4_put_full_box(w, "mfhd", 0, 0);
    lct_put_u32(w, 1); /* the order is tfdt's; a running number would make equal chunks differ */
    lct_end_box(w, box);
    size_t traf = lct_put_box(w, "traf");
    put_traf(w, f, info, (uint32_t)head);
    lct_end_box(w, traf);
    lct_end_box(w, moof);
    lct_put_u32(w, (uint32_t)(8 + payload));
    lct_put(w, "mdat", 4);
}

/* moof 8, mfhd 16, traf 8, tfhd 16, tfdt 20, trun 20 and its entries, mdat 8. */
#define BEFORE_ENTRIES (8 + 16 + 8 + 16 + 20 + 20)

size_t lct_mp4_head_bytes(enum lct_codec codec, unsigned samples, bool key) {
    size_t entry = codec == LCT_CODEC_AAC ? 4 : 8;
    size_t first_flags = codec == LCT_CODEC_H264 && key ? 4 : 0;
    return BEFORE_ENTRIES + first_flags + entry * samples + 8;
}

size_t lct_mp4_duration_at(bool key) { return BEFORE_ENTRIES + (key ? 4 : 0); }

struct lct_chunk *lct_mp4_pack(struct lct_format *format, const struct lct_chunk_info *info,
                               const uint8_t *const payload[]) {
    if (info->samples < 1 || info->samples > LCT_CHUNK_SAMPLES_MAX || info->duration == 0) {
        return NULL;
    }
    size_t total = 0;
    for (unsigned i = 0; i < info->samples; i++) {
        total += info->sample_bytes[i];
    }
    size_t head = lct_mp4_head_bytes(format->codec, info->samples, info->key);
    struct lct_chunk *chunk = lct_chunk_create(format, head + total);
    if (!chunk) {
        return NULL;
    }
    struct lct_writer w = lct_writer(chunk->bytes, chunk->n);
    put_head(&w, format, info, head, total);
    for (unsigned i = 0; i < info->samples; i++) {
        lct_put(&w, payload[i], info->sample_bytes[i]);
    }
    chunk->info = *info;
    chunk->payload_at = head;
    chunk->time = lct_ticks_to_ns(info->tfdt, format->timescale);
    return chunk;
}

void lct_mp4_reel_head(uint8_t out[LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES]) {
    struct lct_writer w = lct_writer(out, LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES);
    lct_mp4_put_ftyp(&w, true);
    size_t box = lct_put_box(&w, "free");
    lct_put_zeros(&w, LCT_MP4_FREE_BYTES - 8);
    lct_end_box(&w, box);
}

void lct_mp4_reel_flip(uint8_t out[LCT_MP4_FREE_BYTES], uint64_t end) {
    struct lct_writer w = lct_writer(out, LCT_MP4_FREE_BYTES);
    lct_put_u32(&w, 1);
    lct_put(&w, "mdat", 4);
    lct_put_u64(&w, end - LCT_MP4_FTYP_BYTES);
}

/* ---- reading ---- */

static bool box_head(struct lct_reader *r, const char *type, struct lct_reader *ret_inside) {
    uint32_t size = lct_get_u32(r);
    const uint8_t *name = lct_get(r, 4);
    if (!name || size < 8 || memcmp(name, type, 4) != 0) {
        return false;
    }
    const uint8_t *inside = lct_get(r, size - 8);
    if (!inside) {
        return false;
    }
    *ret_inside = lct_reader(inside, size - 8);
    return true;
}

/* Steps over other boxes until one of this type. */
static bool find_box(struct lct_reader *r, const char *type, struct lct_reader *ret_inside) {
    while (lct_left(r) >= 8) {
        uint32_t size = lct_get_u32(r);
        const uint8_t *name = lct_get(r, 4);
        const uint8_t *inside = size >= 8 ? lct_get(r, size - 8) : NULL;
        if (!inside) {
            return false;
        }
        if (memcmp(name, type, 4) == 0) {
            *ret_inside = lct_reader(inside, size - 8);
            return true;
        }
    }
    return false;
}

static bool read_trun(struct lct_reader *r, struct lct_mp4_chunk *c) {
    uint32_t flags = lct_get_u32(r) & 0xffffffU;
    uint32_t samples = lct_get_u32(r);
    uint32_t data_offset = flags & TRUN_DATA_OFFSET ? lct_get_u32(r) : 0;
    if (samples < 1 || samples > LCT_CHUNK_SAMPLES_MAX || !(flags & TRUN_SIZE)) {
        return false;
    }
    c->info.samples = (uint8_t)samples;
    c->payload_at = data_offset;
    bool picture = true;
    c->info.key = false;
    if (flags & TRUN_FIRST_FLAGS) {
        c->info.key = lct_get_u32(r) == SAMPLE_SYNC;
    }
    if (!(flags & TRUN_DURATION)) { /* AAC: 1024 a frame, by trex */
        picture = false;
        c->info.duration = 1024 * samples;
    }
    for (uint32_t i = 0; i < samples; i++) {
        c->info.duration += picture ? lct_get_u32(r) : 0;
        c->info.sample_bytes[i] = lct_get_u32(r);
    }
    c->info.key = c->info.key || !picture;
    return !r->failed;
}

static bool read_moof(struct lct_reader *moof, struct lct_mp4_chunk *c) {
    struct lct_reader traf, box;
    if (!box_head(moof, "mfhd", &box) || !box_head(moof, "traf", &traf)) {
        return false;
    }
    if (!box_head(&traf, "tfhd", &box)) {
        return false;
    }
    (void)lct_get_u32(&box); /* version and flags */
    c->track_id = lct_get_u32(&box);
    if (box.failed || !box_head(&traf, "tfdt", &box) || lct_get_u32(&box) != 1U << 24) {
        return false;
    }
    c->info.tfdt = (int64_t)lct_get_u64(&box);
    if (box.failed || c->info.tfdt < 0 || !box_head(&traf, "trun", &box)) {
        return false;
    }
    return read_trun(&box, c);
}

int lct_mp4_parse_chunk(const uint8_t *bytes, size_t n, struct lct_mp4_chunk *ret_chunk) {
    struct lct_mp4_chunk c = {.n = 0};
    struct lct_reader r = lct_reader(bytes, n);
    uint32_t moof_bytes = lct_get_u32(&r);
    const uint8_t *name = lct_get(&r, 4);
    if (!name) {
        return -ENODATA;
    }
    if (memcmp(name, "moof", 4) != 0 || moof_bytes < 92 || moof_bytes > 256) {
        return -EBADMSG;
    }
    const uint8_t *inside = lct_get(&r, moof_bytes - 8);
    uint32_t mdat_bytes = lct_get_u32(&r);
    name = lct_get(&r, 4);
    if (!name) {
        return -ENODATA;
    }
    struct lct_reader moof = lct_reader(inside, moof_bytes - 8);
    if (memcmp(name, "mdat", 4) != 0 || mdat_bytes < 8 || mdat_bytes > LCT_CHUNK_BYTES_MAX ||
        !read_moof(&moof, &c)) {
        return -EBADMSG;
    }
    uint64_t payload = 0;
    for (unsigned i = 0; i < c.info.samples; i++) {
        payload += c.info.sample_bytes[i];
    }
    if (payload + 8 != mdat_bytes || c.payload_at != moof_bytes + 8 || c.info.duration == 0) {
        return -EBADMSG;
    }
    c.n = (size_t)moof_bytes + mdat_bytes;
    if (c.n > n) {
        return -ENODATA;
    }
    *ret_chunk = c;
    return 0;
}

size_t lct_mp4_chunk_bytes(const uint8_t *bytes, size_t n) {
    struct lct_reader r = lct_reader(bytes, n);
    uint32_t moof_bytes = lct_get_u32(&r);
    const uint8_t *moof = lct_get(&r, 4);
    if (!moof || memcmp(moof, "moof", 4) != 0 || moof_bytes < 8 || moof_bytes > n ||
        !lct_get(&r, moof_bytes - 8)) {
        return 0;
    }
    uint32_t mdat_bytes = lct_get_u32(&r);
    const uint8_t *mdat = lct_get(&r, 4);
    bool right = mdat && memcmp(mdat, "mdat", 4) == 0 && mdat_bytes <= LCT_CHUNK_BYTES_MAX;
    return right ? (size_t)moof_bytes + mdat_bytes : 0;
}

static bool keep_config(struct lct_format *f, const uint8_t *bytes, size_t n) {
    if (!bytes || n == 0 || n > 2 * LCT_CHUNK_BYTES_MAX) {
        return false;
    }
    f->config = lct_new(n);
    memcpy(f->config, bytes, n);
    f->config_bytes = n;
    return true;
}

static bool read_avc1(struct lct_reader *entry, struct lct_format *f) {
    struct lct_reader config;
    (void)lct_get(entry, 24);
    f->codec = LCT_CODEC_H264;
    f->width = lct_get_u16(entry);
    f->height = lct_get_u16(entry);
    (void)lct_get(entry, 50);
    return !entry->failed && box_head(entry, "avcC", &config) && config.size >= 7 &&
           keep_config(f, config.bytes, config.size);
}

static bool read_sound_entry(struct lct_reader *entry, struct lct_format *f) {
    struct lct_reader config;
    (void)lct_get(entry, 16);
    f->channels = lct_get_u16(entry);
    (void)lct_get(entry, 10);
    if (entry->failed) {
        return false;
    }
    if (f->codec == LCT_CODEC_OPUS) {
        return box_head(entry, "dOps", &config) && keep_config(f, config.bytes, config.size);
    }
    if (!box_head(entry, "esds", &config)) {
        return false;
    }
    (void)lct_get(&config,
                  4 + 5 + 15 + 1); /* up to DecoderSpecificInfo's length, as put_esds writes */
    uint8_t n = lct_get_u8(&config);
    return keep_config(f, lct_get(&config, n), n);
}

static bool read_stsd(struct lct_reader *stbl, struct lct_format *f) {
    struct lct_reader stsd, entry;
    if (!find_box(stbl, "stsd", &stsd) || !lct_get(&stsd, 8) || lct_left(&stsd) < 8) {
        return false;
    }
    const uint8_t *type = stsd.bytes + stsd.at + 4;
    if (memcmp(type, "avc1", 4) == 0) {
        return box_head(&stsd, "avc1", &entry) && read_avc1(&entry, f);
    }
    f->codec = memcmp(type, "Opus", 4) == 0 ? LCT_CODEC_OPUS : LCT_CODEC_AAC;
    return box_head(&stsd, f->codec == LCT_CODEC_AAC ? "mp4a" : "Opus", &entry) &&
           read_sound_entry(&entry, f);
}

/* Absent in inits of pass-through tracks; one whose check sum is wrong counts for nothing. */
static void read_encoder(struct lct_reader moov, struct lct_format *f) {
    struct lct_reader udta, text;
    if (!find_box(&moov, "udta", &udta) || !find_box(&udta, "\xa9too", &text)) {
        return;
    }
    size_t n = lct_get_u16(&text);
    (void)lct_get_u16(&text);
    const char *bytes = (const char *)lct_get(&text, n);
    char sum[16];
    if (!bytes || n < 10 || n - 10 >= sizeof f->encoder) {
        return;
    }
    (void)snprintf(sum, sizeof sum, " #%08x", lct_crc32c(0, bytes, n - 10));
    if (memcmp(bytes + n - 10, sum, 10) == 0) {
        memcpy(f->encoder, bytes, n - 10);
    }
}

static bool read_init(struct lct_reader *r, struct lct_format *f) {
    struct lct_reader moov, trak, tkhd, mdia, mdhd, minf, stbl;
    if (!find_box(r, "moov", &moov)) {
        return false;
    }
    read_encoder(moov, f);
    if (!find_box(&moov, "trak", &trak) || !find_box(&trak, "tkhd", &tkhd) ||
        !find_box(&trak, "mdia", &mdia) || !find_box(&mdia, "mdhd", &mdhd) ||
        !find_box(&mdia, "minf", &minf) || !find_box(&minf, "stbl", &stbl)) {
        return false;
    }
    (void)lct_get(&tkhd, 20);
    f->track_id = lct_get_u32(&tkhd);
    (void)lct_get(&mdhd, 20);
    f->timescale = lct_get_u32(&mdhd);
    return !tkhd.failed && !mdhd.failed && f->timescale >= LCT_TIMESCALE_MIN && f->track_id > 0 &&
           read_stsd(&stbl, f);
}

int lct_mp4_parse_init(const uint8_t *bytes, size_t n, struct lct_format **ret_format) {
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    struct lct_reader r = lct_reader(bytes, n);
    if (!read_init(&r, f)) {
        lct_format_unref(f);
        return -EBADMSG;
    }
    lct_mp4_codec_string(f);
    f->init = lct_new(n);
    memcpy(f->init, bytes, n);
    f->init_bytes = n;
    *ret_format = f;
    return 0;
}

int lct_mp4_parse_reel_init(const uint8_t *bytes, size_t n, struct lct_format **ret_format) {
    const size_t before = LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES;
    if (n < before + 8) {
        return -EBADMSG;
    }
    struct lct_reader r = lct_reader(bytes + before, n - before);
    uint32_t moov_bytes = lct_get_u32(&r);
    if (moov_bytes < 8 || moov_bytes > n - before) {
        return -EBADMSG;
    }
    LCT_FREE uint8_t *init = lct_new(LCT_MP4_FTYP_BYTES + moov_bytes);
    memcpy(init, bytes, LCT_MP4_FTYP_BYTES);
    memcpy(init + LCT_MP4_FTYP_BYTES, bytes + before, moov_bytes);
    return lct_mp4_parse_init(init, LCT_MP4_FTYP_BYTES + moov_bytes, ret_format);
}
