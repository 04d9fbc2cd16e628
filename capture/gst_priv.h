// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One GStreamer pipeline of one open device, for the drivers of this folder only (its types go no
 * further). The pipeline runs on CLOCK_MONOTONIC with base time 0: a live buffer's PTS is its
 * capture time. What the bus says becomes a fault in words. Nothing here can hang its caller: a
 * thread of the pipeline's own changes its states, and when an element blocks in there (a frozen
 * server, a frozen sound daemon) the caller leaves after a bound and that thread tidies up whenever
 * it comes free.
 *
 *     struct lct_gst *g = lct_gst_create(sink, "microphone", "麦克风", device, free_device);
 *     GstElement *src = lct_gst_add(g, "pulsesrc");
 *     GstElement *end = lct_gst_add_end(g, "audio/x-raw,format=F32LE", on_sample);
 *     gst_element_link(src, end);
 *     rc = lct_gst_start(g, 5 * LCT_SECOND, fault);    // PLAYING, waits for lct_gst_ready
 *     lct_gst_close(g);                                // frees the device, too
 */
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"
#include "capture/driver.h"

struct lct_gst;

/** What pictures and sound are turned into before they come out. */
#define LCT_GST_PICTURE_CAPS "video/x-raw,format=I420"
#define LCT_GST_SOUND_CAPS                                                                         \
    "audio/x-raw,format=F32LE,rate=48000,channels=2,channel-mask=(bitmask)0x3,layout=interleaved"

/** Given each sample (borrows) on a streaming thread, never after lct_gst_shut or close. */
typedef void (*lct_gst_sample_fn)(void *owner, GstSample *sample);

/** Initialises GStreamer once and looks for the elements named (NULL ends). 0, or -ENOSYS and
 * fault. */
int lct_gst_need(struct lct_fault *fault, const char *factory, ...) LCT_MUST_USE;

/** True when that element is installed. */
bool lct_gst_has(const char *factory);

/**
 * An empty pipeline. en and zh name the device in sentences (copied). free_owner(owner) runs when
 * the pipeline is gone: inside lct_gst_close, or later when an element hangs. Returns owned.
 */
struct lct_gst *lct_gst_create(struct lct_sink *sink, const char *en, const char *zh, void *owner,
                               void (*free_owner)(void *)) LCT_MUST_USE;

/** Adds an element that lct_gst_need found. Borrowed from the pipeline. */
GstElement *lct_gst_add(struct lct_gst *gst, const char *factory);

/** Adds an appsink of those caps that calls on_sample without waiting for the clock. Borrowed. */
GstElement *lct_gst_add_end(struct lct_gst *gst, const char *caps, lct_gst_sample_fn on_sample);

/**
 * Adds an appsink that keeps a few samples and makes the stream wait; on_change is called with NULL
 * when one came or the stream ended, and its owner pulls them from another thread. Borrowed.
 */
GstElement *lct_gst_add_store(struct lct_gst *gst, const char *caps, lct_gst_sample_fn on_change);

/** Adds an appsrc of those caps (borrows) for lct_gst_feed; never blocks its feeder. Borrowed. */
GstElement *lct_gst_add_begin(struct lct_gst *gst, GstCaps *caps);

/** Feeds a copy of n bytes with that time; false when the pipeline does not take more now. */
bool lct_gst_feed(GstElement *begin, const void *bytes, size_t n, lct_ns time);

/** Failures of gst are those of whole, of which it is a part and which outlives it. */
void lct_gst_fail_into(struct lct_gst *gst, struct lct_gst *whole);

/** The end of the stream is not a failure (a file, whose driver sees it by itself). */
void lct_gst_end_is_fine(struct lct_gst *gst);

/**
 * Plays and waits at most within for lct_gst_ready. 0, or -errno and fault (-ETIMEDOUT); the
 * pipeline must be closed either way. Before it returned 0 failures are not told to the sink.
 */
int lct_gst_start(struct lct_gst *gst, lct_ns within, struct lct_fault *fault) LCT_MUST_USE;

/** A sample function says that the device gives what it should: start may return. */
void lct_gst_ready(struct lct_gst *gst);

/** Begins again, times again from 0 (a file). Not from a streaming thread. False: it cannot. */
bool lct_gst_rewind(struct lct_gst *gst) LCT_MUST_USE;

/** A sign of life before that: start waits for so much longer from now. */
void lct_gst_allow(struct lct_gst *gst, lct_ns more);

/** True after lct_gst_start returned 0: frames may be given. */
bool lct_gst_running(struct lct_gst *gst);

/** Fails the device: at start by its result, later by lct_sink_failed. Copied. Any thread. */
void lct_gst_fail(struct lct_gst *gst, const struct lct_fault *fault);

/** Waits for the sample functions now running to end, and lets no further one begin. */
void lct_gst_shut(struct lct_gst *gst);

/** Shuts, stops and frees, with a bound of a few seconds; NULL is allowed. */
void lct_gst_close(struct lct_gst *gst);

/** Copies a sample of LCT_GST_PICTURE_CAPS (odd edges are cut). Owned; NULL when it is none of
 * ours. */
struct lct_frame *lct_gst_picture(GstSample *sample, lct_ns time) LCT_MUST_USE;

/** Gives a sample of LCT_GST_SOUND_CAPS, its first at that time, in frames of at most 1024. */
void lct_gst_give_sound(struct lct_sink *sink, GstSample *sample, lct_ns time);

/** Gives interleaved stereo of samples, the first at that time, in frames of at most 1024. */
void lct_gst_give_floats(struct lct_sink *sink, const float *sound, size_t samples, lct_ns time);

/** Samples (per channel) in a sample of LCT_GST_SOUND_CAPS. */
size_t lct_gst_samples(GstSample *sample);

/** The sample's PTS as running time, LCT_NS_NONE when it has none. */
lct_ns lct_gst_time(GstSample *sample);
