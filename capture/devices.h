// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What can be recorded on this machine: cameras, HDMI cards, screens, microphones, each with an id
 * that stays the same when the order of plugging changes, and with the spec to record it.
 *
 *     struct lct_device_list list;
 *     lct_devices_list(&list);  …  lct_devices_free(&list);
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "capture/spec.h"

struct lct_device_entry {
    char id[160]; /**< stable: by bus path or serial ("v4l2:usb-046d_HD_Pro_Webcam_C920_…") */
    char spec[LCT_SPEC_TARGET_SIZE + 16]; /**< what to give to --source */
    char label[128];                      /**< in words, as the device names itself */
    char kind[16];                        /**< "camera", "hdmi", "screen", "microphone" */
    char detail[160];                     /**< sizes and formats, or why it cannot be used now */
};

struct lct_device_list {
    struct lct_device_entry *entries;
    size_t count;
};

/** Looks at everything once (up to a second); never fails, an empty list is an answer. */
void lct_devices_list(struct lct_device_list *ret_list);

/** Frees what list holds. */
void lct_devices_free(struct lct_device_list *list);

struct lct_device_watch;

/** Calls changed (from a thread of its own; may only post or wake) when devices come or go. Owned.
 */
struct lct_device_watch *lct_devices_watch(void (*changed)(void *), void *opaque) LCT_MUST_USE;

/** Ends the watch; NULL is allowed. */
void lct_devices_unwatch(struct lct_device_watch *watch);
