// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The kinds of check: doctor.c calls them one after the other.
 */
#pragma once

#include "control/doctor.h"

/** Space, write access, speed and honesty of the disk in data: doctor_disk.c. */
void lct_doctor_disk(struct lct_doctor *doctor, const char *data);

/** Encoders, and how many pictures a second they do: doctor_cpu.c. */
void lct_doctor_encoders(struct lct_doctor *doctor);

/** Looks at a configuration file, and at the certificate it names. */
void lct_doctor_config(struct lct_doctor *doctor, const char *path);
