// SPDX-License-Identifier: GPL-3.0-or-later
/* Microphones by ALSA, without a sound daemon: the way of a room box. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/driver.h"
#include "capture/mic.h"
#include "capture/names.h"

/* True when name is a sound card's ("hw:…", "plughw:…") and no such card is there. */
static bool card_absent(const char *name, const char *names) {
    const char *colon = strchr(name, ':');
    bool card = strncmp(name, "hw:", 3) == 0 || strncmp(name, "plughw:", 7) == 0;
    return card && colon && !strstr(names, colon);
}

static int open_alsa(const struct lct_spec *spec, struct lct_sink *sink,
                     struct lct_device **ret_device, struct lct_fault *fault) {
    char en[128], zh[128], names[320];
    const char *name = spec->target;
    snprintf(en, sizeof en, "ALSA microphone %.90s", *name ? name : "(default)");
    snprintf(zh, sizeof zh, "ALSA 麦克风 %.90s", *name ? name : "（默认）");
    struct lct_fault own = {0};
    int rc = lct_mic_open("alsasrc", name, en, zh, sink, ret_device, &own);
    if (rc == 0) {
        lct_sink_describe(sink, en, zh, 0, false, false);
        return 0;
    }
    lct_names_alsa(names, sizeof names);
    if (own.code == -ENOENT || (own.code == -EIO && (!*names || card_absent(name, names)))) {
        return lct_fault_set(fault, -ENOENT, "source",
                             "ALSA has no capture device %s. There are: %s.",
                             "ALSA 中没有录音设备 %s。现有设备：%s。", *name ? name : "default",
                             *names ? names : "-");
    }
    if (fault) {
        *fault = own;
    }
    return rc;
}

const struct lct_driver lct_driver_alsa = {
    .open = open_alsa,
    .close = lct_mic_close,
    .stall = 2 * LCT_SECOND,
};
