// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The one thing about AAC's bits (ISO 14496-3 sec. 4.4.2) that joining sound needs: with which
 * window a frame was coded. The halves of two neighbouring frames overlap, and add up to the sound
 * only when both were cut with the same window. Pure; any thread.
 *
 *     if (lct_aac_window(a, a_bytes) == lct_aac_window(b, b_bytes)) …    // one may follow as the
 * other
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Sequence (table 4.109) times two, plus shape, of a raw_data_block that begins with a channel
 * pair of one window for both (as ours do) or a single channel; -1: of any other. */
int lct_aac_window(const uint8_t *frame, size_t n);
