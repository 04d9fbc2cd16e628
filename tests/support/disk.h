// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A disk that fails when it is told to: the real one behind a lct_io. Any thread.
 *
 *     struct lct_test_disk disk;
 *     lct_test_disk_init(&disk);
 *     lct_test_disk_fail(&disk, LCT_DISK_PWRITE, 3, ENOSPC);   // the fourth from now, once
 *     use(&disk.io);
 *     cr_assert(lct_test_disk_failed(&disk));
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/io.h"
#include "base/time.h"

enum lct_disk_call {
    LCT_DISK_OPEN, /**< for writing */
    LCT_DISK_PWRITE,
    LCT_DISK_FDATASYNC,
    LCT_DISK_FTRUNCATE,
    LCT_DISK_RESERVE,
    LCT_DISK_RENAME,
    LCT_DISK_SYNC_FOLDER,
    LCT_DISK_CALLS
};

struct lct_test_disk {
    struct lct_io io;
    pthread_mutex_t lock;
    /* guarded by lock */
    enum lct_disk_call call;
    int after;                   /**< calls until the one that fails; -1: none will */
    int error;                   /**< errno */
    bool failed;                 /**< it has */
    bool full;                   /**< everything that needs space fails with ENOSPC */
    lct_ns stall;                /**< the next write takes so long, ns */
    bool torn;                   /**< a write that fails has written half */
    bool remembers;              /**< what a power cut would take */
    struct lct_test_file *files; /**< that were written to */
};

/** A disk that works. */
void lct_test_disk_init(struct lct_test_disk *disk);

/** Lets the call after so many more of its kind fail once with error (an errno). */
void lct_test_disk_fail(struct lct_test_disk *disk, enum lct_disk_call call, int after, int error);

/** Lets the next write take a time, in whole seconds. */
void lct_test_disk_stall(struct lct_test_disk *disk, lct_ns time);

/** True when the call that was to fail has come. */
bool lct_test_disk_failed(struct lct_test_disk *disk);

/** Remembers from now on of each byte of files it makes whether it lies on the disk. A sync that
 * fails takes, as Linux does, what it did not write for written, and no later one writes it. */
void lct_test_disk_remember(struct lct_test_disk *disk);

/** Bytes of a file that a power cut would take. */
size_t lct_test_disk_unsafe(struct lct_test_disk *disk, const char *path);

/** Forgets it. */
void lct_test_disk_forget(struct lct_test_disk *disk);

/** Fills the disk up, or frees it. */
void lct_test_disk_fill(struct lct_test_disk *disk, bool full);

/** A folder of its own for a test, under TMPDIR; owned (free). */
char *lct_test_folder(void);

/** Removes a folder and all in it. */
void lct_test_remove(const char *folder);
