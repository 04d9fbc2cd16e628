// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/item.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson/deleted.h"
#include "archive/lesson/lesson.h"
#include "archive/library/clip.h"
#include "archive/library/metadata.h"
#include "archive/library/plain.h"
#include "archive/library/slides.h"
#include "archive/library/subtitle.h"
#include "base/digest.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

LCT_LOG_TOPIC("item");

/* What is read out of files in another way than before has another number. */
#define READ_AS 3

bool lct_item_is_clip(const char *id) { return lct_clip_is_id(id); }

char *lct_item_folder(const char *data, const char *id) {
    return lct_format("%s/%s/%s", data, lct_item_is_clip(id) ? "clips" : "lessons", id);
}

const char *lct_passage_word(enum lct_passage_kind kind) {
    static const char *const words[] = {"title", "metadata", "chapter",
                                        "mark",  "slide",    "subtitle"};
    return words[kind];
}

uint64_t lct_item_as_of(const char *data, const char *id, bool recording) {
    static const char *const names[] = {"",
                                        "/lesson.json",
                                        "/metadata.json",
                                        "/marks.jsonl",
                                        "/chapters.json",
                                        "/text.jsonl",
                                        "/subtitles"};
    LCT_FREE char *folder = lct_item_folder(data, id);
    int64_t seen[3 * sizeof names / sizeof *names + 2] = {READ_AS, recording};
    size_t n = 2;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++, n += 3) {
        struct stat info;
        LCT_FREE char *path = lct_format("%s%s", folder, names[i]);
        /* A lesson's folder changes with each reel; a clip's with its versions. */
        bool counts = (i > 0 || lct_item_is_clip(id)) && stat(path, &info) == 0;
        seen[n] = counts ? info.st_mtim.tv_sec : 0;
        seen[n + 1] = counts ? info.st_mtim.tv_nsec : 0;
        seen[n + 2] = counts ? info.st_size : 0;
    }
    uint8_t sum[LCT_DIGEST_SIZE];
    uint64_t as_of;
    lct_sha256(seen, n * sizeof *seen, sum);
    memcpy(&as_of, sum, sizeof as_of);
    return as_of ? as_of : 1;
}

/* ---- texts ---- */

/* With a picture, when there is one: at that time of its lesson. */
static void add(struct lct_passages *passages, enum lct_passage_kind kind, lct_ns time, lct_ns to,
                lct_ns picture, const char *text) {
    char line[LCT_PASSAGE_BYTES_MAX + 1];
    LCT_FREE char *plain = lct_plain(text, false); /* ends of lines are blanks then */
    if (!*plain || passages->n == LCT_PASSAGES_MAX) {
        return;
    }
    lct_text_copy(line, sizeof line, plain); /* cut off between two characters */
    if (passages->n == passages->room) {
        passages->room = passages->room ? 2 * passages->room : 16;
        struct lct_passage *list = lct_new(passages->room * sizeof *list);
        if (passages->n > 0) {
            memcpy(list, passages->list, passages->n * sizeof *list);
        }
        free(passages->list);
        passages->list = list;
    }
    passages->list[passages->n++] =
        (struct lct_passage){kind, time, to, picture, NULL, lct_strdup(line)};
}

static void free_passages(struct lct_passages *passages) {
    for (size_t i = 0; i < passages->n; i++) {
        free(passages->list[i].text);
    }
    free(passages->list);
    *passages = (struct lct_passages){.n = 0};
}

static void add_chapters(struct lct_passages *passages, const json_t *chapters) {
    size_t i;
    json_t *chapter;
    json_array_foreach(chapters, i, chapter) {
        lct_ns time = lct_json_int(chapter, "time_ns", -1);
        if (time >= 0) {
            add(passages, LCT_PASSAGE_CHAPTER, time, time,
                lct_json_int(chapter, "picture_ns", time), lct_json_text(chapter, "title", ""));
        }
    }
}

static void add_marks(struct lct_passages *passages, const char *folder) {
    struct lct_mark *marks;
    size_t n = lct_lesson_marks(folder, &marks);
    for (size_t i = 0; i < n; i++) {
        add(passages, LCT_PASSAGE_MARK, marks[i].time, marks[i].time, LCT_NS_NONE, marks[i].label);
    }
    free(marks);
}

static void add_slides(struct lct_passages *passages, const char *folder) {
    LCT_JSON json_t *slides = lct_slides_load(folder);
    size_t i;
    json_t *slide;
    json_array_foreach(slides, i, slide) {
        lct_ns time = lct_json_int(slide, "time_ns", 0);
        add(passages, LCT_PASSAGE_SLIDE, time, lct_json_int(slide, "to_ns", 0),
            lct_json_int(slide, "picture_ns", time), lct_json_text(slide, "text", ""));
    }
}

static void add_subtitles(struct lct_passages *passages, const char *folder) {
    LCT_JSON json_t *langs = lct_subtitle_langs(folder);
    size_t i;
    json_t *lang;
    json_array_foreach(langs, i, lang) {
        struct lct_subtitle subtitle = {.count = 0};
        struct lct_fault fault;
        if (lct_subtitle_load(folder, json_string_value(lang), &subtitle, &fault) < 0) {
            lct_warn("subtitles are left out", "why=%s", fault.en);
        }
        for (size_t k = 0; k < subtitle.count; k++) {
            const struct lct_cue *cue = &subtitle.cues[k];
            add(passages, LCT_PASSAGE_SUBTITLE, cue->from, cue->to, LCT_NS_NONE, cue->text);
        }
        lct_subtitle_free(&subtitle);
    }
}

/* What stands in a lesson, with its times. */
static void read_lesson_texts(const char *folder, struct lct_passages *passages) {
    LCT_FREE char *path = lct_format("%s/chapters.json", folder);
    LCT_JSON json_t *chapters = NULL;
    struct lct_fault unused;
    if (lct_json_load(path, LCT_ITEM_FILE_MAX, &chapters, &unused) == 0) {
        add_chapters(passages, json_object_get(chapters, "chapters"));
    }
    add_marks(passages, folder);
    add_slides(passages, folder);
    add_subtitles(passages, folder);
}

static void add_metadata(struct lct_passages *passages, const json_t *metadata, const char *title) {
    static const char *const shown[] = {"description", "stage",   "subject", "grade", "edition",
                                        "volume",      "chapter", "type",    "school"};
    static const char *const lists[] = {"points", "teachers"};
    size_t k;
    json_t *item;
    add(passages, LCT_PASSAGE_TITLE, LCT_NS_NONE, LCT_NS_NONE, LCT_NS_NONE, title);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        add(passages, LCT_PASSAGE_METADATA, LCT_NS_NONE, LCT_NS_NONE, LCT_NS_NONE,
            lct_json_text(metadata, shown[i], ""));
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        json_array_foreach(json_object_get(metadata, lists[i]), k, item) {
            add(passages, LCT_PASSAGE_METADATA, LCT_NS_NONE, LCT_NS_NONE, LCT_NS_NONE,
                json_string_value(item));
        }
    }
}

/* ---- what a card shows ---- */

static json_t *metadata_of(const char *folder) {
    json_t *metadata;
    struct lct_fault fault;
    if (lct_metadata_load(folder, &metadata, &fault) < 0) {
        lct_warn("metadata is left out", "why=%s", fault.en);
        return json_object();
    }
    return metadata;
}

static json_t *summarize(const char *id, const json_t *metadata, const char *title, lct_ns duration,
                         const char *created, json_t *cover) {
    static const char *const terms[] = {"stage",  "subject", "grade", "edition",
                                        "volume", "type",    "school"};
    const json_t *teachers = json_object_get(metadata, "teachers");
    json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s?, s:o?}", "id", id, "kind",
                             lct_item_is_clip(id) ? "clip" : "lesson", "title", title,
                             "duration_ns", (json_int_t)duration, "created", created, "state",
                             lct_json_text(metadata, "state", "draft"), "trashed",
                             lct_json_text(metadata, "trashed", NULL), "cover", cover);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        json_object_set_new(json, terms[i], json_string(lct_json_text(metadata, terms[i], "")));
    }
    json_object_set_new(json, "teachers", teachers ? json_deep_copy(teachers) : json_array());
    return json;
}

/* The picture that says most: the screen's, else the first. NULL: sound alone. */
static const char *picture_of(const struct lct_lesson_info *info) {
    const char *first = NULL;
    for (size_t i = 0; i < info->track_count; i++) {
        const struct lct_lesson_track *track = &info->tracks[i];
        if (strcmp(track->kind, "screen") == 0) {
            return track->name;
        }
        first = !first && strcmp(track->kind, "sound") != 0 ? track->name : first;
    }
    return first;
}

/* Owned; NULL: there is no picture. */
static json_t *cover_of(const json_t *metadata, const char *lesson,
                        const struct lct_lesson_info *info, lct_ns time) {
    const json_t *chosen = json_object_get(metadata, "cover");
    const char *track = chosen ? lct_json_text(chosen, "track", "") : picture_of(info);
    return track ? json_pack("{s:s, s:s, s:I}", "lesson",
                             chosen ? lct_json_text(chosen, "lesson", lesson) : lesson, "track",
                             track, "time_ns",
                             (json_int_t)(chosen ? lct_json_int(chosen, "time_ns", 0) : time))
                 : NULL;
}

static int read_lesson(const char *folder, const char *id, bool recording, struct lct_item *item) {
    struct lct_lesson_info info;
    struct lct_lesson_media media = {.duration = 0};
    struct lct_fault fault;
    char created[32];
    int rc = lct_lesson_load(folder, &info, &fault);
    if (rc < 0) {
        return rc;
    }
    LCT_JSON json_t *metadata = metadata_of(folder);
    LCT_FREE char *own = lct_plain(info.title, false);
    const char *title = lct_json_text(metadata, "title", own);
    if (info.state == LCT_LESSON_ENDED) {
        media.duration = info.end;
    } else if (!recording) { /* interrupted: what its tapes hold */
        lct_lesson_media(folder, &info, &media);
        free(media.gaps);
    }
    lct_wall_format(info.zero_wall, created, sizeof created);
    item->summary = summarize(id, metadata, title, media.duration, created,
                              cover_of(metadata, id, &info, media.duration / 3));
    add_metadata(&item->passages, metadata, title);
    read_lesson_texts(folder, &item->passages);
    return item->summary ? 0 : -EINVAL;
}

/* ---- clips ---- */

/* What stands in the range of a lesson (id borrowed), at its place in the clip. */
static void add_range(struct lct_passages *into, const struct lct_passages *lesson, const char *id,
                      lct_ns from, lct_ns to, lct_ns at) {
    for (size_t i = 0; i < lesson->n; i++) {
        const struct lct_passage *p = &lesson->list[i];
        bool begins = p->time >= from && p->time < to;
        bool reaches = p->time < from && p->to > from;
        if (begins || reaches) {
            lct_ns end = p->to < to ? p->to : to;
            size_t before = into->n;
            add(into, p->kind, at + (begins ? p->time - from : 0), at + end - from, p->picture,
                p->text);
            if (into->n > before) {
                into->list[before].lesson = id;
            }
        }
    }
}

struct clip {
    const char *data;
    struct lct_passages *passages;
    json_t *sources;
    struct lct_passages *texts; /* of each source, read once: pieces may go to and fro */
    lct_ns duration;
    size_t own; /* passages of its own, the first */
};

/* Its place among the sources, of which it is one from now on, its texts read. */
static size_t source_of(struct clip *clip, const char *lesson) {
    size_t n = json_array_size(clip->sources);
    for (size_t i = n; i > 0; i--) { /* that of the piece before mostly */
        if (strcmp(json_string_value(json_array_get(clip->sources, i - 1)), lesson) == 0) {
            return i - 1;
        }
    }
    LCT_FREE char *folder = lct_item_folder(clip->data, lesson);
    json_array_append_new(clip->sources, json_string(lesson));
    read_lesson_texts(folder, &clip->texts[n]);
    return n;
}

/* The clip's own chapters that begin in the piece are shown by its lesson. */
static void find_pictures(struct clip *clip, const char *lesson, lct_ns from, lct_ns to) {
    for (size_t i = 0; i < clip->own; i++) {
        struct lct_passage *p = &clip->passages->list[i];
        if (p->kind == LCT_PASSAGE_CHAPTER && p->time >= clip->duration &&
            p->time - clip->duration < to - from) {
            p->picture = from + p->time - clip->duration;
            p->lesson = lesson;
        }
    }
}

static void add_piece(struct clip *clip, const json_t *piece) {
    const char *lesson = lct_json_text(piece, "lesson", "");
    lct_ns from = lct_json_int(piece, "from_ns", -1), to = lct_json_int(piece, "to_ns", -1);
    if (!lct_lesson_is_id(lesson) || from < 0 || to <= from) {
        return;
    }
    size_t source = source_of(clip, lesson);
    const char *id = json_string_value(json_array_get(clip->sources, source));
    find_pictures(clip, id, from, to);
    add_range(clip->passages, &clip->texts[source], id, from, to, clip->duration);
    clip->duration += to - from;
}

static json_t *cover_of_clip(const char *data, const json_t *metadata, const json_t *first) {
    struct lct_lesson_info info = {.track_count = 0};
    const char *lesson = lct_json_text(first, "lesson", "");
    LCT_FREE char *folder = lct_item_folder(data, lesson);
    struct lct_fault unused;
    const char *main = lct_json_text(json_object_get(first, "picture"), "main", NULL);
    lct_ns from = lct_json_int(first, "from_ns", 0), to = lct_json_int(first, "to_ns", 0);
    if (!lct_lesson_is_id(lesson) || lct_lesson_load(folder, &info, &unused) < 0) {
        return NULL;
    }
    for (size_t i = 0; main && i < info.track_count; i++) {
        if (strcmp(info.tracks[i].name, main) == 0) {
            info.tracks[0] = info.tracks[i];
            info.track_count = 1;
        }
    }
    return cover_of(metadata, lesson, &info, from + (to - from) / 3);
}

static int read_clip(const char *data, const char *folder, const char *id, struct lct_item *item) {
    LCT_JSON json_t *edl = NULL;
    unsigned version;
    size_t i;
    json_t *piece;
    int rc = lct_clip_newest(folder, &edl, &version);
    if (rc < 0) {
        return rc;
    }
    const json_t *pieces = json_object_get(edl, "pieces");
    LCT_JSON json_t *metadata = metadata_of(folder);
    const char *title = lct_json_text(metadata, "title", "");
    struct clip clip = {.data = data,
                        .passages = &item->passages,
                        .sources = json_array(),
                        .texts = lct_new((json_array_size(pieces) + 1) * sizeof *clip.texts)};
    add_metadata(&item->passages, metadata, title);
    add_chapters(&item->passages, json_object_get(edl, "chapters"));
    add_subtitles(&item->passages, folder); /* its own; those of its lessons are found with them */
    clip.own = item->passages.n;
    json_array_foreach(pieces, i, piece) { add_piece(&clip, piece); }
    for (i = 0; i < json_array_size(clip.sources); i++) {
        free_passages(&clip.texts[i]);
    }
    free(clip.texts);
    item->sources = clip.sources;
    item->summary = summarize(id, metadata, title, clip.duration,
                              lct_json_text(metadata, "created", "1970-01-01T00:00:00.000Z"),
                              cover_of_clip(data, metadata, json_array_get(pieces, 0)));
    return item->summary ? 0 : -EINVAL;
}

int lct_item_read(const char *data, const char *id, bool recording, struct lct_item *ret_item) {
    LCT_FREE char *folder = lct_item_folder(data, id);
    struct lct_item item = {.summary = NULL};
    if (!lct_lesson_is_id(id)) {
        return -ENOENT;
    }
    int rc = lct_item_is_clip(id) ? read_clip(data, folder, id, &item)
                                  : read_lesson(folder, id, recording, &item);
    if (rc < 0) {
        lct_item_free(&item);
        return rc;
    }
    *ret_item = item;
    return 0;
}

int lct_item_delete(const char *data, const char *id) {
    LCT_FREE char *from = lct_format("%s/%s", data, lct_item_is_clip(id) ? "clips" : "lessons");
    return lct_lesson_is_id(id) ? lct_deleted_put(&lct_io_system, from, id) : -ENOENT;
}

void lct_item_free(struct lct_item *item) {
    json_decref(item->summary);
    json_decref(item->sources);
    free_passages(&item->passages);
    *item = (struct lct_item){.summary = NULL};
}
