// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers an offer as the server would, for tests that show the answer to a real peer.
//
//     sdpanswer [ADDRESS PORT] <offer >answer
//
// Every line that can be answered is. A fault goes to stderr, with exit status 1.

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "stream/rtc/sdp.h"

int main(int argc, char **argv) {
    static char text[2 * LCT_SDP_BYTES_MAX], out[LCT_SDP_ANSWER_MAX];
    static const uint8_t fingerprint[32] = {1, 2, 3};
    static char names[LCT_SDP_MEDIA_MAX][8];
    struct sockaddr_in candidate = {.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)atoi(argc > 2 ? argv[2] : "9"))};
    struct sockaddr_storage candidates[1] = {{.ss_family = AF_INET}};
    struct lct_sdp_send sends[LCT_SDP_MEDIA_MAX] = {{.on = false}};
    struct lct_sdp_offer offer;
    struct lct_fault fault;
    size_t n = fread(text, 1, sizeof text, stdin);
    if (inet_pton(AF_INET, argc > 2 ? argv[1] : "127.0.0.1", &candidate.sin_addr) != 1) {
        fprintf(stderr, "usage: sdpanswer [ADDRESS PORT] <offer >answer\n");
        return 2;
    }
    *(struct sockaddr_in *)&candidates[0] = candidate;
    if (lct_sdp_read_offer(text, n, &offer, &fault) < 0) {
        fprintf(stderr, "%s\n", fault.en);
        return 1;
    }
    for (uint32_t i = 0; i < offer.count; i++) {
        bool on = offer.media[i].receives && offer.media[i].codec.type > 0;
        snprintf(names[i], sizeof names[i], "track%u", i);
        sends[i] = (struct lct_sdp_send){on, 1000 + i, 2000 + i, names[i]};
    }
    const struct lct_sdp_answer answer = {.ufrag = "ours1234",
                                          .password = "0123456789abcdefghijklmn",
                                          .fingerprint = fingerprint,
                                          .cname = "lesson",
                                          .session = 1,
                                          .send = sends,
                                          .candidates = candidates,
                                          .n_candidates = 1};
    n = lct_sdp_write_answer(&offer, &answer, out, sizeof out);
    return fwrite(out, 1, n, stdout) == n && n > 0 ? 0 : 1;
}
