// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Lessons that somebody wants on a USB stick, a file each: DATA/sticks/ID.json. The server writes
 * it when it is asked for, and removes it; the job that a stick starts
 * (control/worker/worker_stick.c) says in it how far it is. There is one such job at a time: it
 * holds DATA/sticks/lock, so that what a job that died left copying is seen to wait again.
 *
 *     waiting -> copying    a stick is there
 *     copying -> done       it was read back from the stick, and the stick is unmounted
 *     copying -> waiting    it did not work, and why, or the job died; the next stick may take it
 *     any     -> (gone)     a person does not want it (any more)
 *
 *     {"title":"…","created":"2026-03-01T07:10:00.000Z","state":"waiting","asked":"2026-03-01T08:00:00.000Z"}
 *     {…,"state":"copying","progress":0.31}
 *     {…,"state":"done","at":"2026-03-01T09:00:00.000Z","file":"圆的面积 2026-03-01.mp4"}
 *     {…,"state":"waiting","fault":{"code":…,"en":…,"zh":…}}
 *
 * Any thread that may wait for the disk.
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"

/** Lessons that are wanted, or were copied, at most. */
#define LCT_STICKS_MAX 100

/** Bytes of a file. */
#define LCT_STICKS_BYTES_MAX (16U << 10)

/** Asks for a lesson of that title, also for one that was copied before; durable when it returns.
 * 0; -ENOENT: there is no such lesson; -EAGAIN: it has not ended; -EUSERS: too many are asked for;
 * or the disk's -errno; with a fault. */
int lct_sticks_ask(const char *data, const char *lesson, const char *title,
                   struct lct_fault *fault) LCT_MUST_USE;

/** Forgets it; one that is being copied is left off. 0; -ENOENT: it was not asked for; or -errno;
 * with a fault. */
int lct_sticks_drop(const char *data, const char *lesson, struct lct_fault *fault) LCT_MUST_USE;

/** All of them, those asked for first at the beginning: an array of such objects with "item", the
 * lesson's ID. Whatever stands in the files, each has item, title, created, asked and one of the
 * three states; damaged ones are left out. Returns owned. */
json_t *lct_sticks_list(const char *data) LCT_MUST_USE;

/** Writes how one is (borrows; of the list), unless it is wanted no more. 0; -ENOENT: it is not; or
 * -errno. */
int lct_sticks_say(const char *data, const json_t *stick) LCT_MUST_USE;

/** Waits until no other job copies to a stick. What to give back (lct_unlock), or -errno. */
int lct_sticks_turn(const char *data) LCT_MUST_USE;
