// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a viewer gets: packets out of the shared rings, each with a header of its own, encrypted
 * into the batch. Nothing is kept for a viewer but numbers.
 */
#include <string.h>

#include "base/secret.h"
#include "stream/rtc/rtc_priv.h"

/* A joiner whose backlog takes longer than this at the pace is better served by a new key frame. */
#define BACKLOG_MAX LCT_SECOND
/* Falls a viewer so far behind the live edge, it goes on at the newest key frame. */
#define LATE_MAX (2 * LCT_SECOND)
/* What may be sent again: a tenth of the pace, and so much at once. */
#define AGAIN_PACE (LCT_RTC_PACE / 10)
#define AGAIN_BURST (64 << 10)
/* On a line without a queue what was asked for comes so many times: it was lost once and may be
 * lost again, and to ask for it a third time takes longer than pictures wait. */
#define AGAIN_COPIES 2
/* Who may have a picture full again goes on with the small one for so long, until a key frame of
 * the full one comes by itself: a camera has one each two seconds. */
#define UP_PATIENCE (5 * LCT_SECOND / 2)
/* A track whose newest packet is so old may have nobody know that it was lost. */
#define PROBE_AFTER (50 * LCT_MS)
/* A packet of sound carries so many before it (RED), so that what is lost singly or in pairs is not
 * missed: asking for it again would take longer than a player waits for sound. */
#define EARLIER_SOUNDS 2
/* Pictures wait at most so long for others in the viewer's jitter buffer, in 10 ms. */
#define PLAYOUT_MAX 40
/* With a smallest delay of 0 and a largest of up to 500 ms libwebrtc shows each picture as it comes
 * (modules/video_coding/timing), so that each packet that is sent again is seen as a stop. A viewer
 * that misses something is told to wait so long, in 10 ms: it asks each 100 ms, and this is time
 * for two questions and a little; until it has missed nothing for a while. */
#define PLAYOUT_LOSSY 25
#define LOSSY_SPAN (10 * LCT_SECOND)
/* After a join it is so much more: a browser expects pictures by a straight line through all that
 * came, and what a joiner gets first came all at once, so that for a while it expects them too
 * early (libwebrtc's timestamp extrapolator; 90 ms were seen). */
#define PLAYOUT_YOUNG 10
#define YOUNG_SPAN (30 * LCT_SECOND)
/* It grows by so much a picture: a pause of its whole length would be a stop itself. */
#define PLAYOUT_STEP 4

static bool is_sound(const struct lct_rtc_stream *s) { return s->full->codec == LCT_CODEC_OPUS; }

/* 6.18 fixed point of seconds, on any clock. */
static uint32_t send_time(lct_ns now) {
    return (uint32_t)(((uint64_t)now / 1000 << 18) / 1000000) & 0xffffff;
}

/* Protects header and payload into the batch. */
static void put(struct lct_rtc_viewer *v, const struct lct_rtp_header *header, uint64_t index,
                const uint8_t *payload, size_t n, lct_ns now) {
    uint8_t head[LCT_RTP_HEADER_MAX];
    size_t head_n = lct_rtp_write_header(head, header);
    uint8_t *out = lct_batch_room(v->rtc->batch);
    size_t all = lct_srtp_protect(v->srtp, index, head, head_n, payload, n, out);
    if (all > 0) {
        lct_batch_add(v->rtc->batch, &v->to, all);
    }
    /* A number that no packet bears would be missed in the feedback. */
    int number = header->transport_cc_id > 0 ? v->transport_cc++ : LCT_ESTIMATE_NO_NUMBER;
    lct_estimate_sent(&v->estimate, number, all, now);
}

/* The header all packets of a picture share in size, so that they make one message. */
static struct lct_rtp_header header_of(const struct lct_rtc_viewer *v,
                                       const struct lct_rtc_stream *s,
                                       const struct lct_ring_packet *packet, lct_ns now) {
    struct lct_rtp_header header = {
        .marker = packet->marker,
        .timestamp = packet->timestamp,
        .send_time_id = s->extensions[LCT_SDP_SEND_TIME],
        .send_time = send_time(now),
        .transport_cc_id = s->extensions[LCT_SDP_TRANSPORT_CC],
        .transport_cc = v->transport_cc,
    };
    if (!is_sound(s) && (packet->key || s->playout > 0)) {
        header.playout_id = s->extensions[LCT_SDP_PLAYOUT];
        header.playout_min = s->playout;
        header.playout_max = PLAYOUT_MAX;
    }
    if (packet->key || (is_sound(s) && s->packets % 50 == 0)) {
        header.mid_id = s->extensions[LCT_SDP_MID];
        header.mid = s->mid;
        header.capture_id = s->extensions[LCT_SDP_CAPTURE_TIME];
        header.capture = lct_rtcp_ntp(lct_wall() - (now - packet->captured));
    }
    return header;
}

/* Once a picture, so that all its packets' headers have one size. */
static void set_playout(const struct lct_rtc_viewer *v, struct lct_rtc_stream *s, lct_ns now) {
    bool lossy = v->missed != LCT_NS_NONE && now - v->missed < LOSSY_SPAN;
    int young = now - v->born < YOUNG_SPAN ? PLAYOUT_YOUNG : 0;
    int want = lossy ? PLAYOUT_LOSSY + young : 0, grown = s->playout + PLAYOUT_STEP;
    s->playout = (uint16_t)(s->playout > want ? s->playout - 1 : grown < want ? grown : want);
}

/* The stream's next packet and those that this viewer got before it. */
static size_t with_earlier(const struct lct_rtc_stream *s, uint8_t out[LCT_RTP_PAYLOAD_MAX]) {
    struct lct_rtp_block blocks[EARLIER_SOUNDS + 1];
    uint64_t got = s->next - s->since, earlier = got < EARLIER_SOUNDS ? got : EARLIER_SOUNDS;
    size_t n = 0;
    for (uint64_t number = s->next - earlier; number <= s->next; number++) {
        const struct lct_ring_packet *packet = lct_ring_at(s->track->ring, number);
        if (packet) { /* the oldest may have fallen out */
            blocks[n++] = (struct lct_rtp_block){packet->payload, packet->n, packet->timestamp};
        }
    }
    return lct_rtp_write_red(out, LCT_RTP_PAYLOAD_MAX, s->codec.type, blocks, n);
}

static void send_packet(struct lct_rtc_viewer *v, struct lct_rtc_stream *s,
                        const struct lct_ring_packet *packet, lct_ns now) {
    if (packet->first) {
        set_playout(v, s, now);
    }
    struct lct_rtp_header header = header_of(v, s, packet, now);
    uint8_t red[LCT_RTP_PAYLOAD_MAX];
    size_t red_n = s->codec.red ? with_earlier(s, red) : 0; /* 0: no room for its head either */
    const uint8_t *payload = red_n > 0 ? red : packet->payload;
    size_t n = red_n > 0 ? red_n : packet->n;
    header.type = red_n > 0 ? s->codec.red : s->codec.type;
    header.ssrc = s->ssrc;
    header.sequence = (uint16_t)s->index;
    put(v, &header, s->index, payload, n, now);
    v->tokens -= (int64_t)n;
    s->timestamp = packet->timestamp;
    s->sent = now;
    s->probed = false;
    s->index++;
    s->next++;
    s->packets++;
    s->bytes += (uint32_t)n;
}

/* From this packet of the ring on; what lies between is not missed, because the numbers the viewer
 * sees go on without a hole. */
static void jump(struct lct_rtc_stream *s, uint64_t number) {
    s->next = number;
    s->since = number;
}

static double backlog_seconds(const struct lct_rtc_stream *s, uint64_t from) {
    double bytes = (double)(lct_ring_end(s->track->ring) - from) * LCT_RTP_PAYLOAD_MAX;
    return bytes / LCT_RTC_PACE;
}

static void start_stream(struct lct_rtc_viewer *v, struct lct_rtc_stream *s) {
    const struct lct_ring *ring = s->track->ring;
    uint64_t key = lct_ring_key(ring);
    bool near =
        key < lct_ring_end(ring) && backlog_seconds(s, key) * LCT_SECOND < (double)BACKLOG_MAX;
    s->waiting = !near && !is_sound(s);
    jump(s, near ? key : lct_ring_end(ring));
    if (s->waiting) {
        (void)lct_rtc_ask_key(v, s->track);
    }
}

void lct_rtc_start(struct lct_rtc_viewer *viewer) {
    for (size_t i = 0; i < viewer->n_streams; i++) {
        start_stream(viewer, &viewer->streams[i]);
    }
    viewer->tokens = LCT_RTC_BURST;
    viewer->again_tokens = AGAIN_BURST;
    viewer->refilled = lct_monotonic();
    viewer->missed = LCT_NS_NONE;
    lct_estimate_begin(&viewer->estimate, viewer->refilled);
    uint8_t dice;
    lct_random(&dice, sizeof dice);
    viewer->levels = lct_levels_begin(dice / 255.0);
}

static int64_t filled(int64_t tokens, int64_t pace, int64_t burst, lct_ns span) {
    tokens += pace * span / LCT_SECOND;
    return tokens > burst ? burst : tokens;
}

static void refill(struct lct_rtc_viewer *v, lct_ns now) {
    lct_ns span = now - v->refilled;
    span = span > LCT_SECOND ? LCT_SECOND : span;
    struct lct_rtc_pace pace = lct_rtc_pace(v);
    v->tokens = filled(v->tokens, pace.rate, pace.burst, span);
    v->again_tokens = filled(v->again_tokens, AGAIN_PACE, AGAIN_BURST, span);
    v->refilled = now;
}

static bool is_newer(const struct lct_rtc_stream *s, const struct lct_ring_packet *packet) {
    return s->packets == 0 || (int32_t)(packet->timestamp - s->timestamp) > 0;
}

/* Where the stream goes on when it fell out of the ring or too far behind. */
static void catch_up(struct lct_rtc_viewer *v, struct lct_rtc_stream *s, lct_ns now) {
    const struct lct_ring *ring = s->track->ring;
    const struct lct_ring_packet *packet = lct_ring_at(ring, s->next);
    uint64_t key = lct_ring_key(ring), end = lct_ring_end(ring);
    if (s->waiting) {
        const struct lct_ring_packet *first = lct_ring_at(ring, key);
        /* It has come, and time does not go back: a small twin lags behind its track. */
        if (first && key >= s->next && is_newer(s, first)) {
            jump(s, key);
            s->waiting = false;
        } else {
            s->next = end;
            (void)lct_rtc_ask_key(v, s->track);
        }
    } else if (s->next < end && (!packet || now - packet->added > LATE_MAX)) {
        bool newer = key < end && key > s->next;
        v->rtc->counting.skipped++;
        s->waiting = !newer && !is_sound(s);
        jump(s, newer ? key : end);
    }
}

/* A step up has no haste while the small picture comes; so many of them ask for few key frames. */
static bool may_wait(const struct lct_rtc_stream *s, const struct lct_rtc_track *to, lct_ns now) {
    const struct lct_ring_packet *key = lct_ring_at(to->ring, lct_ring_key(to->ring));
    bool comes = !s->waiting && now - s->track->fed < UP_PATIENCE;
    return s->level == LCT_LEVEL_FULL && comes && now - s->moved < UP_PATIENCE &&
           !(key && is_newer(s, key));
}

/* Goes over to the track that its level is about, between two pictures. False when there is nothing
 * to be sent. */
static bool settle(struct lct_rtc_viewer *v, struct lct_rtc_stream *s, lct_ns now) {
    struct lct_rtc_track *to = lct_rtc_track_now(v, s, now);
    const struct lct_ring_packet *packet = lct_ring_at(s->track->ring, s->next);
    bool between = s->waiting || !packet || packet->first;
    if (s->level == LCT_LEVEL_NONE && between) {
        s->waiting = true;
        jump(s, lct_ring_end(s->track->ring));
        return false;
    }
    if (to && to != s->track && between && !may_wait(s, to, now)) {
        s->track = to;
        s->waiting = true;
        jump(s, lct_ring_key(to->ring));
    }
    return true;
}

static void send_stream(struct lct_rtc_viewer *v, struct lct_rtc_stream *s, lct_ns now,
                        unsigned most) {
    const struct lct_ring_packet *packet;
    if (!is_sound(s) && !settle(v, s, now)) {
        return;
    }
    catch_up(v, s, now);
    for (unsigned n = 0; n < most && !s->waiting && (is_sound(s) || v->tokens > 0) &&
                         (packet = lct_ring_at(s->track->ring, s->next));
         n++) {
        send_packet(v, s, packet, now);
    }
}

bool lct_rtc_send(struct lct_rtc_viewer *viewer, lct_ns now, unsigned most) {
    bool left = false;
    if (viewer->state != LCT_RTC_WATCHING) {
        return false;
    }
    refill(viewer, now);
    for (size_t i = 0; i < viewer->n_streams; i++) {
        if (is_sound(&viewer->streams[i])) {
            send_stream(viewer, &viewer->streams[i], now, most);
        }
    }
    for (size_t i = 0; i < viewer->n_streams; i++) {
        struct lct_rtc_stream *s = &viewer->streams[i];
        if (!is_sound(s)) {
            send_stream(viewer, s, now, most);
            left = left || (!s->waiting && s->next < lct_ring_end(s->track->ring));
        }
    }
    return left;
}

/* ---- what was lost ---- */

/* RFC 4588: the original sequence number, then the payload, under the retransmission's own SSRC,
 * type and sequence: never are two packets encrypted with the same number. */
static void send_one_again(struct lct_rtc_viewer *v, struct lct_rtc_stream *s, uint16_t sequence,
                           const struct lct_ring_packet *packet, lct_ns now) {
    uint8_t payload[LCT_RTP_RTX_BYTES + LCT_RTP_PAYLOAD_MAX];
    struct lct_rtp_header header = header_of(v, s, packet, now);
    payload[0] = (uint8_t)(sequence >> 8);
    payload[1] = (uint8_t)sequence;
    memcpy(payload + LCT_RTP_RTX_BYTES, packet->payload, packet->n);
    header.type = s->codec.rtx;
    header.ssrc = s->rtx_ssrc;
    header.sequence = (uint16_t)s->rtx_index;
    put(v, &header, s->rtx_index, payload, packet->n + (size_t)LCT_RTP_RTX_BYTES, now);
    s->rtx_index++;
    v->again_tokens -= packet->n;
    v->tokens -= packet->n;
    v->rtc->counting.again++;
}

void lct_rtc_send_again(struct lct_rtc_viewer *viewer, uint32_t ssrc, const uint16_t *sequences,
                        size_t n) {
    lct_ns now = lct_monotonic();
    bool full = lct_estimate_clean(&viewer->estimate, now) == 0 ||
                lct_estimate_is_pressed(&viewer->estimate);
    int copies = full ? 1 : AGAIN_COPIES;
    refill(viewer, now);
    viewer->missed = now;
    for (size_t i = 0; i < viewer->n_streams; i++) {
        struct lct_rtc_stream *s = &viewer->streams[i];
        if (s->ssrc != ssrc || s->rtx_ssrc == 0) {
            continue;
        }
        for (size_t k = 0; k < n && viewer->again_tokens > 0; k++) {
            uint16_t back = (uint16_t)((uint16_t)s->index - sequences[k]); /* 1: the newest */
            uint64_t number = s->next - back;
            const struct lct_ring_packet *packet = back > 0 && back <= s->next && number >= s->since
                                                       ? lct_ring_at(s->track->ring, number)
                                                       : NULL;
            for (int copy = 0; packet && copy < copies; copy++) {
                send_one_again(viewer, s, sequences[k], packet, now);
            }
        }
    }
    lct_batch_flush(viewer->rtc->batch);
}

void lct_rtc_probe(struct lct_rtc_viewer *viewer, lct_ns now) {
    for (size_t i = 0; i < viewer->n_streams; i++) {
        struct lct_rtc_stream *s = &viewer->streams[i];
        bool idle = s->next > s->since && !s->probed && now - s->sent >= PROBE_AFTER;
        const struct lct_ring_packet *packet =
            idle && !is_sound(s) && s->rtx_ssrc ? lct_ring_at(s->track->ring, s->next - 1) : NULL;
        if (packet) {
            s->probed = true;
            send_one_again(viewer, s, (uint16_t)(s->index - 1), packet, now);
        }
    }
}

/* ---- reports ---- */

/* All streams by one clock, that of the lesson: so camera, screen and sound line up. */
void lct_rtc_report(struct lct_rtc_viewer *viewer, lct_ns now) {
    uint8_t packet[LCT_RTC_STREAMS_MAX * 96 + LCT_SRTP_RTCP_TAIL_MAX];
    size_t n = 0;
    uint64_t ntp = lct_rtcp_ntp(lct_wall());
    for (size_t i = 0; i < viewer->n_streams; i++) {
        const struct lct_rtc_stream *s = &viewer->streams[i];
        uint32_t clock = is_sound(s) ? 48000 : 90000;
        struct lct_rtcp_report report = {
            .ssrc = s->ssrc,
            .ntp = ntp,
            .timestamp = (uint32_t)lct_ns_to_ticks(now - viewer->room->zero, clock),
            .packets = s->packets,
            .bytes = s->bytes,
            .cname = viewer->room->id,
        };
        n += lct_rtcp_write_report(packet + n, sizeof packet - LCT_SRTP_RTCP_TAIL_MAX - n, &report);
    }
    n = lct_srtp_protect_rtcp(viewer->srtp, packet, n, sizeof packet);
    if (n > 0) {
        memcpy(lct_batch_room(viewer->rtc->batch), packet, n);
        lct_batch_add(viewer->rtc->batch, &viewer->to, n);
    }
}
