// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's instruction where it has one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Goes on from crc (0 to begin) over n bytes; returns the new value. Pure; any thread. */
uint32_t lct_crc32c(uint32_t crc, const void *bytes, size_t n);
