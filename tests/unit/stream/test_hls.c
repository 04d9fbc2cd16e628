// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "encode/mp4.h"
#include "stream/hls.h"
#include "tests/support/format.h"
#include "tests/support/reel.h"

#define ZERO (INT64_C(1772352000) * LCT_SECOND) /* 2026-03-01T08:00:00Z */

static char folder[64];
static struct lct_format *picture, *sound;
static struct lct_follow *camera, *mic;

static void make(void) {
    char path[128];
    strcpy(folder, "/tmp/lectern-hls-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    picture = lct_test_picture_format();
    sound = lct_test_sound_format();
    (void)snprintf(path, sizeof path, "%s/camera", folder);
    camera = lct_follow_create(path);
    (void)snprintf(path, sizeof path, "%s/sound", folder);
    mic = lct_follow_create(path);
}

static void clean(void) {
    char command[128];
    lct_follow_destroy(camera);
    lct_follow_destroy(mic);
    lct_format_unref(picture);
    lct_format_unref(sound);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(hls, .init = make, .fini = clean);

/* Pictures from ms on, 25 a second, a key each two. */
static void film(uint32_t number, struct lct_format *format, int64_t ms, size_t count, bool gap) {
    struct lct_test_run run = {.format = format,
                               .number = number,
                               .tick = ms * 90,
                               .step = 3600,
                               .count = count,
                               .keys = 50,
                               .gap = gap};
    lct_test_reel(folder, run);
}

static struct lct_hls_track track_of(struct lct_follow *tape, bool ended) {
    cr_assert_eq(lct_follow_update(tape, ended, 0), 0);
    return (struct lct_hls_track){.name = tape == mic ? "sound" : "camera",
                                  .kind = tape == mic ? LCT_HLS_SOUND : LCT_HLS_CAMERA,
                                  .tape = tape,
                                  .zero = ZERO,
                                  .ended = ended};
}

/* A playlist as a careful player reads it. */
struct read {
    int target, number, segments, holes, maps, dates;
    double total;         /* seconds listed */
    double first;         /* lesson time of the first segment, by its date */
    double longest_drift; /* between dates and lengths */
    bool event, vod, ended;
    char last_map[40];
};

static double date_of(const char *text) {
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    cr_assert_not_null(rest, "%s is no date", text);
    cr_assert(strchr(rest, 'Z'), "%s has no time zone", text);
    return (double)(timegm(&parts) - ZERO / LCT_SECOND) + strtod(rest, NULL);
}

static void read_length(struct read *r, const char *text) {
    char *end;
    double length = strtod(text, &end);
    cr_assert(length > 0 && strcmp(end, ",") == 0, "EXTINF:%s", text);
    cr_assert_leq(lround(length), r->target, "%s s is longer than the target", text);
    r->total += length;
}

static void read_date(struct read *r, const char *text) {
    double date = date_of(text);
    if (r->dates++ == 0) {
        r->first = date;
    }
    double drift = fabs(date - r->first - r->total);
    r->longest_drift = drift > r->longest_drift ? drift : r->longest_drift;
}

static void read_tag(struct read *r, const char *line, bool *gap, bool *length) {
    if (sscanf(line, "#EXT-X-TARGETDURATION:%d", &r->target) == 1) {
        cr_assert_eq(r->segments, 0);
    } else if (strcmp(line, "#EXT-X-PLAYLIST-TYPE:EVENT") == 0) {
        r->event = true;
    } else if (strcmp(line, "#EXT-X-PLAYLIST-TYPE:VOD") == 0) {
        r->vod = true;
    } else if (strcmp(line, "#EXT-X-ENDLIST") == 0) {
        r->ended = true;
    } else if (strcmp(line, "#EXT-X-GAP") == 0) {
        *gap = true;
    } else if (strncmp(line, "#EXT-X-MAP:URI=", 15) == 0) {
        cr_assert(!*length);
        r->maps++;
        (void)snprintf(r->last_map, sizeof r->last_map, "%s", line + 15);
    } else if (strncmp(line, "#EXT-X-PROGRAM-DATE-TIME:", 25) == 0) {
        cr_assert(!*length);
        read_date(r, line + 25);
    } else if (strncmp(line, "#EXTINF:", 8) == 0) {
        cr_assert(!*length);
        *length = true;
        read_length(r, line + 8);
    } else {
        cr_assert(strcmp(line, "#EXTM3U") == 0 || strcmp(line, "#EXT-X-VERSION:6") == 0 ||
                      strcmp(line, "#EXT-X-INDEPENDENT-SEGMENTS") == 0 ||
                      strcmp(line, "#EXT-X-MEDIA-SEQUENCE:0") == 0,
                  "what is %s?", line);
    }
}

/* What RFC 8216 and Apple's authoring rules ask of a playlist. */
static struct read read_playlist(const struct lct_hls_track *track) {
    struct read r = {.target = 0};
    LCT_FREE char *text = lct_hls_segments(track);
    char *rest = NULL;
    bool gap = false, length = false;
    cr_assert_eq(strncmp(text, "#EXTM3U\n", 8), 0);
    cr_assert_eq(text[strlen(text) - 1], '\n');
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char expected[32];
        cr_assert(!r.ended, "%s behind the end", line);
        if (*line == '#') {
            read_tag(&r, line, &gap, &length);
            continue;
        }
        (void)snprintf(expected, sizeof expected, "%d.m4s", r.number++);
        cr_assert_str_eq(line, expected);
        cr_assert(length && r.maps > 0 && r.dates > 0 && r.target > 0, "before %s", line);
        r.segments += !gap;
        r.holes += gap;
        gap = length = false;
    }
    cr_assert_eq(r.event, !track->ended);
    cr_assert_eq(r.vod, track->ended);
    cr_assert_eq(r.ended, track->ended);
    cr_assert_lt(r.longest_drift, 0.0011, "dates and lengths are %f s apart", r.longest_drift);
    return r;
}

Test(hls, grows_and_ends) {
    film(1, picture, 30, 250, false);
    struct lct_hls_track track = track_of(camera, false);
    struct read now = read_playlist(&track);
    cr_assert_eq(now.segments, 2);
    cr_assert_eq(now.target, 5);
    cr_assert_float_eq(now.total, 8.0, 1e-9);
    cr_assert_float_eq(now.first, 0.030, 1e-6);
    LCT_FREE char *early = lct_hls_segments(&track);
    film(2, picture, 10030, 250, false);
    track = track_of(camera, false);
    LCT_FREE char *late = lct_hls_segments(&track);
    cr_assert_eq(strncmp(late, early, strlen(early)), 0, "what was told stays");
    track = track_of(camera, true);
    now = read_playlist(&track);
    cr_assert_eq(now.segments, 6);
    cr_assert_float_eq(now.total, 20.04, 0.04);
    cr_assert_eq(now.maps, 1, "the second reel has the same init");
    cr_assert_eq(now.dates, 2);
}

/* 1024 of 48000 does not divide into microseconds: errors may not add up. */
Test(hls, an_hour_of_sound_is_an_hour) {
    struct lct_test_run run = {
        .format = sound, .number = 1, .step = 2048, .count = 3600 * 48000 / 2048};
    lct_test_reel(folder, run);
    struct lct_hls_track track = track_of(mic, true);
    struct read now = read_playlist(&track);
    cr_assert_float_eq(now.total, 3600 - 3600 * 48000 % 2048 / 48000.0, 1e-5, "%f", now.total);
}

Test(hls, another_format_has_its_own_init) {
    struct lct_format *other = lct_test_picture_format();
    other->width = 960;
    cr_assert_eq(lct_mp4_make_init(other), 0);
    film(1, picture, 0, 100, false);
    film(2, other, 4000, 100, false);
    film(3, picture, 8000, 100, false);
    lct_format_unref(other);
    struct lct_hls_track track = track_of(camera, true);
    struct read now = read_playlist(&track);
    cr_assert_eq(now.maps, 3);
    cr_assert_str_eq(now.last_map, "\"init-1.mp4\"");
}

Test(hls, a_hole_keeps_the_time) {
    film(1, picture, 0, 100, false);
    film(2, picture, 60000, 100, true);
    struct lct_hls_track track = track_of(camera, true);
    struct read now = read_playlist(&track);
    cr_assert_eq(now.segments, 2);
    cr_assert_eq(now.holes, 12);
    cr_assert_eq(now.target, 5);
    cr_assert_float_eq(now.total, 64.04, 1e-5);
    cr_assert(lct_hls_is_hole(camera, 1) && lct_hls_is_hole(camera, 12));
    cr_assert(!lct_hls_is_hole(camera, 0) && !lct_hls_is_hole(camera, 13) &&
              !lct_hls_is_hole(camera, 14));
}

Test(hls, the_target_of_a_screen_is_known_before_its_long_segments) {
    film(1, picture, 0, 110, false);
    struct lct_hls_track track = track_of(camera, false);
    track.kind = LCT_HLS_SCREEN;
    cr_assert_eq(read_playlist(&track).target, 11);
}

Test(hls, what_a_player_opens) {
    film(1, picture, 0, 250, false);
    struct lct_test_run run = {.format = sound, .number = 1, .step = 2048, .count = 234};
    lct_test_reel(folder, run);
    struct lct_hls_track tracks[2] = {track_of(camera, true), track_of(mic, true)};
    LCT_FREE char *text = lct_hls_main("LESSON", &tracks[0], &tracks[1], 1);
    uint64_t bytes = camera->segments.list[0].bytes;
    cr_assert_not_null(strstr(text, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"sound\","
                                    "DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\","
                                    "URI=\"LESSON/sound/index.m3u8\"\n"));
    cr_assert_not_null(strstr(text, "CODECS=\"avc1.42C01E,mp4a.40.2\",RESOLUTION=640x360,"
                                    "FRAME-RATE=25.000,AUDIO=\"sound\"\n"
                                    "LESSON/camera/index.m3u8\n"),
                       "%s", text);
    uint64_t peak = strtoull(strstr(text, "BANDWIDTH=") + 10, NULL, 10);
    uint64_t heard = mic->segments.list[0].bytes * 8 / 4;
    cr_assert_float_eq((double)peak, (double)(bytes * 8 / 4 + heard), 0.1 * (double)peak);
    LCT_FREE char *only = lct_hls_main("LESSON", NULL, &tracks[1], 1);
    cr_assert_not_null(strstr(only, "CODECS=\"mp4a.40.2\"\nLESSON/sound/index.m3u8\n"), "%s", only);
    cr_assert_null(strstr(only, "EXT-X-MEDIA"));
    LCT_FREE char *mute = lct_hls_main("LESSON", &tracks[0], NULL, 0);
    cr_assert_null(strstr(mute, "mp4a"));
}

/* A reel's short last segment is not taken for a rate. */
Test(hls, the_peak_is_that_of_seconds) {
    film(1, picture, 0, 101, false);
    film(2, picture, 4040, 250, false);
    struct lct_hls_track track = track_of(camera, true);
    LCT_FREE char *text = lct_hls_main("LESSON", &track, NULL, 0);
    double peak = strtod(strstr(text, ":BANDWIDTH=") + 11, NULL);
    double mean = strtod(strstr(text, "AVERAGE-BANDWIDTH=") + 18, NULL);
    cr_assert(peak < 1.2 * mean, "%s", text);
}

Test(hls, addresses) {
    struct lct_hls_wanted wanted;
    cr_assert(lct_hls_parse("index.m3u8", &wanted) && wanted.what == LCT_HLS_SEGMENTS);
    cr_assert(lct_hls_parse("init-12.mp4", &wanted) && wanted.what == LCT_HLS_INIT &&
              wanted.number == 12);
    cr_assert(lct_hls_parse("0.m4s", &wanted) && wanted.what == LCT_HLS_SEGMENT &&
              wanted.number == 0);
    cr_assert(lct_hls_parse("999999999.m4s", &wanted) && wanted.number == 999999999);
    static const char *const wrong[] = {"",          "index.m3u",  "00.m4s",     "01.m4s",
                                        "-1.m4s",    "1.m4s ",     "1.mp4",      ".m4s",
                                        "init-.mp4", "init-a.mp4", "init-1.m4s", "+1.m4s",
                                        " 1.m4s",    "1e3.m4s",    "0x1.m4s",    "9999999999.m4s"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert(!lct_hls_parse(wrong[i], &wanted), "%s", wrong[i]);
    }
}
