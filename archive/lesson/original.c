// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/original.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson/lesson.h"
#include "archive/tape/index.h"
#include "archive/tape/reel.h"
#include "archive/tape/reels.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"

/* The part of a reel that changes when it is finished (docs/formats/tape.md). */
#define FLIP_AT 32U
#define FLIP_BYTES 16U

#define THUMB_ROW 28U

#define NONE SIZE_MAX /* no place in the list */

enum role { INIT, REEL, INDEX, THUMBS, THUMB_ROWS, MARKS, LESSON };

/* A file of the lesson. */
struct file {
    char name[LCT_REPLICA_NAME_SIZE];
    enum role role;
    uint64_t target; /* bytes that may be sent now */
    uint64_t have;   /* bytes that the server has, those under way included */
    bool is_final;   /* nothing will be appended here any more */
    bool cut;        /* what the server has is wrong: the next piece cuts it off */
    bool flipped;    /* REEL: the 16 bytes were sent as they are at last */
    bool checked;
    bool seen;        /* by the last look */
    bool lost;        /* its reel came to nothing: where it is not here, it shall not be there */
    int unread;       /* why the disk did not give it, -errno: not asked again until take */
    uint64_t rows_of; /* INDEX: bytes of the reel whose rows have been sent */
    size_t before;    /* REEL, INDEX: the index of the track's reel before; NONE: it is the first */
};

struct lct_original {
    char *folder;
    const struct lct_io *io;
    struct lct_lesson_info info;
    struct file *files; /* a reel's three, a track's thumbnails' two stand together */
    size_t n, room;
    size_t turn;                      /* the file that may go next: all have their turn */
    struct file *checking;            /* of the last CHECK */
    char *said;                       /* lesson.json as it was sent last; NULL: not yet */
    json_t *there;                    /* names of files that the server had, as it said */
    char gone[LCT_REPLICA_NAME_SIZE]; /* of one that it is told to remove */
    uint8_t bytes[LCT_ORIGINAL_PIECE];
};

struct lct_original *lct_original_open(const char *folder) {
    struct lct_original *o = lct_new(sizeof *o);
    o->folder = lct_strdup(folder);
    o->io = &lct_io_system;
    o->there = json_object();
    return o;
}

void lct_original_close(struct lct_original *original) {
    if (original) {
        free(original->folder);
        free(original->files);
        free(original->said);
        json_decref(original->there);
        free(original);
    }
}

bool lct_original_has_ended(const struct lct_original *original) {
    return original->info.state == LCT_LESSON_ENDED;
}

/* ---- the files ---- */

static struct file *find(const struct lct_original *o, const char *name) {
    for (size_t i = 0; i < o->n; i++) {
        if (strcmp(o->files[i].name, name) == 0) {
            return &o->files[i];
        }
    }
    return NULL;
}

static struct file *find_or_add(struct lct_original *o, const char *name, enum role role) {
    struct file *file = find(o, name);
    if (file) {
        file->seen = true;
        return file;
    }
    if (o->n == o->room) {
        o->room = o->room ? 2 * o->room : 32;
        struct file *bigger = lct_new(o->room * sizeof *bigger);
        if (o->n > 0) {
            memcpy(bigger, o->files, o->n * sizeof *bigger);
        }
        free(o->files);
        o->files = bigger;
    }
    file = &o->files[o->n++];
    *file = (struct file){.role = role, .seen = true, .before = NONE};
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    return file;
}

/* A file of a reel: its three follow one another in the list. */
static struct file *reel_file(struct lct_original *o, const char *track, uint32_t number,
                              const char *what, enum role role) {
    char name[LCT_REPLICA_NAME_SIZE];
    (void)snprintf(name, sizeof name, "%s/%04u%s", track, number, what);
    return find_or_add(o, name, role);
}

static uint64_t size_of(const struct lct_original *o, const char *name) {
    struct stat info;
    LCT_FREE char *path = lct_format("%s/%s", o->folder, name);
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
}

static int open_here(const struct lct_original *o, const char *name) {
    LCT_FREE char *path = lct_format("%s/%s", o->folder, name);
    return o->io->open(o->io, path, O_RDONLY | O_NONBLOCK, 0);
}

static int read_here(const struct lct_original *o, const char *name, void *bytes, size_t n,
                     uint64_t offset) {
    int fd = open_here(o, name);
    if (fd < 0) {
        return fd;
    }
    int rc = lct_io_read_all(o->io, fd, bytes, n, (off_t)offset);
    (void)o->io->close(o->io, fd); /* only read */
    return rc;
}

static bool is_finished(const struct lct_original *o, const char *reel) {
    uint8_t type[4];
    return read_here(o, reel, type, sizeof type, FLIP_AT + 4) == 0 && memcmp(type, "mdat", 4) == 0;
}

/* Where the chunk of the row at a place ends; 0: damaged. */
static uint64_t end_of_row(const struct lct_original *o, int fd, uint64_t place) {
    uint8_t bytes[LCT_INDEX_ROW_BYTES];
    struct lct_index_row row;
    off_t at = (off_t)(LCT_INDEX_HEAD_BYTES + place * LCT_INDEX_ROW_BYTES);
    bool fine = lct_io_read_all(o->io, fd, bytes, sizeof bytes, at) == 0 &&
                lct_index_read_row(bytes, &row) == 0;
    return fine ? row.offset + row.n : 0;
}

/* How many of the first rows are of chunks within so many bytes of the reel, and where the last of
 * these ends. By halves: chunks lie in order, and a damaged row only costs some rows until later.
 */
static uint64_t rows_within(const struct lct_original *o, const char *index, uint64_t rows,
                            uint64_t bytes, uint64_t *ret_end) {
    uint64_t low = 0, high = rows, end = 0;
    int fd = open_here(o, index);
    while (fd >= 0 && low < high) {
        uint64_t middle = low + (high - low) / 2;
        uint64_t at = end_of_row(o, fd, middle);
        if (at > 0 && at <= bytes) {
            low = middle + 1;
            end = at;
        } else {
            high = middle;
        }
    }
    if (fd >= 0) {
        (void)o->io->close(o->io, fd); /* only read */
    }
    *ret_end = end;
    return low;
}

static uint64_t rows_in(uint64_t index_bytes) {
    return index_bytes > LCT_INDEX_HEAD_BYTES
               ? (index_bytes - LCT_INDEX_HEAD_BYTES) / LCT_INDEX_ROW_BYTES
               : 0;
}

/* Is what the server has no longer the beginning of what is here? Then all of it is sent anew. */
static void set_target(struct file *file, uint64_t target, uint64_t size, bool is_final) {
    file->target = target;
    file->is_final = is_final;
    if (file->have > size) {
        file->have = 0;
        file->rows_of = 0;
        file->cut = true;
        file->checked = false;
    }
}

/* Puts a reel's files into the list; before: the index of the one before it. The place of its
 * index.
 */
static size_t list_reel(struct lct_original *o, const char *track, uint32_t number, size_t before) {
    (void)reel_file(o, track, number, ".init.mp4", INIT);
    reel_file(o, track, number, ".mp4", REEL)->before = before;
    struct file *index = reel_file(o, track, number, ".index", INDEX);
    index->before = before;
    return (size_t)(index - o->files);
}

/* Is nothing appended to it any more? A lost reel has rows of nothing, and is never finished. Comes
 * before its sizes are looked at. */
static bool is_complete(const struct lct_original *o, const char *reel) {
    return lct_original_has_ended(o) || is_finished(o, reel);
}

static void look_at_reel(struct lct_original *o, size_t place) {
    struct file *index = &o->files[place], *reel = index - 1, *init = index - 2;
    uint64_t bytes = size_of(o, init->name), end = 0;
    set_target(init, bytes, bytes, true);
    if (init->checked && reel->checked && index->checked) {
        return;
    }
    bool final = is_complete(o, reel->name);
    uint64_t rows = size_of(o, index->name), size = size_of(o, reel->name);
    uint64_t whole = rows_within(o, index->name, rows_in(rows), size, &end);
    uint64_t with_chunks = whole > 0 ? LCT_INDEX_HEAD_BYTES + whole * LCT_INDEX_ROW_BYTES : 0;
    set_target(index, final ? rows : with_chunks, rows, final);
    set_target(reel, final ? size : end, size, final);
    init->lost = reel->lost =
        rows == LCT_INDEX_HEAD_BYTES && size == 0; /* recover.c buries it so */
}

/* The last reel first: what is appended meanwhile to one before it comes before its rows all the
 * same. */
static void look_at_reels(struct lct_original *o, const char *track) {
    LCT_FREE char *path = lct_format("%s/%s", o->folder, track);
    LCT_FREE uint32_t *numbers = NULL;
    size_t n = lct_reels_numbers(path, &numbers), place = NONE;
    for (size_t i = 0; i < n; i++) {
        place = list_reel(o, track, numbers[i], place);
    }
    for (; place != NONE; place = o->files[place].before) {
        look_at_reel(o, place);
    }
}

/* Reels that were removed after they were looked at, before their first row: the copy shall not
 * have them either. Where it has rows of one, it may be all that is left of it. */
static void look_at_lost(struct lct_original *o) {
    for (size_t i = 0; i + 2 < o->n; i++) {
        struct file *init = &o->files[i];
        if (init->role == INIT && !init->seen && init[1].have == 0 && init[2].have == 0) {
            init->lost = true;
            for (size_t k = 0; k < 3; k++) {
                set_target(&init[k], 0, 0, true);
            }
        }
    }
}

/* Rows first, so that each is of a picture that is there. */
static void look_at_thumbs(struct lct_original *o, const char *track) {
    char pictures[LCT_REPLICA_NAME_SIZE], rows[LCT_REPLICA_NAME_SIZE];
    bool ended = lct_original_has_ended(o);
    (void)snprintf(pictures, sizeof pictures, "%s/thumbs.mjpg", track);
    (void)snprintf(rows, sizeof rows, "%s/thumbs.index", track);
    uint64_t n = size_of(o, rows), size = size_of(o, pictures);
    if (n > 0) {
        set_target(find_or_add(o, pictures, THUMBS), size, size, ended);
        set_target(find_or_add(o, rows, THUMB_ROWS), ended ? n : n - n % THUMB_ROW, n, ended);
    }
}

static void look_at_marks(struct lct_original *o) {
    uint64_t size = size_of(o, "marks.jsonl");
    if (size > 0) {
        set_target(find_or_add(o, "marks.jsonl", MARKS), size, size, lct_original_has_ended(o));
    }
}

int lct_original_look(struct lct_original *original) {
    struct lct_original *o = original;
    struct lct_fault unused;
    int rc = lct_lesson_load(o->folder, &o->info, &unused);
    if (rc < 0) {
        return rc;
    }
    if (lct_original_has_ended(o) && lct_lesson_is_locked(o->folder)) {
        o->info.state = LCT_LESSON_RECORDING; /* its last files are just being written */
    }
    for (size_t i = 0; i < o->n; i++) {
        o->files[i].seen = false;
    }
    for (size_t i = 0; i < o->info.track_count; i++) {
        look_at_reels(o, o->info.tracks[i].name);
        look_at_thumbs(o, o->info.tracks[i].name);
    }
    look_at_marks(o);
    look_at_lost(o);
    return 0;
}

void lct_original_take(struct lct_original *original, const json_t *have) {
    struct lct_original *o = original;
    const json_t *files = json_object_get(have, "files");
    o->checking = NULL;
    free(o->said);
    o->said = NULL;
    json_decref(o->there);
    o->there = json_object();
    json_object_update(o->there, (json_t *)(uintptr_t)files);
    for (size_t i = 0; i < o->n; i++) {
        const json_t *file = json_object_get(files, o->files[i].name);
        o->files[i].have = (uint64_t)lct_json_int(file, "bytes", 0);
        o->files[i].checked = lct_json_flag(file, "checked", false);
        o->files[i].cut = o->files[i].flipped = false;
        o->files[i].unread = 0;
        o->files[i].rows_of = 0;
        set_target(&o->files[i], o->files[i].target, size_of(o, o->files[i].name),
                   o->files[i].is_final);
    }
}

uint64_t lct_original_left(const struct lct_original *original) {
    uint64_t left = 0;
    for (size_t i = 0; i < original->n; i++) {
        const struct file *file = &original->files[i];
        left += file->target > file->have ? file->target - file->have : 0;
    }
    return left;
}

/* ---- steps ---- */

/* What of an index may go: rows whose chunks went before. */
static uint64_t index_limit(struct lct_original *o, struct file *index) {
    const struct file *reel = index - 1; /* added just before it */
    uint64_t end;
    bool run_over = reel->have >= reel->target || reel->have - index->rows_of >= LCT_ORIGINAL_RUN;
    if (reel->is_final && reel->have >= reel->target) {
        return index->target;
    }
    if (!run_over || reel->have < FLIP_AT + FLIP_BYTES) {
        return index->have;
    }
    index->rows_of = reel->have;
    uint64_t rows = rows_within(o, index->name, rows_in(index->target), reel->have, &end);
    uint64_t limit = LCT_INDEX_HEAD_BYTES + rows * LCT_INDEX_ROW_BYTES;
    return limit < index->target ? limit : index->target;
}

/* Until the end a reel is copied as one that is being written. */
static void unflip(const struct file *file, uint8_t *bytes, size_t n) {
    static const uint8_t open[FLIP_BYTES] = {0, 0, 0, FLIP_BYTES, 'f', 'r', 'e', 'e'};
    for (size_t i = 0; i < FLIP_BYTES; i++) {
        uint64_t at = FLIP_AT + i;
        if (at >= file->have && at < file->have + n) {
            bytes[at - file->have] = open[i];
        }
    }
}

/* It is here no more, so it shall not be there either. */
static int send_removal(struct lct_original *o, struct file *file, struct lct_original_step *step) {
    step->piece = (struct lct_replica_piece){.name = file->name, .whole = true, .bytes = o->bytes};
    file->cut = false;
    return LCT_ORIGINAL_BYTES;
}

static int send_bytes(struct lct_original *o, struct file *file, uint64_t limit,
                      struct lct_original_step *step) {
    uint64_t left = limit - file->have;
    size_t n = left < sizeof o->bytes ? (size_t)left : sizeof o->bytes;
    int rc = read_here(o, file->name, o->bytes, n, file->have);
    if (rc == -ENOENT && file->lost) {
        file->have = file->target = 0;
        return send_removal(o, file, step);
    }
    if (rc < 0) {
        return rc;
    }
    if (file->role == REEL) {
        unflip(file, o->bytes, n);
    }
    step->piece = (struct lct_replica_piece){
        .name = file->name, .offset = file->have, .cut = file->cut, .bytes = o->bytes, .n = n};
    file->have += n;
    file->cut = false;
    file->checked = false;
    return LCT_ORIGINAL_BYTES;
}

static int send_flip(struct lct_original *o, struct file *reel, struct lct_original_step *step) {
    int rc = read_here(o, reel->name, o->bytes, FLIP_BYTES, FLIP_AT);
    if (rc < 0) {
        return rc;
    }
    step->piece = (struct lct_replica_piece){
        .name = reel->name, .offset = FLIP_AT, .bytes = o->bytes, .n = FLIP_BYTES};
    reel->flipped = true;
    o->turn--; /* compared next: a line that breaks again and again gets on all the same */
    return LCT_ORIGINAL_BYTES;
}

static int compare(struct lct_original *o, struct file *file, struct lct_original_step *step) {
    struct lct_digest *digest = lct_digest_create();
    uint64_t bytes = size_of(o, file->name);
    int fd = open_here(o, file->name);
    int rc = fd < 0 ? fd : 0;
    for (uint64_t at = 0; rc == 0 && at < bytes;) {
        size_t n = bytes - at < sizeof o->bytes ? (size_t)(bytes - at) : sizeof o->bytes;
        rc = lct_io_read_all(o->io, fd, o->bytes, n, (off_t)at);
        lct_digest_add(digest, o->bytes, n);
        at += n;
    }
    if (fd >= 0) {
        (void)o->io->close(o->io, fd); /* only read */
    }
    lct_digest_end(digest, step->sum);
    if (rc == -ENOENT && file->have == 0) { /* one that is known to be lost */
        file->checked = true;
        return LCT_ORIGINAL_NOTHING;
    }
    if (rc < 0) {
        return rc;
    }
    o->checking = file;
    step->piece = (struct lct_replica_piece){.name = file->name};
    step->bytes = bytes;
    return LCT_ORIGINAL_CHECK;
}

void lct_original_checked(struct lct_original *original, bool same) {
    struct file *file = original->checking;
    if (!file) {
        return;
    }
    original->checking = NULL;
    file->checked = same;
    if (!same && file->role == LESSON) {
        free(original->said);
        original->said = NULL;
    } else if (!same) {
        file->have = 0;
        file->rows_of = 0;
        file->cut = true;
        file->flipped = false;
    }
}

/* The copy is at each moment the beginning of its lesson: a player that reads it would not see what
 * came later into a hole. Only what the disk does not give holds up nothing. */
static bool waits(const struct lct_original *o, const struct file *file) {
    bool first = (file->role != REEL && file->role != INDEX) || file->before == NONE;
    const struct file *index = first ? NULL : &o->files[file->before];
    return index && index->have < index->target && !index->unread && !index[-1].unread;
}

/* What a file gives now: a kind, NOTHING (0) or -errno. */
static int step_of(struct lct_original *o, struct file *file, struct lct_original_step *step) {
    if (file->unread < 0 || waits(o, file)) {
        return file->unread;
    }
    uint64_t limit = file->role == INDEX ? index_limit(o, file) : file->target;
    if (file->role == LESSON || (file->role == THUMB_ROWS && file[-1].have < file[-1].target)) {
        return LCT_ORIGINAL_NOTHING;
    }
    if (file->have < limit || file->cut) {
        return send_bytes(o, file, limit, step);
    }
    if (!file->is_final || file->checked || file->have < file->target) {
        return LCT_ORIGINAL_NOTHING;
    }
    bool index_waits = file->role == REEL && file[1].have < file[1].target;
    if (index_waits) {
        return LCT_ORIGINAL_NOTHING;
    }
    if (file->role == REEL && !file->flipped && file->target >= FLIP_AT + FLIP_BYTES) {
        return send_flip(o, file, step);
    }
    return compare(o, file, step);
}

/* The text that the copy's lesson.json has until everything else is there. */
static char *interim(const struct lct_original *o, size_t *ret_n) {
    struct lct_lesson_info info = o->info;
    info.state = LCT_LESSON_RECORDING;
    info.end = 0;
    return lct_lesson_text(&info, ret_n);
}

static int say_lesson(struct lct_original *o, char *text, size_t n,
                      struct lct_original_step *step) {
    if (n > sizeof o->bytes) {
        free(text);
        return -EFBIG;
    }
    memcpy(o->bytes, text, n);
    free(o->said);
    o->said = text;
    step->piece =
        (struct lct_replica_piece){.name = "lesson.json", .whole = true, .bytes = o->bytes, .n = n};
    return LCT_ORIGINAL_BYTES;
}

static bool all_checked(const struct lct_original *o) {
    bool all = true;
    for (size_t i = 0; i < o->n && all; i++) {
        all = o->files[i].role == LESSON || (o->files[i].is_final && o->files[i].checked);
    }
    return all;
}

/* Is it the init of a reel that is not here, and of which the server has nothing else? */
static bool came_to_nothing(const struct lct_original *o, const char *name) {
    static const char what[] = ".init.mp4";
    size_t n = strlen(name), track = n > sizeof what ? n - (sizeof what - 1) : 0;
    LCT_FREE char *reel = lct_format("%.*s.mp4", (int)track, name);
    LCT_FREE char *index = lct_format("%.*s.index", (int)track, name);
    return track > 0 && strcmp(name + track, what) == 0 && !find(o, name) &&
           !json_object_get(o->there, reel) && !json_object_get(o->there, index);
}

/* What the server had of a reel that was removed here before this program began anew. */
static int drop_one(struct lct_original *o, struct lct_original_step *step) {
    const char *name;
    json_t *unused;
    json_object_foreach(o->there, name, unused) {
        if (came_to_nothing(o, name)) {
            lct_text_copy(o->gone, sizeof o->gone, name);
            json_object_del(o->there, o->gone);
            step->piece =
                (struct lct_replica_piece){.name = o->gone, .whole = true, .bytes = o->bytes};
            return LCT_ORIGINAL_BYTES;
        }
    }
    return LCT_ORIGINAL_NOTHING;
}

/* All files are there and the lesson has ended: so says its lesson.json now, as it is here. */
static int end_lesson(struct lct_original *o, struct lct_original_step *step) {
    LCT_FREE char *path = lct_format("%s/lesson.json", o->folder);
    char *text = NULL;
    size_t n;
    struct file *lesson = find_or_add(o, "lesson.json", LESSON);
    int rc = lct_io_slurp(path, LCT_ORIGINAL_PIECE, &text, &n);
    if (rc < 0) {
        return rc;
    }
    if (!o->said || strcmp(o->said, text) != 0) {
        lesson->checked = false;
        return say_lesson(o, text, n, step);
    }
    free(text);
    return lesson->checked ? LCT_ORIGINAL_DONE : compare(o, lesson, step);
}

int lct_original_next(struct lct_original *original, struct lct_original_step *ret_step) {
    struct lct_original *o = original;
    *ret_step = (struct lct_original_step){.bytes = 0};
    if (lct_original_has_ended(o) && all_checked(o)) {
        int kind = drop_one(o, ret_step);
        return kind == LCT_ORIGINAL_NOTHING ? end_lesson(o, ret_step) : kind;
    }
    size_t n;
    char *text = interim(o, &n);
    if (!o->said || strcmp(o->said, text) != 0) {
        return say_lesson(o, text, n, ret_step);
    }
    free(text);
    int error = 0;
    for (size_t i = 0; i < o->n; i++) {
        struct file *file = &o->files[o->turn++ % o->n];
        int kind = step_of(o, file, ret_step);
        if (kind > LCT_ORIGINAL_NOTHING) {
            return kind;
        }
        file->unread = kind;
        error = error ? error : kind;
    }
    return error; /* NOTHING is 0 */
}
