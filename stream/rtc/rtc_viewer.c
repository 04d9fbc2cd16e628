// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What comes from the socket: STUN checks, DTLS and RTCP, told apart by their first byte (RFC
 * 7983), and the viewer found by user name fragment or by an address that passed a check. A
 * stranger's datagram is counted and dropped, never logged.
 */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "base/log.h"
#include "stream/rtc/rtc_priv.h"

LCT_LOG_TOPIC("rtc");

/* A viewer that has not come so far in this time is given up. */
#define CHECKING_MAX (15 * LCT_SECOND)

/* ---- the tables ---- */

static uint64_t mixed(uint64_t hash, const void *bytes, size_t n) { /* FNV-1a */
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static size_t chain(uint64_t hash) { return (size_t)(hash ^ hash >> 29) & (LCT_RTC_CHAINS - 1); }

static size_t chain_of_address(const struct lct_rtc *rtc, const struct sockaddr_storage *a) {
    uint64_t hash = rtc->salt;
    if (a->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)a;
        hash = mixed(hash, &six->sin6_addr, sizeof six->sin6_addr);
        return chain(mixed(hash, &six->sin6_port, sizeof six->sin6_port));
    }
    const struct sockaddr_in *four = (const struct sockaddr_in *)a;
    hash = mixed(hash, &four->sin_addr, sizeof four->sin_addr);
    return chain(mixed(hash, &four->sin_port, sizeof four->sin_port));
}

static bool same(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
    if (a->ss_family != b->ss_family) {
        return false;
    }
    if (a->ss_family == AF_INET6) {
        const struct sockaddr_in6 *x = (const struct sockaddr_in6 *)a;
        const struct sockaddr_in6 *y = (const struct sockaddr_in6 *)b;
        return x->sin6_port == y->sin6_port &&
               memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
    }
    const struct sockaddr_in *x = (const struct sockaddr_in *)a;
    const struct sockaddr_in *y = (const struct sockaddr_in *)b;
    return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
}

static struct lct_rtc_viewer *by_address(const struct lct_rtc *rtc,
                                         const struct sockaddr_storage *from) {
    struct lct_rtc_address *a = rtc->by_address[chain_of_address(rtc, from)];
    while (a && !same(&a->address, from)) {
        a = a->next;
    }
    return a ? a->viewer : NULL;
}

static struct lct_rtc_viewer **ufrag_chain(struct lct_rtc *rtc, const char *ufrag) {
    return &rtc->by_ufrag[chain(mixed(rtc->salt, ufrag, strlen(ufrag)))];
}

static struct lct_rtc_viewer *by_ufrag(struct lct_rtc *rtc, const char *ufrag) {
    struct lct_rtc_viewer *v = *ufrag_chain(rtc, ufrag);
    while (v && strcmp(v->ufrag, ufrag) != 0) {
        v = v->next_by_ufrag;
    }
    return v;
}

void lct_rtc_viewer_list(struct lct_rtc_viewer *viewer) {
    struct lct_rtc_viewer **at = ufrag_chain(viewer->rtc, viewer->ufrag);
    viewer->next_by_ufrag = *at;
    *at = viewer;
}

static void unlist_address(struct lct_rtc *rtc, struct lct_rtc_address *address) {
    struct lct_rtc_address **at = &rtc->by_address[chain_of_address(rtc, &address->address)];
    while (*at != address) {
        at = &(*at)->next;
    }
    *at = address->next;
}

void lct_rtc_viewer_unlist(struct lct_rtc_viewer *viewer) {
    struct lct_rtc_viewer **at = ufrag_chain(viewer->rtc, viewer->ufrag);
    while (*at != viewer) {
        at = &(*at)->next_by_ufrag;
    }
    *at = viewer->next_by_ufrag;
    for (size_t i = 0; i < viewer->n_addresses; i++) {
        unlist_address(viewer->rtc, &viewer->addresses[i]);
    }
}

/* An address that passed a check with the viewer's password. One that another viewer had (a port
 * that was given anew) is this viewer's now: its elder finds no traffic any more and ends. */
static void learn(struct lct_rtc_viewer *v, const struct sockaddr_storage *from) {
    struct lct_rtc *rtc = v->rtc;
    struct lct_rtc_viewer *known = by_address(rtc, from);
    if (known == v) {
        return;
    }
    struct lct_rtc_address *slot = &v->addresses[v->oldest_address];
    v->oldest_address = (v->oldest_address + 1) % LCT_RTC_ADDRESSES_MAX;
    if (v->n_addresses < LCT_RTC_ADDRESSES_MAX) {
        v->n_addresses++;
    } else {
        unlist_address(rtc, slot);
    }
    size_t at = chain_of_address(rtc, from);
    *slot = (struct lct_rtc_address){.address = *from, .viewer = v, .next = rtc->by_address[at]};
    rtc->by_address[at] = slot; /* before an elder of the same address */
}

/* ---- its state ---- */

/* False when the viewer is gone. */
static bool watch(struct lct_rtc_viewer *v) {
    enum lct_srtp_profile profile;
    uint8_t ours[LCT_SRTP_KEY_MAX], theirs[LCT_SRTP_KEY_MAX];
    if (lct_dtls_keys(v->dtls, &profile, ours, theirs) < 0 ||
        lct_srtp_create(profile, ours, theirs, &v->srtp) < 0) {
        lct_warn("no keys for a viewer", "peer=%s", v->id);
        lct_rtc_viewer_free(v);
        return false;
    }
    lct_ns now = lct_monotonic();
    v->state = LCT_RTC_WATCHING;
    lct_info("a viewer watches", "room=%s peer=%s after_ms=%lld", v->room->id, v->id,
             (long long)((now - v->born) / LCT_MS));
    lct_rtc_start(v);
    lct_rtc_report(v, now);
    v->report_due = now + LCT_SECOND;
    if (lct_rtc_send(v, now, UINT_MAX)) {
        lct_rtc_pace_later(v->rtc, now);
    }
    return true;
}

/* What a step of DTLS came to. False when the viewer is gone. */
static bool moved(struct lct_rtc_viewer *v, enum lct_dtls_state state) {
    switch (state) {
    case LCT_DTLS_SHAKING:
        return true;
    case LCT_DTLS_OPEN:
        return v->state == LCT_RTC_WATCHING || watch(v);
    case LCT_DTLS_CLOSED:
        lct_info("a viewer leaves", "room=%s peer=%s", v->room->id, v->id);
        break;
    case LCT_DTLS_FAILED:
        lct_info("a viewer's handshake fails", "room=%s peer=%s", v->room->id, v->id);
        break;
    }
    lct_rtc_viewer_free(v);
    return false;
}

static void send_dtls(void *arg, const uint8_t *bytes, size_t n) {
    struct lct_rtc_viewer *v = arg;
    memcpy(lct_batch_room(v->rtc->batch), bytes, n);
    lct_batch_add(v->rtc->batch, &v->to, n);
}

/* What it came in by may have ended since: a link that was revoked, or is over. */
static bool may_stay(struct lct_rtc_viewer *v, lct_ns now) {
    if (!v->pass[0] || !v->rtc->may_watch || now < v->pass_due) {
        return true;
    }
    v->pass_due = now + LCT_RTC_PASS_INTERVAL;
    return v->rtc->may_watch(v->rtc->may_watch_arg, v->room->id, v->pass);
}

bool lct_rtc_viewer_keep(struct lct_rtc_viewer *viewer, lct_ns now) {
    struct lct_rtc_viewer *v = viewer;
    lct_ns patience = v->state == LCT_RTC_WATCHING ? LCT_RTC_CONSENT : CHECKING_MAX;
    lct_ns since = v->state == LCT_RTC_WATCHING ? v->heard : v->born;
    if (now - since > patience) {
        lct_info("a viewer is not heard of any more", "room=%s peer=%s", v->room->id, v->id);
        lct_rtc_viewer_free(v);
        return false;
    }
    if (!may_stay(v, now)) {
        lct_info("a viewer may not watch any more", "room=%s peer=%s", v->room->id, v->id);
        lct_rtc_viewer_free(v);
        return false;
    }
    if (v->dtls && lct_dtls_deadline(v->dtls) != LCT_NS_NONE && lct_dtls_deadline(v->dtls) <= now &&
        !moved(v, lct_dtls_tick(v->dtls))) {
        return false;
    }
    if (v->state == LCT_RTC_WATCHING) {
        lct_rtc_probe(v, now);
        lct_rtc_adapt(v, now);
    }
    if (v->state == LCT_RTC_WATCHING && v->report_due <= now) {
        lct_rtc_report(v, now);
        v->report_due = now + LCT_SECOND;
    }
    return true;
}

/* ---- datagrams ---- */

static void answer(struct lct_rtc *rtc, const struct sockaddr_storage *to, const uint8_t *bytes,
                   size_t n) {
    if (n > 0) {
        memcpy(lct_batch_room(rtc->batch), bytes, n);
        lct_batch_add(rtc->batch, to, n);
        lct_batch_flush(rtc->batch); /* to is the caller's */
    }
}

static void take_stun(struct lct_rtc *rtc, const struct sockaddr_storage *from,
                      const uint8_t *bytes, size_t n) {
    struct lct_stun_check check;
    uint8_t out[LCT_STUN_ANSWER_MAX];
    struct lct_rtc_viewer *v =
        lct_stun_parse(bytes, n, &check) == 0 ? by_ufrag(rtc, check.ufrag) : NULL;
    if (!v || !lct_stun_is_signed(bytes, n, &check, v->password)) {
        rtc->counting.refused++;
        return;
    }
    if (check.unknown || check.controlled) {
        answer(
            rtc, from, out,
            lct_stun_write_error(out, sizeof out, &check, check.unknown ? 420 : 487, v->password));
        return;
    }
    learn(v, from);
    v->heard = lct_monotonic();
    if (check.use_candidate || v->state == LCT_RTC_CHECKING) {
        lct_batch_flush(rtc->batch); /* what waits still goes to the old address */
        v->to = *from;
    }
    if (v->state == LCT_RTC_CHECKING) {
        v->state = LCT_RTC_SHAKING;
    }
    answer(rtc, from, out, lct_stun_write_success(out, sizeof out, &check, from, v->password));
}

static void take_dtls(struct lct_rtc_viewer *v, const uint8_t *bytes, size_t n) {
    if (!v->dtls && lct_dtls_create(v->rtc->dtls, v->fingerprint, send_dtls, v, &v->dtls) < 0) {
        return;
    }
    (void)moved(v, lct_dtls_take(v->dtls, bytes, n));
}

/* ---- RTCP ---- */

static void on_nack(void *arg, uint32_t ssrc, const uint16_t *sequences, size_t n) {
    lct_rtc_send_again(arg, ssrc, sequences, n);
}

static void ask_key(struct lct_rtc_viewer *v, struct lct_rtc_stream *s, lct_ns now) {
    lct_ns paid = s->keys_paid > now ? s->keys_paid : now;
    bool has_credit = paid - now < LCT_RTC_KEYS_AT_ONCE * LCT_RTC_KEY_PACE;
    if (has_credit && lct_rtc_ask_key(v, s->track)) {
        s->keys_paid = paid + LCT_RTC_KEY_PACE;
    }
}

static void on_key(void *arg, uint32_t ssrc) {
    struct lct_rtc_viewer *v = arg;
    for (size_t i = 0; i < v->n_streams; i++) {
        struct lct_rtc_stream *s = &v->streams[i];
        if (s->ssrc == ssrc && s->track->codec == LCT_CODEC_H264 && s->level != LCT_LEVEL_NONE) {
            ask_key(v, s, lct_monotonic());
        }
    }
}

static void on_feedback(void *arg, const struct lct_rtcp_feedback *feedback) {
    struct lct_rtc_viewer *v = arg;
    lct_estimate_feedback(&v->estimate, feedback, lct_monotonic());
}

static void on_remb(void *arg, uint64_t bps) {
    struct lct_rtc_viewer *v = arg;
    lct_estimate_remb(&v->estimate, bps, lct_monotonic());
}

/* One stream speaks for all, because they share the line: the first that is sent, for of a picture
 * that is not shown there are no reports. */
static bool speaks(const struct lct_rtc_viewer *v, uint32_t ssrc) {
    size_t i = 0;
    while (i + 1 < v->n_streams && v->streams[i].level == LCT_LEVEL_NONE) {
        i++;
    }
    return v->streams[i].ssrc == ssrc;
}

static void on_block(void *arg, const struct lct_rtcp_block *block) {
    struct lct_rtc_viewer *v = arg;
    if (speaks(v, block->ssrc)) {
        lct_estimate_loss(&v->estimate, block->lost_share, lct_monotonic());
    }
}

static const struct lct_rtcp_events rtcp_events = {.block = on_block,
                                                   .nack = on_nack,
                                                   .key = on_key,
                                                   .estimate = on_remb,
                                                   .feedback = on_feedback};

static void take_rtcp(struct lct_rtc_viewer *v, uint8_t *bytes, size_t n) {
    size_t plain = v->srtp ? lct_srtp_open_rtcp(v->srtp, bytes, n) : 0;
    if (plain == 0 || lct_rtcp_read(bytes, plain, &rtcp_events, v) < 0) {
        v->rtc->counting.refused++; /* what was well-formed has been done */
    }
}

void lct_rtc_take(struct lct_rtc *rtc, const struct sockaddr_storage *from, uint8_t *bytes,
                  size_t n) {
    if (n >= 20 && lct_stun_is(bytes, n)) {
        take_stun(rtc, from, bytes, n);
        return;
    }
    struct lct_rtc_viewer *v = n > 0 ? by_address(rtc, from) : NULL;
    if (v && bytes[0] >= 20 && bytes[0] <= 63) {
        take_dtls(v, bytes, n);
    } else if (v && bytes[0] >= 128 && bytes[0] <= 191) {
        take_rtcp(v, bytes, n);
    } else {
        rtc->counting.refused++;
    }
}
