// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/slave.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>

#include "base/mem.h"

#define RATE 48000
#define CHANNELS 2

/* The loop: the error is smoothed with ERROR_SECONDS against the jitter of arrival (10 ms for
 * Pulse), the rate follows it with PULL_SECONDS (the time in which an error is halved, roughly) and
 * remembers it with INTEGRAL_SECONDS. Damped well (no swing), and slower than any jitter. */
#define ERROR_SECONDS 4.0
#define PULL_SECONDS 12.0
#define INTEGRAL_SECONDS 60.0
/* Sound 300 ppm off is not heard as a wrong pitch; more is only allowed to the crystal's own part.
 */
#define PULL_PPM_MAX 300.0
#define CRYSTAL_PPM_MAX 1000.0
/* Samples after a (re)start in which the loop only listens: the first arrivals of a device are
 * wild. */
#define LISTEN_SAMPLES (RATE / 2)

struct lct_slave {
    lct_ns zero;
    SwrContext *swr;
    float *fifo; /* grid samples not yet pulled, from fifo_head on */
    size_t fifo_head, fifo_samples, fifo_room;
    int64_t pulled;     /* grid samples handed out */
    bool running;       /* false: the next push begins anew at its own time */
    lct_ns anchor;      /* capture time of the first sample since the last start */
    int64_t anchor_at;  /* grid sample that stands for anchor */
    int64_t in_samples; /* of the device, since anchor */
    double error;       /* seconds, smoothed */
    double crystal;     /* ppm, integral part */
    double ppm;         /* what the resampler is told */
    uint64_t gaps;
    lct_ns gap_time;
};

static SwrContext *new_resampler(void) {
    SwrContext *swr = NULL;
    AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
    int rc = swr_alloc_set_opts2(&swr, &stereo, AV_SAMPLE_FMT_FLT, RATE, &stereo, AV_SAMPLE_FMT_FLT,
                                 RATE, 0, NULL);
    if (rc < 0 || swr_init(swr) < 0 || swr_set_compensation(swr, 0, RATE) < 0) {
        swr_free(&swr);
    }
    return swr;
}

struct lct_slave *lct_slave_create(lct_ns zero) {
    struct lct_slave *slave = lct_new(sizeof *slave);
    slave->zero = zero;
    return slave;
}

void lct_slave_destroy(struct lct_slave *slave) {
    if (slave) {
        swr_free(&slave->swr);
        free(slave->fifo);
        free(slave);
    }
}

static float *fifo_space(struct lct_slave *slave, size_t samples) {
    size_t need = slave->fifo_samples + samples;
    if (slave->fifo_head > 0 && slave->fifo_head + need > slave->fifo_room) {
        memmove(slave->fifo, slave->fifo + slave->fifo_head * CHANNELS,
                slave->fifo_samples * CHANNELS * sizeof *slave->fifo);
        slave->fifo_head = 0;
    }
    if (need > slave->fifo_room) {
        size_t room = need + RATE;
        float *bigger = realloc(slave->fifo, room * CHANNELS * sizeof *bigger);
        if (!bigger) {
            return NULL;
        }
        slave->fifo = bigger;
        slave->fifo_room = room;
    }
    return slave->fifo + (slave->fifo_head + slave->fifo_samples) * CHANNELS;
}

static int64_t filled(const struct lct_slave *slave) {
    return slave->pulled + (int64_t)slave->fifo_samples;
}

lct_ns lct_slave_filled_to(const struct lct_slave *slave) {
    return slave->zero + lct_ticks_to_ns(filled(slave), RATE);
}

static int add_silence(struct lct_slave *slave, int64_t samples) {
    while (samples > 0) {
        size_t n = samples > RATE ? RATE : (size_t)samples;
        float *space = fifo_space(slave, n);
        if (!space) {
            return -ENOMEM;
        }
        memset(space, 0, n * CHANNELS * sizeof *space);
        slave->fifo_samples += n;
        samples -= (int64_t)n;
    }
    return 0;
}

/* Pads with silence up to time and empties the resampler: what comes next begins anew. */
static int begin_anew(struct lct_slave *slave, lct_ns time) {
    int64_t hole = lct_ns_to_ticks(time - slave->zero, RATE) - filled(slave);
    int rc = hole > 0 ? add_silence(slave, hole) : 0;
    swr_free(&slave->swr);
    slave->swr = new_resampler();
    if (rc < 0 || !slave->swr) {
        return -ENOMEM;
    }
    if (hole > 0 && slave->in_samples > 0) {
        slave->gaps++;
        slave->gap_time += lct_ticks_to_ns(hole, RATE);
    }
    slave->running = true;
    slave->anchor = lct_slave_filled_to(slave);
    slave->anchor_at = filled(slave);
    slave->in_samples = 0;
    slave->error = 0;
    slave->ppm = slave->crystal;
    return 0;
}

static double limit(double value, double most) { return fmax(-most, fmin(most, value)); }

/* Seconds after anchor where the grid puts the next sample pushed: what came out, and what the
 * resampler still holds. Counted from what it really made, so that no rounding adds up over a day.
 */
static double grid_seconds(const struct lct_slave *slave) {
    const int64_t fine = RATE * 64;
    double held = (double)swr_get_delay(slave->swr, fine) / (double)fine;
    return (double)(filled(slave) - slave->anchor_at) / RATE + held;
}

/* The samples now at hand were captured at time; the loop works on how far off the grid puts them.
 */
static void estimate(struct lct_slave *slave, lct_ns time, size_t samples) {
    double dt = (double)samples / RATE;
    double error = (double)(time - slave->anchor) / LCT_SECOND - grid_seconds(slave);
    if (slave->in_samples < LISTEN_SAMPLES) { /* mean of the first arrivals */
        double n = (double)slave->in_samples / (double)(samples > 0 ? samples : 1) + 1;
        slave->error += (error - slave->error) / n;
        return;
    }
    slave->error += (error - slave->error) * fmin(1.0, dt / ERROR_SECONDS);
    double pull = limit(slave->error / PULL_SECONDS * 1e6, PULL_PPM_MAX);
    slave->crystal += pull * dt / INTEGRAL_SECONDS;
    slave->crystal = limit(slave->crystal, CRYSTAL_PPM_MAX);
    slave->ppm = slave->crystal + pull;
}

static int resample(struct lct_slave *slave, const float *sound, size_t samples) {
    /* A slow device (error grows) must be stretched: more samples out than in. */
    int distance = RATE * 10;
    int delta = (int)lrint(slave->ppm * 1e-6 * distance);
    (void)swr_set_compensation(slave->swr, delta, distance); /* cannot fail with these numbers */
    float *space = fifo_space(slave, samples + 4096);
    if (!space) {
        return -ENOMEM;
    }
    uint8_t *out = (uint8_t *)space;
    const uint8_t *in = (const uint8_t *)sound;
    int got = swr_convert(slave->swr, &out, (int)samples + 4096, &in, (int)samples);
    if (got < 0) {
        return -ENOMEM;
    }
    slave->fifo_samples += (size_t)got;
    slave->in_samples += (int64_t)samples;
    return 0;
}

static bool is_far(const struct lct_slave *slave, lct_ns time) {
    double expected = (double)slave->anchor + grid_seconds(slave) * LCT_SECOND;
    return fabs((double)time - expected) > (double)LCT_SLAVE_GAP;
}

int lct_slave_push(struct lct_slave *slave, lct_ns time, const float *sound, size_t samples) {
    if (!slave->running || is_far(slave, time)) {
        /* What lies before the grid's zero, or in time that is silence already, comes too late. */
        int64_t late = lct_ns_to_ticks(lct_slave_filled_to(slave) - time, RATE);
        if (late >= (int64_t)samples) {
            return 0;
        }
        if (late > 0) {
            sound += late * CHANNELS;
            samples -= (size_t)late;
            time = lct_slave_filled_to(slave);
        }
        int rc = begin_anew(slave, time);
        if (rc < 0) {
            return rc;
        }
    }
    estimate(slave, time, samples);
    return resample(slave, sound, samples);
}

int lct_slave_silence(struct lct_slave *slave, lct_ns time) {
    int64_t hole = lct_ns_to_ticks(time - slave->zero, RATE) - filled(slave);
    if (hole <= 0) {
        return 0;
    }
    if (slave->running) {
        slave->running = false;
        slave->gaps++;
    }
    slave->gap_time += lct_ticks_to_ns(hole, RATE);
    return add_silence(slave, hole);
}

bool lct_slave_pull(struct lct_slave *slave, size_t samples, float *out) {
    if (slave->fifo_samples < samples) {
        return false;
    }
    memcpy(out, slave->fifo + slave->fifo_head * CHANNELS, samples * CHANNELS * sizeof *out);
    slave->fifo_head += samples;
    slave->fifo_samples -= samples;
    slave->pulled += (int64_t)samples;
    return true;
}

int64_t lct_slave_position(const struct lct_slave *slave) { return slave->pulled; }

void lct_slave_status(const struct lct_slave *slave, struct lct_slave_status *ret_status) {
    /* Stretching by +ppm means that the device counts too slowly. */
    *ret_status = (struct lct_slave_status){
        .ppm = -slave->crystal,
        .error_ms = slave->error * 1e3,
        .gaps = slave->gaps,
        .gap_time = slave->gap_time,
    };
}
