// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A process that is to read strangers' bytes shuts itself in first: no network, no other program or
 * process, no file but those below the folders it names, and bounds of memory, time and disk. So a
 * fault in a parser of some hundred thousand lines is a job that failed. There is no way back.
 *
 * System calls are a list of what is allowed (seccomp); all others fail with EPERM. Files are held
 * by Landlock, where the kernel has it; without it the list alone stands, by which files can be
 * opened still, as far as the process' user may. What is open stays open.
 *
 *     const char *const writes[] = {"/data/lessons", NULL};
 *     rc = lct_sandbox_enter(&(struct lct_sandbox){.writes = writes, .memory_bytes = …});
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct lct_sandbox {
    const char *const *writes; /**< folders in which everything may be made, read and removed, ended
                                    by NULL; they are there */
    uint64_t memory_bytes;     /**< of address space */
    uint64_t cpu_seconds;      /**< then it is killed */
    uint64_t file_bytes;       /**< of one file it writes */
    const char *const *names;  /**< folders in which folders may be made, named and, empty, removed,
                                    and no file seen; ended by NULL; may be NULL */
    const char *const *reads; /**< folders and files that may be read, and what is below; those that
                                   are not there are passed over; ended by NULL; may be NULL */
};

/**
 * Shuts the calling process in; it has one thread yet. 0; -errno: it could not, and must not go on.
 * *ret_files: files are held too (Landlock); may be NULL.
 */
int lct_sandbox_enter(const struct lct_sandbox *sandbox, bool *ret_files) LCT_MUST_USE;
