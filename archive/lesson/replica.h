// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The copy of a lesson that a recorder in another building has: written here part by part as it
 * grows there, so that at each moment it can be read like any lesson, and is the same to the byte
 * at its end. A file grows only at its end, and what stands in an index row lies on the disk before
 * it.
 *
 * DATA/copies/LESSON.json says that a lesson is a copy, whose, and how far it is; it outlives the
 * lesson's folder, so that a copy that somebody deleted is not made again.
 *
 * Whoever sends is not trusted: names are looked at, files get no holes, and the disk keeps some
 * space. One thread, which may wait for the disk.
 *
 *     rc = lct_replica_open(io, data, "lab", lesson, &replica, &fault);
 *     rc = lct_replica_write(replica, &piece, &fault);  …
 *     rc = lct_replica_keep(replica, left, &fault);
 *     rc = lct_replica_check(replica, "camera/0001.mp4", bytes, sum, &fault);     // 0: the same
 *     rc = lct_replica_finish(replica, &fault);
 *     lct_replica_close(replica);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/json.h"
#include "base/secret.h"

struct lct_replica;

/** Space that copies leave on the disk. */
#define LCT_REPLICA_SPARE (UINT64_C(512) << 20)

/** Most bytes of a file: of a reel (or its pictures), of an index, of an init; of marks
 * LCT_MARKS_BYTES_MAX. */
#define LCT_REPLICA_REEL_MOST (UINT64_C(16) << 30)
#define LCT_REPLICA_INDEX_MOST (UINT64_C(16) << 20)
#define LCT_REPLICA_INIT_MOST (UINT64_C(64) << 10)

/** Files of a lesson at most, a thousand reels: a list of them fits one message of the link. */
#define LCT_REPLICA_FILES_MAX 3000U

/** Room for the name of a file, as in "camera/0001.mp4". */
#define LCT_REPLICA_NAME_SIZE 64

/** True for the name of a file that a lesson is made of, and no other. Pure. */
bool lct_replica_is_name(const char *name);

/**
 * Goes on with the copy of a lesson of a room, or begins it, in DATA/lessons; what is here of it is
 * durable then. 0; -EINVAL: no id;
 * -EPERM: there is a lesson of that id which is no copy of this room's, or its copy was deleted
 * here; or the disk's -errno; with a fault. *ret_replica is owned.
 */
int lct_replica_open(const struct lct_io *io, const char *data, const char *room,
                     const char *lesson, struct lct_replica **ret_replica,
                     struct lct_fault *fault) LCT_MUST_USE;

/**
 * Opens the complete copy of a lesson of a room, to tell what the disk has of it now and to compare
 * it once more: nothing is begun. 0; -ENOENT with a fault: there is none that can be read, it is
 * not complete, or it was deleted. *ret_replica is owned.
 */
int lct_replica_find(const struct lct_io *io, const char *data, const char *room,
                     const char *lesson, struct lct_replica **ret_replica,
                     struct lct_fault *fault) LCT_MUST_USE;

/** What is here: {"complete":…,"files":{"camera/0001.mp4":{"bytes":…,"checked":…}}}. Owned. */
json_t *lct_replica_have(const struct lct_replica *replica) LCT_MUST_USE;

/** Bytes for a file. */
struct lct_replica_piece {
    const char *name;
    uint64_t offset; /**< at most its size */
    bool cut;        /**< first cut it off at offset */
    bool whole;      /**< replace it by these; without any it is removed */
    const uint8_t *bytes;
    size_t n;
};

/**
 * Writes them. 0; -EINVAL: no such name, a hole, or a lesson.json of another lesson; -EFBIG: more
 * than such a file, or a lesson, may have; -ENOSPC: not more than LCT_REPLICA_SPARE is left; or the
 * disk's -errno; with a fault.
 */
int lct_replica_write(struct lct_replica *replica, const struct lct_replica_piece *piece,
                      struct lct_fault *fault) LCT_MUST_USE;

/** Makes durable what was written; left bytes are still to come, as the recorder says. 0, or -errno
 * with a fault: then what may be missing on the disk is thrown away, here as in all functions that
 * make durable, and the copy must be opened anew. */
int lct_replica_keep(struct lct_replica *replica, uint64_t left,
                     struct lct_fault *fault) LCT_MUST_USE;

/** Makes durable what was written and compares a file, as the disk has it, with its original's size
 * and SHA-256. 0: the same, and kept in mind; -EBADMSG: it is another; -EINVAL or the disk's -errno
 * with a fault. */
int lct_replica_check(struct lct_replica *replica, const char *name, uint64_t bytes,
                      const uint8_t sum[LCT_DIGEST_SIZE], struct lct_fault *fault) LCT_MUST_USE;

/** The recorder has no more: the copy is complete when each file was found to be the same. 0;
 * -EBADMSG: one was not; or -errno; with a fault. */
int lct_replica_finish(struct lct_replica *replica, struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_replica_close(struct lct_replica *replica);

/**
 * What is known of a lesson's copy, from the data folder: {"complete":…,"left_bytes":…}, or NULL
 * when it is no copy. Any thread that may read the disk; owned.
 */
json_t *lct_replica_state(const char *data, const char *lesson) LCT_MUST_USE;
