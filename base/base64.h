// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Bytes as letters that stand in an address, a cookie and a file name as they are: base64url
 * without padding (RFC 4648 sec. 5). Pure; any thread.
 *
 *     char text[LCT_BASE64_SIZE(30)];
 *     lct_base64_write(bytes, 30, text);
 *     if (!lct_base64_read(text, strlen(text), bytes, 30)) …     // not such a text of 30 bytes
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What n bytes need as text, the end included. */
#define LCT_BASE64_SIZE(n) (((n)*8 + 5) / 6 + 1)

/** Writes n bytes as text; out has LCT_BASE64_SIZE(n). */
void lct_base64_write(const void *bytes, size_t n, char *out);

/**
 * Reads text of length characters into exactly n bytes. False, and nothing written that counts, for
 * another length, another letter, or bits left over that are not 0: one text for one value.
 */
bool lct_base64_read(const char *text, size_t length, void *ret_bytes, size_t n);
