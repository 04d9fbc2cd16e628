// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/link_peer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

#define IOV_AT_ONCE 32

/* A message on its way out: head, then owned bytes (JSON, FORMAT) or a chunk's. */
struct parcel {
    struct parcel *next;
    enum lct_link_type type;
    uint8_t head[LCT_LINK_HEAD_SIZE + LCT_LINK_CHUNK_HEAD_SIZE];
    size_t head_n;
    uint8_t *bytes; /* owned; NULL with a chunk */
    size_t n;
    struct lct_chunk *chunk;
};

/* A track that is sent: the format told last, and whether we wait for a key frame. */
struct sending {
    struct lct_format *format;
    bool skipping;
};

enum phase { PHASE_HEAD, PHASE_BYTES, PHASE_CHUNK_HEAD, PHASE_CHUNK };

/* The message that comes in: what is wanted next, and where it goes. */
struct receiving {
    enum phase phase;
    enum lct_link_type type;
    uint8_t *into; /* head, chunk_head, bytes or the chunk's bytes */
    size_t want;
    size_t got;
    uint8_t head[LCT_LINK_HEAD_SIZE];
    uint8_t chunk_head[LCT_LINK_CHUNK_HEAD_SIZE];
    uint8_t *bytes; /* owned */
    size_t n;       /* of the payload */
    struct lct_chunk *chunk;
    struct lct_format *formats[LCT_LINK_TRACKS_MAX];
};

enum state { STATE_GREETING, STATE_OPEN, STATE_CLOSED };

struct lct_link_peer {
    struct lct_loop *loop;
    const struct lct_link_events *events;
    void *arg;
    void *user;
    struct lct_stream *stream; /* NULL: closed */
    struct lct_watch *watch;
    struct lct_timer *timer;
    char from[LCT_LINK_FROM_SIZE];
    enum state state;
    unsigned busy; /* depth of our functions that still need the struct */
    bool destroyed;
    lct_ns opened;
    lct_ns heard;
    lct_ns patience;

    struct receiving in;

    struct parcel *first; /* may be half sent */
    struct parcel **last;
    size_t first_sent;
    bool waiting;              /* for the stream to take more */
    struct parcel *first_part; /* whole; they go when first is NULL */
    struct parcel **last_part;
    size_t json_waiting;
    size_t chunks_waiting;
    size_t parts_waiting;
    struct sending tracks[LCT_LINK_TRACKS_MAX];
    uint64_t drops;
};

static void free_parcel(struct parcel *parcel) {
    lct_chunk_unref(parcel->chunk);
    free(parcel->bytes);
    free(parcel);
}

static void free_parcels(struct parcel *parcel) {
    while (parcel) {
        struct parcel *next = parcel->next;
        free_parcel(parcel);
        parcel = next;
    }
}

static void free_peer(struct lct_link_peer *peer) {
    free_parcels(peer->first);
    free_parcels(peer->first_part);
    for (size_t i = 0; i < LCT_LINK_TRACKS_MAX; i++) {
        lct_format_unref(peer->tracks[i].format);
        lct_format_unref(peer->in.formats[i]);
    }
    lct_chunk_unref(peer->in.chunk);
    free(peer->in.bytes);
    free(peer);
}

/* Callbacks may destroy the peer; it is freed when the last of our own functions has left. */
static void enter(struct lct_link_peer *peer) { peer->busy++; }

static void leave(struct lct_link_peer *peer) {
    peer->busy--;
    if (peer->busy == 0 && peer->destroyed) {
        free_peer(peer);
    }
}

static void disconnect(struct lct_link_peer *peer) {
    lct_watch_destroy(peer->watch);
    lct_timer_destroy(peer->timer);
    peer->watch = NULL;
    peer->timer = NULL;
    lct_stream_destroy(peer->stream);
    peer->stream = NULL;
    peer->state = STATE_CLOSED;
}

void lct_link_peer_close(struct lct_link_peer *peer, const char *why) {
    lct_loop_assert_here(peer->loop);
    if (peer->state == STATE_CLOSED) {
        return;
    }
    disconnect(peer);
    if (peer->events->closed) {
        enter(peer);
        peer->events->closed(peer->arg, peer, why);
        leave(peer);
    }
}

void lct_link_peer_destroy(struct lct_link_peer *peer) {
    if (!peer) {
        return;
    }
    lct_loop_assert_here(peer->loop);
    disconnect(peer);
    peer->destroyed = true;
    enter(peer);
    leave(peer);
}

void lct_link_peer_set_user(struct lct_link_peer *peer, void *user) { peer->user = user; }

void *lct_link_peer_user(const struct lct_link_peer *peer) { return peer->user; }

uint64_t lct_link_peer_drops(const struct lct_link_peer *peer) { return peer->drops; }

/* Out. */

static void set_events(struct lct_link_peer *peer) {
    lct_watch_set(peer->watch, lct_stream_events(peer->stream, peer->waiting));
}

/* Adds what is left of some bytes, from skip on, to the list of what to write. */
static size_t add_piece(struct iovec *iov, size_t n, const uint8_t *bytes, size_t size,
                        size_t *skip) {
    if (*skip >= size) {
        *skip -= size;
        return n;
    }
    iov[n] =
        (struct iovec){.iov_base = (void *)(uintptr_t)(bytes + *skip), .iov_len = size - *skip};
    *skip = 0;
    return n + 1;
}

static size_t gather(const struct lct_link_peer *peer, struct iovec iov[IOV_AT_ONCE]) {
    size_t n = 0;
    size_t skip = peer->first_sent;
    for (const struct parcel *p = peer->first; p && n + 2 <= IOV_AT_ONCE; p = p->next) {
        n = add_piece(iov, n, p->head, p->head_n, &skip);
        n = add_piece(iov, n, p->chunk ? p->chunk->bytes : p->bytes, p->n, &skip);
    }
    return n;
}

/* What is copied goes in its order, and when nothing else waits. */
static bool is_copy(enum lct_link_type type) {
    return type == LCT_LINK_PART || type == LCT_LINK_COPY;
}

static void forget_sent(struct lct_link_peer *peer, size_t sent) {
    peer->first_sent += sent;
    while (peer->first && peer->first_sent >= peer->first->head_n + peer->first->n) {
        struct parcel *parcel = peer->first;
        peer->first_sent -= parcel->head_n + parcel->n;
        if (parcel->chunk) {
            peer->chunks_waiting -= parcel->n;
        } else if (is_copy(parcel->type)) {
            peer->parts_waiting -= parcel->n;
        } else {
            peer->json_waiting -= parcel->n;
        }
        peer->first = parcel->next;
        if (!peer->first) {
            peer->last = &peer->first;
        }
        free_parcel(parcel);
    }
}

/* True when something waits; a part only when nothing else does. */
static bool has_more(struct lct_link_peer *peer) {
    if (!peer->first && peer->first_part) {
        struct parcel *part = peer->first_part;
        peer->first_part = part->next;
        if (!peer->first_part) {
            peer->last_part = &peer->first_part;
        }
        part->next = NULL;
        peer->first = part;
        peer->last = &part->next;
    }
    return peer->first || lct_stream_holds(peer->stream);
}

/* Writes as much as the stream takes. */
static void flush(struct lct_link_peer *peer) {
    bool more;
    while ((more = has_more(peer))) {
        struct iovec iov[IOV_AT_ONCE];
        ssize_t sent = lct_stream_write(peer->stream, iov, gather(peer, iov));
        if (sent == -EAGAIN) {
            break;
        }
        if (sent < 0) {
            lct_link_peer_close(peer, lct_stream_why(peer->stream));
            return;
        }
        forget_sent(peer, (size_t)sent);
    }
    peer->waiting = more;
    set_events(peer);
}

static void append(struct lct_link_peer *peer, struct parcel *parcel) {
    if (is_copy(parcel->type)) {
        *peer->last_part = parcel;
        peer->last_part = &parcel->next;
        peer->parts_waiting += parcel->n;
        return;
    }
    *peer->last = parcel;
    peer->last = &parcel->next;
    if (parcel->chunk) {
        peer->chunks_waiting += parcel->n;
    } else {
        peer->json_waiting += parcel->n;
    }
}

/* Takes bytes. */
static void append_bytes(struct lct_link_peer *peer, enum lct_link_type type, uint8_t *bytes,
                         size_t n) {
    struct parcel *parcel = lct_new(sizeof *parcel);
    parcel->type = type;
    parcel->bytes = bytes;
    parcel->n = n;
    parcel->head_n = LCT_LINK_HEAD_SIZE;
    lct_link_put_head(parcel->head, type, n);
    append(peer, parcel);
}

/* Takes text; true when a STATUS that nobody has begun to send was replaced by it. */
static bool replace_status(struct lct_link_peer *peer, uint8_t *text, size_t n) {
    for (struct parcel *p = peer->first; p; p = p->next) {
        if (p->type == LCT_LINK_STATUS && !(p == peer->first && peer->first_sent > 0)) {
            peer->json_waiting += n;
            peer->json_waiting -= p->n;
            free(p->bytes);
            p->bytes = text;
            p->n = n;
            lct_link_put_head(p->head, LCT_LINK_STATUS, n);
            return true;
        }
    }
    return false;
}

int lct_link_peer_send(struct lct_link_peer *peer, enum lct_link_type type, const json_t *message) {
    lct_loop_assert_here(peer->loop);
    if (peer->state == STATE_CLOSED) {
        return -ENOTCONN;
    }
    size_t n = 0;
    char *text = lct_json_dump(message, &n);
    if (n == 0 || n > LCT_LINK_JSON_MAX) {
        free(text);
        return -EMSGSIZE;
    }
    if (is_copy(type) && peer->parts_waiting > LCT_LINK_PARTS_WAITING) {
        free(text);
        return -ENOBUFS;
    }
    if (type == LCT_LINK_STATUS && replace_status(peer, (uint8_t *)text, n)) {
        return 0;
    }
    append_bytes(peer, type, (uint8_t *)text, n);
    enter(peer);
    if (peer->json_waiting > LCT_LINK_JSON_WAITING) {
        lct_link_peer_close(peer, "does-not-read");
    } else {
        flush(peer);
    }
    int rc = peer->state == STATE_CLOSED ? -ENOTCONN : 0;
    leave(peer);
    return rc;
}

/* The place of a track, a free one for a new track, NULL when all are taken. */
static struct sending *sending_of(struct lct_link_peer *peer, const struct lct_format *format) {
    for (size_t i = 0; i < LCT_LINK_TRACKS_MAX; i++) {
        struct sending *track = &peer->tracks[i];
        if (!track->format || track->format->track_id == format->track_id) {
            return track;
        }
    }
    return NULL;
}

static bool is_full(const struct lct_link_peer *peer, const struct lct_chunk *chunk) {
    if (peer->chunks_waiting == 0) {
        return false;
    }
    const struct parcel *oldest = peer->first;
    while (oldest && !oldest->chunk) {
        oldest = oldest->next;
    }
    return peer->chunks_waiting + chunk->n > LCT_LINK_CHUNKS_BYTES ||
           (oldest && chunk->published - oldest->chunk->published > LCT_LINK_CHUNKS_SPAN);
}

/* Tells the format when the track's last one was another; false when it cannot be told. */
static bool tell_format(struct lct_link_peer *peer, struct sending *track,
                        struct lct_format *format) {
    uint8_t *bytes;
    size_t n;
    if (track->format == format) {
        return true;
    }
    if (lct_link_pack_format(format, &bytes, &n) < 0) {
        return false;
    }
    append_bytes(peer, LCT_LINK_FORMAT, bytes, n);
    lct_format_unref(track->format);
    track->format = lct_format_ref(format);
    return true;
}

void lct_link_peer_send_chunk(struct lct_link_peer *peer, struct lct_chunk *chunk) {
    lct_loop_assert_here(peer->loop);
    if (peer->state != STATE_OPEN) {
        return;
    }
    struct sending *track = sending_of(peer, chunk->format);
    bool first = track && !track->format; /* begins at a key frame too */
    if (!track || is_full(peer, chunk) || ((first || track->skipping) && !chunk->info.key) ||
        !tell_format(peer, track, chunk->format)) {
        peer->drops += !first;
        if (track) {
            track->skipping = true;
        }
        return;
    }
    track->skipping = false;
    struct parcel *parcel = lct_new(sizeof *parcel);
    parcel->type = LCT_LINK_CHUNK;
    parcel->chunk = lct_chunk_ref(chunk);
    parcel->n = chunk->n;
    parcel->head_n = sizeof parcel->head;
    lct_link_put_head(parcel->head, LCT_LINK_CHUNK, LCT_LINK_CHUNK_HEAD_SIZE + chunk->n);
    lct_link_put_chunk_head(chunk, parcel->head + LCT_LINK_HEAD_SIZE);
    append(peer, parcel);
    enter(peer);
    flush(peer);
    leave(peer);
}

int lct_link_peer_send_part(struct lct_link_peer *peer, const struct lct_link_part *part) {
    lct_loop_assert_here(peer->loop);
    if (peer->state != STATE_OPEN) {
        return -ENOTCONN;
    }
    if (peer->parts_waiting + part->n > LCT_LINK_PARTS_WAITING) {
        return -ENOBUFS;
    }
    uint8_t *bytes = lct_new(LCT_LINK_PART_MAX);
    append_bytes(peer, LCT_LINK_PART, bytes, lct_link_pack_part(part, bytes));
    enter(peer);
    flush(peer);
    int rc = peer->state == STATE_CLOSED ? -ENOTCONN : 0;
    leave(peer);
    return rc;
}

const char *lct_link_peer_from(const struct lct_link_peer *peer) { return peer->from; }

lct_ns lct_link_peer_silence(const struct lct_link_peer *peer) {
    return lct_monotonic() - peer->heard;
}

/* In. */

static void want(struct receiving *in, enum phase phase, uint8_t *into, size_t n) {
    in->phase = phase;
    in->into = into;
    in->want = n;
    in->got = 0;
}

static void want_head(struct receiving *in) {
    free(in->bytes);
    in->bytes = NULL;
    want(in, PHASE_HEAD, in->head, sizeof in->head);
}

static const char *on_head(struct receiving *in, enum state state) {
    if (lct_link_get_head(in->head, &in->type, &in->n) < 0) {
        return "bad-head";
    }
    if (state == STATE_GREETING && in->type != LCT_LINK_HELLO) {
        return "no-hello"; /* before a stranger is given memory */
    }
    if (in->type == LCT_LINK_CHUNK) {
        want(in, PHASE_CHUNK_HEAD, in->chunk_head, sizeof in->chunk_head);
        return NULL;
    }
    in->bytes = malloc(in->n);
    if (!in->bytes) {
        return "memory";
    }
    want(in, PHASE_BYTES, in->bytes, in->n);
    return NULL;
}

static const char *on_chunk_head(struct receiving *in) {
    uint32_t id = lct_link_chunk_track(in->chunk_head);
    for (size_t i = 0; i < LCT_LINK_TRACKS_MAX; i++) {
        if (in->formats[i] && in->formats[i]->track_id == id) {
            size_t n = in->n - LCT_LINK_CHUNK_HEAD_SIZE;
            if (lct_link_get_chunk_head(in->chunk_head, n, in->formats[i], &in->chunk) < 0) {
                return "bad-chunk";
            }
            want(in, PHASE_CHUNK, in->chunk->bytes, n);
            return NULL;
        }
    }
    return "chunk-without-format";
}

static const char *on_format(struct receiving *in) {
    struct lct_format *format;
    if (lct_link_unpack_format(in->bytes, in->n, &format) < 0) {
        return "bad-format";
    }
    for (size_t i = 0; i < LCT_LINK_TRACKS_MAX; i++) {
        if (!in->formats[i] || in->formats[i]->track_id == format->track_id) {
            lct_format_unref(in->formats[i]);
            in->formats[i] = format;
            return NULL;
        }
    }
    lct_format_unref(format);
    return "too-many-tracks";
}

static const char *on_hello(struct lct_link_peer *peer, const json_t *message) {
    if (peer->state != STATE_GREETING) {
        return "second-hello";
    }
    if (lct_json_int(message, "version", 0) != LCT_LINK_VERSION) {
        return "wrong-version";
    }
    peer->state = STATE_OPEN;
    if (peer->events->opened) {
        peer->events->opened(peer->arg, peer, message);
    }
    return NULL;
}

static const char *on_json(struct lct_link_peer *peer, enum lct_link_type type) {
    LCT_JSON json_t *message = NULL;
    struct lct_fault fault;
    if (lct_json_parse(peer->in.bytes, peer->in.n, &message, &fault) < 0 ||
        !json_is_object(message)) {
        return "bad-json";
    }
    if (type == LCT_LINK_HELLO) {
        return on_hello(peer, message);
    }
    if (peer->events->message) {
        peer->events->message(peer->arg, peer, type, message);
    }
    return NULL;
}

static const char *on_part(struct lct_link_peer *peer) {
    struct lct_link_part part;
    if (!peer->events->part || lct_link_unpack_part(peer->in.bytes, peer->in.n, &part) < 0) {
        return "bad-part";
    }
    peer->events->part(peer->arg, peer, &part);
    return NULL;
}

static const char *on_bytes(struct lct_link_peer *peer) {
    const char *why = peer->in.type == LCT_LINK_FORMAT ? on_format(&peer->in)
                      : peer->in.type == LCT_LINK_PART ? on_part(peer)
                                                       : on_json(peer, peer->in.type);
    want_head(&peer->in);
    return why;
}

static const char *on_chunk(struct lct_link_peer *peer) {
    struct lct_chunk *chunk = peer->in.chunk;
    peer->in.chunk = NULL;
    want_head(&peer->in);
    if (peer->events->chunk) {
        peer->events->chunk(peer->arg, peer, chunk);
    }
    lct_chunk_unref(chunk);
    return NULL;
}

/* What was wanted is there. Returns why the connection must end, or NULL. */
static const char *on_piece(struct lct_link_peer *peer) {
    switch (peer->in.phase) {
    case PHASE_HEAD:
        return on_head(&peer->in, peer->state);
    case PHASE_CHUNK_HEAD:
        return on_chunk_head(&peer->in);
    case PHASE_CHUNK:
        return on_chunk(peer);
    case PHASE_BYTES:
        break;
    }
    return on_bytes(peer);
}

/* Reads what is there, at most a few pieces, so that others have their turn; but nothing is left in
 * the stream, of which the descriptor would not tell. */
static void receive(struct lct_link_peer *peer) {
    struct receiving *in = &peer->in;
    for (int turns = 64; peer->state != STATE_CLOSED && (turns > 0 || lct_stream_has(peer->stream));
         turns--) {
        ssize_t n = lct_stream_read(peer->stream, in->into + in->got, in->want - in->got);
        if (n == -EAGAIN) {
            return;
        }
        if (n <= 0) {
            lct_link_peer_close(peer, lct_stream_why(peer->stream));
            return;
        }
        peer->heard = lct_monotonic();
        in->got += (size_t)n;
        const char *why = in->got == in->want ? on_piece(peer) : NULL;
        if (why) {
            lct_link_peer_close(peer, why);
        }
    }
}

/* TLS may have to read before it can write, and the other way round: both are tried each time.
 * First what is to be said: a HELLO that is refused ends the link, and is answered all the same. */
static void on_ready(void *opaque, uint32_t events) {
    struct lct_link_peer *peer = opaque;
    (void)events;
    enter(peer);
    flush(peer);
    if (peer->state != STATE_CLOSED) {
        receive(peer);
    }
    if (peer->state != STATE_CLOSED) {
        flush(peer);
    }
    leave(peer);
}

static void set_timer(struct lct_link_peer *peer) {
    lct_ns deadline = LCT_NS_NONE;
    if (peer->state == STATE_GREETING) {
        deadline = peer->opened + LCT_LINK_HELLO_DEADLINE;
    } else if (peer->patience != LCT_NS_NONE) {
        deadline = peer->heard + peer->patience;
    }
    lct_timer_set(peer->timer, deadline);
}

static void on_timer(void *opaque) {
    struct lct_link_peer *peer = opaque;
    lct_ns now = lct_monotonic();
    if (peer->state == STATE_GREETING) {
        lct_link_peer_close(peer, "no-hello");
    } else if (peer->patience != LCT_NS_NONE && now - peer->heard >= peer->patience) {
        lct_link_peer_close(peer, "silent");
    } else {
        set_timer(peer);
    }
}

void lct_link_peer_set_patience(struct lct_link_peer *peer, lct_ns span) {
    peer->patience = span;
    if (peer->state != STATE_CLOSED) {
        set_timer(peer);
    }
}

/* A socket's other end as text; "" when it is none of another machine. */
static void find_from(int fd, char out[LCT_LINK_FROM_SIZE]) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t n = sizeof address;
    (void)getpeername(fd, (struct sockaddr *)&address, &n);
    const void *at = address.ss_family == AF_INET6
                         ? (const void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                         : (const void *)&((struct sockaddr_in *)&address)->sin_addr;
    if ((address.ss_family != AF_INET && address.ss_family != AF_INET6) ||
        !inet_ntop(address.ss_family, at, out, LCT_LINK_FROM_SIZE)) {
        out[0] = '\0';
    }
}

struct lct_link_peer *lct_link_peer_create(struct lct_loop *loop, struct lct_stream *stream,
                                           json_t *hello, const struct lct_link_events *events,
                                           void *arg) {
    struct lct_link_peer *peer = lct_new(sizeof *peer);
    peer->loop = loop;
    peer->events = events;
    peer->arg = arg;
    peer->stream = stream;
    find_from(lct_stream_fd(stream), peer->from);
    peer->last = &peer->first;
    peer->last_part = &peer->first_part;
    peer->opened = peer->heard = lct_monotonic();
    peer->patience = LCT_NS_NONE;
    want_head(&peer->in);
    peer->watch = lct_watch_create(loop, lct_stream_fd(stream), EPOLLIN, on_ready, peer);
    peer->timer = lct_timer_create(loop, on_timer, peer);
    set_timer(peer);
    size_t n = 0;
    char *text = lct_json_dump(hello, &n);
    append_bytes(peer, LCT_LINK_HELLO, (uint8_t *)text, n);
    peer->waiting = true; /* sent from the loop: nobody is called back from within create */
    set_events(peer);
    return peer;
}
