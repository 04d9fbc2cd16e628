// SPDX-License-Identifier: GPL-3.0-or-later
//
// longlesson RAW WIDTH HEIGHT MINUTES FOLDER: a finished lesson of that length. Its camera shows
// the two seconds of I420 pictures in RAW again and again, encoded once as a recorder does; its
// sound is a chord. So a long lesson of real pictures is there in seconds.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "archive/tape/reel.h"
#include "base/mem.h"
#include "capture/frame.h"
#include "encode/mp4.h"
#include "encode/nal.h"
#include "encode/sound.h"
#include "encode/video.h"

#define FPS 30
#define GOP 60
#define STEP (90000 / FPS)
#define AAC 1024
#define LOOP 940 // frames of sound: 20 s

struct sample {
    uint8_t *bytes;
    uint32_t n;
};

static struct sample pictures[GOP], sounds[LOOP];

static void check(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "longlesson: %s\n", what);
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

static struct lct_format *encode_pictures(const char *path, int width, int height) {
    struct lct_video_settings settings = lct_video_camera(width, height, FPS);
    struct lct_video_encoder *encoder;
    struct lct_fault fault;
    struct lct_nal_sets sets;
    FILE *raw = fopen(path, "rb");
    check(raw && lct_video_open(&settings, &encoder, &fault) == 0, path);
    struct lct_format *f = lct_new(sizeof *f);
    for (int i = 0; i < GOP; i++) {
        struct lct_frame *frame = lct_frame_picture(width, height, 0);
        struct lct_video_packet packet;
        check(read_picture(raw, frame), "RAW has less than two seconds");
        check(lct_video_encode(encoder, frame, i * STEP, i == 0, &packet) == 0, "encode");
        check(i > 0 || lct_nal_find_sets(packet.bytes, packet.n, &sets), "no parameter sets");
        pictures[i].n = (uint32_t)lct_nal_sample_bytes(packet.bytes, packet.n);
        pictures[i].bytes = lct_new(pictures[i].n);
        lct_nal_write_sample(packet.bytes, packet.n, pictures[i].bytes);
        lct_frame_unref(frame);
    }
    fclose(raw);
    uint8_t avcc[2 * LCT_NAL_SET_MAX + 32];
    lct_ref_init(&f->ref);
    strcpy(f->track, "camera");
    f->track_id = 1;
    f->timescale = 90000;
    f->width = width;
    f->height = height;
    snprintf(f->encoder, sizeof f->encoder, "%s", lct_video_options(encoder));
    f->config_bytes = lct_nal_write_avcc(&sets, avcc, sizeof avcc);
    f->config = lct_new(f->config_bytes);
    memcpy(f->config, avcc, f->config_bytes);
    lct_mp4_codec_string(f);
    check(lct_mp4_make_init(f) == 0, "init");
    lct_video_close(encoder);
    return f;
}

static struct lct_format *encode_sounds(void) {
    struct lct_sound_encoder *encoder;
    struct lct_fault fault;
    float sound[2 * AAC];
    int got = -1; // the priming
    check(lct_sound_open(LCT_CODEC_AAC, 128000, &encoder, &fault) == 0, "sound");
    for (int64_t frame = 0; got < LOOP; frame++) {
        struct lct_sound_packet packet;
        for (int i = 0; i < AAC; i++) {
            double t = (double)(frame * AAC + i) / 48000;
            double chord =
                sin(2 * M_PI * 220 * t) + sin(2 * M_PI * 277 * t) + sin(2 * M_PI * 330 * t);
            sound[2 * i] = sound[2 * i + 1] = (float)(0.1 * chord);
        }
        if (lct_sound_encode(encoder, sound, &packet) == 1 && got++ >= 0) {
            sounds[got - 1] = (struct sample){lct_new(packet.n), (uint32_t)packet.n};
            memcpy(sounds[got - 1].bytes, packet.bytes, packet.n);
        }
    }
    struct lct_format *f = lct_sound_format(encoder, "sound", 2);
    lct_sound_close(encoder);
    return f;
}

static void write_track(const char *folder, struct lct_format *f, lct_ns length) {
    const bool camera = f->codec == LCT_CODEC_H264;
    const uint32_t step = camera ? STEP : 2 * AAC;
    struct lct_index_head head = {.lesson = 0};
    struct lct_reel *reel = NULL;
    char path[LCT_PATH_SIZE];
    uint32_t number = 0;
    int64_t end = lct_ns_to_ticks(length, f->timescale), begin = 0, tick = 0;
    snprintf(path, sizeof path, "%s/%s", folder, f->track);
    check(lct_io_make_folder(path) == 0, path);
    for (int64_t i = 0; tick < end; i++, tick += step) {
        const struct sample *a = camera ? &pictures[i % GOP] : &sounds[2 * i % LOOP];
        const struct sample *b = camera ? a : &sounds[(2 * i + 1) % LOOP];
        struct lct_chunk_info info = {.tfdt = tick,
                                      .duration = camera ? 2 * step : step,
                                      .samples = camera ? 1 : 2,
                                      .key = !camera || i % GOP == 0,
                                      .sample_bytes = {a->n, camera ? 0 : b->n}};
        if (!camera) { /* a waveform: loud and less loud by turns of 20 s */
            int8_t loud = (int8_t)(20 + 60 * ((i / LOOP) % 2));
            memcpy(info.peaks, (int8_t[]){(int8_t)-loud, loud, (int8_t)-loud, loud}, 4);
        }
        if (info.key && (!reel || tick - begin >= 600 * (int64_t)f->timescale)) {
            check(!reel || lct_reel_close(reel, tick) == 0, "close");
            check(lct_reel_open(&lct_io_system, path, ++number, f, &head, &reel) == 0, path);
            begin = tick;
        }
        struct lct_chunk *c = lct_mp4_pack(f, &info, (const uint8_t *const[]){a->bytes, b->bytes});
        check(c && lct_reel_append(reel, c, false) == 0, path);
        lct_chunk_unref(c);
    }
    check(lct_reel_close(reel, end) == 0, "close");
}

int main(int argc, char **argv) {
    check(argc == 6, "RAW WIDTH HEIGHT MINUTES FOLDER");
    struct lct_format *camera = encode_pictures(argv[1], atoi(argv[2]), atoi(argv[3]));
    struct lct_format *sound = encode_sounds();
    struct lct_lesson_info info;
    struct lct_fault fault;
    lct_lesson_new("bench", "long", &info);
    info.state = LCT_LESSON_ENDED;
    info.end = atoi(argv[4]) * 60 * LCT_SECOND;
    info.track_count = 2;
    info.tracks[0] = (struct lct_lesson_track){.name = "camera", .kind = "camera", .id = 1};
    info.tracks[1] = (struct lct_lesson_track){.name = "sound", .kind = "sound", .id = 2};
    check(lct_lesson_begin(&lct_io_system, argv[5], &info, &fault) == 0, argv[5]);
    write_track(argv[5], camera, info.end);
    write_track(argv[5], sound, info.end);
    lct_format_unref(camera);
    lct_format_unref(sound);
    return 0;
}
