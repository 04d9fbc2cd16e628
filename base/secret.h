// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What secrets need: random bytes, a comparison that takes the same time for every answer, a keyed
 * digest, and a file that only its owner reads. Any thread.
 *
 *     uint8_t key[32], sum[LCT_DIGEST_SIZE];
 *     lct_random(key, sizeof key);
 *     lct_hmac_sha256(key, sizeof key, text, n, sum);
 *     if (lct_secret_equal(sum, given, sizeof sum)) …
 *     rc = lct_secret_save("/data/access-code", line, strlen(line));
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/** Bytes of a SHA-256 digest. */
#define LCT_DIGEST_SIZE 32

/** Fills n bytes at random, from the kernel; aborts where it has none: without them no secret is
 *  one. */
void lct_random(void *ret_bytes, size_t n);

/** True when n bytes are the same; the time says nothing about where they differ. */
bool lct_secret_equal(const void *a, const void *b, size_t n);

/** HMAC-SHA256 (RFC 2104) of n bytes by a key. */
void lct_hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n,
                     uint8_t ret_sum[LCT_DIGEST_SIZE]);

/**
 * Replaces the file at path, so that a crash leaves the old or the new one: mode 0600, and written
 * by root it belongs to whom its folder belongs, so that a command of root's locks no service out.
 * 0 or -errno. It may block on the disk.
 */
int lct_secret_save(const char *path, const void *bytes, size_t n) LCT_MUST_USE;

/**
 * Takes from others the right to read the file at path. 0: they had none; 1: it is mended; or
 * -errno.
 */
int lct_secret_close(const char *path);
