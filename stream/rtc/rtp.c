// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/rtp.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "encode/nal.h"

/* Payload types beside those of NAL units (RFC 6184 sec. 5.2), and what they add:
 *
 *     STAP-A   indicator, then of each NAL unit 2 bytes of length and the unit
 *     FU-A     indicator, FU header, then a piece of the NAL unit without its first byte
 */
#define STAP_A 24U
#define STAP_HEAD 1U
#define STAP_LENGTH 2U
#define FU_A 28U
#define FU_HEAD 2U
#define FU_START 0x80U
#define FU_END 0x40U

#define LENGTH_BYTES 4U /* before each NAL unit of a sample */

#define FORBIDDEN_BIT 0x80U
#define REFERENCE_BITS 0x60U

#define FIXED_HEADER 12U
#define EXTENSION_HEAD 4U
#define EXTENSION_FLAG 0x10U
#define ONE_BYTE_FORM 0xbedeU

struct cut {
    size_t max;
    lct_rtp_put_fn put;
    void *arg;
};

/* Neighbours that fit into one payload together, or one NAL unit alone. */
struct run {
    const uint8_t *first, *end; /* in the sample: the first one's first byte, behind the last one */
    size_t count;
    size_t bytes;       /* as a STAP-A */
    unsigned indicator; /* of that STAP-A: the highest of its units' (sec. 5.7) */
};

/* The next NAL unit of a sample that can be sent; NULL at its end or where a length is wrong. */
static const uint8_t *next_nal(struct lct_reader *r, size_t *ret_n) {
    while (lct_left(r) > 0) {
        size_t n = lct_get_u32(r);
        const uint8_t *nal = lct_get(r, n);
        if (!nal || n == 0) {
            r->failed = true;
            break;
        }
        if (lct_nal_type_of(nal) > 0 && lct_nal_type_of(nal) < STAP_A) {
            *ret_n = n;
            return nal;
        }
    }
    return NULL;
}

/* Equal sizes rather than full ones with a small rest: as many packets, and none for a few bytes.
 */
static void put_fragments(const struct cut *cut, const uint8_t *nal, size_t n, bool last) {
    size_t room = cut->max - FU_HEAD;
    size_t pieces = (n - 1 + room - 1) / room;
    size_t step = (n - 1 + pieces - 1) / pieces;
    for (size_t at = 1; at < n; at += step) {
        bool end = n - at <= step;
        unsigned flags = (at == 1 ? FU_START : 0U) | (end ? FU_END : 0U);
        const uint8_t head[FU_HEAD] = {
            (uint8_t)((nal[0] & (FORBIDDEN_BIT | REFERENCE_BITS)) | FU_A),
            (uint8_t)(flags | lct_nal_type_of(nal)),
        };
        cut->put(cut->arg, head, sizeof head, nal + at, end ? n - at : step, last && end);
    }
}

static void put_together(const struct cut *cut, const struct run *run, bool last) {
    uint8_t stap[LCT_RTP_PAYLOAD_MAX];
    struct lct_writer w = lct_writer(stap, sizeof stap);
    const uint8_t *start = run->first - LENGTH_BYTES, *nal;
    struct lct_reader r = lct_reader(start, (size_t)(run->end - start));
    size_t n;
    lct_put_u8(&w, run->indicator);
    while ((nal = next_nal(&r, &n))) {
        lct_put_u16(&w, (unsigned)n);
        lct_put(&w, nal, n);
    }
    assert(!w.failed && w.at == run->bytes);
    cut->put(cut->arg, NULL, 0, stap, w.at, last);
}

static void put_run(const struct cut *cut, const struct run *run, bool last) {
    size_t n = (size_t)(run->end - run->first);
    if (run->count > 1) {
        put_together(cut, run, last);
    } else if (n > cut->max) {
        put_fragments(cut, run->first, n, last);
    } else {
        cut->put(cut->arg, NULL, 0, run->first, n, last);
    }
}

static void lengthen(struct run *run, const uint8_t *nal, size_t n) {
    unsigned reference = run->indicator & REFERENCE_BITS, other = nal[0] & REFERENCE_BITS;
    unsigned forbidden = (run->indicator | nal[0]) & FORBIDDEN_BIT;
    run->first = run->count == 0 ? nal : run->first;
    run->end = nal + n;
    run->bytes += STAP_LENGTH + n;
    run->indicator = forbidden | (other > reference ? other : reference) | STAP_A;
    run->count++;
}

static bool can_be_sent(const uint8_t *sample, size_t n) {
    struct lct_reader r = lct_reader(sample, n);
    size_t nal_n, count = 0;
    while (next_nal(&r, &nal_n)) {
        count++;
    }
    return !r.failed && count > 0;
}

int lct_rtp_cut_h264(const uint8_t *sample, size_t n, size_t max, lct_rtp_put_fn put, void *arg) {
    assert(max > FU_HEAD && max <= LCT_RTP_PAYLOAD_MAX);
    static const struct run none = {.bytes = STAP_HEAD};
    const struct cut cut = {max, put, arg};
    struct lct_reader r = lct_reader(sample, n);
    struct run run = none;
    const uint8_t *nal;
    size_t nal_n;
    if (!can_be_sent(sample, n)) {
        return -EBADMSG;
    }
    while ((nal = next_nal(&r, &nal_n))) {
        if (run.count > 0 && run.bytes + STAP_LENGTH + nal_n > max) {
            put_run(&cut, &run, false);
            run = none;
        }
        lengthen(&run, nal, nal_n);
    }
    put_run(&cut, &run, true);
    return 0;
}

/* ---- RED ---- */

#define RED_HEAD 4     /* of an earlier payload */
#define RED_OWN_HEAD 1 /* of the packet's own */
#define RED_FOLLOWS 0x80U
#define RED_AGE_MAX 0x3fffU
#define RED_LENGTH_MAX 0x3ffU

size_t lct_rtp_write_red(uint8_t *out, size_t size, uint8_t type,
                         const struct lct_rtp_block *blocks, size_t n) {
    const struct lct_rtp_block *own = &blocks[n - 1], *first = own;
    size_t bytes = RED_OWN_HEAD + own->n;
    assert(n >= 1 && n <= LCT_RTP_RED_EARLIER_MAX + 1);
    /* The newest ones that fit, without a hole between them: the reader counts by their places. */
    while (first > blocks && first[-1].n <= RED_LENGTH_MAX &&
           own->timestamp - first[-1].timestamp <= RED_AGE_MAX &&
           bytes + RED_HEAD + first[-1].n <= size) {
        first--;
        bytes += RED_HEAD + first->n;
    }
    struct lct_writer w = lct_writer(out, size);
    for (const struct lct_rtp_block *block = first; block < own; block++) {
        uint32_t age = own->timestamp - block->timestamp;
        lct_put_u8(&w, RED_FOLLOWS | type);
        lct_put_be(&w, age << 10 | (uint32_t)block->n, 3);
    }
    lct_put_u8(&w, type);
    for (const struct lct_rtp_block *block = first; block <= own; block++) {
        lct_put(&w, block->payload, block->n);
    }
    return w.failed ? 0 : w.at;
}

/* ---- headers ---- */

static void put_extension_head(struct lct_writer *w, unsigned id, size_t n) {
    assert(id < 15 && n >= 1 && n <= 16);
    lct_put_u8(w, (id << 4) | (unsigned)(n - 1));
}

static void put_number(struct lct_writer *w, unsigned id, uint64_t value, size_t n) {
    if (id > 0) {
        put_extension_head(w, id, n);
        lct_put_be(w, value, n);
    }
}

size_t lct_rtp_write_header(uint8_t out[LCT_RTP_HEADER_MAX], const struct lct_rtp_header *h) {
    struct lct_writer w = lct_writer(out, LCT_RTP_HEADER_MAX);
    lct_put_u8(&w, 2U << 6); /* version 2 */
    lct_put_u8(&w, (h->marker ? 0x80U : 0U) | h->type);
    lct_put_u16(&w, h->sequence);
    lct_put_u32(&w, h->timestamp);
    lct_put_u32(&w, h->ssrc);
    lct_put_u16(&w, ONE_BYTE_FORM);
    lct_put_u16(&w, 0);                               /* length in words: below */
    put_number(&w, h->send_time_id, h->send_time, 3); /* first: lct_rtp_send_time_at */
    put_number(&w, h->transport_cc_id, h->transport_cc, 2);
    put_number(&w, h->playout_id, (uint32_t)h->playout_min << 12 | h->playout_max, 3);
    put_number(&w, h->capture_id, h->capture, 8);
    if (h->mid_id > 0) {
        put_extension_head(&w, h->mid_id, strlen(h->mid));
        lct_put(&w, h->mid, strlen(h->mid));
    }
    size_t extensions = w.at - FIXED_HEADER - EXTENSION_HEAD;
    if (extensions == 0) {
        return FIXED_HEADER;
    }
    lct_put_zeros(&w, -extensions % 4);
    assert(!w.failed);
    out[0] |= EXTENSION_FLAG;
    out[FIXED_HEADER + 3] = (uint8_t)((extensions + 3) / 4);
    return w.at;
}

size_t lct_rtp_send_time_at(const struct lct_rtp_header *header) {
    return header->send_time_id > 0 ? FIXED_HEADER + EXTENSION_HEAD + 1 : 0;
}
