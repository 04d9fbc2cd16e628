// SPDX-License-Identifier: GPL-3.0-or-later
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA1_Init …: see sign() */
#include "stream/rtc/stun.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/bytes.h"

enum { REQUEST = 0x0001, SUCCESS = 0x0101, FAILURE = 0x0111 }; /* of the method Binding */

enum {
    USERNAME = 0x0006,
    MESSAGE_INTEGRITY = 0x0008,
    ERROR_CODE = 0x0009,
    UNKNOWN_ATTRIBUTES = 0x000a,
    XOR_MAPPED_ADDRESS = 0x0020,
    PRIORITY = 0x0024,
    USE_CANDIDATE = 0x0025,
    OPTIONAL = 0x8000, /* from here on the unknown may be passed over */
    FINGERPRINT = 0x8028,
    ICE_CONTROLLED = 0x8029,
    ICE_CONTROLLING = 0x802a,
};

#define COOKIE 0x2112a442U
#define HEAD_SIZE 20U /* type, length, cookie, transaction */
#define INTEGRITY_SIZE (4U + SHA_DIGEST_LENGTH)
#define FINGERPRINT_SIZE 8U

/* CRC-32 of IEEE 802.3, half a byte at a step, with the constant of RFC 8489 sec. 14.7. */
static uint32_t fingerprint(const uint8_t *bytes, size_t n) {
    static const uint32_t steps[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ steps[crc & 15];
        crc = (crc >> 4) ^ steps[crc & 15];
    }
    return ~crc ^ 0x5354554eU;
}

static void begin_hash(SHA_CTX *sha, const char *key, uint8_t pad) {
    uint8_t block[SHA_CBLOCK];
    size_t n = strlen(key);
    assert(n <= LCT_STUN_PASSWORD_MAX && n <= sizeof block);
    memset(block, pad, sizeof block);
    for (size_t i = 0; i < n; i++) {
        block[i] ^= (uint8_t)key[i];
    }
    SHA1_Init(sha);
    SHA1_Update(sha, block, sizeof block);
}

/*
 * HMAC-SHA1 (RFC 2104) of what stands before MESSAGE-INTEGRITY at `at`, under a header whose length
 * ends with that attribute. By the bare hash, 0.25 us: HMAC() looks its algorithm up and allocates
 * at each call, 1.1 us, and may fail.
 */
static void sign(const uint8_t *bytes, size_t at, const char *password,
                 uint8_t ret_mac[SHA_DIGEST_LENGTH]) {
    size_t length = at + INTEGRITY_SIZE - HEAD_SIZE;
    uint8_t head[4] = {bytes[0], bytes[1], (uint8_t)(length >> 8), (uint8_t)length};
    SHA_CTX sha;
    begin_hash(&sha, password, 0x36);
    SHA1_Update(&sha, head, sizeof head);
    SHA1_Update(&sha, bytes + sizeof head, at - sizeof head);
    SHA1_Final(ret_mac, &sha);
    begin_hash(&sha, password, 0x5c);
    SHA1_Update(&sha, ret_mac, SHA_DIGEST_LENGTH);
    SHA1_Final(ret_mac, &sha);
}

bool lct_stun_is(const uint8_t *bytes, size_t n) {
    struct lct_reader r = lct_reader(bytes, n);
    (void)lct_get_u32(&r);
    return n >= HEAD_SIZE && bytes[0] <= 3 && lct_get_u32(&r) == COOKIE;
}

/* Copies a name's half; what is not visible ASCII has no place in a name, nor in a log. */
static bool copy_fragment(char out[LCT_STUN_UFRAG_SIZE], const uint8_t *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    size_t kept = n < LCT_STUN_UFRAG_SIZE ? n : LCT_STUN_UFRAG_SIZE - 1;
    memcpy(out, text, kept);
    out[kept] = '\0';
    return true;
}

/* "ours:theirs" (RFC 8445 sec. 7.2.2). A longer one than we would give out is nobody's. */
static bool read_username(struct lct_stun_check *check, const uint8_t *text, size_t n) {
    const uint8_t *colon = n > 0 ? memchr(text, ':', n) : NULL;
    size_t ours = colon ? (size_t)(colon - text) : 0;
    return ours > 0 && ours < LCT_STUN_UFRAG_SIZE && copy_fragment(check->ufrag, text, ours) &&
           copy_fragment(check->remote, colon + 1, n - ours - 1);
}

/* Takes one attribute in; false when its value cannot be. */
static bool read_attribute(struct lct_stun_check *check, unsigned type, const uint8_t *value,
                           size_t n) {
    switch (type) {
    case 0: /* reserved */
        return false;
    case USERNAME:
        return check->ufrag[0] || read_username(check, value, n); /* the first counts */
    case MESSAGE_INTEGRITY:
        return n == SHA_DIGEST_LENGTH;
    case PRIORITY:
        return n == 4;
    case USE_CANDIDATE:
        check->use_candidate = true;
        return n == 0;
    case ICE_CONTROLLED:
        check->controlled = true;
        return n == 8;
    case ICE_CONTROLLING:
        return n == 8;
    default:
        if (type < OPTIONAL && check->unknown == 0) {
            check->unknown = (uint16_t)type;
        }
        return true;
    }
}

int lct_stun_parse(const uint8_t *bytes, size_t n, struct lct_stun_check *ret_check) {
    if (!lct_stun_is(bytes, n) || n > LCT_STUN_REQUEST_MAX) {
        return -EBADMSG;
    }
    struct lct_stun_check check = {.integrity_at = 0};
    struct lct_reader r = lct_reader(bytes, n);
    unsigned message = lct_get_u16(&r);
    if (lct_get_u16(&r) != n - HEAD_SIZE) {
        return -EBADMSG;
    }
    if (message != REQUEST) {
        return -EOPNOTSUPP;
    }
    (void)lct_get_u32(&r);
    memcpy(check.transaction, lct_get(&r, sizeof check.transaction), sizeof check.transaction);
    while (lct_left(&r) > 0) {
        size_t at = r.at;
        unsigned type = lct_get_u16(&r);
        size_t size = lct_get_u16(&r);
        const uint8_t *value = lct_get(&r, size);
        (void)lct_get(&r, -size & 3);
        if (r.failed) {
            return -EBADMSG;
        }
        if (type == FINGERPRINT) {
            struct lct_reader crc = lct_reader(value, size);
            if (size != 4 || lct_left(&r) > 0 || lct_get_u32(&crc) != fingerprint(bytes, at)) {
                return -EBADMSG;
            }
        } else if (check.integrity_at == 0) { /* what follows it is signed by nobody: ignored */
            if (!read_attribute(&check, type, value, size)) {
                return -EBADMSG;
            }
            check.integrity_at = type == MESSAGE_INTEGRITY ? at : 0;
        }
    }
    if (check.ufrag[0] == '\0' || check.integrity_at == 0) {
        return -EBADMSG;
    }
    *ret_check = check;
    return 0;
}

bool lct_stun_is_signed(const uint8_t *bytes, size_t n, const struct lct_stun_check *check,
                        const char *password) {
    uint8_t mac[SHA_DIGEST_LENGTH];
    assert(check->integrity_at >= HEAD_SIZE && check->integrity_at + INTEGRITY_SIZE <= n);
    sign(bytes, check->integrity_at, password, mac);
    return CRYPTO_memcmp(mac, bytes + check->integrity_at + 4, sizeof mac) == 0;
}

/* The cookie and the transaction follow each other: what IPv6 addresses are XORed with. */
static void put_head(struct lct_writer *w, unsigned type, const struct lct_stun_check *check) {
    lct_put_u16(w, type);
    lct_put_u16(w, 0); /* finish() knows it */
    lct_put_u32(w, COOKIE);
    lct_put(w, check->transaction, sizeof check->transaction);
}

static void put_attribute_head(struct lct_writer *w, unsigned type, size_t n) {
    lct_put_u16(w, type);
    lct_put_u16(w, (unsigned)n);
}

/* Writes the length, MESSAGE-INTEGRITY and FINGERPRINT; the size of all. */
static size_t finish(struct lct_writer *w, const char *password) {
    uint8_t mac[SHA_DIGEST_LENGTH];
    struct lct_writer head = lct_writer(w->bytes + 2, 2);
    lct_put_u16(&head, (unsigned)(w->at + INTEGRITY_SIZE + FINGERPRINT_SIZE - HEAD_SIZE));
    sign(w->bytes, w->at, password, mac);
    put_attribute_head(w, MESSAGE_INTEGRITY, sizeof mac);
    lct_put(w, mac, sizeof mac);
    uint32_t crc = fingerprint(w->bytes, w->at);
    put_attribute_head(w, FINGERPRINT, 4);
    lct_put_u32(w, crc);
    assert(!w->failed);
    return w->at;
}

/* RFC 8489 sec. 14.2: port and address XORed with the bytes of cookie and transaction. */
static void put_address(struct lct_writer *w, const uint8_t *address, size_t n, in_port_t port) {
    const uint8_t *mask = w->bytes + 4;
    put_attribute_head(w, XOR_MAPPED_ADDRESS, 4 + n);
    lct_put_u16(w, n == sizeof(struct in6_addr) ? 2 : 1); /* family */
    lct_put_u16(w, ntohs(port) ^ (COOKIE >> 16));
    for (size_t i = 0; i < n; i++) {
        lct_put_u8(w, address[i] ^ (unsigned)mask[i]);
    }
}

size_t lct_stun_write_success(uint8_t *out, size_t size, const struct lct_stun_check *check,
                              const struct sockaddr_storage *from, const char *password) {
    if (size < LCT_STUN_ANSWER_MAX) {
        return 0;
    }
    struct lct_writer w = lct_writer(out, size);
    put_head(&w, SUCCESS, check);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        put_address(&w, (const uint8_t *)&v4->sin_addr, sizeof v4->sin_addr, v4->sin_port);
    } else {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        assert(from->ss_family == AF_INET6);
        size_t skip = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? 12 : 0;
        put_address(&w, v6->sin6_addr.s6_addr + skip, sizeof v6->sin6_addr - skip, v6->sin6_port);
    }
    return finish(&w, password);
}

size_t lct_stun_write_error(uint8_t *out, size_t size, const struct lct_stun_check *check, int code,
                            const char *password) {
    const char *reason = code == 487 ? "Role Conflict" : "Unknown Attribute";
    size_t n = strlen(reason);
    if (size < LCT_STUN_ANSWER_MAX || (code != 487 && code != 420)) {
        return 0;
    }
    struct lct_writer w = lct_writer(out, size);
    put_head(&w, FAILURE, check);
    put_attribute_head(&w, ERROR_CODE, 4 + n);
    lct_put_u32(&w, (uint32_t)(code / 100 << 8 | code % 100));
    lct_put(&w, reason, n);
    lct_put_zeros(&w, -n & 3);
    if (code == 420) {
        put_attribute_head(&w, UNKNOWN_ATTRIBUTES, 2);
        lct_put_u16(&w, check->unknown);
        lct_put_zeros(&w, 2);
    }
    return finish(&w, password);
}
