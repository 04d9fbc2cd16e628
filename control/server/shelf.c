// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/shelf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct tape {
    struct lct_follow *follow; /* NULL: nobody asked for it yet */
    char name[LCT_TRACK_NAME_SIZE];
    lct_ns read;
    bool ended; /* when it was read the lesson had ended */
};

struct book {
    char id[LCT_LESSON_ID_SIZE];
    struct lct_lesson_info info;
    lct_ns read, used;
    struct tape tapes[LCT_TAPE_TRACKS_MAX];
};

/* Which lesson is a room's newest. */
struct newest {
    char room[40]; /* as lct_lesson_info has it */
    char id[LCT_LESSON_ID_SIZE];
    lct_ns read; /* 0: an empty place */
};

struct lct_shelf {
    struct lct_recordings *recordings;
    struct book *books[LCT_SHELF_LESSONS];
    struct newest newest[LCT_SHELF_LESSONS];
};

struct lct_shelf *lct_shelf_create(struct lct_recordings *recordings) {
    struct lct_shelf *shelf = lct_new(sizeof *shelf);
    shelf->recordings = recordings;
    return shelf;
}

static void put_away(struct book **book) {
    for (size_t i = 0; *book && i < LCT_TAPE_TRACKS_MAX; i++) {
        lct_follow_destroy((*book)->tapes[i].follow);
    }
    free(*book);
    *book = NULL;
}

void lct_shelf_destroy(struct lct_shelf *shelf) {
    for (size_t i = 0; shelf && i < LCT_SHELF_LESSONS; i++) {
        put_away(&shelf->books[i]);
    }
    free(shelf);
}

static bool is_fresh(lct_ns read) { return read > lct_monotonic() - LCT_SHELF_FRESH; }

/* The lesson's place, or one for it: an empty one, or that of the lesson nobody asked for the
 * longest. */
static struct book **place_of(struct lct_shelf *shelf, const char *id) {
    struct book **oldest = &shelf->books[0];
    for (size_t i = 0; i < LCT_SHELF_LESSONS; i++) {
        struct book **place = &shelf->books[i];
        if (*place && strcmp((*place)->id, id) == 0) {
            return place;
        }
        if (*oldest && (!*place || (*place)->used < (*oldest)->used)) {
            oldest = place;
        }
    }
    put_away(oldest);
    return oldest;
}

/* Takes the lesson from the shelf, or puts it there. */
static int take(struct lct_shelf *shelf, const char *id, struct book **ret_book,
                struct lct_fault *fault) {
    LCT_FREE char *folder = NULL;
    struct lct_lesson_info info;
    int rc = lct_recordings_folder(shelf->recordings, id, &folder, fault);
    if (rc < 0) {
        return rc;
    }
    struct book **place = place_of(shelf, id);
    if (!*place || !is_fresh((*place)->read)) {
        lct_ns now = lct_monotonic();
        rc = lct_lesson_load(folder, &info, fault);
        if (rc < 0) {
            return rc;
        }
        if (!*place) {
            *place = lct_new(sizeof **place);
            (void)snprintf((*place)->id, sizeof(*place)->id, "%s", id);
        }
        (*place)->info = info;
        (*place)->read = now;
    }
    (*place)->used = lct_monotonic();
    *ret_book = *place;
    return 0;
}

int lct_shelf_lesson(struct lct_shelf *shelf, const char *id,
                     const struct lct_lesson_info **ret_info, struct lct_fault *fault) {
    struct book *book;
    int rc = take(shelf, id, &book, fault);
    if (rc == 0) {
        *ret_info = &book->info;
    }
    return rc;
}

/* The place of the track in lesson.json; track_count: there is none. */
static size_t place_of_track(const struct lct_lesson_info *info, const char *name) {
    size_t i = 0;
    while (i < info->track_count && strcmp(info->tracks[i].name, name) != 0) {
        i++;
    }
    return i;
}

static struct tape *find_tape(struct book *book, size_t place, const char *folder) {
    struct tape *tape = &book->tapes[place];
    const char *name = book->info.tracks[place].name;
    if (strcmp(tape->name, name) != 0) { /* none yet, or that of another lesson.json */
        LCT_FREE char *path = lct_format("%s/%s", folder, name);
        lct_follow_destroy(tape->follow);
        *tape = (struct tape){.follow = lct_follow_create(path), .read = LCT_NS_NONE};
        memcpy(tape->name, name, sizeof tape->name);
    }
    return tape;
}

static int read_on(struct tape *tape, const struct lct_lesson_info *info) {
    bool ended = info->state == LCT_LESSON_ENDED;
    lct_ns now = lct_monotonic();
    if (is_fresh(tape->read) && tape->ended == ended) {
        return 0;
    }
    int rc = lct_follow_update(tape->follow, ended, info->end);
    tape->read = rc == 0 ? now : LCT_NS_NONE;
    tape->ended = ended;
    return rc;
}

int lct_shelf_tape(struct lct_shelf *shelf, const char *id, const char *track,
                   const struct lct_lesson_info **ret_info, const struct lct_follow **ret_tape,
                   struct lct_fault *fault) {
    struct book *book;
    LCT_FREE char *folder = NULL;
    int rc = take(shelf, id, &book, fault);
    rc = rc ? rc : lct_recordings_folder(shelf->recordings, id, &folder, fault);
    if (rc < 0) {
        return rc;
    }
    size_t place = place_of_track(&book->info, track);
    if (place == book->info.track_count) {
        return lct_fault_set(fault, -ENOENT, "shelf", "This recording has no track %s.",
                             "此录像没有轨道 %s。", track);
    }
    struct tape *tape = find_tape(book, place, folder);
    rc = read_on(tape, &book->info);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "shelf", "No memory to read track %s.",
                             "内存不足，无法读取轨道 %s。", track);
    }
    *ret_info = &book->info;
    *ret_tape = tape->follow;
    return 0;
}

/* The id of a lesson holds its room's (lct_lesson_new), so that few of very many are read. */
static int find_newest(struct lct_shelf *shelf, const char *room, char ret_id[LCT_LESSON_ID_SIZE],
                       struct lct_fault *fault) {
    LCT_FREE char *part = lct_format("-%s-", room);
    LCT_JSON json_t *ids = NULL;
    json_t *one;
    size_t i;
    int rc = lct_recordings_ids(shelf->recordings, NULL, &ids, fault);
    if (rc < 0) {
        return rc;
    }
    json_array_foreach(ids, i, one) {
        const char *id = json_string_value(one);
        const struct lct_lesson_info *info;
        struct lct_fault unused;
        if (strstr(id, part) && lct_shelf_lesson(shelf, id, &info, &unused) == 0 &&
            strcmp(info->room, room) == 0) {
            (void)snprintf(ret_id, LCT_LESSON_ID_SIZE, "%s", id);
            return 0;
        }
    }
    return lct_fault_set(fault, -ENOENT, "shelf", "There is no lesson of a room %s yet.",
                         "还没有教室 %s 的课程。", room);
}

int lct_shelf_newest(struct lct_shelf *shelf, const char *room, char ret_id[LCT_LESSON_ID_SIZE],
                     struct lct_fault *fault) {
    struct newest *place = &shelf->newest[0];
    for (size_t i = 0; i < LCT_SHELF_LESSONS; i++) {
        struct newest *one = &shelf->newest[i];
        if (one->read > 0 && strcmp(one->room, room) == 0) {
            place = one;
            break;
        }
        place = one->read < place->read ? one : place;
    }
    bool known = place->read > 0 && strcmp(place->room, room) == 0;
    if (!known || lct_monotonic() - place->read >= LCT_SHELF_NEWEST_FRESH) {
        struct newest found = {.read = lct_monotonic()};
        int rc = find_newest(shelf, room, found.id, fault);
        if (rc < 0) {
            place->read = known ? 0 : place->read;
            return rc;
        }
        (void)snprintf(found.room, sizeof found.room, "%s", room);
        *place = found;
    }
    memcpy(ret_id, place->id, LCT_LESSON_ID_SIZE);
    return 0;
}
