// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lesson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/nal.h"
#include "encode/video.h"
#include "tests/support/format.h"

#define WIDTH 64
#define HEIGHT 48
#define STEP 9000 /* ticks: ten pictures a second */

static void insist(bool ok, const char *what) {
    if (!ok) {
        (void)fprintf(stderr, "test lesson: %s\n", what);
        abort();
    }
}

static struct lct_frame *draw(int number) {
    struct lct_frame *f = lct_frame_picture(WIDTH, HEIGHT, 0);
    for (int plane = 0; plane < 3; plane++) {
        int rows = plane ? HEIGHT / 2 : HEIGHT;
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < f->stride[plane]; x++) {
                int value = (x * 5 + y * 3 + number * 11 * (plane + 1)) % 200 + 20;
                f->plane[plane][y * f->stride[plane] + x] = (uint8_t)value;
            }
        }
    }
    return f;
}

static struct lct_format *format_of(const struct lct_video_packet *packet) {
    struct lct_nal_sets sets;
    uint8_t avcc[2 * LCT_NAL_SET_MAX + 32];
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    (void)snprintf(f->track, sizeof f->track, "camera");
    f->track_id = 1;
    f->codec = LCT_CODEC_H264;
    f->timescale = 90000;
    f->width = WIDTH;
    f->height = HEIGHT;
    insist(lct_nal_find_sets(packet->bytes, packet->n, &sets), "no parameter sets");
    f->config_bytes = lct_nal_write_avcc(&sets, avcc, sizeof avcc);
    f->config = lct_new(f->config_bytes);
    memcpy(f->config, avcc, f->config_bytes);
    lct_mp4_codec_string(f);
    insist(lct_mp4_make_init(f) == 0, "no init");
    return f;
}

static struct lct_chunk *picture_chunk(struct lct_test_lesson *l, struct lct_video_encoder *encoder,
                                       int number) {
    struct lct_video_packet packet;
    struct lct_frame *picture = draw(number);
    bool key = number % LCT_TEST_PICTURES_A_KEY == 0;
    insist(lct_video_encode(encoder, picture, (int64_t)number * STEP, key, &packet) == 0, "encode");
    lct_frame_unref(picture);
    l->picture = l->picture ? l->picture : format_of(&packet);
    uint32_t n = (uint32_t)lct_nal_sample_bytes(packet.bytes, packet.n);
    uint8_t *sample = lct_new(n);
    lct_nal_write_sample(packet.bytes, packet.n, sample);
    const struct lct_chunk_info info = {.tfdt = (int64_t)number * STEP,
                                        .duration = 2 * STEP,
                                        .samples = 1,
                                        .key = packet.key,
                                        .sample_bytes = {n}};
    struct lct_chunk *chunk = lct_mp4_pack(l->picture, &info, (const uint8_t *const[]){sample});
    free(sample);
    return chunk;
}

static struct lct_chunk *sound_chunk(struct lct_test_lesson *l, int number) {
    uint8_t frames[2][200];
    unsigned state = (unsigned)number * 7919 + 1;
    for (size_t i = 0; i < sizeof frames; i++) {
        state = state * 1103515245 + 12345;
        frames[i / 200][i % 200] = (uint8_t)(1 + (state >> 16) % 255);
    }
    const struct lct_chunk_info info = {.tfdt = (int64_t)number * 2048,
                                        .duration = 2048,
                                        .samples = 2,
                                        .key = true,
                                        .sample_bytes = {200, 200}};
    return lct_mp4_pack(l->sound, &info, (const uint8_t *const[]){frames[0], frames[1]});
}

static int by_time(const void *a, const void *b) {
    const struct lct_chunk *x = *(struct lct_chunk *const *)a, *y = *(struct lct_chunk *const *)b;
    return x->time < y->time ? -1 : x->time > y->time;
}

struct lct_test_lesson *lct_test_lesson(lct_ns length) {
    struct lct_test_lesson *l = lct_new(sizeof *l);
    struct lct_video_settings settings = lct_video_camera(WIDTH, HEIGHT, 10);
    struct lct_video_encoder *encoder = NULL;
    struct lct_fault fault;
    int pictures = (int)(lct_ns_to_ticks(length, 90000) / STEP);
    int sounds = (int)(lct_ns_to_ticks(length, 48000) / 2048);
    insist(lct_video_open(&settings, &encoder, &fault) == 0, "encoder");
    l->sound = lct_test_sound_format();
    l->chunks = lct_new((size_t)(pictures + sounds) * sizeof *l->chunks);
    for (int i = 0; i < pictures; i++) {
        l->chunks[l->count++] = picture_chunk(l, encoder, i);
    }
    for (int i = 0; i < sounds; i++) {
        l->chunks[l->count++] = sound_chunk(l, i);
    }
    lct_video_close(encoder);
    qsort(l->chunks, l->count, sizeof *l->chunks, by_time);
    return l;
}

void lct_test_lesson_free(struct lct_test_lesson *lesson) {
    for (size_t i = 0; i < lesson->count; i++) {
        lct_chunk_unref(lesson->chunks[i]);
    }
    lct_format_unref(lesson->picture);
    lct_format_unref(lesson->sound);
    free(lesson->chunks);
    free(lesson);
}

void lct_test_lesson_begin(const char *folder, struct lct_lesson_info *ret_info) {
    lct_lesson_new("main", "Test", ret_info);
    ret_info->track_count = 2;
    ret_info->tracks[0] =
        (struct lct_lesson_track){"camera", "camera", 1, "test", WIDTH, HEIGHT, 0};
    ret_info->tracks[1] = (struct lct_lesson_track){"sound", "sound", 2, "test", 0, 0, 0};
    insist(lct_lesson_save(&lct_io_system, folder, ret_info) == 0, "lesson.json");
}

struct lct_reel *lct_test_lesson_reel(const char *folder, const struct lct_test_lesson *lesson,
                                      struct lct_format *track) {
    static const struct lct_index_head clocks = {.wall = 1};
    struct lct_reel *reel = NULL;
    LCT_FREE char *path = lct_format("%s/%s", folder, track->track);
    insist(lct_io_make_folder(path) == 0, "no folder");
    insist(lct_reel_open(&lct_io_system, path, 1, track, &clocks, &reel) == 0, "not opened");
    for (size_t i = 0; i < lesson->count; i++) {
        if (lesson->chunks[i]->format == track) {
            insist(lct_reel_append(reel, lesson->chunks[i], false) == 0, "not appended");
        }
    }
    return reel;
}
