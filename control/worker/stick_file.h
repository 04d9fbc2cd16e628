// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A lesson as a file on a USB stick that is mounted at a folder. It is written beside, as ID.part,
 * and gets its name when it was read back, which is done after the stick was mounted anew: so what
 * is compared comes from the stick and not from memory, its folders and tables too. Whatever lies
 * on the stick is a stranger's: nothing of it is read, links are not followed, and no file is
 * replaced but a .part of this lesson. One thread.
 *
 *     rc = lct_stick_write(&file, &fault);               // … unmounted, mounted …
 *     rc = lct_stick_check(&file, written_name, &fault);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "archive/cut/movie.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"

/** Room for the name of a file on a stick, in UTF-8. */
#define LCT_STICK_NAME_SIZE 220

/** Largest file of FAT32, whose sizes have 32 bits. */
#define LCT_STICK_FAT_MOST UINT32_MAX

/** What stays free, for what a folder and a file system's tables take beside the file. */
#define LCT_STICK_SPARE_BYTES (1U << 20)

/** Bytes between two syncs: so what is said of how far it is, is so, and a slow stick fills no
 * memory. */
#define LCT_STICK_SYNC_BYTES (4U << 20)

struct lct_stick_file {
    const char *folder;            /**< where the stick is mounted */
    const char *id;                /**< of the lesson */
    const char *name;              /**< that it is to have: lct_stick_name */
    const struct lct_movie *movie; /**< borrowed */
    int (*said)(void *, double);   /**< is told how much is done, 0 to 1; not 0: left off with it */
    void *arg;
};

/** "Title 2026-03-01.mp4", the day being that of wall in the local zone, or "ID.mp4" without a
 * title; a name that every file system takes. Pure but for the zone. */
void lct_stick_name(const char *title, const char *id, lct_ns wall, char out[LCT_STICK_NAME_SIZE]);

/** Whether a file of size bytes goes on a stick with space bytes left and files of most bytes.
 * 0; -EFBIG: not on this file system; -ENOSPC; with a fault. Pure. */
int lct_stick_fits(uint64_t size, uint64_t space, uint64_t most,
                   struct lct_fault *fault) LCT_MUST_USE;

/** Writes the movie into FOLDER/ID.part, all of it synced. 0, or with nothing left of it where it
 * can be removed: what lct_stick_fits says, or -EIO: the lesson cannot be read, with a fault; what
 * said returned, or -errno of the stick, without (fault->code is 0). */
int lct_stick_write(const struct lct_stick_file *file, struct lct_fault *fault) LCT_MUST_USE;

/**
 * Compares FOLDER/ID.part with the movie, byte by byte, and gives it its name, or that with a
 * number where there is one already; ret_name says which. 0, or as lct_stick_write; -EBADMSG: the
 * stick gives back other bytes.
 */
int lct_stick_check(const struct lct_stick_file *file, char ret_name[LCT_STICK_NAME_SIZE],
                    struct lct_fault *fault) LCT_MUST_USE;

/** rc, an -errno of the stick, in words. Returns rc. */
int lct_stick_fault(int rc, struct lct_fault *fault);
