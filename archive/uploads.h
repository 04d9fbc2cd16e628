// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Files that people bring in, as they come: DATA/uploads/ID/upload.json (what it is called, how
 * large it will be) and DATA/uploads/ID/data, as long as what has come. A piece is durable when it
 * has been taken, so after any break, of the line, the page or the server, the sender goes on at
 * the byte where the file ends. Several of one name are several. What nobody goes on with is
 * removed.
 *
 * One thread (the catalogue loop); blocks on the disk.
 *
 *     rc = lct_uploads_add(&lct_io_system, data, "VID_7.mp4", 734003200, NULL, &upload, &fault);
 *     rc = lct_uploads_put(&lct_io_system, data, id, at, bytes, n, &upload, &fault);
 *     if (upload.have == upload.size) …                                      // whole
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/calm.h"
#include "archive/lesson/lesson.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/time.h"

/** Bytes of one piece. */
#define LCT_UPLOAD_PIECE_MAX (1U << 20)

/** Bytes of a file: three hours at 40 Mbit/s. */
#define LCT_UPLOAD_BYTES_MAX (INT64_C(64) << 30)

/** Uploads at once, whole ones that nothing was made of included. */
#define LCT_UPLOADS_MAX 32

/** Bytes of a name, in UTF-8. */
#define LCT_UPLOAD_NAME_MAX 255

/** An upload to which nothing came for so long is removed, when the clock did not leap meanwhile
 * (archive/calm.h). */
#define LCT_UPLOADS_KEPT (7 * 24 * 3600 * LCT_SECOND)

struct lct_upload {
    char id[LCT_LESSON_ID_SIZE];   /**< the lesson's that will be made of it, too */
    char with[LCT_LESSON_ID_SIZE]; /**< the upload of whose lesson it is a part; "": of its own */
    char name[LCT_UPLOAD_NAME_MAX + 1];
    uint64_t size, have;
};

/**
 * Begins one. name is tamed; size 1 to LCT_UPLOAD_BYTES_MAX; with: the upload of whose lesson it is
 * to be a part (camera, screen, sound), NULL or "": none. 0; -ENOENT: there is no upload "with";
 * -EINVAL: that one is a part itself; -EBUSY: its lesson is there already; -EUSERS: too many;
 * -ENOSPC: the disk has no room for it; or the disk's -errno; with a fault.
 */
int lct_uploads_add(const struct lct_io *io, const char *data, const char *name, uint64_t size,
                    const char *with, struct lct_upload *ret_upload,
                    struct lct_fault *fault) LCT_MUST_USE;

/** The fault of a part that comes after its lesson: -EBUSY. */
int lct_uploads_late(const struct lct_upload *upload, struct lct_fault *fault);

/** What there is of one. 0; -ENOENT, -EIO with a fault. */
int lct_uploads_find(const char *data, const char *id, struct lct_upload *ret_upload,
                     struct lct_fault *fault) LCT_MUST_USE;

/** All, oldest first; *ret_uploads is owned (free). Returns how many. */
size_t lct_uploads_all(const char *data, struct lct_upload **ret_uploads);

/** One and those that are parts of its lesson, by their names, numbers in them as numbers;
 *  *ret_uploads is owned (free). Returns how many. */
size_t lct_uploads_of(const char *data, const char *id, struct lct_upload **ret_uploads);

/** 0 when all of n uploads have come whole; -EBUSY with a fault that names one that has not. Pure.
 */
int lct_uploads_whole(const struct lct_upload *uploads, size_t n,
                      struct lct_fault *fault) LCT_MUST_USE;

/**
 * Adds n bytes (1 to LCT_UPLOAD_PIECE_MAX) at byte at; they are durable when it returns, or nothing
 * has changed. 0 with what there is now; -ENOENT; -EAGAIN: the file does not end there; -EINVAL:
 * they reach beyond its size; -ENOSPC, -EIO …; with a fault.
 */
int lct_uploads_put(const struct lct_io *io, const char *data, const char *id, uint64_t at,
                    const void *bytes, size_t n, struct lct_upload *ret_upload,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Removes one with all that came, and what was being made of it. 0; -ENOENT; -EBUSY: others are
 *  parts of its lesson, and go first; or the disk's -errno; with a fault. */
int lct_uploads_remove(const char *data, const char *id, struct lct_fault *fault) LCT_MUST_USE;

/** True while something works with an upload that is no part of another's lesson, or with parts of
 * its lesson. */
typedef bool (*lct_uploads_used_fn)(void *arg, const char *id);

/** Removes those to which nothing came for LCT_UPLOADS_KEPT, nor to others of their lesson, when
 * calm lets them go and nothing uses them; and what a crash left. */
void lct_uploads_tidy(const char *data, struct lct_calm *calm, lct_uploads_used_fn is_used,
                      void *arg);

/** The file of one: DATA/uploads/ID/data. Returns owned (free). */
char *lct_uploads_path(const char *data, const char *id) LCT_MUST_USE;
