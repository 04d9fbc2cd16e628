// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/hls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define VERSION 6 /* EXT-X-MAP wants it */

const uint8_t lct_hls_nothing[8] = {0, 0, 0, 8, 'f', 'r', 'e', 'e'};

/* ---- text that grows ---- */

static FILE *begin(char **ret_text, size_t *ret_n) {
    FILE *out = open_memstream(ret_text, ret_n);
    if (!out) {
        abort(); /* no memory for a few bytes; base/mem.h */
    }
    (void)fprintf(out, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-INDEPENDENT-SEGMENTS\n", VERSION);
    return out;
}

/* ---- the segments of a track ---- */

/* Rounded to seconds, as a target duration is compared. */
static int64_t seconds(lct_ns span) { return (span + LCT_SECOND / 2) / LCT_SECOND; }

/*
 * A playlist may not change its target, so it is what the encoder's key frames lead to; only a
 * camera whose own encoder gives them less often moves it.
 */
static int64_t target_of(const struct lct_hls_track *track) {
    int64_t target =
        seconds(track->kind == LCT_HLS_SCREEN ? LCT_HLS_SCREEN_MOST : LCT_SEGMENT_MOST);
    const struct lct_segments *all = &track->tape->segments;
    for (size_t i = 0; i < all->count; i++) {
        int64_t length = seconds(all->list[i].until - all->list[i].time);
        target = length > target ? length : target;
    }
    return target;
}

/* Each end is rounded and not each length, so that no error adds up. */
static void write_length(FILE *out, lct_ns from, lct_ns until) {
    int64_t us = until / LCT_US - from / LCT_US;
    (void)fprintf(out, "#EXTINF:%" PRId64 ".%06" PRId64 ",\n", us / 1000000, us % 1000000);
}

static void write_hole(FILE *out, const struct lct_segment *before,
                       const struct lct_segment *after) {
    uint32_t pieces = lct_segment_hole(before, after);
    lct_ns hole = after->time - before->until;
    for (uint32_t i = 0; i < pieces; i++) {
        lct_ns from = before->until + hole / pieces * i;
        lct_ns until = i + 1 < pieces ? before->until + hole / pieces * (i + 1) : after->time;
        (void)fputs("#EXT-X-GAP\n", out);
        write_length(out, from, until);
        (void)fprintf(out, "%" PRIu32 ".m4s\n", before->number + 1 + i);
    }
}

static void write_segment(FILE *out, const struct lct_hls_track *track, size_t i) {
    const struct lct_follow *tape = track->tape;
    const struct lct_segment *segment = &tape->segments.list[i];
    const struct lct_segment *before = i > 0 ? segment - 1 : NULL;
    const struct lct_follow_reel *reels = tape->reels;
    const struct lct_follow_reel *init = &reels[reels[segment->reel].init_of];
    bool hole = before && lct_segment_hole(before, segment) > 0;
    if (hole) {
        write_hole(out, before, segment);
    }
    if (!before || init != &reels[reels[before->reel].init_of]) {
        (void)fprintf(out, "#EXT-X-MAP:URI=\"init-%" PRIu32 ".mp4\"\n", init->number);
    }
    if (!before || hole || before->reel != segment->reel) {
        char wall[32];
        lct_wall_format(track->zero + segment->time, wall, sizeof wall);
        (void)fprintf(out, "#EXT-X-PROGRAM-DATE-TIME:%s\n", wall);
    }
    write_length(out, segment->time, segment->until);
    (void)fprintf(out, "%" PRIu32 ".m4s\n", segment->number);
}

char *lct_hls_segments(const struct lct_hls_track *track) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = begin(&text, &n);
    (void)fprintf(out,
                  "#EXT-X-TARGETDURATION:%" PRId64 "\n#EXT-X-MEDIA-SEQUENCE:0\n"
                  "#EXT-X-PLAYLIST-TYPE:%s\n",
                  target_of(track), track->ended ? "VOD" : "EVENT");
    for (size_t i = 0; i < track->tape->segments.count; i++) {
        write_segment(out, track, i);
    }
    if (track->ended) {
        (void)fputs("#EXT-X-ENDLIST\n", out);
    }
    (void)fclose(out);
    return text;
}

/* ---- what a player opens ---- */

struct rates {
    uint64_t peak_bps, mean_bps;
    double fps;
};

/* Bounded: an index that is nonsense may say anything. */
static uint64_t bps(uint64_t bytes, lct_ns span) {
    double rate = span > 0 ? (double)bytes * 8 * (double)LCT_SECOND / (double)span : 0;
    return rate < 1e12 ? (uint64_t)rate : UINT64_C(1000000000000);
}

/*
 * The peak is that of runs of segments of at least half the target's length (RFC 8216 sec.
 * 4.3.4.2): a reel's short last segment does not count by itself.
 */
static struct rates measure(const struct lct_hls_track *track) {
    const struct lct_segments *all = &track->tape->segments;
    lct_ns least = target_of(track) * LCT_SECOND / 2, shown = 0;
    uint64_t sum = 0;
    struct rates rates = {.peak_bps = 0};
    for (size_t i = 0; i < all->count; i++) {
        lct_ns span = 0;
        uint64_t bytes = 0, rows = 0;
        for (size_t k = i; k < all->count && span < least; k++) {
            bytes += all->list[k].bytes;
            rows += all->list[k].rows;
            span += all->list[k].until - all->list[k].time;
        }
        if (span >= least || i == 0) {
            double fps = (double)rows * (double)LCT_SECOND / (double)span;
            rates.peak_bps = bps(bytes, span) > rates.peak_bps ? bps(bytes, span) : rates.peak_bps;
            rates.fps = fps > rates.fps ? fps : rates.fps;
        }
        sum += all->list[i].bytes;
        shown += all->list[i].until - all->list[i].time;
    }
    rates.mean_bps = bps(sum, shown);
    return rates;
}

/* Every codec string of the track's reels once. */
static void write_codecs(FILE *out, const struct lct_follow *tape, const char *comma) {
    for (size_t i = 0; i < tape->reel_count; i++) {
        bool fresh = tape->reels[i].format != NULL;
        for (size_t k = 0; fresh && k < i; k++) {
            const struct lct_format *other = tape->reels[k].format;
            fresh = !other || strcmp(other->codec_string, tape->reels[i].format->codec_string) != 0;
        }
        if (fresh) {
            (void)fprintf(out, "%s%s", comma, tape->reels[i].format->codec_string);
            comma = ",";
        }
    }
}

static void write_sound(FILE *out, const char *lesson, const struct lct_hls_track *sound,
                        bool heard) {
    const struct lct_follow *tape = sound->tape;
    (void)fprintf(out,
                  "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"%s\",DEFAULT=%s,"
                  "AUTOSELECT=%s,CHANNELS=\"%d\",URI=\"%s/%s/index.m3u8\"\n",
                  sound->name, heard ? "YES" : "NO", heard ? "YES" : "NO",
                  tape->reels[tape->segments.list[0].reel].format->channels, lesson, sound->name);
}

static void write_size(FILE *out, const struct lct_follow *tape, double fps) {
    int width = 0, height = 0;
    for (size_t i = 0; i < tape->reel_count; i++) {
        const struct lct_format *format = tape->reels[i].format;
        if (format && format->width > width) {
            width = format->width;
            height = format->height;
        }
    }
    (void)fprintf(out, ",RESOLUTION=%dx%d,FRAME-RATE=%.3f", width, height, fps);
}

char *lct_hls_main(const char *lesson, const struct lct_hls_track *picture,
                   const struct lct_hls_track *sounds, size_t n_sounds) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = begin(&text, &n);
    struct rates rates = {.peak_bps = 0}, heard = {.peak_bps = 0};
    for (size_t i = 0; i < n_sounds; i++) {
        struct rates one = measure(&sounds[i]);
        heard = one.peak_bps > heard.peak_bps ? one : heard;
        if (picture) {
            write_sound(out, lesson, &sounds[i], i == 0);
        }
    }
    if (picture) {
        rates = measure(picture);
    }
    (void)fprintf(out,
                  "#EXT-X-STREAM-INF:BANDWIDTH=%" PRIu64 ",AVERAGE-BANDWIDTH=%" PRIu64 ",CODECS=\"",
                  rates.peak_bps + heard.peak_bps, rates.mean_bps + heard.mean_bps);
    if (picture) {
        write_codecs(out, picture->tape, "");
    }
    if (n_sounds > 0) {
        write_codecs(out, sounds[0].tape, picture ? "," : "");
    }
    (void)fputs("\"", out);
    if (picture) {
        write_size(out, picture->tape, rates.fps);
    }
    (void)fprintf(out, "%s\n%s/%s/index.m3u8\n", picture && n_sounds > 0 ? ",AUDIO=\"sound\"" : "",
                  lesson, picture ? picture->name : sounds[0].name);
    (void)fclose(out);
    return text;
}

/* ---- addresses ---- */

/* A number as we write it, and what stands behind it. */
static bool parse_number(const char *text, const char *end, uint32_t *ret_number) {
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9 || (digits > 1 && *text == '0') ||
        strcmp(text + digits, end) != 0) {
        return false;
    }
    *ret_number = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

bool lct_hls_parse(const char *name, struct lct_hls_wanted *ret_wanted) {
    struct lct_hls_wanted wanted = {.what = LCT_HLS_SEGMENTS};
    bool right = strcmp(name, "index.m3u8") == 0;
    if (!right && strncmp(name, "init-", 5) == 0) {
        wanted.what = LCT_HLS_INIT;
        right = parse_number(name + 5, ".mp4", &wanted.number);
    } else if (!right) {
        wanted.what = LCT_HLS_SEGMENT;
        right = parse_number(name, ".m4s", &wanted.number);
    }
    if (right) {
        *ret_wanted = wanted;
    }
    return right;
}

bool lct_hls_is_hole(const struct lct_follow *tape, uint32_t number) {
    const struct lct_segments *all = &tape->segments;
    return all->count > 0 && number < all->list[all->count - 1].number &&
           !lct_segments_number(all, number);
}
