// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/tape/reels.h"
#include "archive/tape/scan.h"
#include "base/crc32c.h"
#include "base/log.h"
#include "base/mem.h"
#include "encode/mp4.h"
#include "encode/nal.h"
#include "encode/still.h"

LCT_LOG_TOPIC("recover");

/* A reel under repair, and the rows that hold. */
struct patient {
    const struct lct_io *io;
    const char *folder;
    uint32_t number;
    struct lct_scan scan;
    struct lct_index_head head;
    struct lct_index_row *rows;
    size_t count, room;
    struct lct_format *format;
    struct lct_still *still; /* made when a key frame without a check sum is met */
    uint32_t track_id;       /* as a chunk without a row says; 0: not met */
    int64_t until;           /* where the next reel begins */
    uint64_t bad;
    bool missing; /* a chunk was thrown out behind the last one that holds */
};

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
    p->rows[p->count] = *row;
    p->rows[p->count].info.gap_before = row->info.gap_before || p->missing;
    p->count++;
    p->missing = false;
    return 0;
}

/* What the disk does not give now is not thrown out: it may give it later. */
static bool holds(struct patient *p, const struct lct_index_row *row) {
    const uint8_t *bytes = lct_scan_read(&p->scan, row->offset, row->n);
    bool is_there = row->offset + row->n <= p->scan.n;
    return bytes ? lct_crc32c(0, bytes, row->n) == row->crc : is_there;
}

/* Without a check sum a key frame has to show that it decodes. */
static bool decodes(struct patient *p, const struct lct_index_row *row) {
    if (!p->format || p->format->codec != LCT_CODEC_H264 || !row->info.key) {
        return true;
    }
    uint32_t n = row->info.sample_bytes[0];
    const uint8_t *sample = lct_scan_read(&p->scan, row->offset + lct_index_payload_at(row), n);
    p->still = p->still ? p->still : lct_still_create();
    return sample && lct_still_decode(p->still, p->format, sample, n) == 0;
}

/* What is thrown out must not be found again by its boxes, when no row speaks of it any more. Comes
 * before its row goes. */
static int strike_out(struct patient *p, uint64_t offset) {
    const uint8_t *bytes = lct_scan_read(&p->scan, offset, 8);
    p->missing = true;
    if (!bytes || memcmp(bytes + 4, "moof", 4) != 0) {
        return 0;
    }
    return lct_io_write_all(p->io, p->scan.fd, "free", 4, (off_t)offset + 4);
}

static bool fits_here(struct patient *p, const struct lct_scan_chunk *found, int64_t until) {
    int64_t last = p->count > 0 ? p->rows[p->count - 1].info.tfdt : -1;
    uint32_t wanted = p->format ? p->format->track_id : p->track_id;
    return (wanted == 0 || found->track_id == wanted) && found->row.info.tfdt > last &&
           found->row.info.tfdt < until && decodes(p, &found->row);
}

/*
 * Chunks of [from, end) that no row speaks of: all of them when the index is gone, those whose row
 * was damaged, those a power cut has kept without their rows. Only where no row with a right check
 * sum of its own lies: what a row proves to be wrong is not to come back this way. Their times lie
 * before until.
 */
static int keep_found(struct patient *p, uint64_t from, uint64_t end, int64_t until) {
    struct lct_scan_chunk found;
    int rc = 0;
    while (rc == 0 && lct_scan_next(&p->scan, &from, end, &found)) {
        if (fits_here(p, &found, until)) {
            p->track_id = found.track_id;
            rc = keep(p, &found.row);
        } else {
            rc = strike_out(p, found.row.offset);
        }
    }
    return rc;
}

/* Something is missing also where a promise is not kept. */
static void say_gaps(struct patient *p) {
    for (size_t i = 1; i < p->count; i++) {
        const struct lct_chunk_info *before = &p->rows[i - 1].info;
        struct lct_chunk_info *here = &p->rows[i].info;
        here->gap_before = here->gap_before || here->tfdt > before->tfdt + before->duration;
    }
}

static int take_rows(struct patient *p, const struct lct_reel_view *view) {
    uint64_t known = LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES; /* up to here rows have spoken */
    uint64_t end = known;                                     /* of the last chunk that holds */
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < view->count; i++) {
        const struct lct_index_row *row = &view->rows[i];
        rc = row->offset > known ? keep_found(p, known, row->offset, row->info.tfdt) : 0;
        if (rc == 0 && row->offset >= end && holds(p, row)) {
            rc = keep(p, row);
            end = row->offset + row->n;
        } else if (rc == 0) {
            p->bad++;
            rc = row->offset >= end ? strike_out(p, row->offset) : 0;
        }
        known = row->offset + row->n > known ? row->offset + row->n : known;
    }
    rc = rc ? rc : keep_found(p, known, p->scan.n, p->until);
    say_gaps(p);
    p->bad += view->bad_rows;
    return rc;
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
        const uint8_t *sample = lct_scan_read(&p->scan, row->offset + lct_index_payload_at(row), n);
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

static struct lct_format *make_format(struct patient *p, uint32_t track_id) {
    struct lct_format *f = lct_new(sizeof *f);
    const char *slash = strrchr(p->folder, '/');
    lct_ref_init(&f->ref);
    (void)snprintf(f->track, sizeof f->track, "%s", slash ? slash + 1 : p->folder);
    f->track_id = track_id;
    if (!picture_config(p, f)) {
        sound_config(f);
    }
    lct_mp4_codec_string(f);
    if (lct_mp4_make_init(f) < 0) {
        lct_format_unref(f);
        return NULL;
    }
    return f;
}

/* Both inits are there and right for themselves but differ, or both are wrong: what the pictures
 * carry with them decides, and else what is there. */
static int settle_format(struct patient *p, const struct lct_reel_view *view,
                         struct lct_recovery *report) {
    struct lct_reel_inits inits;
    lct_reel_inits_load(p->folder, p->number, &inits);
    bool same = inits.beside && inits.inside &&
                inits.beside->init_bytes == inits.inside->init_bytes &&
                memcmp(inits.beside->init, inits.inside->init, inits.beside->init_bytes) == 0;
    bool sure = inits.beside_right != inits.inside_right || (same && inits.beside_right);
    lct_reel_inits_free(&inits);
    if (sure) {
        return 0;
    }
    uint32_t id = p->format ? p->format->track_id : view->has_index ? view->head.track_id : 0;
    id = p->track_id ? p->track_id : id;
    struct lct_format *made = make_format(p, id ? id : 1);
    bool fits = made && (made->codec == LCT_CODEC_H264) == lct_index_is_picture(&p->rows[0]);
    if (!p->format && view->format) { /* better one that is damaged a little than none */
        p->format = lct_format_ref(view->format);
    }
    if (fits && (made->codec == LCT_CODEC_H264 || !view->format_right)) {
        lct_format_unref(p->format);
        p->format = lct_format_ref(made);
        report->inits_made++;
    }
    lct_format_unref(made);
    return p->format ? 0 : -EBADMSG;
}

/* ---- writing it down ---- */

static int write_init(struct patient *p) {
    char path[LCT_PATH_SIZE];
    LCT_FREE char *there = NULL;
    size_t n = 0;
    const struct lct_format *f = p->format;
    lct_reel_path(p->folder, p->number, ".init.mp4", path);
    if (lct_io_slurp(path, f->init_bytes, &there, &n) == 0 && n == f->init_bytes &&
        memcmp(there, f->init, n) == 0) {
        return 0;
    }
    return lct_io_replace(p->io, path, f->init, f->init_bytes);
}

/* A finished reel that is to be written once more is an unfinished one until it is done, so that an
 * interruption leaves what recovery knows. ftyp and init are put right where they have room: the
 * first chunk begins behind them. Durable, with what was struck out, before the new index is: else
 * the old chunk could come back without the row that proves it wrong. */
static int write_head(struct patient *p) {
    uint8_t head[LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES];
    const size_t moov_bytes = p->format->init_bytes - LCT_MP4_FTYP_BYTES;
    const uint8_t *moov = p->format->init + LCT_MP4_FTYP_BYTES;
    lct_mp4_reel_head(head);
    const uint8_t *there = lct_scan_read(&p->scan, 0, sizeof head);
    int rc = 0;
    if (!there || memcmp(there, head, sizeof head) != 0) {
        rc = lct_io_write_all(p->io, p->scan.fd, head, sizeof head, 0);
    }
    there = lct_scan_read(&p->scan, sizeof head, moov_bytes);
    bool room = sizeof head + moov_bytes <= p->rows[0].offset;
    if (rc == 0 && room && (!there || memcmp(there, moov, moov_bytes) != 0)) {
        rc = lct_io_write_all(p->io, p->scan.fd, moov, moov_bytes, sizeof head);
    }
    return rc ? rc : p->io->fdatasync(p->io, p->scan.fd);
}

static void fill_head(struct patient *p) {
    if (p->format) {
        p->head.track_id = p->format->track_id;
        p->head.timescale = p->format->timescale;
        p->head.codec = p->format->codec;
    }
    p->head.number = p->number;
}

static int write_index(struct patient *p) {
    size_t n = LCT_INDEX_HEAD_BYTES + p->count * LCT_INDEX_ROW_BYTES;
    LCT_FREE uint8_t *bytes = lct_new(n);
    char path[LCT_PATH_SIZE];
    fill_head(p);
    lct_index_write_head(&p->head, bytes);
    for (size_t i = 0; i < p->count; i++) {
        lct_index_write_row(&p->rows[i], bytes + LCT_INDEX_HEAD_BYTES + i * LCT_INDEX_ROW_BYTES);
    }
    lct_reel_path(p->folder, p->number, ".index", path);
    return lct_io_replace(p->io, path, bytes, n);
}

/* Nothing of the reel is left. An index without rows stays in its place, so that a reel which is
 * missing later is known from one that was lost and said. */
static int bury(struct patient *p, struct lct_recovery *report) {
    static const char *const what[] = {".mp4", ".init.mp4"};
    char path[LCT_PATH_SIZE];
    p->count = 0;
    if (p->head.timescale == 0) {
        p->head = (struct lct_index_head){.track_id = 1, .timescale = 90000};
    }
    int rc = write_index(p);
    for (size_t i = 0; rc == 0 && i < sizeof what / sizeof *what; i++) {
        lct_reel_path(p->folder, p->number, what[i], path);
        int removed = p->io->remove(p->io, path);
        rc = removed == -ENOENT || removed == -EISDIR ? 0 : removed;
    }
    report->reels_empty++;
    return rc ? rc : 1;
}

static int write_down(struct patient *p, struct lct_recovery *report) {
    uint64_t end = p->rows[p->count - 1].offset + p->rows[p->count - 1].n;
    int rc = write_init(p);
    rc = rc ? rc : write_head(p);
    rc = rc ? rc : write_index(p);
    rc = rc ? rc : lct_reel_finalize(p->io, p->scan.fd, p->format, p->rows, p->count, 0);
    if (rc < 0) {
        return rc;
    }
    report->reels_closed++;
    report->chunks_kept += p->count;
    report->bytes_cut += p->scan.n > end ? p->scan.n - end : 0;
    return 1;
}

static int mend(struct patient *p, const struct lct_reel_view *view, struct lct_recovery *report) {
    if (view->format && view->format_right) {
        p->format = lct_format_ref(view->format);
    }
    if (view->has_index) {
        p->head = view->head;
    }
    int rc = take_rows(p, view);
    if (rc < 0) {
        return rc;
    }
    report->indexes_made += !view->has_index;
    report->chunks_bad += p->bad;
    if (p->count == 0) { /* what could not be read may be there */
        return p->scan.error ? p->scan.error : bury(p, report);
    }
    rc = settle_format(p, view, report);
    return rc ? rc : write_down(p, report);
}

/* ---- reels and lessons ---- */

static bool is_finished(struct patient *p) {
    const uint8_t *box = lct_scan_read(&p->scan, LCT_MP4_FTYP_BYTES, LCT_MP4_FREE_BYTES);
    return box && memcmp(box + 4, "mdat", 4) == 0;
}

/* A chunk whose row could not be written any more is the first of the next reel: it must not come
 * twice. */
static int64_t begin_of_next(const char *folder, uint32_t number) {
    uint32_t last = lct_reels_last(folder);
    int64_t begin = INT64_MAX;
    while (begin == INT64_MAX && number < last) {
        struct lct_reel_view view;
        lct_reel_view_load(folder, ++number, &view);
        begin = view.count > 0 ? view.rows[0].info.tfdt : begin;
        lct_reel_view_free(&view);
    }
    return begin;
}

static int recover(const struct lct_io *io, const char *folder, uint32_t number, bool finished_too,
                   struct lct_recovery *report) {
    struct patient p = {.io = io, .folder = folder, .number = number};
    struct lct_reel_view view;
    char path[LCT_PATH_SIZE];
    lct_reel_view_load(folder, number, &view);
    lct_reel_path(folder, number, ".mp4", path);
    int rc = lct_scan_open(io, path, O_RDWR, &p.scan);
    if (rc == -ENOENT || rc == -EISDIR) {
        /* At a start it may only be somewhere else for now. */
        bool buried = view.has_index && view.count == 0;
        p.head = view.head;
        report->chunks_bad += view.count;
        rc = buried || !finished_too ? 0 : bury(&p, report);
    } else if (rc == 0 && (finished_too || !is_finished(&p) || !view.has_index || !view.format)) {
        p.until = begin_of_next(folder, number);
        rc = mend(&p, &view, report);
    }
    lct_scan_close(&p.scan);
    lct_still_destroy(p.still);
    lct_format_unref(p.format);
    free(p.rows);
    lct_reel_view_free(&view);
    return rc;
}

int lct_recover_reel(const struct lct_io *io, const char *track_folder, uint32_t number,
                     struct lct_recovery *report) {
    return recover(io, track_folder, number, true, report);
}

int lct_recover_open_reel(const struct lct_io *io, const char *track_folder, uint32_t number,
                          struct lct_recovery *report) {
    return recover(io, track_folder, number, false, report);
}

void lct_recover_lesson(const struct lct_io *io, const char *folder,
                        const struct lct_lesson_info *info, const uint32_t *skip_from,
                        struct lct_recovery *ret_report) {
    struct lct_recovery report = {.error = 0};
    for (size_t i = 0; i < info->track_count; i++) {
        char path[LCT_PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", folder, info->tracks[i].name);
        uint32_t end = skip_from ? skip_from[i] : lct_reels_last(path) + 1;
        for (uint32_t number = 1; number < end; number++) {
            int rc = recover(io, path, number, false, &report);
            if (rc < 0) {
                lct_warn("reel not mended", "folder=%s reel=%u error=%s", path, number,
                         strerror(-rc));
                report.error = report.error ? report.error : rc;
            }
        }
    }
    *ret_report = report;
}
