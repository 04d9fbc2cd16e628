// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What the two microphone drivers share: source element -> 48 kHz stereo float -> frames whose
 * times are the device's count of samples laid onto CLOCK_MONOTONIC (capture/pace.h).
 */
#pragma once

#include "capture/driver.h"

/**
 * Opens element factory with its property "device" set to device ("" leaves the default). en and zh
 * name it. As lct_driver.open.
 */
int lct_mic_open(const char *factory, const char *device, const char *en, const char *zh,
                 struct lct_sink *sink, struct lct_device **ret_device,
                 struct lct_fault *fault) LCT_MUST_USE;

/** As lct_driver.close. */
void lct_mic_close(struct lct_device *device);
