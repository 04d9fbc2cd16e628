// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/tape/guard.h"
#include "base/io.h"
#include "base/mem.h"
#include "control/doctor/doctor_priv.h"

#define SYNCS 200
#define SYNC_TIME_MAX (5 * LCT_SECOND)
#define BLOCK 4096U
/* A part must be durable within 500 ms, and three tracks are flushed one after the other. */
#define SYNC_SLOW (100 * LCT_MS)
/* Camera, screen and sound at half of the encoders' caps, in bytes a second. */
#define LESSON_RATE (5.25e6 / 8)

static int by_length(const void *a, const void *b) {
    lct_ns x = *(const lct_ns *)a, y = *(const lct_ns *)b;
    return x < y ? -1 : x > y;
}

static void judge_syncs(struct lct_doctor *d, lct_ns *times, size_t count) {
    qsort(times, count, sizeof *times, by_length);
    double half = (double)times[count / 2] / LCT_MS;
    double most = (double)times[count * 95 / 100] / LCT_MS;
    if (times[count * 95 / 100] <= SYNC_SLOW) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "disk",
                       "The disk makes small writes durable in %.1f ms (95 of 100 within %.1f ms).",
                       "磁盘落盘用时 %.1f 毫秒（95%% 在 %.1f 毫秒内）。", half, most);
        return;
    }
    lct_doctor_say(d, LCT_DOCTOR_WARN, "disk",
                   "The disk is slow to make small writes durable: %.0f ms, 5 of 100 take more "
                   "than %.0f ms. A power cut may cost more than half a second. Use another disk "
                   "(SSD), not a memory card or a network folder.",
                   "磁盘落盘较慢：通常 %.0f 毫秒，5%% 超过 %.0f "
                   "毫秒。断电时丢失的内容可能超过半秒。请改用固态硬盘，不要用存储卡或网络文件夹。",
                   half, most);
}

static int measure_syncs(struct lct_doctor *d, int fd) {
    static char block[BLOCK] = "lectern";
    lct_ns times[SYNCS];
    size_t count = 0;
    lct_ns end = lct_monotonic() + SYNC_TIME_MAX;
    for (; count < SYNCS && lct_monotonic() < end; count++) {
        lct_ns began = lct_monotonic();
        int rc = lct_io_write_all(&lct_io_system, fd, block, sizeof block,
                                  (off_t)(count * sizeof block));
        rc = rc ? rc : lct_io_system.fdatasync(&lct_io_system, fd);
        if (rc < 0) {
            return rc;
        }
        times[count] = lct_monotonic() - began;
    }
    judge_syncs(d, times, count);
    return 0;
}

static void look_past_cache(struct lct_doctor *d, const char *path) {
    LCT_FREE void *block = aligned_alloc(BLOCK, BLOCK);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);
    bool direct = fd >= 0 && block && pread(fd, block, BLOCK, 0) == (ssize_t)BLOCK;
    if (fd >= 0) {
        close(fd);
    }
    if (direct) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "disk",
                       "What is saved can be read back from the disk itself (O_DIRECT).",
                       "可绕过缓存直接从磁盘读回校验（O_DIRECT）。");
        return;
    }
    lct_doctor_say(d, LCT_DOCTOR_WARN, "disk",
                   "This file system gives no way past its cache (no O_DIRECT): 'verified' then "
                   "speaks of memory where pages cannot be dropped. Use ext4 or xfs on a disk of "
                   "this machine.",
                   "该文件系统不支持绕过缓存读取（无 "
                   "O_DIRECT），校验结果可能来自内存。请使用本机磁盘上的 ext4 或 xfs。");
}

static void judge_space(struct lct_doctor *d, const char *data) {
    uint64_t bytes = 0;
    if (lct_io_system.space(&lct_io_system, data, &bytes) < 0) {
        return;
    }
    struct lct_guard guard = lct_guard(LESSON_RATE);
    lct_ns left = lct_guard_judge(&guard, bytes).left;
    double gigabytes = (double)bytes / 1e9, hours = (double)left / 3600e9;
    if (left >= LCT_GUARD_LESSON) {
        lct_doctor_say(d, LCT_DOCTOR_OK, "space", "%.1f GB are free in %s: about %.0f hours.",
                       "剩余空间 %.1f GB（%s），约可录制 %.0f 小时。", gigabytes, data, hours);
        return;
    }
    bool refused = left < LCT_GUARD_REFUSE;
    lct_doctor_say(d, refused ? LCT_DOCTOR_FAIL : LCT_DOCTOR_WARN, "space",
                   "Only %.2f GB are free in %s: a lesson may not fit (%.1f hours). Delete or move "
                   "something.",
                   "剩余空间仅 %.2f GB（%s），可能录不完一节课（约 %.1f "
                   "小时）。请删除或移走一些文件。",
                   gigabytes, data, hours);
}

void lct_doctor_disk(struct lct_doctor *doctor, const char *data) {
    bool fresh = access(data, F_OK) < 0;
    int rc = lct_io_make_folder(data);
    LCT_FREE char *path = lct_format("%s/.doctor-%d", data, (int)getpid());
    int fd = rc < 0 ? rc : lct_io_system.open(&lct_io_system, path, O_RDWR | O_CREAT, 0600);
    rc = fd < 0 ? fd : measure_syncs(doctor, fd);
    if (rc < 0) {
        lct_doctor_say(doctor, LCT_DOCTOR_FAIL, "disk",
                       "Cannot write in %s: %s. Check the path, its owner and its space, or give "
                       "another folder with --data.",
                       "无法写入 %s：%s。请检查路径、权限和空间，或用 --data 指定其他文件夹。",
                       data, strerror(-rc));
    } else {
        lct_doctor_say(doctor, LCT_DOCTOR_OK, "disk", "%s can be written.", "%s 可写。", data);
        look_past_cache(doctor, path);
        judge_space(doctor, data);
    }
    if (fd >= 0) {
        close(fd);
        (void)lct_io_system.remove(&lct_io_system, path);
    }
    if (fresh) {
        (void)rmdir(data); /* it is as it was before; one that is not empty stays */
    }
}
