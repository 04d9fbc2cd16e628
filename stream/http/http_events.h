// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Server-sent events: an answer that has no end. Messages wait for the client, the oldest is
 * dropped for a new one when there are too many.
 *
 *     me->stream = lct_http_answer_events(request, on_closed, me);
 *     lct_http_stream_send(me->stream, "rooms", json_text);
 *     lct_http_stream_end(me->stream);              // in on_closed, or before
 */
#pragma once

#include "base/attr.h"
#include "stream/http/http_request.h"

struct lct_http_stream;

/** Messages that may wait in a stream of events. */
#define LCT_HTTP_EVENTS_WAITING 32

/** Streams that do not count among the connections; those beyond do. More than all routes allow. */
#define LCT_HTTP_STREAMS_MAX 1536

/**
 * Answers with server-sent events and leaves the connection open. closed(arg) is called once, in
 * the loop of the request's route (a route of LCT_HTTP_HERE has none: never), when the client has
 * gone. Takes the request. Any thread. Returns owned: the caller ends it with lct_http_stream_end,
 * after closed was called or before.
 */
struct lct_http_stream *lct_http_answer_events(struct lct_http_request *request,
                                               void (*closed)(void *arg), void *arg) LCT_MUST_USE;

/** Sends one event (its name and data, one line each, copied). Any thread, never waits. */
void lct_http_stream_send(struct lct_http_stream *stream, const char *event, const char *data);

/** Closes the connection if it is open and gives the stream back; closed is not called any more
 * when this is called in the loop it is called in. */
void lct_http_stream_end(struct lct_http_stream *stream);
