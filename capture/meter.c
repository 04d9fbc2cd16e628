// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/meter.h"

#include <math.h>
#include <stdbool.h>

#include "capture/frame.h"

/* As long as the time between two statuses: no clap falls between them. */
#define WINDOW_SAMPLES (LCT_SOUND_RATE / 5)
#define STALE (LCT_SECOND / 2)
#define RATE_SPAN (2 * LCT_SECOND)

static float decibels(double amplitude) {
    bool heard = amplitude > 0 && isfinite(amplitude); /* a file may hold infinite samples */
    double db = heard ? 20 * log10(amplitude) : (double)LCT_METER_SILENCE_DB;
    return db > (double)LCT_METER_SILENCE_DB ? (float)db : LCT_METER_SILENCE_DB;
}

static void end_window(struct lct_meter *level, lct_ns time) {
    level->peak_db = decibels((double)level->peak);
    level->rms_db = decibels(sqrt(level->squares / (double)(level->samples * LCT_SOUND_CHANNELS)));
    level->time = time;
    level->samples = 0;
    level->peak = 0;
    level->squares = 0;
}

void lct_meter_add(struct lct_meter *level, const float *sound, size_t samples, lct_ns time) {
    for (size_t i = 0; i < samples; i++) {
        for (size_t c = 0; c < LCT_SOUND_CHANNELS; c++) {
            float value = sound[i * LCT_SOUND_CHANNELS + c];
            level->peak = fmaxf(level->peak, fabsf(value));
            level->squares += (double)value * (double)value;
        }
        if (++level->samples == WINDOW_SAMPLES) {
            end_window(level, time + lct_ticks_to_ns((int64_t)i + 1, LCT_SOUND_RATE));
        }
    }
}

void lct_meter_read(const struct lct_meter *level, lct_ns now, float *ret_peak_db,
                    float *ret_rms_db) {
    int fresh = level->time != 0 && now - level->time < STALE;
    *ret_peak_db = fresh ? level->peak_db : LCT_METER_SILENCE_DB;
    *ret_rms_db = fresh ? level->rms_db : LCT_METER_SILENCE_DB;
}

void lct_rate_add(struct lct_rate *rate, lct_ns time) {
    rate->times[rate->next] = time;
    rate->next = (rate->next + 1) % LCT_RATE_TIMES;
}

double lct_rate_per_second(const struct lct_rate *rate, lct_ns now) {
    lct_ns first = now;
    unsigned count = 0;
    int older = 0; /* something came before the span: the span counts whole */
    for (unsigned i = 0; i < LCT_RATE_TIMES; i++) {
        lct_ns time = rate->times[i];
        if (time == 0) {
            continue;
        }
        if (time <= now - RATE_SPAN) {
            older = 1;
        } else {
            count++;
            first = time < first ? time : first;
        }
    }
    if (older) {
        return (double)count * LCT_SECOND / RATE_SPAN;
    }
    /* n pictures make n - 1 intervals while it is only beginning. */
    return count > 1 && now > first ? (double)(count - 1) * LCT_SECOND / (double)(now - first) : 0;
}
