// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/link.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"

enum { FLAG_KEY = 1, FLAG_GAP = 2 };
enum { FLAG_CUT = 1, FLAG_WHOLE = 2 };

/* Most bytes of payload a type may have; 0 for a type there is not. */
static size_t limit_of(unsigned type) {
    switch (type) {
    case LCT_LINK_HELLO:
    case LCT_LINK_COMMAND:
    case LCT_LINK_REPLY:
    case LCT_LINK_STATUS:
    case LCT_LINK_REFUSED:
    case LCT_LINK_COPY:
        return LCT_LINK_JSON_MAX;
    case LCT_LINK_FORMAT:
        return LCT_LINK_FORMAT_MAX;
    case LCT_LINK_CHUNK:
        return LCT_LINK_CHUNK_HEAD_SIZE + LCT_CHUNK_BYTES_MAX;
    case LCT_LINK_PART:
        return LCT_LINK_PART_MAX;
    default:
        return 0;
    }
}

void lct_link_put_head(uint8_t out[LCT_LINK_HEAD_SIZE], enum lct_link_type type, size_t n) {
    assert(n > 0 && n <= limit_of(type));
    struct lct_writer w = lct_writer(out, LCT_LINK_HEAD_SIZE);
    lct_put_u32(&w, (uint32_t)n + 4);
    lct_put_u8(&w, type);
    lct_put_zeros(&w, 3);
}

int lct_link_get_head(const uint8_t in[LCT_LINK_HEAD_SIZE], enum lct_link_type *ret_type,
                      size_t *ret_n) {
    struct lct_reader r = lct_reader(in, LCT_LINK_HEAD_SIZE);
    uint32_t length = lct_get_u32(&r);
    unsigned type = lct_get_u8(&r);
    uint64_t zeros = lct_get_be(&r, 3);
    size_t least = type == LCT_LINK_CHUNK ? LCT_LINK_CHUNK_HEAD_SIZE + 1 : 1;
    if (zeros != 0 || length > LCT_LINK_MESSAGE_MAX || length < 4 + least ||
        length - 4 > limit_of(type)) {
        return -EBADMSG;
    }
    *ret_type = (enum lct_link_type)type;
    *ret_n = length - 4;
    return 0;
}

/* A text or bytes with their length before them. */
static void put_counted(struct lct_writer *w, const void *bytes, size_t n) {
    lct_put_u32(w, (uint32_t)n);
    lct_put(w, bytes, n);
}

int lct_link_pack_format(const struct lct_format *format, uint8_t **ret_bytes, size_t *ret_n) {
    size_t size = 64 + strlen(format->track) + strlen(format->codec_string) +
                  strlen(format->encoder) + format->init_bytes + format->config_bytes;
    if (size > LCT_LINK_FORMAT_MAX) {
        return -EMSGSIZE;
    }
    uint8_t *bytes = lct_new(size);
    struct lct_writer w = lct_writer(bytes, size);
    lct_put_u32(&w, format->track_id);
    lct_put_u32(&w, (uint32_t)format->codec);
    lct_put_u32(&w, format->timescale);
    lct_put_u32(&w, (uint32_t)format->width);
    lct_put_u32(&w, (uint32_t)format->height);
    lct_put_u32(&w, (uint32_t)format->channels);
    put_counted(&w, format->track, strlen(format->track));
    put_counted(&w, format->codec_string, strlen(format->codec_string));
    put_counted(&w, format->encoder, strlen(format->encoder));
    put_counted(&w, format->init, format->init_bytes);
    put_counted(&w, format->config, format->config_bytes);
    assert(!w.failed);
    *ret_bytes = bytes;
    *ret_n = w.at;
    return 0;
}

/* Copies a counted text of less than size bytes into out; a text that would have to be tamed is
 * none of ours. */
static void get_text(struct lct_reader *r, char *out, size_t size) {
    size_t n = lct_get_u32(r);
    const uint8_t *text = n < size ? lct_get(r, n) : NULL;
    if (!text) {
        r->failed = true;
        return;
    }
    memcpy(out, text, n);
    out[n] = '\0';
    lct_text_tame(out);
    r->failed = strlen(out) != n || memcmp(out, text, n) != 0;
}

static uint8_t *get_bytes(struct lct_reader *r, size_t *ret_n) {
    size_t n = lct_get_u32(r);
    const uint8_t *bytes = lct_get(r, n);
    uint8_t *copy = bytes ? malloc(n ? n : 1) : NULL;
    if (!copy) {
        r->failed = true;
        return NULL;
    }
    memcpy(copy, bytes, n);
    *ret_n = n;
    return copy;
}

static int get_size(struct lct_reader *r) {
    uint32_t size = lct_get_u32(r);
    if (size > 65535) {
        r->failed = true;
        return 0;
    }
    return (int)size;
}

/* A track's name becomes part of file names and addresses: "camera", "screen-2". */
static bool is_track_name(const char *name) {
    return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

int lct_link_unpack_format(const uint8_t *bytes, size_t n, struct lct_format **ret_format) {
    struct lct_format *format = lct_new(sizeof *format);
    struct lct_reader r = lct_reader(bytes, n);
    lct_ref_init(&format->ref);
    format->track_id = lct_get_u32(&r);
    uint32_t codec = lct_get_u32(&r);
    format->timescale = lct_get_u32(&r);
    format->width = get_size(&r);
    format->height = get_size(&r);
    format->channels = get_size(&r);
    get_text(&r, format->track, sizeof format->track);
    get_text(&r, format->codec_string, sizeof format->codec_string);
    get_text(&r, format->encoder, sizeof format->encoder);
    format->init = get_bytes(&r, &format->init_bytes);
    format->config = get_bytes(&r, &format->config_bytes);
    format->codec = codec <= LCT_CODEC_OPUS ? (enum lct_codec)codec : LCT_CODEC_H264;
    if (r.failed || lct_left(&r) > 0 || codec > LCT_CODEC_OPUS || format->track_id == 0 ||
        format->timescale == 0 || !is_track_name(format->track)) {
        lct_format_unref(format);
        return -EBADMSG;
    }
    *ret_format = format;
    return 0;
}

void lct_link_put_chunk_head(const struct lct_chunk *chunk, uint8_t out[LCT_LINK_CHUNK_HEAD_SIZE]) {
    const struct lct_chunk_info *info = &chunk->info;
    struct lct_writer w = lct_writer(out, LCT_LINK_CHUNK_HEAD_SIZE);
    lct_put_u32(&w, chunk->format->track_id);
    lct_put_u64(&w, (uint64_t)info->tfdt);
    lct_put_u32(&w, info->duration);
    lct_put_u8(&w, info->samples);
    lct_put_u8(&w, (info->key ? FLAG_KEY : 0U) | (info->gap_before ? FLAG_GAP : 0U));
    lct_put_u16(&w, 0);
    lct_put_u32(&w, info->sample_bytes[0]);
    lct_put_u32(&w, info->sample_bytes[1]);
    lct_put(&w, info->peaks, sizeof info->peaks);
    lct_put_u32(&w, (uint32_t)chunk->payload_at);
    lct_put_u64(&w, (uint64_t)chunk->time);
    lct_put_u64(&w, (uint64_t)chunk->published);
    lct_put_u64(&w, (uint64_t)chunk->captured);
    assert(!w.failed && w.at <= LCT_LINK_CHUNK_HEAD_SIZE);
    lct_put_zeros(&w, LCT_LINK_CHUNK_HEAD_SIZE - w.at);
}

uint32_t lct_link_chunk_track(const uint8_t in[LCT_LINK_CHUNK_HEAD_SIZE]) {
    struct lct_reader r = lct_reader(in, LCT_LINK_CHUNK_HEAD_SIZE);
    return lct_get_u32(&r);
}

/* True when the samples lie one behind the other within n bytes. */
static bool samples_fit(const struct lct_chunk_info *info, size_t payload_at, size_t n) {
    uint64_t end = payload_at;
    if (info->samples < 1 || info->samples > LCT_CHUNK_SAMPLES_MAX) {
        return false;
    }
    for (size_t i = 0; i < info->samples; i++) {
        end += info->sample_bytes[i];
    }
    return end <= n;
}

/* Times are added to and taken from each other later: 36 years are enough, and never overflow. */
static bool is_time(int64_t time) {
    const int64_t most = INT64_C(1) << 60;
    return time >= -most && time <= most;
}

int lct_link_get_chunk_head(const uint8_t in[LCT_LINK_CHUNK_HEAD_SIZE], size_t n,
                            struct lct_format *format, struct lct_chunk **ret_chunk) {
    struct lct_reader r = lct_reader(in, LCT_LINK_CHUNK_HEAD_SIZE);
    struct lct_chunk_info info = {.tfdt = 0};
    uint32_t track = lct_get_u32(&r);
    info.tfdt = (int64_t)lct_get_u64(&r);
    info.duration = lct_get_u32(&r);
    info.samples = lct_get_u8(&r);
    unsigned flags = lct_get_u8(&r);
    unsigned zero = lct_get_u16(&r);
    info.sample_bytes[0] = lct_get_u32(&r);
    info.sample_bytes[1] = lct_get_u32(&r);
    for (size_t i = 0; i < sizeof info.peaks; i++) {
        info.peaks[i] = (int8_t)lct_get_u8(&r);
    }
    size_t payload_at = lct_get_u32(&r);
    lct_ns time = (lct_ns)lct_get_u64(&r);
    lct_ns published = (lct_ns)lct_get_u64(&r);
    lct_ns captured = (lct_ns)lct_get_u64(&r);
    zero |= lct_get_u32(&r);
    info.key = (flags & FLAG_KEY) != 0;
    info.gap_before = (flags & FLAG_GAP) != 0;
    if (track != format->track_id || flags > (FLAG_KEY | FLAG_GAP) || zero != 0 || n < 1 ||
        n > LCT_CHUNK_BYTES_MAX || !is_time(info.tfdt) || !is_time(time) || !is_time(published) ||
        !is_time(captured) || !samples_fit(&info, payload_at, n)) {
        return -EBADMSG;
    }
    struct lct_chunk *chunk = lct_chunk_create(format, n);
    if (!chunk) {
        return -ENOMEM;
    }
    chunk->info = info;
    chunk->payload_at = payload_at;
    chunk->time = time;
    chunk->published = published;
    chunk->captured = captured;
    *ret_chunk = chunk;
    return 0;
}

size_t lct_link_pack_part(const struct lct_link_part *part, uint8_t out[LCT_LINK_PART_MAX]) {
    struct lct_writer w = lct_writer(out, LCT_LINK_PART_MAX);
    lct_put_u64(&w, part->offset);
    lct_put_u32(&w, (part->cut ? FLAG_CUT : 0U) | (part->whole ? FLAG_WHOLE : 0U));
    put_counted(&w, part->lesson, strlen(part->lesson));
    put_counted(&w, part->name, strlen(part->name));
    lct_put(&w, part->bytes, part->n);
    assert(!w.failed);
    return w.at;
}

int lct_link_unpack_part(const uint8_t *bytes, size_t n, struct lct_link_part *ret_part) {
    struct lct_reader r = lct_reader(bytes, n);
    struct lct_link_part part = {.offset = lct_get_u64(&r)};
    uint32_t flags = lct_get_u32(&r);
    get_text(&r, part.lesson, sizeof part.lesson);
    get_text(&r, part.name, sizeof part.name);
    part.cut = (flags & FLAG_CUT) != 0;
    part.whole = (flags & FLAG_WHOLE) != 0;
    part.n = lct_left(&r);
    part.bytes = lct_get(&r, part.n);
    if (r.failed || flags > (FLAG_CUT | FLAG_WHOLE) || part.offset > UINT64_C(1) << 62 ||
        part.n > LCT_LINK_PART_BYTES) {
        return -EBADMSG;
    }
    *ret_part = part;
    return 0;
}
