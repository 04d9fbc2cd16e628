// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A recorder that obeys the server: what the program lectern-recorder does. Two threads, so that
 * neither disk nor device can make the server believe that the recorder is gone:
 *
 *   the link's       the caller's: the link, live chunks, signals. It never waits. While the
 *                    recorder is busy it sends the last status again, and says so after a while.
 *   the recorder's   the button: each command runs to its end here, however long that takes; what
 *                    comes meanwhile waits in order.
 *
 * Between them go letters only: commands one way, replies and statuses the other.
 *
 *     rc = lct_remote_run(&settings, &(struct lct_remote_server){.socket = "/data/link"}, &fault);
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"
#include "control/recorder/recorder.h"
#include "control/room_token.h"

/** Where the server is. */
struct lct_remote_server {
    const char *socket;                 /**< on this machine */
    const struct lct_room_token *token; /**< or in another building; NULL: not */
    uint64_t copy_bps;                  /**< there: budget of the lessons' copies, bit/s */
    lct_ns free_time;                   /**< there: so long the disk here is to last */
    const char *ca; /**< who vouches for it there; "": the system's authorities */
};

/**
 * Makes the recorder of settings (whose changed and on_air are set here), goes on with an
 * interrupted lesson, calls the server and obeys until SIGINT, SIGTERM or SIGHUP;
 * then ends a running lesson properly. Main thread, before it has started any other. 0, -EINVAL
 * (the file of authorities is none) or lct_recorder_create's -errno, with a fault.
 */
int lct_remote_run(const struct lct_recorder_settings *settings,
                   const struct lct_remote_server *server, struct lct_fault *fault) LCT_MUST_USE;
