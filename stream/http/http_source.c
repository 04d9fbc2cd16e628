// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_source_priv.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"
#include "stream/http/http_request_priv.h"
#include "stream/http/http_source.h"

LCT_LOG_TOPIC("http");

#define READERS 2

/* Blocks that are kept for the next ones, 4 MB: new memory is pages to be cleared, which cost a
 * fifth of sending a file; and of those used last the processor still has some. */
#define SPARE_MAX 16

struct block {
    struct block *next;
    size_t n;
    uint8_t bytes[LCT_HTTP_BLOCK];
};

struct lct_http_readers {
    /* fixed after create */
    struct lct_http_mail *mail;
    struct lct_queue *feeds;
    struct lct_thread threads[READERS];
    /* guarded by lock */
    pthread_mutex_t lock;
    struct block *spare; /* the one used last first */
    size_t spare_n;
};

/* The HTTP thread owns it and lends it to a reader while busy is set; the reader touches only what
 * is marked so, and posts it back. */
struct feed {
    struct lct_http_body body;
    struct lct_http_readers *readers; /* fixed */
    struct lct_http_source source;    /* fixed */
    uint64_t end;                     /* fixed */
    uint64_t next;                    /* HTTP thread sets it before lending: where to read */
    struct block *fetched;            /* reader: what it read, NULL on failure */
    /* HTTP thread */
    bool busy;               /* lent to a reader */
    void (*wake)(void *arg); /* NULL: nobody wants it, yet or any more */
    void *arg;
    struct block *ready;   /* to be sent, the oldest first */
    size_t ready_n, taken; /* blocks that are ready; bytes that are sent of the first */
    bool failed, dropped;
};

/* NULL: no memory. */
static struct block *take_block(struct lct_http_readers *readers) {
    pthread_mutex_lock(&readers->lock);
    struct block *block = readers->spare;
    if (block) {
        readers->spare = block->next;
        readers->spare_n--;
    }
    pthread_mutex_unlock(&readers->lock);
    block = block ? block : malloc(sizeof *block);
    if (block) {
        block->next = NULL;
        block->n = 0;
    }
    return block;
}

/* NULL is allowed. */
static void give_block(struct lct_http_readers *readers, struct block *block) {
    pthread_mutex_lock(&readers->lock);
    if (block && readers->spare_n < SPARE_MAX) {
        block->next = readers->spare;
        readers->spare = block;
        readers->spare_n++;
        block = NULL;
    }
    pthread_mutex_unlock(&readers->lock);
    free(block);
}

static void free_feed(void *opaque) {
    struct feed *feed = opaque;
    while (feed->ready) {
        struct block *next = feed->ready->next;
        give_block(feed->readers, feed->ready);
        feed->ready = next;
    }
    give_block(feed->readers, feed->fetched);
    feed->source.close(feed->source.opaque);
    free(feed);
}

/* Lends the feed to a reader when there is something to read and room for it. */
static void read_on(struct feed *feed) {
    if (!feed->busy && !feed->failed && feed->next < feed->end &&
        feed->ready_n < LCT_HTTP_BLOCKS_AHEAD) {
        feed->busy = true;
        lct_queue_push(feed->readers->feeds, feed);
    }
}

/* HTTP thread: the reader has given the feed back. */
static void come_back(void *opaque) {
    struct feed *feed = opaque;
    struct block *block = feed->fetched;
    feed->busy = false;
    if (feed->dropped) {
        free_feed(feed);
        return;
    }
    feed->fetched = NULL;
    if (block) {
        struct block **last = &feed->ready;
        while (*last) {
            last = &(*last)->next;
        }
        *last = block;
        feed->ready_n++;
        feed->next += block->n;
        read_on(feed);
    } else {
        feed->failed = true;
    }
    feed->wake(feed->arg);
}

/* Fills a block completely, or to the end. NULL on failure. */
static struct block *read_block(const struct feed *feed) {
    uint64_t left = feed->end - feed->next;
    size_t want = left < LCT_HTTP_BLOCK ? (size_t)left : LCT_HTTP_BLOCK;
    struct block *block = take_block(feed->readers);
    if (!block) {
        return NULL;
    }
    while (block->n < want) {
        ssize_t n = feed->source.read(feed->source.opaque, feed->next + block->n,
                                      block->bytes + block->n, want - block->n);
        if (n <= 0) {
            lct_warn("a body cannot be read on", "offset=%llu error=%d",
                     (unsigned long long)(feed->next + block->n), (int)n);
            give_block(feed->readers, block);
            return NULL;
        }
        block->n += (size_t)n;
    }
    return block;
}

static void read_feeds(void *opaque) {
    struct lct_http_readers *readers = opaque;
    while (!lct_queue_finished(readers->feeds)) {
        struct feed *feed = lct_queue_pop(readers->feeds, LCT_NS_NONE);
        if (feed) {
            feed->fetched = read_block(feed);
            lct_http_mail_post(readers->mail, come_back, feed);
        }
    }
}

struct lct_http_readers *lct_http_readers_create(struct lct_http_mail *mail, size_t answers) {
    struct lct_http_readers *readers = lct_new(sizeof *readers);
    readers->mail = mail;
    pthread_mutex_init(&readers->lock, NULL);
    readers->feeds = lct_queue_create(answers, LCT_QUEUE_DROP_NEWEST, free_feed);
    for (size_t i = 0; i < READERS; i++) {
        lct_thread_start(&readers->threads[i], "http-read", read_feeds, readers);
    }
    return readers;
}

void lct_http_readers_destroy(struct lct_http_readers *readers) {
    lct_queue_close(readers->feeds);
    for (size_t i = 0; i < READERS; i++) {
        lct_thread_join(&readers->threads[i]);
    }
    lct_queue_destroy(readers->feeds);
    while (readers->spare) {
        struct block *next = readers->spare->next;
        free(readers->spare);
        readers->spare = next;
    }
    pthread_mutex_destroy(&readers->lock);
    free(readers);
}

static void begin(struct lct_http_body *body, void (*wake)(void *arg), void *arg) {
    struct feed *feed = (struct feed *)body;
    feed->wake = wake;
    feed->arg = arg;
    read_on(feed);
}

static enum lct_http_look look(struct lct_http_body *body, struct lct_http_piece *ret_piece) {
    struct feed *feed = (struct feed *)body;
    struct block *block = feed->ready;
    if (!block) {
        return feed->failed              ? LCT_HTTP_BROKEN
               : feed->next == feed->end ? LCT_HTTP_END
                                         : LCT_HTTP_WAIT;
    }
    *ret_piece =
        (struct lct_http_piece){.bytes = block->bytes + feed->taken, .n = block->n - feed->taken};
    return LCT_HTTP_PIECE;
}

static void took(struct lct_http_body *body, size_t n) {
    struct feed *feed = (struct feed *)body;
    struct block *block = feed->ready;
    feed->taken += n;
    if (feed->taken == block->n) {
        feed->taken = 0;
        feed->ready = block->next;
        feed->ready_n--;
        give_block(feed->readers, block);
        read_on(feed);
    }
}

/* Freed now, or when the reader gives it back. */
static void drop(struct lct_http_body *body) {
    struct feed *feed = (struct feed *)body;
    feed->dropped = true;
    if (!feed->busy) {
        free_feed(feed);
    }
}

static const struct lct_http_body_kind feed_kind = {
    .begin = begin, .look = look, .took = took, .free = drop};

/* The bytes of source (taken) from first up to end, which is not included. */
static struct lct_http_body *create_feed(struct lct_http_readers *readers,
                                         const struct lct_http_source *source, uint64_t first,
                                         uint64_t end) {
    struct feed *feed = lct_new(sizeof *feed);
    *feed = (struct feed){
        .body = {&feed_kind}, .readers = readers, .source = *source, .end = end, .next = first};
    feed->source.file_name = NULL; /* was borrowed */
    return &feed->body;
}

/* The answer's head. */

/* Content-Disposition with a name of any script (RFC 6266, RFC 8187). */
static void add_file_name(struct lct_http_request *request, const char *name) {
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char ascii[128], coded[512];
    size_t a = 0, c = 0;
    for (const unsigned char *p = (const unsigned char *)name; *p && c + 4 < sizeof coded; p++) {
        bool is_plain = strchr(plain, *p) != NULL;
        if (a + 1 < sizeof ascii && *p < 0x80) {
            ascii[a++] = is_plain ? (char)*p : '_';
        }
        if (is_plain) {
            coded[c++] = (char)*p;
        } else {
            coded[c++] = '%';
            coded[c++] = hex[*p >> 4];
            coded[c++] = hex[*p & 15U];
        }
    }
    ascii[a] = coded[c] = '\0';
    LCT_FREE char *value =
        lct_format("attachment; filename=\"%s\"; filename*=UTF-8''%s", ascii, coded);
    lct_http_add_header(request, "Content-Disposition", value);
}

void lct_http_answer_source(struct lct_http_request *request,
                            const struct lct_http_source *source) {
    uint64_t first = 0, last = source->size > 0 ? source->size - 1 : 0;
    char text[80];
    const char *range = request->headers[LCT_HTTP_RANGE];
    const char *if_range = request->headers[LCT_HTTP_IF_RANGE];
    bool unchanged = lct_http_not_modified(request, source->tag);
    request->cache = request->cache ? request->cache : "private, no-cache";
    if (if_range && strcmp(if_range, source->tag) != 0) {
        range = NULL; /* what the client has a part of is another version: all of it */
    }
    lct_http_add_header(request, "Accept-Ranges", "bytes");
    enum lct_http_range_kind kind = lct_http_range(range, source->size, &first, &last);
    if (unchanged || kind == LCT_HTTP_RANGE_NONE) {
        (void)snprintf(text, sizeof text, "bytes */%" PRIu64, source->size);
        if (!unchanged) {
            request->cache = NULL;
            lct_http_add_header(request, "Content-Range", text);
        }
        source->close(source->opaque);
        lct_http_answer(request, unchanged ? 304 : 416, source->type, "", 0);
        return;
    }
    if (kind == LCT_HTTP_RANGE_ONE) {
        (void)snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last,
                       source->size);
        lct_http_add_header(request, "Content-Range", text);
    }
    if (source->file_name) {
        add_file_name(request, source->file_name);
    }
    uint64_t length = source->size > 0 ? last - first + 1 : 0;
    lct_http_answer_body(request, kind == LCT_HTTP_RANGE_ONE ? 206 : 200, source->type,
                         create_feed(request->readers, source, first, first + length), length);
}
