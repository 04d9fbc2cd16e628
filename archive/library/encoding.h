// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Text files as programs of the last thirty years wrote them, made UTF-8: by their byte order mark
 * UTF-8 or UTF-16; without one UTF-16 when every second byte is mostly zero, UTF-8 when that is
 * what they are, else GB18030 (what Windows calls ANSI in China; GBK and GB2312 are part of it).
 * Pure; any thread.
 *
 *     rc = lct_encoding_to_utf8(bytes, n, &text, &length);
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

/** Makes n bytes UTF-8 without a mark, a zero byte behind it. 0; -EILSEQ: they are no text in any
 * of these, or hold a NUL. *ret_text is owned (free). */
int lct_encoding_to_utf8(const void *bytes, size_t n, char **ret_text, size_t *ret_n) LCT_MUST_USE;
