// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What the engines of live viewers ask of the recorder of a room, whoever carries it there: the
 * server's main loop sends each as a command of the link (docs/formats/link.md). Nothing is ever
 * turned off: a key frame is one picture, and a small twin is a lease that runs out by itself, so
 * that no crash of anybody leaves an encoder running.
 *
 *     struct lct_wishes wishes = {post_key, post_small, room};
 *     lct_rtc_add_room(rtc, "main", bus, &wishes);                  // copied
 *     wishes.small(wishes.arg, track_id);                           // each LCT_WISH_AGAIN
 */
#pragma once

#include <stdint.h>

#include "base/time.h"

/** So long a track's small twin is encoded for one wish, and so often who needs it asks anew. */
#define LCT_WISH_LEASE (5 * LCT_SECOND)
#define LCT_WISH_AGAIN (2 * LCT_SECOND)

/** What an engine of live viewers asks of a room's recorder; called in the engine's thread, may
 *  only post. */
struct lct_wishes {
    void (*key)(void *arg, uint32_t track_id);   /**< a key frame, soon; of a twin too, by its id */
    void (*small)(void *arg, uint32_t track_id); /**< the small twin of the track of this id (not
                                                      the twin's), for the next LCT_WISH_LEASE */
    void *arg;
};
