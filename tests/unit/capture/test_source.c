// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/meter.h"
#include "capture/source_priv.h"
#include "tests/support/reader.h"
#include "tests/support/xvfb.h"

Test(source, takes_the_steps_of_its_table) {
    enum {
        O = LCT_SOURCE_OPENING,
        R = LCT_SOURCE_RUNNING,
        N = LCT_SOURCE_NO_SIGNAL,
        L = LCT_SOURCE_LOST
    };
    static const int table[LCT_SOURCE_STATES][LCT_SOURCE_EVENTS] = {
        /* FRAME, GONE, BACK, FAILED, RETRY */
        [O] = {R, N, O, L, O},
        [R] = {R, N, R, L, R},
        [N] = {N, N, O, L, N},
        [L] = {L, L, L, L, O},
    };
    for (int state = 0; state < LCT_SOURCE_STATES; state++) {
        for (int event = 0; event < LCT_SOURCE_EVENTS; event++) {
            cr_expect_eq(
                lct_source_next_state((enum lct_source_state)state, (enum lct_source_event)event),
                table[state][event], "state %d event %d", state, event);
        }
    }
    cr_expect_str_eq(lct_source_state_name(LCT_SOURCE_NO_SIGNAL), "no-signal");
    cr_expect_str_eq(lct_source_state_name(LCT_SOURCE_LOST), "lost");
}

Test(source, waits_longer_after_each_failure) {
    static const lct_ns pauses_ms[] = {500, 1000, 2000, 4000, 5000, 5000};
    lct_ns pause = 0;
    for (size_t i = 0; i < sizeof pauses_ms / sizeof *pauses_ms; i++) {
        pause = lct_source_pause(pause, LCT_SECOND);
        cr_expect_eq(pause, pauses_ms[i] * LCT_MS, "try %zu: %lld ns", i, (long long)pause);
    }
    cr_expect_eq(lct_source_pause(pause, 10 * LCT_SECOND), LCT_SECOND / 2, "it had run");
}

static atomic_int changes;

static void count_change(void *opaque) {
    (void)opaque;
    atomic_fetch_add(&changes, 1);
}

Test(source, gives_all_outputs_of_the_demo, .timeout = 30) {
    struct lct_spec spec;
    struct lct_queue *queues[LCT_OUTPUTS];
    cr_assert_eq(lct_spec_parse("demo", &spec, NULL), 0);
    struct lct_source *source = lct_source_create(&spec, count_change, NULL);
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        cr_expect(lct_source_has(source, (enum lct_output)i));
        queues[i] = lct_queue_create(1000, LCT_QUEUE_DROP_OLDEST, lct_frame_unref_item);
        lct_source_attach(source, (enum lct_output)i, queues[i]);
    }
    reader_sleep(3 * LCT_SECOND);
    struct lct_source_status status;
    lct_source_status(source, &status);
    cr_expect_eq(status.state, LCT_SOURCE_RUNNING);
    cr_expect(status.demo && !status.pass_through && status.fault.code == 0);
    cr_expect_str_eq(status.label, "demo classroom");
    cr_expect(status.width == 1280 && status.height == 720);
    cr_expect(status.measured_fps > 5 && status.measured_fps < 31, "%g", status.measured_fps);
    cr_expect(status.level_rms_db > -34 && status.level_rms_db < -5, "%g",
              (double)status.level_rms_db);
    cr_expect_eq(status.drops, 0);
    cr_expect_eq(status.rebuilds, 0);
    cr_expect_eq(atomic_load(&changes), 1, "opening -> running is one change");
    cr_expect_geq(lct_queue_depth(queues[LCT_OUTPUT_CAMERA]), 60);
    cr_expect_eq(lct_queue_depth(queues[LCT_OUTPUT_SCREEN]), 1);
    cr_expect_geq(lct_queue_depth(queues[LCT_OUTPUT_SOUND]), 100);
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        lct_source_attach(source, (enum lct_output)i, NULL);
        lct_queue_destroy(queues[i]); /* nobody may push into it any more */
    }
    reader_sleep(LCT_SECOND / 5);
    lct_source_destroy(source);
}

Test(source, counts_what_a_slow_reader_loses, .timeout = 30) {
    struct lct_spec spec;
    struct lct_source_status status;
    cr_assert_eq(lct_spec_parse("demo", &spec, NULL), 0);
    struct lct_queue *queue = lct_queue_create(2, LCT_QUEUE_DROP_OLDEST, lct_frame_unref_item);
    struct lct_source *source = lct_source_create(&spec, NULL, NULL);
    lct_source_attach(source, LCT_OUTPUT_CAMERA, queue);
    reader_sleep(LCT_SECOND);
    lct_source_attach(source, LCT_OUTPUT_CAMERA, NULL);
    lct_source_status(source, &status);
    cr_expect_gt(status.drops, 5);
    cr_expect_eq(status.drops, lct_queue_drops(queue));
    lct_source_destroy(source);
    lct_queue_destroy(queue);
}

Test(source, tells_whoever_comes_while_it_is_lost, .timeout = 60) {
    struct reader reader;
    reader_open(&reader, "screen:x11::4711", LCT_OUTPUT_SCREEN);
    cr_assert(reader_wait(&reader, LCT_SOURCE_LOST, 5 * LCT_SECOND));
    for (int i = 0; i < 3; i++) {
        struct lct_frame *lost = reader_next(&reader, LCT_FRAME_LOST, LCT_SECOND);
        cr_assert(lost, "reader %d was not told", i);
        lct_frame_unref(lost);
        cr_expect_eq(lct_queue_depth(reader.queue), 0, "once is enough");
        lct_source_attach(reader.source, LCT_OUTPUT_SCREEN, NULL);
        reader_sleep(LCT_SECOND / 3);
        lct_source_attach(reader.source, LCT_OUTPUT_SCREEN, reader.queue);
    }
    reader_close(&reader);
}

Test(source, ends_at_once_while_it_waits_to_try_again, .timeout = 60) {
    struct reader reader;
    reader_open(&reader, "screen:x11::4711", LCT_OUTPUT_SCREEN);
    reader_sleep(2 * LCT_SECOND); /* now the pause is a second or two */
    lct_ns before = lct_monotonic();
    reader_close(&reader);
    cr_expect_lt(lct_monotonic() - before, LCT_SECOND / 2);
    lct_source_destroy(NULL);
}

Test(source, waits_for_a_device_that_comes_later, .timeout = 60) {
    struct xvfb server = {0};
    struct reader reader;
    char spec[64];
    xvfb_start(&server, "640x480x24");
    xvfb_kill(&server);
    (void)snprintf(spec, sizeof spec, "screen:x11:%s", server.name);
    reader_open(&reader, spec, LCT_OUTPUT_SCREEN);
    cr_assert(reader_wait(&reader, LCT_SOURCE_LOST, 5 * LCT_SECOND));
    xvfb_restart(&server, "640x480x24");
    struct lct_frame *frame = reader_next(&reader, LCT_FRAME_PICTURE, 10 * LCT_SECOND);
    cr_expect(frame && frame->width == 640);
    lct_frame_unref(frame);
    reader_close(&reader);
    xvfb_kill(&server);
}

Test(source, closes_and_opens_as_it_is_wanted, .timeout = 60) {
    struct reader reader;
    struct lct_source_status status;
    reader_open(&reader, "demo", LCT_OUTPUT_CAMERA);
    for (int i = 0; i < 3; i++) {
        cr_assert(reader_wait(&reader, LCT_SOURCE_RUNNING, 10 * LCT_SECOND), "round %d", i);
        lct_frame_unref(reader_next(&reader, LCT_FRAME_PICTURE, 5 * LCT_SECOND));
        lct_source_want(reader.source, false);
        cr_assert(reader_wait(&reader, LCT_SOURCE_OPENING, 5 * LCT_SECOND), "round %d", i);
        lct_source_status(reader.source, &status);
        cr_expect_eq(status.fault.code, -EINPROGRESS, "as new");
        cr_expect_eq(status.frames, 0);
        cr_expect_eq(status.width, 0);
        while (lct_queue_depth(reader.queue) > 0) {
            lct_frame_unref(lct_queue_pop(reader.queue, 0));
        }
        cr_expect_null(reader_next(&reader, LCT_FRAME_PICTURE, LCT_SECOND / 3), "it is closed");
        lct_source_want(reader.source, true);
    }
    lct_source_want(reader.source, false); /* and at once again: it need not even close */
    lct_source_want(reader.source, true);
    cr_assert(reader_wait(&reader, LCT_SOURCE_RUNNING, 10 * LCT_SECOND));
    lct_source_status(reader.source, &status);
    cr_expect_eq(status.rebuilds, 0);
    reader_close(&reader);
}

/* A camera that takes calls and answers none. */
static int mute_camera(char spec[64]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 8), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    (void)snprintf(spec, 64, "camera:rtsp://127.0.0.1:%d/x", ntohs(address.sin_port));
    return fd;
}

/* Nobody who wants or does not want a device waits for it while it hangs. */
Test(source, is_not_waited_for_while_it_hangs, .timeout = 60) {
    struct reader reader;
    char spec[64];
    int fd = mute_camera(spec);
    reader_open(&reader, spec, LCT_OUTPUT_CAMERA);
    reader_sleep(LCT_SECOND / 2); /* it hangs for some seconds */
    lct_ns before = lct_monotonic();
    for (int i = 0; i < 101; i++) {
        lct_source_want(reader.source, i % 2 == 1);
    }
    cr_expect_lt(lct_monotonic() - before, LCT_SECOND);
    reader_sleep(LCT_SECOND / 10);
    lct_source_want(reader.source, true); /* while it is being closed */
    cr_expect(reader_wait(&reader, LCT_SOURCE_LOST, 20 * LCT_SECOND), "it is tried again");
    reader_close(&reader);
    close(fd);
}

/* A server that comes and goes again and again: what the readers are told stays in order. */
Test(source, keeps_order_through_many_deaths, .timeout = 120) {
    struct xvfb server = {0};
    struct reader reader;
    char spec[64];
    xvfb_start(&server, "640x480x24");
    (void)snprintf(spec, sizeof spec, "screen:x11:%s", server.name);
    reader_open(&reader, spec, LCT_OUTPUT_SCREEN);
    for (int i = 0; i < 5; i++) {
        struct lct_frame *frame = reader_next(&reader, LCT_FRAME_PICTURE, 15 * LCT_SECOND);
        cr_assert(frame, "no picture in life %d", i);
        lct_frame_unref(frame);
        xvfb_kill(&server);
        frame = reader_next(&reader, LCT_FRAME_LOST, 5 * LCT_SECOND);
        cr_assert(frame, "no word of death %d", i);
        lct_frame_unref(frame);
        cr_expect_eq(lct_queue_depth(reader.queue), 0, "nothing comes behind LOST");
        xvfb_restart(&server, "640x480x24");
    }
    reader_close(&reader);
    xvfb_kill(&server);
}

Test(meter, measures_level) {
    struct lct_meter level = {0};
    static float sound[LCT_SOUND_RATE / 5 * LCT_SOUND_CHANNELS];
    float peak, rms;
    lct_meter_read(&level, LCT_SECOND, &peak, &rms);
    cr_expect_eq(peak, LCT_METER_SILENCE_DB);
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        sound[i] = i % 4 < 2 ? 0.5F : -0.5F;
    }
    lct_meter_add(&level, sound, LCT_SOUND_RATE / 5, LCT_SECOND);
    lct_meter_read(&level, LCT_SECOND + 300 * LCT_MS, &peak, &rms);
    cr_expect_float_eq(peak, -6.02F, 0.01F);
    cr_expect_float_eq(rms, -6.02F, 0.01F);
    lct_meter_read(&level, 3 * LCT_SECOND, &peak, &rms);
    cr_expect_eq(rms, LCT_METER_SILENCE_DB, "no sound any more");
    memset(sound, 0, sizeof sound);
    lct_meter_add(&level, sound, LCT_SOUND_RATE / 10, 4 * LCT_SECOND);
    lct_meter_read(&level, 4 * LCT_SECOND + 100 * LCT_MS, &peak, &rms);
    cr_expect_eq(peak, LCT_METER_SILENCE_DB);
}

Test(meter, measures_rate) {
    struct lct_rate rate = {0};
    cr_expect_eq(lct_rate_per_second(&rate, LCT_SECOND), 0);
    for (int i = 0; i < 200; i++) {
        lct_rate_add(&rate, LCT_SECOND + i * LCT_SECOND / 25);
    }
    cr_expect_float_eq(lct_rate_per_second(&rate, 9 * LCT_SECOND), 25, 0.6);
    cr_expect_eq(lct_rate_per_second(&rate, 20 * LCT_SECOND), 0);
}
