// SPDX-License-Identifier: GPL-3.0-or-later
/** By what right a request came in: the access code, a link, or a room that is public. Any thread,
 * unless it says otherwise. */
#pragma once

#include "control/api/api.h"

/** The gate of lct_http_options: asks for the access code, or what else opens a room's live. HTTP
 *  thread. */
bool lct_api_gate(void *app, struct lct_http_request *request);

/** Room for a pass. */
#define LCT_API_PASS_SIZE LCT_RTC_PASS_SIZE

/** True when the request shows the access code, and not just a link. Any thread. */
bool lct_api_has_code(struct lct_api *api, const struct lct_http_request *request);

/** True when the request shows the access code or a good link of the lesson or microlesson itself.
 *  Any thread. */
bool lct_api_sees_all(struct lct_api *api, const struct lct_http_request *request, const char *id);

/** A walk through the microlessons that a request's links open; begins all zero. */
struct lct_api_clips {
    const char *at;                 /**< behind the cookie it is at */
    char shown[LCT_LESSON_ID_SIZE]; /**< of which that is: a microlesson, or a collection of some */
    char clip[LCT_LESSON_ID_SIZE];  /**< found last */
};

/** The next microlesson that is made of the lesson and of which, or of a collection with it, the
 * request shows a good link: true, and it is clips->clip. Any thread. */
bool lct_api_next_clip(struct lct_api *api, const struct lct_http_request *request,
                       const char *lesson, struct lct_api_clips *clips);

/** By what right a request to a room's live came in, for lct_api_may_watch. Any thread. */
void lct_api_pass(struct lct_api *api, const struct lct_http_request *request, const char *room,
                  char ret_pass[LCT_API_PASS_SIZE]);

/** True while that right holds: its link is good, or the room is public. app is the struct lct_api.
 *  Any thread. */
bool lct_api_may_watch(void *app, const char *room, const char *pass);

/** True for addresses of programs, not of people: their faults are JSON. */
bool lct_api_is_api(const char *path);
