// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A coded frame of silence, for holes in a download: players want sound without holes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** One AAC-LC stereo frame of silence, of 1024 samples. Static. Pure; any thread. */
void lct_sound_silence(const uint8_t **ret_bytes, size_t *ret_n);
