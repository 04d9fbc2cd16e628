// SPDX-License-Identifier: GPL-3.0-or-later
/* Microphones by PulseAudio, or PipeWire where it speaks PulseAudio's protocol. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/driver.h"
#include "capture/mic.h"
#include "capture/names.h"

/* libpulse's own words are all that tells these apart. */
static bool says(const struct lct_fault *fault, const char *words) {
    return strstr(fault->en, words) != NULL;
}

/* A source that is not there: say which there are. */
static int absent(const char *name, struct lct_fault *fault) {
    char names[320];
    lct_names_pulse(names, sizeof names);
    return lct_fault_set(
        fault, -ENOENT, "source", "PulseAudio has no source named %s. There are: %s.",
        "PulseAudio 中没有名为 %s 的音源。现有音源：%s。", name, *names ? names : "-");
}

static int open_pulse(const struct lct_spec *spec, struct lct_sink *sink,
                      struct lct_device **ret_device, struct lct_fault *fault) {
    char en[128], zh[128];
    const char *name = spec->target;
    snprintf(en, sizeof en, "PulseAudio microphone %.90s", *name ? name : "(default)");
    snprintf(zh, sizeof zh, "PulseAudio 麦克风 %.90s", *name ? name : "（默认）");
    struct lct_fault own = {0};
    int rc = lct_mic_open("pulsesrc", name, en, zh, sink, ret_device, &own);
    if (rc != 0 && says(&own, "No such entity")) {
        return absent(*name ? name : "(default)", fault);
    }
    if (rc != 0 && says(&own, "Connection refused")) {
        return lct_fault_set(
            fault, -ECONNREFUSED, "source",
            "PulseAudio does not answer. Start it, or PipeWire with its PulseAudio "
            "service, in this user's session.",
            "PulseAudio 没有应答。请在当前用户会话中启动 PulseAudio，或带 PulseAudio "
            "服务的 PipeWire。");
    }
    if (rc != 0) {
        if (fault) {
            *fault = own;
        }
        return rc;
    }
    lct_sink_describe(sink, en, zh, 0, false, false);
    return 0;
}

const struct lct_driver lct_driver_pulse = {
    .open = open_pulse,
    .close = lct_mic_close,
    .stall = 2 * LCT_SECOND,
};
