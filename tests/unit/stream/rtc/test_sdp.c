// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/rtc/sdp.h"

/* ---- offers of real peers: tests/data/sdp ---- */

static void read_peer(const char *name, struct lct_sdp_offer *offer) {
    char path[128], text[LCT_SDP_BYTES_MAX];
    struct lct_fault fault = {.code = 0};
    (void)snprintf(path, sizeof path, "tests/data/sdp/%s.sdp", name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    size_t n = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    cr_assert_eq(lct_sdp_read_offer(text, n, offer, &fault), 0, "%s: %s", name, fault.en);
}

static void check_extensions(const struct lct_sdp_media *media, int mid, int send_time,
                             int transport_cc, int playout) {
    cr_assert_eq(media->extensions[LCT_SDP_MID], mid);
    cr_assert_eq(media->extensions[LCT_SDP_SEND_TIME], send_time);
    cr_assert_eq(media->extensions[LCT_SDP_TRANSPORT_CC], transport_cc);
    cr_assert_eq(media->extensions[LCT_SDP_PLAYOUT], playout);
    cr_assert_eq(media->extensions[LCT_SDP_CAPTURE_TIME], 0);
}

Test(sdp, reads_chromium) {
    struct lct_sdp_offer offer;
    read_peer("chromium", &offer);
    cr_assert_str_eq(offer.ufrag, "392C");
    cr_assert_str_eq(offer.password, "FA/8NJnLt/58XQtJFWPYZ1Z+");
    cr_assert_eq(offer.fingerprint[0], 0xad);
    cr_assert_eq(offer.fingerprint[31], 0x46);
    cr_assert_eq(offer.count, 2);
    const struct lct_sdp_media *video = &offer.media[0], *audio = &offer.media[1];
    cr_assert_eq(video->kind, LCT_SDP_VIDEO);
    cr_assert_str_eq(video->mid, "0");
    cr_assert(video->receives && video->rsize);
    cr_assert_eq(video->codec.type, 108);
    cr_assert_eq(video->codec.rtx, 109);
    cr_assert(video->codec.nack && video->codec.pli);
    cr_assert(video->codec.transport_cc && video->codec.remb);
    cr_assert_str_eq(video->codec.fmtp,
                     "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
    check_extensions(video, 9, 2, 4, 5);
    cr_assert_eq(audio->kind, LCT_SDP_AUDIO);
    cr_assert_str_eq(audio->mid, "1");
    cr_assert(audio->receives);
    cr_assert_eq(audio->codec.type, 111);
    cr_assert_eq(audio->codec.rtx, 0);
    cr_assert_eq(audio->codec.red, 63);
    cr_assert(audio->codec.transport_cc);
    cr_assert_not(audio->codec.nack || audio->codec.pli || audio->codec.remb);
    check_extensions(audio, 9, 2, 4, 0);
}

Test(sdp, reads_several_tracks_and_data) {
    struct lct_sdp_offer offer;
    read_peer("chromium-all", &offer);
    cr_assert_eq(offer.count, 4);
    cr_assert_eq(offer.media[1].codec.type, 108);
    cr_assert_str_eq(offer.media[1].mid, "1");
    const struct lct_sdp_media *data = &offer.media[3];
    cr_assert_eq(data->kind, LCT_SDP_OTHER);
    cr_assert_str_eq(data->name, "application");
    cr_assert_str_eq(data->protocol, "UDP/DTLS/SCTP");
    cr_assert_not(data->receives);
    cr_assert_eq(data->codec.type, 0);
}

Test(sdp, reads_firefox_without_h264) {
    struct lct_sdp_offer offer;
    read_peer("firefox", &offer);
    cr_assert_str_eq(offer.ufrag, "ca2b45f3");
    cr_assert_eq(offer.fingerprint[0], 0x27); /* said once, for all lines */
    cr_assert(offer.media[0].receives);
    cr_assert_eq(offer.media[0].codec.type, 0);
    check_extensions(&offer.media[0], 3, 4, 7, 6);
    cr_assert_eq(offer.media[1].codec.type, 109);
    read_peer("firefox-all", &offer);
    cr_assert_eq(offer.count, 4);
    cr_assert_str_eq(offer.ufrag, "4216c00d");
    cr_assert(offer.media[2].receives, "bundled, whatever its port");
    cr_assert_eq(offer.media[2].codec.type, 109);
    cr_assert_eq(offer.media[2].codec.red, 0);
    cr_assert_not(offer.media[2].rsize);
    cr_assert_not(offer.media[3].receives);
}

Test(sdp, reads_gstreamer) {
    static const char *const names[] = {"gstreamer", "gstreamer-bare"};
    for (size_t i = 0; i < 2; i++) {
        struct lct_sdp_offer offer;
        read_peer(names[i], &offer);
        cr_assert_eq(strlen(offer.ufrag), 32);
        cr_assert_str_eq(offer.media[0].mid, "video0");
        cr_assert_eq(offer.media[0].codec.type, 96);
        cr_assert(offer.media[0].codec.pli);
        cr_assert_not(offer.media[0].codec.nack);
        cr_assert_str_eq(offer.media[0].codec.fmtp,
                         "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
        cr_assert(offer.media[1].receives);
        cr_assert_eq(offer.media[1].codec.type, 97);
    }
}

/* ---- one offer and its variations ---- */

#define SUM                                                                                        \
    "00:11:22:33:44:55:66:77:88:99:aa:BB:cc:dd:ee:ff:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:"   \
    "0e:0f"

static const char plain[] = "v=0\r\n"
                            "o=- 1 1 IN IP4 0.0.0.0\r\n"
                            "s=-\r\n"
                            "t=0 0\r\n"
                            "a=group:BUNDLE 0 1\r\n"
                            "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
                            "a=mid:0\r\n"
                            "a=ice-ufrag:abcd\r\n"
                            "a=ice-pwd:0123456789abcdefghijkl\r\n"
                            "a=fingerprint:sha-256 " SUM "\r\n"
                            "a=setup:actpass\r\n"
                            "a=recvonly\r\n"
                            "a=rtcp-mux\r\n"
                            "a=rtpmap:96 H264/90000\r\n"
                            "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\n"
                            "a=rtpmap:97 rtx/90000\r\n"
                            "a=fmtp:97 apt=96\r\n";

/* Reads the plain offer with the first `from` in it replaced; "": with `to` at its end. */
static int read_changed(const char *from, const char *to, struct lct_sdp_offer *offer,
                        struct lct_fault *fault) {
    static char text[LCT_SDP_BYTES_MAX + 4096];
    const char *at = *from ? strstr(plain, from) : plain + strlen(plain);
    cr_assert_not_null(at, "%s", from);
    int n =
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - plain), plain, to, at + strlen(from));
    cr_assert(n > 0 && (size_t)n < sizeof text);
    return lct_sdp_read_offer(text, (size_t)n, offer, fault);
}

static void good(const char *from, const char *to, struct lct_sdp_offer *offer) {
    struct lct_fault fault = {.code = 0};
    cr_assert_eq(read_changed(from, to, offer, &fault), 0, "%s -> %s: %s", from, to, fault.en);
}

/* Both sentences say why: `word` stands in the English one. */
static void bad(const char *from, const char *to, const char *word) {
    struct lct_fault fault = {.code = 0};
    struct lct_sdp_offer offer = {.count = 99};
    cr_assert_eq(read_changed(from, to, &offer, &fault), -EINVAL, "%s -> %s", from, to);
    cr_assert_eq(offer.count, 99);
    cr_assert_eq(fault.code, -EINVAL);
    cr_assert_not_null(strstr(fault.en, word), "%s -> %s: %s", from, to, fault.en);
    cr_assert_str_not_empty(fault.zh);
    cr_assert_not_null(strstr(fault.zh, "SDP"), "%s", fault.zh);
}

Test(sdp, refuses_what_has_no_way_to_us) {
    bad("a=ice-ufrag:abcd\r\n", "", "ICE");
    bad("a=ice-pwd:0123456789abcdefghijkl\r\n", "", "ICE");
    bad("ufrag:abcd", "ufrag:abc", "ICE");
    bad("ufrag:abcd", "ufrag:ab cd", "ICE");
    bad("ufrag:abcd", "ufrag:ab\"cd", "ICE");
    bad("ghijkl", "ghijk", "ICE");
    char long_text[300];
    memset(long_text, 'a', sizeof long_text);
    long_text[256] = '\0';
    struct lct_sdp_offer offer;
    good("abcd", long_text, &offer);
    cr_assert_str_eq(offer.ufrag, long_text);
    long_text[256] = 'a';
    long_text[257] = '\0';
    bad("abcd", long_text, "ICE");
    bad("0123456789abcdefghijkl", long_text, "ICE");

    bad("a=fingerprint:sha-256 " SUM "\r\n", "", "fingerprint");
    bad("sha-256", "sha-1", "fingerprint");
    bad("00:11", "00:1", "fingerprint");
    bad("00:11", "00:11:22", "fingerprint");
    bad("00:11", "00-11", "fingerprint");
    bad("00:11", "0g:11", "fingerprint");
    bad(":0f", "", "fingerprint");

    bad("actpass", "passive", "setup");
    bad("actpass", "holdconn", "setup");
    bad("a=rtcp-mux\r\n", "", "rtcp-mux");
    bad("a=group:BUNDLE 0 1\r\n", "", "BUNDLE");
    bad("BUNDLE 0 1", "BUNDLE", "BUNDLE");
    bad("BUNDLE 0 1", "BUNDLE 1 00", "BUNDLE");
    bad("BUNDLE", "LS", "BUNDLE");
    bad("a=mid:0\r\n", "", "BUNDLE");
    bad("video 9", "video 0", "BUNDLE");
}

Test(sdp, refuses_what_is_no_sdp) {
    struct lct_fault fault;
    struct lct_sdp_offer offer;
    cr_assert_eq(lct_sdp_read_offer("", 0, &offer, &fault), -EINVAL);
    cr_assert_eq(lct_sdp_read_offer("v=0", 3, &offer, &fault), -EINVAL);
    cr_assert_not_null(strstr(fault.en, "BUNDLE"), "%s", fault.en);
    cr_assert_eq(lct_sdp_read_offer("v=0\0\r\n", 6, &offer, &fault), -EINVAL);
    cr_assert_not_null(strstr(fault.en, "control"), "%s", fault.en);
    cr_assert_eq(lct_sdp_read_offer("{\"sdp\":1}", 9, &offer, NULL), -EINVAL);
    bad("v=0\r\n", "", "Line 1 ");
    bad("v=0", "v=1", "Line 1 ");
    bad("v=0", "\r\nv=0", "Line 1 ");
    bad("s=-", "s", "Line 3 ");
    bad("s=-", "S=-", "Line 3 ");
    bad("s=-", " s=-", "Line 3 ");
    bad("s=-", "s=\x1b[2J", "Line 3 ");
    bad("s=-", "s=a\tb", "control");
    bad("s=-", "s=a\rb", "control");
    bad("s=-", "s=-\r", "control");
    bad("s=-", "s=\x7f", "control");
    bad("0 1\r\nm", "0 1\rm", "Line 5 ");
    bad("video 9", "video", "Line 6 ");
    bad("video 9", "video -9", "Line 6 ");
    bad("video 9", "video 65536", "Line 6 ");
    bad("video 9", "video 9999999999", "Line 6 ");
    bad("video 9", "vi\"deo 9", "Line 6 ");
    bad("video 9", "a-medium-of-16-ch 9", "Line 6 ");
    bad("SAVPF 96 97", "SAVPF", "Line 6 ");
    bad("UDP/TLS", "UDP/<b>", "Line 6 ");
    bad("video 9", " 9", "Line 6 ");
    bad("UDP/TLS", "UDP/TLS/TLS/TLS/TLS", "Line 6 ");
}

Test(sdp, refuses_mids_that_cannot_be_told_back) {
    struct lct_sdp_offer offer;
    bad("a=mid:0", "a=mid:\"0\"", "mid");
    bad("a=mid:0", "a=mid:", "mid");
    bad("a=mid:0", "a=mid:0 1", "mid");
    bad("a=mid:0", "a=mid:\xe4\xb8\x80", "mid");
    bad("a=mid:0", "a=mid:12345678901234567", "mid");
    good("a=mid:0", "a=mid:0\r\na=x:1234567890123456", &offer);
    bad("", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n", "mid");
    good("", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n", &offer);
    good("", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", &offer);
    cr_assert_str_empty(offer.media[2].mid);
}

Test(sdp, keeps_its_limits) {
    static const char media[] = "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n";
    static char many[1000 * sizeof media];
    struct lct_sdp_offer offer;
    for (size_t i = 0; i < 1000; i++) {
        memcpy(many + i * (sizeof media - 1), media, sizeof media);
    }
    bad("", many, "16 media lines");
    many[16 * (sizeof media - 1)] = '\0';
    bad("", many, "16 media lines");
    many[15 * (sizeof media - 1)] = '\0';
    good("", many, &offer);
    cr_assert_eq(offer.count, 16);

    static char line[LCT_SDP_BYTES_MAX + 1];
    memset(line, 'x', sizeof line - 1);
    memcpy(line, "a=fmtp:96 ", 10);
    line[LCT_SDP_BYTES_MAX - strlen(plain)] = '\0';
    good("", line, &offer);
    line[LCT_SDP_BYTES_MAX - strlen(plain)] = 'x';
    line[LCT_SDP_BYTES_MAX - strlen(plain) + 1] = '\0';
    bad("", line, "longer than 32768");
}

Test(sdp, takes_line_ends_of_either_kind) {
    struct lct_sdp_offer offer;
    char text[sizeof plain];
    size_t n = 0;
    for (size_t i = 0; plain[i]; i++) {
        if (plain[i] != '\r') {
            text[n++] = plain[i];
        }
    }
    cr_assert_eq(lct_sdp_read_offer(text, n, &offer, NULL), 0);
    cr_assert_eq(lct_sdp_read_offer(text, n - 1, &offer, NULL), 0, "without the last");
    good("s=-\r\n", "s=-\n", &offer);
    good("", "\r\n\n\r\n", &offer);
}

Test(sdp, refuses_or_reads_what_is_cut_anywhere) {
    for (size_t n = 0; n < strlen(plain); n++) {
        struct lct_sdp_offer offer;
        char *cut = malloc(n ? n : 1); /* to the byte: a sanitizer sees one read too far */
        memcpy(cut, plain, n);
        int rc = lct_sdp_read_offer(cut, n, &offer, NULL);
        cr_assert(rc == -EINVAL || (rc == 0 && n > (size_t)(strstr(plain, "a=rtcp-mux") - plain)),
                  "%zu bytes", n);
        free(cut);
    }
}

Test(sdp, knows_who_receives) {
    struct lct_sdp_offer offer;
    static const struct {
        const char *from, *to;
        bool receives;
    } cases[] = {
        {"a=recvonly\r\n", "", true}, /* sendrecv is what is meant without a word */
        {"recvonly", "sendrecv", true},
        {"recvonly", "sendonly", false},
        {"recvonly", "inactive", false},
        {"UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", false},
        {"UDP/TLS/RTP/SAVPF", "RTP/AVP", false},
        {"t=0 0\r\n", "t=0 0\r\na=inactive\r\n", true}, /* the line's own word counts */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        good(cases[i].from, cases[i].to, &offer);
        cr_assert_eq(offer.media[0].receives, cases[i].receives, "%zu", i);
    }
    good("", "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n", &offer);
    cr_assert_not(offer.media[1].receives);
    good("", "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=bundle-only\r\n", &offer);
    cr_assert(offer.media[1].receives);
    good("", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2\r\n", &offer);
    cr_assert_not(offer.media[1].receives, "outside of the bundle");
    good("", "m=application 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n", &offer);
    cr_assert_eq(offer.media[1].codec.type, 0);
}

Test(sdp, takes_what_is_said_for_all_lines) {
    struct lct_sdp_offer offer;
    good("t=0 0\r\n",
         "t=0 0\r\na=fingerprint:SHA-256 " SUM "\r\na=extmap:4 "
         "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time\r\n",
         &offer);
    cr_assert_eq(offer.fingerprint[1], 0x11);
    cr_assert_eq(offer.fingerprint[11], 0xbb);
    cr_assert_eq(offer.media[0].extensions[LCT_SDP_CAPTURE_TIME], 4);
}

Test(sdp, takes_the_way_of_the_first_bundles_first_line) {
    struct lct_sdp_offer offer;
    good("0 1\r\n", "0 1\r\na=group:BUNDLE 2\r\n", &offer);
    good("m=video", "m=audio 0 UDP/TLS/RTP/SAVPF 9\r\na=mid:1\r\na=ice-ufrag:wrong\r\nm=video",
         &offer);
    cr_assert_str_eq(offer.ufrag, "abcd");
    good("", "m=audio 9 UDP/TLS/RTP/SAVPF 9\r\na=mid:1\r\na=ice-ufrag:wrong\r\n", &offer);
    cr_assert_str_eq(offer.ufrag, "abcd");
}

/* An offer whose video line has these types and attributes; the type chosen. */
static int choose(const char *types, const char *attributes, struct lct_sdp_offer *offer) {
    char text[2048];
    (void)snprintf(text, sizeof text, "%s\r\n%.*s%s", types,
                   (int)(strstr(plain, "a=rtpmap") - strstr(plain, "a=mid")),
                   strstr(plain, "a=mid"), attributes);
    good(strstr(plain, "96 97\r\n"), text, offer);
    return offer->media[0].codec.type;
}

#define H264(type) "a=rtpmap:" type " H264/90000\r\na=fmtp:" type " packetization-mode=1;"
#define PROFILE "profile-level-id="

Test(sdp, prefers_the_nearest_profile) {
    struct lct_sdp_offer offer;
    static const struct {
        const char *types, *attributes;
        int type;
        const char *profile;
    } cases[] = {
        {"96 97", H264("96") PROFILE "42001f\r\n" H264("97") PROFILE "42E01F\r\n", 97, "42e01f"},
        {"96 97", H264("96") PROFILE "42001f\r\n" H264("97") PROFILE "42c01e\r\n", 97, "42c01e"},
        {"96 97", H264("96") PROFILE "4d001f\r\n" H264("97") PROFILE "42001f\r\n", 97, "42001f"},
        {"96 97", H264("96") PROFILE "42e01f\r\n" H264("97") PROFILE "42c01f\r\n", 96, "42e01f"},
        {"97 96", H264("96") PROFILE "42e01f\r\n" H264("97") PROFILE "42c01f\r\n", 97, "42c01f"},
        {"96 97", H264("96") PROFILE "f4001f\r\n" H264("97") PROFILE "640028\r\n", 96, "f4001f"},
        {"96 97", "a=rtpmap:96 H264/90000\r\n" H264("97") PROFILE "640028\r\n", 97, "640028"},
        {"96", "a=rtpmap:96 h264/90000\r\n", 96, "42e01f"},
        {"96 97", H264("96") PROFILE "428015\r\n" H264("97") PROFILE "424015\r\n", 97, "424015"},
        {"0 96", H264("0") PROFILE "42e01f\r\n" H264("96") PROFILE "42001f\r\n", 96, "42001f"},
        {"96", H264("96") PROFILE "nonsense\r\n", 96, "42e01f"},
        {"96", H264("96") PROFILE "42001fff\r\n", 96, "42e01f"},
        {"96", H264("96") PROFILE "42 01f\r\n", 96, "42e01f"},
        {"96",
         "a=fmtp:96 a=1; profile-level-id=42001f; packetization-mode=1\r\n"
         "a=rtpmap:96 H264/90000\r\n",
         96, "42001f"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(choose(cases[i].types, cases[i].attributes, &offer), cases[i].type, "%zu", i);
        const char *fmtp = offer.media[0].codec.fmtp;
        cr_assert_str_eq(fmtp + strlen(fmtp) - 6, cases[i].profile, "%zu", i);
    }
}

Test(sdp, takes_no_other_codec) {
    struct lct_sdp_offer offer;
    static const struct {
        const char *types, *attributes;
    } cases[] = {
        {"96", "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=0\r\n"},
        {"96", "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=2\r\n"},
        {"96", "a=rtpmap:96 H265/90000\r\na=fmtp:96 packetization-mode=1\r\n"},
        {"96", "a=rtpmap:96 opus/48000/2\r\n"},
        {"97", "a=rtpmap:96 H264/90000\r\n"},
        {"0", "a=rtpmap:0 H264/90000\r\n"},
        {"72", "a=rtpmap:72 H264/90000\r\n"}, /* would be taken for RTCP */
        {"128", "a=rtpmap:128 H264/90000\r\n"},
        {"96x", "a=rtpmap:96 H264/90000\r\n"},
        {"96", "a=rtpmap:96x H264/90000 \r\n"},
        {"96", "a=rtpmap:\r\na=fmtp\r\na=fmtp:96\r\na=rtcp-fb:*\r\na=extmap:\r\na=extmap:x\r\na="
               "\r\na=:\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(choose(cases[i].types, cases[i].attributes, &offer), 0, "%zu", i);
    }
}

Test(sdp, finds_retransmission_and_feedback) {
    struct lct_sdp_offer offer;
    cr_assert_eq(choose("99 98 97 96",
                        H264("96") "\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=95\r\n"
                                   "a=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=96;rtx-time=200\r\n"
                                   "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
                                   "a=rtcp-fb:* nack\r\na=rtcp-fb:96 nack pli\r\n"
                                   "a=rtcp-fb:98 goog-remb\r\na=rtcp-fb:96 ccm fir\r\n",
                        &offer),
                 96);
    const struct lct_sdp_codec *codec = &offer.media[0].codec;
    cr_assert_eq(codec->rtx, 98);
    cr_assert_eq(codec->red, 0, "of sound only");
    cr_assert(codec->nack && codec->pli);
    cr_assert_not(codec->remb || codec->transport_cc);
}

Test(sdp, takes_extensions_we_may_write) {
    struct lct_sdp_offer offer;
    static const char uri[] = "urn:ietf:params:rtp-hdrext:sdes:mid";
    static const struct {
        const char *id;
        int taken;
    } cases[] = {
        {"1", 1},          {"14", 14},        {"15", 0}, /* RFC 8285: the short form's last */
        {"0", 0},          {"255", 0},        {"", 0},           {"-1", 0},
        {"3/sendrecv", 3}, {"3/recvonly", 3}, {"3/sendonly", 0}, {"3/inactive", 0},
        {"3/", 0},         {"3x", 0},         {"99999999999", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "a=extmap:%s %s\r\n", cases[i].id, uri);
        good("", line, &offer);
        cr_assert_eq(offer.media[0].extensions[LCT_SDP_MID], cases[i].taken, "%s", cases[i].id);
    }
    good("", "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:mid with attributes\r\n", &offer);
    cr_assert_eq(offer.media[0].extensions[LCT_SDP_MID], 5);
    good("", "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:midnight\r\n", &offer);
    cr_assert_eq(offer.media[0].extensions[LCT_SDP_MID], 0);
}

/* ---- answers ---- */

static struct sockaddr_storage address(const char *text, uint16_t port) {
    struct sockaddr_storage out = {.ss_family = AF_INET};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_port = htons(port);
    } else {
        cr_assert_eq(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
    }
    return out;
}

static const uint8_t fingerprint[32] = {0x00, 0xab, [31] = 0xff};
#define OUR_SUM                                                                                    \
    "00:AB:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"   \
    "00:FF"

static size_t answer(const struct lct_sdp_offer *offer, const struct lct_sdp_send *send,
                     const struct sockaddr_storage *candidates, size_t n_candidates, char *out,
                     size_t size) {
    const struct lct_sdp_answer a = {.ufrag = "ours1234",
                                     .password = "0123456789abcdefghijklmn",
                                     .fingerprint = fingerprint,
                                     .cname = "lesson",
                                     .session = UINT64_MAX,
                                     .send = send,
                                     .candidates = candidates,
                                     .n_candidates = n_candidates};
    return lct_sdp_write_answer(offer, &a, out, size);
}

Test(sdp, answers_chromium) {
    static const char wanted[] =
        "v=0\r\n"
        "o=- 9223372036854775807 1 IN IP4 0.0.0.0\r\n"
        "s=-\r\n"
        "c=IN IP4 0.0.0.0\r\n"
        "t=0 0\r\n"
        "a=ice-lite\r\n"
        "a=group:BUNDLE 0 1\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 108 109\r\n"
        "a=mid:0\r\n"
        "a=sendonly\r\n"
        "a=rtcp-mux\r\n"
        "a=rtcp-rsize\r\n"
        "a=ice-ufrag:ours1234\r\n"
        "a=ice-pwd:0123456789abcdefghijklmn\r\n"
        "a=fingerprint:sha-256 " OUR_SUM "\r\n"
        "a=setup:passive\r\n"
        "a=rtpmap:108 H264/90000\r\n"
        "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
        "a=rtcp-fb:108 nack\r\n"
        "a=rtcp-fb:108 nack pli\r\n"
        "a=rtcp-fb:108 transport-cc\r\n"
        "a=rtcp-fb:108 goog-remb\r\n"
        "a=rtpmap:109 rtx/90000\r\n"
        "a=fmtp:109 apt=108\r\n"
        "a=extmap:9/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
        "a=extmap:2/sendonly http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
        "a=extmap:4/sendonly "
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
        "a=extmap:5/sendonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n"
        "a=msid:lesson camera\r\n"
        "a=ssrc:1 cname:lesson\r\n"
        "a=ssrc:4294967295 cname:lesson\r\n"
        "a=ssrc-group:FID 1 4294967295\r\n"
        "a=candidate:1 1 udp 2130706431 10.1.2.3 7000 typ host\r\n"
        "a=candidate:2 1 udp 2130706175 2001:db8::17 7001 typ host\r\n"
        "a=end-of-candidates\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"
        "a=mid:1\r\n"
        "a=sendonly\r\n"
        "a=rtcp-mux\r\n"
        "a=rtcp-rsize\r\n"
        "a=ice-ufrag:ours1234\r\n"
        "a=ice-pwd:0123456789abcdefghijklmn\r\n"
        "a=fingerprint:sha-256 " OUR_SUM "\r\n"
        "a=setup:passive\r\n"
        "a=rtpmap:111 opus/48000/2\r\n"
        "a=fmtp:111 stereo=1;sprop-stereo=1;useinbandfec=1\r\n"
        "a=rtcp-fb:111 transport-cc\r\n"
        "a=rtpmap:63 red/48000/2\r\n"
        "a=fmtp:63 111/111\r\n"
        "a=extmap:9/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
        "a=extmap:2/sendonly http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
        "a=extmap:4/sendonly "
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
        "a=msid:lesson sound\r\n"
        "a=ssrc:3 cname:lesson\r\n";
    const struct sockaddr_storage candidates[] = {address("10.1.2.3", 7000),
                                                  address("2001:db8::17", 7001)};
    const struct lct_sdp_send send[] = {{true, 1, UINT32_MAX, "camera"}, {true, 3, 4, "sound"}};
    struct lct_sdp_offer offer;
    char out[LCT_SDP_ANSWER_MAX];
    read_peer("chromium", &offer);
    cr_assert_eq(answer(&offer, send, candidates, 2, out, sizeof out), sizeof wanted - 1);
    cr_assert_str_eq(out, wanted);
    /* It fits into as many bytes as it has and the end, not into fewer. */
    for (size_t size = 0; size < sizeof wanted; size++) {
        cr_assert_eq(answer(&offer, send, candidates, 2, out, size), 0);
    }
    cr_assert_eq(answer(&offer, send, candidates, 2, out, sizeof wanted), sizeof wanted - 1);
}

Test(sdp, answers_lines_that_it_refuses_in_their_place) {
    static const char wanted[] = "a=group:BUNDLE 2\r\n"
                                 "m=video 0 UDP/TLS/RTP/SAVPF 0\r\na=inactive\r\na=mid:0\r\n"
                                 "m=video 0 UDP/TLS/RTP/SAVPF 0\r\na=inactive\r\na=mid:1\r\n"
                                 "m=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=mid:2\r\na=sendonly\r\n"
                                 "a=rtcp-mux\r\na=ice-ufrag:";
    static const char last[] =
        "a=end-of-candidates\r\n"
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=inactive\r\na=mid:3\r\n";
    const struct sockaddr_storage candidate = address("10.1.2.3", 7000);
    const struct lct_sdp_send send[4] = {[2] = {true, 3, 0, "sound"}};
    struct lct_sdp_offer offer;
    char out[LCT_SDP_ANSWER_MAX];
    read_peer("firefox-all", &offer);
    size_t n = answer(&offer, send, &candidate, 1, out, sizeof out);
    cr_assert_gt(n, sizeof last);
    cr_assert_not_null(strstr(out, wanted), "%s", out);
    cr_assert_str_eq(out + n - (sizeof last - 1), last);

    const struct lct_sdp_send nothing[4] = {{.on = false}};
    cr_assert_gt(answer(&offer, nothing, &candidate, 1, out, sizeof out), 0);
    cr_assert_null(strstr(out, "candidate"));
}

Test(sdp, leaves_out_retransmission_that_nobody_sends) {
    const struct lct_sdp_send send = {true, 1, 0, "camera"};
    struct lct_sdp_offer offer;
    char out[LCT_SDP_ANSWER_MAX];
    good("", "", &offer);
    cr_assert_eq(offer.media[0].codec.rtx, 97);
    cr_assert_gt(answer(&offer, &send, NULL, 0, out, sizeof out), 0);
    cr_assert_not_null(strstr(out, "SAVPF 96\r\n"));
    cr_assert_null(strstr(out, "rtx"));
    cr_assert_null(strstr(out, "97"));
    cr_assert_null(strstr(out, "FID"));
}

Test(sdp, has_room_for_the_longest_answer) {
    static const char text[] = "0123456789012345678901234567890123456789012345678901234567890123";
    struct lct_sdp_offer offer;
    struct lct_sdp_send send[LCT_SDP_MEDIA_MAX];
    struct sockaddr_storage candidates[LCT_SDP_CANDIDATES_MAX];
    char out[LCT_SDP_ANSWER_MAX];
    read_peer("chromium", &offer);
    offer.count = LCT_SDP_MEDIA_MAX;
    for (size_t i = 0; i < LCT_SDP_MEDIA_MAX; i++) {
        offer.media[i] = offer.media[0];
        memcpy(offer.media[i].mid, text, LCT_SDP_MID_SIZE - 1);
        memset(offer.media[i].extensions, 14, sizeof offer.media[i].extensions);
        send[i] = (struct lct_sdp_send){true, UINT32_MAX, UINT32_MAX, text};
    }
    for (size_t i = 0; i < LCT_SDP_CANDIDATES_MAX; i++) {
        candidates[i] = address("1234:1234:1234:1234:1234:1234:1234:1234", 65535);
    }
    const struct lct_sdp_answer a = {.ufrag = text,
                                     .password = text,
                                     .fingerprint = fingerprint,
                                     .cname = text,
                                     .session = UINT64_MAX,
                                     .send = send,
                                     .candidates = candidates,
                                     .n_candidates = LCT_SDP_CANDIDATES_MAX};
    cr_assert_gt(lct_sdp_write_answer(&offer, &a, out, sizeof out), 0);
}
