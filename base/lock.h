// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A lock that a file or folder carries while a process holds it, and that the kernel takes back
 * when the process dies, however it dies (flock). It keeps two recorders off one room or folder,
 * and two servers off one data folder.
 *
 *     int fd = lct_lock_file("/data/room-main.lock");     // -EBUSY: somebody holds it
 *     int pid = lct_lock_holder("/data/room-main.lock");  // who
 *     lct_unlock(fd);
 */
#pragma once

#include <sys/types.h>

#include "base/attr.h"

/** Makes the file (mode 0640) if need be, locks it, writes the process id in. A descriptor, -EBUSY
 * or -errno. */
int lct_lock_file(const char *path) LCT_MUST_USE;

/** The same, but waits until nobody holds it. A descriptor or -errno. */
int lct_lock_wait(const char *path) LCT_MUST_USE;

/** Locks an existing folder. A descriptor, -EBUSY or -errno. */
int lct_lock_folder(const char *path) LCT_MUST_USE;

/** The process that holds a locked file or folder now; 0: nobody, or not to be found out. */
pid_t lct_lock_holder(const char *path);

/** Gives the lock back; a negative descriptor is allowed. */
void lct_unlock(int fd);
