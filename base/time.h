// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One time type. In capture a lct_ns is CLOCK_MONOTONIC; from the chunk on it is lesson time
 * (nanoseconds since lesson zero). Timescales (48000, 90000) exist only inside the MP4 and RTP
 * writers. Whoever needs another clock in a test takes a lct_clock_fn as constructor argument.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Nanoseconds. */
typedef int64_t lct_ns;

#define LCT_US INT64_C(1000)
#define LCT_MS INT64_C(1000000)
#define LCT_SECOND INT64_C(1000000000)
#define LCT_NS_NONE INT64_MIN

/** A clock: returns nanoseconds, callable from any thread. */
typedef lct_ns (*lct_clock_fn)(void);

/** CLOCK_MONOTONIC: never jumps, starts anew at each boot. Any thread. */
lct_ns lct_monotonic(void);

/** CLOCK_REALTIME as nanoseconds since 1970 (UTC); may jump. Any thread. */
lct_ns lct_wall(void);

/** CPU time this process has used so far, user and system. Any thread. */
lct_ns lct_cpu_time(void);

/** CPU time the calling thread has used so far, user and system. Any thread. */
lct_ns lct_thread_cpu_time(void);

/** Converts nanoseconds to ticks of a timescale in Hz, rounded to the nearest; exact for days. */
int64_t lct_ns_to_ticks(lct_ns time, uint32_t timescale);

/** Converts ticks of a timescale in Hz to nanoseconds, rounded to the nearest. */
lct_ns lct_ticks_to_ns(int64_t ticks, uint32_t timescale);

/**
 * The first tick whose lct_ticks_to_ns is not before time (>= 0): what lies at or behind time in
 * nanoseconds lies at or behind it in ticks.
 */
int64_t lct_ticks_from(lct_ns time, uint32_t timescale);

/** Size of the buffer lct_boot_id fills: 36 characters and the end. */
#define LCT_BOOT_ID_SIZE 37

/** Fills ret_id with the kernel's id of this boot ("" when it cannot be read). Any thread. */
void lct_boot_id(char ret_id[LCT_BOOT_ID_SIZE]);

/** Writes wall time as "2026-03-01T08:00:00.123Z" (RFC 3339) into out; needs 25 bytes. */
void lct_wall_format(lct_ns wall, char *out, size_t size);

/**
 * Reads a span at the beginning of text: seconds ("93.5") or minutes and seconds or hours, minutes
 * and seconds ("1:33.5", "0:01:33.5"), with at most nine decimals. Returns what follows it; NULL
 * when text does not begin with one, or with one of 10,000 hours or more. Pure.
 */
const char *lct_span_parse(const char *text, lct_ns *ret_span);

/** Writes a span as "1:02:03.456" (hours only when there are any) into out; needs 24 bytes. */
void lct_span_format(lct_ns span, char *out, size_t size);
