// SPDX-License-Identifier: GPL-3.0-or-later
/* The sources that rest on GStreamer, against real peers: a file made by ffmpeg, a private
 * PulseAudio daemon, an RTSP server (tests/tools/rtspserver.c). */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/queue.h"
#include "capture/source.h"

#define PATIENCE (20 * LCT_SECOND)

/* ---- processes ---- */

static char folder[64];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/lct-sources-XXXXXX");
    cr_assert(mkdtemp(folder));
}

static void remove_folder(void) {
    LCT_FREE char *command = lct_format("rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

/* Runs a command in the background; its output goes to ret_out (if given) or nowhere. */
static pid_t start(char *const *argv, int *ret_out) {
    int ends[2] = {-1, -1};
    cr_assert(!ret_out || pipe2(ends, O_CLOEXEC) == 0);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(ret_out ? ends[1] : null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execvp(argv[0], argv);
        _exit(127);
    }
    if (ret_out) {
        close(ends[1]);
        *ret_out = ends[0];
    }
    return pid;
}

static void stop(pid_t pid, int number) {
    kill(pid, number);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

static void run(const char *command) { cr_assert_eq(system(command), 0, "%s", command); }

/* ---- a source and what it gives ---- */

struct tap {
    struct lct_source *source;
    struct lct_queue *queues[LCT_OUTPUTS];
};

static struct tap open_tap(const char *text) {
    struct tap tap = {0};
    struct lct_spec spec;
    cr_assert_eq(lct_spec_parse(text, &spec, NULL), 0);
    tap.source = lct_source_create(&spec, NULL, NULL);
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        tap.queues[i] = lct_queue_create(4096, LCT_QUEUE_DROP_OLDEST, lct_frame_unref_item);
        lct_source_attach(tap.source, (enum lct_output)i, tap.queues[i]);
    }
    return tap;
}

static void close_tap(struct tap *tap) {
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        lct_source_attach(tap->source, (enum lct_output)i, NULL);
    }
    lct_source_destroy(tap->source);
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        lct_queue_destroy(tap->queues[i]);
    }
}

/* The next frame that is not LOST; NULL when none comes in time. */
static struct lct_frame *next(struct tap *tap, enum lct_output output, lct_ns within) {
    lct_ns deadline = lct_monotonic() + within;
    struct lct_frame *frame;
    while ((frame = lct_queue_pop(tap->queues[output], deadline)) != NULL &&
           frame->kind == LCT_FRAME_LOST) {
        lct_frame_unref(frame);
    }
    return frame;
}

static struct lct_source_status status_of(const struct tap *tap) {
    struct lct_source_status status;
    lct_source_status(tap->source, &status);
    return status;
}

/* Waits for a state (and, unless 0, its fault's code). */
static void wait_for(struct tap *tap, enum lct_source_state state, int code) {
    lct_ns deadline = lct_monotonic() + PATIENCE;
    struct lct_source_status status = status_of(tap);
    while ((status.state != state || (code && status.fault.code != code)) &&
           lct_monotonic() < deadline) {
        lct_frame_unref(
            lct_queue_pop(tap->queues[LCT_OUTPUT_SCREEN], lct_monotonic() + 10 * LCT_MS));
        status = status_of(tap);
    }
    cr_assert_eq(status.state, state, "%s: %s", lct_source_state_name(status.state),
                 status.fault.en);
    cr_assert(!code || status.fault.code == code, "%d %s", status.fault.code, status.fault.en);
}

static void flush(struct tap *tap, enum lct_output output) {
    struct lct_frame *frame;
    while ((frame = lct_queue_pop(tap->queues[output], 0)) != NULL) {
        lct_frame_unref(frame);
    }
}

/* ---- file ---- */

/* Each second's half: one white picture and a beep that begins with it. */
static char *make_clip(void) {
    LCT_FREE char *command = lct_format(
        "ffmpeg -loglevel error -y -f lavfi -i \"color=black:s=320x180:r=30:d=4,"
        "drawbox=c=white:t=fill:enable='eq(mod(n,30),15)'\" -f lavfi -i "
        "\"aevalsrc='if(between(mod(t,1),0.5,0.6),0.8*sin(2*PI*1000*t),0)':s=48000:d=4\" "
        "-c:v libx264 -preset ultrafast -bf 2 -c:a aac -b:a 160k %s/clip.mp4",
        folder);
    run(command);
    return lct_format("file:%s/clip.mp4", folder);
}

static double mean_luma(const struct lct_frame *frame) {
    return frame->plane[0][(frame->height / 2) * frame->stride[0] + frame->width / 2];
}

#define TIMES_MAX 32

/* When the picture turned white. */
static size_t find_flashes(struct tap *tap, lct_ns until, lct_ns *times) {
    size_t n = 0;
    struct lct_frame *frame;
    lct_ns last = 0;
    while (n < TIMES_MAX && (frame = next(tap, LCT_OUTPUT_CAMERA, PATIENCE)) &&
           frame->time < until) {
        cr_expect(last == 0 || fabs((double)(frame->time - last) / 1e6 - 33.3) < 1.0,
                  "pictures %.2f ms apart", (double)(frame->time - last) / 1e6);
        last = frame->time;
        if (mean_luma(frame) > 128) {
            times[n++] = frame->time;
        }
        lct_frame_unref(frame);
    }
    lct_frame_unref(frame);
    return n;
}

/* When it turned loud: the first sample above a tenth after 50 ms below. */
static size_t find_beeps(struct tap *tap, lct_ns until, lct_ns *times) {
    size_t n = 0;
    lct_ns loud = 0;
    struct lct_frame *frame;
    while (n < TIMES_MAX && (frame = next(tap, LCT_OUTPUT_SOUND, PATIENCE)) &&
           frame->time < until) {
        for (size_t i = 0; i < frame->samples && n < TIMES_MAX; i++) {
            lct_ns time = frame->time + lct_ticks_to_ns((int64_t)i, LCT_SOUND_RATE);
            if (fabsf(frame->sound[i * 2]) > 0.1F) {
                if (time - loud > 50 * LCT_MS) {
                    times[n++] = time;
                }
                loud = time;
            }
        }
        lct_frame_unref(frame);
    }
    lct_frame_unref(frame);
    return n;
}

Test(sources, a_file_plays_in_time_and_in_sync_and_again, .init = make_folder,
     .fini = remove_folder, .timeout = 60) {
    LCT_FREE char *spec = make_clip();
    struct tap tap = open_tap(spec);
    lct_ns flashes[TIMES_MAX], beeps[TIMES_MAX], begin = lct_monotonic();
    lct_ns until = begin + 9 * LCT_SECOND;
    size_t seen = find_flashes(&tap, until, flashes), heard = find_beeps(&tap, until, beeps);
    cr_assert_geq(lct_monotonic(), until - LCT_SECOND, "faster than real time");
    cr_assert_geq(seen, 7, "%zu flashes", seen);
    cr_assert_geq(heard, seen - 1, "%zu beeps, %zu flashes", heard, seen);
    for (size_t i = 0; i < seen && i < heard; i++) {
        double off = (double)(beeps[i] - flashes[i]) / 1e6;
        cr_expect(fabs(off) <= 5, "flash %zu: the beep is %.2f ms off", i, off);
    }
    close_tap(&tap);
}

static void check_refused(const char *spec, int code, const char *word) {
    struct tap tap = open_tap(spec);
    wait_for(&tap, LCT_SOURCE_LOST, code);
    struct lct_source_status status = status_of(&tap);
    cr_expect(strstr(status.fault.en, word), "%s", status.fault.en);
    cr_expect(strstr(status.fault.zh, "。"), "%s", status.fault.zh);
    close_tap(&tap);
}

Test(sources, what_is_no_medium_is_refused_in_words, .init = make_folder, .fini = remove_folder,
     .timeout = 60) {
    LCT_FREE char *text = lct_format("echo 'no medium at all' > %s/text.mp4", folder);
    LCT_FREE char *text_spec = lct_format("file:%s/text.mp4", folder);
    LCT_FREE char *folder_spec = lct_format("file:%s", folder);
    LCT_FREE char *absent = lct_format("file:%s/absent.mp4", folder);
    run(text);
    check_refused(text_spec, -EINVAL, "not a medium");
    check_refused(folder_spec, -EISDIR, "not a file");
    check_refused(absent, -ENOENT, "absent.mp4");
}

/* ---- PulseAudio ---- */

static pid_t start_pulse(void) {
    char *argv[] = {"pulseaudio",
                    "-n",
                    "--daemonize=no",
                    "--exit-idle-time=-1",
                    "-L",
                    "module-native-protocol-unix",
                    "-L",
                    "module-null-sink sink_name=room rate=48000",
                    NULL};
    return start(argv, NULL);
}

static void use_own_pulse(void) {
    make_folder();
    LCT_FREE char *pulse = lct_format("%s/pulse", folder);
    cr_assert_eq(mkdir(pulse, 0700), 0);
    setenv("XDG_RUNTIME_DIR", folder, 1);
    setenv("PULSE_RUNTIME_PATH", pulse, 1);
    unsetenv("PULSE_SERVER");
}

static pid_t play_tone(void) {
    char *argv[] = {"ffmpeg", "-loglevel", "error",   "-re",
                    "-f",     "lavfi",     "-i",      "sine=frequency=1000:duration=60",
                    "-f",     "pulse",     "-device", "room",
                    "tone",   NULL};
    return start(argv, NULL);
}

/* True when a tone comes within a while, its frames one after the other. */
static bool hear_tone(struct tap *tap) {
    lct_ns deadline = lct_monotonic() + PATIENCE, end = 0;
    size_t loud = 0;
    struct lct_frame *frame;
    while (loud < 100 && lct_monotonic() < deadline &&
           (frame = next(tap, LCT_OUTPUT_SOUND, PATIENCE)) != NULL) {
        float peak = 0;
        for (size_t i = 0; i < frame->samples * 2; i++) {
            peak = fmaxf(peak, fabsf(frame->sound[i]));
        }
        loud = peak > 0.05F ? loud + 1 : 0;
        if (loud > 1) {
            double gap = (double)(frame->time - end) / 1e6;
            cr_expect(fabs(gap) < 1, "a gap of %.2f ms", gap);
        }
        end = frame->time + lct_ticks_to_ns((int64_t)frame->samples, LCT_SOUND_RATE);
        lct_frame_unref(frame);
    }
    return loud >= 100;
}

Test(sources, pulse_is_heard_lost_and_heard_again, .init = use_own_pulse, .fini = remove_folder,
     .timeout = 90) {
    pid_t daemon = start_pulse();
    struct tap tap = open_tap("mic:pulse:room.monitor");
    wait_for(&tap, LCT_SOURCE_RUNNING, 0);
    pid_t player = play_tone();
    cr_expect(hear_tone(&tap));
    stop(daemon, SIGKILL);
    wait_for(&tap, LCT_SOURCE_LOST, 0);
    stop(player, SIGKILL);
    flush(&tap, LCT_OUTPUT_SOUND);
    daemon = start_pulse();
    wait_for(&tap, LCT_SOURCE_RUNNING, 0);
    player = play_tone();
    cr_expect(hear_tone(&tap), "nothing after the restart");
    close_tap(&tap);
    check_refused("mic:pulse:absent", -ENOENT, "room.monitor");
    stop(player, SIGKILL);
    stop(daemon, SIGKILL);
}

Test(sources, a_frozen_pulse_daemon_does_not_hang_us, .init = use_own_pulse, .fini = remove_folder,
     .timeout = 60) {
    pid_t daemon = start_pulse();
    struct tap tap = open_tap("mic:pulse:room.monitor");
    wait_for(&tap, LCT_SOURCE_RUNNING, 0);
    kill(daemon, SIGSTOP);
    wait_for(&tap, LCT_SOURCE_LOST, 0); /* by the stall; opening it again hangs in libpulse */
    lct_ns begin = lct_monotonic();
    close_tap(&tap);
    cr_expect_lt(lct_monotonic() - begin, 12 * LCT_SECOND);
    kill(daemon, SIGCONT);
    stop(daemon, SIGKILL);
}

/* ---- RTSP ---- */

/* Starts the test camera (built beside this test) and waits for its address. */
static pid_t start_camera(const char *more[4], int port, char *address, size_t size) {
    char self[256], text[16];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 16);
    cr_assert_gt(n, 0);
    self[n] = '\0';
    strcpy(strrchr(self, '/') + 1, "rtspserver");
    snprintf(text, sizeof text, "%d", port);
    char *argv[8] = {self, "--port", text};
    for (size_t i = 0; i < 4 && more[i]; i++) {
        argv[3 + i] = (char *)(uintptr_t)more[i];
    }
    int out = -1;
    pid_t pid = start(argv, &out);
    size_t at = 0;
    while (at + 1 < size && read(out, address + at, 1) == 1 && address[at] != '\n') {
        at++;
    }
    address[at] = '\0';
    close(out);
    cr_assert(strncmp(address, "rtsp://", 7) == 0, "rtspserver: '%s'", address);
    return pid;
}

static int port_of(const char *address) { return atoi(strrchr(address, ':') + 1); }

Test(sources, an_ip_camera_passes_through_and_comes_back, .timeout = 90) {
    char address[128], spec[160];
    const char *more[4] = {"--idr", "25"};
    pid_t camera = start_camera(more, 0, address, sizeof address);
    snprintf(spec, sizeof spec, "camera:%s", address);
    struct tap tap = open_tap(spec);
    lct_ns last = 0;
    for (int i = 0; i < 60; i++) {
        struct lct_frame *frame = next(&tap, LCT_OUTPUT_CAMERA, PATIENCE);
        cr_assert(frame && frame->kind == LCT_FRAME_CODED);
        cr_expect(i > 0 || frame->key, "it begins with an IDR");
        cr_expect_gt(frame->time, last);
        cr_expect_lt(lct_monotonic() - frame->time, LCT_SECOND);
        cr_expect_eq(frame->width, 640);
        last = frame->time;
        lct_frame_unref(frame);
    }
    cr_expect(status_of(&tap).pass_through);
    stop(camera, SIGKILL);
    wait_for(&tap, LCT_SOURCE_LOST, 0);
    flush(&tap, LCT_OUTPUT_CAMERA);
    camera = start_camera(more, port_of(address), address, sizeof address);
    wait_for(&tap, LCT_SOURCE_RUNNING, 0);
    flush(&tap, LCT_OUTPUT_CAMERA);
    kill(camera, SIGSTOP); /* no word from it: the stall is noticed */
    wait_for(&tap, LCT_SOURCE_LOST, 0);
    kill(camera, SIGCONT);
    wait_for(&tap, LCT_SOURCE_RUNNING, 0);
    close_tap(&tap);
    stop(camera, SIGKILL);
}

static void check_decoded(const char *more[4], const char *word) {
    char address[128], spec[160];
    pid_t camera = start_camera(more, 0, address, sizeof address);
    snprintf(spec, sizeof spec, "camera:%s", address);
    struct tap tap = open_tap(spec);
    lct_ns last = 0;
    for (int i = 0; i < 30; i++) {
        struct lct_frame *frame = next(&tap, LCT_OUTPUT_CAMERA, PATIENCE);
        cr_assert(frame && frame->kind == LCT_FRAME_PICTURE);
        cr_expect_gt(frame->time, last);
        last = frame->time;
        lct_frame_unref(frame);
    }
    struct lct_source_status status = status_of(&tap);
    cr_expect(!status.pass_through && strstr(status.note_en, word), "%s", status.note_en);
    cr_expect(status.note_zh[0]);
    close_tap(&tap);
    stop(camera, SIGKILL);
}

Test(sources, b_frames_are_decoded, .timeout = 60) {
    const char *more[4] = {"--bframes", "2"};
    check_decoded(more, "B-frames");
}

Test(sources, rare_key_frames_are_decoded, .timeout = 60) {
    const char *more[4] = {"--idr", "250"};
    check_decoded(more, "key frames");
}

Test(sources, a_camera_with_a_login, .timeout = 60) {
    char address[128], spec[192];
    const char *more[4] = {"--login", "room:p@ss"};
    pid_t camera = start_camera(more, 0, address, sizeof address);
    snprintf(spec, sizeof spec, "camera:rtsp://room:wrong@127.0.0.1:%d/camera", port_of(address));
    check_refused(spec, -EACCES, "password");
    snprintf(spec, sizeof spec, "camera:rtsp://room:p%%40ss@127.0.0.1:%d/camera", port_of(address));
    struct tap tap = open_tap(spec);
    wait_for(&tap, LCT_SOURCE_RUNNING, 0);
    cr_expect(!strstr(status_of(&tap).label, "p%40ss"), "the password is shown");
    close_tap(&tap);
    stop(camera, SIGKILL);
}

Test(sources, an_absent_camera, .timeout = 60) {
    check_refused("camera:rtsp://127.0.0.1:1/camera", -EIO, "switched on");
}
