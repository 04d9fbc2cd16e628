// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The part of a source that only decides: its state machine and its back-off, both pure, so that a
 * test can walk through every row.
 *
 *   state      | FRAME     | SIGNAL_GONE | SIGNAL_BACK | FAILED | RETRY
 *   -----------+-----------+-------------+-------------+--------+--------
 *   opening    | running   | no-signal   | -           | lost   | -
 *   running    | -         | no-signal   | -           | lost   | -
 *   no-signal  | -         | -           | opening     | lost   | -
 *   lost       | -         | -           | -           | -      | opening
 *
 * "-": stays. A failed open, a device's end and a stall are all FAILED. In no-signal a card may go
 * on to give pictures (blue ones): they are not passed on.
 */
#pragma once

#include "base/time.h"
#include "capture/source.h"

enum lct_source_event {
    LCT_SOURCE_FRAME,       /**< a frame, or the word that the device is alive */
    LCT_SOURCE_SIGNAL_GONE, /**< nothing is plugged into the card */
    LCT_SOURCE_SIGNAL_BACK,
    LCT_SOURCE_FAILED, /**< could not be opened, failed, ended, stalled */
    LCT_SOURCE_RETRY,  /**< is opened again */
    LCT_SOURCE_EVENTS,
};

/** The transition function. Pure. */
enum lct_source_state lct_source_next_state(enum lct_source_state state,
                                            enum lct_source_event event);

/**
 * How long to wait before the next try: 0.5 s at first, doubling to 5 s, and again 0.5 s when the
 * device had run for 10 s. last is the pause before (0: none), ran how long it lived. Pure.
 */
lct_ns lct_source_pause(lct_ns last, lct_ns ran);
