// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Small fixed allocations. They end the process when memory is gone: a lesson is crash-safe and the
 * service restarts, while an untested out-of-memory path is worse than either. Whatever has a size
 * that comes from the network, a file or a picture must use malloc with a named limit and -ENOMEM.
 *
 *     struct lct_thing *t = lct_new(sizeof *t);   // zeroed, owned
 *     char *name = lct_strdup(arg);               // owned
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

/** Returns bytes of zeroed memory, owned by the caller (free). Never NULL; any thread. */
void *lct_new(size_t bytes) LCT_MUST_USE;

/** Returns a copy of text, owned by the caller (free); NULL for NULL. Any thread. */
char *lct_strdup(const char *text) LCT_MUST_USE;

/** Returns printf-formatted text, owned by the caller (free). Any thread. */
char *lct_format(const char *format, ...) LCT_MUST_USE LCT_PRINTF(1, 2);

/** For LCT_CLEANUP on a pointer variable of any type: frees *pointer. */
void lct_free_cleanup(void *pointer);

/** Declares that a local pointer is freed when it leaves its scope. */
#define LCT_FREE LCT_CLEANUP(lct_free_cleanup)

/**
 * From now on blocks of 1 MB and more have pages of their own, which go back to the system when
 * they are freed. A program that records calls this first of all: malloc would soon take such
 * blocks from its arenas, and those keep what once was needed (a second encoder, a decoder): 20 MB
 * each.
 */
void lct_mem_large_apart(void);

/**
 * Gives the pages back to the system that lie free within malloc's arenas: it keeps them, of all
 * arenas but the first for good. Any thread; it goes through all that is free, and an arena's
 * threads wait for malloc meanwhile: some milliseconds each 10 MB.
 */
void lct_mem_give_back(void);
