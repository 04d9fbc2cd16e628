// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * For how long the wall clock has not leapt ahead, so that what is deleted by its age is not
 * deleted because somebody set the clock, or its battery is dead. What has lain for a time by the
 * wall clock may go when the clock has been calm for as long (lct_calm_lets_go).
 *
 * It is looked at from time to time, and what was seen is kept in DATA/clock.json: {"version",
 * "wall_ns", "calm_ns"}. Between two looks of one run the monotonic clock says how much time
 * passed; of the time in which nobody looked the wall clock is believed, but for no more than
 * LCT_CALM_LEAP: that is how much a leap can gain. A wall clock that gains more has leapt, and the
 * calm begins anew, as it does where nothing is kept. A clock that is set back makes things
 * younger, and nothing else. One thread.
 *
 *     struct lct_calm *calm = lct_calm_create("/data", lct_wall, lct_monotonic);
 *     lct_calm_look(calm);                                   // every some minutes
 *     if (age > days && lct_calm_lets_go(calm, days)) …
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/time.h"

struct lct_calm;

/** What the wall clock may gain between two looks: a long weekend of a machine that was off. */
#define LCT_CALM_LEAP (4 * 86400 * LCT_SECOND)

/** Reads what is kept below data (copied), and looks. Returns owned. */
struct lct_calm *lct_calm_create(const char *data, lct_clock_fn wall,
                                 lct_clock_fn monotonic) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_calm_destroy(struct lct_calm *calm);

/** Looks at the clocks and keeps what is seen on the disk. */
void lct_calm_look(struct lct_calm *calm);

/** True when the wall clock is known to have been calm for so long (ns). Looks, in memory only. */
bool lct_calm_lets_go(struct lct_calm *calm, lct_ns age);
