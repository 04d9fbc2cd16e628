// SPDX-License-Identifier: GPL-3.0-or-later
/* A sample cut into payloads: the first byte says how large they may be. What is put, a strict
 * depacketizer puts together again; of what is refused, nothing is put. */
#include <assert.h>
#include <errno.h>

#include "base/bytes.h"
#include "stream/rtc/rtp.h"
#include "tests/support/depay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of the NAL units that can be sent, with their lengths. */
static size_t expected(const uint8_t *sample, size_t n) {
    struct lct_reader r = lct_reader(sample, n);
    size_t total = 0;
    while (lct_left(&r) > 0) {
        size_t nal_n = lct_get_u32(&r);
        const uint8_t *nal = lct_get(&r, nal_n);
        assert(nal && nal_n > 0);
        total += (nal[0] & 0x1f) > 0 && (nal[0] & 0x1f) < 24 ? 4 + nal_n : 0;
    }
    return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct depay d;
    if (size < 1) {
        return 0;
    }
    size_t max = data[0] == 0 ? LCT_RTP_PAYLOAD_MAX : 2U + data[0];
    depay_begin(&d, max, size);
    int rc = lct_rtp_cut_h264(data + 1, size - 1, max, depay_payload, &d);
    assert(!d.wrong);
    if (rc == 0) {
        assert(d.ended && d.payloads > 0 && d.n == expected(data + 1, size - 1));
    } else {
        assert(rc == -EBADMSG && d.payloads == 0);
    }
    depay_end(&d);
    return 0;
}
