// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Datagrams of a stranger that knows no key, to a server that waits for its hello. An input is
 * datagrams, each behind its length in two bytes.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "stream/rtc/dtls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_send(void *arg, const uint8_t *bytes, size_t n) {
    (void)arg;
    assert(bytes && n > 0 && n <= LCT_DTLS_MTU);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct lct_dtls_ctx *ctx;
    static const uint8_t fingerprint[32];
    struct lct_dtls *dtls;
    if ((!ctx && lct_dtls_ctx_create(&ctx, NULL) < 0) ||
        lct_dtls_create(ctx, fingerprint, on_send, NULL, &dtls) < 0) {
        abort();
    }
    struct lct_reader r = lct_reader(data, size);
    while (lct_left(&r) > 2) {
        size_t n = lct_get_u16(&r);
        n = n < lct_left(&r) ? n : lct_left(&r);
        enum lct_dtls_state state = lct_dtls_take(dtls, lct_get(&r, n), n);
        assert(state != LCT_DTLS_OPEN && state == lct_dtls_tick(dtls));
        (void)state;
    }
    (void)lct_dtls_deadline(dtls);
    lct_dtls_destroy(dtls);
    return 0;
}
