// SPDX-License-Identifier: GPL-3.0-or-later
/* An offer; when it can be read, the answer to it has no byte that a stranger could steer. */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "stream/rtc/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_offer(const struct lct_sdp_offer *offer) {
    assert(offer->count > 0 && offer->count <= LCT_SDP_MEDIA_MAX);
    assert(strlen(offer->ufrag) >= 4 && strlen(offer->password) >= 22);
    for (size_t i = 0; i < offer->count; i++) {
        const struct lct_sdp_media *media = &offer->media[i];
        assert(media->codec.type < 128 && media->codec.rtx < 128);
        assert(!media->receives || media->mid[0]);
        for (size_t k = 0; k < LCT_SDP_EXTENSIONS; k++) {
            assert(media->extensions[k] <= 14);
        }
    }
}

/* Lines of printable ASCII, each with its end; as many media lines as the offer has. */
static void check_answer(const char *text, size_t n, size_t lines) {
    assert(n > 2 && strlen(text) == n && strcmp(text + n - 2, "\r\n") == 0);
    for (size_t i = 0; i < n; i++) {
        bool end = text[i] == '\r' && text[i + 1] == '\n';
        assert(end || (text[i] >= ' ' && text[i] <= '~'));
        i += end;
        lines -= end && strncmp(text + i + 1, "m=", 2) == 0;
    }
    assert(lines == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct sockaddr_in address = {.sin_family = AF_INET};
    static const uint8_t fingerprint[32];
    struct sockaddr_storage candidate = {.ss_family = AF_INET};
    struct lct_sdp_send send[LCT_SDP_MEDIA_MAX] = {{.on = false}};
    struct lct_sdp_offer offer;
    struct lct_fault fault = {.code = 0};
    char out[LCT_SDP_ANSWER_MAX];
    if (lct_sdp_read_offer((const char *)data, size, &offer, &fault) < 0) {
        assert(fault.code < 0 && fault.en[0] && fault.zh[0]);
        return 0;
    }
    check_offer(&offer);
    memcpy(&candidate, &address, sizeof address);
    for (size_t i = 0; i < offer.count; i++) {
        bool on = offer.media[i].receives && offer.media[i].codec.type > 0;
        send[i] = (struct lct_sdp_send){on, 1, 2, "camera"};
    }
    const struct lct_sdp_answer answer = {.ufrag = "ours1234",
                                          .password = "0123456789abcdefghijklmn",
                                          .fingerprint = fingerprint,
                                          .cname = "lesson",
                                          .send = send,
                                          .candidates = &candidate,
                                          .n_candidates = 1};
    check_answer(out, lct_sdp_write_answer(&offer, &answer, out, sizeof out), offer.count);
    return 0;
}
