// SPDX-License-Identifier: GPL-3.0-or-later
/* Jobs "export": a lesson or a microlesson as a file, by a preset (control/worker/presets.h); and
 * "heads": what of a microlesson must be made so that it can be muxed while it is sent; and
 * "draft": the same of what an editor holds, before it is saved. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/cut/cut.h"
#include "archive/cut/movie_file.h"
#include "archive/cut/produce.h"
#include "archive/lesson/lesson.h"
#include "archive/library/clip.h"
#include "archive/library/item.h"
#include "archive/library/subtitle.h"
#include "archive/tape/guard.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/programs.h"
#include "control/worker/presets.h"
#include "control/worker/worker_job.h"
#include "control/worker/worker_jobs.h"
#include "encode/press.h"

LCT_LOG_TOPIC("worker");

/* Movies whose heads are taken, and bytes of them in memory: those of versions before and of
 * drafts. */
#define EARLIER_MAX 256
#define EARLIER_BYTES (512U << 20)

/* What an editor holds, control/api/edits.c. */
#define EDIT_BYTES_MAX (4U << 20)

/* A head ends with the next key frame: those of imported films are 10 s apart at most
 * (encode/foreign.c). What lies behind need not be read to paint it. */
#define HEAD_MAX (12 * LCT_SECOND)

/* Of all work so much is making what the lessons do not have, encoding then, and the rest decoding
 * once what was made. */
#define MAKING_PART 0.3
#define ENCODING_PART 0.6

/* What was painted before. */
struct earlier {
    struct lct_movie *list[EARLIER_MAX]; /* owned */
    size_t count, bytes;
};

/* What is exported: the movie of a lesson, or of a clip. */
struct source {
    struct lct_produce *produce; /* NULL: of a lesson */
    struct lct_movie *whole;     /* NULL: of a clip */
    const struct lct_movie *movie;
    char *folder; /* of what was made for it; owned, removed at the end; NULL: none */
    struct earlier earlier;
};

/* What was made of one clip, so that another may be. */
static void close_made(struct source *source) {
    lct_produce_close(source->produce);
    if (source->folder) {
        (void)lct_io_remove_folder(source->folder); /* it goes with the job at the latest */
    }
    free(source->folder);
    source->produce = NULL;
    source->movie = NULL;
    source->folder = NULL;
}

static void close_source(struct source *source) {
    close_made(source);
    lct_movie_close(source->whole);
    for (size_t i = 0; i < source->earlier.count; i++) {
        lct_movie_close(source->earlier.list[i]);
    }
}

/* ---- what was painted before ---- */

static int is_kept_movie(const struct dirent *entry) {
    size_t n = strlen(entry->d_name);
    return n > 6 && strcmp(entry->d_name + n - 6, ".movie") == 0;
}

/* What cannot be read, or is of lessons that are gone, is painted anew; so is what there is no room
 * for. */
static void load_movie(const struct lct_worker_job *job, const char *path,
                       struct earlier *earlier) {
    if (earlier->count == EARLIER_MAX || earlier->bytes >= EARLIER_BYTES) {
        return;
    }
    struct lct_movie **movie = &earlier->list[earlier->count];
    int rc = lct_movie_load(path, job->data, movie);
    if (rc < 0) {
        lct_warn("heads are painted anew", "path=%s why=%s", path, strerror(-rc));
        return;
    }
    earlier->bytes += lct_movie_memory(*movie);
    earlier->count++;
}

/* All movies of a folder, the newest versions first. */
static void load_earlier(const struct lct_worker_job *job, const char *folder,
                         struct earlier *earlier) {
    struct dirent **entries;
    int n = scandir(folder, &entries, is_kept_movie, alphasort);
    for (int i = n - 1; i >= 0; i--) {
        LCT_FREE char *path = lct_format("%s/%s", folder, entries[i]->d_name);
        load_movie(job, path, earlier);
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
}

/* What was painted for the drafts of a clip's lessons: it may come out of one of them. */
static void load_drafts(const struct lct_worker_job *job, const struct lct_clip *clip,
                        struct earlier *earlier) {
    for (size_t i = 0; i < clip->piece_count; i++) {
        const char *lesson = clip->pieces[i].lesson;
        size_t k = 0;
        while (k < i && strcmp(clip->pieces[k].lesson, lesson) != 0) {
            k++;
        }
        if (k == i) {
            LCT_FREE char *folder = lct_format("%s/edits/%s", job->data, lesson);
            load_earlier(job, folder, earlier);
        }
    }
}

/* ---- what is kept ---- */

/* The version of a clip that is asked for, or its newest. */
static int read_clip(const struct lct_worker_job *job, struct lct_clip *ret_clip,
                     struct lct_fault *fault) {
    const char *id = lct_json_text(job->order, "item", "");
    LCT_FREE char *folder = lct_item_folder(job->data, id);
    LCT_JSON json_t *json = NULL;
    unsigned version = (unsigned)lct_json_int(job->order, "version", 0);
    int rc = version ? lct_clip_version(folder, version, &json)
                     : lct_clip_newest(folder, &json, &version);
    return rc < 0 ? lct_fault_set(fault, rc, "export", "The microlesson %s cannot be read.",
                                  "无法读取微课 %s。", id)
                  : lct_clip_read(json, ret_clip, fault);
}

/* How a clip is shown. */
struct shown {
    bool one;  /* with one picture; else tracks are kept as they are, the sound that is named or all
                */
    bool made; /* with what must be made: two pictures in one, cards, logo, captions */
    /* the one where the clip leaves it to who watches and its lesson has it; "": the screen, or
     * else the first of that lesson */
    char picture[LCT_TRACK_NAME_SIZE];
    char sound[LCT_TRACK_NAME_SIZE]; /* the one; "": all */
};

/* What is drawn over all pictures, and how loud it is to be. */
struct drawn {
    const char *logo;             /* NULL: none; the job's */
    struct lct_subtitle captions; /* what it holds is owned */
    bool captioned;
    double loudness; /* LUFS; 0: as it is */
};

static bool is_asked(const struct lct_worker_job *job) {
    return lct_json_flag(job->order, "logo", false) || *lct_json_text(job->order, "captions", "");
}

static double loudness_asked(const struct lct_worker_job *job) {
    const json_t *preset = json_object_get(job->order, "preset");
    return (double)lct_json_int(json_object_get(preset, "sound"), "lufs", 0);
}

/* A sound alone has nothing to draw on. */
static int find_drawn(const struct lct_worker_job *job, const struct lct_clip *clip,
                      const struct shown *shown, struct drawn *drawn, struct lct_fault *fault) {
    const char *lang = lct_json_text(job->order, "captions", "");
    bool wanted = clip->logo || lct_json_flag(job->order, "logo", false), own;
    int rc = 0;
    if (!shown->made) {
        return 0;
    }
    drawn->loudness = loudness_asked(job);
    if (shown->one && wanted) {
        drawn->logo = job->logo;
    }
    if (shown->one && *lang) {
        rc = lct_item_subtitle(job->data, lct_json_text(job->order, "item", ""), lang,
                               &drawn->captions, &own, fault);
        drawn->captioned = rc == 0;
    }
    return rc;
}

/* The first track of the kind in a lesson; name: the one called so. NULL: there is none. */
static const char *track_of(const struct lct_lesson_info *info, bool sound, const char *name) {
    for (size_t i = 0; i < info->track_count; i++) {
        const struct lct_lesson_track *track = &info->tracks[i];
        if ((strcmp(track->kind, "sound") == 0) == sound &&
            (!*name || strcmp(track->name, name) == 0)) {
            return track->name;
        }
    }
    return NULL;
}

/* What a piece borrows. */
struct held {
    char *folder; /* of its lesson, owned */
    char sound[LCT_TRACK_NAME_SIZE];
};

static struct lct_produce_piece piece_of(const struct lct_clip_piece *piece,
                                         const struct lct_lesson_info *info,
                                         const struct shown *shown, struct held *held) {
    struct lct_produce_piece p = {.lesson = held->folder,
                                  .from = piece->from,
                                  .to = piece->to,
                                  .fade_in = piece->fade_in,
                                  .fade_out = piece->fade_out,
                                  .slack = LCT_CLIP_END_SLACK};
    const char *heard = track_of(info, true, "");
    if (*shown->sound && heard && !track_of(info, true, shown->sound)) {
        (void)snprintf(held->sound, sizeof held->sound, "%s", heard);
        p.sound = held->sound;
    }
    if (shown->one && piece->layout != LCT_CLIP_ALL) {
        p.layout = shown->made ? piece->layout : LCT_CLIP_SINGLE;
        p.main = piece->main;
        p.other = shown->made && piece->other[0] ? piece->other : NULL;
    } else if (*shown->picture && track_of(info, false, shown->picture)) {
        p.layout = LCT_CLIP_SINGLE;
        p.main = shown->picture;
    }
    return p;
}

static int lay_pieces(const struct lct_worker_job *job, const struct lct_clip *clip,
                      const struct shown *shown, struct held *held,
                      struct lct_produce_piece *pieces, struct lct_fault *fault) {
    struct lct_lesson_info info;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < clip->piece_count; i++) {
        const struct lct_clip_piece *piece = &clip->pieces[i];
        bool same = i > 0 && strcmp(piece[-1].lesson, piece->lesson) == 0;
        held[i].folder = lct_item_folder(job->data, piece->lesson);
        rc = same ? 0 : lct_lesson_load(held[i].folder, &info, fault);
        if (rc == 0) {
            pieces[i] = piece_of(piece, &info, shown, &held[i]);
        }
    }
    return rc;
}

static void on_made(void *job, unsigned permille) {
    lct_worker_progress(job, MAKING_PART * permille / 1000);
}

/* A card's design by its name in the clip; NULL: it has none, or lectern does not know it. Owned.
 */
static char *design_of(const struct lct_clip_card *card, const struct shown *shown) {
    LCT_FREE char *folder = lct_program_data("cards");
    char *path = shown->made && shown->one && card->template[0] && folder
                     ? lct_format("%s/%s.json", folder, card->template)
                     : NULL;
    return path;
}

static int make_clip(struct lct_worker_job *job, const struct lct_clip *clip,
                     const struct shown *shown, struct source *source, struct lct_fault *fault) {
    struct lct_produce_piece *pieces = lct_new(clip->piece_count * sizeof *pieces);
    struct held *held = lct_new(clip->piece_count * sizeof *held);
    const char *const tracks[] = {shown->sound};
    struct drawn drawn = {.logo = NULL};
    int rc = lct_worker_space(job, 0, fault);
    rc = rc ? rc : find_drawn(job, clip, shown, &drawn, fault);
    LCT_FREE char *opening = design_of(&clip->opening, shown);
    LCT_FREE char *closing = design_of(&clip->closing, shown);
    rc = rc ? rc : lay_pieces(job, clip, shown, held, pieces, fault);
    const struct lct_produce_order order = {
        .pieces = pieces,
        .count = clip->piece_count,
        .tracks = tracks,
        .track_count = *shown->sound != 0,
        .opening = {opening, clip->opening.fields, LCT_CLIP_CARD_LENGTH},
        .closing = {closing, clip->closing.fields, LCT_CLIP_CARD_LENGTH},
        .logo = drawn.logo,
        .captions = drawn.captioned ? &drawn.captions : NULL,
        .loudness = drawn.loudness,
        .one_picture = shown->one,
        .spare = LCT_GUARD_SPARE,
        .earlier = source->earlier.list,
        .earlier_count = source->earlier.count,
    };
    source->folder = lct_format("%s/made", job->folder);
    (void)lct_io_remove_folder(source->folder); /* of a try before */
    int made = rc ? 0 : lct_io_make_folder(source->folder);
    if (made < 0) {
        rc = lct_fault_unwritten(fault, made, "export", source->folder);
    }
    rc = rc ? rc : lct_produce_open(&order, source->folder, &source->produce, fault);
    rc = rc ? rc : lct_produce_make(source->produce, on_made, job, fault);
    source->movie = rc == 0 ? lct_cut_movie(lct_produce_cut(source->produce)) : NULL;
    lct_subtitle_free(&drawn.captions);
    for (size_t i = 0; i < clip->piece_count; i++) {
        free(held[i].folder);
    }
    free(held);
    free(pieces);
    return rc;
}

/* ---- which tracks ---- */

/* The first track of the kind (name: called so) in the lessons of a clip. */
static int find_track(const struct lct_worker_job *job, const struct lct_clip *clip, bool sound,
                      const char *name, char *ret_name, struct lct_fault *fault) {
    for (size_t i = 0; i < clip->piece_count; i++) {
        const char *lesson = clip->pieces[i].lesson;
        struct lct_lesson_info info;
        if (i > 0 && strcmp(clip->pieces[i - 1].lesson, lesson) == 0) {
            continue;
        }
        LCT_FREE char *folder = lct_item_folder(job->data, lesson);
        int rc = lct_lesson_load(folder, &info, fault);
        const char *found = rc == 0 ? track_of(&info, sound, name) : NULL;
        if (rc < 0 || found) {
            (void)snprintf(ret_name, LCT_TRACK_NAME_SIZE, "%s", found ? found : "");
            return rc;
        }
    }
    return *name ? lct_fault_set(fault, -ENOENT, "export", "It has no picture '%s'.",
                                 "其中没有画面轨道“%s”。", name)
                 : lct_fault_set(fault, -ENOENT, "export", "It has no %s%.0s.", "其中没有%.0s%s。",
                                 sound ? "sound" : "picture", sound ? "声音" : "画面");
}

/* Whether something of a clip has one picture: what it says itself, or what is drawn. */
static bool has_one_picture(const struct lct_worker_job *job, const struct lct_clip *clip,
                            bool made) {
    bool drawn = is_asked(job) || lct_clip_cards_length(clip) > 0 || (clip->logo && job->logo);
    bool one = made && drawn;
    for (size_t i = 0; i < clip->piece_count; i++) {
        one = one || clip->pieces[i].layout != LCT_CLIP_ALL;
    }
    return one;
}

/* Which tracks are shown and heard. Of a lesson the picture is the first when none is asked for. */
static int choose(const struct lct_worker_job *job, const struct lct_clip *clip, bool made,
                  struct shown *ret_shown, struct lct_fault *fault) {
    const json_t *preset = json_object_get(job->order, "preset");
    const char *wanted = lct_json_text(job->order, "track", "");
    const char *item = lct_json_text(job->order, "item", ""); /* none: a draft's */
    bool lesson = *item && !lct_item_is_clip(item);
    bool m4a = strcmp(lct_json_text(preset, "container", ""), "m4a") == 0;
    struct shown shown = {.made = made};
    shown.one =
        !m4a && ((preset && !lct_preset_is_copy(preset)) || has_one_picture(job, clip, made));
    int rc = shown.one && (lesson || *wanted)
                 ? find_track(job, clip, false, wanted, shown.picture, fault)
                 : 0;
    if (rc == 0 && (m4a || shown.one)) {
        int heard = find_track(job, clip, true, "", shown.sound, fault);
        rc = m4a ? heard : 0; /* pictures alone are a film, too */
    }
    *ret_shown = shown;
    return rc;
}

/* made: with what must be made for it, beside heads. */
static int open_pieces(struct lct_worker_job *job, const struct lct_clip *clip, bool made,
                       struct source *source, struct lct_fault *fault) {
    struct shown shown;
    int rc = choose(job, clip, made, &shown, fault);
    return rc ? rc : make_clip(job, clip, &shown, source, fault);
}

static int open_clip(struct lct_worker_job *job, bool made, struct source *source,
                     struct lct_fault *fault) {
    struct lct_clip clip = {.pieces = NULL};
    LCT_FREE char *folder = lct_item_folder(job->data, lct_json_text(job->order, "item", ""));
    int rc = read_clip(job, &clip, fault);
    if (rc == 0) {
        load_earlier(job, folder, &source->earlier);
        load_drafts(job, &clip, &source->earlier);
    }
    rc = rc ? rc : open_pieces(job, &clip, made, source, fault);
    lct_clip_free(&clip);
    return rc;
}

/* A lesson to which something is done is a clip of one piece. */
static int open_lesson(struct lct_worker_job *job, struct source *source, struct lct_fault *fault) {
    const char *id = lct_json_text(job->order, "item", "");
    struct lct_clip_piece piece = {.to = LCT_CUT_END};
    const struct lct_clip clip = {.pieces = &piece, .piece_count = 1};
    (void)snprintf(piece.lesson, sizeof piece.lesson, "%s", id);
    if (is_asked(job) || loudness_asked(job) < 0) {
        return open_pieces(job, &clip, true, source, fault);
    }
    LCT_FREE char *folder = lct_item_folder(job->data, id);
    struct shown shown;
    int rc = choose(job, &clip, false, &shown, fault);
    const char *tracks[2];
    size_t n = 0;
    if (*shown.picture) {
        tracks[n++] = shown.picture;
    }
    if (*shown.sound) {
        tracks[n++] = shown.sound;
    }
    rc = rc ? rc : lct_movie_open(folder, tracks, n, &source->whole, fault);
    source->movie = source->whole;
    return rc;
}

static int open_source(struct lct_worker_job *job, struct source *source, struct lct_fault *fault) {
    bool clip = lct_item_is_clip(lct_json_text(job->order, "item", ""));
    return clip ? open_clip(job, true, source, fault) : open_lesson(job, source, fault);
}

/* ---- what is made ---- */

static ssize_t read_movie(void *movie, uint64_t offset, void *bytes, size_t n) {
    return lct_movie_read(movie, offset, bytes, n);
}

static void on_encoded(void *arg, double part) {
    lct_worker_progress(arg, MAKING_PART + ENCODING_PART * part);
}

static void on_checked(void *arg, double part) {
    const double before = MAKING_PART + ENCODING_PART;
    lct_worker_progress(arg, before + (1 - before) * part);
}

/* A clip may have been saved anew since it was asked for, and has its cards. */
static lct_ns length_of(const struct lct_worker_job *job, const struct source *source) {
    return source->produce ? lct_cut_length(lct_produce_cut(source->produce))
                           : lct_json_int(job->order, "duration_ns", 0);
}

static int encode(struct lct_worker_job *job, const struct source *source, const char *path,
                  struct lct_fault *fault) {
    const json_t *preset = json_object_get(job->order, "preset");
    const json_t *picture = json_object_get(preset, "picture");
    struct lct_press_settings settings = {
        .read = read_movie,
        .opaque = (void *)source->movie,
        .size = lct_movie_size(source->movie),
        .progress = on_encoded,
        .arg = job,
        .width = (int)lct_json_int(picture, "width", 0),
        .height = (int)lct_json_int(picture, "height", 0),
        .fps = (int)lct_json_int(picture, "fps", 0),
        .sound_bps = lct_json_int(json_object_get(preset, "sound"), "bps", 0),
    };
    lct_ns length = length_of(job, source);
    settings.picture_bps = lct_preset_picture_bps(preset, length);
    int rc = lct_worker_space(job, (uint64_t)lct_preset_bytes(preset, length), fault);
    return rc ? rc : lct_press_write(&settings, path, fault);
}

/* ---- what it became ---- */

static int differs(struct lct_fault *fault, const char *en, const char *zh) {
    return lct_fault_set(fault, -EIO, "export",
                         "The file that was made does not keep the preset's rules: %s%.0s",
                         "生成的文件不符合预设要求：%.0s%s", en, zh);
}

/* As loud as it could be made (what peaks too high for more is left): it was measured before it was
 * encoded. */
static bool is_loud(const struct source *source, const struct lct_press_seen *seen) {
    double wanted = source->produce ? lct_cut_counts(lct_produce_cut(source->produce)).loudness : 0;
    return wanted >= 0 || (seen->loudness > wanted - 1 && seen->loudness < wanted + 1);
}

static int check_seen(const struct lct_worker_job *job, const struct source *source,
                      const struct lct_press_seen *seen, struct lct_fault *fault) {
    const json_t *preset = json_object_get(job->order, "preset");
    const json_t *picture = json_object_get(preset, "picture");
    int64_t most = lct_json_int(preset, "most_bytes", INT64_MAX);
    int64_t most_s = lct_json_int(preset, "most_s", 0);
    lct_ns length = length_of(job, source);
    lct_ns apart = seen->length > length ? seen->length - length : length - seen->length;
    bool sized = !picture || (seen->width == lct_json_int(picture, "width", 0) &&
                              seen->height == lct_json_int(picture, "height", 0));
    double fps = (double)lct_json_int(picture, "fps", 0);
    return seen->bytes > most ? differs(fault, "it is too large.", "文件过大。")
           : !sized           ? differs(fault, "its size is another.", "画面尺寸不符。")
           : picture && (seen->fps < fps - 0.01 || seen->fps > fps + 0.01)
               ? differs(fault, "its rate is another.", "帧率不符。")
           : most_s > 0 && seen->length > (most_s + 1) * LCT_SECOND
               ? differs(fault, "it is too long.", "时长超限。")
           : !is_loud(source, seen) ? differs(fault, "its loudness is another.", "响度不符。")
           : apart > LCT_SECOND     ? differs(fault, "its length is another.", "时长不符。")
                                    : 0;
}

/* "Title.mp4". */
static char *file_name(const struct lct_worker_job *job, const char *ending) {
    const char *title = lct_json_text(job->order, "title", "");
    char *name =
        lct_format("%s.%s", *title ? title : lct_json_text(job->order, "item", ""), ending);
    lct_text_file_name(name);
    return name;
}

static json_t *notes_of(const struct source *source) {
    json_t *notes = json_array();
    const struct lct_fault *note;
    for (size_t i = 0; source->produce && (note = lct_produce_note(source->produce, i)); i++) {
        (void)json_array_append_new(notes, json_pack("{s:s, s:s}", "en", note->en, "zh", note->zh));
    }
    return notes;
}

int lct_worker_clip(struct lct_worker_job *job, json_t **ret_result, struct lct_fault *fault) {
    const json_t *preset = json_object_get(job->order, "preset");
    const char *ending = lct_json_text(preset, "container", "mp4");
    bool copy = lct_preset_is_copy(preset);
    LCT_FREE char *file = lct_format("out.%s", ending);
    LCT_FREE char *path = lct_format("%s/%s", job->folder, file);
    struct source source = {.produce = NULL};
    struct lct_press_seen seen = {.bytes = 0};
    int rc = open_source(job, &source, fault);
    if (rc == 0 && copy) {
        rc = lct_worker_space(job, lct_movie_size(source.movie), fault);
        rc = rc ? rc : lct_worker_write_movie(source.movie, path, fault);
    } else if (rc == 0) {
        rc = encode(job, &source, path, fault);
    }
    rc = rc ? rc : lct_press_look(path, on_checked, job, &seen, fault);
    rc = rc ? rc : check_seen(job, &source, &seen, fault);
    if (rc == 0) {
        LCT_FREE char *name = file_name(job, ending);
        *ret_result =
            json_pack("{s:s, s:s, s:I, s:I, s:i, s:i, s:f, s:I, s:o}", "file", file, "name", name,
                      "bytes", (json_int_t)seen.bytes, "duration_ns", (json_int_t)seen.length,
                      "width", seen.width, "height", seen.height, "fps", seen.fps, "bits_per_s",
                      (json_int_t)seen.bps, "notes", notes_of(&source));
        if (seen.loudness < 0) {
            json_object_set_new(*ret_result, "loudness", json_real(seen.loudness));
        }
    }
    close_source(&source);
    return rc;
}

/* ---- what is not made at all ---- */

/* Of versions before: nobody asks for them. One that came meanwhile has its own, which stays. */
static void remove_older(const char *folder, unsigned version) {
    struct dirent **entries;
    int n = scandir(folder, &entries, is_kept_movie, alphasort);
    for (int i = 0; i < n; i++) {
        LCT_FREE char *path = lct_format("%s/%s", folder, entries[i]->d_name);
        if (strtoul(entries[i]->d_name, NULL, 10) < version) {
            (void)remove(path); /* then it is in nobody's way */
        }
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
}

/* Adds how many heads of a clip were painted, and taken, to a result. */
static void count_heads(const struct source *source, json_t *result) {
    const struct lct_cut_counts counts = lct_cut_counts(lct_produce_cut(source->produce));
    json_int_t painted = (json_int_t)(counts.heads - counts.heads_taken);
    json_int_t taken = (json_int_t)counts.heads_taken;
    json_object_set_new(result, "painted",
                        json_integer(painted + lct_json_int(result, "painted", 0)));
    json_object_set_new(result, "taken", json_integer(taken + lct_json_int(result, "taken", 0)));
}

static int save_heads(const struct lct_worker_job *job, const struct source *source,
                      const char *path, struct lct_fault *fault) {
    int rc = lct_worker_space(job, lct_movie_memory(source->movie), fault);
    if (rc < 0) {
        return rc;
    }
    rc = lct_movie_save(&lct_io_system, source->movie, job->data, path);
    return rc < 0 ? lct_fault_unwritten(fault, rc, "export", path) : 0;
}

int lct_worker_heads(struct lct_worker_job *job, json_t **ret_result, struct lct_fault *fault) {
    const char *id = lct_json_text(job->order, "item", "");
    LCT_FREE char *folder = lct_item_folder(job->data, id);
    unsigned version = (unsigned)lct_json_int(job->order, "version", 0);
    LCT_FREE char *path = lct_format("%s/%04u.movie", folder, version);
    struct source source = {.produce = NULL};
    int rc = open_clip(job, false, &source, fault);
    rc = rc ? rc : save_heads(job, &source, path, fault);
    if (rc == 0) {
        json_t *result = json_pack("{s:o}", "notes", notes_of(&source));
        count_heads(&source, result);
        remove_older(folder, version);
        lct_info("heads are there", "item=%s version=%u painted=%d taken=%d", id, version,
                 (int)lct_json_int(result, "painted", 0), (int)lct_json_int(result, "taken", 0));
        *ret_result = result;
    }
    close_source(&source);
    return rc;
}

/* ---- of a draft ---- */

/* The heads of one of its clips; what cannot be cut yet will say so when it is saved. */
static int paint_clip(struct lct_worker_job *job, const json_t *entry, const char *path,
                      struct source *source, json_t *result) {
    struct lct_clip clip = {.pieces = NULL};
    struct lct_fault unused;
    int rc = lct_clip_read(json_object_get(entry, "edl"), &clip, &unused);
    rc = rc || !lct_clip_is_made(&clip) ? rc : -ENODATA;
    for (size_t i = 0; rc == 0 && i < clip.piece_count; i++) {
        struct lct_clip_piece *piece = &clip.pieces[i];
        if (piece->fade_out == 0 && piece->to - piece->from > HEAD_MAX) {
            piece->to = piece->from + HEAD_MAX;
        }
    }
    rc = rc ? rc : open_pieces(job, &clip, false, source, &unused);
    rc = rc ? rc : save_heads(job, source, path, &unused);
    if (rc == 0) {
        count_heads(source, result);
    }
    close_made(source);
    lct_clip_free(&clip);
    return rc;
}

/* Of its clips the library may have versions, whose heads are theirs. */
static void load_versions(const struct lct_worker_job *job, const json_t *clips,
                          struct earlier *earlier) {
    size_t i;
    const json_t *entry;
    json_array_foreach(clips, i, entry) {
        const char *id = lct_json_text(entry, "clip", "");
        if (lct_clip_is_id(id)) {
            LCT_FREE char *folder = lct_item_folder(job->data, id);
            load_earlier(job, folder, earlier);
        }
    }
}

static void remove_file(const char *folder, const char *name) {
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    (void)remove(path); /* then it is in nobody's way */
}

/* Those of clips that it had, and what a worker that was killed has left. */
static void remove_others(const char *folder, size_t clips) {
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        if (name[0] != '.' && (!is_kept_movie(entries[i]) || strtoul(name, NULL, 10) >= clips)) {
            remove_file(folder, name);
        }
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
}

int lct_worker_draft(struct lct_worker_job *job, json_t **ret_result, struct lct_fault *fault) {
    const char *id = lct_json_text(job->order, "edit", "");
    LCT_FREE char *folder = lct_format("%s/edits/%s", job->data, id);
    LCT_FREE char *path = lct_format("%s.json", folder);
    LCT_JSON json_t *edit = NULL;
    struct source source = {.produce = NULL};
    size_t i;
    const json_t *entry;
    int rc = lct_json_load(path, EDIT_BYTES_MAX, &edit, fault);
    if (rc < 0) {
        return rc;
    }
    const json_t *clips = json_object_get(edit, "clips");
    json_t *result = json_pack("{s:i, s:i}", "painted", 0, "taken", 0);
    load_earlier(job, folder, &source.earlier);
    load_versions(job, clips, &source.earlier);
    json_array_foreach(clips, i, entry) {
        char name[32];
        (void)snprintf(name, sizeof name, "%04zu.movie", i);
        LCT_FREE char *movie = lct_format("%s/%s", folder, name);
        rc = paint_clip(job, entry, movie, &source, result);
        if (rc < 0) {
            remove_file(folder, name);
        }
        if (rc == -ENOSPC) {
            break; /* others would find no more */
        }
    }
    remove_others(folder, json_array_size(clips));
    lct_info("heads of a draft are there", "edit=%s painted=%d taken=%d", id,
             (int)lct_json_int(result, "painted", 0), (int)lct_json_int(result, "taken", 0));
    close_source(&source);
    *ret_result = result;
    return 0;
}
