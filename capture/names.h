// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The names of the microphones there are now, for sentences and for capture/devices.c. Each looks
 * for at most a second and writes what it found by then, separated by ", ".
 */
#pragma once

#include <stddef.h>

#include "capture/devices.h"

/** PulseAudio's sources; "" when there is none or no daemon answers. */
void lct_names_pulse(char *out, size_t size);

/** ALSA's capture devices, as "hw:CARD=…,DEV=…" each. */
void lct_names_alsa(char *out, size_t size);

/** Appends entries for PulseAudio's sources to list; monitors of outputs are labelled as such. */
void lct_names_add_pulse(struct lct_device_list *list);

/** Appends entries for ALSA's capture devices to list. */
void lct_names_add_alsa(struct lct_device_list *list);

/** Appends a zeroed entry to list. Borrowed until the next call. */
struct lct_device_entry *lct_names_new_entry(struct lct_device_list *list);
