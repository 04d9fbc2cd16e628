// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The jobs of lectern-worker that people start: one process each, without the network. Each is
 * called with its name and options as argv and returns the exit status: 0 done, 1 it did not work
 * (a sentence says why), 2 wrong use. Main thread.
 *
 *     static const struct { const char *name; lct_command_fn run; } jobs[] = {{"cut",
 * lct_worker_cut}, …
 */
#pragma once

#include "archive/cut/movie.h"
#include "base/attr.h"
#include "base/fault.h"

/** Kept ranges of lessons as one MP4 or a new lesson. */
int lct_worker_cut(int argc, char **argv);

/** The slides of a lesson's screen, and the text on them, into text.jsonl. Without a screen it does
 *  nothing. */
int lct_worker_slides(int argc, char **argv);

/** A lesson as one MP4. */
int lct_worker_export(int argc, char **argv);

/** Lessons that are wanted on a USB stick (archive/sticks.h), onto the one in this device. */
int lct_worker_stick(int argc, char **argv);

/** Files that others recorded as a new lesson. */
int lct_worker_import(int argc, char **argv);

/**
 * Writes a movie into the file out: beside it first and renamed when it is whole, so that a half
 * file never bears its name. 0 or -errno with a fault; then nothing is left behind.
 */
int lct_worker_write_movie(const struct lct_movie *movie, const char *out,
                           struct lct_fault *fault) LCT_MUST_USE;
