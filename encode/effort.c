// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/effort.h"

#define WINDOW (2 * LCT_SECOND)
#define CALM (30 * LCT_SECOND)
#define BUSY_HIGH 0.85
#define BUSY_LOW 0.45
/* A process that gets its CPU in lumps stands still in all its threads between them, those that
 * make the pictures too: its encoders look half idle and lose nothing that they could know of. */
#define STARVED_HIGH 0.5

static bool judge(struct lct_effort *e, lct_ns now) {
    if (e->busy > BUSY_HIGH || e->starved > STARVED_HIGH || e->lost) {
        e->calm_since = 0;
        if (e->step + 1 < LCT_EFFORT_STEPS) {
            e->step++;
            return true;
        }
        return false;
    }
    if (e->busy > BUSY_LOW || e->step == 0) {
        e->calm_since = 0;
        return false;
    }
    e->calm_since = e->calm_since ? e->calm_since : now;
    if (now - e->calm_since >= CALM) {
        e->calm_since = 0;
        e->step--;
        return true;
    }
    return false;
}

bool lct_effort_note(struct lct_effort *effort, lct_ns now, const struct lct_effort_work *work) {
    if (effort->window_start == 0) {
        effort->window_start = now - work->took;
    }
    effort->took += work->took;
    effort->waited += work->took - work->cpu;
    effort->lost = effort->lost || work->lost;
    lct_ns span = now - effort->window_start;
    if (span < WINDOW) {
        return false;
    }
    effort->busy = (double)effort->took / (double)span;
    effort->starved = (double)effort->waited / (double)span;
    bool changed = judge(effort, now);
    effort->window_start = now;
    effort->took = 0;
    effort->waited = 0;
    effort->lost = false;
    return changed;
}

enum lct_preset lct_effort_preset(const struct lct_effort *effort) {
    return effort->step < LCT_PRESETS ? (enum lct_preset)effort->step : LCT_PRESET_ULTRAFAST;
}

int lct_effort_divisor(const struct lct_effort *effort) {
    return effort->step < 3 ? 1 : effort->step == 3 ? 2 : 4;
}
