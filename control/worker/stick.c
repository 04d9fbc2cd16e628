// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/worker/stick.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/cdrom.h>
#include <sched.h>
#include <scsi/scsi_ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/worker/stick_file.h"

/* None of them takes another's for its own, but FAT comes last: exFAT's first sector is like one.
 */
static const struct {
    const char *kind;
    bool has_owners;
    const char *options; /* what a stranger wrote on the stick does not decide: ext4's would be
                            obeyed up to a panic */
} kinds[] = {
    {"exfat", false, "iocharset=utf8,errors=remount-ro"},
    {"ext4", true, "errors=remount-ro"},
    {"vfat", false, "utf8,errors=remount-ro"},
};

#define KINDS (sizeof kinds / sizeof *kinds)

/* Nobody else has it mounted: with a second mount, what is read back would come from memory. */
static int look(const char *device) {
    int fd = open(device, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT || errno == ENXIO || errno == ENOMEDIUM ? -ENODEV : -errno;
    }
    close(fd);
    return 0;
}

bool lct_stick_is_gone(const char *device) { return look(device) == -ENODEV; }

int lct_stick_hide(struct lct_fault *fault) {
    int rc = unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
                 ? -errno
                 : 0;
    return rc < 0 ? lct_fault_set(fault, rc, "stick", "A USB stick cannot be mounted: %s.",
                                  "无法挂载 U 盘：%s。", strerror(-rc))
                  : 0;
}

static int mount_as(const char *device, size_t i) {
    LCT_FREE char *options =
        kinds[i].has_owners ? lct_strdup(kinds[i].options)
                            : lct_format("uid=%u,gid=%u,%s", getuid(), getgid(), kinds[i].options);
    return mount(device, LCT_STICK_PLACE, kinds[i].kind,
                 MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW | MS_NOATIME, options) < 0
               ? -errno
               : 0;
}

int lct_stick_mount(const char *device, struct lct_fault *fault) {
    int rc = look(device);
    bool protects = false;
    for (size_t i = 0; rc == 0 && i < KINDS; i++) {
        rc = mount_as(device, i);
        if (rc == 0) {
            return 0;
        }
        protects = protects || rc == -EACCES || rc == -EROFS;
        rc = rc == -EPERM ? rc : look(device);
    }
    if (rc < 0 || protects) {
        return lct_stick_fault(protects ? -EROFS : rc, fault);
    }
    return lct_fault_set(fault, -EMEDIUMTYPE, "stick",
                         "The USB stick has none of the file systems FAT32, exFAT and ext4, or it "
                         "is damaged.",
                         "U 盘的文件系统不是 FAT32、exFAT 或 ext4，或已损坏。");
}

int lct_stick_unmount(void) {
    if (umount2(LCT_STICK_PLACE, UMOUNT_NOFOLLOW) == 0) {
        return 0;
    }
    int rc = -errno;
    (void)umount2(LCT_STICK_PLACE, MNT_DETACH);
    return rc;
}

/* The kernel locks the door of what is open, so that it is opened for who asks. Above 0: the drive
 * does not want to. */
int lct_stick_eject(const char *device) {
    int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return -errno;
    }
    int rc = ioctl(fd, SCSI_IOCTL_DOORUNLOCK, 0);
    rc = rc == 0 ? ioctl(fd, CDROMEJECT, 0) : rc;
    rc = rc < 0 ? -errno : rc > 0 ? -EIO : 0;
    close(fd);
    return rc;
}
