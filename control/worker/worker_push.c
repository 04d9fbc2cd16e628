// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/worker/worker_push.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "archive/lesson/lesson.h"
#include "archive/tape/feed.h"
#include "base/json.h"
#include "base/mem.h"
#include "control/worker/worker_job.h"
#include "encode/push.h"

#define ORDER_MAX 8192

#define POLL (20 * LCT_MS)          /* how often the tape is looked at; half a picture */
#define LOOK_EVERY (LCT_SECOND / 2) /* … and lesson.json, and the backlog */
#define TELL_EVERY (2 * LCT_SECOND)
#define OTHER_PATIENCE (LCT_SECOND / 2) /* a picture waits so long for sound that is before it */
#define OTHER_STOPPED (3 * LCT_SECOND)  /* … but not for one that has given nothing for so long */
#define SOUND_PATIENCE (3 * LCT_SECOND) /* a lesson whose sound has not begun goes without */
#define PICTURE_PATIENCE (10 * LCT_SECOND) /* a lesson that has just begun has no picture yet */
#define REST_PATIENCE (10 * LCT_SECOND)    /* after the lesson's end */

#define WAIT_FIRST LCT_SECOND
#define WAIT_MOST (30 * LCT_SECOND)
#define WENT_WELL (30 * LCT_SECOND) /* who took the stream so long is not waited for longer */

/* A track on its way out. */
struct way {
    struct lct_feed *feed; /* NULL: the lesson has no such track */
    struct lct_feed_chunk chunk;
    unsigned next; /* sample of the chunk */
    bool has;      /* there is one */
    lct_ns seen;   /* when it was found */
};

struct job {
    struct lct_push_address address;
    const char *folder, *room; /* of the lesson */
    const char *kind;          /* of the picture */
    sigset_t signals;
    bool told;           /* by a signal to end */
    bool over;           /* the lesson is */
    lct_ns looked, rest; /* at lesson.json; when the rest must be out */
    struct way picture, sound;
    struct lct_push *push;
    lct_ns said;         /* when sending was told last … */
    uint64_t said_bytes; /* … and how much it was */
    unsigned skips;
};

/* ---- telling and waiting ---- */

static void tell(json_t *owned) {
    LCT_JSON json_t *json = owned;
    LCT_FREE char *text = lct_json_dump(json, NULL);
    (void)puts(text);
    (void)fflush(stdout);
}

static void tell_sending(struct job *job, lct_ns now) {
    uint64_t bytes = lct_push_bytes(job->push);
    double s = (double)(now - job->said) / (double)LCT_SECOND;
    double rate = s > 0 ? 8 * (double)(bytes - job->said_bytes) / s : 0;
    tell(json_pack("{s:s, s:I, s:I, s:I}", "state", "sending", "bytes", (json_int_t)bytes,
                   "bits_per_s", (json_int_t)rate, "skips", (json_int_t)job->skips));
    job->said = now;
    job->said_bytes = bytes;
}

/* Waits for a signal, at most so long; false when one has come, now or before. */
static bool pause_for(struct job *job, lct_ns span) {
    struct timespec at_most = {span / LCT_SECOND, span % LCT_SECOND};
    job->told = job->told || sigtimedwait(&job->signals, NULL, &at_most) > 0;
    return !job->told;
}

static void look_at_lesson(struct job *job, struct lct_lesson_info *info) {
    struct lct_fault unused;
    job->looked = lct_monotonic();
    if (lct_lesson_load(job->folder, info, &unused) == 0 && strcmp(info->room, job->room) == 0 &&
        info->state == LCT_LESSON_ENDED && !job->over) {
        job->over = true;
        job->rest = job->looked + REST_PATIENCE;
    }
}

static void look_sometimes(struct job *job) {
    struct lct_lesson_info info;
    if (lct_monotonic() - job->looked >= LOOK_EVERY) {
        look_at_lesson(job, &info);
    }
}

/* While a call of libav's waits. */
static bool may_go_on(void *arg) {
    struct job *job = arg;
    look_sometimes(job);
    return pause_for(job, 0) && !(job->over && (!job->push || lct_monotonic() > job->rest));
}

/* ---- the tapes ---- */

static void close_way(struct way *way) {
    lct_feed_destroy(way->feed);
    *way = (struct way){.feed = NULL};
}

static void open_way(const struct job *job, const struct lct_lesson_track *track, struct way *way) {
    LCT_FREE char *folder = lct_format("%s/%s", job->folder, track->name);
    way->feed = lct_feed_create(folder);
}

/* The picture that was asked for, else another; and the first sound. */
static void open_ways(struct job *job, const struct lct_lesson_info *info) {
    const struct lct_lesson_track *picture = NULL, *sound = NULL;
    for (size_t i = 0; i < info->track_count; i++) {
        const struct lct_lesson_track *track = &info->tracks[i];
        if (strcmp(track->kind, "sound") == 0) {
            sound = sound ? sound : track;
        } else if (!picture ||
                   (strcmp(picture->kind, job->kind) != 0 && strcmp(track->kind, job->kind) == 0)) {
            picture = track;
        }
    }
    if (picture) {
        open_way(job, picture, &job->picture);
    }
    if (sound) {
        open_way(job, sound, &job->sound);
    }
}

static bool fetch(struct way *way) {
    if (way->feed && !way->has && lct_feed_next(way->feed, &way->chunk) == 0) {
        way->has = true;
        way->next = 0;
        way->seen = lct_monotonic();
    }
    return way->has;
}

/* To the newest key frame, if it is ahead, and the sound beside it. */
static bool go_to_edge(struct job *job) {
    if (lct_feed_to_newest_key(job->picture.feed) < 0) {
        return false;
    }
    job->picture.has = false;
    if (fetch(&job->picture) && job->sound.feed &&
        lct_feed_to_time(job->sound.feed, job->picture.chunk.time) == 0) {
        job->sound.has = false;
    }
    return true;
}

/* 0: there is a picture to begin with, and sound if there will be any soon; -ENODATA; -EXDEV: the
 * lesson is another room's. */
static int begin_ways(struct job *job) {
    struct lct_lesson_info info = {.track_count = 0};
    look_at_lesson(job, &info);
    if (info.track_count > 0 && strcmp(info.room, job->room) != 0) {
        return -EXDEV;
    }
    open_ways(job, &info);
    if (!job->picture.feed || !go_to_edge(job) || !job->picture.has) {
        return -ENODATA;
    }
    lct_ns end = lct_monotonic() + SOUND_PATIENCE;
    while (job->sound.feed && !fetch(&job->sound) && lct_monotonic() < end && !job->over &&
           pause_for(job, POLL)) {
        look_sometimes(job);
    }
    if (!job->sound.has) {
        close_way(&job->sound);
    }
    return 0;
}

/* ---- sending ---- */

static lct_ns time_of(const struct way *way) {
    return way->chunk.time +
           lct_ticks_to_ns((int64_t)way->next * 1024, way->chunk.format->timescale);
}

/* Sends a sample, of sound one of two. */
static int send_one(struct job *job, struct way *way) {
    const struct lct_feed_chunk *chunk = &way->chunk;
    const uint8_t *bytes = chunk->sample + (way->next > 0 ? chunk->info.sample_bytes[0] : 0);
    int rc = lct_push_write(job->push, &(struct lct_push_sample){
                                           .format = chunk->format,
                                           .bytes = bytes,
                                           .n = chunk->info.sample_bytes[way->next],
                                           .time = time_of(way),
                                           .key = chunk->info.key,
                                       });
    way->next++;
    way->has = way->next < chunk->info.samples;
    return rc;
}

/* Whose turn it is, by lesson time; NULL: nobody's yet. */
static struct way *choose(struct job *job) {
    struct way *picture = &job->picture, *sound = &job->sound;
    bool has_picture = fetch(picture), has_sound = fetch(sound);
    if (has_picture && has_sound) {
        return time_of(sound) < picture->chunk.time ? sound : picture;
    }
    struct way *one = has_picture ? picture : has_sound ? sound : NULL;
    const struct way *other = one == picture ? sound : picture;
    lct_ns now = lct_monotonic();
    bool alone = !sound->feed || job->over || now - other->seen > OTHER_STOPPED;
    return one && (alone || now - one->seen > OTHER_PATIENCE) ? one : NULL;
}

/* Goes on at the newest key frame when the picture found last is too old. */
static void keep_up(struct job *job) {
    lct_ns newest = lct_feed_newest(job->picture.feed);
    if (!job->over && newest != LCT_NS_NONE &&
        newest - job->picture.chunk.time > LCT_WORKER_PUSH_BEHIND && go_to_edge(job)) {
        job->skips++;
    }
}

/* Until the lesson ends or the connection breaks. */
static int send_all(struct job *job) {
    lct_ns kept_up = lct_monotonic();
    int rc = 0;
    job->said = kept_up;
    job->said_bytes = 0;
    tell_sending(job, kept_up);
    while (rc == 0 && !job->told) {
        struct way *way = choose(job);
        lct_ns now = lct_monotonic();
        if (!way && job->over) {
            return 0;
        }
        rc = way ? send_one(job, way) : pause_for(job, POLL) ? 0 : -ECANCELED;
        look_sometimes(job);
        if (now - kept_up >= LOOK_EVERY) {
            keep_up(job);
            kept_up = now;
        }
        if (now - job->said >= TELL_EVERY) {
            tell_sending(job, now);
        }
    }
    return rc;
}

/* One connection. What went wrong, 0 at the end; *ret_lasted is how long the stream was taken. */
static int push_once(struct job *job, lct_ns *ret_lasted) {
    int rc = begin_ways(job);
    if (rc == 0) {
        struct lct_format *sound = job->sound.has ? job->sound.chunk.format : NULL;
        tell(json_pack("{s:s}", "state", "connecting"));
        rc = lct_push_open(&job->address, job->picture.chunk.format, sound, may_go_on, job,
                           &job->push);
    }
    if (rc == 0) {
        lct_ns begun = lct_monotonic();
        (void)go_to_edge(job); /* connecting took its time; else it is there */
        rc = send_all(job);
        *ret_lasted = lct_monotonic() - begun;
    }
    lct_push_close(job->push);
    job->push = NULL;
    close_way(&job->picture);
    close_way(&job->sound);
    return rc;
}

static void tell_waiting(int rc, lct_ns wait) {
    struct lct_fault fault;
    if (rc == -ENODATA) {
        (void)lct_fault_set(&fault, rc, "push", "The lesson has no picture yet.",
                            "课程还没有画面。");
    } else if (rc == -EXDEV) {
        (void)lct_fault_set(&fault, rc, "push",
                            "The room's recorder names a lesson of another room, which is not "
                            "sent.",
                            "该教室的录制机给出的是其他教室的课程，因此不推送。");
    } else {
        lct_push_fault(rc, &fault);
    }
    tell(json_pack("{s:s, s:I, s:o}", "state", "waiting", "seconds",
                   (json_int_t)(wait / LCT_SECOND), "fault", lct_json_of_fault(&fault)));
}

/* True while there is something to go on with. */
static bool wait_to_retry(struct job *job, lct_ns wait) {
    lct_ns end = lct_monotonic() + wait;
    while (!job->over && lct_monotonic() < end && pause_for(job, LOOK_EVERY)) {
        look_sometimes(job);
    }
    return !job->over && !job->told;
}

static void push_on(struct job *job) {
    lct_ns wait = WAIT_FIRST, picture_by = lct_monotonic() + PICTURE_PATIENCE;
    for (;;) {
        lct_ns lasted = 0;
        int rc = push_once(job, &lasted);
        if (rc == -ENODATA && lct_monotonic() < picture_by && wait_to_retry(job, LOOK_EVERY)) {
            continue;
        }
        wait = lasted > WENT_WELL ? WAIT_FIRST : wait;
        if (rc == 0 || job->told || job->over) {
            break;
        }
        tell_waiting(rc, wait);
        if (!wait_to_retry(job, wait)) {
            break;
        }
        wait = 2 * wait < WAIT_MOST ? 2 * wait : WAIT_MOST;
    }
    tell(json_pack("{s:s}", "state", "ended"));
}

static json_t *read_order(void) {
    char text[ORDER_MAX];
    size_t n = fread(text, 1, sizeof text, stdin);
    json_t *order = NULL;
    struct lct_fault unused;
    int rc = lct_json_parse(text, n, &order, &unused);
    explicit_bzero(text, sizeof text);
    return rc < 0 ? NULL : order;
}

int lct_worker_push(void) {
    lct_worker_be_dispensable();
    (void)prctl(PR_SET_DUMPABLE, 0); /* should it crash, the stream key is in no core */
    LCT_JSON json_t *order = read_order();
    struct job *job = lct_new(sizeof *job);
    job->folder = lct_json_text(order, "lesson", "");
    job->room = lct_json_text(order, "room", "");
    job->kind = lct_json_text(order, "picture", "camera");
    int rc = lct_push_address_read(lct_json_text(order, "url", ""), &job->address, NULL);
    if (rc == 0) {
        (void)signal(SIGPIPE, SIG_IGN);
        sigemptyset(&job->signals);
        sigaddset(&job->signals, SIGTERM);
        sigaddset(&job->signals, SIGINT);
        sigprocmask(SIG_BLOCK, &job->signals, NULL);
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(nowhere, STDERR_FILENO); /* libsrt writes there, what peers made it say */
        push_on(job);
    } else {
        (void)fputs("lectern-worker push: takes its order on standard input\n", stderr);
    }
    explicit_bzero(job, sizeof *job);
    free(job);
    return rc < 0 ? 2 : 0;
}
