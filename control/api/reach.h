// SPDX-License-Identifier: GPL-3.0-or-later
/** What of a lesson's media a request may read: who holds no more than a link of a microlesson
 * reads what that one is made of. */
#pragma once

#include "control/api/api.h"

/** What of a lesson's media may be read: all, or these stretches of lesson time, in order. */
struct lct_api_reach {
    bool all;
    struct lct_api_span {
        lct_ns from, to;
    } * spans; /**< owned */
    size_t n;
};

/** What of a lesson's media the request, which came in, may read now. Disk loop; *ret_reach is
 * owned (lct_api_reach_free). */
void lct_api_reach_of(struct lct_api *api, const struct lct_http_request *request,
                      const char *lesson, struct lct_api_reach *ret_reach);

/** Frees what it holds. */
void lct_api_reach_free(struct lct_api_reach *reach);

/** True when anything of lesson time from up to, but without, to may be read. */
bool lct_api_reach_has(const struct lct_api_reach *reach, lct_ns from, lct_ns to);

/** As lct_follow_rows, but only rows that may be read, and those that decoding them needs: from the
 *  key frame at or before a stretch on. Disk loop. */
ssize_t lct_api_reach_rows(const struct lct_api_reach *reach, const struct lct_follow *tape,
                           const struct lct_segment *segment,
                           struct lct_index_row **ret_rows) LCT_MUST_USE;

/** True when the picture of that lesson time is one of these. Disk loop. */
bool lct_api_reach_shows(const struct lct_api_reach *reach, const struct lct_follow *tape,
                         lct_ns time);

/** 0 when the bytes of a reel that the request asks for are those of such rows; else -EPERM with a
 *  fault. Disk loop. */
int lct_api_reach_check(const struct lct_api_reach *reach, const struct lct_http_request *request,
                        const struct lct_follow *tape, const struct lct_follow_reel *reel,
                        struct lct_fault *fault) LCT_MUST_USE;
