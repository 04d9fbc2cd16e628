// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/cut/movie_file.h"
#include "archive/lesson/lesson.h"
#include "archive/library/clip.h"
#include "archive/library/logo.h"
#include "base/io.h"
#include "base/mem.h"
#include "control/worker/worker_job.h"
#include "encode/decoder.h"
#include "encode/mp4.h"
#include "encode/sound.h"
#include "tests/support/disk.h"
#include "tests/support/lesson.h"

#define CLIP "clip-20260101-000000-0000"

static char *data, *clip, *job_folder;
static struct lct_fault fault;

static int add_track(struct lct_lesson_info *info, const char *name, const char *kind) {
    bool sound = strcmp(kind, "sound") == 0;
    struct lct_lesson_track *track = &info->tracks[info->track_count++];
    *track = (struct lct_lesson_track){
        .id = (uint32_t)info->track_count, .width = sound ? 0 : 64, .height = sound ? 0 : 48};
    (void)snprintf(track->name, sizeof track->name, "%s", name);
    (void)snprintf(track->kind, sizeof track->kind, "%s", kind);
    return (int)track->id;
}

/* Ten pictures a second, so long. */
static void write_pictures(const char *folder, struct lct_lesson_info *info, const char *name,
                           const char *kind, lct_ns length) {
    struct lct_test_lesson *l = lct_test_lesson(length);
    (void)snprintf(l->picture->track, sizeof l->picture->track, "%s", name);
    (void)add_track(info, name, kind);
    cr_assert_eq(lct_reel_close(lct_test_lesson_reel(folder, l, l->picture), 0), 0);
    lct_test_lesson_free(l);
}

/* Two seconds of a tone. */
static void write_sound(const char *folder, struct lct_lesson_info *info, const char *name) {
    static const struct lct_index_head clocks = {.wall = 1};
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    struct lct_sound_encoder *encoder;
    struct lct_reel *reel = NULL;
    int64_t got = -1; /* the first packet is the priming */
    cr_assert_eq(lct_sound_open(LCT_CODEC_AAC, 128000, &encoder, &fault), 0);
    int id = add_track(info, name, "sound");
    struct lct_format *format = lct_sound_format(encoder, name, (uint32_t)id);
    cr_assert_eq(lct_io_make_folder(path), 0);
    cr_assert_eq(lct_reel_open(&lct_io_system, path, 1, format, &clocks, &reel), 0);
    for (int64_t frame = 0; got < 94; frame++) {
        float samples[2 * LCT_AAC_SAMPLES];
        struct lct_sound_packet packet;
        for (int i = 0; i < 2 * LCT_AAC_SAMPLES; i++) {
            samples[i] = 0.3F * sinf((float)(frame * LCT_AAC_SAMPLES + i / 2) * 0.0573F);
        }
        if (lct_sound_encode(encoder, samples, &packet) != 1 || got++ < 0) {
            continue;
        }
        const struct lct_chunk_info chunk_info = {.tfdt = (got - 1) * LCT_AAC_SAMPLES,
                                                  .duration = LCT_AAC_SAMPLES,
                                                  .samples = 1,
                                                  .key = true,
                                                  .sample_bytes = {(uint32_t)packet.n}};
        struct lct_chunk *chunk =
            lct_mp4_pack(format, &chunk_info, (const uint8_t *const[]){packet.bytes});
        cr_assert_eq(lct_reel_append(reel, chunk, false), 0);
        lct_chunk_unref(chunk);
    }
    cr_assert_eq(lct_reel_close(reel, 0), 0);
    lct_format_unref(format);
    lct_sound_close(encoder);
}

/* "both": six seconds of a camera, two of a screen, two of sound. "slides": two of a screen, and of
 * a sound of another name. */
static void write_lessons(void) {
    struct lct_lesson_info info;
    data = lct_test_folder();
    clip = lct_format("%s/clips/" CLIP, data);
    job_folder = lct_format("%s/job", data);
    LCT_FREE char *both = lct_format("%s/lessons/both", data);
    LCT_FREE char *slides = lct_format("%s/lessons/slides", data);
    LCT_FREE char *lessons = lct_format("%s/lessons", data);
    LCT_FREE char *clips = lct_format("%s/clips", data);
    const char *const folders[] = {lessons, clips, both, slides, clip, job_folder};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        cr_assert_eq(lct_io_make_folder(folders[i]), 0);
    }
    lct_lesson_new("main", "Both", &info);
    write_pictures(both, &info, "camera", "camera", 6 * LCT_SECOND);
    write_pictures(both, &info, "screen", "screen", 2 * LCT_SECOND);
    write_sound(both, &info, "sound");
    info.state = LCT_LESSON_ENDED;
    info.end = 6 * LCT_SECOND;
    cr_assert_eq(lct_lesson_save(&lct_io_system, both, &info), 0);
    lct_lesson_new("main", "Slides", &info);
    write_pictures(slides, &info, "slides", "screen", 2 * LCT_SECOND);
    write_sound(slides, &info, "voice");
    info.state = LCT_LESSON_ENDED;
    info.end = 2 * LCT_SECOND;
    cr_assert_eq(lct_lesson_save(&lct_io_system, slides, &info), 0);
}

static void remove_lessons(void) {
    lct_test_remove(data);
    free(data);
    free(clip);
    free(job_folder);
}

TestSuite(worker_clip, .init = write_lessons, .fini = remove_lessons, .timeout = 60);

/* Does a job with a version of the clip. */
static int run(lct_worker_job_fn fn, unsigned version, const char *edl, const char *order,
               json_t **ret_result) {
    LCT_FREE char *path = lct_format("%s/%04u.json", clip, version);
    LCT_JSON json_t *json = NULL;
    LCT_FREE char *logo = lct_format("%s/" LCT_LOGO_FILE, data);
    struct lct_worker_job job = {
        .data = data, .folder = job_folder, .logo = access(logo, F_OK) == 0 ? logo : NULL};
    cr_assert_eq(lct_io_replace(&lct_io_system, path, edl, strlen(edl)), 0);
    cr_assert_eq(lct_json_parse(order, strlen(order), &json, &fault), 0, "%s", fault.en);
    job.order = json;
    return fn(&job, ret_result, &fault);
}

static uint32_t be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A track of a movie. */
struct seen {
    uint32_t samples;
    uint32_t loud; /* of sound: a silent one has a few bytes */
};

static int64_t painted, taken; /* by the last job: heads */

/* The heads of a clip's version, and what movie comes of them. How many tracks it has. */
static size_t heads(unsigned version, const char *edl, struct seen ret_seen[4]) {
    LCT_FREE char *order =
        lct_format("{\"kind\":\"heads\",\"item\":\"" CLIP "\",\"version\":%u}", version);
    LCT_FREE char *path = lct_format("%s/%04u.movie", clip, version);
    LCT_JSON json_t *result = NULL;
    struct lct_movie *movie;
    cr_assert_eq(run(lct_worker_heads, version, edl, order, &result), 0, "%s", fault.en);
    cr_assert_eq(lct_movie_load(path, data, &movie), 0);
    painted = lct_json_int(result, "painted", -1);
    taken = lct_json_int(result, "taken", -1);
    size_t n = lct_movie_size(movie), count = 0;
    LCT_FREE uint8_t *bytes = lct_new(n);
    cr_assert_eq(lct_movie_read(movie, 0, bytes, n), (ssize_t)n);
    const uint8_t *end = bytes + n;
    for (const uint8_t *box; count < 4 && (box = memmem(bytes, n, "stsz", 4)); count++) {
        struct seen seen = {.samples = be32(box + 12)};
        for (uint32_t i = 0; i < seen.samples; i++) {
            seen.loud += be32(box + 16 + 4 * (size_t)i) > 100;
        }
        ret_seen[count] = seen;
        n = (size_t)(end - box) - 4;
        memmove(bytes, box + 4, n);
        end = bytes + n;
    }
    lct_movie_close(movie);
    return count;
}

#define PIECE(lesson, to, more) "{\"lesson\":\"" lesson "\",\"from_ns\":0,\"to_ns\":" #to more "}"
#define EDL(pieces, more) "{\"version\":1,\"pieces\":[" pieces "]" more "}"
#define CAMERA ",\"picture\":{\"layout\":\"single\",\"main\":\"camera\"}"

Test(worker_clip, a_piece_that_does_not_say_shows_the_screen) {
    struct seen seen[4];
    const char *edl = EDL(PIECE("both", 1000000000, CAMERA) "," PIECE("both", 6000000000, ""), "");
    cr_assert_eq(heads(1, edl, seen), 2);
    cr_assert_eq(seen[0].samples, 10 + 20, "%u pictures", seen[0].samples);
}

Test(worker_clip, lessons_whose_tracks_have_other_names_are_seen_and_heard) {
    struct seen seen[4];
    const char *edl =
        EDL(PIECE("both", 1000000000, CAMERA) "," PIECE("slides", 1000000000, ""), "");
    cr_assert_eq(heads(1, edl, seen), 2);
    cr_assert_eq(seen[0].samples, 10 + 10, "%u pictures", seen[0].samples);
    cr_assert_gt(seen[1].loud, seen[1].samples * 3 / 4, "%u of %u frames of sound", seen[1].loud,
                 seen[1].samples);
}

Test(worker_clip, tracks_are_kept_where_nothing_is_said) {
    struct seen seen[4];
    cr_assert_eq(heads(1, EDL(PIECE("both", 1000000000, ""), ""), seen), 3);
}

/* Its last picture had promised more when the clip was saved. */
Test(worker_clip, a_piece_may_end_behind_its_lesson) {
    struct seen seen[4];
    cr_assert_eq(heads(1, EDL(PIECE("both", 8400000000, CAMERA), ""), seen), 2);
    cr_assert_eq(seen[0].samples, 60, "%u pictures", seen[0].samples);
    LCT_JSON json_t *result = NULL;
    int rc = run(lct_worker_heads, 2, EDL(PIECE("both", 8600000000, CAMERA), ""),
                 "{\"kind\":\"heads\",\"item\":\"" CLIP "\",\"version\":2}", &result);
    cr_assert_eq(rc, -ERANGE);
    cr_assert_str_eq(lct_error_word(rc), "out-of-range");
    cr_assert_eq(lct_error_code("out-of-range"), -ERANGE);
}

Test(worker_clip, only_movies_of_versions_before_go) {
    struct seen seen[4];
    LCT_FREE char *before = lct_format("%s/0001.movie", clip);
    LCT_FREE char *after = lct_format("%s/0003.movie", clip);
    cr_assert_eq(lct_io_replace(&lct_io_system, before, "x", 1), 0);
    cr_assert_eq(lct_io_replace(&lct_io_system, after, "x", 1), 0);
    (void)heads(2, EDL(PIECE("both", 1000000000, ""), ""), seen);
    cr_assert_eq(access(before, F_OK), -1);
    cr_assert_eq(access(after, F_OK), 0);
}

#define RANGE(from, to) "{\"lesson\":\"both\",\"from_ns\":" #from ",\"to_ns\":" #to "}"

/* Of a version of which one edge was moved one head of each track is painted; of what is damaged
 * all are. */
Test(worker_clip, a_new_version_takes_the_heads_of_the_one_before) {
    struct seen seen[4];
    LCT_FREE char *second = lct_format("%s/0002.movie", clip);
    (void)heads(1, EDL(RANGE(100000000, 900000000) "," RANGE(1200000000, 1900000000), ""), seen);
    cr_assert_eq(painted, 4, "%d", (int)painted);
    cr_assert_eq(taken, 0);
    (void)heads(2, EDL(RANGE(300000000, 900000000) "," RANGE(1200000000, 1800000000), ""), seen);
    cr_assert_eq(painted, 2, "%d", (int)painted);
    cr_assert_eq(taken, 2);
    cr_assert_eq(lct_io_replace(&lct_io_system, second, "lctmovi2", 8), 0);
    (void)heads(3, EDL(RANGE(300000000, 900000000) "," RANGE(1200000000, 1800000000), ""), seen);
    cr_assert_eq(painted, 4);
}

static void draft(const char *clips) {
    LCT_FREE char *path = lct_format("%s/edits/both.json", data);
    LCT_FREE char *text = lct_format("{\"version\":1,\"clips\":[%s]}", clips);
    LCT_JSON json_t *order = json_pack("{s:s, s:s}", "kind", "draft", "edit", "both");
    LCT_JSON json_t *result = NULL;
    struct lct_worker_job job = {.data = data, .folder = job_folder, .order = order};
    cr_assert_eq(lct_io_replace(&lct_io_system, path, text, strlen(text)), 0);
    cr_assert_eq(lct_worker_draft(&job, &result, &fault), 0, "%s", fault.en);
    painted = lct_json_int(result, "painted", -1);
    taken = lct_json_int(result, "taken", -1);
}

#define ENTRY(pieces) "{\"edl\":" EDL(pieces, "") "}"

/* What a draft would become is painted, of long pieces what a head may need; the clip that is saved
 * then, and the next draft, take it. What is no clip yet is passed over, what was one goes. */
Test(worker_clip, a_draft_s_heads_are_those_of_its_clips) {
    struct seen seen[4];
    LCT_FREE char *folder = lct_format("%s/edits/both", data);
    LCT_FREE char *first = lct_format("%s/0000.movie", folder);
    LCT_FREE char *third = lct_format("%s/0002.movie", folder);
    const char *both =
        ENTRY(RANGE(100000000, 900000000)) ",{\"edl\":{}}," ENTRY(RANGE(1200000000, 1900000000));
    cr_assert_eq(lct_io_make_folder(folder), 0);
    draft(both);
    cr_assert_eq(painted, 4, "%d", (int)painted);
    (void)heads(1, EDL(RANGE(100000000, 800000000) "," RANGE(1200000000, 1900000000), ""), seen);
    cr_assert_eq(painted, 0, "%d", (int)painted);
    cr_assert_eq(taken, 4);
    cr_assert_eq(lct_io_replace(&lct_io_system, first, "lctmovi2", 8), 0);
    draft(both);
    cr_assert_eq(painted, 2, "%d", (int)painted);
    cr_assert_eq(taken, 2);
    draft(ENTRY(RANGE(100000000, 900000000)));
    cr_assert_eq(taken, 2);
    cr_assert_eq(access(first, F_OK), 0);
    cr_assert_eq(access(third, F_OK), -1);
}

/* A PNG of one pixel. */
static const uint8_t pixel[] = {
    0x89, 'P',  'N',  'G',  0x0d, 0x0a, 0x1a, 0x0a, 0,    0,    0,    0x0d, 'I',  'H',
    'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    2,    0,    0,
    0,    0x90, 0x77, 0x53, 0xde, 0,    0,    0,    0x0c, 'I',  'D',  'A',  'T',  0x08,
    0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0,    0,    0x03, 0x01, 0x01, 0,    0x18, 0xdd, 0x8d,
    0xb0, 0,    0,    0,    0,    'I',  'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82};

/* Without a picture that the clip names, too. */
Test(worker_clip, a_copy_has_its_logo) {
    LCT_FREE char *logo = lct_format("%s/" LCT_LOGO_FILE, data);
    LCT_JSON json_t *result = NULL;
    cr_assert_eq(lct_io_replace(&lct_io_system, logo, pixel, sizeof pixel), 0);
    int rc = run(lct_worker_clip, 1, EDL(PIECE("both", 1000000000, ""), ",\"logo\":true"),
                 "{\"kind\":\"export\",\"item\":\"" CLIP "\",\"preset\":{\"id\":\"keep\","
                 "\"container\":\"mp4\"},\"captions\":\"\",\"logo\":false}",
                 &result);
    cr_assert_eq(rc, 0, "%s", fault.en);
    cr_assert_gt(json_array_size(json_object_get(result, "notes")), 0, "that it is drawn on");
}
