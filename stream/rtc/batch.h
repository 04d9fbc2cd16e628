// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Datagrams on their way out: packets are written behind each other into one buffer, those of equal
 * size to one address become one message (UDP GSO), many messages one sendmmsg. Where the kernel
 * has no GSO every packet is a message of its own. One thread.
 *
 *     out = lct_batch_room(batch);                       // LCT_BATCH_PACKET_MAX bytes
 *     lct_batch_add(batch, &viewer->to, n);              // n of them were written
 *     lct_batch_flush(batch);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"

/** Room for one packet. */
#define LCT_BATCH_PACKET_MAX 1500

struct lct_batch;

struct lct_batch_counters {
    uint64_t packets, bytes, sends, dropped;
};

/** For the UDP socket fd, which stays the caller's. Returns owned. */
struct lct_batch *lct_batch_create(int fd) LCT_MUST_USE;

/** Frees what was not flushed too; NULL is allowed. */
void lct_batch_destroy(struct lct_batch *batch);

/** Where the next packet is to be written. Flushes first when the buffer is full. */
uint8_t *lct_batch_room(struct lct_batch *batch);

/** The packet at lct_batch_room has n bytes and goes to an address, which stays where it is until
 *  the next flush. */
void lct_batch_add(struct lct_batch *batch, const struct sockaddr_storage *to, size_t n);

/** Sends all. What the kernel does not take is dropped and counted, as any network may. */
void lct_batch_flush(struct lct_batch *batch);

/** The counters. Borrows. */
const struct lct_batch_counters *lct_batch_count(const struct lct_batch *batch);
