// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/tape.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/recover.h"
#include "archive/tape/reels.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

LCT_LOG_TOPIC("tape");

#define BUFFER_SPAN (60 * LCT_SECOND)
#define BUFFER_BYTES (48U << 20)
#define RETRY (LCT_SECOND / 2)
#define LAST_TRIES (2 * LCT_SECOND)

/* One track on the disk. */
struct lane {
    struct lct_tape_track shown; /* guarded by the tape's lock; the rest is the thread's only */
    char folder[LCT_PATH_SIZE];
    struct lct_reel *reel;
    uint32_t next_number;
    bool dirty;
    bool gap;       /* something is missing before the next chunk */
    bool wants_key; /* nothing is appended before a key */
    bool abandoned; /* a reel of it was given up */
};

struct lct_tape {
    /* fixed after create */
    struct lct_tape_settings settings;
    char *folder;
    struct lct_bus_reader *reader;
    struct lct_thread thread;
    int folder_lock; /* < 0: the recorder holds it already, or the file system knows none */
    /* the thread only */
    struct lane lanes[LCT_TAPE_TRACKS_MAX];
    size_t lane_count;
    lct_ns oldest_unsynced; /* CLOCK_MONOTONIC; LCT_NS_NONE: all is durable */
    int first_error;
    int failure;          /* the disk's last one, if it was not only full */
    lct_ns failing_since; /* CLOCK_MONOTONIC; LCT_NS_NONE: the last chunk was appended */
    /* guarded by lock */
    pthread_mutex_t lock;
    enum lct_tape_state state;
    struct lct_fault fault;
    bool stopping;
    lct_ns end;     /* lesson time, when stopping */
    lct_ns stopped; /* CLOCK_MONOTONIC, when stopping */
};

static void parse_boot_id(uint8_t out[16]) {
    char text[LCT_BOOT_ID_SIZE];
    lct_boot_id(text);
    unsigned n = 0;
    for (const char *c = text; *c && n < 32; c++) {
        int digit = *c >= '0' && *c <= '9' ? *c - '0' : *c >= 'a' && *c <= 'f' ? *c - 'a' + 10 : -1;
        if (digit >= 0) {
            out[n / 2] = (uint8_t)(out[n / 2] | (n % 2 ? digit : digit << 4));
            n++;
        }
    }
}

void lct_tape_clocks(lct_ns zero, struct lct_index_head *ret_head) {
    *ret_head = (struct lct_index_head){.wall = lct_wall(), .monotonic = lct_monotonic()};
    ret_head->lesson = ret_head->monotonic - zero;
    parse_boot_id(ret_head->boot);
}

/* ---- state, told to others ---- */

static void tell(struct lct_tape *tape) {
    if (tape->settings.changed) {
        tape->settings.changed(tape->settings.opaque);
    }
}

static bool is_full(int rc) { return rc == -ENOSPC || rc == -EDQUOT || rc == -EFBIG; }

static void set_trouble(struct lct_tape *tape, int rc) {
    enum lct_tape_state state = is_full(rc) ? LCT_TAPE_FULL : LCT_TAPE_FAILED;
    bool fresh = tape->state != state;
    pthread_mutex_lock(&tape->lock);
    tape->state = state;
    if (state == LCT_TAPE_FULL) {
        (void)lct_fault_set(
            &tape->fault, rc, "tape",
            "The disk of %s is full. Recording is paused and goes on by itself as "
            "soon as there is space: delete or move something.",
            "%s 所在磁盘已满。录制已暂停，腾出空间后会自动继续：请删除或移走一些文件。",
            tape->folder);
    } else {
        tape->failure = rc;
        (void)lct_fault_set(&tape->fault, rc, "tape",
                            "The disk of %s fails (%s). New files are tried; save what you can and "
                            "replace the disk.",
                            "%s 所在磁盘出错（%s）。正在尝试新文件；请尽快备份并更换磁盘。",
                            tape->folder, strerror(-rc));
    }
    pthread_mutex_unlock(&tape->lock);
    if (fresh) {
        lct_error("tape does not write", "folder=%s error=%s", tape->folder, strerror(-rc));
        tell(tape);
    }
}

/* That a disk failed stays said until the lesson ends: it was over in a moment, perhaps, and nobody
 * looked. */
static void clear_trouble(struct lct_tape *tape) {
    if (tape->state == LCT_TAPE_WRITING) {
        return;
    }
    pthread_mutex_lock(&tape->lock);
    tape->state = LCT_TAPE_WRITING;
    tape->fault = (struct lct_fault){.code = 0};
    if (tape->failure < 0) {
        (void)lct_fault_set(&tape->fault, tape->failure, "tape",
                            "The disk of %s failed (%s); it writes again. Save what you can and "
                            "replace the disk.",
                            "%s 所在磁盘曾出错（%s），现已恢复写入。请尽快备份并更换磁盘。",
                            tape->folder, strerror(-tape->failure));
    }
    pthread_mutex_unlock(&tape->lock);
    lct_info("tape writes again", "folder=%s", tape->folder);
    tell(tape);
}

/* ---- lanes and reels ---- */

static struct lane *lane_of(struct lct_tape *tape, const struct lct_format *format) {
    for (size_t i = 0; i < tape->lane_count; i++) {
        if (tape->lanes[i].shown.track_id == format->track_id) {
            return &tape->lanes[i];
        }
    }
    if (tape->lane_count == LCT_TAPE_TRACKS_MAX) {
        return NULL;
    }
    struct lane *lane = &tape->lanes[tape->lane_count];
    *lane = (struct lane){.wants_key = true};
    (void)snprintf(lane->folder, sizeof lane->folder, "%s/%s", tape->folder, format->track);
    lane->next_number = lct_reels_last(lane->folder) + 1;
    lane->gap = lane->next_number > 1;
    pthread_mutex_lock(&tape->lock);
    lane->shown = (struct lct_tape_track){
        .track_id = format->track_id, .first_reel = lane->next_number, .saved = LCT_NS_NONE};
    (void)snprintf(lane->shown.name, sizeof lane->shown.name, "%s", format->track);
    tape->lane_count++;
    pthread_mutex_unlock(&tape->lock);
    return lane;
}

static void note_error(struct lct_tape *tape, int rc) {
    tape->first_error = tape->first_error ? tape->first_error : rc;
}

/* Gives up a reel whose file fails; it is mended at the lesson's end. The track goes on with an IDR
 * in a new one. */
static void abandon_reel(struct lct_tape *tape, struct lane *lane) {
    lct_reel_abandon(lane->reel);
    lane->reel = NULL;
    lane->dirty = false;
    lane->gap = true;
    lane->wants_key = true;
    lane->abandoned = true;
    tape->settings.want_key(tape->settings.opaque, lane->shown.track_id);
}

static void show_synced(struct lct_tape *tape, struct lane *lane) {
    struct lct_reel_state state;
    lct_reel_state(lane->reel, &state);
    pthread_mutex_lock(&tape->lock);
    lane->shown.reel = state.number;
    lane->shown.synced_rows = state.synced_rows;
    if (state.synced_rows > 0) {
        lane->shown.saved = lct_ticks_to_ns(state.last.info.tfdt, state.format->timescale);
    }
    pthread_mutex_unlock(&tape->lock);
}

/* What is not durable cannot be closed: the kernel forgets pages it could not write, and would say
 * at the next try that all is well. */
static int sync_and_close(struct lct_tape *tape, struct lane *lane, int64_t end_tick) {
    int rc = lct_reel_sync(lane->reel);
    if (rc < 0) {
        lct_reel_abandon(lane->reel);
        return rc;
    }
    show_synced(tape, lane);
    return lct_reel_close(lane->reel, end_tick);
}

static void close_reel(struct lct_tape *tape, struct lane *lane, int64_t end_tick) {
    struct lct_reel_state state;
    int rc = 0;
    lct_reel_state(lane->reel, &state);
    if (state.rows > 0) {
        rc = sync_and_close(tape, lane, end_tick);
    } else { /* the disk took its beginning, but no chunk */
        lct_reel_discard(lane->reel, lane->folder);
        lane->next_number = state.number;
    }
    lane->reel = NULL;
    lane->dirty = false;
    if (rc < 0) {
        lane->abandoned = true;
        note_error(tape, rc);
        set_trouble(tape, rc);
    }
}

/* A number that somebody else's file or folder has taken is passed over. */
static int open_next(struct lct_tape *tape, struct lane *lane, struct lct_format *format) {
    struct lct_index_head head;
    bool taken;
    int rc;
    lct_tape_clocks(tape->settings.zero, &head);
    do {
        rc = lct_reel_open(tape->settings.io, lane->folder, lane->next_number, format, &head,
                           &lane->reel);
        taken = rc == -EEXIST || rc == -EISDIR;
        lane->next_number += rc == 0 || taken;
    } while (taken);
    return rc;
}

static int open_reel(struct lct_tape *tape, struct lane *lane, struct lct_format *format) {
    int rc = lct_io_make_folder(lane->folder);
    rc = rc ? rc : open_next(tape, lane, format);
    if (rc == 0) {
        (void)tape->settings.io->sync_folder(tape->settings.io, tape->folder); /* again next time */
    }
    return rc;
}

static bool needs_new_reel(const struct lct_tape *tape, struct lane *lane,
                           const struct lct_chunk *chunk) {
    if (!lane->reel) {
        return true;
    }
    struct lct_reel_state state;
    lct_reel_state(lane->reel, &state);
    lct_ns begun = lct_ticks_to_ns(state.first.info.tfdt, chunk->format->timescale);
    bool full =
        state.rows > 0 && chunk->info.key && chunk->time - begun >= tape->settings.reel_length;
    return state.format != chunk->format || lane->gap || full;
}

static int append(struct lct_tape *tape, struct lane *lane, struct lct_chunk *chunk) {
    int rc = 0;
    if (needs_new_reel(tape, lane, chunk)) {
        if (lane->reel) {
            close_reel(tape, lane, chunk->info.tfdt);
        }
        rc = open_reel(tape, lane, chunk->format);
    }
    rc = rc ? rc : lct_reel_append(lane->reel, chunk, lane->gap);
    if (rc < 0) {
        return rc;
    }
    lane->gap = false;
    lane->wants_key = false;
    lane->dirty = true;
    tape->failing_since = LCT_NS_NONE;
    if (tape->oldest_unsynced == LCT_NS_NONE) {
        tape->oldest_unsynced = lct_monotonic();
    }
    pthread_mutex_lock(&tape->lock);
    lane->shown.bytes += chunk->n;
    lane->shown.chunks++;
    pthread_mutex_unlock(&tape->lock);
    return 0;
}

/* Makes durable what has been appended. True when all of it is. */
static bool sync_lanes(struct lct_tape *tape) {
    bool whole = true;
    for (size_t i = 0; i < tape->lane_count; i++) {
        struct lane *lane = &tape->lanes[i];
        if (!lane->reel || !lane->dirty) {
            continue;
        }
        int rc = lct_reel_sync(lane->reel);
        if (rc < 0) {
            /* The kernel forgets pages it could not write: this reel is not to be trusted. */
            note_error(tape, rc);
            set_trouble(tape, rc);
            abandon_reel(tape, lane);
            whole = false;
            continue;
        }
        lane->dirty = false;
        show_synced(tape, lane);
    }
    tape->oldest_unsynced = LCT_NS_NONE;
    return whole;
}

static void sync_all(struct lct_tape *tape) {
    if (sync_lanes(tape)) {
        clear_trouble(tape);
    }
    tell(tape);
}

/* After a loss the track goes on with a key in a new reel. */
static void count_lost(struct lct_tape *tape, struct lane *lane, unsigned lost) {
    pthread_mutex_lock(&tape->lock);
    lane->shown.lost += lost;
    pthread_mutex_unlock(&tape->lock);
    lane->gap = lane->gap || lost > 0;
    lane->wants_key = lane->wants_key || lost > 0;
}

/* ---- the thread ---- */

/* After the bell a disk that takes nothing is given up, one that is only slow is not. */
static bool may_try_again(struct lct_tape *tape) {
    lct_ns now = lct_monotonic();
    tape->failing_since = tape->failing_since == LCT_NS_NONE ? now : tape->failing_since;
    pthread_mutex_lock(&tape->lock);
    bool more = !tape->stopping || now < tape->stopped + LAST_TRIES ||
                now < tape->failing_since + LAST_TRIES;
    pthread_mutex_unlock(&tape->lock);
    return more;
}

static void wait_for_retry(struct lct_tape *tape) {
    lct_ns until = lct_monotonic() + RETRY;
    pthread_mutex_lock(&tape->lock);
    pthread_cond_t never;
    lct_cond_init(&never);
    while (lct_cond_wait(&never, &tape->lock, until)) {
    }
    pthread_cond_destroy(&never);
    pthread_mutex_unlock(&tape->lock);
}

/* Appends, and while the disk is full or fails, tries again: the bus keeps what comes meanwhile. */
static void keep(struct lct_tape *tape, struct lct_chunk *chunk, unsigned lost) {
    struct lane *lane = lane_of(tape, chunk->format);
    if (!lane) {
        return;
    }
    count_lost(tape, lane, lane->reel || lane->gap ? lost : 0);
    if (lane->wants_key && !chunk->info.key) {
        count_lost(tape, lane, 1);
        return;
    }
    int rc = append(tape, lane, chunk);
    while (rc < 0 && may_try_again(tape)) {
        set_trouble(tape, rc);
        if (!is_full(rc)) {
            if (lane->reel) {
                abandon_reel(tape, lane);
            }
            if (!chunk->info.key) {
                count_lost(tape, lane, 1);
                return;
            }
        }
        (void)sync_lanes(tape); /* the others' chunks need not wait; the trouble goes on */
        wait_for_retry(tape);
        rc = append(tape, lane, chunk);
    }
    if (rc < 0) {
        note_error(tape, rc);
        count_lost(tape, lane, 1);
    }
}

static void close_all(struct lct_tape *tape) {
    for (size_t i = 0; i < tape->lane_count; i++) {
        struct lane *lane = &tape->lanes[i];
        if (lane->reel) {
            struct lct_reel_state state;
            lct_reel_state(lane->reel, &state);
            close_reel(tape, lane, lct_ns_to_ticks(tape->end, state.format->timescale));
        }
    }
}

/* Reels that were given up: the disk may take them now. What it does not take, 'lectern verify
 * --mend' does. */
static void mend_abandoned(struct lct_tape *tape) {
    struct lct_recovery report = {.error = 0};
    for (size_t i = 0; i < tape->lane_count; i++) {
        struct lane *lane = &tape->lanes[i];
        uint32_t number = lane->abandoned ? lane->shown.first_reel : lane->next_number;
        for (; number < lane->next_number; number++) {
            int rc = lct_recover_open_reel(tape->settings.io, lane->folder, number, &report);
            if (rc < 0) {
                lct_warn("reel not mended", "folder=%s reel=%u error=%s", lane->folder, number,
                         strerror(-rc));
            }
        }
    }
}

static bool is_stopping(struct lct_tape *tape) {
    pthread_mutex_lock(&tape->lock);
    bool stopping = tape->stopping;
    pthread_mutex_unlock(&tape->lock);
    return stopping;
}

static void run(void *opaque) {
    struct lct_tape *tape = opaque;
    for (;;) {
        bool stopping = is_stopping(tape);
        lct_ns due = tape->oldest_unsynced == LCT_NS_NONE ? LCT_NS_NONE
                                                          : tape->oldest_unsynced + LCT_PART_LENGTH;
        unsigned lost = 0;
        struct lct_chunk *chunk = lct_bus_take(tape->reader, stopping ? 0 : due, &lost);
        if (chunk && lct_format_is_taped(chunk->format)) {
            keep(tape, chunk, lost);
        }
        lct_chunk_unref(chunk);
        if (tape->oldest_unsynced != LCT_NS_NONE &&
            lct_monotonic() >= tape->oldest_unsynced + LCT_PART_LENGTH) {
            sync_all(tape);
        }
        if (!chunk && stopping) {
            break;
        }
    }
    close_all(tape);
    mend_abandoned(tape);
}

struct lct_tape *lct_tape_create(const struct lct_tape_settings *settings) {
    struct lct_tape *tape = lct_new(sizeof *tape);
    tape->settings = *settings;
    tape->folder = lct_strdup(settings->folder);
    tape->settings.folder = tape->folder;
    tape->folder_lock = lct_lock_folder(tape->folder);
    if (tape->settings.reel_length == 0) {
        tape->settings.reel_length = LCT_REEL_LENGTH;
    }
    tape->oldest_unsynced = LCT_NS_NONE;
    tape->failing_since = LCT_NS_NONE;
    pthread_mutex_init(&tape->lock, NULL);
    const struct lct_bus_limits limits = {BUFFER_SPAN, BUFFER_BYTES, .keep_old = true};
    tape->reader = lct_bus_subscribe(settings->bus, &limits, NULL, NULL);
    lct_thread_start(&tape->thread, "tape", run, tape);
    return tape;
}

int lct_tape_finish(struct lct_tape *tape, lct_ns end) {
    pthread_mutex_lock(&tape->lock);
    tape->stopping = true;
    tape->end = end;
    tape->stopped = lct_monotonic();
    pthread_mutex_unlock(&tape->lock);
    lct_bus_wake(tape->reader);
    lct_thread_join(&tape->thread);
    return tape->first_error;
}

void lct_tape_destroy(struct lct_tape *tape) {
    if (!tape) {
        return;
    }
    lct_bus_unsubscribe(tape->reader);
    pthread_mutex_destroy(&tape->lock);
    lct_unlock(tape->folder_lock);
    free(tape->folder);
    free(tape);
}

static lct_ns saved_by_all(const struct lct_tape_status *status) {
    lct_ns saved = status->track_count ? status->tracks[0].saved : LCT_NS_NONE;
    for (size_t i = 1; i < status->track_count; i++) {
        saved = status->tracks[i].saved < saved ? status->tracks[i].saved : saved;
    }
    return saved;
}

void lct_tape_status(struct lct_tape *tape, struct lct_tape_status *ret_status) {
    struct lct_bus_stats bus;
    lct_bus_stats(tape->reader, &bus);
    *ret_status = (struct lct_tape_status){
        .waiting_bytes = bus.waiting_bytes,
        .waiting_span = bus.waiting_span,
    };
    pthread_mutex_lock(&tape->lock);
    ret_status->state = tape->state;
    ret_status->fault = tape->fault;
    ret_status->track_count = tape->lane_count;
    for (size_t i = 0; i < tape->lane_count; i++) {
        ret_status->tracks[i] = tape->lanes[i].shown;
        ret_status->bytes += tape->lanes[i].shown.bytes;
    }
    pthread_mutex_unlock(&tape->lock);
    ret_status->saved = saved_by_all(ret_status);
}
