// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/cut/movie.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
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
 * is read in one go, in so many parts at most. */
#define READ_GAP_MAX 4096U
#define PARTS_MAX 256

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

int lct_movie_note_painted(struct lct_movie *movie, const struct lct_movie_painted *painted) {
    size_t bytes = (movie->painted_count + 1) * sizeof *painted;
    struct lct_movie_painted *more = realloc(movie->painted, bytes);
    if (!more) {
        free(painted->samples);
        return -ENOMEM;
    }
    movie->painted = more;
    movie->painted[movie->painted_count++] = *painted;
    return 0;
}

const struct lct_movie_painted *lct_movie_find_painted(const struct lct_movie *movie,
                                                       const uint8_t key[LCT_DIGEST_SIZE]) {
    size_t i = 0;
    while (i < movie->painted_count && memcmp(movie->painted[i].key, key, LCT_DIGEST_SIZE) != 0) {
        i++;
    }
    return i < movie->painted_count ? &movie->painted[i] : NULL;
}

struct lct_movie *lct_movie_create(void) {
    struct lct_movie *movie = lct_new(sizeof *movie);
    lct_ref_init(&movie->ref);
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
    if (movie && lct_ref_dec(&movie->ref)) {
        for (size_t i = 0; i < movie->file_count; i++) {
            free(movie->files[i]);
        }
        for (size_t i = 0; i < movie->painted_count; i++) {
            free(movie->painted[i].samples);
        }
        free(movie->painted);
        free(movie->files);
        free(movie->pieces);
        free(movie->head);
        free(movie->made);
        free(movie);
    }
}

struct lct_movie *lct_movie_share(struct lct_movie *movie) {
    lct_ref_inc(&movie->ref);
    return movie;
}

size_t lct_movie_memory(const struct lct_movie *movie) {
    size_t bytes = movie->head_bytes + movie->piece_count * sizeof *movie->pieces +
                   movie->painted_count * sizeof *movie->painted + movie->made_room;
    for (size_t i = 0; i < movie->painted_count; i++) {
        bytes += movie->painted[i].count * sizeof *movie->painted[i].samples;
    }
    return bytes;
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

/* Some of the pieces from first on, as one read of their file: what is wanted goes to its place,
 * what lies between into a bin. */
struct span {
    uint64_t source; /* where the read begins */
    size_t bytes;    /* of the file, what goes into the bin included */
    size_t wanted;
    struct iovec parts[PARTS_MAX];
    int n;
};

/* Bytes that follow the span's in the file. */
static void add_part(struct span *span, void *to, size_t n, bool wanted) {
    struct iovec *last = span->n > 0 ? &span->parts[span->n - 1] : NULL;
    if (last && (uint8_t *)last->iov_base + last->iov_len == to) {
        last->iov_len += n;
    } else if (n > 0) {
        span->parts[span->n++] = (struct iovec){to, n};
    }
    span->bytes += n;
    span->wanted += wanted ? n : 0;
}

/* The span that begins at byte at of the pieces, for up to n bytes to out. */
static void plan_span(const struct lct_movie *movie, uint64_t at, uint8_t *out, size_t n,
                      uint8_t *bin, struct span *span) {
    const struct lct_movie_piece *piece = &movie->pieces[piece_at(movie, at)];
    const struct lct_movie_piece *end = movie->pieces + movie->piece_count;
    int32_t file = piece->file;
    size_t skip = (size_t)(at - piece->at);
    span->source = piece->source + skip;
    span->bytes = span->wanted = 0;
    span->n = 0;
    while (piece < end && piece->file == file && span->wanted < n && span->n + 2 <= PARTS_MAX) {
        uint64_t reached = span->source + span->bytes, begin = piece->source + skip;
        if (begin < reached || begin - reached > READ_GAP_MAX) {
            break;
        }
        size_t left = n - span->wanted, whole = piece->bytes - skip;
        add_part(span, bin, (size_t)(begin - reached), false);
        add_part(span, out + span->wanted, whole < left ? whole : left, true);
        skip = 0;
        piece++;
    }
}

static int read_span(const char *path, const struct span *span) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    ssize_t got;
    do {
        got = preadv(fd, span->parts, span->n, (off_t)span->source);
    } while (got < 0 && errno == EINTR);
    int rc = got < 0 ? -errno : (size_t)got < span->bytes ? -ENODATA : 0;
    close(fd);
    return rc;
}

/* As lct_movie_read, of the pieces alone: some of what is asked for. */
static ssize_t read_pieces(const struct lct_movie *movie, uint64_t at, uint8_t *out, size_t n) {
    const struct lct_movie_piece *piece = &movie->pieces[piece_at(movie, at)];
    uint8_t bin[READ_GAP_MAX];
    struct span span;
    if (piece->file < 0) {
        size_t skip = (size_t)(at - piece->at);
        size_t part = piece->bytes - skip < n ? piece->bytes - skip : n;
        memcpy(out, movie->made + piece->source + skip, part);
        return (ssize_t)part;
    }
    plan_span(movie, at, out, n, bin, &span);
    int rc = read_span(movie->files[piece->file], &span);
    return rc < 0 ? rc : (ssize_t)span.wanted;
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
        ssize_t got = read_pieces(movie, at, to + done, n - done);
        if (got < 0) {
            return got;
        }
        done += (size_t)got;
    }
    return (ssize_t)done;
}
