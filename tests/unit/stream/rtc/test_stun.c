// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stun/usages/ice.h>

#include "base/bytes.h"
#include "stream/rtc/stun.h"

#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

/* ---- RFC 5769 ---- */

/* Section 2.1. Its padding is of spaces, and it calls itself controlled. */
static const uint8_t request[] = {
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf};

/* XOR-MAPPED-ADDRESS of sections 2.2 and 2.3, which answer that transaction. */
static const uint8_t mapped_v4[] = {0x00, 0x20, 0x00, 0x08, 0x00, 0x01,
                                    0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43};
static const uint8_t mapped_v6[] = {0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47,
                                    0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79,
                                    0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9};

/* Section 2.2, an answer. */
static const uint8_t response[] = {
    0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
    0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
    0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
    0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96};

/* Section 2.4: a long-term user, whose name has no colon. */
static const uint8_t long_term[] = {
    0x00, 0x01, 0x00, 0x60, 0x21, 0x12, 0xa4, 0x42, 0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72,
    0xc0, 0x29, 0xda, 0x41, 0x2e, 0x00, 0x06, 0x00, 0x12, 0xe3, 0x83, 0x9e, 0xe3, 0x83, 0x88,
    0xe3, 0x83, 0xaa, 0xe3, 0x83, 0x83, 0xe3, 0x82, 0xaf, 0xe3, 0x82, 0xb9, 0x00, 0x00, 0x00,
    0x15, 0x00, 0x1c, 0x66, 0x2f, 0x2f, 0x34, 0x39, 0x39, 0x6b, 0x39, 0x35, 0x34, 0x64, 0x36,
    0x4f, 0x4c, 0x33, 0x34, 0x6f, 0x4c, 0x39, 0x46, 0x53, 0x54, 0x76, 0x79, 0x36, 0x34, 0x73,
    0x41, 0x00, 0x14, 0x00, 0x0b, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72,
    0x67, 0x00, 0x00, 0x08, 0x00, 0x14, 0xf6, 0x70, 0x24, 0x65, 0x6d, 0xd6, 0x4a, 0x3e, 0x02,
    0xb8, 0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2, 0x8c, 0xa8, 0x96, 0x66};

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

Test(stun, reads_the_published_request) {
    struct lct_stun_check check;
    cr_assert(lct_stun_is(request, sizeof request));
    cr_assert_eq(lct_stun_parse(request, sizeof request, &check), 0);
    cr_assert_arr_eq(check.transaction, request + 8, 12);
    cr_assert_str_eq(check.ufrag, "evtj");
    cr_assert_str_eq(check.remote, "h6vY");
    cr_assert(check.controlled);
    cr_assert_not(check.use_candidate);
    cr_assert_eq(check.unknown, 0);
    cr_assert_eq(check.integrity_at, 76);
    cr_assert(lct_stun_is_signed(request, sizeof request, &check, PASSWORD));
    cr_assert_not(lct_stun_is_signed(request, sizeof request, &check, "VOkJxbRl1RmTxUk/WvJxBu"));
    cr_assert_not(lct_stun_is_signed(request, sizeof request, &check, ""));
}

Test(stun, reads_the_checks_of_browsers) {
    static const char *const names[] = {"chromium", "firefox"};
    static const char *const remotes[] = {"OkQG", "6f2e171b"};
    for (size_t i = 0; i < 2; i++) {
        char path[64];
        uint8_t bytes[LCT_STUN_REQUEST_MAX];
        struct lct_stun_check check;
        (void)snprintf(path, sizeof path, "tests/fuzz/corpus/stun/%s", names[i]);
        FILE *file = fopen(path, "rb");
        cr_assert_not_null(file, "%s", path);
        size_t n = fread(bytes, 1, sizeof bytes, file);
        (void)fclose(file);
        cr_assert_eq(lct_stun_parse(bytes, n, &check), 0, "%s", names[i]);
        cr_assert_str_eq(check.ufrag, "ours1234");
        cr_assert_str_eq(check.remote, remotes[i]);
        cr_assert_eq(check.use_candidate, i == 1);
        cr_assert_not(check.controlled || check.unknown);
        cr_assert(lct_stun_is_signed(bytes, n, &check, "0123456789abcdefghijklmn"));
    }
}

Test(stun, tells_addresses_as_published) {
    struct lct_stun_check check;
    uint8_t out[LCT_STUN_ANSWER_MAX];
    cr_assert_eq(lct_stun_parse(request, sizeof request, &check), 0);
    static const char *const same[] = {"192.0.2.1", "::ffff:192.0.2.1"};
    for (size_t i = 0; i < 2; i++) {
        struct sockaddr_storage from = address(same[i], 32853);
        size_t n = lct_stun_write_success(out, sizeof out, &check, &from, PASSWORD);
        cr_assert_eq(n, 20 + sizeof mapped_v4 + 24 + 8);
        cr_assert_arr_eq(out + 4, response + 4, 16);
        cr_assert_arr_eq(out + 20, mapped_v4, sizeof mapped_v4);
    }
    struct sockaddr_storage from = address("2001:db8:1234:5678:11:2233:4455:6677", 32853);
    size_t n = lct_stun_write_success(out, sizeof out, &check, &from, PASSWORD);
    cr_assert_eq(n, 20 + sizeof mapped_v6 + 24 + 8);
    cr_assert_arr_eq(out + 20, mapped_v6, sizeof mapped_v6);
}

Test(stun, passes_over_what_is_no_request_for_us) {
    struct lct_stun_check check;
    cr_assert(lct_stun_is(response, sizeof response));
    cr_assert_eq(lct_stun_parse(response, sizeof response, &check), -EOPNOTSUPP);
    cr_assert_eq(lct_stun_parse(long_term, sizeof long_term, &check), -EBADMSG);
    uint8_t indication[20] = {0x00, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    cr_assert_eq(lct_stun_parse(indication, sizeof indication, &check), -EOPNOTSUPP);
}

/* ---- requests that are not as they should be ---- */

Test(stun, refuses_what_is_cut_or_changed_anywhere) {
    struct lct_stun_check check;
    for (size_t n = 0; n < sizeof request; n++) {
        uint8_t *cut = malloc(n ? n : 1); /* to the byte: a sanitizer sees one read too far */
        memcpy(cut, request, n);
        cr_assert_eq(lct_stun_parse(cut, n, &check), -EBADMSG, "%zu bytes", n);
        cr_assert_eq(lct_stun_is(cut, n), n >= 20, "%zu bytes", n);
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * sizeof request; bit++) {
        uint8_t changed[sizeof request];
        memcpy(changed, request, sizeof request);
        changed[bit / 8] ^= (uint8_t)(1U << bit % 8);
        int rc = lct_stun_parse(changed, sizeof changed, &check);
        if (rc == 0 && (bit / 8 == 100 || bit / 8 == 101)) { /* another type than FINGERPRINT */
            continue;
        }
        cr_assert_lt(rc, 0, "bit %zu", bit);
    }
}

Test(stun, sees_wrong_signatures) {
    struct lct_stun_check check;
    for (size_t at = 8; at < 100; at++) { /* without FINGERPRINT, which would see it first */
        uint8_t changed[100];
        memcpy(changed, request, sizeof changed);
        changed[3] = 100 - 20;
        cr_assert_eq(lct_stun_parse(changed, sizeof changed, &check), 0);
        cr_assert(lct_stun_is_signed(changed, sizeof changed, &check, PASSWORD));
        changed[at] ^= 0x01;
        if (lct_stun_parse(changed, sizeof changed, &check) == 0) {
            cr_assert_not(lct_stun_is_signed(changed, sizeof changed, &check, PASSWORD), "at %zu",
                          at);
        }
    }
}

/* A request without FINGERPRINT whose signature nobody looks at. */
struct made {
    uint8_t bytes[1024];
    struct lct_writer w;
};

static void begin(struct made *made) {
    made->w = lct_writer(made->bytes, sizeof made->bytes);
    lct_put(&made->w, request, 20);
}

static void add(struct made *made, unsigned type, const void *value, size_t n) {
    lct_put_u16(&made->w, type);
    lct_put_u16(&made->w, (unsigned)n);
    lct_put(&made->w, value, n);
    lct_put_zeros(&made->w, -n & 3);
}

static int parse(struct made *made, struct lct_stun_check *check) {
    struct lct_writer head = lct_writer(made->bytes + 2, 2);
    lct_put_u16(&head, (unsigned)made->w.at - 20);
    return lct_stun_parse(made->bytes, made->w.at, check);
}

static int parse_one(unsigned type, const void *value, size_t n, struct lct_stun_check *check) {
    struct made made;
    begin(&made);
    if (type != 0x0006) {
        add(&made, 0x0006, "ours:theirs", 11);
    }
    add(&made, type, value, n);
    add(&made, 0x0008, "01234567890123456789", 20);
    return parse(&made, check);
}

static int parse_name(const char *name, struct lct_stun_check *check) {
    return parse_one(0x0006, name, strlen(name), check);
}

Test(stun, reads_names_of_ours_only) {
    struct lct_stun_check check;
    cr_assert_eq(parse_name("a:", &check), 0);
    cr_assert_str_eq(check.ufrag, "a");
    cr_assert_str_empty(check.remote);
    cr_assert_eq(
        parse_name("12345678901234567890123456789012:12345678901234567890123456789012345", &check),
        0);
    cr_assert_str_eq(check.ufrag, "12345678901234567890123456789012");
    cr_assert_str_eq(check.remote, "12345678901234567890123456789012");
    static const char *const bad[] = {
        "",      ":",     ":b",    "ab",        "123456789012345678901234567890123:b",
        "a b:c", "a:b c", "a\n:b", "a:\x1b[2J", "\xe4\xb8\x80:b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(parse_name(bad[i], &check), -EBADMSG, "%s", bad[i]);
    }
    cr_assert_eq(parse_one(0x0006, "a\0:b", 4, &check), -EBADMSG);
}

Test(stun, reads_attributes) {
    struct lct_stun_check check;
    cr_assert_eq(parse_one(0x0025, "", 0, &check), 0);
    cr_assert(check.use_candidate);
    cr_assert_eq(parse_one(0x802a, "12345678", 8, &check), 0);
    cr_assert_not(check.controlled);
    cr_assert_eq(parse_one(0xc057, "1234", 4, &check), 0);
    cr_assert_eq(check.unknown, 0);
    cr_assert_eq(parse_one(0x7fff, "x", 1, &check), 0);
    cr_assert_eq(check.unknown, 0x7fff);
    static const struct {
        unsigned type;
        size_t n;
    } bad[] = {{0, 4},      {0x0008, 19}, {0x0008, 21}, {0x0024, 3}, {0x0025, 1},
               {0x8029, 7}, {0x802a, 9},  {0x8028, 4},  {0x8028, 3}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t value[32] = {0};
        cr_assert_eq(parse_one(bad[i].type, value, bad[i].n, &check), -EBADMSG, "%zu", i);
    }
}

Test(stun, wants_a_name_and_a_signature) {
    struct lct_stun_check check;
    struct made made;
    begin(&made);
    cr_assert_eq(parse(&made, &check), -EBADMSG);
    add(&made, 0x0006, "ours:theirs", 11);
    cr_assert_eq(parse(&made, &check), -EBADMSG);
    add(&made, 0x0008, "01234567890123456789", 20);
    cr_assert_eq(parse(&made, &check), 0);
    /* Nobody signed what stands behind. */
    add(&made, 0x0025, "", 0);
    add(&made, 0x8029, "12345678", 8);
    add(&made, 0x7fff, "", 0);
    cr_assert_eq(parse(&made, &check), 0);
    cr_assert_not(check.use_candidate || check.controlled || check.unknown);
    begin(&made);
    add(&made, 0x0008, "01234567890123456789", 20);
    add(&made, 0x0006, "ours:theirs", 11);
    cr_assert_eq(parse(&made, &check), -EBADMSG);
    begin(&made);
    add(&made, 0x0006, "first:one", 9);
    add(&made, 0x0006, "second:one", 10);
    add(&made, 0x0008, "01234567890123456789", 20);
    cr_assert_eq(parse(&made, &check), 0);
    cr_assert_str_eq(check.ufrag, "first");
}

/* RFC 8489 sec. 14.7, a bit at a step. */
static uint32_t crc_of(const uint8_t *bytes, size_t n) {
    uint32_t crc = UINT32_MAX;
    for (size_t bit = 0; bit < 8 * n; bit++) {
        crc ^= (uint32_t)(bytes[bit / 8] >> bit % 8 & 1);
        crc = crc & 1 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
    }
    return ~crc ^ 0x5354554eU;
}

Test(stun, wants_the_fingerprint_to_be_last) {
    struct lct_stun_check check;
    for (size_t behind = 0; behind < 2; behind++) {
        struct made made;
        begin(&made);
        add(&made, 0x0006, "ours:theirs", 11);
        add(&made, 0x0008, "01234567890123456789", 20);
        size_t at = made.w.at;
        made.bytes[3] = (uint8_t)(at + 8 + 4 * behind - 20);
        uint32_t crc = htonl(crc_of(made.bytes, at));
        add(&made, 0x8028, &crc, 4);
        if (behind > 0) {
            add(&made, 0xc000, "", 0);
        }
        cr_assert_eq(parse(&made, &check), behind > 0 ? -EBADMSG : 0);
    }
}

Test(stun, refuses_long_requests_and_wrong_lengths) {
    struct lct_stun_check check;
    struct made made;
    uint8_t long_value[512] = {0};
    cr_assert_eq(parse_one(0xc000, long_value, 484, &check), 0); /* 548 bytes in all */
    cr_assert_eq(parse_one(0xc000, long_value, 485, &check), -EBADMSG);
    begin(&made);
    add(&made, 0x0006, "ours:theirs", 11);
    add(&made, 0x0008, "01234567890123456789", 20);
    for (unsigned length = 0; length < 0xffff; length++) {
        made.bytes[2] = (uint8_t)(length >> 8);
        made.bytes[3] = (uint8_t)length;
        cr_assert_eq(lct_stun_parse(made.bytes, made.w.at, &check),
                     length == made.w.at - 20 ? 0 : -EBADMSG);
    }
}

Test(stun, knows_its_datagrams) {
    uint8_t bytes[20] = {0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    for (unsigned first = 0; first < 256; first++) {
        bytes[0] = (uint8_t)first;
        cr_assert_eq(lct_stun_is(bytes, sizeof bytes), first <= 3);
    }
    bytes[0] = 0;
    bytes[7] = 0x43;
    cr_assert_not(lct_stun_is(bytes, sizeof bytes));
}

Test(stun, writes_nothing_where_there_is_no_room) {
    struct lct_stun_check check;
    struct sockaddr_storage from = address("192.0.2.1", 1);
    uint8_t out[LCT_STUN_ANSWER_MAX];
    cr_assert_eq(lct_stun_parse(request, sizeof request, &check), 0);
    cr_assert_eq(lct_stun_write_success(out, sizeof out - 1, &check, &from, PASSWORD), 0);
    cr_assert_eq(lct_stun_write_error(out, sizeof out - 1, &check, 487, PASSWORD), 0);
    cr_assert_eq(lct_stun_write_error(out, sizeof out, &check, 400, PASSWORD), 0);
    cr_assert_eq(lct_stun_write_error(out, sizeof out, &check, 487, PASSWORD), 76);
    cr_assert_eq(lct_stun_write_error(out, sizeof out, &check, 420, PASSWORD), 88);
}

/* ---- libnice as the peer ---- */

struct peer {
    StunAgent agent;
    uint8_t sent[512];
};

static const uint16_t known[] = {0x0006, 0x0008, 0x0009, 0x000a, 0x0020, 0x0024, 0x0025, 0};

/* A check as a browser sends it; the bytes are in peer->sent. */
static size_t send_check(struct peer *peer, bool nominate, bool controlling, const char *password) {
    StunMessage message;
    stun_agent_init(&peer->agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT |
                        STUN_AGENT_USAGE_ADD_SOFTWARE);
    stun_agent_set_software(&peer->agent, "peer");
    size_t n = stun_usage_ice_conncheck_create(
        &peer->agent, &message, peer->sent, sizeof peer->sent, (const uint8_t *)"ours1234:theirs",
        15, (const uint8_t *)password, strlen(password), nominate, controlling, 0x6e0001ff,
        UINT64_C(0x0123456789abcdef), NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    cr_assert_gt(n, 20);
    return n;
}

static StunUsageIceReturn take_answer(struct peer *peer, const uint8_t *answer, size_t n,
                                      StunMessage *message, struct sockaddr_storage *ret_address) {
    socklen_t size = sizeof *ret_address;
    cr_assert_eq(stun_agent_validate(&peer->agent, message, answer, n, NULL, NULL),
                 STUN_VALIDATION_SUCCESS);
    return stun_usage_ice_conncheck_process(message, ret_address, &size,
                                            STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
}

Test(stun, talks_with_libnice) {
    static const char *const froms[] = {"10.1.2.3", "2001:db8::17", "::ffff:10.1.2.3"};
    static const char *const told[] = {"10.1.2.3", "2001:db8::17", "10.1.2.3"};
    for (size_t i = 0; i < sizeof froms / sizeof *froms; i++) {
        struct peer peer;
        struct lct_stun_check check;
        uint8_t out[LCT_STUN_ANSWER_MAX];
        size_t n = send_check(&peer, i == 1, true, PASSWORD);
        cr_assert_eq(lct_stun_parse(peer.sent, n, &check), 0);
        cr_assert_str_eq(check.ufrag, "ours1234");
        cr_assert_str_eq(check.remote, "theirs");
        cr_assert_eq(check.use_candidate, i == 1);
        cr_assert_not(check.controlled || check.unknown);
        cr_assert(lct_stun_is_signed(peer.sent, n, &check, PASSWORD));

        struct sockaddr_storage from = address(froms[i], 40123), mapped = {.ss_family = 0};
        struct sockaddr_storage wanted = address(told[i], 40123);
        StunMessage message;
        n = lct_stun_write_success(out, sizeof out, &check, &from, PASSWORD);
        cr_assert_eq(take_answer(&peer, out, n, &message, &mapped), STUN_USAGE_ICE_RETURN_SUCCESS);
        cr_assert_eq(mapped.ss_family, wanted.ss_family);
        cr_assert_arr_eq(&mapped, &wanted,
                         mapped.ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                                     : sizeof(struct sockaddr_in6));
    }
}

Test(stun, is_refused_by_libnice_when_wrong) {
    struct peer peer;
    struct lct_stun_check check;
    struct sockaddr_storage from = address("10.1.2.3", 40123);
    uint8_t out[LCT_STUN_ANSWER_MAX];
    StunMessage message;
    size_t n = send_check(&peer, false, true, PASSWORD);
    cr_assert_eq(lct_stun_parse(peer.sent, n, &check), 0);
    n = lct_stun_write_success(out, sizeof out, &check, &from, "another password than that one");
    cr_assert_eq(stun_agent_validate(&peer.agent, &message, out, n, NULL, NULL),
                 STUN_VALIDATION_UNAUTHORIZED);
    n = lct_stun_write_success(out, sizeof out, &check, &from, PASSWORD);
    out[n - 1] ^= 1;
    cr_assert_eq(stun_agent_validate(&peer.agent, &message, out, n, NULL, NULL),
                 STUN_VALIDATION_BAD_REQUEST);
}

Test(stun, tells_libnice_errors) {
    struct peer peer;
    struct lct_stun_check check;
    struct sockaddr_storage mapped;
    uint8_t out[LCT_STUN_ANSWER_MAX];
    StunMessage message;
    int code = 0;
    size_t n = send_check(&peer, false, false, PASSWORD);
    cr_assert_eq(lct_stun_parse(peer.sent, n, &check), 0);
    cr_assert(check.controlled);
    n = lct_stun_write_error(out, sizeof out, &check, 487, PASSWORD);
    cr_assert_eq(take_answer(&peer, out, n, &message, &mapped),
                 STUN_USAGE_ICE_RETURN_ROLE_CONFLICT);

    n = send_check(&peer, false, true, PASSWORD);
    cr_assert_eq(lct_stun_parse(peer.sent, n, &check), 0);
    check.unknown = 0x7ffe;
    n = lct_stun_write_error(out, sizeof out, &check, 420, PASSWORD);
    cr_assert_eq(take_answer(&peer, out, n, &message, &mapped), STUN_USAGE_ICE_RETURN_ERROR);
    cr_assert_eq(stun_message_find_error(&message, &code), STUN_MESSAGE_RETURN_SUCCESS);
    cr_assert_eq(code, 420);
    uint16_t size = 0;
    const uint8_t *types = stun_message_find(&message, 0x000a, &size);
    cr_assert(types && size == 2 && types[0] == 0x7f && types[1] == 0xfe);
}

Test(stun, signs_with_passwords_of_any_length_up_to_a_block) {
    char password[LCT_STUN_PASSWORD_MAX + 1] = "";
    for (size_t i = 0; i < LCT_STUN_PASSWORD_MAX; i++) {
        struct peer peer;
        struct lct_stun_check check;
        password[i] = (char)('A' + i % 26);
        size_t n = send_check(&peer, true, true, password);
        cr_assert_eq(lct_stun_parse(peer.sent, n, &check), 0);
        cr_assert(lct_stun_is_signed(peer.sent, n, &check, password), "%zu characters", i + 1);
    }
}
