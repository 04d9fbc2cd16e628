// SPDX-License-Identifier: GPL-3.0-or-later
/** Bytes of a tape as answers. */
#pragma once

#include "control/api/api.h"

/** Up to when anything of a tape can be asked for, lesson time. Disk loop. */
lct_ns lct_api_tape_end(const struct lct_follow *tape);

/**
 * Answers with bytes of a reel of a tape, promises kept (archive/tape/demand.h), from offset from
 * up to to, behind the last of which end_tick is. A range may be asked for. Takes the request.
 */
void lct_api_answer_reel(struct lct_http_request *request, const struct lct_follow *tape,
                         const struct lct_follow_reel *reel, uint64_t from, uint64_t to,
                         int64_t end_tick);

/** Answers with the init of a reel. Takes the request. */
void lct_api_answer_init(struct lct_http_request *request, const struct lct_follow_reel *reel);
