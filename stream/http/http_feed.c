// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "stream/http/http_priv.h"

LCT_LOG_TOPIC("http");

struct lct_http_feed *lct_http_feed_create(struct lct_http_server *server,
                                           const struct lct_http_source *source, uint64_t first,
                                           uint64_t end) {
    struct lct_http_feed *feed = lct_new(sizeof *feed);
    feed->server = server;
    feed->source = *source;
    feed->source.file_name = NULL; /* was borrowed */
    feed->next = first;
    feed->end = end;
    return feed;
}

void lct_http_feed_free(void *opaque) {
    struct lct_http_feed *feed = opaque;
    while (feed->ready) {
        struct lct_http_block *next = feed->ready->next;
        free(feed->ready);
        feed->ready = next;
    }
    free(feed->block);
    feed->source.close(feed->source.opaque);
    free(feed);
}

void lct_http_feed_want(struct lct_http_feed *feed) {
    if (!feed->busy && !feed->failed && feed->next < feed->end &&
        feed->ready_n < LCT_HTTP_BLOCKS_AHEAD) {
        feed->busy = true;
        lct_queue_push(lct_http_feeds(feed->server), feed);
    }
}

void lct_http_feed_drop(struct lct_http_feed *feed) {
    feed->conn = NULL;
    if (!feed->busy) {
        lct_http_feed_free(feed);
    }
}

/* HTTP thread: the reader has given the feed back. */
static void come_back(void *opaque) {
    struct lct_http_feed *feed = opaque;
    struct lct_http_block *block = feed->block;
    feed->busy = false;
    feed->block = NULL;
    if (!feed->conn) {
        free(block);
        lct_http_feed_free(feed);
        return;
    }
    if (block) {
        struct lct_http_block **last = &feed->ready;
        while (*last) {
            last = &(*last)->next;
        }
        *last = block;
        feed->ready_n++;
        feed->next += block->n;
        lct_http_feed_want(feed);
    } else {
        feed->failed = true;
    }
    lct_http_conn_wake(feed->conn);
}

/* Fills a block completely, or to the end. NULL on failure. */
static struct lct_http_block *read_block(const struct lct_http_feed *feed) {
    uint64_t left = feed->end - feed->next;
    size_t want = left < LCT_HTTP_BLOCK ? (size_t)left : LCT_HTTP_BLOCK;
    struct lct_http_block *block = malloc(sizeof *block + want);
    if (!block) {
        return NULL;
    }
    block->next = NULL;
    block->n = 0;
    while (block->n < want) {
        ssize_t n = feed->source.read(feed->source.opaque, feed->next + block->n,
                                      block->bytes + block->n, want - block->n);
        if (n <= 0) {
            lct_warn("a body cannot be read on", "offset=%llu error=%d",
                     (unsigned long long)(feed->next + block->n), (int)n);
            free(block);
            return NULL;
        }
        block->n += (size_t)n;
    }
    return block;
}

void lct_http_read_feeds(void *opaque) {
    struct lct_queue *queue = opaque;
    while (!lct_queue_finished(queue)) {
        struct lct_http_feed *feed = lct_queue_pop(queue, LCT_NS_NONE);
        if (feed) {
            feed->block = read_block(feed);
            lct_http_post(feed->server, come_back, feed);
        }
    }
}
