// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Addresses to which a lesson is pushed, as a regional platform gives them out:
 *
 *     rtmp://[USER:WORD@]HOST[:PORT]/APP/KEY       a query belongs to the key
 *     rtmps://HOST[:PORT]/APP/KEY                  the same over TLS
 *     srt://HOST:PORT?streamid=…&passphrase=…&latency=MS&pbkeylen=16|24|32
 *
 * They hold stream keys, so no text made here repeats more of one than scheme, host, port and the
 * first part of the path. What libav is given later is made of the parts that were read, so that an
 * address can set no option of its own; of SRT's parameters only those above are taken, by their
 * usual meaning (latency in milliseconds; draft-sharabayko-srt and srt-live-transmit say so, while
 * libav counts in microseconds). Pure.
 *
 *     if (lct_push_address_read(text, &address, &fault) < 0) …      // a person is told why
 */
#pragma once

#include "base/attr.h"
#include "base/fault.h"

/** Room for the longest address, and for what is shown of it. */
#define LCT_PUSH_URL_SIZE 1024
#define LCT_PUSH_SHOWN_SIZE 400

/** SRT: stream id and passphrase (SRTO_STREAMID, SRTO_PASSPHRASE: 10 to 79 bytes). */
#define LCT_PUSH_STREAMID_SIZE 513
#define LCT_PUSH_PASSPHRASE_SIZE 80
#define LCT_PUSH_PASSPHRASE_LEAST 10
#define LCT_PUSH_LATENCY_MS_MAX 10000

enum lct_push_kind { LCT_PUSH_RTMP, LCT_PUSH_RTMPS, LCT_PUSH_SRT };

struct lct_push_address {
    enum lct_push_kind kind;
    char url[LCT_PUSH_URL_SIZE];     /**< RTMP: the whole; SRT: without parameters. Secret */
    char shown[LCT_PUSH_SHOWN_SIZE]; /**< "rtmp://live.example/app/…": for everybody */
    /* SRT; "" and 0: not given. Secret */
    char streamid[LCT_PUSH_STREAMID_SIZE];
    char passphrase[LCT_PUSH_PASSPHRASE_SIZE];
    int latency_ms, pbkeylen;
};

/** Reads an address. 0, or -EINVAL with a fault (domain "push") that says what is wrong and does
 *  not repeat the address; then *ret_address is not to be used. */
int lct_push_address_read(const char *text, struct lct_push_address *ret_address,
                          struct lct_fault *fault) LCT_MUST_USE;
