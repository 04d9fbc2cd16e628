// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Attributes the compilers we use (gcc 12, clang 14) both accept under -std=c17 -Wpedantic.
 */
#pragma once

/** The caller must look at the result. */
#define LCT_MUST_USE __attribute__((warn_unused_result))

/** Runs fn(&variable) when the variable leaves its scope. */
#define LCT_CLEANUP(fn) __attribute__((cleanup(fn)))

/** printf-like: f is the position of the format, a that of the first argument (0: va_list). */
#define LCT_PRINTF(f, a) __attribute__((format(printf, f, a)))

/** A switch case that goes on into the next one on purpose. */
#define LCT_FALLTHROUGH __attribute__((fallthrough))
