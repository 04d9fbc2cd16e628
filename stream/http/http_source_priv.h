// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The reader threads, which fetch what lct_http_answer_source sends: the HTTP thread never waits
 * for a disk.
 *
 *     struct lct_http_readers *readers = lct_http_readers_create(&mail, LCT_HTTP_CONNECTIONS_MAX);
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "stream/http/http_mail_priv.h"

struct lct_http_readers;

/** Starts the reader threads for so many answers at once; mail (borrowed) outlives them. Returns
 * owned. */
struct lct_http_readers *lct_http_readers_create(struct lct_http_mail *mail,
                                                 size_t answers) LCT_MUST_USE;

/** Ends the threads after what they have in hand. The mailbox is closed already. */
void lct_http_readers_destroy(struct lct_http_readers *readers);
