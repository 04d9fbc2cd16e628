// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/pace.h"

#define WINDOW (2 * LCT_SECOND)
#define HOLE (100 * LCT_MS)
#define SLOPE 100 /* the offset moves by at most 1 / SLOPE */

static void begin(struct lct_pace *pace, lct_ns delay, lct_ns arrival) {
    *pace = (struct lct_pace){.begun = true,
                              .since = arrival,
                              .last = arrival,
                              .offset = delay,
                              .aim = delay,
                              .lowest = delay,
                              .window = arrival + WINDOW};
}

/* At the end of a window its smallest delay is what the offset is to be. */
static void end_window(struct lct_pace *pace, lct_ns arrival) {
    pace->aim = pace->lowest;
    if (pace->aim > pace->offset + HOLE) {
        pace->offset = pace->aim;
    }
    pace->lowest = INT64_MAX;
    pace->window = arrival + WINDOW;
}

static void move(struct lct_pace *pace, lct_ns arrival) {
    lct_ns step = (arrival - pace->last) / SLOPE;
    lct_ns off = pace->aim - pace->offset;
    pace->offset += off > step ? step : off < -step ? -step : off;
}

void lct_pace_see(struct lct_pace *pace, lct_ns device, lct_ns arrival) {
    lct_ns delay = arrival - device;
    if (!pace->begun) {
        begin(pace, delay, arrival);
        return;
    }
    if (delay < pace->lowest) {
        pace->lowest = delay;
    }
    if (delay < pace->aim) {
        pace->aim = delay;
    }
    if (!lct_pace_settled(pace) || delay < pace->offset - HOLE) {
        pace->offset = delay < pace->offset ? delay : pace->offset;
    }
    if (arrival >= pace->window) {
        end_window(pace, arrival);
    }
    move(pace, arrival);
    pace->last = arrival;
}

lct_ns lct_pace_time(const struct lct_pace *pace, lct_ns device) { return device + pace->offset; }

bool lct_pace_settled(const struct lct_pace *pace) {
    return pace->begun && pace->last - pace->since >= LCT_PACE_SETTLE;
}
