// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The sound kind of track: device sound -> slave (one clock) -> AAC, two frames a chunk; and, when
 * somebody wants it, Opus for live. The grid goes on whatever the device does.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/slave.h"
#include "encode/sound.h"
#include "encode/track_priv.h"

#define RATE LCT_SOUND_RATE
#define AAC_FRAME 1024
#define AAC_BPS 128000
#define OPUS_BPS 64000

/* Sound that is not there so long after its time is taken as silence. More than any device's
 * latency, less than the chunk promises that readers wait for. */
#define PATIENCE (400 * LCT_MS)

/* A coded stream beside the grid: which grid sample its next input frame starts at, its chunk in
 * the making. */
struct stream {
    struct lct_sound_encoder *encoder;
    struct lct_format *format;
    size_t frame_samples;
    int64_t next_tick; /* tfdt of the next packet */
    unsigned frames_a_chunk;
    struct lct_chunk_info info;
    uint8_t *payload[LCT_CHUNK_SAMPLES_MAX];
    float *input; /* frame_samples stereo, filled so far */
    size_t filled;
    int8_t peaks[4]; /* lowest and highest of the two latest input frames */
};

struct lct_sound_lane {
    struct lct_track *track;
    struct lct_slave *slave;
    int64_t start_tick; /* lesson time of the grid's sample 0 */
    struct stream aac, opus;
};

static int open_stream(struct stream *s, enum lct_codec codec, const struct lct_track *track,
                       int64_t start_tick, struct lct_fault *fault) {
    bool aac = codec == LCT_CODEC_AAC;
    int rc = lct_sound_open(codec, aac ? AAC_BPS : OPUS_BPS, &s->encoder, fault);
    if (rc < 0) {
        return rc;
    }
    uint32_t id = track->settings.id + (aac ? 0 : LCT_TRACK_LIVE_ID);
    s->format = lct_sound_format(s->encoder, track->settings.name, id);
    if (!s->format) {
        return lct_fault_set(fault, -ENOMEM, "encode", "No memory for track %s.",
                             "轨道 %s 内存不足。", track->settings.name);
    }
    s->frame_samples = lct_sound_frame_samples(s->encoder);
    s->frames_a_chunk = aac ? 2 : 1;
    s->input = lct_new(s->frame_samples * LCT_SOUND_CHANNELS * sizeof *s->input);
    s->next_tick = start_tick - (int64_t)lct_sound_delay(s->encoder);
    return 0;
}

static void close_stream(struct stream *s) {
    for (unsigned i = 0; i < LCT_CHUNK_SAMPLES_MAX; i++) {
        free(s->payload[i]);
    }
    free(s->input);
    lct_format_unref(s->format);
    lct_sound_close(s->encoder);
}

int lct_sound_lane_create(struct lct_track *track, struct lct_fault *fault) {
    const struct lct_track_settings *settings = &track->settings;
    struct lct_sound_lane *lane = lct_new(sizeof *lane);
    lane->track = track;
    /* Frames stand on lesson time's grid of 1024, so that a hole between two reels is a whole
     * number of silent frames (docs/formats/tape.md). */
    lane->start_tick =
        (lct_ns_to_ticks(settings->start, RATE) + AAC_FRAME - 1) / AAC_FRAME * AAC_FRAME;
    lane->slave = lct_slave_create(settings->zero + lct_ticks_to_ns(lane->start_tick, RATE));
    int rc = open_stream(&lane->aac, LCT_CODEC_AAC, track, lane->start_tick, fault);
    if (rc == 0 && settings->live) {
        rc = open_stream(&lane->opus, LCT_CODEC_OPUS, track, lane->start_tick, fault);
    }
    if (rc < 0) {
        lct_sound_lane_destroy(lane);
        return rc;
    }
    track->sound = lane;
    return 0;
}

void lct_sound_lane_destroy(struct lct_sound_lane *lane) {
    if (lane) {
        close_stream(&lane->aac);
        close_stream(&lane->opus);
        lct_slave_destroy(lane->slave);
        free(lane);
    }
}

static void publish(struct lct_sound_lane *lane, struct stream *s) {
    struct lct_chunk_info *info = &s->info;
    info->key = true;
    info->duration = (uint32_t)(s->frame_samples * info->samples);
    const uint8_t *payload[LCT_CHUNK_SAMPLES_MAX] = {s->payload[0], s->payload[1]};
    lct_ns captured =
        lane->track->settings.zero + lct_ticks_to_ns(info->tfdt, s->format->timescale);
    lct_track_publish(lane->track, lct_mp4_pack(s->format, info, payload), captured);
    info->samples = 0;
}

static void add_packet(struct lct_sound_lane *lane, struct stream *s,
                       const struct lct_sound_packet *packet) {
    int64_t tick = s->next_tick;
    s->next_tick += (int64_t)s->frame_samples;
    if (tick < lane->start_tick) {
        return; /* priming: sound from before this track began */
    }
    unsigned i = s->info.samples++;
    s->info.tfdt = i == 0 ? tick : s->info.tfdt;
    s->info.sample_bytes[i] = (uint32_t)packet->n;
    memcpy(s->info.peaks + 2 * i, s->peaks, 2); /* of the frame before: the packet's own sound */
    free(s->payload[i]);
    s->payload[i] = lct_new(packet->n);
    memcpy(s->payload[i], packet->bytes, packet->n);
    if (s->info.samples == s->frames_a_chunk) {
        publish(lane, s);
    }
}

static int8_t level(float value) { return (int8_t)lrintf(fmaxf(-1, fminf(1, value)) * 127); }

/* AAC's packet holds the sound of the input frame before (1024 samples of priming). */
static void measure(struct stream *s) {
    float low = 0, high = 0;
    for (size_t i = 0; i < s->frame_samples * LCT_SOUND_CHANNELS; i++) {
        low = fminf(low, s->input[i]);
        high = fmaxf(high, s->input[i]);
    }
    memmove(s->peaks, s->peaks + 2, 2);
    s->peaks[2] = level(low);
    s->peaks[3] = level(high);
}

static void encode_input(struct lct_sound_lane *lane, struct stream *s) {
    struct lct_sound_packet packet;
    measure(s);
    int rc = lct_sound_encode(s->encoder, s->input, &packet);
    s->filled = 0;
    if (rc == 1) {
        add_packet(lane, s, &packet);
    } else if (rc < 0) {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, rc, "encode", "The sound of track %s does not encode (%d).",
                            "轨道 %s 的声音无法编码（%d）。", lane->track->settings.name, rc);
        lct_track_report(lane->track, &fault);
    }
}

static void feed(struct lct_sound_lane *lane, struct stream *s, const float *sound,
                 size_t samples) {
    while (s->encoder && samples > 0) {
        size_t room = s->frame_samples - s->filled;
        size_t n = samples < room ? samples : room;
        memcpy(s->input + s->filled * LCT_SOUND_CHANNELS, sound,
               n * LCT_SOUND_CHANNELS * sizeof *sound);
        s->filled += n;
        sound += n * LCT_SOUND_CHANNELS;
        samples -= n;
        if (s->filled == s->frame_samples) {
            encode_input(lane, s);
        }
    }
}

static void drain_slave(struct lct_sound_lane *lane) {
    enum { BLOCK = 240 }; /* 5 ms */
    float block[BLOCK * LCT_SOUND_CHANNELS];
    while (lct_slave_pull(lane->slave, BLOCK, block)) {
        feed(lane, &lane->aac, block, BLOCK);
        feed(lane, &lane->opus, block, BLOCK);
    }
}

/* After a machine slept for minutes all of them are silence: encoded by the second, so that they
 * need no memory. What is left to do is less than a second. */
static int fill_hole(struct lct_sound_lane *lane, lct_ns time) {
    int rc = 0;
    lct_ns next = lct_slave_filled_to(lane->slave) + LCT_SECOND;
    for (; rc == 0 && next < time; next += LCT_SECOND) {
        rc = lct_slave_silence(lane->slave, next);
        drain_slave(lane);
    }
    return rc;
}

/* What the encoder still holds is pushed out by silence, and a chunk of one frame is better than
 * none. */
void lct_sound_end(struct lct_sound_lane *lane) {
    lct_sound_step(lane, NULL); /* one that came too late has not filled up with silence yet */
    struct stream *streams[] = {&lane->aac, &lane->opus};
    for (size_t i = 0; i < 2; i++) {
        struct stream *s = streams[i];
        if (!s->encoder) {
            continue;
        }
        LCT_FREE float *silence = lct_new(s->frame_samples * LCT_SOUND_CHANNELS * sizeof *silence);
        size_t rest = s->filled > 0 ? s->frame_samples - s->filled : 0;
        feed(lane, s, silence, rest);
        feed(lane, s, silence, s->frame_samples);
        if (s->info.samples > 0) {
            publish(lane, s);
        }
    }
}

static void show(struct lct_sound_lane *lane, bool silent) {
    struct lct_slave_status known;
    lct_slave_status(lane->slave, &known);
    struct lct_track *track = lane->track;
    pthread_mutex_lock(&track->lock);
    track->status.slate = silent;
    track->status.ppm = known.ppm;
    track->status.error_ms = known.error_ms;
    track->status.gaps = known.gaps;
    pthread_mutex_unlock(&track->lock);
}

lct_ns lct_sound_deadline(const struct lct_sound_lane *lane) {
    return lct_slave_filled_to(lane->slave) + PATIENCE;
}

void lct_sound_step(struct lct_sound_lane *lane, struct lct_frame *frame) {
    int rc = 0;
    bool silent = false;
    if (frame && frame->kind == LCT_FRAME_SOUND) {
        rc = fill_hole(lane, frame->time);
        rc = rc ? rc : lct_slave_push(lane->slave, frame->time, frame->sound, frame->samples);
    } else if (lct_track_now(lane->track) >= lct_sound_deadline(lane)) {
        silent = true;
        lct_ns time = lct_track_now(lane->track) - PATIENCE / 2;
        rc = fill_hole(lane, time);
        rc = rc ? rc : lct_slave_silence(lane->slave, time);
    }
    lct_frame_unref(frame);
    if (rc < 0) {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, rc, "encode", "No memory for the sound of track %s.",
                            "轨道 %s 的声音内存不足。", lane->track->settings.name);
        lct_track_report(lane->track, &fault);
    }
    drain_slave(lane);
    show(lane, silent);
}
