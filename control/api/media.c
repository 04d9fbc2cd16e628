// SPDX-License-Identifier: GPL-3.0-or-later
/* A lesson or a microlesson as one MP4, muxed while it is sent; of a lesson that still runs, what
 * is saved so far. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/cut/movie.h"
#include "archive/cut/movies.h"
#include "archive/lesson/lesson.h"
#include "archive/library/clip.h"
#include "archive/library/metadata.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/api/api.h"
#include "control/api/handlers.h"
#include "stream/http/http_source.h"

#define TRACKS_MAX 16

static ssize_t read_movie(void *movie, uint64_t offset, void *bytes, size_t n) {
    return lct_movie_read(movie, offset, bytes, n);
}

static void close_movie(void *movie) { lct_movie_close(movie); }

/* The names asked for, in order; more than there can be tracks is refused. */
static int wanted_tracks(const struct lct_http_request *request, const char *names[TRACKS_MAX],
                         size_t *ret_n, struct lct_fault *fault) {
    size_t n = 0;
    const char *name;
    while ((name = lct_http_query(request, "track", n))) {
        if (n == TRACKS_MAX || !*name) {
            return lct_fault_set(fault, -EINVAL, "api", "\"track\" must name up to %d tracks.",
                                 "“track”最多可指定 %d 条轨道。", TRACKS_MAX);
        }
        names[n++] = name;
    }
    *ret_n = n;
    return 0;
}

/* Of an ended lesson the bytes never change; of a running one the size tells versions apart. */
static void make_tag(char *out, size_t size, const char *id, uint64_t bytes,
                     const char *const *names, size_t n) {
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum = lct_crc32c(sum, names[i], strlen(names[i]) + 1);
    }
    sum = lct_crc32c(sum, id, strlen(id));
    (void)snprintf(out, size, "\"%llx-%08x\"", (unsigned long long)bytes, (unsigned)sum);
}

/* "Title.mp4" without what file systems do not take; given: the title while people gave none. */
static char *file_name(const char *folder, const char *id, const char *given) {
    LCT_JSON json_t *metadata = NULL;
    struct lct_fault unused;
    const char *title = lct_metadata_load(folder, &metadata, &unused) == 0
                            ? lct_json_text(metadata, "title", given)
                            : given;
    char *name = lct_format("%s.mp4", *title ? title : id);
    lct_text_file_name(name);
    return name;
}

static char *lesson_name(const char *folder, const char *id) {
    struct lct_lesson_info info;
    struct lct_fault unused;
    bool read = lct_lesson_load(folder, &info, &unused) == 0;
    return file_name(folder, id, read ? info.title : "");
}

void lct_api_get_media(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    const char *names[TRACKS_MAX];
    size_t n = 0;
    LCT_FREE char *folder = NULL;
    struct lct_movie *movie = NULL;
    struct lct_fault fault;
    if (wanted_tracks(request, names, &n, &fault) < 0 ||
        lct_recordings_folder(api->recordings, id, &folder, &fault) < 0 ||
        lct_movies_open(api->movies, folder, names, n, &movie, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    LCT_FREE char *name = lesson_name(folder, id);
    struct lct_http_source source = {.type = "video/mp4",
                                     .size = lct_movie_size(movie),
                                     .file_name = name,
                                     .read = read_movie,
                                     .close = close_movie,
                                     .opaque = movie};
    make_tag(source.tag, sizeof source.tag, id, source.size, names, n);
    lct_http_answer_source(request, &source);
}

/* ---- a microlesson: catalogue loop ---- */

/* A request that waits for what must be made. */
struct waiting {
    struct lct_api *api;
    struct lct_http_request *request;
    unsigned version;
};

static char *clip_folder(const struct lct_api *api, const struct lct_http_request *request) {
    return lct_format("%s/clips/%s", api->data, lct_http_value(request, 0));
}

/* False: there is none (any more) that fits its lessons. */
static bool answer_kept(const struct lct_api *api, struct lct_http_request *request,
                        unsigned version) {
    const char *id = lct_http_value(request, 0);
    LCT_FREE char *folder = clip_folder(api, request);
    LCT_FREE char *path = lct_format("%s/%04u.movie", folder, version);
    struct lct_movie *movie;
    if (lct_movies_load(api->movies, path, api->data, &movie) < 0) {
        return false;
    }
    LCT_FREE char *name = file_name(folder, id, "");
    struct lct_http_source source = {.type = "video/mp4",
                                     .size = lct_movie_size(movie),
                                     .file_name = name,
                                     .read = read_movie,
                                     .close = close_movie,
                                     .opaque = movie};
    (void)snprintf(source.tag, sizeof source.tag, "\"%llx-%u\"", (unsigned long long)source.size,
                   version);
    lct_http_answer_source(request, &source);
    return true;
}

static void on_made(void *arg, const struct lct_fault *fault) {
    struct waiting *waiting = arg;
    struct lct_fault gone;
    bool answered = !fault && answer_kept(waiting->api, waiting->request, waiting->version);
    if (fault && fault->code == -ETIMEDOUT) { /* it goes on all the same */
        lct_http_add_header(waiting->request, "Retry-After", "1");
        lct_http_answer_fault(waiting->request, 503, fault);
    } else if (!answered) {
        (void)lct_fault_set(&gone, -EBUSY, "api", "The lessons changed meanwhile. Try again.",
                            "课程内容刚刚发生变化，请重试。");
        lct_api_answer_fault(waiting->request, fault ? fault : &gone);
    }
    free(waiting);
}

static json_t *heads_order(const char *id, unsigned version) {
    return json_pack("{s:s, s:s, s:i}", "kind", "heads", "item", id, "version", (int)version);
}

/* What is shown with cards, or two pictures in one, is exported instead. */
void lct_api_prepare_clip(struct lct_api *api, const char *id, unsigned version,
                          const struct lct_clip *clip) {
    if (!lct_clip_is_made(clip)) {
        lct_workers_prepare(api->workers, heads_order(id, version));
    }
}

void lct_api_get_clip_media(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    LCT_FREE char *folder = clip_folder(api, request);
    LCT_JSON json_t *clip = NULL;
    struct lct_fault fault;
    unsigned version;
    int rc = lct_clip_is_id(id) ? lct_clip_newest(folder, &clip, &version) : -ENOENT;
    if (rc < 0) {
        (void)lct_fault_set(&fault, rc == -EINVAL ? -EBADMSG : rc, "api",
                            "There is no microlesson %s, or it is damaged.",
                            "没有微课 %s，或其文件已损坏。", id);
        lct_api_answer_fault(request, &fault);
    } else if (!answer_kept(api, request, version)) {
        struct waiting *waiting = lct_new(sizeof *waiting);
        *waiting = (struct waiting){api, request, version};
        lct_workers_quick(api->workers, heads_order(id, version), on_made, waiting);
    }
}
