// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A reference count to be put first into an immutable shared object (a frame, a chunk, a format).
 * The last unref runs the object's own free function; any thread.
 *
 *     struct lct_thing { struct lct_ref ref; ... };
 *     lct_ref_init(&t->ref);           // one reference, the creator's
 *     lct_ref_inc(&t->ref);            // shares
 *     if (lct_ref_dec(&t->ref)) free_thing(t);
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

struct lct_ref {
    atomic_uint count;
};

/** Starts with one reference. */
static inline void lct_ref_init(struct lct_ref *ref) { atomic_init(&ref->count, 1U); }

/** Takes one more reference. */
static inline void lct_ref_inc(struct lct_ref *ref) {
    atomic_fetch_add_explicit(&ref->count, 1U, memory_order_relaxed);
}

/** Gives one back; true when it was the last one and the caller must free the object. */
static inline bool lct_ref_dec(struct lct_ref *ref) {
    return atomic_fetch_sub_explicit(&ref->count, 1U, memory_order_acq_rel) == 1U;
}
