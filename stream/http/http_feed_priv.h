// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Bodies that are read while they are sent: reader threads fetch blocks ahead of what the network
 * takes, so that the HTTP thread never waits for a disk.
 *
 *     struct lct_http_readers *readers = lct_http_readers_create(mail);
 *     request->body = lct_http_feed_create(readers, source, first, end);
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "stream/http/http_body_priv.h"
#include "stream/http/http_mail_priv.h"
#include "stream/http/http_request.h"

struct lct_http_readers;

/** Starts the reader threads; mail (borrowed) outlives them. Returns owned. */
struct lct_http_readers *lct_http_readers_create(struct lct_http_mail *mail) LCT_MUST_USE;

/** Ends the threads after what they have in hand. The mailbox is closed already. */
void lct_http_readers_destroy(struct lct_http_readers *readers);

/** The bytes of source (taken) from first up to end, which is not included. Any thread. Returns
 * owned. */
struct lct_http_body *lct_http_feed_create(struct lct_http_readers *readers,
                                           const struct lct_http_source *source, uint64_t first,
                                           uint64_t end) LCT_MUST_USE;
