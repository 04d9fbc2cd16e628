// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a kind of source must be able to do. To add one: write capture/<kind>.c with a
 * const struct lct_driver, add a line to the table in capture/source.c, a form in capture/spec.c, a
 * test and a line of docs/sources.md. A driver opens one device once; it never retries, never
 * reopens: on any trouble it calls lct_sink_failed and waits to be closed.
 *
 * Contract: open runs on the source's thread, may take seconds, and on failure fills the fault and
 * leaves nothing behind. After open succeeded the driver calls the sink from threads of its own
 * until close returns; close joins them. The sink outlives the device.
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"
#include "capture/frame.h"
#include "capture/source.h"
#include "capture/spec.h"

struct lct_sink;
struct lct_device; /**< a driver's own */

struct lct_driver {
    /**
     * Opens the device named by spec. 0 and *ret_device, or -errno and fault: -ENOENT absent,
     * -EBUSY taken by somebody, -EACCES not allowed, -ENODEV not such a device, -ENOLINK no signal,
     * -EIO.
     */
    int (*open)(const struct lct_spec *spec, struct lct_sink *sink, struct lct_device **ret_device,
                struct lct_fault *fault);
    /** Stops its threads and frees the device. */
    void (*close)(struct lct_device *device);
    /** Without a frame for so long the source counts as stalled and is built anew; 0: never (a
     * driver whose picture may stand still for ever and which notices death by itself). */
    lct_ns stall;
};

/** Hands a frame over (takes it) for that output. Any driver thread; never waits. */
void lct_sink_give(struct lct_sink *sink, enum lct_output output, struct lct_frame *frame);

/** Still alive though there is no new picture (a quiet screen). Any driver thread. */
void lct_sink_alive(struct lct_sink *sink);

/** The device failed, ended or was removed: fault says why (copied). Only the first call counts. */
void lct_sink_failed(struct lct_sink *sink, const struct lct_fault *fault);

/** The signal went (fault says so) or, with NULL, came back; the device stays open. */
void lct_sink_signal(struct lct_sink *sink, const struct lct_fault *fault);

/** What the device is, in words of both languages, its nominal rate (0: variable) and whether it
 * passes coded pictures. */
void lct_sink_describe(struct lct_sink *sink, const char *en, const char *zh, double nominal_fps,
                       bool demo, bool pass_through);

/** Something a person should know though it works; English and Chinese, "" takes it back. */
void lct_sink_note(struct lct_sink *sink, const char *en, const char *zh);

/** True when somebody reads that output: a driver may save work otherwise. Any driver thread. */
bool lct_sink_wanted(struct lct_sink *sink, enum lct_output output);

extern const struct lct_driver lct_driver_x11;
extern const struct lct_driver lct_driver_v4l2; /**< cameras and HDMI cards */
extern const struct lct_driver lct_driver_rtsp;
extern const struct lct_driver lct_driver_pulse;
extern const struct lct_driver lct_driver_alsa;
extern const struct lct_driver lct_driver_file;
extern const struct lct_driver lct_driver_demo;
