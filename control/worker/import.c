// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/worker/import.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/lesson/maker.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/worker/shut_in.h"
#include "encode/foreign.h"

#define FILE_BYTES (16ULL << 30) /* a reel */

/* A file that is imported. */
struct part {
    const char *name; /* the last of its path, borrowed */
    int fd;
    struct lct_foreign *foreign;
    bool follows; /* the one before it, in time */
    lct_ns from;  /* lesson time of its begin */
};

/* A track of the lesson: one stream, and of the parts that follow the same one. */
struct track {
    struct lct_lesson_track info;
    size_t part, stream;
    bool sound, copied;
};

struct import {
    const struct lct_import_settings *settings;
    struct part parts[LCT_IMPORT_FILES_MAX];
    size_t part_count;
    struct track tracks[LCT_TAPE_TRACKS_MAX];
    size_t track_count;
    struct lct_maker *maker;
    struct lct_lesson_info info;
    json_t *notes; /* what else is to be said, as faults */
    size_t made;   /* tracks */
};

static void note(struct import *in, const struct lct_fault *what) {
    (void)json_array_append_new(in->notes, json_pack("{s:s, s:s}", "en", what->en, "zh", what->zh));
}

/* ---- the files ---- */

static int open_file(struct import *in, const struct lct_import_file *file,
                     struct lct_fault *fault) {
    struct stat s;
    /* not blocking: a pipe of that name would be waited for */
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return lct_fault_set(fault, -errno, "import", "Cannot read %s: %s.", "无法读取 %s：%s。",
                             file->name, strerror(errno));
    }
    if (fstat(fd, &s) < 0 || !S_ISREG(s.st_mode)) {
        (void)close(fd);
        return lct_fault_set(fault, -EMEDIUMTYPE, "import", "%s is not a file.", "%s 不是文件。",
                             file->name);
    }
    in->parts[in->part_count++] = (struct part){.name = file->name, .fd = fd};
    return 0;
}

static int open_files(struct import *in, struct lct_fault *fault) {
    const struct lct_import_settings *settings = in->settings;
    int rc = 0;
    if (settings->file_count > LCT_IMPORT_FILES_MAX) {
        return lct_fault_set(fault, -E2BIG, "import", "At most %u files make a lesson.",
                             "一节课最多由 %u 个文件组成。", LCT_IMPORT_FILES_MAX);
    }
    for (size_t i = 0; rc == 0 && i < settings->file_count; i++) {
        rc = open_file(in, &settings->files[i], fault);
    }
    return rc;
}

/* ---- what they make ---- */

/* "00001.MTS" and "00002.MTS": equal but for digits. */
static bool differ_in_number(const char *a, const char *b) {
    bool number = false;
    while (*a && *b) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            unsigned long x = strtoul(a, (char **)&a, 10), y = strtoul(b, (char **)&b, 10);
            number = number || x != y;
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return !*a && !*b && number;
}

static const struct lct_foreign_stream *find_stream(const struct part *part, bool sound, size_t nth,
                                                    size_t *ret_at) {
    const struct lct_foreign_info *info = lct_foreign_info(part->foreign);
    for (size_t i = 0; i < info->stream_count; i++) {
        if (info->streams[i].sound == sound && nth-- == 0) {
            *ret_at = i;
            return &info->streams[i];
        }
    }
    return NULL;
}

static bool follows(const struct part *before, const struct part *part) {
    size_t at;
    const struct lct_foreign_stream *a = find_stream(before, false, 0, &at);
    const struct lct_foreign_stream *b = find_stream(part, false, 0, &at);
    bool alike = a ? b && a->width == b->width && a->height == b->height : !b;
    return alike && differ_in_number(before->name, part->name);
}

/* A picture of the computer, by the words recorders use for it. */
static bool names_screen(const char *name) {
    static const char *const words[] = {"screen",       "slide", "ppt",  "vga",  "hdmi", "desktop",
                                        "presentation", "屏",    "课件", "电脑", "桌面"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasestr(name, words[i])) {
            return true;
        }
    }
    return false;
}

static size_t count_kind(const struct import *in, const char *kind) {
    size_t n = 0;
    for (size_t i = 0; i < in->track_count; i++) {
        n += strcmp(in->tracks[i].info.kind, kind) == 0;
    }
    return n;
}

static void add_track(struct import *in, size_t part, size_t stream) {
    if (in->track_count == LCT_TAPE_TRACKS_MAX) {
        return;
    }
    const struct lct_foreign_stream *s =
        &lct_foreign_info(in->parts[part].foreign)->streams[stream];
    struct track *t = &in->tracks[in->track_count];
    const char *kind = s->sound                             ? "sound"
                       : names_screen(in->parts[part].name) ? "screen"
                                                            : "camera";
    size_t n = count_kind(in, kind) + 1;
    *t = (struct track){.part = part, .stream = stream, .sound = s->sound};
    (void)snprintf(t->info.kind, sizeof t->info.kind, "%s", kind);
    (void)snprintf(t->info.name, sizeof t->info.name, n > 1 ? "%s-%zu" : "%s", kind, n);
    lct_text_copy(t->info.source, sizeof t->info.source, in->parts[part].name);
    t->info.id = (uint32_t)++in->track_count;
}

/* Whose sound is the lesson's: a file of nothing but sound, else the first that has any. What the
 * others have is the same room heard a second time. */
static size_t choose_sound(const struct import *in) {
    size_t first = LCT_IMPORT_FILES_MAX, at;
    for (size_t i = 0; i < in->part_count; i++) {
        if (in->parts[i].follows || !find_stream(&in->parts[i], true, 0, &at)) {
            continue;
        }
        if (!find_stream(&in->parts[i], false, 0, &at)) {
            return i;
        }
        first = first == LCT_IMPORT_FILES_MAX ? i : first;
    }
    return first;
}

static void choose_tracks(struct import *in) {
    size_t sound = choose_sound(in), at;
    for (size_t i = 0; i < in->part_count; i++) {
        const struct part *part = &in->parts[i];
        for (size_t n = 0; !part->follows && find_stream(part, false, n, &at); n++) {
            add_track(in, i, at);
        }
        if (!part->follows && i != sound && find_stream(part, true, 0, &at)) {
            struct lct_fault fault;
            (void)lct_fault_set(
                &fault, 0, "import", "The sound of %s is left out: the lesson has that of %s.",
                "未采用 %s 的声音：本课使用 %s 的声音。", part->name, in->parts[sound].name);
            note(in, &fault);
        }
    }
    for (size_t n = 0; sound < LCT_IMPORT_FILES_MAX && find_stream(&in->parts[sound], true, n, &at);
         n++) {
        add_track(in, sound, at);
    }
}

static void place_parts(struct import *in) {
    for (size_t i = 1; i < in->part_count; i++) {
        struct part *part = &in->parts[i], *before = part - 1;
        part->follows = follows(before, part);
        if (part->follows) {
            part->from = before->from + lct_foreign_info(before->foreign)->length;
        }
    }
    for (size_t i = 0; i < in->part_count; i++) {
        lct_ns end = in->parts[i].from + lct_foreign_info(in->parts[i].foreign)->length;
        in->info.end = end > in->info.end ? end : in->info.end;
    }
}

static int open_parts(struct import *in, struct lct_fault *fault) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < in->part_count; i++) {
        struct part *part = &in->parts[i];
        struct lct_fault said;
        rc = lct_foreign_open(part->fd, part->name, &part->foreign, fault);
        if (rc == 0 && lct_foreign_info(part->foreign)->cut_off) {
            (void)lct_fault_set(&said, 0, "import",
                                "%s is damaged or cut off; what comes before that is imported.",
                                "%s 已损坏或不完整，将导入其前面完好的部分。", part->name);
            note(in, &said);
        }
    }
    return rc;
}

/* ---- making ---- */

static int put(void *opaque, struct lct_chunk *chunk) {
    struct import *in = opaque;
    if (in->settings->progress) {
        double share = fmin(1, (double)chunk->time / (double)in->info.end);
        in->settings->progress(in->settings->arg,
                               ((double)in->made + share) / (double)in->track_count);
    }
    return lct_maker_put(in->maker, chunk);
}

static size_t parts_behind(const struct import *in, size_t first) {
    size_t n = 1;
    while (first + n < in->part_count && in->parts[first + n].follows) {
        n++;
    }
    return n;
}

/* Which of its kind the track's stream is in its own file. */
static size_t nth_of_kind(const struct import *in, const struct track *t) {
    const struct lct_foreign_info *info = lct_foreign_info(in->parts[t->part].foreign);
    size_t n = 0;
    for (size_t i = 0; i < t->stream; i++) {
        n += info->streams[i].sound == t->sound;
    }
    return n;
}

/* Of one file: 0, -ENODATA when it has nothing of that, -ENOTSUP when it cannot be copied. */
static int make_part(struct import *in, struct track *t, size_t i, bool copy,
                     struct lct_fault *fault) {
    struct part *part = &in->parts[i];
    size_t at;
    const struct lct_foreign_stream *s = find_stream(part, t->sound, nth_of_kind(in, t), &at);
    if (!s || (copy && !s->fits)) {
        return s ? -ENOTSUP : -ENODATA;
    }
    bool last = i + 1 == in->part_count || !in->parts[i + 1].follows;
    struct lct_foreign_track how = {
        .name = t->info.name,
        .id = t->info.id,
        .screen = strcmp(t->info.kind, "screen") == 0,
        .copy = copy,
        .width = t->info.width,
        .height = t->info.height,
        .from = part->from,
        .to = last ? in->info.end : in->parts[i + 1].from,
        .put = put,
        .opaque = in,
    };
    return lct_foreign_make(part->foreign, at, &how, fault);
}

static int make_as(struct import *in, struct track *t, bool copy, struct lct_fault *fault) {
    size_t n = parts_behind(in, t->part), made = 0;
    int rc = lct_maker_track(in->maker, t->info.name);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = make_part(in, t, t->part + i, copy, fault);
        made += rc == 0;
        rc = rc == -ENODATA && n > 1 ? 0 : rc;
    }
    return rc ? rc : made > 0 ? 0 : -ENODATA;
}

static int make_track(struct import *in, struct track *t, struct lct_fault *fault) {
    const struct lct_foreign_stream *s =
        &lct_foreign_info(in->parts[t->part].foreign)->streams[t->stream];
    int rc = -ENOTSUP;
    fault->code = 0;
    t->info.width = s->width;
    t->info.height = s->height;
    if (s->fits) {
        rc = make_as(in, t, true, fault);
        t->copied = rc == 0;
    }
    if (rc == -ENOTSUP || rc == -EBADMSG) { /* it looked as if it could be copied, perhaps */
        if (!t->sound) {
            lct_foreign_canvas(s->width, s->height, &t->info.width, &t->info.height);
        }
        rc = make_as(in, t, false, fault);
    }
    if (rc < 0 && fault->code == 0) {
        rc = lct_fault_unwritten(fault, rc, "import", in->settings->out);
    }
    return rc;
}

/* A track of which nothing decodes is left out, and said. */
static int make_tracks(struct import *in, struct lct_fault *fault) {
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < in->track_count; i++) {
        struct track *t = &in->tracks[i];
        rc = make_track(in, t, fault);
        in->made++;
        if (rc == 0) {
            in->tracks[kept] = *t;
            in->info.tracks[kept++] = t->info;
            lct_ns end = lct_maker_end(in->maker);
            in->info.end = end > in->info.end && !t->sound ? end : in->info.end;
        } else if (rc == -ENODATA) {
            lct_maker_drop(in->maker);
            note(in, fault);
            rc = 0;
        }
    }
    in->info.track_count = kept;
    in->track_count = rc ? in->track_count : kept;
    return rc ? rc : kept > 0 ? 0 : fault->code;
}

/* What the lesson is called and when it was: by whoever asks, the tags, the file. */
static void name_lesson(struct import *in) {
    const struct lct_foreign_info *first = lct_foreign_info(in->parts[0].foreign);
    LCT_FREE char *plain = lct_strdup(in->settings->out);
    char *title = in->settings->title ? lct_strdup(in->settings->title)
                  : first->title[0]   ? lct_strdup(first->title)
                                      : lct_strdup(in->parts[0].name);
    char *end = in->settings->title || first->title[0] ? NULL : strrchr(title, '.');
    if (end && end != title) {
        *end = '\0';
    }
    struct lct_lesson_info made = in->info;
    struct stat s;
    lct_lesson_new("import", title, &in->info);
    free(title);
    in->info.end = made.end;
    in->info.state = LCT_LESSON_ENDED;
    in->info.track_count = made.track_count;
    memcpy(in->info.tracks, made.tracks, sizeof made.tracks);
    if (first->wall != LCT_NS_NONE) {
        in->info.zero_wall = first->wall;
    } else if (fstat(in->parts[0].fd, &s) == 0 && s.st_mtim.tv_sec > 0) {
        in->info.zero_wall =
            s.st_mtim.tv_sec * LCT_SECOND - made.end; /* it was written to the end */
    }
    const char *id = basename(plain);
    if (lct_lesson_is_id(id)) {
        (void)snprintf(in->info.id, sizeof in->info.id, "%s", id);
    }
}

/* Before the process is shut in: that may write nothing but this lesson. */
static int begin_lesson(struct import *in, struct lct_fault *fault) {
    LCT_FREE char *plain = lct_strdup(in->settings->out);
    const char *parent = dirname(plain);
    int rc = lct_io_make_folder(parent);
    return rc < 0 ? lct_fault_unwritten(fault, rc, "import", parent)
                  : lct_maker_begin(&lct_io_system, in->settings->out, in->settings->spare,
                                    &in->maker, fault);
}

static int shut_in(const struct import *in, struct lct_fault *fault) {
    static const char *const none[] = {NULL};
    const char *const *also = in->settings->also_writes ? in->settings->also_writes : none;
    LCT_FREE char *plain = lct_strdup(in->settings->out);
    LCT_FREE char *also_plain = lct_strdup(also[0] ? also[0] : "");
    const char *writes[LCT_IMPORT_FILES_MAX + 2] = {lct_maker_folder(in->maker)};
    const char *const names[] = {dirname(plain), also[0] ? dirname(also_plain) : NULL, NULL};
    for (size_t i = 0; also[i] && i < LCT_IMPORT_FILES_MAX; i++) {
        writes[i + 1] = also[i];
    }
    return lct_worker_shut_in(writes, names, NULL, FILE_BYTES, fault);
}

static int import_all(struct import *in, struct lct_fault *fault) {
    int rc = begin_lesson(in, fault);
    rc = rc ? rc : shut_in(in, fault);
    rc = rc ? rc : open_parts(in, fault);
    if (rc < 0) {
        return rc;
    }
    place_parts(in);
    choose_tracks(in);
    rc = make_tracks(in, fault);
    if (rc == 0) {
        name_lesson(in);
        rc = lct_maker_finish(in->maker, &in->info, fault);
    }
    return rc;
}

/* What was made, for who asked. */
static json_t *said(const struct import *in) {
    json_t *tracks = json_array();
    LCT_FREE char *out = lct_strdup(in->settings->out);
    lct_text_tame(out);
    for (size_t i = 0; i < in->info.track_count; i++) {
        (void)json_array_append_new(tracks, json_pack("{s:s, s:b}", "name", in->info.tracks[i].name,
                                                      "copied", (int)in->tracks[i].copied));
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:o, s:O}", "folder", out, "lesson", in->info.id,
                     "title", in->info.title, "length_ns", (json_int_t)in->info.end, "tracks",
                     tracks, "notes", in->notes);
}

int lct_import(const struct lct_import_settings *settings, json_t **ret_said,
               struct lct_fault *fault) {
    struct import *in = lct_new(sizeof *in);
    in->settings = settings;
    in->notes = json_array();
    int rc = open_files(in, fault);
    rc = rc ? rc : import_all(in, fault);
    if (rc == 0) {
        *ret_said = said(in);
    }
    lct_maker_destroy(in->maker);
    for (size_t i = 0; i < in->part_count; i++) {
        lct_foreign_close(in->parts[i].foreign);
        (void)close(in->parts[i].fd);
    }
    json_decref(in->notes);
    free(in);
    return rc;
}
