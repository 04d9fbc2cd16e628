// SPDX-License-Identifier: GPL-3.0-or-later
/* What a viewer sends as RTCP: whatever is told keeps its promises. */
#include <assert.h>
#include <errno.h>

#include "stream/rtc/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_block(void *arg, const struct lct_rtcp_block *block) {
    (void)arg;
    assert(block->lost >= -(1 << 23) && block->lost < 1 << 23);
}

static void on_nack(void *arg, uint32_t ssrc, const uint16_t *sequences, size_t n) {
    unsigned sum = ssrc;
    assert(n > 0 && n <= LCT_RTCP_NACKS_MAX);
    for (size_t i = 0; i < n; i++) {
        sum += sequences[i];
    }
    *(unsigned *)arg += sum;
}

static void on_key(void *arg, uint32_t ssrc) { *(unsigned *)arg += ssrc; }

static void on_estimate(void *arg, uint64_t bps) { *(unsigned *)arg += (unsigned)bps; }

static void on_feedback(void *arg, const struct lct_rtcp_feedback *f) {
    (void)arg;
    assert(f->count > 0 && f->count <= LCT_RTCP_FEEDBACK_MAX);
    for (unsigned i = 0; i < f->count; i++) {
        assert(f->received[i] || f->arrival_us[i] == 0);
        assert(f->arrival_us[i] / 1000000 < 1000000 && f->arrival_us[i] / 1000000 > -1000000);
    }
}

static void on_bye(void *arg) { *(unsigned *)arg += 1; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct lct_rtcp_events events = {on_block,    on_nack,     on_key,
                                                  on_estimate, on_feedback, on_bye};
    unsigned sum = 0;
    int rc = lct_rtcp_read(data, size, &events, &sum);
    assert(rc == 0 || rc == -EBADMSG);
    assert(rc < 0 || (size > 0 && size <= LCT_RTCP_MAX));
    return 0;
}
