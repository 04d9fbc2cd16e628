// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * H.264 payloads put together again (RFC 6184), by a reader that forgives nothing: what is against
 * the rules, or against ours of equal fragments, is remembered in words.
 *
 *     struct depay d;
 *     depay_begin(&d, max, room);
 *     lct_rtp_cut_h264(sample, n, max, depay_payload, &d);
 *     … d.wrong is NULL, d.ended, and d.sample holds d.n bytes …
 *     depay_end(&d);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct depay {
    uint8_t *sample; /**< in MP4 form, 4-byte lengths */
    size_t n, room;
    size_t max;        /**< largest payload */
    size_t payloads;   /**< so far */
    size_t together;   /**< NAL units that came in STAP-As */
    size_t fragmented; /**< NAL units that came in FU-As */
    bool ended;        /**< the last payload has come */
    const char *wrong; /**< what was wrong first; NULL: nothing */
    size_t unit;       /**< within an FU-A: where the unit's length stands */
    size_t step;       /**< within an FU-A: bytes of its first piece; 0: not within one */
    bool shorter;      /**< within an FU-A: a piece had less than step */
};

/** Room for a sample of so many bytes; payloads may have max. */
void depay_begin(struct depay *d, size_t max, size_t room);

/** Takes a payload: an lct_rtp_put_fn, arg is the depay. */
void depay_payload(void *arg, const uint8_t *head, size_t head_n, const uint8_t *body,
                   size_t body_n, bool last);

/** Frees the sample. */
void depay_end(struct depay *d);
