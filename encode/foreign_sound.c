// SPDX-License-Identifier: GPL-3.0-or-later
/* Sound of a foreign file: AAC frames copied, or decoded, made 48 kHz stereo and encoded. Either
 * way they stand on lesson time's grid of 1024 samples (docs/formats/tape.md). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libswresample/swresample.h>

#include "base/mem.h"
#include "capture/frame.h"
#include "encode/decoder.h"
#include "encode/foreign_priv.h"
#include "encode/mp4.h"
#include "encode/silence.h"
#include "encode/sound.h"
#include "encode/splice.h"

#define RATE LCT_SOUND_RATE
#define FRAME 1024
#define BIT_RATE 128000

/* Sound that comes so much too late or too early is put right by silence or by leaving some out;
 * less is a clock that was read coarsely. */
#define SLIP_MAX (RATE / 50)

/* AudioSpecificConfig of AAC-LC, 48 kHz, stereo (ISO 14496-3 sec. 1.6.2.1). */
static const uint8_t plain_config[] = {0x11, 0x90};

/* ---- frames into chunks ---- */

struct out {
    struct lct_foreign_job *job;
    struct lct_format *format;
    struct lct_chunk_info info;
    uint8_t payload[LCT_CHUNK_SAMPLES_MAX][LCT_SPLICE_FRAME_MAX];
    int64_t slot, end; /* the next one, and behind the last */
};

static int64_t slots(lct_ns time) { return (lct_ns_to_ticks(time, RATE) + FRAME - 1) / FRAME; }

static void begin_out(struct out *o, struct lct_foreign_job *job) {
    *o = (struct out){.job = job, .slot = slots(job->track->from), .end = slots(job->track->to)};
}

static int put_chunk(struct out *o) {
    const struct lct_foreign_track *track = o->job->track;
    const uint8_t *const payload[] = {o->payload[0], o->payload[1]};
    o->info.key = true;
    o->info.duration = FRAME * (uint32_t)o->info.samples;
    struct lct_chunk *chunk = lct_mp4_pack(o->format, &o->info, payload);
    o->info.samples = 0;
    return chunk ? track->put(track->opaque, chunk) : -ENOMEM;
}

static int put_frame(struct out *o, const uint8_t *bytes, size_t n, const int8_t peaks[2]) {
    if (o->slot >= o->end) {
        return 0;
    }
    unsigned i = o->info.samples++;
    if (i == 0) {
        o->info.tfdt = o->slot * FRAME;
    }
    o->slot++;
    n = n <= LCT_SPLICE_FRAME_MAX ? n : 0;
    memcpy(o->payload[i], bytes, n);
    o->info.sample_bytes[i] = (uint32_t)n;
    memcpy(o->info.peaks + 2 * i, peaks, 2);
    return o->info.samples == LCT_CHUNK_SAMPLES_MAX || o->slot == o->end ? put_chunk(o) : 0;
}

static int8_t level(float value) { return (int8_t)lrintf(fmaxf(-1, fminf(1, value)) * 127); }

/* Lowest and highest level of a frame; what is no number is silence. */
static void measure(const float *sound, int8_t ret_peaks[2]) {
    float low = 0, high = 0;
    for (size_t i = 0; i < (size_t)FRAME * LCT_SOUND_CHANNELS; i++) {
        low = fminf(low, sound[i]);
        high = fmaxf(high, sound[i]);
    }
    ret_peaks[0] = level(low);
    ret_peaks[1] = level(high);
}

/* ---- copying ---- */

static struct lct_format *copied_format(const struct lct_foreign_track *track) {
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    (void)snprintf(f->track, sizeof f->track, "%s", track->name);
    f->track_id = track->id;
    f->codec = LCT_CODEC_AAC;
    f->timescale = RATE;
    f->channels = LCT_SOUND_CHANNELS;
    f->config_bytes = sizeof plain_config;
    f->config = lct_new(f->config_bytes);
    memcpy(f->config, plain_config, f->config_bytes);
    lct_mp4_codec_string(f);
    if (lct_mp4_make_init(f) < 0) {
        lct_format_unref(f);
        return NULL;
    }
    return f;
}

static int put_silence(struct out *o, int64_t until) {
    static const int8_t still[2] = {0, 0};
    const uint8_t *bytes;
    size_t n;
    int rc = 0;
    lct_sound_silence(&bytes, &n);
    while (rc == 0 && o->slot < until && o->slot < o->end) {
        rc = put_frame(o, bytes, n, still);
    }
    return rc;
}

/* A packet's frame without the head it has in MPEG-TS (ADTS, ISO 13818-7 sec. 6.2); false: there is
 * more or less than one in it. */
static bool find_frame(const struct lct_foreign_job *job, const uint8_t **ret_bytes,
                       size_t *ret_n) {
    const AVPacket *packet = job->reader.packet;
    size_t n = (size_t)packet->size, head = 0;
    if (job->av->codecpar->extradata_size == 0) {
        if (n < 9 || packet->data[0] != 0xff || (packet->data[1] & 0xf6) != 0xf0 ||
            (packet->data[6] & 3) != 0) {
            return false;
        }
        head = packet->data[1] & 1 ? 7 : 9;
    }
    *ret_bytes = packet->data + head;
    *ret_n = n - head;
    return n > head && n - head <= LCT_SPLICE_FRAME_MAX;
}

/* A frame that does not decode is a frame of silence. */
static int copy_frame(struct out *o, struct lct_sound_decoder *decoder) {
    struct lct_foreign_job *job = o->job;
    float sound[FRAME * LCT_SOUND_CHANNELS];
    const uint8_t *bytes;
    size_t n;
    int8_t peaks[2];
    lct_ns time = lct_foreign_time(job->foreign, job->av, job->reader.packet->pts);
    if (time == LCT_NS_NONE || !find_frame(job, &bytes, &n)) {
        return -ENOTSUP;
    }
    int64_t at = lct_ns_to_ticks(job->track->from + time, RATE);
    int64_t slip = at - o->slot * FRAME;
    int rc =
        slip > FRAME * 3 / 2 || job->decoded == 0 ? put_silence(o, (at + FRAME / 2) / FRAME) : 0;
    if (rc < 0 || slip < -FRAME * 3 / 2) {
        return rc;
    }
    job->decoded++;
    if (lct_sound_decoder_decode(decoder, bytes, n, sound) < 0) {
        return put_silence(o, o->slot + 1);
    }
    measure(sound, peaks);
    return put_frame(o, bytes, n, peaks);
}

int lct_foreign_copy_sound(struct lct_foreign_job *job) {
    struct lct_sound_decoder *decoder = NULL;
    struct out o;
    begin_out(&o, job);
    o.format = copied_format(job->track);
    int rc = o.format ? lct_sound_decoder_open(o.format, &decoder) : -ENOMEM;
    while (rc == 0 && lct_foreign_next(job)) {
        rc = copy_frame(&o, decoder);
    }
    rc = rc ? rc : put_silence(&o, o.end);
    lct_sound_decoder_close(decoder);
    lct_format_unref(o.format);
    return rc == 0 && job->decoded == 0 ? -ENOTSUP : rc;
}

/* ---- encoding ---- */

struct recode {
    struct out out;
    struct lct_sound_encoder *encoder;
    SwrContext *swr;
    AVChannelLayout layout; /* what swr was made for, with the two below */
    int rate, format;
    float *input; /* FRAME */
    size_t filled;
    int8_t peaks[4]; /* of the frame before, and of this one */
    int64_t at;      /* samples of lesson time that were put in */
    size_t dropped;  /* packets that hold what was before the first frame */
};

static int encode_frame(struct recode *r) {
    struct lct_sound_packet packet;
    memmove(r->peaks, r->peaks + 2, 2);
    measure(r->input, r->peaks + 2);
    r->filled = 0;
    int rc = lct_sound_encode(r->encoder, r->input, &packet);
    if (rc <= 0) {
        return rc;
    }
    if (r->dropped < lct_sound_delay(r->encoder) / FRAME) {
        r->dropped++; /* priming */
        return 0;
    }
    return put_frame(&r->out, packet.bytes, packet.n, r->peaks);
}

/* sound NULL: silence. */
static int feed(struct recode *r, const float *sound, int64_t samples) {
    int rc = 0;
    while (rc == 0 && samples > 0) {
        size_t room = FRAME - r->filled;
        size_t n = samples < (int64_t)room ? (size_t)samples : room;
        float *to = r->input + r->filled * LCT_SOUND_CHANNELS;
        if (sound) {
            memcpy(to, sound, n * LCT_SOUND_CHANNELS * sizeof *sound);
            sound += n * LCT_SOUND_CHANNELS;
        } else {
            memset(to, 0, n * LCT_SOUND_CHANNELS * sizeof *to);
        }
        r->filled += n;
        r->at += (int64_t)n;
        samples -= (int64_t)n;
        rc = r->filled == FRAME ? encode_frame(r) : 0;
    }
    return rc;
}

static int prepare(struct recode *r, const AVFrame *f) {
    AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO, layout = {0};
    if (r->swr && r->rate == f->sample_rate && r->format == f->format &&
        av_channel_layout_compare(&r->layout, &f->ch_layout) == 0) {
        return 0;
    }
    swr_free(&r->swr);
    if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) { /* a count alone: as is usual for it */
        av_channel_layout_default(&layout, f->ch_layout.nb_channels);
    } else {
        (void)av_channel_layout_copy(&layout, &f->ch_layout);
    }
    (void)av_channel_layout_copy(&r->layout, &f->ch_layout);
    r->rate = f->sample_rate;
    r->format = f->format;
    int rc = swr_alloc_set_opts2(&r->swr, &stereo, AV_SAMPLE_FMT_FLT, RATE, &layout,
                                 (enum AVSampleFormat)f->format, f->sample_rate, 0, NULL);
    rc = rc < 0 ? rc : swr_init(r->swr);
    av_channel_layout_uninit(&layout);
    if (rc < 0) {
        swr_free(&r->swr);
    }
    return rc < 0 ? -ENOTSUP : 0;
}

/* Encoders make one NaN a second of noise. */
static void tame(float *sound, int samples) {
    for (int i = 0; i < samples * LCT_SOUND_CHANNELS; i++) {
        sound[i] = isfinite(sound[i]) ? fmaxf(-4, fminf(4, sound[i])) : 0;
    }
}

static int put_sound(struct recode *r, const AVFrame *f, int64_t at) {
    int64_t most = f ? av_rescale(f->nb_samples, RATE, f->sample_rate) + FRAME : FRAME;
    if (most > 100 * RATE) {
        return 0;
    }
    most += f ? 0 : RATE;
    LCT_FREE float *sound = lct_new((size_t)most * LCT_SOUND_CHANNELS * sizeof *sound);
    uint8_t *planes[] = {(uint8_t *)sound};
    int n = swr_convert(r->swr, planes, (int)most, f ? (const uint8_t **)f->extended_data : NULL,
                        f ? f->nb_samples : 0);
    if (n <= 0) {
        return 0;
    }
    tame(sound, n);
    int64_t slip = at - r->at, skipped = 0;
    int rc = 0;
    if (f && slip > SLIP_MAX) {
        rc = feed(r, NULL, slip);
    } else if (f && slip < -SLIP_MAX) {
        skipped = -slip < n ? -slip : n;
    }
    return rc ? rc : feed(r, sound + skipped * LCT_SOUND_CHANNELS, n - skipped);
}

static int take_decoded(void *opaque) {
    struct recode *r = opaque;
    struct lct_foreign_job *job = r->out.job;
    const AVFrame *f = job->frame;
    if (f->nb_samples <= 0 || f->sample_rate <= 0 || prepare(r, f) < 0) {
        return 0;
    }
    lct_ns time = lct_foreign_time(job->foreign, job->av, f->best_effort_timestamp);
    bool told = time != LCT_NS_NONE && time >= 0 && time <= LCT_FOREIGN_LENGTH_MAX;
    return put_sound(r, f, told ? lct_ns_to_ticks(job->track->from + time, RATE) : r->at);
}

/* What the resampler and the encoder still hold, and silence up to the end. */
static int end_sound(struct recode *r) {
    int rc = r->swr ? put_sound(r, NULL, r->at) : 0;
    while (rc == 0 && r->out.slot < r->out.end) {
        rc = feed(r, NULL, FRAME - (int64_t)r->filled);
    }
    return rc;
}

int lct_foreign_encode_sound(struct lct_foreign_job *job) {
    LCT_FREE struct recode *r = lct_new(sizeof *r);
    begin_out(&r->out, job);
    r->input = lct_new((size_t)FRAME * LCT_SOUND_CHANNELS * sizeof *r->input);
    r->at = r->out.slot * FRAME;
    int rc = lct_sound_open(LCT_CODEC_AAC, BIT_RATE, &r->encoder, job->fault);
    if (rc == 0) {
        r->out.format = lct_sound_format(r->encoder, job->track->name, job->track->id);
        rc = r->out.format ? 0 : -ENOMEM;
    }
    rc = rc ? rc : lct_foreign_decode(job, take_decoded, r);
    rc = rc ? rc : job->decoded == 0 ? -ENODATA : end_sound(r);
    swr_free(&r->swr);
    av_channel_layout_uninit(&r->layout);
    lct_sound_close(r->encoder);
    lct_format_unref(r->out.format);
    free(r->input);
    return rc;
}
