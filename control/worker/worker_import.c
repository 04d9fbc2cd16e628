// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern-worker import, by a person; and the job "import" of an upload. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "archive/lesson/lesson.h"
#include "archive/tape/guard.h"
#include "archive/uploads.h"
#include "base/mem.h"
#include "control/command/command.h"
#include "control/worker/import.h"
#include "control/worker/worker_job.h"
#include "control/worker/worker_jobs.h"

/* ---- by a person ---- */

struct options {
    const char *out, *title;
    bool json;
    struct lct_import_file *files; /* owned, and their paths */
    size_t count;
};

static int usage(void) {
    (void)fputs(
        lct_say("usage: lectern import FILE|FOLDER … --out FOLDER [--title TITLE] [--json]\n"
                "Several files are one lesson: camera, screen, sound.\n",
                "用法：lectern import 文件或文件夹 … --out 课程文件夹 [--title 标题] [--json]\n"
                "多个文件合为一节课：摄像机、屏幕、声音。\n"),
        stderr);
    return 2;
}

static bool is_media(const char *name) {
    static const char *const known[] = {
        ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mts", ".m2ts", ".ts",  ".mpg", ".mpeg",
        ".wmv", ".asf", ".flv", ".ogv", ".ogg",  ".3gp", ".mp3", ".m4a",  ".aac", ".wav", ".flac"};
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end && i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(end, known[i]) == 0) {
            return name[0] != '.';
        }
    }
    return false;
}

/* Takes path. One too many is kept, so that it is refused. */
static void add_file(struct options *o, char *path) {
    if (o->count > LCT_IMPORT_FILES_MAX) {
        free(path);
        return;
    }
    const char *slash = strrchr(path, '/');
    o->files[o->count++] = (struct lct_import_file){path, slash ? slash + 1 : path};
}

static int is_wanted(const struct dirent *entry) { return is_media(entry->d_name); }

static int add_folder(struct options *o, const char *path, struct lct_fault *fault) {
    struct dirent **names = NULL;
    size_t before = o->count;
    int n = scandir(path, &names, is_wanted, versionsort), rc = n < 0 ? -errno : 0;
    for (int i = 0; i < n; i++) {
        char *file = lct_format("%s/%s", path, names[i]->d_name);
        struct stat s;
        if (stat(file, &s) == 0 && S_ISREG(s.st_mode)) {
            add_file(o, file);
        } else {
            free(file);
        }
        free(names[i]);
    }
    free(names);
    return rc == 0 && o->count > before ? 0
                                        : lct_fault_set(fault, rc ? rc : -ENOENT, "import",
                                                        "There is no video or sound file in %s.",
                                                        "%s 中没有视频或音频文件。", path);
}

/* 0; -EINVAL: wrong use; or -errno with a fault. */
static int read_options(int argc, char **argv, struct options *o, struct lct_fault *fault) {
    static const struct option known[] = {{"out", required_argument, NULL, 'o'},
                                          {"title", required_argument, NULL, 't'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    int c, rc = 0;
    fault->code = 0;
    while ((c = getopt_long(argc, argv, "o:", known, NULL)) != -1) {
        if (c == 'o') {
            o->out = optarg;
        } else if (c == 't') {
            o->title = optarg;
        } else if (c == 'j') {
            o->json = true;
        } else {
            return -EINVAL;
        }
    }
    for (; rc == 0 && optind < argc; optind++) {
        struct stat s;
        if (stat(argv[optind], &s) == 0 && S_ISDIR(s.st_mode)) {
            rc = add_folder(o, argv[optind], fault);
        } else {
            add_file(o, lct_strdup(argv[optind]));
        }
    }
    return rc ? rc : o->count > 0 && o->out && o->out[0] ? 0 : -EINVAL;
}

static void report(const struct options *o, const json_t *said) {
    char length[24];
    size_t i;
    const json_t *note;
    json_array_foreach(json_object_get(said, "notes"), i, note) {
        (void)fprintf(stderr, "lectern: %s\n",
                      lct_say(lct_json_text(note, "en", ""), lct_json_text(note, "zh", "")));
    }
    if (o->json) {
        LCT_FREE char *text = lct_json_dump(said, NULL);
        (void)puts(text);
        return;
    }
    lct_span_format(lct_json_int(said, "length_ns", 0), length, sizeof length);
    (void)printf(lct_say("%s: %s, %zu tracks\n", "%s：%s，%zu 条轨道\n"),
                 lct_json_text(said, "folder", ""), length,
                 json_array_size(json_object_get(said, "tracks")));
}

int lct_worker_import(int argc, char **argv) {
    LCT_FREE struct lct_import_file *files = lct_new((LCT_IMPORT_FILES_MAX + 1) * sizeof *files);
    struct options o = {.files = files};
    struct lct_fault fault;
    LCT_JSON json_t *said = NULL;
    int rc = read_options(argc, argv, &o, &fault), status = 0;
    if (rc < 0 && fault.code == 0) {
        status = usage();
    } else {
        const struct lct_import_settings settings = {
            .files = files, .file_count = o.count, .out = o.out, .title = o.title};
        rc = rc ? rc : lct_import(&settings, &said, &fault);
        status = rc < 0 ? lct_command_fail(&fault, o.json) : 0;
    }
    if (said) {
        report(&o, said);
    }
    for (size_t i = 0; i < o.count; i++) {
        free((char *)files[i].path);
    }
    return status;
}

/* ---- the job ---- */

static void on_progress(void *arg, double part) { lct_worker_progress(arg, part); }

/* The lesson has the upload's id: when it is there, a worker made it and died before it said so. */
static bool is_made(const char *folder, json_t **ret_result) {
    struct lct_lesson_info info;
    struct lct_fault fault;
    if (lct_lesson_load(folder, &info, &fault) < 0) {
        return false;
    }
    *ret_result = json_pack("{s:s, s:s, s:I}", "lesson", info.id, "title", info.title, "length_ns",
                            (json_int_t)info.end);
    return true;
}

static bool names(const json_t *ids, const char *id) {
    size_t i;
    const json_t *one;
    json_array_foreach(ids, i, one) {
        if (strcmp(json_string_value(one), id) == 0) {
            return true;
        }
    }
    return false;
}

/* Those that the job was asked for with, first: a file that came after a lesson is in none. Returns
 * how many. */
static size_t keep_asked(const json_t *order, struct lct_upload *uploads, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (names(json_object_get(order, "parts"), uploads[i].id)) {
            uploads[kept++] = uploads[i];
        }
    }
    return kept;
}

/* Files of one lesson, and where they lie. */
struct parts {
    struct lct_import_file *files; /* owned, and their paths */
    const char **folders;          /* owned, all of them */
    size_t n;
};

static struct parts parts_of(const char *data, const struct lct_upload *uploads, size_t n) {
    struct parts parts = {.files = lct_new((n + 1) * sizeof *parts.files),
                          .folders = lct_new((n + 1) * sizeof *parts.folders),
                          .n = n};
    for (size_t i = 0; i < n; i++) {
        parts.files[i] =
            (struct lct_import_file){lct_uploads_path(data, uploads[i].id), uploads[i].name};
        parts.folders[i] = lct_format("%s/uploads/%s", data, uploads[i].id);
    }
    return parts;
}

static void free_parts(struct parts *parts) {
    for (size_t i = 0; i < parts->n; i++) {
        free((char *)parts->files[i].path);
        free((char *)parts->folders[i]);
    }
    free(parts->files);
    free(parts->folders);
}

/* What a lesson of them takes, about. */
static uint64_t bytes_of(const struct lct_upload *uploads, size_t n) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += uploads[i].size;
    }
    return bytes;
}

/* That of the lesson last: it holds the others together. */
static void remove_uploads(const char *data, const char *id, const struct lct_upload *uploads,
                           size_t n) {
    struct lct_fault ignored;
    int removed; /* what stays grows old */
    for (size_t i = 0; i < n; i++) {
        removed = *uploads[i].with ? lct_uploads_remove(data, uploads[i].id, &ignored) : 0;
    }
    removed = lct_uploads_remove(data, id, &ignored);
    (void)removed;
}

int lct_worker_upload(struct lct_worker_job *job, json_t **ret_result, struct lct_fault *fault) {
    const char *id = lct_json_text(job->order, "upload", "");
    LCT_FREE struct lct_upload *uploads = NULL;
    size_t n = lct_uploads_of(job->data, id, &uploads);
    struct parts parts = parts_of(job->data, uploads, n);
    LCT_FREE char *out = lct_format("%s/lessons/%s", job->data, id);
    int rc = 0;
    if (is_made(out, ret_result)) {
        n = keep_asked(job->order, uploads, n);
    } else {
        rc = n > 0 ? lct_uploads_whole(uploads, n, fault)
                   : lct_fault_set(fault, -ENOENT, "import", "There is no upload %s any more.",
                                   "上传 %s 已不存在。", id);
        rc = rc ? rc : lct_worker_space(job, bytes_of(uploads, n), fault);
        rc = rc ? rc
                : lct_import(&(struct lct_import_settings){.files = parts.files,
                                                           .file_count = n,
                                                           .out = out,
                                                           .also_writes = parts.folders,
                                                           .spare = LCT_GUARD_SPARE,
                                                           .progress = on_progress,
                                                           .arg = job},
                             ret_result, fault);
        if (rc == 0) {
            json_object_del(*ret_result, "folder"); /* a path of this machine */
        }
    }
    if (rc == 0) {
        remove_uploads(job->data, id, uploads, n);
    }
    free_parts(&parts);
    return rc;
}
