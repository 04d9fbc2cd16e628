// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A lesson that a recorder may delete because its server in another building has it, too: ended,
 * whole when it is read once more, not marked to be kept, with nothing in its folder that the
 * server does not have. Nobody records or mends it meanwhile: its folder is held (base/lock.h).
 *
 *     rc = lct_retire_open("/data/lessons", id, &retire, &fault);     // else why it stays
 *     rc = lct_retire_held(retire, answer, &fault);                   // what the server holds
 *     rc = lct_retire_verify(retire, &fault);                         // read once more
 *     while ((rc = lct_retire_next(retire, &file)) > 0) … have it compared there
 *     rc = lct_retire_held(retire, answer, &fault);                   // and still does
 *     rc = lct_retire_delete(&lct_io_system, retire, &fault);
 *     lct_retire_close(retire);
 *
 * One thread, which may wait for the disk: verifying reads all of the lesson, next one file.
 */
#pragma once

#include <stdint.h>

#include "archive/lesson/replica.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/json.h"
#include "base/secret.h"

struct lct_retire;

/** A file of this name (of any size) in a lesson's folder keeps it from being deleted so. */
#define LCT_RETIRE_KEEP "keep"

struct lct_retire_file {
    const char *name; /**< borrowed until the next call */
    uint64_t bytes;
    uint8_t sum[LCT_DIGEST_SIZE]; /**< SHA-256, as the disk has it */
};

/**
 * Holds the lesson of that id in the folder lessons. 0 with *ret_retire owned; -EBUSY: it is
 * recorded or mended; -EAGAIN: it has not ended; -EPERM: it is marked to be kept; -EINVAL:
 * something lies in it that is no file of a lesson's copy; or the disk's -errno; with a fault that
 * says why it stays.
 */
int lct_retire_open(const char *lessons, const char *id, struct lct_retire **ret_retire,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Its id. Borrows. */
const char *lct_retire_id(const struct lct_retire *retire);

/** Whether the server holds all of it: answer is lct_replica_have's of its copy, from its disk. 0;
 *  -ENODATA with a fault: not, or it is not complete. */
int lct_retire_held(const struct lct_retire *retire, const json_t *answer,
                    struct lct_fault *fault) LCT_MUST_USE;

/** Reads it to its last byte, as "lectern verify" does. 0; -EBADMSG with a fault: it is damaged. */
int lct_retire_verify(const struct lct_retire *retire, struct lct_fault *fault) LCT_MUST_USE;

/** The next file to be compared: 1; 0: there is no more; or the disk's -errno. */
int lct_retire_next(struct lct_retire *retire, struct lct_retire_file *ret_file) LCT_MUST_USE;

/** Deletes it (archive/lesson/deleted.h); its folder must be as it was opened. 0; -EAGAIN: it is
 *  not; or the disk's -errno; with a fault. */
int lct_retire_delete(const struct lct_io *io, struct lct_retire *retire,
                      struct lct_fault *fault) LCT_MUST_USE;

/** Lets it go and frees; NULL is allowed. */
void lct_retire_close(struct lct_retire *retire);
