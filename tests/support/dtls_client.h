// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A viewer's end of DTLS-SRTP: OpenSSL as a client with a certificate of its own, one datagram at a
 * time. One thread.
 *
 *     struct dtls_client *client = dtls_client_create(DTLS_CLIENT_BROWSER, 1200, true);
 *     while ((n = dtls_client_pull(client, datagram)) > 0) … send it
 *     dtls_client_push(client, bytes, n);                  // what came; then pull again
 *     if (dtls_client_is_open(client)) dtls_client_keys(client, ours, theirs);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/rtc/srtp.h"

/** The profiles that Chromium offers, in its order. */
#define DTLS_CLIENT_BROWSER "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM"

#define DTLS_CLIENT_DATAGRAM_SIZE 2048

struct dtls_client;

/**
 * Offers profiles (NULL: no SRTP at all), datagrams of at most mtu bytes (256 and more), shows a
 * certificate or none. It has its first flight to be pulled: a hello of 1.4 KB, which as Chromium's
 * does not fit into one datagram. Owned; aborts when OpenSSL fails.
 */
struct dtls_client *dtls_client_create(const char *profiles, size_t mtu, bool certified);

/** Frees; NULL is allowed. */
void dtls_client_destroy(struct dtls_client *client);

/** SHA-256 of its certificate: 32 bytes. Borrows. */
const uint8_t *dtls_client_fingerprint(const struct dtls_client *client);

/** Takes one datagram. */
void dtls_client_push(struct dtls_client *client, const uint8_t *bytes, size_t n);

/** Gives the next datagram; its length, or 0. */
size_t dtls_client_pull(struct dtls_client *client, uint8_t out[DTLS_CLIENT_DATAGRAM_SIZE]);

/** Sends its flight again when it is time: after 50 ms without an answer, then twice that, … */
void dtls_client_tick(struct dtls_client *client);

/** Says goodbye; the datagram is to be pulled. */
void dtls_client_close(struct dtls_client *client);

/** Sends data, as a data channel would. */
void dtls_client_write(struct dtls_client *client, const void *bytes, size_t n);

/** The handshake is done. */
bool dtls_client_is_open(const struct dtls_client *client);

/** The other side said goodbye. */
bool dtls_client_is_closed(const struct dtls_client *client);

/** The handshake failed, by whose fault ever. */
bool dtls_client_has_failed(const struct dtls_client *client);

/** Its keys, as lct_srtp_create wants them: ours is the client's. False when there are none. */
bool dtls_client_keys(const struct dtls_client *client, enum lct_srtp_profile *ret_profile,
                      uint8_t ret_ours[LCT_SRTP_KEY_MAX], uint8_t ret_theirs[LCT_SRTP_KEY_MAX]);

/** SHA-256 of the certificate that the other side showed. False when it showed none. */
bool dtls_client_peer_fingerprint(const struct dtls_client *client, uint8_t ret_fingerprint[32]);
