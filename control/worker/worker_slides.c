// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern-worker slides: finds the slides in a lesson's screen and reads them, into text.jsonl. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/lesson/lesson.h"
#include "archive/library/item.h"
#include "archive/library/slides.h"
#include "archive/ocr/ocr.h"
#include "archive/tape/feed.h"
#include "archive/tape/thumbs.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/thread.h"
#include "control/command/command.h"
#include "control/worker/worker_job.h"
#include "control/worker/worker_jobs.h"
#include "encode/still.h"

/* s that a job waits at most for the recorder of a lesson that has ended. */
#define LOCK_WAITS 30

struct slides_options {
    const char *lesson;
    bool json;
};

struct job {
    const char *lesson;
    struct lct_worker_job *tell; /* who is told of progress; NULL: nobody */
    char *track;                 /* the folder of its screen, owned; NULL: it has none */
    lct_ns end;                  /* of what is recorded */
    struct lct_still *still;
    struct lct_slides_look *looks; /* owned */
    size_t look_count, look_room;
    struct lct_slide *slides; /* owned */
    size_t slide_count;
    size_t read; /* by OCR: the others showed what one of these shows */
};

static int usage(void) {
    (void)fputs(lct_say("usage: lectern-worker slides LESSON [--json]\n",
                        "用法：lectern-worker slides 课程文件夹 [--json]\n"),
                stderr);
    return 2;
}

static int read_options(int argc, char **argv, struct slides_options *o) {
    static const struct option known[] = {{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c != 'j') {
            return -EINVAL;
        }
        o->json = true;
    }
    o->lesson = optind < argc ? argv[optind] : NULL;
    return optind + 1 == argc ? 0 : -EINVAL;
}

static int find_screen(struct job *job, struct lct_fault *fault) {
    struct lct_lesson_info info;
    struct lct_lesson_media media;
    int rc = lct_lesson_load(job->lesson, &info, fault);
    if (rc < 0) {
        return rc;
    }
    if (lct_lesson_is_locked(job->lesson)) {
        return lct_fault_set(fault, -EBUSY, "slides",
                             "%s is being recorded. Look for its slides when it has ended.",
                             "%s 正在录制，请在结束后再识别课件。", job->lesson);
    }
    lct_lesson_media(job->lesson, &info, &media);
    free(media.gaps);
    job->end = info.state == LCT_LESSON_ENDED ? info.end : media.duration;
    for (size_t i = 0; i < info.track_count && !job->track; i++) {
        if (strcmp(info.tracks[i].kind, "screen") == 0) {
            job->track = lct_format("%s/%s", job->lesson, info.tracks[i].name);
        }
    }
    return 0;
}

/* ---- looking ---- */

static struct lct_slides_look *new_look(struct job *job) {
    if (job->look_count == job->look_room) {
        job->look_room = job->look_room ? 2 * job->look_room : 256;
        struct lct_slides_look *looks = lct_new(job->look_room * sizeof *looks);
        if (job->look_count > 0) {
            memcpy(looks, job->looks, job->look_count * sizeof *looks);
        }
        free(job->looks);
        job->looks = looks;
    }
    return &job->looks[job->look_count];
}

/* A key frame that does not decode is not looked at. */
static void look(struct job *job, const struct lct_feed_chunk *chunk) {
    struct lct_slides_look *new = new_look(job);
    LCT_FREE uint8_t *cells = NULL;
    int height;
    if (lct_still_decode(job->still, chunk->format, chunk->sample, chunk->info.sample_bytes[0]) ==
            0 &&
        lct_still_gray(job->still, LCT_SLIDES_COLUMNS, LCT_SLIDES_ROWS, &cells, &height) == 0) {
        *new = (struct lct_slides_look){.time = chunk->time};
        memcpy(new->cells, cells, LCT_SLIDES_CELLS);
        job->look_count++;
    }
}

static void count_bytes(struct job *job, const struct lct_feed_chunk *chunk) {
    if (job->look_count > 0) {
        struct lct_slides_look *last = &job->looks[job->look_count - 1];
        uint32_t n = chunk->info.sample_bytes[0];
        last->bytes += n;
        if (n > last->large_bytes) {
            last->large_bytes = n;
            last->large_time = chunk->time;
        }
    }
}

/* Part of the work that looking is; the rest is reading. */
#define LOOKING 0.2

static void tell(const struct job *job, double part) {
    if (job->tell) {
        lct_worker_progress(job->tell, part);
    }
}

static int look_at_all(struct job *job, struct lct_fault *fault) {
    struct lct_feed *feed = lct_feed_create(job->track);
    struct lct_feed_chunk chunk;
    int rc;
    while ((rc = lct_feed_next(feed, &chunk)) == 0) {
        if (chunk.info.key) {
            look(job, &chunk);
            tell(job, job->end > 0 ? LOOKING * (double)chunk.time / (double)job->end : 0);
        } else {
            count_bytes(job, &chunk);
        }
    }
    lct_feed_destroy(feed);
    return rc == -ENODATA ? 0
                          : lct_fault_set(fault, rc, "slides", "%s cannot be read: %s.",
                                          "无法读取 %s：%s。", job->track, strerror(-rc));
}

/* ---- reading ---- */

/* Text of a slide that showed the same as this one; NULL: there is none. */
static const char *known_text(const struct job *job, size_t i) {
    const struct lct_slides_look *look = &job->looks[job->slides[i].picture];
    for (size_t k = 0; k < i; k++) {
        if (lct_slides_same(look, &job->looks[job->slides[k].picture])) {
            return job->slides[k].text;
        }
    }
    return NULL;
}

static char *read_slide(struct job *job, struct lct_ocr *ocr, const struct lct_feed_chunk *chunk) {
    LCT_FREE uint8_t *gray = NULL;
    LCT_FREE char *read = NULL;
    int height;
    job->read++;
    if (lct_still_decode(job->still, chunk->format, chunk->sample, chunk->info.sample_bytes[0]) <
            0 ||
        lct_still_gray(job->still, LCT_OCR_WIDTH, 0, &gray, &height) < 0 ||
        lct_ocr_read(ocr, gray, LCT_OCR_WIDTH, height, &read) < 0) {
        return lct_strdup(""); /* nothing was found on it */
    }
    return lct_slides_text(read);
}

static int read_all(struct job *job, struct lct_ocr *ocr, struct lct_fault *fault) {
    struct lct_feed *feed = lct_feed_create(job->track);
    struct lct_feed_chunk chunk;
    size_t i = 0;
    int rc = 0;
    while (i < job->slide_count && (rc = lct_feed_next(feed, &chunk)) == 0) {
        if (chunk.info.key && chunk.time == job->looks[job->slides[i].picture].time) {
            const char *known = known_text(job, i);
            job->slides[i].text = known ? lct_strdup(known) : read_slide(job, ocr, &chunk);
            i++;
            tell(job, LOOKING + (1 - LOOKING) * (double)i / (double)job->slide_count);
        }
    }
    lct_feed_destroy(feed);
    return rc == 0 ? 0
                   : lct_fault_set(fault, rc, "slides", "%s has changed while it was read.",
                                   "读取期间 %s 发生了变化。", job->track);
}

/* The small picture (archive/tape/thumbs.h) that shows most of each slide: its last. */
static void find_thumbs(struct job *job) {
    LCT_FREE lct_ns *times = NULL;
    size_t n = lct_thumbs_times(job->track, &times), at = 0;
    for (size_t i = 0; i < job->slide_count; i++) {
        struct lct_slide *slide = &job->slides[i];
        slide->thumb = slide->from;
        for (; at < n && times[at] < slide->to; at++) {
            slide->thumb = times[at] >= slide->from ? times[at] : slide->thumb;
        }
    }
}

static int find_slides(struct job *job, struct lct_fault *fault) {
    struct lct_ocr *ocr;
    int rc = lct_ocr_open(&ocr, fault); /* before the work, not after it */
    if (rc < 0) {
        return rc;
    }
    rc = look_at_all(job, fault);
    if (rc == 0) {
        job->slide_count = lct_slides_find(job->looks, job->look_count, job->end, &job->slides);
        rc = read_all(job, ocr, fault);
    }
    lct_ocr_close(ocr);
    if (rc == 0) {
        find_thumbs(job);
        rc = lct_slides_save(&lct_io_system, job->lesson, job->slides, job->slide_count);
        if (rc < 0) {
            (void)lct_fault_set(fault, rc, "slides", "The slides of %s could not be saved: %s.",
                                "未能保存 %s 的课件：%s。", job->lesson, strerror(-rc));
        }
    }
    return rc;
}

static json_t *result_json(const struct job *job) {
    size_t moving = 0;
    for (size_t i = 0; i < job->slide_count; i++) {
        moving += job->slides[i].moving;
    }
    return json_pack("{s:I, s:I, s:I, s:I}", "slides", (json_int_t)job->slide_count, "moving",
                     (json_int_t)moving, "read", (json_int_t)job->read, "key_frames",
                     (json_int_t)job->look_count);
}

/* 0 with *ret_result (owned), or -errno with a fault. */
static int run(const char *lesson, struct lct_worker_job *asked, json_t **ret_result,
               struct lct_fault *fault) {
    struct job job = {.lesson = lesson, .tell = asked, .still = lct_still_create()};
    int rc = find_screen(&job, fault);
    rc = rc || !job.track ? rc : find_slides(&job, fault);
    if (rc == 0) {
        *ret_result = result_json(&job);
    }
    for (size_t i = 0; i < job.slide_count; i++) {
        free(job.slides[i].text);
    }
    free(job.slides);
    free(job.looks);
    free(job.track);
    lct_still_destroy(job.still);
    return rc;
}

int lct_worker_slides_job(struct lct_worker_job *job, json_t **ret_result,
                          struct lct_fault *fault) {
    LCT_FREE char *folder = lct_item_folder(job->data, lct_json_text(job->order, "item", ""));
    for (int i = 0; i < LOCK_WAITS && lct_lesson_is_locked(folder); i++) {
        sleep(1); /* its recorder is about to leave it */
    }
    return run(folder, job, ret_result, fault);
}

int lct_worker_slides(int argc, char **argv) {
    struct slides_options o = {.json = false};
    struct lct_fault fault;
    LCT_JSON json_t *result = NULL;
    if (read_options(argc, argv, &o) < 0) {
        return usage();
    }
    lct_thread_nice(5);
    if (run(o.lesson, NULL, &result, &fault) < 0) {
        return lct_command_fail(&fault, o.json);
    }
    if (o.json) {
        LCT_FREE char *text = lct_json_dump(result, NULL);
        (void)puts(text);
    } else {
        (void)printf(lct_say("%lld slides\n", "共 %lld 张课件\n"),
                     (long long)lct_json_int(result, "slides", 0));
    }
    return 0;
}
