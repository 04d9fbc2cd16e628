// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/bus.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"

/** Most tracks one bus carries: a room of eight cameras, screens, microphones and their live sound.
 */
#define TRACKS_MAX 64

struct item {
    struct item *next;
    struct lct_chunk *chunk;
    unsigned lost_before;
};

/** One track as one reader sees it. */
struct lane {
    uint32_t track_id;
    bool wants_key; /**< everything up to the next key is dropped */
    unsigned lost;  /**< dropped since the last chunk that was queued */
    lct_ns oldest;  /**< lesson time of the oldest waiting chunk */
    size_t waiting;
};

struct lct_bus_reader {
    /* fixed after subscribe */
    struct lct_bus *bus;
    struct lct_bus_limits limits;
    void (*wake)(void *);
    void *opaque;
    /* guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct item *head, *tail;
    struct lane lanes[TRACKS_MAX];
    size_t lane_count;
    struct lct_bus_stats stats;
    bool woken;
    /* guarded by the bus's lock */
    struct lct_bus_reader *next;
};

struct lct_bus {
    pthread_mutex_t lock; /**< guards the list; a reader's own lock is taken inside it */
    struct lct_bus_reader *readers;
};

struct lct_bus *lct_bus_create(void) {
    struct lct_bus *bus = lct_new(sizeof *bus);
    pthread_mutex_init(&bus->lock, NULL);
    return bus;
}

void lct_bus_destroy(struct lct_bus *bus) {
    if (bus) {
        assert(!bus->readers);
        pthread_mutex_destroy(&bus->lock);
        free(bus);
    }
}

static struct lane *lane_of(struct lct_bus_reader *reader, uint32_t track_id) {
    for (size_t i = 0; i < reader->lane_count; i++) {
        if (reader->lanes[i].track_id == track_id) {
            return &reader->lanes[i];
        }
    }
    if (reader->lane_count == TRACKS_MAX) {
        return NULL;
    }
    struct lane *lane = &reader->lanes[reader->lane_count++];
    *lane = (struct lane){.track_id = track_id, .wants_key = true};
    return lane;
}

static void forget_item(struct lct_bus_reader *reader, struct item *item) {
    reader->stats.waiting_bytes -= item->chunk->n;
    lct_chunk_unref(item->chunk);
    free(item);
}

/* Drops all that waits of a track: a live reader goes on with what is newest. */
static void clear_lane_locked(struct lct_bus_reader *reader, struct lane *lane) {
    struct item **link = &reader->head;
    reader->tail = NULL;
    while (*link) {
        struct item *item = *link;
        if (item->chunk->format->track_id == lane->track_id) {
            *link = item->next;
            lane->lost += 1 + item->lost_before;
            reader->stats.dropped++;
            forget_item(reader, item);
        } else {
            reader->tail = item;
            link = &item->next;
        }
    }
    lane->waiting = 0;
}

static bool too_slow_locked(const struct lct_bus_reader *reader, const struct lane *lane,
                            const struct lct_chunk *chunk) {
    bool late = lane->waiting > 0 && chunk->time - lane->oldest > reader->limits.span;
    return late || reader->stats.waiting_bytes + chunk->n > reader->limits.bytes;
}

static bool offer_locked(struct lct_bus_reader *reader, struct lct_chunk *chunk) {
    struct lane *lane = lane_of(reader, chunk->format->track_id);
    if (!lane) {
        return false;
    }
    if (too_slow_locked(reader, lane, chunk)) {
        if (!reader->limits.keep_old) {
            clear_lane_locked(reader, lane);
        }
        lane->wants_key = reader->limits.keep_old || !chunk->info.key;
    }
    bool full = reader->limits.keep_old && too_slow_locked(reader, lane, chunk);
    if (full || (lane->wants_key && !chunk->info.key)) {
        lane->lost++;
        reader->stats.dropped++;
        return false;
    }
    struct item *item = lct_new(sizeof *item);
    *item = (struct item){.chunk = lct_chunk_ref(chunk), .lost_before = lane->lost};
    lane->oldest = lane->waiting++ == 0 ? chunk->time : lane->oldest;
    lane->wants_key = false;
    lane->lost = 0;
    *(reader->head ? &reader->tail->next : &reader->head) = item;
    reader->tail = item;
    reader->stats.waiting_bytes += chunk->n;
    return true;
}

void lct_bus_publish(struct lct_bus *bus, struct lct_chunk *chunk) {
    pthread_mutex_lock(&bus->lock);
    for (struct lct_bus_reader *reader = bus->readers; reader; reader = reader->next) {
        pthread_mutex_lock(&reader->lock);
        bool queued = offer_locked(reader, chunk);
        if (queued) {
            pthread_cond_signal(&reader->more);
        }
        pthread_mutex_unlock(&reader->lock);
        if (queued && reader->wake) {
            reader->wake(reader->opaque);
        }
    }
    pthread_mutex_unlock(&bus->lock);
}

struct lct_bus_reader *lct_bus_subscribe(struct lct_bus *bus, const struct lct_bus_limits *limits,
                                         void (*wake)(void *), void *opaque) {
    struct lct_bus_reader *reader = lct_new(sizeof *reader);
    reader->bus = bus;
    reader->limits = *limits;
    reader->wake = wake;
    reader->opaque = opaque;
    pthread_mutex_init(&reader->lock, NULL);
    lct_cond_init(&reader->more);
    pthread_mutex_lock(&bus->lock);
    reader->next = bus->readers;
    bus->readers = reader;
    pthread_mutex_unlock(&bus->lock);
    return reader;
}

void lct_bus_unsubscribe(struct lct_bus_reader *reader) {
    if (!reader) {
        return;
    }
    pthread_mutex_lock(&reader->bus->lock);
    struct lct_bus_reader **link = &reader->bus->readers;
    while (*link != reader) {
        link = &(*link)->next;
    }
    *link = reader->next;
    pthread_mutex_unlock(&reader->bus->lock);
    while (reader->head) {
        struct item *item = reader->head;
        reader->head = item->next;
        forget_item(reader, item);
    }
    pthread_cond_destroy(&reader->more);
    pthread_mutex_destroy(&reader->lock);
    free(reader);
}

static struct lct_chunk *pop_locked(struct lct_bus_reader *reader, unsigned *ret_lost) {
    struct item *item = reader->head;
    struct lct_chunk *chunk = item->chunk;
    struct lane *lane = lane_of(reader, chunk->format->track_id);
    reader->head = item->next;
    reader->stats.taken++;
    reader->stats.waiting_bytes -= chunk->n;
    if (--lane->waiting > 0) {
        lane->oldest = lct_chunk_end(chunk); /* near enough: the next one's time */
    }
    if (ret_lost) {
        *ret_lost = item->lost_before;
    }
    free(item);
    return chunk;
}

struct lct_chunk *lct_bus_take(struct lct_bus_reader *reader, lct_ns deadline, unsigned *ret_lost) {
    struct lct_chunk *chunk = NULL;
    pthread_mutex_lock(&reader->lock);
    while (!reader->head && !reader->woken) {
        if (deadline == 0 || !lct_cond_wait(&reader->more, &reader->lock, deadline)) {
            break;
        }
    }
    if (reader->head) {
        chunk = pop_locked(reader, ret_lost);
    } else {
        reader->woken = false;
    }
    pthread_mutex_unlock(&reader->lock);
    return chunk;
}

void lct_bus_wake(struct lct_bus_reader *reader) {
    pthread_mutex_lock(&reader->lock);
    reader->woken = true;
    pthread_cond_signal(&reader->more);
    pthread_mutex_unlock(&reader->lock);
}

void lct_bus_stats(struct lct_bus_reader *reader, struct lct_bus_stats *ret_stats) {
    pthread_mutex_lock(&reader->lock);
    *ret_stats = reader->stats;
    ret_stats->waiting_span = 0;
    if (reader->head) {
        ret_stats->waiting_span = reader->tail->chunk->time - reader->head->chunk->time;
    }
    pthread_mutex_unlock(&reader->lock);
}
