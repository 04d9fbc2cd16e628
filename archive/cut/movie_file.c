// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/cut/movie_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/cut/movie_priv.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/mem.h"

#define MAGIC "lctmovi2"
#define MAGIC_BYTES 8U
#define FIXED_BYTES (MAGIC_BYTES + 8U + 5U * 4U)
#define PIECE_BYTES 16U /* where, how many, in which file; what lies in the movie follows */
#define FILE_BYTES 10U  /* and its name */
#define PAINTED_BYTES (LCT_DIGEST_SIZE + 8U + 4U) /* and its samples */
#define SAMPLE_BYTES 4U
#define SUM_BYTES 4U
#define NAME_MAX_BYTES 200U

/* ---- writing ---- */

/* A reel's name below the data folder; NULL: it lies elsewhere. */
static const char *name_below(const char *path, const char *data) {
    size_t n = strlen(data);
    const char *rest = strncmp(path, data, n) == 0 ? path + n : "";
    while (*rest == '/') {
        rest++;
    }
    return *rest && strlen(rest) <= NAME_MAX_BYTES ? rest : NULL;
}

static uint64_t bytes_of(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && info.st_size > 0 ? (uint64_t)info.st_size : 0;
}

/* How far pieces reach into each reel: it may grow behind that, and one of which there is none may
 * go. Returns owned, NULL: no memory. */
static uint64_t *reach_of(const struct lct_movie *movie) {
    uint64_t *reach = calloc(movie->file_count + 1, sizeof *reach);
    for (size_t i = 0; reach && i < movie->piece_count; i++) {
        const struct lct_movie_piece *piece = &movie->pieces[i];
        uint64_t end = piece->source + piece->bytes;
        if (piece->file >= 0 && end > reach[piece->file]) {
            reach[piece->file] = end;
        }
    }
    return reach;
}

static void put_all(struct lct_writer *w, const struct lct_movie *movie, const char *data,
                    const uint64_t *reach) {
    lct_put(w, MAGIC, MAGIC_BYTES);
    lct_put_u64(w, movie->size);
    lct_put_u32(w, (uint32_t)movie->head_bytes);
    lct_put_u32(w, (uint32_t)movie->piece_count);
    lct_put_u32(w, (uint32_t)movie->file_count);
    lct_put_u32(w, (uint32_t)movie->made_bytes);
    lct_put_u32(w, (uint32_t)movie->painted_count);
    for (size_t i = 0; i < movie->file_count; i++) {
        const char *name = name_below(movie->files[i], data);
        lct_put_u64(w, reach[i]);
        lct_put_u16(w, (unsigned)strlen(name));
        lct_put(w, name, strlen(name));
    }
    for (size_t i = 0; i < movie->piece_count; i++) {
        const struct lct_movie_piece *piece = &movie->pieces[i];
        lct_put_u64(w, piece->source);
        lct_put_u32(w, piece->bytes);
        lct_put_u32(w, (uint32_t)(piece->file + 1)); /* 0: it is made */
    }
    for (size_t i = 0; i < movie->painted_count; i++) {
        const struct lct_movie_painted *painted = &movie->painted[i];
        lct_put(w, painted->key, sizeof painted->key);
        lct_put_u64(w, painted->source);
        lct_put_u32(w, painted->count);
        for (uint32_t k = 0; k < painted->count; k++) {
            lct_put_u32(w, painted->samples[k]);
        }
    }
    lct_put(w, movie->head, movie->head_bytes);
    lct_put(w, movie->made, movie->made_bytes);
}

int lct_movie_save(const struct lct_io *io, const struct lct_movie *movie, const char *data,
                   const char *path) {
    size_t n = FIXED_BYTES + movie->piece_count * PIECE_BYTES + movie->head_bytes +
               movie->made_bytes + SUM_BYTES;
    for (size_t i = 0; i < movie->file_count; i++) {
        const char *name = name_below(movie->files[i], data);
        if (!name) {
            return -EINVAL;
        }
        n += FILE_BYTES + strlen(name);
    }
    for (size_t i = 0; i < movie->painted_count; i++) {
        n += PAINTED_BYTES + (size_t)movie->painted[i].count * SAMPLE_BYTES;
    }
    if (n > LCT_MOVIE_FILE_MAX) {
        return -EFBIG;
    }
    LCT_FREE uint8_t *bytes = malloc(n);
    LCT_FREE uint64_t *reach = reach_of(movie);
    if (!bytes || !reach) {
        return -ENOMEM;
    }
    struct lct_writer w = lct_writer(bytes, n);
    put_all(&w, movie, data, reach);
    lct_put_u32(&w, lct_crc32c(0, bytes, n - SUM_BYTES));
    return lct_io_replace(io, path, bytes, n);
}

/* ---- reading ---- */

static int read_files(struct lct_reader *r, struct lct_movie *movie, size_t count, const char *data,
                      uint64_t *sizes) {
    for (size_t i = 0; i < count; i++) {
        sizes[i] = lct_get_u64(r);
        size_t n = lct_get_u16(r);
        const char *name = (const char *)lct_get(r, n);
        if (!name || n == 0 || n > NAME_MAX_BYTES || memchr(name, '\0', n) || name[0] == '/') {
            return -EBADMSG;
        }
        char *path = lct_format("%s/%.*s", data, (int)n, name);
        movie->files[movie->file_count++] = path;
        if (strstr(path + strlen(data), "..")) {
            return -EBADMSG;
        }
    }
    return 0;
}

/* What lies where in the movie follows from the sizes: pieces lie one behind the other. */
static int read_pieces(struct lct_reader *r, struct lct_movie *movie, size_t count, size_t made,
                       const uint64_t *sizes) {
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        struct lct_movie_piece *piece = &movie->pieces[i];
        piece->at = at;
        piece->source = lct_get_u64(r);
        piece->bytes = lct_get_u32(r);
        uint32_t file = lct_get_u32(r);
        if (file > movie->file_count) {
            return -EBADMSG;
        }
        uint64_t limit = file == 0 ? made : sizes[file - 1];
        if (piece->bytes > limit || piece->source > limit - piece->bytes) {
            return -EBADMSG;
        }
        piece->file = (int32_t)file - 1;
        at += piece->bytes;
    }
    movie->piece_count = count;
    return at + movie->head_bytes == movie->size ? 0 : -EBADMSG;
}

/* Samples lie among what was made. */
static int read_painted(struct lct_reader *r, struct lct_movie *movie, size_t count, size_t made) {
    for (size_t i = 0; i < count; i++) {
        struct lct_movie_painted painted;
        const uint8_t *key = lct_get(r, sizeof painted.key);
        painted.source = lct_get_u64(r);
        painted.count = lct_get_u32(r);
        if (!key || painted.source > made || painted.count > lct_left(r) / SAMPLE_BYTES) {
            return -EBADMSG;
        }
        memcpy(painted.key, key, sizeof painted.key);
        painted.samples = malloc((painted.count + 1) * sizeof *painted.samples);
        if (!painted.samples) {
            return -ENOMEM;
        }
        uint64_t end = painted.source;
        for (uint32_t k = 0; k < painted.count; k++) {
            painted.samples[k] = lct_get_u32(r);
            end += painted.samples[k] & ~LCT_MOVIE_PAINTED_KEY;
        }
        int rc = lct_movie_note_painted(movie, &painted);
        if (rc < 0 || end > made) {
            return rc ? rc : -EBADMSG;
        }
    }
    return 0;
}

static uint8_t *copy_bytes(struct lct_reader *r, size_t n) {
    const uint8_t *from = lct_get(r, n);
    uint8_t *to = from ? malloc(n + 1) : NULL;
    return to ? memcpy(to, from, n) : NULL;
}

static int parse(struct lct_reader *r, const char *data, struct lct_movie *movie,
                 uint64_t **ret_sizes) {
    movie->size = lct_get_u64(r);
    movie->head_bytes = lct_get_u32(r);
    size_t pieces = lct_get_u32(r), files = lct_get_u32(r), made = lct_get_u32(r);
    size_t painted = lct_get_u32(r);
    /* Each takes so many bytes of what there is: no count is believed before. */
    if (pieces > lct_left(r) / PIECE_BYTES || files > lct_left(r) / FILE_BYTES) {
        return -EBADMSG;
    }
    movie->files = calloc(files + 1, sizeof *movie->files);
    movie->pieces = calloc(pieces + 1, sizeof *movie->pieces);
    *ret_sizes = calloc(files + 1, sizeof **ret_sizes);
    if (!movie->files || !movie->pieces || !*ret_sizes) {
        return -ENOMEM;
    }
    int rc = read_files(r, movie, files, data, *ret_sizes);
    rc = rc ? rc : read_pieces(r, movie, pieces, made, *ret_sizes);
    rc = rc ? rc : read_painted(r, movie, painted, made);
    if (rc < 0) {
        return rc;
    }
    movie->head = copy_bytes(r, movie->head_bytes);
    movie->made = copy_bytes(r, made);
    movie->made_bytes = movie->made_room = made;
    return movie->head && movie->made && lct_left(r) == SUM_BYTES ? 0 : -EBADMSG;
}

static int parse_whole(const uint8_t *bytes, size_t n, const char *data,
                       struct lct_movie **ret_movie, uint64_t **ret_sizes) {
    struct lct_reader r = lct_reader(bytes, n);
    const uint8_t *magic = lct_get(&r, MAGIC_BYTES);
    if (!magic || memcmp(magic, MAGIC, MAGIC_BYTES) != 0 || n < FIXED_BYTES + SUM_BYTES) {
        return -EBADMSG;
    }
    struct lct_movie *movie = lct_new(sizeof *movie);
    uint64_t *sizes = NULL;
    lct_ref_init(&movie->ref);
    int rc = parse(&r, data, movie, &sizes);
    if (rc == 0 && lct_get_u32(&r) != lct_crc32c(0, bytes, n - SUM_BYTES)) {
        rc = -EBADMSG;
    }
    if (rc < 0) {
        lct_movie_close(movie);
        free(sizes);
        return rc;
    }
    *ret_movie = movie;
    *ret_sizes = sizes;
    return 0;
}

int lct_movie_parse(const uint8_t *bytes, size_t n, const char *data,
                    struct lct_movie **ret_movie) {
    uint64_t *sizes = NULL;
    int rc = parse_whole(bytes, n, data, ret_movie, &sizes);
    free(sizes);
    return rc;
}

int lct_movie_load(const char *path, const char *data, struct lct_movie **ret_movie) {
    LCT_FREE char *bytes = NULL;
    LCT_FREE uint64_t *sizes = NULL;
    struct lct_movie *movie = NULL;
    size_t n;
    int rc = lct_io_slurp(path, LCT_MOVIE_FILE_MAX, &bytes, &n);
    rc = rc ? rc : parse_whole((const uint8_t *)bytes, n, data, &movie, &sizes);
    for (size_t i = 0; rc == 0 && i < movie->file_count; i++) {
        rc = bytes_of(movie->files[i]) >= sizes[i] ? 0 : -ESTALE;
    }
    if (rc < 0) {
        lct_movie_close(movie);
        return rc;
    }
    *ret_movie = movie;
    return 0;
}
