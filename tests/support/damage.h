// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Damage to bytes as disks, lines and people make it: cut off, a hole of zeros, or some bits
 * turned, more often where a file begins and most is claimed.
 *
 *     n = lct_test_damage(bytes, n, seed);      // the same for the same seed
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Damages n bytes (1 or more) in place; how many are left. Pure. */
size_t lct_test_damage(uint8_t *bytes, size_t n, uint64_t seed);

/** How many seeds are to be tried: many in a campaign (LCT_DEEP), else few. */
int lct_test_damages(int few, int many);
