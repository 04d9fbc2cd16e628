// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Text in pictures, read by tesseract in Chinese and English as far as their data are installed.
 * One thread, and that thread alone works: who uses it has OMP_THREAD_LIMIT=1 in the environment
 * from the program's start on (tesseract's own threads cost more than they save).
 *
 *     rc = lct_ocr_open(&ocr, &fault);
 *     rc = lct_ocr_read(ocr, gray, width, height, &text);
 *     lct_ocr_close(ocr);
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"

/** At this width of a slide the model for Chinese misreads least (docs/benchmarks.md). */
#define LCT_OCR_WIDTH 1280

struct lct_ocr;

/** Loads the models. 0; -ENOENT with a fault that says what to install. *ret_ocr is owned. */
int lct_ocr_open(struct lct_ocr **ret_ocr, struct lct_fault *fault) LCT_MUST_USE;

/** Reads a picture of width bytes a row, 0 black, at least one pixel. 0 or -EIO. *ret_text is owned
 * (free): lines as it found them, in UTF-8. */
int lct_ocr_read(struct lct_ocr *ocr, const uint8_t *gray, int width, int height,
                 char **ret_text) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_ocr_close(struct lct_ocr *ocr);
