// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A lesson's folder that is there whole or not at all: it is made beside its place, under a name
 * that begins with a dot, and renamed when all is in it. What a killed program left of it goes when
 * it is begun again. One thread.
 *
 *     rc = lct_fresh_begin(io, "/data/lessons/ID", &fresh, &fault);
 *     …                                       // write into fresh.making, and sync it
 *     rc = rc ? rc : lct_fresh_publish(&fresh, &fault);
 *     lct_fresh_end(&fresh);                  // always
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"

/** Its place, and what is made beside it; zeros: nothing. */
struct lct_fresh {
    const struct lct_io *io;
    char *folder, *making;
    bool unfinished; /**< what is made is ours, and not yet at its place */
};

/**
 * Makes the folder beside its place, at which nothing may be but an empty folder. 0; -EEXIST:
 * something is there; or the disk's -errno; with a fault. Owned: lct_fresh_end, also after an
 * error.
 */
int lct_fresh_begin(const struct lct_io *io, const char *folder, struct lct_fresh *ret_fresh,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Renames it, and makes the name durable. 0, or the disk's -errno with a fault. */
int lct_fresh_publish(struct lct_fresh *fresh, struct lct_fault *fault) LCT_MUST_USE;

/** The fault of a disk that does not take it (lct_fault_unwritten); returns its code. */
int lct_fresh_say(const struct lct_fresh *fresh, int rc, struct lct_fault *fault);

/** Removes what was not published, and frees. */
void lct_fresh_end(struct lct_fresh *fresh);
