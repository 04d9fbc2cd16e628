// SPDX-License-Identifier: GPL-3.0-or-later
/* The real tape over a disk whose calls fail one by one. Whatever fails: the tape goes on, nothing
 * that was reported saved is lost, and the lesson can be made whole. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/lesson/mend.h"
#include "archive/lesson/verify.h"
#include "archive/tape/reels.h"
#include "archive/tape/tape.h"
#include "base/log.h"
#include "base/thread.h"
#include "tests/support/disk.h"
#include "tests/support/lesson.h"

#define LENGTH (LCT_SECOND)
#define REEL (LCT_SECOND / 2) /* two reels a track */
#define WORKERS 16            /* sessions at once: most of the time they wait */

static void no_key(void *opaque, uint32_t track_id) {
    (void)opaque;
    (void)track_id;
}

/* One lesson written through a disk. */
struct session {
    struct lct_test_disk disk;
    char *folder;
    struct lct_bus *bus;
    struct lct_tape *tape;
    struct lct_tape_status status; /* the last looked at */
};

static void begin(struct session *s) {
    struct lct_lesson_info info;
    lct_test_disk_init(&s->disk);
    s->folder = lct_test_folder();
    lct_test_lesson_begin(s->folder, &info);
    s->bus = lct_bus_create();
    const struct lct_tape_settings settings = {
        .io = &s->disk.io,
        .folder = s->folder,
        .zero = lct_monotonic(),
        .reel_length = REEL,
        .bus = s->bus,
        .want_key = no_key,
    };
    s->tape = lct_tape_create(&settings);
}

static void publish(struct session *s, const struct lct_test_lesson *lesson, size_t from,
                    size_t to) {
    for (size_t i = from; i < to; i++) {
        lct_bus_publish(s->bus, lesson->chunks[i]);
    }
}

/* Waits until condition holds, at most seconds; keeps the last status. */
static bool wait_for(struct session *s, bool (*condition)(const struct lct_tape_status *, lct_ns),
                     lct_ns value, lct_ns most) {
    lct_ns until = lct_monotonic() + most;
    do {
        lct_tape_status(s->tape, &s->status);
        if (condition(&s->status, value)) {
            return true;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    } while (lct_monotonic() < until);
    return false;
}

static bool is_saved(const struct lct_tape_status *status, lct_ns time) {
    return status->track_count == 2 && status->saved != LCT_NS_NONE && status->saved >= time;
}

static bool is_state(const struct lct_tape_status *status, lct_ns state) {
    return (lct_ns)status->state == state;
}

static void end(struct session *s) {
    (void)lct_tape_finish(s->tape, LENGTH); /* what failed is judged by what is on the disk */
    lct_tape_status(s->tape, &s->status);
    lct_tape_destroy(s->tape);
    lct_bus_destroy(s->bus);
}

static void clean(struct session *s) {
    lct_test_remove(s->folder);
    free(s->folder);
}

/* ---- what is on the disk ---- */

static bool has_chunk(const struct lct_reels *reels, const struct lct_chunk *chunk) {
    for (size_t i = 0; i < reels->count; i++) {
        for (size_t k = 0; k < reels->views[i].count; k++) {
            if (reels->views[i].rows[k].info.tfdt == chunk->info.tfdt) {
                return true;
            }
        }
    }
    return false;
}

static const char *judge_track(const struct session *s, const struct lct_test_lesson *lesson,
                               const char *track, uint64_t counted) {
    char path[LCT_PATH_SIZE];
    struct lct_reels reels;
    const char *wrong = NULL;
    unsigned since_lost = 0; /* chunks that followed a lost one and are lost too */
    uint64_t lost = 0;
    bool last = true;
    (void)snprintf(path, sizeof path, "%s/%s", s->folder, track);
    lct_reels_load(path, &reels);
    for (size_t i = 0; i < lesson->count; i++) {
        const struct lct_chunk *chunk = lesson->chunks[i];
        if (strcmp(chunk->format->track, track) != 0) {
            continue;
        }
        last = has_chunk(&reels, chunk);
        since_lost = last ? 0 : since_lost + 1;
        lost += !last;
        if (since_lost > 2 * LCT_TEST_PICTURES_A_KEY) {
            wrong = "the tape did not go on";
        }
    }
    wrong = lost > counted ? "more is lost than was said" : wrong;
    bool sound = strcmp(track, "sound") == 0;
    wrong = sound && !last ? "the last sound is lost" : wrong;
    lct_reels_free(&reels);
    return wrong;
}

static const char *judge(struct session *s, const struct lct_test_lesson *lesson) {
    struct lct_recovery report;
    struct lct_fault fault;
    struct lct_verify verify;
    uint64_t lost[2] = {0};
    for (size_t i = 0; i < s->status.track_count; i++) {
        lost[s->status.tracks[i].track_id - 1] = s->status.tracks[i].lost;
    }
    if (lct_mend_lesson(&lct_io_system, s->folder, &report, &fault) < 0) {
        return "it cannot be mended";
    }
    lct_verify_lesson(s->folder, &verify);
    size_t damage = verify.damage;
    for (size_t i = 0; i < verify.finding_count && damage > 0; i++) {
        (void)fprintf(stderr, "  %s %s\n", lct_finding_word(verify.findings[i].kind),
                      verify.findings[i].file);
    }
    lct_verify_free(&verify);
    const char *camera = judge_track(s, lesson, "camera", lost[0]);
    const char *sound = judge_track(s, lesson, "sound", lost[1]);
    return damage > 0 ? "it is not whole" : camera ? camera : sound;
}

/* ---- every call fails once ---- */

struct campaign {
    const struct lct_test_lesson *lesson;
    bool torn;
    atomic_int next;                       /* trial number */
    atomic_bool exhausted[LCT_DISK_CALLS]; /* no so late call of this kind comes any more */
    atomic_int reached;
    atomic_int wrong;
};

static void try_one(struct campaign *c, enum lct_disk_call call, int after, int error) {
    struct session s;
    const struct lct_test_lesson *lesson = c->lesson;
    size_t half = lesson->count / 2;
    begin(&s);
    s.disk.torn = c->torn;
    lct_test_disk_fail(&s.disk, call, after, error);
    publish(&s, lesson, 0, half);
    (void)wait_for(&s, is_saved, lesson->chunks[half - 1]->time - LCT_SECOND / 4, LCT_SECOND);
    publish(&s, lesson, half, lesson->count);
    end(&s);
    bool came = lct_test_disk_failed(&s.disk);
    const char *wrong = judge(&s, lesson);
    if (wrong) {
        (void)fprintf(stderr, "call %d number %d fails with %s: %s\n", (int)call, after,
                      strerror(error), wrong);
        atomic_fetch_add(&c->wrong, 1);
    }
    atomic_fetch_add(&c->reached, came);
    if (!came) {
        atomic_store(&c->exhausted[call], true);
    }
    clean(&s);
}

/* Trial n is: kind of call, error, number of the call, the latter slowest. */
static void work(void *opaque) {
    struct campaign *c = opaque;
    for (;;) {
        int trial = atomic_fetch_add(&c->next, 1);
        enum lct_disk_call call = (enum lct_disk_call)(trial % LCT_DISK_CALLS);
        int error = trial / LCT_DISK_CALLS % 2 ? ENOSPC : EIO;
        int after = trial / LCT_DISK_CALLS / 2;
        bool done = true;
        for (int i = 0; i < LCT_DISK_CALLS; i++) {
            done = done && atomic_load(&c->exhausted[i]);
        }
        if (done || after > 400) {
            return;
        }
        if (!atomic_load(&c->exhausted[call])) {
            try_one(c, call, after, error);
        }
    }
}

static void fail_everything(bool torn) {
    struct campaign c = {.torn = torn};
    struct lct_thread threads[WORKERS] = {{0}};
    struct lct_test_lesson *lesson = lct_test_lesson(LENGTH);
    c.lesson = lesson;
    for (int call = 0; torn && call < LCT_DISK_CALLS; call++) {
        atomic_store(&c.exhausted[call], call != LCT_DISK_PWRITE);
    }
    lct_log_set_level(LCT_LOG_ERROR + 1);
    for (int i = 0; i < WORKERS; i++) {
        lct_thread_start(&threads[i], "session", work, &c);
    }
    for (int i = 0; i < WORKERS; i++) {
        lct_thread_join(&threads[i]);
    }
    lct_test_lesson_free(lesson);
    cr_assert_eq(atomic_load(&c.wrong), 0);
    cr_assert_gt(atomic_load(&c.reached), 100, "only %d calls failed", atomic_load(&c.reached));
}

Test(tape, every_call_may_fail_once, .timeout = 170) { fail_everything(false); }

Test(tape, every_write_may_be_torn, .timeout = 170) { fail_everything(true); }

/* ---- a whole one, and a full disk ---- */

Test(tape, writes_a_whole_lesson, .timeout = 20) {
    struct session s;
    struct lct_test_lesson *lesson = lct_test_lesson(LENGTH);
    begin(&s);
    publish(&s, lesson, 0, lesson->count);
    cr_assert(wait_for(&s, is_saved, LENGTH - LCT_SECOND / 4, 5 * LCT_SECOND));
    end(&s);
    cr_assert_eq(s.status.state, LCT_TAPE_WRITING);
    cr_assert_eq(s.status.tracks[0].lost + s.status.tracks[1].lost, 0);
    struct lct_reels reels;
    char path[LCT_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/camera", s.folder);
    lct_reels_load(path, &reels);
    cr_assert_eq(reels.count, 2);
    cr_assert(reels.views[1].rows[0].info.key);
    cr_assert_not(reels.views[1].rows[0].info.gap_before);
    lct_reels_free(&reels);
    cr_assert_null(judge(&s, lesson));
    clean(&s);
    lct_test_lesson_free(lesson);
}

/* Half of a lesson is saved, before something goes wrong. Returns the chunk that comes next. */
static size_t begin_half(struct session *s, const struct lct_test_lesson *lesson) {
    size_t half = lesson->count / 2;
    lct_log_set_level(LCT_LOG_ERROR + 1);
    begin(s);
    publish(s, lesson, 0, half);
    cr_assert(
        wait_for(s, is_saved, lesson->chunks[half - 1]->time - LCT_SECOND / 4, 5 * LCT_SECOND));
    return half;
}

Test(tape, a_full_disk_pauses_and_goes_on_by_itself, .timeout = 30) {
    struct session s;
    struct lct_test_lesson *lesson = lct_test_lesson(LENGTH);
    size_t half = begin_half(&s, lesson);
    lct_test_disk_fill(&s.disk, true);
    publish(&s, lesson, half, lesson->count);
    cr_assert(wait_for(&s, is_state, LCT_TAPE_FULL, 5 * LCT_SECOND));
    for (int i = 0; i < 150; i++) { /* for longer than two tries */
        lct_tape_status(s.tape, &s.status);
        cr_assert_eq(s.status.state, LCT_TAPE_FULL, "the pause must not flicker");
        cr_assert_eq(s.status.fault.code, -ENOSPC);
        (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    lct_test_disk_fill(&s.disk, false);
    cr_assert(wait_for(&s, is_state, LCT_TAPE_WRITING, 10 * LCT_SECOND));
    end(&s);
    cr_assert_eq(s.status.tracks[0].lost + s.status.tracks[1].lost, 0, "the bus kept it all");
    cr_assert_null(judge(&s, lesson));
    clean(&s);
    lct_test_lesson_free(lesson);
}

Test(tape, a_slow_disk_is_not_given_up_after_the_bell, .timeout = 30) {
    struct session s;
    struct lct_test_lesson *lesson = lct_test_lesson(LENGTH);
    size_t half = begin_half(&s, lesson);
    lct_test_disk_stall(&s.disk, 3 * LCT_SECOND); /* longer than a dead one is tried */
    lct_test_disk_fail(&s.disk, LCT_DISK_PWRITE, 1, ENOSPC);
    publish(&s, lesson, half, lesson->count);
    end(&s);
    cr_assert(lct_test_disk_failed(&s.disk));
    cr_assert_eq(s.status.tracks[0].lost + s.status.tracks[1].lost, 0);
    cr_assert_null(judge(&s, lesson));
    clean(&s);
    lct_test_lesson_free(lesson);
}

Test(tape, a_taken_number_is_passed_over, .timeout = 20) {
    struct session s;
    struct lct_test_lesson *lesson = lct_test_lesson(LENGTH);
    char path[LCT_PATH_SIZE];
    begin(&s);
    static const char *const taken[] = {"0002.mp4", "0003.index", "0004.init.mp4"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        (void)snprintf(path, sizeof path, "%s/sound/%s", s.folder, taken[i]);
        cr_assert_eq(lct_io_make_folder(path), 0);
    }
    publish(&s, lesson, 0, lesson->count);
    end(&s);
    cr_assert_eq(s.status.tracks[0].lost + s.status.tracks[1].lost, 0);
    cr_assert_null(judge(&s, lesson));
    (void)snprintf(path, sizeof path, "%s/sound", s.folder);
    cr_assert_eq(lct_reels_last(path), 5);
    clean(&s);
    lct_test_lesson_free(lesson);
}

/* The kernel says once that it could not write: that must not be overheard. */
Test(tape, a_last_sync_that_fails_is_told, .timeout = 20) {
    struct session s;
    struct lct_test_lesson *lesson = lct_test_lesson(LENGTH);
    lct_log_set_level(LCT_LOG_ERROR + 1);
    begin(&s);
    publish(&s, lesson, 0, lesson->count);
    cr_assert(wait_for(&s, is_saved, LENGTH - LCT_SECOND / 4, 5 * LCT_SECOND));
    lct_test_disk_fail(&s.disk, LCT_DISK_FDATASYNC, 0, EIO);
    cr_assert_eq(lct_tape_finish(s.tape, LENGTH), -EIO);
    cr_assert(lct_test_disk_failed(&s.disk));
    lct_tape_status(s.tape, &s.status);
    lct_tape_destroy(s.tape);
    lct_bus_destroy(s.bus);
    cr_assert_null(judge(&s, lesson));
    clean(&s);
    lct_test_lesson_free(lesson);
}

/* ---- a disk that refuses one chunk ---- */

static const struct lct_chunk *refused;

static ssize_t refuse_one(const struct lct_io *io, int fd, const void *bytes, size_t n, off_t at) {
    bool is_it = n == refused->n && memcmp(bytes, refused->bytes, n) == 0;
    return is_it ? -ENOSPC : lct_io_system.pwrite(io, fd, bytes, n, at);
}

static const struct lct_chunk *picture(const struct lct_test_lesson *lesson, size_t number) {
    size_t i = 0;
    while (lesson->chunks[i]->format != lesson->picture || number-- > 0) {
        i++;
    }
    return lesson->chunks[i];
}

/* Records the lesson without picture number; leaves the camera's reels. */
static void record_without(size_t number, struct lct_tape_status *ret_status,
                           struct lct_reels *ret_reels) {
    struct session s;
    struct lct_test_lesson *lesson = lct_test_lesson(LENGTH);
    char path[LCT_PATH_SIZE];
    lct_log_set_level(LCT_LOG_ERROR + 1);
    begin(&s);
    refused = picture(lesson, number);
    s.disk.io.pwrite = refuse_one;
    publish(&s, lesson, 0, lesson->count);
    end(&s);
    *ret_status = s.status;
    (void)snprintf(path, sizeof path, "%s/camera", s.folder);
    lct_reels_load(path, ret_reels);
    clean(&s);
    lct_test_lesson_free(lesson);
}

/* Nobody could decode the pictures between. */
Test(tape, after_a_loss_it_goes_on_with_a_key_in_a_new_reel, .timeout = 30) {
    struct lct_tape_status status;
    struct lct_reels reels;
    record_without(2, &status, &reels);
    cr_assert_eq(status.tracks[0].lost, LCT_TEST_PICTURES_A_KEY - 2);
    cr_assert_eq(reels.count, 2);
    cr_assert_eq(reels.views[0].count, 2);
    cr_assert_eq(reels.views[1].count, LCT_TEST_PICTURES_A_KEY);
    cr_assert(reels.views[1].rows[0].info.key && reels.views[1].rows[0].info.gap_before);
    lct_reels_free(&reels);
}

Test(tape, a_reel_that_stayed_empty_is_none, .timeout = 30) {
    struct lct_tape_status status;
    struct lct_reels reels;
    record_without(LCT_TEST_PICTURES_A_KEY, &status, &reels);
    cr_assert_eq(status.tracks[0].lost, LCT_TEST_PICTURES_A_KEY);
    cr_assert_eq(reels.count, 1, "%zu reels", reels.count);
    cr_assert_eq(reels.views[0].count, LCT_TEST_PICTURES_A_KEY);
    lct_reels_free(&reels);
}
