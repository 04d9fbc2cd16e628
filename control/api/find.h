// SPDX-License-Identifier: GPL-3.0-or-later
/** What the address of a request names, or the fault that says that there is none. */
#pragma once

#include "control/api/api.h"

/** The room that the request's path names first. 0; -ENOENT with a fault. *ret_room is the
 *  request's. Any thread. */
int lct_api_find_room(struct lct_api *api, const struct lct_http_request *request,
                      const char **ret_room, struct lct_fault *fault) LCT_MUST_USE;

/** 0 when there is a lesson or clip of this id; -ENOENT with a fault. Catalogue loop. */
int lct_api_find_item(const struct lct_api *api, const char *id,
                      struct lct_fault *fault) LCT_MUST_USE;

/** Says that there is none. -ENOENT. */
int lct_api_no_item(const char *id, struct lct_fault *fault);

/** 0 while there is that collection; -ENOENT with a fault. Any thread. */
int lct_api_find_collection(const struct lct_api *api, const char *id,
                            struct lct_fault *fault) LCT_MUST_USE;

/** Says that there is none. -ENOENT. */
int lct_api_no_collection(const char *id, struct lct_fault *fault);
