// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Mends a lesson that nobody records, as far as it can be: what verify finds damaged is written
 * down anew from what holds (archive/lesson/recover.h), lesson.json is made again out of the tapes,
 * and what is lost for good is marked as lost. Afterwards the lesson is whole: shorter, with its
 * holes said. Doing it again, also after an interruption, changes nothing more.
 *
 *     rc = lct_mend_lesson(&lct_io_system, folder, &report, &fault);
 */
#pragma once

#include "archive/lesson/recover.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"

/**
 * Mends the lesson in folder. 0; -EBUSY: it is being recorded; -ENOENT: it is no lesson; or the
 * disk's -errno (as much as could be was done); with a fault.
 */
int lct_mend_lesson(const struct lct_io *io, const char *folder, struct lct_recovery *ret_report,
                    struct lct_fault *fault) LCT_MUST_USE;
