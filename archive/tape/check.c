// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/tape/index.h"
#include "archive/tape/reels.h"
#include "archive/tape/thumbs.h"
#include "base/crc32c.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "encode/still.h"

LCT_LOG_TOPIC("check");

#define BLOCK 4096U
/* What is read in one go: two seconds of a camera; a chunk that is larger is read alone. */
#define SPAN_MAX (4U << 20)
#define ROWS_MAX 256U

/* How far one track has been checked. */
struct cursor {
    uint32_t reel; /* 0: not begun */
    uint32_t row;
    struct lct_format *format; /* of that reel */
    lct_ns verified, last_thumb;
};

struct lct_check {
    /* fixed after create */
    char *folder;
    struct lct_tape *tape;
    struct lct_thread thread;
    /* the thread only */
    struct cursor cursors[LCT_TAPE_TRACKS_MAX];
    struct lct_still *still;
    uint8_t *buffer; /* SPAN_MAX or more, aligned */
    size_t buffer_bytes;
    /* guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t news;
    bool woken, stopping;
    struct lct_check_status status;
};

/* ---- reading past the page cache ---- */

static int make_room(struct lct_check *check, size_t bytes) {
    if (bytes <= check->buffer_bytes) {
        return 0;
    }
    uint8_t *bigger = aligned_alloc(BLOCK, bytes);
    if (!bigger) {
        return -ENOMEM;
    }
    free(check->buffer);
    check->buffer = bigger;
    check->buffer_bytes = bytes;
    return 0;
}

static ssize_t read_some(int fd, uint8_t *out, size_t n, off_t offset) {
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(fd, out + done, n - done, offset + (off_t)done);
        if (got < 0 && errno != EINTR) {
            return -errno;
        }
        if (got == 0) {
            break;
        }
        done += got > 0 ? (size_t)got : 0;
        if (done % BLOCK != 0) {
            break; /* the end of the file */
        }
    }
    return (ssize_t)done;
}

/* Drops the pages (they are clean: the tape synced them) and reads. tmpfs and its like read memory.
 */
static ssize_t read_dropped(const char *path, uint8_t *out, size_t n, off_t offset) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    (void)posix_fadvise(fd, offset, (off_t)n, POSIX_FADV_DONTNEED); /* what we can ask for */
    ssize_t got = read_some(fd, out, n, offset);
    close(fd);
    return got;
}

/* Reads n bytes at offset into the buffer; *ret_bytes points at them. */
static int read_back(struct lct_check *check, const char *path, uint64_t offset, size_t n,
                     const uint8_t **ret_bytes) {
    uint64_t from = offset / BLOCK * BLOCK;
    size_t span = (size_t)(offset - from) + n;
    span = (span + BLOCK - 1) / BLOCK * BLOCK;
    int rc = make_room(check, span);
    if (rc < 0) {
        return rc;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);
    ssize_t got = fd < 0 ? -errno : read_some(fd, check->buffer, span, (off_t)from);
    if (fd >= 0) {
        close(fd);
    }
    bool direct = got != -EINVAL;
    if (!direct) {
        got = read_dropped(path, check->buffer, span, (off_t)from);
    }
    pthread_mutex_lock(&check->lock);
    check->status.past_cache = direct;
    pthread_mutex_unlock(&check->lock);
    if (got < 0 || (size_t)got < (size_t)(offset - from) + n) {
        return got < 0 ? (int)got : -ENODATA;
    }
    *ret_bytes = check->buffer + (offset - from);
    return 0;
}

/* ---- judging ---- */

/* What can be wrong, in both languages; each takes the file and the byte. */
struct wrong {
    const char *word; /* for the log */
    const char *en, *zh;
};

static const struct wrong wrong_sum = {
    "check sum",
    "What was saved does not come back right: the chunk in %s at byte %llu has a wrong check sum. "
    "The "
    "disk may be failing: save this lesson elsewhere.",
    "已保存的数据读回有误：%s 第 %llu 字节处校验和不符。磁盘可能正在损坏，请尽快另存该课程。"};
static const struct wrong wrong_key = {
    "key frame",
    "What was saved cannot be shown: the key frame in %s at byte %llu does not decode. Stop and "
    "record "
    "anew, and run 'lectern doctor'.",
    "已保存的画面无法解码：%s 第 %llu 字节处的关键帧。请停止并重新录制，并运行 lectern doctor。"};
static const struct wrong wrong_row = {
    "index row",
    "What was saved does not come back right: the index %s has a wrong row at byte %llu. The disk "
    "may "
    "be failing: save this lesson elsewhere.",
    "已保存的索引读回有误：%s 第 %llu 字节处。磁盘可能正在损坏，请尽快另存该课程。"};
static const struct wrong wrong_read = {
    "unreadable",
    "What was saved cannot be read: %s at byte %llu. The disk may be failing: save this lesson "
    "elsewhere.",
    "已保存的数据无法读取：%s 第 %llu 字节处。磁盘可能正在损坏，请尽快另存该课程。"};

static void report(struct lct_check *check, const char *path, uint64_t offset,
                   const struct wrong *wrong) {
    unsigned long long at = offset;
    pthread_mutex_lock(&check->lock);
    check->status.bad++;
    (void)lct_fault_set(&check->status.fault, -EIO, "check", wrong->en, wrong->zh, path, at);
    pthread_mutex_unlock(&check->lock);
    lct_error("read back wrong", "file=%s offset=%llu what=%s", path, at, wrong->word);
}

static void keep_thumb(struct lct_check *check, struct cursor *cursor, const char *folder,
                       lct_ns time) {
    const uint8_t *jpeg;
    size_t n;
    if (cursor->last_thumb != LCT_NS_NONE && time - cursor->last_thumb < LCT_THUMB_INTERVAL) {
        return;
    }
    if (lct_still_jpeg(check->still, LCT_THUMB_WIDTH, &jpeg, &n) == 0 &&
        lct_thumbs_append(folder, time, jpeg, n) == 0) {
        cursor->last_thumb = time;
    }
}

static bool judge_key(struct lct_check *check, struct cursor *cursor, const char *folder,
                      const struct lct_index_row *row, const uint8_t *chunk) {
    if (!cursor->format || cursor->format->codec != LCT_CODEC_H264 || !row->info.key) {
        return true;
    }
    const uint8_t *sample = chunk + lct_index_payload_at(row);
    if (lct_still_decode(check->still, cursor->format, sample, row->info.sample_bytes[0]) < 0) {
        return false;
    }
    keep_thumb(check, cursor, folder, lct_ticks_to_ns(row->info.tfdt, cursor->format->timescale));
    pthread_mutex_lock(&check->lock);
    check->status.keys++;
    pthread_mutex_unlock(&check->lock);
    return true;
}

static void judge(struct lct_check *check, struct cursor *cursor, const char *folder,
                  const char *path, const struct lct_index_row *row, const uint8_t *chunk) {
    if (lct_crc32c(0, chunk, row->n) != row->crc) {
        report(check, path, row->offset, &wrong_sum);
    } else if (!judge_key(check, cursor, folder, row, chunk)) {
        report(check, path, row->offset, &wrong_key);
    } else {
        pthread_mutex_lock(&check->lock);
        check->status.chunks++;
        pthread_mutex_unlock(&check->lock);
    }
}

/* ---- following the tape ---- */

static uint32_t rows_on_disk(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    if (fd >= 0) {
        close(fd);
    }
    return size <= (off_t)LCT_INDEX_HEAD_BYTES
               ? 0
               : (uint32_t)((size - (off_t)LCT_INDEX_HEAD_BYTES) / (off_t)LCT_INDEX_ROW_BYTES);
}

/* Reads up to count rows from the index on the disk; whole ones only. Returns how many follow each
 * other. */
static size_t read_rows(struct lct_check *check, const char *path, uint32_t first, size_t count,
                        struct lct_index_row *rows) {
    const uint8_t *bytes;
    uint64_t at = LCT_INDEX_HEAD_BYTES + (uint64_t)first * LCT_INDEX_ROW_BYTES;
    int rc = read_back(check, path, at, count * LCT_INDEX_ROW_BYTES, &bytes);
    size_t good = 0;
    while (rc == 0 && good < count &&
           lct_index_read_row(bytes + good * LCT_INDEX_ROW_BYTES, &rows[good]) == 0) {
        good++;
    }
    if (good < count) {
        report(check, path, at + good * LCT_INDEX_ROW_BYTES, &wrong_row);
    }
    return good;
}

/* Judges rows that lie behind each other, as many as fit into one read. Returns how many. */
static size_t judge_span(struct lct_check *check, struct cursor *cursor, const char *folder,
                         const char *path, const struct lct_index_row *rows, size_t count) {
    size_t n = 1;
    while (n < count && rows[n].offset >= rows[n - 1].offset + rows[n - 1].n &&
           rows[n].offset + rows[n].n - rows[0].offset <= SPAN_MAX) {
        n++;
    }
    const uint8_t *bytes;
    size_t span = (size_t)(rows[n - 1].offset + rows[n - 1].n - rows[0].offset);
    int rc = read_back(check, path, rows[0].offset, span, &bytes);
    for (size_t i = 0; i < n; i++) {
        if (rc < 0) {
            report(check, path, rows[i].offset, &wrong_read);
        } else {
            judge(check, cursor, folder, path, &rows[i], bytes + (rows[i].offset - rows[0].offset));
        }
    }
    return n;
}

static void check_rows(struct lct_check *check, struct cursor *cursor, const char *folder,
                       uint32_t until) {
    char index_path[LCT_PATH_SIZE], reel_path[LCT_PATH_SIZE];
    struct lct_index_row rows[ROWS_MAX];
    lct_reel_path(folder, cursor->reel, ".index", index_path);
    lct_reel_path(folder, cursor->reel, ".mp4", reel_path);
    while (cursor->row < until) {
        size_t wanted = until - cursor->row < ROWS_MAX ? until - cursor->row : ROWS_MAX;
        size_t good = read_rows(check, index_path, cursor->row, wanted, rows);
        for (size_t i = 0; i < good;) {
            i += judge_span(check, cursor, folder, reel_path, rows + i, good - i);
        }
        cursor->row += (uint32_t)(good < wanted ? good + 1 : good); /* steps over a bad row */
        if (good > 0 && cursor->format) {
            cursor->verified = lct_ticks_to_ns(rows[good - 1].info.tfdt, cursor->format->timescale);
        }
    }
}

static void begin_reel(struct cursor *cursor, const char *folder, uint32_t number) {
    struct lct_reel_view view;
    lct_reel_view_load(folder, number, &view);
    lct_format_unref(cursor->format);
    cursor->format = view.format ? lct_format_ref(view.format) : NULL;
    cursor->reel = number;
    cursor->row = 0;
    lct_reel_view_free(&view);
}

static void follow(struct lct_check *check, struct cursor *cursor, const struct lct_tape_track *t) {
    char folder[LCT_PATH_SIZE], path[LCT_PATH_SIZE];
    (void)snprintf(folder, sizeof folder, "%s/%s", check->folder, t->name);
    if (t->reel == 0) {
        return;
    }
    if (cursor->reel == 0) {
        begin_reel(cursor, folder, t->first_reel);
    }
    while (cursor->reel < t->reel) {
        lct_reel_path(folder, cursor->reel, ".index", path);
        check_rows(check, cursor, folder, rows_on_disk(path));
        begin_reel(cursor, folder, cursor->reel + 1);
    }
    check_rows(check, cursor, folder, t->synced_rows);
}

static void follow_all(struct lct_check *check) {
    struct lct_tape_status tape;
    lct_tape_status(check->tape, &tape);
    lct_ns least = tape.track_count ? INT64_MAX : LCT_NS_NONE;
    for (size_t i = 0; i < tape.track_count; i++) {
        follow(check, &check->cursors[i], &tape.tracks[i]);
        lct_ns verified = check->cursors[i].verified;
        least = verified < least ? verified : least;
        pthread_mutex_lock(&check->lock);
        check->status.track_verified[i] = verified;
        pthread_mutex_unlock(&check->lock);
    }
    pthread_mutex_lock(&check->lock);
    check->status.verified = least;
    pthread_mutex_unlock(&check->lock);
}

static void run(void *opaque) {
    struct lct_check *check = opaque;
    lct_thread_nice(5);
    pthread_mutex_lock(&check->lock);
    while (!check->stopping) {
        while (!check->woken && !check->stopping) {
            (void)lct_cond_wait(&check->news, &check->lock, LCT_NS_NONE);
        }
        check->woken = false;
        pthread_mutex_unlock(&check->lock);
        follow_all(check);
        pthread_mutex_lock(&check->lock);
    }
    pthread_mutex_unlock(&check->lock);
    follow_all(check);
}

struct lct_check *lct_check_create(const char *folder, struct lct_tape *tape) {
    struct lct_check *check = lct_new(sizeof *check);
    check->folder = lct_strdup(folder);
    check->tape = tape;
    check->still = lct_still_create();
    check->status.verified = LCT_NS_NONE;
    for (size_t i = 0; i < LCT_TAPE_TRACKS_MAX; i++) {
        check->cursors[i].verified = check->cursors[i].last_thumb = LCT_NS_NONE;
        check->status.track_verified[i] = LCT_NS_NONE;
    }
    pthread_mutex_init(&check->lock, NULL);
    lct_cond_init(&check->news);
    lct_thread_start(&check->thread, "check", run, check);
    return check;
}

void lct_check_wake(struct lct_check *check) {
    pthread_mutex_lock(&check->lock);
    check->woken = true;
    pthread_cond_signal(&check->news);
    pthread_mutex_unlock(&check->lock);
}

void lct_check_destroy(struct lct_check *check) {
    if (!check) {
        return;
    }
    pthread_mutex_lock(&check->lock);
    check->stopping = true;
    pthread_cond_signal(&check->news);
    pthread_mutex_unlock(&check->lock);
    lct_thread_join(&check->thread);
    for (size_t i = 0; i < LCT_TAPE_TRACKS_MAX; i++) {
        lct_format_unref(check->cursors[i].format);
    }
    lct_still_destroy(check->still);
    pthread_cond_destroy(&check->news);
    pthread_mutex_destroy(&check->lock);
    free(check->buffer);
    free(check->folder);
    free(check);
}

void lct_check_status(struct lct_check *check, struct lct_check_status *ret_status) {
    pthread_mutex_lock(&check->lock);
    *ret_status = check->status;
    pthread_mutex_unlock(&check->lock);
}
