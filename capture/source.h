// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A source kept alive. Devices are born to die: a camera is unplugged, an X server ends, a stream
 * freezes without a word. A lct_source opens one device from nothing by its driver, watches it, and
 * on any error, end or stall destroys it and opens it anew with back-off (0.5 s doubling to 5 s),
 * telling its readers LOST meanwhile. It never ends by itself. One that is not wanted for a while
 * closes its device and keeps its place.
 *
 *   opening -> running -> lost -> opening …          (a device that is there, goes, comes again)
 *   opening -> lost -> opening …                     (a device that is not there yet)
 *   opening -> no-signal -> opening …                (a card with nothing plugged into it)
 *
 * Threads: create, want, attach, status and destroy from any one owner thread; a thread of the
 * source's own runs the driver's open and close and the watch; the driver calls the sink functions
 * of capture/driver.h from threads of its own.
 *
 *     struct lct_source *s = lct_source_create(&spec, changed, me);
 *     lct_source_attach(s, LCT_OUTPUT_CAMERA, queue);      // frames flow into the queue
 *     lct_source_status(s, &status);
 *     lct_source_want(s, false);                           // closed, until it is wanted again
 *     lct_source_destroy(s);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/queue.h"
#include "capture/frame.h"
#include "capture/spec.h"

struct lct_source;

enum lct_source_state {
    LCT_SOURCE_OPENING,   /**< being opened for the first time or again */
    LCT_SOURCE_RUNNING,   /**< frames come (or it is a screen that stands still) */
    LCT_SOURCE_NO_SIGNAL, /**< the card is there, nothing is plugged into it */
    LCT_SOURCE_LOST,      /**< was there and is not; will be tried again */
    LCT_SOURCE_STATES,
};

/** Which of a source's outputs: a file, the demo and some cameras give several. */
enum lct_output {
    LCT_OUTPUT_CAMERA,
    LCT_OUTPUT_SCREEN,
    LCT_OUTPUT_SOUND,
    LCT_OUTPUTS,
};

struct lct_source_status {
    enum lct_source_state state;
    struct lct_fault fault; /**< why it is not running, in words; code 0 while it runs */
    char label_zh[128];     /**< label in Chinese */
    char
        label[128]; /**< what it is, in words: "USB camera C920", "X11 screen :0", a demo says so */
    bool demo;
    bool pass_through; /**< coded pictures go to the tape as the camera made them */
    char note_en[160]; /**< worth saying, "" if nothing: why a stream is decoded and encoded anew …
                        */
    char note_zh[160];
    int width, height; /**< of the last picture; 0 before the first */
    double nominal_fps;
    double measured_fps; /**< over the last 2 s */
    float level_peak_db; /**< sound of the last 200 ms, dBFS, -100 for silence */
    float level_rms_db;
    uint64_t frames;
    uint64_t drops;    /**< pictures or sound lost because a reader did not keep up */
    unsigned rebuilds; /**< how often the device was opened anew */
};

/** Told (any thread, may only post or wake) when the state of a source changed. */
typedef void (*lct_source_changed_fn)(void *opaque);

/** Starts to open and watch the device of spec (copied). changed may be NULL. Returns owned. */
struct lct_source *lct_source_create(const struct lct_spec *spec, lct_source_changed_fn changed,
                                     void *opaque) LCT_MUST_USE;

/**
 * Wants the device open, as it is after create, or closed. Never waits: the source's thread closes
 * and opens, and what it had to say of the device before is forgotten. A frozen device takes
 * seconds to close; wanted again meanwhile, it is opened anew as soon as that is done.
 */
void lct_source_want(struct lct_source *source, bool open);

/** Closes the device and frees the source; NULL is allowed. Waits for its threads: for a frozen
 * device many seconds, so whoever ends several lets all of them be unwanted first. */
void lct_source_destroy(struct lct_source *source);

/**
 * From now on frames of that output go into queue (shared with the caller, who must detach by
 * passing NULL before destroying it). One queue an output. A screen gives its whole picture at
 * once.
 */
void lct_source_attach(struct lct_source *source, enum lct_output output, struct lct_queue *queue);

/** True when the spec's source gives that output. */
bool lct_source_has(const struct lct_source *source, enum lct_output output);

/** Copies the present state. Any thread. */
void lct_source_status(struct lct_source *source, struct lct_source_status *ret_status);

/** The word for a state: "running", "opening", "no-signal", "lost". Static. */
const char *lct_source_state_name(enum lct_source_state state);
