// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How a worker shuts itself in (base/sandbox.h) before it reads recordings: those that came from
 * elsewhere hold whatever strangers wrote, byte for byte, wherever they were copied. Beside what it
 * is allowed here it reads what lectern came with, fonts, and the data of the OCR.
 *
 *     const char *const reads[] = {lessons, NULL}, *const writes[] = {own_folder, NULL};
 *     rc = lct_worker_shut_in(writes, NULL, reads, 16ULL << 30, &fault);
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"

/** Entries of reads at most. */
#define LCT_WORKER_READS_MAX 16U

/**
 * Shuts the process in, for good; it has one thread yet. The lists are those of struct lct_sandbox,
 * each ended by NULL; names and reads may be NULL; file_bytes:
 * of one file that it writes, at most. 0, or -errno with a fault: it must not go on.
 */
int lct_worker_shut_in(const char *const *writes, const char *const *names,
                       const char *const *reads, uint64_t file_bytes,
                       struct lct_fault *fault) LCT_MUST_USE;
