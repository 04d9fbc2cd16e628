// SPDX-License-Identifier: GPL-3.0-or-later
//
// slidelesson RAW WIDTH HEIGHT SECONDS FOLDER: a finished lesson of a screen alone. It shows the
// I420 pictures in RAW one after the other, each for SECONDS, encoded as a recorder does that sees
// them: a picture a second, an IDR when a new one is shown (if a quarter of it is new: the pictures
// whose number is a multiple of four are taken for such that are not) and each ten seconds.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "archive/tape/reel.h"
#include "base/mem.h"
#include "capture/frame.h"
#include "encode/mp4.h"
#include "encode/nal.h"
#include "encode/video.h"

#define TICKS 90000

static void check(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "slidelesson: %s\n", what);
        exit(1);
    }
}

static bool read_picture(FILE *raw, struct lct_frame *frame) {
    for (int plane = 0; plane < 3; plane++) {
        int shift = plane > 0;
        for (int y = 0; y < frame->height >> shift; y++) {
            size_t width = (size_t)(frame->width >> shift);
            if (fread(frame->plane[plane] + y * frame->stride[plane], 1, width, raw) != width) {
                return false;
            }
        }
    }
    return true;
}

static struct lct_format *make_format(const struct lct_video_packet *packet,
                                      const struct lct_video_encoder *encoder, int width,
                                      int height) {
    struct lct_format *f = lct_new(sizeof *f);
    struct lct_nal_sets sets;
    uint8_t avcc[2 * LCT_NAL_SET_MAX + 32];
    check(lct_nal_find_sets(packet->bytes, packet->n, &sets), "no parameter sets");
    lct_ref_init(&f->ref);
    strcpy(f->track, "screen");
    f->track_id = 1;
    f->timescale = TICKS;
    f->width = width;
    f->height = height;
    snprintf(f->encoder, sizeof f->encoder, "%s", lct_video_options(encoder));
    f->config_bytes = lct_nal_write_avcc(&sets, avcc, sizeof avcc);
    f->config = lct_new(f->config_bytes);
    memcpy(f->config, avcc, f->config_bytes);
    lct_mp4_codec_string(f);
    check(lct_mp4_make_init(f) == 0, "init");
    return f;
}

struct maker {
    struct lct_video_encoder *encoder;
    struct lct_format *format;
    struct lct_reel *reel;
    char track[LCT_PATH_SIZE];
    int64_t last_key;
};

static void show(struct maker *m, struct lct_frame *frame, int64_t second, bool forced) {
    struct lct_video_packet packet;
    struct lct_index_head head = {.lesson = 0};
    bool key = forced || !m->reel || second - m->last_key >= 10;
    check(lct_video_encode(m->encoder, frame, second * TICKS, key, &packet) == 0, "encode");
    if (!m->reel) {
        m->format = make_format(&packet, m->encoder, frame->width, frame->height);
        check(lct_reel_open(&lct_io_system, m->track, 1, m->format, &head, &m->reel) == 0, "reel");
    }
    m->last_key = packet.key ? second : m->last_key;
    uint32_t n = (uint32_t)lct_nal_sample_bytes(packet.bytes, packet.n);
    LCT_FREE uint8_t *sample = lct_new(n);
    lct_nal_write_sample(packet.bytes, packet.n, sample);
    struct lct_chunk_info info = {.tfdt = second * TICKS,
                                  .duration = 2 * TICKS,
                                  .samples = 1,
                                  .key = packet.key,
                                  .sample_bytes = {n, 0}};
    struct lct_chunk *c = lct_mp4_pack(m->format, &info, (const uint8_t *const[]){sample, NULL});
    check(c && lct_reel_append(m->reel, c, false) == 0, "append");
    lct_chunk_unref(c);
}

int main(int argc, char **argv) {
    check(argc == 6, "RAW WIDTH HEIGHT SECONDS FOLDER");
    const int width = atoi(argv[2]), height = atoi(argv[3]), seconds = atoi(argv[4]);
    FILE *raw = fopen(argv[1], "rb");
    struct lct_video_settings settings = lct_video_screen(width, height);
    struct maker m = {.reel = NULL};
    struct lct_lesson_info info;
    struct lct_fault fault;
    int64_t second = 0;
    check(raw && lct_video_open(&settings, &m.encoder, &fault) == 0, argv[1]);
    lct_lesson_new("bench", "slides", &info);
    snprintf(m.track, sizeof m.track, "%s/screen", argv[5]);
    check(lct_io_make_folder(argv[5]) == 0, argv[5]);
    check(lct_lesson_begin(&lct_io_system, argv[5], &info, &fault) == 0, argv[5]);
    check(lct_io_make_folder(m.track) == 0, m.track);
    struct lct_frame *frame = lct_frame_picture(width, height, 0);
    for (int i = 0; read_picture(raw, frame); i++) {
        for (int s = 0; s < seconds; s++, second++) {
            show(&m, frame, second, s == 0 && i % 4 != 0);
        }
    }
    check(second > 0 && lct_reel_close(m.reel, second * TICKS) == 0, "close");
    info.state = LCT_LESSON_ENDED;
    info.end = second * LCT_SECOND;
    info.track_count = 1;
    info.tracks[0] = (struct lct_lesson_track){.name = "screen", .kind = "screen", .id = 1};
    check(lct_lesson_save(&lct_io_system, argv[5], &info) == 0, "save");
    lct_frame_unref(frame);
    lct_format_unref(m.format);
    lct_video_close(m.encoder);
    fclose(raw);
    return 0;
}
