// SPDX-License-Identifier: GPL-3.0-or-later
/* What files say of themselves at the edges of what a number holds, and damaged files, for the
 * sanitizers; what becomes of whole files is seen in tests/integration/test_import.py. */
#include "encode/foreign_priv.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/support/damage.h"
#include "tests/support/disk.h"

static const AVRational base = {1, 90000};

Test(foreign, a_time_is_believed_where_sums_of_it_fit) {
    static const int64_t wild[] = {INT64_MIN, INT64_MIN + 1, -INT64_MAX / 2, INT64_MAX / 2,
                                   INT64_MAX};
    cr_assert_eq(lct_foreign_ns(90000, base), LCT_SECOND);
    cr_assert_eq(lct_foreign_ns(-45000, base), -LCT_SECOND / 2);
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        cr_assert_eq(lct_foreign_ns(wild[i], base), LCT_NS_NONE, "%zu", i);
        cr_assert_eq(lct_foreign_ns(wild[i], (AVRational){1, 1}), LCT_NS_NONE, "%zu", i);
        cr_assert_eq(lct_foreign_ns(wild[i], (AVRational){INT32_MAX, 1}), LCT_NS_NONE, "%zu", i);
    }
    cr_assert_eq(lct_foreign_ns(1, (AVRational){0, 1}), LCT_NS_NONE);
    cr_assert_eq(lct_foreign_ns(1, (AVRational){1, 0}), LCT_NS_NONE);
}

Test(foreign, a_time_of_a_packet_is_near_the_file) {
    const struct lct_foreign file = {.zero = -1000000}; /* it begins a second before 0 */
    const AVStream stream = {.time_base = base};
    cr_assert_eq(lct_foreign_time(&file, &stream, 90000), 2 * LCT_SECOND);
    cr_assert_eq(lct_foreign_time(&file, &stream, AV_NOPTS_VALUE), LCT_NS_NONE);
    cr_assert_eq(lct_foreign_time(&file, &stream, INT64_MAX), LCT_NS_NONE);
    cr_assert_eq(lct_foreign_time(&file, &stream, -INT64_MAX), LCT_NS_NONE);
    cr_assert_eq(lct_foreign_time(&file, &stream, INT64_C(90000) * 3600 * 25), LCT_NS_NONE);
}

/* As memory leaves it that ran short between the two. */
Test(foreign, what_has_no_input_yet_is_closed) {
    struct lct_foreign_reader reader = {.av = avformat_alloc_context()};
    lct_foreign_read_close(&reader);
    cr_assert_null(reader.av);
}

/* ---- damaged files ---- */

/* Words of ffmpeg for a second of each: one that is copied, and some of those that are not. */
static const char *const films[] = {
    "-c:v libx264 -preset ultrafast -bf 0 -pix_fmt yuv420p -c:a aac -f mp4",
    "-c:v libx264 -preset ultrafast -bf 2 -pix_fmt yuv420p -c:a libopus -f matroska",
    "-c:v mpeg2video -flags +ildct+ilme -c:a ac3 -f mpegts",
    "-c:v mjpeg -c:a pcm_s16le -f avi",
    "-c:v libvpx -deadline realtime -c:a libvorbis -f webm",
};

static uint8_t *make_film(const char *folder, const char *words, size_t *ret_n) {
    LCT_FREE char *path = lct_format("%s/film", folder);
    LCT_FREE char *command =
        lct_format("ffmpeg -v error -nostdin -y -f lavfi -i testsrc2=s=64x48:r=10 -f lavfi -i "
                   "sine=r=48000 -ac 2 -t 1 %s %s",
                   words, path);
    cr_assert_eq(system(command), 0, "%s", command);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    uint8_t *bytes = lct_new(1 << 20);
    *ret_n = fread(bytes, 1, 1 << 20, file);
    cr_assert(*ret_n > 1000 && *ret_n < 1 << 20);
    (void)fclose(file);
    return bytes;
}

/* A file in memory. */
static int damaged(const uint8_t *film, size_t n, uint64_t seed) {
    LCT_FREE uint8_t *bytes = lct_new(n);
    memcpy(bytes, film, n);
    size_t length = lct_test_damage(bytes, n, seed);
    int fd = memfd_create("damaged", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, length), (ssize_t)length);
    return fd;
}

static int take_chunk(void *opaque, struct lct_chunk *chunk) {
    lct_ns *last = opaque;
    cr_assert_geq(chunk->time, *last, "times run backwards");
    *last = chunk->time;
    lct_chunk_unref(chunk);
    return 0;
}

static int make_stream(struct lct_foreign *foreign, size_t i, bool copy, struct lct_fault *fault) {
    const struct lct_foreign_info *info = lct_foreign_info(foreign);
    lct_ns last = 0;
    struct lct_foreign_track track = {.name = info->streams[i].sound ? "sound" : "camera",
                                      .id = 1,
                                      .copy = copy,
                                      .to = info->length,
                                      .put = take_chunk,
                                      .opaque = &last};
    lct_foreign_canvas(info->streams[i].width, info->streams[i].height, &track.width,
                       &track.height);
    return lct_foreign_make(foreign, i, &track, fault);
}

/* True: it was taken. */
static bool try_file(int fd, const char *words, int seed) {
    struct lct_foreign *foreign = NULL;
    struct lct_fault fault = {.code = 0};
    int rc = lct_foreign_open(fd, "film", &foreign, &fault);
    size_t count = rc < 0 ? 0 : lct_foreign_info(foreign)->stream_count;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        bool fits = lct_foreign_info(foreign)->streams[i].fits;
        rc = fits ? make_stream(foreign, i, true, &fault) : -ENOTSUP;
        rc = rc == -ENOTSUP ? make_stream(foreign, i, false, &fault) : rc;
    }
    cr_assert(rc == 0 || (fault.en[0] && fault.zh[0]), "%s, seed %d", words, seed);
    lct_foreign_close(foreign);
    close(fd);
    return rc == 0;
}

Test(foreign, damaged_files_are_taken_or_refused_in_words, .timeout = 120) {
    int tries = lct_test_damages(6, 300), taken = 0;
    char *folder = lct_test_folder();
    for (size_t i = 0; i < sizeof films / sizeof *films; i++) {
        size_t n;
        LCT_FREE uint8_t *film = make_film(folder, films[i], &n);
        for (int seed = 0; seed < tries; seed++) {
            taken += try_file(damaged(film, n, (uint64_t)seed), films[i], seed);
        }
    }
    cr_assert(taken > 0 && taken < tries * (int)(sizeof films / sizeof *films), "%d", taken);
    lct_test_remove(folder);
    free(folder);
}
