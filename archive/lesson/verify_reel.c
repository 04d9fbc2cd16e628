// SPDX-License-Identifier: GPL-3.0-or-later
/* One reel: its index, its inits, every chunk, and whether it is a plain MP4. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/verify_priv.h"
#include "archive/tape/reels.h"
#include "archive/tape/scan.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "encode/mp4.h"

#define HEAD_BYTES (LCT_MP4_FTYP_BYTES + LCT_MP4_FREE_BYTES)
#define INDEX_BYTES_MAX (256U << 20)
#define MOOV_BYTES_MAX (64U << 20)

/* A reel being verified. */
struct subject {
    struct lct_verify_walk *walk;
    uint32_t number;
    struct lct_scan scan;
    bool has_file;
    struct lct_reel_view view;
    struct lct_reel_inits inits;
    size_t *row_places; /* byte of each of view.rows in the index */
    size_t torn_at;     /* byte where the index ends inside a row; 0: it does not */
    bool finished;
    bool alive;     /* it is being written: what is not there yet is no damage */
    bool after_bad; /* the row before was not right: a hole is known */
};

static void say(struct subject *s, const char *what, enum lct_finding_kind kind, uint64_t at,
                uint64_t count) {
    char name[64];
    (void)snprintf(name, sizeof name, "%04" PRIu32 "%s", s->number, what);
    lct_verify_say(s->walk->verify, s->walk->track->info.name, name, kind, at, count);
}

/* ---- the index ---- */

static bool is_zero(const uint8_t *bytes, size_t n) {
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0;
}

static void read_rows(struct subject *s, const uint8_t *bytes, size_t n) {
    size_t room = (n - LCT_INDEX_HEAD_BYTES) / LCT_INDEX_ROW_BYTES;
    s->row_places = lct_new((room + 1) * sizeof *s->row_places);
    s->view.rows = lct_new((room + 1) * sizeof *s->view.rows);
    size_t at = LCT_INDEX_HEAD_BYTES;
    for (; at + LCT_INDEX_ROW_BYTES <= n; at += LCT_INDEX_ROW_BYTES) {
        if (lct_index_read_row(bytes + at, &s->view.rows[s->view.count]) == 0) {
            s->row_places[s->view.count++] = at;
        } else {
            bool zero = is_zero(bytes + at, LCT_INDEX_ROW_BYTES);
            say(s, ".index", zero ? LCT_FINDING_INDEX_ZEROS : LCT_FINDING_INDEX_ROW, at, 1);
            s->view.bad_rows++;
        }
    }
    s->torn_at = at < n ? at : 0;
}

static void read_index(struct subject *s) {
    char path[LCT_PATH_SIZE];
    LCT_FREE char *text = NULL;
    size_t n = 0;
    lct_reel_path(s->walk->folder, s->number, ".index", path);
    int rc = lct_io_slurp(path, INDEX_BYTES_MAX, &text, &n);
    const uint8_t *bytes = (const uint8_t *)text;
    if (rc < 0 || n < LCT_INDEX_HEAD_BYTES) {
        if (!s->alive) {
            say(s, ".index", LCT_FINDING_INDEX_GONE, 0, 0);
        }
        return;
    }
    s->view.has_index = lct_index_read_head(bytes, &s->view.head) == 0;
    bool right = s->view.has_index && s->view.head.number == s->number;
    if (!right) {
        say(s, ".index", LCT_FINDING_INDEX_HEAD, 0, 0);
    }
    read_rows(s, bytes, n);
}

/* An index that ends inside a row: half a row was being written when everything ended. */
static void judge_torn(struct subject *s) {
    if (s->torn_at == 0 || s->alive) {
        return;
    }
    bool normal = !s->finished && (s->walk->interrupted || s->walk->recorded);
    say(s, ".index", normal ? LCT_FINDING_TORN_ROW : LCT_FINDING_INDEX_TORN, s->torn_at, 1);
}

/* ---- chunks ---- */

static bool agrees(const struct lct_index_row *row, const struct lct_mp4_chunk *box,
                   const struct lct_format *format) {
    const struct lct_chunk_info *a = &row->info, *b = &box->info;
    bool sizes = true;
    for (unsigned i = 0; i < a->samples && i < b->samples; i++) {
        sizes = sizes && a->sample_bytes[i] == b->sample_bytes[i];
    }
    return sizes && a->samples == b->samples && a->tfdt == b->tfdt && a->duration == b->duration &&
           a->key == b->key && box->n == row->n && (!format || format->track_id == box->track_id);
}

static enum lct_finding_kind judge_bytes(struct subject *s, const struct lct_index_row *row,
                                         const uint8_t *bytes, uint64_t *at) {
    struct lct_mp4_chunk box;
    if (lct_crc32c(0, bytes, row->n) != row->crc) {
        size_t zeros = lct_scan_zeros(bytes, row->n);
        *at += zeros < row->n ? zeros : 0;
        return zeros < row->n ? LCT_FINDING_ZEROS : LCT_FINDING_SUM;
    }
    if (lct_mp4_parse_chunk(bytes, row->n, &box) < 0 || !agrees(row, &box, s->view.format)) {
        return LCT_FINDING_BOXES;
    }
    const struct lct_format *f = s->view.format;
    if (row->info.key && f && f->codec == LCT_CODEC_H264) {
        if (lct_still_decode(s->walk->still, s->view.format, bytes + box.payload_at,
                             row->info.sample_bytes[0]) < 0) {
            return LCT_FINDING_KEY;
        }
        s->walk->track->keys++;
    }
    return LCT_FINDING_KINDS;
}

/* What is wrong with a row's chunk; LCT_FINDING_KINDS: nothing. *at moves to the first wrong byte
 * where that is known. */
static enum lct_finding_kind judge_chunk(struct subject *s, const struct lct_index_row *row,
                                         uint64_t *at) {
    *at = row->offset;
    if (row->offset + row->n > s->scan.n) {
        return LCT_FINDING_CUT;
    }
    const uint8_t *bytes = lct_scan_read(&s->scan, row->offset, row->n);
    return bytes ? judge_bytes(s, row, bytes, at) : LCT_FINDING_UNREADABLE;
}

static void judge_time(struct subject *s, size_t i) {
    struct lct_verify_walk *walk = s->walk;
    const struct lct_index_row *row = &s->view.rows[i];
    if (row->info.tfdt <= walk->last_tick) {
        say(s, ".index", LCT_FINDING_TIME, s->row_places[i], 1);
    } else if (i > 0 && !row->info.gap_before && !s->after_bad) {
        const struct lct_chunk_info *before = &s->view.rows[i - 1].info;
        size_t lost_rows = s->row_places[i] - s->row_places[i - 1] - LCT_INDEX_ROW_BYTES;
        if (lost_rows == 0 && row->info.tfdt > before->tfdt + before->duration) {
            say(s, ".index", LCT_FINDING_PROMISE, s->row_places[i], 1);
        }
    }
    walk->last_tick = row->info.tfdt > walk->last_tick ? row->info.tfdt : walk->last_tick;
}

static void count_right(struct subject *s, const struct lct_index_row *row) {
    uint32_t scale = s->view.format ? s->view.format->timescale : s->view.head.timescale;
    s->walk->track->chunks++;
    if (scale > 0) {
        lct_verify_time(s->walk, lct_ticks_to_ns(row->info.tfdt, scale),
                        lct_ticks_to_ns(row->info.tfdt + row->info.duration, scale));
    }
}

/* Whole chunks in [from, end) of which no row speaks. At the end of an interrupted reel they are
 * what was being written: after a power cut a part of it, for rows are made durable after chunks.
 */
static void judge_between(struct subject *s, uint64_t from, uint64_t end, bool tail) {
    struct lct_scan_chunk found;
    uint64_t first = 0, count = 0;
    while (lct_scan_next(&s->scan, &from, end, &found)) {
        first = count++ == 0 ? found.row.offset : first;
    }
    bool normal = tail && !s->finished && (s->walk->recorded || s->walk->interrupted);
    if (count > 0 && !normal) {
        say(s, ".mp4", LCT_FINDING_NO_ROW, first, count);
    }
}

static void judge_rows(struct subject *s) {
    uint64_t end = HEAD_BYTES;
    for (size_t i = 0; i < s->view.count; i++) {
        const struct lct_index_row *row = &s->view.rows[i];
        uint64_t at;
        if (row->offset > end) {
            judge_between(s, end, row->offset, false);
        }
        enum lct_finding_kind wrong = judge_chunk(s, row, &at);
        judge_time(s, i);
        s->after_bad = wrong != LCT_FINDING_KINDS;
        if (s->after_bad) {
            s->walk->track->bad++;
            say(s, ".mp4", wrong, at, 1);
        } else {
            count_right(s, row);
        }
        end = row->offset + row->n > end ? row->offset + row->n : end;
    }
    judge_between(s, end, s->scan.n, true);
}

/* ---- the file around them ---- */

static void judge_inits(struct subject *s) {
    const struct lct_reel_inits *in = &s->inits;
    char path[LCT_PATH_SIZE];
    struct lct_scan probe;
    bool same = in->beside && in->inside && in->beside->init_bytes == in->inside->init_bytes &&
                memcmp(in->beside->init, in->inside->init, in->beside->init_bytes) == 0;
    lct_reel_path(s->walk->folder, s->number, ".init.mp4", path);
    if (!in->beside && !in->inside) {
        say(s, ".init.mp4", LCT_FINDING_NO_INIT, 0, 0);
    } else if (lct_scan_open(&lct_io_system, path, O_RDONLY, &probe) < 0) {
        say(s, ".init.mp4", LCT_FINDING_INIT_GONE, 0, 0);
    } else {
        lct_scan_close(&probe);
        if (!in->beside_right) {
            say(s, ".init.mp4", LCT_FINDING_INIT, 0, 0);
        }
    }
    if (!in->inside_right || (in->beside_right && !same)) {
        say(s, ".mp4", LCT_FINDING_HEAD, HEAD_BYTES, 0);
    }
}

static void judge_moov(struct subject *s) {
    const uint8_t *box = lct_scan_read(&s->scan, LCT_MP4_FTYP_BYTES, LCT_MP4_FREE_BYTES);
    struct lct_reader r = lct_reader(box, box ? LCT_MP4_FREE_BYTES : 0);
    (void)lct_get(&r, 8);
    uint64_t end = lct_get_u64(&r);
    end = end < s->scan.n ? end + LCT_MP4_FTYP_BYTES : s->scan.n;
    end = end < s->scan.n ? end : s->scan.n;
    size_t n = (size_t)(s->scan.n - end);
    const uint8_t *moov = n <= MOOV_BYTES_MAX ? lct_scan_read(&s->scan, end, n) : NULL;
    bool right =
        s->view.bad_rows > 0 || !s->view.has_index || !s->view.format || s->torn_at > 0
            ? moov && n > 8 && memcmp(moov + 4, "moov", 4) == 0
            : moov && lct_reel_moov_is_right(s->view.format, s->view.rows, s->view.count, moov, n);
    if (!right) {
        say(s, ".mp4", LCT_FINDING_MOOV, end, 0);
    }
}

static void judge_head(struct subject *s) {
    uint8_t expected[HEAD_BYTES];
    lct_mp4_reel_head(expected);
    const uint8_t *head = lct_scan_read(&s->scan, 0, HEAD_BYTES);
    static const uint8_t flipped[8] = {0, 0, 0, 1, 'm', 'd', 'a', 't'};
    s->finished = head && memcmp(head + LCT_MP4_FTYP_BYTES, flipped, sizeof flipped) == 0;
    bool free_box = head && memcmp(head + LCT_MP4_FTYP_BYTES, expected + LCT_MP4_FTYP_BYTES,
                                   LCT_MP4_FREE_BYTES) == 0;
    bool ftyp = head && memcmp(head, expected, LCT_MP4_FTYP_BYTES) == 0;
    if (!ftyp || (!free_box && !s->finished)) {
        say(s, ".mp4", LCT_FINDING_HEAD, ftyp ? LCT_MP4_FTYP_BYTES : 0, 0);
    } else if (!s->finished && !s->walk->recorded && !s->walk->interrupted) {
        say(s, ".mp4", LCT_FINDING_OPEN, 0, 0);
    }
}

static void judge_file(struct subject *s) {
    judge_head(s);
    judge_torn(s);
    judge_inits(s);
    judge_rows(s);
    if (s->finished) {
        judge_moov(s);
    }
}

static void judge_without_file(struct subject *s) {
    bool buried = s->view.has_index && s->view.count == 0 && s->view.bad_rows == 0;
    if (buried) {
        say(s, ".index", LCT_FINDING_LOST_REEL, 0, 0);
    } else {
        say(s, ".mp4", LCT_FINDING_REEL_GONE, 0, s->view.count);
        s->walk->track->bad += s->view.count;
    }
}

/* The reel that is written now may have been begun a moment ago: half a head is no damage. */
static bool is_beginning(const struct subject *s) {
    return s->alive &&
           (!s->has_file || s->scan.n < HEAD_BYTES || !s->view.has_index || !s->view.format);
}

void lct_verify_reel(struct lct_verify_walk *walk, uint32_t number) {
    struct subject s = {.walk = walk, .number = number, .view = {.number = number}};
    char path[LCT_PATH_SIZE];
    s.alive = walk->recorded && number == walk->last_reel;
    lct_reel_path(walk->folder, number, ".mp4", path);
    read_index(&s); /* before the file: each of its rows then finds its chunk */
    s.has_file = lct_scan_open(&lct_io_system, path, O_RDONLY, &s.scan) == 0;
    lct_reel_inits_load(walk->folder, number, &s.inits);
    bool beside = s.inits.beside && (s.inits.beside_right || !s.inits.inside_right);
    struct lct_format *better = beside ? s.inits.beside : s.inits.inside;
    s.view.format = better ? lct_format_ref(better) : NULL;
    walk->track->reels += s.has_file;
    walk->track->bytes += s.has_file ? s.scan.n : 0;
    if (!is_beginning(&s)) {
        if (s.has_file) {
            judge_file(&s);
        } else {
            judge_without_file(&s);
        }
    }
    lct_scan_close(&s.scan);
    lct_reel_inits_free(&s.inits);
    lct_reel_view_free(&s.view);
    free(s.row_places);
}
