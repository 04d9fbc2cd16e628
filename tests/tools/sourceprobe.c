// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sourceprobe SPEC [SECONDS [INTERVAL_MS]]: opens a source by its spec and prints what it gives as
 * JSON lines: one for each change of state, one each interval, one at the end. For tests.
 *
 *   {"event":"state","t":…,"state":"running","label":"…","fault":"…","code":0,"note":"…"}
 *   {"event":"tick","t":…,"frames":{"camera":…},"fps":…,"width":…,"level":…,"late_ms":…}
 *   {"event":"end",…as tick…}
 *
 * With SECONDS 0 it runs until SIGTERM or SIGINT.
 * "luma" is the mean luma of the last picture, "rms" the loudness of the last sound in dB; "back"
 * counts frames whose time went backwards; "hole_ms" is the widest distance between two frames'
 * times. With --frames each frame is a line, too, with its time.
 */
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"
#include "capture/source.h"

#define QUEUE_DEPTH 256

struct output {
    const char *name;
    struct lct_queue *queue;
    uint64_t frames, keys, bytes, lost, back;
    lct_ns last;
    lct_ns hole;
    double late_ms;
    int width, height, colour;
    double mean;
    double rms_db;
};

struct probe {
    struct output outputs[LCT_OUTPUTS];
    struct lct_source *source;
    bool frames;
    lct_ns start;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
    (void)number;
    stopped = 1;
}

static double seconds(lct_ns time) { return (double)time / (double)LCT_SECOND; }

static void print_text(const char *name, const char *text) {
    printf(",\"%s\":\"", name);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('"');
}

static double mean_luma(const struct lct_frame *frame) {
    uint64_t sum = 0;
    for (int y = 0; y < frame->height; y++) {
        for (int x = 0; x < frame->width; x++) {
            sum += frame->plane[0][(ptrdiff_t)y * frame->stride[0] + x];
        }
    }
    return (double)sum / ((double)frame->width * frame->height);
}

static double loudness(const struct lct_frame *frame) {
    double sum = 0;
    size_t n = frame->samples * LCT_SOUND_CHANNELS;
    for (size_t i = 0; i < n; i++) {
        sum += (double)frame->sound[i] * (double)frame->sound[i];
    }
    return sum > 0 ? 10 * log10(sum / (double)n) : -100;
}

static void print_frame(const struct output *out, const struct lct_frame *frame) {
    printf("{\"event\":\"frame\",\"output\":\"%s\",\"time\":%.6f,\"late_ms\":%.1f", out->name,
           seconds(frame->time), out->late_ms);
    if (frame->kind == LCT_FRAME_SOUND) {
        printf(",\"samples\":%zu,\"rms\":%.1f}\n", frame->samples, out->rms_db);
    } else {
        printf(",\"kind\":%d,\"key\":%d,\"bytes\":%zu,\"luma\":%.2f}\n", (int)frame->kind,
               frame->key, frame->coded_bytes, out->mean);
    }
}

static void see_frame(struct probe *probe, struct output *out, const struct lct_frame *frame) {
    if (frame->kind == LCT_FRAME_LOST) {
        out->lost++;
        out->last = 0;
        return;
    }
    out->frames++;
    out->keys += frame->kind == LCT_FRAME_CODED && frame->key;
    out->bytes += frame->coded_bytes;
    out->back += out->last && frame->time <= out->last;
    out->hole =
        out->last && frame->time - out->last > out->hole ? frame->time - out->last : out->hole;
    out->last = frame->time;
    out->late_ms = (double)(lct_monotonic() - frame->time) / (double)LCT_MS;
    if (frame->kind == LCT_FRAME_SOUND) {
        out->rms_db = loudness(frame);
    } else {
        out->width = frame->width;
        out->height = frame->height;
        out->colour = (int)frame->colour;
        out->mean = frame->kind == LCT_FRAME_PICTURE ? mean_luma(frame) : 0;
    }
    if (probe->frames) {
        print_frame(out, frame);
    }
}

static void drain(struct probe *probe) {
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        struct output *out = &probe->outputs[i];
        struct lct_frame *frame;
        while (out->queue && (frame = lct_queue_pop(out->queue, 0)) != NULL) {
            see_frame(probe, out, frame);
            lct_frame_unref(frame);
        }
    }
}

static void print_state(const struct probe *probe, const struct lct_source_status *status) {
    printf("{\"event\":\"state\",\"t\":%.3f,\"state\":\"%s\",\"code\":%d,\"pass_through\":%s",
           seconds(lct_monotonic() - probe->start), lct_source_state_name(status->state),
           status->fault.code, status->pass_through ? "true" : "false");
    print_text("label", status->label);
    print_text("fault", status->fault.en);
    print_text("fault_zh", status->fault.zh);
    print_text("note", status->note_en);
    print_text("note_zh", status->note_zh);
    printf(",\"rebuilds\":%u}\n", status->rebuilds);
}

static void print_tick(const struct probe *probe, const char *event) {
    struct lct_source_status status;
    lct_source_status(probe->source, &status);
    printf("{\"event\":\"%s\",\"t\":%.3f,\"state\":\"%s\",\"fps\":%.2f,\"nominal_fps\":%.2f,"
           "\"drops\":%" PRIu64 ",\"level_peak\":%.1f,\"outputs\":{",
           event, seconds(lct_monotonic() - probe->start), lct_source_state_name(status.state),
           status.measured_fps, status.nominal_fps, status.drops, (double)status.level_peak_db);
    const char *comma = "";
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        const struct output *out = &probe->outputs[i];
        if (!out->queue) {
            continue;
        }
        printf("%s\"%s\":{\"frames\":%" PRIu64 ",\"keys\":%" PRIu64 ",\"bytes\":%" PRIu64
               ",\"lost\":%" PRIu64 ",\"back\":%" PRIu64 ",\"hole_ms\":%.1f,\"late_ms\":%.1f,"
               "\"width\":%d,\"height\":%d,\"colour\":%d,\"luma\":%.2f,\"rms\":%.1f}",
               comma, out->name, out->frames, out->keys, out->bytes, out->lost, out->back,
               (double)out->hole / (double)LCT_MS, out->late_ms, out->width, out->height,
               out->colour, out->mean, out->rms_db);
        comma = ",";
    }
    printf("}}\n");
}

static void run(struct probe *probe, lct_ns until, lct_ns interval) {
    struct lct_source_status before = {.state = LCT_SOURCE_STATES};
    lct_ns next = lct_monotonic() + interval;
    struct lct_queue *timer = lct_queue_create(1, LCT_QUEUE_DROP_OLDEST, free);
    while (!stopped && (until == LCT_NS_NONE || lct_monotonic() < until)) {
        struct lct_source_status now;
        drain(probe);
        lct_source_status(probe->source, &now);
        if (now.state != before.state || strcmp(now.fault.en, before.fault.en) != 0 ||
            strcmp(now.note_en, before.note_en) != 0) {
            print_state(probe, &now);
            before = now;
        }
        if (lct_monotonic() >= next) {
            print_tick(probe, "tick");
            next += interval;
        }
        fflush(stdout);
        (void)lct_queue_pop(timer, lct_monotonic() + 5 * LCT_MS); /* nothing comes: a pause */
    }
    lct_queue_destroy(timer);
}

int main(int argc, char **argv) {
    static const char *const names[LCT_OUTPUTS] = {"camera", "screen", "sound"};
    struct probe probe = {.start = lct_monotonic()};
    if (argc > 1 && strcmp(argv[1], "--frames") == 0) {
        probe.frames = true;
        argc--;
        argv++;
    }
    struct lct_spec spec;
    struct lct_fault fault = {0};
    if (argc < 2 || lct_spec_parse(argv[1], &spec, &fault) != 0) {
        fprintf(stderr, "sourceprobe [--frames] SPEC [SECONDS [INTERVAL_MS]]\n%s\n", fault.en);
        return 2;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    double length = argc > 2 ? atof(argv[2]) : 5;
    lct_ns until = length > 0 ? probe.start + (lct_ns)(length * (double)LCT_SECOND) : LCT_NS_NONE;
    lct_ns interval = (argc > 3 ? atol(argv[3]) : 1000) * LCT_MS;
    probe.source = lct_source_create(&spec, NULL, NULL);
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        probe.outputs[i].name = names[i];
        if (lct_source_has(probe.source, (enum lct_output)i)) {
            probe.outputs[i].queue =
                lct_queue_create(QUEUE_DEPTH, LCT_QUEUE_DROP_OLDEST, lct_frame_unref_item);
            lct_source_attach(probe.source, (enum lct_output)i, probe.outputs[i].queue);
        }
    }
    run(&probe, until, interval);
    drain(&probe);
    print_tick(&probe, "end");
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        lct_source_attach(probe.source, (enum lct_output)i, NULL);
    }
    lct_source_destroy(probe.source);
    for (int i = 0; i < LCT_OUTPUTS; i++) {
        lct_queue_destroy(probe.outputs[i].queue);
    }
    return probe.outputs[0].frames + probe.outputs[1].frames + probe.outputs[2].frames > 0 ? 0 : 1;
}
