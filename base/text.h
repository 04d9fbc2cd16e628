// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Text that others wrote (a title, a device's name, a path, a library's words) on its way into a
 * buffer, a log line or JSON. Each of those wants whole characters of UTF-8 and none that steers a
 * terminal; jansson makes no value at all of anything else. So whatever may come from a stranger,
 * or may be cut off, goes through here. Pure; any thread.
 *
 *     lct_text_copy(mark.label, sizeof mark.label, label);   // cut off between two characters
 *     lct_text_tame(line);                                   // in place
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** True when the n bytes are whole characters of UTF-8 (RFC 3629). */
bool lct_text_is_utf8(const char *bytes, size_t n);

/**
 * Replaces control characters (below 0x20, and 0x7f) and bytes that are no UTF-8 by '?', in place;
 * the beginning of a character at the end, which a cut left there, is taken away.
 */
void lct_text_tame(char *text);

/** Writes as many whole characters of text, tamed, as fit into size bytes (1 and more) with the
 * end. */
void lct_text_copy(char *out, size_t size, const char *text);

/** Makes text the name of a file that every file system takes, in place: tamed, and '_' for what
 *  some do not (slashes, colons, quotes and the like). */
void lct_text_file_name(char *text);
