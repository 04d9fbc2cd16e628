// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Looks a machine over: what is missing, slow or wrong for recording, and what to do about it. A
 * FAIL stops any recording; a WARN may cost quality, one kind of source, or safety. Takes up to
 * fifteen seconds.
 *
 *     struct lct_doctor *d = lct_doctor_look("/var/lib/lectern", NULL);
 *     for (size_t i = 0; i < d->count; i++) print(&d->lines[i]);
 *     lct_doctor_free(d);
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/fault.h"

enum lct_doctor_level { LCT_DOCTOR_OK, LCT_DOCTOR_WARN, LCT_DOCTOR_FAIL };

#define LCT_DOCTOR_LINES_MAX 64

struct lct_doctor_line {
    enum lct_doctor_level level;
    const char *about; /**< one word: "encoder", "disk", "clock" … */
    char en[LCT_FAULT_TEXT_SIZE], zh[LCT_FAULT_TEXT_SIZE];
};

struct lct_doctor {
    struct lct_doctor_line lines[LCT_DOCTOR_LINES_MAX];
    size_t count;
    enum lct_doctor_level worst;
};

/** Looks at everything, the disk in folder data (made if need be, and left as it was), and a
 * configuration file (NULL: none). Owned. */
struct lct_doctor *lct_doctor_look(const char *data, const char *config) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_doctor_free(struct lct_doctor *doctor);
