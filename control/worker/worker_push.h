// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * "lectern-worker push": sends a lesson that is being recorded to one address, live, out of its
 * tapes. Its whole order is one JSON object on standard input (an address holds a stream key, and
 * whoever lists processes sees arguments):
 *
 *     {"url": "rtmp://…", "lesson": "/data/lessons/ID", "room": "main", "picture": "camera"}
 *
 * What it is doing comes as JSON lines on standard output:
 *
 *     {"state":"connecting"}
 *     {"state":"sending","bytes":812000,"bits_per_s":3100000,"skips":0}      (each 2 s)
 *     {"state":"waiting","seconds":4,"fault":{"code":…,"en":…,"zh":…}}
 *     {"state":"ended"}
 *
 *     connecting -> sending    the platform takes the stream
 *     connecting -> waiting    it does not, there is no picture yet, or the lesson is another's
 *     sending    -> waiting    the connection broke
 *     waiting    -> connecting after 1 s, twice as long each time, at most 30 s
 *     any        -> ended      the lesson ended and its rest is sent, or SIGTERM came: exit 0
 *
 * Who is so slow that the backlog passes LCT_WORKER_PUSH_BEHIND goes on at the newest key frame
 * ("skips"). One thread.
 */
#pragma once

#include "base/time.h"

/** The longest backlog, of lesson time. A GOP of a camera is 2 s. */
#define LCT_WORKER_PUSH_BEHIND (5 * LCT_SECOND)

/** Runs the job; returns the exit status: 0, or 2 when the order is wrong. */
int lct_worker_push(void);
