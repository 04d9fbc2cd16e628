// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Mounting a USB stick for this process and its children alone: in a mount namespace of its own, so
 * that the kernel takes it down however the process dies. FAT32, exFAT and ext4, tried in turn;
 * nosuid, nodev, noexec, nosymfollow. Needs CAP_SYS_ADMIN. One thread, the only one of the process.
 *
 *     rc = lct_stick_hide(&fault);                      // once
 *     rc = lct_stick_mount("/dev/sdb1", &fault);        // at LCT_STICK_PLACE
 *     rc = lct_stick_unmount();
 *     lct_stick_eject("/dev/sdb1");
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"

/** Where it is mounted: a folder that every system has. */
#define LCT_STICK_PLACE "/mnt"

/** Gives the process a mount namespace of its own. 0 or -errno with a fault. */
int lct_stick_hide(struct lct_fault *fault) LCT_MUST_USE;

/** Mounts what the device holds. 0; -ENODEV: it is pulled out; -EBUSY: somebody else has it
 * mounted; -EROFS: it is write-protected; -EMEDIUMTYPE: none of these file systems; or -errno; with
 * a fault.
 */
int lct_stick_mount(const char *device, struct lct_fault *fault) LCT_MUST_USE;

/** Unmounts; all is written then. 0; or -errno: it is out of sight, but the kernel still holds it.
 */
int lct_stick_unmount(void) LCT_MUST_USE;

/** True when the device is there no more. */
bool lct_stick_is_gone(const char *device);

/** Tells the drive that it may be pulled out (needs CAP_SYS_RAWIO, for a partition). 0; or -errno:
 * it is unmounted all the same. */
int lct_stick_eject(const char *device) LCT_MUST_USE;
