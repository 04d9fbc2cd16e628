// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The kinds of check: doctor.c calls them one after the other, and each says what it found.
 */
#pragma once

#include "control/doctor/doctor.h"

/** Space, write access, speed and honesty of the disk in data: doctor_disk.c. */
void lct_doctor_disk(struct lct_doctor *doctor, const char *data);

/** Encoders, and how many pictures a second they do: doctor_cpu.c. */
void lct_doctor_encoders(struct lct_doctor *doctor);

/** Looks at a configuration file, and at the certificate it names. */
void lct_doctor_config(struct lct_doctor *doctor, const char *path);

/** Adds a line; en and zh are printf formats of the same arguments. */
void lct_doctor_say(struct lct_doctor *doctor, enum lct_doctor_level level, const char *about,
                    const char *en, const char *zh, ...) LCT_PRINTF(4, 6) LCT_PRINTF(5, 6);
