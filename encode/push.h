// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A push: H.264 and AAC as they are, without coding anything anew, to a platform that calls for
 * them: FLV over RTMP or RTMPS, MPEG-TS over SRT. libavformat does the bytes and the network; no
 * call takes longer than LCT_PUSH_PATIENCE, but for the system's asking for a name. RTMPS checks
 * the server's certificate against the system's authorities.
 *
 * What libav has to say may hold a stream key: it is swallowed, and only what kind of trouble it
 * was is kept. For that libav's log is taken over by the process that pushes: a worker of its own,
 * which has one push at a time. One thread.
 *
 *     rc = lct_push_open(&address, picture, sound, may_go_on, me, &push);
 *     rc = lct_push_write(push, &(struct lct_push_sample){…});   // pictures and sound by time
 *     lct_push_close(push);
 *     if (rc < 0) lct_push_fault(rc, &fault);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/time.h"
#include "encode/chunk.h"
#include "encode/push_address.h"

/** Connecting, or getting rid of one sample, may take so long. */
#define LCT_PUSH_PATIENCE (10 * LCT_SECOND)

/** The end, when the rest is sent and the platform is told. */
#define LCT_PUSH_END_PATIENCE (3 * LCT_SECOND)

struct lct_push;

struct lct_push_sample {
    struct lct_format *format; /**< another one than before: the platform is given its config */
    const uint8_t *bytes;      /**< as in MP4: H.264 with 4-byte lengths, AAC without headers */
    size_t n;
    lct_ns time; /**< lesson time */
    bool key;
};

/**
 * Connects. The first sample is a key picture; sound may be NULL: there is none. may_go_on(arg) is
 * asked ten times a second and more while a call waits for the network, here and later: false ends
 * the waiting. 0; -ECANCELED: by that; -EADDRNOTAVAIL: nobody knows the server's name;
 * -ECONNREFUSED, -EHOSTUNREACH, -ETIMEDOUT; -EKEYREJECTED: its certificate is not good; -EACCES: it
 * does not want the stream; -EPIPE: it hung up; -ENOMEM; -EIO. *ret_push is owned.
 */
int lct_push_open(const struct lct_push_address *address, struct lct_format *picture,
                  struct lct_format *sound, bool (*may_go_on)(void *arg), void *arg,
                  struct lct_push **ret_push) LCT_MUST_USE;

/** Sends a sample (borrows). Its time is not before that of the track's last one; before the first
 *  picture's it is left out. 0 or as above: then only close is left. */
int lct_push_write(struct lct_push *push, const struct lct_push_sample *sample) LCT_MUST_USE;

/** Bytes given to the network since it was opened. */
uint64_t lct_push_bytes(const struct lct_push *push);

/** Ends the stream as the protocol wants it, if it still stands, and frees; by SRT it waits until
 * the receiver has given on what it got, while may_go_on(arg), or 2 s. NULL is allowed. */
void lct_push_close(struct lct_push *push);

/** What a person is told about an error of the above; says nothing about the address. */
void lct_push_fault(int code, struct lct_fault *ret_fault);
