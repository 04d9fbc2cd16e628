// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/doctor/doctor_priv.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

void lct_doctor_say(struct lct_doctor *doctor, enum lct_doctor_level level, const char *about,
                    const char *en, const char *zh, ...) {
    if (doctor->count == LCT_DOCTOR_LINES_MAX) {
        return;
    }
    struct lct_doctor_line *line = &doctor->lines[doctor->count++];
    line->level = level;
    line->about = about;
    va_list args;
    va_start(args, zh);
    (void)vsnprintf(line->en, sizeof line->en, en, args);
    va_end(args);
    va_start(args, zh);
    (void)vsnprintf(line->zh, sizeof line->zh, zh, args);
    va_end(args);
    lct_text_tame(line->en);
    lct_text_tame(line->zh);
    doctor->worst = level > doctor->worst ? level : doctor->worst;
}
