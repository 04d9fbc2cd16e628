// SPDX-License-Identifier: GPL-3.0-or-later
/* A datagram as a Binding request, and with its length put right; what is read is answered. */
#include <assert.h>
#include <string.h>

#include "stream/rtc/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name) {
    assert(memchr(name, 0, LCT_STUN_UFRAG_SIZE));
    for (; *name; name++) {
        assert(*name > ' ' && *name <= '~');
    }
}

static void read_request(const uint8_t *bytes, size_t n) {
    static const char password[] = "0123456789abcdefghijklmn";
    static const struct sockaddr_storage from = {.ss_family = AF_INET6};
    uint8_t out[LCT_STUN_ANSWER_MAX];
    struct lct_stun_check check;
    if (lct_stun_parse(bytes, n, &check) < 0) {
        return;
    }
    assert(lct_stun_is(bytes, n) && check.ufrag[0]);
    check_name(check.ufrag);
    check_name(check.remote);
    (void)lct_stun_is_signed(bytes, n, &check, password);
    assert(lct_stun_write_success(out, sizeof out, &check, &from, password) % 4 == 0);
    assert(lct_stun_write_error(out, sizeof out, &check, 487, password) % 4 == 0);
    size_t length = lct_stun_write_error(out, sizeof out, &check, 420, password);
    assert(lct_stun_is(out, length) && lct_stun_parse(out, length, &check) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t copy[LCT_STUN_REQUEST_MAX];
    read_request(data, size);
    if (size >= 20 && size <= sizeof copy) {
        memcpy(copy, data, size);
        memcpy(copy, (const uint8_t[]){0, 1, (uint8_t)((size - 20) >> 8), (uint8_t)(size - 20)}, 4);
        read_request(copy, size);
    }
    return 0;
}
