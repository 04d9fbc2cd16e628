// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/cut/movies.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/cut/movie_file.h"
#include "archive/cut/movie_priv.h"
#include "base/mem.h"

/* How a file or folder was found; all zero: it was not. */
struct look {
    uint64_t place, size;
    lct_ns changed;
};

/* What a movie was made of: where it begins (a lesson's folder with its lesson.json, or a file),
 * and of each reel the folder, the bytes and the index. */
struct looks {
    struct look *list; /* owned */
    size_t n;
};

struct place {
    char *key;               /* owned; NULL: empty */
    struct lct_movie *movie; /* one reference */
    struct looks looks;
    lct_ns used;
};

struct lct_movies {
    /* fixed after create */
    size_t bytes;
    lct_ns quiet;
    lct_clock_fn clock;
    pthread_mutex_t lock;
    /* guarded by lock */
    struct place places[LCT_MOVIES_MAX];
};

/* ---- files ---- */

static struct look look_at(const char *path) {
    struct stat s;
    if (stat(path, &s) < 0) {
        return (struct look){0};
    }
    return (struct look){(uint64_t)s.st_ino, (uint64_t)s.st_size,
                         s.st_ctim.tv_sec * LCT_SECOND + s.st_ctim.tv_nsec};
}

static struct looks look_around(const char *path, const struct lct_movie *movie) {
    struct looks looks = {.list = lct_new((2 + 3 * movie->file_count) * sizeof *looks.list)};
    LCT_FREE char *lesson = lct_format("%s/lesson.json", path);
    looks.list[looks.n++] = look_at(path);
    looks.list[looks.n++] = look_at(lesson);
    for (size_t i = 0; i < movie->file_count; i++) {
        const char *reel = movie->files[i];
        LCT_FREE char *folder = lct_format("%.*s", (int)(strrchr(reel, '/') - reel), reel);
        LCT_FREE char *index = lct_format("%.*s.index", (int)(strrchr(reel, '.') - reel), reel);
        looks.list[looks.n++] = look_at(reel);
        looks.list[looks.n++] = look_at(folder);
        looks.list[looks.n++] = look_at(index);
    }
    return looks;
}

static bool are_alike(const struct looks *one, const struct looks *other) {
    return one->n == other->n && memcmp(one->list, other->list, one->n * sizeof *one->list) == 0;
}

static bool all_before(const struct looks *looks, lct_ns wall) {
    size_t i = 0;
    while (i < looks->n && looks->list[i].changed < wall) {
        i++;
    }
    return i == looks->n;
}

/* ---- places ---- */

/* Empties it; what it held is to be closed. */
static struct place take_out(struct place *place) {
    struct place was = *place;
    *place = (struct place){.key = NULL};
    return was;
}

static void let_go(struct place *was) {
    free(was->key);
    free(was->looks.list);
    lct_movie_close(was->movie);
}

struct lct_movies *lct_movies_create(size_t bytes, lct_ns quiet, lct_clock_fn clock) {
    struct lct_movies *movies = lct_new(sizeof *movies);
    movies->bytes = bytes;
    movies->quiet = quiet;
    movies->clock = clock;
    pthread_mutex_init(&movies->lock, NULL);
    return movies;
}

void lct_movies_destroy(struct lct_movies *movies) {
    for (size_t i = 0; movies && i < LCT_MOVIES_MAX; i++) {
        let_go(&movies->places[i]);
    }
    if (movies) {
        pthread_mutex_destroy(&movies->lock);
    }
    free(movies);
}

/* The movie of that key, shared, and a copy of how its files were; NULL: it is not kept. */
static struct lct_movie *find(struct lct_movies *movies, const char *key, struct looks *ret_looks) {
    struct lct_movie *found = NULL;
    pthread_mutex_lock(&movies->lock);
    for (size_t i = 0; i < LCT_MOVIES_MAX && !found; i++) {
        struct place *place = &movies->places[i];
        if (place->key && strcmp(place->key, key) == 0) {
            size_t bytes = place->looks.n * sizeof *place->looks.list;
            ret_looks->n = place->looks.n;
            ret_looks->list = memcpy(lct_new(bytes), place->looks.list, bytes);
            place->used = movies->clock();
            found = lct_movie_share(place->movie);
        }
    }
    pthread_mutex_unlock(&movies->lock);
    return found;
}

/* The movie of that key, shared, when its files are as they were. */
static struct lct_movie *find_good(struct lct_movies *movies, const char *key, const char *path) {
    struct looks then = {NULL, 0};
    struct lct_movie *movie = find(movies, key, &then);
    if (!movie) {
        return NULL;
    }
    struct looks now = look_around(path, movie);
    bool good = are_alike(&then, &now);
    free(then.list);
    free(now.list);
    if (!good) {
        lct_movie_close(movie); /* keep puts another in its place */
        return NULL;
    }
    return movie;
}

static size_t bytes_kept_locked(const struct lct_movies *movies) {
    size_t bytes = 0;
    for (size_t i = 0; i < LCT_MOVIES_MAX; i++) {
        bytes += movies->places[i].key ? lct_movie_memory(movies->places[i].movie) : 0;
    }
    return bytes;
}

/* The place of that key; else an empty one; else that of the movie nobody asked for the longest. */
static struct place *place_for_locked(struct lct_movies *movies, const char *key) {
    struct place *best = &movies->places[0];
    for (size_t i = 0; i < LCT_MOVIES_MAX; i++) {
        struct place *place = &movies->places[i];
        if (place->key && strcmp(place->key, key) == 0) {
            return place;
        }
        if (best->key && (!place->key || place->used < best->used)) {
            best = place;
        }
    }
    return best;
}

/* The one that nobody asked for the longest; NULL: none is kept. */
static struct place *oldest_locked(struct lct_movies *movies) {
    struct place *oldest = NULL;
    for (size_t i = 0; i < LCT_MOVIES_MAX; i++) {
        struct place *place = &movies->places[i];
        if (place->key && (!oldest || place->used < oldest->used)) {
            oldest = place;
        }
    }
    return oldest;
}

/* Shares movie, opened when the wall clock showed opened, with who asks next; takes looks. */
static void keep(struct lct_movies *movies, const char *key, struct lct_movie *movie,
                 struct looks looks, lct_ns opened) {
    struct place gone[LCT_MOVIES_MAX + 1];
    size_t n = 0, bytes = lct_movie_memory(movie);
    bool fits = bytes <= movies->bytes && all_before(&looks, opened - movies->quiet);
    pthread_mutex_lock(&movies->lock);
    struct place *place = place_for_locked(movies, key);
    if (fits || (place->key && strcmp(place->key, key) == 0)) {
        gone[n++] = take_out(place);
    }
    while (fits && bytes_kept_locked(movies) > movies->bytes - bytes) {
        gone[n++] = take_out(oldest_locked(movies));
    }
    if (fits) {
        *place = (struct place){lct_strdup(key), lct_movie_share(movie), looks, movies->clock()};
    }
    pthread_mutex_unlock(&movies->lock);
    while (n > 0) {
        let_go(&gone[--n]);
    }
    if (!fits) {
        free(looks.list);
    }
}

/* ---- opening ---- */

int lct_movies_open(struct lct_movies *movies, const char *folder, const char *const *names,
                    size_t count, struct lct_movie **ret_movie, struct lct_fault *fault) {
    LCT_FREE char *key = lct_strdup(folder);
    for (size_t i = 0; i < count; i++) {
        char *longer = lct_format("%s\n%s", key, names[i]);
        free(key);
        key = longer;
    }
    struct lct_movie *kept = find_good(movies, key, folder);
    if (kept) {
        *ret_movie = kept;
        return 0;
    }
    lct_ns opened = lct_wall();
    int rc = lct_movie_open(folder, names, count, ret_movie, fault);
    if (rc == 0) {
        keep(movies, key, *ret_movie, look_around(folder, *ret_movie), opened);
    }
    return rc;
}

int lct_movies_load(struct lct_movies *movies, const char *path, const char *data,
                    struct lct_movie **ret_movie) {
    struct lct_movie *kept = find_good(movies, path, path);
    if (kept) {
        *ret_movie = kept;
        return 0;
    }
    lct_ns opened = lct_wall();
    int rc = lct_movie_load(path, data, ret_movie);
    if (rc == 0) {
        keep(movies, path, *ret_movie, look_around(path, *ret_movie), opened);
    }
    return rc;
}

void lct_movies_tidy(struct lct_movies *movies) {
    struct place gone[LCT_MOVIES_MAX];
    size_t n = 0;
    lct_ns now = movies->clock();
    pthread_mutex_lock(&movies->lock);
    for (size_t i = 0; i < LCT_MOVIES_MAX; i++) {
        if (movies->places[i].key && movies->places[i].used < now - LCT_MOVIES_IDLE) {
            gone[n++] = take_out(&movies->places[i]);
        }
    }
    pthread_mutex_unlock(&movies->lock);
    while (n > 0) {
        let_go(&gone[--n]);
    }
}

size_t lct_movies_count(struct lct_movies *movies) {
    size_t n = 0;
    pthread_mutex_lock(&movies->lock);
    for (size_t i = 0; i < LCT_MOVIES_MAX; i++) {
        n += movies->places[i].key != NULL;
    }
    pthread_mutex_unlock(&movies->lock);
    return n;
}
