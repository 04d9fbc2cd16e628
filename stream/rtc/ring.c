// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PICTURE_HZ 90000U
#define OPUS_HZ 48000U
#define OPUS_TICKS 960U /* 20 ms */

/* Slots are all as large as the largest payload, so that a number leads to its place by division
 * alone. They come in pages: a track of sound does not hold the memory of one of pictures. */
#define PAGE_PACKETS 64U
#define PAGES_MAX (LCT_RING_BYTES_MAX / sizeof(struct page))

struct slot {
    struct lct_ring_packet packet;
    uint8_t payload[LCT_RTP_PAYLOAD_MAX];
};

struct page {
    struct slot slots[PAGE_PACKETS];
};

struct lct_ring {
    lct_clock_fn clock;
    uint64_t begin, end; /* numbers */
    uint64_t key;        /* number; may have fallen out */
    size_t bytes;        /* of the payloads that are kept */
    struct page *spare;  /* the page that fell out last: the next one needed */
    struct page *pages[PAGES_MAX];
};

/* A chunk that is being cut. */
struct cutting {
    struct lct_ring *ring;
    struct lct_ring_packet packet; /* what its next packet will say */
};

struct lct_ring *lct_ring_create(lct_clock_fn clock) {
    struct lct_ring *ring = lct_new(sizeof *ring);
    ring->clock = clock;
    ring->key = UINT64_MAX;
    return ring;
}

void lct_ring_destroy(struct lct_ring *ring) {
    if (!ring) {
        return;
    }
    for (size_t i = 0; i < PAGES_MAX; i++) {
        free(ring->pages[i]);
    }
    free(ring->spare);
    free(ring);
}

/* Where the page of a packet stands. */
static size_t page_of(uint64_t number) { return (size_t)(number / PAGE_PACKETS % PAGES_MAX); }

static struct slot *slot_of(const struct lct_ring *ring, uint64_t number) {
    return &ring->pages[page_of(number)]->slots[number % PAGE_PACKETS];
}

static void drop_oldest(struct lct_ring *ring) {
    size_t page = page_of(ring->begin);
    ring->bytes -= slot_of(ring, ring->begin)->packet.n;
    ring->begin++;
    if (ring->begin % PAGE_PACKETS == 0) {
        free(ring->spare);
        ring->spare = ring->pages[page];
        ring->pages[page] = NULL;
    }
}

static void drop_older(struct lct_ring *ring, lct_ns added) {
    while (ring->begin < ring->end && slot_of(ring, ring->begin)->packet.added < added) {
        drop_oldest(ring);
    }
}

/* Makes sure that the next packet has a place; the oldest page gives way when all are in use. */
static void make_room(struct lct_ring *ring) {
    struct page **page = &ring->pages[page_of(ring->end)];
    if (ring->end % PAGE_PACKETS > 0) {
        return;
    }
    while (*page) {
        drop_oldest(ring);
    }
    *page = ring->spare ? ring->spare : lct_new(sizeof **page);
    ring->spare = NULL;
}

static void add_packet(void *arg, const uint8_t *head, size_t head_n, const uint8_t *body,
                       size_t body_n, bool last) {
    struct cutting *cutting = arg;
    struct lct_ring *ring = cutting->ring;
    assert(head_n + body_n <= LCT_RTP_PAYLOAD_MAX);
    make_room(ring);
    struct slot *slot = slot_of(ring, ring->end);
    if (head_n > 0) {
        memcpy(slot->payload, head, head_n);
    }
    memcpy(slot->payload + head_n, body, body_n);
    slot->packet = cutting->packet;
    slot->packet.payload = slot->payload;
    slot->packet.n = (uint16_t)(head_n + body_n);
    slot->packet.marker = last;
    if (slot->packet.first && slot->packet.key) {
        ring->key = ring->end;
    }
    ring->bytes += slot->packet.n;
    ring->end++;
    cutting->packet.first = false;
}

static int add_sound(struct cutting *cutting, const struct lct_chunk *chunk) {
    const uint32_t *sizes = chunk->info.sample_bytes;
    const uint8_t *sample = chunk->bytes + chunk->payload_at;
    for (size_t i = 0; i < chunk->info.samples; i++) {
        if (sizes[i] == 0 || sizes[i] > LCT_RTP_PAYLOAD_MAX) { /* Opus is never cut (RFC 7587) */
            return -EBADMSG;
        }
    }
    for (size_t i = 0; i < chunk->info.samples; i++) {
        cutting->packet.first = true;
        add_packet(cutting, NULL, 0, sample, sizes[i], false);
        cutting->packet.timestamp += OPUS_TICKS;
        cutting->packet.captured += lct_ticks_to_ns(OPUS_TICKS, OPUS_HZ);
        sample += sizes[i];
    }
    return 0;
}

int lct_ring_add(struct lct_ring *ring, const struct lct_chunk *chunk) {
    const struct lct_format *format = chunk->format;
    struct cutting cutting = {.ring = ring};
    cutting.packet.first = true;
    cutting.packet.key = chunk->info.key;
    cutting.packet.timestamp = (uint32_t)chunk->info.tfdt;
    cutting.packet.captured = chunk->captured;
    cutting.packet.added = ring->clock();
    drop_older(ring, cutting.packet.added - LCT_RING_SPAN);
    if (format->codec == LCT_CODEC_OPUS && format->timescale == OPUS_HZ) {
        return add_sound(&cutting, chunk);
    }
    if (format->codec == LCT_CODEC_H264 && format->timescale == PICTURE_HZ) {
        return lct_rtp_cut_h264(chunk->bytes + chunk->payload_at, chunk->info.sample_bytes[0],
                                LCT_RTP_PAYLOAD_MAX, add_packet, &cutting);
    }
    return -ENOTSUP;
}

uint64_t lct_ring_begin(const struct lct_ring *ring) { return ring->begin; }

uint64_t lct_ring_end(const struct lct_ring *ring) { return ring->end; }

uint64_t lct_ring_key(const struct lct_ring *ring) {
    return ring->key >= ring->begin && ring->key < ring->end ? ring->key : ring->end;
}

const struct lct_ring_packet *lct_ring_at(const struct lct_ring *ring, uint64_t number) {
    bool kept = number >= ring->begin && number < ring->end;
    return kept ? &slot_of(ring, number)->packet : NULL;
}

double lct_ring_rate(const struct lct_ring *ring) {
    if (ring->begin == ring->end) {
        return 0;
    }
    lct_ns first = slot_of(ring, ring->begin)->packet.added;
    lct_ns span = slot_of(ring, ring->end - 1)->packet.added - first;
    return (double)ring->bytes * 1e9 / (double)(span > LCT_SECOND ? span : LCT_SECOND);
}
