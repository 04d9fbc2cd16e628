// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Who may knock at the link's TCP port. Whoever has not yet shown a right token is a stranger:
 * there may be few of them at once, fewer of one address, and an address that shows wrong tokens
 * again and again must wait. Recorders that were taken do not count. No sockets here: memory and a
 * clock. One thread.
 *
 *     if (!lct_link_guard_admits(guard, from, now)) …      // close it
 *     lct_link_guard_blame(guard, from, now);               // its token was wrong
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/time.h"

/** Strangers at once: in all (then the one who is there longest is closed), and of one address. */
#define LCT_LINK_STRANGERS_MAX 16
#define LCT_LINK_STRANGERS_OF_ONE 8

/** Wrong tokens of one address in so long; more, and it is not let in for the rest of it. */
#define LCT_LINK_TRIES_MAX 30
#define LCT_LINK_TRIES_SPAN (60 * LCT_SECOND)

/** Addresses whose tries are counted; beyond, the one that tried longest ago is forgotten. */
#define LCT_LINK_TRIES_ADDRESSES 256

struct lct_link_guard;

/** Nobody has knocked yet. Returns owned. */
struct lct_link_guard *lct_link_guard_create(void) LCT_MUST_USE;

/** True when an address (as text; what counts as one: base/network.h) may try. */
bool lct_link_guard_admits(const struct lct_link_guard *guard, const char *from, lct_ns now);

/** Counts a wrong token. */
void lct_link_guard_blame(struct lct_link_guard *guard, const char *from, lct_ns now);

/** Frees; NULL is allowed. */
void lct_link_guard_destroy(struct lct_link_guard *guard);
