// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Bytes of a reel as they are served on demand: with promises kept. A chunk of a picture says how
 * long it stands before anybody knows; here it says the truth, out of the index. Nothing else
 * changes but the file's first bytes, which read as if the reel were never finished: an init, then
 * chunks. So every byte stays what it was, while the lesson is recorded and ever after
 * (docs/formats/tape.md).
 *
 *     rc = lct_demand_open(folder, reel->number, 0, reel->bytes, reel->end_tick, &demand);
 *     n = lct_demand_read(demand, offset, buffer, size);     // any range, in any order
 *     lct_demand_close(demand);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

struct lct_demand;

/**
 * Opens the bytes from up to to of a reel in a track's folder. end_tick: the true end of the last
 * chunk before to, which the index does not tell (lct_segment, lct_follow_reel). 0, or -errno.
 * Owned; opened in one thread, it may be read in another.
 */
int lct_demand_open(const char *folder, uint32_t number, uint64_t from, uint64_t to,
                    int64_t end_tick, struct lct_demand **ret_demand) LCT_MUST_USE;

/** How many bytes there are. */
uint64_t lct_demand_size(const struct lct_demand *demand);

/** Reads up to n bytes at offset (0: from) into out: how many (0 at the end), or -errno. One thread
 * at a time. */
ssize_t lct_demand_read(struct lct_demand *demand, uint64_t offset, void *out,
                        size_t n) LCT_MUST_USE;

/** Closes; NULL is allowed. */
void lct_demand_close(struct lct_demand *demand);
