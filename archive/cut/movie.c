// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/cut/movie.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/cut/movie_priv.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "encode/silence.h"

#define INTERLEAVE (LCT_SECOND / 2)
#define MDAT_HEAD_BYTES 16U
#define AAC_FRAME 1024
/* A sample's duration has 32 bits, of which some players take the first for a sign. */
#define STAND_MAX INT32_MAX

/* Samples of one reel lie close together: boxes of a hundred bytes between them. What lies so near
 * is read in one go and picked apart in memory. */
#define READ_GAP_MAX 4096U
#define READ_SPAN_MAX (256U << 10)

/* ---- the samples of one track ---- */

int lct_movie_add(struct lct_movie_lane *lane, const struct lct_movie_piece *piece,
                  uint32_t duration, bool key) {
    if (lane->count == lane->room) {
        size_t room = lane->room ? 2 * lane->room : 4096;
        struct lct_mp4_sample *samples = realloc(lane->samples, room * sizeof *samples);
        lane->samples = samples ? samples : lane->samples;
        struct lct_movie_piece *pieces = realloc(lane->pieces, room * sizeof *pieces);
        lane->pieces = pieces ? pieces : lane->pieces;
        if (!samples || !pieces) {
            return -ENOMEM;
        }
        lane->room = room;
    }
    lane->pieces[lane->count] = *piece;
    lane->samples[lane->count] = (struct lct_mp4_sample){
        .bytes = piece->bytes,
        .duration = duration,
        .key = key,
    };
    lane->count++;
    lane->end += duration;
    return 0;
}

static bool is_sound(const struct lct_movie_lane *lane) {
    return lane->format->codec != LCT_CODEC_H264;
}

struct lct_movie_piece lct_movie_silence(const struct lct_movie *movie) {
    return (struct lct_movie_piece){.bytes = (uint32_t)movie->silence_bytes, .file = -1};
}

/* A hole in the sound: whole frames of silence, the last of which is as long as what is left. */
static int add_silence(const struct lct_movie *movie, struct lct_movie_lane *lane, int64_t until) {
    const struct lct_movie_piece piece = lct_movie_silence(movie);
    while (until - lane->end >= AAC_FRAME / 2) {
        int64_t left = until - lane->end;
        uint32_t duration = left < AAC_FRAME * 3 / 2 ? (uint32_t)left : AAC_FRAME;
        int rc = lct_movie_add(lane, &piece, duration, true);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* A hole in the pictures: the last one stands. After hours the last key frame is said again, which
 * needs no other to be decoded. */
int lct_movie_stand(struct lct_movie_lane *lane, int64_t until) {
    int rc = 0;
    while (rc == 0 && lane->count > 0 && lane->end < until) {
        struct lct_mp4_sample *last = &lane->samples[lane->count - 1];
        int64_t room = STAND_MAX - (int64_t)last->duration;
        int64_t more = until - lane->end < room ? until - lane->end : room;
        last->duration += (uint32_t)more;
        lane->end += more;
        rc = lane->end < until ? lct_movie_add(lane, &lane->key, 1, true) : 0;
    }
    return rc;
}

int lct_movie_add_picture(struct lct_movie_lane *lane, const struct lct_movie_piece *piece,
                          int64_t tick, bool key) {
    int rc = lct_movie_stand(lane, lane->count == 0 ? 0 : tick); /* the first is shown from 0 on */
    lane->key = key || lane->count == 0 ? *piece : lane->key;
    return rc ? rc : lct_movie_add(lane, piece, 1, key);
}

static int add_picture(struct lct_movie_lane *lane, const struct lct_index_row *row, int32_t file) {
    const struct lct_movie_piece piece = {.source = row->offset + lct_index_payload_at(row),
                                          .bytes = row->info.sample_bytes[0],
                                          .file = file};
    return lct_movie_add_picture(lane, &piece, row->info.tfdt, row->info.key);
}

static int add_sound(const struct lct_movie *movie, struct lct_movie_lane *lane,
                     const struct lct_index_row *row, int32_t file) {
    int rc = add_silence(movie, lane, row->info.tfdt);
    struct lct_movie_piece piece = {.source = row->offset + lct_index_payload_at(row),
                                    .file = file};
    for (unsigned i = 0; rc == 0 && i < row->info.samples; i++) {
        piece.bytes = row->info.sample_bytes[i];
        rc = lct_movie_add(lane, &piece, row->info.duration / row->info.samples, true);
        piece.source += piece.bytes;
    }
    return rc;
}

static int lay_track(const struct lct_movie *movie, struct lct_movie_lane *lane,
                     const struct lct_reels *reels, int32_t first_file, lct_ns lesson_end) {
    int rc = 0;
    int64_t promised = 0;
    for (size_t i = 0; rc == 0 && i < reels->count; i++) {
        const struct lct_reel_view *view = &reels->views[i];
        int32_t file = first_file + (int32_t)i;
        for (size_t k = 0; rc == 0 && k < view->count; k++) {
            const struct lct_index_row *row = &view->rows[k];
            bool whole = row->offset + row->n <= view->file_bytes;
            if (whole && row->info.tfdt >= lane->end - (is_sound(lane) ? AAC_FRAME : 1)) {
                rc = is_sound(lane) ? add_sound(movie, lane, row, file)
                                    : add_picture(lane, row, file);
                promised = row->info.tfdt + row->info.duration;
            }
        }
    }
    int64_t end = lct_ns_to_ticks(lesson_end, lane->format->timescale);
    if (rc == 0 && !is_sound(lane)) {
        rc = lct_movie_stand(lane, lesson_end > 0 && end < promised ? end : promised);
    }
    return rc;
}

/* ---- the whole ---- */

static void number_pieces(struct lct_movie *movie, struct lct_movie_lane *lanes, size_t count) {
    size_t next[LCT_TAPE_TRACKS_MAX] = {0};
    int64_t ticks[LCT_TAPE_TRACKS_MAX] = {0};
    uint64_t at = 0;
    size_t total = 0;
    for (lct_ns block = INTERLEAVE; total < movie->piece_count; block += INTERLEAVE) {
        for (size_t i = 0; i < count; i++) {
            struct lct_movie_lane *lane = &lanes[i];
            int64_t until = lct_ns_to_ticks(block, lane->format->timescale);
            bool first = true;
            while (next[i] < lane->count && ticks[i] < until) {
                size_t k = next[i]++;
                lane->pieces[k].at = at;
                lane->samples[k].offset = at;
                lane->samples[k].apart = first;
                first = false;
                ticks[i] += lane->samples[k].duration;
                at += lane->pieces[k].bytes;
                movie->pieces[total++] = lane->pieces[k];
            }
        }
    }
    movie->size = at;
}

static int make_head(struct lct_movie *movie, const struct lct_mp4_track *tracks, size_t count) {
    size_t moov_bytes = 0;
    uint8_t *moov = NULL;
    /* The moov's own size moves the samples, and with them the width of their offsets: twice is
     * enough but at the 4 GiB border. */
    for (int i = 0; i < 4; i++) {
        size_t before = moov_bytes;
        free(moov);
        moov = lct_mp4_make_moov(tracks, count, LCT_MP4_FTYP_BYTES + before + MDAT_HEAD_BYTES,
                                 &moov_bytes);
        if (!moov) {
            return -ENOMEM;
        }
        if (moov_bytes == before) {
            break;
        }
    }
    movie->head_bytes = LCT_MP4_FTYP_BYTES + moov_bytes + MDAT_HEAD_BYTES;
    movie->head = lct_new(movie->head_bytes);
    uint8_t reel_head[LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES];
    lct_mp4_reel_head(reel_head);
    struct lct_writer w = lct_writer(movie->head, movie->head_bytes);
    lct_put(&w, reel_head, LCT_MP4_FTYP_BYTES);
    lct_put(&w, moov, moov_bytes);
    lct_put_u32(&w, 1);
    lct_put(&w, "mdat", 4);
    lct_put_u64(&w, MDAT_HEAD_BYTES + movie->size);
    free(moov);
    movie->size += movie->head_bytes;
    return 0;
}

/* Of a part whose bytes are made, not read. */
int lct_movie_keep(struct lct_movie *movie, const uint8_t *bytes, size_t n,
                   struct lct_movie_piece *ret_piece) {
    if (n > movie->made_room - movie->made_bytes) {
        size_t room = 2 * movie->made_room + n;
        uint8_t *bigger = realloc(movie->made, room);
        if (!bigger) {
            return -ENOMEM;
        }
        movie->made = bigger;
        movie->made_room = room;
    }
    memcpy(movie->made + movie->made_bytes, bytes, n);
    *ret_piece =
        (struct lct_movie_piece){.source = movie->made_bytes, .bytes = (uint32_t)n, .file = -1};
    movie->made_bytes += n;
    return 0;
}

struct lct_movie *lct_movie_create(void) {
    struct lct_movie *movie = lct_new(sizeof *movie);
    struct lct_movie_piece unused;
    const uint8_t *silence;
    lct_sound_silence(&silence, &movie->silence_bytes);
    movie->made_room = 4096;
    movie->made = lct_new(movie->made_room);
    if (lct_movie_keep(movie, silence, movie->silence_bytes, &unused) < 0) {
        abort(); /* it fits */
    }
    return movie;
}

int lct_movie_name_files(struct lct_movie *movie, const char *folder, const struct lct_reels *reels,
                         int32_t *ret_first) {
    char **more = realloc(movie->files, (movie->file_count + reels->count + 1) * sizeof *more);
    if (!more) {
        return -ENOMEM;
    }
    movie->files = more;
    *ret_first = (int32_t)movie->file_count;
    for (size_t i = 0; i < reels->count; i++) {
        char path[LCT_PATH_SIZE];
        lct_reel_path(folder, reels->views[i].number, ".mp4", path);
        movie->files[movie->file_count++] = lct_strdup(path);
    }
    return 0;
}

int lct_movie_lay(struct lct_movie *movie, struct lct_movie_lane *lanes, size_t count) {
    struct lct_mp4_track tracks[LCT_TAPE_TRACKS_MAX];
    for (size_t i = 0; i < count; i++) {
        movie->piece_count += lanes[i].count;
    }
    movie->pieces = malloc((movie->piece_count + 1) * sizeof *movie->pieces);
    if (!movie->pieces) {
        return -ENOMEM;
    }
    number_pieces(movie, lanes, count);
    for (size_t i = 0; i < count; i++) {
        tracks[i] = (struct lct_mp4_track){lanes[i].format, lanes[i].samples, lanes[i].count};
    }
    return make_head(movie, tracks, count);
}

void lct_movie_lane_free(struct lct_movie_lane *lane) {
    free(lane->samples);
    free(lane->pieces);
}

static const struct lct_format *first_format(const struct lct_reels *reels) {
    for (size_t i = 0; i < reels->count; i++) {
        if (reels->views[i].format && reels->views[i].count > 0) {
            return reels->views[i].format;
        }
    }
    return NULL;
}

static int load_lane(struct lct_movie *movie, const char *folder, lct_ns end,
                     struct lct_movie_lane *lane, struct lct_reels *reels) {
    int32_t first_file = 0;
    int rc = lct_movie_name_files(movie, folder, reels, &first_file);
    return rc ? rc : lay_track(movie, lane, reels, first_file, end);
}

/* Moves the wanted tracks to the front. */
static int choose(struct lct_lesson_info *info, const char *const *names, size_t count,
                  struct lct_fault *fault) {
    struct lct_lesson_track chosen[LCT_TAPE_TRACKS_MAX];
    if (count == 0) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < info->track_count && strcmp(info->tracks[k].name, names[i]) != 0) {
            k++;
        }
        if (k == info->track_count || i == LCT_TAPE_TRACKS_MAX) {
            return lct_fault_set(
                fault, -ENOENT, "lesson",
                "This lesson has no track '%s'. 'lectern verify' lists its tracks.",
                "该课程没有轨道“%s”。lectern verify 会列出所有轨道。", names[i]);
        }
        chosen[i] = info->tracks[k];
    }
    memcpy(info->tracks, chosen, count * sizeof *chosen);
    info->track_count = count;
    return 0;
}

static int lay_out(struct lct_movie *movie, const char *folder,
                   const struct lct_lesson_info *info) {
    struct lct_movie_lane lanes[LCT_TAPE_TRACKS_MAX] = {{.count = 0}};
    struct lct_reels reels[LCT_TAPE_TRACKS_MAX] = {{.count = 0}};
    char path[LCT_PATH_SIZE];
    size_t count = 0, samples = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < info->track_count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, info->tracks[i].name);
        lct_reels_load(path, &reels[i]);
        lanes[count].format = first_format(&reels[i]);
        if (lanes[count].format) {
            rc = load_lane(movie, path, info->end, &lanes[count], &reels[i]);
            samples += lanes[count++].count;
        }
    }
    rc = rc ? rc : samples == 0 ? -ENODATA : lct_movie_lay(movie, lanes, count);
    for (size_t i = 0; i < LCT_TAPE_TRACKS_MAX; i++) {
        lct_reels_free(&reels[i]);
        lct_movie_lane_free(&lanes[i]);
    }
    return rc;
}

int lct_movie_open(const char *folder, const char *const *names, size_t count,
                   struct lct_movie **ret_movie, struct lct_fault *fault) {
    struct lct_lesson_info info;
    int rc = lct_lesson_load(folder, &info, fault);
    rc = rc ? rc : choose(&info, names, count, fault);
    if (rc < 0) {
        return rc;
    }
    struct lct_movie *movie = lct_movie_create();
    rc = lay_out(movie, folder, &info);
    if (rc < 0) {
        lct_movie_close(movie);
        return lct_fault_set(
            fault, rc, "lesson",
            rc == -ENODATA ? "Nothing has been recorded in %s yet."
                           : "No memory to lay out the movie of %s.",
            rc == -ENODATA ? "%s 中还没有录制内容。" : "内存不足，无法生成 %s 的影片。", folder);
    }
    *ret_movie = movie;
    return 0;
}

void lct_movie_close(struct lct_movie *movie) {
    if (movie) {
        for (size_t i = 0; i < movie->file_count; i++) {
            free(movie->files[i]);
        }
        free(movie->files);
        free(movie->pieces);
        free(movie->head);
        free(movie->made);
        free(movie);
    }
}

uint64_t lct_movie_size(const struct lct_movie *movie) { return movie->size; }

/* ---- reading ---- */

static size_t piece_at(const struct lct_movie *movie, uint64_t at) {
    size_t low = 0, high = movie->piece_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (movie->pieces[middle].at <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The pieces from first on that one read of their file brings; at most up to byte until of the
 * movie. */
static size_t span_of(const struct lct_movie *movie, size_t first, uint64_t until) {
    const struct lct_movie_piece *start = &movie->pieces[first];
    size_t last = first;
    while (last + 1 < movie->piece_count) {
        const struct lct_movie_piece *here = &movie->pieces[last];
        const struct lct_movie_piece *next = here + 1;
        uint64_t end = here->source + here->bytes;
        if (next->at >= until || next->file != start->file || next->source < end ||
            next->source - end > READ_GAP_MAX ||
            next->source + next->bytes - start->source > READ_SPAN_MAX) {
            break;
        }
        last++;
    }
    return last;
}

static int read_file(const struct lct_movie *movie, const struct lct_movie_piece *first,
                     const struct lct_movie_piece *last, uint8_t **ret_bytes) {
    size_t n = (size_t)(last->source + last->bytes - first->source);
    uint8_t *bytes = malloc(n);
    int fd = bytes ? open(movie->files[first->file], O_RDONLY | O_CLOEXEC) : -1;
    int rc = !bytes ? -ENOMEM : fd < 0 ? -errno : 0;
    rc = rc ? rc : lct_io_read_all(&lct_io_system, fd, bytes, n, (off_t)first->source);
    if (fd >= 0) {
        close(fd);
    }
    if (rc < 0) {
        free(bytes);
        return rc;
    }
    *ret_bytes = bytes;
    return 0;
}

/* Copies what of [at, at + n) the pieces first to last hold; returns how much that is, or -errno.
 */
static ssize_t read_span(const struct lct_movie *movie, size_t first, size_t last, uint64_t at,
                         uint8_t *out, size_t n) {
    const struct lct_movie_piece *p = &movie->pieces[first];
    LCT_FREE uint8_t *file_bytes = NULL;
    int rc = p->file < 0 ? 0 : read_file(movie, p, &movie->pieces[last], &file_bytes);
    if (rc < 0) {
        return rc;
    }
    size_t done = 0;
    for (const struct lct_movie_piece *q = p; q <= &movie->pieces[last] && done < n; q++) {
        const uint8_t *bytes =
            p->file < 0 ? movie->made + q->source : file_bytes + (q->source - p->source);
        size_t skip = (size_t)(at + done - q->at);
        size_t part = q->bytes - skip < n - done ? q->bytes - skip : n - done;
        memcpy(out + done, bytes + skip, part);
        done += part;
    }
    return (ssize_t)done;
}

ssize_t lct_movie_read(const struct lct_movie *movie, uint64_t offset, void *out, size_t n) {
    uint8_t *to = out;
    size_t done = 0;
    if (offset >= movie->size) {
        return 0;
    }
    n = n > movie->size - offset ? (size_t)(movie->size - offset) : n;
    if (offset < movie->head_bytes) {
        done = movie->head_bytes - (size_t)offset < n ? movie->head_bytes - (size_t)offset : n;
        memcpy(to, movie->head + offset, done);
    }
    while (done < n) {
        uint64_t at = offset + done - movie->head_bytes;
        size_t first = piece_at(movie, at);
        size_t last = movie->pieces[first].file < 0 ? first : span_of(movie, first, at + n - done);
        ssize_t got = read_span(movie, first, last, at, to + done, n - done);
        if (got < 0) {
            return got;
        }
        done += (size_t)got;
    }
    return (ssize_t)done;
}
