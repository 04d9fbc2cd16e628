// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * drift PPM HOURS: sound against picture over a long day, on a simulated clock.
 *
 * A microphone whose crystal is PPM too fast gives 10 ms blocks, each with its capture time (which
 * trembles by half a millisecond), to the slave that every sound track has. On the left each 10 s
 * of true time a bump, on the right a tone without end. In what comes out, the bumps' places
 * against the times at which they were made are the error of sound against picture, and a place
 * where the tone is none is a jump. Prints one JSON object; "uncorrected" is what counting samples
 * gives.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/frame.h"
#include "encode/slave.h"

#define BLOCK 480
#define PULL 1024
#define BUMP 64 /* samples */
#define BUMP_EACH 10.0
#define TONE 440.0
#define TREMBLE 0.0005
#define CLICK 0.001 /* of a sine of 0.5; one sample left out makes 0.03 */
#define PI 3.14159265358979323846

struct result {
    double worst, worst_late; /* ms; in all, and after the first minute */
    double worst_step;        /* ms, from one bump to the next */
    double uncorrected;       /* ms */
    double last;              /* ms, error of the last bump */
    long bumps, clicks;
};

/* ---- the microphone ---- */

static void make_block(float *out, long first, double rate) {
    double step = 2 * PI * TONE / rate;
    double phase = fmod(step * (double)first, 2 * PI);
    double sine = sin(phase), cosine = cos(phase), s = sin(step), c = cos(step);
    for (int i = 0; i < BLOCK; i++) {
        double time = (double)(first + i) / rate;
        double bump = fmod(time, BUMP_EACH) * rate; /* samples since the last one began */
        bool in_bump = time >= BUMP_EACH && bump < BUMP;
        out[2 * i] = in_bump ? (float)(0.5 - 0.5 * cos(2 * PI * bump / BUMP)) : 0;
        out[2 * i + 1] = (float)(0.5 * sine);
        double next = sine * c + cosine * s;
        cosine = cosine * c - sine * s;
        sine = next;
    }
}

/* ---- who listens ---- */

struct ear {
    long at; /* sample of the grid */
    double weight, moment;
    double before, before_that;
    struct result *result;
    double rate, error;
};

static void end_bump(struct ear *ear) {
    struct result *r = ear->result;
    /* the middle of bump n was made at n * 10 s and half a bump */
    double heard = ear->moment / ear->weight / LCT_SOUND_RATE - BUMP / 2.0 / ear->rate;
    double made = round(heard / BUMP_EACH) * BUMP_EACH;
    double error = (heard - made) * 1000;
    double step = r->bumps ? fabs(error - ear->error) : 0;
    r->worst = fmax(r->worst, fabs(error));
    r->worst_late = made > 60 ? fmax(r->worst_late, fabs(error)) : r->worst_late;
    r->worst_step = fmax(r->worst_step, step);
    r->uncorrected = fmax(r->uncorrected, fabs(made * ear->rate / LCT_SOUND_RATE - made) * 1000);
    r->last = ear->error = error;
    r->bumps++;
    ear->weight = ear->moment = 0;
}

static void listen_to(struct ear *ear, const float *sound) {
    const double twice = 2 * cos(2 * PI * TONE / LCT_SOUND_RATE);
    for (int i = 0; i < PULL; i++, ear->at++) {
        double left = sound[2 * i], right = sound[2 * i + 1];
        if (left > 0.02) {
            ear->weight += left;
            ear->moment += left * (double)ear->at;
        } else if (ear->weight > BUMP / 4.0) {
            end_bump(ear);
        }
        /* each sample of a sine follows from the two before it; its beginning is one click */
        double off = right - twice * ear->before + ear->before_that;
        ear->result->clicks += ear->at > LCT_SOUND_RATE && fabs(off) > CLICK;
        ear->before_that = ear->before;
        ear->before = right;
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        (void)fputs("usage: drift PPM HOURS\n", stderr);
        return 1;
    }
    static float block[2 * BLOCK], out[2 * PULL];
    struct result r = {0};
    double ppm = atof(argv[1]), rate = LCT_SOUND_RATE * (1 + ppm / 1e6);
    struct ear ear = {.result = &r, .rate = rate};
    struct lct_slave *slave = lct_slave_create(0);
    long end = (long)(atof(argv[2]) * 3600 * rate);
    srandom(1);
    for (long first = 0; first < end; first += BLOCK) {
        double tremble = TREMBLE * (2.0 * (double)random() / RAND_MAX - 1);
        make_block(block, first, rate);
        lct_ns time = (lct_ns)(((double)first / rate + tremble) * LCT_SECOND);
        if (lct_slave_push(slave, time, block, BLOCK) < 0) {
            return 1;
        }
        while (lct_slave_pull(slave, PULL, out)) {
            listen_to(&ear, out);
        }
    }
    struct lct_slave_status status;
    lct_slave_status(slave, &status);
    (void)printf("{\"ppm\": %g, \"found_ppm\": %.2f, \"bumps\": %ld, \"worst_ms\": %.3f, "
                 "\"worst_after_a_minute_ms\": %.3f, \"last_ms\": %.3f, \"worst_step_ms\": %.3f, "
                 "\"clicks\": %ld, \"gaps\": %llu, \"uncorrected_ms\": %.1f}\n",
                 ppm, status.ppm, r.bumps, r.worst, r.worst_late, r.last, r.worst_step, r.clicks,
                 (unsigned long long)status.gaps, r.uncorrected);
    lct_slave_destroy(slave);
    return 0;
}
