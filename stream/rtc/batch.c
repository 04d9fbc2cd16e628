// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/batch.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* One buffer that stays in the second cache, and as many messages as it can hold. */
#define BUFFER_BYTES (256U << 10)
#define MESSAGES_MAX 64
/* Debian 12's kernel takes 64 segments and 64 KiB in one message. */
#define SEGMENTS_MAX 48
#define MESSAGE_BYTES_MAX 60000

struct message {
    const struct sockaddr_storage *to;
    size_t at, n;   /* in the buffer */
    size_t segment; /* bytes of each packet but the last */
    unsigned packets;
    bool closed; /* its last packet was short */
};

struct lct_batch {
    int fd;
    bool gso;
    size_t used;
    unsigned count;
    struct message messages[MESSAGES_MAX];
    struct lct_batch_counters counters;
    uint8_t buffer[BUFFER_BYTES];
};

struct lct_batch *lct_batch_create(int fd) {
    struct lct_batch *batch = lct_new(sizeof *batch);
    batch->fd = fd;
    batch->gso = true;
    return batch;
}

void lct_batch_destroy(struct lct_batch *batch) { free(batch); }

const struct lct_batch_counters *lct_batch_count(const struct lct_batch *batch) {
    return &batch->counters;
}

uint8_t *lct_batch_room(struct lct_batch *batch) {
    if (batch->used + LCT_BATCH_PACKET_MAX > BUFFER_BYTES || batch->count == MESSAGES_MAX) {
        lct_batch_flush(batch);
    }
    return batch->buffer + batch->used;
}

static bool fits(const struct lct_batch *batch, const struct message *last,
                 const struct sockaddr_storage *to, size_t n) {
    return batch->gso && last->to == to && !last->closed && n <= last->segment &&
           last->packets < SEGMENTS_MAX && last->n + n <= MESSAGE_BYTES_MAX;
}

void lct_batch_add(struct lct_batch *batch, const struct sockaddr_storage *to, size_t n) {
    struct message *last = batch->count > 0 ? &batch->messages[batch->count - 1] : NULL;
    if (last && fits(batch, last, to, n)) {
        last->n += n;
        last->packets++;
        last->closed = n < last->segment;
    } else {
        batch->messages[batch->count++] =
            (struct message){.to = to, .at = batch->used, .n = n, .segment = n, .packets = 1};
    }
    batch->used += n;
}

/* What sendmmsg wants of one message. */
struct envelope {
    struct iovec bytes;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))];
};

static void fill(struct lct_batch *batch, const struct message *message, struct envelope *envelope,
                 struct msghdr *out) {
    envelope->bytes = (struct iovec){batch->buffer + message->at, message->n};
    *out = (struct msghdr){.msg_name = (void *)(uintptr_t)message->to,
                           .msg_namelen = message->to->ss_family == AF_INET6
                                              ? sizeof(struct sockaddr_in6)
                                              : sizeof(struct sockaddr_in),
                           .msg_iov = &envelope->bytes,
                           .msg_iovlen = 1};
    if (message->packets > 1) {
        uint16_t segment = (uint16_t)message->segment;
        out->msg_control = envelope->control;
        out->msg_controllen = sizeof envelope->control;
        struct cmsghdr *control = CMSG_FIRSTHDR(out);
        control->cmsg_len = CMSG_LEN(sizeof segment);
        control->cmsg_level = SOL_UDP;
        control->cmsg_type = UDP_SEGMENT;
        memcpy(CMSG_DATA(control), &segment, sizeof segment);
    }
}

static void count(struct lct_batch *batch, const struct message *message, bool sent) {
    if (sent) {
        batch->counters.packets += message->packets;
        batch->counters.bytes += message->n;
    } else {
        batch->counters.dropped += message->packets;
    }
}

/* A kernel or a network card without GSO: packet by packet, now and from now on. */
static void send_singly(struct lct_batch *batch, const struct message *message) {
    batch->gso = false;
    for (size_t at = 0; at < message->n; at += message->segment) {
        size_t rest = message->n - at;
        struct message one = {.to = message->to,
                              .at = message->at + at,
                              .n = rest < message->segment ? rest : message->segment,
                              .packets = 1};
        struct envelope envelope;
        struct msghdr header;
        fill(batch, &one, &envelope, &header);
        batch->counters.sends++;
        count(batch, &one, sendmsg(batch->fd, &header, MSG_DONTWAIT) >= 0);
    }
}

void lct_batch_flush(struct lct_batch *batch) {
    struct mmsghdr headers[MESSAGES_MAX];
    struct envelope envelopes[MESSAGES_MAX];
    for (unsigned i = 0; i < batch->count; i++) {
        fill(batch, &batch->messages[i], &envelopes[i], &headers[i].msg_hdr);
    }
    for (unsigned done = 0; done < batch->count;) {
        int sent = sendmmsg(batch->fd, headers + done, batch->count - done, MSG_DONTWAIT);
        const struct message *stuck = &batch->messages[done];
        batch->counters.sends++;
        if (sent > 0) {
            for (int i = 0; i < sent; i++) {
                count(batch, &batch->messages[done++], true);
            }
        } else if (errno == EINTR) {
            continue;
        } else if (stuck->packets > 1 && (errno == EIO || errno == EINVAL || errno == EMSGSIZE)) {
            send_singly(batch, stuck);
            done++;
        } else { /* full, or no way to that address: lost like on any network */
            count(batch, stuck, false);
            done++;
        }
    }
    batch->count = 0;
    batch->used = 0;
}
