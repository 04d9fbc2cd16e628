// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * When many clients have gone, what they needed goes back to the system (lct_mem_give_back): by
 * itself malloc keeps it, and a server that a thousand connections called at would stay as large as
 * they made it. It is done once for many, and not while more are leaving, because it looks through
 * all memory. No sockets here: numbers. One thread.
 *
 *     struct lct_ebb ebb = {0};
 *     if (lct_ebb_look(&ebb, connections + viewers)) lct_mem_give_back();     // each half second
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** So many must have gone: 1 to 5 MB, for by TLS or WebRTC one needs 30 to 60 KB. */
#define LCT_EBB_CLIENTS 32

/** Zeroed: nobody has come. */
struct lct_ebb {
    uint64_t most, last; /* clients: the most since true was said, and at the last look */
};

/** Notes how many there are now; true when LCT_EBB_CLIENTS or more have gone since there were most,
 *  and fewer are not on their way: it is not the look at which the number falls. */
bool lct_ebb_look(struct lct_ebb *ebb, uint64_t clients);
