// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * SHA-256 (FIPS 180-4), in pieces or at once. Any thread; a digest belongs to one at a time.
 *
 *     struct lct_digest *digest = lct_digest_create();
 *     lct_digest_add(digest, bytes, n);  …
 *     lct_digest_end(digest, sum);                    // frees it
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/secret.h"

struct lct_digest;

/** Of nothing so far. Returns owned. */
struct lct_digest *lct_digest_create(void) LCT_MUST_USE;

/** Adds n bytes. */
void lct_digest_add(struct lct_digest *digest, const void *bytes, size_t n);

/** Tells the sum (ret_sum may be NULL) and frees; NULL is allowed. */
void lct_digest_end(struct lct_digest *digest, uint8_t ret_sum[LCT_DIGEST_SIZE]);

/** The sum of n bytes. */
void lct_sha256(const void *bytes, size_t n, uint8_t ret_sum[LCT_DIGEST_SIZE]);
