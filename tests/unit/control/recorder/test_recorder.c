// SPDX-License-Identifier: GPL-3.0-or-later
/* The recorder behind the button, with the demo classroom, real encoders and a real disk. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/cut/movie.h"
#include "archive/lesson/lesson.h"
#include "base/json.h"
#include "base/mem.h"
#include "control/recorder/recorder.h"

static char root[64];

static void make_root(void) {
    (void)snprintf(root, sizeof root, "/tmp/lectern-recorder-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
}

static void remove_root(void) {
    LCT_FREE char *command = lct_format("rm -rf %s", root);
    cr_assert_eq(system(command), 0);
}

static struct lct_recorder *make(struct lct_fault *fault, int *ret_rc) {
    static struct lct_spec spec;
    struct lct_recorder *recorder = NULL;
    LCT_FREE char *lessons = lct_format("%s/lessons", root);
    LCT_FREE char *lock = lct_format("%s/room.lock", root);
    cr_assert_eq(lct_spec_parse("demo", &spec, fault), 0);
    const struct lct_recorder_settings settings = {
        .room = "main",
        .name = "Room",
        .lessons = lessons,
        .lock = lock,
        .specs = &spec,
        .spec_count = 1,
        .resume_within = 60 * LCT_SECOND,
    };
    *ret_rc = lct_recorder_create(&settings, &recorder, fault);
    return recorder;
}

/* Lets the lesson run until so much of it is durable. */
static void run_until_saved(struct lct_recorder *recorder, lct_ns saved) {
    lct_ns give_up = lct_monotonic() + 20 * LCT_SECOND;
    for (int64_t now = 0; now < saved;) {
        cr_assert_lt(lct_monotonic(), give_up, "nothing is saved");
        usleep(50000);
        lct_recorder_tick(recorder);
        LCT_JSON json_t *status = lct_recorder_status(recorder);
        now = lct_json_int(status, "saved_ns", 0);
    }
}

Test(recorder, a_lesson_from_press_to_press, .init = make_root, .fini = remove_root,
     .timeout = 60) {
    struct lct_fault fault = {.code = 0};
    struct lct_mark mark;
    int rc;
    struct lct_recorder *r = make(&fault, &rc);
    cr_assert_eq(rc, 0, "%s", fault.en);
    cr_assert_eq(lct_recorder_state(r), LCT_RECORDER_IDLE);
    cr_assert_eq(lct_recorder_mark(r, LCT_NS_NONE, "x", &mark, &fault), -ESRCH);
    cr_assert_eq(lct_recorder_stop(r, &fault), -ESRCH);

    cr_assert_eq(lct_recorder_start(r, "圆的面积", &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_recorder_state(r), LCT_RECORDER_RECORDING);
    cr_assert_eq(lct_recorder_start(r, "again", &fault), -EALREADY);
    run_until_saved(r, LCT_SECOND);
    cr_assert_eq(lct_recorder_mark(r, 3600 * LCT_SECOND, "x", &mark, &fault), -EINVAL);
    cr_assert_eq(lct_recorder_mark(r, LCT_SECOND / 2, "重点", &mark, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_recorder_stop(r, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_recorder_state(r), LCT_RECORDER_IDLE);

    LCT_FREE char *folder = lct_format("%s/lessons/%s", root, lct_recorder_lesson(r)->id);
    struct lct_lesson_info info;
    cr_assert_eq(lct_lesson_load(folder, &info, &fault), 0, "%s", fault.en);
    cr_assert_eq(info.state, LCT_LESSON_ENDED);
    cr_assert_str_eq(info.title, "圆的面积");
    cr_assert_eq(info.track_count, 3);
    cr_assert_eq(info.tracks[1].width, 1920, "the canvas is kept");
    cr_assert(info.tracks[0].demo);
    struct lct_mark *marks;
    cr_assert_eq(lct_lesson_marks(folder, &marks), 1);
    cr_assert_str_eq(marks[0].label, "重点");
    cr_assert_eq(marks[0].time, LCT_SECOND / 2);
    free(marks);
    struct lct_movie *movie;
    cr_assert_eq(lct_movie_open(folder, NULL, 0, &movie, &fault), 0, "%s", fault.en);
    cr_assert_gt(lct_movie_size(movie), 10000);
    lct_movie_close(movie);
    lct_recorder_destroy(r);
}

static char *repeated(const char *character, size_t n) {
    char *text = lct_new(n * strlen(character) + 1);
    for (size_t i = 0; i < n; i++) {
        strcat(text, character);
    }
    return text;
}

Test(recorder, any_title_and_any_label, .init = make_root, .fini = remove_root, .timeout = 60) {
    struct lct_fault fault = {.code = 0};
    struct lct_mark mark;
    int rc;
    struct lct_recorder *r = make(&fault, &rc);
    LCT_FREE char *label = repeated("\U00020bb7", 80); /* as long as may be, in four bytes each */
    LCT_FREE char *longer = repeated("课", 200);
    LCT_FREE char *title = lct_format("caf\xe9\n%s", longer);
    cr_assert_eq(lct_recorder_start(r, title, &fault), 0, "%s", fault.en);
    LCT_JSON json_t *status = lct_recorder_status(r);
    cr_assert_eq(strncmp(lct_json_text(status, "title", ""), "caf??课课", 11), 0);
    cr_assert_eq(lct_recorder_mark(r, LCT_NS_NONE, label, &mark, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_recorder_mark(r, LCT_NS_NONE, longer, &mark, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_recorder_stop(r, &fault), 0, "%s", fault.en);
    LCT_FREE char *folder = lct_format("%s/lessons/%s", root, lct_recorder_lesson(r)->id);
    struct lct_mark *marks;
    cr_assert_eq(lct_lesson_marks(folder, &marks), 2);
    cr_assert_str_eq(marks[0].label, label);
    cr_assert_eq(strncmp(marks[1].label, longer, strlen(marks[1].label)), 0);
    free(marks);
    lct_recorder_destroy(r);
}

/* Makes a lesson that ended look like one that a power cut interrupted before this boot. */
static void interrupt(const char *folder, struct lct_lesson_info *info) {
    struct lct_fault fault;
    cr_assert_eq(lct_lesson_load(folder, info, &fault), 0, "%s", fault.en);
    info->state = LCT_LESSON_RECORDING;
    info->end = 0;
    (void)snprintf(info->boot, sizeof info->boot, "00000000-0000-0000-0000-000000000000");
    info->zero_monotonic = 1;
    cr_assert_eq(lct_lesson_save(&lct_io_system, folder, info), 0);
}

static char *record_a_second(struct lct_lesson_info *ret_info) {
    struct lct_fault fault = {.code = 0};
    int rc;
    struct lct_recorder *r = make(&fault, &rc);
    cr_assert_eq(lct_recorder_start(r, "", &fault), 0, "%s", fault.en);
    run_until_saved(r, LCT_SECOND);
    cr_assert_eq(lct_recorder_stop(r, &fault), 0, "%s", fault.en);
    char *folder = lct_format("%s/lessons/%s", root, lct_recorder_lesson(r)->id);
    lct_recorder_destroy(r);
    interrupt(folder, ret_info);
    return folder;
}

Test(recorder, goes_on_after_a_reboot, .init = make_root, .fini = remove_root, .timeout = 60) {
    struct lct_fault fault = {.code = 0};
    struct lct_lesson_info before, after;
    char boot[LCT_BOOT_ID_SIZE];
    int rc;
    LCT_FREE char *folder = record_a_second(&before);
    struct lct_recorder *r = make(&fault, &rc);
    cr_assert(lct_recorder_resume(r));
    cr_assert_str_eq(lct_recorder_lesson(r)->id, before.id);
    struct lct_lesson_media media;
    LCT_JSON json_t *status = lct_recorder_status(r);
    lct_lesson_media(folder, &before, &media);
    free(media.gaps);
    int64_t bytes = lct_json_int(status, "bytes", 0);
    cr_assert(bytes > (int64_t)media.bytes / 2, "all of it counts: %lld", (long long)bytes);
    /* From now on it counts by this boot's clock: a wall clock that is set right moves nothing. */
    lct_boot_id(boot);
    cr_assert_str_eq(lct_recorder_lesson(r)->boot, boot);
    cr_assert_eq(lct_lesson_load(folder, &after, &fault), 0, "%s", fault.en);
    cr_assert_str_eq(after.boot, boot, "and so it does after one more crash");
    cr_assert_eq(after.zero_wall, before.zero_wall);
    cr_assert_eq(lct_recorder_stop(r, &fault), 0, "%s", fault.en);
    lct_recorder_destroy(r);
}

Test(recorder, does_not_go_on_with_other_tracks, .init = make_root, .fini = remove_root,
     .timeout = 60) {
    struct lct_fault fault = {.code = 0};
    struct lct_lesson_info info;
    int rc;
    LCT_FREE char *folder = record_a_second(&info);
    (void)snprintf(info.tracks[1].name, sizeof info.tracks[1].name, "camera-2");
    cr_assert_eq(lct_lesson_save(&lct_io_system, folder, &info), 0);
    struct lct_recorder *r = make(&fault, &rc);
    cr_assert_not(lct_recorder_resume(r));
    lct_recorder_destroy(r);
    cr_assert_eq(lct_lesson_load(folder, &info, &fault), 0, "%s", fault.en);
    cr_assert_eq(info.state, LCT_LESSON_ENDED);
    cr_assert_str_eq(info.tracks[1].name, "camera-2", "its tracks are still its own");
}

/* A lesson that was ended must not go on because the disk did not take the word of it. */
Test(recorder, says_the_end_when_the_disk_takes_it, .init = make_root, .fini = remove_root,
     .timeout = 60) {
    struct lct_fault fault = {.code = 0};
    struct lct_lesson_info info;
    int rc;
    struct lct_recorder *r = make(&fault, &rc);
    cr_assert_eq(lct_recorder_start(r, "", &fault), 0, "%s", fault.en);
    LCT_FREE char *folder = lct_format("%s/lessons/%s", root, lct_recorder_lesson(r)->id);
    LCT_FREE char *in_the_way = lct_format("%s/lesson.json.new", folder);
    cr_assert_eq(mkdir(in_the_way, 0755), 0);
    cr_assert_lt(lct_recorder_stop(r, &fault), 0);
    lct_recorder_tick(r);
    cr_assert_eq(lct_lesson_load(folder, &info, &fault), 0, "%s", fault.en);
    cr_assert_eq(info.state, LCT_LESSON_RECORDING);
    cr_assert_eq(rmdir(in_the_way), 0);
    lct_recorder_tick(r);
    cr_assert_eq(lct_lesson_load(folder, &info, &fault), 0, "%s", fault.en);
    cr_assert_eq(info.state, LCT_LESSON_ENDED);
    lct_recorder_destroy(r);
}

Test(recorder, one_at_a_room, .init = make_root, .fini = remove_root, .timeout = 60) {
    struct lct_fault fault = {.code = 0};
    int rc;
    struct lct_recorder *first = make(&fault, &rc);
    cr_assert_eq(rc, 0);
    struct lct_recorder *second = make(&fault, &rc);
    cr_assert_eq(rc, -EBUSY);
    cr_assert_null(second);
    cr_assert(strstr(fault.en, "another") || strstr(fault.en, "Another"), "%s", fault.en);
    lct_recorder_destroy(first);
    second = make(&fault, &rc);
    cr_assert_eq(rc, 0, "the lock is free again");
    lct_recorder_destroy(second);
}

Test(recorder, looks_without_recording, .init = make_root, .fini = remove_root, .timeout = 60) {
    struct lct_fault fault = {.code = 0};
    int rc;
    struct lct_recorder *r = make(&fault, &rc);
    lct_recorder_look(r, true);
    cr_assert_eq(lct_recorder_state(r), LCT_RECORDER_LOOKING);
    double peak = -100;
    lct_ns give_up = lct_monotonic() + 10 * LCT_SECOND;
    while (peak < -90 && lct_monotonic() < give_up) {
        usleep(50000);
        LCT_JSON json_t *status = lct_recorder_status(r);
        const json_t *source = json_array_get(json_object_get(status, "sources"), 0);
        peak = lct_json_real(source, "peak_db", -100);
        cr_assert(lct_json_flag(source, "demo", false) || peak < -90);
    }
    cr_assert_gt(peak, -90, "the meter moves before a lesson");
    lct_recorder_look(r, false);
    cr_assert_eq(lct_recorder_state(r), LCT_RECORDER_IDLE);
    lct_recorder_destroy(r);
}
