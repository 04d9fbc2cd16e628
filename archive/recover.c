// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/reels.h"
#include "base/crc32c.h"
#include "base/log.h"
#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/nal.h"

LCT_LOG_TOPIC("recover");

/* A reel under repair, and the rows that hold. */
struct patient {
    const struct lct_io *io;
    const char *folder;
    uint32_t number;
    int fd;
    uint64_t n;      /* bytes of the file */
    uint8_t *buffer; /* what was read last */
    size_t buffer_bytes;
    struct lct_index_head head;
    struct lct_index_row *rows;
    size_t count, room;
    struct lct_format *format;
    size_t bad;
};

/* ---- the bytes of a file on a disk that may be failing ---- */

/* n bytes at offset, until the next call; NULL when they are not there or cannot be read. (Not
 * mapped: a bad sector would then be a signal, and this runs beside a recording.) */
static const uint8_t *read_at(struct patient *p, uint64_t offset, size_t n) {
    if (offset > p->n || n > p->n - offset) {
        return NULL;
    }
    if (n > p->buffer_bytes) {
        uint8_t *bigger = realloc(p->buffer, n);
        if (!bigger) {
            return NULL;
        }
        p->buffer = bigger;
        p->buffer_bytes = n;
    }
    return lct_io_read_all(p->io, p->fd, p->buffer, n, (off_t)offset) == 0 ? p->buffer : NULL;
}

/* ---- which chunks hold ---- */

static int keep(struct patient *p, const struct lct_index_row *row) {
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 1024;
        struct lct_index_row *bigger = realloc(p->rows, room * sizeof *bigger);
        if (!bigger) {
            return -ENOMEM;
        }
        p->rows = bigger;
        p->room = room;
    }
    p->rows[p->count++] = *row;
    return 0;
}

static bool holds(struct patient *p, const struct lct_index_row *row) {
    const uint8_t *bytes = read_at(p, row->offset, row->n);
    return bytes && lct_crc32c(0, bytes, row->n) == row->crc;
}

static int by_time(const void *a, const void *b) {
    const struct lct_index_row *x = a, *y = b;
    return x->info.tfdt < y->info.tfdt ? -1 : x->info.tfdt > y->info.tfdt;
}

static int take_rows(struct patient *p, const struct lct_reel_view *view) {
    bool after_bad = false;
    for (size_t i = 0; i < view->count; i++) {
        struct lct_index_row row = view->rows[i];
        if (!holds(p, &row)) {
            p->bad++;
            after_bad = true;
            continue;
        }
        row.info.gap_before = row.info.gap_before || after_bad;
        after_bad = false;
        int rc = keep(p, &row);
        if (rc < 0) {
            return rc;
        }
    }
    p->bad += view->bad_rows;
    return 0;
}

/* Boxes of a chunk of ours: enough to know how long it is. */
#define BOXES_MAX 256U

static int read_chunk(struct patient *p, uint64_t at, struct lct_index_row *ret_row) {
    struct lct_mp4_chunk chunk;
    uint64_t left = p->n - at;
    const uint8_t *bytes = read_at(p, at, left < BOXES_MAX ? (size_t)left : BOXES_MAX);
    size_t whole =
        bytes ? lct_mp4_chunk_bytes(bytes, left < BOXES_MAX ? (size_t)left : BOXES_MAX) : 0;
    bytes = whole ? read_at(p, at, whole) : NULL;
    int rc = bytes ? lct_mp4_parse_chunk(bytes, whole, &chunk) : -EBADMSG;
    if (rc < 0) {
        return rc;
    }
    *ret_row = (struct lct_index_row){
        .offset = at,
        .n = (uint32_t)chunk.n,
        .crc = lct_crc32c(0, bytes, chunk.n),
        .info = chunk.info,
    };
    return p->format && chunk.track_id != p->format->track_id ? -EBADMSG : 0;
}

/* The next place where a chunk may begin: "moof" four bytes further on. */
static uint64_t next_moof(struct patient *p, uint64_t from) {
    enum { WINDOW = 1 << 20 };
    for (uint64_t at = from + 4; at + 4 <= p->n; at += WINDOW - 3) {
        size_t n = p->n - at < WINDOW ? (size_t)(p->n - at) : WINDOW;
        const uint8_t *bytes = read_at(p, at, n);
        const uint8_t *found = bytes ? memmem(bytes, n, "moof", 4) : NULL;
        if (found) {
            return at + (uint64_t)(found - bytes) - 4;
        }
    }
    return p->n;
}

static bool has_row_at(const struct patient *p, size_t count, uint64_t offset) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->rows[middle].offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && p->rows[low].offset == offset;
}

/*
 * Walks the boxes for chunks that no row speaks of: all of them when the index is gone, and those
 * whose row was damaged. Their bytes cannot be proved by a check sum, only by their boxes. tail:
 * also behind the last row, where after a power cut a chunk may be half there.
 */
static int walk_boxes(struct patient *p, bool tail) {
    size_t known = p->count;
    uint64_t end = p->n;
    if (!tail && known > 0) {
        end = p->rows[known - 1].offset;
    }
    for (uint64_t at = next_moof(p, LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES); at < end;) {
        struct lct_index_row row;
        int rc = read_chunk(p, at, &row);
        if (rc == 0 && !has_row_at(p, known, at)) {
            rc = keep(p, &row);
            if (rc < 0) {
                return rc;
            }
        }
        at = next_moof(p, rc == 0 ? at + row.n : at + 8);
    }
    if (p->count > known) {
        qsort(p->rows, p->count, sizeof *p->rows, by_time);
    }
    return 0;
}

/* ---- a format for a reel that lost its init ---- */

static void sound_config(struct lct_format *f) {
    static const uint8_t aac_lc_48k_stereo[] = {0x11, 0x90}; /* ISO 14496-3 sec. 1.6.2.1 */
    f->codec = LCT_CODEC_AAC;
    f->timescale = 48000;
    f->channels = 2;
    f->config = lct_new(sizeof aac_lc_48k_stereo);
    memcpy(f->config, aac_lc_48k_stereo, sizeof aac_lc_48k_stereo);
    f->config_bytes = sizeof aac_lc_48k_stereo;
}

/* Samples have 4-byte lengths where Annex B has start codes: SPS and PPS stand before each IDR. */
static bool picture_config(struct patient *p, struct lct_format *f) {
    for (size_t i = 0; i < p->count; i++) {
        const struct lct_index_row *row = &p->rows[i];
        if (!row->info.key) {
            continue;
        }
        struct lct_nal_sets sets;
        uint32_t n = row->info.sample_bytes[0];
        const uint8_t *sample = read_at(p, row->offset + lct_index_payload_at(row), n);
        if (sample && lct_nal_sets_of_sample(sample, n, &sets)) {
            uint8_t avcc[2 * LCT_NAL_SET_MAX + 32];
            f->codec = LCT_CODEC_H264;
            f->timescale = 90000;
            f->config_bytes = lct_nal_write_avcc(&sets, avcc, sizeof avcc);
            f->config = lct_new(f->config_bytes);
            memcpy(f->config, avcc, f->config_bytes);
            lct_nal_picture_size(&sets, &f->width, &f->height);
            return true;
        }
    }
    return false;
}

static int make_format(struct patient *p, uint32_t track_id) {
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    f->track_id = track_id;
    if (!picture_config(p, f)) {
        sound_config(f);
    }
    lct_mp4_codec_string(f);
    if (lct_mp4_make_init(f) < 0) {
        lct_format_unref(f);
        return -EBADMSG;
    }
    p->format = f;
    return 0;
}

static int write_init(struct patient *p) {
    char path[LCT_PATH_SIZE];
    lct_reel_path(p->folder, p->number, ".init.mp4", path);
    return lct_io_replace(p->io, path, p->format->init, p->format->init_bytes);
}

/* ---- writing it down ---- */

static int write_index(struct patient *p) {
    size_t n = LCT_INDEX_HEAD_BYTES + p->count * LCT_INDEX_ROW_BYTES;
    LCT_FREE uint8_t *bytes = lct_new(n);
    char path[LCT_PATH_SIZE];
    p->head.track_id = p->format->track_id;
    p->head.timescale = p->format->timescale;
    p->head.codec = p->format->codec;
    p->head.number = p->number;
    lct_index_write_head(&p->head, bytes);
    for (size_t i = 0; i < p->count; i++) {
        lct_index_write_row(&p->rows[i], bytes + LCT_INDEX_HEAD_BYTES + i * LCT_INDEX_ROW_BYTES);
    }
    lct_reel_path(p->folder, p->number, ".index", path);
    return lct_io_replace(p->io, path, bytes, n);
}

static void remove_reel(struct patient *p) {
    static const char *const what[] = {".mp4", ".index", ".init.mp4"};
    char path[LCT_PATH_SIZE];
    for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
        lct_reel_path(p->folder, p->number, what[i], path);
        (void)p->io->remove(p->io, path); /* some of them may not be there */
    }
}

static int mend(struct patient *p, const struct lct_reel_view *view, struct lct_recovery *report) {
    p->format = view->format ? lct_format_ref(view->format) : NULL;
    int rc = 0;
    if (view->has_index) {
        p->head = view->head;
    }
    rc = take_rows(p, view);
    bool rows_lost = !view->has_index || view->bad_rows > 0;
    if (rc == 0 && rows_lost) {
        rc = walk_boxes(p, !view->has_index);
        report->indexes_made += !view->has_index;
    }
    if (rc == 0 && p->count == 0) {
        remove_reel(p);
        report->reels_empty++;
        return 1;
    }
    if (rc == 0 && !p->format) {
        rc = make_format(p, view->has_index ? view->head.track_id : 1);
        rc = rc ? rc : write_init(p);
        report->inits_made++;
    }
    rc = rc ? rc : write_index(p);
    uint64_t end = rc == 0 ? p->rows[p->count - 1].offset + p->rows[p->count - 1].n : 0;
    rc = rc ? rc : lct_reel_finalize(p->io, p->fd, p->format, p->rows, p->count, 0);
    if (rc < 0) {
        return rc;
    }
    report->reels_closed++;
    report->chunks_kept += p->count;
    report->chunks_bad += p->bad;
    report->bytes_cut += p->n > end ? p->n - end : 0;
    return 1;
}

static bool is_finished(struct patient *p) {
    const uint8_t *box = read_at(p, LCT_MP4_FTYP_BYTES, LCT_MP4_FREE_BYTES);
    return box && memcmp(box + 4, "mdat", 4) == 0;
}

static int open_patient(struct patient *p) {
    char path[LCT_PATH_SIZE];
    struct stat s;
    lct_reel_path(p->folder, p->number, ".mp4", path);
    p->fd = p->io->open(p->io, path, O_RDWR, 0);
    if (p->fd < 0) {
        return p->fd;
    }
    if (fstat(p->fd, &s) < 0) {
        return -errno;
    }
    p->n = (uint64_t)s.st_size;
    return 0;
}

static void close_patient(struct patient *p) {
    if (p->fd >= 0) {
        (void)p->io->close(p->io, p->fd); /* finalize has synced */
    }
    lct_format_unref(p->format);
    free(p->rows);
    free(p->buffer);
}

int lct_recover_reel(const struct lct_io *io, const char *track_folder, uint32_t number,
                     struct lct_recovery *report) {
    struct patient p = {.io = io, .folder = track_folder, .number = number, .fd = -1};
    struct lct_reel_view view;
    lct_reel_view_load(track_folder, number, &view);
    int rc = open_patient(&p);
    if (rc == -ENOENT) { /* an index without a reel: nothing is left to keep */
        report->chunks_bad += view.count;
        rc = 0;
    } else if (rc == 0 && (!is_finished(&p) || !view.has_index || !view.format)) {
        rc = mend(&p, &view, report);
    }
    close_patient(&p);
    lct_reel_view_free(&view);
    return rc;
}

void lct_recover_lesson(const struct lct_io *io, const char *folder,
                        const struct lct_lesson_info *info, const uint32_t *skip_from,
                        struct lct_recovery *ret_report) {
    struct lct_recovery report = {.error = 0};
    for (size_t i = 0; i < info->track_count; i++) {
        char path[LCT_PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", folder, info->tracks[i].name);
        uint32_t end = skip_from ? skip_from[i] : lct_tape_last_reel(path) + 1;
        for (uint32_t number = 1; number < end; number++) {
            int rc = lct_recover_reel(io, path, number, &report);
            if (rc < 0) {
                lct_warn("reel not mended", "folder=%s reel=%u error=%s", path, number,
                         strerror(-rc));
                report.error = report.error ? report.error : rc;
            }
        }
    }
    *ret_report = report;
}
