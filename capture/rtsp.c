// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "capture/driver.h"

static int open_none(const struct lct_spec *spec, struct lct_sink *sink,
                     struct lct_device **ret_device, struct lct_fault *fault) {
    (void)sink;
    (void)ret_device;
    return lct_fault_set(fault, -ENOSYS, "source", "%s: not yet.", "%s：尚未支持。", spec->target);
}

static void close_none(struct lct_device *device) { (void)device; }

const struct lct_driver lct_driver_rtsp = {.open = open_none, .close = close_none};
